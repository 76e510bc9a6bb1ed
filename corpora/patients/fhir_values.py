"""What FHIR R4 data types say, in words: CodeableConcept, Quantity, and the values of observations.

A value that denies what it is about ("Fever: no", "HIV antibody: not detected") is told from one that affirms it, so
that whoever writes it can write "no Fever": readers of notes look for a denial before what is denied, not after it.
"""

import re
from typing import Any, Literal

import msgspec

from corpora.text import collapse

Resource = dict[str, Any]
"""A resource, or a part of one, as JSON says it, after validation."""

Meaning = Literal["said", "denied", "unsure", "unknown"]

_INTERPRETATIONS = {
    "H": "high",
    "HH": "critically high",
    "L": "low",
    "LL": "critically low",
    "N": "normal",
    "A": "abnormal",
    "AA": "critically abnormal",
    "POS": "positive",
    "NEG": "negative",
    "DET": "detected",
    "ND": "not detected",
    "IND": "indeterminate",
    "E": "equivocal",
    "R": "resistant",
    "S": "susceptible",
    "I": "intermediate",
}
"""Codes of http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation."""

_DENIED = re.compile(
    r"(?:no|none|neg(?:ative)?|absent|absence|false|non-?reactive|undetected|undetectable|negative result"
    r"|(?:not|none) (?:detected|present|seen|found|identified|observed|isolated|reactive))",
    re.IGNORECASE,
)
_UNSURE = re.compile(
    r"(?:indeterminate|equivocal|inconclusive|borderline|uncertain|possible|possibly|probable|suspected)", re.IGNORECASE
)
_UNKNOWN = re.compile(
    r"(?:unknown(?: .*)?|not known|(?:not|un)(?: |-)?(?:asked|assessed|done|performed|tested|answered|recorded"
    r"|available|applicable|stated|sure)|unable to (?:assess|determine|obtain)|n/?a|refused|declined"
    r"|asked but unknown)",
    re.IGNORECASE,
)
_MEANINGS: tuple[tuple[Meaning, re.Pattern[str]], ...] = (
    ("denied", _DENIED),
    ("unsure", _UNSURE),
    ("unknown", _UNKNOWN),
)
_TAG = re.compile(
    r" \((?:disorder|finding|qualifier value|procedure|situation|observable entity|regime/therapy"
    r"|morphologic abnormality|body structure|substance|product|medicinal product|clinical drug|event"
    r"|context-dependent category)\)$"
)
"""The end of a SNOMED CT name, which says what sort of thing it names."""

_LOINC = re.compile(
    r"^(?P<what>[^\[\]]+?)(?:/[\w. ]+\.total)? \[[^\]]+\](?: in (?:Blood|Serum|Plasma|Serum or Plasma"
    r"|Serum, Plasma or Blood|Venous blood|Capillary blood|Arterial blood))?(?: by [\w ]+)?$|"
    r"^(?P<share>[^\[\]]+?)/[\w. ]+\.total in Blood(?: by [\w ]+)?$"
)
"""A long name of LOINC, whose property, and specimen where that is blood, no clinician writes."""

_ANNOTATION = re.compile(r"\{[^{}]*\}|[\[\]]")
"""What UCUM writes in braces means nothing; brackets mark units such as mm[Hg]."""


class Value(msgspec.Struct, frozen=True):
    """What an Observation, or a component of one, says: ``8.1 g/dL``, ``positive``, ``no``; empty where nothing."""

    words: str = ""
    meaning: Meaning = "said"
    is_number: bool = False


def words(concept: Resource | None) -> str:
    """The words of a CodeableConcept: its text, or the first name that a code has in it; never a bare code."""
    if not concept:
        return ""
    names = [concept.get("text"), *(coding.get("display") for coding in concept.get("coding", ()))]
    return _TAG.sub("", next((collapse(name) for name in names if name and name.strip()), ""))


def measured(concept: Resource | None) -> str:
    """The words for what was observed, LOINC's long names cut to what is measured ("Glucose", "Hemoglobin A1c")."""
    name = words(concept)
    found = _LOINC.match(name)
    return (found["what"] or found["share"]) if found else name


def codes(concept: Resource | None) -> set[str]:
    """The codes of a CodeableConcept, of whatever system."""
    return {coding["code"] for coding in (concept or {}).get("coding", ()) if "code" in coding}


def interpretation(concept: Resource) -> str:
    """An interpretation in words, such as ``high``."""
    known = [_INTERPRETATIONS[code] for code in sorted(codes(concept)) if code in _INTERPRETATIONS]
    return known[0] if known else words(concept).casefold()


def quantity(value: Resource | None) -> str:
    """A Quantity such as ``< 0.5 ng/mL``; empty where it has no number."""
    if not value or "value" not in value:
        return ""
    unit = collapse(_ANNOTATION.sub("", value.get("unit") or value.get("code") or ""))
    return " ".join(filter(None, (value.get("comparator"), str(value["value"]), "" if unit == "1" else unit)))


def value_of(resource: Resource) -> Value:
    """The value of an Observation or a component of one. Times, dates and sampled data are not read."""
    for number in (
        quantity(resource.get("valueQuantity")),
        _ends_of(resource.get("valueRange"), ("low", "high"), " to "),
        _ends_of(resource.get("valueRatio"), ("numerator", "denominator"), "/"),
        str(resource.get("valueInteger", "")),
    ):
        if number:
            return Value(number, is_number=True)
    if "valueBoolean" in resource:
        return Value("yes") if resource["valueBoolean"] else Value("no", "denied")
    said = words(resource.get("valueCodeableConcept")) or collapse(str(resource.get("valueString", "")))
    return Value(said, meaning_of(said))


def meaning_of(said: str) -> Meaning:
    """Whether words affirm what they are about, deny it, leave it open, or say that it is not known."""
    plain = said.strip(" .").casefold()
    return next((meaning for meaning, pattern in _MEANINGS if pattern.fullmatch(plain)), "said")


def _ends_of(value: Resource | None, names: tuple[str, str], between: str) -> str:
    """A Range or a Ratio; of a Range one end is enough."""
    first, second = (quantity((value or {}).get(name)) for name in names)
    if first and second:
        return f"{first}{between}{second}"
    if between == "/":
        return ""
    return f"at least {first}" if first else f"at most {second}" if second else ""
