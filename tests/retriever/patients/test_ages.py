import pytest

from retriever.patients.ages import age_agreement, age_band


@pytest.mark.parametrize(
    ("age", "band"),
    [(0, "newborn"), (0.5, "infant"), (2, "child"), (11.9, "child"), (12, "adolescent"), (18, "adult"), (65, "older")],
)
def test_age_bands(age, band):
    assert age_band(age) == band


def test_closeness_of_ages_is_graded():
    assert age_agreement(40, 40) == 1
    assert age_agreement(62, 66) > 0.8
    assert 0 < age_agreement(30, 50) < age_agreement(30, 35)
    assert age_agreement(18, 64) == 0
    assert age_agreement(3, 30) == -1
