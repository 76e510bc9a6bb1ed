"""Linear layers in 8-bit integers for CPUs without bf16: oneDNN multiplies them several times as fast as fp32.

Weights have one scale an output, rows one scale a row, found as they come. So a text's vector does not depend on the
texts beside it, and one large number costs precision only in its own row.
"""

from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch

_TYPICAL_ROWS = 2048
_LARGEST_WEIGHT = 127


class Int8Linear:
    """``rows @ weight.T + bias`` of fp32 rows, computed in integers; the sums are exact."""

    def __init__(self, weight: "torch.Tensor", bias: "torch.Tensor") -> None:
        import torch

        self._bias = bias.detach().float()
        scales = weight.detach().float().abs().amax(dim=1).clamp_min(torch.finfo(torch.float32).tiny) / _LARGEST_WEIGHT
        whole = (weight.detach().float() / scales[:, None]).round_().to(torch.int8).contiguous()
        self._zero = zero_point()
        self._product = _Product(whole, scales, self._zero)

    def __call__(self, rows: "torch.Tensor") -> "torch.Tensor":
        """The product."""
        import torch

        product, scales = self._multiply(rows)
        return torch.addcmul(self._bias, product, scales)

    def gelu(self, rows: "torch.Tensor") -> "torch.Tensor":
        """The exact GELU of the product."""
        import torch

        return torch.nn.functional.gelu(self(rows))

    def plus(self, rows: "torch.Tensor", other: "torch.Tensor") -> "torch.Tensor":
        """The product plus `other`."""
        import torch

        product, scales = self._multiply(rows)
        return torch.addcmul(other, product, scales).add_(self._bias)

    def _multiply(self, rows: "torch.Tensor") -> tuple["torch.Tensor", "torch.Tensor"]:
        """The product in units of each row's scale, and those scales, shape (rows, 1)."""
        import torch

        # Not `abs().amax()`, which writes all numbers once more, nor `vector_norm`, which takes them one by one.
        largest = torch.maximum(rows.amax(dim=1, keepdim=True), -rows.amin(dim=1, keepdim=True))
        scales = largest.clamp_min_(torch.finfo(torch.float32).tiny) / (self._zero - 1)
        # Numbers are positive here, so that cutting off the fraction after adding a half rounds them.
        return self._product((rows / scales).add_(self._zero + 0.5).to(torch.uint8)), scales


class _Product:
    """Integers 0 to 255, less `zero`, times 8-bit weights; fp32 of shape (rows, outputs), without a bias."""

    def __init__(self, weight: "torch.Tensor", scales: "torch.Tensor", zero: int) -> None:
        import torch

        self._ops: Any = torch.ops.onednn
        self._weight = self._ops.qlinear_prepack(weight, [_TYPICAL_ROWS, weight.shape[1]])
        self._scales = scales
        self._zero = zero
        self._zeros = torch.zeros(len(scales), dtype=torch.int32)

    def __call__(self, rows: "torch.Tensor") -> "torch.Tensor":
        import torch

        rows_scale, bias, out_scale, out_zero = 1.0, None, 1.0, 0
        product: torch.Tensor = self._ops.qlinear_pointwise(
            *(rows, rows_scale, self._zero),
            *(self._weight, self._scales, self._zeros, bias),
            *(out_scale, out_zero, torch.float32, "none", [], ""),
        )
        return product


@cache
def zero_point() -> int:
    """What stands for 0 among the integers of rows: 128, 64 where the CPU adds up in 16 bits, 0 if it cannot at all.

    Integers reach from 1 to twice this less 1. Without VNNI two products of the full range overflow. Tried instead of
    asked for: oneDNN decides what it uses.
    """
    import torch

    largest = torch.full((16, 64), _LARGEST_WEIGHT, dtype=torch.int8)
    try:
        for zero in (128, 64):
            rows = torch.full((32, 64), 2 * zero - 1, dtype=torch.uint8)
            product = _Product(largest, torch.ones(16), zero)(rows)
            if bool((product == 64 * (zero - 1) * _LARGEST_WEIGHT).all()):
                return zero
    except (AttributeError, NotImplementedError, RuntimeError, TypeError):  # no such operator, or of another signature
        return 0
    return 0
