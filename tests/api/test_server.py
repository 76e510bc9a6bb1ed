"""Each route over real HTTP, with a real tiny index and models that need no weights."""

import hashlib
import json
import os
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import api.service
from api.cli import run
from api.server import ServerSettings, create_app
from api.service import ModelLoaders
from indexer.build import build_index
from tests.fakes import FakeReader, WordHashModel, fake_loaders
from tests.indexes import DOCUMENTS, tiny_index, write_documents
from tests.serving import asking, serving, wait_until, without_timings

GENE = "Which gene is mutated in cystic fibrosis?"
CF, DRUG, ANAPHYLAXIS, MALARIA, RETRACTED, FRENCH = (document["_id"] for document in DOCUMENTS)


@pytest.fixture(scope="module")
def index(tmp_path_factory):
    return tiny_index(tmp_path_factory.mktemp("server"))


@pytest.fixture(scope="module")
def client(index):
    with serving(index) as client:
        yield client


def found(client, **request):
    response = client.post("/v1/search", json={"query": "cystic fibrosis", "k": 100, "mode": "dense", **request})
    assert response.status_code == 200, response.text
    return response.json()["hits"]


def text_of(document):
    return f"{document['title']}\n\n{document['text']}"


def test_search_gives_the_best_passage_with_its_place_in_the_document(client):
    body = client.post("/v1/search", json={"query": "cystic fibrosis gene", "k": 2}).json()
    assert (body["query"], body["mode"], len(body["hits"])) == ("cystic fibrosis gene", "hybrid", 2)
    first = body["hits"][0]
    assert (first["rank"], first["document_id"], first["year"]) == (1, CF, 2015)
    assert text_of(DOCUMENTS[0])[first["start"] : first["end"]] == first["text"]
    assert first["text"].startswith("Cystic fibrosis is caused by mutations in the CFTR gene.")
    assert first["sha256"] == hashlib.sha256(text_of(DOCUMENTS[0]).encode()).hexdigest()
    assert first["bm25"]["rank"] == first["dense"]["rank"] == 1
    assert first["score"] == 1.0


def test_search_modes_ask_only_their_engine(client):
    assert all(hit["bm25"] is None and hit["dense"] for hit in found(client, mode="dense"))
    assert all(hit["dense"] is None and hit["bm25"] for hit in found(client, mode="bm25"))


def test_reciprocal_rank_fusion_scores_by_ranks_alone(client):
    first = found(client, query="cystic fibrosis gene", mode="hybrid", fusion="rrf")[0]
    assert first["score"] == pytest.approx(1 / 61 + 1 / 61)


def test_search_by_document_gives_each_document_once(client):
    documents = [hit["document_id"] for hit in found(client, unit="document")]
    assert sorted(documents) == sorted(document["_id"] for document in DOCUMENTS)


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({}, {CF, DRUG, ANAPHYLAXIS, MALARIA, RETRACTED, FRENCH}),
        ({"year": "2018:2020"}, {DRUG, ANAPHYLAXIS}),
        ({"year": "2020:"}, {ANAPHYLAXIS, MALARIA}),
        ({"year": 2015}, {CF}),
        ({"journals": ["journal of RARE diseases"]}, {CF, RETRACTED}),
        ({"publication_types": ["Review", "Case Reports"]}, {CF, ANAPHYLAXIS, MALARIA}),
        ({"mesh": ["Mutation"]}, {CF}),
        ({"languages": ["fre"]}, {ANAPHYLAXIS, FRENCH}),
        ({"retracted": True}, {RETRACTED}),
        ({"retracted": False}, {CF, DRUG, ANAPHYLAXIS, MALARIA, FRENCH}),
        ({"mesh": ["Cystic Fibrosis"], "year": "2016:2018", "retracted": False}, {DRUG}),
        ({"documents": [DRUG, FRENCH, "pmid:1"]}, {DRUG, FRENCH}),
        ({"documents": [DRUG, FRENCH], "year": "2018"}, {DRUG}),
        ({"journals": ["No Such Journal"]}, set()),
    ],
)
def test_filters_let_through_what_they_say(client, filters, expected):
    assert {hit["document_id"] for hit in found(client, filters=filters)} == expected


def test_section_filter(client):
    sections = {hit["section"] for hit in found(client)}
    kept = {hit["section"] for hit in found(client, filters={"sections": ["other"]})}
    assert kept == sections != set()
    assert found(client, filters={"sections": ["methods"]}) == []


def test_a_least_precision_that_nothing_promises_is_refused(client):
    refused = client.post("/v1/ask", json={"question": GENE, "min_precision": 0.8})
    assert refused.status_code == 400
    assert "a precision cannot be promised" in refused.json()["message"]
    assert client.post("/v1/ask", json={"question": GENE, "min_precision": "high"}).status_code == 400
    assert client.post("/v1/ask", json={"question": GENE, "min_precision": 2}).status_code == 400


def test_ask_quotes_the_document(client):
    answer = client.post("/v1/ask", json={"question": GENE}).json()
    assert (answer["status"], answer["kind"]) == ("answered", "factoid")
    best = answer["answers"][0]
    evidence = best["evidence"][0]
    assert best["text"] == evidence["text"] == "CFTR"
    assert (evidence["document_id"], evidence["url"]) == (CF, "https://example.org/1")
    assert text_of(DOCUMENTS[0])[evidence["start"] : evidence["end"]] == "CFTR"
    assert evidence["context"]["text"] == "Cystic fibrosis is caused by mutations in the CFTR gene."
    names = {"embedding": "word-hash", "reader": "compact", "reranker": "shared-words"}
    assert answer["models"] == {**names, "calibrated": False}


def test_ask_takes_the_kind_that_is_given(client):
    answer = client.post("/v1/ask", json={"question": GENE, "kind": "summary"}).json()
    assert answer["kind"] == "summary"
    assert answer["answers"][0]["text"] in text_of(DOCUMENTS[0])


def test_retracted_documents_are_evidence_only_where_they_are_asked_for(client):
    question = {"question": "What cured cystic fibrosis in patients?"}
    usual = client.post("/v1/ask", json=question).json()
    wanted = client.post("/v1/ask", json={**question, "filters": {"retracted": True}}).json()
    assert RETRACTED not in json.dumps(usual)
    assert {evidence["document_id"] for item in wanted["answers"] for evidence in item["evidence"]} == {RETRACTED}
    assert "Magnetite" in [item["text"] for item in wanted["answers"]]


def test_ask_says_so_when_the_evidence_is_insufficient(client):
    answer = client.post("/v1/ask", json={"question": "Who won the football world cup?"}).json()
    assert (answer["status"], answer["answers"]) == ("insufficient_evidence", [])
    assert answer["nearest"]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda document: document["_id"])
@pytest.mark.parametrize("escaped", [True, False], ids=["escaped", "plain"])
def test_document_is_given_whole_whatever_its_id(client, document, escaped):
    path = document["_id"]
    if escaped or "%" in path:
        path = "".join(f"%{byte:02X}" for byte in path.encode())
    body = client.get(f"/v1/documents/{path}").json()
    assert (body["document_id"], body["text"]) == (document["_id"], text_of(document))
    assert body["sha256"] == hashlib.sha256(body["text"].encode()).hexdigest()
    assert body["metadata"].get("year", 0) == document.get("year", 0)
    assert body["url"] == document.get("url", "")
    assert [part["kind"] for part in body["sections"]] == ["title", "other"]
    assert [body["text"][part["start"] : part["end"]] for part in body["sections"]] == body["text"].split("\n\n")
    assert body["passages"]
    for part in body["passages"]:
        assert body["text"][part["start"] : part["end"]] == part["text"]


def test_verify_holds_for_an_answer_as_given_and_not_for_one_that_was_changed(client):
    answer = client.post("/v1/ask", json={"question": GENE}).content
    honest = client.post("/v1/verify", content=answer).json()
    assert honest["verified"]
    assert honest["evidence"] == len(honest["findings"]) >= 1
    changed = json.loads(answer)
    changed["answers"][0]["text"] = changed["answers"][0]["evidence"][0]["text"] = "BRCA"
    verification = client.post("/v1/verify", json=changed).json()
    assert not verification["verified"]
    assert "reads 'CFTR'" in verification["findings"][0]["problem"]


def test_verify_takes_answers_larger_than_other_requests(client):
    answer = client.post("/v1/ask", json={"question": GENE}).json()
    answer["answers"] *= 3_900_000 // len(json.dumps(answer["answers"]))
    response = client.post("/v1/verify", json=answer)
    assert len(response.request.content) > 3_000_000
    assert response.json()["verified"]


def test_health_says_that_and_the_index_what_is_served(client, index):
    manifest = json.loads((index / "manifest.json").read_bytes())
    assert client.get("/health/live").json() == {"status": "live"}
    assert client.get("/health/ready").json() == {"status": "ready"}
    served = client.get("/v1/index").json()
    assert served["index_id"] == manifest["index_id"]
    assert (served["documents"], served["passages"]) == (len(DOCUMENTS), manifest["statistics"]["passages"])
    assert served["embedding"]["name"] == "word-hash"
    # Paths of the machine are nobody's business.
    assert served["directory"] == "index"
    assert [source["name"] for source in served["sources"]] == ["documents.jsonl"]


def test_documentation_page_needs_no_other_server(client):
    page = client.get("/schema")
    assert page.headers["content-type"].startswith("text/html")
    assert "POST /v1/ask" in page.text
    assert "src=" not in page.text
    assert "<script" not in page.text


SAME = [
    ("search gene -k 3 --year 2015:2018", {"k": 3, "filters": {"year": "2015:2018"}}),
    ("search gene --mode bm25 --documents", {"mode": "bm25", "unit": "document"}),
    ("search gene --fusion rrf --no-retracted", {"fusion": "rrf", "filters": {"retracted": False}}),
    ("ask gene? --type review --language eng", {"filters": {"publication_types": ["review"], "languages": ["eng"]}}),
    ("search gene --within PMID:2 --within nowhere", {"filters": {"documents": ["PMID:2", "nowhere"]}}),
    ("ask gene? --kind list", {"kind": "list"}),
]


@pytest.mark.parametrize(("command", "request_body"), SAME)
def test_command_line_and_http_say_the_same(client, index, monkeypatch, capfdbinary, command, request_body):
    monkeypatch.setattr(api.service, "ModelLoaders", fake_loaders)
    name, text, *options = command.split()
    assert run([name, text, *options, "--index", str(index), "--json"]) == 0
    printed = json.loads(capfdbinary.readouterr().out)
    body = client.post(f"/v1/{name}", json={"query" if name == "search" else "question": text, **request_body}).json()
    assert list(body) == list(printed)
    assert without_timings(body) == without_timings(printed)
    assert body["timings_ms"].keys() == printed["timings_ms"].keys()


def test_command_line_and_http_verify_alike(client, index, tmp_path, capfdbinary):
    answer = tmp_path / "answer.json"
    answer.write_bytes(client.post("/v1/ask", json={"question": GENE}).content)
    assert run(["verify", str(answer), "--index", str(index), "--json"]) == 0
    assert json.loads(capfdbinary.readouterr().out) == client.post("/v1/verify", content=answer.read_bytes()).json()


REQUESTS = (
    ("/v1/search", {"query": "cystic fibrosis gene", "filters": {"year": "2015:2018"}}),
    ("/v1/search", {"query": "malaria vectors", "mode": "dense", "k": 3}),
    ("/v1/ask", {"question": GENE}),
    ("/v1/ask", {"question": "Which drug is first in anaphylaxis?", "filters": {"publication_types": ["Review"]}}),
)


def test_eight_clients_at_once_get_what_one_gets(tmp_path):
    index = tiny_index(tmp_path)

    def ask(number):
        route, body = REQUESTS[number % len(REQUESTS)]
        return without_timings(client.post(route, json=body).raise_for_status().json())

    with serving(index, lanes=asking(4)) as client:
        alone = [ask(number) for number in range(len(REQUESTS))]
        with ThreadPoolExecutor(8) as threads:
            together = list(threads.map(ask, range(8 * 20)))
        assert together == [alone[number % len(REQUESTS)] for number in range(8 * 20)]
        # One connection a thread of the lanes, and the one that opened the index: no request leaves another behind.
        assert connections(index) <= 8 + 4 + 1 < 8 * 20
    assert connections(index) == 0


def connections(index):
    """How many times this process has the index's database open."""
    descriptors = Path("/proc/self/fd")
    if not descriptors.is_dir():
        pytest.skip("open files can be counted on Linux only")
    database = str((index / "passages.db").resolve())
    return sum(os.path.realpath(descriptor) == database for descriptor in descriptors.iterdir())


class Gated(FakeReader):
    """Reads nothing before its gate is opened, and remembers how many were reading at the same time."""

    def __init__(self):
        super().__init__("gated")
        self.gate, self.now, self.most, self._lock = threading.Event(), 0, 0, threading.Lock()

    def read(self, question, texts, *, limit=5, apart=True):
        with self._lock:
            self.now += 1
            self.most = max(self.most, self.now)
        self.gate.wait(20)
        with self._lock:
            self.now -= 1
        return super().read(question, texts, limit=limit)


@pytest.mark.parametrize("asks_at_once", [1, 3])
def test_questions_take_turns_and_hold_nothing_else_up(index, asks_at_once):
    reader = Gated()
    loaders = ModelLoaders(
        reranker=None, verdicts=None, embedding=lambda profile: WordHashModel(), reader=lambda name: reader
    )
    with serving(index, lanes=asking(asks_at_once), loaders=loaders) as client, ThreadPoolExecutor(40) as threads:
        # More than the pool has threads: if waiting took one, no thread would be left for the document.
        asked = [threads.submit(client.post, "/v1/ask", json={"question": GENE}) for _ in range(40)]
        wait_until(lambda: reader.now == asks_at_once)
        assert client.get(f"/v1/documents/{CF}", timeout=10).status_code == 200
        assert not any(answer.done() for answer in asked)
        reader.gate.set()
        assert {answer.result().status_code for answer in asked} == {200}
    assert reader.most == asks_at_once


def test_models_load_once_and_only_when_the_application_starts(index):
    loaded = []

    def load(kind, model):
        loaded.append(kind)
        return model

    loaders = ModelLoaders(
        reranker=None,
        verdicts=None,
        embedding=lambda profile: load("embedding", WordHashModel()),
        reader=lambda name: load(name, FakeReader(name)),
    )
    create_app(ServerSettings(index, loaders=loaders))
    assert loaded == []
    with serving(index, loaders=loaders, reader="mine") as client:
        assert loaded == ["embedding", "mine"]
        for _ in range(3):
            client.post("/v1/ask", json={"question": GENE}).raise_for_status()
        assert client.post("/v1/ask", json={"question": GENE}).json()["models"]["reader"] == "mine"
    assert loaded == ["embedding", "mine"]


def test_a_running_service_sees_an_update_at_the_next_request(tmp_path):
    directory = tiny_index(tmp_path)
    with serving(directory) as client:
        assert "PMID:new" not in [hit["document_id"] for hit in found(client)]
        new = {"_id": "PMID:new", "title": "Cystic fibrosis", "text": "Cystic fibrosis once more."}
        build_index([write_documents(tmp_path / "new.jsonl", [new])], directory, WordHashModel())
        assert "PMID:new" in [hit["document_id"] for hit in found(client)]
        assert client.get("/v1/index").json()["documents"] == len(DOCUMENTS) + 1
