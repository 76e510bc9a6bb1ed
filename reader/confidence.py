"""How sure an answer is, and below which confidence none is given.

A first, hand-set measure, monotone in what the reader and the retriever say; it is not calibrated yet.
"""

import math

import msgspec

from reader.aggregate import RankedAnswer


class ConfidenceSettings(msgspec.Struct, frozen=True):
    """Logistic weights. `threshold` is the confidence below which the answer is "insufficient evidence".

    Set by hand on the sample corpus's questions, answerable and not. The reader alone cannot be trusted here: a passage
    on the like of what was asked (cystic fibrosis for Wilson disease) makes it answer with full conviction.
    """

    threshold: float = 0.37
    span_weight: float = 2.0
    relevance_weight: float = 10.0
    coverage_weight: float = 3.0
    span_bias: float = -8.2
    sentence_weight: float = 9.0
    sentence_coverage_weight: float = 5.0
    sentence_bias: float = -7.8


def answer_confidence(answer: RankedAnswer, relevance: float, coverage: float, settings: ConfidenceSettings) -> float:
    """From the reader's best probability, support by other passages, and how the best passage fits the question.

    `relevance` is the cosine of question and passage, `coverage` the share of the question's words in the passage.
    """
    best = answer.spans[0].candidate.probability
    support = min(1.0, answer.score / 2)
    evidence = settings.span_weight * max(best, support) + settings.relevance_weight * relevance
    return _logistic(evidence + settings.coverage_weight * coverage + settings.span_bias)


def sentence_confidence(similarity: float, coverage: float, settings: ConfidenceSettings) -> float:
    """From the cosine of question and sentence, and the share of the question's words in the sentence's passage."""
    evidence = settings.sentence_weight * similarity + settings.sentence_coverage_weight * coverage
    return _logistic(evidence + settings.sentence_bias)


def _logistic(value: float) -> float:
    return round(1.0 / (1.0 + math.exp(-value)), 4)
