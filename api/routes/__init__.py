"""The REST routes: each takes a request struct, calls an operation, and gives the same struct as `--json`."""

from litestar.handlers import BaseRouteHandler

from api.chat.routes import CHAT_ROUTES
from api.routes.answers import ask, batch, verify
from api.routes.documents import add, delete, document, export, passage, similar
from api.routes.patients import PATIENT_ROUTES
from api.routes.records import record, replay
from api.routes.search import search
from api.routes.service import index, live, mcp, metrics, ready

ROUTES = (
    search,
    ask,
    verify,
    batch,
    document,
    passage,
    similar,
    add,
    delete,
    export,
    record,
    replay,
    index,
    live,
    ready,
    metrics,
    *CHAT_ROUTES,
)


def routes(*, with_metrics: bool = True, with_mcp: bool = False, with_patients: bool = False) -> list[BaseRouteHandler]:
    """The routes of a service, with or without those that can be switched off."""
    chosen: list[BaseRouteHandler] = [route for route in ROUTES if with_metrics or route is not metrics]
    return [*chosen, *([mcp] if with_mcp else []), *(PATIENT_ROUTES if with_patients else ())]
