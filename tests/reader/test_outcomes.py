"""What counts as right, which questions are asked, and going on where collecting was stopped."""

import json

import pytest

from corpora.errors import SourceError
from corpora.sample import out_of_field_path
from indexer.records import Filters
from reader.ask import Asker, AskSettings
from reader.evaluation import ListSettings
from reader.outcomes import (
    AskedQuestion,
    asked_questions,
    collect,
    evaluating,
    is_right,
    out_of_field_questions,
    outcomes,
)
from reader.without_documents import index_without
from retriever.search import Retriever
from tests.fakes import FakeReader
from tests.indexes import DOCUMENTS, tiny_index
from tests.searching import opened

DRUG = "Which drug to give first in anaphylaxis, injected into the thigh muscle?"
ANAPHYLAXIS = "DOI:10.1000/anaphylaxis/2020"


class SaysYes:
    """A model for verdicts that is always of one mind."""

    name = "says-yes"

    def probabilities(self, question, texts):
        return {"yes": 0.7, "no": 0.2, "maybe": 0.1}


@pytest.fixture(scope="module")
def directory(tmp_path_factory):
    return tiny_index(tmp_path_factory.mktemp("outcomes"))


@pytest.fixture(scope="module")
def asker(directory):
    with opened(directory) as retriever:
        yield evaluating(Asker(retriever, FakeReader()))


@pytest.fixture(scope="module")
def decided(directory):
    with opened(directory) as retriever:
        yield evaluating(Asker(retriever, FakeReader(), verdicts=SaysYes()))


def question(text, kind, answers=(), documents=(), part="answerable"):
    return AskedQuestion("q", part, text, kind, answers, frozenset(documents))


def judged(asker, asked):
    (found,) = outcomes(asker, [asked])
    assert found.right == is_right(asked, asker.draft(asked.text))
    return found.right


@pytest.mark.parametrize(
    ("asked", "right"),
    [
        (question(DRUG, "factoid", (("epinephrine", "ADRENALINE."),)), True),
        (question(DRUG, "factoid", (("Propranolol",),)), False),
        (question(DRUG, "factoid"), None),
        (question(DRUG, "summary", documents=[ANAPHYLAXIS]), False),
        (question("How does adrenaline help in anaphylaxis?", "summary", documents=[ANAPHYLAXIS]), True),
        (question("How does adrenaline help in anaphylaxis?", "summary", documents=["PMID:1"]), False),
        (question("Does ivacaftor open the channel?", "yesno", (("yes",),), ["PMID:2"]), True),
        (question("Does ivacaftor open the channel?", "yesno", (("no",),), ["PMID:1"]), False),
        (question("How does ivacaftor open the channel?", "yesno", (("yes",),), ["PMID:2"]), False),
        (question("Does ivacaftor open the channel?", "yesno", (("yes",),), ["PMID:2"], "without_relevant"), False),
        (question(DRUG, "factoid", part="out_of_field"), False),
    ],
)
def test_what_is_right(asker, asked, right):
    assert judged(asker, asked) is right


def test_half_of_a_list_must_be_right(directory):
    settings = AskSettings(lists=ListSettings(items=4, share=0.0))
    text = "List the drugs to give in anaphylaxis, in cystic fibrosis and in malaria."
    with opened(directory) as retriever:
        asker = Asker(retriever, FakeReader(), settings)
        items = tuple((item.text,) for item in asker.draft(text).items)
        assert len(items) == 4
        assert judged(asker, question(text, "list", items[:2])) is True
        assert judged(asker, question(text, "list", (*items[2:], ("something else",)))) is True
        assert judged(asker, question(text, "list", (items[3], ("something else",)))) is False
        assert judged(asker, question(text, "factoid", (items[0],))) is True
        assert judged(asker, question(text, "factoid", (items[1],))) is False


@pytest.mark.parametrize(("gold", "right"), [("yes", True), ("no", False)])
def test_a_verdict_is_compared_where_there_is_one(decided, gold, right):
    asked = question("Does ivacaftor open the channel?", "yesno", ((gold,),), ["PMID:1"])
    assert judged(decided, asked) is right
    (found,) = outcomes(decided, [asked])
    assert found.probabilities == {"yes": 0.7, "no": 0.2, "maybe": 0.1}


def test_without_their_documents_questions_find_others(asker):
    (with_it,) = outcomes(asker, [question(DRUG, "factoid", (("Adrenaline",),), [ANAPHYLAXIS])])
    assert (with_it.document, with_it.judged, with_it.texts[0]) == (ANAPHYLAXIS, True, "Adrenaline")
    (without,) = outcomes(asker, [question(DRUG, "factoid", (("Adrenaline",),), [ANAPHYLAXIS], "without_relevant")])
    assert without.document not in ("", ANAPHYLAXIS)
    assert not without.judged
    assert "Adrenaline" not in without.texts
    assert without.confidence < with_it.confidence


def test_kinds_are_told_unless_given(asker):
    asked = question("How does adrenaline help in anaphylaxis?", "factoid", (("Adrenaline",),))
    assert next(outcomes(asker, [asked])).shown_kind == "summary"
    assert next(outcomes(asker, [asked], gold_kinds=True)).shown_kind == "factoid"


def golden(path):
    asked = [
        {"id": "1", "type": "factoid", "body": DRUG, "exact_answer": ["adrenaline"],
         "documents": ["http://www.ncbi.nlm.nih.gov/pubmed/7"],
         "snippets": [{"document": "http://www.ncbi.nlm.nih.gov/pubmed/8", "text": "t"}]},
        {"id": "2", "type": "summary", "body": "How does malaria spread?", "snippets": []},
    ]  # fmt: skip
    path.write_text(json.dumps({"questions": asked}))
    return path


def test_bioasq_questions_are_asked_with_and_without_their_documents(tmp_path):
    path = golden(tmp_path / "10B1_golden.json")
    assert [(asked.question_id, asked.part) for asked in asked_questions([path], without_relevant=False)] == [
        ("1", "answerable"), ("2", "answerable")
    ]  # fmt: skip
    asked = asked_questions([path], without_relevant=True)
    assert [found.part for found in asked] == ["answerable", "without_relevant"] * 2
    assert asked[0].documents == asked[1].documents == {"PMID:7", "PMID:8", "7", "8"}
    assert asked[2].documents == frozenset()


def test_collecting_goes_on_where_it_was_stopped(asker, tmp_path):
    path = golden(tmp_path / "10B1_golden.json")
    asked, keep = asked_questions([path], without_relevant=True), tmp_path / "outcomes.jsonl"
    whole = collect(asker, asked, keep)
    lines = keep.read_bytes().splitlines(keepends=True)
    assert len(lines) == 5
    keep.write_bytes(b"".join(lines[:3]) + lines[3][:20])
    done = []
    again = collect(asker, asked, keep, done.append)
    assert done == [2, 1, 1]
    assert [(found.question_id, found.part, found.texts) for found in again] == [
        (found.question_id, found.part, found.texts) for found in whole
    ]
    assert len(keep.read_bytes().splitlines()) == 5
    keep.write_bytes(b'{"models": {}}\n')
    with pytest.raises(SourceError, match="outcomes of another index"):
        collect(asker, asked, keep)


def test_questions_of_other_fields_are_many_and_apart():
    calibrating, measuring = (out_of_field_questions(out_of_field_path(use)) for use in ("calibrating", "measuring"))
    for asked in (calibrating, measuring):
        kinds = [found.kind for found in asked]
        assert {kind: kinds.count(kind) for kind in kinds} == dict.fromkeys(("factoid", "list", "yesno", "summary"), 10)
        assert {found.part for found in asked} == {"out_of_field"}
    texts = [found.text for found in calibrating + measuring]
    assert len(set(texts)) == len({found.question_id for found in calibrating + measuring}) == 80


@pytest.mark.parametrize("content", ["", "{}", '[{"id": "1"}]', '[{"id": "1", "text": "q", "kind": "poem"}]'])
def test_a_damaged_list_of_questions_is_named(tmp_path, content):
    (tmp_path / "q.json").write_text(content)
    with pytest.raises(SourceError, match=r"q\.json: not a list of questions"):
        out_of_field_questions(tmp_path / "q.json")


@pytest.mark.parametrize(
    "removed", [["PMID:1", "PMID:2"], [ANAPHYLAXIS, "unknown"], [record["_id"] for record in DOCUMENTS]]
)
def test_an_index_without_documents_finds_what_is_left(directory, tmp_path, removed):
    """Embeddings score alike in an index that never had them, so the dense ranking must be the same."""
    query, filters = "cystic fibrosis drug anaphylaxis malaria", Filters(retracted=False)
    left = [record for record in DOCUMENTS if record["_id"] not in removed]

    def found(retriever, mode):
        ranked = retriever.search(query, k=50, mode=mode, filters=filters)
        return [(hit.stored.passage.passage_id, round(hit.score, 5)) for hit in ranked.passages]

    with opened(directory) as retriever:
        without = Retriever(index_without(retriever.index, removed))
        dense, bm25 = found(without, "dense"), found(without, "bm25")
        assert not {passage_id.partition("#")[0] for passage_id, _ in found(without, "hybrid")} & set(removed)
    if not left:
        assert dense == bm25 == []
        return
    with opened(tiny_index(tmp_path, left)) as retriever:
        assert dense == found(retriever, "dense")
        assert {passage_id for passage_id, _ in bm25} == {passage_id for passage_id, _ in found(retriever, "bm25")}
