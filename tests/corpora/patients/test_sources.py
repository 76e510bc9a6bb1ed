import gzip
import io
import json
import os
import tarfile
from pathlib import Path

import pytest

from corpora.errors import SourceError
from corpora.patients.records import Patient
from corpora.patients.sources import iter_patients
from corpora.records import Skipped

LINE = '{"id": "l1", "text": "A 45-year-old woman."}\n'
PMC = [{"patient_id": "0", "patient_uid": "11-1", "patient": "A man.", "age": [[60.0, "year"]], "gender": "M"}]
ARTICLE = (
    b'<article><front><article-meta><article-id pub-id-type="pmc">7</article-id><title-group><article-title>T'
    b"</article-title></title-group></article-meta></front><body><sec><title>Case report</title><p>A 9-year-old girl."
    b"</p></sec></body></article>"
)
PATIENT = {"resourceType": "Patient", "id": "f1", "gender": "male"}
GOUT = {"resourceType": "Condition", "code": {"text": "Gout"}, "subject": {"reference": "Patient/f1"}}
BUNDLE = {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": PATIENT}, {"resource": GOUT}]}
LATE = {"entry": BUNDLE["entry"], "type": "collection", "resourceType": "Bundle"}


def tar(data):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        member = tarfile.TarInfo("a.xml")
        member.size = len(data)
        archive.addfile(member, io.BytesIO(data))
    return out.getvalue()


FORMS = [
    ("note.txt", "A man.", "note.txt"),
    ("note.letter", "A man.", "note.letter"),
    ("dictated.txt", "[Dictated] A man.", "dictated.txt"),
    ("braces.txt", "{sic} A man.", "braces.txt"),
    ("p.jsonl", LINE, "l1"),
    ("p.json", LINE, "l1"),
    ("p.csv", "id,text\nc1,A man.\n", "c1"),
    ("p.tsv", "id\ttext\nc1\tA man.\n", "c1"),
    ("PMC-Patients.json", json.dumps(PMC), "11-1"),
    ("PMC-Patients.json", json.dumps(PMC, indent=4), "11-1"),
    ("PMC-Patients.csv", "patient_id,patient_uid,patient\n0,11-1,A man.\n", "11-1"),
    ("a.xml", ARTICLE, "PMC:7#case1"),
    ("a.tar", tar(ARTICLE), "PMC:7#case1"),
    ("b.json", json.dumps(BUNDLE), "f1"),
    ("b.json", json.dumps(BUNDLE, indent=1), "f1"),
    ("b.json", json.dumps(LATE), "f1"),
    ("b.json", json.dumps(LATE, indent=1), "f1"),
    ("r.ndjson", f"{json.dumps(GOUT)}\n{json.dumps(PATIENT)}\n", "f1"),
    ("r.json", f"{json.dumps(GOUT)}\n{json.dumps(PATIENT)}\n", "f1"),
]


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize(("name", "content", "patient_id"), FORMS)
def test_every_form_is_recognised(tmp_path, name, content, patient_id, packed):
    data = content.encode() if isinstance(content, str) else content
    path = tmp_path / (f"{name}.gz" if packed else name)
    path.write_bytes(gzip.compress(data) if packed else data)
    (patient,) = iter_patients(path)
    assert isinstance(patient, Patient)
    assert patient.patient_id == (f"{patient_id}.gz" if packed and patient_id == name else patient_id)
    assert patient.source.startswith(str(path))


def test_a_folder(tmp_path):
    (tmp_path / "ward").mkdir()
    for name, text in (("n10.txt", "A man."), ("n2.txt", "A woman."), (".hidden.txt", "x"), ("ward/n1.txt", "A boy.")):
        (tmp_path / name).write_text(text)
    (tmp_path / "a.jsonl").write_text(LINE)
    (tmp_path / "b.csv").write_text("id,text\nl1,Again.\n")
    (tmp_path / "b.json").write_text(json.dumps(BUNDLE))
    (tmp_path / "scan.pdf").write_bytes(b"%PDF-1.4")
    (tmp_path / "notes.md").write_text("About these files")
    found = list(iter_patients(tmp_path))
    assert [one.patient_id for one in found if isinstance(one, Patient)] == [
        "l1",
        "n2.txt",
        "n10.txt",
        "ward/n1.txt",
        "f1",
    ]
    assert [one for one in found if isinstance(one, Skipped)] == [
        Skipped(f"{tmp_path}/b.csv", 2, "its identifier was given before"),
        Skipped(f"{tmp_path}/notes.md", 1, "is of no form that patients are read from"),
        Skipped(f"{tmp_path}/scan.pdf", 1, "is of no form that patients are read from"),
    ]


def test_a_file_name_that_is_not_utf_8(tmp_path):
    try:
        Path(os.fsdecode(os.fsencode(tmp_path) + b"/M\xfc.txt")).write_text("A man with fever.")
    except OSError:
        pytest.skip("this file system has no such names")
    (patient,) = iter_patients(tmp_path)
    assert patient.patient_id.encode() == b"M\\udcfc.txt"


@pytest.mark.parametrize(
    ("name", "data", "reason"),
    [
        ("x.pdf", b"%PDF-1.4", "is of no known form"),
        ("x.txt", b"", "is of no known form"),
        ("x.bin", b"ab\x00cd", "is of no known form"),
        ("x.xml", b"<html/>", "is of no known form"),
        ("x.csv", b"a,b\n1,2\n", "does not name a column"),
    ],
)
def test_files_that_hold_no_patients(tmp_path, name, data, reason):
    path = tmp_path / name
    path.write_bytes(data)
    with pytest.raises(SourceError, match=reason):
        list(iter_patients(path))


def test_paths_that_are_none(tmp_path):
    with pytest.raises(SourceError, match="cannot be found"):
        list(iter_patients(tmp_path / "none"))
    with pytest.raises(SourceError, match="holds nothing that can be read, among 0 files"):
        list(iter_patients(tmp_path))
