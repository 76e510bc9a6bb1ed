"""The directory of an index: made or checked before a build, locked during it, cleared where it came to nothing."""

import fcntl
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from corpora.errors import IndexStateError, UsageError
from corpora.text import require_text
from indexer import dense, manifest, store
from indexer.analysis import Analyzer
from indexer.embedding import ModelIdentity
from indexer.splitting import Splitter
from indexer.store_writer import StoreWriter

LEXICAL_FOLDER = "lexical"
LOCK = ".lock"
_OWN = {
    *(store.FILE + end for end in ("", "-wal", "-shm")),
    *(manifest.FILE + end for end in ("", ".part")),
    LEXICAL_FOLDER,
    dense.FOLDER,
    LOCK,
}
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
        if directory.exists() and any(entry.name not in _OWN for entry in directory.iterdir()):
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


def check_begun(directory: Path, writer: StoreWriter, make: Make) -> None:
    """Go on only with what the index was begun with, which an unfinished one has no manifest yet to say.

    Raises IndexStateError for another make, and where the store has lost what the manifest says it holds.
    """
    if manifest.has_manifest(directory):
        for source in manifest.read_manifest(directory).sources:
            if not writer.has_source(source.sha256):
                raise IndexStateError(
                    f"{directory / store.FILE}: lacks {source.name}, which {manifest.FILE} lists", remedy=store.REBUILD
                )
    begun = writer.meta(_MADE_OF)
    if not begun:
        writer.set_meta(_MADE_OF, msgspec.json.encode(make).decode())
        return
    _check_same(directory, msgspec.json.decode(begun, type=Make), make)


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
        yield


def clear(directory: Path, *, created: bool) -> None:
    """Leave no trace of a build that stored nothing; the directory itself goes if the build `created` it."""
    for name in sorted(_OWN):
        path = directory / name
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)
    if created:
        directory.rmdir()
