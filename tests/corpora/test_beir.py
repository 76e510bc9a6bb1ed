"""BEIR folders, good and damaged."""

import re
import runpy
import sys

import pytest

from corpora.beir import corpus_path, read_qrels, read_queries
from corpora.errors import SourceError, UsageError
from corpora.records import Query
from tests.data import DATA, needs_data

HEADINGS = "query-id\tcorpus-id\tscore\n"


def folder(tmp_path, queries=None, qrels=None, split="test"):
    (tmp_path / "qrels").mkdir(exist_ok=True)
    if queries is not None:
        (tmp_path / "queries.jsonl").write_bytes(queries if isinstance(queries, bytes) else queries.encode())
    if qrels is not None:
        (tmp_path / "qrels" / f"{split}.tsv").write_bytes(qrels if isinstance(qrels, bytes) else qrels.encode())
    return tmp_path


def test_corpus_path_is_the_corpus_file(tmp_path):
    with pytest.raises(SourceError, match=r"corpus\.jsonl: no such file.*Expected BEIR's layout"):
        corpus_path(tmp_path)
    (tmp_path / "corpus.jsonl").write_text("")
    assert corpus_path(tmp_path) == tmp_path / "corpus.jsonl"


def test_queries_come_in_the_order_of_the_file(tmp_path):
    lines = '{"_id": "q2", "text": "Is X β-safe?", "metadata": {"a": 1}}\n\n{"text": "Why?", "_id": "q1"}'
    assert read_queries(folder(tmp_path, lines)) == [Query("q2", "Is X β-safe?"), Query("q1", "Why?")]


def test_a_byte_order_mark_and_dos_line_ends_do_no_harm(tmp_path):
    made = folder(
        tmp_path,
        b'\xef\xbb\xbf{"_id": "q1", "text": "Why?"}\r\n',
        b"\xef\xbb\xbfquery-id\tcorpus-id\tscore\r\nq1\td1\t1\r\n",
    )
    assert read_queries(made) == [Query("q1", "Why?")]
    assert read_qrels(made) == {"q1": {"d1": 1}}


GOOD = '{"_id": "q1", "text": "Why?"}\n'


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (GOOD + "not JSON\n", "queries.jsonl, line 2: not a query"),
        (GOOD + "\n" + '{"text": "Why?"}\n', "queries.jsonl, line 3: not a query"),
        ('{"_id": 7, "text": "Why?"}\n', "line 1: not a query"),
        ('["q1", "Why?"]\n', "line 1: not a query"),
        (b'{"_id": "q1", "text": "\xff"}\n', "line 1: not a query"),
        (GOOD + '{"_id": "q2", "text": " "}\n', "line 2: the query's id or text is empty: 'q2', ' '"),
        (GOOD + '{"_id": "", "text": "Why?"}\n', "line 2: the query's id or text is empty"),
        (GOOD + GOOD, "line 2: the query id 'q1' was given before"),
        ("\n", "queries.jsonl: no query found"),
        (None, "queries.jsonl: no such file"),
    ],
)
def test_what_is_no_query_is_an_error_with_its_line(tmp_path, lines, message):
    with pytest.raises(SourceError, match=re.escape(message)):
        read_queries(folder(tmp_path, lines))


def test_qrels_keep_grades_and_order(tmp_path):
    made = folder(tmp_path, qrels=HEADINGS + "q2\td9\t2\nq1\td1\t0\nq2\td3\t-1\nq1\td1\t0\n\n")
    qrels = read_qrels(made)
    assert qrels == {"q2": {"d9": 2, "d3": -1}, "q1": {"d1": 0}}
    assert list(qrels) == ["q2", "q1"]


def test_qrels_of_another_split(tmp_path):
    made = folder(tmp_path, qrels=HEADINGS + "q1\td1\t1\n", split="dev")
    assert read_qrels(made, "dev") == {"q1": {"d1": 1}}
    with pytest.raises(SourceError, match=r"test\.tsv: no such file"):
        read_qrels(made)


@pytest.mark.parametrize("split", ["", "../test", "a/b", "/test"])
def test_a_split_is_a_plain_name(tmp_path, split):
    with pytest.raises(UsageError, match="is no name of a split"):
        read_qrels(tmp_path, split)


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ("q1\td1\t1\nq2\td1\t1\n", "test.tsv, line 1: expected the headings query-id, corpus-id, score, found 'q1"),
        ("query-id corpus-id score\n", "line 1: expected the headings"),
        ("", "line 1: expected the headings"),
        (HEADINGS, "no judgement found below the headings"),
        (HEADINGS + "q1\td1\t1\nq1 0 d2 1\n", "line 3: expected 3 columns separated by tabs, found 1"),
        (HEADINGS + "q1\t0\td2\t1\n", "line 2: expected 3 columns separated by tabs, found 4"),
        (HEADINGS + "q1\td1\t1.5\n", "line 2: expected a whole number as the grade, found '1.5'"),
        (HEADINGS + "q1\td1\t\n", "line 2: expected a whole number"),
        (HEADINGS + "q1\t \t1\n", "line 2: the query's or the document's id is empty"),
        (HEADINGS + "q1\td1\t1\nq1\td1\t0\n", "line 3: query 'q1' and document 'd1' have grade 0 here and 1 before"),
        (HEADINGS.encode() + b"q\xff\td1\t1\n", "line 2: not UTF-8"),
    ],
)
def test_what_is_no_judgement_is_an_error_with_its_line(tmp_path, lines, message):
    with pytest.raises(SourceError, match=re.escape(message)):
        read_qrels(folder(tmp_path, qrels=lines))


@needs_data
@pytest.mark.data
def test_a_benchmark_made_from_real_questions_is_read_whole(tmp_path, monkeypatch):
    questions = sorted((DATA / "bioasq").glob("11B*_golden.json"))
    arguments = ["make_beir.py", str(tmp_path), "--bioasq", *map(str, questions)]
    monkeypatch.setattr(sys, "argv", arguments)
    runpy.run_path(str(DATA.parent / "tools" / "make_beir.py"), run_name="__main__")
    queries, qrels = read_queries(tmp_path), read_qrels(tmp_path)
    assert len(queries) == (tmp_path / "queries.jsonl").read_text().count("\n")
    assert [query.query_id for query in queries] == list(qrels)
    judged = sum(len(documents) for documents in qrels.values())
    assert judged == (tmp_path / "qrels" / "test.tsv").read_text().count("\n") - 1
    assert corpus_path(tmp_path).is_file()
