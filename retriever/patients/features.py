"""The facets of a patient as they are compared: one for each term, a lab as the finding that it amounts to."""

from typing import NamedTuple

from corpora.patients.records import Assertion, Facet, FacetKind, Patient, Timing
from indexer.patients.labs import band_of, finding_of, lab_of
from retriever.patients.course import Course, course_of

_STRENGTH: dict[str, int] = {"present": 0, "possible": 1, "past": 2, "absent": 3, "family": 4}
_GOING_ON: frozenset[Assertion] = frozenset(["present", "possible"])


class Feature(NamedTuple):
    """What a note says of a term, and the facet it was said with; `band` is that of a lab.

    `course` is that of a finding or condition, by the first `timing` said of it that tells one.
    """

    kind: FacetKind
    term: str
    assertion: Assertion
    facet: Facet
    band: str
    course: Course = ""
    timing: Timing | None = None


def features_of(patient: Patient, *, negation: bool) -> dict[str, Feature]:
    """By term: of what is said twice, what is present goes first. A lab also stands for the finding it amounts to."""
    features: dict[str, Feature] = {}
    for facet in patient.facets:
        assertion: Assertion = "present" if facet.assertion == "absent" and not negation else facet.assertion
        band = band_of(facet) if facet.kind == "lab" else ""
        if band and lab_of(facet.term) is not None:
            amounts_to = finding_of(facet)
            if amounts_to:
                _keep(features, _timed(Feature("finding", amounts_to, assertion, facet, ""), patient.age))
                continue
        _keep(features, _timed(Feature(facet.kind, facet.term, assertion, facet, band), patient.age))
    return features


def ruled_out_by(feature: Feature) -> tuple[str, ...]:
    """The findings that a normal measurement speaks against: who has a normal urate has no hyperuricaemia."""
    lab = lab_of(feature.facet.term) if feature.kind == "lab" and feature.band == "normal" else None
    return () if lab is None else tuple(filter(None, (lab.low, lab.high)))


def _keep(features: dict[str, Feature], feature: Feature) -> None:
    known = features.get(feature.term)
    if known is None or _STRENGTH[feature.assertion] < _STRENGTH[known.assertion]:
        features[feature.term] = feature
    elif feature.course and not known.course and feature.assertion == known.assertion:
        features[feature.term] = known._replace(course=feature.course, timing=feature.timing)


def _timed(feature: Feature, age: float | None) -> Feature:
    timing = feature.facet.timing
    if timing is None or feature.kind not in ("finding", "condition") or feature.assertion not in _GOING_ON:
        return feature
    return feature._replace(course=course_of(timing, age), timing=timing)
