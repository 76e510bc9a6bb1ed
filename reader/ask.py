"""Question -> answer with evidence: retrieve, read, aggregate, and say so when the evidence is too weak."""

import re
import time
from collections.abc import Sequence
from itertools import accumulate

import msgspec
import numpy as np

from corpora.questions import QuestionKind
from indexer.records import Filters, fold
from indexer.store import StoredPassage, searched_text
from reader.aggregate import FoundSpan, RankedAnswer, rank_answers
from reader.confidence import ConfidenceSettings, answer_confidence, sentence_confidence
from reader.evaluation import ListSettings, pick_list
from reader.evidence import make_evidence, sentence_spans_of
from reader.question import check_question
from reader.question_kind import alternatives, question_kind
from reader.records import Answer, AnswerItem, Evidence
from reader.span_model import SpanReader
from retriever.records import RankedList, ScoredPassage
from retriever.search import Retriever

# A title names a topic more often than it states a finding, yet is as near to the question as any sentence.
TITLE_DISCOUNT = 0.8


class AskSettings(msgspec.Struct, frozen=True):
    """How many passages are read, how much evidence is shown, and when the evidence is too weak.

    `passages` are retrieved and read; `answers` factoid answers are shown with up to `evidence` quotations each, and
    up to `sentences` sentences for yes/no and summary questions. Answers after the first need a confidence of `least`.
    """

    passages: int = 12
    answers: int = 3
    evidence: int = 3
    sentences: int = 4
    least: float = 0.1
    lists: ListSettings = ListSettings(items=10, share=0.5)
    confidence: ConfidenceSettings = ConfidenceSettings()


class Reading(msgspec.Struct, frozen=True):
    """A passage to read: how much what it says counts, and how well it fits the question.

    `relevance` is the cosine of the question and what was found, `coverage` the share of the question's words in it.
    """

    stored: StoredPassage
    weight: float
    relevance: float
    coverage: float


class Asker:
    """Answers questions over one index with one reader. Holds no state of a question: safe to share."""

    def __init__(self, retriever: Retriever, reader: SpanReader, settings: AskSettings | None = None) -> None:
        self.retriever = retriever
        self.reader = reader
        self.settings = settings or AskSettings()

    def ask(self, question: str, *, kind: QuestionKind | None = None, filters: Filters | None = None) -> Answer:
        """The answer; retracted documents are no evidence unless the filters say otherwise."""
        started = time.perf_counter()
        text = check_question(question)
        kind = kind or question_kind(text)
        filters = filters or Filters()
        if filters.retracted is None:
            filters = msgspec.structs.replace(filters, retracted=False)
        ranked = self.retriever.search(text, k=self.settings.passages, filters=filters)
        reading = time.perf_counter()
        readings = self._readings(text, ranked.passages) if ranked.passages else []
        if filters.sections and "title" not in map(fold, filters.sections):
            readings = [reading for reading in readings if reading.stored.passage.kind != "title"]
        if kind in ("factoid", "list"):
            items = self._read_spans(text, kind, readings)
        else:
            items = self._read_sentences(text, readings)
        timings = {
            **{f"retrieve_{stage}": spent for stage, spent in ranked.timings_ms.items() if stage != "total"},
            "reading": round((time.perf_counter() - reading) * 1000, 3),
            "total": round((time.perf_counter() - started) * 1000, 3),
        }
        return self._answer(text, kind, items, ranked, timings)

    def _answer(
        self, question: str, kind: QuestionKind, items: list[AnswerItem], ranked: RankedList, timings: dict[str, float]
    ) -> Answer:
        confidence = items[0].confidence if items else 0.0
        enough = confidence >= self.settings.confidence.threshold
        documents = dict.fromkeys(found.stored.passage.document_id for found in ranked.passages[:5])
        return Answer(
            question=question,
            kind=kind,
            status="answered" if enough else "insufficient_evidence",
            confidence=confidence,
            answers=tuple(items) if enough else (),
            note=_note(kind, enough, bool(ranked.passages)),
            nearest=tuple(documents),
            timings_ms=timings,
            index_id=ranked.index_id,
            models={"embedding": self.retriever.index.manifest.embedding.name, "reader": self.reader.name},
        )

    def _readings(self, question: str, passages: Sequence[ScoredPassage]) -> list[Reading]:
        """The passages found, and after them the titles of their documents, which are searched only with a passage."""
        index = self.retriever.index
        vectors = index.dense.vectors([found.stored.key for found in passages])
        # As embedded, against the question itself: the dense ranking's own scores are those of the moved query.
        cosines = np.clip(vectors @ index.model.encode_queries([question])[0], -1.0, 1.0)
        asked = set(index.manifest.analyzer.tokens(question))
        readings = [
            Reading(found.stored, found.score**2, float(cosine), self._coverage(asked, found.stored))
            for found, cosine in zip(passages, cosines, strict=True)
        ]
        best: dict[str, Reading] = {}
        for reading in readings:
            best.setdefault(reading.stored.passage.document_id, reading)
        titles = index.store.titles_of(list(best))
        seen = {reading.stored.key for reading in readings}
        return readings + [
            Reading(titles[document_id], reading.weight * TITLE_DISCOUNT, reading.relevance, reading.coverage)
            for document_id, reading in best.items()
            if document_id in titles and titles[document_id].key not in seen
        ]

    def _coverage(self, asked: set[str], stored: StoredPassage) -> float:
        passage = stored.passage
        tokens = self.retriever.index.manifest.analyzer.tokens(searched_text(stored.title, passage.kind, passage.text))
        return len(asked.intersection(tokens)) / len(asked) if asked else 0.0

    def _read_spans(self, question: str, kind: QuestionKind, readings: Sequence[Reading]) -> list[AnswerItem]:
        texts = [reading.stored.passage.text for reading in readings]
        spans = [
            FoundSpan(number, candidate.span.of(texts[number]), candidate, readings[number].weight)
            for number, candidates in enumerate(self.reader.read(question, texts))
            for candidate in candidates
        ]
        answers = rank_answers(_each_place_once(_not_from_question(spans, question), readings), limit=50)
        chosen = pick_list(answers, self.settings.lists) if kind == "list" else answers[: self.settings.answers]
        items = [self._span_item(answer, readings) for answer in chosen]
        # An answer that another one outscores cannot be surer than its share of that score.
        # (No score at all, as the passage that retrieval put last has, says nothing: then all are alike.)
        best = answers[0].score if answers else 0.0
        shares = [answer.score / best if best > 0 else 1.0 for answer in chosen]
        shared = [_at_most(item, share) for item, share in zip(items, shares, strict=True)]
        # Answers stand by what they score in all texts, so a later one must not look surer than the one before it.
        lowest = accumulate((item.confidence for item in shared), min)
        ordered = [msgspec.structs.replace(item, confidence=sure) for item, sure in zip(shared, lowest, strict=True)]
        return [item for number, item in enumerate(ordered) if number == 0 or item.confidence >= self.settings.least]

    def _span_item(self, answer: RankedAnswer, readings: Sequence[Reading]) -> AnswerItem:
        evidence = tuple(
            make_evidence(readings[span.text_number].stored, span.candidate.span, round(span.score, 4))
            for span in answer.spans[: self.settings.evidence]
        )
        best = readings[answer.spans[0].text_number]
        confidence = answer_confidence(answer, best.relevance, best.coverage, self.settings.confidence)
        return AnswerItem(evidence[0].text, confidence, evidence)

    def _read_sentences(self, question: str, readings: Sequence[Reading]) -> list[AnswerItem]:
        """The sentences that bear most on the question, quoted whole, none twice, the surest first."""
        candidates = [
            (reading, span, span.of(reading.stored.passage.text))
            for reading in readings
            for span in sentence_spans_of(reading.stored.passage.text)
        ]
        similarity = self._similarity(question, [text for _, _, text in candidates])
        scores = [
            score * (TITLE_DISCOUNT if reading.stored.passage.kind == "title" else 1.0)
            for score, (reading, _, _) in zip(similarity, candidates, strict=True)
        ]
        sure = [
            sentence_confidence(score, reading.coverage, self.settings.confidence)
            for score, (reading, _, _) in zip(scores, candidates, strict=True)
        ]
        seen: set[str] = set()
        items: list[AnswerItem] = []
        for number in sorted(range(len(candidates)), key=lambda number: (-sure[number], number)):
            reading, span, text = candidates[number]
            if text.casefold() in seen or text.endswith("?"):
                continue
            seen.add(text.casefold())
            evidence = make_evidence(reading.stored, span, round(scores[number], 4))
            items.append(AnswerItem(evidence.text, sure[number], (evidence,)))
            if len(items) == self.settings.sentences:
                break
        return items

    def _similarity(self, question: str, texts: list[str]) -> list[float]:
        if not texts:
            return []
        model = self.retriever.index.model
        similarity = model.encode_passages(texts) @ model.encode_queries([question])[0]
        return [float(score) for score in np.clip(similarity, -1.0, 1.0)]


def _not_from_question(spans: list[FoundSpan], question: str) -> list[FoundSpan]:
    """Without spans that only repeat words of the question: they answer nothing, unless it offers them to choose."""
    asked = question.casefold()
    offered = [_whole(word.casefold()) for word in alternatives(question)]

    def repeats(text: str) -> bool:
        chooses = sum(word.search(text) is not None for word in offered) == 1
        return not chooses and _whole(text).search(asked) is not None

    return [span for span in spans if not repeats(span.text.casefold())]


def _whole(words: str) -> re.Pattern[str]:
    """Finds these words where no letter or digit goes on before or after them."""
    return re.compile(rf"(?<!\w){re.escape(words)}(?!\w)")


def _each_place_once(spans: list[FoundSpan], readings: Sequence[Reading]) -> list[FoundSpan]:
    """Neighbouring passages share sentences: what was found in both is one quotation and counts once."""
    best: dict[tuple[str, int, int], FoundSpan] = {}
    for span in spans:
        passage, found = readings[span.text_number].stored.passage, span.candidate.span
        place = (passage.document_id, passage.span.start + found.start, passage.span.start + found.end)
        if place not in best or best[place].score < span.score:
            best[place] = span
    return list(best.values())


def _at_most(item: AnswerItem, share: float) -> AnswerItem:
    return msgspec.structs.replace(item, confidence=round(item.confidence * min(1.0, share), 4))


def _note(kind: QuestionKind, enough: bool, found: bool) -> str:
    if not found:
        return "Nothing in this index matches the question."
    if not enough:
        return "The evidence in this index is too weak to answer; the nearest documents are named instead."
    if kind == "yesno":
        return "The sentences that bear most on the question; the verdict is yours."
    if kind == "summary":
        return "The sentences that say most about the question, quoted."
    return "Words of the documents themselves."


def quoted(evidence: Evidence) -> tuple[str, str, str]:
    """The sentence around an evidence as (before, the quotation, after)."""
    context = evidence.context
    first, last = evidence.start - context.start, evidence.end - context.start
    return context.text[:first], context.text[first:last], context.text[last:]
