"""Questions over patients' notes: each note by itself, answered with its own sentences or with none.

A question over literature wants the one answer on which documents agree. Here every note has its own: what was done
with this patient, what became of that one. Sentences are ranked by a small linear model over what is known of each
(`FEATURES`), with weights of its own for what is mostly asked (`reader.aspects`).
"""

import math
import time
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from corpora.errors import ModelError
from corpora.patients.records import Facet
from corpora.records import Span
from indexer.index import Index
from indexer.store import StoredPassage
from reader.aspects import Aspect, aspects_of, cues_in, facets_for
from reader.evidence import make_evidence, sentence_spans_of
from reader.features import QuestionWords
from reader.question import check_question
from reader.records import Evidence, Status
from retriever.rerank import Reranker

WEIGHTS = Path(__file__).parent / "weights" / "note-questions.json"
OTHER = "other"
FEATURES = (
    *("similarity", "similarity_lead", "coverage", "rerank"),
    *("cues", "facets", "cues_and_facets", "first", "place", "last", "length"),
)
"""Of a sentence: its cosine with the question and how far that lies below the note's best, the share of the question's
words in it, the reranker's probability; cues and facets of the aspect; whether it is the note's first sentence, where
it stands from 0 to 1, whether it is among the last fifth; and its words, of 40 or more."""

_LONG = 40
_LAST = 0.8


class NoteSettings(msgspec.Struct, frozen=True):
    """Up to `sentences` of a note are quoted for each aspect: those with at least `share` of the best one's odds."""

    sentences: int = 2
    share: float = 0.5


class NoteAnswer(msgspec.Struct, frozen=True):
    """What one patient's note says. `text` is that of the first quotation; both are empty where the note does not say.

    `confidence` is the model's probability that the first quotation answers the question.
    """

    patient_id: str
    status: Status
    confidence: float
    text: str
    evidence: tuple[Evidence, ...]


class NotesAnswer(msgspec.Struct, frozen=True):
    """A question and what each of the notes says, in the order in which the notes were given.

    `aspects` is what the question was taken to ask for; empty: for what its words say.
    """

    question: str
    aspects: tuple[str, ...]
    answers: tuple[NoteAnswer, ...]
    timings_ms: dict[str, float]


class SentenceModel(msgspec.Struct, frozen=True):
    """A logistic model: an answer is given from `threshold` on."""

    bias: float
    weights: dict[str, float]
    threshold: float

    def probability(self, features: Mapping[str, float]) -> float:
        """That a sentence with these features answers the question."""
        odds = self.bias + sum(weight * features[name] for name, weight in self.weights.items())
        return 1 / (1 + math.exp(-max(-30.0, min(30.0, odds))))


class NoteModels(msgspec.Struct, frozen=True):
    """A model an aspect, and one for everything else. `provenance` says from what they were learnt, and how well."""

    models: dict[str, SentenceModel]
    provenance: dict[str, Any]


class NoteSentence(msgspec.Struct, frozen=True):
    """A sentence of a note: its passage, its place in the passage, and the facets in it."""

    stored: StoredPassage
    span: Span
    text: str
    facets: tuple[Facet, ...]


@lru_cache(maxsize=1)
def shipped_models() -> NoteModels:
    """The models that come with the package."""
    try:
        return msgspec.json.decode(WEIGHTS.read_bytes(), type=NoteModels)
    except (OSError, msgspec.MsgspecError) as error:
        raise ModelError(f"{WEIGHTS}: cannot be read ({error})", remedy="Reinstall biocite") from error


class NoteReader:
    """Asks questions of notes in one index of patients. Holds no state of a question: safe to share."""

    def __init__(
        self,
        index: Index,
        reranker: Reranker | None,
        settings: NoteSettings | None = None,
        models: NoteModels | None = None,
    ) -> None:
        self._index = index
        self._reranker = reranker
        self._settings = settings or NoteSettings()
        self._models = models or shipped_models()

    def ask(self, question: str, notes: Mapping[str, Sequence[Facet]]) -> NotesAnswer:
        """What the notes of these patients, each with its facets, say to the question.

        A patient who is not in the index says nothing. Raises UsageError for what is no question.
        """
        started = time.perf_counter()
        text = check_question(question)
        aspects = aspects_of(text)
        sentences = {patient_id: self.sentences(patient_id, facets) for patient_id, facets in notes.items()}
        answers = []
        features = iter(self.features(text, aspects, list(sentences.values())))
        for patient_id, own in sentences.items():
            answers.append(self._answer(patient_id, own, aspects, next(features)))
        spent = round((time.perf_counter() - started) * 1000, 3)
        return NotesAnswer(text, aspects, tuple(answers), {"total": spent})

    def sentences(self, patient_id: str, facets: Sequence[Facet]) -> list[NoteSentence]:
        """The sentences of a note, in its order, each once: passages overlap."""
        found = []
        told = 0
        for stored in self._index.store.passages_of(patient_id):
            start = stored.passage.span.start
            for span in sentence_spans_of(stored.passage.text):
                first, last = start + span.start, start + span.end
                if last <= told:
                    continue
                told = last
                own = tuple(facet for facet in facets if first <= facet.span.start and facet.span.end <= last)
                found.append(NoteSentence(stored, span, span.of(stored.passage.text), own))
        return found

    def features(
        self, question: str, aspects: Sequence[Aspect], notes: Sequence[Sequence[NoteSentence]]
    ) -> list[dict[str, list[dict[str, float]]]]:
        """For each note and each aspect (or `OTHER`), the `FEATURES` of the note's sentences."""
        texts = [sentence.text for note in notes for sentence in note]
        if not texts:
            return [{aspect: [] for aspect in aspects or (OTHER,)} for _ in notes]
        model = self._index.model
        similarity = np.clip(model.encode_passages(texts) @ model.encode_queries([question])[0], -1.0, 1.0).tolist()
        reranked = [0.0] * len(texts) if self._reranker is None else self._reranker.scores(question, texts).tolist()
        words = QuestionWords(question, self._index.manifest.analyzer)
        found, position = [], 0
        for note in notes:
            end = position + len(note)
            shared = _shared(note, similarity[position:end], reranked[position:end], words)
            found.append({aspect: [_of_aspect(aspect, one, row) for one, row in zip(note, shared, strict=True)]
                          for aspect in aspects or (OTHER,)})  # fmt: skip
            position = end
        return found

    def _answer(
        self,
        patient_id: str,
        sentences: Sequence[NoteSentence],
        aspects: Sequence[Aspect],
        features: Mapping[str, Sequence[Mapping[str, float]]],
    ) -> NoteAnswer:
        best: dict[int, float] = {}
        highest = 0.0
        for aspect in aspects or (OTHER,):
            model = self._models.models[aspect]
            sure = [model.probability(row) for row in features[aspect]]
            ranked = sorted(range(len(sure)), key=lambda number: (-sure[number], number))
            highest = max([highest, *sure])
            if not ranked or sure[ranked[0]] < model.threshold:
                continue
            top = sure[ranked[0]]
            for number in ranked[: self._settings.sentences]:
                if sure[number] >= self._settings.share * top:
                    best[number] = max(best.get(number, 0.0), sure[number])
        chosen = sorted(best, key=lambda number: (-best[number], number))
        evidence = tuple(
            make_evidence(sentences[number].stored, sentences[number].span, round(best[number], 4)) for number in chosen
        )
        confidence = best[chosen[0]] if chosen else highest
        status: Status = "answered" if evidence else "insufficient_evidence"
        return NoteAnswer(patient_id, status, round(confidence, 4), evidence[0].text if evidence else "", evidence)


def _shared(
    note: Sequence[NoteSentence], similarity: Sequence[float], reranked: Sequence[float], words: QuestionWords
) -> list[dict[str, float]]:
    """The features that do not depend on the aspect."""
    best = max(similarity, default=0.0)
    last = max(1, len(note) - 1)
    return [
        {
            "similarity": similarity[number],
            "similarity_lead": similarity[number] - best,
            "coverage": words.coverage(words.tokens(sentence.text)),
            "rerank": reranked[number],
            "first": float(number == 0),
            "place": number / last,
            "last": float(number / last >= _LAST),
            "length": min(_LONG, len(sentence.text.split())) / _LONG,
        }
        for number, sentence in enumerate(note)
    ]


def _of_aspect(aspect: str, sentence: NoteSentence, shared: Mapping[str, float]) -> dict[str, float]:
    cues = facets = 0.0
    if aspect != OTHER:
        cues, facets = cues_in(aspect, sentence.text), facets_for(aspect, sentence.facets)  # type: ignore[arg-type]
    return {**shared, "cues": cues, "facets": facets, "cues_and_facets": cues * facets}
