"""With tracing on, each request is one span, without anything that was asked."""

import httpx
import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

import api.server
from api.server import ServerSettings, create_app
from tests.fakes import fake_loaders
from tests.indexes import tiny_index


@pytest.fixture
def spans(monkeypatch):
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    monkeypatch.setattr(api.server, "exporting_provider", lambda: provider)
    return exporter


async def asked(index, **settings):
    app = create_app(ServerSettings(index, loaders=fake_loaders(), **settings))
    async with app.lifespan():
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
            response = await client.post("/v1/search", json={"query": "a secret illness"})
    assert response.status_code == 200


@pytest.mark.parametrize("tracing", [True, False])
def test_a_request_is_one_span_if_that_was_asked_for(tmp_path, spans, tracing):
    import asyncio

    asyncio.run(asked(tiny_index(tmp_path), tracing=tracing))
    found = spans.get_finished_spans()
    assert len(found) == (1 if tracing else 0)
    for span in found:
        assert "/v1/search" in span.name + str(dict(span.attributes))
        assert "secret" not in span.to_json()
