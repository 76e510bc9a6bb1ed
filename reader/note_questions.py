"""Questions over patients' notes: each note by itself, answered with its own sentences or with none.

A question over literature wants the one answer on which documents agree. Here every note has its own: what was done
with this patient, what became of that one. Sentences are ranked by a small linear model over what is known of each
(`FEATURES`), with weights of its own for what is mostly asked (`reader.aspects`).
"""

import math
import time
from collections.abc import Mapping, Sequence
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from corpora.errors import ModelError
from corpora.patients.records import Facet
from corpora.records import Span
from indexer.index import Index
from indexer.patients.facets import facets_of
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
words in it, the reranker's probability; cues and facets of the aspect, or for a question without one whether it has a
term of the question; whether it is the note's first sentence, where it stands from 0 to 1, whether it is among the
last fifth; and its words, of 40 or more."""

_LONG = 40
_LAST = 0.8
MOST_SENTENCES = 64
"""Of a longer note, those sentences are read that share most words with the question and have most cues and facets."""
MOST_RERANKED = 24
"""Of each note the reranker reads the likeliest; for any other sentence its probability counts as 0."""


class NoteSettings(msgspec.Struct, frozen=True):
    """Up to `sentences` of a note are quoted for each aspect: those at least `share` times as probable as the best."""

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
    """A sentence of a note: its passage, its place in the passage, and the facets that begin in it.

    It is sentence `number`, from 0, `of` so many of the note.
    """

    stored: StoredPassage
    span: Span
    text: str
    facets: tuple[Facet, ...]
    number: int = 0
    of: int = 1


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

    def ask(self, questions: Sequence[str], notes: Mapping[str, Sequence[Facet]]) -> tuple[NotesAnswer, ...]:
        """What the notes of these patients, each with its facets, say to each question.

        A patient who is not in the index says nothing. Raises UsageError for what is no question.
        """
        asked = [check_question(question) for question in questions]
        sentences = {patient_id: self.sentences(patient_id, facets) for patient_id, facets in notes.items()}
        return tuple(self._asked(question, sentences) for question in asked)

    def _asked(self, question: str, sentences: Mapping[str, Sequence[NoteSentence]]) -> NotesAnswer:
        started = time.perf_counter()
        aspects = aspects_of(question)
        read = {patient_id: self._worth_reading(question, aspects, own) for patient_id, own in sentences.items()}
        features = self.features(question, aspects, list(read.values()))
        answers = [
            self._answer(patient_id, own, aspects, known)
            for (patient_id, own), known in zip(read.items(), features, strict=True)
        ]
        spent = round((time.perf_counter() - started) * 1000, 3)
        return NotesAnswer(question, aspects, tuple(answers), {"total": spent})

    def sentences(self, patient_id: str, facets: Sequence[Facet]) -> list[NoteSentence]:
        """The sentences of a note, in its order, each once: passages overlap."""
        found: list[NoteSentence] = []
        told = place = 0
        placed = sorted(facets, key=lambda facet: facet.span)
        for stored in self._index.store.passages_of(patient_id):
            start = stored.passage.span.start
            for span in sentence_spans_of(stored.passage.text):
                first, last = start + span.start, start + span.end
                if last <= told:
                    continue
                told = last
                while place < len(placed) and placed[place].span.start < first:
                    place += 1
                own = []
                for facet in islice(placed, place, None):
                    if facet.span.start >= last:
                        break
                    own.append(facet)
                found.append(NoteSentence(stored, span, span.of(stored.passage.text), tuple(own), len(found)))
        return [msgspec.structs.replace(sentence, of=len(found)) for sentence in found]

    def _worth_reading(
        self, question: str, aspects: Sequence[Aspect], sentences: Sequence[NoteSentence]
    ) -> list[NoteSentence]:
        """All sentences of a note, or of a long one the most promising, in its order."""
        if len(sentences) <= MOST_SENTENCES:
            return list(sentences)
        words = QuestionWords(question, self._index.manifest.analyzer)

        def promise(sentence: NoteSentence) -> float:
            said = sum(cues_in(aspect, sentence.text) + facets_for(aspect, sentence.facets) for aspect in aspects)
            return said + words.coverage(words.tokens(sentence.text))

        best = sorted(sentences, key=lambda sentence: (-promise(sentence), sentence.number))[:MOST_SENTENCES]
        return sorted(best, key=lambda sentence: sentence.number)

    def features(
        self, question: str, aspects: Sequence[Aspect], notes: Sequence[Sequence[NoteSentence]]
    ) -> list[dict[str, list[dict[str, float]]]]:
        """For each note and each aspect (or `OTHER`), the `FEATURES` of the note's sentences."""
        named = aspects or (OTHER,)
        texts = [sentence.text for note in notes for sentence in note]
        if not texts:
            return [{aspect: [] for aspect in named} for _ in notes]
        model = self._index.model
        similarity = np.clip(model.encode_passages(texts) @ model.encode_queries([question])[0], -1.0, 1.0).tolist()
        words = QuestionWords(question, self._index.manifest.analyzer)
        terms = frozenset(facet.term for facet in facets_of(question))
        found: list[dict[str, list[dict[str, float]]]] = []
        position = 0
        for note in notes:
            shared = _shared(note, similarity[position : position + len(note)], words)
            found.append(
                {
                    aspect: [_of_aspect(aspect, one, row, terms) for one, row in zip(note, shared, strict=True)]
                    for aspect in named
                }
            )
            position += len(note)
        self._rerank(question, notes, found)
        return found

    def _rerank(
        self,
        question: str,
        notes: Sequence[Sequence[NoteSentence]],
        features: Sequence[Mapping[str, Sequence[dict[str, float]]]],
    ) -> None:
        """Have the likeliest sentences of each note read by the reranker, and put what it says in their features."""
        if self._reranker is None:
            return
        chosen: list[tuple[int, int]] = []
        for note, of_note in enumerate(features):
            likely = [
                max(
                    rows[number]["similarity"] + rows[number]["cues"] + rows[number]["facets"]
                    for rows in of_note.values()
                )
                for number in range(len(notes[note]))
            ]
            ranked = sorted(range(len(likely)), key=lambda number: (-likely[number], number))
            chosen += [(note, number) for number in ranked[:MOST_RERANKED]]
        scores = self._reranker.scores(question, [notes[note][number].text for note, number in chosen]).tolist()
        for (note, number), score in zip(chosen, scores, strict=True):
            for rows in features[note].values():
                rows[number]["rerank"] = score

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
        # A note that was copied forward says a sentence twice.
        once = {sentences[number].text: number for number in sorted(best, key=lambda number: (best[number], -number))}
        chosen = sorted(once.values(), key=lambda number: (-best[number], number))
        evidence = tuple(
            make_evidence(sentences[number].stored, sentences[number].span, round(best[number], 4)) for number in chosen
        )
        confidence = best[chosen[0]] if chosen else highest
        status: Status = "answered" if evidence else "insufficient_evidence"
        return NoteAnswer(patient_id, status, round(confidence, 4), evidence[0].text if evidence else "", evidence)


def _shared(note: Sequence[NoteSentence], similarity: Sequence[float], words: QuestionWords) -> list[dict[str, float]]:
    """The features that do not depend on the aspect, nothing reranked yet."""
    best = max(similarity, default=0.0)
    found = []
    for sentence, cosine in zip(note, similarity, strict=True):
        place = sentence.number / max(1, sentence.of - 1)
        found.append(
            {
                "similarity": cosine,
                "similarity_lead": cosine - best,
                "coverage": words.coverage(words.tokens(sentence.text)),
                "rerank": 0.0,
                "first": float(sentence.number == 0),
                "place": place,
                "last": float(place >= _LAST),
                "length": min(_LONG, len(sentence.text.split())) / _LONG,
            }
        )
    return found


def _of_aspect(
    aspect: str, sentence: NoteSentence, shared: Mapping[str, float], terms: frozenset[str]
) -> dict[str, float]:
    """For a question without an aspect, `facets` is whether the sentence speaks of a term of it, if only to deny it."""
    if aspect == OTHER:
        cues, facets = 0.0, float(any(facet.term in terms for facet in sentence.facets))
    else:
        cues, facets = cues_in(aspect, sentence.text), facets_for(aspect, sentence.facets)  # type: ignore[arg-type]
    return {**shared, "cues": cues, "facets": facets, "cues_and_facets": cues * facets}
