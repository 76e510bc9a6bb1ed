"""Spans found in several passages -> ranked answers: spellings of one answer count together."""

import re
from collections.abc import Sequence

import msgspec

from reader.span_model import SpanCandidate

# Signs that tell things apart stay: CD4+, p < 0.05 and p > 0.05, 1.5 and 1-5.
_NOT_WORD = re.compile(r"(?:(?!(?<=\d)\.(?=\d))[^\w+<>≤≥]|_)+")
_MINUS = re.compile(r"^[-−–](?=\.?\d)")
_ARTICLES = re.compile(r"^(?:the|a|an) ")


class FoundSpan(msgspec.Struct, frozen=True):
    """A span in one of the texts read. `weight` in [0, 1] says how much that text is trusted (its retrieval score)."""

    text_number: int
    text: str
    candidate: SpanCandidate
    weight: float

    @property
    def score(self) -> float:
        """The reader's probability, discounted by the weight of the text."""
        return self.candidate.probability * self.weight


class RankedAnswer(msgspec.Struct, frozen=True):
    """An answer with the spans that say it, best first. `score` adds up over texts and so may exceed 1."""

    text: str
    score: float
    spans: tuple[FoundSpan, ...]


def answer_key(text: str) -> str:
    """What two spellings of one answer have in common: case, punctuation, hyphens and a leading article are dropped."""
    words = _NOT_WORD.sub(" ", _MINUS.sub("minus ", text.casefold())).strip()
    return _ARTICLES.sub("", words) or text.casefold()


def rank_answers(spans: Sequence[FoundSpan], limit: int) -> list[RankedAnswer]:
    """The best answers. Each text counts once per answer; ties go to the answer found in the earlier text."""
    groups: dict[str, dict[int, FoundSpan]] = {}
    for span in spans:
        best = groups.setdefault(answer_key(span.text), {})
        if span.text_number not in best or best[span.text_number].score < span.score:
            best[span.text_number] = span
    answers = [_ranked(list(group.values())) for group in groups.values()]
    return sorted(answers, key=lambda answer: (-answer.score, answer.spans[0].text_number, answer.text))[:limit]


def _ranked(spans: list[FoundSpan]) -> RankedAnswer:
    ordered = sorted(spans, key=lambda span: (-span.score, span.text_number, span.candidate.span))
    return RankedAnswer(ordered[0].text, sum(span.score for span in ordered), tuple(ordered))
