"""API keys: who asks, and what they may do.

Keys are rows of the SQLite file ``service/keys.db``. A running service reads it at every request while ``biocite keys``
changes it in another process, so that what is revoked is refused from the next request on. Whatever is wrong with the
file, the service is closed, never open: it asks for a key from the first key ever made, whatever became of the keys.
"""

import hmac
import json
import logging
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self
from urllib.parse import quote

import msgspec

from api.access.errors import UnauthorisedError
from api.access.folder import make_once, service_folder, service_path
from api.access.key_records import (
    SCOPES,
    KeyLimits,
    KeyRecord,
    Scope,
    checked_audience,
    checked_limits,
    checked_name,
    checked_scopes,
    expiry,
    hashed,
    id_in,
    is_key_id,
    new_key,
    new_salt,
)
from corpora.errors import IndexStateError, NotFoundError, UsageError

__all__ = ["SCOPES", "Caller", "KeyLimits", "KeyRecord", "KeyStore", "Scope", "expiry"]

FILE = "keys.db"
MARKER = "keys.required"
_MARKER_TEXT = b"A key was made for this service, so every request needs one. Biocite refuses all without keys.db.\n"
_VERSION = 1
_SCHEMA = f"""
CREATE TABLE keys (
    key_id TEXT PRIMARY KEY, name TEXT NOT NULL, scopes TEXT NOT NULL, audience TEXT NOT NULL,
    salt BLOB NOT NULL, digest BLOB NOT NULL, created INTEGER NOT NULL,
    expires INTEGER, revoked INTEGER, last_used INTEGER, per_minute INTEGER, at_once INTEGER
) WITHOUT ROWID;
PRAGMA user_version = {_VERSION};
"""
_COLUMNS = "key_id, name, scopes, audience, created, expires, revoked, last_used, per_minute, at_once, salt, digest"
_REFUSED = "this service asks for a valid API key"
_REMEDY = "Send it as: Authorization: Bearer KEY"
_CLOSED = "Restore it from a backup, or move all keys.db* away and create new keys; until then every request is refused"
_WAIT_S = 5.0
_NOTE_EVERY_S = 60.0
_LOG = logging.getLogger(__name__)


class Caller(msgspec.Struct, frozen=True):
    """Who asks. `audience` labels the private documents that this caller sees besides the public ones.

    `key_id` is "" for the caller of a service that has no keys. No scope implies another: `admin` does not read, and
    only `patients` opens patients. `limits` are the key's own ones.
    """

    key_id: str
    name: str
    scopes: frozenset[str]
    audience: str
    limits: KeyLimits = KeyLimits()


class _Row(msgspec.Struct, frozen=True):
    """A row of the table, times in seconds since 1970."""

    key_id: str
    name: str
    scopes: tuple[Scope, ...]
    audience: str
    created: int
    expires: int | None
    revoked: int | None
    last_used: int | None
    per_minute: int | None
    at_once: int | None
    salt: bytes
    digest: bytes

    def record(self) -> KeyRecord:
        return KeyRecord(
            key_id=self.key_id,
            name=self.name,
            scopes=self.scopes,
            audience=self.audience,
            created=_moment(self.created),
            expires=None if self.expires is None else _moment(self.expires),
            revoked=None if self.revoked is None else _moment(self.revoked),
            last_used=None if self.last_used is None else _moment(self.last_used),
            limits=KeyLimits(self.per_minute, self.at_once),
        )


class KeyStore:
    """The keys of one index directory's service. Safe to share between threads; to be closed.

    Nothing is written before the first key is created. Every method raises IndexStateError where the file is damaged,
    was removed or cannot be used. `clock` gives seconds since 1970.
    """

    def __init__(self, directory: Path, clock: Callable[[], float] = time.time) -> None:
        self._directory, self._clock = directory, clock
        self._folder = service_path(directory)
        self._path = self._folder / FILE
        self._lock = threading.Lock()
        self._db: sqlite3.Connection | None = None
        self._identity = (0, 0)
        self._required = False
        self._noted: dict[str, float] = {}
        # What a key is compared with whose id is unknown, so that this takes as long as for a known one.
        self._decoy = (new_salt(), hashed(new_salt(), ""))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file. Doing so again does nothing."""
        with self._lock:
            if self._db is not None:
                self._db.close()
                self._db = None

    def any_key(self) -> bool:
        """Whether a key was ever created: from then on every request needs one, also when all are revoked or expired.

        Said by a file beside the keys too, so that a service whose keys are lost is not open.
        """
        self._required = self._required or _is_there(self._folder / MARKER) or _is_there(self._path)
        return self._required

    def create(
        self,
        scopes: tuple[str, ...],
        *,
        name: str = "",
        expires: datetime | None = None,
        audience: str = "",
        limits: KeyLimits | None = None,
        before_commit: Callable[[KeyRecord], object] | None = None,
    ) -> tuple[str, KeyRecord]:
        """Make a key: its text, which is kept nowhere and cannot be had again, and its record.

        Its `audience` is its own id unless one is given. `before_commit` is called with the record before the key
        is valid; if it raises there is no key. Raises UsageError for wrong values.
        """
        now = int(self._clock())
        if expires is not None and expires.timestamp() <= now:
            raise UsageError(f"expiry {expires.isoformat()} is in the past", remedy="Choose a later time")
        limits = checked_limits(limits or KeyLimits())
        key_id, text = new_key()
        salt = new_salt()
        row = _Row(
            key_id=key_id,
            name=checked_name(name),
            scopes=checked_scopes(scopes),
            audience=checked_audience(audience or key_id),
            created=now,
            expires=None if expires is None else int(expires.timestamp()),
            revoked=None,
            last_used=None,
            per_minute=limits.per_minute,
            at_once=limits.at_once,
            salt=salt,
            digest=hashed(salt, text),
        )
        record = row.record()
        self._make_file()
        values = [json.dumps(value) if isinstance(value, tuple) else value for value in msgspec.structs.astuple(row)]
        with self._connected() as db:
            if db is None:
                raise self._damaged("was removed just now")
            with _transaction(db):
                db.execute(f"INSERT INTO keys ({_COLUMNS}) VALUES ({', '.join('?' * len(values))})", values)
                if before_commit is not None:
                    before_commit(record)
        return text, record

    def list(self) -> tuple[KeyRecord, ...]:
        """All keys ever made, oldest first."""
        with self._connected() as db:
            if db is None:
                return ()
            rows = [_row(found) for found in db.execute(f"SELECT {_COLUMNS} FROM keys ORDER BY created, key_id")]
        return tuple(row.record() for row in rows)

    def revoke(self, key_id: str) -> KeyRecord:
        """Make a key invalid from the next request on; a key that was revoked before stays so since then.

        Raises NotFoundError for an unknown id, and UsageError for what is no id, without repeating it: it may be a key.
        """
        if not is_key_id(key_id):
            raise UsageError("this is no id of a key", remedy="Give the 12 characters that biocite keys list shows")
        with self._connected() as db:
            if db is not None:
                with _transaction(db):
                    statement = "UPDATE keys SET revoked = ? WHERE key_id = ? AND revoked IS NULL"
                    db.execute(statement, (int(self._clock()), key_id))
                if (row := _find(db, key_id)) is not None:
                    return row.record()
        raise NotFoundError(f"there is no key {key_id}", remedy="See: biocite keys list")

    def caller_of(self, key_text: str) -> Caller:
        """Who presents this key. Raises UnauthorisedError, the same for every reason, if it is not valid now."""
        key_id = id_in(key_text)
        with self._connected() as db:
            row = None if db is None else _find(db, key_id)
        salt, digest = self._decoy if row is None else (row.salt, row.digest)
        same = hmac.compare_digest(hashed(salt, key_text if key_id else ""), digest)
        now = self._clock()
        if row is None or not same or row.revoked is not None or (row.expires is not None and now >= row.expires):
            raise UnauthorisedError(_REFUSED, remedy=_REMEDY)
        self._note_use(row, now)
        return Caller(row.key_id, row.name, frozenset(row.scopes), row.audience, KeyLimits(row.per_minute, row.at_once))

    def _note_use(self, row: _Row, now: float) -> None:
        """Write that a key was used, at most once a minute. Not being able to keeps nobody out."""
        if 0 <= now - max(self._noted.get(row.key_id, 0.0), row.last_used or 0) < _NOTE_EVERY_S:
            return
        self._noted[row.key_id] = now
        try:
            # Never waits: neither for another writer nor (synchronous = NORMAL with a write-ahead log) for the disk.
            with closing(_connect(self._path, wait=0)) as db:
                db.execute("PRAGMA synchronous = NORMAL")
                db.execute("UPDATE keys SET last_used = ? WHERE key_id = ?", (int(now), row.key_id))
        except sqlite3.Error as error:
            _LOG.warning("when key %s was last used could not be noted: %s", row.key_id, error)

    def _make_file(self) -> None:
        """Make the empty file if there is none, whole or not at all; the mark that keys are asked for goes first."""
        service_folder(self._directory)
        with closing(sqlite3.connect(":memory:")) as db:
            db.executescript(_SCHEMA)
            empty = db.serialize()
        make_once(self._folder / MARKER, _MARKER_TEXT)
        for left in ("-wal", "-shm", "-journal"):
            if _is_there(self._folder / (FILE + left)) and not _is_there(self._path):
                raise self._damaged(f"was removed, {FILE}{left} was not")  # SQLite would take it for the new file's
        make_once(self._path, empty)

    @contextmanager
    def _connected(self) -> Iterator[sqlite3.Connection | None]:
        """The file, None while no key was ever created. One thread at a time."""
        with self._lock:
            try:
                yield self._current()
            except sqlite3.OperationalError as error:
                raise IndexStateError(f"{self._path}: cannot be used ({error})", remedy="Try again") from error
            except (sqlite3.Error, msgspec.ValidationError) as error:
                raise self._damaged(f"is damaged ({error})") from error

    def _current(self) -> sqlite3.Connection | None:
        """The connection to the file that has the name now, which need not be the one that had it before."""
        try:
            status = self._path.stat()
        except FileNotFoundError:
            if self.any_key():
                raise self._damaged("is not there") from None
            return None
        except OSError as error:
            raise self._damaged(f"cannot be read ({error.strerror})") from error
        identity = (status.st_dev, status.st_ino)
        if self._db is None or identity != self._identity:
            if self._db is not None:
                self._db.close()
                self._db = None
            self._db, self._identity = self._opened(), identity
            self._required = True
        return self._db

    def _opened(self) -> sqlite3.Connection:
        db = _connect(self._path, wait=_WAIT_S)
        try:
            # Readers of a write-ahead log do not wait for writers, in whichever process.
            db.execute("PRAGMA journal_mode = WAL").fetchall()
            db.execute("PRAGMA synchronous = FULL")
            found = db.execute("PRAGMA quick_check(1)").fetchall()
            version = db.execute("PRAGMA user_version").fetchall()
            db.execute(f"SELECT {_COLUMNS} FROM keys LIMIT 0").fetchall()
        except sqlite3.Error as error:
            db.close()
            raise self._damaged(f"is damaged or cannot be read ({error})") from error
        if found != [("ok",)] or version != [(_VERSION,)]:
            db.close()
            raise self._damaged(f"is damaged or of another version (check: {found[0][0]}, version: {version[0][0]})")
        return db

    def _damaged(self, what: str) -> IndexStateError:
        return IndexStateError(f"{self._path}: {what}", remedy=_CLOSED)


def _connect(path: Path, *, wait: float) -> sqlite3.Connection:
    """An existing file, in autocommit mode: every statement sees what was committed last. Waits for locks so long."""
    uri = f"file:{quote(str(path.absolute()))}?mode=rw"
    return sqlite3.connect(uri, uri=True, timeout=wait, isolation_level=None, check_same_thread=False)


@contextmanager
def _transaction(db: sqlite3.Connection) -> Iterator[None]:
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
        db.execute("COMMIT")
    except BaseException:
        if db.in_transaction:
            db.execute("ROLLBACK")
        raise


def _find(db: sqlite3.Connection, key_id: str) -> _Row | None:
    # All rows are fetched: a statement that is not at its end would keep seeing the past.
    rows = db.execute(f"SELECT {_COLUMNS} FROM keys WHERE key_id = ?", (key_id,)).fetchall()
    return _row(rows[0]) if rows else None


def _row(values: tuple[Any, ...]) -> _Row:
    """A row as it must be; msgspec.ValidationError for another."""
    named = dict(zip(_Row.__struct_fields__, values, strict=True))
    try:
        named["scopes"] = json.loads(named["scopes"])
    except (TypeError, ValueError) as error:
        raise msgspec.ValidationError(f"scopes: {error}") from error
    return msgspec.convert(named, _Row, builtin_types=(bytes,))  # else text would be read as base64


def _moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _is_there(path: Path) -> bool:
    """Whether a file is there; IndexStateError where that cannot be told, which must not be taken for a no."""
    try:
        path.stat()
    except FileNotFoundError:
        return False
    except OSError as error:
        raise IndexStateError(f"{path}: cannot be looked for ({error.strerror})") from error
    return True
