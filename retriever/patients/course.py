"""How long something has gone on, in the three courses that clinicians tell apart."""

import re
from typing import Literal

from corpora.patients.records import Timing
from indexer.patients.fixed_times import ACUTE, SUBACUTE
from indexer.patients.quantities import YEAR

_EPISODE = re.compile(r"last(?:s|ed|ing)?\b", re.IGNORECASE)
Course = Literal["", "acute", "subacute", "chronic"]


def course_of(timing: Timing | None, age: float | None) -> Course:
    """Acute (below 2 weeks), subacute (to 3 months) or chronic, from the middle of what `timing` says.

    `age` is the patient's in years: what began at the age of 12 is chronic in a man of 40. Empty where the timing tells
    of an event ("two weeks later", "in 2015") and not since when or for how long, or of an episode ("attacks lasting
    10 minutes").
    """
    days = _days(timing, age)
    if days is None:
        return ""
    return "acute" if days < ACUTE else "subacute" if days < SUBACUTE else "chronic"


def _days(timing: Timing | None, age: float | None) -> float | None:
    if timing is None or timing.low is None:
        return None
    if timing.high is None:
        return timing.low
    middle = (timing.low + timing.high) / 2
    if timing.kind in ("duration", "course"):
        return None if middle < 1 and _EPISODE.match(timing.text) is not None else middle
    if timing.kind == "onset":
        return -middle
    if timing.kind == "age" and age is not None and age >= middle:
        return (age - middle) * YEAR
    return None


def courses_agree(first: Course, second: Course) -> float:
    """1 for the same course, -1 for an acute and a chronic one, 0 for neighbours, whose border is arbitrary."""
    if first == second:
        return 1.0
    return -1.0 if {first, second} == {"acute", "chronic"} else 0.0
