"""How far what two notes say of a term agrees."""

from corpora.patients.records import Assertion, Facet
from retriever.patients.features import Feature
from retriever.patients.settings import ComparisonSettings

NORMAL_OPPOSES = 0.6
"""How much a normal value speaks against an abnormal one, of what a value on the other side of normal does."""


def agreement_of(query: Feature, other: Feature, settings: ComparisonSettings) -> float:
    """From -1, each the opposite of the other, to 1, both the same and present."""
    if query.band and other.band and query.kind == other.kind == "lab":
        return _labs(query, other, settings)
    opposed = {query.assertion, other.assertion}
    if opposed == {"present", "absent"}:
        return -settings.contradiction
    if opposed == {"possible", "absent"}:
        return -settings.contradiction * settings.possible / 2
    if "absent" in opposed and len(opposed) > 1:
        return 0.0
    return shared(query, other, settings)


def _labs(query: Feature, other: Feature, settings: ComparisonSettings) -> float:
    if query.band == other.band:
        return settings.absent_in_both if query.band == "normal" else closeness_of_values(query.facet, other.facet)
    return -settings.contradiction * (1.0 if "normal" not in (query.band, other.band) else NORMAL_OPPOSES)


def shared(query: Feature, other: Feature, settings: ComparisonSettings) -> float:
    """As `agreement_of` where nothing of the two is opposed: from 0 to 1."""
    if query.band == other.band == "normal":
        return settings.absent_in_both
    return min(_holds(query.assertion, settings), _holds(other.assertion, settings)) * _alike(
        query.assertion, other.assertion
    )


def _holds(assertion: Assertion, settings: ComparisonSettings) -> float:
    return {
        "present": 1.0,
        "absent": settings.absent_in_both,
        "possible": settings.possible,
        "past": settings.past,
        "family": settings.family,
    }[assertion]


def closeness_of_values(first: Facet, second: Facet) -> float:
    """From 0.5 to 1: how close two values on the same side of normal are; 1 where one has no value."""
    if not first.value or not second.value or first.unit != second.unit:
        return 1.0
    ratio = min(first.value, second.value) / max(first.value, second.value)
    return 0.5 + 0.5 * max(0.0, ratio)


def _alike(first: Assertion, second: Assertion) -> float:
    """What is of the family or absent in one note agrees only with the same in the other."""
    if first == second:
        return 1.0
    return 0.0 if "family" in (first, second) or "absent" in (first, second) else 1.0
