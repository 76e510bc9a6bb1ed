"""Vectors, hashes and layouts for the tests of the dense part."""

import hashlib
from pathlib import Path

import numpy as np

from indexer.dense import DenseKind, DenseLayout, write_layout
from indexer.embedding import Vectors
from indexer.progress import Silent
from indexer.records import Filters, PassageKeys, Selection
from indexer.vectors import Rows, VectorStore

DIMENSIONS = 8
FOLDER = "dense/1"


def unit(rows: int, seed: int = 0, dimensions: int = DIMENSIONS) -> Vectors:
    """Random vectors of length 1."""
    vectors = np.random.default_rng(seed).normal(size=(rows, dimensions)).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def clustered(rows: int, dimensions: int = 32, centres: int = 20, seed: int = 1) -> Vectors:
    """Random vectors of length 1 in groups, as texts on a number of topics make them."""
    rng = np.random.default_rng(seed)
    vectors = unit(centres, seed, dimensions)[rng.integers(0, centres, rows)]
    vectors = vectors + 0.12 * rng.normal(size=vectors.shape).astype(np.float32)
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


def stored_halves(vectors: Vectors) -> Vectors:
    """The vectors as they come back from the file."""
    return vectors.astype(np.float16).astype(np.float32)


def digests(start: int, end: int) -> list[bytes]:
    """A hash for each number."""
    return [hashlib.sha256(str(number).encode()).digest() for number in range(start, end)]


def add(folder: Path, vectors: Vectors, start: int = 0) -> VectorStore:
    """The store of the index directory `folder` with these vectors appended, of the texts numbered from `start`."""
    store = VectorStore(folder / FOLDER, vectors.shape[1])
    store.append(digests(start, start + len(vectors)), vectors)
    return store


def lay_out(
    folder: Path,
    store: VectorStore,
    keys: PassageKeys,
    rows: Rows,
    kind: DenseKind = "auto",
    previous: DenseLayout | None = None,
) -> DenseLayout:
    """Write the layout of the next generation."""
    generation = 1 if previous is None else int(previous.mapping[5:-4]) + 1
    return write_layout(
        folder, FOLDER, store, (keys, rows), generation=generation, previous=previous, kind=kind, progress=Silent()
    )


def selected(*keys: int) -> Selection:
    """A selection of these passages."""
    return Selection(Filters(years=(2000, 2001)), np.array(keys, dtype=np.int64))
