"""Running an application with uvicorn on a socket, until SIGINT or SIGTERM."""

import logging
import math
import os
import signal
import socket
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

import uvicorn
from litestar import Litestar

from api.slow_heads import ImpatientProtocol
from corpora.errors import BioCiteError, ModelError

_SHORTEST_LIFE_S = 20.0
GRACE_SECONDS = 30
"""How long requests under way may take to end once the service is told to stop."""


class _Announcing(uvicorn.Server):
    """Calls back once requests are answered."""

    def __init__(self, config: uvicorn.Config, on_ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._on_ready = on_ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._on_ready()


def run_until_signal(
    app: Litestar, sock: socket.socket, *, on_ready: Callable[[], None], grace_seconds: float = GRACE_SECONDS
) -> None:
    """Serve on a listening socket; a signal lets requests under way end first, for at most `grace_seconds`."""
    config = uvicorn.Config(
        app,
        http=ImpatientProtocol,
        lifespan="on",
        log_config=None,
        access_log=False,
        proxy_headers=False,  # the gate believes only proxies that were named
        server_header=False,
        timeout_graceful_shutdown=math.ceil(grace_seconds),
    )
    with _signals_spent():
        _Announcing(config, on_ready).run(sockets=[sock])


def run_workers(count: int, work: Callable[[bool], None]) -> None:
    """Run `work` in so many processes until SIGINT or SIGTERM, which they get too; one that crashes is started again.

    `work` is told whether to announce itself, as the first one does. Nothing heavy may be loaded here before: the
    processes are forks. Raises ModelError where a process ends before it has run for a while.
    """
    workers = _Workers(work)
    with _handled(workers.stop):
        for number in range(count):
            workers.start(announce=number == 0)
        workers.wait()


class _Workers:
    """The processes, by their ids."""

    def __init__(self, work: Callable[[bool], None]) -> None:
        self._work = work
        self._started: dict[int, float] = {}
        self._stopping = False

    def start(self, *, announce: bool) -> None:
        """One process more."""
        child = os.fork()
        if child:
            self._started[child] = time.monotonic()
            return
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_DFL)
        code = 1
        try:
            self._work(announce)
            code = 0
        except BioCiteError as error:
            sys.stderr.write(f"biocite: {error}\n")
            code = error.exit_code
        except BaseException:
            logging.getLogger(__name__).exception("a worker failed")
        finally:
            sys.stderr.flush()
            os._exit(code)

    def stop(self, number: int, frame: FrameType | None) -> None:
        """Tell all to end."""
        self._stopping = True
        for child in self._started:
            os.kill(child, signal.SIGTERM)

    def wait(self) -> None:
        """Until all have ended."""
        while self._started:
            child, status = os.wait()
            lived = time.monotonic() - self._started.pop(child, 0.0)
            if self._stopping:
                continue
            if lived < _SHORTEST_LIFE_S:
                self.stop(signal.SIGTERM, None)
                self.wait()
                raise ModelError(
                    f"a worker ended after {lived:.0f} s with status {os.waitstatus_to_exitcode(status)}",
                    remedy="Its own message stands above",
                )
            logging.getLogger(__name__).error("worker %d ended with status %d; another is started", child, status)
            self.start(announce=False)


@contextmanager
def _handled(handler: Callable[[int, FrameType | None], None]) -> Iterator[None]:
    """SIGINT and SIGTERM go to this handler."""
    previous = {number: signal.signal(number, handler) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, usual in previous.items():
            signal.signal(number, usual)


@contextmanager
def _signals_spent() -> Iterator[None]:
    """Uvicorn, once stopped, raises the signal again for whoever started it: here that means nothing any more."""

    def ignore(number: int, frame: FrameType | None) -> None:
        pass

    with _handled(ignore):
        yield
