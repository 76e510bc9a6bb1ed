"""Writing the store: one transaction a source file, so that a file is applied whole or not at all.

A writer builds one generation. What it adds is born in it, what it replaces dies in it; readers of the generations
before see neither (see `indexer.migrations`).
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

import msgspec
from sqlite_utils import Database

from corpora.errors import IndexStateError
from indexer.manifest import IndexedSource
from indexer.migrations import migrations
from indexer.prepared import PreparedDeletion, PreparedDocument, PreparedSkip
from indexer.store import FILE, REBUILD

Outcome = Literal["added", "updated", "unchanged", "older"]

_COLUMNS = (
    "document_id", "title", "text", "sha256", "sections", "metadata", "left_out", "source", "version", "year",
    "retracted",
)  # fmt: skip
_ALL = ", ".join(_COLUMNS)
_COMPARED = ("version", "sha256", "title", "sections", "metadata")
_WAIT_MS = 60_000
_PASSAGE = 'passage_id, start, "end", section, kind, embedded_sha256'
_COPY_PASSAGES = (
    f"INSERT INTO passages (document_key, {_PASSAGE})"
    f" SELECT ?, {_PASSAGE} FROM passages WHERE document_key = ? ORDER BY passage_key"
)


class StoreWriter:
    """The one writer of an index's store; use as a context manager. `generation` is the one being built."""

    def __init__(self, directory: Path, generation: int = 1) -> None:
        self._path = directory / FILE
        self.generation = generation
        try:
            # check_same_thread off: a build stores in a thread of its own; one thread uses it at a time.
            self.db = Database(sqlite3.connect(self._path, check_same_thread=False))
        except sqlite3.Error as error:
            raise self._not_writable(error) from error
        try:
            self.db.execute(f"PRAGMA busy_timeout = {_WAIT_MS}")
            self.db.enable_wal()
            # FULL: the other parts must never be ahead of the store after a power cut, and commits are few.
            self.db.execute("PRAGMA synchronous = FULL")
            self.db.execute("PRAGMA foreign_keys = ON")
            migrations.apply(self.db)
        except sqlite3.Error as error:
            self.db.close()
            raise self._not_writable(error) from error

    def _not_writable(self, error: sqlite3.Error) -> IndexStateError:
        return IndexStateError(
            f"{self._path}: cannot be opened for writing ({error})",
            remedy="Check the folder's permissions and free space, or build into a new folder",
        )

    def __enter__(self) -> "StoreWriter":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, *_: object) -> None:
        self.db.close()
        if isinstance(error, sqlite3.DatabaseError):
            raise IndexStateError(f"{self._path}: cannot be read or written ({error})", remedy=REBUILD) from error

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing; a full disk becomes an IndexStateError, and what was there before stays."""
        try:
            with self.db.atomic():
                yield
        except sqlite3.OperationalError as error:
            raise IndexStateError(
                f"{self._path}: could not be written ({error})",
                remedy="Check free space and permissions, then run again",
            ) from error

    def has_source(self, sha256: str) -> bool:
        """Whether a file of this content has been applied already."""
        return self.db.execute("SELECT 1 FROM sources WHERE sha256 = ?", [sha256]).fetchone() is not None

    def put(self, document: PreparedDocument) -> Outcome:
        """Store a document with its passages; an older version never replaces a newer one."""
        old = self.db.execute(
            f"SELECT document_key, born, {', '.join(_COMPARED)} FROM documents WHERE document_id = ? AND died IS NULL",
            [document.document_id],
        ).fetchone()
        if old is not None:
            if old[2] > document.version:
                return "older"
            if old[2:] == tuple(getattr(document, name) for name in _COMPARED):
                return "unchanged"
        targets = self._retire(old[0], old[1]) if old is not None else []
        self._insert(document)
        targets += [target for kind, target in document.links if kind == "RetractionOf"]
        for target in sorted({*targets, document.document_id}):
            self._settle_retraction(target)
        return "added" if old is None else "updated"

    def delete(self, deletion: PreparedDeletion) -> bool:
        """Remove a document and remember that it was deleted; False if there was none."""
        self.db.execute(
            "INSERT OR REPLACE INTO tombstones (document_id, source) VALUES (?, ?)",
            [deletion.document_id, deletion.source],
        )
        old = self.db.execute(
            "SELECT document_key, born FROM documents WHERE document_id = ? AND died IS NULL", [deletion.document_id]
        ).fetchone()
        if old is None:
            return False
        for target in sorted(set(self._retire(*old))):
            self._settle_retraction(target)
        return True

    def record_source(
        self, name: str, sha256: str, size: int, counts: dict[str, int], skipped: list[PreparedSkip]
    ) -> None:
        """Remember that a file has been applied, what it held, and each record of it that was not kept."""
        cursor = self.db.execute(
            "INSERT INTO sources (name, sha256, size, counts) VALUES (?, ?, ?, ?)",
            [name, sha256, size, msgspec.json.encode(counts).decode()],
        )
        key = cursor.lastrowid
        self.db.conn.executemany(
            "INSERT INTO skipped (source_key, place, record, reason) VALUES (?, ?, ?, ?)",
            [(key, item.source, item.record, item.reason) for item in skipped],
        )

    def _insert(self, document: PreparedDocument) -> None:
        conn = self.db.conn
        values = [getattr(document, name) for name in _COLUMNS]
        values[_COLUMNS.index("left_out")] = msgspec.json.encode(document.left_out).decode()
        key = conn.execute(
            f"INSERT INTO documents ({_ALL}, born) VALUES ({', '.join('?' * len(values))}, ?)",
            [*values, self.generation],
        ).lastrowid
        conn.executemany("INSERT INTO facets VALUES (?, ?, ?)", [(key, *facet) for facet in document.facets])
        conn.executemany("INSERT INTO links VALUES (?, ?, ?)", [(key, *link) for link in document.links])
        conn.executemany(
            'INSERT INTO passages (document_key, passage_id, start, "end", section, kind, embedded_sha256)'
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            [(key, *msgspec.structs.astuple(passage)) for passage in document.passages],
        )
        conn.execute("DELETE FROM tombstones WHERE document_id = ?", [document.document_id])

    def _retire(self, key: int, born: int) -> list[str]:
        """Take a document out of the generation being built; gives the ids of what it says is retracted."""
        conn = self.db.conn
        rows = conn.execute("SELECT target_id FROM links WHERE document_key = ? AND kind = 'RetractionOf'", [key])
        targets = [row[0] for row in rows]
        if born < self.generation:
            conn.execute("UPDATE documents SET died = ? WHERE document_key = ?", [self.generation, key])
        else:  # nobody can see it yet
            conn.execute("INSERT INTO removals SELECT passage_key FROM passages WHERE document_key = ?", [key])
            conn.execute("DELETE FROM documents WHERE document_key = ?", [key])
        return targets

    def _settle_retraction(self, document_id: str) -> None:
        """Mark a document as retracted where it says so or a notice does, whichever came first, and else not."""
        row = self.db.execute(
            "SELECT document_key, born, retracted, json_extract(metadata, '$.retracted') FROM documents"
            " WHERE document_id = ? AND died IS NULL",
            [document_id],
        ).fetchone()
        if row is None:
            return
        key, born, marked, by_itself = row
        noticed = self.db.execute(
            "SELECT 1 FROM links JOIN documents USING (document_key)"
            " WHERE target_id = ? AND kind = 'RetractionOf' AND died IS NULL",
            [document_id],
        ).fetchone()
        retracted = bool(by_itself) or noticed is not None
        if retracted != bool(marked):
            self._replace_marked(key, born, retracted)

    def _replace_marked(self, key: int, born: int, retracted: bool) -> None:
        """Put a copy with the other mark in a document's place: filters look at the mark of each passage."""
        conn = self.db.conn
        if born < self.generation:
            conn.execute("UPDATE documents SET died = ? WHERE document_key = ?", [self.generation, key])
            columns = _ALL.replace("retracted", "?")
            copy = conn.execute(
                f"INSERT INTO documents ({_ALL}, born) SELECT {columns}, ? FROM documents WHERE document_key = ?",
                [retracted, self.generation, key],
            ).lastrowid
            for table, details in (("facets", "facet, value"), ("links", "kind, target_id")):
                conn.execute(
                    f"INSERT INTO {table} (document_key, {details})"
                    f" SELECT ?, {details} FROM {table} WHERE document_key = ?",
                    [copy, key],
                )
            conn.execute(_COPY_PASSAGES, [copy, key])
            return
        # Nobody can see it yet, but Tantivy may have its passages already: they get new keys.
        conn.execute("UPDATE documents SET retracted = ? WHERE document_key = ?", [retracted, key])
        last = conn.execute("SELECT max(passage_key) FROM passages WHERE document_key = ?", [key]).fetchone()[0]
        conn.execute("INSERT INTO removals SELECT passage_key FROM passages WHERE document_key = ?", [key])
        conn.execute(_COPY_PASSAGES, [key, key])
        conn.execute("DELETE FROM passages WHERE document_key = ? AND passage_key <= ?", [key, last])

    def sources(self) -> tuple[IndexedSource, ...]:
        """Every file that was applied, in order."""
        rows = self.db.execute("SELECT name, sha256, size, counts FROM sources ORDER BY source_key")
        return tuple(
            IndexedSource(row[0], row[1], row[2], msgspec.json.decode(row[3], type=dict[str, int])) for row in rows
        )

    def sources_count(self) -> int:
        """How many files were applied."""
        return int(self.db.execute("SELECT count(*) FROM sources").fetchone()[0])

    def is_empty(self) -> bool:
        """Whether there is no document."""
        return self.db.execute("SELECT 1 FROM documents LIMIT 1").fetchone() is None

    def meta(self, key: str) -> str:
        """A remembered value, empty if there is none."""
        row = self.db.execute("SELECT value FROM meta WHERE key = ?", [key]).fetchone()
        return "" if row is None else str(row[0])

    def set_meta(self, key: str, value: str) -> None:
        """Remember a value."""
        with self.transaction():
            self.db.execute("INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)", [key, value])

    def purge(self, oldest: int) -> int:
        """Remove the documents that no generation from `oldest` on sees; how many."""
        with self.transaction():
            cursor = self.db.conn.execute("DELETE FROM documents WHERE died <= ?", [oldest])
            self.db.execute("DELETE FROM removals")
        return cursor.rowcount
