"""The OpenAPI document says of the OpenAI-compatible routes what they take and send."""

import msgspec
import pytest
from jsonschema import Draft202012Validator

from api.chat.examples import ERRORS, REQUESTS, RESPONSES
from api.chat.openapi import openai_operation, request_example
from api.chat.payloads import MAX_TEXT_CHARACTERS, MAX_TEXTS
from api.chat.routes import CHAT_ROUTES
from api.openapi import ERROR_DESCRIPTIONS
from api.operations import MAX_TEXT_CHARACTERS as OPERATIONS_CHARACTERS
from api.operations import MAX_TEXTS as OPERATIONS_TEXTS
from tests.api.chat.serving import Told, chat_app

PATHS = {
    "models": ("/v1/models", "get"),
    "model": ("/v1/models/{model_id}", "get"),
    "chat": ("/v1/chat/completions", "post"),
    "embeddings": ("/v1/embeddings", "post"),
    "rerank": ("/v1/rerank", "post"),
}


@pytest.fixture(scope="module")
def document():
    return chat_app(Told()).openapi_schema.to_schema()


def operation(document, route):
    path, method = PATHS[route]
    return document["paths"][path][method]


def problems(document, schema, value):
    validator = Draft202012Validator({**schema, "components": document["components"]})
    return [error.message for error in validator.iter_errors(value)]


def test_every_route_is_there(document):
    assert {operation(document, route)["operationId"] for route in PATHS} == set(PATHS)
    assert len(CHAT_ROUTES) == len(PATHS) == len(document["paths"])
    assert all(handler.opt["scope"] == "read" for handler in CHAT_ROUTES)


@pytest.mark.parametrize("route", PATHS)
def test_every_response_has_a_true_example(document, route):
    responses = operation(document, route)["responses"]
    assert responses.keys() >= {"200", "401", "403", "429", "500", "503", "504"}
    for status, response in responses.items():
        media = response["content"]["application/json"]
        (example,) = media["examples"].values()
        assert problems(document, media["schema"], example["value"]) == []
        meant = RESPONSES[route] if status == "200" else ERRORS[int(status)]
        assert media["schema"] == {"$ref": f"#/components/schemas/{type(meant).__name__}"}
        assert msgspec.convert(example["value"], type(meant)) == meant


def test_a_chat_may_be_streamed(document):
    content = operation(document, "chat")["responses"]["200"]["content"]
    assert content["text/event-stream"]["schema"]["required"] == ["data"]


@pytest.mark.parametrize("route", REQUESTS)
def test_examples_of_requests_fit(document, route):
    media = operation(document, route)["requestBody"]["content"]["application/json"]
    (example,) = media["examples"].values()
    assert example["value"] == request_example(route)
    assert msgspec.convert(example["value"], type(REQUESTS[route])) == REQUESTS[route]
    assert problems(document, media["schema"], example["value"]) == []


@pytest.mark.parametrize(
    ("route", "change"),
    [
        ("chat", {"messages": []}),
        ("chat", {"messages": [{"role": "robot"}]}),
        ("chat", {"messages": [{"role": "user", "content": [{"text": "no type"}]}]}),
        ("chat", {"n": 0}),
        ("embeddings", {"input": [1]}),
        ("embeddings", {"input": ""}),
        ("embeddings", {"input": ["x"] * (MAX_TEXTS + 1)}),
        ("embeddings", {"input": "x" * (MAX_TEXT_CHARACTERS + 1)}),
        ("rerank", {"query": "?!_"}),
        ("rerank", {"documents": [{"title": "no text"}]}),
        ("rerank", {"documents": ["x"] * MAX_TEXTS}),
        ("rerank", {"top_n": 0}),
    ],
)
def test_what_is_refused_is_outside_the_schema(document, route, change):
    body = request_example(route) | change
    schema = operation(document, route)["requestBody"]["content"]["application/json"]["schema"]
    assert problems(document, schema, body)
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(body, type(REQUESTS[route]))


@pytest.mark.parametrize("route", REQUESTS)
def test_what_clients_may_add_is_inside_the_schema(document, route):
    body = request_example(route) | {"user": {"name": "x"}, "temperature": "hot"}
    schema = operation(document, route)["requestBody"]["content"]["application/json"]["schema"]
    assert problems(document, schema, body) == []
    assert msgspec.convert(body, type(REQUESTS[route])) == REQUESTS[route]


def test_dimensions_are_described_in_words(document):
    """Which number is taken depends on the index."""
    schema = operation(document, "embeddings")["requestBody"]["content"]["application/json"]["schema"]
    assert schema["properties"].keys() == {"model", "input", "encoding_format"}
    assert "`dimensions`" in schema["description"]


def test_limits_and_errors_are_those_of_the_service():
    assert MAX_TEXTS == OPERATIONS_TEXTS
    assert MAX_TEXT_CHARACTERS <= OPERATIONS_CHARACTERS
    assert ERRORS.keys() <= ERROR_DESCRIPTIONS.keys()


def test_a_keyword_that_is_not_known_is_not_left_out(monkeypatch):
    def with_another(kinds, **options):
        return ({"type": "object", "properties": {"x": {"type": "array", "contains": {}}}},), {}

    monkeypatch.setattr(msgspec.json, "schema_components", with_another)
    with pytest.raises(TypeError, match="keyword contains"):
        openai_operation("chat")()
