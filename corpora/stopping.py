"""Stopping work that nobody waits for any more: a time limit, or a caller who left.

A thread cannot be stopped from outside, so long work asks from time to time (`check_stopped`) whether to go on. What it
is asked about travels in a context variable, so that nothing in between has to hand it on.
"""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from corpora.errors import BioCiteError


class StoppedError(BioCiteError):
    """The work was given up before it was done."""

    http_status = 504


class Stop:
    """Whether some work is to go on: until `cancel` is called, or `seconds` from now are over. Safe between threads."""

    def __init__(self, seconds: float | None = None) -> None:
        self._ends = None if seconds is None else time.monotonic() + seconds
        self._cancelled = threading.Event()

    def cancel(self) -> None:
        """Nobody waits any more."""
        self._cancelled.set()

    def check(self) -> None:
        """Raises StoppedError where the work is to end."""
        if self._cancelled.is_set():
            raise StoppedError("the work was given up: nobody waits for it any more")
        if self._ends is not None and time.monotonic() > self._ends:
            raise StoppedError("the work took longer than it may", remedy="Ask for less, or try again later")


_current: ContextVar[Stop | None] = ContextVar("biocite_stop", default=None)


@contextmanager
def stoppable(stop: Stop) -> Iterator[None]:
    """Work in this context asks `stop` whether to go on."""
    token = _current.set(stop)
    try:
        yield
    finally:
        _current.reset(token)


def check_stopped() -> None:
    """Raises StoppedError where the work at hand is to end; without `stoppable` it never does."""
    stop = _current.get()
    if stop is not None:
        stop.check()
