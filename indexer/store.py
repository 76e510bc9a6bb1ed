"""Reading the store: documents and passages by id or key, in one generation.

SQLite connections cannot cross threads, and the service answers in a thread pool: each thread gets its own read-only
connection.
"""

import copy
import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import wraps
from pathlib import Path
from typing import Concatenate, ParamSpec, TypeVar

import msgspec
import numpy as np
from numpy.typing import NDArray
from sqlite_utils import Database

from corpora.errors import IndexStateError, NotFoundError, UsageError
from corpora.records import Document, Metadata, Section, Span, is_audience
from indexer.records import Passage

FILE = "passages.db"
REBUILD = "Build the index again, in a new folder, with biocite index"
_CHUNK = 500  # SQLite's default limit on bound values in old builds is 999

AUDIENCE = "audience"
"""The facet of private documents: whose they are."""

FACETS = {"journals": "journal", "publication_types": "publication_type", "mesh": "mesh", "languages": "language"}
"""Field of `Filters` -> name of the facet in the store."""


class StoredPassage(msgspec.Struct, frozen=True):
    """A passage with what is shown of its document. `document_sha256` is the hash of the whole document's text."""

    key: int
    passage: Passage
    title: str
    metadata: Metadata
    document_sha256: str


NEWEST = 2**62
"""Stands for the generation that sees everything, also what is not committed yet."""


_P = ParamSpec("_P")
_R = TypeVar("_R")
_V = TypeVar("_V")


def _damage_is_named(read: "Callable[Concatenate[Store, _P], _R]") -> "Callable[Concatenate[Store, _P], _R]":
    """Make what a damaged database gives or raises an IndexStateError that names the file."""

    @wraps(read)
    def reading(store: "Store", /, *arguments: _P.args, **options: _P.kwargs) -> _R:
        try:
            return read(store, *arguments, **options)
        except (sqlite3.DatabaseError, msgspec.MsgspecError, UsageError, TypeError, ValueError) as error:
            raise IndexStateError(f"{store.path}: is damaged ({error})", remedy=REBUILD) from error

    return reading


def seen_in(generation: int) -> str:
    """The SQL condition that a row of documents `d` is seen in this generation."""
    return f"d.born <= {int(generation)} AND (d.died IS NULL OR d.died > {int(generation)})"


class Store:
    """Read-only access to one generation of ``passages.db`` of an index directory, from any thread."""

    def __init__(self, directory: Path, generation: int = NEWEST) -> None:
        self.path = directory / FILE
        self._seen = seen_in(generation)
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
            db = open_read_only(self.path)
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
    def document(self, document_id: str) -> Document:
        """The document; NotFoundError if the index has none of that id."""
        row = self.db.execute(
            "SELECT document_id, title, text, sections, source, metadata, left_out, retracted"
            f" FROM documents d WHERE document_id = ? AND {self._seen}",
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
        """The passages of these keys; a key that is not in this generation is absent from the result."""
        found = {}
        for chunk in chunks(keys):
            for row in self.db.execute(
                f"{_SELECT_PASSAGE} WHERE p.passage_key IN ({marks(chunk)}) AND {self._seen}", chunk
            ):
                found[row[0]] = _stored_passage(row)
        return found

    @_damage_is_named
    def passages_of(self, document_id: str) -> list[StoredPassage]:
        """All passages of a document in reading order; empty if there is no such document."""
        rows = self.db.execute(
            f"{_SELECT_PASSAGE} WHERE d.document_id = ? AND {self._seen} ORDER BY p.passage_key", [document_id]
        )
        return [_stored_passage(row) for row in rows]

    @_damage_is_named
    def titles_of(self, document_ids: Sequence[str]) -> dict[str, StoredPassage]:
        """Document id -> its title as a passage, for those of these documents that have one."""
        rows = self.db.execute(
            f"{_SELECT_PASSAGE} WHERE d.document_id IN ({marks(document_ids)}) AND p.kind = 'title' AND {self._seen}"
            " ORDER BY p.passage_key DESC",  # of a title in several passages the first stands for it
            list(document_ids),
        )
        return {stored.passage.document_id: stored for stored in map(_stored_passage, rows)}

    @_damage_is_named
    def document_keys(self, document_ids: Sequence[str]) -> NDArray[np.int64]:
        """Keys of those of these documents that there are, also of other generations; ascending."""
        found: list[int] = []
        for chunk in chunks_of(document_ids):
            rows = self.db.execute(f"SELECT document_key FROM documents WHERE document_id IN ({marks(chunk)})", chunk)
            found += [row[0] for row in rows]
        return np.unique(np.array(found, dtype=np.int64))

    @_damage_is_named
    def documents_with(self, facet: str, values: Sequence[str]) -> NDArray[np.int64]:
        """Keys of the documents, also of other generations, with one of these folded values of a facet; ascending."""
        rows = self.db.execute(
            f"SELECT DISTINCT document_key FROM facets WHERE facet = ? AND value IN ({marks(values)})"
            " ORDER BY document_key",
            [facet, *values],
        )
        return np.fromiter((row[0] for row in rows), dtype=np.int64)

    @_damage_is_named
    def has_private_documents(self) -> bool:
        """Whether any document, also of another generation, is private."""
        return self.db.execute("SELECT 1 FROM facets WHERE facet = ? LIMIT 1", [AUDIENCE]).fetchone() is not None

    @_damage_is_named
    def private_documents(self, besides: Sequence[str]) -> NDArray[np.int64]:
        """Keys of the private documents, also of other generations, of other audiences than these; ascending."""
        rows = self.db.execute(
            f"SELECT document_key FROM facets WHERE facet = ? AND value NOT IN ({marks(besides)})"
            " ORDER BY document_key",
            [AUDIENCE, *besides],
        )
        return np.fromiter((row[0] for row in rows), dtype=np.int64)

    def restricted(self, audiences: Sequence[str]) -> "Store":
        """The same store, in which private documents of other audiences are not to be found. Closed with this one."""
        if not all(map(is_audience, audiences)):
            raise UsageError(f"audiences {list(audiences)} are none", remedy="Use a-z, 0-9, _ and -")
        labels = ", ".join(f"'{label}'" for label in audiences)  # cannot hold quotes
        restricted = copy.copy(self)
        restricted._seen = (
            f"{self._seen} AND NOT EXISTS (SELECT 1 FROM facets f WHERE f.document_key = d.document_key"
            f" AND f.facet = '{AUDIENCE}' AND f.value NOT IN ({labels}))"
        )
        return restricted

    @_damage_is_named
    def counts(self) -> tuple[int, int]:
        """How many documents and passages there are."""
        documents, passages = (
            self.db.execute(f"SELECT count(*) FROM {rows} WHERE {self._seen}").fetchone()[0]
            for rows in ("documents d", "passages p JOIN documents d USING (document_key)")
        )
        return documents, passages

    def texts(self) -> Iterator[tuple[int, str]]:
        """(key, text as it is searched) of every passage that is searched for, by key."""
        rows = self.db.execute(
            'SELECT p.passage_key, p.kind, d.title, substr(d.text, p.start + 1, p."end" - p.start)'
            " FROM passages p JOIN documents d USING (document_key)"
            f" WHERE p.embedded_sha256 IS NOT NULL AND {self._seen} ORDER BY p.passage_key"
        )
        yield from ((row[0], searched_text(row[2], row[1], row[3])) for row in rows)

    def document_ids(self) -> Iterator[str]:
        """Every document id, sorted."""
        for row in self.db.execute(f"SELECT document_id FROM documents d WHERE {self._seen} ORDER BY document_id"):
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


def marks(values: Sequence[object]) -> str:
    """Placeholders for these values in an SQL list."""
    return ",".join("?" * len(values))


def chunks(keys: Sequence[int]) -> Iterable[list[int]]:
    """The keys, as few at a time as every build of SQLite can bind."""
    return ([int(key) for key in chunk] for chunk in chunks_of(keys))


def chunks_of(values: Sequence[_V]) -> Iterable[Sequence[_V]]:
    """Values, as few at a time as every build of SQLite can bind."""
    return (values[start : start + _CHUNK] for start in range(0, len(values), _CHUNK))


def open_read_only(path: Path) -> Database:
    """A read-only connection to a store; IndexStateError where it is none."""
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
