"""Linear layers in the layout that oneDNN multiplies fastest, with what follows them done in the same pass."""

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import torch

# Rows that the weights are laid out for; other numbers of rows are computed with the same layout.
_TYPICAL_ROWS = 2048


class Linear(Protocol):
    """``rows @ weight.T + bias``; rows of shape (rows, inputs) become (rows, outputs)."""

    def __call__(self, rows: "torch.Tensor") -> "torch.Tensor":
        """The product."""
        ...

    def gelu(self, rows: "torch.Tensor") -> "torch.Tensor":
        """The exact (error function) GELU of the product."""
        ...

    def plus(self, rows: "torch.Tensor", other: "torch.Tensor") -> "torch.Tensor":
        """The product plus `other`, of its shape."""
        ...


class PlainLinear:
    """Plain torch, on any machine."""

    def __init__(self, weight: "torch.Tensor", bias: "torch.Tensor") -> None:
        self._weight, self._bias = weight, bias

    def __call__(self, rows: "torch.Tensor") -> "torch.Tensor":
        """The product."""
        import torch

        return torch.nn.functional.linear(rows, self._weight, self._bias)

    def gelu(self, rows: "torch.Tensor") -> "torch.Tensor":
        """The exact GELU of the product."""
        import torch

        return torch.nn.functional.gelu(self(rows))

    def plus(self, rows: "torch.Tensor", other: "torch.Tensor") -> "torch.Tensor":
        """The product plus `other`."""
        return self(rows) + other


class PackedLinear:
    """oneDNN's own weight layout; bias, GELU and residual are applied while the product is still in registers.

    The operators are those that torch's compiler emits for a frozen model. They are no public API: `make_linear` tries
    them before it relies on them.
    """

    def __init__(self, weight: "torch.Tensor", bias: "torch.Tensor") -> None:
        import torch

        self._ops = torch.ops.mkldnn
        self._weight = self._ops._reorder_linear_weight(weight, _TYPICAL_ROWS)
        self._bias = bias

    def __call__(self, rows: "torch.Tensor") -> "torch.Tensor":
        """The product."""
        product: torch.Tensor = self._ops._linear_pointwise(rows, self._weight, self._bias, "none", [], "")
        return product

    def gelu(self, rows: "torch.Tensor") -> "torch.Tensor":
        """The exact GELU of the product."""
        product: torch.Tensor = self._ops._linear_pointwise(rows, self._weight, self._bias, "gelu", [], "none")
        return product

    def plus(self, rows: "torch.Tensor", other: "torch.Tensor") -> "torch.Tensor":
        """The product plus `other`."""
        product: torch.Tensor = self._ops._linear_pointwise.binary(rows, other, self._weight, self._bias, "add")
        return product


def make_linear(weight: "torch.Tensor", bias: "torch.Tensor") -> Linear:
    """The fastest layer that this build of torch has; weight of shape (outputs, inputs), both of one dtype."""
    weight, bias = weight.detach().contiguous(), bias.detach().contiguous()
    plain = PlainLinear(weight, bias)
    try:
        packed = PackedLinear(weight, bias)
        return packed if _agree(packed, plain, weight) else plain
    except (AttributeError, NotImplementedError, RuntimeError, TypeError):  # operators absent or of another signature
        return plain


def _agree(packed: PackedLinear, plain: PlainLinear, weight: "torch.Tensor") -> bool:
    """Whether the three products come out the same, on two rows."""
    import torch

    rows = torch.linspace(-1, 1, 2 * weight.shape[1]).view(2, -1).to(weight.dtype)
    other = torch.linspace(-1, 1, 2 * weight.shape[0]).view(2, -1).to(weight.dtype)
    pairs = [
        (packed(rows), plain(rows)),
        (packed.gelu(rows), plain.gelu(rows)),
        (packed.plus(rows, other), plain.plus(rows, other)),
    ]
    return all(torch.allclose(left.float(), right.float(), rtol=0.02, atol=0.02) for left, right in pairs)
