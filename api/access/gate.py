"""The gate in front of every route: hosts, origins, keys, slow bodies, and headers that browsers heed.

It stands before routing, so a new route, or a path that is none, cannot be outside it. What a caller may do is then
told by each route (`api.access.scopes`).
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, NamedTuple

import msgspec
from litestar.enums import ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from api.access.errors import ForbiddenError, OverloadedError, RefusedForNowError, UnauthorisedError
from api.access.keys import Caller, KeyLimits, KeyStore
from api.access.limits import FailedAttempts
from api.logs import ACCESS
from api.metrics import Metrics
from corpora.errors import BioCiteError, UsageError

OPEN = frozenset({"/health/live", "/health/ready"})
"""The only paths that never ask for a key. They tell nothing but whether the service works."""

LOCAL = Caller(
    key_id="",
    name="local",
    scopes=frozenset({"read", "write", "patients", "admin"}),
    audience="local",
    limits=KeyLimits(per_minute=1_000_000, at_once=1_000),
)
"""Who asks a service on its own machine that has no keys; only what the service can do limits such a caller."""

LOOPBACK_HOSTS = frozenset({"127.0.0.1", "localhost", "[::1]"})

HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
    # The documentation page has a style of its own and nothing else; JSON needs nothing at all.
    (b"content-security-policy", b"default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"),
    (b"cache-control", b"no-store"),
)
"""Sent with every response (OWASP REST Security Cheat Sheet, "Security Headers")."""


PREFLIGHT = (
    (b"access-control-allow-methods", b"GET, POST, DELETE"),
    (b"access-control-allow-headers", b"Authorization, Content-Type"),
    (b"access-control-max-age", b"600"),
)
"""What a browser is told that asks, without a key, what a page of an allowed origin may send."""


class GateSettings(msgspec.Struct, frozen=True):
    """Who is let in.

    `hosts` are the names in the Host header that are answered, without ports; empty answers all. `origins` are the web
    origins whose pages may ask, such as ``https://chat.example.org``. `open_without_keys` lets anybody in as long as no
    key was ever created. `body_seconds` is how long a request may take to arrive. `proxies` are the addresses of
    proxies whose X-Forwarded-For is believed.
    """

    hosts: frozenset[str] = LOOPBACK_HOSTS
    origins: frozenset[str] = frozenset()
    open_without_keys: bool = True
    body_seconds: float = 20.0
    proxies: frozenset[str] = frozenset()


class Hooks(NamedTuple):
    """What the gate leaves to others.

    `shape` gives an error the form that the clients of a path expect, `check_room` refuses for a path where there is
    too much to do, and `refused` is told who was not let in, and from which address.
    """

    metrics: Metrics
    shape: Callable[[str, BioCiteError], msgspec.Struct]
    check_room: Callable[[str], None]
    refused: Callable[[BioCiteError, str], Awaitable[None]]


class Gate:
    """An ASGI application around another. It hands the `Caller` on in ``scope["state"]["caller"]``."""

    def __init__(
        self,
        app: ASGIApp,
        keys: KeyStore,
        failures: FailedAttempts,
        settings: GateSettings,
        *,
        hooks: Hooks,
    ) -> None:
        self._app = app
        self._keys = keys
        self._failures = failures
        self._settings = settings
        self._hooks = hooks

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the request through, or answer it."""
        if scope["type"] != ScopeType.HTTP:
            await send({"type": "websocket.close", "code": 1008, "reason": "no websockets here"})
            return
        headers = _headers(scope)
        body = _BodyInTime(receive, self._settings.body_seconds, whole=not _has_body(headers))
        sending = self._sending(scope, headers, body, send)
        address = client_address(scope, headers, self._settings.proxies)
        try:
            self._check_host(scope, headers)
            self._check_origin(headers, address)
            if self._is_preflight(scope, headers):
                await send_preflight(sending)
                return
            if scope["path"] not in OPEN:
                caller = self._caller(headers, address)
                scope.setdefault("state", {})["caller"] = caller
                self._hooks.check_room(scope["path"])
        except BioCiteError as error:
            try:
                await self._hooks.refused(error, address)
            except BioCiteError as worse:
                error = worse
            await send_error(sending, error, self._hooks.shape(scope["path"], error))
            return
        await self._app(scope, body, sending)

    def _check_host(self, scope: Scope, headers: Mapping[str, str]) -> None:
        """Against DNS rebinding: a page elsewhere must not reach a service on loopback by a name of its own."""
        if sum(bytes(name).lower() == b"host" for name, _ in scope["headers"]) > 1:
            raise UsageError("the Host header is there twice")  # RFC 9112, 3.2: a proxy may have read the other one
        host = headers.get("host", "")
        name = host if host.endswith("]") else host.rsplit(":", 1)[0]
        if self._settings.hosts and name.lower() not in self._settings.hosts:
            raise UsageError("the Host header names no host that is served here", remedy="Add it to the allowed hosts")

    def _check_origin(self, headers: Mapping[str, str], address: str) -> None:
        """Browsers name the page that asks; pages of other origins ask only where they were allowed to.

        Counted like a wrong key, so that nobody without one can fill the audit log.
        """
        origin = headers.get("origin")
        if origin is None or origin in self._settings.origins:
            return
        if origin.partition("://")[2].lower() != headers.get("host", "").lower():
            self._failures.check(address)
            self._failures.failed(address)
            raise ForbiddenError("pages of this origin may not ask here", remedy="Add it to the allowed origins")

    def _is_preflight(self, scope: Scope, headers: Mapping[str, str]) -> bool:
        """Whether a browser asks beforehand for a page that may ask (Fetch standard, "CORS-preflight request")."""
        return (
            scope["type"] == ScopeType.HTTP
            and scope["method"] == "OPTIONS"
            and headers.get("origin") in self._settings.origins
            and "access-control-request-method" in headers
        )

    def _caller(self, headers: Mapping[str, str], address: str) -> Caller:
        if not self._keys.any_key():
            if self._settings.open_without_keys:
                return LOCAL
            raise UnauthorisedError("a key is needed", remedy="Create one with biocite keys create")
        scheme, _, key = headers.get("authorization", "").partition(" ")
        self._failures.check(address)
        try:
            return self._keys.caller_of(key.strip() if scheme.lower() == "bearer" else "")
        except UnauthorisedError:
            self._failures.failed(address)
            raise

    def _sending(self, scope: Scope, headers: Mapping[str, str], body: "_BodyInTime", send: Send) -> Send:
        started = time.perf_counter()
        readable = self._readable_by(headers.get("origin"))

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._hooks.metrics.response(message["status"])
                _log_access(scope, message["status"], started)
                sent = list(message.get("headers", []))
                given = {bytes(name).lower() for name, _ in sent}
                added = [*(pair for pair in HEADERS if pair[0] not in given), *readable]
                # Whoever is refused must not hold the connection by a body that never ends. Callers who only came at
                # the wrong moment keep theirs: to connect again would cost the service more than their bodies do.
                if not body.whole and message["status"] != OverloadedError.http_status:
                    added.append((b"connection", b"close"))
                message["headers"] = [*sent, *added]
            await send(message)

        return sending

    def _readable_by(self, origin: str | None) -> tuple[tuple[bytes, bytes], ...]:
        """The headers that let a page of an allowed origin read the response, errors included; none are allowed unless
        they were named."""
        if not self._settings.origins:
            return ()
        if origin not in self._settings.origins:
            return ((b"vary", b"Origin"),)
        return (
            (b"access-control-allow-origin", origin.encode("latin-1")),
            (b"access-control-expose-headers", b"Retry-After"),
            (b"vary", b"Origin"),
        )


class _BodyInTime:
    """Receives like the server does, but raises SlowBodyError where a body comes too slowly, and ClientLeftError where
    the rest of it never will. `whole` tells whether all of it has come."""

    def __init__(self, receive: Receive, seconds: float, *, whole: bool) -> None:
        self._receive = receive
        self._seconds = seconds
        self._ends = asyncio.get_running_loop().time() + seconds
        self.whole = whole

    async def __call__(self) -> Any:
        if self.whole:
            return await self._receive()
        try:
            async with asyncio.timeout_at(self._ends):
                message = await self._receive()
        except TimeoutError as error:
            raise SlowBodyError(
                f"the request did not arrive within {self._seconds:g} s", remedy="Send it faster, or less of it"
            ) from error
        if message["type"] != "http.request":
            raise ClientLeftError("the client left before its request had arrived")
        self.whole = not message.get("more_body", False)
        return message


class SlowBodyError(BioCiteError):
    """A request whose body did not arrive in time (RFC 9110, 15.5.9)."""

    http_status = 408


class ClientLeftError(BioCiteError):
    """A request that broke off. Its fault, not the service's, and nobody is there to be told."""

    http_status = 400


def client_address(scope: Scope, headers: Mapping[str, str], proxies: frozenset[str]) -> str:
    """Who asks: the peer, or what a trusted proxy says of whom it asks for (the last address that is no such proxy)."""
    client = scope.get("client")
    address = client[0] if client else ""
    if address not in proxies:
        return address
    for forwarded in reversed([part.strip() for part in headers.get("x-forwarded-for", "").split(",")]):
        if forwarded and forwarded not in proxies:
            return forwarded[:100]
    return address


def _log_access(scope: Scope, status: int, started: float) -> None:
    """One line a request, without anything that was asked."""
    if ACCESS.isEnabledFor(logging.INFO):
        caller: Caller | None = scope.get("state", {}).get("caller")
        fields = {
            "method": scope.get("method", ""),
            "path": scope["path"],
            "status": status,
            "ms": round((time.perf_counter() - started) * 1000, 1),
            "key": caller.key_id if caller is not None else "",
        }
        ACCESS.info("request", extra={"fields": fields})


async def send_error(send: Send, error: BioCiteError, shaped: msgspec.Struct) -> None:
    """An error as the body that it was given, with the headers that belong to it."""
    body = msgspec.json.encode(shaped)
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    if isinstance(error, UnauthorisedError):
        headers.append((b"www-authenticate", b'Bearer realm="biocite"'))
    if isinstance(error, RefusedForNowError):
        headers.append((b"retry-after", str(error.retry_after).encode()))
    await send({"type": "http.response.start", "status": error.http_status, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": False})


async def send_preflight(send: Send) -> None:
    """That a page may ask; with what, the key it then sends decides."""
    await send({"type": "http.response.start", "status": 204, "headers": list(PREFLIGHT)})
    await send({"type": "http.response.body", "body": b"", "more_body": False})


def _has_body(headers: Mapping[str, str]) -> bool:
    """Whether a request says that it has one (RFC 9112, 6.3)."""
    return "transfer-encoding" in headers or headers.get("content-length", "0") != "0"


def _headers(scope: Scope) -> dict[str, str]:
    """Header names in lower case; of one that is there twice, the first counts."""
    found: dict[str, str] = {}
    for name, value in scope["headers"]:
        found.setdefault(name.decode("latin-1").lower(), value.decode("latin-1"))
    return found
