"""The age of a patient in FHIR R4 resources, out of the dates in them, none of which gets into a note."""

import re
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

from corpora.patients.demographics import OLDEST, YEARS_IN
from corpora.patients.fhir_values import Resource
from corpora.patients.records import Sex

_DATE = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?")
_ADULT = 18


def dates(resource: Resource) -> Iterator[str]:
    """The dates at which the patient was seen or examined, as FHIR writes them."""
    kind = resource["resourceType"]
    if kind == "Encounter":
        yield from _ends(resource.get("period"))
    elif kind == "Observation":
        examined = [resource[name] for name in ("effectiveDateTime", "effectiveInstant") if name in resource]
        examined += _ends(resource.get("effectivePeriod"))
        # A result may be issued, and issued anew, long after the examination.
        yield from examined or filter(None, [resource.get("issued")])


def other_dates(resource: Resource) -> Iterator[str]:
    """The dates of a resource that tell the patient's age only where no visit and no observation does."""
    names = ("recordedDate", "performedDateTime", "effectiveDateTime", "issued", "date", "authoredOn")
    yield from (resource[name] for name in names if isinstance(resource.get(name), str))
    for name in ("performedPeriod", "effectivePeriod"):
        yield from _ends(resource.get(name))


def _ends(period: Resource | None) -> Iterator[str]:
    yield from ((period or {})[name] for name in ("start", "end") if name in (period or {}))


def age_at(birth: str | None, seen: Sequence[str], died: str | None = None) -> float | None:
    """The age in years at the latest of these dates, all as FHIR writes them; None where that is not to be known.

    Completed years from two on, completed months (as a part of a year) from one on, else days. A date without its month
    or day counts as its middle. Nobody grows older than on the day they `died`, which tells the age where nothing else
    does.
    """
    born, end = _day(birth or ""), _day(died or "")
    known = [day for day in map(_day, seen) if day is not None] or ([end] if end is not None else [])
    days = [min(day, end or day) for day in known if born is not None and day >= born]
    if born is None or not days:
        return None
    last = max(days)
    months = (last.year - born.year) * 12 + last.month - born.month - (last.day < born.day)
    if months >= 24:
        return float(months // 12) if months // 12 <= OLDEST else None
    return months * YEARS_IN["month"] if months >= 1 else (last - born).days * YEARS_IN["day"]


def _day(said: Any) -> date | None:
    match = _DATE.match(said) if isinstance(said, str) else None
    if match is None:
        return None
    year, month, day = match.groups()
    try:
        return date(int(year), int(month or 7), int(day or (15 if month else 1)))
    except ValueError:
        return None


def introduction(age: float | None, sex: Sex) -> str:
    """The first sentence of a note, such as "A 45-year-old woman."; empty where neither age nor sex is known."""
    if age is None:
        return f"A {sex} patient." if sex else ""
    grown = {"female": "woman", "male": "man", "": "patient"}
    young = {"female": "girl", "male": "boy", "": "child"}
    noun = (grown if age >= _ADULT else young)[sex]
    number, unit = _in_words(age)
    article = "An" if str(number).startswith("8") or number in {11, 18} else "A"
    return f"{article} {number}-{unit}-old {noun}."


def _in_words(age: float) -> tuple[int, str]:
    for unit, least in (("year", 2.0), ("month", YEARS_IN["month"] * 0.999)):
        if age >= least:
            return round(age / YEARS_IN[unit]), unit
    return round(age / YEARS_IN["day"]), "day"
