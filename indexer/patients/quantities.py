"""Quantities of time in a note: "3 days", "two to three weeks", "several months", "the past year", "2/52"."""

import re
from collections.abc import Iterator
from typing import NamedTuple

MONTH = 365.25 / 12
"""In days, as `YEAR`."""
YEAR = 365.25

_ONES = "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen"
_TENS = {"eighteen": 18.0, "nineteen": 19.0, "twenty": 20.0, "thirty": 30.0, "forty": 40.0, "fifty": 50.0}
_EXACT = {word: float(number) for number, word in enumerate(_ONES.split(), start=1)} | _TENS
# What vague words amount to is a convention, so that two notes can be compared.
_VAGUE = {
    "half": (0.5, 0.5),
    "couple": (2.0, 2.0),
    "few": (2.0, 5.0),
    "several": (3.0, 10.0),
    "some": (2.0, 10.0),
    "many": (5.0, 30.0),
}
_UNCOUNTED = (2.0, 10.0)
_DAYS = {
    "s": 1 / 86400,
    "mi": 1 / 1440,
    "h": 1 / 24,
    "d": 1.0,
    "n": 1.0,
    "w": 7.0,
    "f": 14.0,
    "mo": MONTH,
    "mt": MONTH,
    "y": YEAR,
    "de": 10 * YEAR,
    "/7": 1.0,
    "/5": 7.0,
    "/1": MONTH,
}
_UNIT = (
    r"seconds?|secs?|minutes?|mins?|hours?|hrs?|days?|nights?|weeks?|wks?|fortnights?|months?|mths?|mos?|years?|yrs?"
    r"|decades?"
)
_NUMBER = r"\d{1,3}(?:\.\d{1,2})?|" + "|".join(sorted(_EXACT, key=len, reverse=True))
_QUANTITY = re.compile(
    # "x3 days" too; no number that goes on before or a pressure, a date or a unit of something else.
    rf"(?:(?<![\w.,/+])|(?<=\bx)|(?<=×))(?:(?P<low>{_NUMBER})(?:\s*(?:-|–|to|or)\s*(?P<high>{_NUMBER}))?"
    r"|(?P<vague>half|couple\s+of|couple|few|several|some|many)|(?P<one>an?))"
    rf"(?:(?:\s+|\s?[-–]\s?)(?:an?\s+)?(?P<unit>{_UNIT})|(?<=\d)\s?(?P<short>{_UNIT}|[hdwy])|(?<=\d)(?P<part>/(?:7|52|12)))"
    r"(?![^\W_]|/\d)"
    # "the past week", and "for years", "weeks ago"
    rf"|(?<![^\W_])(?P<past>past|last|previous|preceding)\s+(?P<single>{_UNIT})\b"
    r"|(?<![^\W_])(?P<many>(?:minutes|hours|days|nights|weeks|months|years|decades))\b",
    re.IGNORECASE,
)


class Quantity(NamedTuple):
    """So many days, `low` to `high`, at `start` up to `end`; `counted` where a number says it.

    A bare "6/12" is not counted, since it may be how well an eye sees.
    """

    start: int
    end: int
    low: float
    high: float
    counted: bool


def quantities_in(text: str) -> Iterator[Quantity]:
    """The quantities of time in `text`, in order, none overlapping."""
    for match in _QUANTITY.finditer(text):
        unit = match["unit"] or match["short"] or match["part"] or match["single"] or match["many"]
        low, high = _counts(match)
        days = days_of(unit)
        counted = match["low"] is not None and match["part"] != "/12"
        yield Quantity(match.start(), match.end(), low * days, high * days, counted)


def _counts(match: re.Match[str]) -> tuple[float, float]:
    if match["low"] is not None:
        low = number_of(match["low"])
        high = low if match["high"] is None else number_of(match["high"])
        return (low, high) if low <= high else (high, low)
    if match["vague"] is not None:
        return _VAGUE[match["vague"].split()[0].lower()]
    return _UNCOUNTED if match["many"] is not None else (1.0, 1.0)


def number_of(written: str) -> float:
    """A number in digits or, up to twenty and by tens to fifty, in words."""
    return _EXACT.get(written.lower()) or float(written)


def days_of(unit: str) -> float:
    """The days that a unit of time has: weeks, wk, w and /52 are 7."""
    low = unit.lower()
    return _DAYS.get(low[:2]) or _DAYS[low[0]]
