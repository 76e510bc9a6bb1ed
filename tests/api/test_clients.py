"""The clients that people use, the real ones, each against a real server process with a key."""

import asyncio
import json
import shutil
import subprocess
import sys
from contextlib import closing

import httpx
import httpx2
import openai
import pytest
from mcp import Client, MCPError, StdioServerParameters, stdio_client
from mcp.client.streamable_http import streamable_http_client

from api.access.keys import KeyStore
from tests.api.process import ROOT, SCRIPT, served
from tests.indexes import DOCUMENTS, tiny_index

QUESTION = "Which gene is mutated in cystic fibrosis?"
ASKED = {"model": "biocite", "messages": [{"role": "user", "content": QUESTION}]}
TEXT_OF = {document["_id"]: f"{document['title']}\n\n{document['text']}" for document in DOCUMENTS}
CURL = shutil.which("curl")


@pytest.fixture(scope="module")
def index(tmp_path_factory):
    return tiny_index(tmp_path_factory.mktemp("clients"))


@pytest.fixture(scope="module")
def key(index):
    with closing(KeyStore(index)) as keys:
        return keys.create(("read", "write"), audience="ward-7")[0]


@pytest.fixture(scope="module")
def service(index, key):
    with served(index, mcp="true") as service:
        yield service


@pytest.fixture
def official(service, key):
    with openai.OpenAI(base_url=f"{service.url}/v1", api_key=key, max_retries=0) as client:
        yield client


def check_citations(citations, service, key):
    """Each quotation is the stored document's text, by this file's own account of it and by the service's."""
    assert citations
    for citation in citations:
        start, end = citation["start"], citation["end"]
        assert TEXT_OF[citation["document_id"]][start:end] == citation["text"]
    names = ("document_id", "start", "end", "text", "sha256")
    items = [{"text": cited["text"], "evidence": [{name: cited[name] for name in names}]} for cited in citations]
    headers = {"authorization": f"Bearer {key}"}
    verification = httpx.post(f"{service.url}/v1/verify", json={"answers": items}, headers=headers).json()
    assert verification["verified"] is True
    assert verification["evidence"] == len(citations)


def test_openai_chat(official, service, key):
    completion = official.chat.completions.create(**ASKED, temperature=0.2, max_tokens=100, seed=1)
    assert "**CFTR**" in completion.choices[0].message.content
    assert completion.choices[0].finish_reason == "stop"
    check_citations(completion.model_extra["citations"], service, key)
    record_id = completion.model_extra["biocite"]["record_id"]
    record = httpx.get(f"{service.url}/v1/records/{record_id}", headers={"authorization": f"Bearer {key}"})
    assert record.json()["query"] == QUESTION


def test_openai_chat_as_a_stream(official, service, key):
    chunks = list(official.chat.completions.create(**ASKED, stream=True, stream_options={"include_usage": True}))
    content = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
    again = official.chat.completions.create(**ASKED)
    (record_id,) = [chunk.model_extra["biocite"]["record_id"] for chunk in chunks if "biocite" in chunk.model_extra]
    assert content == again.choices[0].message.content.replace(again.model_extra["biocite"]["record_id"], record_id)
    (citations,) = [chunk.model_extra["citations"] for chunk in chunks if (chunk.model_extra or {}).get("citations")]
    check_citations(citations, service, key)
    assert chunks[-1].usage.total_tokens > 0


def test_openai_follow_up(official):
    history = [
        *ASKED["messages"],
        {"role": "assistant", "content": "CFTR [1]"},
        {"role": "user", "content": "and in children?"},
    ]
    completion = official.chat.completions.create(model="biocite", messages=history)
    assert completion.model_extra["biocite"]["question"] == "Which gene is mutated in cystic fibrosis in children?"
    assert completion.model_extra["biocite"]["carried_over"] is True


def test_openai_models_and_embeddings(official):
    names = [model.id for model in official.models.list()]
    assert names[0] == "biocite"
    (embedding,) = [name for name in names if not name.startswith("biocite")]
    assert official.models.retrieve(embedding).id == embedding
    texts = ["cystic fibrosis gene", "malaria"]
    vectors = [found.embedding for found in official.embeddings.create(model=embedding, input=texts).data]
    plain = official.embeddings.create(model=embedding, input=texts, encoding_format="float").data
    assert [found.embedding for found in plain] == [pytest.approx(vector) for vector in vectors]
    assert [sum(number * number for number in vector) for vector in vectors] == [pytest.approx(1.0)] * 2


def test_openai_errors_are_the_clients_own(official, service):
    with pytest.raises(openai.NotFoundError, match="there is no model"):
        official.chat.completions.create(**{**ASKED, "model": "gpt-4o"})
    with pytest.raises(openai.BadRequestError):
        official.chat.completions.create(model="biocite", messages=[])
    with (
        openai.OpenAI(base_url=f"{service.url}/v1", api_key="wrong", max_retries=0) as stranger,
        pytest.raises(openai.AuthenticationError, match="valid API key"),
    ):
        stranger.models.list()


async def conversation(client):
    """What an assistant does with the tools: find, read, ask, check."""
    tools = (await client.list_tools()).tools
    assert {"search", "fetch", "ask", "verify"} <= {tool.name for tool in tools}
    assert all(tool.input_schema["type"] == tool.output_schema["type"] == "object" for tool in tools)
    found = (await client.call_tool("search", {"query": "cystic fibrosis gene", "k": 2})).structured_content
    assert found["results"][0]["id"] == "PMID:1"
    fetched = (await client.call_tool("fetch", {"id": "PMID:1"})).structured_content
    assert fetched["text"] == TEXT_OF["PMID:1"]
    answer = (await client.call_tool("ask", {"question": QUESTION})).structured_content
    assert answer["answers"][0]["text"] == "CFTR"
    verification = (await client.call_tool("verify", {"answer": answer})).structured_content
    assert verification["verified"] is True
    read = await client.read_resource("biocite://document/PMID%3A1")
    assert read.contents[0].text == TEXT_OF["PMID:1"]
    refused = await client.call_tool("fetch", {"id": "PMID:none"})
    assert refused.is_error
    assert "not in this index" in refused.content[0].text
    with pytest.raises(MCPError, match="there is no tool"):
        await client.call_tool("delete", {})


def test_mcp_over_http(service, key):
    async def connected():
        headers = {"Authorization": f"Bearer {key}"}
        async with (
            httpx2.AsyncClient(headers=headers, timeout=30) as http,
            Client(streamable_http_client(f"{service.url}/mcp", http_client=http)) as client,
        ):
            await conversation(client)

    asyncio.run(connected())


def test_mcp_over_http_asks_for_a_key(service):
    ping = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
    response = httpx.post(f"{service.url}/mcp", json=ping, headers={"accept": "application/json, text/event-stream"})
    assert response.status_code == 401
    assert response.headers["www-authenticate"].startswith("Bearer")


def test_mcp_over_stdio(index):
    script = SCRIPT.format(pause=0.0, worker_life=0.0)
    parameters = StdioServerParameters(
        command=sys.executable, args=["-c", script, "mcp", "--index", str(index)], cwd=str(ROOT)
    )

    async def connected():
        async with Client(stdio_client(parameters)) as client:
            await conversation(client)

    asyncio.run(connected())


def curl(service, *arguments, key=None):
    """What curl prints, with the status on a line of its own."""
    authorised = ["-H", f"Authorization: Bearer {key}"] if key else []
    outcome = subprocess.run(
        [CURL, "-sS", "-w", "\n%{http_code}", *authorised, *arguments[1:], f"{service.url}{arguments[0]}"],
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert outcome.returncode == 0, outcome.stderr
    body, _, status = outcome.stdout.rpartition("\n")
    return int(status), body


@pytest.mark.skipif(CURL is None, reason="the program curl is not installed")
def test_curl(service, key):
    sent = ("-H", "Content-Type: application/json", "-d")
    assert curl(service, "/health/ready") == (200, '{"status":"ready"}')
    assert curl(service, "/v1/index")[0] == 401
    status, body = curl(service, "/v1/search", *sent, '{"query": "malaria"}', key=key)
    assert (status, json.loads(body)["hits"][0]["title"]) == (200, "Malaria vectors")
    status, body = curl(service, "/v1/ask", *sent, json.dumps({"question": QUESTION}), key=key)
    assert (status, json.loads(body)["answers"][0]["text"]) == (200, "CFTR")
    status, checked = curl(service, "/v1/verify", *sent, body, key=key)
    assert (status, json.loads(checked)["verified"]) == (200, True)
    batch = json.dumps({"questions": [{"question": QUESTION}, {"question": "Which drug is first in anaphylaxis?"}]})
    status, body = curl(service, "/v1/batch", "-N", *sent, batch, key=key)
    lines = [json.loads(line) for line in body.splitlines()]
    assert [line["number"] for line in lines] == [1, 2]
    assert lines[1]["answer"]["answers"][0]["text"] == "Adrenaline"
    status, body = curl(service, "/v1/export", *sent, '{"document_ids": ["PMID:2"], "format": "ris"}', key=key)
    assert (status, body.splitlines()[0].rstrip()) == (200, "TY  - JOUR")
    note = '{"documents": [{"id": "note", "text": "Quokkamycin helps."}]}'
    status, body = curl(service, "/v1/documents", *sent, note, key=key)
    assert (status, json.loads(body)["document_ids"]) == (200, ["private:ward-7:note"])
    assert curl(service, "/v1/documents/private:ward-7:note", key=key)[0] == 200
    assert curl(service, "/v1/documents/private:ward-7:note", "-X", "DELETE", key=key)[0] == 200
    assert curl(service, "/v1/documents/private:ward-7:note", key=key)[0] == 404
    status, body = curl(service, "/v1/chat/completions", "-N", *sent, json.dumps({**ASKED, "stream": True}), key=key)
    assert status == 200
    assert body.endswith("data: [DONE]\n\n")
    status, body = curl(service, "/v1/rerank", *sent, '{"query": "malaria", "documents": ["gene", "malaria"]}', key=key)
    assert (status, json.loads(body)["results"][0]["index"]) == (200, 1)
    status, body = curl(service, "/metrics", key=key)
    assert "biocite_operation_seconds_count" in body
    assert curl(service, "/schema/openapi.json", key=key)[0] == 200
    assert "<script" not in curl(service, "/schema", key=key)[1]


@pytest.mark.skipif(CURL is None, reason="the program curl is not installed")
def test_curl_tells_of_the_headers(service):
    head = subprocess.run([CURL, "-sSI", f"{service.url}/v1/index"], capture_output=True, text=True, timeout=30).stdout
    names = {line.partition(":")[0].lower() for line in head.splitlines()[1:]}
    assert {"x-content-type-options", "content-security-policy", "www-authenticate", "cache-control"} <= names
    assert "server" not in names
