"""The folder that a build of patients works in: ``patients.part`` inside the index directory, for its owner alone.

Masked notes lie there until they are indexed, which is where they will lie anyway; none lies in the system's folder for
temporary files, where nobody looks for them after a kill. What a killed build left is removed by the next build, and by
whoever opens the patients of the index. Who works in the folder holds a lock on it, which ends with the process.
"""

import fcntl
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from corpora.errors import IndexStateError

FOLDER = "patients.part"
_ATTEMPTS = 10
_PAUSE_S = 0.05


@contextmanager
def working_folder(directory: Path) -> Iterator[Path]:
    """An empty folder in the index directory, mode 0700, removed at the end.

    Raises IndexStateError where another build works in it, and where it cannot be made.
    """
    path = directory / FOLDER
    descriptor = _taken(path)
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)
        os.close(descriptor)


def remove_left_over(directory: Path) -> None:
    """Remove what a killed build left in the index directory; nothing that a running one uses."""
    path = directory / FOLDER
    if not path.is_dir() or path.is_symlink():
        return
    with suppress(OSError):  # of a folder that only its owner may remove
        descriptor = _locked(path)
        if descriptor is not None:
            shutil.rmtree(path, ignore_errors=True)
            os.close(descriptor)


def _taken(path: Path) -> int:
    """The folder, locked and empty."""
    try:
        descriptor = _made(path)
        if descriptor is not None:
            path.chmod(0o700)
            _empty(path)
            return descriptor
    except OSError as error:
        raise IndexStateError(
            f"{path}: cannot be used ({error.strerror})", remedy="Check free space and permissions"
        ) from error
    raise IndexStateError(f"{path.parent}: another process is writing to this index", remedy="Wait until it is done")


def _made(path: Path) -> int | None:
    """The folder, made and locked; None where another process has locked it."""
    for _ in range(_ATTEMPTS):
        path.mkdir(mode=0o700, exist_ok=True)
        with suppress(FileNotFoundError):
            descriptor = _locked(path)
            if descriptor is not None and _is_same(descriptor, path):
                return descriptor
            if descriptor is not None:
                os.close(descriptor)  # removed as left over between the two steps
        time.sleep(_PAUSE_S)  # whoever removes what is left over has the lock for a moment
    return None


def _locked(path: Path) -> int | None:
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    return descriptor


def _is_same(descriptor: int, path: Path) -> bool:
    return os.path.samestat(os.fstat(descriptor), path.stat())


def _empty(path: Path) -> None:
    for entry in path.iterdir():
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry)
        else:
            entry.unlink()
