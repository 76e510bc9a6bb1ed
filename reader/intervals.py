"""Bootstrap intervals of any measure: of means by `retriever.metrics`, of other statistics by resampling questions."""

from collections.abc import Callable, Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray

from retriever.metrics import confidence_intervals

Interval = tuple[float, float]
"""(low, high), 95 %."""

RESAMPLES = 1_000
"""For statistics that are no means, each of which is computed anew for every resample."""


class Estimate(msgspec.Struct, frozen=True):
    """A measure over `n` questions with its 95 % bootstrap interval."""

    value: float
    low: float
    high: float
    n: int


def mean_interval(values: Sequence[float]) -> Interval:
    """Of the mean of these values."""
    low, high = confidence_intervals({"mean": {str(number): value for number, value in enumerate(values)}})["mean"]
    return round(low, 4), round(high, 4)


def estimate(values: Sequence[float]) -> Estimate | None:
    """The mean of these values; None of none."""
    if not len(values):
        return None
    return Estimate(round(float(np.mean(values)), 4), *mean_interval(list(map(float, values))), n=len(values))


def statistic_interval(count: int, statistic: Callable[[NDArray[np.int64]], float], seed: int = 0) -> Interval:
    """Of a statistic of `count` questions, computed from the numbers of those drawn: percentile bootstrap."""
    generator = np.random.default_rng(seed)
    drawn = [statistic(generator.integers(0, count, size=count)) for _ in range(RESAMPLES)]
    low, high = np.quantile(drawn, [0.025, 0.975])
    return round(float(low), 4), round(float(high), 4)
