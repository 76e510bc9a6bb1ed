"""Requests that are wrong: each is refused in one line that names what is wrong, and changes nothing."""

import json
import shutil

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.commands import biocite, refusal, use_small_models
from tests.indexes import tiny_index, write_documents

QUERY = "cystic fibrosis"


@pytest.fixture(autouse=True)
def small_models(monkeypatch):
    use_small_models(monkeypatch)


@pytest.fixture(scope="module")
def index(tmp_path_factory):
    return tiny_index(tmp_path_factory.mktemp("requests"))


@pytest.fixture(scope="module")
def answer(index):
    """An answer with two evidences at least, as `ask --json` prints it."""
    with pytest.MonkeyPatch.context() as patch:
        use_small_models(patch)
        return biocite("ask", "Which drug to give first in anaphylaxis?", "--index", index, "--json").json


BAD_FILTERS = [
    (["--year", "20x5"], "'20x5'"),
    (["--year", "2021:2015"], "'2021:2015'"),
    (["--year", ""], "years ''"),
    (["--year", "0000"], "'0000'"),
    (["--year", "2015-2020"], "'2015-2020'"),
    (["--year", "99999"], "'99999'"),
    (["--section", "introduction"], "'introduction'"),
    (["--section", ""], "section ''"),
    (["--journal", ""], "a journal to filter by is empty"),
    (["--journal", "  "], "a journal to filter by is empty"),
    (["--type", ""], "a publication type to filter by is empty"),
    (["--mesh", "\t"], "a MeSH heading to filter by is empty"),
    (["--language", ""], "a language to filter by is empty"),
    (["--mesh", "caf\udce9"], "'caf\\udce9'"),
    (["--journal"], "--journal"),
    (["--retracted=yes"], "--retracted"),
]


@pytest.mark.parametrize("command", ["search", "ask"])
@pytest.mark.parametrize(("options", "named"), BAD_FILTERS)
def test_filters(index, command, options, named):
    refusal(biocite(command, QUERY, "--index", index, "--json", *options), named, code=2)


@pytest.mark.parametrize("as_json", [["--json"], []])
@pytest.mark.parametrize("query", ["", " ", "\t\n", "?", "...!", "—–-", "«»", "😷", "()[]{}", "\u200b", "\x00", "'\""])
def test_nothing_is_asked(index, query, as_json):
    refusal(biocite("search", "--index", index, *as_json, "--", query), "the query is empty", code=2)
    refusal(biocite("ask", "--index", index, *as_json, "--", query), "the question is empty", code=2)


@pytest.mark.parametrize("unit", ["x", "x ", "é", "😷x", "why? ", "\u202e7"])
def test_too_much_is_asked(index, unit):
    text = (unit * 100_000)[:100_000].strip()
    refusal(biocite("search", text, "--index", index), "at most 10,000", code=2)
    refusal(biocite("ask", text, "--index", index), "at most 2,000", code=2)


@pytest.mark.parametrize("text", ["caf\udce9", "\udc80\udcff x"])
def test_what_is_asked_is_no_text(index, text):
    refusal(biocite("search", text, "--index", index, "--json"), "is not valid text", code=2)
    refusal(biocite("ask", text, "--index", index, "--json"), "is not valid text", code=2)


BAD_OPTIONS = [
    (["search", QUERY, "-k", "0"], "k is 0"),
    (["search", QUERY, "-k", "-1"], "k is -1"),
    (["search", QUERY, "-k", "10001"], "k is 10001"),
    (["search", QUERY, "-k", "9" * 40], "k is 999"),
    (["search", QUERY, "-k", "ten"], "'ten'"),
    (["search", QUERY, "-k", "1.5"], "'1.5'"),
    (["search", QUERY, "-k", ""], "-k"),
    (["search", QUERY, "--mode", "magic"], "'magic'"),
    (["search", QUERY, "--mode", "BM25 "], "'BM25 '"),
    (["search", QUERY, "--fusion", "sum"], "'sum'"),
    (["search", QUERY, "--what"], "--what"),
    (["search", QUERY, "again"], "again"),
    (["search"], "QUERY"),
    (["ask"], "QUESTION"),
    (["ask", QUERY, "--kind", "poem"], "'poem'"),
    (["ask", QUERY, "--k", "3"], "--k"),
    (["verify"], "ANSWER"),
    (["verify", "-", "--fix"], "--fix"),
    (["info", "more"], "more"),
    (["serve", "--port", "none"], "'none'"),
    (["serve", "--port", "70000"], "70000"),
    (["serve", "--port", "-1"], "-1"),
]


@pytest.mark.parametrize(("arguments", "named"), BAD_OPTIONS)
def test_options(index, arguments, named):
    refusal(biocite(*arguments, "--index", index), named, code=2)


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["serach", QUERY], "'serach'"),
        (["--verbose"], "--verbose"),
        (["search", QUERY], "--index"),
        (["ask", QUERY], "--index"),
        (["verify", "x.json"], "--index"),
        (["info"], "--index"),
        (["serve"], "--index"),
        (["index"], "SOURCES"),
        (["index", "x.xml"], "--into"),
        (["index", "x.xml", "--into", "i", "--profile", "huge"], "'huge'"),
        (["evaluate", "everything"], "'everything'"),
        (["evaluate", "retrieval"], "BEIR_DIR"),
        (["evaluate", "reader"], "FILES"),
        (["evaluate", "reader", "x.json"], "--bioasq, --squad"),
        (["evaluate", "retrieval", "x", "--mode", "magic"], "'magic'"),
        (["train", "cook"], "'cook'"),
        (["train", "reader"], "--out"),
        (["train", "reader", "--out", "o"], "no training data given"),
        (["train", "reader", "--out", "o", "--bioasq", "11B1_golden.json"], "11B1_golden.json"),
        (["train", "reader", "--out", "o", "--bioasq", "12B1_golden.json"], "12B1_golden.json"),
        (["train", "reader", "--out", "o", "--bioasq", "golden.json"], "golden.json"),
        (["train", "reader", "--out", "o", "--epochs", "many"], "'many'"),
        (["train", "reader", "--out", "o", "--base", "other", "--export", "w"], "--base compact"),
        (["download", "arxiv", "x"], "'arxiv'"),
        (["download", "pubmed"], "QUERY"),
        (["download", "pubmed", "x", "--max", "few"], "'few'"),
    ],
)
def test_commands(arguments, named, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    refusal(biocite(*arguments), named, code=2)
    assert list(tmp_path.iterdir()) == []


OFFLINE = ["--server", "http://127.0.0.1:9/"]


@pytest.mark.parametrize(
    ("arguments", "named", "code"),
    [
        (["malaria", *OFFLINE], "cannot reach http://127.0.0.1:9/", 1),
        (["malaria", "--full-text", *OFFLINE], "cannot reach http://127.0.0.1:9/", 1),
        (["", *OFFLINE], "is empty", 2),
        (["malaria", "--max", "0", *OFFLINE], "maximum 0", 2),
        (["malaria", "--max", "-3", *OFFLINE], "maximum -3", 2),
        (["malaria", "--max", "10000", *OFFLINE], "10,000", 2),
        (["caf\udce9", *OFFLINE], "is not valid text", 2),
        (["malaria", "--server", "file:///etc"], "'file:///etc'", 2),
        (["malaria", "--server", "nowhere"], "'nowhere'", 2),
        (["malaria", "--server", "http://[::bad"], "'http://[::bad'", 2),
        (["malaria", "--into", "a-file", *OFFLINE], "a-file", 2),
        (["malaria", "--into", "a-file/below", *OFFLINE], "a-file/below", 2),
    ],
)
def test_downloads(arguments, named, code, tmp_path, monkeypatch):
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a-file").write_text("precious")
    refusal(biocite("download", "pubmed", *arguments), named, code=code)
    assert (tmp_path / "a-file").read_text() == "precious"
    assert list(tmp_path.rglob("*.xml*")) == []


NO_ANSWERS = {
    "empty": b"",
    "words": b"Adrenaline",
    "null": b"null",
    "list": b"[]",
    "object": b"{}",
    "search response": b'{"query": "x", "hits": []}',
    "no evidence": b'{"answers": [{"text": "a"}]}',
    "offsets in words": b'{"answers": [{"text": "a", "evidence": [{"start": "one"}]}]}',
    "beyond all integers": b'{"answers": [{"text": "a", "evidence": [{"document_id": "PMID:1", "start": 0, "text": "a",'
    b'"sha256": "", "end": 1e400}]}]}',
    "unknown status": b'{"answers": [], "status": "proven"}',
    "not UTF-8": b'{"answers": [{"text": "\xff", "evidence": []}]}',
    "UTF-16": '{"answers": []}'.encode("utf-16"),
    "deep": b'{"answers": [], "more": ' + b"[" * 100_000,
    "two": b'{"answers": []} {"answers": []}',
    "binary": bytes(range(256)),
}


@pytest.mark.parametrize("name", NO_ANSWERS)
def test_verifying_what_is_no_answer(index, tmp_path, name):
    path = tmp_path / "answer.json"
    path.write_bytes(NO_ANSWERS[name])
    refusal(biocite("verify", path, "--index", index, "--json"), path, "not an answer", code=2)


@pytest.mark.parametrize("place", ["missing", "a folder", "under a file"])
def test_verifying_what_is_not_there(index, tmp_path, place):
    (tmp_path / "a folder").mkdir()
    (tmp_path / "file").touch()
    path = tmp_path / {"under a file": "file/answer.json"}.get(place, place)
    refusal(biocite("verify", path, "--index", index), path, "cannot be read", code=1)


def evidence(answer):
    return answer["answers"][0]["evidence"][0]


TAMPERED = {
    "text": lambda a: evidence(a).update(text="Ibuprofen"),
    "answer text": lambda a: a["answers"][0].update(text="Ibuprofen"),
    "both texts": lambda a: (evidence(a).update(text="Ibuprofen"), a["answers"][0].update(text="Ibuprofen")),
    "offset": lambda a: evidence(a).update(start=evidence(a)["start"] + 1),
    "offsets": lambda a: evidence(a).update(start=0, end=10),
    "negative": lambda a: evidence(a).update(start=-10),
    "huge": lambda a: evidence(a).update(start=10**18, end=10**18 + 10),
    "beyond 64 bits": lambda a: evidence(a).update(end=10**30),
    "hash": lambda a: evidence(a).update(sha256="f" * 64),
    "document": lambda a: evidence(a).update(document_id="PMID:999"),
    "document in SQL": lambda a: evidence(a).update(document_id="' OR 1=1 --"),
    "other document": lambda a: evidence(a).update(document_id="PMID:1"),
    "sentence": lambda a: evidence(a)["context"].update(text="Never give Adrenaline."),
    "no evidence": lambda a: a["answers"][0].update(evidence=[]),
    "no answers": lambda a: a.update(answers=[]),
}


@pytest.mark.parametrize("name", TAMPERED)
def test_a_tampered_answer_is_found_out(index, answer, tmp_path, name):
    changed = json.loads(json.dumps(answer))
    TAMPERED[name](changed)
    path = tmp_path / "answer.json"
    path.write_text(json.dumps(changed))
    outcome = biocite("verify", path, "--index", index, "--json")
    assert (outcome.code, outcome.notes) == (1, []), outcome
    assert outcome.json["verified"] is False
    problems = [finding for finding in outcome.json["findings"] if finding["problem"]]
    assert problems
    assert all(finding["answer"] in (0, 1) for finding in problems)
    shown = biocite("verify", path, "--index", index)
    assert (shown.code, shown.stderr) == (1, "")
    assert problems[0]["problem"] in shown.stdout


def question(**fields):
    """A BioASQ question, sound but for these fields."""
    sound = {"id": "1", "type": "factoid", "body": "What?", "exact_answer": ["a"], "snippets": []}
    return {"questions": [sound | fields]}


def paragraph(**fields):
    """A SQuAD paragraph, sound but for these fields."""
    asked = {"id": "1", "question": "What?", "answers": [{"text": "text", "answer_start": 5}]}
    return {"data": [{"paragraphs": [{"context": "Some text.", "qas": [asked]} | fields]}]}


BAD_SETS = [
    ("--bioasq", b""),
    ("--bioasq", b"words"),
    ("--bioasq", b"[]"),
    ("--bioasq", b'{"questions": "none"}'),
    ("--bioasq", b'{"questions": ["\xff"]}'),
    ("--bioasq", b"[" * 100_000),
    ("--bioasq", {"questions": [1]}),
    ("--bioasq", {"questions": [{}]}),
    ("--bioasq", question(type="riddle")),
    ("--bioasq", question(body=5)),
    ("--bioasq", question(id=["1"])),
    ("--bioasq", question(snippets=[{"document": "x"}])),
    ("--bioasq", question(snippets=[{"document": "x", "text": None}])),
    ("--bioasq", question(snippets=[{"document": 5, "text": "a"}])),
    ("--bioasq", question(snippets=5)),
    ("--squad", b"{}"),
    ("--squad", b'{"data": {}}'),
    ("--squad", {"data": ["x"]}),
    ("--squad", {"data": [{"paragraphs": [[]]}]}),
    ("--squad", paragraph(context=5)),
    ("--squad", paragraph(context="Other words.")),
    ("--squad", paragraph(qas=[{"id": "1", "question": 5}])),
    ("--squad", paragraph(qas=[{"id": "1"}])),
    ("--squad", paragraph(qas={"id": "1"})),
    ("--squad", paragraph(qas=[{"id": "1", "question": "q", "answers": [{"text": 5, "answer_start": 0}]}])),
    ("--squad", paragraph(qas=[{"id": "1", "question": "q", "answers": [{"text": "text", "answer_start": "x"}]}])),
    ("--squad", paragraph(qas=[{"id": "1", "question": "q", "answers": [{"text": "", "answer_start": 0}]}])),
]


@pytest.mark.parametrize(("kind", "content"), BAD_SETS)
def test_question_sets(tmp_path, kind, content):
    path = tmp_path / "set.json"
    path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
    refusal(biocite("evaluate", "reader", kind, path), path, code=1)


@pytest.mark.parametrize("kind", ["--bioasq", "--squad"])
def test_question_sets_that_are_not_there_or_ask_nothing(tmp_path, kind):
    refusal(biocite("evaluate", "reader", kind, tmp_path / "none.json"), tmp_path / "none.json", code=1)
    (tmp_path / "set.json").write_text('{"questions": [], "data": []}')
    refusal(biocite("evaluate", "reader", kind, tmp_path / "set.json", "--json"), "evaluation: ", code=2)


def beir(folder, **files):
    sound = {
        "queries.jsonl": '{"_id": "q1", "text": "malaria"}\n',
        "qrels/test.tsv": "query-id\tcorpus-id\tscore\nq1\tPMID:1\t1\n",
    }
    (folder / "qrels").mkdir(parents=True)
    write_documents(folder / "corpus.jsonl")
    for name, content in (sound | files).items():
        if content is None:
            (folder / name).unlink(missing_ok=True)
        else:
            (folder / name).write_text(content)
    return folder


BAD_BEIR = [
    ("corpus.jsonl", None),
    ("corpus.jsonl", "nonsense"),
    ("queries.jsonl", None),
    ("queries.jsonl", ""),
    ("queries.jsonl", "nonsense\n"),
    ("queries.jsonl", '{"_id": "q1"}\n'),
    ("queries.jsonl", '{"_id": 1, "text": "a"}\n'),
    ("queries.jsonl", '{"_id": "q1", "text": "a"}\n{"_id": "q1", "text": "b"}\n'),
    ("qrels/test.tsv", None),
    ("qrels/test.tsv", ""),
    ("qrels/test.tsv", "q1\tPMID:1\t1\n"),
    ("qrels/test.tsv", "query-id corpus-id score\nq1 PMID:1 1\n"),
    ("qrels/test.tsv", "query-id\tcorpus-id\tscore\n"),
    ("qrels/test.tsv", "query-id\tcorpus-id\tscore\nq1\tPMID:1\n"),
    ("qrels/test.tsv", "query-id\tcorpus-id\tscore\nq1\tPMID:1\tyes\n"),
    ("qrels/test.tsv", "query-id\tcorpus-id\tscore\nq1\tPMID:1\t1\nq1\tPMID:1\t2\n"),
]


@pytest.mark.parametrize(("name", "content"), BAD_BEIR)
def test_retrieval_sets(tmp_path, name, content):
    folder = beir(tmp_path / "set", **{name: content})
    refusal(biocite("evaluate", "retrieval", folder), folder / name, code=1)
    assert not (folder / "biocite-index").exists()


def test_retrieval_sets_that_do_not_belong_together(tmp_path):
    refusal(biocite("evaluate", "retrieval", tmp_path / "none"), tmp_path / "none", code=1)
    other = {"qrels/test.tsv": "query-id\tcorpus-id\tscore\nother\tPMID:1\t1\n"}
    refusal(biocite("evaluate", "retrieval", beir(tmp_path / "set", **other)), "'other'", code=2)


QUERY_TEXT = st.text(st.characters(exclude_categories=()) | st.sampled_from("\x00\ud800\udcff\u202e😷'\"\\%_*:()[]^~"))
FLAGS = st.sampled_from(["--retracted", "--no-retracted", "--json", "--documents"]).map(lambda name: [name])
NAMES = ["--year", "--journal", "--mesh", "--type", "--section", "--language", "-k", "--mode", "--kind"]
VALUES = st.tuples(st.sampled_from(NAMES), QUERY_TEXT).map(list)
OPTIONS = st.lists(FLAGS | VALUES, max_size=3).map(lambda options: [word for option in options for word in option])


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(["search", "ask"]), QUERY_TEXT, OPTIONS)
def test_whatever_is_typed_is_answered_or_refused(index, command, text, options):
    outcome = biocite(command, "--index", index, *options, "--", text)
    if outcome.code == 0:
        assert outcome.stdout
        assert outcome.stderr == ""
    else:
        refusal(outcome, code=2)


def test_none_of_this_changed_the_index(index, tmp_path):
    """(Runs last in this file.) The index answers as a fresh one does."""
    fresh = tiny_index(tmp_path)
    seen = [biocite("search", QUERY, "--index", each, "--json").json["hits"] for each in (index, fresh)]
    assert seen[0] == seen[1]
    shutil.rmtree(fresh)
