"""The REST routes: each takes a request struct, calls an operation, and gives the same struct as `--json`."""

from api.routes.answers import ask, batch, verify
from api.routes.documents import add, delete, document, export, passage, similar
from api.routes.records import record, replay
from api.routes.search import search
from api.routes.service import index, live, mcp, metrics, ready

__all__ = ["ROUTES", "mcp", "metrics"]

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
)
