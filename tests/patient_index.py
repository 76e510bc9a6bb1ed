"""A tiny index of patients, built for real with a word-hash model. Every patient is invented."""

import json

from indexer.patients.building import build_patient_index
from tests.fakes import WordHashModel

PATIENTS = (
    {
        "id": "lupus-1",
        "text": "A 31-year-old woman with malar rash, joint pain and proteinuria. Denies chest pain. Seen by "
        "Dr. Imani Brooks on 03/14/2021.",
        "age": 31,
        "sex": "F",
    },
    {
        "id": "lupus-denied",
        "text": "A 33-year-old woman. Denies malar rash, joint pain and proteinuria. She has chest pain.",
        "age": 33,
        "sex": "F",
    },
    {
        "id": "lupus-2",
        "text": "A 29-year-old woman had joint pain for two months and then a malar rash. Urine showed proteinuria.",
        "age": 29,
        "sex": "F",
    },
    {"id": "heart-1", "text": "A 67-year-old man with crushing chest pain and dyspnea.", "age": 67, "sex": "M"},
    {"id": "heart-2", "text": "An 82-year-old woman with chest pain and syncope.", "age": 82, "sex": "F"},
    {"id": "child-1", "text": "A 4-year-old boy with fever, cough and a rash.", "age": 4, "sex": "M"},
    {"id": "unknown-1", "text": "Malar rash and joint pain are noted in this patient."},
)
NOTE = (
    "Mrs. Jane O'Neill-Smith is a 30-year-old woman with malar rash, joint pain and proteinuria.\n"
    "She denies chest pain. MRN: 00123-45."
)


def write_patients(path, patients=PATIENTS):
    """Write patients as JSON lines, and give the path back."""
    path.write_text("".join(json.dumps(patient) + "\n" for patient in patients), "utf-8")
    return path


def patient_index(folder, patients=PATIENTS):
    """Build the index in a new folder below `folder`, and give its directory back."""
    directory = folder / "patients"
    build_patient_index([write_patients(folder / "patients.jsonl", patients)], directory, WordHashModel())
    return directory


def check_patient(patient, note):
    """That the parts of a patient's score add up to it exactly, and that every quote is of its note. JSON as given."""
    entries = [*patient["matches"], *patient["differences"], *patient["unknown"]]
    assert patient["text_score"] + sum(entry["contribution"] for entry in entries) == patient["score"]
    for side, text in (("query", note), ("other", patient["text"])):
        for quote in (entry[side] for entry in entries):
            assert quote is None or (quote["text"] and text[quote["start"] : quote["end"]] == quote["text"])
