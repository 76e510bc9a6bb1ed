"""The form of the audit log: one line of JSON an entry, each chained to the one before by its hash.

    line  = canonical JSON of the entry, with "previous" and "hash", and a line feed
    hash  = SHA-256(previous, 32 bytes || canonical JSON of the entry without "previous" and "hash"), in hexadecimal

Canonical JSON here: names sorted, no spaces, everything outside ASCII escaped (``json.dumps`` with ``sort_keys``,
``separators=(",", ":")`` and ``ensure_ascii``). So nothing in an entry can begin a new line, whatever a program takes
for the end of one, and each entry can be written in one way only.

Whoever changes, removes, adds or moves an entry would have to compute all later hashes anew, and then the last one is
another. Somebody who may write the file can do that, or cut off its end: only a copy of the last hash (the head) that
is kept elsewhere shows it.
"""

import fcntl
import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import msgspec

from api.access.folder import service_path
from corpora.errors import IndexStateError, NotFoundError

FILE = "audit.jsonl"
START = "0" * 64
"""What stands for the hash before the first entry."""
MAX_LINE = 4_000_000
"""Bytes of a line, its line feed included."""
_BLOCK = 65_536
_HEX = frozenset("0123456789abcdef")


class AuditReport(msgspec.Struct, frozen=True):
    """What a log holds. `head` is the hash of the last entry that is right, `line` (from 1) the first one that is not.

    `problem` is "" where all is right. `found` and `expected` are what differs there. `head_found` is whether the head
    that was asked for is among the entries, None if none was.
    """

    entries: int
    head: str
    problem: str = ""
    line: int = 0
    found: str = ""
    expected: str = ""
    head_found: bool | None = None


class _BrokenLine(Exception):  # noqa: N818 - carries what is wrong to the report
    def __init__(self, problem: str, found: object = "", expected: object = "") -> None:
        super().__init__(problem)
        self.problem, self.found, self.expected = problem, str(found)[:200], str(expected)[:200]


def canonical(value: dict[str, Any]) -> bytes:
    """Canonical JSON. Raises ValueError, TypeError or RecursionError for what has none, such as NaN."""
    return json.dumps(value, ensure_ascii=True, sort_keys=True, separators=(",", ":"), allow_nan=False).encode("ascii")


def entry_hash(previous: str, entry: dict[str, Any]) -> str:
    """The hash of an entry (without "previous" and "hash") after the one with the hash `previous`."""
    return hashlib.sha256(bytes.fromhex(previous) + canonical(entry)).hexdigest()


def chained(entry: dict[str, Any], previous: str) -> tuple[bytes, str]:
    """The line of an entry after the one with the hash `previous`, and its own hash."""
    digest = entry_hash(previous, entry)
    return canonical({**entry, "previous": previous, "hash": digest}) + b"\n", digest


def read_line(line: bytes) -> dict[str, Any]:
    """An entry with "previous" and "hash" from its line, which must be whole, canonical and have its own right hash.

    Raises ValueError, saying what is wrong.
    """
    try:
        return _checked(line)
    except _BrokenLine as broken:
        raise ValueError(broken.problem) from None


def _checked(line: bytes) -> dict[str, Any]:
    if not line.endswith(b"\n"):
        longer = len(line) >= MAX_LINE
        raise _BrokenLine("the line is too long" if longer else "the line has no end", len(line), "a line feed")
    try:
        entry: dict[str, Any] = json.loads(line)
        same = isinstance(entry, dict) and canonical(entry) + b"\n" == line
    except (ValueError, RecursionError) as error:
        raise _BrokenLine("the line is no JSON", error, "an entry") from None
    if not same:
        raise _BrokenLine("the line is not in canonical form", line.decode("utf-8", "replace"), "canonical JSON")
    if not all(_is_hash(entry.get(name)) for name in ("previous", "hash")) or type(entry.get("sequence")) is not int:
        raise _BrokenLine("the line is no entry", sorted(entry), "sequence, previous and hash, among others")
    rest = {name: value for name, value in entry.items() if name not in ("previous", "hash")}
    expected = entry_hash(entry["previous"], rest)
    if entry["hash"] != expected:
        raise _BrokenLine("the entry does not have the hash of its content", entry["hash"], expected)
    return entry


def _is_hash(value: object) -> bool:
    return isinstance(value, str) and len(value) == 64 and set(value) <= _HEX


def verify(directory: Path, head: str | None = None) -> AuditReport:
    """Check every entry of a log, one at a time: its form, its hash, its place. Changes nothing.

    A service may append meanwhile; what was there at the beginning is checked. `head` is a hash that an earlier check
    gave: without it an end that was cut off, or a log that was written anew as a whole, cannot be seen.
    Raises NotFoundError where there is no log, IndexStateError where it cannot be read.
    """
    wanted = None if head is None else head.strip().lower()
    entries, last, seen = 0, START, wanted == START
    with _opened(directory) as (stream, size):
        try:
            for line in _lines(stream, size):
                entry = _checked(line)
                if entry["sequence"] != entries + 1:
                    raise _BrokenLine("the entry has another number", entry["sequence"], entries + 1)
                if entry["previous"] != last:
                    raise _BrokenLine("the entry does not follow the one before", entry["previous"], last)
                entries, last = entries + 1, entry["hash"]
                seen = seen or last == wanted
        except _BrokenLine as broken:
            found = None if wanted is None else seen
            return AuditReport(entries, last, broken.problem, entries + 1, broken.found, broken.expected, found)
    if wanted is None:
        return AuditReport(entries, last)
    if seen:
        return AuditReport(entries, last, head_found=True)
    problem = "the log does not hold the entry of the given head: its end was cut off, or it was written anew"
    return AuditReport(entries, last, problem, found=last, expected=wanted[:200], head_found=False)


def last_lines(directory: Path, number: int) -> list[bytes]:
    """The last lines of a log, oldest first, not verified; the very last one may have no end.

    Raises what `verify` raises.
    """
    with _opened(directory) as (stream, size):
        return tail(stream.fileno(), size, number)


def tail(descriptor: int, size: int, number: int) -> list[bytes]:
    """The last `number` lines of the first `size` bytes of a file, read from its end; the last may have no end.

    Of lines longer than `MAX_LINE` only the end is given. Raises OSError.
    """
    start, found = size, b""
    while start and found.count(b"\n", 0, max(0, len(found) - 1)) < number and len(found) < number * MAX_LINE:
        length = min(start, max(_BLOCK, len(found)))
        start -= length
        found = os.pread(descriptor, length, start) + found
    lines = [line + b"\n" for line in found.split(b"\n")]
    lines[-1] = lines[-1][:-1]
    return [line for line in lines if line][-number:]


@contextmanager
def _opened(directory: Path) -> Iterator[tuple[BinaryIO, int]]:
    """The log and its size at a moment when nobody was appending."""
    path = service_path(directory) / FILE
    try:
        with path.open("rb") as stream:
            fcntl.flock(stream, fcntl.LOCK_SH)
            size = os.fstat(stream.fileno()).st_size
            fcntl.flock(stream, fcntl.LOCK_UN)
            yield stream, size
    except FileNotFoundError as error:
        raise NotFoundError(
            f"{path}: there is no audit log", remedy="It begins with the first key or the first request of a service"
        ) from error
    except OSError as error:
        raise IndexStateError(
            f"{path}: cannot be read ({error.strerror})", remedy="Run biocite as the user that the service runs as"
        ) from error


def _lines(stream: BinaryIO, size: int) -> Iterator[bytes]:
    """The lines of the first `size` bytes; of one that is too long, its first `MAX_LINE` bytes."""
    left = size
    while left > 0 and (line := stream.readline(min(left, MAX_LINE))):
        left -= len(line)
        yield line
