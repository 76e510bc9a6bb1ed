"""Making the lexical index in a process of its own, while the store grows and the model embeds."""

import threading
from contextlib import suppress
from types import TracebackType
from typing import Self

import msgspec

from corpora.errors import IndexStateError
from indexer.frames import read_frame, write_frame
from indexer.lexical_stage import LexicalJob
from indexer.parsing import start_module
from indexer.progress import Stage


class LexicalProcess:
    """Runs `lexical_stage.serve`; a context manager. Leaving it early ends the process, and what it did is kept."""

    def __init__(self, job: LexicalJob, stage: Stage) -> None:
        self._stage = stage
        self._error: tuple[str, str] | None = None
        self._process = start_module("indexer.lexical_stage")
        if self._process.stdin is None or self._process.stdout is None:
            raise IndexStateError("the process that makes the lexical index has no pipes")
        self._stdin, self._stdout = self._process.stdin, self._process.stdout
        write_frame(self._stdin, msgspec.msgpack.encode(job))
        self._listener = threading.Thread(target=self._listen, name="biocite-lexical", daemon=True)
        self._listener.start()

    def _listen(self) -> None:
        while (frame := read_frame(self._stdout)) is not None:
            told = msgspec.msgpack.decode(frame, type=int | tuple[str, str])
            if isinstance(told, int):
                self._stage.advance(told)
            else:
                self._error = told

    def __enter__(self) -> Self:
        return self

    def check(self) -> None:
        """Raise what went wrong, if the process has ended before its time."""
        if self._process.poll() is not None:
            self._raise_failure()

    def finish(self) -> None:
        """The store has everything: wait until the index has as well. Raises what went wrong there."""
        with suppress(BrokenPipeError):  # it ended early, and said why
            write_frame(self._stdin, b"seal")
        self._raise_failure()
        self._stage.finish()

    def _raise_failure(self) -> None:
        code = self._process.wait()
        self._listener.join()
        if self._error is not None:
            message, remedy = self._error
            raise IndexStateError(message, remedy=remedy)
        if code:
            raise IndexStateError(
                f"the process that makes the lexical index ended with code {code}",
                remedy="Run the same command again: what was stored is kept. Check that there is enough memory",
            )

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._process.kill()
        self._process.wait()
        self._listener.join()
        with suppress(BrokenPipeError):  # what could not be sent is sent once more on closing
            self._stdin.close()
        self._stdout.close()
