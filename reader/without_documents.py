"""An index as it would be without some of its documents: so that questions can be asked that it no longer answers.

Nothing is built: passages of these documents are taken out of every selection and of BM25's hits before scores are
scaled and fused, and no feedback comes from them. Only BM25's word statistics still count them.
"""

from collections.abc import Collection
from typing import Any, cast

import numpy as np

from indexer.index import Index
from indexer.lexical import Hit
from indexer.records import Filters, Selection


class _LexicalWithout:
    def __init__(self, index: Index, removed: frozenset[int]) -> None:
        self._index = index
        self._removed = removed

    def search(self, query: str, k: int, selection: Selection | None = None) -> list[Hit]:
        hits = self._index.lexical.search(query, k + len(self._removed), selection)
        return [hit for hit in hits if hit.key not in self._removed][:k]


class _IndexWithout:
    def __init__(self, index: Index, removed: frozenset[int]) -> None:
        self._index = index
        self._removed = np.array(sorted(removed), dtype=np.int64)
        self.lexical = _LexicalWithout(index, removed)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._index, name)

    def select(self, filters: Filters) -> Selection:
        selection = self._index.select(filters)
        kept = np.isin(selection.keys, self._removed, assume_unique=True, invert=True)
        return Selection(filters, np.ascontiguousarray(selection.keys[kept]))

    def selection(self, filters: Filters) -> Selection | None:
        return self.select(filters)


def index_without(index: Index, documents: Collection[str]) -> Index:
    """The index without these documents, for searches with a filter, as every question is asked with one.

    Documents that it does not hold are ignored.
    """
    removed = frozenset(
        stored.key for document_id in sorted(documents) for stored in index.store.passages_of(document_id)
    )
    return cast(Index, _IndexWithout(index, removed))
