"""An index of patients, built from files: identifiers removed, facets found, and never mixed with literature."""

import json
import tempfile
from contextlib import closing

import msgspec
import pytest

from corpora.errors import SourceError, UsageError
from corpora.patients.records import Patient
from corpora.records import text_sha256
from indexer.build import build_index
from indexer.index import Index
from indexer.patients import building, working
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


def test_only_the_owner_can_read_a_new_index(directory, tmp_path):
    assert directory.stat().st_mode & 0o777 == 0o700
    (tmp_path / "own").mkdir(mode=0o750)
    build_patient_index([write_patients(tmp_path / "p.jsonl")], tmp_path / "own", WordHashModel())
    assert (tmp_path / "own").stat().st_mode & 0o777 == 0o750


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


def test_what_fhir_says_is_not_so_is_no_fact(tmp_path):
    """Through the reader of FHIR, the rules of de-identification and those of facets."""

    def stated(kind, name, **more):
        return {"resourceType": kind, "code": {"text": name}} | more

    def observed(name, **more):
        return stated("Observation", name, **{"status": "final", **more})

    patient = {"resourceType": "Patient", "id": "p", "gender": "female"}
    verified = {"verificationStatus": {"coding": [{"code": "refuted"}]}}
    unverified = {"verificationStatus": {"coding": [{"code": "unconfirmed"}]}}
    drug = {"resourceType": "MedicationRequest", "intent": "order", "status": "active", "doNotPerform": True}
    resources = [
        stated("Condition", "Gout", **verified),
        stated("Condition", "Asthma", **unverified),
        stated("Procedure", "Appendectomy", status="not-done"),
        {**drug, "medicationCodeableConcept": {"text": "Penicillin"}},
        observed("HIV antibody", valueCodeableConcept={"text": "Negative (qualifier value)"}),
        observed("Fever", valueBoolean=False),
        observed("Cough", valueBoolean=True),
        observed("Chest pain", valueString="absent"),
        observed("Nausea", valueString="unknown"),
        observed("Vomiting", valueBoolean=True, status="entered-in-error"),
        observed("Tobacco smoking status", valueCodeableConcept={"text": "Never smoker"}),
        observed(
            "Blood pressure panel",
            component=[
                {"code": {"text": f"{part} blood pressure"}, "valueQuantity": {"value": value, "unit": "mmHg"}}
                for part, value in (("Diastolic", 61), ("Systolic", 97))
            ],
        ),
        observed("Glucose [Moles/volume] in Blood", valueQuantity={"value": 9.4, "unit": "mmol/l"}),
    ]
    path = tmp_path / "bundle.json"
    entries = [{"resource": {**one, "subject": {"reference": "Patient/p"}}} for one in resources]
    path.write_text(json.dumps({"resourceType": "Bundle", "entry": [{"resource": patient}, *entries]}))
    directory = tmp_path / "index"
    report = build_patient_index([path], directory, WordHashModel())
    with PatientStore(directory) as store:
        facets = {facet.term: facet for facet in store.facts(["p"])["p"].facets}
    assert {term: facet.assertion for term, facet in facets.items()} == {
        "gout": "absent",
        "asthma": "possible",
        "appendicectomy": "absent",
        "penicillin": "absent",
        "HIV infection": "absent",
        "fever": "absent",
        "cough": "present",
        "chest pain": "absent",
        "heavy smoking": "absent",
        "systolic blood pressure": "present",
        "glucose": "present",
    }
    assert (facets["glucose"].value, facets["systolic blood pressure"].value) == (9.4, 97)
    assert [one.reason.partition(" (so")[0] for one in report.skipped] == [
        "Observation resources are entered in error, cancelled or drafts",
        "Observation.value[x] says that it is not known",
    ]


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


def test_literature_that_is_not_finished_is_refused(tmp_path):
    source, literature = write_patients(tmp_path / "p.jsonl"), tiny_index(tmp_path)
    (literature / "manifest.json").unlink()
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
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setenv("TMPDIR", str(temporary))
    monkeypatch.setattr(tempfile, "tempdir", None)  # which is remembered otherwise

    def looked(files, into, *rest, **options):
        folder = files[0].parents[1]
        assert folder.parent == tmp_path / "index"
        assert folder.stat().st_mode & 0o077 == 0
        seen.extend(file.read_bytes() for file in folder.rglob("*") if file.is_file())
        return build_index(files, into, *rest, **options)

    monkeypatch.setattr(building, "build_index", looked)
    build_patient_index([source], tmp_path / "index", WordHashModel())
    assert len(seen) == 2
    assert not any(b"Imani" in content or b"03/14/2021" in content for content in seen)
    assert not list(temporary.iterdir())
    assert not (tmp_path / "index" / working.FOLDER).exists()
    assert FILE in {file.name for file in (tmp_path / "index").iterdir()}
    assert msgspec.json.decode(seen[0].splitlines()[0])
