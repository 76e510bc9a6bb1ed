"""Building and updating an index: sources -> store -> lexical index and vectors -> a new generation.

The store is the truth. Each source file is applied in one transaction, whole or not at all; how far the lexical and the
dense index have come is told by keys and text hashes, so a build that was stopped anywhere goes on where it was. What
is built is the generation after the current one: nobody sees it before its manifest is in place, and then all of it.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path

import msgspec

from corpora.errors import IndexStateError, SourceError
from corpora.sources import SourceFile, iter_sources
from indexer.analysis import Analyzer
from indexer.commit import NewGeneration, commit, is_whole, tidy
from indexer.dense import DenseIndex, DenseKind, DenseLayout, files_of, write_layout
from indexer.directory import DENSE_KIND, Make, Opened, begin, clear, locked, prepare
from indexer.embedding import EmbeddingModel
from indexer.embedding_stage import embed_new
from indexer.lexical_process import LexicalProcess
from indexer.lexical_stage import LexicalJob, LexicalStage
from indexer.manifest import IndexManifest, has_manifest
from indexer.parsing import processes_for
from indexer.progress import Progress, Silent
from indexer.records import PassageKeys
from indexer.splitting import Splitter
from indexer.store_scan import StoreScan
from indexer.store_writer import StoreWriter
from indexer.storing import SourceReport, Storing
from indexer.vectors import DATABASE, Rows, VectorStore

_JOIN_S = 0.5


class BuildSettings(msgspec.Struct, frozen=True):
    """How an index is made. `splitter` and `analyzer` are fixed for the life of an index.

    `dense` chooses the kind of dense index, None what was chosen last; `processes` how many processes parse, None by
    the size of the sources and 0 for everything one after the other in this one.
    """

    splitter: Splitter = Splitter()
    analyzer: Analyzer = Analyzer()
    dense: DenseKind | None = None
    processes: int | None = None


class BuildReport(msgspec.Struct, frozen=True):
    """What a build did. `totals` adds up the files' counts; `manifest` is the finished index's."""

    sources: tuple[SourceReport, ...]
    totals: dict[str, int]
    embedded: int
    manifest: IndexManifest


def build_index(
    sources: Sequence[str | Path],
    directory: Path,
    model: EmbeddingModel,
    *,
    settings: BuildSettings | None = None,
    progress: Progress | None = None,
) -> BuildReport:
    """Apply these sources, in order, to the index in `directory`, which is made if it is not there.

    A file that cannot be read is refused and named in the report, the others are kept; if nothing at all could be
    read the error is raised and no new directory is left behind.
    """
    settings, progress = settings or BuildSettings(), progress or Silent()
    files = list(iter_sources(sources))
    make = Make(model.identity, settings.splitter, settings.analyzer)
    created = prepare(directory, make)
    with locked(directory):
        try:
            with StoreWriter(directory) as store:
                opened = begin(directory, store, make)
                return _Build(directory, model, settings, progress, opened, store).run(files)
        except _NothingStored as nothing:
            clear(directory, created=created)
            raise nothing.reason from None


class _NothingStored(Exception):  # noqa: N818 - carries the error to show past the lock
    def __init__(self, reason: SourceError) -> None:
        super().__init__(str(reason))
        self.reason = reason


class _Build:
    """One run: makes the generation that `opened` says, out of the store and these files."""

    def __init__(
        self,
        directory: Path,
        model: EmbeddingModel,
        settings: BuildSettings,
        progress: Progress,
        opened: Opened,
        store: StoreWriter,
    ) -> None:
        self._directory, self._model, self._settings = directory, model, settings
        self._progress, self._opened, self._store = progress, opened, store

    def run(self, files: list[SourceFile]) -> BuildReport:
        processes = self._settings.processes
        if processes is None:
            processes = processes_for(files)
        reading = self._progress.start("reading", sum(file.size for file in files), "B")
        storing = Storing(files, self._store, self._settings.splitter, processes, reading)
        base = self._opened.base
        with VectorStore(self._directory / self._opened.dense, self._model.identity.dimensions) as vectors:
            if processes:
                lexical, embedded = self._in_parallel(storing, vectors)
            else:
                lexical, embedded = self._in_turn(storing, vectors)
            keys, rows, again = self._mapping(vectors)
            embedded += again
            nothing_new = not (lexical or embedded or self._is_behind() or self._wants_another_kind())
            if base is not None and nothing_new and self._dense_opens(base) and is_whole(self._directory, base):
                manifest = base
                tidy(self._directory, self._store, base)  # what a run that was stopped after its commit left behind
            else:
                lexical = lexical or (base.lexical if base is not None else "")
                previous = self._reusable(base)
                layout = write_layout(
                    self._directory, self._opened.dense, vectors, (keys, rows), generation=self._opened.generation,
                    previous=previous, kind=self._dense_kind(), progress=self._progress,
                )  # fmt: skip
                # Vectors damaged on disk are found now: what cannot be opened is never made current.
                DenseIndex.open(self._directory, layout, self._model.identity.dimensions)
                manifest = commit(
                    self._directory,
                    self._store,
                    self._opened,
                    NewGeneration(lexical, layout, self._make, _shared(previous, layout)),
                )
        totals: Counter[str] = Counter()
        for report in storing.reports:
            totals.update(report.counts)
        return BuildReport(tuple(storing.reports), dict(sorted(totals.items())), embedded, manifest)

    @property
    def _make(self) -> Make:
        return Make(self._model.identity, self._settings.splitter, self._settings.analyzer)

    def _is_behind(self) -> bool:
        """Whether the store holds what the current generation does not."""
        base = self._opened.base
        return base is None or self._store.sources_count() != len(base.sources)

    def _in_turn(self, storing: Storing, vectors: VectorStore) -> tuple[str, int]:
        storing.run()
        self._refuse_nothing(storing)
        made = ""
        if self._is_behind() or not self._opened.lexical_base:
            stage = self._progress.start("BM25 index", None, "passages")
            stage.expect(self._lexical_total())
            with LexicalStage(self._lexical_job()) as making:
                making.catch_up(stage.advance)
                making.seal()
            stage.finish()
            made = self._opened.lexical
        return made, self._embed(vectors, self._after, lambda: True)

    def _in_parallel(self, storing: Storing, vectors: VectorStore) -> tuple[str, int]:
        with ExitStack() as stack:
            stack.enter_context(storing)
            stage = self._progress.start("BM25 index", None, "passages")
            lexical = stack.enter_context(LexicalProcess(self._lexical_job(), stage))

            def complete() -> bool:
                lexical.check()
                return storing.wait(0)

            embedded = self._embed(vectors, self._after, complete)
            while not storing.wait(_JOIN_S):
                lexical.check()
            self._refuse_nothing(storing)
            if not self._is_behind() and self._opened.lexical_base:
                return "", embedded  # all of it was known: the copy is given up
            stage.expect(self._lexical_total())
            lexical.finish()
        return self._opened.lexical, embedded

    def _lexical_total(self) -> int:
        with StoreScan(self._directory) as scan:
            return scan.count_searched_after(self._after if self._opened.lexical_base else 0)

    @property
    def _after(self) -> int:
        """Behind this key a passage may lack a vector."""
        return self._opened.base.last_key if self._opened.base is not None else 0

    def _embed(self, vectors: VectorStore, after: int, complete: Callable[[], bool]) -> int:
        stage = self._progress.start("embedding", None, "passages")
        embedded = embed_new(self._directory, vectors, self._model, after=after, complete=complete, stage=stage)
        stage.finish()
        return embedded

    def _mapping(self, vectors: VectorStore) -> tuple[PassageKeys, Rows, int]:
        """The vector row of every passage, after embedding again what the vectors have lost; how many that were."""
        again = 0
        while True:
            with StoreScan(self._directory) as scan:
                scan.attach(vectors.folder / DATABASE)
                keys, rows = scan.vector_rows()
            if not len(rows) or rows.min() >= 0:
                return keys, rows, again
            if again:
                raise IndexStateError(f"{vectors.folder}: does not keep what is written to it", remedy="Check the disk")
            again = self._embed(vectors, 0, lambda: True)

    def _reusable(self, base: IndexManifest | None) -> DenseLayout | None:
        """The layout to go on from; of a damaged one the files are removed, so that they are made anew."""
        if base is None or base.dense.folder != self._opened.dense:
            return None
        if self._dense_opens(base):
            return base.dense
        for name in files_of(base.dense):
            (self._directory / name).unlink(missing_ok=True)
        return None

    def _wants_another_kind(self) -> bool:
        return self._settings.dense not in (None, self._last_kind())

    def _dense_kind(self) -> DenseKind:
        chosen = self._settings.dense or self._last_kind()
        self._store.set_meta(DENSE_KIND, chosen)
        return chosen

    def _last_kind(self) -> DenseKind:
        kind: DenseKind = msgspec.convert(self._store.meta(DENSE_KIND) or "auto", DenseKind)
        return kind

    def _dense_opens(self, base: IndexManifest) -> bool:
        try:
            DenseIndex.open(self._directory, base.dense, self._model.identity.dimensions)
        except IndexStateError:
            return False
        return True

    def _lexical_job(self) -> LexicalJob:
        opened = self._opened
        return LexicalJob(
            str(self._directory), opened.generation, opened.lexical_base, self._after, self._settings.analyzer
        )

    def _refuse_nothing(self, storing: Storing) -> None:
        if not has_manifest(self._directory) and self._store.is_empty():
            raise _NothingStored(_why_nothing(storing.reports))


def _shared(previous: DenseLayout | None, layout: DenseLayout) -> tuple[str, ...]:
    """The files of the segments that both layouts have."""
    before = set(previous.segments) if previous is not None else set()
    return tuple(f"{layout.folder}/{segment.file}" for segment in layout.segments if segment in before)


def _why_nothing(reports: list[SourceReport]) -> SourceError:
    refused = [report.refused for report in reports if report.refused]
    if len(refused) == 1 and len(reports) == 1:
        return SourceError(refused[0])
    skipped = [str(item) for report in reports for item in report.skipped]
    first = (refused or skipped or [f"{report.name}: holds no records" for report in reports])[0]
    return SourceError(
        f"no document could be indexed: {len(refused)} files refused, {len(skipped)} records skipped; first: {first}"
    )
