"""Questions made by rule: the term is out of the question and in the text, and the question word fits its type."""

import random

import pytest

from corpora.records import Document, Metadata, Section, Span
from reader.training.cloze import ClozeSettings, make_cloze, make_question

SENTENCES = (
    "Emapalumab treats primary lymphohistiocytosis in children with mutations.",
    "The antibody emapalumab neutralises interferon and treats lymphohistiocytosis in 34 patients.",
    "Nothing else was measured in any of the other groups.",
)


def document(number: int) -> Document:
    text = " ".join(SENTENCES)
    known = Metadata(keywords=("emapalumab", "lymphohistiocytosis"))
    return Document(f"PMID:{number}", "", text, (Section("Abstract", "abstract", Span(0, len(text))),), "x", known)


def test_an_answer_stands_in_the_text_and_not_in_the_question() -> None:
    settings = ClozeSettings(examples=200, per_abstract=4, rare=2.0, shared_words=1, unanswerable=0.3)
    examples = make_cloze([document(number) for number in range(30)], settings)
    assert examples
    answers = {span.of(example.text) for example in examples for item in example.answers for span in item}
    assert {"Emapalumab", "emapalumab", "lymphohistiocytosis", "34 patients"} >= answers
    assert len(answers) == 4
    for example in examples:
        for item in example.answers:
            assert not any(span.of(example.text).lower() in example.question.lower() for span in item)
    assert any(not example.answers for example in examples)


def test_a_recurring_term_is_asked_for_without_its_own_sentence() -> None:
    settings = ClozeSettings(same=0.0, rare=2.0, shared_words=1, unanswerable=0.0, dropped=0.0)
    for example in make_cloze([document(1)], settings):
        asked = {word for word in example.question.strip("?").split() if word[0].islower()}
        assert not any(asked <= set(sentence.split()) for sentence in SENTENCES if sentence in example.text)


def test_the_same_seed_makes_the_same_questions() -> None:
    documents = [document(number) for number in range(5)]
    assert make_cloze(documents, ClozeSettings(rare=2.0)) == make_cloze(documents, ClozeSettings(rare=2.0))


def test_usual_words_are_no_answers() -> None:
    examples = make_cloze([document(number) for number in range(5)], ClozeSettings(rare=0.0))
    answers = {span.of(example.text).lower() for example in examples for item in example.answers for span in item}
    assert answers <= {"34 patients"}


@pytest.mark.parametrize(
    ("term", "asking"),
    [
        ("34 patients", {"How many", "What number"}),
        ("12%", {"What percentage", "What proportion", "What percent"}),
        ("infliximab", {"Which drug", "What drug"}),
        ("cystic fibrosis syndrome", {"Which disease", "What disease", "Which condition"}),
        ("BRCA1", {"Which gene", "What gene", "Which protein", "Which", "What"}),
    ],
)
def test_the_question_word_fits_the_term(term: str, asking: set[str]) -> None:
    sentence = f"{term} was seen among people who live along several great northern rivers"
    for seed in range(10):
        question = make_question(sentence, term, ClozeSettings(dropped=0), random.Random(seed))
        assert any(question.startswith(f"{words} ") for words in asking)


def test_a_sentence_that_lacks_the_term_or_words_makes_no_question() -> None:
    draw = random.Random(0)
    assert make_question("It is here.", "there", ClozeSettings(), draw) == ""
    assert make_question("It is BRCA1.", "BRCA1", ClozeSettings(), draw) == ""
