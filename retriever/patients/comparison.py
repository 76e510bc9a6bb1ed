"""Two patients compared: what matches, what differs, what is unknown, and a score that is the sum of these.

Every entry has what it contributes, so that the score can be read off the table. A rare term weighs more than a common
one (`retriever.patients.weights`), and what one patient has and the other is said not to have counts against. Comparing
is of the query's side: what the other has and the query does not mention is not an entry.
"""

from collections.abc import Iterator, Mapping
from typing import Literal, NamedTuple

import msgspec

from corpora.patients.records import Facet, Patient, Timing
from corpora.records import Span
from indexer.patients.lexicon import broader
from indexer.patients.persons import age_of, sex_of
from retriever.patients.ages import age_agreement, age_band
from retriever.patients.agreement import NORMAL_OPPOSES, agreement_of, shared
from retriever.patients.course import courses_agree
from retriever.patients.features import Feature, features_of, ruled_out_by
from retriever.patients.settings import ComparisonSettings

EntryKind = Literal["finding", "condition", "drug", "procedure", "lab", "course", "age", "sex"]
_Relation = Literal["broader", "narrower", "sibling"]

UNIT = 1 << 16
"""Contributions are whole multiples of 1 / UNIT, a power of two, so that floats add them up exactly in any order."""


class Quote(msgspec.Struct, frozen=True):
    """A place in a note, in code points, and its text."""

    start: int
    end: int
    text: str


class Entry(msgspec.Struct, frozen=True):
    """One line of a comparison. A quote is None where that note says nothing of it.

    `query_state` and `other_state` say what holds: an assertion, a lab's band, a course, an age band or a sex.
    `contribution` is what the entry adds to the score: positive for a match, negative for a difference, 0 for the
    unknown. An entry of the kind "course" is of the term that it goes with, and quotes since when that was.
    """

    kind: EntryKind
    term: str
    query: Quote | None
    other: Quote | None
    query_state: str
    other_state: str
    contribution: float


class Comparison(msgspec.Struct, frozen=True):
    """`score`, 0 to 1, is the sum of the contributions of all entries; `parts` is that sum by kind of entry.

    `agreement`, 0 to 1, says by how much the likeness of the notes should count: see `_agreement`.
    """

    score: float
    parts: dict[str, float]
    matches: tuple[Entry, ...]
    differences: tuple[Entry, ...]
    unknown: tuple[Entry, ...]
    agreement: float = 1.0


class _Profile(NamedTuple):
    """A patient ready for comparing: features by term, and by broader term the features that are cases of it.

    `ruled_out` has the findings that a normal measurement speaks against.
    """

    patient: Patient
    features: dict[str, Feature]
    wider: dict[str, Feature]
    ruled_out: dict[str, Feature]
    weight: float


class _Line(NamedTuple):
    """An entry before its contribution is scaled: `gain` in units of weight."""

    kind: EntryKind
    term: str
    query: Quote | None
    other: Quote | None
    query_state: str
    other_state: str
    gain: float


_DEFAULT = ComparisonSettings()
_UNLIKE_PERSON = 3.0
"""How much of the likeness of notes an unlike age or sex takes, in multiples of what it takes of the facets' score."""


class Comparer:
    """One query compared with many patients: `Comparer(query, rarity).compare(other)`.

    `rarity` maps a term to its weight, 0 to 1 (`retriever.patients.weights.rarity_of`); a term not in it was never
    seen and weighs 1.
    """

    def __init__(self, query: Patient, rarity: Mapping[str, float], settings: ComparisonSettings = _DEFAULT) -> None:
        self._rarity = rarity
        self._settings = settings
        self._query = self._profile(query)
        self._place = _places(query)

    def compare(self, other: Patient) -> Comparison:
        """What `other` has in common with the query. Time is linear in the facets of both."""
        profile = self._profile(other)
        lines = list(self._lines(profile))
        scale = self._query.weight ** (1 - self._settings.length) * profile.weight**self._settings.length
        return _summed(lines, max(scale, sum(line.gain for line in lines if line.gain > 0)))

    def admits(self, other: Patient) -> bool:
        """Whether the hard filters of the settings let `other` through; an unknown age or sex passes."""
        query = self._query.patient
        if self._settings.same_sex and query.sex and other.sex and query.sex != other.sex:
            return False
        if self._settings.same_age_band and query.age is not None and other.age is not None:
            return age_band(query.age) == age_band(other.age)
        return True

    def _profile(self, patient: Patient) -> _Profile:
        features = features_of(patient, negation=self._settings.negation) if self._settings.facets else {}
        wider: dict[str, Feature] = {}
        ruled_out: dict[str, Feature] = {}
        weight = 0.0
        for feature in features.values():
            weight += self._most(feature) * (1 + self._settings.course * bool(feature.course))
            for term in broader(feature.term):
                wider.setdefault(term, feature)
            for term in ruled_out_by(feature):
                ruled_out.setdefault(term, feature)
        if self._settings.demographics:
            weight += self._settings.age * (patient.age is not None) + self._settings.sex * bool(patient.sex)
        return _Profile(patient, features, wider, ruled_out, weight)

    def _most(self, feature: Feature) -> float:
        """The most that a feature can contribute: what it does where the other note says the same."""
        weight = self._weight(feature)
        return weight * shared(feature, feature, self._settings)

    def _weight(self, feature: Feature) -> float:
        rarity = self._rarity.get(feature.term)
        if rarity is None:
            rarity = self._rarity.get(feature.facet.term, 1.0)
        return rarity * self._settings.kinds.get(feature.kind, 1.0)

    def _lines(self, other: _Profile) -> Iterator[_Line]:
        if self._settings.demographics:
            yield from self._demographics(other.patient)
        for feature in self._query.features.values():
            yield self._line(feature, other)
            if feature.course:
                yield from self._course(feature, other.features.get(feature.term))

    def _line(self, feature: Feature, other: _Profile) -> _Line:
        same = other.features.get(feature.term)
        if same is not None:
            return _line(feature, same, self._weight(feature) * agreement_of(feature, same, self._settings))
        opposed = _opposed_by_value(feature, other)
        if opposed is not None:
            weight = min(self._weight(feature), self._weight(opposed))
            return _line(feature, opposed, -weight * self._settings.contradiction * NORMAL_OPPOSES)
        related = self._related(feature, other)
        if related is None:
            return _line(feature, None, 0.0)
        found, relation = related
        agreement = agreement_of(feature, found, self._settings)
        if agreement == 0 or (agreement < 0 and not _contradicts(feature, found, relation)):
            return _line(feature, None, 0.0)
        weight = min(self._weight(feature), self._weight(found))
        closeness = self._settings.broader ** (2 if relation == "sibling" else 1)
        return _line(feature, found, weight * agreement * closeness)

    def _course(self, feature: Feature, same: Feature | None) -> Iterator[_Line]:
        """Acute or chronic in both, or not; nothing where it is neither alike nor opposed."""
        if same is None or feature.timing is None or same.timing is None or not same.course:
            return
        weight = self._settings.course * self._weight(feature) * shared(feature, same, self._settings)
        gain = weight * courses_agree(feature.course, same.course)
        if gain:
            quotes = (_quote(feature.timing), _quote(same.timing))
            yield _Line("course", feature.term, *quotes, feature.course, same.course, gain)

    def _related(self, feature: Feature, other: _Profile) -> tuple[Feature, _Relation] | None:
        """The other's feature that is broader or narrower than `feature`, or a case of the same broader term."""
        wider = broader(feature.term)
        for term in wider:
            if term in other.features:
                return other.features[term], "broader"
        if feature.term in other.wider:
            return other.wider[feature.term], "narrower"
        return next(((other.wider[term], "sibling") for term in wider if term in other.wider), None)

    def _age_gain(self, agreement: float) -> float:
        return agreement * (self._settings.age if agreement > 0 else self._settings.age_apart)

    def _demographics(self, other: Patient) -> Iterator[_Line]:
        query = self._query.patient
        mine, theirs = self._place, _places(other)
        if query.age is not None:
            band, other_band = age_band(query.age), "" if other.age is None else age_band(other.age)
            gain = 0.0 if other.age is None else self._age_gain(age_agreement(query.age, other.age))
            yield _Line("age", "age", mine[0], theirs[0], band, other_band, gain)
        if query.sex:
            gain = 0.0
            if other.sex:
                gain = self._settings.sex if query.sex == other.sex else -self._settings.sex_apart
            yield _Line("sex", "sex", mine[1], theirs[1], query.sex, other.sex, gain)


def compare(
    query: Patient, other: Patient, rarity: Mapping[str, float], settings: ComparisonSettings = _DEFAULT
) -> Comparison:
    """`other` compared with `query`; for many others, keep one `Comparer`."""
    return Comparer(query, rarity, settings).compare(other)


def _opposed_by_value(feature: Feature, other: _Profile) -> Feature | None:
    """The normal measurement that speaks against a finding, or the finding against which a normal one speaks."""
    if feature.assertion == "present" and feature.kind != "lab":
        return other.ruled_out.get(feature.term)
    found = (other.features.get(term) for term in ruled_out_by(feature))
    return next((one for one in found if one is not None and one.assertion == "present"), None)


def _contradicts(query: Feature, other: Feature, relation: _Relation) -> bool:
    """Whether the absence of one says that the other is absent: who has no rash has no malar rash, not the reverse."""
    if relation == "broader":
        return other.assertion == "absent"
    return relation == "narrower" and query.assertion == "absent"


def _line(query: Feature, other: Feature | None, gain: float) -> _Line:
    return _Line(
        query.kind,
        query.term,
        _quote(query.facet),
        None if other is None else _quote(other.facet),
        query.band or query.assertion,
        "" if other is None else other.band or other.assertion,
        gain,
    )


def _quote(said: Facet | Timing) -> Quote:
    return Quote(said.span.start, said.span.end, said.text)


def _places(patient: Patient) -> tuple[Quote | None, Quote | None]:
    """Where the note says the age and the sex that the patient has; None where it does not."""
    age, age_span = age_of(patient.text)
    sex, sex_span = sex_of(patient.text)
    same_age = patient.age is not None and age is not None and age_band(patient.age) == age_band(age)
    return (
        _quoted(patient.text, age_span) if same_age else None,
        _quoted(patient.text, sex_span) if sex == patient.sex else None,
    )


def _quoted(text: str, span: Span | None) -> Quote | None:
    return None if span is None else Quote(span.start, span.end, span.of(text))


def _summed(lines: list[_Line], scale: float) -> Comparison:
    """Contributions in units of the score. Where more differs than matches, differences count only down to 0."""
    factor = UNIT / scale if scale else 0.0
    units = [int(line.gain * factor) for line in lines]
    agreement = _agreement(lines, units)
    gained = sum(unit for unit in units if unit > 0)
    lost = -sum(unit for unit in units if unit < 0)
    if lost > gained:
        units = _reduced(units, gained, lost)
    matches: list[Entry] = []
    differences: list[Entry] = []
    unknown: list[Entry] = []
    parts: dict[str, int] = {}
    for line, unit in zip(lines, units, strict=True):
        parts[line.kind] = parts.get(line.kind, 0) + unit
        kept = matches if line.gain > 0 else differences if line.gain < 0 else unknown
        kept.append(Entry(*line[:-1], unit / UNIT))
    return Comparison(
        sum(units) / UNIT,
        {kind: unit / UNIT for kind, unit in parts.items()},
        tuple(sorted(matches, key=lambda entry: -entry.contribution)),
        tuple(sorted(differences, key=lambda entry: entry.contribution)),
        tuple(unknown),
        agreement,
    )


def _agreement(lines: list[_Line], units: list[int]) -> float:
    """The square of the share that matches of what facets match and differ in, less where age or sex are unlike.

    A note that denies everything is as like in words as one that has it all, and of a person's age words say little.
    Of all that differs, also where differences count only down to 0.
    """
    gained = lost = person = 0
    for line, unit in zip(lines, units, strict=True):
        if line.kind in ("age", "sex"):
            person += unit
        else:
            gained, lost = gained + max(0, unit), lost - min(0, unit)
    share = gained / (gained + lost) if lost else 1.0
    return share**2 * max(0.0, 1.0 + _UNLIKE_PERSON * min(0, person) / UNIT)


def _reduced(units: list[int], gained: int, lost: int) -> list[int]:
    """`units` with the negative ones scaled to lose exactly what was gained."""
    reduced = [unit if unit > 0 else -(-unit * gained // lost) for unit in units]
    rest = sum(reduced)
    place = next(index for index, unit in enumerate(units) if unit < 0)
    reduced[place] -= rest
    return reduced
