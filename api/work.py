"""Work off the event loop: bounded lanes of threads, each with a queue that is refused when it is too long.

A lane works on a few requests at a time, since models that share the cores only get slower by being called at once.
Whoever would wait longer than is sensible is told so at once, with the time after which to come again: accepted
requests then stay fast however many are asked (load shedding).
"""

import asyncio
import contextvars
import math
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import msgspec

from api.access.errors import OverloadedError, TimeLimitError
from corpora.stopping import Stop, StoppedError, stoppable

T = TypeVar("T")

_SMOOTHING = 0.1


class Lane(msgspec.Struct, frozen=True):
    """How one kind of work is done.

    `at_once` requests are worked on; others wait, at most `waiting` of them and only where they are expected to begin
    within `patience` seconds. From its arrival on a request may take `seconds`. `first_guess` is how long one is
    thought to take, in seconds, before any was seen.
    """

    name: str
    at_once: int
    waiting: int
    patience: float
    seconds: float
    first_guess: float


class Worker:
    """The threads of one lane. Its counters may be read from any thread."""

    def __init__(self, lane: Lane) -> None:
        self.lane = lane
        self._threads = ThreadPoolExecutor(lane.at_once, thread_name_prefix=f"biocite-{lane.name}")
        self._lock = threading.Lock()
        self.accepted = 0
        self.shed = 0
        self.inside = 0
        self._usual = lane.first_guess

    @property
    def queued(self) -> int:
        """How many wait for a thread."""
        return max(0, self.inside - self.lane.at_once)

    async def run(self, work: Callable[[], T]) -> T:
        """What `work` gives, done in a thread with this context.

        Raises OverloadedError at once where there is too much to do, TimeLimitError when the time is over. If the task
        that awaits this is cancelled, or the time is over, the work is told to stop (`corpora.stopping`).
        """
        stop = Stop(self.lane.seconds)
        self._admit()
        context = contextvars.copy_context()
        future = self._threads.submit(context.run, self._timed, stop, work)
        future.add_done_callback(lambda _: self._leave())
        try:
            async with asyncio.timeout(self.lane.seconds):
                # Not cancelled with this task: a thread that works on cannot be, and one that waits finds out itself.
                outcome = asyncio.wrap_future(future)
                outcome.add_done_callback(_looked_at)
                return await asyncio.shield(outcome)
        except (TimeoutError, StoppedError) as error:
            raise TimeLimitError(
                f"no {self.lane.name} within {self.lane.seconds:g} s: the work was given up",
                remedy="Ask for less at once, or try again later",
            ) from error
        finally:
            stop.cancel()
            future.cancel()

    def close(self) -> None:
        """End the threads once what they work on is done; what waits is given up."""
        self._threads.shutdown(cancel_futures=True)

    def check_room(self) -> None:
        """Raises OverloadedError where one more would be refused now: to be asked before anything is done for it."""
        with self._lock:
            self._check_room()

    def _admit(self) -> None:
        with self._lock:
            self._check_room()
            self.inside += 1
            self.accepted += 1

    def _check_room(self) -> None:
        ahead = max(0, self.inside + 1 - self.lane.at_once)
        wait = ahead / self.lane.at_once * self._usual
        if ahead > self.lane.waiting or (ahead > 1 and wait > self.lane.patience):
            self.shed += 1
            raise OverloadedError(
                f"the service has as much to do as it can: {self.inside} of this kind are being worked on or wait",
                retry_after=max(1, math.ceil(wait)),
            )

    def _leave(self) -> None:
        with self._lock:
            self.inside -= 1

    def _timed(self, stop: Stop, work: Callable[[], T]) -> T:
        stop.check()  # its time may have passed while it waited
        started = time.perf_counter()
        with stoppable(stop):
            result = work()
        with self._lock:
            self._usual += _SMOOTHING * (time.perf_counter() - started - self._usual)
        return result


def _looked_at(outcome: "asyncio.Future[T]") -> None:
    """What work given up still raises is nobody's business, and is not to be logged as forgotten."""
    if not outcome.cancelled():
        outcome.exception()
