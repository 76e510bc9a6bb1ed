"""Tar bundles of literature, such as PMC's bulk files, streamed member by member. Nothing is written to disk.

Members that are no literature (figures, PDFs, licence texts, links) are counted, and reported together in one `Skipped`
at the end. An article that cannot be parsed is `Skipped` by itself. A bundle that is damaged or truncated, or holds a
PubMed file that is, raises `SourceError`.
"""

import tarfile
from collections import Counter
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import IO, cast

from corpora.errors import SourceError
from corpora.formats import PARSERS, TAR, recognise
from corpora.records import Record, Skipped
from corpora.streams import DAMAGED, PeekStream, inflate
from corpora.xml import MAX_PROLOGUE_BYTES

_BLOCK = tarfile.BLOCKSIZE
_MAX_HEADER_BYTES = 1024 * 1024  # of one member: `tarfile` reads its names into memory, whatever their length


def parse_bundle(stream: PeekStream, source: str) -> Iterator[Record]:
    """The records of every member, in the bundle's order; their source is ``bundle!member``."""
    blocks = _Blocks(stream, source)
    members = _Members(source)
    try:
        with tarfile.open(fileobj=cast(IO[bytes], blocks), mode="r|", bufsize=_BLOCK) as archive:
            while (member := archive.next()) is not None:
                archive.members.clear()  # type: ignore[attr-defined]  # else it remembers every one
                blocks.allow(member.size)
                yield from members.read(archive, member)
        blocks.check_end()
    except tarfile.TarError as error:
        raise SourceError(f"{source}: is a damaged tar bundle ({error})", remedy=DAMAGED) from None
    yield from members.report()


class _Blocks:
    """The blocks of a bundle for `tarfile`, which by itself would trust every header and mind no missing end."""

    def __init__(self, stream: PeekStream, source: str) -> None:
        self._stream = stream
        self._source = source
        self._allowed = _MAX_HEADER_BYTES
        self._last = b""

    def allow(self, size: int) -> None:
        """Let the next member's content be read, and the header of the one after it."""
        self._allowed = size + _BLOCK + _MAX_HEADER_BYTES

    def read(self, size: int) -> bytes:
        """The next block, none or less of it only at the end."""
        data = self._stream.read(size)
        while data and len(data) < size and (more := self._stream.read(size - len(data))):
            data += more
        self._last = data
        self._allowed -= len(data)
        if self._allowed < 0:
            raise tarfile.ReadError(f"a member's header is longer than {_MAX_HEADER_BYTES:,} bytes")
        return data

    def check_end(self) -> None:
        """A whole bundle ends with blocks of zeros, of which `tarfile` reads the first, and then nothing else."""
        if self._last != bytes(_BLOCK):
            raise tarfile.ReadError("it is truncated, or the header of a member is corrupt")
        for chunk in self._stream.chunks():
            if chunk.strip(b"\x00"):
                raise tarfile.ReadError("something follows its end")


class _Members:
    """Reads one member after the other, and counts those that are not read, by kind."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._count = 0
        self._left_out: Counter[str] = Counter()

    def read(self, archive: tarfile.TarFile, member: tarfile.TarInfo) -> Iterator[Record]:
        if member.isdir():
            return
        self._count += 1
        content = archive.extractfile(member) if member.isreg() and not member.issparse() else None
        if content is None:
            self._left_out["link or device"] += 1
            return
        name = f"{self._source}!{printable(member.name)}"
        stream = inflate(PeekStream(content, name), name)
        stream.peek(MAX_PROLOGUE_BYTES)  # so that damage shows here, and what `recognise` refuses is the content
        try:
            found = recognise(stream, name)
        except SourceError as error:
            yield Skipped(name, 1, error.message.removeprefix(f"{name}: "))
            return
        if found.kind in PARSERS:
            yield from PARSERS[found.kind](stream, name)
        elif found.is_xml or found.kind == TAR:
            yield Skipped(name, 1, f"is {found.what}, which is not read")
        else:
            self._left_out[PurePosixPath(member.name).suffix.lower() or found.what] += 1

    def report(self) -> Iterator[Skipped]:
        if self._left_out:
            kinds = ", ".join(f"{count:,} {printable(kind)}" for kind, count in sorted(self._left_out.items()))
            total = sum(self._left_out.values())
            yield Skipped(self._source, self._count, f"{total:,} of {self._count:,} members are no articles: {kinds}")


def printable(name: str) -> str:
    """A file's name as it can be shown and stored, whatever bytes it was made of: odd characters are escaped."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in name)
