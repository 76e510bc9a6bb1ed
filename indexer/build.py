"""Building and updating an index: sources -> documents -> passages -> store, lexical index, vectors, FAISS, manifest.

The store is the truth. Each source file is applied in one transaction, whole or not at all; what the lexical and the
dense index have yet to take in stands in the store as well, so a build that was stopped goes on where it was.
"""

import platform
import shutil
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import msgspec

from corpora.errors import IndexStateError, SourceError
from corpora.records import Deletion, Record, Skipped
from corpora.sources import SourceFile, iter_sources, read_source
from indexer.analysis import Analyzer
from indexer.dense import VectorFile, write_dense_index
from indexer.directory import LEXICAL_FOLDER, Make, check_begun, clear, locked, prepare
from indexer.embedding import CHUNK, EmbeddingModel
from indexer.manifest import FORMAT, IndexedSource, IndexManifest, has_manifest, index_identity, write_manifest
from indexer.progress import Progress, Silent
from indexer.splitting import Splitter
from indexer.store_writer import StoreWriter
from indexer.tantivy_engine import TantivyEngine, TantivyWriter

LEXICAL_BATCH = 5_000


class BuildSettings(msgspec.Struct, frozen=True):
    """How an index is made; fixed for the life of an index."""

    splitter: Splitter = Splitter()
    analyzer: Analyzer = Analyzer()


class SourceReport(msgspec.Struct, frozen=True):
    """What one file held and what became of it. `refused` says why a file was not applied, empty if it was."""

    name: str
    counts: dict[str, int]
    skipped: tuple[Skipped, ...] = ()
    refused: str = ""


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
    try:
        with locked(directory), StoreWriter(directory) as store:
            check_begun(directory, store, make)
            reports = _apply_sources(files, store, settings.splitter, progress)
            if _nothing_stored(store) and not has_manifest(directory):
                raise _NothingStored(_why_nothing(reports))
            _update_lexical(directory, store, settings.analyzer, progress)
            embedded = _update_dense(directory, store, model, progress)
            manifest = _manifest(store, model, settings)
            write_manifest(directory, manifest)
            store.set_meta("state", "finished")
    except _NothingStored as nothing:
        clear(directory, created=created)
        raise nothing.reason from None
    totals: Counter[str] = Counter()
    for report in reports:
        totals.update(report.counts)
    return BuildReport(tuple(reports), dict(sorted(totals.items())), embedded, manifest)


class _NothingStored(Exception):  # noqa: N818 - carries the error to show past the lock
    def __init__(self, reason: SourceError) -> None:
        super().__init__(str(reason))
        self.reason = reason


def _apply_sources(
    files: list[SourceFile], store: StoreWriter, splitter: Splitter, progress: Progress
) -> list[SourceReport]:
    progress.start("reading", sum(file.size for file in files), "B")
    reports = []
    for file in files:
        try:
            reports.append(_apply_source(file, store, splitter, progress))
        except SourceError as error:
            reports.append(SourceReport(file.name, {"files_refused": 1}, refused=str(error)))
    progress.finish()
    return reports


def _apply_source(file: SourceFile, store: StoreWriter, splitter: Splitter, progress: Progress) -> SourceReport:
    if file.problem:  # a pipe or a broken link found in a folder: not even opened
        skipped_whole = Skipped(file.name, 1, file.problem)
        return SourceReport(file.name, {"skipped": 1}, (skipped_whole,))
    sha256 = file.sha256
    if store.has_source(sha256):
        progress.advance(file.size)
        return SourceReport(file.name, {"files_already_indexed": 1})
    counts: Counter[str] = Counter()
    skipped: list[Skipped] = []
    with store.transaction():
        for record in read_source(file, progress=progress.advance):
            problem = _apply(record, store, splitter, counts)
            if problem is not None:
                counts["skipped"] += 1
                skipped.append(problem)
        if counts:
            # From this commit on the other parts are behind the store, until the manifest is written.
            store.set_meta("state", "building")
            store.record_source(file.name, sha256, file.size, dict(sorted(counts.items())), skipped)
    return SourceReport(file.name, dict(counts), tuple(skipped))


def _apply(record: Record, store: StoreWriter, splitter: Splitter, counts: Counter[str]) -> Skipped | None:
    if isinstance(record, Skipped):
        return record
    if isinstance(record, Deletion):
        counts["deletions"] += 1
        counts["deleted"] += store.delete(record)
        return None
    if "\0" in record.text or "\0" in record.title:
        # SQLite ends a string at NUL, so offsets behind it could not be kept.
        return Skipped(record.source, 0, f"document {record.document_id} holds a NUL character")
    passages = splitter.split(record)
    counts["records"] += 1
    counts["with_text_besides_title"] += any(section.kind != "title" for section in record.sections)
    for what, number in record.left_out.items():
        counts[f"left_out_{what.replace(' ', '_')}"] += number
    counts[store.put(record, passages)] += 1
    return None


def _nothing_stored(store: StoreWriter) -> bool:
    return store.db.execute("SELECT 1 FROM documents LIMIT 1").fetchone() is None


def _why_nothing(reports: list[SourceReport]) -> SourceError:
    refused = [report.refused for report in reports if report.refused]
    if len(refused) == 1 and len(reports) == 1:
        return SourceError(refused[0])
    skipped = [str(item) for report in reports for item in report.skipped]
    first = (refused or skipped or [f"{report.name}: holds no records" for report in reports])[0]
    return SourceError(
        f"no document could be indexed: {len(refused)} files refused, {len(skipped)} records skipped; first: {first}"
    )


def _update_lexical(directory: Path, store: StoreWriter, analyzer: Analyzer, progress: Progress) -> None:
    folder = directory / LEXICAL_FOLDER
    if not _opens(folder, analyzer):
        # Said before anything is removed: a repair that is stopped must not be taken for the finished index it was.
        store.set_meta("state", "building")
        shutil.rmtree(folder, ignore_errors=True)
        store.requeue_lexical()
        TantivyWriter(folder, analyzer).close()  # there even where no passage is left to go into it
    total = store.lexical_work_size()
    if not total:
        return
    progress.start("BM25 index", total, "passages")
    writer = TantivyWriter(folder, analyzer)
    try:
        while keys := store.lexical_work(LEXICAL_BATCH):
            # Deleting first makes a batch that was interrupted after Tantivy's commit harmless to do again.
            writer.delete(keys)
            for passage in store.passage_texts(keys):
                writer.add(passage.key, passage.text, passage.attributes)
            writer.commit()
            store.lexical_done(keys)
            progress.advance(len(keys))
    finally:
        writer.close()
    progress.finish()


def _opens(folder: Path, analyzer: Analyzer) -> bool:
    """Whether the lexical index can be read; one that is missing or damaged is made anew from the passages."""
    try:
        TantivyEngine(folder, analyzer)
    except IndexStateError:
        return False
    return True


def _update_dense(directory: Path, store: StoreWriter, model: EmbeddingModel, progress: Progress) -> int:
    """Embed what has no vector yet, then build the FAISS index; how many were embedded."""
    vectors = VectorFile(directory, model.identity.dimensions)
    recorded = int(store.db.execute("SELECT coalesce(max(vector_row) + 1, 0) FROM vectors").fetchone()[0])
    if vectors.rows() < recorded:
        # The file was cut short or removed: what it lost is embedded again.
        recorded = vectors.rows()
        store.forget_vectors(recorded)
    vectors.truncate(recorded)
    todo = store.without_vector()
    if todo:
        progress.start("embedding", len(todo), "passages")
        for start in range(0, len(todo), CHUNK):
            chunk = todo[start : start + CHUNK]
            texts = {passage.key: passage.text for passage in store.passage_texts([key for _, key in chunk])}
            vectors.append(model.encode_passages([texts[key] for _, key in chunk]))
            store.record_vectors(recorded, [digest for digest, _ in chunk])
            recorded += len(chunk)
            progress.advance(len(chunk))
        progress.finish()
    write_dense_index(directory, vectors, model.identity.dimensions, list(store.vector_rows()))
    return len(todo)


def _manifest(store: StoreWriter, model: EmbeddingModel, settings: BuildSettings) -> IndexManifest:
    rows = store.db.execute("SELECT name, sha256, size, counts FROM sources ORDER BY source_key")
    sources = tuple(
        IndexedSource(row[0], row[1], row[2], msgspec.json.decode(row[3], type=dict[str, int])) for row in rows
    )
    count = store.db.execute("SELECT (SELECT count(*) FROM documents), (SELECT count(*) FROM passages)").fetchone()
    packages = ("biocite", "faiss-cpu", "tantivy", "sqlite-utils", "sentence-transformers", "torch")
    return IndexManifest(
        index_id=index_identity(sources, settings.splitter, model.identity, settings.analyzer),
        format=FORMAT,
        sources=sources,
        splitter=settings.splitter,
        embedding=model.identity,
        analyzer=settings.analyzer,
        documents=count[0],
        passages=count[1],
        built=datetime.now(UTC).isoformat(timespec="seconds"),
        versions={"python": platform.python_version(), **{name: _version(name) for name in packages}},
    )


def _version(package: str) -> str:
    try:
        return version(package)
    except ModuleNotFoundError:
        return "not installed"
