"""Which sentences answer a question that asks for a summary: the best few, none saying again what another says.

The chosen are put in reading order: documents by their best sentence, sentences as they stand. Giving up similarity for
variety (maximal marginal relevance) was tried and is not done: docs/experiments.md.
"""

import re
from collections.abc import Sequence

import msgspec

from corpora.errors import UsageError


class Sentence(msgspec.Struct, frozen=True):
    """A sentence that may be quoted; `similarity` is what it is ranked by, `start` its place in its document."""

    text: str
    similarity: float
    document_id: str
    start: int


class SummarySettings(msgspec.Struct, frozen=True):
    """Two sentences are duplicates where one has `duplicate` of the other's words; one has `shortest` or more words."""

    duplicate: float = 0.9
    shortest: int = 4


def pick_sentences(
    candidates: Sequence[Sentence], question: str, limit: int, settings: SummarySettings | None = None
) -> list[int]:
    """Where in `candidates` the chosen stand, at most `limit`, in reading order.

    Questions are not chosen, the asked one above all: a title that repeats it says nothing. UsageError for a limit < 1.
    """
    if limit < 1:
        raise UsageError(f"a summary needs at least one sentence, not {limit}")
    settings = settings or SummarySettings()
    words = [_words(candidate.text) for candidate in candidates]
    asked = _words(question)
    left = [
        number
        for number, candidate in enumerate(candidates)
        if len(candidate.text.split()) >= settings.shortest
        and not candidate.text.rstrip().endswith("?")
        and not words[number] <= asked
    ]
    chosen: list[int] = []
    while left and len(chosen) < limit:
        best = max(left, key=lambda number: (candidates[number].similarity, -number))
        chosen.append(best)
        left = [number for number in left if _likeness(words[number], words[best]) < settings.duplicate]
    return _reading_order(candidates, chosen)


def _likeness(one: frozenset[str], other: frozenset[str]) -> float:
    """The share of the shorter one's words that the other has too."""
    shorter = min(len(one), len(other))
    return len(one & other) / shorter if shorter else 1.0


def _reading_order(candidates: Sequence[Sentence], chosen: Sequence[int]) -> list[int]:
    """Documents by when their first sentence was chosen, sentences by their place."""
    documents: dict[str, int] = {}
    for number in chosen:
        documents.setdefault(candidates[number].document_id, len(documents))
    return sorted(chosen, key=lambda number: (documents[candidates[number].document_id], candidates[number].start))


def _words(text: str) -> frozenset[str]:
    return frozenset(re.findall(r"\w+", text.casefold()))
