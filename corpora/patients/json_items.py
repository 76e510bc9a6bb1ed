"""Cuts the objects of a long JSON list out of a stream, one at a time, so that a file is never whole in memory.

`list_items` is for one document: a list (``[{…}, {…}]``) or the list under a key of the outermost object, such as a
FHIR Bundle's ``entry``. `line_items` is for an object a line. Both give each item with its place in the stream, so that
it can be read again. Braces are followed here and nothing else: whether an item is JSON is for whoever decodes it.
"""

import re
from collections.abc import Iterator

import msgspec

from corpora.errors import SourceError
from corpora.streams import DAMAGED, PeekStream
from corpora.xml import MAX_RECORD_BYTES

MAX_DEPTH = 500
"""How deep brackets may nest."""

_MARK = b"\xef\xbb\xbf"
_TO_BRACKET = re.compile(rb'(?:[^"{}\[\]]++|"(?:[^"\\]++|\\.)*+")*+', re.DOTALL)
_TO_QUOTE = re.compile(rb'(?:[^"\\]++|\\.)*+', re.DOTALL)
_OPENING = {ord("}"): ord("{"), ord("]"): ord("[")}
_SPACE = b" \t\r\n"
_KEPT_BEFORE = 256


class Item(msgspec.Struct, frozen=True):
    """An object at `start` (bytes from the beginning of the stream); `data` is empty where `problem` says why.

    `number` counts from 1: the item's place in its list, or the line's number.
    """

    number: int
    start: int
    data: bytes = b""
    problem: str = ""


class _Bracket(msgspec.Struct, frozen=True):
    """A bracket outside all strings; `before` is what stands between it and the one before, or the ends of that."""

    at: int
    symbol: int
    before: bytes


class _Brackets:
    """The brackets of a stream in order, and the bytes of the object that is being kept."""

    def __init__(self, stream: PeekStream, source: str) -> None:
        self._stream = stream
        self._source = source
        self._kept: list[bytes] | None = None
        self._kept_length = 0
        self._chunk = b""
        self._kept_from = 0
        self.left_over = b""

    def keep(self, symbol: bytes) -> None:
        """Keep all bytes from behind the bracket just given, whose symbol this is."""
        self._kept, self._kept_length = [symbol], 1

    def take(self) -> bytes | None:
        """The kept bytes up to and with the bracket just given; None where they are too many."""
        self._save(self._kept_from)
        kept, self._kept = self._kept, None
        return None if kept is None or self._kept_length > MAX_RECORD_BYTES else b"".join(kept)

    def __iter__(self) -> Iterator[_Bracket]:
        base, before, in_string, escaped = 0, b"", False, False
        for chunk in self._stream.chunks():
            self._chunk, at = chunk, 0
            self._kept_from = 0
            while at < len(chunk):
                start = at
                if in_string:
                    at, escaped = _string_end(chunk, at + escaped)
                    in_string = at >= len(chunk)
                    at += not in_string
                    before = _ends(before + chunk[start:at])
                    continue
                at = _end(_TO_BRACKET, chunk, at)
                if at < len(chunk) and chunk[at] == ord('"'):  # a string that this chunk does not end
                    in_string, escaped = True, False
                    before = _ends(before + chunk[start : at + 1])
                    at += 1
                    continue
                before = _ends(before + chunk[start:at])
                if at < len(chunk):
                    at += 1
                    self._advance(at)
                    yield _Bracket(base + at - 1, chunk[at - 1], before)
                    before = b""
            self._advance(len(chunk))
            base += len(chunk)
        self.left_over = before

    def _advance(self, at: int) -> None:
        """The scan has reached `at`; what lies before it is kept, where anything is."""
        self._save(at)
        self._kept_from = at

    def _save(self, at: int) -> None:
        if self._kept is None or at <= self._kept_from:
            return
        self._kept_length += at - self._kept_from
        if self._kept_length > MAX_RECORD_BYTES:
            self._kept.clear()
        else:
            self._kept.append(self._chunk[self._kept_from : at])


def _ends(between: bytes) -> bytes:
    """The first byte, which tells a comma from nothing, and the last ones, where a key is."""
    return between if len(between) <= _KEPT_BEFORE else between[:1] + between[1 - _KEPT_BEFORE :]


def _end(pattern: re.Pattern[bytes], chunk: bytes, at: int) -> int:
    match = pattern.match(chunk, at)
    return match.end() if match else at


def _string_end(chunk: bytes, at: int) -> tuple[int, bool]:
    """Where the string ends in the chunk (its length where it does not), and whether a backslash is left pending."""
    end = _end(_TO_QUOTE, chunk, at)
    pending = end == len(chunk) - 1 and chunk[end] == ord("\\")
    return (len(chunk), True) if pending else (end, False)


def list_items(stream: PeekStream, source: str, key: str = "") -> Iterator[Item]:
    """The objects of the outermost list, or of the list under `key` of the outermost object, in order.

    An object longer than `MAX_RECORD_BYTES` and what is no object are given as problems. Raises `SourceError` for a
    file that ends too soon, whose brackets do not match, or that goes on behind its end. A file without such a list has
    no items.
    """
    brackets = _Brackets(stream, source)
    label = re.compile(rb'(?<!\\)"' + re.escape(key.encode()) + rb'"\s*:\s*$')
    depth_of_list = 2 if key else 1
    stack = bytearray()
    inside, number, start, closed = False, 0, 0, False
    for bracket in brackets:
        _check(bracket, stack, closed, source)
        if bracket.symbol in b"{[":
            if inside and len(stack) == depth_of_list:
                number += 1
                start = bracket.at
                brackets.keep(bytes((bracket.symbol,)))
                if problem := _between(bracket.before, first=number == 1):
                    yield Item(number, start, b"", problem)
            stack.append(bracket.symbol)
            if not inside and len(stack) == depth_of_list and bracket.symbol == ord("["):
                inside = not key or bool(label.search(bracket.before))
        else:
            stack.pop()
            closed = not stack
            if inside and len(stack) == depth_of_list:
                yield _cut(brackets.take(), number, start)
            elif inside and len(stack) == depth_of_list - 1:
                inside = False
                if bracket.before.strip(_SPACE):
                    yield Item(number + 1, bracket.at, b"", _STRAY)
    _check_end(brackets.left_over, stack, closed, source)


_STRAY = "something that is no object stands in the list"


def _between(before: bytes, *, first: bool) -> str:
    return "" if before.strip(_SPACE) == (b"" if first else b",") else _STRAY


def _cut(data: bytes | None, number: int, start: int) -> Item:
    if data is None:
        return Item(number, start, b"", f"is longer than the {MAX_RECORD_BYTES:,} bytes that one record may have")
    if not data.startswith(b"{"):
        return Item(number, start, b"", _STRAY)
    return Item(number, start, data)


def _check(bracket: _Bracket, stack: bytearray, closed: bool, source: str) -> None:
    if closed:
        raise SourceError(f"{source}: goes on behind its end (byte {bracket.at:,})", remedy="Give one document a file")
    if bracket.symbol in b"{[":
        if not stack and bracket.before.removeprefix(_MARK).strip(_SPACE):
            raise SourceError(f"{source}: is not JSON: something stands before its first bracket", remedy=DAMAGED)
        if len(stack) >= MAX_DEPTH:
            raise SourceError(f"{source}: nests deeper than {MAX_DEPTH} levels (byte {bracket.at:,})", remedy=DAMAGED)
    elif not stack or stack[-1] != _OPENING[bracket.symbol]:
        raise SourceError(f"{source}: is not JSON: a bracket at byte {bracket.at:,} closes none", remedy=DAMAGED)


def _check_end(left_over: bytes, stack: bytearray, closed: bool, source: str) -> None:
    if stack or not closed:
        raise SourceError(f"{source}: ends before its last bracket is closed", remedy=DAMAGED)
    if left_over.strip(_SPACE):
        raise SourceError(f"{source}: goes on behind its end", remedy="Give one document a file")


def line_items(stream: PeekStream) -> Iterator[Item]:
    """The lines that are not blank; one longer than `MAX_RECORD_BYTES` is given as a problem."""
    number, start, at, length = 1, 0, 0, 0
    pieces: list[bytes] = []
    for chunk in stream.chunks():
        *ended, rest = chunk.split(b"\n")
        for piece in ended:
            yield from _line(pieces, piece, length + len(piece), Item(number, start))
            at += len(piece) + 1
            pieces.clear()
            number, start, length = number + 1, at, 0
        at += len(rest)
        length += len(rest)
        if length > MAX_RECORD_BYTES:
            pieces.clear()
        else:
            pieces.append(rest)
    yield from _line(pieces, b"", length, Item(number, start))


def _line(pieces: list[bytes], last: bytes, length: int, place: Item) -> Iterator[Item]:
    if length > MAX_RECORD_BYTES:
        problem = f"is longer than the {MAX_RECORD_BYTES:,} bytes that one line may have"
        yield Item(place.number, place.start, b"", problem)
        return
    line = b"".join((*pieces, last))
    if place.number == 1 and line.startswith(_MARK):
        line, place = line.removeprefix(_MARK), Item(1, len(_MARK))
    if line.strip():
        yield Item(place.number, place.start, line)


def outermost(head: bytes) -> bytes:
    """What the beginning of a JSON object says at its own level: its keys and plain values, nested ones left out."""
    found: list[bytes] = []
    depth = at = 0
    while at < len(head):
        end = _end(_TO_BRACKET, head, at)
        if depth == 1:
            found.append(head[at:end])
        if end >= len(head) or head[end] == ord('"'):
            break
        depth += 1 if head[end] in b"{[" else -1
        at = end + 1
    return b"".join(found)
