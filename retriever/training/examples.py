"""Pairs for a reranker: a query with a passage that answers it (1) or only looks like it (0)."""

import random

import msgspec

from indexer.index import Index
from indexer.training.examples import (
    ExampleSettings,
    TrainingData,
    question_triples,
    title_triples,
    training_questions,
)
from indexer.training.mining import MiningSettings, cut_like, mine


class Labelled(msgspec.Struct, frozen=True):
    """A query, a text, and whether the text is evidence for it."""

    query: str
    text: str
    label: float


class PairSettings(msgspec.Struct, frozen=True):
    """`negatives` hard ones for each positive; of them, drawn from anywhere in the mined list."""

    negatives: int = 2
    examples: ExampleSettings = ExampleSettings(titles=600, mining=MiningSettings(positives=3))


def make_pairs(index: Index, data: TrainingData, settings: PairSettings) -> list[Labelled]:
    """All pairs, in an order that depends on the seed alone.

    Each text comes without title and each negative is as long as a positive, for the reasons that
    `indexer.training.mining` gives.
    """
    draw = random.Random(settings.examples.seed)  # noqa: S311 - repeatable, not secret
    pairs = []
    for mined in mine(index, training_questions(data), settings.examples.mining):
        triples = question_triples(mined, settings.examples, draw)
        for triple in triples:
            pairs += _of(triple.query, triple.positive, triple.negative)
            for _ in range(settings.negatives - 1):
                other = draw.choice(mined.negatives)
                pairs.append(Labelled(triple.query, cut_like(other, len(triple.positive.split()), draw), 0.0))
    for triple in title_triples(index, settings.examples, draw):
        pairs += _of(triple.query, triple.positive, triple.negative)
    draw.shuffle(pairs)
    return pairs


def _of(query: str, positive: str, negative: str) -> list[Labelled]:
    return [Labelled(query, positive, 1.0), Labelled(query, negative, 0.0)]
