"""Choosing sentences: the best, none twice, in reading order; expectations by hand."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpora.errors import UsageError
from reader.summary import Sentence, SummarySettings, pick_sentences

QUESTION = "How does metformin lower glucose?"


def sentence(text: str, similarity: float, document: str = "PMID:1", start: int = 0) -> Sentence:
    return Sentence(text, similarity, document, start)


def test_documents_stand_by_their_best_sentence_and_sentences_by_their_place() -> None:
    candidates = [
        sentence("Metformin activates the kinase AMPK.", 0.7, "PMID:1", 50),
        sentence("Hepatic gluconeogenesis falls thereby strongly.", 0.9, "PMID:2", 80),
        sentence("Complex I is inhibited in mitochondria.", 0.6, "PMID:2", 10),
        sentence("The weather was fine that year.", 0.1, "PMID:3", 0),
    ]
    assert pick_sentences(candidates, QUESTION, 3) == [2, 1, 0]


def test_a_near_duplicate_is_left_out_however_similar() -> None:
    candidates = [
        sentence("Metformin activates the kinase AMPK in liver.", 0.9),
        sentence("Metformin activates the kinase AMPK in the liver cells.", 0.89, "PMID:2"),
        sentence("Gluconeogenesis falls thereby strongly.", 0.3, "PMID:3"),
    ]
    # All seven words of the first are in the second: likeness 1.
    assert pick_sentences(candidates, QUESTION, 2) == [0, 2]


def test_how_alike_duplicates_are_can_be_set() -> None:
    candidates = [
        sentence("alpha beta gamma delta", 0.9),
        sentence("alpha beta epsilon zeta", 0.8, start=30),  # half its words are known
        sentence("eta theta iota kappa", 0.7, start=60),
    ]
    assert pick_sentences(candidates, QUESTION, 2, SummarySettings(duplicate=0.5)) == [0, 2]
    assert pick_sentences(candidates, QUESTION, 2, SummarySettings(duplicate=0.6)) == [0, 1]


def test_questions_scraps_and_the_question_itself_are_not_chosen() -> None:
    candidates = [
        sentence("How can metformin lower the glucose?", 1.0),
        sentence("Metformin: how does glucose lower", 0.9),
        sentence("AMPK, liver.", 0.8),
        sentence("Metformin activates the kinase AMPK.", 0.2),
    ]
    assert pick_sentences(candidates, QUESTION, 4) == [3]


def test_no_candidates_give_none_and_no_limit_is_refused() -> None:
    assert pick_sentences([], QUESTION, 3) == []
    with pytest.raises(UsageError, match="at least one sentence, not 0"):
        pick_sentences([], QUESTION, 0)


@given(
    st.lists(
        st.builds(
            Sentence,
            st.text(alphabet="ab c", min_size=1, max_size=30),
            st.floats(-1, 1),
            st.sampled_from(["PMID:1", "PMID:2"]),
            st.integers(0, 99),
        ),
        max_size=12,
    ),
    st.integers(1, 5),
)
def test_chosen_are_few_different_and_in_order_within_a_document(candidates: list[Sentence], limit: int) -> None:
    chosen = pick_sentences(candidates, QUESTION, limit)
    assert len(chosen) == len(set(chosen)) <= limit
    documents = [candidates[number].document_id for number in chosen]
    assert documents == sorted(documents, key=documents.index)
    for document in set(documents):
        places = [candidates[n].start for n in chosen if candidates[n].document_id == document]
        assert places == sorted(places)
