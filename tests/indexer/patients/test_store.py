"""What is kept of patients besides their notes."""

import sqlite3
import stat

import pytest
from msgspec import structs

from corpora.errors import IndexStateError
from corpora.patients.records import Facet, Patient, Timing
from corpora.records import Span
from indexer.patients.store import FILE, PatientStore, is_patient_index

RASH = Facet("finding", "malar rash", Span(0, 10), "Malar rash")
FEVER = Facet("finding", "fever", Span(15, 20), "fever", "absent")
CREATININE = Facet("lab", "creatinine", Span(22, 36), "creatinine 2.1", value=2.1, unit="mg/dL")
FIRST = Patient("p1", "Malar rash, no fever, creatinine 2.1", 31.5, "female", (RASH, FEVER, CREATININE))
SECOND = Patient("p2", "Malar rash", facets=(RASH,))


@pytest.fixture
def store(tmp_path):
    with PatientStore(tmp_path) as store:
        store.put([(FIRST, "a" * 64), (SECOND, "b" * 64)])
        yield store


def test_patients_come_back_as_they_were(store):
    facts = store.facts(["p2", "p1", "p3"])
    assert facts.keys() == {"p1", "p2"}
    first, second = facts["p1"], facts["p2"]
    assert (first.sha256, first.age, first.sex, first.facets) == ("a" * 64, 31.5, "female", FIRST.facets)
    assert (second.sha256, second.age, second.sex, second.facets) == ("b" * 64, None, "", (RASH,))
    assert store.count() == 2


def test_when_something_was_is_kept_and_rows_from_before_have_none(store, tmp_path):
    timing = Timing("duration", 3, 3, Span(11, 21), "for 3 days")
    timed = Patient("p3", "Malar rash for 3 days", facets=(structs.replace(RASH, timing=timing),))
    store.put([(timed, "c" * 64)])
    assert store.facts(["p3"])["p3"].facets == timed.facets
    row = '[{"kind":"finding","term":"malar rash","span":{"start":0,"end":10},"text":"Malar rash"}]'
    with sqlite3.connect(tmp_path / FILE) as other:
        other.execute("UPDATE patients SET facets = ? WHERE patient_id = 'p2'", [row])
    other.close()
    assert store.facts(["p2"])["p2"].facets == (RASH,)


def test_terms_are_counted_where_they_are_named_also_as_absent(store):
    assert store.frequencies(["malar rash", "fever", "gout"]) == {"malar rash": 2, "fever": 1, "gout": 0}
    assert store.with_term("malar rash", 10) == ["p1", "p2"]
    assert store.with_term("malar rash", 1) == ["p1"]
    assert store.with_term("fever", 10) == ["p1"]
    assert store.with_term("gout", 10) == []


def test_a_later_patient_replaces_an_earlier(store):
    store.put([(Patient("p1", "Fever", facets=(Facet("finding", "fever", Span(0, 5), "Fever"),)), "c" * 64)])
    assert store.count() == 2
    assert store.facts(["p1"])["p1"].sha256 == "c" * 64
    assert store.frequencies(["malar rash", "fever", "creatinine"]) == {"malar rash": 1, "fever": 1, "creatinine": 0}


def test_all_or_nothing(store):
    def failing():
        yield Patient("p3", "x"), "d" * 64
        raise ValueError("stop")

    with pytest.raises(ValueError, match="stop"):
        store.put(failing())
    assert store.facts(["p3"]) == {}
    assert store.count() == 2


def test_more_patients_than_a_statement_takes(store):
    many = [f"m{number:05}" for number in range(2_500)]
    store.put((Patient(patient_id, "x", facets=(RASH,)), "e" * 64) for patient_id in many)
    assert store.facts(many).keys() == set(many)
    assert store.frequencies(["malar rash", *many]) == {"malar rash": 2_502} | dict.fromkeys(many, 0)


def test_only_the_owner_may_read_the_file(store, tmp_path):
    assert stat.S_IMODE((tmp_path / FILE).stat().st_mode) == 0o600
    assert is_patient_index(tmp_path)
    assert not is_patient_index(tmp_path / "other")


def test_what_was_replaced_is_not_in_the_file_any_more(tmp_path):
    with PatientStore(tmp_path) as store:
        store.put([(Patient("p1", "", facets=(Facet("finding", "xyloquartz", Span(0, 10), "xyloquartz"),)), "a")])
        store.put([(Patient("p1", ""), "b")])
    assert all(b"xyloquartz" not in file.read_bytes() for file in tmp_path.iterdir())


def test_a_file_that_is_no_database(tmp_path):
    (tmp_path / FILE).write_bytes(b"no database" * 100)
    with pytest.raises(IndexStateError, match=r"patients\.db: cannot be used .*Build the index of patients again"):
        PatientStore(tmp_path)


def test_a_table_that_is_gone(store, tmp_path):
    with sqlite3.connect(tmp_path / FILE) as other:
        other.execute("DROP TABLE terms")
    other.close()
    with pytest.raises(IndexStateError, match="cannot be used"):
        store.frequencies(["fever"])
