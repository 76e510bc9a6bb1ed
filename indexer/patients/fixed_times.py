"""Expressions of time that say by themselves what they are: "since yesterday", "POD#3", "at age 12", "chronic"."""

import re
from collections.abc import Callable, Iterator
from functools import cache
from typing import Literal, NamedTuple

from corpora.patients.records import Timing, TimingKind
from corpora.records import Span
from indexer.patients.quantities import MONTH, YEAR, days_of, number_of

Reach = Literal["back", "forward", "beside", "near", "drug"]
"""Where what an expression is said of stands: before it if anything does (``back``), after it if anything does
(``forward``), directly beside it, beside it but for a few words (``near``); or it is said of a drug only."""


class Expression(NamedTuple):
    """An expression of time and where what it is said of stands."""

    timing: Timing
    reach: Reach


class _Meaning(NamedTuple):
    kind: TimingKind
    low: float | None
    high: float | None
    reach: Reach = "back"


_ORDINAL_WORDS = "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth"
_ORDINALS = {word: float(number) for number, word in enumerate(_ORDINAL_WORDS.split(), start=1)}
_NUMBER = r"\d{1,3}(?:\.\d)?|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve"
_ORDINAL = rf"{'|'.join(_ORDINALS)}|\d{{1,2}}(?:st|nd|rd|th)"
_UNIT = r"years?|yrs?|months?|mths?|weeks?|wks?|days?"
_OF_AGE = rf"(?P<number>{_NUMBER})(?:[\s-]+(?P<unit>{_UNIT}))?(?:\s+(?:old|of\s+age))?"
_NOT_A = "".join(rf"(?<!\b{who}\s)" for who in ("man", "boy", "girl", "male", "lady", "female", "patient", "child"))
_ADMISSION = r"(?:(?:his|her|their|the)\s+)?(?:admission|hospitali[sz]ation|hospital\s+stay|stay)"
_RECENTLY = (
    r"yesterday(?:\s+(?:morning|afternoon|evening|night))?|last\s+night|overnight"
    r"|(?:earlier\s+)?(?:this\s+(?:morning|afternoon|evening)|today)|(?<!the\s)(?<!over\s)(?<!for\s)last\s+(?:week|month|year)"
)
_CLOCK = r"\d{1,2}(?::\d\d|\s?[ap]m)"
_WEEKDAYS = r"(?:last\s+)?(?:mon|tues|wednes|thurs|fri|satur|sun)day"
# Days from presentation, by what the words contain.
_RECENT = {
    "last week": (-14.0, -1.0),
    "last month": (-2 * MONTH, -1.0),
    "last year": (-2 * YEAR, -1.0),
    "last night": (-1.0, -1.0),
    "yesterday": (-1.0, -1.0),
    "overnight": (-1.0, 0.0),
    "today": (0.0, 0.0),
    "this": (0.0, 0.0),
}
_WEEKDAY = (-7.0, 0.0)
_TODAY = (-1.0, 0.0)
_STAGE = (
    r"birth|(?:an\s+)?infan(?:cy|t)|(?:early\s+|late\s+)?childhood|a\s+child|puberty|adolescence|an\s+adolescent|(?:his|her)\s+"
    r"(?:early\s+|mid[\s-]*|late\s+)?(?:teens|youth|twenties|thirties|forties|fifties|sixties|seventies|[2-8]0s)"
)
# Years of age, by how the last word begins.
_STAGES = {
    "bir": (0.0, 0.0),
    "inf": (0.0, 2.0),
    "chi": (0.0, 12.0),
    "pub": (10.0, 16.0),
    "ado": (12.0, 18.0),
    "tee": (13.0, 19.0),
    "you": (13.0, 25.0),
    "twe": (20.0, 29.0),
    "thi": (30.0, 39.0),
    "for": (40.0, 49.0),
    "fif": (50.0, 59.0),
    "six": (60.0, 69.0),
    "sev": (70.0, 79.0),
}
ACUTE = 14.0
"""Days up to which a course is acute; up to `SUBACUTE` it is subacute, beyond that chronic."""
SUBACUTE = 3 * MONTH
_COURSES: dict[str, tuple[float, float | None]] = {"sub": (ACUTE, SUBACUTE), "acu": (0.0, ACUTE), "sud": (0.0, ACUTE)}
_COURSES |= {"abr": (0.0, ACUTE)}
_TRIMESTERS = {"f": (0.0, 13.0), "s": (14.0, 27.0), "t": (28.0, 42.0)}
_SUDDEN = r"sudden|abrupt|acute"


def _number(written: str) -> float:
    low = written.lower()
    return _ORDINALS.get(low) or number_of(re.sub(r"(?<=\d)\D+\Z", "", low))


def _date(_: re.Match[str]) -> _Meaning:
    return _Meaning("date", None, None)


def _since(match: re.Match[str]) -> _Meaning:
    return _recently(match)._replace(kind="onset")


def _recently(match: re.Match[str]) -> _Meaning:
    words = " ".join(match["recent"].lower().split())
    other = _TODAY if words[0].isdigit() else _WEEKDAY
    return _Meaning("offset", *next((ends for word, ends in _RECENT.items() if word in words), other))


def _age(match: re.Match[str]) -> _Meaning:
    years = _number(match["number"]) * (days_of(match["unit"]) / YEAR if match["unit"] else 1.0)
    return _Meaning("age", years, years)


def _aged(match: re.Match[str]) -> _Meaning:
    return _age(match)._replace(reach="beside")


def _stage(match: re.Match[str]) -> _Meaning:
    last = re.split(r"[\s-]+", match["stage"].lower())[-1]
    if last[0].isdigit():
        return _Meaning("age", float(last[:2]), float(last[:2]) + 9)
    return _Meaning("age", *_STAGES[last[:3]])


def _day_after(match: re.Match[str]) -> _Meaning:
    days = _number(match["number"])
    return _Meaning("after", days, days)


def _hospital_day(match: re.Match[str]) -> _Meaning:
    """The first day is that of the admission."""
    days = max(0.0, _number(match["number"]) - 1)
    return _Meaning("offset", days, days)


def _day_of_illness(match: re.Match[str]) -> _Meaning:
    days = _number(match["number"])
    return _Meaning("duration", days, days)


def _day_of_life(match: re.Match[str]) -> _Meaning:
    """The day of birth is the first or none: notes do not say which."""
    day = _number(match["number"])
    return _Meaning("age", max(0.0, day - 1) / YEAR, day / YEAR)


def _next(match: re.Match[str]) -> _Meaning:
    days = _length(match["unit"])
    return _Meaning("offset", days, days)


def _before(match: re.Match[str]) -> _Meaning:
    days = -_length(match["unit"])
    return _Meaning("offset", days, days)


def _length(unit: str) -> float:
    return days_of(unit) if unit.lower() in ("week", "month", "year") else 1.0


def _year(match: re.Match[str]) -> _Meaning:
    return _Meaning("year", float(match["year"]), float(match["year"]))


def _year_beside(match: re.Match[str]) -> _Meaning:
    return _year(match)._replace(reach="beside")


def _weeks(match: re.Match[str]) -> _Meaning:
    weeks = _number(match["number"])
    return _Meaning("gestation", weeks, weeks)


def _trimester(match: re.Match[str]) -> _Meaning:
    return _Meaning("gestation", *_TRIMESTERS[match["part"][0].lower()])


def _course(match: re.Match[str]) -> _Meaning:
    return _Meaning("course", *_COURSES.get(match["course"][:3].lower(), (SUBACUTE, None)), "near")


def _of_course(match: re.Match[str]) -> _Meaning:
    return _course(match)._replace(reach="back")


def _onset(match: re.Match[str]) -> _Meaning:
    return _course(match)._replace(reach="forward")


_FORMS: tuple[tuple[str, Callable[[re.Match[str]], _Meaning]], ...] = (
    (r"(?:(?:on|in|since|from|around)\s+)?\[DATE\]", _date),
    (
        rf"(?:ever\s+since|since|began|started|starting|commenced)\s+(?P<recent>{_RECENTLY}|{_WEEKDAYS}|{_CLOCK})\b",
        _since,
    ),
    (rf"(?P<recent>{_RECENTLY})\b", _recently),
    (rf"(?:at|since|from|by|before)\s+(?:the\s+)?age\s+(?:of\s+)?{_OF_AGE}\b", _age),
    (rf"(?:when|since)\s+(?:he|she)\s+was\s+(?:aged\s+)?{_OF_AGE}\b", _age),
    (rf"{_NOT_A}aged\s+{_OF_AGE}\b", _aged),
    (rf"(?:since|from|in|as|at|during)\s+(?P<stage>{_STAGE})\b", _stage),
    (
        r"(?:on\s+)?(?:the\s+)?(?:POD|post[\s-]?op(?:erative)?\s+day|post[\s-]?partum\s+day)(?:\s+(?:number|no\.?))?\s*#?\s*"
        rf"(?P<number>{_NUMBER})\b",
        _day_after,
    ),
    (rf"(?:on\s+)?(?:the\s+)?(?P<number>{_ORDINAL})\s+post[\s-]?(?:op(?:erative)?|partum)\s+day\b", _day_after),
    (rf"(?:on\s+)?day\s+#?(?P<number>{_NUMBER})\s+(?:post[\s-]?\w+|after\s+\w+|following\s+\w+)", _day_after),
    (rf"(?:on\s+|by\s+)?(?:hospital\s+day|HD)\s*#?\s*(?P<number>{_NUMBER})\b(?!\s*(?:times|x|/))", _hospital_day),
    (
        rf"(?:on\s+|by\s+)?(?:the\s+|his\s+|her\s+)?(?P<number>{_ORDINAL})\s+(?:hospital\s+day|day\s+of\s+{_ADMISSION})\b",
        _hospital_day,
    ),
    (rf"(?:on\s+|by\s+)?day\s+(?P<number>{_NUMBER})\s+of\s+{_ADMISSION}\b", _hospital_day),
    (
        rf"(?:on\s+|by\s+)?day\s+(?P<number>{_NUMBER})\s+of\s+(?:(?:his|her|the)\s+)?(?:illness|symptoms)\b",
        _day_of_illness,
    ),
    (
        rf"(?:on\s+|by\s+)?(?:the\s+)?(?P<number>{_ORDINAL})\s+day\s+of\s+(?:(?:his|her|the)\s+)?(?:illness|symptoms)\b",
        _day_of_illness,
    ),
    (rf"(?:on\s+|at\s+)?(?:DOL\s*#?\s*|day\s+of\s+life\s+#?)(?P<number>{_NUMBER})\b", _day_of_life),
    (rf"(?:on\s+|at\s+)?(?:the\s+)?(?P<number>{_ORDINAL}|{_NUMBER})\s+days?\s+of\s+life\b", _day_of_life),
    (r"(?:on\s+)?the\s+(?:following|next|subsequent)\s+(?P<unit>day|morning|evening|night|week|month|year)\b", _next),
    (r"(?:on\s+)?the\s+(?:previous|preceding)\s+(?P<unit>day|morning|evening|night|week|month|year)\b", _before),
    (
        r"the\s+(?P<unit>day|morning|evening|night|week|month|year)\s+before(?:\s+(?:admission|presentation))?\b",
        _before,
    ),
    (
        r"(?:in|since|from|during)\s+(?:early\s+|late\s+|mid[\s-]?)?(?P<year>(?:19|20)\d\d)\b"
        r"(?![-–/.,]?\d|\s+(?:patients|cases|women|men|children))",
        _year,
    ),
    (r"\((?P<year>(?:19|20)\d\d)\)", _year_beside),
    (rf"(?:at\s+|in\s+)?gestational\s+week\s+(?P<number>{_NUMBER})\b", _weeks),
    (
        r"(?:at\s+)?(?<![\d/.])(?P<number>[1-4]?\d)(?:\s?\+\s?\d)?"
        r"(?:\s*-?(?:weeks?|wks?)['’]?\s+(?:of\s+)?(?:gestation\w*|pregnan\w+)\b|(?<=at\s\d\d)/40\b)",
        _weeks,
    ),
    (r"(?:in\s+|during\s+)(?:the\s+|her\s+)(?P<part>first|second|third)\s+trimester\b", _trimester),
    (rf"(?P<course>{_SUDDEN})[\s-]+onset\b", _onset),
    (rf"(?:of|was|is|were)\s+(?:a\s+)?(?P<course>{_SUDDEN})(?:\s+in)?(?:[\s-]+(?:in\s+)?onset)\b", _of_course),
    (
        r"(?:was|is|were|are|been)\s+(?P<course>long-?\s?standing|life-?long|chronic|sudden|abrupt|subacute)\b",
        _of_course,
    ),
    (r"for\s+(?:a|such\s+a|as)\s+(?P<course>long)\s+(?:time|as\s+(?:he|she)\s+(?:can|could)\s+remember)\b", _of_course),
    (
        r"(?<!-)(?P<course>chronic|long-?\s?standing|life-?long|sub-?acute|acute|sudden(?:ly)?|abrupt(?:ly)?)\b"
        r"(?![\s-]+(?:on\b|distress|setting|phase|care\b|unit|medical|ward|inflammat|illness))",
        _course,
    ),
)


@cache
def _forms() -> tuple[re.Pattern[str], tuple[re.Pattern[str], ...]]:
    """One pattern that finds all forms, its groups in the order of the second: the forms one by one."""
    unnamed = (re.sub(r"\(\?P<\w+>", "(?:", form) for form, _ in _FORMS)
    both = rf"(?<![^\W_])(?:{'|'.join(f'({form})' for form in unnamed)})"
    return re.compile(both, re.IGNORECASE), tuple(re.compile(form, re.IGNORECASE) for form, _ in _FORMS)


def fixed_times(text: str) -> Iterator[Expression]:
    """The expressions of `text` that need no context, in order, none overlapping."""
    anyone, forms = _forms()
    for found in anyone.finditer(text):
        place = (found.lastindex or 1) - 1
        match = forms[place].match(text, found.start())
        if match is None:
            continue
        meaning = _FORMS[place][1](match)
        start, end = match.span()
        timing = Timing(meaning.kind, rounded(meaning.low), rounded(meaning.high), Span(start, end), text[start:end])
        yield Expression(timing, meaning.reach)


def rounded(days: float | None) -> float | None:
    """To a tenth of a second: what is compared and stored."""
    return None if days is None else round(days, 6)
