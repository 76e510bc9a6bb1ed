"""The question kind: wordings by hand, how often it is right on BioASQ's own labels, loading, and the fit."""

import time
from pathlib import Path

import numpy as np
import pytest

from corpora.errors import ModelError, UsageError
from corpora.questions import Question, QuestionKind, read_bioasq
from reader.question_kind import (
    KINDS,
    KindModel,
    alternatives,
    features,
    load_kind_model,
    question_kind,
    rule_kind,
    save_kind_model,
)
from reader.training.kinds import KindExample, KindSettings, fit_kinds, kind_examples, terse, train_kinds
from tests.data import DATA, needs_data


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("Is metformin safe in pregnancy?", "yesno"),
        ("  does aspirin   prevent stroke?", "yesno"),
        ("should i stop aspirin before surgery", "yesno"),
        ("metformin safe in pregnancy", "yesno"),
        ("Can you summarize Myasthenia Gravis?", "summary"),
        ("List the symptoms of Kawasaki disease.", "list"),
        ("Which are the Yamanaka factors?", "list"),
        ("Which drugs are used in tuberculosis?", "list"),
        ("drugs for tuberculosis", "list"),
        ("What is the role of hepcidin?", "summary"),
        ("mechanism of action of metformin", "summary"),
        ("How does metformin work?", "summary"),
        ("How many chromosomes has a human cell?", "factoid"),
        ("Which gene is mutated in cystic fibrosis?", "factoid"),
        ("What is the target of galcanezumab?", "factoid"),
        ("Is Huntington's disease dominant or recessive?", "factoid"),
        ("???", "factoid"),
    ],
)
def test_kind_from_wording(question: str, kind: str) -> None:
    assert question_kind(question) == kind


def test_alternatives_are_the_two_words_offered() -> None:
    assert alternatives("Is Huntington's disease dominant or recessive?") == ("dominant", "recessive")
    assert alternatives("Is it dominant?") == ()


def test_capitals_and_marks_do_not_matter() -> None:
    question = "Which drugs are used in tuberculosis?"
    assert features(question) == features("which drugs are used in TUBERCULOSIS")


def accuracy(kinds: list[tuple[QuestionKind, QuestionKind]]) -> float:
    return sum(one == other for one, other in kinds) / len(kinds)


@needs_data
def test_the_model_is_better_than_the_rules_on_questions_that_it_was_not_fitted_to() -> None:
    questions = [question for path in sorted(DATA.glob("bioasq/10B*.json")) for question in read_bioasq(path)]
    by_rules = accuracy([(rule_kind(question.text), question.kind) for question in questions])
    assert by_rules >= 0.8
    assert accuracy([(question_kind(question.text), question.kind) for question in questions]) >= by_rules + 0.02
    short = [(text, question.kind) for question in questions if (text := terse(question.text)) is not None]
    assert accuracy([(question_kind(text), kind) for text, kind in short]) >= 0.65


def test_a_question_takes_less_than_a_millisecond() -> None:
    question = "Which genes are most often mutated in hereditary forms of early-onset Parkinson's disease?"
    question_kind(question)
    spent = []
    for _ in range(20):
        started = time.perf_counter()
        question_kind(question)
        spent.append(time.perf_counter() - started)
    assert min(spent) < 0.001


def test_what_is_saved_is_loaded_and_what_was_changed_is_refused(tmp_path: Path) -> None:
    model = KindModel({"word a": 0, "word b": 1}, np.eye(2, 4, dtype=np.float32), np.zeros(4, dtype=np.float32))
    file = save_kind_model(model, tmp_path, {"recipe": "question-kind"})
    loaded = load_kind_model(tmp_path)
    assert loaded.rows == model.rows
    # One feature known, its row (1, 0, 0, 0): e / (e + 3) for the first kind.
    assert loaded.probabilities("a")["factoid"] == pytest.approx(np.e / (np.e + 3), abs=1e-6)
    file.write_bytes(file.read_bytes()[:-1] + b"x")
    load_kind_model.cache_clear()
    with pytest.raises(ModelError):
        load_kind_model(tmp_path)
    with pytest.raises(ModelError, match="cannot be read"):
        load_kind_model(tmp_path / "nowhere")


def test_a_description_of_other_weights_is_refused(tmp_path: Path) -> None:
    weights = np.eye(2, 4, dtype=np.float32)
    save_kind_model(KindModel({"word a": 0}, weights, np.zeros(4, dtype=np.float32)), tmp_path, {})
    with pytest.raises(ModelError, match="has not the features"):
        load_kind_model(tmp_path)


@pytest.mark.parametrize(
    ("question", "short"),
    [
        ("What is the role of hepcidin?", "role of hepcidin"),
        ("Which drugs are used in tuberculosis?", "drugs are used in tuberculosis"),
        ("Is metformin safe in pregnancy?", "metformin safe in pregnancy"),
        ("What is aspirin?", None),
        ("Why not?", None),
    ],
)
def test_terse_leaves_question_words_out(question: str, short: str | None) -> None:
    assert terse(question) == short


def test_a_fit_learns_a_word_and_needs_every_kind() -> None:
    words = dict(zip(KINDS, ("alpha", "beta", "gamma", "delta"), strict=True))
    examples = [KindExample(word, kind, 1.0) for kind, word in words.items() for _ in range(3)]
    model = fit_kinds(examples, KindSettings())
    for kind, word in words.items():
        found = model.probabilities(word)
        assert max(found, key=lambda one: found[one]) == kind
    with pytest.raises(UsageError, match="no questions of kind summary"):
        fit_kinds([example for example in examples if example.kind != "summary"], KindSettings())


def test_examples_are_each_question_as_it_is_and_tersely() -> None:
    asked = Question("1", "Is metformin safe in pregnancy?", "yesno", (), (), "test")
    assert kind_examples([asked], KindSettings(terse=0.5)) == [
        KindExample("Is metformin safe in pregnancy?", "yesno", 1.0),
        KindExample("metformin safe in pregnancy", "yesno", 0.5),
    ]


def test_a_batch_that_measures_is_refused(tmp_path: Path) -> None:
    (tmp_path / "10B1_golden.json").write_text('{"questions": []}')
    with pytest.raises(UsageError, match="not a training file"):
        train_kinds([tmp_path / "10B1_golden.json"], tmp_path / "out")


@needs_data
def test_the_shipped_model_is_of_the_training_batches_alone() -> None:
    import msgspec

    from reader.question_kind import BUNDLED, WEIGHTS

    run = msgspec.json.decode((WEIGHTS / f"{BUNDLED}.json").read_bytes())["run"]
    assert {name.split("/")[1].split("B")[0] for name in run["data_sha256"]} == {"7", "8", "9"}
