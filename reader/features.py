"""What is known about an answer when it is given, as numbers: what its confidence is computed from.

Every feature is oriented so that more of it speaks for the answer, and none needs another pass of a model. All are
finite for any input. Their names are the keys of the mappings given here.
"""

import math
from collections.abc import Mapping, Sequence
from statistics import median

import msgspec

from indexer.analysis import Analyzer
from indexer.store import StoredPassage
from reader.aggregate import RankedAnswer

Features = dict[str, float]

PASSAGE_FEATURES = (
    *("relevance", "coverage", "names", "sentence_coverage", "best_relevance", "best_coverage", "best_names"),
    *("bm25", "bm25_lead", "relevance_lead", "rerank", "best_rerank"),
)
SPAN_FEATURES = ("probability", "margin", "support", "share", "lead", "documents", *PASSAGE_FEATURES)
SENTENCE_FEATURES = ("similarity", "next_similarity", "documents", "verdict", *PASSAGE_FEATURES)

_CLOSEST = 1e-3  # probabilities nearer to 0 or 1 than this say no more


class Reading(msgspec.Struct, frozen=True):
    """A passage to read: how much what it says counts, and how well it fits the question.

    `relevance` is the cosine of the question and what was found, `coverage` the share of the question's words in it,
    `names` that of its names, 1 where it has none (`names_in`). `bm25` is its BM25 score for each of the question's
    words, in units of what a word that hardly any passage has is worth in this index (`bm25_unit`), `rerank` the
    reranker's probability; 0 where there is none.
    """

    stored: StoredPassage
    weight: float
    relevance: float
    coverage: float
    bm25: float = 0.0
    rerank: float = 0.0
    names: float = 1.0


def bm25_unit(passages: int) -> float:
    """About the inverse document frequency of a word that one of so many passages has: scores of BM25 grow with it."""
    return math.log1p(max(1, passages))


def names_in(question: str) -> str:
    """The words of the question that look like names: with a capital after the first word, or with a digit."""
    first, *others = question.split() or [""]
    named = [word for word in others if any(map(str.isupper, word)) or any(map(str.isdigit, word))]
    if any(map(str.isupper, first[1:])) or any(map(str.isdigit, first)):
        named.insert(0, first)
    return " ".join(named)


class QuestionWords:
    """The words and names of a question, as BM25 knows words."""

    def __init__(self, question: str, analyzer: Analyzer) -> None:
        self._analyzer = analyzer
        self.asked = self.tokens(question)
        self._names = self.tokens(names_in(question))

    def tokens(self, text: str) -> set[str]:
        """The distinct words of a text."""
        return set(self._analyzer.tokens(text))

    def coverage(self, tokens: set[str]) -> float:
        """The share of the question's words among these; 0 for a question without any."""
        return len(self.asked & tokens) / len(self.asked) if self.asked else 0.0

    def named(self, tokens: set[str]) -> float:
        """The share of the question's names among these; 1 for a question without any."""
        return len(self._names & tokens) / len(self._names) if self._names else 1.0


def span_features(
    answer: RankedAnswer, answers: Sequence[RankedAnswer], readings: Sequence[Reading], sentence_coverage: float
) -> Features:
    """Of one of the ranked `answers`; `readings` are the texts that its spans are numbered by.

    `sentence_coverage` is the share of the question's words in the sentence around its first quotation.

    `probability` is the log-odds of the best span, `margin` its logit above "no answer", `support` its spans'
    scores summed over all texts (log), `share` its part of all answers' scores, `lead` how far the best other is
    behind it (0 where that is ahead), `documents` how many documents say it (log).
    """
    best = max(answer.spans, key=lambda span: span.candidate.probability).candidate
    total = sum(other.score for other in answers)
    rival = max((other.score for other in answers if other is not answer), default=0.0)
    documents = {readings[span.text_number].stored.passage.document_id for span in answer.spans}
    return {
        "probability": _log_odds(best.probability),
        "margin": min(10.0, max(-10.0, best.margin)),
        "support": math.log1p(sum(span.score for span in answer.spans)),
        "share": answer.score / total if total > 0 else 0.0,
        "lead": max(0.0, 1.0 - rival / answer.score) if answer.score > 0 else 0.0,
        "documents": math.log(len(documents)),
        **_passage_features(readings[answer.spans[0].text_number], readings, sentence_coverage),
    }


def sentence_features(
    number: int,
    similarity: Sequence[float],
    chosen: Sequence[Reading],
    readings: Sequence[Reading],
    sentence_coverage: float,
) -> Features:
    """Of the sentence of that number among those from the `chosen` readings, with these cosines with the question.

    `next_similarity` is the mean of the others' cosines, `documents` how many documents are quoted (log). `verdict` is
    0 until there is one (`with_verdict`).
    """
    others = [value for other, value in enumerate(similarity) if other != number]
    documents = {reading.stored.passage.document_id for reading in chosen}
    return {
        "similarity": similarity[number],
        "next_similarity": sum(others) / len(others) if others else 0.0,
        "documents": math.log(len(documents)),
        "verdict": 0.0,
        **_passage_features(chosen[number], readings, sentence_coverage),
    }


def with_verdict(features: Features, probabilities: Mapping[str, float]) -> Features:
    """The features with the log-odds of the likeliest verdict."""
    return features | {"verdict": _log_odds(max(probabilities.values(), default=0.5))}


def _passage_features(reading: Reading, readings: Sequence[Reading], sentence_coverage: float) -> Features:
    """`bm25_lead` and `relevance_lead` say how far the best passage stands out from the middle of those read."""
    bm25 = max(other.bm25 for other in readings)
    best_relevance = max(other.relevance for other in readings)
    return {
        "relevance": reading.relevance,
        "coverage": reading.coverage,
        "names": reading.names,
        "sentence_coverage": sentence_coverage,
        "best_relevance": best_relevance,
        "best_coverage": max(other.coverage for other in readings),
        "best_names": max(other.names for other in readings),
        "bm25": bm25,
        "bm25_lead": bm25 - median(other.bm25 for other in readings),
        "relevance_lead": best_relevance - median(other.relevance for other in readings),
        "rerank": _log_odds(reading.rerank),
        "best_rerank": _log_odds(max(other.rerank for other in readings)),
    }


def _log_odds(probability: float) -> float:
    clipped = min(1.0 - _CLOSEST, max(_CLOSEST, probability))
    return math.log(clipped / (1.0 - clipped))
