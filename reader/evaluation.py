"""Measuring a reader on question sets with their own contexts (gold snippets), by the field's official measures."""

from collections.abc import Callable, Sequence

import msgspec

from corpora.errors import UsageError
from corpora.questions import Question
from reader.aggregate import FoundSpan, RankedAnswer, rank_answers
from reader.metrics import ReaderScores, factoid_scores, list_scores, span_scores
from reader.span_model import SpanReader

FACTOID_ANSWERS = 5
CANDIDATES = 100

Tick = Callable[[int], None]


class ListSettings(msgspec.Struct, frozen=True):
    """When another item still belongs in a list: at most `items`, each with `share` of the best item's score."""

    items: int = 12
    share: float = 0.25


def answers_from_texts(reader: SpanReader, question: str, texts: Sequence[str]) -> list[RankedAnswer]:
    """Answers read from these texts, all trusted alike, best first."""
    spans = [
        FoundSpan(number, candidate.span.of(text), candidate, 1.0)
        for number, (text, candidates) in enumerate(zip(texts, reader.read(question, texts), strict=True))
        for candidate in candidates
    ]
    return rank_answers(spans, CANDIDATES)


def pick_list(answers: Sequence[RankedAnswer], settings: ListSettings) -> list[RankedAnswer]:
    """The answers that belong in a list."""
    if not answers:
        return []
    least = answers[0].score * settings.share
    return [answer for answer in answers[: settings.items] if answer.score >= least]


def evaluate_bioasq(reader: SpanReader, questions: Sequence[Question], tick: Tick | None = None) -> ReaderScores:
    """Factoid and list questions of BioASQ task B, read from their gold snippets.

    Questions without an exact answer cannot be scored and are left out of `n`. Yes/no questions need a decision that
    a span reader does not make, so they are not scored here.
    """
    factoids: dict[str, list[str]] = {}
    lists: dict[str, list[str]] = {}
    asked = [question for question in questions if question.kind in ("factoid", "list") and question.answers]
    for question in asked:
        texts = list(dict.fromkeys(context.text for context in question.contexts))
        answers = answers_from_texts(reader, question.text, texts)
        if question.kind == "factoid":
            factoids[question.question_id] = [answer.text for answer in answers[:FACTOID_ANSWERS]]
        else:
            lists[question.question_id] = [answer.text for answer in pick_list(answers, ListSettings())]
        if tick is not None:
            tick(1)
    if not asked:
        raise UsageError(
            f"evaluation: none of the {len(questions)} questions is a factoid or list question with an answer",
            remedy="Give BioASQ task B golden files",
        )
    gold = {question.question_id: question.answers for question in asked}
    return ReaderScores(
        factoid=factoid_scores(factoids, {name: gold[name][0] for name in factoids}) if factoids else None,
        lists=list_scores(lists, {name: gold[name] for name in lists}) if lists else None,
    )


def evaluate_squad(reader: SpanReader, questions: Sequence[Question], tick: Tick | None = None) -> ReaderScores:
    """Questions in SQuAD format, each read from its own paragraph; the best span is the answer.

    Where the set has unanswerable questions (SQuAD 2.0), the answer is empty when "no answer" scores above every span.
    """
    may_abstain = any(not question.answers for question in questions)
    predictions, gold = {}, {}
    for question in questions:
        (context,) = question.contexts
        (spans,) = reader.read(question.text, [context.text], limit=1)
        answered = bool(spans) and (spans[0].margin > 0 or not may_abstain)
        predictions[question.question_id] = spans[0].span.of(context.text) if answered else ""
        gold[question.question_id] = question.answers[0] if question.answers else ()
        if tick is not None:
            tick(1)
    return ReaderScores(span=span_scores(predictions, gold))
