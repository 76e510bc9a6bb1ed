"""The OpenAPI document is whole, its examples are true, and what the service sends is what the document says."""

import json
import re
from pathlib import Path

import jsonschema
import msgspec
import pytest

from api.openapi import ERROR_DESCRIPTIONS
from api.openapi_examples import ERRORS, REQUESTS, RESPONSES, request_example
from api.requests import AskRequest, Fusion, SearchRequest
from api.routes import routes
from retriever.fusion import FUSIONS
from tests.indexes import tiny_index
from tests.patient_index import patient_index
from tests.serving import serving

OPERATIONS = {
    "search": ("/v1/search", "post"),
    "ask": ("/v1/ask", "post"),
    "verify": ("/v1/verify", "post"),
    "document": ("/v1/documents/{document_id}", "get"),
    "batch": ("/v1/batch", "post"),
    "passage": ("/v1/passages/{passage_id}", "get"),
    "similar": ("/v1/similar/{document_id}", "get"),
    "add": ("/v1/documents", "post"),
    "delete": ("/v1/documents/{document_id}", "delete"),
    "export": ("/v1/export", "post"),
    "record": ("/v1/records/{record_id}", "get"),
    "replay": ("/v1/records/{record_id}/replay", "post"),
    "similar_patients": ("/v1/patients/similar", "post"),
    "patient_literature": ("/v1/patients/literature", "post"),
    "index": ("/v1/index", "get"),
    "live": ("/health/live", "get"),
    "ready": ("/health/ready", "get"),
    "metrics": ("/metrics", "get"),
}
CHAT = {
    ("/v1/models", "get"),
    ("/v1/models/{model_id}", "get"),
    ("/v1/chat/completions", "post"),
    ("/v1/embeddings", "post"),
    ("/v1/rerank", "post"),
}
DOCS = Path(__file__).parents[2] / "docs" / "http-api.md"


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    folder = tmp_path_factory.mktemp("openapi")
    with serving(tiny_index(folder), patients=patient_index(folder)) as client:
        yield client


@pytest.fixture(scope="module")
def document(client):
    response = client.get("/schema/openapi.json")
    assert response.headers["content-type"].startswith("application/vnd.oai.openapi+json")
    return response.json()


def problems(value, schema, document):
    """Where a JSON value is not what a schema says; members that a schema does not name are problems too."""
    strict = closed({**schema, "components": document.get("components", {})})
    found = jsonschema.Draft202012Validator(strict).iter_errors(value)
    return [f"{error.json_path}: {error.message}" for error in found]


def closed(schema):
    """A copy in which every object takes only the members that it names."""
    if isinstance(schema, list):
        return [closed(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    copied = {name: closed(part) for name, part in schema.items()}
    if copied.get("type") == "object" and isinstance(copied.get("properties"), dict):
        copied.setdefault("additionalProperties", False)
    return copied


def resolved(reference, document):
    value = document
    for step in reference.removeprefix("#/").split("/"):
        value = value[step]
    return value


def json_schema(holder):
    media = next(iter(holder["content"].values()))
    return media["schema"], [example["value"] for example in media["examples"].values()]


def without_nulls(value):
    """As Litestar writes examples."""
    if isinstance(value, dict):
        return {name: without_nulls(member) for name, member in value.items() if member is not None}
    return [without_nulls(member) for member in value] if isinstance(value, list) else value


def operation(document, route):
    path, method = OPERATIONS[route]
    return document["paths"][path][method]


def test_the_checker_finds_what_is_wrong():
    one = {"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]}
    document = {"components": {"schemas": {"One": one}}}
    whole = {"items": {"$ref": "#/components/schemas/One"}, "type": "array"}
    assert problems([{"a": 1}], whole, document) == []
    assert len(problems([{"a": True}], whole, document)) == 1
    assert len(problems([{}], whole, document)) == 1
    assert len(problems([{"a": 1, "b": 2}], whole, document)) == 1
    assert problems("x", {"oneOf": [{"type": "string"}, {"type": "integer"}]}, document) == []


def test_every_route_is_listed_once(document):
    assert document["openapi"].startswith("3.1")
    listed = {(path, method) for path, methods in document["paths"].items() for method in methods}
    # The chat routes have tests of their own (tests/api/chat/test_openapi.py).
    assert listed == set(OPERATIONS.values()) | CHAT
    assert len(routes(with_patients=True)) == len(listed)
    assert {operation(document, route)["operationId"] for route in OPERATIONS} == set(OPERATIONS)


def test_every_reference_leads_somewhere(document):
    references = re.findall(r'"\$ref": "([^"]+)"', json.dumps(document))
    assert len(references) > 20
    assert all(resolved(reference, document)["type"] == "object" for reference in references)


@pytest.mark.parametrize("route", OPERATIONS)
def test_every_route_shows_an_answer_and_the_shape_of_its_errors(document, route):
    responses = operation(document, route)["responses"]
    assert "500" in responses
    for status, response in responses.items():
        schema, examples = json_schema(response)
        kind = type(RESPONSES[route]).__name__ if status == "200" else "ErrorResponse"
        assert schema == ({"type": "string"} if kind == "str" else {"$ref": f"#/components/schemas/{kind}"})
        assert examples
        assert [problems(example, schema, document) for example in examples] == [[]]


@pytest.mark.parametrize("route", REQUESTS)
def test_examples_of_requests_fit_and_are_taken(document, client, route):
    schema, examples = json_schema(operation(document, route)["requestBody"])
    assert examples == [without_nulls(request_example(route))]
    assert problems(examples[0], schema, document) == []
    assert msgspec.convert(examples[0], type(REQUESTS[route])) == REQUESTS[route]
    # The document that the example cites is not in this index.
    assert client.post(OPERATIONS[route][0], json=examples[0]).status_code == (404 if route == "export" else 200)


def test_examples_of_errors_have_the_status_they_stand_under():
    assert ERRORS.keys() == ERROR_DESCRIPTIONS.keys()


def test_objects_are_described_in_their_own_words(document):
    schemas = document["components"]["schemas"]
    assert all(schema["description"] for schema in schemas.values())
    assert "Unicode code points" in schemas["Evidence"]["description"]


@pytest.mark.parametrize(
    ("route", "path", "body"),
    [
        ("search", "/v1/search", {"query": "cystic fibrosis", "k": 20}),
        ("search", "/v1/search", {"query": "paludisme", "mode": "bm25"}),
        ("ask", "/v1/ask", {"question": "Which gene is mutated in cystic fibrosis?"}),
        ("ask", "/v1/ask", {"question": "Who won the world cup?"}),
        ("verify", "/v1/verify", request_example("verify")),
        ("document", "/v1/documents/PMID:5", None),
        ("document", "/v1/documents/DOI:10.1000/anaphylaxis/2020", None),
        ("passage", "/v1/passages/PMID:5%231", None),
        ("similar", "/v1/similar/PMID:1?k=3", None),
        ("index", "/v1/index", None),
        ("live", "/health/live", None),
        ("ready", "/health/ready", None),
    ],
)
def test_what_is_sent_is_what_the_document_says(document, client, route, path, body):
    response = client.get(path) if body is None else client.post(path, json=body)
    assert response.status_code == 200
    schema, _ = json_schema(operation(document, route)["responses"]["200"])
    assert problems(response.json(), schema, document) == []


def test_errors_are_what_the_document_says(document, client):
    for response in (client.post("/v1/search", json={}), client.get("/nowhere"), client.put("/v1/index")):
        assert problems(response.json(), {"$ref": "#/components/schemas/ErrorResponse"}, document) == []


def test_fusions_of_requests_are_those_of_the_retriever():
    assert set(msgspec.json.schema(Fusion)["enum"]) == set(FUSIONS)


def test_the_manual_names_every_route_and_its_requests_are_taken(document):
    manual = DOCS.read_text("utf-8")
    for path, methods in document["paths"].items():
        for method in methods:
            assert f"`{method.upper()} {path}`" in manual
    bodies = re.findall(r"(/v1/(?:search|ask)) .*?-d '(.*?)'", manual, re.DOTALL)
    assert len(bodies) >= 2
    for path, body in bodies:
        msgspec.json.decode(body, type=SearchRequest if path == "/v1/search" else AskRequest)
