"""The MCP server, spoken to by the SDK's own client: over HTTP to a real server, over stdio to a real process."""

import asyncio
import builtins
import json
import logging
import os
import socket
import subprocess
import sys
import threading
import time
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import httpx
import httpx2
import jsonschema
import mcp_types as types
import msgspec
import pytest
import uvicorn
from litestar import Litestar, asgi
from mcp import Client, MCPError, StdioServerParameters, stdio_client
from mcp.client.streamable_http import streamable_http_client

from api.access.errors import OverloadedError, UnauthorisedError
from api.access.keys import Caller, KeyStore
from api.commands.mcp import LocalOperations
from api.mcp_server import McpEndpoint, caller_from_scope, make_mcp_server
from api.mcp_tools import (
    TOOLS,
    Outcome,
    ToolSpec,
    answer_text,
    document_of,
    document_uri,
    object_schema,
)
from api.service import Service
from api.work import Lane, Worker
from corpora.errors import NotFoundError, UsageError
from reader.records import Answer, AnswerItem, Context, Evidence, Verdict
from tests.commands import biocite
from tests.fakes import fake_loaders
from tests.indexes import DOCUMENTS, tiny_index, write_documents
from tests.patient_index import NOTE, check_patient, patient_index
from tests.serving import serving

ROOT = Path(__file__).parents[2]
QUESTION = "Which drug to give first in anaphylaxis?"
QUESTION_ON_A_GENE = "Which gene is mutated in cystic fibrosis?"
READER = Caller("k1", "reader", frozenset({"read"}), "ward")
WRITER = Caller("k2", "writer", frozenset({"write"}), "ward")
KEYS = {"Bearer reading": READER, "Bearer writing": WRITER}
MODES = ("legacy", "auto")
"""How clients of before 2026 connect, with a handshake, and those of today, without."""

OPTIONAL = ToolSpec("extra", "Extra", "One more.", TOOLS[1].arguments, TOOLS[1].output, TOOLS[1].call, scope="patients")


class Service500:
    """Operations that fail: foreseen, and not."""

    async def search(self, request, caller):
        raise OverloadedError("too much to do", retry_after=7)

    async def ask(self, request, caller):
        raise ValueError("secret: /srv/index line 3")

    async def document(self, document_id, caller):
        raise ValueError("secret: /srv/index line 3")


@pytest.fixture(scope="module")
def index(tmp_path_factory):
    return tiny_index(tmp_path_factory.mktemp("mcp"))


@pytest.fixture(scope="module")
def operations(index):
    service = Service(index, loaders=fake_loaders())
    worker = Worker(Lane("answer", at_once=1, waiting=100, patience=30.0, seconds=30.0, first_guess=0.1))
    yield LocalOperations(service, worker)
    worker.close()
    service.close()


def keyed(app):
    """The application behind what reads keys, as the service's gate does."""

    async def gate(scope, receive, send):
        if scope["type"] == "http":
            caller = KEYS.get(dict(scope["headers"]).get(b"authorization", b"").decode())
            if caller is not None:
                scope.setdefault("state", {})["caller"] = caller
        await app(scope, receive, send)

    return gate


@contextmanager
def served(server, **options):
    """A Litestar application with the MCP server as a route, on a real port; gives its address."""
    endpoint = McpEndpoint(server, **options)

    @asgi("/mcp", copy_scope=True)
    async def route(scope: Any, receive: Any, send: Any) -> None:
        await endpoint(scope, receive, send)

    app = keyed(Litestar([route], lifespan=[lambda app: endpoint.running()], logging_config=None, openapi_config=None))
    with socket.create_server(("127.0.0.1", 0)) as sock:
        instance = uvicorn.Server(uvicorn.Config(app, lifespan="on", log_config=None, access_log=False))
        thread = threading.Thread(target=instance.run, kwargs={"sockets": [sock]})
        thread.start()
        try:
            while thread.is_alive() and not instance.started:
                time.sleep(0.01)
            yield f"http://127.0.0.1:{sock.getsockname()[1]}/mcp"
        finally:
            instance.should_exit = True
            thread.join()


@pytest.fixture(scope="module")
def address(operations):
    with served(make_mcp_server(operations, tools=(*TOOLS, OPTIONAL))) as url:
        yield url


def talk(address, conversation, mode="auto", key="reading"):
    """What a conversation with a connected client comes to."""

    async def connected():
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        async with (
            httpx2.AsyncClient(headers=headers, timeout=30) as http,
            Client(streamable_http_client(address, http_client=http), mode=mode) as client,
        ):
            try:
                return await conversation(client)
            except MCPError as error:  # given back, since the client's task groups would wrap it
                return error

    return asyncio.run(connected())


def call(address, name, arguments, **options):
    return talk(address, lambda client: client.call_tool(name, arguments), **options)


def read(address, uri, **options):
    return talk(address, lambda client: client.read_resource(uri), **options)


def message(method, **params):
    return {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}


def post(address, body, **headers):
    accepted = {"Accept": "application/json, text/event-stream", "Content-Type": "application/json"}
    sent = {**accepted, "Authorization": "Bearer reading", **headers}
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return httpx.post(address, content=content, headers=sent)


@pytest.mark.parametrize("mode", MODES)
def test_what_is_offered(address, mode):
    async def conversation(client):
        return (
            await client.list_tools(),
            await client.list_resources(),
            await client.list_resource_templates(),
            client.instructions,
        )

    tools, resources, templates, instructions = talk(address, conversation, mode)
    assert [tool.name for tool in tools.tools] == ["search", "fetch", "ask", "verify", "extra"]
    for tool in tools.tools:
        hints = tool.annotations
        assert (hints.read_only_hint, hints.destructive_hint, hints.open_world_hint) == (True, False, False)
        for schema in (tool.input_schema, tool.output_schema):
            assert schema["type"] == "object"
            jsonschema.Draft202012Validator.check_schema(schema)
        assert tool.input_schema["additionalProperties"] is False
    assert [tool.input_schema["required"] for tool in tools.tools[:4]] == [["query"], ["id"], ["question"], ["answer"]]
    assert [str(resource.uri) for resource in resources.resources] == ["biocite://index"]
    assert [template.uri_template for template in templates.resource_templates] == ["biocite://document/{id}"]
    assert "never instructions" in instructions


def test_similar_patients_is_not_offered():
    assert "similar_patients" not in {tool.name for tool in TOOLS}


def test_similar_patients_where_the_service_has_them(tmp_path):
    directory, patients = tiny_index(tmp_path), patient_index(tmp_path)
    with closing(KeyStore(directory)) as keys:
        reading, seeing = (keys.create(scopes, name="a")[0] for scopes in (("read",), ("patients",)))
    with serving(directory, mcp=True, patients=patients) as client:
        url = str(client.base_url.join("/mcp"))
        names = [tool.name for tool in talk(url, lambda client: client.list_tools(), key=reading).tools]
        assert names == ["search", "fetch", "ask", "verify", "similar_patients"]
        refused = call(url, "similar_patients", {"note": NOTE}, key=reading)
        assert refused.is_error
        assert "this key lacks the scope 'patients'" in refused.content[0].text
        found = call(url, "similar_patients", {"note": NOTE, "k": 2}, key=seeing)
        assert not found.is_error
        told = found.structured_content
        assert {patient["patient_id"] for patient in told["patients"]} == {"lupus-1", "lupus-2"}
        for patient in told["patients"]:
            check_patient(patient, told["note"])
        assert [part["kind"] for part in told["masked"]] == ["NAME", "MRN"]
        assert "O'Neill" not in found.content[0].text
        closed = call(url, "search", {"query": "gene"}, key=seeing)
        assert "this key lacks the scope 'read'" in closed.content[0].text
        wrong = call(url, "similar_patients", {"note": "?"}, key=seeing)
        assert (wrong.is_error, "the note is empty" in wrong.content[0].text) == (True, True)


@pytest.mark.parametrize("mode", MODES)
def test_search_then_fetch_as_connectors_do(address, mode):
    async def conversation(client):
        found = await client.call_tool("search", {"query": "adrenaline in anaphylaxis"})
        first = found.structured_content["results"][0]["id"]
        return found, await client.call_tool("fetch", {"id": first})

    found, fetched = talk(address, conversation, mode)
    for result in (found, fetched):
        assert not result.is_error
        (content,) = result.content
        assert json.loads(content.text) == result.structured_content
    results = found.structured_content["results"]
    assert len({result["id"] for result in results}) == len(results) == 6
    best, record = results[0], DOCUMENTS[2]
    assert (best["id"], best["title"], best["year"]) == (record["_id"], record["title"], 2020)
    assert best["text"] in f"{record['title']}\n\n{record['text']}"
    assert {result["id"]: result["url"] for result in results}["PMID:1"] == "https://example.org/1"
    assert {result["id"]: result["url"] for result in results}["étude 6%"] == "biocite://document/%C3%A9tude%206%25"
    document = fetched.structured_content
    assert document["id"] == record["_id"]
    assert document["text"] == f"{record['title']}\n\n{record['text']}"
    assert document["metadata"]["doi"] == "10.1000/anaphylaxis/2020"
    assert len(document["metadata"]["sha256"]) == 64


def test_search_takes_filters_and_a_number(address):
    arguments = {"query": "cystic fibrosis", "k": 1, "filters": {"retracted": True}}
    (only,) = call(address, "search", arguments).structured_content["results"]
    assert (only["id"], only["retracted"]) == ("PMID:5", True)


@pytest.mark.parametrize("mode", MODES)
def test_ask_then_verify(address, mode):
    async def conversation(client):
        answer = await client.call_tool("ask", {"question": QUESTION})
        told = answer.structured_content
        false = json.loads(json.dumps(told))
        false["answers"][0]["evidence"][0]["text"] = false["answers"][0]["text"] = "Aspirin"
        return (
            answer,
            await client.call_tool("verify", {"answer": told}),
            await client.call_tool("verify", {"answer": json.dumps(told)}),
            await client.call_tool("verify", {"answer": false}),
        )

    answer, as_object, as_text, false = talk(address, conversation, mode)
    assert answer.structured_content["answers"][0]["text"] == "Adrenaline"
    evidence = answer.structured_content["answers"][0]["evidence"][0]
    (content,) = answer.content
    assert "[1] “The first drug to give in anaphylaxis is **Adrenaline**.”" in content.text
    assert f"DOI:10.1000/anaphylaxis/2020, characters {evidence['start']} to {evidence['end']}" in content.text
    assert as_object.structured_content == as_text.structured_content
    assert as_object.structured_content["verified"] is True
    assert false.structured_content["verified"] is False
    assert "the evidence says 'Aspirin'" in false.structured_content["findings"][0]["problem"]


def test_insufficient_evidence_is_an_answer(address):
    result = call(address, "ask", {"question": "Who painted the Sistine Chapel?"})
    assert not result.is_error
    assert result.structured_content["answers"] == []
    assert "Insufficient evidence: no answer is given." in result.content[0].text


@pytest.mark.parametrize(
    ("name", "arguments", "said"),
    [
        ("search", {}, "search: object missing required field `query`"),
        ("search", {"query": "x", "colour": "red"}, "search: object contains unknown field `colour`"),
        ("search", {"query": "x", "k": 51}, "search: expected `int` <= 50 - at `$.k`"),
        ("search", {"query": "x", "k": "many"}, "search: expected `int`, got `str` - at `$.k`"),
        ("search", {"query": " "}, "query is empty"),
        ("search", {"query": "x", "filters": {"year": "then"}}, "then"),
        ("fetch", {"id": "PMID:404"}, "PMID:404"),
        ("ask", {"question": "x", "kind": "poem"}, "ask: invalid enum value 'poem'"),
        ("verify", {"answer": "no json"}, "not an answer"),
        ("verify", {"answer": 7}, "verify: expected `str | object`, got `int`"),
        ("extra", {"id": "PMID:1"}, "this key lacks the scope 'patients'"),
    ],
)
def test_wrong_arguments_are_told_as_results_of_the_tool(address, name, arguments, said):
    result = call(address, name, arguments)
    assert result.is_error
    assert result.structured_content is None
    assert said in result.content[0].text
    assert "Traceback" not in result.content[0].text


def test_arguments_that_are_no_unicode_are_refused(address):
    body = b'{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"fetch","arguments":{"id":"\\ud800"}}}'
    response = post(address, body)
    assert response.status_code < 500
    assert "surrogates" in response.text or response.json()["error"]


def test_a_tool_that_there_is_not(address):
    error = call(address, "delete", {})
    assert error.code == types.INVALID_PARAMS
    assert str(error) == "there is no tool 'delete'. There are: search, fetch, ask, verify, extra"


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda document: document["_id"])
def test_a_document_is_a_resource_whatever_its_id_holds(address, document):
    uri = document_uri(document["_id"])
    (content,) = read(address, uri).contents
    assert (content.text, content.mime_type) == (f"{document['title']}\n\n{document['text']}", "text/plain")


def test_identifiers_in_uris():
    assert document_uri("DOI:10.1000/x") == "biocite://document/DOI%3A10.1000%2Fx"
    assert document_of("biocite://document/DOI%3A10.1000%2Fx") == "DOI:10.1000/x"
    assert document_of("biocite://document/a%252Fb") == "a%2Fb"
    for uri in ("biocite://document/", "biocite://documents/PMID%3A1", "file:///etc/passwd", "biocite://document/%FF"):
        with pytest.raises(NotFoundError, match="there is no resource"):
            document_of(uri)


def test_the_index_resource_tells_no_path(address, index):
    (content,) = read(address, "biocite://index").contents
    told = json.loads(content.text)
    assert (told["documents"], told["first_year"], told["last_year"], told["embedding"]) == (6, 2015, 2021, "word-hash")
    assert str(index) not in content.text


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("uri", ["biocite://document/PMID%3A404", "biocite://document/..%2F..%2Fetc%2Fpasswd", "x:y"])
def test_a_resource_that_there_is_not(address, mode, uri):
    error = read(address, uri, mode=mode)
    assert (type(error), error.code) == (MCPError, types.INVALID_PARAMS)


def test_the_caller_comes_with_each_request(address):
    assert (
        "this key lacks the scope 'read'" in call(address, "ask", {"question": QUESTION}, key="writing").content[0].text
    )
    for key in ("", "guessed"):
        result = call(address, "fetch", {"id": "PMID:1"}, key=key)
        assert result.is_error
        assert result.content[0].text.startswith("a key is needed")
        assert str(read(address, "biocite://index", key=key)).startswith("a key is needed")


def test_no_caller_in_the_scope_means_nobody():
    assert caller_from_scope({"state": {"caller": READER}}) is READER
    for scope in (None, {}, {"state": {}}, {"state": {"caller": "reader"}}):
        with pytest.raises(UnauthorisedError):
            caller_from_scope(scope)


def test_errors_tell_what_to_do_and_never_what_is_inside(caplog):
    caplog.set_level(logging.ERROR, "api.mcp_server")
    with served(make_mcp_server(Service500())) as url:
        busy = call(url, "search", {"query": "x"})
        failed = call(url, "ask", {"question": QUESTION})
        unread = read(url, "biocite://document/PMID%3A1")
    assert busy.content[0].text == "too much to do. Try again in 7 s"
    for told in (failed.content[0].text, str(unread)):
        assert told.startswith("The service failed to answer (reference ")
        assert "secret" not in told
    reference = failed.content[0].text.partition("reference ")[2][:8]
    assert [record.exc_info is not None for record in caplog.records] == [True, True]
    assert reference in caplog.text


def test_only_posts_are_taken(address):
    for method in ("GET", "DELETE", "PUT"):
        response = httpx.request(method, address, headers={"Accept": "text/event-stream"})
        assert (response.status_code, response.headers["allow"]) == (405, "POST")
        assert response.json()["error"] == "MethodNotAllowedError"


def test_only_at_its_own_path(address):
    assert [post(address + more, message("tools/list")).status_code for more in ("", "/", "/more", "x")] == [
        200, 200, 404, 404,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"Host": "localhost:1"}, 200),
        ({"Host": "evil.example"}, 421),
        ({"Host": "localhost.evil.example"}, 421),
        ({"Host": "127.0.0.1"}, 200),
        ({"Origin": "http://localhost:5173"}, 200),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "http://localhost.evil.example"}, 403),
    ],
)
def test_hosts_and_origins(address, headers, status):
    assert post(address, message("tools/list"), **headers).status_code == status


def test_hosts_and_origins_are_those_of_the_settings(operations):
    server = make_mcp_server(operations)
    with served(server, hosts=["biocite.example.org"], origins=["https://chat.example.org"]) as url:
        assert post(url, message("tools/list")).status_code == 421
        for host in ("biocite.example.org", "biocite.example.org:443"):
            assert post(url, message("tools/list"), Host=host).status_code == 200
        named = {"Host": "biocite.example.org"}
        assert post(url, message("tools/list"), **named, Origin="https://chat.example.org").status_code == 200
        assert post(url, message("tools/list"), **named, Origin="https://biocite.example.org").status_code == 200
        assert post(url, message("tools/list"), **named, Origin="http://localhost").status_code == 403


def test_large_and_broken_bodies(operations):
    with served(make_mcp_server(operations), body_bytes=2_000) as url:
        assert post(url, message("tools/list", filler="x" * 2_000)).status_code == 413
        for body in (b"", b"{", b"[]", b"\xff", b"[" * 1_500):
            response = post(url, body)
            assert response.status_code == 400
            assert "Traceback" not in response.text


def test_answers_only_while_the_application_runs(operations):
    endpoint, sent = McpEndpoint(make_mcp_server(operations)), []

    async def send(message):
        sent.append(message)

    async def asked():
        await endpoint({"type": "http", "method": "POST", "headers": []}, None, send)
        for _ in range(2):  # an application may be started again
            async with endpoint.running():
                pass
        await endpoint({"type": "http", "method": "POST", "headers": []}, None, send)

    asyncio.run(asked())
    assert [message["status"] for message in sent if "status" in message] == [503, 503]


def test_every_output_schema_fits_what_is_given():
    sentence = Context(0, 5, "a b c")
    evidence = Evidence("PMID:1", "PMID:1#1", "T", "S", 2, 3, "b", "0" * 64, "", 0.5, sentence, 2001, "J", (), True)
    second = msgspec.structs.replace(evidence, url="https://example.org/1", retracted=False, year=None)
    verdict = Verdict("yes", {"yes": 0.75, "no": 0.2, "maybe": 0.05})
    items = (AnswerItem("b", 0.9, (evidence, second)), AnswerItem("b", 0.8, (second,)))
    answer = Answer("Is b?", "yesno", "answered", 0.9, items, "A note.", (), {}, "i1", {"calibrated": True}, verdict)
    jsonschema.validate(json.loads(msgspec.json.encode(answer)), object_schema(Answer))
    assert answer_text(answer).splitlines() == [
        "Question: Is b?",
        "Confidence: 0.90",
        "A note.",
        "A model reads the quotations as: yes (0.75). This is no quotation.",
        "",
        "Answer 1: b (confidence 0.90)",
        "[1] “a **b** c”",
        f"    RETRACTED · T · J · 2001 · biocite://document/PMID%3A1 · PMID:1, characters 2 to 3 · sha256 {'0' * 64}",
        "[2] “a **b** c”",
        f"    T · J · https://example.org/1 · PMID:1, characters 2 to 3 · sha256 {'0' * 64}",
        "",
        "Answer 2: b (confidence 0.80)",
        "[3] “a **b** c”",
        f"    T · J · https://example.org/1 · PMID:1, characters 2 to 3 · sha256 {'0' * 64}",
        "",
        "Index i1",
    ]


def test_a_tool_is_given_only_its_scope():
    async def nothing(operations, arguments, caller):
        return Outcome(arguments, "")

    tool = ToolSpec("t", "T", "", TOOLS[1].arguments, TOOLS[1].arguments, nothing)
    assert asyncio.run(tool.run(None, {"id": "x"}, READER)).structured.id == "x"
    with pytest.raises(UsageError, match=r"^t: object contains unknown field `k`"):
        asyncio.run(tool.run(None, {"id": "x", "k": 1}, READER))


def test_without_the_library_a_remedy(operations, monkeypatch):
    found = builtins.__import__

    def without(name, *arguments, **named):
        if name == "mcp" or name.startswith("mcp."):
            raise ImportError(name)
        return found(name, *arguments, **named)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(UsageError, match=r"is not installed. pip install 'biocite\[mcp\]'"):
        make_mcp_server(operations)


COMMAND = """
import api.cli, api.service
from tests.fakes import fake_loaders
if {small}: api.service.ModelLoaders = fake_loaders
api.cli.COMMANDS.setdefault("mcp", "api.commands.mcp")
api.cli.main()
"""
PRIVATE = {"_id": "private:ward:1", "title": "On our wards", "text": "Wards keep adrenaline.", "audience": "ward"}


def started(index, conversation, log, *options, small=True):
    """What a conversation with a process of its own comes to."""

    async def connected():
        parameters = StdioServerParameters(
            command=sys.executable,
            args=["-c", COMMAND.format(small=small), "mcp", "--index", str(index), *options],
            env={**os.environ, "HF_HUB_OFFLINE": "1"},
            cwd=ROOT,
        )
        with log.open("w") as stderr:
            async with Client(stdio_client(parameters, errlog=stderr), read_timeout_seconds=60) as client:
                return await conversation(client)

    return asyncio.run(connected())


async def assisted(client):
    """What an assistant on a desk does."""
    answer = await client.call_tool("ask", {"question": QUESTION_ON_A_GENE})
    found = await client.call_tool("search", {"query": "adrenaline on wards"})
    return (
        [tool.name for tool in (await client.list_tools()).tools],
        answer.structured_content["answers"][0]["text"],
        (await client.call_tool("verify", {"answer": answer.structured_content})).structured_content["verified"],
        {result["id"] for result in found.structured_content["results"]},
        (await client.read_resource(document_uri("DOI:10.1000/anaphylaxis/2020"))).contents[0].text,
    )


def check_assisted(outcome, ids, log):
    names, answer, verified, found, text = outcome
    assert (names, answer, verified) == (["search", "fetch", "ask", "verify"], "CFTR", True)
    assert found == ids
    assert "Propranolol" in text
    (line,) = log.read_text().splitlines()
    assert line.endswith("over MCP on standard input and output")


def test_a_process_for_an_assistant_on_a_desk(tmp_path):
    index, log = tiny_index(tmp_path, [*DOCUMENTS, PRIVATE]), tmp_path / "log"
    check_assisted(started(index, assisted, log), {document["_id"] for document in DOCUMENTS}, log)


def test_a_process_with_patients(tmp_path):
    async def doctor(client):
        names = [tool.name for tool in (await client.list_tools()).tools]
        asked = {"note": NOTE, "k": 2, "questions": ["What treatment was given?"]}
        wrong = await client.call_tool("similar_patients", {"note": "?"})
        return names, (await client.call_tool("similar_patients", asked)).structured_content, wrong

    log = tmp_path / "log"
    names, told, wrong = started(tiny_index(tmp_path), doctor, log, "--patients", str(patient_index(tmp_path)))
    assert names == ["search", "fetch", "ask", "verify", "similar_patients"]
    assert {patient["patient_id"] for patient in told["patients"]} == {"lupus-1", "lupus-2"}
    assert [answer["status"] for answer in told["questions"][0]["answers"]] == ["insufficient_evidence"] * 2
    assert (wrong.is_error, "the note is empty" in wrong.content[0].text) == (True, True)
    assert "O'Neill" not in log.read_text()


@pytest.mark.slow
def test_a_process_with_the_models_that_are_shipped(tmp_path):
    source, index, log = tmp_path / "documents.jsonl", tmp_path / "index", tmp_path / "log"
    assert biocite("index", write_documents(source, [*DOCUMENTS, PRIVATE]), "--into", index).code == 0
    ids = {document["_id"] for document in (*DOCUMENTS, PRIVATE)}
    check_assisted(started(index, assisted, log, "--audience", "ward", small=False), ids, log)


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [(["--index", "nowhere"], 1, "nowhere"), (["--index", "nowhere", "--audience", "A B"], 2, "--audience is 'A B'")],
)
def test_what_keeps_the_process_from_starting(arguments, code, said):
    done = subprocess.run(
        [sys.executable, "-c", COMMAND.format(small=True), "mcp", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        input="",
        timeout=60,
    )
    assert (done.returncode, done.stdout) == (code, "")
    assert said in done.stderr
    assert "Traceback" not in done.stderr
