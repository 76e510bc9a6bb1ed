import base64
import copy
import gzip
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpora.errors import SourceError, UsageError
from corpora.patients.fhir import read_fhir
from corpora.patients.fhir_age import age_at, introduction
from corpora.patients.fhir_index import FhirFile
from corpora.patients.records import Patient
from corpora.patients.sources import iter_patients
from corpora.records import Skipped

ANNA = {
    "resourceType": "Patient",
    "id": "anna",
    "gender": "female",
    "birthDate": "1975-03-12",
    "name": [{"family": "Quillfeather", "given": ["Anna"]}],
    "identifier": [{"system": "urn:hospital", "value": "MRN-777"}],
    "address": [{"city": "Quilltown"}],
}
TO_ANNA = {"reference": "Patient/anna"}


def codes(code):
    return {"coding": [{"code": code}]}


def observation(name="Haemoglobin", subject=TO_ANNA, **more):
    return {
        "resourceType": "Observation",
        "status": "final",
        "code": {"text": name},
        **({} if subject is None else {"subject": subject}),
        **more,
    }


def condition(name, **more):
    return {"resourceType": "Condition", "code": {"text": name}, "subject": TO_ANNA, **more}


def bundle(*resources, **entries):
    return {
        "resourceType": "Bundle",
        "type": "collection",
        "entry": [*({"resource": resource} for resource in resources), *entries.get("entry", ())],
    }


def read(tmp_path, document, name="b.json"):
    path = tmp_path / name
    path.write_text(json.dumps(document))
    return split(iter_patients(path))


def split(found):
    found = list(found)
    return [p for p in found if isinstance(p, Patient)], [s for s in found if isinstance(s, Skipped)]


def note(tmp_path, *resources):
    """The paragraphs about Anna out of these resources, of which none may be left out."""
    ((patient,), skipped) = read(tmp_path, bundle(ANNA, *resources))
    assert skipped == []
    return patient.text.split("\n")


def reasons(tmp_path, *resources):
    _, skipped = read(tmp_path, bundle(ANNA, *resources))
    assert not any("Quill" in str(one) or "MRN" in str(one) for one in skipped)
    return [(one.record, one.reason.partition(" (so")[0]) for one in skipped]


def test_one_note_a_patient(tmp_path):
    found = bundle(
        observation(
            valueQuantity={"value": 8.1, "unit": "g/dL"}, interpretation=[codes("L")], effectiveDateTime="2020-03-11"
        ),
        ANNA,
        condition("Iron deficiency anaemia", clinicalStatus=codes("active")),
        {**ANNA, "id": "bo", "gender": "male", "identifier": [], "birthDate": "2019-12"},
        observation("Weight", {"reference": "Patient/bo"}, valueInteger=8, issued="2020-06-20T10:00:00Z"),
    )
    (anna, bo), skipped = read(tmp_path, found)
    assert anna == Patient(
        "anna",
        "A 44-year-old woman.\nObservation: Haemoglobin 8.1 g/dL (low).\nCondition: Iron deficiency anaemia.",
        44.0,
        "female",
        (),
        f"{tmp_path}/b.json, entry 2",
    )
    assert (bo.patient_id, bo.text) == ("bo", "A 6-month-old boy.\nObservation: Weight 8.")
    assert bo.age == pytest.approx(0.5)
    assert skipped == []


def test_conditions(tmp_path):
    assert note(
        tmp_path,
        condition("Gout", verificationStatus=codes("refuted")),
        condition("Gout", verificationStatus=codes("provisional")),
        condition("Gout", clinicalStatus=codes("resolved")),
        condition("Gout.", note=[{"text": "Painful"}], severity={"text": "severe"}, bodySite=[{"text": "left toe"}]),
        condition("Gout", onsetAge={"value": 40, "unit": "years"}),
        {**condition(""), "code": {"coding": [{"code": "1"}, {"code": "2", "display": "Asthma"}]}},
    ) == [
        "A female patient.",
        "Condition: no Gout (ruled out).",
        "Condition: possible Gout.",
        "Condition: history of Gout (resolved).",
        "Condition: Gout. (severe, left toe). Note: Painful.",
        "Condition: Gout (since the age of 40 years).",
        "Condition: Asthma.",
    ]


def test_observations(tmp_path):
    found = note(
        tmp_path,
        observation("CRP", valueQuantity={"value": 0.5, "comparator": "<", "unit": "mg/L"}),
        observation("HIV", valueCodeableConcept={"text": "negative"}),
        observation("Smoker", valueBoolean=False),
        observation("Colour", valueString="pale  yellow"),
        observation("Dose", valueRange={"low": {"value": 1, "unit": "mg"}, "high": {"value": 2, "unit": "mg"}}),
        observation("Titre", valueRatio={"numerator": {"value": 1}, "denominator": {"value": 128}}),
        observation(
            "Blood pressure",
            component=[
                {
                    "code": {"text": "systolic"},
                    "valueQuantity": {"value": 180, "unit": "mmHg"},
                    "interpretation": [codes("H")],
                },
                {"code": {"text": "diastolic"}, "valueQuantity": {"value": 90, "unit": "mmHg"}},
            ],
        ),
    )
    assert found[1:] == [
        "Observation: CRP < 0.5 mg/L.",
        "Observation: no HIV (negative).",
        "Observation: no Smoker.",
        "Observation: Colour: pale yellow.",
        "Observation: Dose 1 mg to 2 mg.",
        "Observation: Titre 1/128.",
        "Observation: Blood pressure 180/90 mmHg (systolic high).",
    ]


def test_a_number_stays_as_the_laboratory_wrote_it(tmp_path):
    path = tmp_path / "b.json"
    whole = json.dumps(bundle(ANNA, observation(valueQuantity={"value": 1234.5, "unit": "U"})))
    path.write_text(whole.replace("1234.5", "8.10"))
    ((patient,), _) = split(iter_patients(path))
    assert "Haemoglobin 8.10 U." in patient.text


def test_drugs_procedures_and_encounters(tmp_path):
    drug = {"resourceType": "MedicationRequest", "status": "stopped", "intent": "order", "subject": TO_ANNA}
    aspirin = {"resourceType": "Medication", "id": "asa", "code": {"text": "Aspirin 100 mg"}}
    operation = {"resourceType": "Procedure", "status": "completed", "subject": TO_ANNA}
    visit = {"resourceType": "Encounter", "status": "finished", "class": {"code": "EMER"}, "subject": TO_ANNA}
    found = note(
        tmp_path,
        {**drug, "medicationCodeableConcept": {"text": "Metformin"}, "dosageInstruction": [{"text": "500 mg daily"}]},
        {**drug, "status": "active", "doNotPerform": True, "medicationCodeableConcept": {"text": "Penicillin"}},
        {**drug, "status": "active", "medicationReference": {"reference": "#m"}, "contained": [{**aspirin, "id": "m"}]},
        {**drug, "status": "active", "medicationReference": {"reference": "Medication/asa"}},
        aspirin,
        {**operation, "code": {"text": "Appendectomy"}, "outcome": {"text": "successful"}},
        {**operation, "status": "not-done", "code": {"text": "Biopsy"}},
        {**visit, "reasonCode": [{"text": "chest pain"}], "type": [{"text": "Emergency visit"}]},
    )
    assert found[1:] == [
        "Medication: history of Metformin (500 mg daily, stopped).",
        "Medication: no Penicillin (not to be given).",
        "Medication: Aspirin 100 mg.",
        "Medication: Aspirin 100 mg.",
        "Procedure: Appendectomy (successful).",
        "Procedure: no Biopsy (not done).",
        "Encounter: Emergency visit, for chest pain.",
    ]


def attached(text, kind="text/plain", encoding="utf-8"):
    return {"contentType": kind, "data": base64.b64encode(text.encode(encoding)).decode()}


def document(*attachments):
    return {
        "resourceType": "DocumentReference",
        "status": "current",
        "subject": TO_ANNA,
        "type": {"text": "Discharge letter"},
        "content": [{"attachment": one} for one in attachments],
    }


def test_texts_of_documents_and_reports(tmp_path):
    report = {
        "resourceType": "DiagnosticReport",
        "status": "final",
        "subject": TO_ANNA,
        "code": {"text": "Chest X-ray"},
    }
    found = note(
        tmp_path,
        document(attached("Fever.\r\nNo cough.")),
        document(attached("<p>Caf&eacute;</p><script>x</script><p>Second</p>", "text/html")),
        document(attached("Früh", "text/plain; charset=latin-1", "latin-1")),
        {**report, "conclusion": "Pneumonia.", "conclusionCode": [{"text": "Bacterial"}]},
        {**report, "presentedForm": [attached("Clear lungs.")]},
    )
    assert found[1:] == [
        "Document: Discharge letter.",
        "Fever.",
        "No cough.",
        "Document: Discharge letter.",
        "Café",
        "Second",
        "Document: Discharge letter.",
        "Früh",
        "Report: Chest X-ray. Conclusion: Pneumonia; Bacterial.",
        "Report: Chest X-ray.",
        "Clear lungs.",
    ]


def test_attachments_that_give_no_text(tmp_path):
    assert reasons(
        tmp_path,
        document(
            attached("%PDF", "application/pdf"), {"contentType": "text/plain", "url": "https://example.org/Quill"}
        ),
        document(attached("Früh", "text/plain", "latin-1")),
        document(attached("x", "text/plain; charset=quill")),
    ) == [
        (1, "Patient has no resource about it that can be written in a note"),
        (2, "DocumentReference.content[0].attachment is no text, and not read"),
        (
            3,
            "DocumentReference.content[0].attachment is not base64 of a text in the character set it names "
            "(UTF-8 where none)",
        ),
        (2, "DocumentReference.content[1].attachment holds no data; a document elsewhere is not fetched"),
    ]


@pytest.mark.parametrize(
    ("url", "reference"),
    [
        ("urn:uuid:6a", {"reference": "urn:uuid:6a"}),
        ("https://a.example/fhir/Patient/anna", {"reference": "https://a.example/fhir/Patient/anna"}),
        ("https://a.example/fhir/Patient/anna", {"reference": "https://a.example/fhir/Patient/anna/_history/3"}),
        ("https://a.example/fhir/Patient/anna", {"reference": "Patient/anna"}),
        ("urn:uuid:6a", {"identifier": {"system": "urn:hospital", "value": "MRN-777"}}),
        ("urn:uuid:6a", {"reference": "Patient?identifier=urn:hospital|MRN-777"}),
    ],
)
def test_references_that_lead_to_the_patient(tmp_path, url, reference):
    own = "https://a.example/fhir/Observation/1" if url.startswith("http") else "urn:uuid:7b"
    entries = [
        {"fullUrl": own, "resource": observation(subject=reference, valueInteger=8)},
        {"fullUrl": url, "resource": ANNA},
    ]
    ((patient,), skipped) = read(tmp_path, bundle(entry=entries))
    assert patient.text == "A female patient.\nObservation: Haemoglobin 8."
    assert skipped == []


def test_patients_of_two_servers_are_never_mixed(tmp_path):
    entries = [
        {"fullUrl": f"https://{server}.example/Patient/anna", "resource": {**ANNA, "gender": sex, "identifier": []}}
        for server, sex in (("a", "female"), ("b", "male"))
    ]
    entries += [
        {"fullUrl": "https://b.example/Observation/1", "resource": observation(valueInteger=8)},
        {"fullUrl": "https://c.example/Observation/2", "resource": observation(valueInteger=9)},
    ]
    (patients, skipped) = read(tmp_path, bundle(entry=entries))
    assert [patient.text for patient in patients] == ["A male patient.\nObservation: Haemoglobin 8."]
    assert [one.reason.partition(" (so")[0] for one in skipped] == [
        "Patient has no resource about it that can be written in a note",
        "Observation.subject refers to several resources",
    ]


def test_a_contained_patient(tmp_path):
    inside = {"resourceType": "Patient", "id": "p", "gender": "male", "birthDate": "1950"}
    one = observation(
        subject={"reference": "#p"}, contained=[inside], valueInteger=8, id="o1", effectiveDateTime="2020-01-01"
    )
    ((patient,), skipped) = read(tmp_path, bundle(one))
    assert (patient.patient_id, patient.age, patient.sex) == ("Observation/o1#p", 69.0, "male")
    assert patient.text == "A 69-year-old man.\nObservation: Haemoglobin 8."
    assert skipped == []


def test_broken_references_are_counted_and_named(tmp_path):
    good = observation(valueInteger=8, encounter={"reference": "Encounter/none"})
    _, skipped = read(
        tmp_path,
        bundle(
            ANNA, observation(subject={"reference": "Patient/quill"}), observation(subject={"reference": "Patient/q"})
        ),
    )
    assert str(skipped[-1]).endswith(
        "record 2: Observation.subject refers to nothing in the files (so 2 in all, this being the first)"
    )
    found = reasons(
        tmp_path,
        good,
        observation(subject={"reference": "Patient/quill"}, valueInteger=8),
        observation(subject={"reference": "Patient/quill"}, valueInteger=8),
        observation(subject=None, valueInteger=8),
        observation(subject={"reference": "#p"}, valueInteger=8),
        observation(subject={"reference": "Medication/m"}, valueInteger=8),
        {"resourceType": "Medication", "id": "m", "code": {"text": "Aspirin"}},
        observation(subject={"display": "Anna Quillfeather"}, valueInteger=8),
        {
            "resourceType": "MedicationRequest",
            "status": "active",
            "intent": "order",
            "subject": TO_ANNA,
            "medicationReference": {"reference": "Medication/quill", "display": "Aspirin"},
        },
    )
    assert found == [
        (10, "MedicationRequest.medicationReference refers to nothing in the files"),
        (2, "Observation.encounter refers to nothing in the files"),
        (5, "Observation.subject is missing, or names no resource"),
        (3, "Observation.subject refers to nothing in the files"),
        (6, "Observation.subject refers to nothing that is contained"),
        (7, "Observation.subject refers to what is no Patient"),
    ]


def test_resources_that_are_not_valid_are_named_by_path_only(tmp_path):
    found = reasons(
        tmp_path,
        observation(valueInteger=8),
        observation(valueQuantity={"value": "Quillfeather"}),
        observation(status=None),
        observation(quillfeather="x"),
        {"resourceType": "Observation", "status": "final", "subject": TO_ANNA},
        {"resourceType": "Claim", "id": "Quill"},
        {"resourceType": "Quillfeather"},
        {"id": "Quill"},
        observation(subject=["Quill"]),
        condition("Gout", verificationStatus=codes("entered-in-error")),
        {"resourceType": "Condition", "subject": TO_ANNA, "code": {"coding": [{"code": "Quill"}]}},
    )
    assert found == [
        (10, "its field subject is of another type than expected"),
        (3, "Observation.valueQuantity.value is not what FHIR R4 allows there"),
        (4, "Observation.status is not what FHIR R4 allows there"),
        (5, "Observation has a field that FHIR R4 does not define"),
        (6, "Observation.code is missing"),
        (7, "Claim resources are not read"),
        (11, "Condition resources are entered in error, cancelled or drafts"),
        (12, "Condition.code has no words: neither a text nor a code's display"),
        (8, "resources of unknown types are not read"),
        (9, "resources without a resourceType are not read"),
    ]


def test_a_patient_that_is_not_valid_is_left_out_whole(tmp_path):
    patients, skipped = read(tmp_path, bundle({**ANNA, "birthDate": "12.3.75"}, observation(valueInteger=8)))
    assert patients == []
    assert [one.reason for one in skipped] == [
        "Patient.birthDate is not what FHIR R4 allows there; left out with the 1 resources about this patient"
    ]


def test_a_bulk_export_in_a_folder(tmp_path):
    (tmp_path / "Observation.ndjson").write_text(
        json.dumps(observation(valueInteger=8))
        + "\n\n{broken\n"
        + json.dumps(observation("Na", valueInteger=140))
        + "\n"
    )
    (tmp_path / "Patient.ndjson.gz").write_bytes(gzip.compress(json.dumps(ANNA).encode() + b"\n"))
    ((patient,), skipped) = split(iter_patients(tmp_path))
    assert patient.text == "A female patient.\nObservation: Haemoglobin 8.\nObservation: Na 140."
    assert patient.source == f"{tmp_path}/Patient.ndjson.gz, line 1"
    assert [(one.source, one.record) for one in skipped] == [(f"{tmp_path}/Observation.ndjson", 3)]


def test_single_resources_in_files_of_their_own(tmp_path):
    (tmp_path / "patient-example.json").write_text(json.dumps(ANNA, indent=2))
    (tmp_path / "observation-example.json").write_text(json.dumps(observation(valueInteger=8), indent=2))
    ((patient,), skipped) = split(iter_patients(tmp_path))
    assert patient.text == "A female patient.\nObservation: Haemoglobin 8."
    assert skipped == []


def test_a_resource_given_twice_counts_once(tmp_path):
    one = observation(id="o", valueInteger=8)
    ((patient,), skipped) = read(tmp_path, bundle(ANNA, one, one, ANNA))
    assert patient.text.count("Haemoglobin") == 1
    assert [one.reason.partition(" (so")[0] for one in skipped] == [
        "Observation resources were given before under the same id",
        "Patient resources were given before under the same id",
    ]


def test_a_damaged_bundle(tmp_path):
    path = tmp_path / "b.json"
    path.write_text(json.dumps(bundle(ANNA, observation(valueInteger=8)))[:-30])
    with pytest.raises(SourceError, match="ends before its last bracket"):
        list(iter_patients(path))
    with pytest.raises(SourceError, match="cannot be opened"):
        list(read_fhir([FhirFile(tmp_path / "none", "none", "lines")]))


def test_without_the_library(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "fhir.resources.R4B", None)
    with pytest.raises(UsageError, match=r"pip install 'biocite\[patients\]'"):
        read(tmp_path, bundle(ANNA))


@pytest.mark.parametrize(
    ("birth", "seen", "age"),
    [
        ("1975-03-12", ["2020-03-11"], 44),
        ("1975-03-12", ["2001-01-01", "2020-03-12T08:00:00Z"], 45),
        ("1975", ["2020-12"], 45),
        ("1975", ["2020-01-01"], 44),
        ("2018-01-31", ["2019-12-30"], 22 / 12),
        ("2020-01-01", ["2020-01-11"], 10 / 365.25),
        ("2020-01-01", ["2020-01-01"], 0),
        ("2020-01-01", ["2019-01-01"], None),
        ("2020-01-01", [], None),
        (None, ["2020-01-01"], None),
        ("2020-02-31", ["2021-01-01"], None),
        ("1800-01-01", ["2021-01-01"], None),
    ],
)
def test_age_at(birth, seen, age):
    assert age_at(birth, seen) == (None if age is None else pytest.approx(age))


def test_introductions():
    assert [
        introduction(*said) for said in ((81.0, "male"), (1 / 12, "female"), (3 / 365.25, ""), (11.0, ""), (None, ""))
    ] == [
        "An 81-year-old man.",
        "A 1-month-old girl.",
        "A 3-day-old child.",
        "An 11-year-old child.",
        "",
    ]


MEASURE = """
import resource, sys
from corpora.patients.records import Patient
from corpora.patients.sources import iter_patients
def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
list(iter_patients(sys.argv[1]))
before = peak()
count = sum(isinstance(found, Patient) for found in iter_patients(sys.argv[2]))
print(count, before, peak())
"""


def write_bundle(path, patients, padding):
    """Bundles one patient's resources far apart; each resource is padded with a narrative that no note needs."""
    text = {"status": "generated", "div": f"<div>{'x' * padding}</div>"}
    with path.open("w") as file:
        file.write('{"resourceType": "Bundle", "type": "collection", "entry": [')
        for number in range(patients):
            file.write(json.dumps({"resource": {**ANNA, "id": f"p{number}", "identifier": []}}) + ",\n")
        for turn in range(4):
            for number in range(patients):
                one = observation(subject={"reference": f"Patient/p{number}"}, valueInteger=turn, text=text)
                last = turn == 3 and number == patients - 1
                file.write(json.dumps({"resource": one}) + ("]}" if last else ",\n"))


def bounded(tmp_path, patients, padding):
    small, large = tmp_path / "small.json", tmp_path / "large.json"
    write_bundle(small, 2, 10)
    write_bundle(large, patients, padding)
    root = Path(__file__).resolve().parents[3]
    found = subprocess.run(
        [sys.executable, "-c", MEASURE, str(small), str(large)], cwd=root, capture_output=True, text=True, check=True
    )
    count, before, after = map(int, found.stdout.split())
    assert count == patients
    return large.stat().st_size / 1e6, after - before


def test_a_bundle_of_5_mb_needs_little_memory(tmp_path):
    size, grown = bounded(tmp_path, 300, 4000)
    assert size > 4.8
    assert grown < 4


@pytest.mark.slow
def test_a_bundle_of_100_mb_needs_no_more_than_its_index(tmp_path):
    size, grown = bounded(tmp_path, 10_000, 2300)
    assert size > 100
    assert grown < 40


WHOLE = bundle(
    ANNA,
    observation(
        valueQuantity={"value": 8.1, "unit": "g/dL"},
        component=[{"code": {"text": "a"}, "valueInteger": 1}],
        effectiveDateTime="2020-01-01",
        note=[{"text": "n"}],
        contained=[{"resourceType": "Patient", "id": "p", "birthDate": "1990", "gender": "male"}],
        encounter={"reference": "Encounter/e"},
    ),
    condition("Gout", verificationStatus=codes("confirmed"), onsetAge={"value": 3, "unit": "a"}),
    document(attached("Fever.")),
    {
        "resourceType": "MedicationRequest",
        "status": "active",
        "intent": "order",
        "subject": TO_ANNA,
        "medicationReference": {"reference": "#m"},
        "contained": [{"resourceType": "Medication", "id": "m", "code": {"text": "Aspirin"}}],
    },
    observation(
        subject={"reference": "#p"},
        valueInteger=1,
        contained=[{"resourceType": "Patient", "id": "p", "birthDate": "1990", "gender": "male"}],
    ),
)


def paths(value, path=()):
    yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield from paths(inner, (*path, key))


PATHS = [path for path in paths(WHOLE) if path]
ODD = st.sampled_from(
    ["Quill", 7, -1.5, True, None, [], ["Quill"], {}, {"Quill": "Quill"}, [{}], "#Quill", "Patient/Quill", "", [None]]
)


@settings(max_examples=400, deadline=None)
@given(st.sampled_from(PATHS), ODD)
def test_any_odd_value_anywhere_is_left_out_with_a_reason_that_does_not_quote_it(path, odd):
    changed = copy.deepcopy(WHOLE)
    inner = changed
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = odd
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "b.json"
        file.write_text(json.dumps(changed))
        try:
            found = list(read_fhir([FhirFile(file, "b.json", "bundle")]))
        except SourceError as error:
            found = [Skipped("b.json", 1, str(error))]
    assert found
    assert not any("Quill" in str(one) for one in found if isinstance(one, Skipped))


def test_what_is_wrong_in_the_same_way_is_told_a_few_times_and_counted(tmp_path):
    wrong = [observation(valueQuantity={"value": "x"}, id=f"o{number}") for number in range(25)]
    (_, skipped) = read(tmp_path, bundle(ANNA, observation(valueInteger=8), *wrong))
    reason = "Observation.valueQuantity.value is not what FHIR R4 allows there"
    assert [(one.record, one.reason) for one in skipped] == [
        *((number, reason) for number in range(3, 23)),
        (23, f"{reason} (so 5 more, this being their first)"),
    ]
