"""What filters ask of passages, as columns: a filter over a million passages is then a few comparisons of arrays.

One file a generation, ``generations/<n>.columns``, written with it and mapped into memory when a filter is first used.
Journals, publication types, MeSH headings and languages have many values a document and stay in SQLite.
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from corpora.errors import IndexStateError
from corpora.records import SECTION_KINDS
from indexer.records import Filters, PassageKeys, Selection, fold
from indexer.store import FACETS, Store

ROW = np.dtype([("key", "<i8"), ("document", "<i8"), ("year", "<i4"), ("kind", "u1"), ("retracted", "?")])
"""One passage that is searched for: its key, its document's key, and what filters look at."""

KIND_CODES = {kind: code for code, kind in enumerate(SECTION_KINDS)}
_REMEDY = "Run the biocite index command with its sources again: it is made anew from the store"


class Columns:
    """The columns of one generation, rows by ascending key."""

    def __init__(self, rows: NDArray[np.void]) -> None:
        self._rows = rows

    @classmethod
    def open(cls, path: Path, count: int) -> "Columns":
        """The columns in a file, which must be of `count` passages."""
        try:
            rows = np.memmap(path, dtype=ROW, mode="r") if count else np.empty(0, dtype=ROW)
        except (OSError, ValueError) as error:
            raise IndexStateError(f"{path}: cannot be read ({error})", remedy=_REMEDY) from error
        if len(rows) != count or np.any(rows["key"][1:] <= rows["key"][:-1]):
            raise IndexStateError(
                f"{path}: does not hold {count} passages by ascending key, so it is damaged", remedy=_REMEDY
            )
        return cls(rows)

    def encoded(self) -> bytes:
        """As the file holds them."""
        return self._rows.tobytes()

    def select(self, filters: Filters, store: Store) -> Selection:
        """The filter resolved to the keys of the passages that pass it; `store` is of the same generation."""
        passing = self._visible(filters, store)
        for _, allowed in self._conditions(filters, store):
            passing &= allowed
        keys: PassageKeys = np.ascontiguousarray(self._rows["key"][passing])
        return Selection(filters, keys)

    def excluded(self, filters: Filters, store: Store) -> dict[str, int]:
        """Field of `filters` -> how many of the passages that may be seen it alone leaves out."""
        visible = self._visible(filters, store)
        return {field: int((visible & ~allowed).sum()) for field, allowed in self._conditions(filters, store)}

    def _visible(self, filters: Filters, store: Store) -> NDArray[np.bool_]:
        if filters.audiences is None:
            return np.ones(len(self._rows), dtype=bool)
        return ~_among(self._rows["document"], store.private_documents(filters.audiences))

    def _conditions(self, filters: Filters, store: Store) -> Iterator[tuple[str, NDArray[np.bool_]]]:
        """Each field that filters, with the rows that it lets pass."""
        rows = self._rows
        if filters.years is not None:
            first, last = filters.years
            in_time = rows["year"] >= max(first, 1)
            yield "years", in_time & (rows["year"] <= last) if last else in_time
        if filters.sections:
            wanted = {fold(kind) for kind in filters.sections}
            codes = [code for kind, code in KIND_CODES.items() if kind in wanted]
            yield "sections", np.isin(rows["kind"], np.array(codes, dtype=np.uint8))
        if filters.retracted is not None:
            yield "retracted", rows["retracted"] == filters.retracted
        if filters.documents:
            yield "documents", _among(rows["document"], store.document_keys(filters.documents))
        for field, facet in FACETS.items():
            values = sorted({fold(value) for value in getattr(filters, field)})
            if values:
                yield field, _among(rows["document"], store.documents_with(facet, values))

    def documents_of(self, keys: PassageKeys) -> NDArray[np.int64]:
        """The key of each passage's document, -1 for a passage that is not searched for in this generation."""
        if not len(self._rows):
            return np.full(len(keys), -1, dtype=np.int64)
        places = np.minimum(np.searchsorted(self._rows["key"], keys), len(self._rows) - 1)
        known = self._rows["key"][places] == keys
        return np.where(known, self._rows["document"][places], -1)


def _among(documents: NDArray[np.int64], wanted: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Whether each document is one of those wanted, which ascend."""
    if not len(wanted):
        return np.zeros(len(documents), dtype=bool)
    places = np.minimum(np.searchsorted(wanted, documents), len(wanted) - 1)
    found: NDArray[np.bool_] = wanted[places] == documents
    return found
