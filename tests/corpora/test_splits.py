"""Which questions train, calibrate and measure."""

from pathlib import Path

import pytest

from corpora.errors import UsageError
from corpora.questions import read_bioasq, read_pubmedqa
from corpora.splits import (
    FOLDS,
    bioasq_batch,
    calibration_files,
    pubmedqa_fold,
    question_key,
    training_files,
)
from tests.data import DATA, needs_data


@pytest.mark.parametrize(
    ("name", "batch"), [("7B1_golden.json", 7), ("11B4_golden.json", 11), ("golden.json", None), ("B1.json", None)]
)
def test_the_batch_is_told_by_the_file_name(name, batch):
    assert bioasq_batch(Path(name)) == batch


def test_of_a_folder_only_what_trains_is_taken(tmp_path):
    for name in ("7B1_golden.json", "9B5_golden.json", "10B1_golden.json", "11B1_golden.json", "other.json"):
        (tmp_path / name).touch()
    assert [path.name for path in training_files([tmp_path])] == ["7B1_golden.json", "9B5_golden.json"]
    assert [path.name for path in calibration_files([tmp_path])] == ["10B1_golden.json"]


@pytest.mark.parametrize("name", ["10B1_golden.json", "11B1_golden.json", "questions.json"])
def test_a_named_file_that_does_not_train_is_refused(name):
    with pytest.raises(UsageError, match="not a training file"):
        training_files([Path(name)])


def test_only_10b_calibrates():
    with pytest.raises(UsageError, match="not a calibration file"):
        calibration_files([Path("11B1_golden.json")])


def test_a_question_is_known_by_its_words():
    assert question_key("Is Aspirin  safe?") == question_key("is aspirin SAFE") != question_key("Is ibuprofen safe?")


def test_folds_are_a_partition_that_stays():
    folds = [pubmedqa_fold(str(number)) for number in range(2_000)]
    assert set(folds) == set(range(FOLDS))
    assert max(folds.count(fold) for fold in range(FOLDS)) < 260
    assert (pubmedqa_fold("21645374"), pubmedqa_fold("1")) == (4, 3)  # SHA-256 stays


@needs_data
def test_no_question_of_11b_or_10b_stands_in_a_training_file():
    training = [question.text for path in training_files([DATA / "bioasq"]) for question in read_bioasq(path)]
    held_out = [question for path in sorted((DATA / "bioasq").glob("1[01]B*.json")) for question in read_bioasq(path)]
    trained = {question_key(text) for text in training}
    # BioASQ repeats itself: what it asked before 10B and asks again cannot be held out, and is counted here.
    repeated = [question for question in held_out if question_key(question.text) in trained]
    assert len(training) > 1_400
    assert len(held_out) > 800
    assert len(repeated) == 0


@needs_data
def test_each_fold_of_pubmedqa_has_its_share():
    ids = [question.question_id for question in read_pubmedqa(DATA / "pubmedqa" / "ori_pqal_train_dev.json")]
    sizes = [sum(pubmedqa_fold(name) == fold for name in ids) for fold in range(FOLDS)]
    assert sum(sizes) == 500
    assert min(sizes) > 30
