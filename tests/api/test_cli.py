"""Every command on its way to success: exit codes, the JSON that programs read, the text that people read."""

import io
import json
import subprocess
import sys
import threading

import pytest

from api.cli import COMMANDS
from indexer.manifest import read_manifest
from tests.commands import biocite, use_small_models
from tests.corpora.test_eutils import FakeEutils, InstantClock
from tests.fakes import WordHashModel
from tests.indexes import DOCUMENTS, tiny_index, write_documents

QUERY = "cystic fibrosis drug"
QUESTION = "Which drug to give first in anaphylaxis?"
PYTHON = (sys.executable, "-W", "error", "-c")

HIT = {
    "rank": int, "score": float, "document_id": str, "passage_id": str, "title": str, "section": str, "start": int,
    "end": int, "text": str, "sha256": str, "year": int, "journal": str, "publication_types": list, "retracted": bool,
    "url": str, "bm25": dict, "dense": dict, "rerank": type(None),
}  # fmt: skip
EVIDENCE = {
    "document_id": str, "passage_id": str, "title": str, "section": str, "start": int, "end": int, "text": str,
    "sha256": str, "url": str, "score": float, "context": dict, "year": int, "journal": str,
    "publication_types": list, "retracted": bool,
}  # fmt: skip
ANSWER = {
    "question": str, "kind": str, "status": str, "confidence": float, "answers": list, "note": str, "nearest": list,
    "timings_ms": dict, "index_id": str, "models": dict, "verdict": type(None), "record_id": str,
}  # fmt: skip


@pytest.fixture(autouse=True)
def small_models(monkeypatch):
    use_small_models(monkeypatch)


@pytest.fixture(scope="module")
def index(tmp_path_factory):
    return tiny_index(tmp_path_factory.mktemp("cli"))


def types(record):
    return {name: type(value) for name, value in record.items()}


def done(*arguments):
    """The JSON document of a command that must succeed, which is all that it prints."""
    outcome = biocite(*arguments, "--json")
    assert (outcome.code, outcome.notes) == (0, []), outcome
    assert outcome.stdout.count("\n") == 1
    return outcome.json


def test_search_json(index):
    response = done("search", QUERY, "--index", index)
    assert types(response) == {
        "query": str, "mode": str, "hits": list, "timings_ms": dict, "index_id": str, "record_id": str
    }  # fmt: skip
    assert (response["query"], response["mode"]) == (QUERY, "hybrid")
    assert response["index_id"] == read_manifest(index).index_id
    assert all(isinstance(spent, float) for spent in response["timings_ms"].values())
    first = response["hits"][0]
    assert types(first) == HIT
    assert types(first["bm25"]) == types(first["dense"]) == {"rank": int, "score": float}
    assert [hit["rank"] for hit in response["hits"]] == list(range(1, 7))
    assert {type(hit["bm25"]) for hit in response["hits"]} == {dict, type(None)}
    known = {record["_id"]: record for record in DOCUMENTS}
    for hit in response["hits"]:
        record = known[hit["document_id"]]
        assert hit["year"] == record.get("year")
        assert (hit["title"], hit["journal"]) == (record["title"], record["journal"])
        assert hit["retracted"] == record.get("retracted", False)


@pytest.mark.parametrize(("mode", "absent"), [("bm25", "dense"), ("dense", "bm25")])
def test_search_in_one_mode_has_no_scores_of_the_other(index, mode, absent):
    response = done("search", QUERY, "--index", index, "--mode", mode, "-k", "3")
    assert len(response["hits"]) == 3
    assert all(hit[absent] is None and hit[mode]["score"] == hit["score"] for hit in response["hits"])


def test_search_options_reach_the_search(index):
    plain = done("search", QUERY, "--index", index)
    fused = done("search", QUERY, "--index", index, "--fusion", "rrf")
    for hit in fused["hits"]:
        ranks = [hit[engine]["rank"] for engine in ("bm25", "dense") if hit[engine]]
        assert hit["score"] == pytest.approx(sum(1 / (60 + rank) for rank in ranks))
    by_document = done("search", QUERY, "--index", index, "--documents")["hits"]
    assert len(by_document) == len({hit["document_id"] for hit in by_document}) == 6
    assert by_document[0]["passage_id"] == plain["hits"][0]["passage_id"]


@pytest.mark.parametrize(
    ("options", "found"),
    [
        (["--year", "2015"], {"PMID:1"}),
        (["--year", "2015:2016"], {"PMID:1", "PMID:5"}),
        (["--year", "2021:"], {"https://example.org/notes//malaria/"}),
        (["--type", "review", "--type", "CASE reports"],
         {"PMID:1", "DOI:10.1000/anaphylaxis/2020", "https://example.org/notes//malaria/"}),
        (["--journal", "Journal of Rare Diseases", "--no-retracted"], {"PMID:1"}),
        (["--mesh", "Cystic Fibrosis", "--retracted"], {"PMID:5"}),
        (["--language", "fre"], {"étude 6%", "DOI:10.1000/anaphylaxis/2020"}),
        (["--section", "methods"], set()),
    ],
)  # fmt: skip
def test_filters_reach_the_search(index, options, found):
    response = done("search", QUERY, "--index", index, "-k", "100", *options)
    assert {hit["document_id"] for hit in response["hits"]} == found


def test_ask_json(index):
    answer = done("ask", QUESTION, "--index", index)
    assert types(answer) == ANSWER
    assert (answer["question"], answer["kind"], answer["status"]) == (QUESTION, "factoid", "answered")
    names = {"embedding": "word-hash", "reader": "compact", "reranker": "shared-words"}
    assert answer["models"] == {**names, "calibrated": False}
    first = answer["answers"][0]
    assert types(first) == {"text": str, "confidence": float, "evidence": list}
    evidence = first["evidence"][0]
    assert types(evidence) == EVIDENCE
    assert types(evidence["context"]) == {"start": int, "end": int, "text": str}
    assert first["text"] == evidence["text"] == "Adrenaline"
    record = DOCUMENTS[2]
    text = f"{record['title']}\n\n{record['text']}"
    assert text[evidence["start"] : evidence["end"]] == "Adrenaline"
    assert answer["index_id"] == read_manifest(index).index_id


def test_ask_without_evidence_says_so_and_is_no_failure(index):
    answer = done("ask", "Who painted the Sistine Chapel?", "--index", index)
    assert (answer["status"], answer["answers"]) == ("insufficient_evidence", [])
    assert answer["nearest"]


def test_ask_options_reach_the_answer(index):
    assert done("ask", QUESTION, "--index", index, "--kind", "summary")["kind"] == "summary"
    only = done("ask", "Which bracelets cured cystic fibrosis?", "--index", index, "--retracted")
    assert only["nearest"] == ["PMID:5"]
    assert done("ask", QUESTION, "--index", index, "--reader", "my-reader")["models"]["reader"] == "my-reader"


@pytest.mark.parametrize("arguments", [("search", QUERY), ("ask", QUESTION)])
def test_the_same_command_prints_the_same(index, arguments):
    seen = [done(*arguments, "--index", index) for _ in range(2)]
    for response in seen:
        response.pop("timings_ms")
    assert json.dumps(seen[0]) == json.dumps(seen[1])


def test_an_answer_can_be_verified_from_a_file_and_from_a_pipe(index, tmp_path, monkeypatch):
    printed = biocite("ask", QUESTION, "--index", index, "--json").stdout
    (tmp_path / "answer.json").write_text(printed)
    verification = done("verify", tmp_path / "answer.json", "--index", index)
    assert types(verification) == {
        "verified": bool, "answers": int, "evidence": int, "status": str, "findings": list, "index_id": str
    }  # fmt: skip
    assert verification["verified"] is True
    assert all(finding["problem"] == "" for finding in verification["findings"])
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(printed.encode())))
    assert done("verify", "-", "--index", index) == verification


def test_a_changed_answer_is_not_verified(index, tmp_path):
    printed = biocite("ask", QUESTION, "--index", index, "--json").stdout
    (tmp_path / "answer.json").write_text(printed.replace("Adrenaline", "Adrenalin"))
    outcome = biocite("verify", tmp_path / "answer.json", "--index", index, "--json")
    assert (outcome.code, outcome.notes, outcome.json["verified"]) == (1, [], False)
    assert any("reads 'Adrenaline'" in finding["problem"] for finding in outcome.json["findings"])
    told = biocite("verify", tmp_path / "answer.json", "--index", index)
    assert told.code == 1
    assert "not verified" in told.stdout
    assert "answer 1, evidence 1, DOI:10.1000/anaphylaxis/2020" in told.stdout


def test_index_json_and_info_json(tmp_path):
    source = write_documents(tmp_path / "documents.jsonl")
    report = done("index", source, "--into", tmp_path / "index")
    assert types(report) == {
        "index_id": str, "generation": int, "directory": str, "documents": int, "passages": int, "embedded": int,
        "totals": dict, "sources": list,
    }  # fmt: skip
    assert (report["documents"], report["passages"], report["embedded"]) == (6, 12, 6)
    assert report["sources"] == [
        {
            "name": str(source),
            "counts": {"records": 6, "with_text_besides_title": 6, "added": 6},
            "skipped": [],
            "refused": "",
        }
    ]
    again = done("index", source, "--into", tmp_path / "index")
    assert (again["index_id"], again["embedded"]) == (report["index_id"], 0)
    info = done("info", "--index", tmp_path / "index")
    assert info["index_id"] == report["index_id"]
    assert (info["generation"], info["generations"], info["searched"], info["segments"]) == (1, [1], 6, 0)
    assert (info["documents"], info["passages"], info["vectors"], info["retracted"]) == (6, 12, 6, 1)
    assert (info["first_year"], info["last_year"], info["tombstones"], info["skipped"]) == (2015, 2021, 0, 0)
    assert info["embedding"]["name"] == "compact"
    assert info["sources"][0]["size"] == source.stat().st_size
    assert {"passages.db", "lexical", "dense", "manifest.json"} <= set(info["bytes"])


def test_progress_goes_to_stderr(tmp_path):
    outcome = biocite("index", write_documents(tmp_path / "d.jsonl"), "--into", tmp_path / "index")
    stages = [line.partition(":")[0] for line in outcome.stderr.splitlines()]
    assert stages == ["reading", "BM25 index", "embedding"]


def beir(folder):
    (folder / "qrels").mkdir(parents=True)
    write_documents(folder / "corpus.jsonl", DOCUMENTS[:5])
    (folder / "queries.jsonl").write_text('{"_id": "q1", "text": "cystic fibrosis gene"}\n{"_id": "q2", "text": "x"}\n')
    (folder / "qrels" / "test.tsv").write_text("query-id\tcorpus-id\tscore\nq1\tPMID:1\t1\n")
    return folder


def test_evaluate_retrieval(tmp_path):
    folder = beir(tmp_path / "set")
    scores = done("evaluate", "retrieval", folder, "--run", tmp_path / "run.txt")
    assert (scores["nDCG@10"], scores["R@100"], scores["RR@10"]) == (1.0, 1.0, 1.0)
    assert (scores["mode"], scores["queries"], scores["documents"]) == ("hybrid", 1, 5)
    assert (tmp_path / "run.txt").read_text().startswith("q1 Q0 PMID:1 1 1.0 biocite\n")
    assert (folder / "biocite-index" / "manifest.json").is_file()
    told = biocite("evaluate", "retrieval", folder, "--mode", "bm25", "--index", tmp_path / "kept")
    assert told.code == 0
    assert "nDCG@10" in told.stdout
    assert (tmp_path / "kept" / "manifest.json").is_file()


def test_evaluate_reader(tmp_path):
    question = {
        "id": "1",
        "type": "factoid",
        "body": "Which drug treats malaria?",
        "exact_answer": ["artesunate"],
        "snippets": [{"document": "http://example.org/pubmed/1", "text": "A drug that treats malaria is Artesunate."}],
    }
    (tmp_path / "golden.json").write_text(json.dumps({"questions": [question]}))
    scores = done("evaluate", "reader", "--bioasq", tmp_path / "golden.json")
    assert scores == {
        "factoid": {"strict": 1.0, "lenient": 1.0, "mrr": 1.0, "n": 1},
        "intervals": {"factoid": {"strict": [1.0, 1.0], "lenient": [1.0, 1.0], "mrr": [1.0, 1.0]}},
    }
    told = biocite("evaluate", "reader", "--bioasq", tmp_path / "golden.json")
    assert "mrr" in told.stdout
    asked = {
        "id": "a",
        "question": "With what is malaria treated?",
        "answers": [{"text": "Artesunate", "answer_start": 24}],
    }
    squad = {"context": "Malaria is treated with Artesunate.", "qas": [asked]}
    (tmp_path / "squad.json").write_text(json.dumps({"data": [{"paragraphs": [squad]}]}))
    scores = done("evaluate", "reader", "--squad", tmp_path / "squad.json")
    assert scores == {
        "span": {"exact_match": 1.0, "f1": 1.0, "n": 1},
        "intervals": {"span": {"exact_match": [1.0, 1.0], "f1": [1.0, 1.0]}},
    }


def test_download_then_index(tmp_path, monkeypatch):
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    with FakeEutils(InstantClock()) as server:
        server.articles = ["11", "12", "13"]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        outcome = biocite("download", "pubmed", "malaria", "--into", tmp_path / "got", "--server", server.url)
        server.shutdown()
        thread.join()
    assert (outcome.code, outcome.notes) == (0, [])
    assert "3 found, 3 asked for, 0 not sent; 1 files" in outcome.stdout
    report = done("index", tmp_path / "got", "--into", tmp_path / "index")
    assert report["documents"] == 3


def test_people_read_whole_sentences_with_their_source(index):
    shown = biocite("ask", QUESTION, "--index", index).stdout
    assert "factoid question · confidence" in shown
    assert "“The first drug to give in anaphylaxis is Adrenaline.”" in shown
    assert "DOI:10.1000/anaphylaxis/2020 · Treatment of anaphylaxis · Text · Emergency Notes · 2020 · Review" in shown
    assert "insufficient evidence" in biocite("ask", "Who painted this?", "--index", index).stdout
    shown = biocite("search", "bracelets", "--index", index, "-k", "1").stdout
    assert "RETRACTED 1. Magnetic bracelets cure cystic fibrosis" in shown
    assert "BM25 rank 1" in shown
    assert "Nothing found." in biocite("search", "drug", "--index", index, "--year", "1900").stdout
    assert "6 (1 retracted)" in biocite("info", "--index", index).stdout


def test_names_and_texts_are_no_markup(tmp_path):
    folder = tmp_path / "[bold]x[" / "red]:smile:"
    folder.mkdir(parents=True)
    record = {"_id": "[1]", "title": "On [Fe(CN)6] and :pill:", "text": "Ions such as [/Na+] Potassium occur."}
    source = write_documents(folder / "[i]d.jsonl", [record])
    indexed = biocite("index", source, "--into", folder / "index")
    assert indexed.code == 0
    assert f"{source}: added 1" in indexed.stdout
    assert f"{folder / 'index'}: 1 documents" in indexed.stdout
    assert "On [Fe(CN)6] and :pill:" in biocite("search", "ions", "--index", folder / "index").stdout
    shown = biocite("ask", "Which ions such as sodium occur?", "--index", folder / "index").stdout
    assert "Which ions" in shown
    assert ":smile:" in biocite("info", "--index", folder / "index").stdout


def test_files_that_were_refused_are_named_and_fail_the_command(tmp_path):
    (tmp_path / "in").mkdir()
    write_documents(tmp_path / "in" / "good.jsonl", DOCUMENTS[:1])
    (tmp_path / "in" / "cut.xml").write_text("<PubmedArticleSet><PubmedArticle>")
    outcome = biocite("index", tmp_path / "in", "--into", tmp_path / "index", "--json")
    assert outcome.code == 1
    assert outcome.json["documents"] == 1
    assert outcome.json["totals"]["files_refused"] == 1
    (line,) = outcome.notes
    assert line.startswith(f"biocite: {tmp_path / 'in' / 'cut.xml'}: ends inside record 1")
    told = biocite("index", tmp_path / "in", "--into", tmp_path / "index")
    assert told.code == 1
    assert "refused: " in told.stdout


def test_a_stopped_build_says_how_to_go_on_and_does(tmp_path, monkeypatch):
    source = write_documents(tmp_path / "d.jsonl")

    def stopped(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(WordHashModel, "encode_passages", stopped)
        outcome = biocite("index", source, "--into", tmp_path / "index")
    assert outcome.code == 130
    assert outcome.notes == ["biocite: stopped; run the same command again to go on"]
    assert biocite("search", QUERY, "--index", tmp_path / "index").code == 1
    assert done("index", source, "--into", tmp_path / "index")["documents"] == 6
    assert done("search", QUERY, "--index", tmp_path / "index")["hits"]


@pytest.mark.parametrize("command", [[], *([name] for name in COMMANDS), ["evaluate", "reader"], ["train", "reader"]])
def test_every_command_explains_itself(command):
    outcome = biocite(*command, "--help")
    assert (outcome.code, outcome.stderr) == (0, "")
    assert outcome.stdout.startswith(f"Usage: {' '.join(['biocite', *command])}")


@pytest.mark.parametrize("group", [[], ["evaluate"], ["train"], ["download"]])
def test_a_group_alone_shows_what_it_has(group):
    outcome = biocite(*group)
    assert (outcome.code, outcome.stdout) == (2, "")
    assert outcome.stderr.startswith(f"Usage: {' '.join(['biocite', *group])}")
    assert "\nCommands:\n" in outcome.stderr


def test_help_loads_no_model_library():
    code = (
        "import sys; from api.cli import run; run(['--help']); "
        "sys.exit(any(name in sys.modules for name in ('torch', 'transformers', 'faiss', 'tantivy', 'lxml')))"
    )
    assert subprocess.run([*PYTHON, code], stdout=subprocess.DEVNULL, check=False).returncode == 0


def test_a_reader_of_the_output_that_leaves_is_no_accident(index):
    code = f"from api.cli import main; main(['info', '--index', {str(index)!r}])"
    with subprocess.Popen([*PYTHON, code], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        process.stdout.close()
        said = process.stderr.read().decode()
    assert (process.returncode, said) == (1, "")
