"""Spellings of one answer count together, each text once."""

import pytest

from corpora.records import Span
from reader.aggregate import FoundSpan, answer_key, rank_answers
from reader.span_model import SpanCandidate


def found(text_number: int, text: str, probability: float, weight: float = 1.0) -> FoundSpan:
    return FoundSpan(text_number, text, SpanCandidate(Span(0, len(text)), probability, 1.0), weight)


def test_key_drops_case_punctuation_and_article() -> None:
    assert answer_key("The TNF-α receptor") == answer_key("TNF α Receptor")
    assert answer_key("IL-6") != answer_key("IL-8")


@pytest.mark.parametrize(
    ("one", "other"), [("CD4+", "CD4"), ("p < 0.05", "p > 0.05"), ("1.5 days", "1-5 days"), ("-5", "5")]
)
def test_signs_that_tell_answers_apart_are_kept(one: str, other: str) -> None:
    assert answer_key(one) != answer_key(other)


def test_key_of_nothing_but_punctuation_is_the_text_itself() -> None:
    assert answer_key("±") == "±"


def test_scores_of_one_answer_add_up_over_texts_and_the_best_spelling_is_shown() -> None:
    answers = rank_answers([found(0, "Aspirin", 0.4), found(1, "aspirin", 0.5), found(2, "Heparin", 0.8)], 5)
    assert [(answer.text, round(answer.score, 6)) for answer in answers] == [("aspirin", 0.9), ("Heparin", 0.8)]
    assert [span.text_number for span in answers[0].spans] == [1, 0]


def test_a_text_counts_once_for_an_answer() -> None:
    answers = rank_answers([found(0, "aspirin", 0.3), found(0, "Aspirin", 0.4), found(1, "heparin", 0.5)], 5)
    assert [(answer.text, answer.score) for answer in answers] == [("heparin", 0.5), ("Aspirin", 0.4)]


def test_the_weight_of_a_text_discounts_what_it_says() -> None:
    answers = rank_answers([found(0, "a1", 0.9, weight=0.1), found(1, "b1", 0.2, weight=1.0)], 5)
    assert [answer.text for answer in answers] == ["b1", "a1"]


def test_ties_go_to_the_earlier_text() -> None:
    answers = rank_answers([found(1, "beta", 0.5), found(0, "alpha", 0.5)], 5)
    assert [answer.text for answer in answers] == ["alpha", "beta"]


def test_no_more_than_asked_for() -> None:
    assert len(rank_answers([found(number, f"x{number}", 0.5) for number in range(9)], 3)) == 3
