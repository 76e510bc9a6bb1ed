"""An index with its models: what the command line and the HTTP service both stand on."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from api.schemas import IndexInfo
from indexer.current import CurrentIndex
from indexer.embedding import EmbeddingModel, EmbeddingProfile, load_embedding_model
from indexer.generations import kept_generations
from indexer.index import Index, LexicalName
from reader.ask import Asker
from reader.models import COMPACT, load_reader
from reader.span_model import SpanReader
from retriever.search import RetrievalSettings, Retriever


class ModelLoaders(msgspec.Struct, frozen=True):
    """How models are had; tests hand in small ones."""

    embedding: Callable[[EmbeddingProfile], EmbeddingModel] = load_embedding_model
    reader: Callable[[str], SpanReader] = load_reader


class View:
    """One generation of the index with its models: what a request is answered from, from beginning to end."""

    def __init__(
        self, index: Index, retrieval: RetrievalSettings | None, load_reader: Callable[[], SpanReader]
    ) -> None:
        self.index = index
        self.retriever = Retriever(index, retrieval)
        self._load_reader = load_reader

    @property
    def asker(self) -> Asker:
        """The question answerer, with its reader loaded."""
        return Asker(self.retriever, self._load_reader())


class Service:
    """Search and answers over one index, always its current generation.

    Models load when first needed, once; `warm` loads them now. Safe to share between threads.
    """

    def __init__(
        self,
        directory: Path,
        *,
        reader: str = COMPACT,
        retrieval: RetrievalSettings | None = None,
        lexical: LexicalName = "tantivy",
        loaders: ModelLoaders | None = None,
    ) -> None:
        self.directory = directory
        self._loaders = loaders or ModelLoaders()
        self._reader_name = reader
        self._retrieval = retrieval
        self._lock = threading.Lock()
        self._reader: SpanReader | None = None
        self._current = CurrentIndex(directory, self._loaders.embedding, lexical=lexical)

    @contextmanager
    def using(self) -> Iterator[View]:
        """The current generation, open for as long as the context lasts."""
        with self._current.use() as index:
            yield View(index, self._retrieval, self._load_reader)

    def _load_reader(self) -> SpanReader:
        with self._lock:
            if self._reader is None:
                self._reader = self._loaders.reader(self._reader_name)
            return self._reader

    def warm(self) -> None:
        """Load everything now."""
        self._current.warm()
        self._load_reader()

    def close(self) -> None:
        """Close the index."""
        self._current.close()

    @property
    def info(self) -> IndexInfo:
        """What the index holds."""
        with self._current.use() as index:
            manifest = index.manifest
            statistics = manifest.statistics
            return IndexInfo(
                index_id=manifest.index_id,
                directory=str(self.directory),
                generation=manifest.generation,
                generations=kept_generations(self.directory),
                documents=statistics.documents,
                passages=statistics.passages,
                searched=statistics.searched,
                vectors=manifest.dense.rows,
                segments=len(manifest.dense.segments),
                tombstones=statistics.tombstones,
                skipped=statistics.skipped,
                first_year=statistics.first_year,
                last_year=statistics.last_year,
                retracted=statistics.retracted,
                embedding=msgspec.to_builtins(manifest.embedding),
                sources=tuple(msgspec.to_builtins(source) for source in manifest.sources),
                bytes=_sizes(self.directory),
                built=manifest.built,
                versions=manifest.versions,
            )


def _sizes(directory: Path) -> dict[str, int]:
    """Bytes on disk of each part of an index directory."""
    sizes: dict[str, int] = {}
    for path in sorted(directory.rglob("*")):
        if path.is_file() and not path.is_symlink():
            part = path.relative_to(directory).parts[0]
            sizes[part] = sizes.get(part, 0) + path.stat().st_size
    return sizes
