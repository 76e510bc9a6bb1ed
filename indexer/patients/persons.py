"""Where a note says how old the patient is and of which sex: for quoting it, not for deciding it.

What age and sex a patient has is decided by `corpora.patients.demographics`; a place that says otherwise is not quoted.
"""

import re

from corpora.patients.records import Sex
from corpora.records import Span

REACH = 400
"""How far into a note this is looked for, in characters: it stands in its first sentences or nowhere."""

_ONES = "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen"
_NUMBERS = {word: number for number, word in enumerate(_ONES.split(), start=1)}
_YEARS = {"y": 1.0, "m": 1 / 12, "w": 7 / 365.25, "d": 1 / 365.25}
_AGE = re.compile(
    rf"\b(?P<number>\d{{1,3}}|{'|'.join(_NUMBERS)})(?:\s*(?:-|–|\s)\s*)?"
    r"(?P<unit>years?|yrs?|months?|mos?|weeks?|wks?|days?)(?:[\s-]+|\s*/\s*)(?:old|of age|o\b)"
    r"|\b(?P<short>\d{1,3})\s?(?:y/?o|yo)\b"
    r"|\baged\s+(?P<aged>\d{1,3})\b(?!\s*(?:months|weeks|days))"
    r"|\b(?P<letter>\d{1,3})\s?(?P<sex>[MF])\b",
    re.IGNORECASE,
)
_FEMALE = r"woman|female|girl|lady|she|her|mother of|gravida|primigravida|schoolgirl|waitress|housewife|F"
_MALE = r"man|male|boy|gentleman|he|his|schoolboy|M"
_SEX = re.compile(rf"(?:\b|(?<=\d))(?:(?P<female>{_FEMALE})|(?P<male>{_MALE}))\b", re.IGNORECASE)
_MOST_YEARS = 120.0


def age_of(text: str) -> tuple[float | None, Span | None]:
    """The patient's age in years and where it is said."""
    match = _AGE.search(text, 0, REACH)
    if match is None:
        return None, None
    written = match["number"] or match["short"] or match["aged"] or match["letter"]
    number = float(_NUMBERS.get(written.lower()) or written)
    age = number * _YEARS[(match["unit"] or "y")[0].lower()]
    return (age, Span(match.start(), match.end())) if age <= _MOST_YEARS else (None, None)


def sex_of(text: str) -> tuple[Sex, Span | None]:
    """The patient's sex and where it is said; by a pronoun where no noun comes before it."""
    for match in _SEX.finditer(text, 0, REACH):
        if len(match[0]) == 1 and not text[max(0, match.start() - 2) : match.start()].strip()[-1:].isdigit():
            continue
        return ("female" if match["female"] else "male"), Span(match.start(), match.end())
    return "", None
