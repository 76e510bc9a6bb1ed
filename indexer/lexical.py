"""What a lexical (BM25) engine is: its interface and its hits.

Engines: `indexer.tantivy_engine` on disk, `indexer.rank_bm25_engine` in memory. One contract test runs against both.
"""

from collections import Counter
from collections.abc import Iterable
from typing import Protocol

import msgspec

from corpora.errors import UsageError
from indexer.records import Attributes, Selection

MAX_QUERY_TERMS = 512
"""Distinct tokens of a query that are searched for. A question has about 10, an abstract as query about 150."""


class Bm25(msgspec.Struct, frozen=True):
    """The constants of BM25; by default those of Lucene and Tantivy. `b` is how much the length of a passage counts."""

    k1: float = 1.2
    b: float = 0.75


class Hit(msgspec.Struct, frozen=True, gc=False):
    """A passage found: its key, and its BM25 score, above 0 and comparable only within one search."""

    key: int
    score: float


class LexicalEngine(Protocol):
    """Finds passages by their words. May be used by several threads at once."""

    def search(self, query: str, k: int, selection: Selection | None = None) -> list[Hit]:
        """The `k` best of the passages that share a token with `query` and pass the selection, or fewer.

        Sorted by score descending, then key ascending, at the cut as well. A token counts once however often the query
        repeats it, and filters leave scores as they are. What was committed before the call is seen.
        Raises `UsageError` for a `k` below 1.
        """
        ...


class LexicalWriter(Protocol):
    """Changes an index. Nothing is seen by a search before `commit`. For one thread."""

    def add(self, key: int, text: str, attributes: Attributes) -> None:
        """Index `text` under `key`, 0 or more, which must be new or deleted before. Filters test the attributes."""
        ...

    def delete(self, keys: Iterable[int]) -> None:
        """Remove these passages, as far as they are there, whether committed or just added."""
        ...

    def commit(self) -> None:
        """Make everything since the last commit visible and, for an engine on disk, durable: all of it or nothing."""
        ...


def query_terms(tokens: Iterable[str]) -> list[str]:
    """The distinct tokens that are searched for, sorted so that scores are always summed in the same order.

    Of more than `MAX_QUERY_TERMS` those are kept that the query repeats most, the earlier first.
    Counting repeats in the score was tried on BioASQ's questions and did not help.
    """
    return sorted(token for token, _ in Counter(tokens).most_common(MAX_QUERY_TERMS))


def check_k(k: int) -> None:
    """Raise `UsageError` unless at least one hit is asked for."""
    if k < 1:
        raise UsageError(f"k = {k} hits were asked for", remedy="k must be 1 or more")
