"""Building and updating an index: sources -> documents -> passages -> store, lexical index, vectors, FAISS, manifest.

The store is the truth. Each source file is applied in one transaction, whole or not at all; what the lexical and the
dense index have yet to take in stands in the store as well, so a build that was stopped goes on where it was.
"""

import fcntl
import platform
import shutil
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import msgspec
from corpora.sources import SourceFile, iter_sources, read_source

from corpora.errors import IndexStateError, SourceError, UsageError
from corpora.records import Deletion, Record, Skipped
from indexer.analysis import Analyzer
from indexer.dense import FOLDER, VectorFile, write_dense_index
from indexer.embedding import CHUNK, EmbeddingModel
from indexer.manifest import (
    FILE,
    FORMAT,
    IndexedSource,
    IndexManifest,
    has_manifest,
    index_identity,
    read_manifest,
    write_manifest,
)
from indexer.progress import Progress, Silent
from indexer.splitting import Splitter
from indexer.store_writer import StoreWriter
from indexer.tantivy_engine import TantivyWriter

LEXICAL_BATCH = 5_000
LOCK = ".lock"
LEXICAL_FOLDER = "lexical"


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
    created = _prepare(directory, model, settings)
    try:
        with _locked(directory), StoreWriter(directory) as store:
            reports = _apply_sources(files, store, settings.splitter, progress)
            if _nothing_stored(store) and not has_manifest(directory):
                raise _NothingStored(_why_nothing(reports))
            _update_lexical(directory, store, settings.analyzer, progress)
            embedded = _update_dense(directory, store, model, progress)
            manifest = _manifest(store, model, settings)
            write_manifest(directory, manifest)
            store.set_meta("state", "finished")
    except _NothingStored as nothing:
        _clear(directory, created)
        raise nothing.reason from None
    totals: Counter[str] = Counter()
    for report in reports:
        totals.update(report.counts)
    return BuildReport(tuple(reports), dict(sorted(totals.items())), embedded, manifest)


class _NothingStored(Exception):  # noqa: N818 - carries the error to show past the lock
    def __init__(self, reason: SourceError) -> None:
        super().__init__(str(reason))
        self.reason = reason


def _clear(directory: Path, created: bool) -> None:
    """Leave no trace of a build that stored nothing."""
    for name in sorted(_OWN):
        path = directory / name
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)
    if created:
        directory.rmdir()


def _prepare(directory: Path, model: EmbeddingModel, settings: BuildSettings) -> bool:
    """Make the directory, or check that what lies there may be added to; True if it was made now."""
    if has_manifest(directory):
        _check_same_settings(directory, model, settings)
        return False
    try:
        if directory.exists() and any(entry.name not in _OWN for entry in directory.iterdir()):
            raise UsageError(
                f"{directory}: is not empty and is not an index", remedy="Name a new or empty folder with --into"
            )
        created = not directory.exists()
        directory.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise IndexStateError(
            f"{directory}: cannot be made ({error.strerror})", remedy="Check the path and its permissions"
        ) from error
    return created


_OWN = {"passages.db", "passages.db-wal", "passages.db-shm", LEXICAL_FOLDER, FOLDER, LOCK, FILE, FILE + ".part"}


def _check_same_settings(directory: Path, model: EmbeddingModel, settings: BuildSettings) -> None:
    manifest = read_manifest(directory)
    if manifest.embedding != model.identity:
        raise IndexStateError(
            f"{directory}: was built with embedding model {manifest.embedding.name} "
            f"({manifest.embedding.revision[:12]}), not {model.identity.name} ({model.identity.revision[:12]})",
            remedy="Use the same model, or build into a new folder",
        )
    if (manifest.splitter, manifest.analyzer) != (settings.splitter, settings.analyzer):
        raise IndexStateError(
            f"{directory}: was built with another splitter or analyzer", remedy="Build into a new folder"
        )


@contextmanager
def _locked(directory: Path) -> Iterator[None]:
    """One writer at a time."""
    try:
        stream = (directory / LOCK).open("w")
    except OSError as error:
        raise IndexStateError(
            f"{directory}: cannot be written to ({error.strerror})", remedy="Check the folder's permissions"
        ) from error
    with stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise IndexStateError(
                f"{directory}: another process is writing to this index", remedy="Wait until it is done"
            ) from error
        yield


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
    first = (refused or skipped or ["the sources hold no records"])[0]
    return SourceError(
        f"no document could be indexed: {len(refused)} files refused, {len(skipped)} records skipped; first: {first}"
    )


def _update_lexical(directory: Path, store: StoreWriter, analyzer: Analyzer, progress: Progress) -> None:
    total = store.lexical_work_size()
    if not total:
        return
    progress.start("BM25 index", total, "passages")
    writer = TantivyWriter(directory / LEXICAL_FOLDER, analyzer)
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


def _update_dense(directory: Path, store: StoreWriter, model: EmbeddingModel, progress: Progress) -> int:
    """Embed what has no vector yet, then build the FAISS index; how many were embedded."""
    vectors = VectorFile(directory, model.identity.dimensions)
    recorded = int(store.db.execute("SELECT coalesce(max(vector_row) + 1, 0) FROM vectors").fetchone()[0])
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
