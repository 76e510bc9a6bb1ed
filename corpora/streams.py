"""Byte streams that can be looked into before they are read, and that say in one way when they are damaged.

path -> CountingStream -> PeekStream -> (where gzip) Inflated -> PeekStream -> parser
"""

import gzip
import zlib
from collections.abc import Callable, Iterator
from typing import IO, Protocol, cast

from corpora.errors import SourceError

CHUNK_BYTES = 128 * 1024
DAMAGED = "Fetch the file again: nothing of a damaged file is kept"
"""The remedy for a file that is not whole."""

MAX_RATIO = 200
"""How many times its packed size a file may unpack to. PubMed's reach 14, PMC's 7; deflate cannot pass 1,032."""

FREE_BYTES = 256 * 1024 * 1024
"""How much may be unpacked before the ratio counts."""

_GZIP_MAGIC = b"\x1f\x8b"


class ByteStream(Protocol):
    """What a parser needs of a file: `read`, which gives at most `size` bytes and none only at the end."""

    def read(self, size: int = -1, /) -> bytes:
        """The next bytes."""
        ...


class PeekStream:
    """A stream that can be looked into. A file that is truncated or fails its checksum raises `SourceError`."""

    def __init__(self, stream: ByteStream, source: str) -> None:
        self._stream = stream
        self._source = source
        self._ahead = b""

    def peek(self, size: int) -> bytes:
        """The next `size` bytes, fewer only where the stream ends; they stay to be read."""
        while len(self._ahead) < size and (more := self._pull(size - len(self._ahead))):
            self._ahead += more
        return self._ahead[:size]

    def read(self, size: int = CHUNK_BYTES, /) -> bytes:
        """The next bytes, at most `size` of them and none only at the end."""
        if not self._ahead:
            return self._pull(size)
        found, self._ahead = self._ahead[:size], self._ahead[size:]
        return found

    def chunks(self) -> Iterator[bytes]:
        """All that is left, about `CHUNK_BYTES` at a time."""
        while chunk := self.read(CHUNK_BYTES):
            yield chunk

    def read_all(self, limit: int) -> bytes:
        """All that is left, in one piece; of more than `limit` bytes only a beginning, longer than `limit`."""
        pieces: list[bytes] = []
        length = 0
        for chunk in self.chunks():
            pieces.append(chunk)
            length += len(chunk)
            if length > limit:
                break
        return b"".join(pieces)

    def _pull(self, size: int) -> bytes:
        try:
            return self._stream.read(size)
        except (EOFError, OSError, zlib.error) as error:
            raise SourceError(f"{self._source}: cannot be read to its end ({error})", remedy=DAMAGED) from None


class CountingStream:
    """Passes bytes on and tells `progress`, where there is one, how many each time; `count` is their sum."""

    def __init__(self, stream: ByteStream, progress: Callable[[int], None] | None = None) -> None:
        self._stream = stream
        self._progress = progress
        self.count = 0

    def read(self, size: int = -1, /) -> bytes:
        """The next bytes."""
        data = self._stream.read(size)
        self.count += len(data)
        if data and self._progress is not None:
            self._progress(len(data))
        return data


class _Inflated:
    """The unpacked bytes of a gzip stream, refused when they are far more than any literature unpacks to."""

    def __init__(self, packed: ByteStream, source: str) -> None:
        self._packed = CountingStream(packed)
        self._unpacked = gzip.GzipFile(fileobj=cast(IO[bytes], self._packed), mode="rb")
        self._source = source
        self._count = 0

    def read(self, size: int = -1, /) -> bytes:
        data = self._unpacked.read(size)
        self._count += len(data)
        if self._count > FREE_BYTES and self._count > MAX_RATIO * self._packed.count:
            raise SourceError(
                f"{self._source}: unpacks to more than {MAX_RATIO} times its size, as only files made to do harm do",
                remedy="Leave it out, or unpack it yourself where you trust it",
            )
        return data


def inflate(stream: PeekStream, source: str) -> PeekStream:
    """The stream itself, or unpacked where its first bytes say that it is gzip."""
    if stream.peek(len(_GZIP_MAGIC)) != _GZIP_MAGIC:
        return stream
    return PeekStream(_Inflated(stream, source), source)
