"""Two patients compared: what matches, what differs, what is unknown, and a score that is the sum of these.

Every entry has what it contributes, so that the score can be read off the table. A rare term weighs more than a common
one (`rarity_of`), and what one patient has and the other is said not to have counts against. Comparing is of the
query's side: what the other has and the query does not mention is not an entry.
"""

import math
from collections.abc import Iterable, Iterator, Mapping
from typing import Literal, NamedTuple

import msgspec

from corpora.patients.records import Assertion, Facet, FacetKind, Patient
from corpora.records import Span
from indexer.patients.labs import band_of, finding_of, lab_of
from indexer.patients.lexicon import broader
from indexer.patients.persons import age_of, sex_of

EntryKind = Literal["finding", "condition", "drug", "procedure", "lab", "age", "sex"]
_Relation = Literal["broader", "narrower", "sibling"]
AgeBand = Literal["newborn", "infant", "child", "adolescent", "adult", "older"]

UNIT = 1 << 16
"""Contributions are whole multiples of 1 / UNIT, a power of two, so that floats add them up exactly in any order."""

_BANDS: tuple[tuple[AgeBand, float], ...] = (
    ("newborn", 28 / 365.25),
    ("infant", 2.0),
    ("child", 12.0),
    ("adolescent", 18.0),
    ("adult", 65.0),
    ("older", math.inf),
)


class ComparisonSettings(msgspec.Struct, frozen=True):
    """What weighs how much. Weights are multiples of a term's rarity; `age` and `sex` are weights of their own,
    for being alike; `age_apart` and `sex_apart` for being unlike, which says more.

    `negation`, `facets` and `demographics` turn a part off (then an absent finding counts as a present one, or nothing
    but age and sex, or nothing but facets, is compared). `same_sex` and `same_age_band` make `admits` refuse others.
    `length` is how much the length of the other note counts (0: not at all, 1: as much as the query's).
    """

    kinds: dict[FacetKind, float] = msgspec.field(
        default_factory=lambda: {"finding": 1.0, "condition": 1.0, "drug": 0.6, "procedure": 0.35, "lab": 0.8}
    )
    age: float = 0.15
    age_apart: float = 2.0
    sex: float = 0.05
    sex_apart: float = 0.1
    absent_in_both: float = 0.15
    possible: float = 0.7
    past: float = 0.7
    family: float = 0.4
    broader: float = 0.7
    contradiction: float = 1.0
    length: float = 0.2
    negation: bool = True
    facets: bool = True
    demographics: bool = True
    same_sex: bool = False
    same_age_band: bool = False


class Quote(msgspec.Struct, frozen=True):
    """A place in a note, in code points, and its text."""

    start: int
    end: int
    text: str


class Entry(msgspec.Struct, frozen=True):
    """One line of a comparison. A quote is None where that note says nothing of it.

    `query_state` and `other_state` say what holds: an assertion, a lab's band, an age band or a sex. `contribution` is
    what the entry adds to the score: positive for a match, negative for a difference, 0 for the unknown.
    """

    kind: EntryKind
    term: str
    query: Quote | None
    other: Quote | None
    query_state: str
    other_state: str
    contribution: float


class Comparison(msgspec.Struct, frozen=True):
    """`score`, 0 to 1, is the sum of the contributions of all entries; `parts` is that sum by kind of entry."""

    score: float
    parts: dict[str, float]
    matches: tuple[Entry, ...]
    differences: tuple[Entry, ...]
    unknown: tuple[Entry, ...]


class _Feature(NamedTuple):
    kind: FacetKind
    term: str
    assertion: Assertion
    facet: Facet
    band: str


class _Profile(NamedTuple):
    """A patient ready for comparing: features by term, and by broader term the features that are cases of it."""

    patient: Patient
    features: dict[str, _Feature]
    wider: dict[str, _Feature]
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


_STRENGTH: dict[str, int] = {"present": 0, "possible": 1, "past": 2, "absent": 3, "family": 4}
_DEFAULT = ComparisonSettings()


class Comparer:
    """One query compared with many patients: `Comparer(query, rarity).compare(other)`.

    `rarity` maps a term to its weight, 0 to 1 (`rarity_of`); a term not in it was never seen and weighs 1.
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
        features = _features(patient, negation=self._settings.negation) if self._settings.facets else {}
        wider: dict[str, _Feature] = {}
        weight = 0.0
        for feature in features.values():
            weight += self._most(feature)
            for term in broader(feature.term):
                wider.setdefault(term, feature)
        if self._settings.demographics:
            weight += self._settings.age * (patient.age is not None) + self._settings.sex * bool(patient.sex)
        return _Profile(patient, features, wider, weight)

    def _most(self, feature: _Feature) -> float:
        """The most that a feature can contribute: what it does where the other note says the same."""
        weight = self._weight(feature)
        return weight * self._shared(feature, feature)

    def _weight(self, feature: _Feature) -> float:
        rarity = self._rarity.get(feature.term)
        if rarity is None:
            rarity = self._rarity.get(feature.facet.term, 1.0)
        return rarity * self._settings.kinds.get(feature.kind, 1.0)

    def _lines(self, other: _Profile) -> Iterator[_Line]:
        if self._settings.demographics:
            yield from self._demographics(other.patient)
        for feature in self._query.features.values():
            yield self._line(feature, other)

    def _line(self, feature: _Feature, other: _Profile) -> _Line:
        same = other.features.get(feature.term)
        if same is not None:
            return _line(feature, same, self._weight(feature) * self._agreement(feature, same))
        related = self._related(feature, other)
        if related is None:
            return _line(feature, None, 0.0)
        found, relation = related
        agreement = self._agreement(feature, found)
        if agreement == 0 or (agreement < 0 and not _contradicts(feature, found, relation)):
            return _line(feature, None, 0.0)
        weight = min(self._weight(feature), self._weight(found))
        closeness = self._settings.broader ** (2 if relation == "sibling" else 1)
        return _line(feature, found, weight * agreement * closeness)

    def _related(self, feature: _Feature, other: _Profile) -> tuple[_Feature, _Relation] | None:
        """The other's feature that is broader or narrower than `feature`, or a case of the same broader term."""
        wider = broader(feature.term)
        for term in wider:
            if term in other.features:
                return other.features[term], "broader"
        if feature.term in other.wider:
            return other.wider[feature.term], "narrower"
        return next(((other.wider[term], "sibling") for term in wider if term in other.wider), None)

    def _agreement(self, query: _Feature, other: _Feature) -> float:
        """From -1, each the opposite of the other, to 1, both the same and present."""
        if query.band and other.band and query.kind == other.kind == "lab":
            return self._labs(query, other)
        opposed = {query.assertion, other.assertion}
        if opposed == {"present", "absent"}:
            return -self._settings.contradiction
        if opposed == {"possible", "absent"}:
            return -self._settings.contradiction * self._settings.possible / 2
        if "absent" in opposed and len(opposed) > 1:
            return 0.0
        return self._shared(query, other)

    def _labs(self, query: _Feature, other: _Feature) -> float:
        if query.band == other.band:
            return (
                self._settings.absent_in_both
                if query.band == "normal"
                else closeness_of_values(query.facet, other.facet)
            )
        return -self._settings.contradiction * (1.0 if "normal" not in (query.band, other.band) else 0.6)

    def _shared(self, query: _Feature, other: _Feature) -> float:
        if query.band == other.band == "normal":
            return self._settings.absent_in_both
        return min(self._holds(query.assertion), self._holds(other.assertion)) * _alike(
            query.assertion, other.assertion
        )

    def _holds(self, assertion: Assertion) -> float:
        settings = self._settings
        return {
            "present": 1.0,
            "absent": settings.absent_in_both,
            "possible": settings.possible,
            "past": settings.past,
            "family": settings.family,
        }[assertion]

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


def rarity_of(counts: Mapping[str, int], total: int) -> dict[str, float]:
    """The weight of each term, 0 to 1, from the number of patients, of `total`, whose notes name it.

    As inverse document frequency: log((total + 1) / count) over log(total + 1), never below 0.05; a term of one
    patient weighs about 1, one that every patient has next to nothing.
    """
    most = math.log(total + 1) or 1.0
    return {
        term: min(1.0, max(0.05, math.log((total + 1) / count) / most)) for term, count in counts.items() if count > 0
    }


def terms_of(patient: Patient) -> set[str]:
    """The terms by which a patient is counted for `rarity_of`: those of its facets, and the findings its labs are."""
    return set(_features(patient, negation=True))


def term_counts(patients: Iterable[Patient]) -> dict[str, int]:
    """How many of `patients` name each term."""
    counts: dict[str, int] = {}
    for patient in patients:
        for term in terms_of(patient):
            counts[term] = counts.get(term, 0) + 1
    return counts


def age_band(age: float) -> AgeBand:
    """The band of an age in years: newborn to 28 days, infant to 2, child to 12, adolescent to 18, adult to 65."""
    return next(band for band, limit in _BANDS if age < limit)


def age_agreement(first: float, second: float) -> float:
    """From -1 to 1: how alike two ages in years are. Ages of one band never count against each other.

    Distance is of log2(age + 1): from 0 to 3 years is as far as from 15 to 63. Half of that apart is 0.
    """
    distance = abs(math.log2(first + 1) - math.log2(second + 1))
    agreement = max(-1.0, 1.0 - distance)
    return max(0.0, agreement) if age_band(first) == age_band(second) else agreement


def closeness_of_values(first: Facet, second: Facet) -> float:
    """From 0.5 to 1: how close two values on the same side of normal are; 1 where one has no value."""
    if not first.value or not second.value or first.unit != second.unit:
        return 1.0
    ratio = min(first.value, second.value) / max(first.value, second.value)
    return 0.5 + 0.5 * max(0.0, ratio)


def _features(patient: Patient, *, negation: bool) -> dict[str, _Feature]:
    """By term: of what is said twice, what is present goes first. A lab also stands for the finding it amounts to."""
    features: dict[str, _Feature] = {}
    for facet in patient.facets:
        assertion: Assertion = "present" if facet.assertion == "absent" and not negation else facet.assertion
        band = band_of(facet) if facet.kind == "lab" else ""
        if band and lab_of(facet.term) is not None:
            amounts_to = finding_of(facet)
            if amounts_to:
                _keep(features, _Feature("finding", amounts_to, assertion, facet, ""))
                continue
        _keep(features, _Feature(facet.kind, facet.term, assertion, facet, band))
    return features


def _keep(features: dict[str, _Feature], feature: _Feature) -> None:
    known = features.get(feature.term)
    if known is None or _STRENGTH[feature.assertion] < _STRENGTH[known.assertion]:
        features[feature.term] = feature


def _contradicts(query: _Feature, other: _Feature, relation: _Relation) -> bool:
    """Whether the absence of one says that the other is absent: who has no rash has no malar rash, not the reverse."""
    if relation == "broader":
        return other.assertion == "absent"
    return relation == "narrower" and query.assertion == "absent"


def _alike(first: Assertion, second: Assertion) -> float:
    """What is of the family or absent in one note agrees only with the same in the other."""
    if first == second:
        return 1.0
    return 0.0 if "family" in (first, second) or "absent" in (first, second) else 1.0


def _line(query: _Feature, other: _Feature | None, gain: float) -> _Line:
    return _Line(
        query.kind,
        query.term,
        _quote(query.facet),
        None if other is None else _quote(other.facet),
        query.band or query.assertion,
        "" if other is None else other.band or other.assertion,
        gain,
    )


def _quote(facet: Facet) -> Quote:
    return Quote(facet.span.start, facet.span.end, facet.text)


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
    )


def _reduced(units: list[int], gained: int, lost: int) -> list[int]:
    """`units` with the negative ones scaled to lose exactly what was gained."""
    reduced = [unit if unit > 0 else -(-unit * gained // lost) for unit in units]
    rest = sum(reduced)
    place = next(index for index, unit in enumerate(units) if unit < 0)
    reduced[place] -= rest
    return reduced
