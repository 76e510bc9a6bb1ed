"""Search records: how a result came about, who may see it, for how long, and the same again bit for bit."""

import json
import sqlite3
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from api.access.keys import KeyStore
from api.access.limits import Limits
from api.search_records import FILE, RecordSettings, decoded_vector
from indexer.build import build_index
from tests.api.access.logs import entries_of
from tests.fakes import WordHashModel, fake_loaders
from tests.indexes import tiny_index, write_documents
from tests.serving import serving

ROOT = Path(__file__).parents[2]

GENEROUS = Limits(per_minute=1_000_000, burst=1_000_000, at_once=1_000)
QUESTION = "Which gene is mutated in cystic fibrosis?"
SEARCHES = tuple(
    {"query": query, "k": k, "mode": mode, **more}
    for query in ("cystic fibrosis gene", "malaria vectors", "fièvre et paludisme 😷")
    for mode in ("hybrid", "bm25", "dense")
    for k, more in ((3, {}), (100, {"unit": "document"}), (5, {"rerank": True}), (4, {"fusion": "rrf"}),
                    (9, {"filters": {"year": "2015:2018", "retracted": False}}))
)  # fmt: skip


@pytest.fixture(scope="module")
def index(tmp_path_factory):
    return tiny_index(tmp_path_factory.mktemp("records"))


@pytest.fixture(scope="module")
def client(index):
    with serving(index, limits=GENEROUS) as client:
        yield client


def searched(client, body, **options):
    response = client.post("/v1/search", json=body, **options)
    assert response.status_code == 200, response.text
    return response.json()


def new_key(index, *scopes):
    with closing(KeyStore(index)) as keys:
        return {"authorization": f"Bearer {keys.create(scopes)[0]}"}


@pytest.mark.parametrize("body", SEARCHES, ids=lambda body: f"{body['query'][:4]} {body['mode']} {body['k']}")
def test_a_record_tells_how_a_list_came_about_and_makes_it_again(client, body):
    response = searched(client, body)
    record = client.get(f"/v1/records/{response['record_id']}").json()
    assert (record["kind"], record["query"], record["index_id"]) == ("search", body["query"], response["index_id"])
    assert record["settings"] == {
        "k": body["k"], "mode": body["mode"], "fusion": body.get("fusion", "min-max"),
        "unit": body.get("unit", "passage"), "rerank": body.get("rerank", False),
    }  # fmt: skip
    shown = ("rank", "score", "document_id", "passage_id", "sha256", "bm25", "dense", "rerank")
    assert record["hits"] == [{name: hit[name] for name in shown} for hit in response["hits"]]
    assert record["models"]["embedding"].startswith("word-hash")
    assert (record["vector"] == "") == (body["mode"] == "bm25")
    replay = client.post(f"/v1/records/{response['record_id']}/replay").json()
    assert (replay["same"], replay["record_id"]) == (True, response["record_id"])
    assert replay["again"] == replay["recorded"] == record["hits"]


def test_a_record_says_what_was_left_out_and_why(client):
    filters = {"year": "2015:2018", "retracted": False}
    record_id = searched(client, {"query": "cystic fibrosis", "k": 1, "mode": "bm25", "filters": filters})["record_id"]
    record = client.get(f"/v1/records/{record_id}").json()
    # Of six documents two are of later years and one of none; one is retracted. Two pass both, one of them is a hit.
    assert record["excluded"] == {"years": 3, "retracted": 1}
    assert (len(record["hits"]), record["below"]) == (1, 1)


def test_a_question_is_recorded_with_what_came_of_it_and_no_text(client):
    answer = client.post("/v1/ask", json={"question": QUESTION}).json()
    record = client.get(f"/v1/records/{answer['record_id']}")
    assert (record.json()["kind"], record.json()["query"]) == ("ask", QUESTION)
    outcome = record.json()["answer"]
    assert (outcome["kind"], outcome["status"], outcome["confidence"]) == ("factoid", "answered", answer["confidence"])
    names = ("document_id", "passage_id", "start", "end", "sha256")
    evidence = [found for item in answer["answers"] for found in item["evidence"]]
    assert outcome["quoted"] == [{name: found[name] for name in names} for found in evidence]
    assert "CFTR" not in record.text
    assert client.post(f"/v1/records/{answer['record_id']}/replay").json()["same"] is True


class Rounding(WordHashModel):
    """Like models on real hardware: a query's vector depends, in its last bits, on what it is embedded with."""

    def encode_queries(self, texts):
        time.sleep(0.005)  # so that some come together
        return super().encode_queries(texts) * (1 + len(texts) * 1e-6)


def test_replay_is_the_same_also_of_what_was_embedded_together_with_others(tmp_path):
    index = tiny_index(tmp_path)
    loaders = fake_loaders()
    rounding = type(loaders)(
        embedding=lambda profile: Rounding(profile.embedding_model),
        reader=loaders.reader,
        reranker=loaders.reranker,
        verdicts=None,
    )
    with serving(index, limits=GENEROUS, loaders=rounding) as client, ThreadPoolExecutor(12) as threads:
        bodies = [{"query": f"cystic fibrosis gene {number % 7}", "mode": "dense", "k": 12} for number in range(72)]
        responses = list(threads.map(lambda body: searched(client, body), bodies))
        figures = dict(line.rpartition(" ")[::2] for line in client.get("/metrics").text.splitlines())
        texts, batches = (float(figures[f"biocite_embedding_batch_texts_{what}"]) for what in ("sum", "count"))
        assert texts == 72
        assert batches < texts, "nothing was embedded together"
        replays = list(
            threads.map(lambda found: client.post(f"/v1/records/{found['record_id']}/replay").json(), responses)
        )
        assert [replay["same"] for replay in replays] == [True] * 72
        for response, replay in zip(responses, replays, strict=True):
            assert [hit["score"] for hit in replay["again"]] == [hit["score"] for hit in response["hits"]]
        # The vectors themselves are kept: the same query came out differently.
        kept = {}
        for body, response in zip(bodies, responses, strict=True):
            vector = client.get(f"/v1/records/{response['record_id']}").json()["vector"]
            assert decoded_vector(vector).shape == (1, 64)
            kept.setdefault(body["query"], set()).add(vector)
        assert any(len(vectors) > 1 for vectors in kept.values())


def test_after_an_update_a_record_can_be_read_and_not_made_again(tmp_path):
    index = tiny_index(tmp_path)
    with serving(index, limits=GENEROUS) as client:
        record_id = searched(client, {"query": "cystic fibrosis"})["record_id"]
        new = {"_id": "PMID:new", "title": "Cystic fibrosis", "text": "Cystic fibrosis once more."}
        build_index([write_documents(tmp_path / "new.jsonl", [new])], index, WordHashModel())
        assert client.get(f"/v1/records/{record_id}").json()["generation"] == 1
        gone = client.post(f"/v1/records/{record_id}/replay")
        assert (gone.status_code, gone.json()["error"]) == (410, "GoneError")
        assert "generation 1" in gone.json()["message"]
        again = searched(client, {"query": "cystic fibrosis"})["record_id"]
        assert client.post(f"/v1/records/{again}/replay").json()["same"] is True


def test_other_models_do_not_pass_for_the_same(tmp_path):
    index = tiny_index(tmp_path)
    with serving(index) as client:
        record_id = searched(client, {"query": "cystic fibrosis"})["record_id"]
    with serving(index, reader="another") as client:
        gone = client.post(f"/v1/records/{record_id}/replay")
        assert gone.status_code == 410
        assert "other models" in gone.json()["message"]


def test_a_record_is_its_keys_and_the_administrators(tmp_path):
    index = tiny_index(tmp_path)
    ours, theirs, admin, other = (
        new_key(index, *scopes) for scopes in (["read"], ["read"], ["read", "admin"], ["write"])
    )
    with serving(index, limits=GENEROUS) as client:
        record_id = searched(client, {"query": "cystic fibrosis"}, headers=ours)["record_id"]
        expected = {"ours": (ours, 200), "admin": (admin, 200), "theirs": (theirs, 404), "other": (other, 403)}
        for name, (headers, status) in expected.items():
            assert client.get(f"/v1/records/{record_id}", headers=headers).status_code == status, name
            assert client.post(f"/v1/records/{record_id}/replay", headers=headers).status_code == status, name
        # The same as for one that never was.
        missing = "0" * 24
        hidden, unknown = (client.get(f"/v1/records/{name}", headers=theirs).json() for name in (record_id, missing))
        assert hidden["message"].replace(record_id, "") == unknown["message"].replace(missing, "")
        seen = [entry for entry in entries_of(index) if entry["kind"] == "record" and entry["status"] == "done"]
        assert [entry["record_id"] for entry in seen] == [record_id] * 2
        assert len({entry["key_id"] for entry in seen}) == 2


def test_private_requests_leave_no_trace_of_what_was_asked(tmp_path):
    index = tiny_index(tmp_path)
    with serving(index, audit_texts=True) as client:
        for path, name in (("/v1/search", "query"), ("/v1/ask", "question")):
            open_one = client.post(path, json={name: QUESTION}).json()
            private = client.post(path, json={name: "Zanzibaritis in cystic fibrosis?", "private": True}).json()
            assert open_one["record_id"]
            assert private["record_id"] == ""
        private = client.post("/v1/batch", json={"questions": [{"question": "Zanzibaritis?", "private": True}]})
        assert json.loads(private.text)["answer"]["record_id"] == ""
    assert records(index) == 2
    for path in (index / "service").iterdir():
        assert b"anzibaritis" not in path.read_bytes(), path
    log = entries_of(index)
    assert [entry.get("text") for entry in log if entry["kind"] in ("search", "ask")] == [
        QUESTION, None, QUESTION, None, None,
    ]  # fmt: skip
    assert not any("text_hmac_sha256" in entry for entry in log if "text" not in entry)


def records(index):
    with closing(sqlite3.connect(index / "service" / FILE)) as db:
        return db.execute("SELECT count(*) FROM records").fetchone()[0]


def test_records_end_after_their_time(tmp_path):
    index = tiny_index(tmp_path)
    with serving(index, records=RecordSettings(days=2)) as client:
        old, new = (searched(client, {"query": query})["record_id"] for query in ("zanzibaritis", "gene"))
    with closing(sqlite3.connect(index / "service" / FILE)) as db, db:
        db.execute("PRAGMA secure_delete = ON")
        db.execute("UPDATE records SET created = created - 2 * 86400 - 1 WHERE record_id = ?", (old,))
    with serving(index, records=RecordSettings(days=2)) as client:
        gone = client.get(f"/v1/records/{old}")
        assert gone.status_code == 404
        assert "kept for 2 days" in gone.json()["remedy"]
        assert client.post(f"/v1/records/{old}/replay").status_code == 404
        assert client.get(f"/v1/records/{new}").status_code == 200
        searched(client, {"query": "adrenaline"})  # with the next one, what is over is deleted
    assert records(index) == 2
    assert b"zanzibaritis" not in (index / "service" / FILE).read_bytes()


def test_only_so_many_are_kept(tmp_path):
    index = tiny_index(tmp_path)
    with serving(index, records=RecordSettings(most=3)) as client:
        made = [searched(client, {"query": f"gene {number}"})["record_id"] for number in range(5)]
    with serving(index, records=RecordSettings(most=3)) as client:
        made.append(searched(client, {"query": "gene again"})["record_id"])
        statuses = [client.get(f"/v1/records/{record_id}").status_code for record_id in made]
    assert statuses == [404] * 3 + [200] * 3


def test_no_days_keep_nothing(tmp_path):
    index = tiny_index(tmp_path)
    with serving(index, records=RecordSettings(days=0)) as client:
        assert searched(client, {"query": "gene"})["record_id"] == ""
        assert client.post("/v1/ask", json={"question": QUESTION}).json()["record_id"] == ""
        assert client.get(f"/v1/records/{'0' * 24}").status_code == 404
    assert not (index / "service" / FILE).exists()


@pytest.mark.parametrize("record_id", ["x", "0" * 24, "%27%20OR%201%3D1%20--", "*", "%25", "a" * 5_000])
def test_ids_of_no_record(client, record_id):
    assert client.get(f"/v1/records/{record_id}").status_code == 404
    assert client.post(f"/v1/records/{record_id}/replay").status_code == 404


def test_many_at_once_are_all_kept(index, client):
    before = records(index)
    with ThreadPoolExecutor(8) as threads:
        made = list(threads.map(lambda number: searched(client, {"query": f"gene {number}"})["record_id"], range(64)))
    assert len(set(made)) == 64
    assert records(index) == before + 64
    assert {client.get(f"/v1/records/{record_id}").json()["query"] for record_id in made} == {
        f"gene {number}" for number in range(64)
    }


TOGETHER = """
import sys, time
from pathlib import Path
from api.search_records import RecordSettings, SearchRecords
print("ready", flush=True)
begin = float(sys.stdin.readline())
for number in range(60):
    while time.time() < begin + number * 0.05:
        pass
    SearchRecords(Path(sys.argv[1]) / str(number), RecordSettings()).close()
"""


def test_workers_that_start_together_all_get_the_file(tmp_path):
    """Switching a new file to a write-ahead log, SQLite refuses some of those who do it at once instead of waiting."""
    for number in range(60):
        (tmp_path / str(number)).mkdir()
    command = [sys.executable, "-c", TOGETHER, str(tmp_path)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True, "cwd": ROOT}
    workers = [subprocess.Popen(command, **pipes) for _ in range(4)]
    for worker in workers:
        assert worker.stdout.readline() == "ready\n"
    begin = f"{time.time() + 0.5}\n"
    for worker in workers:
        worker.stdin.write(begin)
        worker.stdin.flush()
    assert [worker.communicate(timeout=60)[1] for worker in workers] == [""] * 4
    assert [worker.returncode for worker in workers] == [0] * 4
