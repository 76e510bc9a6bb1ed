"""The goals on the synthetic notes by the rules alone; with the model: `tests.indexer.patients.test_figures`."""

import datetime

import pytest

from corpora.deidentification import KINDS, Settings, deidentify
from tests.corpora.deidentification.planted import (
    DEVELOPMENT,
    FOR_RULES,
    KEPT_ASIDE,
    NEGATIVES,
    NEGATIVES_OF_DEVELOPMENT,
    STRUCTURED,
    measure,
    read_lines,
    read_notes,
)

TODAY = Settings(today=datetime.date(2026, 1, 1))


@pytest.mark.parametrize("path", [FOR_RULES, KEPT_ASIDE], ids=["for rules", "kept aside"])
def test_goals_on_planted_notes(path):
    notes = read_notes(path)
    counts = measure(notes, TODAY)
    assert len(notes) == 20
    assert set(counts.planted) == set(KINDS)
    assert counts.recall(*STRUCTURED) >= 0.99, counts.failures
    assert counts.recall("NAME", "PLACE") >= 0.95, counts.failures
    assert counts.precision >= 0.90, counts.failures


def test_notes_for_development():
    """Notes of another author, of many styles, on which rules were mended."""
    notes = read_notes(DEVELOPMENT)
    counts = measure(notes, TODAY)
    assert len(notes) == 44
    assert set(counts.planted) == set(KINDS)
    assert counts.recall(*STRUCTURED) >= 0.97, counts.failures
    assert counts.recall("NAME", "PLACE") >= 0.95, counts.failures
    assert counts.precision >= 0.90, counts.failures


@pytest.mark.parametrize(("path", "count"), [(NEGATIVES, 164), (NEGATIVES_OF_DEVELOPMENT, 150)])
def test_clinical_terms_stay(path, count):
    sentences = read_lines(path)
    wrong = [sentence for sentence in sentences if deidentify(sentence, TODAY).masked]
    assert len(sentences) == count
    assert len(wrong) / len(sentences) <= 0.02, wrong


def test_what_is_counted_is_what_was_planted():
    counts = measure([note for note in read_notes(FOR_RULES) if note.planted][:1], TODAY)
    assert sum(counts.planted.values()) == 22
    assert sum(counts.found.values()) == 22
