"""Training examples: what is drawn, and that measuring batches never train."""

from pathlib import Path

import msgspec
import pytest

from corpora.errors import UsageError
from reader.training.examples import ExampleSettings, find_answers, make_examples, training_batches
from tests.data import DATA, needs_data

QUESTION = {
    "id": "q1",
    "body": "Which gene is mutated in the disease?",
    "type": "factoid",
    "exact_answer": ["GENE1", "gene one"],
    "snippets": [
        {"text": "The disease is caused by GENE1 variants.", "document": "http://x/pubmed/1"},
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


def test_every_answer_is_where_the_example_says(tmp_path: Path) -> None:
    examples = make_examples([bioasq(tmp_path)], [], ExampleSettings(joined=1.0))
    answers = sorted(example.answer.of(example.text) for example in examples if example.answer)
    assert answers == ["GENE1", "alpha", "beta-drug"]


def test_the_same_seed_draws_the_same_examples(tmp_path: Path) -> None:
    path = bioasq(tmp_path)
    assert make_examples([path], [], ExampleSettings(seed=3)) == make_examples([path], [], ExampleSettings(seed=3))


def test_only_whole_words_are_answers() -> None:
    assert find_answers("GENE12 and GENE1.", [["GENE1"]])[0].start == 11
    assert find_answers("GENE12", [["GENE1"]]) == []


def test_measuring_batches_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"11B1_golden\.json: not a training file"):
        make_examples([bioasq(tmp_path, "11B1_golden.json")], [], ExampleSettings())


def test_files_of_unknown_batch_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="not a training file"):
        training_batches([bioasq(tmp_path, "golden.json")])


@needs_data
def test_no_development_question_reaches_training() -> None:
    everything = sorted(DATA.glob("bioasq/*.json"))
    development = {
        entry["body"]
        for path in everything
        if path.name.startswith("11B")
        for entry in msgspec.json.decode(path.read_bytes())["questions"]
    }
    training = [path for path in everything if not path.name.startswith("11B")]
    examples = make_examples(training, sorted(DATA.glob("covidqa/*.json")), ExampleSettings())
    assert len(examples) > 4_000
    assert not development & {example.question for example in examples}
    assert all(example.answer.of(example.text).strip() for example in examples if example.answer)
