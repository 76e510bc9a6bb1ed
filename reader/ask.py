"""Question -> answer with evidence: retrieve, read, aggregate, and say so when the evidence is too weak."""

import time
from collections.abc import Mapping, Sequence
from itertools import accumulate
from typing import Any

import msgspec
import numpy as np

from corpora.errors import UsageError
from corpora.questions import QuestionKind
from corpora.records import Span
from indexer.records import Filters, fold
from indexer.store import searched_text
from reader.aggregate import RankedAnswer
from reader.candidates import each_place_once, not_from_question
from reader.confidence import Calibration, ConfidenceSettings, check_precision, shipped_calibration
from reader.evaluation import ListSettings, Verdicts, pick_list
from reader.evidence import make_evidence, sentence_spans_of
from reader.features import (
    Features,
    QuestionWords,
    Reading,
    bm25_unit,
    sentence_features,
    span_features,
    with_verdict,
)
from reader.notes import broken_promise, note_on
from reader.question import check_question
from reader.question_kind import question_kind
from reader.ranking import RankedKind, distinct, rank_spans, read_spans
from reader.records import Answer, AnswerItem, Evidence, Verdict
from reader.span_model import SpanReader
from reader.summary import Sentence, pick_sentences
from reader.verdict import LABELS, decide
from retriever.records import RankedList, ScoredPassage
from retriever.search import Retriever

# How much a sentence bears on the question: its cosine, and the share of the question's words in its passage.
SENTENCE_WEIGHTS = (0.65, 0.35)

# A title names a topic more often than it states a finding, yet is as near to the question as any sentence.
TITLE_DISCOUNT = 0.8


class AskSettings(msgspec.Struct, frozen=True):
    """How many passages are read, how much evidence is shown, and when the evidence is too weak.

    `passages` are retrieved, reranked where there is a reranker and `rerank` is set, and read. `answers` factoid ones
    are shown with up to `evidence` quotations each, and up to `sentences` sentences for yes/no and summary questions.
    Where `apart` is set, an answer is shown once and not again with other boundaries.
    Factoid answers after the first need `least` of its confidence. `confidence` holds for models that nothing was
    calibrated with.
    """

    passages: int = 12
    rerank: bool = True
    answers: int = 3
    apart: bool = True
    evidence: int = 3
    sentences: int = 4
    least: float = 0.1
    lists: ListSettings = ListSettings(items=10, share=0.5)
    confidence: ConfidenceSettings = ConfidenceSettings()


class _Sentence(msgspec.Struct, frozen=True):
    """A sentence of a passage, and its cosine with the question."""

    reading: Reading
    span: Span
    text: str
    similarity: float

    @property
    def bearing(self) -> float:
        """By what sentences are ranked: at most 1."""
        similarity, coverage = SENTENCE_WEIGHTS
        return similarity * self.similarity + coverage * self.reading.coverage


_Read = tuple[list[AnswerItem], list[Features], Verdict | None]


class Draft(msgspec.Struct, frozen=True):
    """Everything about an answer but the decision whether to give it.

    `features` are those that confidences were computed from, the best item's first; `timings_ms` are
    all but the total's.
    """

    question: str
    kind: QuestionKind
    items: tuple[AnswerItem, ...]
    features: tuple[Features, ...]
    verdict: Verdict | None
    ranked: RankedList
    timings_ms: dict[str, float]


class Asker:
    """Answers questions over one index with one reader. Holds no state of a question: safe to share.

    `calibration` is the shipped one unless another is given; it counts only where it holds (`Calibration.holds_for`).
    """

    def __init__(
        self,
        retriever: Retriever,
        reader: SpanReader,
        settings: AskSettings | None = None,
        verdicts: Verdicts | None = None,
        calibration: Calibration | None = None,
    ) -> None:
        self.retriever = retriever
        self.reader = reader
        self.settings = settings or AskSettings()
        self.verdicts = verdicts
        self._offered = calibration or shipped_calibration()
        documents = retriever.index.manifest.documents
        holds = self._offered is not None and self._offered.holds_for(self.model_names(), documents)
        self.calibration = self._offered if holds else None

    def model_names(self) -> dict[str, str]:
        """The models as a calibration knows them: the embedding model with its revision, "" where there is none."""
        embedding = self.retriever.index.manifest.embedding
        return {
            "embedding": f"{embedding.name}@{embedding.revision[:12]}",
            "reader": self.reader.name,
            "reranker": self._reranker_name(),
            "verdict": self.verdicts.name if self.verdicts is not None else "",
        }

    def _reranker_name(self) -> str:
        reranker = self.retriever.reranker if self.settings.rerank else None
        return "" if reranker is None else reranker.name

    def ask(
        self,
        question: str,
        *,
        kind: QuestionKind | None = None,
        filters: Filters | None = None,
        min_precision: float | None = None,
    ) -> Answer:
        """The answer; retracted documents are no evidence unless the filters say otherwise.

        `min_precision` answers only from the confidence on from which the calibration promises that share of right
        answers for questions of this kind; UsageError where these models were not calibrated.
        """
        return self.ask_and_rank(question, kind=kind, filters=filters, min_precision=min_precision)[0]

    def ask_and_rank(
        self,
        question: str,
        *,
        kind: QuestionKind | None = None,
        filters: Filters | None = None,
        min_precision: float | None = None,
    ) -> tuple[Answer, RankedList]:
        """The answer as `ask` gives it, and the passages that were read for it."""
        self._check_promise(min_precision)
        draft = self.draft(question, kind=kind, filters=filters)
        return self.decide(draft, min_precision), draft.ranked

    def draft(self, question: str, *, kind: QuestionKind | None = None, filters: Filters | None = None) -> Draft:
        """The best answer found, however sure."""
        started = time.perf_counter()
        text = check_question(question)
        kind = kind or question_kind(text)
        filters = filters or Filters()
        if filters.retracted is None:
            filters = msgspec.structs.replace(filters, retracted=False)
        rerank = self.settings.rerank and self.retriever.reranker is not None
        ranked = self.retriever.search(text, k=self.settings.passages, filters=filters, rerank=rerank)
        draft = self.read(text, kind, ranked)
        timings = {**draft.timings_ms, "total": round((time.perf_counter() - started) * 1000, 3)}
        return msgspec.structs.replace(draft, timings_ms=timings)

    def read(self, question: str, kind: QuestionKind, ranked: RankedList) -> Draft:
        """The best answer found in these passages, which were retrieved for the question, however sure."""
        started = time.perf_counter()
        readings = self._readings(question, ranked) if ranked.passages else []
        if ranked.filters.sections and "title" not in map(fold, ranked.filters.sections):
            readings = [reading for reading in readings if reading.stored.passage.kind != "title"]
        read = self._read_spans if kind in ("factoid", "list") else self._read_sentences
        items, features, verdict = read(question, kind, readings)
        timings = {
            **{f"retrieve_{stage}": spent for stage, spent in ranked.timings_ms.items() if stage != "total"},
            "reading": round((time.perf_counter() - started) * 1000, 3),
        }
        return Draft(question, kind, tuple(items), tuple(features), verdict, ranked, timings)

    def decide(self, draft: Draft, min_precision: float | None = None) -> Answer:
        """The draft as an answer, or that the evidence is insufficient."""
        least, promise = self.threshold(draft.kind), ""
        if min_precision is not None and self.calibration is not None:
            promising = self.calibration.promising(draft.kind, min_precision)
            least = max(least, promising) if promising is not None else float("inf")
            if promising is None:
                promise = broken_promise(draft.kind, min_precision, self.calibration.highest_promise(draft.kind))
        confidence = draft.items[0].confidence if draft.items else 0.0
        enough = bool(draft.items) and confidence >= least
        documents = dict.fromkeys(found.stored.passage.document_id for found in draft.ranked.passages[:5])
        verdict = draft.verdict if enough else None
        return Answer(
            question=draft.question,
            kind=draft.kind,
            status="answered" if enough else "insufficient_evidence",
            confidence=confidence,
            answers=draft.items if enough else (),
            note=promise or note_on(draft.kind, enough, bool(draft.ranked.passages), verdict),
            nearest=tuple(documents),
            timings_ms=draft.timings_ms,
            index_id=draft.ranked.index_id,
            models=self._shown_models(),
            verdict=verdict,
        )

    def threshold(self, kind: QuestionKind) -> float:
        """The confidence below which a question of this kind is not answered."""
        return self.calibration.thresholds[kind] if self.calibration is not None else self.settings.confidence.threshold

    def _check_promise(self, min_precision: float | None) -> None:
        check_precision(min_precision)
        if min_precision is None or self.calibration is not None:
            return
        made_with = "nothing at all"
        if self._offered is not None:
            made_with = f"{_listed(self._offered.models)} and an index of {self._offered.documents:,} documents"
        here = self.retriever.index.manifest.documents
        raise UsageError(
            f"a precision cannot be promised: confidence is calibrated for {made_with}, and here are "
            f"{_listed(self.model_names())} and {here:,} documents",
            remedy="Leave the least precision out, use those models, or calibrate these (biocite train confidence)",
        )

    def _shown_models(self) -> dict[str, Any]:
        named = {**self.model_names(), "embedding": self.retriever.index.manifest.embedding.name}
        return {what: name for what, name in named.items() if name} | {"calibrated": self.calibration is not None}

    def confidence(self, kind: QuestionKind, features: Features) -> float:
        """How sure an answer with these features is: calibrated, or by hand for models that were not calibrated."""
        return (self.calibration or self.settings.confidence).confidence(kind, features)

    def _readings(self, question: str, ranked: RankedList) -> list[Reading]:
        """The passages found, and after them the titles of their documents, which are searched only with a passage."""
        index, passages = self.retriever.index, ranked.passages
        vectors = index.dense.vectors([found.stored.key for found in passages])
        # As embedded, against the question itself: the dense ranking's own scores are those of the moved query.
        asked = ranked.vector if ranked.vector is not None else index.model.encode_queries([question])
        cosines = np.clip(vectors @ asked[0], -1.0, 1.0)
        words = QuestionWords(question, index.manifest.analyzer)
        unit = bm25_unit(index.manifest.statistics.searched) * max(1, len(words.asked))
        readings = []
        for found, cosine in zip(passages, cosines, strict=True):
            passage = found.stored.passage
            tokens = words.tokens(searched_text(found.stored.title, passage.kind, passage.text))
            readings.append(
                Reading(
                    found.stored,
                    found.score**2,
                    float(cosine),
                    words.coverage(tokens),
                    bm25=found.bm25.score / unit if found.bm25 is not None else 0.0,
                    rerank=_rerank_score(found),
                    names=words.named(tokens),
                )
            )
        best: dict[str, Reading] = {}
        for reading in readings:
            best.setdefault(reading.stored.passage.document_id, reading)
        titles = index.store.titles_of(list(best))
        seen = {reading.stored.key for reading in readings}
        return readings + [
            msgspec.structs.replace(reading, stored=titles[document_id], weight=reading.weight * TITLE_DISCOUNT)
            for document_id, reading in best.items()
            if document_id in titles and titles[document_id].key not in seen
        ]

    def _read_spans(self, question: str, kind: QuestionKind, readings: Sequence[Reading]) -> _Read:
        texts = [reading.stored.passage.text for reading in readings]
        spans = read_spans(self.reader, question, texts, [reading.weight for reading in readings])
        spans = each_place_once(not_from_question(spans, question), readings)
        ranked: RankedKind = "list" if kind == "list" else "factoid"
        answers = rank_spans(question, texts, spans, ranked, limit=50)
        # Items enumerated beside an answer were not among the spans.
        answers = [answer for answer in answers if not_from_question([answer.spans[0]], question)]
        if self.settings.apart:
            answers = distinct(answers)
        chosen = pick_list(answers, self.settings.lists) if kind == "list" else answers[: self.settings.answers]
        evidence = [self._evidence(answer, readings) for answer in chosen]
        words = QuestionWords(question, self.retriever.index.manifest.analyzer)
        features = [
            span_features(answer, answers, readings, words.coverage(words.tokens(quotations[0].context.text)))
            for answer, quotations in zip(chosen, evidence, strict=True)
        ]
        # An answer that another one outscores cannot be surer than its share of that score.
        # (No score at all, as the passage that retrieval put last has, says nothing: then all are alike.)
        best = answers[0].score if answers else 0.0
        shares = [min(1.0, answer.score / best) if best > 0 else 1.0 for answer in chosen]
        sure = [round(self.confidence(kind, found) * share, 4) for found, share in zip(features, shares, strict=True)]
        # Answers stand by what they score in all texts, so a later one must not look surer than the one before it.
        ordered = list(accumulate(sure, min))
        least = self.settings.least * ordered[0] if kind == "factoid" and ordered else 0.0
        kept = sum(confidence >= least for confidence in ordered)
        items = [AnswerItem(own[0].text, surely, own) for own, surely in zip(evidence, ordered, strict=True)]
        return items[:kept], features[:kept], None

    def _evidence(self, answer: RankedAnswer, readings: Sequence[Reading]) -> tuple[Evidence, ...]:
        return tuple(
            make_evidence(readings[span.text_number].stored, span.candidate.span, round(span.score, 4))
            for span in answer.spans[: self.settings.evidence]
        )

    def _read_sentences(self, question: str, kind: QuestionKind, readings: Sequence[Reading]) -> _Read:
        """The sentences that bear most on the question, quoted whole, none twice, the best first."""
        sentences = self._best_sentences(question, readings)
        similarity = [sentence.similarity for sentence in sentences]
        chosen = [sentence.reading for sentence in sentences]
        words = QuestionWords(question, self.retriever.index.manifest.analyzer)
        features = [
            sentence_features(number, similarity, chosen, readings, words.coverage(words.tokens(sentence.text)))
            for number, sentence in enumerate(sentences)
        ]
        verdict = None
        if kind == "yesno" and self.verdicts is not None and sentences:
            verdict = _verdict(self.verdicts.probabilities(question, [sentence.text for sentence in sentences]))
            features = [with_verdict(found, verdict.probabilities) for found in features]
        sure = list(accumulate((self.confidence(kind, found) for found in features), min))
        evidence = [
            make_evidence(sentence.reading.stored, sentence.span, round(sentence.similarity, 4))
            for sentence in sentences
        ]
        items = [AnswerItem(found.text, surely, (found,)) for found, surely in zip(evidence, sure, strict=True)]
        return _in_reading_order(items) if kind == "summary" else items, features, verdict

    def _best_sentences(self, question: str, readings: Sequence[Reading]) -> list[_Sentence]:
        candidates = [
            (reading, span, span.of(reading.stored.passage.text))
            for reading in readings
            for span in sentence_spans_of(reading.stored.passage.text)
        ]
        similarity = self._similarity(question, [text for _, _, text in candidates])
        sentences = [
            _Sentence(reading, span, text, cosine * (TITLE_DISCOUNT if reading.stored.passage.kind == "title" else 1.0))
            for cosine, (reading, span, text) in zip(similarity, candidates, strict=True)
        ]
        offered = [
            Sentence(found.text, found.bearing, found.reading.stored.passage.document_id, found.span.start)
            for found in sentences
        ]
        chosen = pick_sentences(offered, question, self.settings.sentences)
        return sorted((sentences[number] for number in chosen), key=lambda sentence: -sentence.bearing)

    def _similarity(self, question: str, texts: list[str]) -> list[float]:
        if not texts:
            return []
        model = self.retriever.index.model
        similarity = model.encode_passages(texts) @ model.encode_queries([question])[0]
        return [float(score) for score in np.clip(similarity, -1.0, 1.0)]


def _in_reading_order(items: list[AnswerItem]) -> list[AnswerItem]:
    """A summary's sentences document by document, those of the best one first, each as sure as the summary is."""
    best: dict[str, int] = {}
    for number, item in enumerate(items):
        best.setdefault(item.evidence[0].document_id, number)
    ordered = sorted(items, key=lambda item: (best[item.evidence[0].document_id], item.evidence[0].start))
    return [msgspec.structs.replace(item, confidence=items[0].confidence) for item in ordered]


def _rerank_score(found: ScoredPassage) -> float:
    """0 where nothing was reranked."""
    return found.rerank.score if found.rerank is not None else 0.0


def _verdict(probabilities: Mapping[str, float]) -> Verdict:
    rounded: dict[str, float] = {label: round(float(probabilities.get(label, 0.0)), 4) for label in LABELS}
    return Verdict(decide(rounded), rounded)


def _listed(models: dict[str, str]) -> str:
    return ", ".join(f"{what} {name}" for what, name in models.items() if name)


def quoted(evidence: Evidence) -> tuple[str, str, str]:
    """The sentence around an evidence as (before, the quotation, after)."""
    context = evidence.context
    first, last = evidence.start - context.start, evidence.end - context.start
    return context.text[:first], context.text[first:last], context.text[last:]
