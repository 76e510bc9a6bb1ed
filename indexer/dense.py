"""The dense index of one generation: which vectors it has, in which segments, and the search over them.

Vectors have length 1, so the inner product is the cosine. Scores are exact, whatever finds the passages. FAISS knows
rows of ``vectors.f16``; the mapping of a generation makes passages of them.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import faiss
import msgspec
import numpy as np
from numpy.typing import NDArray

from corpora.errors import IndexStateError
from indexer.dense_mapping import REBUILD, Mapping, open_mapping, write_mapping
from indexer.dense_parts import Chosen, ExactPart, ListsPart
from indexer.embedding import Vectors
from indexer.gpu import GpuVectors, to_gpus
from indexer.lexical import Hit
from indexer.progress import Progress
from indexer.records import PassageKeys, Selection
from indexer.segments import (
    DenseKind,
    DenseSegment,
    lists_for,
    open_segment,
    plan_segments,
    write_segment,
)
from indexer.stored_vectors import StoredVectors
from indexer.vector_file import WRITE_REMEDY, VectorFile
from indexer.vectors import VECTORS, Rows, VectorStore, wrong_lengths

__all__ = ["DenseIndex", "DenseKind", "DenseLayout", "DenseSegment", "files_of", "write_layout"]

FOLDER = "dense"
_CHECKED_ROWS = 16_384
_NARROW = 5_000
"""Passages that are scored one by one from the stored vectors where a filter leaves no more: 1 ms."""


class DenseLayout(msgspec.Struct, frozen=True):
    """What one generation sees of the vectors in `folder`, relative to the index directory: the first `rows` rows.

    `searched` passages have a vector; `mapping` is the file that says which. Rows in none of the `segments`, which
    stand one after the other from row 0 on, are the tail.
    """

    folder: str
    rows: int
    searched: int
    segments: tuple[DenseSegment, ...]
    mapping: str


def files_of(layout: DenseLayout) -> tuple[str, ...]:
    """The files that a generation needs besides the vectors, relative to the index directory. They never change."""
    names = (layout.mapping, *(segment.file for segment in layout.segments))
    return tuple(f"{layout.folder}/{name}" for name in names)


def write_layout(  # noqa: PLR0913 - where, what, and how; a record of these would be made for this call alone
    directory: Path,
    folder: str,
    vectors: VectorStore,
    mapping: tuple[PassageKeys, Rows],
    *,
    generation: int,
    previous: DenseLayout | None,
    kind: DenseKind = "auto",
    progress: Progress,
) -> DenseLayout:
    """Write what a generation needs to search `mapping`: passage keys, ascending, and the vector row of each.

    Segments of `previous` are used again where they are what `kind` asks for. Killed at any moment it is called again.
    IndexStateError where the folder cannot be written.
    """
    keys, rows = mapping
    name = f"keys-{generation}.npy"
    try:
        # Rows of another folder, from before a compaction, are other vectors.
        known = previous.segments if previous is not None and previous.folder == folder else ()
        segments = _write_segments(vectors, known, kind, progress)
        write_mapping(directory / folder / name, keys, rows)
    except OSError as error:
        raise IndexStateError(
            f"{error.filename or directory / folder}: cannot be written ({error.strerror or error})",
            remedy=WRITE_REMEDY,
        ) from error
    return DenseLayout(folder, vectors.rows, len(keys), segments, name)


def _write_segments(
    vectors: VectorStore, previous: Sequence[DenseSegment], kind: DenseKind, progress: Progress
) -> tuple[DenseSegment, ...]:
    kept = {}
    for segment in previous:
        if segment.nlist != lists_for(segment.end - segment.first, kind):
            break  # made for another kind: it and all behind it are made anew
        kept[segment.first, segment.end] = segment
    planned = plan_segments(list(kept), vectors.rows, kind, vectors.dimensions)
    missing = [(first, end) for first, end in planned if (first, end) not in kept]
    if missing:
        stage = progress.start("vector index", sum(end - first for first, end in missing), "vectors")
        for first, end in missing:
            kept[first, end] = write_segment(vectors, first, end, kind, stage)
        stage.finish()
    return tuple(kept[place] for place in planned)


class DenseIndex:
    """The nearest passages by cosine. Safe to share between threads: nothing that a search touches changes."""

    def __init__(self, mapping: Mapping, stored: StoredVectors, parts: list[ExactPart]) -> None:
        self._mapping, self._stored, self._parts = mapping, stored, parts
        self._all = _Allowed(None, [_live_in(mapping, part) for part in parts], len(mapping))
        self._last: tuple[PassageKeys, _Allowed] | None = None
        self._gpu: GpuVectors | None = None

    @classmethod
    def open(cls, directory: Path, layout: DenseLayout, dimensions: int) -> "DenseIndex":
        """The index of a generation, on the GPUs where the GPU build of FAISS finds any; IndexStateError for damage."""
        folder = directory / layout.folder
        mapping = open_mapping(folder / layout.mapping, layout.searched, layout.rows)
        file = VectorFile(folder / VECTORS, dimensions)
        opened = cls(mapping, StoredVectors(file, layout.rows), _open_parts(folder, layout, file))
        opened._gpu = to_gpus(file, np.flatnonzero(mapping.live(0, layout.rows)))
        return opened

    def __len__(self) -> int:
        """How many passages are searched."""
        return len(self._mapping)

    def vectors(self, keys: Sequence[int]) -> Vectors:
        """The stored vectors of these passages, one row a key, of zeros where there is none.

        There is none where the index was updated after it was opened.
        """
        asked = np.asarray(keys, dtype=np.int64)
        found = np.zeros((len(asked), self._stored.dimensions), dtype=np.float32)
        order = np.argsort(asked, kind="stable")
        places, known = self._mapping.places_of(asked[order])
        found[order[known]] = self._stored.read(self._mapping.rows[places])
        return found

    def search(self, query: Vectors, k: int, selection: Selection | None = None) -> list[Hit]:
        """The k nearest to one query of shape (1, dimensions), best first, ties by key; fewer if there are fewer."""
        return self.near(query, k, selection).best(k)

    def near(self, query: Vectors, k: int, selection: Selection | None = None) -> "Near":
        """Passages among which the k nearest to one query of shape (1, dimensions) are."""
        allowed = self._all if selection is None else self._resolved(selection.keys)
        wanted = min(k, allowed.passages)
        if wanted < 1:
            nothing = np.empty(0, dtype=np.int64)
            return Near(self._stored, nothing, nothing, nothing, np.empty(0, dtype=np.float32))
        query = np.ascontiguousarray(query, dtype=np.float32)
        with _one_thread():
            rows, scores = self._candidates(query, wanted, allowed)
        places, which = self._mapping.places_at(rows)
        if allowed.places is not None:
            kept = _among(places, allowed.places)
            places, which = places[kept], which[kept]
        return Near(self._stored, self._mapping.keys[places], rows, which, scores)

    def _candidates(self, query: Vectors, wanted: int, allowed: "_Allowed") -> tuple[Rows, NDArray[np.float32]]:
        """Rows among which the `wanted` best are, and their scores."""

        score = partial(self._stored.scores, query)
        if allowed.few is not None:
            return allowed.few, score(allowed.few)
        if allowed.places is None and self._gpu is not None:
            rows = self._gpu.search(query, wanted)
            if rows is not None:
                return rows, score(rows)
        found = [
            part.search(query, wanted, score, chosen)
            for part, chosen in zip(self._parts, allowed.chosen, strict=True)
            if chosen is None or chosen.count
        ]
        return np.concatenate([each.rows for each in found]), np.concatenate([each.scores for each in found])

    def _resolved(self, keys: PassageKeys) -> "_Allowed":
        """What a filter allows. The last one is kept: hybrid search asks twice."""
        last = self._last
        if last is not None and last[0] is keys:
            return last[1]
        places, _ = self._mapping.places_of(keys)
        rows = self._mapping.rows[places]
        if len(rows) <= _NARROW:
            allowed = _Allowed(places, [], len(places), np.unique(rows))
        else:
            flags = np.zeros(len(self._stored), dtype=bool)
            flags[rows] = True
            chosen: list[Chosen | None] = [Chosen.of(flags[part.first : part.end]) for part in self._parts]
            allowed = _Allowed(places, chosen, len(places))
        self._last = (keys, allowed)
        return allowed

    def problems(self, layout: DenseLayout) -> Iterator[str]:
        """What is wrong with the segments and the mapping of the layout that this was opened with, a sentence each."""
        for start in range(0, len(self._mapping), _CHECKED_ROWS):
            rows = self._mapping.rows[start : start + _CHECKED_ROWS]
            wrong = wrong_lengths(self._stored.read(rows))
            if len(wrong):
                key = int(self._mapping.keys[start + wrong[0]])
                yield f"{layout.mapping}: passage {key} and {len(wrong) - 1} others have vectors that are damaged"
        for part, segment in zip(self._parts, layout.segments, strict=False):
            for problem in part.problems(self._stored):
                yield f"{layout.folder}/{segment.file}: {problem}"


class Near:
    """Passages near a query: their keys, none twice, the row of each (`rows[which]`), and the score of each row."""

    def __init__(
        self, stored: StoredVectors, keys: PassageKeys, rows: Rows, which: Rows, scores: NDArray[np.float32]
    ) -> None:
        self._stored, self._keys, self._rows, self._which, self._scores = stored, keys, rows, which, scores

    def best(self, k: int) -> list[Hit]:
        """The k best, best first, ties by key; fewer if there are fewer."""
        found = self._scores[self._which]
        order = np.lexsort((self._keys, -found))[:k]
        pairs = zip(self._keys[order].tolist(), found[order].tolist(), strict=True)
        return [Hit(key, score) for key, score in pairs]

    def scored(self, query: Vectors) -> "Near":
        """The same passages scored for another query of shape (1, dimensions)."""
        if not len(self._rows):
            return self
        with _one_thread():
            scores = self._stored.scores(np.ascontiguousarray(query, dtype=np.float32), self._rows)
        return Near(self._stored, self._keys, self._rows, self._which, scores)


@contextmanager
def _one_thread() -> Iterator[None]:
    """Keep FAISS from sharing out the work of this thread: for one query it has too little, and waits for the others.

    With 2 cores that are busy otherwise a search of 0.6 ms took 24. Concerns the calling thread alone.
    """
    usual = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(1)
    try:
        yield
    finally:
        faiss.omp_set_num_threads(usual)


class _Allowed(msgspec.Struct, frozen=True):
    """What a search may find: `passages` in number, at these places of the mapping, None for all of them.

    `few` are their rows where these are scored one by one; else `chosen` says it for each part, None for all its rows.
    """

    places: NDArray[np.int64] | None
    chosen: list[Chosen | None]
    passages: int
    few: Rows | None = None


def _live_in(mapping: Mapping, part: ExactPart) -> Chosen | None:
    live = mapping.live(part.first, part.end)
    return None if live.all() else Chosen.of(live)


def _among(places: NDArray[np.int64], allowed: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Which of the places are among the allowed ones, which ascend."""
    at = np.minimum(np.searchsorted(allowed, places), len(allowed) - 1)
    return np.asarray(allowed[at] == places)


def _open_parts(folder: Path, layout: DenseLayout, file: VectorFile) -> list[ExactPart]:
    parts: list[ExactPart] = []
    end = 0
    for segment in layout.segments:
        if segment.first != end or segment.end > layout.rows:
            raise IndexStateError(f"{folder / segment.file}: does not go on at row {end}", remedy=REBUILD)
        end = segment.end
        index = open_segment(folder, segment, file.dimensions)
        parts.append(ListsPart(index, segment) if segment.nlist > 1 else ExactPart.of_segment(index, segment))
    if end < layout.rows:
        parts.append(ExactPart.of_tail(file, end, layout.rows))
    return parts
