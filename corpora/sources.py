"""From the paths a user names to the records in them.

    iter_sources(paths) -> SourceFile…          read_source(file) -> Document | Deletion | Skipped …

Folders are searched in natural order of file names (``n2`` before ``n10``), which is the order in which PubMed's update
files must be applied; hidden files are ignored. A file of no known format is an error when it is named itself, and a
`Skipped` when it is found in a folder.
"""

import hashlib
import os
import re
import stat
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from corpora.bundles import parse_bundle, printable
from corpora.errors import SourceError
from corpora.formats import PARSERS, READABLE, TAR, Recognised, recognise
from corpora.records import Record, Skipped
from corpora.streams import CHUNK_BYTES, CountingStream, PeekStream, inflate

Progress = Callable[[int], None]
"""Told how many more bytes of the file, as it lies on disk, have been read: what a progress bar of its size needs."""

_NUMBER = re.compile(r"(\d+)")


@dataclass(frozen=True)
class SourceFile:
    """A file to read: `name` as the user named it, `size` in bytes; `named` itself rather than found in a folder."""

    path: Path
    name: str
    size: int
    named: bool = True

    @cached_property
    def sha256(self) -> str:
        """SHA-256 (hex) of the file as it lies on disk; read once, at the first asking."""
        digest = hashlib.sha256()
        with _opened(self) as file:
            while chunk := file.read(CHUNK_BYTES):
                digest.update(chunk)
        return digest.hexdigest()


def iter_sources(paths: Sequence[str | Path]) -> Iterator[SourceFile]:
    """The files to read, in the order of `paths` and within a folder in natural order.

    Raises `SourceError` for a path that does not exist, is no regular file, is empty or is of no known format, and for
    a folder in which nothing can be read.
    """
    for path in map(Path, paths):
        if path.is_dir():
            yield from _in_folder(path)
        else:
            yield _named(path)
