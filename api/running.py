"""Running an application with uvicorn on a socket, until SIGINT or SIGTERM."""

import logging
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

import uvicorn
from litestar import Litestar

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


def run_until_signal(app: Litestar, sock: socket.socket, *, on_ready: Callable[[], None]) -> None:
    """Serve on a listening socket; a signal lets requests under way end first. What goes wrong is logged to stderr."""
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    config = uvicorn.Config(
        app, lifespan="on", log_config=None, access_log=False, timeout_graceful_shutdown=GRACE_SECONDS
    )
    with _signals_spent():
        _Announcing(config, on_ready).run(sockets=[sock])


@contextmanager
def _signals_spent() -> Iterator[None]:
    """Uvicorn, once stopped, raises the signal again for whoever started it: here that means nothing any more."""

    def ignore(number: int, frame: FrameType | None) -> None:
        pass

    previous = {number: signal.signal(number, ignore) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
