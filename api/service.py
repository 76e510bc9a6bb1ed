"""An index with its models: what the command line and the HTTP service both stand on."""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import msgspec

from api.schemas import IndexInfo
from corpora.errors import ModelError, UsageError
from indexer.build import BuildReport, BuildSettings, build_index
from indexer.current import CurrentIndex
from indexer.embedding import EmbeddingModel, EmbeddingProfile, load_embedding_model
from indexer.generations import kept_generations
from indexer.index import Index, LexicalName
from indexer.patients.store import is_patient_index
from reader.ask import Asker
from reader.evaluation import Verdicts
from reader.models import COMPACT, load_reader
from reader.span_model import SpanReader
from reader.verdict import load_verdict
from retriever.rerank import Reranker, load_reranker
from retriever.search import RetrievalSettings, Retriever


class ModelLoaders(msgspec.Struct, frozen=True):
    """How models are had; tests hand in small ones. One that is None is done without."""

    embedding: Callable[[EmbeddingProfile], EmbeddingModel] = load_embedding_model
    reader: Callable[[str], SpanReader] = load_reader
    reranker: Callable[[], Reranker] | None = load_reranker
    verdicts: Callable[[], Verdicts] | None = partial(load_verdict, COMPACT)


class Models:
    """The models beside the embedding model, each loaded when first needed, once. Safe to share between threads."""

    def __init__(self, loaders: ModelLoaders, reader: str) -> None:
        self._loaders = loaders
        self._reader_name = reader
        self._lock = threading.Lock()
        self._reader: SpanReader | None = None
        self._reranker: Reranker | None = None
        self._verdicts: Verdicts | None = None

    def reader(self) -> SpanReader:
        """The span reader."""
        with self._lock:
            if self._reader is None:
                self._reader = self._loaders.reader(self._reader_name)
            return self._reader

    @property
    def reranks(self) -> bool:
        """Whether there is a reranker."""
        return self._loaders.reranker is not None

    def reranker(self) -> Reranker:
        """The reranker; ModelError where there is none."""
        with self._lock:
            if self._reranker is None:
                if self._loaders.reranker is None:
                    raise ModelError("there is no reranker", remedy="Search without reranking")
                self._reranker = self._loaders.reranker()
            return self._reranker

    def verdicts(self) -> Verdicts | None:
        """What decides yes/no questions, if anything does."""
        with self._lock:
            if self._verdicts is None and self._loaders.verdicts is not None:
                self._verdicts = self._loaders.verdicts()
            return self._verdicts

    def warm(self) -> None:
        """Load them all now."""
        self.reader()
        self.verdicts()
        if self.reranks:
            self.reranker()


class View:
    """One generation of the index with its models: what a request is answered from, from beginning to end."""

    def __init__(self, index: Index, retrieval: RetrievalSettings | None, models: Models) -> None:
        self.index = index
        self._models = models
        self.retriever = self.retriever_with(retrieval)

    def retriever_with(self, retrieval: RetrievalSettings | None) -> Retriever:
        """A retriever over this generation with other settings."""
        return Retriever(self.index, retrieval, self._models.reranker if self._models.reranks else None)

    def model_names(self) -> dict[str, str]:
        """Which models work here, by what they do; "" where there is none."""
        return self.asker.model_names()

    @property
    def asker(self) -> Asker:
        """The question answerer, with its models loaded."""
        return Asker(self.retriever, self._models.reader(), verdicts=self._models.verdicts())


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
        if is_patient_index(directory):
            raise UsageError(
                f"{directory}: is an index of patients",
                remedy="Ask it with biocite similar, or serve it beside one of literature, as patients",
            )
        self.directory = directory
        loaders = loaders or ModelLoaders()
        self._models = Models(loaders, reader)
        self._retrieval = retrieval
        self.is_warm = False
        self._current = CurrentIndex(directory, loaders.embedding, lexical=lexical)

    @contextmanager
    def using(self, audience: str | None = None) -> Iterator[View]:
        """The current generation, open for as long as the context lasts.

        With an `audience`, without the private documents of any other; None is for who has the index's files anyway.
        """
        with self._current.use() as index:
            yield View(index if audience is None else index.restricted(audience), self._retrieval, self._models)

    def warm(self) -> None:
        """Load everything now."""
        self._current.warm()
        self._models.warm()
        self.is_warm = True

    def reranker(self) -> Reranker:
        """The reranker, loaded if it was not; ModelError where there is none."""
        return self._models.reranker()

    def update(self, sources: Sequence[Path]) -> BuildReport:
        """Add these sources to the index; the next `using` sees them. Raises what `build_index` raises."""
        with self.using() as view:
            manifest, model = view.index.manifest, view.index.model
        settings = BuildSettings(splitter=manifest.splitter, analyzer=manifest.analyzer, processes=0)
        return build_index(sources, self.directory, model, settings=settings)

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
