"""The vectors of an index: one row for each text embedded, appended and never changed, each block with its checksum.

``vectors.f16`` holds rows of IEEE half floats, little-endian, without a header; ``vectors.db`` says which text each row
is of. A row is on disk before it is recorded, so what a killed run leaves behind the last recorded row is cut off when
the folder is next opened. A row's number is never given to another text: what was found for it stays true.
"""

import sqlite3
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType

import numpy as np
from numpy.typing import NDArray
from sqlite_utils import Database, Migrations

from corpora.errors import IndexStateError, ModelError
from indexer.embedding import Vectors
from indexer.vector_file import WRITE_REMEDY, VectorFile

VECTORS = "vectors.f16"
DATABASE = "vectors.db"
Rows = NDArray[np.int64]
"""Numbers of rows in ``vectors.f16``, counted from 0."""

BLOCK_ROWS = 16_384
_CHUNK = 500  # SQLite's default limit on bound values in old builds is 999
# Rounding each number to fp16 moves the length by less than 0.0005.
LENGTH_TOLERANCE = 0.01
_REMEDY = "Delete the folder and run the same biocite index command again: the passages are embedded anew"

migrations = Migrations("biocite-vectors")


@migrations()
def m001_rows_and_blocks(db: Database) -> None:
    """Which row each text has, the checksum of each appended block, and the number of dimensions."""
    db.execute("CREATE TABLE vectors (embedded_sha256 BLOB PRIMARY KEY, vector_row INTEGER NOT NULL) WITHOUT ROWID")
    db.execute("CREATE UNIQUE INDEX vectors_row ON vectors(vector_row)")
    db.execute("CREATE TABLE blocks (first_row INTEGER PRIMARY KEY, rows INTEGER NOT NULL, crc32 INTEGER NOT NULL)")
    db.execute("CREATE TABLE shape (dimensions INTEGER NOT NULL)")


class VectorStore:
    """The vectors in one folder ``dense/<n>``, for its one writer and one thread at a time. A context manager.

    Opening makes the folder if needed and repairs what an interruption or a lost end of the file left; damage that
    cannot be repaired, another number of dimensions and a folder that cannot be written are IndexStateErrors.
    Opened with `read_only` it changes nothing, and may be opened beside its writer.
    """

    def __init__(self, folder: Path, dimensions: int, *, read_only: bool = False) -> None:
        self.folder = folder
        self.dimensions = dimensions
        self.file = VectorFile(folder / VECTORS, dimensions)
        with self._errors_named():
            if not read_only:
                folder.mkdir(parents=True, exist_ok=True)
            elif not (folder / DATABASE).is_file():
                raise IndexStateError(f"{folder / DATABASE}: is not there", remedy=_REMEDY)
            name = f"{(folder / DATABASE).resolve().as_uri()}{'?mode=ro' if read_only else ''}"
            # Off only so that a pipeline may hand the store from one of its threads to the next.
            connection = sqlite3.connect(name, timeout=60, check_same_thread=False, uri=True)
        self._db = Database(connection)
        try:
            with self._errors_named():
                if read_only:
                    self._rows = self._recorded()
                else:
                    self._prepare()
        except IndexStateError:
            connection.close()
            raise

    def _prepare(self) -> None:
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=FULL")
        migrations.apply(self._db)
        found = self._db.execute("SELECT dimensions FROM shape").fetchone()
        if found is None:
            if self.file.rows():
                raise IndexStateError(f"{self.folder / DATABASE}: is not there, but {VECTORS} is", remedy=_REMEDY)
            with self._db.atomic():
                self._db.execute("INSERT INTO shape VALUES (?)", [self.dimensions])
        elif found[0] != self.dimensions:
            raise IndexStateError(
                f"{self.folder}: has vectors of {found[0]} dimensions, expected {self.dimensions}",
                remedy="Use the model that the index was built with, or build a new index",
            )
        self._rows = self._recorded()
        self._repair()

    def _recorded(self) -> int:
        return int(self._db.execute("SELECT coalesce(max(first_row + rows), 0) FROM blocks").fetchone()[0])

    def _repair(self) -> None:
        """Make file and records agree: rows never recorded are cut off, rows that are lost are forgotten.

        A lost row is filled with zeros and not used again, since an older generation of the index may name it.
        """
        whole = self.file.rows()
        if whole < self._rows:
            sql = "SELECT min(first_row) FROM blocks WHERE first_row + rows > ?"
            first = int(self._db.execute(sql, [whole]).fetchone()[0])
            # Forgotten before it is filled up: killed in between, the rows are found lost again.
            self._forget(first, self._rows)
            self.file.write(first, b"")
            self.file.resize(self._rows)
        elif self.file.has_more_than(self._rows):
            self.file.resize(self._rows)

    def _forget(self, first: int, end: int) -> None:
        """Forget the texts of the rows [first, end), which hold zeros from now on; both are ends of blocks."""
        crc = 0
        for start in range(first, end, BLOCK_ROWS):
            crc = zlib.crc32(bytes((min(end, start + BLOCK_ROWS) - start) * self.file.row_bytes), crc)
        with self._db.atomic():
            self._db.execute("DELETE FROM vectors WHERE vector_row >= ? AND vector_row < ?", [first, end])
            self._db.execute("DELETE FROM blocks WHERE first_row >= ? AND first_row < ?", [first, end])
            self._db.execute("INSERT INTO blocks VALUES (?, ?, ?)", [first, end - first, crc])

    @contextmanager
    def _errors_named(self) -> Iterator[None]:
        """Errors of the disk and of SQLite as IndexStateErrors that name the folder and what to do."""
        try:
            yield
        except sqlite3.Error as error:
            name = getattr(error, "sqlite_errorname", "")
            full = name.startswith(("SQLITE_FULL", "SQLITE_READONLY", "SQLITE_CANTOPEN", "SQLITE_IOERR", "SQLITE_BUSY"))
            raise IndexStateError(
                f"{self.folder / DATABASE}: {'cannot be written' if full else 'is damaged'} ({error})",
                remedy=WRITE_REMEDY if full else _REMEDY,
            ) from error
        except OSError as error:
            raise IndexStateError(
                f"{error.filename or self.folder}: cannot be written ({error.strerror or error})", remedy=WRITE_REMEDY
            ) from error

    def __enter__(self) -> "VectorStore":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the database; what was appended is on disk already."""
        self._db.close()

    @property
    def rows(self) -> int:
        """How many rows there are, with those that no text has any more."""
        return self._rows

    def append(self, hashes: Sequence[bytes], vectors: Vectors) -> None:
        """Append the vectors of new texts, one row each, and record them once they are on disk: all of them or none.

        ValueError where a text has a vector already or the shapes differ, ModelError unless every length is 1.
        """
        if vectors.shape != (len(hashes), self.dimensions):
            raise ValueError(f"{len(hashes)} hashes with vectors of shape {vectors.shape}")
        if not hashes:
            return
        _check_lengths(vectors)
        raw = vectors.astype("<f2").tobytes()
        first = self._rows
        with self._errors_named():
            self.file.write(first, raw)
            try:
                with self._db.atomic():
                    self._db.execute("INSERT INTO blocks VALUES (?, ?, ?)", [first, len(hashes), zlib.crc32(raw)])
                    self._db.conn.executemany(
                        "INSERT INTO vectors VALUES (?, ?)",
                        zip(hashes, range(first, first + len(hashes)), strict=True),
                    )
            except sqlite3.IntegrityError as error:
                raise ValueError("a text that is appended has a vector already") from error
        self._rows = first + len(hashes)

    def missing(self, hashes: Sequence[bytes]) -> list[bytes]:
        """Those of the hashes that have no vector, each once, in the order of their first occurrence."""
        rows = self.rows_of(hashes)
        return list(dict.fromkeys(key for key, row in zip(hashes, rows, strict=True) if row < 0))

    def rows_of(self, hashes: Sequence[bytes]) -> Rows:
        """The row of each text, -1 where it has none."""
        found: dict[bytes, int] = {}
        with self._errors_named():
            for start in range(0, len(hashes), _CHUNK):
                chunk = list(hashes[start : start + _CHUNK])
                marks = ",".join("?" * len(chunk))
                sql = f"SELECT embedded_sha256, vector_row FROM vectors WHERE embedded_sha256 IN ({marks})"
                found.update(self._db.execute(sql, chunk).fetchall())
        return np.fromiter((found.get(key, -1) for key in hashes), dtype=np.int64, count=len(hashes))

    def hashes_at(self, rows: Rows) -> list[bytes]:
        """The hash of the text of each row; IndexStateError where a row has none."""
        found: dict[int, bytes] = {}
        with self._errors_named():
            for start in range(0, len(rows), _CHUNK):
                chunk = [int(row) for row in rows[start : start + _CHUNK]]
                marks = ",".join("?" * len(chunk))
                sql = f"SELECT vector_row, embedded_sha256 FROM vectors WHERE vector_row IN ({marks})"
                found.update(self._db.execute(sql, chunk).fetchall())
        lost = [int(row) for row in rows if int(row) not in found]
        if lost:
            raise IndexStateError(f"{self.folder / DATABASE}: no text is recorded for row {lost[0]}", remedy=_REMEDY)
        return [found[int(row)] for row in rows]

    def read(self, start: int, end: int) -> Vectors:
        """The rows [start, end) as fp32; zeros for a row that was lost. IndexStateError past the end."""
        return self.file.read(start, end)

    def copy_live(self, rows: Rows, into: Path) -> "VectorStore":
        """A new store with only these rows, in this order, for compaction. `into` must be empty or not there yet."""
        copy = VectorStore(into, self.dimensions)
        try:
            if copy.rows:
                raise IndexStateError(f"{into}: is not empty", remedy="Delete it and compact the index again")
            for start in range(0, len(rows), BLOCK_ROWS):
                chunk = rows[start : start + BLOCK_ROWS]
                copy.append(self.hashes_at(chunk), self.file.gather(chunk))
        except BaseException:
            copy.close()
            raise
        return copy

    def problems(self, advance: Callable[[int], None] | None = None) -> Iterator[str]:
        """What is wrong, one sentence each: checksums, lengths, and rows that file and database do not agree on.

        `advance` is told of the rows checked.
        """
        try:
            yield from self._database_problems()
            blocks = self._db.execute("SELECT * FROM blocks ORDER BY first_row").fetchall()
        except sqlite3.DatabaseError as error:
            yield f"{self.folder / DATABASE}: is damaged ({error})"
            return
        if self.file.rows() < self._rows:
            yield f"{self.file.path}: holds {self.file.rows()} whole vectors, {self._rows} are recorded"
        for first, count, crc in blocks:
            yield from self._block_problems(first, count, crc)
            if advance is not None:
                advance(count)

    def _database_problems(self) -> Iterator[str]:
        for (found,) in self._db.execute("PRAGMA quick_check").fetchall():
            if found != "ok":
                yield f"{self.folder / DATABASE}: {found}"
        end = 0
        for first, count in self._db.execute("SELECT first_row, rows FROM blocks ORDER BY first_row"):
            if first != end:
                yield f"{self.folder / DATABASE}: a block begins at row {first}, expected {end}"
            end = first + count
        outside = self._db.execute(
            "SELECT count(*) FROM vectors WHERE vector_row < 0 OR vector_row >= ?", [end]
        ).fetchone()[0]
        if outside:
            yield f"{self.folder / DATABASE}: {outside} texts have rows that no block holds"

    def _block_problems(self, first: int, count: int, expected: int) -> Iterator[str]:
        owned = self._db.execute(
            "SELECT vector_row FROM vectors WHERE vector_row >= ? AND vector_row < ?", [first, first + count]
        ).fetchall()
        named = np.zeros(count, dtype=bool)
        named[[row - first for (row,) in owned]] = True
        crc = 0
        for start in range(first, first + count, BLOCK_ROWS):
            end = min(start + BLOCK_ROWS, first + count, self.file.rows())
            raw = self.file.read_raw(start, end)
            crc = zlib.crc32(raw, crc)
            wrong = wrong_lengths(self.file.decode(raw))
            wrong = wrong[named[wrong + start - first]]
            if len(wrong):
                yield f"{self.file.path}: row {start + int(wrong[0])} and {len(wrong) - 1} others have no length of 1"
        if crc != expected:
            yield f"{self.file.path}: rows {first} to {first + count - 1} do not have the checksum recorded"


def wrong_lengths(vectors: Vectors) -> Rows:
    """The places of the vectors whose length is not 1, as it is of every vector that is stored."""
    with np.errstate(all="ignore"):
        lengths = np.sqrt(np.einsum("ij,ij->i", vectors, vectors))
    return np.flatnonzero(~(np.abs(lengths - 1) < LENGTH_TOLERANCE))


def _check_lengths(vectors: Vectors) -> None:
    wrong = wrong_lengths(vectors)
    if len(wrong):
        length = np.linalg.norm(vectors[wrong[0]])
        raise ModelError(
            f"the embedding model gave a vector of length {length:.3g}, expected 1",
            remedy="Try --precision fp32, or check the model's files",
        )
