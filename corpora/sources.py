"""From the paths a user names to the records in them.

    iter_sources(paths) -> SourceFile…          read_source(file) -> Document | Deletion | Skipped …

Folders are searched in natural order of file names (``n2`` before ``n10``), which is the order in which PubMed's update
files must be applied; hidden files are ignored. A file of no known format is an error when it is named itself, and a
`Skipped` when it is found in a folder.
"""

import hashlib
import re
import stat
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import BinaryIO

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
    """A file to read: `name` as the user named it, `size` in bytes; `named` itself rather than found in a folder.

    `problem` says why something found in a folder is no file to read.
    """

    path: Path
    name: str
    size: int
    named: bool = True
    problem: str = ""

    @cached_property
    def sha256(self) -> str:
        """SHA-256 (hex) of the file as it lies on disk; read once, at the first asking."""
        digest = hashlib.sha256()
        with _opened(self) as file:
            while chunk := file.read(CHUNK_BYTES):
                digest.update(chunk)
        return digest.hexdigest()


def iter_sources(paths: Sequence[str | Path]) -> Iterator[SourceFile]:
    """The files to read, in the order of `paths`, and within a folder in natural order.

    Raises `SourceError` for a path that is missing, no regular file, empty or of no known format, and for a folder in
    which nothing can be read. A caller who wants to know this of all paths before reading any makes a list of them.
    """
    for path in map(Path, paths):
        yield from _in_folder(path) if path.is_dir() else [_named(path)]


def read_source(file: SourceFile, progress: Progress | None = None) -> Iterator[Record]:
    """The records of a file in its order, each parsed as it is asked for.

    Raises `SourceError`, possibly after some records, for a file that is damaged, truncated or hostile: what came
    before is then not to be kept. Raises it also for a file of no known format, unless that was found in a folder.
    """
    if file.problem:
        yield Skipped(file.name, 1, file.problem)
        return
    with _opened(file) as raw:
        stream = inflate(PeekStream(CountingStream(raw, progress), file.name), file.name)
        found = recognise(stream, file.name)
        if found.kind == TAR:
            yield from parse_bundle(stream, file.name)
        elif found.kind:
            yield from PARSERS[found.kind](stream, file.name)
        elif file.named:
            raise _unreadable(file, found)
        else:
            yield Skipped(file.name, 1, f"is {found.what}, which is not read")


def _named(path: Path) -> SourceFile:
    file = examined(path, named=True)
    if file.problem:
        raise SourceError(f"{file.name}: {file.problem}", remedy="Name a file or a folder that exists")
    found = _recognised(file)
    if not found.kind:
        raise _unreadable(file, found)
    return file


def _in_folder(folder: Path) -> list[SourceFile]:
    files = [examined(path, named=False) for path in walk(folder)]
    if not any(map(_is_literature, files)):
        raise SourceError(
            f"{printable(str(folder))}: holds nothing that can be read, among {len(files):,} files",
            remedy=f"BioCite reads {READABLE}",
        )
    return files


def _is_literature(file: SourceFile) -> bool:
    """Whether reading the file gives records, or an error that the user must see."""
    try:
        return not file.problem and bool(_recognised(file).kind)
    except SourceError:
        return True


def walk(folder: Path) -> Iterator[Path]:
    """The files below a folder in natural order, but for hidden ones. Links to folders are given, not followed."""
    try:
        entries = sorted(folder.iterdir(), key=_natural)
    except OSError as error:
        raise SourceError(f"{printable(str(folder))}: cannot be listed ({error.strerror})") from None
    for entry in entries:
        if entry.name.startswith("."):
            continue
        if entry.is_dir() and not entry.is_symlink():
            yield from walk(entry)
        else:
            yield entry


def _natural(path: Path) -> tuple[list[str | int], str]:
    """Sorts numbers in names by value; text and numbers alternate, so that like is compared with like."""
    parts = _NUMBER.split(path.name)
    return [int(part) if index % 2 else part for index, part in enumerate(parts)], path.name


def examined(path: Path, *, named: bool) -> SourceFile:
    """The file at a path; where there is none to read, its `problem` says why."""
    name = printable(str(path))
    try:
        status = path.stat()
    except OSError as error:
        return SourceFile(path, name, 0, named, f"cannot be found ({error.strerror})")
    if not stat.S_ISREG(status.st_mode):
        return SourceFile(path, name, 0, named, "is no regular file")
    return SourceFile(path, name, status.st_size, named)


def _recognised(file: SourceFile) -> Recognised:
    with _opened(file) as raw:
        return recognise(inflate(PeekStream(raw, file.name), file.name), file.name)


def _unreadable(file: SourceFile, found: Recognised) -> SourceError:
    return SourceError(f"{file.name}: is {found.what}", remedy=f"BioCite reads {READABLE}")


def _opened(file: SourceFile) -> BinaryIO:
    try:
        return file.path.open("rb")
    except OSError as error:
        raise SourceError(f"{file.name}: cannot be opened ({error.strerror})", remedy="Check its permissions") from None
