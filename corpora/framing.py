"""Cuts a stream of XML into the records under its root element, each of which is then parsed on its own.

So a record that is malformed costs that record alone, and memory holds one record, whatever the size of the file. What
cannot be trusted as a whole is refused: a file that ends before its root element does, or cannot be decompressed to its
end, raises `SourceError`.

A scan for the tags of the records is enough, because no record holds another and because ``<`` can stand neither in
text nor in an attribute. Comments, CDATA sections and processing instructions, where it can, are stepped over.
"""

import re
from collections.abc import Iterator

import msgspec

from corpora.encoding import HEAD_BYTES, transcode, xml_encoding
from corpora.errors import SourceError
from corpora.streams import DAMAGED, ByteStream, PeekStream
from corpora.xml import MAX_PROLOGUE_BYTES, MAX_RECORD_BYTES, find_root

_CLOSERS = {b"<!--": b"-->", b"<![CDATA[": b"]]>", b"<?": b"?>"}
_ALLOWED_BETWEEN = re.compile(rb"(?:\s++|<!--.*?-->|<\?.*?\?>)*+", re.DOTALL)
_NAMESPACE = re.compile(rb"""\s(xmlns(?::[^\s=]+)?)\s*=\s*("[^"]*"|'[^']*')""")
_QUOTED = 40  # how much of what should not be there a message shows


class Frame(msgspec.Struct, frozen=True):
    """One record, cut out: `data` is its element in UTF-8, or empty where `problem` says why it is lost.

    `record` counts from 1 within the file; `tag` is the element's name, empty for what stands outside all records.
    """

    record: int
    tag: str
    data: bytes = b""
    problem: str = ""


def frames(stream: ByteStream, source: str, root: str, records: tuple[str, ...]) -> Iterator[Frame]:
    """The elements named in `records` right under the element `root`, in file order, with all that is wrong between.

    Raises `SourceError` for a prologue that `corpora.xml.check_prologue` refuses, for another root element, for a file
    that is damaged or truncated, and for one that goes on after its root element; the message then says how many
    records were read before.
    """
    peekable = PeekStream(stream, source)
    head = peekable.peek(MAX_PROLOGUE_BYTES)
    found = find_root(head, source)
    if found.name != root:
        raise SourceError(f"{source}: its root element is <{found.name}>, where <{root}> was expected")
    text = _Text(_utf8(peekable, head, source), (root, *records))
    text.skip(found.start)
    cutter = _Cutter(text, source, root)
    try:
        yield from cutter.cut()
    except SourceError as error:
        raise SourceError(f"{error.message}; records read before: {cutter.count:,}", remedy=error.remedy) from None


def _utf8(stream: PeekStream, head: bytes, source: str) -> Iterator[bytes]:
    encoding, mark = xml_encoding(head[:HEAD_BYTES], source)
    stream.read(mark)
    return stream.chunks() if encoding == "utf-8" else transcode(stream.chunks(), encoding, source)


class _Tag(msgspec.Struct, frozen=True):
    """The beginning of a start or end tag (``</name``), and where in the text it is."""

    start: int
    name: str
    closing: bool

    def __str__(self) -> str:
        return f"<{'/' if self.closing else ''}{self.name}>"


class _Text:
    """The part of the stream that is in memory: `data`, scanned up to `at`. Told to remember too much, it forgets.

    What was forgotten (`overflowed`) is never more than the beginning of one record or of one stretch between records.
    """

    def __init__(self, chunks: Iterator[bytes], names: tuple[str, ...]) -> None:
        self.data = bytearray()  # which drops its beginning without moving the rest
        self.at = 0
        self.overflowed = False
        self._chunks = chunks
        alternatives = "|".join(map(re.escape, names))
        self._token = re.compile(rf"<(?:!--|!\[CDATA\[|\?|(/?)({alternatives})(?=[\s/>]))".encode())
        self._longest_token = max(len("<![CDATA["), max(map(len, names)) + len("</ "))

    def more(self) -> bool:
        """Append what comes next; False at the end of the stream."""
        chunk = next(self._chunks, None)
        if chunk is None:
            return False
        if len(self.data) > MAX_RECORD_BYTES:
            self.drop(self.at)
            self.overflowed = True
        self.data += chunk
        return True

    def drop(self, end: int) -> None:
        """Forget the first `end` bytes; the scan goes on from there."""
        del self.data[:end]
        self.at = 0
        self.overflowed = False

    def skip(self, count: int) -> None:
        """Go to `count` bytes from the start."""
        while len(self.data) < count and self.more():
            pass
        self.drop(count)

    def after(self, closer: bytes) -> int | None:
        """Scan to behind the next `closer` and say where that is; None where the stream ends before it."""
        while (found := self.data.find(closer, self.at)) < 0:
            self.at = max(self.at, len(self.data) - len(closer) + 1)
            if not self.more():
                return None
        self.at = found + len(closer)
        return self.at

    def next_tag(self) -> _Tag | None:
        """Scan to behind the next tag name that matters; None where the stream ends before it."""
        while True:
            token = self._token.search(self.data, self.at)
            if token is None:
                self.at = max(self.at, len(self.data) - self._longest_token)
                if not self.more():
                    return None
                continue
            self.at = token.end()
            if token[2] is not None:
                return _Tag(token.start(), token[2].decode(), bool(token[1]))
            if self.after(_CLOSERS[token[0]]) is None:
                return None


class _Cutter:
    """Cuts the text, which stands at the start tag of the root element."""

    def __init__(self, text: _Text, source: str, root: str) -> None:
        self._text = text
        self._source = source
        self._root = root
        self._namespaces: list[tuple[bytes, bytes]] = []
        self.count = 0

    def cut(self) -> Iterator[Frame]:
        """All frames to the end of the file; `count` tells how many there have been."""
        if self._enter():
            while True:
                tag = self._expect_tag("before the end of its root element")
                if stray := self._before(tag):
                    yield stray
                if tag.name != self._root and not tag.closing:
                    yield self._record(tag.name)
                elif tag.name == self._root and tag.closing:
                    break
                else:
                    yield self._stray(tag)
            self._leave_tag()
        self._check_end()

    def _enter(self) -> bool:
        """Step over the root's start tag; False where that is also its end."""
        tag = self._leave_tag()
        self._namespaces = _NAMESPACE.findall(tag)
        return not tag.endswith(b"/>")

    def _leave_tag(self) -> bytes:
        """Step over the tag the text stands at, and give it back."""
        end = self._expect_end()
        tag = bytes(self._text.data[:end])
        self._text.drop(end)
        return tag

    def _expect_tag(self, where: str) -> _Tag:
        tag = self._text.next_tag()
        if tag is None:
            raise SourceError(f"{self._source}: ends {where}", remedy=DAMAGED)
        return tag

    def _expect_end(self) -> int:
        """Behind the tag being scanned. (A ``>`` quoted in it ends it too soon, which no record's tag has.)"""
        end = self._text.after(b">")
        if end is None:
            raise SourceError(f"{self._source}: ends inside a tag", remedy=DAMAGED)
        return end

    def _record(self, name: str) -> Frame:
        """The record at whose start tag the text stands; the text then stands behind it."""
        text = self._text
        end = self._expect_end()
        if text.data[end - 2 : end] == b"/>":
            return self._cut_out(name, end)
        tag = self._expect_tag(f"inside record {self.count + 1}, a <{name}>")
        if tag.closing and tag.name == name:
            return self._cut_out(name, self._expect_end())
        text.drop(tag.start)
        return self._lost(f"its end tag </{name}> is missing before {tag}", name)

    def _cut_out(self, name: str, end: int) -> Frame:
        too_long = self._text.overflowed or end > MAX_RECORD_BYTES
        data = bytes(self._text.data[:end])
        self._text.drop(end)
        if too_long:
            return self._lost(f"is longer than the {MAX_RECORD_BYTES:,} bytes that one record may have", name)
        self.count += 1
        return Frame(self.count, name, self._with_namespaces(data, len(name) + 1))

    def _with_namespaces(self, data: bytes, at: int) -> bytes:
        """The record with the namespaces that the root declared for it, as far as it has none of that name itself."""
        if not self._namespaces:
            return data
        own = {name for name, _ in _NAMESPACE.findall(data[: data.find(b">")])}
        inherited = [b" %b=%b" % declared for declared in self._namespaces if declared[0] not in own]
        return b"".join((data[:at], *inherited, data[at:]))

    def _before(self, tag: _Tag) -> Frame | None:
        """Go to the tag. What stands before it, other than comments and instructions, does not belong there."""
        text = self._text
        stray = _stray_in(text.data[: tag.start])
        overflowed = text.overflowed
        text.drop(tag.start)
        text.at = 1
        if not stray and not overflowed:
            return None
        return self._lost(f"{_quoted(stray)} stands between the records, where only records should be")

    def _stray(self, tag: _Tag) -> Frame:
        self._leave_tag()
        return self._lost(f"the tag {tag} stands where it cannot be")

    def _lost(self, problem: str, name: str = "") -> Frame:
        self.count += 1
        return Frame(self.count, name, b"", problem)

    def _check_end(self) -> None:
        """Read to the end of the file, where its checksum is, finding nothing but comments and white space."""
        text = self._text
        while not text.overflowed and text.more():
            pass
        if stray := _stray_in(text.data):
            raise SourceError(
                f"{self._source}: {_quoted(stray)} follows the end of its root element, where the file should end",
                remedy="Make a file of its own of each XML document in it",
            )


def _stray_in(gap: bytearray) -> bytes:
    """What comes after the white space, comments and instructions that may stand between records."""
    allowed = _ALLOWED_BETWEEN.match(gap)
    return bytes(gap[allowed.end() :]).strip() if allowed else bytes(gap)


def _quoted(stray: bytes) -> str:
    return repr(stray[:_QUOTED].decode(errors="replace"))
