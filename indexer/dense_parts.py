"""The parts of an opened dense index, each over a range of vector rows: segments, and the tail that is in none.

A part finds candidates by their bytes and scores them from the stored vectors. Rounding to bytes makes a score wrong by
a few thousandths, and candidates are taken until what was left out is further behind than that: a part that looks at
all its rows misses nothing.
"""

import math
import threading
from collections.abc import Callable, Iterator
from typing import Any

import faiss
import msgspec
import numpy as np
from numpy.typing import NDArray

from corpora.errors import IndexStateError
from indexer.dense_mapping import REBUILD
from indexer.embedding import Vectors
from indexer.segments import (
    BLOCK_ROWS,
    DenseSegment,
    SegmentIndex,
    as_bytes,
    byte_index,
    list_bytes,
    list_places,
    quantise,
    scale_of,
)
from indexer.stored_vectors import StoredVectors
from indexer.vector_file import VectorFile
from indexer.vectors import Rows

# Rounding a vector to steps of 1 / scale changes its product with one of length 1 by a deviation of step / sqrt(12).
# Six deviations are met by one score in 500 million; on real passages they mean a depth of about 250 for the best 200.
# Lists miss more than the two that are allowed for there could.
_DEVIATIONS = 6
_DEVIATIONS_OF_LISTS = 2
_FEW = 0.7  # a filter passes so much less near the query than elsewhere where it leaves out what is near to it
_WANTED = 400  # passages asked for that `nprobe` lists are enough for
_CHECKED_ROWS = 16_384
Scorer = Callable[[Rows], NDArray[np.float32]]
"""Rows to their exact scores for the query at hand."""


class Candidates(msgspec.Struct, frozen=True):
    """Rows found, in no order, with their exact scores."""

    rows: Rows
    scores: NDArray[np.float32]


class Chosen(msgspec.Struct, frozen=True):
    """Which rows of one part may be found, as a flag for each row, as FAISS's bitmap, and how many they are."""

    flags: NDArray[np.bool_]
    bitmap: NDArray[np.uint8]
    count: int

    @classmethod
    def of(cls, flags: NDArray[np.bool_]) -> "Chosen":
        """The rows of a part for which a flag is set."""
        return cls(flags, np.packbits(flags, bitorder="little"), int(np.count_nonzero(flags)))

    def selector(self) -> faiss.IDSelector:
        """For one search; FAISS reads the bitmap where it lies, so this must outlive the selector."""
        return faiss.IDSelectorBitmap(self.bitmap)  # type: ignore[call-arg,arg-type]


class _Asked(msgspec.Struct, frozen=True):
    """A query as whole numbers. It has a scale of its own: its numbers may be larger than any that is stored."""

    codes: Vectors
    scale: float

    @classmethod
    def of(cls, query: Vectors) -> "_Asked":
        largest = float(np.abs(query).max())
        scale = 127 / largest if largest > 0 else 1.0
        return cls(quantise(query, scale), scale)


class ExactPart:
    """Rows [first, end), each of which a search looks at: the tail, and segments of one list. For several threads."""

    _deviations = _DEVIATIONS

    def __init__(self, index: Any, first: int, end: int, scale: float) -> None:
        self.first, self.end = first, end
        self._index, self._scale = index, scale

    @classmethod
    def of_segment(cls, index: SegmentIndex, segment: DenseSegment) -> "ExactPart":
        """A segment of one list."""
        return cls(index, segment.first, segment.end, segment.scale)

    @classmethod
    def of_tail(cls, file: VectorFile, first: int, end: int) -> "ExactPart":
        """Rows in no segment, as bytes in memory. Read block by block, so that little else takes room."""
        scale = scale_of(file, first, end)
        index = byte_index(file.dimensions)
        for start in range(first, end, BLOCK_ROWS):
            index.add(quantise(file.read(start, min(start + BLOCK_ROWS, end)), scale))
        return cls(index, first, end, scale)

    def search(self, query: Vectors, wanted: int, score: Scorer, chosen: Chosen | None) -> Candidates:
        """At least the `wanted` best of the rows, or of those chosen, and all that share the score of the last."""
        return self._best(_Asked.of(query), wanted, score, chosen, 1)

    def _best(self, asked: "_Asked", wanted: int, score: Scorer, chosen: Chosen | None, nprobe: int) -> Candidates:
        parameters = _parameters(self._index, chosen, nprobe)
        available = self.end - self.first if chosen is None else chosen.count
        depth = min(available, wanted + wanted // 3 + 16)
        places, rough = self._nearest(asked.codes, depth, parameters)
        exact = score(places + self.first)
        if depth < available and len(places) == depth:
            # Nothing whose rough score is this or less can be among the best; was there more above it?
            margin = self._deviations * math.hypot(1 / self._scale, 1 / asked.scale) / math.sqrt(12)
            least = (np.partition(exact, -wanted)[-wanted] - margin) * self._scale * asked.scale
            if rough[-1] >= least:
                places = self._above(asked.codes, float(least), parameters)
                exact = score(places + self.first)
        return Candidates(places + self.first, exact)

    def _above(self, codes: Vectors, least: float, parameters: faiss.SearchParameters | None) -> NDArray[np.int64]:
        """Places in this part with a rough score above `least`."""
        _, _, places = self._index.range_search(codes, least, params=parameters)
        self._refuse_outside(places)
        found: NDArray[np.int64] = places
        return found

    def _nearest(
        self, codes: Vectors, depth: int, parameters: faiss.SearchParameters | None
    ) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Places in this part and their rough scores, best first."""
        scores, places = self._index.search(codes, depth, params=parameters)
        kept = places[0] >= 0
        self._refuse_outside(places[0][kept])
        return places[0][kept], scores[0][kept]

    def problems(self, stored: StoredVectors) -> Iterator[str]:
        """Whether a segment has each of its rows once, and of each the bytes that its stored vector gives."""
        seen = np.zeros(self.end - self.first, dtype=np.int64)
        for number in range(self._index.nlist):
            places = list_places(self._index, number)
            outside = (places < 0) | (places >= len(seen))
            if outside.any():
                yield f"list {number} names {int(outside.sum())} rows outside {self.first} to {self.end - 1}"
                continue
            np.add.at(seen, places, 1)
            wrong = places[self._differ(list_bytes(self._index, number), places, stored)]
            if len(wrong):
                yield f"row {self.first + int(wrong[0])} and {len(wrong) - 1} others are not as stored"
        if (seen != 1).any():
            yield f"{int((seen != 1).sum())} rows are in no list or in several"

    def _differ(self, found: NDArray[np.uint8], places: NDArray[np.int64], stored: StoredVectors) -> NDArray[np.int64]:
        """Which of the bytes found for the rows at these places are not those of the stored vectors."""
        differ = [np.empty(0, dtype=np.int64)]
        for start in range(0, len(places), _CHECKED_ROWS):
            some = slice(start, start + _CHECKED_ROWS)
            expected = as_bytes(stored.read(places[some] + self.first), self._scale)
            differ.append(start + np.flatnonzero((found[some] != expected).any(axis=1)))
        return np.concatenate(differ)

    def _refuse_outside(self, places: NDArray[np.int64]) -> None:
        if len(places) and (int(places.min()) < 0 or int(places.max()) >= self.end - self.first):
            raise IndexStateError(
                f"the segment of rows {self.first} to {self.end - 1} of the dense index names others: it is damaged",
                remedy=REBUILD,
            )


class ListsPart(ExactPart):
    """Looks at the rows of the lists nearest to the query only."""

    _deviations = _DEVIATIONS_OF_LISTS

    def __init__(self, index: SegmentIndex, segment: DenseSegment) -> None:
        super().__init__(index, segment.first, segment.end, segment.scale)
        self._segment = segment
        self._lock = threading.Lock()
        self._list_of: NDArray[np.int32] | None = None

    def search(self, query: Vectors, wanted: int, score: Scorer, chosen: Chosen | None) -> Candidates:
        """As many of the best as the lists hold that are looked at; as many as there are where fewer are wanted."""
        asked = _Asked.of(query)
        nprobe = self._probes(asked.codes, wanted, chosen)
        while True:
            found = self._best(asked, wanted, score, chosen, nprobe)
            if nprobe >= self._segment.nlist or len(found.rows) >= wanted:
                return found
            nprobe = min(self._segment.nlist, 4 * nprobe)

    def _probes(self, codes: Vectors, wanted: int, chosen: Chosen | None) -> int:
        """How many lists to look at.

        Under a filter so many that they hold as many chosen rows as an unfiltered search looks at, times the root of
        the share that is chosen: measured to keep the recall. All of them where no more are chosen, and where the
        filter leaves out what is near to the query: what it leaves is about equally far then, and in any list.
        """
        nlist, size = self._segment.nlist, self.end - self.first
        plain = min(nlist, self._segment.nprobe * max(1, -(-wanted // _WANTED)))
        if chosen is None:
            return plain
        enough = size * plain / nlist * math.sqrt(chosen.count / size)
        if chosen.count <= enough:
            return nlist
        held = np.bincount(self._lists()[chosen.flags], minlength=nlist)
        nearest = self._index.quantizer.search(codes, nlist)[1][0]
        passed = np.cumsum(held[nearest])
        if passed[plain - 1] * nlist < _FEW * plain * chosen.count:
            return nlist
        return min(nlist, max(plain, int(np.searchsorted(passed, enough)) + 1))

    def _lists(self) -> NDArray[np.int32]:
        """The list of each place, read when the first filter comes: 4 bytes a row."""
        with self._lock:
            if self._list_of is None:
                lists = np.zeros(self.end - self.first, dtype=np.int32)
                for number in range(self._segment.nlist):
                    places = list_places(self._index, number)
                    self._refuse_outside(places)
                    lists[places] = number
                self._list_of = lists
            return self._list_of


def _parameters(index: Any, chosen: Chosen | None, nprobe: int) -> faiss.SearchParameters | None:
    options = {} if chosen is None else {"sel": chosen.selector()}
    if isinstance(index, faiss.IndexIVF):
        return faiss.SearchParametersIVF(nprobe=nprobe, **options)  # type: ignore[call-arg]
    return faiss.SearchParameters(**options) if options else None
