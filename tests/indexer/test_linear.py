"""Linear layers: each kind computes the same as written out, and torch's own is taken where oneDNN's fails."""

import pytest
import torch

from indexer import int8, linear
from indexer.int8 import Int8Linear, zero_point
from indexer.linear import PackedLinear, PlainLinear, make_linear

WEIGHT = torch.tensor([[1.0, 2.0, -1.0], [0.5, 0.0, 3.0]])
BIAS = torch.tensor([10.0, -20.0])
ROWS = torch.tensor([[1.0, 1.0, 1.0], [0.0, 2.0, -4.0], [0.0, 0.0, 0.0]])
PRODUCT = torch.tensor([[12.0, -16.5], [18.0, -32.0], [10.0, -20.0]])


@pytest.mark.parametrize("kind", [PlainLinear, PackedLinear, Int8Linear])
def test_products_by_hand(kind):
    made = kind(WEIGHT, BIAS)
    # int8 rounds each weight and number to 1/127 of the largest beside it.
    near = {"atol": 0.2} if kind is Int8Linear else {"atol": 1e-5}
    assert torch.allclose(made(ROWS), PRODUCT, **near)
    assert torch.allclose(made.plus(ROWS, PRODUCT), 2 * PRODUCT, **near)
    # 2 + 1 * 0.5 - 1 = 1.5 has GELU 1.5 * Phi(1.5) = 1.5 * 0.9331928
    small = kind(torch.tensor([[2.0, 1.0, -1.0]]), torch.zeros(1))
    assert small.gelu(torch.tensor([[1.0, 0.5, 1.0]])).item() == pytest.approx(1.3997892, abs=0.02)


def test_the_fast_layer_is_taken_where_it_works():
    assert isinstance(make_linear(torch.eye(64).bfloat16(), torch.zeros(64).bfloat16()), PackedLinear)


@pytest.mark.parametrize("error", [AttributeError, NotImplementedError, RuntimeError, TypeError])
def test_plain_torch_is_taken_where_the_operators_fail(monkeypatch, error):
    def refuse(*_):
        raise error("no such operator")

    monkeypatch.setattr(linear.PackedLinear, "__init__", refuse)
    made = make_linear(WEIGHT, BIAS)
    assert isinstance(made, PlainLinear)
    assert torch.equal(made(ROWS), PRODUCT)


def test_plain_torch_is_taken_where_the_operators_compute_something_else(monkeypatch):
    monkeypatch.setattr(linear.PackedLinear, "gelu", lambda self, rows: self(rows))
    assert isinstance(make_linear(WEIGHT, BIAS), PlainLinear)


def test_a_large_number_costs_precision_only_in_its_own_row():
    torch.manual_seed(1)
    weight, rows = torch.randn(32, 48), torch.randn(2, 48)
    made = Int8Linear(weight, torch.zeros(32))
    alone = made(rows[:1])
    rows[1, 7] = 1e6
    assert torch.equal(made(rows)[:1], alone)
    exact = torch.nn.functional.linear(rows[:1], weight)
    assert (alone - exact).norm() / exact.norm() < 0.02


def test_what_8_bit_products_can_hold_is_tried(monkeypatch):
    """A product that cuts sums of two off at 16 bits, as AVX2 does, leaves 7 bits; none at all leaves int8 out."""

    class Saturating:
        def __init__(self, weight, scales, zero):
            self._weight, self._zero = weight.int(), zero

        def __call__(self, rows):
            pairs = (rows.int()[:, None] * self._weight).unflatten(-1, (-1, 2)).sum(-1).clamp(-(2**15), 2**15 - 1)
            zero = self._zero * self._weight.sum(-1)
            return (pairs.sum(-1) - zero).float()

    class Missing:
        def __init__(self, weight, scales, zero):
            raise AttributeError("no such operator")

    try_again = zero_point.__wrapped__
    assert try_again() in (128, 64)
    monkeypatch.setattr(int8, "_Product", Saturating)
    assert try_again() == 64  # 2 * 127 * 127 is 32,258, just below 2^15; 2 * 255 * 127 is beyond
    monkeypatch.setattr(int8, "_Product", Missing)
    assert try_again() == 0
