"""The HTTP service. `create_app` makes it; importing this module starts and loads nothing."""

import gc
import os
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec
from litestar import Litestar, Request, Response
from litestar.datastructures import State
from litestar.di import Provide
from litestar.exceptions import HTTPException
from litestar.types import Receive, Scope, Send

from api.access.gate import GateSettings
from api.access.keys import Caller
from api.access.limits import Limits
from api.access.scopes import require_scope
from api.assembly import Assembly
from api.chat import examples
from api.chat.errors import is_openai_path, openai_error_response
from api.http_errors import JsonRequest, error_response
from api.metrics import Metrics
from api.openapi import describe_objects, openapi_config
from api.operations import Operations
from api.patient_operations import PatientOperations
from api.replay import Replays
from api.routes import routes
from api.search_records import RecordSettings
from api.service import ModelLoaders
from api.tracing import exporting_provider, flushing, traced
from api.work import Lane
from api.writing import Writing
from corpora.errors import BioCiteError
from reader.models import COMPACT

BODY_BYTES = 1_000_000


def _asks_at_once() -> int:
    return max(1, (os.cpu_count() or 1) // 4)


class LaneSettings(msgspec.Struct, frozen=True):
    """How much is worked on at a time, and how long it may take; see `api.work.Lane`.

    Questions are answered one at a time for every four cores. On two cores six clients got 1.2 answers a second whether
    one or six were worked on, but a search beside them took 30 ms in the one case and 270 to 420 ms in the other.
    Searches are more at a time than cores, so that queries are embedded together (`api.batching`).
    """

    search: Lane = Lane("search", at_once=16, waiting=64, patience=0.5, seconds=10.0, first_guess=0.02)
    ask: Lane = msgspec.field(
        default_factory=lambda: Lane("ask", _asks_at_once(), waiting=8, patience=0.8, seconds=30.0, first_guess=0.3)
    )
    look: Lane = Lane("look", at_once=4, waiting=64, patience=1.0, seconds=10.0, first_guess=0.005)
    write: Lane = Lane("write", at_once=1, waiting=4, patience=120.0, seconds=600.0, first_guess=1.0)


class ServerSettings(msgspec.Struct, frozen=True):
    """What is served to whom: an index directory, the reader that `load_reader` takes, and every limit.

    `loaders` None loads real models. `audit_texts` writes questions into the audit log as they
    are, not as keyed hashes. `body_bytes` is the largest body where a route has no limit of its own; `metrics` and
    `mcp` say whether those routes exist, `tracing` whether OpenTelemetry is told of requests. `patients` is an index
    of patients, without which there are no routes for them.
    """

    index: Path
    reader: str = COMPACT
    loaders: ModelLoaders | None = None
    lanes: LaneSettings = msgspec.field(default_factory=LaneSettings)
    limits: Limits = Limits()
    gate: GateSettings = GateSettings()
    records: RecordSettings = RecordSettings()
    audit_texts: bool = False
    batching: bool = True
    body_bytes: int = BODY_BYTES
    metrics: bool = True
    mcp: bool = False
    tracing: bool = False
    patients: Path | None = None


def create_app(settings: ServerSettings, assembly: Assembly | None = None) -> Litestar:
    """The application. It opens its index and loads its models when it starts, and closes everything when it stops.

    An `assembly` already made is taken over; the application closes it.
    """
    provider = exporting_provider() if settings.tracing else None
    app = Litestar(
        routes(with_metrics=settings.metrics, with_mcp=settings.mcp, with_patients=settings.patients is not None),
        lifespan=[_lifespan(settings, assembly), lambda app: flushing(provider)],
        dependencies={
            "operations": Provide(_operations, sync_to_thread=False),
            "writing": Provide(_writing, sync_to_thread=False),
            "replays": Provide(_replays, sync_to_thread=False),
            "figures": Provide(_figures, sync_to_thread=False),
            "patients": Provide(_patients, sync_to_thread=False),
            "caller": Provide(_caller, sync_to_thread=False),
        },
        guards=[require_scope],
        request_class=JsonRequest,
        request_max_body_size=settings.body_bytes,
        exception_handlers=dict.fromkeys((BioCiteError, HTTPException, Exception), _error_response),
        openapi_config=openapi_config(),
        # Stated, since Litestar reads them from the environment otherwise: clients must never see a stack trace.
        debug=False,
        pdb_on_exception=False,
        logging_config=None,
    )
    described = (*examples.REQUESTS.values(), *examples.RESPONSES.values(), *examples.ERRORS.values())
    describe_objects(app.openapi_schema, described)
    # Around routing, not inside it: what is no route is behind the gate as well.
    routing = app.asgi_handler

    async def gated(scope: Scope, receive: Receive, send: Send) -> None:
        await app.state.assembly.gate(routing)(scope, receive, send)

    app.asgi_handler = gated if provider is None else traced(gated, provider)
    return app


def _error_response(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
    """In the shape that the clients of a path expect, also where the path takes another method or is none."""
    shape = openai_error_response if is_openai_path(request.url.path) else error_response
    return shape(request, error)


def _lifespan(
    settings: ServerSettings, opened: Assembly | None
) -> Callable[[Litestar], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def lifespan(app: Litestar) -> AsyncIterator[None]:
        assembly = opened or Assembly(settings)
        try:
            assembly.warm()
            # What is loaded stays: without this every full collection looks at all of torch again, for 0.1 s at a time.
            gc.collect()
            gc.freeze()
            app.state.assembly = assembly
            async with _mcp_running(app, settings, assembly):
                yield
        finally:
            gc.unfreeze()
            assembly.close()

    return lifespan


@asynccontextmanager
async def _mcp_running(app: Litestar, settings: ServerSettings, assembly: Assembly) -> AsyncIterator[None]:
    """With the MCP endpoint, if there is to be one."""
    if not settings.mcp:
        yield
        return
    from api.mcp_patients import patients_tool
    from api.mcp_server import McpEndpoint, make_mcp_server
    from api.mcp_tools import TOOLS

    gate = settings.gate
    tools = TOOLS if assembly.patients is None else (*TOOLS, patients_tool(assembly.patients))
    server = make_mcp_server(assembly.operations, tools=tools)
    endpoint = McpEndpoint(server, hosts=sorted(gate.hosts), origins=sorted(gate.origins))
    async with endpoint.running():
        app.state.mcp = endpoint
        yield


def _operations(state: State) -> Operations:
    operations: Operations = state.assembly.operations
    return operations


def _writing(state: State) -> Writing:
    writing: Writing = state.assembly.writing
    return writing


def _replays(state: State) -> Replays:
    return Replays(state.assembly.operations)


def _figures(state: State) -> Metrics:
    metrics: Metrics = state.assembly.metrics
    return metrics


def _patients(state: State) -> PatientOperations | None:
    patients: PatientOperations | None = state.assembly.patients
    return patients


def _caller(request: Request[None, None, State]) -> Caller:
    caller: Caller = request.scope["state"]["caller"]
    return caller
