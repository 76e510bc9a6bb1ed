import math
from itertools import chain

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpora.patients.records import Patient
from indexer.patients.facets import facets_of
from retriever.patients.comparison import (
    UNIT,
    Comparer,
    ComparisonSettings,
    age_agreement,
    age_band,
    compare,
    rarity_of,
    term_counts,
)

PLAIN = ComparisonSettings(
    demographics=False, length=0.0, kinds={"finding": 1.0, "condition": 1.0, "drug": 1.0, "procedure": 1.0, "lab": 1.0}
)
SAYINGS = st.sampled_from(
    [
        "Cough.", "No cough.", "Fever.", "No fever.", "Hb 8.1 g/dL.", "Hb 14 g/dL.", "Possible pneumonia.", "Asthma.",
        "Mother had asthma.", "PMH: asthma.", "Petechiae.", "No rash.", "Rash.", "Ramipril.", "CT head.",
        "TSH 45.", "TSH 2.",
    ]
)  # fmt: skip
NOTES = st.lists(SAYINGS, max_size=8).map(" ".join)
AGES = st.none() | st.floats(0, 110)
SEXES = st.sampled_from(["", "female", "male"])


def patient(text, age=None, sex="", patient_id="p"):
    return Patient(patient_id, text, age, sex, facets_of(text))


def entries(comparison):
    return list(chain(comparison.matches, comparison.differences, comparison.unknown))


def found(comparison):
    return {name: [entry.term for entry in getattr(comparison, name)] for name in ("matches", "differences", "unknown")}


def test_the_same_note_scores_one():
    note = patient("Cough and fever. No rash.", 40, "male")
    assert compare(note, note, {}).score == pytest.approx(1, abs=1e-3)


def test_what_matches_differs_and_is_unknown_with_both_quotes():
    query = patient("Cough, dyspnea and night sweats.")
    other = patient("She is short of breath. No cough.")
    comparison = compare(query, other, {}, PLAIN)
    assert found(comparison) == {"matches": ["dyspnoea"], "differences": ["cough"], "unknown": ["night sweats"]}
    (match,), (difference,), (unknown,) = comparison.matches, comparison.differences, comparison.unknown
    assert (match.query.text, match.other.text) == ("dyspnea", "short of breath")
    assert query.text[match.query.start : match.query.end] == match.query.text
    assert other.text[match.other.start : match.other.end] == match.other.text
    assert (difference.query_state, difference.other_state) == ("present", "absent")
    assert difference.contribution < 0 < match.contribution
    assert unknown.other is None
    assert unknown.contribution == 0


def test_a_hand_computed_score():
    """Weights 1, 0.5 and 0.5 (rarity); the first matches, the second is contradicted: (1 - 0.5) / 2."""
    rarity = {"cough": 1.0, "fever": 0.5, "rash": 0.5}
    comparison = compare(patient("Cough, fever and rash."), patient("Cough. No fever."), rarity, PLAIN)
    assert comparison.score == pytest.approx(0.25, abs=2 / UNIT)
    assert comparison.parts["finding"] == comparison.score


def test_rare_findings_weigh_more():
    rarity = {"cough": 0.1, "chorea": 1.0}
    query = patient("Cough and chorea.")
    common, rare = (compare(query, patient(text), rarity, PLAIN).score for text in ("Cough.", "Chorea."))
    assert rare == pytest.approx(10 * common, rel=0.01)


def test_a_negated_note_is_below_one_that_says_nothing_of_it():
    query = patient("Cough, fever, rash and headache.")
    negated = compare(query, patient("Cough. No fever, rash or headache."), {}).score
    silent = compare(query, patient("Cough."), {}).score
    assert negated < silent


def test_without_negation_an_absent_finding_counts_as_present():
    query, other = patient("Cough."), patient("No cough.")
    blind = ComparisonSettings(negation=False)
    assert compare(query, other, {}).score == 0
    assert compare(query, other, {}, blind).score > 0.9


@pytest.mark.parametrize(
    ("query", "other", "where"),
    [
        ("Hb 8.1 g/dL.", "Hb 7.2 g/dL.", "matches"),
        ("Hb 8.1 g/dL.", "Anaemia.", "matches"),
        ("TSH 45.", "TSH 60.", "matches"),
        ("TSH 45.", "TSH 0.01.", "differences"),
        ("TSH 45.", "TSH 2.", "differences"),
        ("TSH 45.", "Cough.", "unknown"),
        ("Malar rash.", "No rash.", "differences"),
        ("Rash.", "No malar rash.", "unknown"),
        ("No rash.", "Malar rash.", "differences"),
        ("Malar rash.", "Rash.", "matches"),
        ("Asthma.", "Mother had asthma.", "unknown"),
        ("Asthma.", "PMH: asthma.", "matches"),
    ],
)
def test_states(query, other, where):
    assert len(getattr(compare(patient(query), patient(other), {}, PLAIN), where)) == 1


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


def test_age_and_sex_are_entries_with_their_place():
    query = patient("A 30-year-old woman with cough.", 30, "female")
    other = patient("A 3-year-old boy with cough.", 3, "male")
    differences = {entry.kind: entry for entry in compare(query, other, {}).differences}
    assert differences["age"].query.text == "30-year-old"
    assert differences["age"].other.text == "3-year-old"
    assert (differences["sex"].query_state, differences["sex"].other_state) == ("female", "male")


def test_hard_filters():
    settings = ComparisonSettings(same_sex=True, same_age_band=True)
    comparer = Comparer(patient("Cough.", 30, "female"), {}, settings)
    assert comparer.admits(patient("Cough.", 40, "female"))
    assert comparer.admits(patient("Cough."))
    assert not comparer.admits(patient("Cough.", 40, "male"))
    assert not comparer.admits(patient("Cough.", 3, "female"))


def test_rarity():
    rarity = rarity_of({"cough": 100, "fever": 10, "chorea": 1, "never": 0}, 100)
    assert rarity == {
        "cough": 0.05,
        "fever": pytest.approx(math.log(10.1) / math.log(101)),
        "chorea": pytest.approx(1.0),
    }
    assert rarity_of({}, 0) == {}


def test_a_patient_is_counted_once_for_each_term():
    assert term_counts([patient("Cough. A cough. No fever."), patient("Cough. Hb 8 g/dL.")]) == {
        "cough": 2,
        "fever": 1,
        "anaemia": 1,
    }


@given(NOTES, NOTES, AGES, AGES, SEXES, SEXES)
def test_the_score_is_exactly_the_sum_of_what_its_entries_contribute(first, second, age, other_age, sex, other_sex):
    comparison = compare(
        patient(first, age, sex), patient(second, other_age, other_sex), {"cough": 0.31, "fever": 0.77}
    )
    contributions = [entry.contribution for entry in entries(comparison)]
    assert 0 <= comparison.score <= 1
    assert comparison.score == sum(contributions) == sum(reversed(contributions)) == sum(comparison.parts.values())
    assert all(entry.contribution >= 0 for entry in comparison.matches)
    assert all(entry.contribution <= 0 for entry in comparison.differences)
    assert all(entry.contribution == 0 for entry in comparison.unknown)
