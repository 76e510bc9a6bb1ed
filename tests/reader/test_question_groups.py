"""Which groups of people a question names."""

import pytest

from reader.question_groups import question_groups


@pytest.mark.parametrize(
    ("text", "groups"),
    [
        ("Is aspirin safe in pregnant women?", {"sex"}),
        ("Which drug treats epilepsy in children and elderly men?", {"sex", "age"}),
        ("What is the prevalence of BRCA1 mutations in Ashkenazi Jewish women?", {"sex", "ethnicity"}),
        ("Is preterm birth more common in African-American mothers?", {"sex", "age", "ethnicity"}),
        ("Which ethnic groups have sickle cell disease?", {"ethnicity"}),
        ("Which gene is mutated in cystic fibrosis?", set()),
        ("What is the mechanism of action of manganese?", set()),
        ("Does management of the ageing lens differ?", {"age"}),
        ("What is Womanize?", set()),
    ],
)
def test_groups(text, groups):
    assert question_groups(text) == groups
    assert question_groups(text.upper()) == groups
