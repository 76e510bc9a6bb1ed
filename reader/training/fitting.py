"""Logistic regression whose weights never fall below 0, isotonic regression, lines: for some hundreds of cases.

Small enough to be written out: what other libraries add here is not needed, and a constraint on signs is.
"""

from collections.abc import Sequence
from itertools import pairwise

import msgspec
import numpy as np
from numpy.typing import NDArray

from reader.confidence import Line

Array = NDArray[np.float64]

_STEPS = 2_000
_SETTLED = 1e-5


def fit_logistic(
    inputs: Array, right: Array, weights: Array, *, penalty: float, non_negative: NDArray[np.bool_]
) -> tuple[Array, float]:
    """Weights and bias that minimise the weighted log loss plus penalty / 2n times the squared weights.

    `inputs` is (cases, features), standardised; weights of the features marked `non_negative` stay at 0 or above. By
    accelerated projected gradient descent (Beck and Teboulle 2009), which converges since the loss is convex.
    """
    cases = np.hstack([inputs, np.ones((len(inputs), 1))])
    mass = weights / weights.sum()
    ridge = np.append(np.full(inputs.shape[1], penalty / len(inputs)), 0.0)
    floor = np.append(np.where(non_negative, 0.0, -np.inf), -np.inf)
    rate = 1.0 / (0.25 * float(np.linalg.eigvalsh(cases.T @ (cases * mass[:, None]))[-1]) + float(ridge.max(initial=0)))
    current = np.zeros(cases.shape[1])
    ahead, momentum = current, 1.0
    for _ in range(_STEPS):
        gradient = cases.T @ (mass * (sigmoid(cases @ ahead) - right)) + ridge * ahead
        following = np.maximum(ahead - rate * gradient, floor)
        faster = (1.0 + np.sqrt(1.0 + 4.0 * momentum**2)) / 2.0
        ahead = following + (momentum - 1.0) / faster * (following - current)
        moved = float(np.abs(following - current).max())
        current, momentum = following, faster
        if moved < _SETTLED:
            break
    return current[:-1], float(current[-1])


def fit_isotonic(values: Array, right: Array, weights: Array) -> list[tuple[float, float]]:
    """The best non-decreasing map of values to outcomes, as (value, outcome) at the centre of each level stretch.

    Pool adjacent violators (Barlow et al. 1972); equal values are one from the start.
    """
    alike, where = np.unique(values, return_inverse=True)
    masses = np.bincount(where, weights=weights)
    outcomes = np.bincount(where, weights=right * weights)
    blocks: list[tuple[float, float, float]] = []  # mass, summed values, summed outcomes
    for value, outcome, mass in zip(alike.tolist(), outcomes.tolist(), masses.tolist(), strict=True):
        block = (mass, value * mass, outcome)
        while blocks and blocks[-1][2] / blocks[-1][0] >= block[2] / block[0]:
            last = blocks.pop()
            block = (last[0] + block[0], last[1] + block[1], last[2] + block[2])
        blocks.append(block)
    return [(block[1] / block[0], block[2] / block[0]) for block in blocks]


class Segment(msgspec.Struct, frozen=True):
    """A stretch of a feature's values, measured in standard deviations of all of them."""

    start: float
    end: float
    scale: float

    def along(self, values: Array) -> Array:
        """How far each value goes along it."""
        gone: Array = np.clip(values - self.start, 0.0, self.end - self.start) / self.scale
        return gone


def make_segments(values: Array, count: int) -> list[Segment]:
    """So many, each with as many of the values; fewer where values are alike, none where all are."""
    ends = np.unique(np.round(np.quantile(values, np.linspace(0.0, 1.0, count + 1)), 5))
    scale = float(values.std())
    return [Segment(float(start), float(end), scale) for start, end in pairwise(ends)] if scale > 0 else []


def as_line(segments: Sequence[tuple[Segment, float]]) -> Line:
    """The segments, each with its slope, as one line from 0 on; none where it never rises."""
    if not any(slope for _, slope in segments):
        return ()
    height = 0.0
    points = [(segments[0][0].start, 0.0)]
    for segment, slope in segments:
        height += slope * (segment.end - segment.start) / segment.scale
        points.append((segment.end, round(height, 5)))
    return tuple(points)


def sigmoid(values: Array) -> Array:
    """1 / (1 + exp(-value)), without overflow."""
    found: Array = 0.5 * (1.0 + np.tanh(0.5 * values))
    return found


def log_loss(probability: Array, right: Array, weights: Array) -> float:
    """The weighted mean of -log of the probability given to what happened."""
    clipped = np.clip(probability, 1e-4, 1 - 1e-4)
    losses = -(right * np.log(clipped) + (1 - right) * np.log(1 - clipped))
    return float((losses * weights).sum() / weights.sum())
