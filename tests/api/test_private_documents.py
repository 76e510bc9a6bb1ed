"""Private documents: whatever is asked, nobody but their audience receives anything that tells of them."""

import json
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from urllib.parse import quote

import pytest

from api.access.audit import verify
from api.access.keys import KeyStore
from api.access.limits import Limits
from indexer.index import Index
from tests.fakes import WordHashModel
from tests.indexes import DOCUMENTS, tiny_index
from tests.serving import serving

GENEROUS = Limits(per_minute=1_000_000, burst=1_000_000, at_once=1_000, failures=1_000_000)
OWN = "protocol-7"
TITLE = "Quokka protocol of the ward"
TEXT = "Quokkamycin cures Zanzibaritis of the CFTR gene in cystic fibrosis.\nGive it to every patient called Mortimer."
SECRETS = ("quokka", "zanzibar", "mortimer", "protocol-7", "private:", "request-")
"""Words of the private document, and of how it is kept."""
QUESTION = "What does Quokkamycin cure in cystic fibrosis?"
MODELS = ("hybrid", "bm25", "dense")


def new_key(index, *scopes, **options):
    with closing(KeyStore(index)) as keys:
        text, record = keys.create(scopes, **options)
    return text, record


class Client:
    """What one key gets."""

    def __init__(self, client, key, audience):
        self._client = client
        self._headers = {"authorization": f"Bearer {key}"}
        self.audience = audience

    def post(self, path, body, **headers):
        return self._client.post(path, json=body, headers={**self._headers, **headers})

    def get(self, path):
        return self._client.get(path, headers=self._headers)

    def add(self, *documents):
        response = self.post("/v1/documents", {"documents": documents})
        assert response.status_code == 200, response.text
        return response.json()

    def delete(self, document_id):
        return self._client.delete(f"/v1/documents/{quote(document_id, safe='')}", headers=self._headers)

    def found(self, query, **options):
        response = self.post("/v1/search", {"query": query, "k": 100, "unit": "document", **options})
        assert response.status_code == 200, response.text
        return [hit["document_id"] for hit in response.json()["hits"]]

    def document(self, document_id):
        return self.get(f"/v1/documents/{quote(document_id, safe='')}")

    def tool(self, name, **arguments):
        message = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": name, "arguments": arguments}}
        return self.post("/mcp", message, accept="application/json, text/event-stream")

    def resource(self, uri):
        message = {"jsonrpc": "2.0", "id": 1, "method": "resources/read", "params": {"uri": uri}}
        return self.post("/mcp", message, accept="application/json, text/event-stream")


class Wards:
    """A service with keys of several audiences."""

    def __init__(self, index, client):
        self.index = index
        self._client = client

    def key(self, audience="", *scopes):
        text, record = new_key(self.index, *(scopes or ("read", "write")), audience=audience)
        return Client(self._client, text, record.audience)


def served(index):
    return serving(index, limits=GENEROUS, mcp=True)


@pytest.fixture
def wards(tmp_path):
    index = tiny_index(tmp_path)
    with served(index) as client:
        yield Wards(index, client)
    assert verify(index).problem == ""


@pytest.fixture(scope="module")
def settled(tmp_path_factory):
    """A service with a private document of ward a: (its key, its answer, the document, another ward's key)."""
    index = tiny_index(tmp_path_factory.mktemp("private"))
    with served(index) as client:
        wards = Wards(index, client)
        ours, theirs = wards.key("a"), wards.key("b")
        before = theirs.get("/v1/index").json()
        private_id = ours.add({"id": OWN, "title": TITLE, "text": TEXT, "year": 2019})["document_ids"][0]
        answer = ours.post("/v1/ask", {"question": QUESTION}).json()
        yield wards, ours, theirs, private_id, answer, before


def evidence_of(document):
    """A quotation that is right."""
    start = document["text"].index("Quokkamycin")
    return {
        "document_id": document["document_id"], "start": start, "end": start + 11, "text": "Quokkamycin",
        "sha256": document["sha256"],
    }  # fmt: skip


def answer_of(evidence):
    return {"answers": [{"text": evidence["text"], "evidence": [evidence]}]}


def searches(private_id):
    """Search requests that a private document would match in every way."""
    for query in (TITLE, TEXT, "Quokkamycin Zanzibaritis", private_id, OWN, "private", "cystic fibrosis CFTR gene"):
        for mode in MODELS:
            for more in ({}, {"unit": "document"}, {"rerank": True}, {"fusion": "rrf"}, {"filters": {"year": 2019}}):
                yield {"query": query, "k": 1_000, "mode": mode, **more}


def attempts(key, private_id):
    """(what was tried, the response) of each way to learn of a document."""
    for body in searches(private_id):
        yield body, key.post("/v1/search", body)
    for question in (QUESTION, TITLE, f"What is {private_id}?", "Who is called Mortimer?"):
        for kind in (None, "factoid", "list", "yesno", "summary"):
            yield ("ask", question, kind), key.post("/v1/ask", {"question": question, "kind": kind})
        yield ("batch", question), key.post("/v1/batch", {"questions": [{"question": question}]})
        chat = {"model": "biocite", "messages": [{"role": "user", "content": question}]}
        yield ("chat", question), key.post("/v1/chat/completions", chat)
        yield ("stream", question), key.post("/v1/chat/completions", {**chat, "stream": True})
        yield ("mcp ask", question), key.tool("ask", question=question)
        yield ("mcp search", question), key.tool("search", query=question, k=50)
    for public in (document["_id"] for document in DOCUMENTS):
        yield ("similar", public), key.get(f"/v1/similar/{quote(public, safe='')}?k=100")
    yield "index", key.get("/v1/index")
    yield "models", key.get("/v1/models")
    yield "mcp index", key.resource("biocite://index")


def direct(key, private_id, evidence):
    """(what was tried, the response) of each way to name a document; the id is in some responses as it was sent."""
    encoded = quote(private_id, safe="")
    for path in ("documents", "similar", "passages"):
        yield path, key.get(f"/v1/{path}/{encoded}")
    for number in range(4):
        yield f"passage {number}", key.get(f"/v1/passages/{encoded}%23{number}")
    yield "delete", key.delete(private_id)
    for form in ("ris", "bibtex", "csv", "nbib"):
        yield form, key.post("/v1/export", {"document_ids": [private_id], "format": form})
        yield form, key.post("/v1/export", {"document_ids": ["PMID:1", private_id], "format": form})
    yield "verify", key.post("/v1/verify", answer_of({**evidence, "document_id": private_id}))
    yield "mcp fetch", key.tool("fetch", id=private_id)
    yield "mcp resource", key.resource(f"biocite://document/{encoded}")
    yield "mcp verify", key.tool("verify", answer=answer_of({**evidence, "document_id": private_id}))


def test_its_audience_sees_it(settled):
    wards, ours, _, private_id, answer, _ = settled
    assert private_id == "private:a:protocol-7"
    for key in (ours, wards.key("a", "read")):
        for mode in MODELS:
            assert private_id in key.found("Quokkamycin Zanzibaritis", mode=mode)
        assert key.document(private_id).json()["text"] == f"{TITLE}\n\n{TEXT}"
        assert "Quokkamycin" in key.tool("fetch", id=private_id).text
    assert private_id in json.dumps(answer["answers"])
    assert ours.post("/v1/verify", answer).json()["verified"] is True
    assert TITLE in ours.post("/v1/export", {"document_ids": [private_id]}).text
    assert ours.get("/v1/index").json()["documents"] == len(DOCUMENTS) + 1


@pytest.mark.parametrize(("audience", "scopes"), [("b", ()), ("", ("read",)), ("", ("read", "admin")), ("aa", ())])
def test_no_answer_tells_others_of_it(settled, audience, scopes):
    wards, _, _, private_id, _, _ = settled
    key = wards.key(audience, *scopes)
    tried = 0
    for what, response in attempts(key, private_id):
        tried += 1
        assert response.status_code == 200, (what, response.text)
        # What was asked is repeated in some answers; everything else must not have the words.
        told = response.text.casefold()
        for asked in sorted(said(what), key=len, reverse=True):
            told = told.replace(json.dumps(asked)[1:-1].casefold(), "").replace(asked.casefold(), "")
        assert [secret for secret in SECRETS if secret in told] == [], (what, response.text)
    assert tried > 150


def said(what):
    """The texts of a request."""
    if isinstance(what, dict):
        return [what["query"]]
    return [part for part in what if isinstance(part, str)] if isinstance(what, tuple) else []


def test_its_name_says_no_more_than_one_that_does_not_exist(settled):
    _, ours, theirs, private_id, _, _ = settled
    evidence = evidence_of(ours.document(private_id).json())
    assert ours.post("/v1/verify", answer_of(evidence)).json()["verified"] is True
    missing = private_id.replace("7", "8")
    tried = 0
    for (what, named), (_, unknown) in zip(
        direct(theirs, private_id, evidence), direct(theirs, missing, evidence), strict=True
    ):
        tried += 1
        assert named.status_code == unknown.status_code, what
        assert named.status_code in (404, 200 if "verify" in what or "mcp" in what else 404), what
        assert without_ids(named, private_id) == without_ids(unknown, missing), what
    assert tried == 20
    assert ours.document(private_id).status_code == 200
    # Nor do quotations that are wrong in another way.
    for change in ({"sha256": "0" * 64}, {"start": 0}, {"text": "x"}, {"end": 10**9}):
        wrong = theirs.post("/v1/verify", answer_of({**evidence, **change})).json()
        assert [finding["problem"] for finding in wrong["findings"]][-1] == "the document is not in this index"


def without_ids(response, document_id):
    told = response.text.replace(quote(document_id, safe=""), "ID").replace(document_id, "ID")
    body = json.loads(told) if told.startswith("{") else told
    if isinstance(body, dict):
        body.pop("record_id", None)
    return body


def test_counts_tell_others_nothing(settled):
    _, ours, theirs, _, _, before = settled
    after = theirs.get("/v1/index").json()
    assert {name: after[name] for name in COUNTS} == {name: before[name] for name in COUNTS}
    assert ours.get("/v1/index").json()["documents"] == before["documents"] + 1
    assert "request-" not in json.dumps(after["sources"])


COUNTS = ("documents", "passages", "searched", "first_year", "last_year", "retracted", "skipped", "tombstones")


def test_records_of_private_results_are_not_kept_and_those_of_others_not_shown(settled):
    wards, ours, theirs, _, answer, _ = settled
    assert answer["record_id"] == ""
    public = ours.post("/v1/search", {"query": "malaria", "mode": "bm25", "filters": {"year": 2021}}).json()
    record_id = public["record_id"]
    assert record_id
    for key in (theirs, wards.key("a")):
        assert key.get(f"/v1/records/{record_id}").status_code == 404
        assert key.post(f"/v1/records/{record_id}/replay", None).status_code == 404
    # What is left out, and how much, is counted among what the key may see.
    theirs_id = theirs.post("/v1/search", {"query": "malaria", "k": 1, "mode": "bm25"}).json()["record_id"]
    record = theirs.get(f"/v1/records/{theirs_id}")
    assert record.json()["below"] + len(record.json()["hits"]) == len(DOCUMENTS)
    assert not [secret for secret in SECRETS if secret in record.text.casefold()]
    replayed = theirs.post(f"/v1/records/{theirs_id}/replay", None).json()
    assert replayed["same"] is True


HOSTILE_IDS = (
    "private:a:protocol-7", "../a/protocol-7", "a:protocol-7", "PMID:1", "protocol-7#1", "x' OR audience = 'a", "*",
    "%70rotocol-7", "private:a:protocol-7%00", "\u202eprotocol-7", "ｐｒｏｔｏｃｏｌ-7", "Protocol-7",
    " protocol-7", "protocol-7 ",
)  # fmt: skip


@pytest.mark.parametrize("own", HOSTILE_IDS)
def test_no_id_names_a_document_of_others(settled, own):
    wards, ours, _, private_id, _, _ = settled
    key = wards.key("c")
    public = key.document("PMID:1").json()["text"]
    (made,) = key.add({"id": own, "title": "Mine", "text": "Unrelated words."})["document_ids"]
    assert made == f"private:c:{own}"
    assert key.document(made).json()["text"] == "Mine\n\nUnrelated words."
    assert ours.document(private_id).json()["text"] == f"{TITLE}\n\n{TEXT}"
    assert ours.document(made).status_code == 404
    assert ours.document("PMID:1").json()["text"] == public
    assert key.delete(made).json()["counts"]["deleted"] == 1
    assert key.document(made).status_code == 404
    assert ours.document(private_id).status_code == 200


@pytest.mark.parametrize("own", ["", "x" * 201, "a\nb", "a\x00b", "a\x7fb", "a\tb"])
def test_ids_that_cannot_be(settled, own):
    wards, *_ = settled
    key = wards.key("c")
    generation = key.get("/v1/index").json()["generation"]
    assert key.post("/v1/documents", {"documents": [{"id": own, "text": "x"}]}).status_code == 400
    assert key.get("/v1/index").json()["generation"] == generation


def test_what_is_published_cannot_be_deleted(settled):
    _, ours, theirs, private_id, _, _ = settled
    for key in (ours, theirs):
        refused = key.delete("PMID:1")
        assert refused.status_code == 404
        assert "not one of your private documents" in refused.json()["message"]
    assert theirs.delete(private_id).status_code == 404


def test_the_same_id_in_two_audiences_names_two_documents(wards):
    a, b = wards.key("a"), wards.key("b")
    for key, word in ((a, "Alphamycin"), (b, "Betamycin")):
        key.add({"id": OWN, "title": "Same title", "text": f"{word} helps."})
    assert "Alphamycin" in a.document("private:a:protocol-7").text
    assert "Betamycin" in b.document("private:b:protocol-7").text
    for key, other in ((a, "private:b:protocol-7"), (b, "private:a:protocol-7")):
        assert key.document(other).status_code == 404
        for mode in MODELS:
            assert other not in key.found("Alphamycin Betamycin helps", mode=mode)
    assert a.delete("private:a:protocol-7").status_code == 200
    assert a.document("private:a:protocol-7").status_code == 404
    assert b.document("private:b:protocol-7").status_code == 200


def test_the_same_text_in_two_audiences_is_found_by_each(wards):
    a, b = wards.key("a"), wards.key("b")
    for key in (a, b):
        key.add({"id": "x", "title": TITLE, "text": TEXT})
    for mode in MODELS:
        assert [found for found in a.found(TEXT, mode=mode) if found.startswith("private:")] == ["private:a:x"]
        assert [found for found in b.found(TEXT, mode=mode) if found.startswith("private:")] == ["private:b:x"]


def test_sent_twice_replaced_deleted_and_sent_again(wards):
    key = wards.key("a")
    private_id = "private:a:x"
    one = {"id": "x", "title": "One", "text": "Alphamycin helps."}
    assert key.add(one)["counts"].get("added") == 1
    assert key.add(one)["counts"].get("unchanged") == 1
    assert key.found("Alphamycin", mode="bm25") == [private_id]
    assert key.add({**one, "text": "Betamycin helps."})["counts"].get("updated") == 1
    assert key.found("Alphamycin", mode="bm25") == []
    assert key.found("Betamycin", mode="bm25") == [private_id]
    assert key.delete(private_id).json()["counts"].get("deleted") == 1
    assert key.found("Betamycin", mode="bm25") == []
    assert key.delete(private_id).status_code == 404
    assert key.add(one)["counts"]["added"] == 1
    assert key.found("Alphamycin", mode="bm25") == [private_id]
    assert key.document(private_id).json()["text"] == "One\n\nAlphamycin helps."
    assert private_id not in wards.key("b").found("Alphamycin")


def test_many_add_at_once_and_none_is_lost_or_mixed_up(wards):
    keys = [wards.key(f"ward-{number}") for number in range(3)]

    def add(number):
        return keys[number % 3].post(
            "/v1/documents", {"documents": [{"id": f"d{number}", "text": f"Wardmycin number{number} helps."}]}
        )

    with ThreadPoolExecutor(6) as threads:
        made = list(threads.map(add, range(9)))
    assert {response.status_code for response in made} <= {200, 503}
    for number, response in enumerate(made):
        if response.status_code == 503:  # refused for now, with a time to come again: nothing was written
            assert int(response.headers["retry-after"]) >= 1
            assert add(number).status_code == 200
    for place, key in enumerate(keys):
        expected = sorted(f"private:ward-{place}:d{number}" for number in range(9) if number % 3 == place)
        assert sorted(key.found("Wardmycin", mode="bm25")) == expected
    assert wards.key("other").found("Wardmycin", mode="bm25") == []
    assert not list(wards.index.glob("service/request-*"))


def test_after_a_restart_it_is_as_before(tmp_path):
    index = tiny_index(tmp_path)
    with served(index) as client:
        wards = Wards(index, client)
        a, b = wards.key("a"), wards.key("b")
        a.add({"id": OWN, "title": TITLE, "text": TEXT})
    with served(index) as client:
        for key in (a, b):
            key._client = client
        assert "private:a:protocol-7" in a.found("Quokkamycin")
        assert b.document("private:a:protocol-7").status_code == 404
        assert not [secret for secret in SECRETS if secret in str(b.found("cystic fibrosis"))]
    # The files are the owner's, who sees everything.
    index_of_owner = Index(index, lambda profile: WordHashModel(profile.embedding_model))
    assert "private:a:protocol-7" in set(index_of_owner.store.document_ids())
    index_of_owner.close()


def test_without_keys_private_documents_are_those_of_this_machine(tmp_path):
    index = tiny_index(tmp_path)
    with serving(index, limits=GENEROUS) as client:
        body = {"documents": [{"id": "x", "text": "Quokkamycin helps."}]}
        assert client.post("/v1/documents", json=body).json()["document_ids"] == ["private:local:x"]
        key, _ = new_key(index, "read")
        headers = {"authorization": f"Bearer {key}"}
        assert client.get("/v1/documents/private:local:x", headers=headers).status_code == 404
        found = client.post("/v1/search", json={"query": "Quokkamycin"}, headers=headers)
        assert "private" not in found.text
