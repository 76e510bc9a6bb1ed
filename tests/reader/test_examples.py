"""Training examples: what is drawn, and that no question that chooses or measures gets there."""

import random
from pathlib import Path

import msgspec
import pytest

from corpora.errors import UsageError
from corpora.questions import read_bioasq
from corpora.records import Span
from corpora.splits import question_key, trains
from reader.training.bioasq import BioasqSettings, bioasq_examples, find_answers
from reader.training.examples import Example, disjoint, joined, occurrences
from reader.training.recipe import ReaderData, ReaderRecipe, expert_examples, warm_examples
from reader.training.squad import SquadSettings, squad_examples
from tests.data import DATA, needs_data

QUESTION = {
    "id": "q1",
    "body": "Which gene is mutated in the disease?",
    "type": "factoid",
    "exact_answer": ["GENE1", "gene one"],
    "ideal_answer": ["It is GENE1 that is mutated.", "A second answer names GENE1."],
    "snippets": [
        {"text": "The disease is caused by GENE1 variants; GENE1 is large.", "document": "http://x/pubmed/1"},
        {"text": "Nothing of interest stands here.", "document": "http://x/pubmed/2"},
    ],
}
LIST = {
    "id": "q2",
    "body": "List the drugs.",
    "type": "list",
    "exact_answer": [["alpha"], ["beta", "beta-drug"]],
    "snippets": [{"text": "Both alpha and beta-drug are used.", "document": "http://x/pubmed/3"}],
}


def bioasq(folder: Path, name: str = "7B1_golden.json") -> Path:
    path = folder / name
    path.write_bytes(msgspec.json.encode({"questions": [QUESTION, LIST]}))
    return path


def answers_of(example: Example) -> list[list[str]]:
    return [[span.of(example.text) for span in item] for item in example.answers]


def test_every_place_of_every_item_is_an_answer(tmp_path: Path) -> None:
    examples = bioasq_examples([bioasq(tmp_path)], BioasqSettings(joined=1.0, unanswerable=0))
    found = [(example.question, answers_of(example)) for example in examples]
    assert found == [
        (QUESTION["body"], [["GENE1", "GENE1"]]),
        (LIST["body"], [["alpha"], ["beta-drug"]]),
        (QUESTION["body"], [["GENE1"]]),
    ]


def test_a_text_that_does_not_name_the_answer_is_unanswerable(tmp_path: Path) -> None:
    examples = bioasq_examples([bioasq(tmp_path)], BioasqSettings(joined=0, unanswerable=1))
    silent = {example.text for example in examples if example.question == QUESTION["body"] and not example.answers}
    assert silent == {"Nothing of interest stands here."}


def test_the_same_seed_draws_the_same_examples(tmp_path: Path) -> None:
    path = bioasq(tmp_path)
    assert bioasq_examples([path], BioasqSettings(seed=3)) == bioasq_examples([path], BioasqSettings(seed=3))


def test_only_whole_words_are_answers() -> None:
    assert occurrences("GENE12 and GENE1.", "gene1") == [Span(11, 16)]
    assert find_answers("GENE12", [["GENE1"]]) == ()


def test_a_longer_place_stands_for_one_within_it() -> None:
    assert disjoint([Span(3, 5), Span(0, 9), Span(10, 12), Span(3, 5)]) == (Span(0, 9), Span(10, 12))


def test_joining_moves_the_answers_along() -> None:
    example = joined("Before.", Example("Which?", "It is X.", ((Span(6, 7),),)), "After.")
    assert example.text == "Before. It is X. After."
    assert answers_of(example) == [["X"]]


@pytest.mark.parametrize("name", ["10B1_golden.json", "11B1_golden.json", "golden.json"])
def test_files_that_do_not_train_are_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError, match=rf"{name}: not a training file"):
        bioasq_examples([bioasq(tmp_path, name)], BioasqSettings())


def test_a_squad_answer_stands_in_the_stretch_around_it(tmp_path: Path) -> None:
    context = "filler " * 200 + "the receptor is ACE2 indeed " + "filler " * 200
    answers = [{"answer_start": context.index("ACE2"), "text": "ACE2"}]
    long = [{"answer_start": 0, "text": " ".join(["filler"] * 11)}]
    entries = [
        {"id": 1, "question": "Which receptor?", "answers": answers},
        {"id": 2, "question": "Why?", "answers": long},
    ]
    path = tmp_path / "squad.json"
    path.write_bytes(msgspec.json.encode({"data": [{"paragraphs": [{"context": context, "qas": entries}]}]}))
    (example,) = squad_examples([path], SquadSettings(width=100, longest=10))
    assert answers_of(example) == [["ACE2"]]
    assert len(example.text) <= 110


@needs_data
def test_no_question_that_chooses_or_measures_reaches_training() -> None:
    files = sorted(DATA.glob("bioasq/*.json"))
    held_out = [question for path in files if not trains(path) for question in read_bioasq(path)]
    assert len(held_out) > 500
    data = ReaderData(bioasq=(DATA / "bioasq",), squad=tuple(DATA.glob("covidqa/*.json")))
    recipe = ReaderRecipe()
    examples = [*expert_examples(data, recipe), *warm_examples(data, recipe)]
    assert len(examples) > 4_000
    trained = {question_key(example.question) for example in examples}
    assert not [question.question_id for question in held_out if question_key(question.text) in trained]
    texts = random.Random(0).sample(examples, 500)
    assert all(text.strip() for example in texts for item in answers_of(example) for text in item)


@needs_data
@pytest.mark.parametrize("batch", ["10B1", "11B1"])
def test_a_held_out_file_named_to_the_recipe_is_refused(batch: str) -> None:
    data = ReaderData(bioasq=(DATA / "bioasq" / f"{batch}_golden.json",))
    with pytest.raises(UsageError, match="not a training file"):
        expert_examples(data, ReaderRecipe())
