"""Claims turned into questions: expectations by hand."""

import random

import pytest

from reader.training.verdict_claims import Claim, claim_of, contradicted, negated


@pytest.mark.parametrize(
    ("sentence", "question", "holds"),
    [
        ("Obesity is associated with asthma.", "Is obesity associated with asthma?", True),
        ("Obesity was not associated with adult asthma.", "Is obesity associated with adult asthma?", False),
        ("In conclusion, ER status was correlated with age.", "Is ER status correlated with age?", True),
        ("These results show that metformin reduces liver fat.", "Does metformin reduce liver fat?", True),
        ("Vitamin D did not prevent falls in women.", "Does vitamin D prevent falls in women?", False),
        ("MiR-21 promotes tumour growth in mice.", "Does MiR-21 promote tumour growth in mice?", True),
        (
            "There were no significant differences (P = .84) in pain between groups.",
            "Are there differences in pain between groups?",
            False,
        ),
        ("A significant association was found between A and B.", "Is there an association between A and B?", True),
    ],
)
def test_a_claim_asks_what_it_answers(sentence: str, question: str, holds: bool) -> None:
    assert claim_of(sentence) == Claim(question, holds)


@pytest.mark.parametrize(
    "sentence",
    [
        "Rats and mice.",
        "It is associated with asthma in adults.",
        "Liver abscess caused by an anaerobic bacterium.",
        "Is obesity associated with asthma?",
        "Neither drug was associated with weight gain.",
        "Obesity, once rare, is associated with asthma.",
        "Since asthma is common, obesity is associated with it.",
    ],
)
def test_what_is_no_plain_claim_is_left_alone(sentence: str) -> None:
    assert claim_of(sentence) is None


def test_a_word_of_direction_is_turned_round() -> None:
    draw = random.Random(1)
    assert contradicted("Is mortality higher with A than with B?", draw) == "Is mortality lower with A than with B?"
    assert contradicted("Is mortality known?", draw) is None


@pytest.mark.parametrize(
    ("sentence", "opposite"),
    [
        ("A is linked to B.", "A is not linked to B."),
        ("A was not linked to B.", "A was linked to B."),
        ("A showed no link to B and was large.", None),
        ("A did not change B.", None),
        ("A changes B.", None),
    ],
)
def test_a_sentence_is_negated_by_one_word(sentence: str, opposite: str | None) -> None:
    assert negated(sentence) == opposite
