"""Writing the store: one transaction a source file, so that a file is applied whole or not at all."""

import hashlib
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

import msgspec
from sqlite_utils import Database

from corpora.errors import IndexStateError
from corpora.records import Deletion, Document, Skipped
from indexer.migrations import migrations
from indexer.records import Passage
from indexer.rows import attributes_of, encoded_document, facets_of
from indexer.store import FILE, REBUILD, PassageText, chunks, marks, searched_text

Outcome = Literal["added", "updated", "unchanged", "older"]


_QUEUE_DOCUMENT = (
    "INSERT OR IGNORE INTO lexical_queue"
    " SELECT passage_key FROM passages WHERE document_key = ? AND embedded_sha256 IS NOT NULL"
)


def embedded_hash(title: str, passage: Passage, *, alone: bool) -> bytes | None:
    """The name of what is embedded for a passage; None for one that is not searched for by itself.

    A title is searched together with each passage of its document, so by itself only where it stands `alone`. Searched
    for besides, titles crowd out passages (``docs/decisions/0006-min-max-fusion.md``).
    """
    if passage.kind == "title" and not alone:
        return None
    return text_hash(searched_text(title, passage.kind, passage.text))


def text_hash(text: str) -> bytes:
    """The name of an embedded text: SHA-256 of it in UTF-8."""
    return hashlib.sha256(text.encode()).digest()


class StoreWriter:
    """The one writer of an index's store; use as a context manager."""

    def __init__(self, directory: Path) -> None:
        self._path = directory / FILE
        try:
            self.db = Database(self._path)
        except sqlite3.Error as error:
            raise self._not_writable(error) from error
        try:
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

    def put(self, document: Document, passages: list[Passage]) -> Outcome:
        """Store a document with its passages; an older version never replaces a newer one."""
        encoded = encoded_document(document)
        old = self.db.execute(
            "SELECT document_key, version, sha256, title, sections, metadata FROM documents WHERE document_id = ?",
            [document.document_id],
        ).fetchone()
        if old is not None:
            if old[1] > document.metadata.version:
                return "older"
            if old[1:] == tuple(encoded[name] for name in ("version", "sha256", "title", "sections", "metadata")):
                return "unchanged"
            self._remove(old[0])
        columns = ", ".join(encoded)
        cursor = self.db.execute(
            f"INSERT INTO documents ({columns}) VALUES ({', '.join('?' * len(encoded))})", list(encoded.values())
        )
        self._put_details(int(cursor.lastrowid or 0), document, passages)
        return "added" if old is None else "updated"

    def delete(self, deletion: Deletion) -> bool:
        """Remove a document and remember that it was deleted; False if there was none."""
        self.db.execute(
            "INSERT OR REPLACE INTO tombstones (document_id, source) VALUES (?, ?)",
            [deletion.document_id, deletion.source],
        )
        old = self.db.execute(
            "SELECT document_key FROM documents WHERE document_id = ?", [deletion.document_id]
        ).fetchone()
        if old is None:
            return False
        self._remove(old[0])
        return True

    def record_source(self, name: str, sha256: str, size: int, counts: dict[str, int], skipped: list[Skipped]) -> None:
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

    def _put_details(self, key: int, document: Document, passages: list[Passage]) -> None:
        conn = self.db.conn
        conn.executemany(
            "INSERT OR IGNORE INTO facets VALUES (?, ?, ?)", [(key, *facet) for facet in facets_of(document)]
        )
        links = [(key, link.kind, link.document_id) for link in document.metadata.links if link.document_id]
        conn.executemany("INSERT INTO links VALUES (?, ?, ?)", links)
        conn.executemany(
            'INSERT INTO passages (passage_id, document_key, start, "end", section, kind, embedded_sha256)'
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            [
                (
                    passage.passage_id,
                    key,
                    passage.span.start,
                    passage.span.end,
                    passage.section,
                    passage.kind,
                    embedded_hash(document.title, passage, alone=all(other.kind == "title" for other in passages)),
                )
                for passage in passages
            ],
        )
        conn.execute(_QUEUE_DOCUMENT, [key])
        conn.execute("DELETE FROM tombstones WHERE document_id = ?", [document.document_id])
        self._apply_retractions(key, document)

    def _apply_retractions(self, key: int, document: Document) -> None:
        """A retraction notice marks the article it retracts, whichever of the two comes first."""
        conn = self.db.conn
        noticed = conn.execute(
            "SELECT 1 FROM links WHERE target_id = ? AND kind = 'RetractionOf'", [document.document_id]
        ).fetchone()
        if noticed:
            conn.execute("UPDATE documents SET retracted = 1 WHERE document_key = ?", [key])
        for link in document.metadata.links:
            if link.kind == "RetractionOf" and link.document_id:
                target = conn.execute(
                    "UPDATE documents SET retracted = 1 WHERE document_id = ? AND NOT retracted RETURNING document_key",
                    [link.document_id],
                ).fetchone()
                if target:
                    conn.execute(
                        _QUEUE_DOCUMENT,
                        target,
                    )

    def _remove(self, key: int) -> None:
        self.db.conn.execute(_QUEUE_DOCUMENT, [key])
        self.db.conn.execute("DELETE FROM documents WHERE document_key = ?", [key])

    # The work queues: what the lexical and the dense index have yet to take in.

    def lexical_work(self, limit: int) -> list[int]:
        """Keys whose lexical entry is out of date, smallest first."""
        rows = self.db.execute("SELECT passage_key FROM lexical_queue ORDER BY passage_key LIMIT ?", [limit])
        return [row[0] for row in rows]

    def lexical_work_size(self) -> int:
        """How many lexical entries are out of date."""
        return int(self.db.execute("SELECT count(*) FROM lexical_queue").fetchone()[0])

    def lexical_done(self, keys: list[int]) -> None:
        """Take these keys off the queue."""
        with self.transaction():
            self.db.conn.executemany("DELETE FROM lexical_queue WHERE passage_key = ?", [(key,) for key in keys])

    def passage_texts(self, keys: list[int]) -> list[PassageText]:
        """The text and attributes of these passages, by key; keys of removed passages give nothing."""
        return [passage for chunk in chunks(sorted(keys)) for passage in self._passage_texts(chunk)]

    def _passage_texts(self, keys: list[int]) -> list[PassageText]:
        rows = self.db.execute(
            'SELECT p.passage_key, p.document_key, p.kind, d.title, substr(d.text, p.start + 1, p."end" - p.start),'
            " d.year, d.retracted FROM passages p JOIN documents d USING (document_key)"
            f" WHERE p.passage_key IN ({marks(keys)}) ORDER BY p.passage_key",
            keys,
        ).fetchall()
        facets = self._facets_of(sorted({row[1] for row in rows}))
        return [
            PassageText(
                row[0],
                searched_text(row[3], row[2], row[4]),
                attributes_of(row[5], bool(row[6]), row[2], facets.get(row[1], {})),
            )
            for row in rows
        ]

    def _facets_of(self, document_keys: list[int]) -> dict[int, dict[str, list[str]]]:
        found: dict[int, dict[str, list[str]]] = {}
        rows = self.db.execute(
            f"SELECT document_key, facet, value FROM facets WHERE document_key IN ({marks(document_keys)})"
            " ORDER BY document_key, facet, value",
            document_keys,
        )
        for key, facet, value in rows:
            found.setdefault(key, {}).setdefault(facet, []).append(value)
        return found

    def without_vector(self) -> list[tuple[bytes, int]]:
        """(hash, one passage key) of every text that is not embedded yet, by key."""
        rows = self.db.execute(
            "SELECT embedded_sha256, min(passage_key) AS key FROM passages"
            " WHERE embedded_sha256 IS NOT NULL AND embedded_sha256 NOT IN (SELECT embedded_sha256 FROM vectors)"
            " GROUP BY embedded_sha256 ORDER BY key"
        )
        return [(row[0], row[1]) for row in rows]

    def record_vectors(self, first_row: int, hashes: list[bytes]) -> None:
        """Remember that these texts' vectors lie in consecutive rows from `first_row`."""
        with self.transaction():
            self.db.conn.executemany(
                "INSERT INTO vectors (vector_row, embedded_sha256) VALUES (?, ?)",
                [(first_row + number, digest) for number, digest in enumerate(hashes)],
            )

    def forget_vectors(self, first_row: int) -> None:
        """Forget the vectors from this row on: their texts are to be embedded again."""
        with self.transaction():
            self.db.execute("DELETE FROM vectors WHERE vector_row >= ?", [first_row])

    def requeue_lexical(self) -> None:
        """Put every passage into the lexical queue."""
        with self.transaction():
            self.db.execute(
                "INSERT OR IGNORE INTO lexical_queue SELECT passage_key FROM passages WHERE embedded_sha256 IS NOT NULL"
            )

    def vector_rows(self) -> Iterator[tuple[int, int]]:
        """(passage key, vector row) of every passage that has a vector, by key."""
        rows = self.db.execute(
            "SELECT passage_key, vector_row FROM passages JOIN vectors USING (embedded_sha256) ORDER BY passage_key"
        )
        yield from ((row[0], row[1]) for row in rows)

    def meta(self, key: str) -> str:
        """A remembered value, empty if there is none."""
        row = self.db.execute("SELECT value FROM meta WHERE key = ?", [key]).fetchone()
        return "" if row is None else str(row[0])

    def set_meta(self, key: str, value: str) -> None:
        """Remember a value."""
        self.db.execute("INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)", [key, value])
