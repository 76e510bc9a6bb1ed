"""Which vector row each passage has: a file for each generation, and the way back from rows to passages.

Equal texts share a row, and a row of deleted passages has none: it is dead, and no search gives it.
"""

import os
import re
import threading
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from corpora.errors import IndexStateError
from indexer.records import PassageKeys
from indexer.vectors import Rows

REBUILD = "Run the biocite index command with its sources again: it is rebuilt from the stored vectors"
_HEADER = re.compile(
    rb"\x93NUMPY\x01\x00..\{'descr': '<i8', 'fortran_order': False, 'shape': \(2, ([0-9]{1,18})\), \} *\n", re.DOTALL
)
_HEADER_BYTES = 256
_LOOKED_UP = 2_000  # keys from which on a table is used
_SPREAD = 8  # how many times as many numbers as keys a table may have: 4 bytes each


class Mapping:
    """The searched passages of one generation: `keys` ascending, and the row of each among `total` rows."""

    def __init__(self, keys: PassageKeys, rows: Rows, total: int) -> None:
        self.keys = keys
        self.rows = rows
        self._order = np.argsort(rows, kind="stable")
        # The keys of row r are those at _order[_starts[r] : _starts[r + 1]], ascending since the sort is stable.
        self._starts = np.zeros(total + 1, dtype=np.int64)
        np.cumsum(np.bincount(rows, minlength=total), out=self._starts[1:])
        self._lock = threading.Lock()
        self._table: NDArray[np.int32] | None = None

    def __len__(self) -> int:
        return len(self.keys)

    def live(self, first: int, end: int) -> NDArray[np.bool_]:
        """Which of the rows [first, end) a passage has."""
        return np.diff(self._starts[first : end + 1]) > 0

    def places_of(self, keys: PassageKeys) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        """Where those of the ascending keys stand that there are, and which of the keys these are."""
        if not len(self.keys):
            return np.empty(0, dtype=np.int64), np.zeros(len(keys), dtype=bool)
        if len(keys) > _LOOKED_UP and int(self.keys[-1] - self.keys[0]) < _SPREAD * len(self.keys):
            inside = (keys >= self.keys[0]) & (keys <= self.keys[-1])
            places = self._places()[np.where(inside, keys - self.keys[0], 0)].astype(np.int64)
            known = inside & (places >= 0)
        else:
            places = np.minimum(np.searchsorted(self.keys, keys), len(self.keys) - 1)
            known = self.keys[places] == keys
        return places[known], known

    def _places(self) -> NDArray[np.int32]:
        """The place of every number from the first key to the last, -1 where it is no key. Made for the first filter.

        Broad filters name hundreds of thousands of keys, which takes ten times as long by bisection.
        """
        with self._lock:
            if self._table is None:
                table = np.full(int(self.keys[-1] - self.keys[0]) + 1, -1, dtype=np.int32)
                table[self.keys - self.keys[0]] = np.arange(len(self.keys), dtype=np.int32)
                self._table = table
            return self._table

    def places_at(self, rows: Rows) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """The places of all passages that have one of these rows, and for each of them which of `rows` it was."""
        counts = self._starts[rows + 1] - self._starts[rows]
        which = np.repeat(np.arange(len(rows)), counts)
        within = np.arange(len(which)) - np.repeat(np.cumsum(counts) - counts, counts)
        return self._order[self._starts[rows][which] + within], which


def write_mapping(path: Path, keys: PassageKeys, rows: Rows) -> None:
    """Write the file whole or not at all: an int64 array of shape (2, passages), keys above rows."""
    part = path.with_name(path.name + ".part")
    with part.open("wb") as stream:
        np.save(stream, np.stack([keys, rows]).astype("<i8"))
        stream.flush()
        os.fsync(stream.fileno())
    os.replace(part, path)


def open_mapping(path: Path, count: int, total: int) -> Mapping:
    """The mapping of `count` passages to `total` rows; IndexStateError for a missing or damaged file.

    Not by `np.load`, whose parser of headers lets damage through as errors of every kind.
    """
    try:
        with path.open("rb") as stream:
            header = _HEADER.match(stream.read(_HEADER_BYTES))
        size = path.stat().st_size
    except OSError as error:
        raise IndexStateError(f"{path}: cannot be read ({error.strerror or error})", remedy=REBUILD) from error
    if header is None or int(header[1]) != count or size != header.end() + 16 * count:
        raise IndexStateError(f"{path}: does not hold the rows of {count} passages", remedy=REBUILD)
    if not count:
        return Mapping(np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64), total)
    table = np.memmap(path, dtype="<i8", mode="r", offset=header.end(), shape=(2, count))
    keys, rows = np.asarray(table[0]), np.asarray(table[1])
    if np.any(keys[1:] <= keys[:-1]):
        raise IndexStateError(f"{path}: its keys do not ascend, so the file is damaged", remedy=REBUILD)
    if int(rows.min()) < 0 or int(rows.max()) >= total:
        raise IndexStateError(f"{path}: names rows outside the {total} that there are", remedy=REBUILD)
    return Mapping(keys, rows, total)
