"""Ages compared: by bands, and on a logarithmic scale."""

import math
from typing import Literal

AgeBand = Literal["newborn", "infant", "child", "adolescent", "adult", "older"]

_BANDS: tuple[tuple[AgeBand, float], ...] = (
    ("newborn", 28 / 365.25),
    ("infant", 2.0),
    ("child", 12.0),
    ("adolescent", 18.0),
    ("adult", 65.0),
    ("older", math.inf),
)


def age_band(age: float) -> AgeBand:
    """The band of an age in years: newborn to 28 days, infant to 2, child to 12, adolescent to 18, adult to 65."""
    return next(band for band, limit in _BANDS if age < limit)


def age_agreement(first: float, second: float) -> float:
    """From -1 to 1: how alike two ages in years are. Ages of one band never count against each other.

    Distance is of log2(age + 1): from 0 to 3 years is as far as from 15 to 63. Half of that apart is 0.
    """
    distance = abs(math.log2(first + 1) - math.log2(second + 1))
    agreement = max(-1.0, 1.0 - distance)
    return max(0.0, agreement) if age_band(first) == age_band(second) else agreement
