from collections import Counter

import pytest

from corpora.errors import SourceError
from corpora.patients import patients_path
from corpora.patients.records import Patient
from indexer.patients.facets import facets_of
from retriever.patients.evaluation import (
    ABLATIONS,
    ClusteredNote,
    evaluate_clusters,
    rank_by_comparison,
    read_clusters,
)

PATH = patients_path()


@pytest.fixture(scope="module")
def notes():
    return read_clusters(PATH)


@pytest.fixture(scope="module")
def patients(notes):
    return [Patient(note.id, note.text, note.age, note.sex, facets_of(note.text)) for note in notes]


def note(note_id, cluster="a", role="member"):
    return ClusteredNote(note_id, "", 40, "male", cluster, role)


def test_the_set_has_clusters_with_members_and_hard_negatives(notes):
    roles = Counter((note.cluster, note.role) for note in notes)
    clusters = {note.cluster for note in notes}
    assert len(clusters) == 15
    assert len({note.id for note in notes}) == len({note.text for note in notes}) == len(notes) >= 60
    assert all(roles[cluster, "member"] >= 4 for cluster in clusters)
    assert all(roles[cluster, role] for cluster in clusters for role in ("negated", "other-age", "other-cause"))
    assert all(note.id.startswith("SYNTHETIC:") for note in notes)


def test_measures_by_hand():
    notes = [note("1"), note("2"), note("3"), note("4"), note("n", role="negated"), note("o", "b", "other-age")]
    order = {"1": ["1", "2", "3", "4", "n"], "2": ["1", "n", "3", "4"], "3": ["o", "n"], "4": ["1", "2", "3", "n"]}
    report = evaluate_clusters(notes, lambda query: order[query.id])
    assert report.p_at_3 == pytest.approx((3 + 2 + 0 + 3) / 12)
    assert report.first_is_true == 3 / 4
    assert report.negated_above == (("2", "n"), ("3", "n"))
    assert report.negatives_above == {"negated": 2, "other-age": 0, "other-cause": 0}
    assert report.by_cluster == {"a": pytest.approx(8 / 12)}


def test_by_facets_alone_members_are_found_and_no_negated_note_stands_above_one(notes, patients):
    report = evaluate_clusters(notes, rank_by_comparison(patients))
    assert report.queries == 60
    assert report.p_at_3 >= 0.85
    assert report.negated_above == ()


def test_each_part_is_good_for_something(notes, patients):
    reports = {
        name: evaluate_clusters(notes, rank_by_comparison(patients, settings)) for name, settings in ABLATIONS.items()
    }
    best = reports.pop("all").p_at_3
    assert all(report.p_at_3 < best - 0.05 for report in reports.values())
    assert len(reports["no negation"].negated_above) > 20


def test_a_file_that_is_none(tmp_path):
    with pytest.raises(SourceError, match="cannot be read"):
        read_clusters(tmp_path / "none.jsonl")
    (tmp_path / "bad.jsonl").write_text('{"id": "1"}\n', encoding="utf-8")
    with pytest.raises(SourceError, match="no clustered note"):
        read_clusters(tmp_path / "bad.jsonl")
