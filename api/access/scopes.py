"""What a route needs: each says so with ``opt={"scope": ...}``, a scope or several of which one will do.

A route that does not say is refused to everybody.
"""

from typing import Any

from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler

from api.access.errors import ForbiddenError
from api.access.keys import Caller

OPEN = "open"
"""The scope of a route that needs no key; the gate knows their paths."""


def scopes_of(handler: BaseRouteHandler) -> tuple[str, ...]:
    """The scopes of which a caller needs one; none where a route does not say."""
    wanted = handler.opt.get("scope", ())
    return (wanted,) if isinstance(wanted, str) else tuple(wanted)


def require_scope(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    """A guard for every route: ForbiddenError unless the caller has the route's scope, or one of its scopes."""
    wanted = scopes_of(handler)
    if wanted == (OPEN,):
        return
    caller: Caller | None = connection.scope.get("state", {}).get("caller")
    if caller is None or caller.scopes.isdisjoint(wanted):
        raise ForbiddenError(
            f"this key lacks the scope {' or '.join(map(repr, wanted))}"
            if wanted
            else "this route is not open to anybody",
            remedy=f"Create a key with --scope {wanted[0]}" if wanted else "",
        )
