"""Reading the store: documents and passages by id or key, and which passages pass a filter.

SQLite connections cannot cross threads, and the service answers in a thread pool: each thread gets its own read-only
connection.
"""

import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import wraps
from pathlib import Path
from typing import Concatenate, ParamSpec, TypeVar

import msgspec
import numpy as np
from sqlite_utils import Database

from corpora.errors import IndexStateError, NotFoundError, UsageError
from corpora.records import Document, Metadata, Section, Span
from indexer.records import Attributes, Filters, Passage, PassageKeys, Selection, fold

FILE = "passages.db"
REBUILD = "Build the index again, in a new folder, with biocite index"
_CHUNK = 500  # SQLite's default limit on bound values in old builds is 999

FACETS = {"journals": "journal", "publication_types": "publication_type", "mesh": "mesh", "languages": "language"}
"""Field of `Filters` -> name of the facet in the store."""


class StoredPassage(msgspec.Struct, frozen=True):
    """A passage with what is shown of its document. `document_sha256` is the hash of the whole document's text."""

    key: int
    passage: Passage
    title: str
    metadata: Metadata
    document_sha256: str


class Extent(msgspec.Struct, frozen=True):
    """What years an index covers (None where no document has one) and how many of its documents are retracted."""

    first_year: int | None
    last_year: int | None
    retracted: int


class PassageText(msgspec.Struct, frozen=True):
    """A passage as the engines index it: its key, the text with its title, and what filters look at."""

    key: int
    text: str
    attributes: Attributes


_P = ParamSpec("_P")
_R = TypeVar("_R")


def _damage_is_named(read: "Callable[Concatenate[Store, _P], _R]") -> "Callable[Concatenate[Store, _P], _R]":
    """Make what a damaged database gives or raises an IndexStateError that names the file."""

    @wraps(read)
    def reading(store: "Store", /, *arguments: _P.args, **options: _P.kwargs) -> _R:
        try:
            return read(store, *arguments, **options)
        except (sqlite3.DatabaseError, msgspec.MsgspecError, UsageError, TypeError, ValueError) as error:
            raise IndexStateError(f"{store.path}: is damaged ({error})", remedy=REBUILD) from error

    return reading


class Store:
    """Read-only access to ``passages.db`` of an index directory, from any thread."""

    def __init__(self, directory: Path) -> None:
        self.path = directory / FILE
        self._local = threading.local()
        self._opened: list[Database] = []
        self._lock = threading.Lock()
        if not self.path.is_file():
            raise IndexStateError(f"{self.path}: not found", remedy=REBUILD)

    @property
    def db(self) -> Database:
        """This thread's connection."""
        db: Database | None = getattr(self._local, "db", None)
        if db is None:
            db = _open_read_only(self.path)
            self._local.db = db
            with self._lock:
                self._opened.append(db)
        return db

    def close(self) -> None:
        """Close every thread's connection."""
        with self._lock:
            for db in self._opened:
                db.close()
            self._opened.clear()
        self._local = threading.local()

    @_damage_is_named
    def finished(self) -> bool:
        """Whether the last build or update came to its end."""
        row = self.db.execute("SELECT value FROM meta WHERE key = 'state'").fetchone()
        return row is not None and row[0] == "finished"

    @_damage_is_named
    def document(self, document_id: str) -> Document:
        """The document; NotFoundError if the index has none of that id."""
        row = self.db.execute(
            "SELECT document_id, title, text, sections, source, metadata, left_out, retracted"
            " FROM documents WHERE document_id = ?",
            [document_id],
        ).fetchone()
        if row is None:
            raise NotFoundError(f"document {document_id!r} is not in this index", remedy="Check the identifier")
        return Document(
            document_id=row[0],
            title=row[1],
            text=row[2],
            sections=msgspec.json.decode(row[3], type=tuple[Section, ...]),
            source=row[4],
            metadata=_metadata(row[5], row[7]),
            left_out=msgspec.json.decode(row[6], type=dict[str, int]),
        )

    @_damage_is_named
    def passages(self, keys: Sequence[int]) -> dict[int, StoredPassage]:
        """The passages of these keys; a key that no longer exists is absent from the result."""
        found = {}
        for chunk in chunks(keys):
            for row in self.db.execute(f"{_SELECT_PASSAGE} WHERE p.passage_key IN ({marks(chunk)})", chunk):
                found[row[0]] = _stored_passage(row)
        return found

    @_damage_is_named
    def passages_of(self, document_id: str) -> list[StoredPassage]:
        """All passages of a document in reading order; empty if there is no such document."""
        rows = self.db.execute(f"{_SELECT_PASSAGE} WHERE d.document_id = ? ORDER BY p.passage_key", [document_id])
        return [_stored_passage(row) for row in rows]

    @_damage_is_named
    def titles_of(self, document_ids: Sequence[str]) -> dict[str, StoredPassage]:
        """Document id -> its title as a passage, for those of these documents that have one."""
        rows = self.db.execute(
            f"{_SELECT_PASSAGE} WHERE d.document_id IN ({marks(document_ids)}) AND p.kind = 'title'"
            " ORDER BY p.passage_key DESC",  # of a title in several passages the first stands for it
            list(document_ids),
        )
        return {stored.passage.document_id: stored for stored in map(_stored_passage, rows)}

    @_damage_is_named
    def select(self, filters: Filters) -> Selection:
        """The filter resolved to the keys of the passages that pass it."""
        conditions: list[str] = []
        values: list[object] = []
        for condition, bound in _conditions(filters):
            conditions.append(condition)
            values += bound
        where = f" WHERE {' AND '.join(['p.embedded_sha256 IS NOT NULL', *conditions])}"
        sql = (
            f"SELECT p.passage_key FROM passages p JOIN documents d USING (document_key){where} ORDER BY p.passage_key"
        )
        keys: PassageKeys = np.fromiter((row[0] for row in self.db.execute(sql, values)), dtype=np.int64)
        return Selection(filters, keys)

    def texts(self) -> Iterator[tuple[int, str]]:
        """(key, text as it is searched) of every passage that is searched for, by key."""
        rows = self.db.execute(
            'SELECT p.passage_key, p.kind, d.title, substr(d.text, p.start + 1, p."end" - p.start)'
            " FROM passages p JOIN documents d USING (document_key)"
            " WHERE p.embedded_sha256 IS NOT NULL ORDER BY p.passage_key"
        )
        yield from ((row[0], searched_text(row[2], row[1], row[3])) for row in rows)

    @_damage_is_named
    def counts(self) -> dict[str, int]:
        """How many documents, passages, vectors, sources, tombstones and skipped records there are."""
        tables = ("documents", "passages", "vectors", "sources", "tombstones", "skipped")
        return {table: self.db.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in tables}

    @_damage_is_named
    def extent(self) -> "Extent":
        """The span of years and the number of retracted documents, for people who look at an index."""
        first, last = self.db.execute("SELECT min(year), max(year) FROM documents WHERE year > 0").fetchone()
        retracted = self.db.execute("SELECT count(*) FROM documents WHERE retracted").fetchone()[0]
        return Extent(first, last, retracted)

    def document_ids(self) -> Iterator[str]:
        """Every document id, sorted."""
        for row in self.db.execute("SELECT document_id FROM documents ORDER BY document_id"):
            yield row[0]


def searched_text(title: str, kind: str, text: str) -> str:
    """What is embedded and searched for a passage: its document's title, then its text. What is quoted has no title."""
    return text if kind == "title" or not title else f"{title}\n{text}"


_SELECT_PASSAGE = (
    'SELECT p.passage_key, p.passage_id, d.document_id, p.start, p."end", p.section, p.kind,'
    ' substr(d.text, p.start + 1, p."end" - p.start), d.title, d.metadata, d.sha256, d.retracted'
    " FROM passages p JOIN documents d USING (document_key)"
)


def _stored_passage(row: Sequence[object]) -> StoredPassage:
    key, passage_id, document_id, start, end, section, kind, text, title, metadata, sha256, retracted = row
    passage = Passage(
        str(passage_id), str(document_id), Span(_int(start), _int(end)), str(section), str(kind), str(text)
    )
    return StoredPassage(_int(key), passage, str(title), _metadata(str(metadata), retracted), str(sha256))


def _metadata(encoded: str, retracted: object) -> Metadata:
    """The stored metadata; the store's own flag wins, since a retraction notice may have come in later."""
    metadata = msgspec.json.decode(encoded, type=Metadata)
    return msgspec.structs.replace(metadata, retracted=bool(retracted))


def _int(value: object) -> int:
    return int(value)  # type: ignore[call-overload,no-any-return]


def _conditions(filters: Filters) -> Iterator[tuple[str, list[object]]]:
    """SQL conditions on documents `d` and passages `p`, with the values bound to them."""
    if filters.years is not None:
        first, last = filters.years
        yield "d.year >= ?", [max(first, 1)]
        if last:
            yield "d.year <= ?", [last]
    for field, facet in FACETS.items():
        values = sorted({fold(value) for value in getattr(filters, field)})
        if values:
            yield (
                f"d.document_key IN (SELECT document_key FROM facets WHERE facet = ? AND value IN ({marks(values)}))",
                [facet, *values],
            )
    if filters.sections:
        kinds = sorted({fold(kind) for kind in filters.sections})
        yield f"p.kind IN ({marks(kinds)})", list(kinds)
    if filters.retracted is not None:
        yield "d.retracted = ?", [int(filters.retracted)]


def marks(values: Sequence[object]) -> str:
    """Placeholders for these values in an SQL list."""
    return ",".join("?" * len(values))


def chunks(keys: Sequence[int]) -> Iterable[list[int]]:
    """The keys, as few at a time as every build of SQLite can bind."""
    for start in range(0, len(keys), _CHUNK):
        yield [int(key) for key in keys[start : start + _CHUNK]]


def _open_read_only(path: Path) -> Database:
    try:
        # check_same_thread off only so that close() may close every thread's connection; use stays within one thread.
        connection = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, check_same_thread=False)
    except sqlite3.Error as error:
        raise _unreadable(path, error) from error
    try:
        db = Database(connection)
        db.execute("SELECT count(*) FROM meta").fetchone()
    except (sqlite3.Error, ValueError, TypeError, MemoryError) as error:  # ValueError: names that are no UTF-8
        connection.close()
        raise _unreadable(path, error) from error
    return db


def _unreadable(path: Path, error: Exception) -> IndexStateError:
    # SQLite writes files of its own beside a database in WAL mode, even to read it.
    may_not_write = getattr(error, "sqlite_errorname", "").startswith(("SQLITE_READONLY", "SQLITE_CANTOPEN"))
    remedy = "Give this user the right to write the folder, or copy it" if may_not_write else REBUILD
    return IndexStateError(f"{path}: cannot be read as an index's store ({error})", remedy=remedy)
