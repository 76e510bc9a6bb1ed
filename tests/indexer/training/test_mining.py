"""Hard negatives: from both engines, never the evidence, and cut to its length."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpora.questions import Context, Question
from indexer.index import Index
from indexer.training.examples import ExampleSettings, question_triples, title_triples
from indexer.training.mining import MiningSettings, cut_like, mine
from tests.fakes import WordHashModel
from tests.indexes import tiny_index

EVIDENCE = "Cystic fibrosis is caused by mutations in the CFTR gene."
ANYWHERE = MiningSettings(first_rank=1, ceiling=10.0)


@pytest.fixture
def index(tmp_path):
    opened = Index(tiny_index(tmp_path), lambda profile: WordHashModel(profile.embedding_model))
    yield opened
    opened.close()


def asked(kind="summary", answers=(), document="PMID:1"):
    return Question(
        "q", "Which gene causes cystic fibrosis?", kind, answers, (Context(document, EVIDENCE),), "7B1.json"
    )


def test_the_experts_document_is_no_negative(index):
    (mined,) = mine(index, [asked()], ANYWHERE)
    assert mined.positives == (EVIDENCE,)
    assert mined.negatives
    assert not any("CFTR" in text for text in mined.negatives)
    assert any("Ivacaftor" in text for text in mined.negatives)


def test_a_passage_with_an_answer_in_it_is_no_negative(index):
    (mined,) = mine(index, [asked("factoid", (("G551D",),))], ANYWHERE)
    assert not any("G551D" in text for text in mined.negatives)


def test_what_is_as_near_as_the_evidence_is_no_negative(index):
    (strict,) = mine(index, [asked()], MiningSettings(first_rank=1, ceiling=0.0))
    # What the dense engine ranked at all is too near then.
    assert strict.negatives == ()


def test_the_best_ranks_are_left_out(index):
    (all_of_them,) = mine(index, [asked()], ANYWHERE)
    (fewer,) = mine(index, [asked()], MiningSettings(first_rank=4, ceiling=10.0))
    assert set(fewer.negatives) < set(all_of_them.negatives)


def test_a_question_without_evidence_is_left_out(index):
    empty = Question("q", "Why?", "summary", (), (), "7B1.json")
    assert list(mine(index, [empty], ANYWHERE)) == []


def test_each_piece_of_evidence_gets_a_negative_of_its_length(index):
    (mined,) = mine(index, [asked()], ANYWHERE)
    (triple,) = question_triples(mined, ExampleSettings(), random.Random(1))
    assert (triple.query, triple.positive) == ("Which gene causes cystic fibrosis?", EVIDENCE)
    assert triple.negative in "".join(mined.negatives)


def test_titles_get_their_own_abstract_and_another_as_negative(index):
    triples = list(title_triples(index, ExampleSettings(titles=2, shortest_title=4), random.Random(1)))
    assert len(triples) == 2
    for triple in triples:
        assert triple.query not in triple.positive
        assert triple.positive != triple.negative


SENTENCES = st.lists(st.sampled_from(["Iron is stored.", "It rose by 10.5 percent in men.", "No."]), max_size=12)


@given(SENTENCES, st.integers(1, 30), st.integers())
def test_a_cut_is_a_run_of_sentences_of_at_least_the_length(sentences, words, seed):
    text = " ".join(sentences)
    cut = cut_like(text, words, random.Random(seed))
    assert cut in text
    assert len(cut.split()) >= min(words, len(text.split()))
    if cut:
        assert cut[0].isupper()
        assert cut.endswith(".")
