"""De-identification as it ships, rules and model, on the synthetic notes.

The notes by which rules were mended and from which the model learnt only show that nothing got worse. What counts are
those of `SEALED`, which neither saw: their figures fall short of the goals (0.99, 0.95, 0.90), and are held to what was
measured.
"""

import datetime

import pytest

from corpora.deidentification import KINDS, Settings, deidentify
from indexer.patients.tagging import load_tagger
from tests.corpora.deidentification.planted import (
    FOR_RULES,
    KEPT_ASIDE,
    NEGATIVES,
    NEGATIVES_SEALED,
    SEALED,
    STRUCTURED,
    measure,
    read_lines,
    read_notes,
)

TODAY = Settings(today=datetime.date(2026, 1, 1))


@pytest.mark.parametrize("path", [FOR_RULES, KEPT_ASIDE], ids=["for rules", "kept aside"])
def test_goals_on_planted_notes(path):
    counts = measure(read_notes(path), TODAY, load_tagger())
    assert counts.recall(*STRUCTURED) >= 0.99, counts.failures
    assert counts.recall("NAME", "PLACE") >= 0.95, counts.failures
    assert counts.precision >= 0.90, counts.failures


def test_notes_that_neither_rules_nor_model_saw():
    notes = read_notes(SEALED)
    counts = measure(notes, TODAY, load_tagger())
    assert len(notes) == 40
    assert set(counts.planted) == set(KINDS)
    assert counts.recall(*STRUCTURED) >= 0.935, counts.failures
    assert counts.recall("NAME", "PLACE") >= 0.88, counts.failures
    assert counts.precision >= 0.84, counts.failures


@pytest.mark.parametrize(("path", "count"), [(NEGATIVES, 164), (NEGATIVES_SEALED, 150)])
def test_clinical_terms_stay(path, count):
    sentences = read_lines(path)
    wrong = [sentence for sentence in sentences if deidentify(sentence, TODAY, load_tagger()).masked]
    assert len(sentences) == count
    assert len(wrong) / len(sentences) <= 0.02, wrong


def test_the_synthetic_patients_name_nobody():
    from corpora.patients import patients_path
    from corpora.patients.sources import iter_patients

    wrong = [
        one.patient_id for one in iter_patients(patients_path()) if deidentify(one.text, TODAY, load_tagger()).masked
    ]
    assert wrong == []
