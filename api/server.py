"""The HTTP service. `create_app` makes it; importing this module starts and loads nothing."""

import asyncio
import os
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import msgspec
from litestar import Litestar
from litestar.datastructures import State
from litestar.di import Provide
from litestar.exceptions import HTTPException

from api.http_errors import JsonRequest, error_response
from api.openapi import describe_objects, openapi_config
from api.routes import ROUTES
from api.service import ModelLoaders, Service
from corpora.errors import BioCiteError
from reader.models import COMPACT

BODY_BYTES = 1_000_000


def _default_at_once() -> int:
    return max(1, (os.cpu_count() or 1) // 4)


class ServerSettings(msgspec.Struct, frozen=True):
    """What is served: an index directory and the reader that `load_reader` takes. `loaders` None loads real models.

    `asks_at_once` is how many questions the models work on at a time, by default one for every four cores; others wait
    their turn. On two cores six clients got 1.2 answers a second whether one or six were worked on, but a search beside
    them took 30 ms in the one case and 270 to 420 ms in the other.
    """

    index: Path
    reader: str = COMPACT
    loaders: ModelLoaders | None = None
    asks_at_once: int = msgspec.field(default_factory=_default_at_once)

    def open(self) -> Service:
        """The service over the index, its models not loaded yet; BioCiteError where there is no usable index."""
        return Service(self.index, reader=self.reader, loaders=self.loaders)


def create_app(settings: ServerSettings, service: Service | None = None) -> Litestar:
    """The application. It opens its index and loads its models when it starts, and closes the index when it stops.

    A `service` already opened is taken over; the application closes it.
    """
    app = Litestar(
        ROUTES,
        lifespan=[_lifespan(settings, service)],
        dependencies={"service": Provide(_service, sync_to_thread=False), "turn": Provide(_turn)},
        request_class=JsonRequest,
        request_max_body_size=BODY_BYTES,
        exception_handlers={BioCiteError: error_response, HTTPException: error_response, Exception: error_response},
        openapi_config=openapi_config(),
        # Stated, since Litestar reads them from the environment otherwise: clients must never see a stack trace.
        debug=False,
        pdb_on_exception=False,
        logging_config=None,
    )
    describe_objects(app.openapi_schema)
    return app


def _lifespan(
    settings: ServerSettings, opened: Service | None
) -> Callable[[Litestar], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def lifespan(app: Litestar) -> AsyncIterator[None]:
        service = opened or settings.open()
        try:
            service.warm()
            app.state.service = service
            app.state.turns = asyncio.Semaphore(settings.asks_at_once)
            yield
        finally:
            service.close()

    return lifespan


def _service(state: State) -> Service:
    service: Service = state.service
    return service


async def _turn(state: State) -> AsyncGenerator[None, None]:
    """Held while a question is answered. Waiting is fair and keeps no thread, so other routes are not held up."""
    async with state.turns:
        yield
