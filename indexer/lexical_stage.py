"""The lexical index of a generation, made out of the store.

A generation's folder begins as a copy of the one before: Tantivy never changes a file of a segment, so links to the
files do, and readers of the generation before keep theirs. How far it has come stands beside it in ``<n>.progress``.
Adding again what was added after the last note first removes it, so that it may be stopped anywhere.
"""

import os
import queue
import shutil
import sqlite3
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import msgspec

from corpora.errors import BioCiteError, IndexStateError
from indexer.analysis import Analyzer
from indexer.frames import read_frame, write_frame
from indexer.generations import LEXICAL
from indexer.manifest import write_whole
from indexer.store_scan import StoreScan
from indexer.tantivy_engine import TantivyEngine, TantivyWriter

_BATCH = 2_000
_COMMIT_EVERY = 40_000
_POLL_S = 0.3
_REMEDY = "Check free space and permissions, then run the same command again"


class LexicalJob(msgspec.Struct, frozen=True):
    """Which folder to make: of `generation`, from the folder `base` that knows all keys up to `base_key`.

    An empty `base` makes it from nothing.
    """

    directory: str
    generation: int
    base: str
    base_key: int
    analyzer: Analyzer


class _Progress(msgspec.Struct, frozen=True):
    base: str
    last_key: int


class LexicalStage:
    """Makes the lexical index of one generation; a context manager that holds Tantivy's writer."""

    def __init__(self, job: LexicalJob) -> None:
        self._job = job
        self._directory = Path(job.directory)
        self.folder = self._directory / LEXICAL / str(job.generation)
        self._note = self.folder.with_suffix(".progress")
        try:
            self._done = self._begin()
        except OSError as error:
            raise IndexStateError(f"{self.folder}: cannot be written ({error.strerror})", remedy=_REMEDY) from error
        self._writer = TantivyWriter(self.folder, job.analyzer)
        self._writer.delete_after(self._done)

    def __enter__(self) -> "LexicalStage":
        return self

    def __exit__(self, *_: object) -> None:
        self._writer.close()

    def _begin(self) -> int:
        """The last key that the folder surely has, after making the folder where there is none to go on with."""
        if self.folder.is_dir() and self._note.is_file():
            try:
                noted = msgspec.json.decode(self._note.read_bytes(), type=_Progress)
                if noted.base == self._job.base and opens(self.folder, self._job.analyzer):
                    return noted.last_key
            except msgspec.MsgspecError:
                pass  # cut short by a power failure: made anew
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.parent.mkdir(exist_ok=True)
        key = self._job.base_key if self._job.base else 0
        self._remember(key)
        if self._job.base:
            _link(self._directory / self._job.base, self.folder)
        return key

    def _remember(self, key: int) -> None:
        write_whole(self._note, msgspec.json.encode(_Progress(self._job.base, key)))

    def catch_up(self, advance: Callable[[int], None]) -> None:
        """Take in every passage that is committed to the store and not known yet."""
        uncommitted = 0
        with StoreScan(self._directory) as scan:
            while keys := scan.searched_after(self._done, _BATCH):
                for passage in scan.passage_texts(keys):
                    self._writer.add(passage.key, passage.text, passage.attributes)
                self._done = keys[-1]
                uncommitted += len(keys)
                if uncommitted >= _COMMIT_EVERY:
                    self._commit()
                    uncommitted = 0
                advance(len(keys))
        if uncommitted:
            self._commit()

    def _commit(self) -> None:
        self._writer.commit()
        self._remember(self._done)

    def seal(self) -> None:
        """Remove what is no longer there, when the store has all of the generation and `catch_up` was called."""
        with StoreScan(self._directory) as scan:
            removed = list(scan.removed_in(self._job.generation))
        for start in range(0, len(removed), _BATCH):
            self._writer.delete(removed[start : start + _BATCH])
        self._writer.commit()


def opens(folder: Path, analyzer: Analyzer) -> bool:
    """Whether a lexical index can be read."""
    try:
        TantivyEngine(folder, analyzer)
    except IndexStateError:
        return False
    return True


def _link(source: Path, target: Path) -> None:
    """A copy of a Tantivy folder that shares its segments; where links cannot be made, the files are copied."""
    part = target.with_name(target.name + ".part")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir()
    for path in sorted(source.iterdir()):
        if path.suffix == ".lock":
            continue
        if path.suffix == ".json":  # the only files that change, by being replaced
            shutil.copy(path, part / path.name)
            continue
        try:
            os.link(path, part / path.name)
        except OSError:
            shutil.copy(path, part / path.name)
    os.replace(part, target)


def serve() -> None:
    """Make a lexical index in this process: the job comes in on stdin, whose end says that the store has everything.

    Every number of passages taken in goes out on stdout, and at the end either nothing or an error and its remedy.
    """
    stdin, stdout = sys.stdin.buffer, sys.stdout.buffer
    first = read_frame(stdin)
    if first is None:
        return
    job = msgspec.msgpack.decode(first, type=LexicalJob)

    def advance(amount: int) -> None:
        write_frame(stdout, msgspec.msgpack.encode(amount))

    try:
        with LexicalStage(job) as stage:
            words: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
            threading.Thread(target=lambda: words.put(read_frame(stdin)), daemon=True).start()
            while words.empty():
                stage.catch_up(advance)
                time.sleep(_POLL_S)
            stage.catch_up(advance)
            if words.get() is not None:  # an explicit word: a parent that was killed ends stdin as well
                stage.seal()
    except BrokenPipeError:
        os._exit(0)
    except (BioCiteError, OSError, sqlite3.Error) as error:
        told = error if isinstance(error, BioCiteError) else BioCiteError(f"{job.directory}: {error}", remedy=_REMEDY)
        write_frame(stdout, msgspec.msgpack.encode([told.message, told.remedy]))
        # At once: the thread that reads stdin holds its lock, over which the interpreter's own end would stumble.
        os._exit(1)
