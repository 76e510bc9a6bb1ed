import time
from itertools import chain

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpora.patients.records import Patient
from indexer.patients.facets import facets_of
from retriever.patients.comparison import UNIT, Comparer, compare
from retriever.patients.settings import ComparisonSettings
from retriever.patients.weights import rarity_of, term_counts

PLAIN = ComparisonSettings(
    demographics=False, length=0.0, kinds={"finding": 1.0, "condition": 1.0, "drug": 1.0, "procedure": 1.0, "lab": 1.0}
)
SAYINGS = st.sampled_from(
    [
        "Cough.", "No cough.", "Fever.", "No fever.", "Hb 8.1 g/dL.", "Hb 14 g/dL.", "Possible pneumonia.", "Asthma.",
        "Mother had asthma.", "PMH: asthma.", "Petechiae.", "No rash.", "Rash.", "Ramipril.", "CT head.",
        "TSH 45.", "TSH 2.", "Cough for 3 days.", "Chronic cough.", "Fever since yesterday.", "Fever for 4 months.",
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


def test_age_and_sex_are_entries_with_their_place():
    query = patient("A 30-year-old woman with cough.", 30, "female")
    other = patient("A 3-year-old boy with cough.", 3, "male")
    differences = {entry.kind: entry for entry in compare(query, other, {}).differences}
    assert differences["age"].query.text == "30-year-old"
    assert differences["age"].other.text == "3-year-old"
    assert (differences["sex"].query_state, differences["sex"].other_state) == ("female", "male")


def test_the_course_of_a_finding_matches_or_differs_and_quotes_since_when():
    query = patient("Cough for 3 days and fever since yesterday.")
    other = patient("Chronic cough. She has had fever for a week.")
    comparison = compare(query, other, {}, PLAIN)
    (same,) = [entry for entry in comparison.matches if entry.kind == "course"]
    (apart,) = comparison.differences
    assert (same.term, same.query_state, same.other_state) == ("fever", "acute", "acute")
    assert (same.query.text, same.other.text) == ("since yesterday", "for a week")
    assert (apart.kind, apart.term, apart.query_state, apart.other_state) == ("course", "cough", "acute", "chronic")
    assert (apart.query.text, apart.other.text) == ("for 3 days", "Chronic")
    for note, quote in ((query, apart.query), (other, apart.other)):
        assert note.text[quote.start : quote.end] == quote.text
    assert apart.contribution == pytest.approx(-same.contribution)
    assert 0 < same.contribution == pytest.approx(PLAIN.course / (1 + PLAIN.course) / 2, rel=1e-3)


@pytest.mark.parametrize(
    "other", ["Cough.", "Cough for 4 weeks.", "No cough.", "Cough two weeks later.", "Cough in 2015."]
)
def test_no_course_where_one_note_has_none_or_a_neighbouring_one(other):
    comparison = compare(patient("Cough for 3 days."), patient(other), {}, PLAIN)
    assert [entry for entry in entries(comparison) if entry.kind == "course"] == []


def test_who_has_it_as_long_goes_first_and_the_setting_turns_it_off():
    query, acute, chronic = (
        patient(text) for text in ("Cough for 3 days.", "Cough since Monday.", "Cough for 2 years.")
    )
    assert compare(query, acute, {}).score > compare(query, chronic, {}).score
    off = ComparisonSettings(course=0.0)
    assert compare(query, acute, {}, off).score == compare(query, chronic, {}, off).score


def test_two_hundred_comparisons_take_some_milliseconds():
    """The goal is 20, on a quiet machine; the limit leaves room for a busy one."""
    text = (
        "A 54-year-old woman, ten days after knee replacement, has sudden shortness of breath and cough for 3 days, no "
        "haemoptysis. HR 122, SpO2 88% on air. PMH: HTN, on ramipril. Mother had DVT. CTPA: bilateral pulmonary emboli."
    )
    query, others = patient(text, 54, "female"), [patient(text, 60, "male", f"p{number}") for number in range(200)]
    rarity = rarity_of(term_counts(others), 200)
    spent = []
    for _ in range(15):
        started = time.process_time()
        comparer = Comparer(query, rarity)
        for other in others:
            comparer.compare(other)
        spent.append(time.process_time() - started)
    assert min(spent) < 0.060


def test_hard_filters():
    settings = ComparisonSettings(same_sex=True, same_age_band=True)
    comparer = Comparer(patient("Cough.", 30, "female"), {}, settings)
    assert comparer.admits(patient("Cough.", 40, "female"))
    assert comparer.admits(patient("Cough."))
    assert not comparer.admits(patient("Cough.", 40, "male"))
    assert not comparer.admits(patient("Cough.", 3, "female"))


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


def test_a_normal_value_speaks_against_the_finding():
    raised, normal = patient("Cough. Urate 560 µmol/L."), patient("Cough. Urate 300 µmol/L.")
    comparison = compare(raised, normal, {}, PLAIN)
    assert found(comparison) == {"matches": ["cough"], "differences": ["hyperuricaemia"], "unknown": []}
    (difference,) = comparison.differences
    assert (difference.query.text, difference.other.text) == ("Urate 560 µmol/L", "Urate 300 µmol/L")
    assert difference.other_state == "normal"
    # By hand: of two features of weight 1 the cough matches, and the value counts 0.6 against.
    assert comparison.score == pytest.approx((1 - 0.6) / 2, abs=1e-4)
    turned = compare(normal, raised, {}, PLAIN)
    assert found(turned) == {"matches": ["cough"], "differences": ["uric acid"], "unknown": []}
    named = compare(patient("Hyperuricaemia."), normal, {}, PLAIN)
    assert found(named)["differences"] == ["hyperuricaemia"]


def test_a_normal_value_says_nothing_of_what_was_or_runs_in_the_family():
    normal = patient("Hb 14 g/dL.")
    for said in ("Mother had anaemia.", "History of anaemia.", "No anaemia."):
        assert compare(patient(said), normal, {}, PLAIN).differences == ()


class TestAgreement:
    """By how much the likeness of two notes should count."""

    def of(self, query, other, **settings):
        return compare(query, other, {}, ComparisonSettings(length=0.0, **settings)).agreement

    def test_is_the_square_of_the_share_that_matches(self):
        """By hand: three findings of weight 1, of which one is denied."""
        query = patient("Cough, fever and dyspnoea.")
        assert self.of(query, patient("Cough and fever. No dyspnoea.")) == pytest.approx((2 / 3) ** 2, abs=1e-3)
        assert self.of(query, patient("Cough. No fever. No dyspnoea.")) == pytest.approx((1 / 3) ** 2, abs=1e-3)
        assert self.of(query, patient("No cough, fever or dyspnoea.")) == 0
        assert self.of(query, query) == 1
        assert self.of(query, patient("Diarrhoea.")) == 1

    def test_is_less_for_another_age_however_much_differs(self):
        query = patient("Cough, fever and dyspnoea.", 40, "female")
        alike, newborn = (patient("Cough and fever.", age, "female") for age in (41, 0.01))
        assert self.of(query, alike) == 1
        assert self.of(query, newborn) == 0
        denying = [patient("No cough, fever or dyspnoea.", age, sex) for age, sex in ((41, "female"), (0.01, "male"))]
        assert [self.of(query, other) for other in denying] == [0, 0]

    def test_takes_three_times_what_age_takes_of_the_score(self):
        """By hand: two findings match; age, 0.1 apart, is of a scale of 2 findings + 0.1."""
        settings = {"age": 0.1, "age_apart": 0.1, "sex": 0.0, "sex_apart": 0.0}
        query, other = patient("Cough and fever.", 40), patient("Cough and fever.", 0.01)
        assert self.of(query, other, **settings) == pytest.approx(1 - 3 * 0.1 / 2.1, abs=1e-3)
