"""Pseudonyms of patients: random, kept in a file of their owner's, and the only identifiers in an index."""

import csv
import fcntl
import json
import os
import re
import stat
from contextlib import closing

import pytest

from corpora.errors import SourceError, UsageError
from corpora.patients.records import Patient
from indexer.index import Index
from indexer.patients import building
from indexer.patients.building import build_patient_index, is_identifying, prepared
from indexer.patients.pseudonyms import Pseudonyms, is_pseudonym
from indexer.patients.store import PatientStore
from tests.fakes import WordHashModel
from tests.patient_index import PATIENTS, patient_index, write_patients

GOOD = "pseudonym,patient_id\np-abcdefghijkm,MRN-1\n"
GIVEN = ("MRN-60417-Z", "Quillfeather, Anna", "1975-03-12/Q7", "ward seven/Bo Quillfeather.txt", "scan_4711.txt")


@pytest.fixture
def path(tmp_path):
    return tmp_path / "own" / "who.csv"


@pytest.fixture
def directory(tmp_path):
    (tmp_path / "own").mkdir()
    return tmp_path / "index"


def rows(path):
    with path.open(encoding="utf-8", errors="surrogateescape", newline="") as file:
        return list(csv.reader(file))


def test_each_patient_has_one_of_its_own_for_ever(path, directory):
    given = ["MRN-1", "Quill, Anna", 'a"b', "Ünïcode", "line\nbreak", "M\udcfcller"]
    with Pseudonyms(path, directory) as names:
        first = {one: names.of(one) for one in given}
        assert names.of("MRN-1") == first["MRN-1"]
        names.save()
    assert len(set(first.values())) == len(given)
    assert all(re.fullmatch(r"p-[a-z2-9]{12}", one) and is_pseudonym(one) for one in first.values())
    assert path.stat().st_mode & 0o777 == 0o600
    with Pseudonyms(path, directory) as names:
        assert {one: names.of(one) for one in given} == first
        assert names.missing([*first.values(), "p-zzzzzzzzzzzz", "MRN-1"]) == 2
        names.of("MRN-2")
        names.save()
    assert [row[1] for row in rows(path)] == ["patient_id", *given, "MRN-2"]
    assert [entry.name for entry in path.parent.iterdir()] == [path.name]


def test_they_are_not_made_of_the_identifier(tmp_path, directory):
    made = []
    for name in ("a.csv", "b.csv"):
        with Pseudonyms(tmp_path / name, directory) as names:
            made.append(names.of("MRN-1"))
    assert made[0] != made[1]


def test_a_file_for_nobody_is_not_left_behind(path, directory):
    with Pseudonyms(path, directory):
        assert path.exists()
    assert not path.exists()
    path.write_text(GOOD)
    path.chmod(0o600)
    with Pseudonyms(path, directory) as names:
        names.of("MRN-2")
    assert path.read_text() == GOOD  # what was not saved is not used either


def test_what_a_spreadsheet_makes_of_the_file_can_be_read(path, directory):
    path.write_bytes(b"\xef\xbb\xbf" + GOOD.replace("\n", "\r\n").encode())
    path.chmod(0o600)
    with Pseudonyms(path, directory) as names:
        assert names.of("MRN-1") == "p-abcdefghijkm"


@pytest.mark.parametrize(
    ("content", "place"),
    [
        ("patient_id,pseudonym\nMRN-1,p-abcdefghijkm\n", "line 1: the headings pseudonym,patient_id were expected"),
        ("p-abcdefghijkm,MRN-1\n", "line 1: the headings"),
        (f"{GOOD}p-abcdefghijkn,MRN-2,x\n", "line 3: has 3 columns, 2 were expected"),
        (f"{GOOD}\np-abcdefghijkn,MRN-2\n", "line 3: has 0 columns"),
        (f"{GOOD}p-abcdefghijk,MRN-2\n", "line 3: its pseudonym has not the form"),
        (f"{GOOD}p-abcdefghijkn,\n", "line 3: its identifier is empty"),
        (f"{GOOD}p-abcdefghijkn,MRN-1\n", "line 3: its pseudonym or its identifier was given before"),
        (f"{GOOD}p-abcdefghijkm,MRN-2\n", "line 3: its pseudonym or its identifier was given before"),
        (f"{GOOD}p-abcdefghijkn,MRN", "line 3: ends in the middle of a line"),
        (f'{GOOD}p-abcdefghijkn,"MRN-2\n', "line 3: is not CSV"),
        ("\x00\x00\n", "line 1: "),
    ],
)
def test_a_damaged_file_is_told_and_left_as_it_is(path, directory, tmp_path, content, place):
    path.write_text(content)
    path.chmod(0o600)
    with pytest.raises(SourceError, match=re.escape(f"{path}, {place}")) as error:
        build_patient_index([write_patients(tmp_path / "p.jsonl")], directory, WordHashModel(), pseudonyms=path)
    assert "MRN" not in str(error.value)
    assert path.read_text() == content
    assert not directory.exists()


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o666])
def test_a_file_that_others_can_read_is_refused(path, directory, mode):
    path.write_text(GOOD)
    path.chmod(mode)
    with pytest.raises(UsageError, match=r"others than you can read.*chmod 600"), Pseudonyms(path, directory):
        pass
    assert stat.S_IMODE(path.stat().st_mode) == mode
    assert path.read_text() == GOOD


def test_somebody_elses_file_is_refused(path, directory, monkeypatch):
    path.write_text(GOOD)
    path.chmod(0o600)
    monkeypatch.setattr(os, "geteuid", lambda: path.stat().st_uid + 1)
    with pytest.raises(UsageError, match="others than you can read"), Pseudonyms(path, directory):
        pass


def test_places_where_it_may_not_lie(path, directory, tmp_path):
    directory.mkdir()
    link = tmp_path / "link"
    link.symlink_to(directory)
    for inside in (
        directory / "who.csv",
        directory / "service" / "who.csv",
        link / "who.csv",
        directory / ".." / "index",
    ):
        with pytest.raises(UsageError, match="lies in the index directory"):
            Pseudonyms(inside, directory)
    (tmp_path / "who.csv").symlink_to(directory / "who.csv")
    with pytest.raises(UsageError, match="lies in the index directory"):
        Pseudonyms(tmp_path / "who.csv", directory)
    os.mkfifo(tmp_path / "pipe", 0o600)
    for wrong in (tmp_path, tmp_path / "none" / "who.csv", tmp_path / "pipe"):
        with pytest.raises(UsageError, match=r"cannot be used|is no file"), Pseudonyms(wrong, directory):
            pass
    assert list(directory.iterdir()) == []


def test_two_builds_do_not_use_one_file_at_once(path, directory):
    with Pseudonyms(path, directory) as names:
        with pytest.raises(UsageError, match="another process is using"), Pseudonyms(path, directory):
            pass
        names.of("MRN-1")
        names.save()
    with path.open() as stream:
        fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)  # nobody holds it any more


def test_what_a_killed_save_left_is_replaced(path, directory):
    part = path.with_name(f".{path.name}.part")
    part.write_text("half")
    part.chmod(0o644)
    with Pseudonyms(path, directory) as names:
        names.of("MRN-1")
        names.save()
    assert not part.exists()
    assert path.stat().st_mode & 0o777 == 0o600


def sources(tmp_path):
    """Patients under identifiers that tell who they are, which stand in their notes too."""
    folder = tmp_path / "sources"
    folder.mkdir()
    lines = [{"id": GIVEN[n], "text": f"A woman with rash {n}, known as {GIVEN[n]} in our files."} for n in range(3)]
    (folder / "a.jsonl").write_text("".join(json.dumps(one) + "\n" for one in [*lines, lines[0], {"id": GIVEN[0]}]))
    for name in GIVEN[3:]:
        file = folder / name
        file.parent.mkdir(exist_ok=True)
        stem = file.name.removesuffix(".txt")
        file.write_text(f"A man with fever. File {name}; {stem} was seen. Nothing else about {stem.upper()}.")
    bundle = [{"resource": {"resourceType": "Patient", "id": "Zz-88231"}}]
    one = {
        "resourceType": "Condition",
        "id": "c",
        "code": {"text": "Gout"},
        "subject": {"reference": "Patient/Zz-88231"},
    }
    (folder / "b.json").write_text(json.dumps({"resourceType": "Bundle", "entry": [*bundle, {"resource": one}]}))
    return folder


def in_files(directory, *wanted):
    found = set()
    for file in directory.rglob("*"):
        for one in wanted:
            forms = (one.encode(), json.dumps(one)[1:-1].encode(), one.encode("utf-16-le"))
            if any(form.lower() in file.read_bytes().lower() for form in forms if file.is_file()) or one in file.name:
                found.add(one)
    return found


def test_an_index_holds_nothing_but_pseudonyms(tmp_path, path, directory, monkeypatch):
    folder = sources(tmp_path)
    wanted = (*GIVEN, "Zz-88231", "Quillfeather", "sources/", "a.jsonl", "ward seven", "scan_4711")
    meanwhile = []

    def looked(*arguments, **options):
        meanwhile.append(in_files(directory, *wanted))
        assert {row[1] for row in rows(path)[1:]} >= {"MRN-60417-Z", "Zz-88231"}  # saved before it is used
        return build_index(*arguments, **options)

    build_index = building.build_index
    monkeypatch.setattr(building, "build_index", looked)
    report = build_patient_index([folder], directory, WordHashModel(), pseudonyms=path)
    assert report.patients == 6
    assert report.identifying == 0
    assert meanwhile == [set()]
    assert in_files(directory, *wanted) == set()
    assert [(one.source, one.record) for one in report.skipped] == [(f"{folder}/a.jsonl", n) for n in (4, 5)]
    assert not any(one in said.reason for one in GIVEN for said in report.skipped)
    with PatientStore(directory) as store:
        assert sorted(store.identifiers()) == sorted(row[0] for row in rows(path)[1:])
        assert all(map(is_pseudonym, store.identifiers()))
    # Without the option they are there: what is looked for can be found.
    plain = build_patient_index([folder], tmp_path / "plain", WordHashModel())
    assert in_files(tmp_path / "plain", *wanted) >= {"MRN-60417-Z", "Quillfeather", "Zz-88231", "scan_4711"}
    assert plain.identifying >= 3


def test_updates_keep_pseudonyms_and_duplicates_share_them(tmp_path, path, directory):
    model = WordHashModel()

    def built(name, patients):
        source = write_patients(tmp_path / name, patients)
        return build_patient_index([source], directory, model, pseudonyms=path)

    first = built("a.jsonl", PATIENTS[:3])
    known = {row[1]: row[0] for row in rows(path)[1:]}
    assert set(known) == {patient["id"] for patient in PATIENTS[:3]}
    again = built("a.jsonl", PATIENTS[:3])
    assert again.build.manifest.index_id == first.build.manifest.index_id
    built("b.jsonl", PATIENTS[3:])
    changed = {**PATIENTS[0], "text": "A 31-year-old woman with syncope."}
    two = [write_patients(tmp_path / name, [changed]) for name in ("c.jsonl", "d.jsonl")]
    build_patient_index(two, directory, model, pseudonyms=path)  # the same patient in two sources
    assert {row[1]: row[0] for row in rows(path)[1:]}.items() >= known.items()
    with PatientStore(directory) as store, closing(Index(directory, lambda _: model)) as index:
        assert store.count() == len(PATIENTS)
        assert index.store.document(known["lupus-1"]).text == changed["text"]


def test_an_index_has_pseudonyms_of_one_file_or_none(tmp_path, path, directory):
    source, model = write_patients(tmp_path / "p.jsonl", PATIENTS[:2]), WordHashModel()
    build_patient_index([source], directory, model, pseudonyms=path)
    with pytest.raises(UsageError, match="knows its patients by pseudonyms"):
        build_patient_index([source], directory, model)
    with pytest.raises(UsageError, match="2 of its patients have no pseudonym of this file"):
        build_patient_index([source], directory, model, pseudonyms=tmp_path / "other.csv")
    assert not (tmp_path / "other.csv").exists()
    plain = patient_index(tmp_path, PATIENTS[:2])
    with pytest.raises(UsageError, match="2 of its patients have no pseudonym of this file"):
        build_patient_index([source], plain, model, pseudonyms=path)
    with PatientStore(plain) as store:
        assert sorted(store.identifiers()) == ["lupus-1", "lupus-denied"]


@pytest.mark.parametrize(
    ("patient_id", "source", "identifying"),
    [
        ("lupus-1", "p.jsonl, line 1", False),
        ("1", "p.jsonl, line 1", False),
        ("patient-17", "patient-17", False),
        ("PMC:1234567#case1", "a.nxml", False),
        ("note1.txt", "/data/note1.txt", False),
        ("ward/note 1.txt", "/data/ward/note 1.txt", False),
        ("anna quillfeather.txt", "/data/anna quillfeather.txt", True),
        ("ward/quillfeather_anna.txt", "/data/ward/quillfeather_anna.txt", True),
        ("Anna Quillfeather", "p.jsonl, line 1", True),
        ("123-45-6789", "p.jsonl, line 1", True),
        ("1975-03-12", "p.csv, line 2", True),
        ("anna@example.org", "p.csv, line 2", True),
    ],
)
def test_identifiers_that_tell_who_somebody_is(patient_id, source, identifying):
    assert is_identifying(Patient(patient_id, "A man.", source=source)) is identifying


def test_what_is_hidden_is_masked_in_the_note():
    patient = Patient("p", "The tonsil was swollen, both tonsils were red; Tonsil swab. Bed 12.")
    counted = []
    kept = prepared(patient, counted.extend, hidden=("tonsil", "12", ""))
    assert kept.text == "The [ID] was swollen, both tonsils were red; [ID] swab. Bed 12."
    assert counted.count("ID") == 2
