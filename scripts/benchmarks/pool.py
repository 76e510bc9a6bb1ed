"""Real passages and their real vectors, taken from a finished index, and a model that looks vectors up by text.

With them an index of any passages is built, by the ordinary build, without embedding anything a second time.
"""

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from corpora.errors import IndexStateError
from indexer.embedding import ModelIdentity, Vectors, load_embedding_model
from indexer.index import Index
from indexer.records import PassageKeys

CHUNK = 5_000


class PoolPassage(msgspec.Struct, frozen=True):
    """A passage: `text` as it is quoted, `searched` as it is embedded and searched, with its document's title."""

    passage_id: str
    document_id: str
    title: str
    text: str
    searched: str


def text_hash(text: str) -> bytes:
    """SHA-256 of a text in UTF-8."""
    return hashlib.sha256(text.encode()).digest()


def passages_of_index(index: Index) -> Iterator[tuple[list[PoolPassage], Vectors]]:
    """The passages that are searched for, by key, some thousand at a time, with the rows of their vectors."""
    chunk: list[tuple[int, str]] = []
    for pair in index.store.texts():
        chunk.append(pair)
        if len(chunk) == CHUNK:
            yield _chunk(index, chunk)
            chunk = []
    if chunk:
        yield _chunk(index, chunk)


def _chunk(index: Index, pairs: list[tuple[int, str]]) -> tuple[list[PoolPassage], Vectors]:
    keys = [key for key, _ in pairs]
    stored = index.store.passages(keys)
    passages = [
        PoolPassage(found.passage.passage_id, found.passage.document_id, found.title, found.passage.text, searched)
        for found, searched in ((stored[key], searched) for key, searched in pairs)
    ]
    return passages, stored_vectors(index, np.array(keys, dtype=np.int64))


def stored_vectors(index: Index, keys: PassageKeys) -> Vectors:
    """The stored vectors of these passages, one row a key, as fp32; IndexStateError where one has none."""
    vectors = index.dense.vectors([int(key) for key in keys])
    without = np.flatnonzero(~vectors.any(axis=1))
    if len(without):
        raise IndexStateError(
            f"{index.directory}: passage {keys[without[0]]} and {len(without) - 1} others have no vector",
            remedy="Build the index again",
        )
    return vectors


def read_pool(directory: Path) -> tuple[list[PoolPassage], Vectors]:
    """All searched passages of an index and their vectors, shape (passages, dimensions). No model is loaded."""
    with closing(Index(directory, load_embedding_model)) as index:
        parts = list(passages_of_index(index))
    return [passage for passages, _ in parts for passage in passages], np.concatenate([rows for _, rows in parts])


class LookupModel:
    """An `EmbeddingModel` that embeds nothing: passages and queries must be known."""

    def __init__(
        self,
        identity: ModelIdentity,
        passages: Callable[[Sequence[str]], Vectors],
        queries: Mapping[str, NDArray[np.float32]],
    ) -> None:
        self.identity = identity
        self._passages = passages
        self._queries = queries

    def encode_passages(self, texts: Sequence[str], advance: Callable[[int], None] | None = None) -> Vectors:
        """One row a text, as it is known; IndexStateError for a text that is not."""
        vectors = self._passages(texts)
        if advance is not None:
            advance(len(texts))
        return vectors

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        """One row a query; KeyError for one that was not given."""
        return np.stack([self._queries[text] for text in texts])


def by_text(passages: Sequence[PoolPassage], vectors: Vectors) -> Callable[[Sequence[str]], Vectors]:
    """Texts as they are searched -> the rows of their vectors; IndexStateError for a text not among `passages`."""
    rows = {text_hash(passage.searched): row for row, passage in enumerate(passages)}

    def look_up(texts: Sequence[str]) -> Vectors:
        found = [rows.get(text_hash(text), -1) for text in texts]
        if -1 in found:
            raise IndexStateError(
                f"a passage has no known vector: {texts[found.index(-1)][:80]!r}",
                remedy="Build the index that vectors are taken from again: it was made with other settings",
            )
        return vectors[found]

    return look_up
