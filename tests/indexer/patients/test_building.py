"""An index of patients, built from files: identifiers removed, facets found, and never mixed with literature."""

import json
from contextlib import closing

import msgspec
import pytest

from corpora.errors import SourceError, UsageError
from corpora.patients.records import Patient
from corpora.records import text_sha256
from indexer.build import build_index
from indexer.index import Index
from indexer.patients import building
from indexer.patients.building import build_patient_index, prepared
from indexer.patients.store import FILE, PatientStore, is_patient_index
from tests.fakes import WordHashModel
from tests.indexes import tiny_index
from tests.patient_index import PATIENTS, patient_index, write_patients

NOTE = "Mr. Walter Hendricks, seen on 3/15/2021.\n\n  He   has fever. Call 914-555-0133."


def test_a_patient_as_kept():
    counted = []
    kept = prepared(Patient("p", NOTE, 94.0, "male"), counted.append)
    assert kept.text == "Mr. [NAME], seen on [DATE].\nHe has fever. Call [PHONE]."
    assert counted == [["NAME", "DATE", "PHONE"]]
    assert (kept.age, kept.sex) == (90.0, "male")
    (fever,) = (facet for facet in kept.facets if facet.term == "fever")
    assert fever.span.of(kept.text) == fever.text == "fever"


@pytest.fixture(scope="module")
def directory(tmp_path_factory):
    return patient_index(tmp_path_factory.mktemp("patients"))


def test_notes_and_facts_are_of_each_other(directory):
    with closing(Index(directory, lambda _: WordHashModel())) as index, PatientStore(directory) as store:
        facts = store.facts([patient["id"] for patient in PATIENTS])
        assert len(facts) == store.count() == len(PATIENTS)
        for found in facts.values():
            text = index.store.document(found.patient_id).text
            assert found.sha256 == text_sha256(text)
            assert all(facet.span.of(text) == facet.text for facet in found.facets)
            assert found.facets
    assert facts["lupus-1"].age == 31
    assert facts["unknown-1"].age is None


def test_no_identifier_reaches_the_disk(directory):
    files = [file for file in directory.rglob("*") if file.is_file()]
    assert len(files) > 3
    for file in files:
        content = file.read_bytes()
        assert b"Imani" not in content, file
        assert b"Brooks" not in content, file
        assert b"03/14/2021" not in content, file


def test_again_changes_nothing_and_more_is_added(tmp_path):
    source, more = (
        write_patients(tmp_path / "a.jsonl", PATIENTS[:3]),
        write_patients(tmp_path / "b.jsonl", PATIENTS[3:]),
    )
    directory, model = tmp_path / "index", WordHashModel()
    first = build_patient_index([source], directory, model)
    again = build_patient_index([source], directory, model)
    assert again.build.manifest.index_id == first.build.manifest.index_id
    both = build_patient_index([more], directory, model)
    assert (first.patients, again.patients, both.patients) == (3, 3, 4)
    assert first.masked == {"DATE": 1, "NAME": 1}
    assert both.build.manifest.documents == len(PATIENTS)
    with PatientStore(directory) as store:
        assert store.count() == len(PATIENTS)


def test_a_changed_note_has_the_facets_of_its_new_text(tmp_path):
    directory, model = patient_index(tmp_path, PATIENTS[:2]), WordHashModel()
    changed = {**PATIENTS[0], "text": "A 31-year-old woman with syncope."}
    build_patient_index([write_patients(tmp_path / "patients.jsonl", [changed, PATIENTS[1]])], directory, model)
    with closing(Index(directory, lambda _: model)) as index, PatientStore(directory) as store:
        found = store.facts(["lupus-1"])["lupus-1"]
        assert {facet.term for facet in found.facets} == {"syncope"}
        assert found.sha256 == text_sha256(index.store.document("lupus-1").text)


def test_what_cannot_be_read_is_told(tmp_path):
    source = tmp_path / "notes.jsonl"
    source.write_text(json.dumps(PATIENTS[0]) + '\n{"id": "x"}\nno json\n' + json.dumps(PATIENTS[0]) + "\n")
    report = build_patient_index([source], tmp_path / "index", WordHashModel())
    assert report.patients == 1
    assert [skipped.record for skipped in report.skipped] == [2, 3, 4]


def test_nothing_at_all(tmp_path):
    source = tmp_path / "notes.jsonl"
    source.write_text('{"id": "x"}\n')
    with pytest.raises(SourceError, match=r"no patient could be read: 1 records skipped; first: .*line 1|record 1"):
        build_patient_index([source], tmp_path / "index", WordHashModel())
    assert not (tmp_path / "index").exists()


def test_literature_is_refused(tmp_path):
    source, literature = write_patients(tmp_path / "p.jsonl"), tiny_index(tmp_path)
    with pytest.raises(UsageError, match="is an index of literature"):
        build_patient_index([source], literature, WordHashModel())
    assert not is_patient_index(literature)


def test_a_folder_with_other_things_in_it_is_left_as_it_is(tmp_path):
    source, folder = write_patients(tmp_path / "p.jsonl"), tmp_path / "own"
    folder.mkdir()
    (folder / "letter.txt").write_text("mine")
    with pytest.raises(UsageError, match="is not empty and is not an index"):
        build_patient_index([source], folder, WordHashModel())
    assert [file.name for file in folder.iterdir()] == ["letter.txt"]


def test_what_a_build_that_stops_leaves_is_known_to_be_of_patients(tmp_path, monkeypatch):
    """At no moment of a build is there an index without the file that tells patients from literature."""
    source, directory, model = write_patients(tmp_path / "p.jsonl"), tmp_path / "index", WordHashModel()

    def stopped(files, into, *rest, **options):
        assert is_patient_index(into)
        build_index(files, into, *rest, **options)
        raise KeyboardInterrupt

    monkeypatch.setattr(building, "build_index", stopped)
    with pytest.raises(KeyboardInterrupt):
        build_patient_index([source], directory, model)
    assert is_patient_index(directory)
    monkeypatch.undo()
    assert build_patient_index([source], directory, model).patients == len(PATIENTS)
    with PatientStore(directory) as store:
        assert store.count() == len(PATIENTS)


def test_temporary_files_hold_no_identifiers_and_go(tmp_path, monkeypatch):
    source, seen = write_patients(tmp_path / "p.jsonl"), []
    monkeypatch.setattr(building.tempfile, "tempdir", str(tmp_path))

    def looked(files, into, *rest, **options):
        folder = files[0].parents[1]
        assert folder.stat().st_mode & 0o077 == 0
        seen.extend(file.read_bytes() for file in folder.rglob("*") if file.is_file())
        return build_index(files, into, *rest, **options)

    monkeypatch.setattr(building, "build_index", looked)
    build_patient_index([source], tmp_path / "index", WordHashModel())
    assert len(seen) == 2
    assert not any(b"Imani" in content or b"03/14/2021" in content for content in seen)
    assert not list(tmp_path.glob("biocite-patients-*"))
    assert FILE in {file.name for file in (tmp_path / "index").iterdir()}
    assert msgspec.json.decode(seen[0].splitlines()[0])
