"""The OpenAI-compatible routes over real HTTP, in front of operations that only say what they are told to."""

import asyncio
import socket
import threading
from contextlib import contextmanager

import uvicorn
from litestar import Litestar
from litestar.di import Provide
from litestar.exceptions import HTTPException

from api.access.keys import Caller
from api.chat.routes import CHAT_ROUTES
from api.http_errors import JsonRequest, error_response
from api.openapi import openapi_config
from api.operations import Operations
from api.schemas import IndexInfo
from corpora.errors import BioCiteError
from indexer.embedding import ModelIdentity
from tests.api.chat.answers import CFTR
from tests.serving import wait_until

DIMENSIONS = 3
EMBEDDING = "word-hash/one"
INFO = IndexInfo(
    "5b0c1f7a9d3e2846", "an-index", 1, (1,), 2, 4, 4, 4, 0, 0, 0, 2015, 2018, 0,
    {"name": EMBEDDING, "dimensions": DIMENSIONS}, (), {}, "2026-11-21T12:00:00+00:00", {},
)  # fmt: skip


class Told(Operations):
    """Operations that answer with what a test put there, and remember what was asked."""

    def __init__(self):
        self.answer = CFTR
        self.pause = 0.0
        self.error = None
        self.asked = []
        self.cancelled = 0

    async def ask(self, request, caller):
        self.asked.append((request.question, caller.name))
        try:
            await asyncio.sleep(self.pause)
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        return self._or_error(self.answer)

    async def embed(self, texts, caller):
        return self._or_error([[0.5, -0.25, float(place)] for place, _ in enumerate(texts)])

    async def rerank(self, query, texts, caller):
        return self._or_error([len(text) / 100 for text in texts])

    async def info(self, caller):
        return self._or_error(INFO)

    def embedding_model(self):
        return ModelIdentity(name=EMBEDDING, revision="1", dimensions=DIMENSIONS, max_tokens=1_000)

    def _or_error(self, result):
        if self.error is not None:
            raise self.error
        return result


def chat_app(told):
    """The application."""
    return Litestar(
        CHAT_ROUTES,
        dependencies={
            "operations": Provide(lambda: told, sync_to_thread=False),
            "caller": Provide(lambda: Caller("", "local", frozenset({"read"}), "local"), sync_to_thread=False),
        },
        request_class=JsonRequest,
        request_max_body_size=1_000_000,
        exception_handlers={BioCiteError: error_response, HTTPException: error_response, Exception: error_response},
        openapi_config=openapi_config(),
        debug=False,
        pdb_on_exception=False,
        logging_config=None,
    )


@contextmanager
def served(told):
    """The base URL of a real server, while the context lasts."""
    with socket.create_server(("127.0.0.1", 0)) as sock:
        config = uvicorn.Config(chat_app(told), lifespan="off", log_config=None, access_log=False)
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [sock]})
        thread.start()
        try:
            wait_until(lambda: server.started or not thread.is_alive())
            yield f"http://127.0.0.1:{sock.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()
