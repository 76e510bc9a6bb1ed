"""An opened index: store, lexical engine and dense index of one generation of a directory, read-only and shareable.

It stays as it is while it is open, whatever is done to the directory meanwhile; `indexer.current` follows updates.
"""

import copy
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import Literal

import msgspec
import numpy as np

from corpora.errors import IndexStateError
from indexer.columns import Columns
from indexer.dense import DenseIndex
from indexer.embedding import UNKNOWN_REVISION, EmbeddingModel, EmbeddingProfile, Vectors
from indexer.generations import columns_file, pin_current
from indexer.lexical import LexicalEngine
from indexer.manifest import IndexManifest
from indexer.rank_bm25_engine import RankBm25Engine
from indexer.records import Attributes, Filters, Selection
from indexer.store import Store
from indexer.tantivy_engine import TantivyEngine

LexicalName = Literal["tantivy", "rank-bm25"]
ModelLoader = Callable[[EmbeddingProfile], EmbeddingModel]


class Index:
    """Everything a search needs. Parts are opened when first used, so `biocite info` loads no model."""

    def __init__(self, directory: Path, load_model: ModelLoader, *, lexical: LexicalName = "tantivy") -> None:
        self.directory = directory
        self._pin = pin_current(directory)
        self.manifest: IndexManifest = self._pin.manifest
        try:
            self.store = Store(directory, self.manifest.generation)
            _ = self.store.db  # what cannot be read is told now
        except IndexStateError:
            self._pin.release()
            raise
        self._load_model = load_model
        self._lexical_name = lexical
        self._model: EmbeddingModel | None = None
        self._lexical: LexicalEngine | None = None
        self._dense: DenseIndex | None = None
        self._columns: Columns | None = None
        self._audiences: tuple[str, ...] | None = None

    @property
    def lexical(self) -> LexicalEngine:
        """The BM25 engine."""
        if self._lexical is None:
            if self._lexical_name == "tantivy":
                self._lexical = TantivyEngine(self.directory / self.manifest.lexical, self.manifest.analyzer)
            else:
                self._lexical = self._in_memory()
        return self._lexical

    def _in_memory(self) -> RankBm25Engine:
        """rank-bm25 over the whole store: for small indexes, since it reads and holds every passage's tokens."""
        engine = RankBm25Engine(self.manifest.analyzer)
        for key, text in self.store.texts():
            engine.add(key, text, Attributes())
        engine.commit()
        return engine

    @property
    def dense(self) -> DenseIndex:
        """The FAISS index."""
        if self._dense is None:
            self._dense = DenseIndex.open(self.directory, self.manifest.dense, self.manifest.embedding.dimensions)
        return self._dense

    @property
    def columns(self) -> Columns:
        """What filters look at."""
        if self._columns is None:
            path = columns_file(self.directory, self.manifest.generation)
            self._columns = Columns.open(path, self.manifest.statistics.searched)
        return self._columns

    def select(self, filters: Filters) -> Selection:
        """The filter resolved to the keys of the passages that pass it."""
        if self._audiences is not None:
            filters = msgspec.structs.replace(filters, audiences=self._audiences)
        return self.columns.select(filters, self.store)

    def selection(self, filters: Filters) -> Selection | None:
        """Like `select`, but None where everything passes."""
        return self.select(filters) if filters or self._audiences is not None else None

    def excluded(self, filters: Filters) -> dict[str, int]:
        """Field of the filters -> how many of the passages that may be seen it alone leaves out."""
        if self._audiences is not None:
            filters = msgspec.structs.replace(filters, audiences=self._audiences)
        return self.columns.excluded(filters, self.store)

    def restricted(self, audience: str) -> "Index":
        """The same index without the private documents of other audiences, whatever is asked of it.

        Closed with this one. Where no document is private, it is this one.
        """
        if not self._has_private_documents:
            return self
        restricted = copy.copy(self)
        restricted._audiences = (audience,) if audience else ()
        restricted.store = self.store.restricted(restricted._audiences)
        return restricted

    @property
    def is_restricted(self) -> bool:
        """Whether private documents are in it that are not to be found."""
        return self._audiences is not None

    @cached_property
    def _has_private_documents(self) -> bool:
        return self.store.has_private_documents()

    @property
    def model(self) -> EmbeddingModel:
        """The embedding model that the index was built with; IndexStateError if what loads is another one."""
        if self._model is None:
            wanted = self.manifest.embedding
            profile = EmbeddingProfile(
                wanted.name,
                wanted.max_tokens,
                wanted.query_prefix,
                wanted.passage_prefix,
                revision=wanted.revision if wanted.revision != UNKNOWN_REVISION else "",
            )
            model = self._load_model(profile)
            if model.identity != wanted:
                raise IndexStateError(
                    f"{self.directory}: was built with embedding model {wanted.name} (revision {wanted.revision[:12]}, "
                    f"{wanted.dimensions} dimensions), but {model.identity.name} (revision "
                    f"{model.identity.revision[:12]}, {model.identity.dimensions} dimensions) was loaded",
                    remedy="Restore that model, or build the index again with this one",
                )
            self._model = model
        return self._model

    def document_vector(self, document_id: str) -> Vectors | None:
        """The mean of a document's passages' vectors, shape (1, dimensions) and of length 1; None where it has none."""
        vectors = self.dense.vectors([found.key for found in self.store.passages_of(document_id)])
        centre = vectors.sum(axis=0, keepdims=True)
        length = float(np.linalg.norm(centre))
        return centre / length if length else None

    def warm(self) -> None:
        """Open every part now, so that the first question is as fast as the next."""
        _ = self.lexical, self.dense, self.columns, self.model

    def close(self) -> None:
        """Close the store's connections and let the generation go. Doing so again does nothing."""
        self.store.close()
        self._pin.release()
