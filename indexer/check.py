"""Whether everything in an index agrees: every row, vector, lexical entry and checksum. Changes nothing.

One generation is held and read like any reader does, so an index may be checked while it is searched, and while it is
updated. What an update has written and not yet committed is no problem, and only said.
"""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import numpy as np
from sqlite_utils import Database

from corpora.errors import BioCiteError
from indexer.check_store import database_problems, document_problems
from indexer.columns import Columns
from indexer.commit import file_state
from indexer.dense import DenseIndex
from indexer.dense_mapping import open_mapping
from indexer.generations import columns_file, pin_current
from indexer.manifest import IndexManifest
from indexer.progress import Progress, Silent
from indexer.records import PassageKeys
from indexer.store import FILE, REBUILD
from indexer.store_scan import StoreScan
from indexer.tantivy_engine import TantivyEngine
from indexer.vectors import DATABASE, VectorStore

_SHOWN = 20
_KEYS_AT_ONCE = 65_536
_SAMPLE = 1_000
_TEXTS_AT_ONCE = 200
_ALL = 2**62
_AGAIN = "run the same biocite index command again"


class Problem(msgspec.Struct, frozen=True):
    """Something that is wrong: in which part of the index, what, and what to do about it."""

    part: str
    what: str
    remedy: str

    def __str__(self) -> str:
        """One line."""
        return " ".join(f"{self.part}: {self.what}. {self.remedy}".split())


class CheckReport(msgspec.Struct, frozen=True):
    """What was checked, in numbers, and what was found. `notes` tell of what is unusual and not wrong.

    `compared` are the lexical entries that were compared with their texts word by word; of the others the keys and the
    checksums of their files were.
    """

    index_id: str
    generation: int
    files: int
    documents: int
    passages: int
    vectors: int
    entries: int
    compared: int
    problems: tuple[Problem, ...]
    notes: tuple[str, ...]


def check_index(directory: Path, *, deep: bool = False, progress: Progress | None = None) -> CheckReport:
    """Check the current generation of an index; `deep` compares every lexical entry, not only a sample of 1,000.

    Raises NotFoundError where there is no index, IndexStateError where it is unfinished or its manifest unreadable.
    """
    with pin_current(directory) as pin:
        check = _Check(directory, pin.manifest, progress or Silent())
        check.files()
        if check.has_store():
            check.store()
            check.vectors()
            check.lexical(deep)
        return check.report()


class _Check:
    """The checks of one generation, part by part. A part that cannot be read ends its own check and no other."""

    def __init__(self, directory: Path, manifest: IndexManifest, progress: Progress) -> None:
        self._directory, self._manifest, self._progress = directory, manifest, progress
        self._problems: list[Problem] = []
        self._notes: list[str] = []
        self._entries = self._compared = 0

    def report(self) -> CheckReport:
        manifest = self._manifest
        return CheckReport(
            index_id=manifest.index_id,
            generation=manifest.generation,
            files=len(manifest.files),
            documents=manifest.documents,
            passages=manifest.passages,
            vectors=manifest.dense.rows,
            entries=self._entries,
            compared=self._compared,
            problems=tuple(self._problems),
            notes=tuple(self._notes),
        )

    @contextmanager
    def _part(self, part: str, remedy: str) -> Iterator[Callable[[str], None]]:
        """Takes what is wrong with a part. What keeps it from being read is a problem of it too."""
        count = 0

        def add(what: str) -> None:
            nonlocal count
            count += 1
            if count <= _SHOWN:
                self._problems.append(Problem(part, what, remedy))

        try:
            yield add
        except BioCiteError as error:
            self._problems.append(Problem(part, error.message, error.remedy or remedy))
        except (sqlite3.Error, OSError, ValueError, TypeError, LookupError, MemoryError) as error:
            self._problems.append(Problem(part, f"cannot be read ({type(error).__name__}: {error})", remedy))
        if count > _SHOWN:
            self._problems.append(Problem(part, f"{count - _SHOWN:,} more of this kind", remedy))

    def files(self) -> None:
        """Every file that the generation needs is there, and what it was when it was written."""
        states = self._manifest.files
        stage = self._progress.start("files", sum(state.size for state in states.values()), "B")
        for name, state in states.items():
            path = self._directory / name
            whole = path.parent if name.startswith(f"{self._manifest.lexical}/") else path
            with self._part(name, f"Delete {whole} and {_AGAIN}: it is made anew from the store") as add:
                if not path.is_file():
                    add("is not there")
                    continue
                found = file_state(path)
                if found.size != state.size:
                    add(f"has {found.size:,} bytes, expected {state.size:,}")
                elif found != state:
                    add("does not have the checksum that it was written with")
                stage.advance(found.size)
        stage.finish()

    def has_store(self) -> bool:
        """Whether there is a store at all, against which the other parts can be held."""
        found = (self._directory / FILE).is_file()
        with self._part(FILE, REBUILD) as add:
            if not found:
                add("is not there")
        return found

    def store(self) -> None:
        """The database, its documents, and what the manifest says of them."""
        manifest = self._manifest
        stage = self._progress.start("documents", manifest.documents, "documents")
        with self._part(FILE, REBUILD) as add, StoreScan(self._directory, manifest.generation) as scan:
            for problem in database_problems(scan.db):
                add(problem)
            for problem in document_problems(scan.db, manifest.generation, stage.advance):
                add(problem)
        with self._part(FILE, REBUILD) as add, StoreScan(self._directory, manifest.generation) as scan:
            self._compare_manifest(scan, add)
        stage.finish()

    def _compare_manifest(self, scan: StoreScan, add: Callable[[str], None]) -> None:
        manifest = self._manifest
        unfinished = scan.is_ahead_of(manifest.generation, len(manifest.sources))
        counted, expected = scan.statistics(), manifest.statistics
        if unfinished:  # these two are not kept by generation
            counted = msgspec.structs.replace(counted, tombstones=expected.tombstones, skipped=expected.skipped)
            self._notes.append(f"an unfinished update is there: {_AGAIN} to finish it")
        for name, number in msgspec.to_builtins(expected).items():
            if getattr(counted, name) != number:
                add(f"holds {getattr(counted, name)} ({name.replace('_', ' ')}), the manifest says {number}")
        if scan.last_key() < manifest.last_key:
            add(f"gave passage keys up to {scan.last_key()}, the manifest says {manifest.last_key}")
        applied = _sources(scan.db)
        for source in manifest.sources:
            if source.sha256 not in applied:
                add(f"lacks {source.name}, which the manifest lists")
        columns = columns_file(self._directory, manifest.generation)
        with self._part(columns.name, f"Delete {columns} and {_AGAIN}: it is made anew") as add_columns:
            stored = Columns.open(columns, expected.searched)
            if stored.encoded() != scan.columns().encoded():
                add_columns("what filters look at is not what the store gives")

    def vectors(self) -> None:
        """Vectors and their checksums, which text has which, and the segments that are searched."""
        layout, dimensions = self._manifest.dense, self._manifest.embedding.dimensions
        folder = self._directory / layout.folder
        stage = self._progress.start("vectors", layout.rows, "vectors")
        remedy = f"Delete {folder} and {_AGAIN}: its texts are embedded anew"
        with self._part(layout.folder, remedy) as add, VectorStore(folder, dimensions, read_only=True) as vectors:
            if vectors.rows < layout.rows:
                add(f"records {vectors.rows} vectors, the manifest says {layout.rows}")
            for problem in vectors.problems(stage.advance):
                add(problem)
        stage.finish()
        remade = f"Delete {folder / layout.mapping} and {_AGAIN}: it is made anew"
        with self._part(layout.mapping, remade) as add, StoreScan(self._directory, self._manifest.generation) as scan:
            scan.attach(folder / DATABASE)
            self._compare_mapping(scan, add)
        with self._part(layout.folder, f"Delete its .ivf files and {_AGAIN}: they are made anew") as add:
            for problem in DenseIndex.open(self._directory, layout, dimensions).problems(layout):
                add(problem)

    def _compare_mapping(self, scan: StoreScan, add: Callable[[str], None]) -> None:
        layout = self._manifest.dense
        keys, rows = scan.vector_rows()
        lost = np.flatnonzero(rows < 0)
        if len(lost):
            add(f"passage {keys[lost[0]]} and {len(lost) - 1} others have no vector: {_AGAIN} to embed them")
        mapping = open_mapping(self._directory / layout.folder / layout.mapping, layout.searched, layout.rows)
        if not np.array_equal(mapping.keys, keys):
            add(f"names {len(mapping.keys)} passages, not the {len(keys)} that the store searches for")
        elif not np.array_equal(mapping.rows, rows):
            wrong = np.flatnonzero(mapping.rows != rows)
            add(f"gives passage {keys[wrong[0]]} and {len(wrong) - 1} others the vector of another text")

    def lexical(self, deep: bool) -> None:
        """Tantivy has the passages that are searched for and no other, and finds them by their words."""
        folder = self._directory / self._manifest.lexical
        remedy = f"Delete {folder} and {_AGAIN}: it is made anew from the store"
        stage = self._progress.start("BM25 index", self._manifest.statistics.searched, "passages")
        with (
            self._part(self._manifest.lexical, remedy) as add,
            StoreScan(self._directory, self._manifest.generation) as scan,
        ):
            keys = np.array(scan.searched_after(0, _ALL), dtype=np.int64)
            engine = TantivyEngine(folder, self._manifest.analyzer)
            self._entries = engine.count()
            if self._entries != len(keys):
                add(f"holds {self._entries} passages, expected {len(keys)}")
            for problem in _key_problems(engine, keys, self._manifest.last_key):
                add(problem)
            compared = keys if deep else _sample(keys)
            stage.expect(len(compared))
            for start in range(0, len(compared), _TEXTS_AT_ONCE):
                texts = scan.passage_texts(compared[start : start + _TEXTS_AT_ONCE].tolist())
                for text in texts:
                    if not engine.holds(text.key, text.text, text.attributes):
                        add(f"does not hold passage {text.key} with its words, year and headings")
                self._compared += len(texts)
                stage.advance(len(texts))
        stage.finish()


def _key_problems(engine: TantivyEngine, keys: PassageKeys, last: int) -> Iterator[str]:
    """Whether exactly these keys are in the engine, once each; none is above `last`."""
    for first in range(0, last + 1, _KEYS_AT_ONCE):
        end = first + _KEYS_AT_ONCE
        expected = keys[np.searchsorted(keys, first) : np.searchsorted(keys, end)]
        found = engine.keys(first, end)
        yield from (f"lacks passage {key}" for key in np.setdiff1d(expected, found).tolist())
        yield from (f"holds passage {key}, which is not searched for" for key in np.setdiff1d(found, expected).tolist())
        yield from (f"holds passage {key} more than once" for key in found[1:][found[1:] == found[:-1]].tolist())


def _sources(db: Database) -> frozenset[str]:
    return frozenset(row[0] for row in db.execute("SELECT sha256 FROM sources"))


def _sample(keys: PassageKeys) -> PassageKeys:
    """Evenly spread keys."""
    return keys[:: max(1, -(-len(keys) // _SAMPLE))]
