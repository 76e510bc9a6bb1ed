"""Generations: every finished state of an index, kept as long as somebody reads it.

    manifest.json             the generation that is current, replaced by rename
    generations/<n>.json      the same for each generation kept; readers hold a shared lock on theirs
    lexical/<n>/, dense/<m>/  the files that they name, never changed while a generation needs them

A reader locks its generation's file; a writer removes what neither a locked generation nor the current one needs. Locks
end with the process that holds them, so a reader that crashed keeps nothing (``docs/decisions/0010-generations.md``).
"""

import fcntl
import os
import shutil
from pathlib import Path
from typing import BinaryIO, Self

from corpora.errors import IndexStateError
from indexer.dense import files_of
from indexer.manifest import FILE, IndexManifest, decode_manifest, encode_manifest, read_manifest, write_whole

FOLDER = "generations"
LEXICAL = "lexical"
DENSE = "dense"
_TRIES = 100


class Pin:
    """A reader's hold on one generation; `manifest` says what it is made of. A context manager."""

    def __init__(self, manifest: IndexManifest, stream: BinaryIO | None) -> None:
        self.manifest = manifest
        self._stream = stream

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.release()

    def release(self) -> None:
        """Let the generation go. Doing so again does nothing."""
        if self._stream is not None:
            self._stream.close()
            self._stream = None


def pin_current(directory: Path) -> Pin:
    """Hold the current generation. Raises what `read_manifest` raises."""
    for _ in range(_TRIES):
        manifest = read_manifest(directory)
        try:
            stream = _file(directory, manifest.generation).open("rb")
        except FileNotFoundError:
            if read_manifest(directory) == manifest:
                return Pin(manifest, None)  # a copy of an index without these files: nobody writes to it
            continue
        except OSError as error:
            raise IndexStateError(f"{directory / FOLDER}: cannot be read ({error.strerror})") from error
        try:
            fcntl.flock(stream, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:  # a writer is just looking whether anybody needs it
            stream.close()
            continue
        except OSError:
            return Pin(manifest, stream)  # a file system without locks, such as some network mounts
        if os.fstat(stream.fileno()).st_nlink:
            return Pin(manifest, stream)
        stream.close()
    raise IndexStateError(f"{directory}: its generations change faster than they can be opened", remedy="Try again")


def publish(directory: Path, manifest: IndexManifest) -> None:
    """Make a generation the current one: from this rename on new readers see it, and all of it."""
    encoded = encode_manifest(manifest)
    (directory / FOLDER).mkdir(exist_ok=True)
    write_whole(_file(directory, manifest.generation), encoded)
    write_whole(directory / FILE, encoded)


def columns_file(directory: Path, generation: int) -> Path:
    """The columns of a generation (see `indexer.columns`)."""
    return directory / FOLDER / f"{generation}.columns"


def collect(directory: Path, current: IndexManifest) -> int:
    """Remove the files that neither the current generation nor one in use needs; the oldest generation kept."""
    kept = [current]
    for path in sorted((directory / FOLDER).glob("*.json")):
        if path.stem != str(current.generation):
            kept += _still_used(path)
    lexical = {manifest.lexical for manifest in kept}
    for folder in sorted((directory / LEXICAL).iterdir()):
        if folder.relative_to(directory).as_posix() not in lexical:
            _remove(folder)
    _collect_dense(directory, kept)
    return min(manifest.generation for manifest in kept)


def kept_generations(directory: Path) -> tuple[int, ...]:
    """The generations whose files are still there, oldest first."""
    return tuple(sorted(int(path.stem) for path in (directory / FOLDER).glob("*.json") if path.stem.isdigit()))


def _still_used(path: Path) -> list[IndexManifest]:
    """The manifest of a generation that a reader holds; one that nobody holds is removed."""
    with path.open("rb") as stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return [decode_manifest(stream.read(), path)]
        except OSError:
            pass  # a file system without locks: nobody can be known to read it
        path.unlink()
        path.with_suffix(".columns").unlink(missing_ok=True)
    return []


def _collect_dense(directory: Path, kept: list[IndexManifest]) -> None:
    needed = {name for manifest in kept for name in files_of(manifest.dense)}
    folders = {manifest.dense.folder for manifest in kept}
    for folder in sorted((directory / DENSE).iterdir()):
        if folder.relative_to(directory).as_posix() not in folders:
            _remove(folder)
            continue
        for path in sorted(folder.iterdir()):
            if not path.name.startswith("vectors.") and path.relative_to(directory).as_posix() not in needed:
                _remove(path)


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _file(directory: Path, generation: int) -> Path:
    return directory / FOLDER / f"{generation}.json"
