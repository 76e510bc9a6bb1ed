"""The dense index: fp16 vectors in an append-only file, and the FAISS index built from them.

Vectors have length 1, so the inner product is the cosine. The index is flat, that is exact.
"""

import os
import re
from collections.abc import Sequence
from pathlib import Path

import faiss
import numpy as np
from numpy.typing import NDArray

from corpora.errors import IndexStateError
from indexer.embedding import Vectors
from indexer.lexical import Hit
from indexer.records import PassageKeys, Selection

FOLDER = "dense"
VECTORS = "vectors.f16"
INDEX = "flat.faiss"
KEYS = "keys.npy"
_KEYS_HEADER = re.compile(
    rb"\x93NUMPY\x01\x00..\{'descr': '<i8', 'fortran_order': False, 'shape': \(([0-9]{1,18}),\), \} *\n", re.DOTALL
)
_LOAD_ROWS = 65_536
_REBUILD = "Run the biocite index command with its sources again: it is rebuilt from the stored vectors"


# Rounding each number to fp16 moves the length by less than 0.0005.
_LENGTH_TOLERANCE = 0.01


class VectorFile:
    """``vectors.f16``: rows of `dimensions` IEEE half floats, little-endian, no header. Rows are only ever appended."""

    def __init__(self, directory: Path, dimensions: int) -> None:
        self._path = directory / FOLDER / VECTORS
        self._dimensions = dimensions
        self._path.parent.mkdir(exist_ok=True)

    @property
    def row_bytes(self) -> int:
        """Size of one row in bytes."""
        return self._dimensions * 2

    def rows(self) -> int:
        """Number of whole rows in the file."""
        return self._path.stat().st_size // self.row_bytes if self._path.exists() else 0

    def truncate(self, rows: int) -> None:
        """Cut off what a killed run appended but never recorded."""
        if self._path.exists():
            with self._path.open("r+b") as stream:
                stream.truncate(rows * self.row_bytes)

    def append(self, vectors: Vectors) -> None:
        """Append rows and wait until they are on disk, so that recording them afterwards is safe."""
        with self._path.open("ab") as stream:
            stream.write(vectors.astype("<f2").tobytes())
            stream.flush()
            os.fsync(stream.fileno())

    def read(self, rows: NDArray[np.int64]) -> Vectors:
        """These rows as fp32."""
        if not self._path.exists() or self._path.stat().st_size == 0:
            return np.empty((0, self._dimensions), dtype=np.float32)
        stored = np.memmap(self._path, dtype="<f2", mode="r").reshape(-1, self._dimensions)
        if len(rows) and int(rows.max()) >= len(stored):
            raise IndexStateError(
                f"{self._path}: holds {len(stored)} vectors, but row {int(rows.max())} is recorded",
                remedy="The file was cut short: build the index again",
            )
        return np.asarray(stored[rows], dtype=np.float32)

    def check(self, vectors: Vectors) -> None:
        """IndexStateError unless each row has the length 1 that every vector has when it is stored."""
        with np.errstate(all="ignore"):
            lengths = np.linalg.norm(vectors, axis=1)
        wrong = np.flatnonzero(~(np.abs(lengths - 1) < _LENGTH_TOLERANCE))
        if len(wrong):
            raise IndexStateError(
                f"{self._path}: is damaged: a vector in it has length {lengths[wrong[0]]:.3g}, expected 1",
                remedy="Delete it and run the same biocite index command again, which embeds the passages anew",
            )


def write_dense_index(directory: Path, vectors: VectorFile, dimensions: int, rows: Sequence[tuple[int, int]]) -> None:
    """Build the FAISS index of (passage key, vector row) pairs, keys ascending; the old one is replaced at the end."""
    index = faiss.IndexFlatIP(dimensions)
    keys = np.array([key for key, _ in rows], dtype=np.int64)
    positions = np.array([row for _, row in rows], dtype=np.int64)
    for start in range(0, len(positions), _LOAD_ROWS):
        loaded = vectors.read(positions[start : start + _LOAD_ROWS])
        vectors.check(loaded)
        index.add(loaded)
    folder = directory / FOLDER
    faiss.write_index(index, str(folder / (INDEX + ".part")))
    with (folder / (KEYS + ".part")).open("wb") as stream:
        np.save(stream, keys)
    os.replace(folder / (INDEX + ".part"), folder / INDEX)
    os.replace(folder / (KEYS + ".part"), folder / KEYS)


def on_gpus(index: faiss.Index) -> faiss.Index:
    """A half-precision copy of the index spread over every GPU, or the index itself where FAISS has or finds none.

    Only the GPU build of FAISS (the extra ``gpu``) knows GPUs at all.
    """
    if not hasattr(faiss, "index_cpu_to_all_gpus") or faiss.get_num_gpus() == 0:
        return index
    options = faiss.GpuMultipleClonerOptions()
    options.useFloat16 = True
    options.shard = True
    return faiss.index_cpu_to_all_gpus(index, co=options)


def _keys_in(raw: bytes, count: int, path: Path) -> PassageKeys:
    """The keys in a file of `np.save`, which must be as many, and ascending.

    Not by `np.load`, whose parser of headers lets damage through as errors of every kind.
    """
    header = _KEYS_HEADER.match(raw)
    if header is None or int(header[1]) != count or len(raw) != header.end() + 8 * count:
        raise IndexStateError(f"{path}: does not hold the keys of {count} vectors", remedy=_REBUILD)
    keys: PassageKeys = np.frombuffer(raw, dtype="<i8", offset=header.end())
    if np.any(keys[1:] <= keys[:-1]):
        raise IndexStateError(f"{path}: its keys do not ascend, so the file is damaged", remedy=_REBUILD)
    return keys


class DenseIndex:
    """Exact nearest passages by cosine. Safe to share between threads: FAISS searches do not change the index."""

    def __init__(self, index: faiss.Index, keys: PassageKeys) -> None:
        self._index = index
        # GPU indexes take no selectors, so filtered searches stay on the CPU.
        self._unfiltered = on_gpus(index)
        self._keys = keys

    @classmethod
    def open(cls, directory: Path, dimensions: int) -> "DenseIndex":
        """The index of a directory, moved to the GPUs where the GPU build of FAISS finds any."""
        folder = directory / FOLDER
        try:
            index = faiss.read_index(str(folder / INDEX))
            raw_keys = (folder / KEYS).read_bytes()
        except (OSError, RuntimeError, MemoryError) as error:
            raise IndexStateError(
                f"{folder}: the dense index cannot be read ({str(error).partition(chr(10))[0]})", remedy=_REBUILD
            ) from error
        if index.d != dimensions:
            raise IndexStateError(
                f"{folder}: has {index.ntotal} vectors of {index.d} dimensions, expected {dimensions}", remedy=_REBUILD
            )
        return cls(index, _keys_in(raw_keys, index.ntotal, folder / KEYS))

    def __len__(self) -> int:
        return len(self._keys)

    def vectors(self, keys: Sequence[int]) -> Vectors:
        """The stored vectors of these passages, one row a key, of zeros where there is none.

        There is none where the index was updated after it was opened: Tantivy finds new passages at once.
        """
        rows = np.zeros((len(keys), self._index.d), dtype=np.float32)
        for row, key in enumerate(keys):
            place = int(np.searchsorted(self._keys, key))
            if place < len(self._keys) and self._keys[place] == key:
                rows[row] = self._index.reconstruct(place)
        return rows

    def search(self, query: Vectors, k: int, selection: Selection | None = None) -> list[Hit]:
        """The k nearest to one query of shape (1, dimensions), best first, ties by key; fewer if there are fewer."""
        parameters, available = self._restrict(selection)
        wanted = min(k, available)
        if wanted < 1:
            return []
        # FAISS breaks ties at the cut-off as it likes: look further until the k-th score is no longer shared.
        depth = min(available, wanted + 16)
        while True:
            if parameters is None:
                scores, positions = self._unfiltered.search(query, depth)
            else:
                scores, positions = self._index.search(query, depth, params=parameters)
            kept = positions[0] >= 0
            found, places = scores[0][kept], positions[0][kept]
            if depth >= available or len(found) <= wanted or found[-1] < found[wanted - 1]:
                break
            depth = min(available, depth * 4)
        hits = [Hit(int(self._keys[place]), float(score)) for score, place in zip(found, places, strict=True)]
        return sorted(hits, key=lambda hit: (-hit.score, hit.key))[:wanted]

    def _restrict(self, selection: Selection | None) -> tuple[faiss.SearchParameters | None, int]:
        if selection is None:
            return None, len(self._keys)
        places = np.searchsorted(self._keys, selection.keys)
        inside = places < len(self._keys)
        places = places[inside][self._keys[places[inside]] == selection.keys[inside]]
        if len(places) == 0:
            return None, 0
        bitmap = np.zeros((len(self._keys) + 7) // 8 * 8, dtype=np.uint8)
        bitmap[places] = 1
        packed = np.packbits(bitmap, bitorder="little")
        selector = faiss.IDSelectorBitmap(packed)  # type: ignore[call-arg,arg-type]
        return faiss.SearchParameters(sel=selector), len(places)  # type: ignore[call-arg]
