"""TREC run files and the step from passages to documents."""

import math
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpora.errors import SourceError, UsageError
from retriever.runs import best_passage_per_document, read_run, write_run

RUN = {"q2": [("PMID:9", 1.5), ("PMID:1", 0.1 + 0.2)], "q1": [("PMC:3.v1", 1e-300), ("PMID:2", 0.0), ("PMID:7", -4.25)]}


def test_the_best_passage_stands_for_its_document():
    passages = [("d2", 0.4), ("d1", 0.9), ("d2", 0.9), ("d1", -3.0), ("d3", 0.95), ("d4", -7.0)]
    assert best_passage_per_document(passages) == [("d3", 0.95), ("d1", 0.9), ("d2", 0.9), ("d4", -7.0)]
    assert best_passage_per_document(iter([])) == []


def test_a_run_file_has_the_six_columns_of_trec(tmp_path):
    write_run({"q": [("PMID:2", 3.0), ("PMID:1", 0.25)]}, tmp_path / "run.txt", tag="bm25")
    assert (tmp_path / "run.txt").read_text() == "q Q0 PMID:2 1 3.0 bm25\nq Q0 PMID:1 2 0.25 bm25\n"
    assert [file.name for file in tmp_path.iterdir()] == ["run.txt"]


def test_what_is_written_is_read_again(tmp_path):
    write_run(RUN, tmp_path / "run.txt")
    assert read_run(tmp_path / "run.txt") == RUN
    assert list(read_run(tmp_path / "run.txt")) == ["q2", "q1"]


def test_the_order_of_tied_documents_survives(tmp_path):
    run = {"q": [("b", 1.0), ("a", 1.0), ("c", 1.0)]}
    write_run(run, tmp_path / "run.txt")
    assert read_run(tmp_path / "run.txt") == run


words = st.text(st.characters(exclude_categories=["Z", "C"]), min_size=1, max_size=8)
ranked = st.dictionaries(words, st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=8)


@given(st.dictionaries(words, ranked, max_size=4))
def test_any_ranked_run_is_read_as_it_was_written(tmp_path_factory, found):
    run = {query_id: best_passage_per_document(documents.items()) for query_id, documents in found.items()}
    path = tmp_path_factory.mktemp("runs") / "run.txt"
    write_run(run, path)
    assert read_run(path) == run


def test_a_run_of_another_tool_is_ranked_by_score_then_rank_then_id(tmp_path):
    (tmp_path / "run").write_text(
        "q1\tQ0  d1 1 0.5 x\nq2 Q0 d1 0 1 x\n\nq1 Q0 d2 9 2.5 x\nq1 0 d4 3 0.5 x\nq1 Q0 d3 3 5e-1 x\nq1 Q0 d0 2 0.5 x"
    )
    assert read_run(tmp_path / "run") == {
        "q1": [("d2", 2.5), ("d1", 0.5), ("d0", 0.5), ("d3", 0.5), ("d4", 0.5)],
        "q2": [("d1", 1.0)],
    }


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("q1 Q0 d2 2 0.5", "line 2: expected 6 columns (query-id Q0 document-id rank score tag), found 5"),
        ("q1 Q0 d2 2 0.5 x y", "line 2: expected 6 columns"),
        ("q1 Q0 d2 first 0.5 x", "line 2: rank 'first' or score '0.5' is no number"),
        ("q1 Q0 d2 2 high x", "line 2: rank '2' or score 'high' is no number"),
        ("q1 Q0 d2 2 nan x", "line 2: score 'nan': a finite one is needed"),
        ("q1 Q0 d2 2 -inf x", "line 2: score '-inf': a finite one is needed"),
        ("q1 Q0 d1 2 0.5 x", "line 2: query 'q1' has document 'd1' before"),
    ],
)
def test_what_is_no_run_line_is_an_error_with_its_number(tmp_path, line, message):
    (tmp_path / "run").write_text(f"q1 Q0 d1 1 0.9 x\n{line}\n")
    with pytest.raises(SourceError, match=re.escape(f"{tmp_path / 'run'}, {message}")):
        read_run(tmp_path / "run")


def test_a_run_file_that_cannot_be_read_is_named(tmp_path):
    with pytest.raises(SourceError, match="absent: cannot be read: No such file"):
        read_run(tmp_path / "absent")
    (tmp_path / "latin").write_bytes(b"q\xe9 Q0 d1 1 0.9 x\n")
    with pytest.raises(SourceError, match="latin: not UTF-8"):
        read_run(tmp_path / "latin")


@pytest.mark.parametrize(
    ("run", "tag", "message"),
    [
        ({"q": [("d1", 1.0), ("d2", 2.0)]}, "x", "query 'q', rank 2, document 'd2': score 2.0 is above 1.0"),
        ({"q": [("d1", 2.0), ("d1", 1.0)]}, "x", "rank 2, document 'd1': the document was ranked before"),
        ({"q": [("d1", math.nan)]}, "x", "rank 1, document 'd1': score nan: a finite one is needed"),
        ({"q": [("d1", math.inf)]}, "x", "score inf: a finite one is needed"),
        ({"q 1": [("d1", 1.0)]}, "x", "query id 'q 1' is empty or holds white space"),
        ({"q": [("d\t1", 1.0)]}, "x", "document id 'd\\t1' is empty or holds white space"),
        ({"q": [("", 1.0)]}, "x", "document id '' is empty or holds white space"),
        ({"q": [("d1", 1.0)]}, "two words", "tag 'two words' is empty or holds white space"),
    ],
)
def test_what_no_run_file_can_hold_is_refused_and_leaves_the_old_file(tmp_path, run, tag, message):
    (tmp_path / "run.txt").write_text("old")
    with pytest.raises(UsageError, match=re.escape(message)):
        write_run(run, tmp_path / "run.txt", tag)
    assert (tmp_path / "run.txt").read_text() == "old"
