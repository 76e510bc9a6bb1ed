"""A real HTTP server in a thread, on a free port, and a client for it."""

import socket
import threading
import time
from contextlib import contextmanager

import httpx
import uvicorn

from api.server import LaneSettings, ServerSettings, create_app
from api.work import Lane
from tests.fakes import fake_loaders


@contextmanager
def serving(directory, **settings):
    """Serve an index with fake models while the context lasts; gives a client. Startup must take under 10 s."""
    app = create_app(ServerSettings(directory, **{"loaders": fake_loaders(), **settings}))
    with socket.create_server(("127.0.0.1", 0)) as sock:
        server = uvicorn.Server(
            uvicorn.Config(
                app, lifespan="on", log_config=None, access_log=False, proxy_headers=False, server_header=False
            )
        )
        thread = threading.Thread(target=server.run, kwargs={"sockets": [sock]})
        thread.start()
        try:
            wait_until(lambda: server.started or not thread.is_alive())
            with httpx.Client(base_url=f"http://127.0.0.1:{sock.getsockname()[1]}", timeout=30) as client:
                yield client
        finally:
            server.should_exit = True
            thread.join()


def asking(at_once, waiting=64):
    """Lanes in which so many questions are worked on at a time, and others wait patiently."""
    return LaneSettings(ask=Lane("ask", at_once, waiting=waiting, patience=600, seconds=60, first_guess=0.1))


def wait_until(condition, seconds=10):
    """Wait for a condition, at most so long."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError(f"not so within {seconds} s")
        time.sleep(0.02)


def without_timings(body):
    """A response's JSON without what differs from run to run."""
    return {name: value for name, value in body.items() if name not in ("timings_ms", "record_id")}
