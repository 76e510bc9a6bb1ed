"""Question sets: the shapes published sets really have, and clear errors for the rest."""

from pathlib import Path

import msgspec
import pytest

from corpora.errors import SourceError
from corpora.questions import read_bioasq, read_pubmedqa, read_squad
from tests.data import DATA, needs_data


def written(folder: Path, value: object) -> Path:
    path = folder / "set.json"
    path.write_bytes(msgspec.json.encode(value))
    return path


def bioasq(**changes: object) -> dict[str, object]:
    entry = {
        "id": "q1",
        "body": "Which gene?",
        "type": "factoid",
        "exact_answer": ["CFTR", "ABCC7"],
        "snippets": [{"text": "It is CFTR.", "document": "http://www.ncbi.nlm.nih.gov/pubmed/123/"}],
    }
    return {"questions": [entry | changes]}


def test_bioasq_factoid(tmp_path: Path) -> None:
    (question,) = read_bioasq(written(tmp_path, bioasq()))
    assert question.answers == (("CFTR", "ABCC7"),)
    assert question.contexts[0].document_id == "PMID:123"
    assert question.contexts[0].text == "It is CFTR."


@pytest.mark.parametrize(
    ("kind", "exact", "answers"),
    [
        ("factoid", [["a", "b"]], (("a", "b"),)),
        ("factoid", "a", (("a",),)),
        ("list", [["a"], ["b", "c"]], (("a",), ("b", "c"))),
        ("list", ["a", "b"], (("a",), ("b",))),
        ("yesno", "Yes", (("yes",),)),
        ("summary", None, ()),
    ],
)
def test_every_shape_of_exact_answer(tmp_path: Path, kind: str, exact: object, answers: object) -> None:
    (question,) = read_bioasq(written(tmp_path, bioasq(type=kind, exact_answer=exact)))
    assert question.answers == answers


def test_an_entry_that_is_no_question_is_named(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"set\.json, question 1: .*'essay'"):
        read_bioasq(written(tmp_path, bioasq(type="essay")))


def squad(start: int, text: str) -> dict[str, object]:
    answer = {"answer_start": start, "text": text}
    paragraph = {"context": "One two one three.", "qas": [{"id": 7, "question": "Which?", "answers": [answer]}]}
    return {"data": [{"title": "t", "paragraphs": [paragraph]}]}


def test_squad_span(tmp_path: Path) -> None:
    (question,) = read_squad(written(tmp_path, squad(4, "two")))
    assert question.contexts[0].answers == ((4, "two"),)


def test_squad_span_with_loose_white_space_is_put_where_the_context_has_it(tmp_path: Path) -> None:
    (question,) = read_squad(written(tmp_path, squad(3, " two ")))
    assert question.contexts[0].answers == ((4, "two"),)


def test_squad_answer_that_is_nowhere_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="question 7: the answer 'four' at 4 is nowhere"):
        read_squad(written(tmp_path, squad(4, "four")))


def test_pubmedqa(tmp_path: Path) -> None:
    entry = {"QUESTION": "Does it?", "CONTEXTS": ["a", "b"], "final_decision": "maybe"}
    (question,) = read_pubmedqa(written(tmp_path, {"99": entry}))
    assert (question.question_id, question.answers, len(question.contexts)) == ("99", (("maybe",),), 2)


@pytest.mark.parametrize("read", [read_bioasq, read_squad, read_pubmedqa])
def test_bad_files_are_named(tmp_path: Path, read: object) -> None:
    assert callable(read)
    bad = tmp_path / "bad.json"
    bad.write_text("{not json")
    with pytest.raises(SourceError, match=r"bad\.json: not valid JSON"):
        read(bad)
    with pytest.raises(SourceError, match=r"set\.json"):
        read(written(tmp_path, [1, 2]))
    with pytest.raises(SourceError, match=r"none\.json: cannot be read"):
        read(tmp_path / "none.json")


@needs_data
def test_the_real_sets_read_whole() -> None:
    counts = [len(read_bioasq(path)) for path in sorted(DATA.glob("bioasq/*.json"))]
    assert sum(counts) == 2310
    covid = read_squad(DATA / "covidqa" / "covidqa_train.json")
    assert len(covid) == 1021
    for question in covid:
        for start, text in question.contexts[0].answers:
            assert question.contexts[0].text[start : start + len(text)] == text
    assert len(read_pubmedqa(DATA / "pubmedqa" / "ori_pqal_train_dev.json")) == 500
