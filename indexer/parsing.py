"""Sources -> prepared records, in processes of their own where there is enough to read.

Parsing XML and splitting text hold Python's global lock, and so would make the embedding model wait for it. Each
process is given groups of files and writes what is in them to a pipe; a full pipe makes it wait, so that memory stays
bounded however far ahead of the store it could run. Records come in the order of the files.
"""

import ctypes
import os
import queue
import signal
import subprocess
import sys
import threading
import traceback
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import closing, suppress
from itertools import islice
from pathlib import Path
from typing import IO

import msgspec

from corpora.errors import IndexStateError, SourceError
from corpora.sources import SourceFile, read_source
from indexer.frames import read_frame, write_frame
from indexer.prepared import Prepared, prepare
from indexer.splitting import Splitter

SMALL_BYTES = 4_000_000
"""Sources of less than this in all are read in this process: starting another one takes longer."""

_GROUP_BYTES = 16_000_000
_GROUP_FILES = 200
_BATCH = 64
_MAX_PROCESSES = 8
_PR_SET_PDEATHSIG = 1

Progress = Callable[[int], None]
Parsed = tuple[SourceFile, Iterator[Prepared]]


class FileJob(msgspec.Struct, frozen=True):
    """A file to parse, as it is sent to a process."""

    path: bytes
    name: str
    size: int
    named: bool
    problem: str


class GroupJob(msgspec.Struct, frozen=True):
    """Files to parse one after the other."""

    files: tuple[FileJob, ...]
    splitter: Splitter


class Batch(msgspec.Struct, frozen=True, array_like=True):
    """Records of a file and how many of its bytes were read for them; the `last` of a file may carry its error."""

    records: list[Prepared]
    bytes_read: int
    last: bool = False
    error: str = ""
    remedy: str = ""


def processes_for(files: Iterable[SourceFile]) -> int:
    """How many processes to parse these with: none for little, else all cores but one."""
    if sum(file.size for file in files) < SMALL_BYTES:
        return 0
    return max(1, min(_MAX_PROCESSES, (os.cpu_count() or 1) - 1))


def parsed(
    files: Iterable[SourceFile], splitter: Splitter, processes: int, progress: Progress
) -> Generator[Parsed, None, None]:
    """Each file with its records. These must be taken before the next file is; what is left of them is passed over.

    The iterator of a file raises `SourceError` where the file is damaged, as `read_source` does.
    """
    if not processes:
        for file in files:
            yield file, _records(file, splitter, progress)
        return
    with closing(_Pool(processes, splitter)) as pool:
        yield from pool.parse(files, progress)


def _records(file: SourceFile, splitter: Splitter, progress: Progress) -> Iterator[Prepared]:
    for record in read_source(file, progress=progress):
        yield prepare(record, splitter)


class _Pool:
    """Processes that parse groups of files. They take turns, so that order is kept without collecting anything."""

    def __init__(self, processes: int, splitter: Splitter) -> None:
        self._splitter = splitter
        self._workers = [_Worker() for _ in range(processes)]

    def parse(self, files: Iterable[SourceFile], progress: Progress) -> Iterator[Parsed]:
        groups = _groups(files)
        underway: deque[tuple[_Worker, list[SourceFile]]] = deque()
        # One group more than there are processes: the next one is there when a process is done with its own.
        for number, group in enumerate(islice(groups, len(self._workers) + 1)):
            underway.append(self._send(number, group))
        number = len(underway)
        while underway:
            worker, group = underway.popleft()
            for file in group:
                records = worker.records(file, progress)
                yield file, records
                with suppress(SourceError):  # of a file that was not wanted to its end
                    deque(records, maxlen=0)
            following = next(groups, None)
            if following is not None:
                underway.append(self._send(number, following))
                number += 1

    def _send(self, number: int, group: list[SourceFile]) -> tuple["_Worker", list[SourceFile]]:
        worker = self._workers[number % len(self._workers)]
        jobs = tuple(FileJob(os.fsencode(file.path), file.name, file.size, file.named, file.problem) for file in group)
        worker.send(GroupJob(jobs, self._splitter))
        return worker, group

    def close(self) -> None:
        for worker in self._workers:
            worker.close()


class _Worker:
    """One process; see `serve`."""

    def __init__(self) -> None:
        self._process = start_module("indexer.parsing")
        self._decoder = msgspec.msgpack.Decoder(Batch)

    def send(self, job: GroupJob) -> None:
        stdin = self._process.stdin
        if stdin is None:
            raise IndexStateError("a process that reads sources has no input")
        try:
            write_frame(stdin, msgspec.msgpack.encode(job))
        except BrokenPipeError as error:
            raise self._ended() from error

    def records(self, file: SourceFile, progress: Progress) -> Iterator[Prepared]:
        stdout = self._process.stdout
        while True:
            frame = read_frame(stdout) if stdout is not None else None
            if frame is None:
                raise self._ended(file.name)
            batch = self._decoder.decode(frame)
            yield from batch.records
            progress(batch.bytes_read)
            if batch.last:
                if batch.error:
                    raise SourceError(batch.error, remedy=batch.remedy)
                return

    def _ended(self, name: str = "a source") -> IndexStateError:
        code = self._process.wait()
        return IndexStateError(
            f"{name}: the process that read it ended with code {code} before its end",
            remedy="Run the same command again: what was stored is kept. Check that there is enough memory",
        )

    def close(self) -> None:
        self._process.kill()
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                with suppress(BrokenPipeError):  # what could not be sent is sent once more on closing
                    stream.close()


def start_module(module: str) -> "subprocess.Popen[bytes]":
    """Run a module of this package in a process of its own, below the priority of the one that embeds.

    Not by `multiprocessing`: that would run the main module of whoever uses this library once more.
    """
    environment = dict(os.environ, PYTHONPATH=os.pathsep.join(path for path in sys.path if path))
    return subprocess.Popen(  # noqa: S603 - this very program
        [sys.executable, "-c", f"from indexer.parsing import begin; begin(); from {module} import serve; serve()"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=environment,
        start_new_session=True,  # Ctrl-C is for the parent, which then ends this one
    )


def begin() -> None:
    """Make this process one that serves another: of lower priority, and killed where the other one is killed."""
    os.nice(10)
    with suppress(OSError, AttributeError):  # Linux alone has it; elsewhere the broken pipe ends this process, later
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def serve() -> None:
    """What a process does: groups of files come in on stdin, their records go out on stdout, until stdin ends."""
    stdin, stdout = sys.stdin.buffer, sys.stdout.buffer
    decoder = msgspec.msgpack.Decoder(GroupJob)
    jobs: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
    # Always read, so that whoever sends a job never waits for this process, which may be waiting to be read from.
    threading.Thread(target=_receive, args=(stdin, jobs), daemon=True).start()
    try:
        while (frame := jobs.get()) is not None:
            job = decoder.decode(frame)
            for file in job.files:
                source = SourceFile(Path(os.fsdecode(file.path)), file.name, file.size, file.named, file.problem)
                for batch in _batches(source, job.splitter):
                    write_frame(stdout, msgspec.msgpack.encode(batch))
    except BrokenPipeError:
        os._exit(0)  # the parent is gone; nothing is left to flush to
    except BaseException:  # noqa: BLE001 - shown, and told to the parent by the end of this process
        traceback.print_exc()
        sys.stderr.flush()
        os._exit(1)  # at once: the thread that reads stdin holds its lock, over which an ordinary end would stumble


def _receive(stdin: IO[bytes], jobs: "queue.SimpleQueue[bytes | None]") -> None:
    while (frame := read_frame(stdin)) is not None:
        jobs.put(frame)
    jobs.put(None)


def _batches(file: SourceFile, splitter: Splitter) -> Iterator[Batch]:
    read = 0

    def count(amount: int) -> None:
        nonlocal read
        read += amount

    waiting: list[Prepared] = []
    try:
        for record in _records(file, splitter, count):
            waiting.append(record)
            if len(waiting) >= _BATCH:
                yield Batch(waiting, read)
                waiting, read = [], 0
    except SourceError as error:
        yield Batch(waiting, read, last=True, error=error.message, remedy=error.remedy)
        return
    yield Batch(waiting, read, last=True)


def _groups(files: Iterable[SourceFile]) -> Iterator[list[SourceFile]]:
    group: list[SourceFile] = []
    size = 0
    for file in files:
        group.append(file)
        size += file.size
        if size >= _GROUP_BYTES or len(group) >= _GROUP_FILES:
            yield group
            group, size = [], 0
    if group:
        yield group
