"""The service's own state: the folder ``service/`` in an index directory, for the service's user alone.

It holds the keys, the audit log and the search records. Builds, compactions and checks leave it alone.
"""

import os
import secrets
import stat
from pathlib import Path

from corpora.errors import IndexStateError
from indexer.directory import SERVICE as FOLDER

_FOLDER_MODE = 0o700
_FILE_MODE = 0o600
_AS_SERVICE = "Run biocite as the user that owns the index, and give that user write permission"


def service_path(directory: Path) -> Path:
    """Where the folder of an index directory is, whether or not it was made yet.

    Raises IndexStateError where the index directory does not exist, and where the folder is there and others than its
    owner may use it.
    """
    if not directory.is_dir():
        raise IndexStateError(f"{directory}: there is no such index directory", remedy="Check the path after --index")
    folder = directory / FOLDER
    try:
        status = folder.stat()
    except FileNotFoundError:
        return folder
    except OSError as error:
        raise _unusable(folder, error) from error
    if not stat.S_ISDIR(status.st_mode):
        raise IndexStateError(f"{folder}: is no folder", remedy="Move it away: the service keeps its state there")
    if stat.S_IMODE(status.st_mode) & 0o077:
        raise IndexStateError(
            f"{folder}: has mode {stat.S_IMODE(status.st_mode):04o}, expected 0700: others could read it",
            remedy=f"Run: chmod 700 {folder}",
        )
    return folder


def service_folder(directory: Path) -> Path:
    """The folder, made with mode 0700 if this is the first need of it.

    Raises what `service_path` raises, and IndexStateError where the folder cannot be made or written to.
    """
    folder = service_path(directory)
    try:
        folder.mkdir(mode=_FOLDER_MODE)
        sync_names(directory)
    except FileExistsError:
        pass
    except OSError as error:
        raise IndexStateError(f"{folder}: cannot be made ({error.strerror})", remedy=_AS_SERVICE) from error
    if not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
        raise IndexStateError(f"{folder}: cannot be written to", remedy=_AS_SERVICE)
    return folder


def make_once(path: Path, content: bytes) -> bool:
    """Write a file of mode 0600 whole or not at all, unless it is there; whether it was written now.

    Of several processes that do so at once one wins, and all find the same file. It is on disk when this returns.
    Raises IndexStateError where it cannot be written.
    """
    part = path.with_name(f"{path.name}.{secrets.token_hex(8)}.part")
    try:
        if path.exists():
            return False
        try:
            _write_new(part, content)
            os.link(part, path)  # unlike a rename this never replaces a file
        except FileExistsError:
            return False
        finally:
            part.unlink(missing_ok=True)
        sync_names(path.parent)
    except OSError as error:
        raise _unusable(path, error) from error
    return True


def open_private(path: Path, flags: int) -> int:
    """Open a file, made with mode 0600 if `flags` say so; the descriptor, to be closed by the caller. Raises OSError.

    A symbolic link is refused: it could lead what is written to another file.
    """
    return os.open(path, flags | os.O_NOFOLLOW | os.O_CLOEXEC, _FILE_MODE)


def sync_names(folder: Path) -> None:
    """Wait until the names in a folder are on disk. Raises OSError."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _write_new(path: Path, content: bytes) -> None:
    with os.fdopen(open_private(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL), "wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())


def _unusable(path: Path, error: OSError) -> IndexStateError:
    return IndexStateError(f"{path}: cannot be used ({error.strerror})", remedy=_AS_SERVICE)
