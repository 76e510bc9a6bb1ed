"""Patients found in an index: order, reasons that add up, filters and refusals."""

from contextlib import closing

import pytest

from corpora.errors import IndexStateError, UsageError
from corpora.patients.records import Patient
from indexer.index import Index
from indexer.patients.building import prepared
from indexer.patients.store import PatientStore
from retriever.patients.settings import ComparisonSettings
from retriever.patients.similar import PatientFilters, SimilarPatients, SimilarSettings
from tests.fakes import WordHashModel
from tests.patient_index import NOTE, PATIENTS, patient_index

QUERY = prepared(Patient("", NOTE, 30.0, "female"))
TRUE = ["lupus-1", "lupus-2"]


@pytest.fixture(scope="module")
def directory(tmp_path_factory):
    return patient_index(tmp_path_factory.mktemp("patients"))


@pytest.fixture(scope="module")
def opened(directory):
    with closing(Index(directory, lambda _: WordHashModel())) as index, PatientStore(directory) as store:
        yield index, store


@pytest.fixture(scope="module")
def similar(opened):
    return SimilarPatients(*opened)


def ids(found):
    return [one.facts.patient_id for one in found]


def entries(one):
    return [*one.comparison.matches, *one.comparison.differences, *one.comparison.unknown]


def test_true_matches_first_and_no_negated_note_above_them(similar):
    found = similar.find(QUERY, k=7)
    assert sorted(ids(found)[:2]) == TRUE
    assert ids(found).index("lupus-denied") > ids(found).index("unknown-1")
    assert [one.rank for one in found] == list(range(1, len(found) + 1))
    assert [one.score for one in found] == sorted((one.score for one in found), reverse=True)


def test_without_negation_the_denying_note_comes_nearer(opened):
    heedless = SimilarPatients(*opened, SimilarSettings(comparison=ComparisonSettings(negation=False)))
    heeding = SimilarPatients(*opened)
    scores = [{one.facts.patient_id: one.score for one in of.find(QUERY)}["lupus-denied"] for of in (heedless, heeding)]
    assert scores[0] > scores[1]


@pytest.mark.parametrize("text", [0.0, 0.1, 0.3, 1 / 3, 0.7, 1.0])
def test_scores_are_exactly_the_sum_of_their_parts(opened, text):
    for one in SimilarPatients(*opened, SimilarSettings(text=text)).find(QUERY):
        assert one.text_score + sum(entry.contribution for entry in entries(one)) == one.score
        assert sum(one.comparison.parts.values()) == one.comparison.score
        assert 0 <= one.score <= 1
        assert 0 <= one.text_score <= text + 0.001


def test_every_quote_stands_in_its_note(similar):
    quotes = 0
    for one in similar.find(QUERY):
        for entry in entries(one):
            for quote, text in ((entry.query, QUERY.text), (entry.other, one.text)):
                if quote is not None:
                    quotes += 1
                    assert text[quote.start : quote.end] == quote.text
    assert quotes > 20


def test_what_matches_what_differs_and_what_is_unknown(similar):
    found = {one.facts.patient_id: one.comparison for one in similar.find(QUERY)}
    assert {entry.term for entry in found["lupus-1"].matches} >= {"malar rash", "proteinuria", "chest pain", "age"}
    denied = {entry.term: entry for entry in found["lupus-denied"].differences}
    assert (denied["malar rash"].query_state, denied["malar rash"].other_state) == ("present", "absent")
    assert (denied["chest pain"].query_state, denied["chest pain"].other_state) == ("absent", "present")
    unknown = {entry.term: entry for entry in found["unknown-1"].unknown}
    assert unknown.keys() >= {"proteinuria", "age", "sex"}
    assert unknown["proteinuria"].other is None


@pytest.mark.parametrize(
    ("filters", "passing"),
    [
        (PatientFilters(), {patient["id"] for patient in PATIENTS}),
        (PatientFilters(sex="male"), {"heart-1", "child-1"}),
        (PatientFilters(ages=(29, 33)), {"lupus-1", "lupus-2", "lupus-denied"}),
        (PatientFilters(ages=(67, 150), sex="female"), {"heart-2"}),
        (PatientFilters(ages=(5, 6)), set()),
    ],
)
def test_filters(similar, filters, passing):
    assert set(ids(similar.find(QUERY, k=100, filters=filters))) == passing


def test_a_rare_finding_is_found_whatever_the_words(opened):
    """One candidate by words is not enough for both: the second comes by its term."""
    few = SimilarPatients(*opened, SimilarSettings(candidates=1, mode="bm25"))
    assert set(TRUE) <= set(ids(few.find(QUERY)))
    fewer = SimilarPatients(*opened, SimilarSettings(candidates=1, mode="bm25", by_term=0))
    assert len(fewer.find(QUERY)) == 1


def test_a_patient_is_not_like_itself(similar):
    kept = prepared(Patient("lupus-1", PATIENTS[0]["text"], 31.0, "female"))
    assert "lupus-1" not in ids(similar.find(kept))


def test_a_long_note_is_found_by_its_passages(similar):
    long = prepared(Patient("", NOTE + "\n" + "The weather was discussed at length. " * 2_000, 30.0, "female"))
    assert sorted(ids(similar.find(long))[:2]) == TRUE


@pytest.mark.parametrize("k", [0, 1_001])
def test_a_number_that_is_none(similar, k):
    with pytest.raises(UsageError, match="expected 1 to 1,000"):
        similar.find(QUERY, k=k)


def test_an_empty_note(similar):
    with pytest.raises(UsageError, match="the note is empty"):
        similar.find(Patient("", " ?! "))


def test_notes_of_another_build_are_not_quoted(tmp_path):
    directory = patient_index(tmp_path, PATIENTS[:3])
    with closing(Index(directory, lambda _: WordHashModel())) as index, closing(PatientStore(directory)) as store:
        store.put([(prepared(Patient("lupus-1", "Another note with malar rash.")), "0" * 64)])
        with pytest.raises(IndexStateError, match="not of the same build"):
            SimilarPatients(index, store).find(QUERY)
