"""What a term weighs: a rare one more than a common one."""

import math
from collections.abc import Iterable, Mapping

from corpora.patients.records import Patient
from retriever.patients.features import features_of


def rarity_of(counts: Mapping[str, int], total: int) -> dict[str, float]:
    """The weight of each term, 0 to 1, from the number of patients, of `total`, whose notes name it.

    As inverse document frequency: log((total + 1) / count) over log(total + 1), never below 0.05; a term of one
    patient weighs about 1, one that every patient has next to nothing.
    """
    most = math.log(total + 1) or 1.0
    return {
        term: min(1.0, max(0.05, math.log((total + 1) / count) / most)) for term, count in counts.items() if count > 0
    }


def terms_of(patient: Patient) -> set[str]:
    """The terms by which a patient is counted for `rarity_of`: those of its facets, and the findings its labs are."""
    return set(features_of(patient, negation=True))


def term_counts(patients: Iterable[Patient]) -> dict[str, int]:
    """How many of `patients` name each term."""
    counts: dict[str, int] = {}
    for patient in patients:
        for term in terms_of(patient):
            counts[term] = counts.get(term, 0) + 1
    return counts
