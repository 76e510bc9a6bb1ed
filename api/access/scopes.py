"""What a route needs: each says so with ``opt={"scope": ...}``, and one that does not is refused to everybody."""

from typing import Any

from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler

from api.access.errors import ForbiddenError
from api.access.keys import Caller

OPEN = "open"
"""The scope of a route that needs no key; the gate knows their paths."""


def require_scope(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    """A guard for every route: ForbiddenError unless the caller has the route's scope."""
    wanted = handler.opt.get("scope")
    if wanted == OPEN:
        return
    caller: Caller | None = connection.scope.get("state", {}).get("caller")
    if wanted is None or caller is None or wanted not in caller.scopes:
        raise ForbiddenError(
            f"this key lacks the scope {wanted!r}" if wanted else "this route is not open to anybody",
            remedy=f"Create a key with --scope {wanted}" if wanted else "",
        )
