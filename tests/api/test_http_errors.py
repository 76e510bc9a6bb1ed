"""Every kind of error over real HTTP has the one shape, says what to do, and tells no internals."""

import asyncio
import json
import logging
import shutil

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api.schemas import ErrorResponse
from api.server import ServerSettings, create_app
from api.service import ModelLoaders
from corpora.errors import BioCiteError, IndexStateError, ModelError, NotFoundError
from tests.fakes import FakeReader, WordHashModel, fake_loaders
from tests.indexes import tiny_index
from tests.serving import serving

SEARCH, ASK, VERIFY = "/v1/search", "/v1/ask", "/v1/verify"
LONG = "What is a gene? " * 6_250


@pytest.fixture(scope="module")
def index(tmp_path_factory):
    return tiny_index(tmp_path_factory.mktemp("errors"))


@pytest.fixture(scope="module")
def client(index):
    with serving(index) as client:
        yield client


def refused(response, status, error):
    """The body of an error, checked for its shape."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/json"
    body = response.json()
    assert list(body) == list(ErrorResponse.__struct_fields__)
    assert body["error"] == error
    assert "\n" not in body["message"]
    assert "Traceback" not in response.text
    return body


@pytest.mark.parametrize(
    ("route", "content", "message"),
    [
        (SEARCH, b"", "the request body is empty"),
        (SEARCH, b'{"query": "gene"', "the request body is not JSON"),
        (SEARCH, b"query=gene", "the request body is not JSON"),
        (SEARCH, b'{"query": "\xff"}', "the request body is not UTF-8"),
        (SEARCH, b"[" * 100_000, "the request body is nested too deeply"),
        (VERIFY, b'{"answers": ' * 100_000, "the request body is nested too deeply"),
        (SEARCH, b"[]", "request body: expected `object`, got `array`"),
        (SEARCH, b'{"query": "\\ud800"}', "the request body is not JSON"),
        (ASK, b"null", "request body: expected `object`, got `null`"),
        (VERIFY, b"[]", "request body: expected `object`, got `array`"),
        (VERIFY, b"{}", "request body: not an answer (Object missing required field `answers`)"),
    ],
)
def test_bodies_that_are_no_such_object(client, route, content, message):
    body = refused(client.post(route, content=content), 400, "UsageError")
    assert body["message"].startswith(message)
    assert body["remedy"]


@pytest.mark.parametrize(
    ("route", "request_body", "message"),
    [
        (SEARCH, {}, "request body: object missing required field `query`"),
        (SEARCH, {"query": "gene", "colour": 1}, "request body: object contains unknown field `colour`"),
        (SEARCH, {"query": "gene", "filters": {"yaer": "2015"}}, "request body, filters: object contains unknown"),
        (SEARCH, {"query": 7}, "request body, query: expected `str`, got `int`"),
        (SEARCH, {"query": "gene", "k": "many"}, "request body, k: expected `int`, got `str`"),
        (SEARCH, {"query": "gene", "mode": "magic"}, "request body, mode: invalid enum value 'magic', expected one of"),
        (SEARCH, {"query": "gene", "k": 0}, "k is 0, expected 1 to 10,000"),
        (SEARCH, {"query": "gene", "k": -3}, "k is -3, expected 1 to 10,000"),
        (SEARCH, {"query": "gene", "k": 10**30}, f"k is {10**30}, expected 1 to 10,000"),
        (SEARCH, {"query": "gene", "k": 10**30, "unit": "document"}, f"k is {10**30}, expected 1 to 10,000"),
        (SEARCH, {"query": ""}, "the query is empty"),
        (SEARCH, {"query": " \n "}, "the query is empty"),
        (SEARCH, {"query": LONG}, "the query has 100,000 characters, at most 10,000 are taken"),
        (SEARCH, {"query": "gene", "filters": {"year": "last"}}, "years 'last' are not understood"),
        (SEARCH, {"query": "gene", "filters": {"year": "2021:2015"}}, "years '2021:2015' end before they begin"),
        (SEARCH, {"query": "gene", "filters": {"sections": ["intro"]}}, "section 'intro' is not known"),
        (SEARCH, {"query": "gene", "filters": {"mesh": ["x"] * 101}}, "filter mesh names 101 values, at most 100"),
        (SEARCH, {"query": "gene", "filters": {"mesh": "Asthma"}}, "request body, filters.mesh: expected `array`"),
        (ASK, {"question": ""}, "the question is empty"),
        (ASK, {"question": "?!"}, "the question is empty"),
        (ASK, {"question": LONG}, "the question has 99,999 characters, at most 2,000 are taken"),
        (ASK, {"question": "gene?", "kind": "essay"}, "request body, kind: invalid enum value 'essay'"),
        (ASK, {"question": "gene?", "filters": {"years": "2015"}}, "request body, filters: object contains unknown"),
        (ASK, {"question": "gene?", "k": 5}, "request body: object contains unknown field `k`"),
    ],
)
def test_requests_that_are_wrong(client, route, request_body, message):
    body = refused(client.post(route, json=request_body), 400, "UsageError")
    assert body["message"].startswith(message)
    assert body["remedy"]


@pytest.mark.parametrize("path", ["/v1/documents/PMID:999", "/v1/documents/a/b//c", "/v1/documents/%00%FF"])
def test_unknown_document(client, path):
    assert "is not in this index" in refused(client.get(path), 404, "NotFoundError")["message"]


@pytest.mark.parametrize("path", ["/", "/v1", "/v2/search", "/v1/documentation", "/schema/openapi.txt/x"])
def test_unknown_route(client, path):
    assert refused(client.get(path), 404, "NotFoundError")["message"] == f"there is no route {path}"


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [("GET", SEARCH, "POST"), ("PUT", "/v1/documents/1", "GET"), ("GET", "/v1/documents", "POST")],
)
def test_wrong_method(client, method, path, allowed):
    response = client.request(method, path)
    body = refused(response, 405, "MethodNotAllowedError")
    assert body["message"] == f"{path} does not take {method}"
    assert allowed in body["remedy"]
    assert allowed in response.headers["allow"]


@pytest.mark.parametrize(("route", "limit"), [(SEARCH, 1_000_000), (ASK, 1_000_000), (VERIFY, 4_000_000)])
@pytest.mark.parametrize("announced", [True, False], ids=["announced", "chunked"])
def test_body_too_large(client, route, limit, announced):
    content = b'{"query": "' + b"x" * limit + b'"}'
    pieces = (content[start : start + 65_536] for start in range(0, len(content), 65_536))
    body = refused(client.post(route, content=content if announced else pieces), 413, "TooLargeError")
    assert f"{limit:,} bytes" in body["message"]
    assert client.get("/health/ready").status_code == 200


def test_body_of_just_the_limit_is_read(client):
    content = json.dumps({"query": "x" * (1_000_000 - len('{"query": ""}'))}).encode()
    assert len(content) == 1_000_000
    assert "999,987 characters" in refused(client.post(SEARCH, content=content), 400, "UsageError")["message"]


class Failing(FakeReader):
    """Raises what it was given."""

    def __init__(self, error):
        super().__init__()
        self._error = error

    def read(self, question, texts, *, limit=5, apart=True):
        raise self._error


def failing(error):
    return ModelLoaders(
        reranker=None, verdicts=None, embedding=lambda profile: WordHashModel(), reader=lambda name: Failing(error)
    )


def test_what_nobody_foresaw_is_logged_and_not_told(index, caplog):
    with serving(index, loaders=failing(ZeroDivisionError("secret of /root"))) as client:
        body = refused(client.post(ASK, json={"question": "Which gene?"}), 500, "InternalError")
        assert client.get("/health/ready").status_code == 200
    assert "secret" not in json.dumps(body)
    record = next(record for record in caplog.records if record.levelno >= logging.ERROR)
    assert "secret of /root" in caplog.text
    assert record.getMessage().split()[-1] in body["message"]


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (ModelError("weights are damaged", remedy="Reinstall"), 503),
        (IndexStateError("the index is damaged", remedy="Rebuild"), 409),
        (NotFoundError("nothing here"), 404),
        (BioCiteError("something else", remedy="Do this"), 500),
    ],
)
def test_errors_that_a_person_can_act_on_say_how(index, error, status):
    with serving(index, loaders=failing(error)) as client:
        body = refused(client.post(ASK, json={"question": "Which gene?"}), status, type(error).__name__)
    assert (body["message"], body["remedy"]) == (error.message, error.remedy)


def test_an_index_damaged_while_it_is_served(tmp_path):
    index = tiny_index(tmp_path)
    with serving(index) as client:
        shutil.rmtree(index / "lexical")
        refused(client.post(SEARCH, json={"query": "gene"}), 409, "IndexStateError")
        assert client.post(SEARCH, json={"query": "gene", "mode": "dense"}).status_code == 200


def test_start_fails_with_the_reason_where_there_is_no_index(tmp_path):
    app = create_app(ServerSettings(tmp_path / "none", loaders=fake_loaders()))
    with pytest.RaisesGroup(pytest.RaisesExc(NotFoundError, match="no index found")):
        start(app)


def start(app):
    """Run an application's start and stop, without a server."""

    async def once():
        async with app.lifespan():
            pass

    asyncio.run(once())


def test_start_fails_where_the_index_was_built_with_another_model(index):
    loaders = ModelLoaders(
        reranker=None, verdicts=None, embedding=lambda profile: WordHashModel("another"), reader=FakeReader
    )
    with pytest.RaisesGroup(pytest.RaisesExc(IndexStateError, match="was built with embedding model word-hash")):
        start(create_app(ServerSettings(index, loaders=loaders)))


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
filters = st.fixed_dictionaries(
    {},
    optional={
        "year": st.integers(-5, 3000) | st.text("0123456789: "),
        "journals": st.lists(st.text(), max_size=3),
        "mesh": st.lists(st.text(), max_size=3) | anything,
        "sections": st.lists(st.sampled_from(["title", "results", "", "\0"]), max_size=2),
        "retracted": st.none() | st.booleans(),
    },
)
queries = st.fixed_dictionaries(
    {"query": st.text()},
    optional={
        "k": st.integers(-1, 12_000) | anything,
        "mode": st.sampled_from(["hybrid", "bm25", "dense", "x"]),
        "unit": st.sampled_from(["passage", "document"]),
        "filters": filters | anything,
    },
)


@settings(max_examples=60, deadline=None)
@given(body=queries | anything)
def test_no_search_makes_the_service_fail(client: httpx.Client, body):
    response = client.post(SEARCH, json=body)
    assert response.status_code in (200, 400)
    if response.status_code == 400:
        refused(response, 400, "UsageError")
