"""Making an index as small and as fast as if it had been built of what it holds now.

An update leaves dead weight: removed passages in Tantivy's segments, which count in BM25's statistics, vectors of texts
that nobody has any more, and rows that the store keeps for readers of older generations. Compacting makes a new
generation of the same content without it. Like an update it is seen by nobody before its manifest is in place.
"""

import os
import shutil
import sqlite3
from pathlib import Path

import msgspec
import numpy as np
from sqlite_utils import Database

from corpora.errors import IndexStateError
from indexer.commit import NewGeneration, commit, tidy
from indexer.dense import DenseKind, DenseLayout, write_layout
from indexer.directory import DENSE_KIND, Make, Opened, begin, locked
from indexer.generations import DENSE, kept_generations
from indexer.lexical_stage import LexicalJob, LexicalStage
from indexer.manifest import IndexManifest, read_manifest
from indexer.progress import Progress, Silent
from indexer.records import PassageKeys
from indexer.store import FILE, REBUILD
from indexer.store_scan import StoreScan
from indexer.store_writer import StoreWriter
from indexer.tantivy_engine import TantivyEngine
from indexer.vectors import DATABASE, Rows, VectorStore

_FREE_PAGES = 0.02
"""The share of free pages from which on the store is written anew: below, it would cost more than it gives."""


class CompactionReport(msgspec.Struct, frozen=True):
    """What was removed. `kept` are older generations that readers still hold: their files stay until the next run.

    `changed` is whether there was anything to do; `bytes_before` and `bytes_after` are those of the whole directory.
    """

    manifest: IndexManifest
    changed: bool
    documents: int
    entries: int
    vectors: int
    kept: tuple[int, ...]
    bytes_before: int = 0
    bytes_after: int = 0


def compact_index(directory: Path, *, progress: Progress | None = None) -> CompactionReport:
    """Remove the dead weight of an index; with nothing to remove nothing changes.

    Raises NotFoundError where there is no index, and IndexStateError where it is damaged, written to by another
    process, or not finished, and where there is no room for both generations. Then the old one is as it was.
    """
    _refuse_without_store(directory)
    before = _size(directory)
    with locked(directory), StoreWriter(directory) as store:
        base = read_manifest(directory)
        with StoreScan(directory) as scan:
            if scan.is_ahead_of(base.generation, len(base.sources)):
                raise IndexStateError(
                    f"{directory}: an update is not finished",
                    remedy="Run the same biocite index command again to finish it, then compact",
                )
        report = _Compaction(directory, store, base, progress or Silent()).run()
    return msgspec.structs.replace(report, bytes_before=before, bytes_after=_size(directory))


def _refuse_without_store(directory: Path) -> None:
    """Raise what `read_manifest` raises, and IndexStateError where there is no store: none must be made now."""
    read_manifest(directory)
    if not (directory / FILE).is_file():
        raise IndexStateError(f"{directory / FILE}: not found", remedy=REBUILD)


class _Compaction:
    """One run over the generation `base`."""

    def __init__(self, directory: Path, store: StoreWriter, base: IndexManifest, progress: Progress) -> None:
        self._directory, self._store, self._base, self._progress = directory, store, base, progress

    def run(self) -> CompactionReport:
        dead = self._dead_documents()
        entries, vectors, mapping = self._dead_weight()
        manifest = self._base
        if entries or vectors:
            manifest = self._new_generation(mapping)
        else:
            tidy(self._directory, self._store, manifest)
        documents = dead - self._dead_documents()
        vacuumed = _vacuum(self._store.db, self._directory / FILE)
        return CompactionReport(
            manifest=manifest,
            changed=bool(entries or vectors or documents or vacuumed),
            documents=documents,
            entries=entries,
            vectors=vectors,
            kept=tuple(kept for kept in kept_generations(self._directory) if kept != manifest.generation),
        )

    def _dead_documents(self) -> int:
        row = self._store.db.execute("SELECT count(*) FROM documents WHERE died IS NOT NULL").fetchone()
        return int(row[0])

    def _dead_weight(self) -> tuple[int, int, tuple[PassageKeys, Rows]]:
        """How many lexical entries and vectors nobody needs, and the vector row of each passage."""
        base = self._base
        folder = self._directory / base.dense.folder
        with VectorStore(folder, base.embedding.dimensions) as vectors, StoreScan(self._directory) as scan:
            scan.attach(folder / DATABASE)
            keys, rows = scan.vector_rows()
            if len(rows) and rows.min() < 0:
                raise IndexStateError(
                    f"{folder}: {int((rows < 0).sum())} passages have lost their vectors",
                    remedy="Run the same biocite index command again to embed them, then compact",
                )
            unneeded = vectors.rows - len(np.unique(rows))
        entries = TantivyEngine(self._directory / base.lexical, base.analyzer).removed()
        return entries, unneeded, (keys, rows)

    def _new_generation(self, mapping: tuple[PassageKeys, Rows]) -> IndexManifest:
        base = self._base
        make = Make(base.embedding, base.splitter, base.analyzer)
        begun = begin(self._directory, self._store, make)
        # Nothing of the old lexical index is used, and the vectors go into a folder of their own.
        opened = Opened(base, begun.generation, "", _next_folder(base.dense.folder))
        try:
            self._make_lexical(opened)
            layout = self._make_dense(opened, mapping)
            return commit(self._directory, self._store, opened, NewGeneration(opened.lexical, layout, make))
        except BaseException:
            # What was made so far only takes the room that may just have run out.
            if read_manifest(self._directory).generation != opened.generation:
                for folder in (opened.lexical, opened.dense):
                    shutil.rmtree(self._directory / folder, ignore_errors=True)
            raise

    def _make_lexical(self, opened: Opened) -> None:
        stage = self._progress.start("BM25 index", self._base.statistics.searched, "passages")
        job = LexicalJob(str(self._directory), opened.generation, "", 0, self._base.analyzer)
        with LexicalStage(job) as lexical:
            lexical.catch_up(stage.advance)
            lexical.seal()
        stage.finish()

    def _make_dense(self, opened: Opened, mapping: tuple[PassageKeys, Rows]) -> DenseLayout:
        """Copy the vectors that passages have into a new folder, and lay them out there as they were before."""
        keys, rows = mapping
        kind: DenseKind = msgspec.convert(self._store.meta(DENSE_KIND) or "auto", DenseKind)
        old, new = self._directory / self._base.dense.folder, self._directory / opened.dense
        if new.exists():
            shutil.rmtree(new)  # of a run that was killed
        live = np.unique(rows)
        with (
            VectorStore(old, self._base.embedding.dimensions) as vectors,
            vectors.copy_live(live, new) as copy,
        ):
            return write_layout(
                self._directory, opened.dense, copy, (keys, np.searchsorted(live, rows)), generation=opened.generation,
                previous=None, kind=kind, progress=self._progress,
            )  # fmt: skip


def _next_folder(folder: str) -> str:
    """The folder of vectors after this one: they are numbered, and older generations have lower numbers."""
    return f"{DENSE}/{int(folder.rpartition('/')[2]) + 1}"


def _vacuum(db: Database, path: Path) -> bool:
    """Give the store's free pages back to the disk where they are many; whether they were.

    Readers are not disturbed: they go on with what they see, and the file is cut when none of them reads.
    """
    pages, free = (int(db.execute(f"PRAGMA {name}").fetchone()[0]) for name in ("page_count", "freelist_count"))
    wanted = free > 0 and free >= _FREE_PAGES * pages
    try:
        if wanted:
            db.execute("VACUUM")
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    except sqlite3.OperationalError as error:
        raise IndexStateError(
            f"{path}: is compacted, but could not be made shorter ({error})",
            remedy="Make room for it twice over, here and in the folder for temporary files, and compact again",
        ) from error
    return wanted


def _size(directory: Path) -> int:
    """Bytes of all files of an index; one that has several names counts once."""
    sizes: dict[tuple[int, int], int] = {}
    for parent, _, names in os.walk(directory):
        for name in names:
            try:
                status = os.stat(os.path.join(parent, name))
            except FileNotFoundError:
                continue  # a reader's, which has just left
            sizes[status.st_dev, status.st_ino] = status.st_size
    return sum(sizes.values())
