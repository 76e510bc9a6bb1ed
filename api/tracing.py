"""Traces of requests by OpenTelemetry, for who runs a collector. Off unless asked for: nothing is sent anywhere else.

A span tells method, path, status, times and the client's address, never a question or an answer. Where spans go is told
by OpenTelemetry's own variables (OTEL_EXPORTER_OTLP_ENDPOINT, by default this machine's port 4318).
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from litestar.types import ASGIApp

from corpora.errors import UsageError

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider

_MISSING = "pip install 'biocite[otel]'"


def exporting_provider() -> "TracerProvider":
    """A provider that sends spans over OTLP; UsageError where the libraries are not installed."""
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ImportError as error:
        raise UsageError("the OpenTelemetry libraries are not installed", remedy=_MISSING) from error
    provider = TracerProvider(resource=Resource.create({"service.name": "biocite"}))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    return provider


def traced(app: ASGIApp, provider: "TracerProvider") -> ASGIApp:
    """The application with a span around each request."""
    from opentelemetry.instrumentation.asgi import OpenTelemetryMiddleware

    wrapped: Any = OpenTelemetryMiddleware(
        app,
        tracer_provider=provider,
        exclude_spans=["receive", "send"],  # one span a request, not one for every piece of a body
    )
    return wrapped  # type: ignore[no-any-return]


@asynccontextmanager
async def flushing(provider: "TracerProvider | None") -> AsyncIterator[None]:
    """Sends what is left in the end."""
    try:
        yield
    finally:
        if provider is not None:
            provider.shutdown()
