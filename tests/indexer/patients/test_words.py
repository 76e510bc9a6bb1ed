from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.patients.words import PhraseTable, fold, words_of


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("Oedema", "edema"),
        ("haemorrhages", "hemorrhage"),
        ("tumour", "tumors"),
        ("leucocytosis", "leukocytosis"),
        ("metastases", "metastasis"),
        ("biopsies", "biopsy"),
        ("rashes", "rash"),
        ("Parkinson's", "Parkinson"),
        ("Graves’", "graves"),
        ("sulphate", "sulfate"),
        ("immunisation", "immunization"),
    ],
)
def test_spellings_that_are_one(first, second):
    assert fold(first) == fold(second)


@pytest.mark.parametrize(("word", "folded"), [("was", "was"), ("pus", "pus"), ("colitis", "colitis"), ("loss", "loss")])
def test_words_that_are_no_plurals(word, folded):
    assert fold(word) == folded


def test_words_know_their_place_and_where_a_phrase_breaks():
    words = words_of("Pain, the s/p (X-ray)")
    assert [(word.raw, word.start, word.end, word.broken) for word in words] == [
        ("Pain", 0, 4, False),
        ("s/p", 10, 13, True),
        ("X", 15, 16, True),
        ("ray", 17, 20, False),
    ]


def test_the_longest_phrase_is_found_and_none_across_a_comma():
    table = PhraseTable([("chest", 1), ("chest pain", 2), ("MS", 3)])
    found = [value for _, _, value in table.among(words_of("chest pain, chest, pain; MS and ms"))]
    assert found == [2, 1, 3]


@given(st.text(max_size=200))
def test_words_are_of_the_text_and_in_order(text):
    words = words_of(text)
    assert all(text[word.start : word.end] == word.raw for word in words)
    assert all(one.end <= other.start for one, other in pairwise(words))
