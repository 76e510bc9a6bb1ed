"""One opened index with its models: what the command line and the HTTP service both stand on."""

import threading
from collections.abc import Callable
from functools import cached_property
from pathlib import Path

import msgspec

from api.schemas import IndexInfo
from indexer.embedding import EmbeddingModel, EmbeddingProfile, load_embedding_model
from indexer.index import Index, LexicalName
from reader.ask import Asker
from reader.models import COMPACT, load_reader
from reader.span_model import SpanReader
from retriever.search import RetrievalSettings, Retriever


class ModelLoaders(msgspec.Struct, frozen=True):
    """How models are had; tests hand in small ones."""

    embedding: Callable[[EmbeddingProfile], EmbeddingModel] = load_embedding_model
    reader: Callable[[str], SpanReader] = load_reader


class Service:
    """Search and answers over one index. Models load when first needed, once; `warm` loads them now."""

    def __init__(
        self,
        directory: Path,
        *,
        reader: str = COMPACT,
        retrieval: RetrievalSettings | None = None,
        lexical: LexicalName = "tantivy",
        loaders: ModelLoaders | None = None,
    ) -> None:
        self._loaders = loaders or ModelLoaders()
        self._reader_name = reader
        self._lock = threading.Lock()
        self._asker: Asker | None = None
        self.index = Index(directory, self._loaders.embedding, lexical=lexical)
        self.retriever = Retriever(self.index, retrieval)

    @property
    def asker(self) -> Asker:
        """The question answerer, with its reader loaded."""
        with self._lock:
            if self._asker is None:
                self._asker = Asker(self.retriever, self._loaders.reader(self._reader_name))
            return self._asker

    def warm(self) -> None:
        """Load everything now."""
        self.index.warm()
        _ = self.asker

    def close(self) -> None:
        """Close the index."""
        self.index.close()

    @cached_property
    def info(self) -> IndexInfo:
        """What the index holds."""
        manifest, store = self.index.manifest, self.index.store
        counts, extent = store.counts(), store.extent()
        return IndexInfo(
            index_id=manifest.index_id,
            directory=str(self.index.directory),
            documents=counts["documents"],
            passages=counts["passages"],
            vectors=counts["vectors"],
            tombstones=counts["tombstones"],
            skipped=counts["skipped"],
            first_year=extent.first_year,
            last_year=extent.last_year,
            retracted=extent.retracted,
            embedding=msgspec.to_builtins(manifest.embedding),
            sources=tuple(msgspec.to_builtins(source) for source in manifest.sources),
            bytes=_sizes(self.index.directory),
            built=manifest.built,
            versions=manifest.versions,
        )


def _sizes(directory: Path) -> dict[str, int]:
    """Bytes on disk of each part of an index directory."""
    sizes: dict[str, int] = {}
    for path in sorted(directory.rglob("*")):
        if path.is_file():
            part = path.relative_to(directory).parts[0]
            sizes[part] = sizes.get(part, 0) + path.stat().st_size
    return sizes
