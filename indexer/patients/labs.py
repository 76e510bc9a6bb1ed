"""Measurements in a note: what was measured, the value in one unit, and whether that is low, normal or high.

Values are converted only where the unit is written, or where the number can be of one unit only (a haemoglobin of 81 is
in g/L). The quoted text stays as it is. Reference ranges are wide ones of adults, meant to compare two notes with each
other and not to judge a result: a child's pulse of 140 is "high" in both notes.
"""

import re
from functools import cache
from typing import Literal

from corpora.patients.records import Facet
from corpora.records import Span
from indexer.patients.lab_table import LABS, Lab

Band = Literal["", "low", "normal", "high"]


_RAISED = (
    r"raised|elevated|high|increased|very high|grossly elevated|markedly raised|markedly elevated|grossly raised"
    r"|strongly positive|positive"
)
_LOWERED = r"low|reduced|decreased|very low|suppressed|depressed|undetectable|subnormal"
_NORMAL = r"normal|within normal limits|unremarkable|within range|in range|negative"
_NUMBER = r"(?P<number>\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?)"
_LINK = (
    r"(?:\s*(?:,|:|=|\(|-|–)\s*"
    r"|\s+(?:(?:level|count|rate)\s+)?(?:was|is|of|at|were|to|up to|around|about|measured|fell to|rose to|only|level"
    r"|reading|came back at|down to|on admission(?: was)?|in room air|(?:was )?[a-z]{3,9} at)\s+"
    r"|\s*)"
)
_UNITS = (
    r"[x×]\s?10\s?(?:\^|\*\*)?\s?[39⁹³]\s?/\s?[µμu]?[Ll]|10\s?\^\s?9\s?/\s?[Ll]|g/d[Ll]|gm/d[Ll]|g/[Ll]|g%|mg/d[Ll]",
    r"mg/[Ll]|mg%|mmol/[Ll]|[µμu]mol/[Ll]|micromol/[Ll]|nmol/[Ll]|pmol/[Ll]|mEq/[Ll]|[µμum]c?g/[Ll]|[µμu]g/d[Ll]",
    r"mcg/d[Ll]|[µμu]g/m[Ll]|ng/m[Ll]|ng/[Ll]|ng/d[Ll]|pg/m[Ll]|(?:m|[µμu])?I?U/m?[Ll]|units/[Ll]|[kK]/[µμu][Ll]",
    r"cells/(?:[µμu][Ll]|mm3|mm³)|/\s?[µμu][Ll]|/mc[Ll]|/mm[³3]?|/cmm|per cubic millimetre|mm/h(?:ou)?r?|mmHg|mm Hg",
    r"°\s?[CF]|º\s?[CF]|degrees (?:C|F|Celsius|Fahrenheit)|[CF]\b|%|bpm|beats/min|beats per minute|breaths/min",
    r"breaths per minute|per minute|/min|f[Ll]|kg/m\^?[2²]|m[Ll]/min(?:/1\.73\s?m[2²])?",
)
_UNIT = rf"(?P<unit>\s?(?:{'|'.join(_UNITS)})(?![A-Za-z]))?"
_FAHRENHEIT = frozenset(["°f", "f", "ºf", "degreesf", "degreesfahrenheit", "fahrenheit"])
_CELSIUS_RANGE = (30.0, 44.0)
_FAHRENHEIT_RANGE = (86.0, 112.0)
_DEGREES = re.compile(
    r"(?<![\w.,/])(?P<number>\d{2,3}(?:\.\d)?)\s?"
    r"(?P<unit>°\s?[CF]|º\s?[CF]|degrees (?:C|F|Celsius|Fahrenheit))(?![a-z])"
)


def labs_of(text: str) -> list[Facet]:
    """The measurements in `text` in order, none overlapping; a blood pressure is one, its value the systolic one."""
    found = [facet for match in _valued().finditer(text) if (facet := _valued_facet(match)) is not None]
    taken = [(facet.span.start, facet.span.end) for facet in found]
    for match in _DEGREES.finditer(text):
        if _free(taken, match.start(), match.end()):
            facet = _measured(_by_name("temperature"), match)
            if facet is not None:
                found.append(facet)
                taken.append((facet.span.start, facet.span.end))
    for match in _worded().finditer(text):
        if _free(taken, match.start(), match.end()):
            lab = _by_name(match["before"] or match["after"])
            found.append(Facet("lab", lab.term, Span(match.start(), match.end()), match[0]))
            taken.append((match.start(), match.end()))
    return sorted(found, key=lambda facet: facet.span)


def band_of(facet: Facet) -> Band:
    """Whether a lab is low, normal or high: by its value where that has a unit, else by the words it is quoted with."""
    lab = lab_of(facet.term)
    if lab is not None and facet.value is not None and facet.unit == lab.unit and lab.normal != (0.0, 0.0):
        low, high = lab.normal
        return "low" if facet.value < low else "high" if facet.value > high else "normal"
    if facet.value is None:
        quoted = facet.text.lower()
        for band, words in _BAND_WORDS:
            if words.search(quoted):
                return band
    return ""


def finding_of(facet: Facet) -> str:
    """The finding that a lab amounts to ("Hb 8.1 g/dL" -> anaemia), empty where it is normal or has no name."""
    lab = lab_of(facet.term)
    if lab is None:
        return ""
    return {"low": lab.low, "high": lab.high}.get(band_of(facet), "")


def lab_of(term: str) -> Lab | None:
    """The measurement that `term` names, None for another."""
    return _by_term().get(term)


_BAND_WORDS: tuple[tuple[Band, re.Pattern[str]], ...] = (
    ("normal", re.compile(rf"\b(?:{_NORMAL})\b")),
    ("high", re.compile(rf"\b(?:{_RAISED})\b")),
    ("low", re.compile(rf"\b(?:{_LOWERED})\b")),
)


@cache
def _by_term() -> dict[str, Lab]:
    return {lab.term: lab for lab in LABS}


@cache
def _names() -> str:
    return "|".join(name for lab in LABS for name in (lab.names,))


@cache
def _valued() -> re.Pattern[str]:
    """A name, what links it to a number, the number, a second one (of a blood pressure) and a unit."""
    return re.compile(
        rf"(?<![\w-])(?P<name>{_names()})(?:\s*\([A-Za-z0-9 -]{{1,12}}\))?{_LINK}"
        rf"[<>~≈≥≤]?\s?{_NUMBER}(?P<second>\s?/\s?\d{{2,3}})?{_UNIT}(?![\d.]*\d)",
        re.IGNORECASE,
    )


@cache
def _worded() -> re.Pattern[str]:
    bands = f"{_RAISED}|{_LOWERED}|{_NORMAL}"
    return re.compile(
        rf"\b(?:{bands})\s+(?:serum\s+|plasma\s+|blood\s+)?(?P<before>{_names()})(?![\w-])"
        rf"|(?<![\w-])(?P<after>{_names()})\s+(?:levels?\s+|count\s+)?(?:(?:was|were|is|are)\s+)?"
        rf"(?:(?:very|markedly|grossly|mildly|slightly)\s+)?(?:{bands})\b",
        re.IGNORECASE,
    )


@cache
def _name_patterns() -> tuple[tuple[re.Pattern[str], Lab], ...]:
    return tuple((re.compile(lab.names, re.IGNORECASE), lab) for lab in LABS)


def _by_name(name: str) -> Lab:
    """The measurement whose name matched; one does, since the pattern was made of the names."""
    return next(lab for pattern, lab in _name_patterns() if pattern.fullmatch(name))


def _valued_facet(match: re.Match[str]) -> Facet | None:
    return _measured(_by_name(match["name"]), match)


def _measured(lab: Lab, match: re.Match[str]) -> Facet | None:
    number = float(match["number"].replace(",", ""))
    unit = "".join((match["unit"] or "").split()).lower()
    second = match.groupdict().get("second")
    if (lab.term == "systolic blood pressure") != bool(second) and second:
        return None
    if lab.term == "temperature":
        value = _celsius(number, unit)
    elif unit:
        value = number * lab.units[unit] if unit in lab.units else None
        if value is None and _bare(lab, number) is None:
            return None
    else:
        value = _bare(lab, number)
        if value is None and not _plausible(lab, match):
            return None
    if value is None and lab.term == "temperature":
        return None
    span = Span(match.start(), match.end())
    written = (match["unit"] or "").strip()
    if value is None:
        return Facet("lab", lab.term, span, match[0], value=number, unit=written)
    return Facet("lab", lab.term, span, match[0], value=round(value, 4), unit=lab.unit)


def _plausible(lab: Lab, match: re.Match[str]) -> bool:
    """Whether a number without a unit belongs to the name: only where the name is no two letters."""
    return not lab.bare and len(match["name"]) > len("abc") - 1


def _bare(lab: Lab, number: float) -> float | None:
    for least, most, factor in lab.bare:
        if least <= number <= most:
            return number * factor
    return None


def _celsius(number: float, unit: str) -> float | None:
    if unit in _FAHRENHEIT or (not unit and _FAHRENHEIT_RANGE[0] <= number <= _FAHRENHEIT_RANGE[1]):
        return round((number - 32) / 1.8, 1)
    return number if _CELSIUS_RANGE[0] <= number <= _CELSIUS_RANGE[1] else None


def _free(taken: list[tuple[int, int]], start: int, end: int) -> bool:
    return all(end <= first or last <= start for first, last in taken)
