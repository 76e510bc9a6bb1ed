"""`likeness`: what the tables know of words, and that names look like names."""

import numpy as np
import pytest

from corpora.deidentification.likeness import WEIGHTS, Known, buckets, fold, known, name_score, tables, word_hash


@pytest.mark.parametrize("word", ["patient", "carcinoma", "PATIENT", "Weakness", "furosemide"])
def test_words_of_literature_are_known(word):
    assert known(word) & Known.ORDINARY


@pytest.mark.parametrize("word", ["Kowalski", "Thornquist", "Narayanan", "OKONKWO", "Whitcombe"])
def test_names_are_unknown_and_look_like_names(word):
    assert known(word) == Known(0)
    assert name_score(word) > 0


@pytest.mark.parametrize("word", ["hypercalcaemically", "nephroblastomatous", "cholecystitides", "angiofibromatosis"])
def test_unknown_words_of_medicine_do_not(word):
    assert name_score(word) < -1


def test_case_and_accents_change_nothing():
    assert fold("Sjögren") == fold("SJÖGREN") == "sjogren"
    assert name_score("Grünwald") == name_score("GRUNWALD")
    assert known("Édema") == known("edema")


def test_the_tables_fit_together():
    held = tables()
    assert len(held.hashes) == len(held.kinds)
    assert held.hashes == sorted(set(held.hashes))
    assert all(0 <= bucket < len(held.weights) for bucket in buckets("anything"))
    assert word_hash("a") != word_hash("b")


def test_the_file_is_small_and_holds_numbers_alone():
    """Half a megabyte at most; a word or name in it would be an array of characters or objects."""
    assert WEIGHTS.stat().st_size < 500_000
    with np.load(WEIGHTS, allow_pickle=False) as stored:
        assert set(stored) == {"steps", "kinds", "weights", "scale", "bias"}
        assert {stored[name].dtype.kind for name in stored} <= set("iuf")
