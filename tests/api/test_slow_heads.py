"""The head of a request has to arrive in time; what is in time is answered, also again on the same connection."""

import asyncio
import socket
import threading
import time
from contextlib import contextmanager

import pytest
import uvicorn

import api.slow_heads
from api.slow_heads import ImpatientProtocol
from tests.serving import wait_until

HEAD = b"GET / HTTP/1.1\r\nHost: here\r\n\r\n"


async def application(scope, receive, send):
    await asyncio.sleep(0.5)  # longer than a head may take: working is not being late
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
    await send({"type": "http.response.body", "body": b"ok"})


@contextmanager
def connected():
    with socket.create_server(("127.0.0.1", 0)) as sock:
        config = uvicorn.Config(application, http=ImpatientProtocol, lifespan="off", log_config=None)
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [sock]})
        thread.start()
        try:
            wait_until(lambda: server.started)
            with socket.create_connection(sock.getsockname(), timeout=5) as connection:
                yield connection
        finally:
            server.should_exit = True
            thread.join()


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    monkeypatch.setattr(api.slow_heads, "HEAD_SECONDS", 0.3)


@pytest.mark.parametrize("sent", [b"", b"GET / HTTP/1.1\r\nHost: he"])
def test_a_head_that_does_not_come_ends_the_connection(sent):
    with connected() as connection:
        connection.sendall(sent)
        started = time.monotonic()
        assert connection.recv(100) == b""
        assert 0.2 < time.monotonic() - started < 3


def test_a_second_request_has_as_long_as_the_first():
    with connected() as connection:
        connection.sendall(HEAD)
        assert connection.recv(1_000).endswith(b"ok")
        connection.sendall(HEAD)
        assert connection.recv(1_000).endswith(b"ok")
        connection.sendall(HEAD[:10])
        assert connection.recv(100) == b""
