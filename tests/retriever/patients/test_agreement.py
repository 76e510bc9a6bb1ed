import pytest

from corpora.patients.records import Patient
from indexer.patients.facets import facets_of
from retriever.patients.agreement import agreement_of, closeness_of_values, shared
from retriever.patients.features import features_of
from retriever.patients.settings import ComparisonSettings

SETTINGS = ComparisonSettings()


def feature(text):
    (only,) = features_of(Patient("p", text, facets=facets_of(text)), negation=True).values()
    return only


@pytest.mark.parametrize(
    ("first", "second", "agreement"),
    [
        ("Cough.", "Cough.", 1.0),
        ("Cough.", "No cough.", -SETTINGS.contradiction),
        ("Possible asthma.", "No asthma.", -SETTINGS.contradiction * SETTINGS.possible / 2),
        ("Possible asthma.", "Asthma.", SETTINGS.possible),
        ("PMH: asthma.", "Asthma.", SETTINGS.past),
        ("PMH: asthma.", "No asthma.", 0.0),
        ("Mother had asthma.", "Asthma.", 0.0),
        ("Mother had asthma.", "Mother had asthma.", SETTINGS.family),
        ("No cough.", "No cough.", SETTINGS.absent_in_both),
        ("TSH 2.", "TSH 2.", SETTINGS.absent_in_both),
        ("TSH 45.", "TSH 0.01.", -SETTINGS.contradiction),
        ("TSH 45.", "TSH 2.", -SETTINGS.contradiction * 0.6),
    ],
)
def test_agreement_is_the_same_from_both_sides(first, second, agreement):
    one, other = feature(first), feature(second)
    assert agreement_of(one, other, SETTINGS) == agreement_of(other, one, SETTINGS) == pytest.approx(agreement)


def test_shared_is_never_negative():
    assert shared(feature("Cough."), feature("No cough."), SETTINGS) == 0


def test_values_are_close_by_their_ratio():
    (half,), (whole,), (bare,) = (facets_of(text) for text in ("TSH 20.", "TSH 40.", "TSH raised."))
    assert closeness_of_values(half, whole) == pytest.approx(0.75)
    assert closeness_of_values(half, bare) == 1.0
