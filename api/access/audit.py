"""The audit log: who did what when, and which documents were shown. Append-only, chained (`api.access.audit_chain`).

An entry is durable before whatever it records is answered: `append` and `write` return once it is on disk, and raise
where it cannot be, so that a service which cannot keep its log does not answer. A writer thread collects what waits and
writes it together (group commit). Several processes may append to one log: each takes the file's lock, and reads the
end again if it moved.

The file grows by some 500 bytes an entry (two hashes of 64 characters are in each) and is never cut; 1 million requests
are about 0.5 GB. To begin a new one stop the service, note the head (``biocite audit verify``) and move the file away;
the new log starts from number 1.
"""

import asyncio
import fcntl
import hmac
import json
import os
import secrets
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any, Self

import msgspec

from api.access.audit_chain import (
    FILE,
    MAX_LINE,
    START,
    AuditReport,
    canonical,
    chained,
    last_lines,
    read_line,
    tail,
    verify,
)
from api.access.folder import make_once, open_private, service_folder, sync_names
from corpora.errors import IndexStateError, UsageError

__all__ = ["FILE", "KEY_FILE", "AuditEvent", "AuditLog", "AuditReport", "last_lines", "verify"]

KEY_FILE = "audit.key"
_KEY_BYTES = 32
_AT_ONCE = 1_000
_REMEDY = "Check free space and permissions; nothing is answered that cannot be recorded"


class AuditEvent(msgspec.Struct, frozen=True):
    """What is recorded. All but `kind` may be left out.

    `kind` is what happened (``search``, ``ask``, ``document``, ``keys-created``, ``refused``), `status` what came of it
    (an HTTP status, or the status of an answer), `documents` the ids of the documents shown, `text` what was asked,
    which is stored as a keyed hash unless the log was told otherwise, and `extra` what else is known, of JSON's types.
    """

    kind: str
    key_id: str = ""
    name: str = ""
    status: int | str = ""
    record_id: str = ""
    documents: tuple[str, ...] = ()
    text: str | None = None
    extra: dict[str, Any] = {}


class _Waiting(msgspec.Struct, frozen=True):
    entry: dict[str, Any]
    outcome: "Future[int]"


class AuditLog:
    """The log of one index directory's service, made if there is none. Safe to share between threads; to be closed.

    With `hash_texts` a text is stored as its HMAC-SHA-256 under a random key in ``service/audit.key``: whoever has the
    log without that key cannot try out what a text might have been, and whoever has both can tell whether a given text
    was asked. Raises IndexStateError where the log cannot be used, or ends with what is no entry.
    """

    def __init__(
        self, directory: Path, hash_texts: bool = True, *, clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        folder = service_folder(directory)
        self._path, self._clock = folder / FILE, clock
        self._key = _text_key(folder / KEY_FILE) if hash_texts else None
        self._size, self._sequence, self._head = -1, 0, START
        self._due: list[dict[str, Any]] = []  # entries about the log itself that are still to be written
        try:
            self._file = open_private(self._path, os.O_RDWR | os.O_APPEND | os.O_CREAT)
            sync_names(folder)
        except OSError as error:
            raise self._failed(error) from error
        self._changed = threading.Condition()
        self._waiting: list[_Waiting] = []
        self._closed = False
        self._writer = threading.Thread(target=self._write_all, name="biocite-audit", daemon=True)
        self._writer.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Write what waits and close the file. Doing so again does nothing."""
        with self._changed:
            if self._closed:
                return
            self._closed = True
            self._changed.notify()
        self._writer.join()
        os.close(self._file)

    def append(self, event: AuditEvent) -> int:
        """Record an event; its number in the log, once it is on disk.

        Raises IndexStateError if it cannot be written: the log is then as it was. Raises UsageError for an event that
        is too long or has no JSON form.
        """
        return self._submit(event).result()

    async def write(self, event: AuditEvent) -> int:
        """`append` without blocking the event loop. Who stops waiting does not take the entry back."""
        return await asyncio.wrap_future(self._submit(event))

    def _submit(self, event: AuditEvent) -> "Future[int]":
        entry = self._entry(event)
        outcome: Future[int] = Future()
        outcome.set_running_or_notify_cancel()  # from here on it cannot be cancelled
        with self._changed:
            if self._closed:
                raise IndexStateError(f"{self._path}: the log is closed")
            self._waiting.append(_Waiting(entry, outcome))
            self._changed.notify()
        return outcome

    def _entry(self, event: AuditEvent) -> dict[str, Any]:
        """What is stored of an event; its number and time are added when it is written, so that both rise together."""
        entry: dict[str, Any] = {
            "kind": event.kind,
            "key_id": event.key_id,
            "name": event.name,
            "status": event.status,
            "record_id": event.record_id,
            "documents": list(event.documents),
        }
        if event.text is not None and self._key is None:
            entry["text"] = event.text
        elif event.text is not None and self._key is not None:
            entry["text_hmac_sha256"] = text_hash(self._key, event.text)
        try:
            # Read back, so that it is a copy, and of JSON's own types: a key 10 sorts otherwise than "10".
            entry["extra"] = json.loads(canonical(event.extra)) if event.extra else {}
            length = len(canonical(entry))
        except (ValueError, TypeError, RecursionError) as error:
            raise UsageError(f"the audit log cannot record this request ({error})") from error
        if length > MAX_LINE - 1_000:  # room for number, time and hashes
            raise UsageError(f"the audit log cannot record this request: {length:,} bytes are too many for one entry")
        return entry

    def _write_all(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._waiting or self._closed)
                batch, self._waiting = self._waiting[:_AT_ONCE], self._waiting[_AT_ONCE:]
            if not batch:
                return
            try:
                numbers = self._commit([waiting.entry for waiting in batch])
            except Exception as error:  # noqa: BLE001 - whoever waits is told, and the thread must go on
                for waiting in batch:
                    waiting.outcome.set_exception(_for_one(error))
            else:
                for waiting, number in zip(batch, numbers, strict=True):
                    waiting.outcome.set_result(number)

    def _commit(self, entries: list[dict[str, Any]]) -> list[int]:
        """Write entries together, and wait for the disk; their numbers. All are written, or none."""
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX)
            try:
                return self._append(entries)
            finally:
                fcntl.flock(self._file, fcntl.LOCK_UN)
        except OSError as error:
            raise self._failed(error) from error

    def _append(self, entries: Sequence[dict[str, Any]]) -> list[int]:
        status = os.fstat(self._file)
        if not os.path.samestat(status, self._path.stat()):
            raise IndexStateError(f"{self._path}: was replaced while it was in use", remedy="Start the service again")
        if status.st_size != self._size:
            self._read_end(status.st_size)
        before, sequence, head = self._size, self._sequence, self._head
        now = self._clock().astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
        lines = []
        for entry in (*self._due, *entries):
            sequence += 1
            line, head = chained({"sequence": sequence, "time": now, **entry}, head)
            lines.append(line)
        try:
            size = before + _write(self._file, b"".join(lines))
            os.fdatasync(self._file)
        except OSError:
            # What nobody was told of must not stay, nor half of it. If this fails too, the next append sees to it.
            self._size = -1
            os.ftruncate(self._file, before)
            os.fdatasync(self._file)
            raise
        self._size, self._sequence, self._head, self._due = size, sequence, head, []
        return list(range(sequence - len(entries) + 1, sequence + 1))

    def _read_end(self, size: int) -> None:
        """Go on after the last entry of a log that moved, or is seen for the first time.

        A last line without an end was being written when its process or the machine stopped, so nobody was told that it
        is recorded: it is cut off, and an entry will say so. Anything else that is no entry is not touched.
        """
        lines = tail(self._file, size, 2)
        torn = lines.pop() if lines and not lines[-1].endswith(b"\n") else b""
        if torn and not lines and len(torn) < size:
            raise self._foreign("a line is longer than any entry")
        try:
            last: dict[str, Any] = read_line(lines[-1]) if lines else {"sequence": 0, "hash": START}
        except ValueError as error:
            raise self._foreign(str(error)) from error
        if torn:
            os.ftruncate(self._file, size - len(torn))
            extra = {"bytes": len(torn), "sha256": sha256(torn).hexdigest()}
            self._due.append(self._entry(AuditEvent("recovered", extra=extra)))
        self._size, self._sequence, self._head = size - len(torn), last["sequence"], last["hash"]

    def _foreign(self, what: str) -> IndexStateError:
        return IndexStateError(
            f"{self._path}: does not end with an entry ({what})",
            remedy="See biocite audit verify; move the file away to begin a new log",
        )

    def _failed(self, error: OSError) -> IndexStateError:
        return IndexStateError(f"{self._path}: cannot be written ({error.strerror})", remedy=_REMEDY)


def text_hash(key: bytes, text: str) -> str:
    """HMAC-SHA-256 (RFC 2104) of a text in UTF-8, in hexadecimal."""
    return hmac.new(key, text.encode("utf-8", "surrogatepass"), sha256).hexdigest()


def _text_key(path: Path) -> bytes:
    make_once(path, secrets.token_bytes(_KEY_BYTES))
    try:
        key = path.read_bytes()
    except OSError as error:
        raise IndexStateError(f"{path}: cannot be read ({error.strerror})", remedy=_REMEDY) from error
    if len(key) != _KEY_BYTES:
        raise IndexStateError(f"{path}: has {len(key)} bytes, expected {_KEY_BYTES}", remedy="Restore it from a backup")
    return key


def _write(descriptor: int, content: bytes) -> int:
    """Write all of it; how many bytes that was. A disk that is nearly full takes a part before it refuses the rest."""
    view = memoryview(content)
    while view:
        view = view[os.write(descriptor, view) :]
    return len(content)


def _for_one(error: Exception) -> Exception:
    """The same error as an object of its own: several threads raise it, and each adds to its trace."""
    if isinstance(error, IndexStateError):
        return IndexStateError(error.message, remedy=error.remedy)
    return IndexStateError(f"the audit log failed ({type(error).__name__}: {error})")
