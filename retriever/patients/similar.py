"""Patients like a given one: candidates by words, vectors and rare findings, then a comparison that gives reasons.

The score of a patient is the sum of how like the notes are, which has the share `SimilarSettings.text` of it, and of
what the comparison of facets found, so that every part of it can be shown.
"""

from collections.abc import Mapping

import msgspec
import numpy as np

from corpora.errors import IndexStateError, UsageError
from corpora.patients.records import Patient, Sex
from corpora.records import Document, Section, Span, text_sha256
from indexer.embedding import Vectors
from indexer.index import Index
from indexer.patients.store import PatientFacts, PatientStore
from retriever.patients.comparison import UNIT, Comparer, Comparison, Entry
from retriever.patients.settings import ComparisonSettings
from retriever.patients.weights import rarity_of, terms_of
from retriever.records import RankedList
from retriever.search import MAX_QUERY_CHARACTERS, Mode, Retriever

_PARTS = 1 << 10
"""The shares of the score are whole multiples of 1 / _PARTS, and the text's part of 1 / (_PARTS * UNIT), so that floats
add up to the score exactly."""
WHOLE = 20_000
"""Characters of a note beyond which its passages stand for it."""


class SimilarSettings(msgspec.Struct, frozen=True):
    """How similar patients are found.

    `candidates` notes are found by the retriever, and up to `by_term` more for each of the `rarest` terms of the note.
    `text` is the share of the score that how like the notes are has; the comparison of facets has the rest. It was
    chosen on one half of real case reports, with the synthetic clusters beside it (``docs/patients.md``).
    """

    candidates: int = 200
    by_term: int = 50
    rarest: int = 8
    text: float = 0.65
    mode: Mode = "hybrid"
    comparison: ComparisonSettings = ComparisonSettings()


class PatientFilters(msgspec.Struct, frozen=True):
    """Whom to leave out: patients outside these ages in years (both ends included), or of the other sex.

    Patients whose age or sex is not known are left out where it is asked for.
    """

    ages: tuple[float, float] | None = None
    sex: Sex = ""

    def passes(self, facts: PatientFacts) -> bool:
        """Whether a patient may be shown."""
        if self.sex and facts.sex != self.sex:
            return False
        return self.ages is None or (facts.age is not None and self.ages[0] <= facts.age <= self.ages[1])


class SimilarPatient(msgspec.Struct, frozen=True):
    """A patient found: `score` is `text_score` plus the comparison's own; `text` is the note as it is kept."""

    rank: int
    score: float
    text_score: float
    facts: PatientFacts
    text: str
    comparison: Comparison


class SimilarPatients:
    """Finds patients in one index of patients. Holds no state of a request: safe to share between threads."""

    def __init__(self, index: Index, store: PatientStore, settings: SimilarSettings | None = None) -> None:
        self._index = index
        self._store = store
        self.settings = settings or SimilarSettings()
        self._retriever = Retriever(index)
        self._share = round((1 - self.settings.text) * _PARTS) / _PARTS

    def find(self, patient: Patient, k: int = 10, filters: PatientFilters | None = None) -> list[SimilarPatient]:
        """The k patients most like this one, without itself; its identifiers must be removed and its facets found."""
        if not 1 <= k <= 1_000:
            raise UsageError(f"k is {k}, expected 1 to 1,000", remedy="Choose another k")
        if not any(map(str.isalnum, patient.text)):
            raise UsageError("the note is empty: it has no letter and no digit", remedy="Give the patient's note")
        filters = filters or PatientFilters()
        rarity = rarity_of(self._store.frequencies(sorted(terms_of(patient))), self._store.count())
        comparer = Comparer(patient, rarity, self.settings.comparison)
        likeness = self._likeness(patient)
        ids = dict.fromkeys([*likeness, *self._with_rare_terms(patient, rarity)])
        facts = self._store.facts([patient_id for patient_id in ids if patient_id != patient.patient_id])
        scored = []
        for found in facts.values():
            other = _patient(found)
            if filters.passes(found) and comparer.admits(other):
                comparison = comparer.compare(other)
                alike = likeness.get(found.patient_id, 0.0) * comparison.agreement
                text_score = round((1 - self._share) * alike * _PARTS * UNIT) / (_PARTS * UNIT)
                scored.append((text_score + self._share * comparison.score, text_score, found))
        scored.sort(key=lambda one: (-one[0], one[2].patient_id))
        return [
            self._shown(rank, comparer, text_score, found)
            for rank, (_, text_score, found) in enumerate(scored[:k], start=1)
        ]

    def _likeness(self, patient: Patient) -> dict[str, float]:
        """Patient -> how like the notes are, 0 to 1, for the candidates of the retriever."""
        ranked = self._ranked(patient)
        if not ranked.passages:
            return {}
        top = max(found.score for found in ranked.passages)
        return {
            found.stored.passage.document_id: max(0.0, found.score / top) if top > 0 else 0.0
            for found in ranked.passages
        }

    def _ranked(self, patient: Patient) -> RankedList:
        query = patient.text[:MAX_QUERY_CHARACTERS]
        vector = None if self.settings.mode == "bm25" else self._vector(patient.text)
        return self._retriever.search(
            query, k=self.settings.candidates, mode=self.settings.mode, unit="document", vector=vector
        )

    def _vector(self, text: str) -> Vectors:
        """The mean of the vectors of the note's passages, shape (1, dimensions) and of length 1."""
        text = text[:WHOLE]
        section = Section("Note", "case", Span(0, len(text)))
        document = Document("query", "", text, (section,), "")
        passages = [passage.text for passage in self._index.manifest.splitter.split(document)]
        centre = self._index.model.encode_passages(passages).sum(axis=0, keepdims=True)
        normalised: Vectors = centre / max(float(np.linalg.norm(centre)), 1e-9)
        return normalised

    def _with_rare_terms(self, patient: Patient, rarity: Mapping[str, float]) -> list[str]:
        present = sorted({facet.term for facet in patient.facets if facet.assertion == "present"})
        rarest = sorted(present, key=lambda term: (-rarity.get(term, 0.0), term))[: self.settings.rarest]
        return [found for term in rarest for found in self._store.with_term(term, self.settings.by_term)]

    def _shown(self, rank: int, comparer: Comparer, text_score: float, facts: PatientFacts) -> SimilarPatient:
        """The patient with the note, so that the comparison can quote it. Contributions are scaled to the whole."""
        text = self._index.store.document(facts.patient_id).text
        if text_sha256(text) != facts.sha256:
            raise IndexStateError(
                "patients.db is not of the same build as the notes: it would be quoted from the wrong places",
                remedy="Run biocite index --patients with the same sources again",
            )
        comparison = _scaled(comparer.compare(_patient(facts, text)), self._share)
        return SimilarPatient(rank, text_score + comparison.score, text_score, facts, text, comparison)


def _patient(facts: PatientFacts, text: str = "") -> Patient:
    return Patient(facts.patient_id, text, facts.age, facts.sex, facts.facets)


def _scaled(comparison: Comparison, share: float) -> Comparison:
    """The comparison with every number at this share, so that its parts still add up."""

    def entries(of: tuple[Entry, ...]) -> tuple[Entry, ...]:
        return tuple(msgspec.structs.replace(entry, contribution=share * entry.contribution) for entry in of)

    return Comparison(
        share * comparison.score,
        {kind: share * part for kind, part in comparison.parts.items()},
        entries(comparison.matches),
        entries(comparison.differences),
        entries(comparison.unknown),
        comparison.agreement,
    )
