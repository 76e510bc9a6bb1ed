"""The directory of an index: made or checked before a build, locked during it, cleared where it came to nothing."""

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from corpora.errors import IndexStateError, UsageError
from corpora.text import require_text
from indexer import generations, manifest, store
from indexer.analysis import Analyzer
from indexer.embedding import ModelIdentity
from indexer.lexical_stage import opens
from indexer.patients import store as patients
from indexer.patients import working
from indexer.splitting import Splitter
from indexer.store_writer import StoreWriter

LOCK = ".lock"
_OWN = {
    *(store.FILE + end for end in ("", "-wal", "-shm")),
    *(manifest.FILE + end for end in ("", ".part")),
    generations.LEXICAL,
    generations.DENSE,
    generations.FOLDER,
    LOCK,
}
SERVICE = "service"
"""The folder of a service's own state: keys, audit log, records. It outlives whatever becomes of the index."""
_KNOWN = _OWN | {SERVICE, working.FOLDER, *patients.FILES}
COMMITTED = "committed_generation"
DENSE_KIND = "dense_kind"
_MADE_OF = "made_of"


class Make(msgspec.Struct, frozen=True):
    """What an index is made with from its first document to its last."""

    embedding: ModelIdentity
    splitter: Splitter
    analyzer: Analyzer


def prepare(directory: Path, make: Make) -> bool:
    """Make the directory, or check that what lies there may be added to; True if it was made now.

    Raises UsageError for a folder with other things in it, IndexStateError for an index that is damaged or of another
    make, and for a directory that cannot be made.
    """
    require_text(str(directory), "the path of the index")
    if manifest.has_manifest(directory):
        _check_finished(directory, make)
        return False
    try:
        if directory.exists() and any(entry.name not in _KNOWN for entry in directory.iterdir()):
            raise UsageError(
                f"{directory}: is not empty and is not an index", remedy="Name a new or empty folder with --into"
            )
        created = not directory.exists()
        directory.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise IndexStateError(
            f"{directory}: cannot be made ({error.strerror})", remedy="Check the path and its permissions"
        ) from error
    return created


def _check_finished(directory: Path, make: Make) -> None:
    found = manifest.read_manifest(directory)
    if not (directory / store.FILE).is_file():
        raise IndexStateError(f"{directory / store.FILE}: not found", remedy=store.REBUILD)
    _check_same(directory, Make(found.embedding, found.splitter, found.analyzer), make)


class Opened(msgspec.Struct, frozen=True):
    """An index that is being added to: the current generation, if there is one, and the one to build.

    `lexical_base` is the folder of its lexical index to go on from, empty where that is damaged; `lexical` and `dense`
    are the folders to build in.
    """

    base: manifest.IndexManifest | None
    generation: int
    lexical_base: str
    dense: str

    @property
    def lexical(self) -> str:
        """The folder of the lexical index to build."""
        return f"{generations.LEXICAL}/{self.generation}"


def begin(directory: Path, writer: StoreWriter, make: Make) -> Opened:
    """What to build, into a store whose writer is told so. Goes on only with what the index was begun with.

    Raises IndexStateError for another make, and where the store has lost what the manifest says it holds.
    """
    base = manifest.read_manifest(directory) if manifest.has_manifest(directory) else None
    for source in base.sources if base is not None else ():
        if not writer.has_source(source.sha256):
            raise IndexStateError(
                f"{directory / store.FILE}: lacks {source.name}, which {manifest.FILE} lists", remedy=store.REBUILD
            )
    begun = writer.meta(_MADE_OF)
    if begun:
        _check_same(directory, msgspec.json.decode(begun, type=Make), make)
    else:
        writer.set_meta(_MADE_OF, msgspec.json.encode(make).decode())
    # The store remembers what was committed where the manifest is lost.
    writer.generation = 1 + max(int(writer.meta(COMMITTED) or 0), base.generation if base is not None else 0)
    lexical = base.lexical if base is not None and opens(directory / base.lexical, base.analyzer) else ""
    return Opened(base, writer.generation, lexical, _dense_folder(directory, base))


def _dense_folder(directory: Path, base: manifest.IndexManifest | None) -> str:
    """The folder of the vectors: without a manifest the first there is, since a compaction makes the later ones."""
    if base is not None:
        return base.dense.folder
    parent = directory / generations.DENSE
    numbers = sorted(int(path.name) for path in parent.iterdir() if path.name.isdigit()) if parent.is_dir() else []
    return f"{generations.DENSE}/{numbers[0] if numbers else 1}"


def _check_same(directory: Path, found: Make, make: Make) -> None:
    if found.embedding != make.embedding:
        raise IndexStateError(
            f"{directory}: was built with embedding model {_named(found.embedding)}, not {_named(make.embedding)}",
            remedy="Use the same model, or build into a new folder",
        )
    if found != make:
        raise IndexStateError(
            f"{directory}: was built with another splitter or analyzer", remedy="Build into a new folder"
        )


def _named(model: ModelIdentity) -> str:
    return f"{model.name} ({model.revision[:12]}, {model.dimensions} dimensions)"


@contextmanager
def locked(directory: Path) -> Iterator[None]:
    """One writer at a time; IndexStateError where there is another, or the directory cannot be written to."""
    try:
        stream = (directory / LOCK).open("w")
    except OSError as error:
        raise IndexStateError(
            f"{directory}: cannot be written to ({error.strerror})", remedy="Check the folder's permissions"
        ) from error
    with stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise IndexStateError(
                f"{directory}: another process is writing to this index", remedy="Wait until it is done"
            ) from error
        if not os.fstat(stream.fileno()).st_nlink:
            raise IndexStateError(f"{directory}: another process has just removed this index", remedy="Try again")
        yield


def clear(directory: Path, *, created: bool) -> None:
    """Leave no trace of a build that stored nothing; the directory itself goes if the build `created` it.

    To be called by whoever holds the lock, which goes last.
    """
    for name in (*sorted(_OWN - {LOCK}), LOCK):
        path = directory / name
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)
    if created:
        directory.rmdir()
