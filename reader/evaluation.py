"""Measuring a reader on question sets with their own contexts (gold snippets), by the field's official measures.

All scores come with 95 % bootstrap intervals over the questions. Answers end to end: `reader.end_to_end`.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

import msgspec

from corpora.errors import UsageError
from corpora.questions import Question
from reader.aggregate import RankedAnswer
from reader.metrics import ReaderScores, factoid_scores, list_scores, pubmedqa_scores, span_scores, yesno_scores
from reader.ranking import RankedKind, rank_spans, read_spans
from reader.records import VerdictLabel
from reader.scoring import with_intervals
from reader.span_model import SpanReader
from reader.verdict import LABELS, decide

FACTOID_ANSWERS = 5
CANDIDATES = 100

Tick = Callable[[int], None]


class Verdicts(Protocol):
    """A model that reads texts and decides a yes/no question by them."""

    name: str

    def probabilities(self, question: str, texts: Sequence[str]) -> Mapping[str, float]:
        """Those of ``yes``, ``no`` and ``maybe``."""
        ...


class ListSettings(msgspec.Struct, frozen=True):
    """When another item still belongs in a list: at most `items`, each with `share` of the best item's score."""

    items: int = 12
    share: float = 0.45


def answers_from_texts(
    reader: SpanReader, question: str, texts: Sequence[str], kind: RankedKind = "factoid"
) -> list[RankedAnswer]:
    """Answers read from these texts, all trusted alike, best first."""
    spans = read_spans(reader, question, texts, [1.0] * len(texts))
    return rank_spans(question, texts, spans, kind, CANDIDATES)


def pick_list(answers: Sequence[RankedAnswer], settings: ListSettings) -> list[RankedAnswer]:
    """The answers that belong in a list."""
    if not answers:
        return []
    least = answers[0].score * settings.share
    return [answer for answer in answers[: settings.items] if answer.score >= least]


def evaluate_bioasq(
    reader: SpanReader, questions: Sequence[Question], tick: Tick | None = None, verdicts: Verdicts | None = None
) -> ReaderScores:
    """Factoid and list questions of BioASQ task B, read from their gold snippets, and with `verdicts` yes/no questions.

    Questions without an exact answer cannot be scored and are left out of `n`. BioASQ takes yes or no, so the likelier
    of the two is the answer, however likely maybe is.
    """
    kinds = ("factoid", "list") if verdicts is None else ("factoid", "list", "yesno")
    asked = [question for question in questions if question.kind in kinds and question.answers]
    if not asked:
        raise UsageError(
            f"evaluation: none of the {len(questions)} questions is a {_either(kinds)} question with an answer",
            remedy="Give BioASQ task B golden files",
        )
    factoids: dict[str, list[str]] = {}
    lists: dict[str, list[str]] = {}
    decided: dict[str, str] = {}
    for question in asked:
        texts = list(dict.fromkeys(context.text for context in question.contexts))
        if question.kind == "yesno" and verdicts is not None:
            decided[question.question_id] = _decided(verdicts, question.text, texts, ("yes", "no"))
        else:
            ranked: RankedKind = "factoid" if question.kind == "factoid" else "list"
            answers = answers_from_texts(reader, question.text, texts, ranked)
            if ranked == "factoid":
                factoids[question.question_id] = [answer.text for answer in answers[:FACTOID_ANSWERS]]
            else:
                lists[question.question_id] = [answer.text for answer in pick_list(answers, ListSettings())]
        if tick is not None:
            tick(1)
    gold = {question.question_id: question.answers for question in asked}
    factoid_gold = {name: gold[name][0] for name in factoids}
    list_gold = {name: gold[name] for name in lists}
    yesno_gold = {name: gold[name][0][0] for name in decided}
    scores = ReaderScores(
        factoid=factoid_scores(factoids, factoid_gold) if factoids else None,
        lists=list_scores(lists, list_gold) if lists else None,
        yesno=yesno_scores(decided, yesno_gold) if decided else None,
    )
    return with_intervals(
        scores, factoid=(factoids, factoid_gold), lists=(lists, list_gold), yesno=(decided, yesno_gold)
    )


def _decided(verdicts: Verdicts, question: str, texts: Sequence[str], labels: Sequence[VerdictLabel]) -> str:
    """The likeliest of the labels; empty, and so wrong, where there is nothing to read."""
    return decide(verdicts.probabilities(question, texts), labels) if texts else ""


def _either(kinds: Sequence[str]) -> str:
    return f"{', '.join(kinds[:-1])} or {kinds[-1]}"


def evaluate_pubmedqa(verdicts: Verdicts, questions: Sequence[Question], tick: Tick | None = None) -> ReaderScores:
    """PubMedQA in its reasoning-required setting: the question and the abstract without its conclusion.

    Questions without a decision are left out of `n`; UsageError where all are.
    """
    asked = [question for question in questions if question.answers]
    if not asked:
        raise UsageError(
            f"evaluation: none of the {len(questions)} questions has a final decision",
            remedy="Give a PubMedQA file with labels",
        )
    decided = {}
    for question in asked:
        texts = [context.text for context in question.contexts]
        decided[question.question_id] = _decided(verdicts, question.text, texts, LABELS)
        if tick is not None:
            tick(1)
    gold = {question.question_id: question.answers[0][0] for question in asked}
    scores = ReaderScores(yesno=pubmedqa_scores(decided, gold))
    return with_intervals(scores, yesno=(decided, gold), three_classes=True)


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
    return with_intervals(ReaderScores(span=span_scores(predictions, gold)), span=(predictions, gold))
