"""`biocite index --patients`: pseudonyms, what is told of identifiers, and a bundle of 100 MB from end to end."""

import json
import os
import subprocess
import sys
import time
from contextlib import closing

import pytest

from api import patient_search
from api.access.keys import KeyStore
from tests.api.process import ROOT
from tests.commands import biocite, refusal
from tests.fakes import WordHashModel
from tests.indexes import tiny_index
from tests.patient_index import NOTE, PATIENTS, write_patients
from tests.serving import serving

GIVEN = "Quillfeather, Anna 1975-03-12"


@pytest.fixture(autouse=True)
def small_models(monkeypatch):
    def load(profile, **options):
        return WordHashModel(profile.embedding_model)

    monkeypatch.setattr("indexer.embedding.load_embedding_model", load)
    init = patient_search.PatientSearch.__init__
    monkeypatch.setattr(init, "__defaults__", (load, *init.__defaults__[1:]))


@pytest.fixture
def source(tmp_path):
    known = [{**PATIENTS[0], "id": GIVEN}, PATIENTS[1], {"id": GIVEN, "text": "Given twice."}]
    return write_patients(tmp_path / "p.jsonl", known)


def held(directory, *wanted):
    return [
        (file, one) for file in directory.rglob("*") if file.is_file() for one in wanted if one in file.read_bytes()
    ]


def test_identifiers_that_look_like_persons_are_counted_once(tmp_path, source):
    built = biocite("index", source, "--patients", "--into", tmp_path / "index", "--json")
    assert (built.code, built.json["identifying"]) == (0, 1)
    (skipped, warning) = built.notes
    assert skipped == f"biocite: skipped {source}, record 3: its identifier was given before"
    assert warning.startswith("biocite: 1 of 2 identifiers of patients look like names")
    assert "--pseudonyms" in warning
    assert "Quillfeather" not in built.stdout + built.stderr
    assert held(tmp_path / "index", b"Quillfeather")
    plain = write_patients(tmp_path / "plain.jsonl")
    assert biocite("index", plain, "--patients", "--into", tmp_path / "plain").notes == []


def test_pseudonyms(tmp_path, source):
    directory, file = tmp_path / "index", tmp_path / "who.csv"
    for _ in range(2):
        built = biocite("index", source, "--patients", "--into", directory, "--pseudonyms", file, "--json")
        assert (built.code, built.json["identifying"], built.json["patients"]) == (0, 0, 2)
        assert built.notes == [f"biocite: skipped {source}, record 3: its identifier was given before"]
        assert "Quillfeather" not in built.stdout + built.stderr
    assert file.stat().st_mode & 0o777 == 0o600
    headings, *lines = file.read_text().splitlines()
    assert headings == "pseudonym,patient_id"
    assert sorted(line.partition(",")[2] for line in lines) == [f'"{GIVEN}"', PATIENTS[1]["id"]]
    assert held(directory, b"Quillfeather", b"lupus-denied", b"p.jsonl") == []
    shown(tmp_path, directory, {line.partition(",")[0] for line in lines})
    refusal(biocite("index", source, "--patients", "--into", directory), "knows its patients by pseudonyms", code=2)
    file.write_text(file.read_text() + "torn")
    refused = biocite("index", source, "--patients", "--into", directory, "--pseudonyms", file)
    line = refusal(refused, f"{file}, line 4", "ends in the middle of a line", "last good copy", code=1)
    assert "torn" not in line


def shown(tmp_path, directory, pseudonyms):
    """That results and the audit log know patients by these alone."""
    (tmp_path / "literature").mkdir()
    literature = tiny_index(tmp_path / "literature")
    with closing(KeyStore(literature)) as keys:
        key, _ = keys.create(("patients",), name="ward")
    with serving(literature, patients=directory) as client:
        headers = {"Authorization": f"Bearer {key}"}
        found = client.post("/v1/patients/similar", json={"note": NOTE}, headers=headers).json()["patients"]
    assert {one["patient_id"] for one in found} == pseudonyms
    audit = (literature / "service" / "audit.jsonl").read_text()
    assert all(one in audit for one in pseudonyms)
    assert "Quillfeather" not in audit


def test_pseudonyms_in_places_that_are_refused(tmp_path, source):
    directory = tmp_path / "index"
    inside = biocite("index", source, "--patients", "--into", directory, "--pseudonyms", directory / "who.csv")
    refusal(inside, "lies in the index directory", code=2)
    assert not directory.exists()
    literature = biocite("index", source, "--into", directory, "--pseudonyms", tmp_path / "who.csv")
    refusal(literature, "--pseudonyms is for patients", code=2)
    assert not (tmp_path / "who.csv").exists()


MEASURED = ("Glucose [Moles/volume] in Blood", "mmol/L"), ("Heart rate", "/min"), ("Body temperature", "Cel")


def write_bundle(path, patients, megabytes):
    """A bundle as servers write them: each patient's observations far apart, and as long again in words for people."""
    narrative = {"status": "generated", "div": f'<div xmlns="http://www.w3.org/1999/xhtml">{"x" * 700}</div>'}
    number = 0
    with path.open("w") as file:
        file.write('{"resourceType": "Bundle", "type": "collection", "entry": [')
        for patient in range(patients):
            one = {"resourceType": "Patient", "id": f"p{patient}", "gender": "female", "birthDate": "1960-01-02"}
            file.write(json.dumps({"fullUrl": f"urn:uuid:p{patient}", "resource": one}) + ",\n")
        while file.tell() < megabytes * 1e6:
            name, unit = MEASURED[number // patients % len(MEASURED)]
            one = {
                "resourceType": "Observation",
                "id": f"o{number}",
                "text": narrative,
                "status": "final",
                "code": {"coding": [{"system": "http://loinc.org", "code": "1-8", "display": name}]},
                "subject": {"reference": f"urn:uuid:p{number % patients}"},
                "effectiveDateTime": "2015-01-01",
                "valueQuantity": {"value": 5 + number % 7, "unit": unit},
            }
            file.write(json.dumps({"fullUrl": f"urn:uuid:o{number}", "resource": one}) + ",\n")
            number += 1
        file.write(json.dumps({"resource": {**one, "id": "last", "valueQuantity": {"value": "wrong"}}}) + "]}")
    return number


def indexed(source, directory):
    """What the command says, seconds, and the most memory in MB that it or any process of it held."""
    started = time.monotonic()
    with subprocess.Popen(
        [
            sys.executable,
            "-c",
            "from api.cli import main; main()",
            "index",
            source,
            "--patients",
            "--into",
            directory,
            "--json",
        ],
        cwd=ROOT,
        env={**os.environ, "OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as process:
        said = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0
    return json.loads(said), time.monotonic() - started, usage.ru_maxrss / 1024


@pytest.mark.slow
def test_a_bundle_of_100_mb_from_end_to_end(tmp_path):
    """With the real model, compared with a bundle of 1 MB: what is left is the models' and libraries' own.

    A resource may cost a few hundred bytes: where it lies (41), the hashes of its two names and of its patient's (some
    100 each, as a dict holds them). 90,000 resources make some 30 MB of that; batches of notes and passages add some.
    The bundle held in memory would take 100 MB, its resources as Python holds them ten times that.
    """
    small, large = tmp_path / "small.json", tmp_path / "large.json"
    write_bundle(small, 20, 1)
    number = write_bundle(large, 1_000, 100)
    assert large.stat().st_size > 100e6
    assert number > 80_000
    (_, _, before) = indexed(small, tmp_path / "first")
    told, seconds, after = indexed(large, tmp_path / "second")
    figures = f"{large.stat().st_size / 1e6:.0f} MB in {seconds:.0f} s, at most {after:.0f} MB, 1 MB {before:.0f} MB"
    print(figures)  # noqa: T201
    assert told["patients"] == 1_000
    assert [line.rpartition(": ")[2] for line in told["skipped"]] == [
        "Observation.valueQuantity.value is not what FHIR R4 allows there"
    ]
    assert after - before < 80
    assert seconds < 300
