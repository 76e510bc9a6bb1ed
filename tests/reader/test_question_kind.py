"""The wording rules, and how often they are right on BioASQ's own labels."""

import pytest

from corpora.questions import read_bioasq
from reader.question_kind import question_kind
from tests.data import DATA, needs_data


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("Is metformin safe in pregnancy?", "yesno"),
        ("  does aspirin   prevent stroke?", "yesno"),
        ("Can you summarize Myasthenia Gravis?", "summary"),
        ("List the symptoms of Kawasaki disease.", "list"),
        ("Which are the Yamanaka factors?", "list"),
        ("Which drugs are used in tuberculosis?", "list"),
        ("What is the role of hepcidin?", "summary"),
        ("How does metformin work?", "summary"),
        ("How many chromosomes has a human cell?", "factoid"),
        ("Which gene is mutated in cystic fibrosis?", "factoid"),
        ("What is the target of galcanezumab?", "factoid"),
        ("Is Huntington's disease dominant or recessive?", "factoid"),
    ],
)
def test_kind_from_wording(question: str, kind: str) -> None:
    assert question_kind(question) == kind


@needs_data
def test_rules_are_right_four_times_in_five_on_bioasq() -> None:
    questions = [question for path in sorted(DATA.glob("bioasq/11B*.json")) for question in read_bioasq(path)]
    right = sum(question_kind(question.text) == question.kind for question in questions)
    assert right / len(questions) >= 0.8
