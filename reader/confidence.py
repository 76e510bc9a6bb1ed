"""How sure an answer is, and below which confidence none is given.

A first, hand-set measure, monotone in what the reader and the retriever say; it is not calibrated yet.
"""

import math

import msgspec

from reader.aggregate import RankedAnswer


class ConfidenceSettings(msgspec.Struct, frozen=True):
    """Logistic weights. `threshold` is the confidence below which the answer is "insufficient evidence"."""

    threshold: float = 0.35
    span_weight: float = 3.0
    relevance_weight: float = 9.0
    span_bias: float = -6.3
    sentence_weight: float = 12.0
    sentence_bias: float = -6.6


def answer_confidence(answer: RankedAnswer, relevance: float, settings: ConfidenceSettings) -> float:
    """From the reader's best probability, support by other passages, and the cosine of question and passage."""
    best = answer.spans[0].candidate.probability
    support = min(1.0, answer.score / 2)
    evidence = settings.span_weight * max(best, support) + settings.relevance_weight * relevance
    return _logistic(evidence + settings.span_bias)


def sentence_confidence(similarity: float, settings: ConfidenceSettings) -> float:
    """From the cosine of question and sentence."""
    return _logistic(settings.sentence_weight * similarity + settings.sentence_bias)


def _logistic(value: float) -> float:
    return round(1.0 / (1.0 + math.exp(-value)), 4)
