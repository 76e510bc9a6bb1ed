"""``vectors.f16``: rows of IEEE half floats, little-endian, no header. Read in plain blocks, written at its end.

Not mapped into memory: every page of a mapping that was touched counts as this process's memory.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from corpora.errors import IndexStateError
from indexer.embedding import Vectors

WRITE_REMEDY = "Make room on the disk and see that this user may write there, then run the same command again"
CUT_SHORT = "The file was cut short: run the same biocite index command again, which embeds what is lost anew"


class VectorFile:
    """A file of vectors of `dimensions` numbers. OSErrors of writing are left to the caller, who knows the remedy."""

    def __init__(self, path: Path, dimensions: int) -> None:
        self.path = path
        self.dimensions = dimensions
        self.row_bytes = 2 * dimensions

    def rows(self) -> int:
        """Number of whole rows in the file, 0 where there is no file."""
        return self._size() // self.row_bytes

    def has_more_than(self, rows: int) -> bool:
        """Whether there is anything behind these rows, be it part of a row."""
        return self._size() > rows * self.row_bytes

    def _size(self) -> int:
        return self.path.stat().st_size if self.path.exists() else 0

    def resize(self, rows: int) -> None:
        """Cut the file to so many rows, or fill it up to them with zeros; on disk when this returns."""
        with self._opened(os.O_RDWR) as descriptor:
            os.ftruncate(descriptor, rows * self.row_bytes)
            os.fsync(descriptor)

    def write(self, first: int, raw: bytes) -> None:
        """Write rows at row `first` in place of what follows it; on disk when this returns, else cut off again."""
        place = first * self.row_bytes
        with self._opened(os.O_RDWR | os.O_CREAT) as descriptor:
            try:
                os.ftruncate(descriptor, place)
                rest, at = memoryview(raw), place
                while rest:
                    written = os.pwrite(descriptor, rest, at)
                    rest, at = rest[written:], at + written
                os.fsync(descriptor)
            except OSError as error:
                os.ftruncate(descriptor, place)
                error.filename = error.filename or str(self.path)
                raise

    def read(self, start: int, end: int) -> Vectors:
        """The rows [start, end) as fp32; IndexStateError where the file ends before or cannot be read."""
        return self.decode(self.read_raw(start, end))

    def read_raw(self, start: int, end: int) -> bytes:
        """The bytes of the rows [start, end); IndexStateError where the file ends before or cannot be read."""
        if end <= start:
            return b""
        with self._reading() as descriptor:
            return self._read_run(descriptor, start, end)

    def gather(self, rows: NDArray[np.int64]) -> Vectors:
        """These rows in this order as fp32; neighbours that follow one another are read at once."""
        vectors = np.empty((len(rows), self.dimensions), dtype=np.float32)
        breaks = np.flatnonzero(np.diff(rows) != 1) + 1
        bounds = [0, *breaks.tolist(), len(rows)]
        with self._reading() as descriptor:
            for start, end in pairwise(bounds):
                if end > start:
                    run = self._read_run(descriptor, int(rows[start]), int(rows[end - 1]) + 1)
                    vectors[start:end] = self.decode(run)
        return vectors

    def decode(self, raw: bytes) -> Vectors:
        """Bytes of whole rows as fp32."""
        return np.frombuffer(raw, dtype="<f2").reshape(-1, self.dimensions).astype(np.float32)

    def _read_run(self, descriptor: int, start: int, end: int) -> bytes:
        wanted = (end - start) * self.row_bytes
        parts: list[bytes] = []
        place = start * self.row_bytes
        while wanted:
            part = os.pread(descriptor, wanted, place)
            if not part:
                raise IndexStateError(
                    f"{self.path}: holds {self.rows()} vectors, but row {end - 1} is recorded", remedy=CUT_SHORT
                )
            parts.append(part)
            place, wanted = place + len(part), wanted - len(part)
        return parts[0] if len(parts) == 1 else b"".join(parts)

    @contextmanager
    def _opened(self, flags: int) -> Iterator[int]:
        descriptor = os.open(self.path, flags | getattr(os, "O_CLOEXEC", 0), 0o666)
        try:
            yield descriptor
        finally:
            os.close(descriptor)

    @contextmanager
    def _reading(self) -> Iterator[int]:
        try:
            with self._opened(os.O_RDONLY) as descriptor:
                yield descriptor
        except OSError as error:
            raise IndexStateError(
                f"{self.path}: cannot be read ({error.strerror or error})", remedy=CUT_SHORT
            ) from error
