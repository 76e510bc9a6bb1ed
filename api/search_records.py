"""Search records: how each result came about, so that it can be explained and made again bit for bit.

One SQLite file, ``service/records.db`` in the index directory. A record holds no text of a document: the query, the
filters, what searched (index generation, models), and each hit's place, scores and hash.
"""

import base64
import secrets
import sqlite3
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from corpora.errors import IndexStateError, NotFoundError
from indexer.embedding import Vectors
from retriever.records import EngineScore, RankedList

FILE = "records.db"
_TABLE = (
    "CREATE TABLE IF NOT EXISTS records (record_id TEXT PRIMARY KEY, created REAL NOT NULL, key_id TEXT NOT NULL,"
    " body BLOB NOT NULL) WITHOUT ROWID",
    "CREATE INDEX IF NOT EXISTS records_created ON records(created)",
)
_TIDY_EVERY_S = 60.0
_WAIT_S = 10


class RecordedHit(msgspec.Struct, frozen=True):
    """One hit of a recorded list, with both engines' ranks and scores; `sha256` is its document's."""

    rank: int
    score: float
    document_id: str
    passage_id: str
    sha256: str
    bm25: EngineScore | None
    dense: EngineScore | None
    rerank: EngineScore | None


class SearchRecord(msgspec.Struct, frozen=True):
    """How a result came about.

    `settings` is what retrieval was told besides the query and the filters; `excluded` says how many passages each
    filter left out, and `below` how many passed them and were not among the hits. `vector` is the query as it was
    embedded: little-endian float32 in base64, "" where no model was asked. `answer` tells for a question what came of
    it: kind, status, confidence, and the spans quoted.
    """

    record_id: str
    created: str
    kind: str
    query: str
    filters: dict[str, Any]
    settings: dict[str, Any]
    index_id: str
    generation: int
    models: dict[str, Any]
    hits: tuple[RecordedHit, ...]
    excluded: dict[str, int]
    below: int
    vector: str
    answer: dict[str, Any] | None = None


class RecordSettings(msgspec.Struct, frozen=True):
    """How long records are kept: `days` (0 keeps none at all), and at most so many of them, the newest."""

    days: int = 30
    most: int = 200_000


def _write_ahead(db: sqlite3.Connection) -> None:
    """Switch to a write-ahead log. Workers that start together do so at once, for which SQLite itself does not wait."""
    until = time.monotonic() + _WAIT_S
    while True:
        try:
            db.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError:
            if time.monotonic() > until:
                raise
            time.sleep(0.05)


class SearchRecords:
    """The records of one index directory's service. Safe to share between threads.

    Raises IndexStateError where the file cannot be read or written.
    """

    def __init__(self, folder: Path, settings: RecordSettings) -> None:
        self.settings = settings
        self._path = folder / FILE
        self._lock = threading.Lock()
        self._tidied = 0.0
        self._db: sqlite3.Connection | None = None
        if settings.days:
            try:
                self._db = sqlite3.connect(self._path, check_same_thread=False, isolation_level=None, timeout=_WAIT_S)
                self._path.chmod(0o600)
                _write_ahead(self._db)
                # NORMAL: after a power cut the newest records may be missing, which the audit log would show.
                self._db.execute("PRAGMA synchronous = NORMAL")
                # What is deleted after its time is overwritten, not only forgotten.
                self._db.execute("PRAGMA secure_delete = ON")
                for statement in _TABLE:
                    self._db.execute(statement)
            except (sqlite3.Error, OSError) as error:
                raise self._unusable(error) from error

    @property
    def kept(self) -> bool:
        """Whether records are kept at all."""
        return self._db is not None

    def add(self, record: SearchRecord, key_id: str) -> None:
        """Keep a record; it can be read back at once."""
        if self._db is None:
            return
        row = (record.record_id, time.time(), key_id, msgspec.json.encode(record))
        try:
            with self._lock:
                self._db.execute("INSERT INTO records VALUES (?, ?, ?, ?)", row)
                if time.monotonic() - self._tidied > _TIDY_EVERY_S:
                    self._tidied = time.monotonic()
                    self._tidy(self._db)
        except sqlite3.Error as error:
            raise self._unusable(error) from error

    def get(self, record_id: str, key_id: str | None) -> SearchRecord:
        """The record; NotFoundError where there is none or, with a `key_id`, it is another key's."""
        if self._db is None:
            raise NotFoundError("this service keeps no records", remedy="Set record_days in its settings")
        oldest = (datetime.now(UTC) - timedelta(days=self.settings.days)).timestamp()
        try:
            with self._lock:
                row = self._db.execute(
                    "SELECT body, key_id FROM records WHERE record_id = ? AND created >= ?", (record_id, oldest)
                ).fetchone()
        except sqlite3.Error as error:
            raise self._unusable(error) from error
        if row is None or (key_id is not None and row[1] != key_id):
            raise NotFoundError(
                f"record {record_id!r} is not kept", remedy=f"Records are kept for {self.settings.days} days"
            )
        return msgspec.json.decode(row[0], type=SearchRecord)

    def _tidy(self, db: sqlite3.Connection) -> None:
        oldest = time.time() - self.settings.days * 86_400
        db.execute("DELETE FROM records WHERE created < ?", (oldest,))
        count = db.execute("SELECT count(*) FROM records").fetchone()[0]
        if count > self.settings.most:
            db.execute(
                "DELETE FROM records WHERE record_id IN (SELECT record_id FROM records ORDER BY created LIMIT ?)",
                (count - self.settings.most,),
            )

    def close(self) -> None:
        """Close the file. Doing so again does nothing."""
        with self._lock:
            if self._db is not None:
                self._db.close()
                self._db = None

    def _unusable(self, error: Exception) -> IndexStateError:
        return IndexStateError(
            f"{self._path}: the search records cannot be read or written ({error})",
            remedy="Check permissions and free space, or move the file away: a new one is made",
        )


def new_record_id() -> str:
    """An id that cannot be guessed."""
    return secrets.token_hex(12)


def recorded_hits(ranked: RankedList) -> tuple[RecordedHit, ...]:
    """The hits of a list as a record keeps them."""
    return tuple(
        RecordedHit(
            found.rank,
            found.score,
            found.stored.passage.document_id,
            found.stored.passage.passage_id,
            found.stored.document_sha256,
            found.bm25,
            found.dense,
            found.rerank,
        )
        for found in ranked.passages
    )


def encoded_vector(vector: Vectors | None) -> str:
    """A query's vector as a record keeps it."""
    return "" if vector is None else base64.b64encode(np.ascontiguousarray(vector, dtype="<f4").tobytes()).decode()


def decoded_vector(text: str) -> Vectors | None:
    """A query's vector, shape (1, dimensions), as it was."""
    return np.frombuffer(base64.b64decode(text), dtype="<f4").reshape(1, -1) if text else None
