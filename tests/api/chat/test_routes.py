"""The OpenAI-compatible routes over real HTTP: with `httpx`, with the official client, as chat front ends use them."""

import base64
import json
import struct

import httpx
import openai
import pytest

from api.access.errors import ForbiddenError, OverloadedError, TimeLimitError, TooManyRequestsError, UnauthorisedError
from api.chat import routes, stream
from api.chat.replies import ABOUT
from api.chat.stream import split_content
from corpora.errors import ModelError
from tests.api.chat import front_ends
from tests.api.chat.answers import CFTR, NOT_ENOUGH, URL, YES
from tests.api.chat.serving import DIMENSIONS, EMBEDDING, Told, served
from tests.serving import wait_until

QUESTION = CFTR.question
CHAT = "/v1/chat/completions"
ASKED = {"model": "biocite", "messages": [{"role": "user", "content": QUESTION}]}


@pytest.fixture(scope="module")
def server():
    told = Told()
    with served(told) as url, httpx.Client(base_url=url, timeout=20) as client:
        yield told, client


@pytest.fixture
def told(server):
    server[0].__init__()
    return server[0]


@pytest.fixture
def client(server, told):
    return server[1]


@pytest.fixture
def official(client):
    with openai.OpenAI(base_url=f"{client.base_url}/v1", api_key="none", max_retries=0) as made:
        yield made


def events(body):
    """The data of server-sent events, and the comments among them."""
    blocks = body.split("\n\n")
    assert blocks.pop() == ""
    comments = [block for block in blocks if block.startswith(":")]
    data = [block.removeprefix("data: ") for block in blocks if not block.startswith(":")]
    assert data.pop() == "[DONE]"
    return [json.loads(text) for text in data], comments


def content_of(chunks):
    return "".join(chunk["choices"][0]["delta"].get("content", "") for chunk in chunks if chunk.get("choices"))


def error_of(response, status):
    assert response.status_code == status, response.text
    body = response.json()
    assert body.keys() == {"error"}
    assert body["error"].keys() == {"message", "type", "param", "code"}
    return body["error"]


def test_a_completion(client, told):
    response = client.post(CHAT, json=ASKED)
    assert response.status_code == 200
    body = response.json()
    content = body["choices"][0]["message"]["content"]
    assert "“Cystic fibrosis is caused by mutations in the **CFTR** gene.” [[1]](https://pubmed" in content
    assert body["object"] == "chat.completion"
    assert body["choices"][0] == {
        "message": {"content": content, "role": "assistant", "refusal": None},
        "index": 0,
        "finish_reason": "stop",
        "logprobs": None,
    }
    assert body["usage"]["prompt_tokens"] == 8  # seven words and a question mark
    assert body["usage"]["total_tokens"] == 8 + body["usage"]["completion_tokens"]
    (evidence,) = CFTR.answers[0].evidence
    assert body["citations"] == [
        {"index": 1, "title": evidence.title, "url": URL, "document_id": "PMID:1", "passage_id": "PMID:1#2",
         "section": "Abstract", "start": evidence.start, "end": evidence.end, "text": "CFTR",
         "sentence": evidence.context.text, "sha256": evidence.sha256, "year": 2015,
         "journal": "Journal of Rare Diseases", "publication_types": [], "retracted": False}
    ]  # fmt: skip
    assert body["biocite"] == {
        "status": "answered", "question": QUESTION, "carried_over": False, "unread_parts": 0, "confidence": 0.93,
        "calibrated": True, "kind": "factoid", "verdict": None, "note": CFTR.note, "nearest": ["PMID:1"],
        "record_id": "r-1", "index_id": CFTR.index_id,
    }  # fmt: skip
    assert told.asked == [(QUESTION, "local")]


def test_the_official_client(official, told):
    told.answer = YES
    completion = official.chat.completions.create(**ASKED, temperature=0.5, seed=7, user="a", extra_body={"x": [1]})
    assert completion.choices[0].message.content.startswith("**Yes**, as a model reads")
    assert [found["index"] for found in completion.model_extra["citations"]] == [1, 2]
    assert completion.model_extra["biocite"]["verdict"]["label"] == "yes"
    streamed = list(official.chat.completions.create(**ASKED, stream=True, stream_options={"include_usage": True}))
    assert streamed[0].choices[0].delta.role == "assistant"
    assert "".join(chunk.choices[0].delta.content or "" for chunk in streamed[:-1]) == (
        completion.choices[0].message.content
    )
    assert [chunk.choices[0].finish_reason for chunk in streamed[:-1]][-2:] == [None, "stop"]
    assert streamed[-2].model_extra["citations"] == completion.model_extra["citations"]
    assert streamed[-1].usage == completion.usage
    assert {chunk.object for chunk in streamed} == {"chat.completion.chunk"}
    assert len({chunk.id for chunk in streamed}) == 1
    with official.chat.completions.stream(**ASKED) as helper:
        assert helper.get_final_completion().choices[0].message.content == completion.choices[0].message.content


def test_a_stream_has_sources_for_open_webui(client, told):
    told.answer = YES
    chunks, comments = events(client.post(CHAT, json={**ASKED, "stream": True}).text)
    sources = [chunk["event"] for chunk in chunks if "event" in chunk]
    first, second = YES.answers[0].evidence[0], YES.answers[1].evidence[0]
    assert sources[0] == {
        "type": "source",
        "data": {
            "source": {"id": "PMID:1 80-136", "name": first.title, "url": URL},
            "document": [first.text],
            "metadata": [{"source": "PMID:1 80-136", "name": first.title}],
        },
    }
    assert sources[1]["data"]["document"] == [second.text]
    last = chunks[-1]
    assert last["choices"] == [{"delta": {}, "finish_reason": "stop", "index": 0, "logprobs": None}]
    assert last["sources"] == [event["data"] for event in sources]
    assert [citation["index"] for citation in last["citations"]] == [1, 2]
    assert last["biocite"]["status"] == "answered"
    assert not comments
    assert not any("usage" in chunk for chunk in chunks)


def test_citations_are_there_even_when_there_are_none(client, told):
    told.answer = NOT_ENOUGH
    body = client.post(CHAT, json=ASKED).json()
    assert (body["citations"], body["biocite"]["status"]) == ([], "insufficient_evidence")
    chunks, _ = events(client.post(CHAT, json={**ASKED, "stream": True}).text)
    assert (chunks[-1]["citations"], chunks[-1]["sources"]) == ([], [])
    assert content_of(chunks) == body["choices"][0]["message"]["content"]


def test_a_conversation_as_open_webui_sends_it(client, told):
    response = client.post(CHAT, json=front_ends.OPEN_WEBUI_CHAT)
    assert response.headers["content-type"] == "text/event-stream; charset=utf-8"
    chunks, _ = events(response.text)
    asked = "Which gene is mutated in cystic fibrosis in children?"
    assert told.asked == [(asked, "local")]
    content = content_of(chunks)
    assert content.startswith(f"Asked as: {asked}\n\nHigh confidence")
    assert content.endswith("One part of the message (images, audio or files) could not be read: only text is.\n")
    assert chunks[-1]["usage"]["prompt_tokens"] > 8
    details = chunks[-2]["biocite"]
    assert (details["question"], details["carried_over"], details["unread_parts"]) == (asked, True, 1)
    for kind, answer in {
        "title": {"title": "Gene is mutated in cystic fibrosis"},
        "tags": {"tags": ["Genetics", "Paediatrics", "Mutated"]},
        "follow_ups": {"follow_ups": []},
    }.items():
        body = client.post(CHAT, json=front_ends.open_webui_task(kind)).json()
        assert json.loads(body["choices"][0]["message"]["content"]) == answer
        assert (body["citations"], body["biocite"]["status"]) == ([], "front_end_task")
    assert len(told.asked) == 1


def test_a_conversation_as_librechat_sends_it(client, told):
    chunks, _ = events(client.post(CHAT, json=front_ends.LIBRECHAT_CHAT).text)
    assert "**CFTR**" in content_of(chunks)
    assert told.asked == [("Which gene is mutated in cystic fibrosis in children?", "local")]
    for role in ("user", "system"):
        body = client.post(CHAT, json=front_ends.librechat_title("provide", role)).json()
        assert body["choices"][0]["message"]["content"] == "Gene is mutated in cystic fibrosis"
    assert len(told.asked) == 1


def test_small_talk_needs_no_search(client, told):
    body = client.post(CHAT, json={**ASKED, "messages": [{"role": "user", "content": "hi"}]}).json()
    assert body["choices"][0]["message"]["content"] == f"{ABOUT}\n"
    assert body["biocite"]["status"] == "no_question"
    assert told.asked == []


def test_comments_keep_a_slow_stream_alive(client, told, monkeypatch):
    monkeypatch.setattr(routes, "STATUS_SECONDS", 0.01)
    monkeypatch.setattr(stream.stream_reply, "__kwdefaults__", {"keep_alive": 0.1})
    told.pause = 0.5
    chunks, comments = events(client.post(CHAT, json={**ASKED, "stream": True}).text)
    assert set(comments) == {": working"}
    assert 2 <= len(comments) <= 5
    assert "**CFTR**" in content_of(chunks)


def test_an_error_within_the_first_second_has_its_status(client, told):
    told.error = OverloadedError("the service has too much to do", retry_after=7)
    response = client.post(CHAT, json={**ASKED, "stream": True})
    assert error_of(response, 503)["code"] == "service_unavailable"
    assert response.headers["retry-after"] == "7"


@pytest.mark.parametrize("error", [TimeLimitError("it took too long"), RuntimeError("secret detail")])
def test_an_error_later_is_an_event(client, official, told, monkeypatch, error):
    monkeypatch.setattr(routes, "STATUS_SECONDS", 0.01)
    told.pause, told.error = 0.1, error
    response = client.post(CHAT, json={**ASKED, "stream": True})
    assert response.status_code == 200
    chunks, _ = events(response.text)
    assert chunks[-1].keys() == {"error"}
    assert chunks[-1]["error"]["type"] == "server_error"
    assert "secret" not in response.text
    with pytest.raises(openai.APIError, match=r"too long|failed to answer"):
        list(official.chat.completions.create(**ASKED, stream=True))


@pytest.mark.parametrize("status_seconds", [0.01, 0.5])
def test_a_client_who_leaves_ends_the_work(client, told, monkeypatch, status_seconds):
    monkeypatch.setattr(routes, "STATUS_SECONDS", status_seconds)
    told.pause = 30
    for body in ({**ASKED, "stream": True}, ASKED):
        with pytest.raises(httpx.ReadTimeout):
            client.post(CHAT, json=body, timeout=0.3)
    wait_until(lambda: told.cancelled == 2)


@pytest.mark.parametrize(
    ("error", "status", "kind", "code"),
    [
        (UnauthorisedError("no key"), 401, "invalid_request_error", "invalid_api_key"),
        (ForbiddenError("no scope"), 403, "permission_error", "insufficient_permissions"),
        (TooManyRequestsError("slow down", retry_after=3), 429, "rate_limit_error", "rate_limit_exceeded"),
        (TimeLimitError("too long"), 504, "server_error", "timeout"),
        (ModelError("no weights"), 503, "server_error", "service_unavailable"),
        (RuntimeError("secret"), 500, "server_error", None),
    ],
)
def test_errors_have_the_shape_of_openai(client, told, error, status, kind, code):
    told.error = error
    for response in (
        client.post(CHAT, json=ASKED),
        client.get("/v1/models"),
        client.post("/v1/rerank", json={"query": "x", "documents": ["y"]}),
    ):
        found = error_of(response, status)
        assert (found["type"], found["param"], found["code"]) == (kind, None, code)
        assert "secret" not in response.text
        assert ("retry-after" in response.headers) == (status == 429)


def test_the_official_client_raises_its_own_errors(official, told):
    for error, raised in ((TooManyRequestsError("x", retry_after=1), openai.RateLimitError),
                          (UnauthorisedError("x"), openai.AuthenticationError)):  # fmt: skip
        told.error = error
        with pytest.raises(raised):
            official.chat.completions.create(**ASKED)
    told.error = None
    with pytest.raises(openai.NotFoundError, match="there is no model 'gpt-4o' here"):
        official.chat.completions.create(**{**ASKED, "model": "gpt-4o"})


@pytest.mark.parametrize(
    ("change", "param", "says"),
    [
        ({"messages": []}, "messages", "length >= 1"),
        ({"messages": [{"role": "robot"}]}, "messages[0].role", "Invalid enum value"),
        ({"messages": [{"role": "user", "content": 5}]}, "messages[0].content", "got `int`"),
        ({"stream": "true"}, "stream", "got `str`"),
        ({"stream": 0}, "stream", "got `int`"),
        ({"n": "1"}, "n", "got `str`"),
        ({"n": 0}, "n", ">= 1"),
        ({"model": None}, "model", "got `null`"),
    ],
)
def test_wrong_requests_say_where(client, told, change, param, says):
    found = error_of(client.post(CHAT, json={**ASKED, **change}), 400)
    assert found["param"] == param
    assert says.lower() in found["message"].lower()
    assert told.asked == []


def test_a_field_that_is_not_there_is_named(client):
    found = error_of(client.post(CHAT, json={"model": "biocite"}), 400)
    assert "missing required field `messages`" in found["message"]


def test_what_is_no_json_is_the_clients_error(client):
    for content in (b"{", b'{"model": "\xff"}', b"[" * 200_000, b"", b"[]"):
        assert error_of(client.post(CHAT, content=content), 400)["type"] == "invalid_request_error"
    assert error_of(client.post(CHAT, content=b" " * 1_000_001), 413)["code"] == "request_too_large"


def test_models(client, official, told):
    assert [model.id for model in official.models.list()] == ["biocite", EMBEDDING, "biocite-rerank"]
    assert official.models.retrieve("biocite").owned_by == "biocite"
    assert client.get(f"/v1/models/{EMBEDDING}").json() == {
        "id": EMBEDDING, "created": 1_795_262_400, "object": "model", "owned_by": "biocite"
    }  # fmt: skip
    assert client.get("/v1/models/word-hash%2Fone").status_code == 200
    assert error_of(client.get("/v1/models/gpt-4o"), 404)["code"] == "model_not_found"


def test_embeddings(client, official, told):
    given = official.embeddings.create(model=EMBEDDING, input=["one", "two words"], dimensions=DIMENSIONS)
    assert [found.embedding for found in given.data] == [[0.5, -0.25, 0.0], [0.5, -0.25, 1.0]]
    assert given.usage.prompt_tokens == 3
    floats = official.embeddings.create(model=EMBEDDING, input="one", encoding_format="float")
    assert floats.data[0].embedding == [0.5, -0.25, 0.0]
    body = {"model": EMBEDDING, "input": "one", "encoding_format": "base64"}
    encoded = client.post("/v1/embeddings", json=body).json()["data"][0]["embedding"]
    assert struct.unpack("<3f", base64.b64decode(encoded)) == (0.5, -0.25, 0.0)


@pytest.mark.parametrize(
    ("change", "param", "says"),
    [
        ({"dimensions": 2}, "dimensions", "dimensions is 2, but the vectors of word-hash/one have 3. Leave it out"),
        ({"input": [1, 2]}, "input[0]", "Lists of tokens are not taken"),
        ({"input": [[1, 2], [3]]}, "input[0]", "got `array`"),
        ({"input": ""}, "input", "length >= 1"),
        ({"input": []}, "input", "length >= 1"),
        ({"input": ["x"] * 257}, "input", "length <= 256"),
        ({"encoding_format": "int8"}, "encoding_format", "int8"),
    ],
)
def test_texts_that_cannot_be_embedded(client, change, param, says):
    found = error_of(client.post("/v1/embeddings", json={"model": EMBEDDING, "input": "x", **change}), 400)
    assert found["param"] == param
    assert says in found["message"]


def test_rerank(client):
    body = {"model": "biocite-rerank", "query": "longest", "documents": ["aa", {"text": "aaaa"}, "aaa", "aaaa"]}
    given = client.post("/v1/rerank", json=body).json()
    assert [(found["index"], found["relevance_score"]) for found in given["results"]] == [
        (1, 0.04), (3, 0.04), (2, 0.03), (0, 0.02)
    ]  # fmt: skip
    assert given["results"][0]["document"] is None
    best = client.post("/v1/rerank", json={**body, "top_n": 1, "return_documents": True}).json()
    assert best["results"] == [{"index": 1, "relevance_score": 0.04, "document": {"text": "aaaa"}}]
    assert best["usage"] == {"prompt_tokens": 5, "total_tokens": 5}
    assert len(client.post("/v1/rerank", json={**body, "top_n": 99}).json()["results"]) == 4


@pytest.mark.parametrize("change", [{"query": "?!"}, {"documents": []}, {"documents": [1]}, {"top_n": 0}])
def test_texts_that_cannot_be_ranked(client, change):
    error_of(client.post("/v1/rerank", json={"query": "x", "documents": ["y"], **change}), 400)


@pytest.mark.parametrize("content", ["", "x", "\n", "a\n\nb\n", "a\nb"])
def test_deltas_together_are_the_content(content):
    assert "".join(split_content(content)) == content
    assert all(split_content(content))
