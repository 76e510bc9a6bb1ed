import math

import pytest

from corpora.patients.records import Patient
from indexer.patients.facets import facets_of
from retriever.patients.weights import rarity_of, term_counts


def test_rarity():
    rarity = rarity_of({"cough": 100, "fever": 10, "chorea": 1, "never": 0}, 100)
    assert rarity == {
        "cough": 0.05,
        "fever": pytest.approx(math.log(10.1) / math.log(101)),
        "chorea": pytest.approx(1.0),
    }
    assert rarity_of({}, 0) == {}


def test_a_patient_is_counted_once_for_each_term():
    assert term_counts(
        [Patient("p", text, facets=facets_of(text)) for text in ("Cough. A cough. No fever.", "Cough. Hb 8 g/dL.")]
    ) == {
        "cough": 2,
        "fever": 1,
        "anaemia": 1,
    }
