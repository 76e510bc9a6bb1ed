"""The service itself: what it serves, whether it works, and its figures."""

from litestar import Response, asgi, get
from litestar.di import NamedDependency
from litestar.types import HTTPScope, Receive, Send

from api.access.keys import Caller
from api.metrics import Metrics
from api.openapi import answers
from api.operations import Operations
from api.responses import Live, Ready
from api.schemas import IndexInfo


@get("/v1/index", operation_id="index", responses=answers("index"), tags=["service"], opt={"scope": "read"})
async def index(operations: NamedDependency[Operations], caller: NamedDependency[Caller]) -> IndexInfo:
    """Get what the index holds and what made it."""
    return await operations.info(caller)


@get("/health/live", operation_id="live", responses=answers("live"), tags=["service"], opt={"scope": "open"})
async def live() -> Live:
    """Whether the process answers."""
    return Live()


@get("/health/ready", operation_id="ready", responses=answers("ready"), tags=["service"], opt={"scope": "open"})
async def ready(operations: NamedDependency[Operations]) -> Ready:
    """Whether questions can be answered: the index is open, its models are loaded, the audit log can be written."""
    operations.check_ready()
    return Ready()


@get("/metrics", operation_id="metrics", responses=answers("metrics", media_type="text/plain"), tags=["service"],
    opt={"scope": "read"})  # fmt: skip
async def metrics(figures: NamedDependency[Metrics], operations: NamedDependency[Operations]) -> Response[bytes]:
    """Get figures in Prometheus' text format."""
    operations.count_served()
    return Response(figures.exposed(), media_type="text/plain; version=0.0.4; charset=utf-8")


@asgi("/mcp", copy_scope=True, opt={"scope": ("read", "patients")})
async def mcp(scope: HTTPScope, receive: Receive, send: Send) -> None:
    """The Model Context Protocol over Streamable HTTP (`api.mcp_server`). Each tool asks for its own scope."""
    await scope["litestar_app"].state.mcp(scope, receive, send)
