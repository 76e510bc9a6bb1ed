"""Resources in the shapes of HL7's published R4 examples and of Synthea's bundles. Everything in them is invented."""

import base64
import json
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpora.patients.fhir import read_fhir
from corpora.patients.fhir_index import FhirFile
from corpora.patients.records import Patient
from corpora.patients.sources import iter_patients
from corpora.records import Skipped

XHTML = 'xmlns="http://www.w3.org/1999/xhtml"'
TERMINOLOGY = "http://terminology.hl7.org/CodeSystem"
SNOMED = "http://snomed.info/sct"


def coded(code, display, system=SNOMED, **more):
    return {"coding": [{"system": system, "code": code, "display": display}], **more}


def state(code, kind="condition-clinical"):
    return coded(code, code.capitalize(), f"{TERMINOLOGY}/{kind}")


def narrative(words):
    return {"status": "generated", "div": f"<div {XHTML}><p><b>Narrative</b></p><p>{words}</p></div>"}


# patient-example: everything that a Patient may have, primitive extensions among it.
FULL_PATIENT = {
    "resourceType": "Patient",
    "id": "example-1",
    "meta": {"versionId": "3", "lastUpdated": "2021-04-05T10:11:12.123+02:00"},
    "implicitRules": "http://example.org/rules",
    "language": "en-GB",
    "text": narrative("Ottoline Zuckerbrot, born 1961-02-03"),
    "extension": [
        {
            "url": "http://hl7.org/fhir/us/core/StructureDefinition/us-core-birthsex",
            "valueCode": "F",
        }
    ],
    "identifier": [
        {
            "use": "usual",
            "type": coded("MR", "Medical record number", f"{TERMINOLOGY}/v2-0203"),
            "system": "urn:oid:2.999.1.2.3",
            "value": "ZB-60417",
            "period": {"start": "2003-05-06"},
            "assigner": {"display": "Zuckerbrot Hospital"},
        }
    ],
    "active": True,
    "name": [
        {"use": "official", "family": "Zuckerbrot", "given": ["Ottoline", "Zelda"]},
        {
            "use": "maiden",
            "family": "van Zuckertal",
            "_family": {
                "extension": [
                    {"url": "http://hl7.org/fhir/StructureDefinition/humanname-own-prefix", "valueString": "van"}
                ]
            },
            "given": ["Ottoline", None],
            "_given": [None, {"extension": [{"url": "http://example.org/x", "valueCode": "masked"}]}],
            "period": {"end": "1990"},
        },
    ],
    "telecom": [{"use": "home"}, {"system": "phone", "value": "(03) 5550 0147", "use": "work", "rank": 1}],
    "gender": "female",
    "birthDate": "1961-02-03",
    "_birthDate": {
        "extension": [
            {
                "url": "http://hl7.org/fhir/StructureDefinition/patient-birthTime",
                "valueDateTime": "1961-02-03T04:05:06+01:00",
            }
        ]
    },
    "deceasedBoolean": False,
    "address": [
        {
            "use": "home",
            "type": "both",
            "text": "7 Zuckerbrot Lane",
            "line": ["7 Zuckerbrot Lane"],
            "city": "Zuckertal",
            "postalCode": "99999",
            "period": {"start": "1990-12-25"},
        }
    ],
    "maritalStatus": coded("M", "Married", f"{TERMINOLOGY}/v3-MaritalStatus"),
    "multipleBirthInteger": 2,
    "photo": [{"contentType": "image/gif", "data": base64.b64encode(b"GIF89a").decode()}],
    "contact": [
        {
            "relationship": [coded("N", "Next-of-Kin", f"{TERMINOLOGY}/v2-0131")],
            "name": {"family": "Zuckerbrot", "given": ["Balthasar"]},
            "gender": "male",
            "organization": {"reference": "Organization/1", "display": "Zuckerbrot Ltd"},
        }
    ],
    "communication": [{"language": coded("nl", "Dutch", "urn:ietf:bcp:47"), "preferred": True}],
    "generalPractitioner": [{"reference": "Practitioner/1", "display": "Dr. Z. Zuckerbrot"}],
    "managingOrganization": {"reference": "Organization/1"},
    "link": [{"other": {"reference": "Patient/other"}, "type": "seealso"}],
}
DEAD = {name: value for name, value in FULL_PATIENT.items() if name != "deceasedBoolean"}
TO_PATIENT = {"reference": "Patient/example-1", "display": "O. Zuckerbrot"}

# observation-example-f001-glucose
GLUCOSE = {
    "resourceType": "Observation",
    "id": "f101",
    "text": narrative("Zuckerbrot: Glucose 9.4"),
    "identifier": [{"use": "official", "system": "http://www.example.org/labs", "value": "9917"}],
    "status": "final",
    "category": [coded("laboratory", "Laboratory", f"{TERMINOLOGY}/observation-category")],
    "code": coded("15074-8", "Glucose [Moles/volume] in Blood", "http://loinc.org"),
    "subject": TO_PATIENT,
    "effectivePeriod": {"start": "2014-02-02T09:30:10+01:00"},
    "issued": "2019-02-03T15:30:10+01:00",
    "performer": [{"reference": "Practitioner/f005", "display": "A. Zuckerbrot"}],
    "valueQuantity": {"value": 9.4, "unit": "mmol/l", "system": "http://unitsofmeasure.org", "code": "mmol/L"},
    "interpretation": [coded("H", "High", f"{TERMINOLOGY}/v3-ObservationInterpretation")],
    "referenceRange": [
        {
            "low": {"value": 3.3, "unit": "mmol/l", "system": "http://unitsofmeasure.org", "code": "mmol/L"},
            "high": {"value": 6.1, "unit": "mmol/l", "system": "http://unitsofmeasure.org", "code": "mmol/L"},
        }
    ],
}

# blood-pressure, with a component that has a reason instead of a value
PRESSURE = {
    "resourceType": "Observation",
    "id": "bp-1",
    "meta": {"profile": ["http://hl7.org/fhir/StructureDefinition/vitalsigns"]},
    "basedOn": [{"identifier": {"system": "https://example.org/orders", "value": "77"}}],
    "status": "final",
    "category": [coded("vital-signs", "Vital Signs", f"{TERMINOLOGY}/observation-category")],
    "code": coded(
        "85354-9", "Blood pressure panel with all children optional", "http://loinc.org", text="Blood pressure"
    ),
    "subject": TO_PATIENT,
    "effectiveDateTime": "2013-09-17",
    "interpretation": [coded("L", "low", f"{TERMINOLOGY}/v3-ObservationInterpretation", text="Below low normal")],
    "bodySite": coded("368209003", "Right arm"),
    "component": [
        {
            "code": coded("8480-6", "Systolic blood pressure", "http://loinc.org"),
            "valueQuantity": {"value": 97, "unit": "mmHg", "code": "mm[Hg]"},
            "interpretation": [coded("N", "normal", f"{TERMINOLOGY}/v3-ObservationInterpretation")],
        },
        {
            "code": coded("8462-4", "Diastolic blood pressure", "http://loinc.org"),
            "dataAbsentReason": coded("not-performed", "Not Performed", f"{TERMINOLOGY}/data-absent-reason"),
        },
    ],
}

# condition-example
BURN = {
    "resourceType": "Condition",
    "id": "c1",
    "text": narrative("Burn of Zuckerbrot"),
    "clinicalStatus": state("active"),
    "verificationStatus": state("confirmed", "condition-ver-status"),
    "category": [coded("encounter-diagnosis", "Encounter Diagnosis", f"{TERMINOLOGY}/condition-category")],
    "severity": coded("24484000", "Severe"),
    "code": coded("39065001", "Burn of ear (disorder)"),
    "bodySite": [coded("49521004", "Left external ear structure (body structure)")],
    "subject": TO_PATIENT,
    "onsetDateTime": "2012-05-24",
}

REQUEST = {
    "resourceType": "MedicationRequest",
    "id": "mr1",
    "status": "active",
    "intent": "order",
    "contained": [
        {
            "resourceType": "Medication",
            "id": "med1",
            "code": coded("1", "Oxycodone 20 mg tablet", "http://hl7.org/fhir/sid/ndc"),
        }
    ],
    "medicationReference": {"reference": "#med1"},
    "subject": TO_PATIENT,
    "authoredOn": "2015-01-15",
    "requester": {"reference": "Practitioner/f007", "display": "P. Zuckerbrot"},
    "reasonCode": [coded("297217002", "Rib pain (finding)")],
    "dosageInstruction": [
        {
            "sequence": 1,
            "text": "one tablet every four to six hours",
            "asNeededBoolean": True,
            "timing": {"repeat": {"frequency": 1, "period": 4, "periodMax": 6, "periodUnit": "h"}},
            "doseAndRate": [{"doseQuantity": {"value": 1, "unit": "TAB"}}],
        }
    ],
    "dispenseRequest": {"validityPeriod": {"start": "2015-01-15"}, "numberOfRepeatsAllowed": 0},
    "substitution": {"allowedBoolean": False},
}

# procedure-example with a status that says it was not done
NOT_DONE = {
    "resourceType": "Procedure",
    "id": "pr1",
    "status": "not-done",
    "statusReason": coded("398254007", "Preeclampsia (disorder)", text="Patient declined"),
    "code": coded("80146002", "Appendectomy (procedure)"),
    "subject": TO_PATIENT,
    "performedString": "was planned for spring",
    "performer": [{"actor": {"display": "Dr. C. Zuckerbrot"}}],
}


def contained_result(name, value, **more):
    return {
        "resourceType": "Observation",
        "id": name.casefold(),
        "status": "final",
        "code": {"text": name},
        "valueQuantity": {"value": value, "unit": "x10*9/L"},
        **more,
    }


# diagnosticreport-example with contained observations and the same report as PDF, page and text
REPORT = {
    "resourceType": "DiagnosticReport",
    "id": "r1",
    "contained": [
        contained_result("Platelets", 412, subject=TO_PATIENT),
        contained_result("Neutrophils", 7, status="entered-in-error"),
        contained_result("Monocytes", 1, subject={"reference": "Patient/other"}),
    ],
    "status": "final",
    "category": [coded("HM", "Hematology", f"{TERMINOLOGY}/v2-0074")],
    "code": coded("58410-2", "Complete blood count", "http://loinc.org"),
    "subject": TO_PATIENT,
    "effectiveDateTime": "2011-03-04T08:30:00+11:00",
    "issued": "2011-03-04T11:45:33+11:00",
    "performer": [{"reference": "Organization/1", "display": "Zuckerbrot Laboratory"}],
    "result": [{"reference": "#platelets"}, {"reference": "#neutrophils"}, {"reference": "#monocytes"}],
    "conclusion": "Reactive thrombocytosis",
    "presentedForm": [
        {"contentType": "application/pdf", "language": "en", "data": base64.b64encode(b"%PDF").decode(), "title": "Z"},
        {"contentType": "text/html", "data": base64.b64encode(b"<p>As text, but HTML</p>").decode()},
        {"contentType": "text/plain", "data": base64.b64encode(b"Platelets are raised.").decode()},
    ],
}

LETTER = {
    "resourceType": "DocumentReference",
    "id": "d1",
    "masterIdentifier": {"system": "urn:ietf:rfc:3986", "value": "urn:oid:2.999.4.5"},
    "status": "current",
    "docStatus": "final",
    "type": coded("34108-1", "Outpatient Note", "http://loinc.org"),
    "subject": TO_PATIENT,
    "date": "2014-12-24T09:43:41+11:00",
    "author": [{"reference": "Practitioner/xcda1"}],
    "description": "Zuckerbrot letter",
    "securityLabel": [coded("V", "very restricted", f"{TERMINOLOGY}/v3-Confidentiality")],
    "content": [
        {
            "attachment": {
                "contentType": "text/plain; charset=UTF-8",
                "language": "en-US",
                # R4 allows white space in base64
                "data": "\n".join(
                    (lambda s: (s[:20], s[20:]))(base64.b64encode("Naïve T cells. No rash.".encode()).decode())
                ),
                "size": 24,
                "hash": "2jmj7l5rSw0yVb/vlWAYkK/YBwk=",
                "title": "Physical",
                "creation": "2014-12-24T09:35:00+11:00",
            },
            "format": {"system": "urn:oid:2.999.6", "code": "urn:x", "display": "Text"},
        }
    ],
    "context": {"encounter": [{"reference": "Encounter/e1"}], "period": {"start": "2014-12-23T08:00:00+11:00"}},
}

VISIT = {
    "resourceType": "Encounter",
    "id": "e1",
    "text": narrative("Encounter with Zuckerbrot"),
    "status": "finished",
    "class": {"system": f"{TERMINOLOGY}/v3-ActCode", "code": "IMP", "display": "inpatient encounter"},
    "type": [coded("183807002", "Inpatient stay for nine days")],
    "priority": coded("394849002", "High priority"),
    "subject": TO_PATIENT,
    "participant": [{"individual": {"reference": "Practitioner/f201", "display": "Zuckerbrot"}}],
    "period": {"start": "2015-02-03T00:00:00+01:00", "end": "2015-02-11T09:00:00+01:00"},
    "reasonCode": [coded("429858000", "Computerized tomography of head and neck", text="Headache")],
    "hospitalization": {"dischargeDisposition": coded("306689006", "Discharge to home")},
    "serviceProvider": {"display": "Zuckerbrot Hospital"},
}


def bundle(*resources, kind="collection", base="http://example.org/fhir", **more):
    entries = [{"fullUrl": f"{base}/{one['resourceType']}/{one['id']}", "resource": one} for one in resources]
    return {"resourceType": "Bundle", "id": "b", "type": kind, "entry": entries, **more}


def read(tmp_path, document):
    path = tmp_path / "b.json"
    path.write_text(json.dumps(document, indent=2))
    found = list(iter_patients(path))
    skipped = [one for one in found if isinstance(one, Skipped)]
    assert not any("uckerbrot" in str(one) for one in skipped)
    assert all(str(one).startswith(f"{path}, record ") for one in skipped)
    return [one for one in found if isinstance(one, Patient)], skipped


def reasons(skipped):
    return sorted(one.reason.partition(" (so")[0] for one in skipped)


def told(tmp_path, *resources):
    """What the note says of these resources, and why anything is left out."""
    (patients, skipped) = read(tmp_path, bundle(FULL_PATIENT, VISIT, *resources))
    (patient,) = patients
    return patient.text.split("\n")[2:], reasons(skipped)


def test_the_examples_together(tmp_path):
    resources = (GLUCOSE, PRESSURE, BURN, REQUEST, NOT_DONE, REPORT, LETTER, VISIT)
    (patients, skipped) = read(tmp_path, bundle(FULL_PATIENT, *resources))
    (patient,) = patients
    assert (patient.patient_id, patient.sex) == ("example-1", "female")
    assert patient.age == 54  # at the end of the stay in 2015; a result issued anew in 2019 makes nobody older
    assert patient.text.split("\n") == [
        "A 54-year-old woman.",
        "Observation: Glucose 9.4 mmol/l (high).",
        "Observation: Blood pressure: Systolic blood pressure 97 mmHg (normal) (low, Right arm).",
        "Condition: Burn of ear (Severe, Left external ear structure).",
        "Medication: Oxycodone 20 mg tablet (one tablet every four to six hours, Rib pain).",
        "Procedure: no Appendectomy (not done, Patient declined).",
        "Report: Complete blood count. Conclusion: Reactive thrombocytosis.",
        "Platelets are raised.",
        "Observation: Platelets 412 x10*9/L.",
        "Document: Outpatient Note.",
        "Naïve T cells. No rash.",
        "Encounter: Inpatient stay for nine days, for Headache.",
    ]
    assert reasons(skipped) == [
        "Observation resources are entered in error, cancelled or drafts",
        "Observation.component[1] has no value that is read",
        "contained Observation.subject is another one than that of the resource around it",
    ]


@pytest.mark.parametrize("kind", ["transaction", "batch", "searchset", "collection", "document", "history"])
def test_bundles_of_every_kind(tmp_path, kind):
    whole = bundle(FULL_PATIENT, GLUCOSE, kind=kind, timestamp="2015-01-01T00:00:00Z")
    expected = []
    for entry in whole["entry"]:
        resource = entry["resource"]
        if kind in ("transaction", "batch", "history"):
            entry["request"] = {"method": "PUT", "url": f"{resource['resourceType']}/{resource['id']}"}
        if kind == "searchset":
            entry["search"] = {"mode": "match" if resource is FULL_PATIENT else "include", "score": 1}
    if kind == "searchset":
        outcome = {"resourceType": "OperationOutcome", "id": "o", "issue": [{"severity": "warning", "code": "invalid"}]}
        whole |= {"total": 1, "link": [{"relation": "self", "url": "http://example.org/fhir/Patient?name=Zuckerbrot"}]}
        whole["entry"].append({"resource": outcome, "search": {"mode": "outcome"}})
        expected = ["OperationOutcome resources are not read"]
    if kind == "document":
        composition = {"resourceType": "Composition", "id": "c", "status": "final", "title": "Zuckerbrot"}
        whole["entry"].insert(0, {"fullUrl": "urn:uuid:180f219f-97a8-486d-99d9-ed631fe4fc57", "resource": composition})
        expected = ["Composition resources are not read"]
    (patients, skipped) = read(tmp_path, whole)
    assert [one.text for one in patients] == ["A 52-year-old woman.\nObservation: Glucose 9.4 mmol/l (high)."]
    assert reasons(skipped) == expected


def test_what_a_history_says_was_deleted_is_gone(tmp_path):
    whole = bundle(FULL_PATIENT, {**GLUCOSE, "valueQuantity": {"value": 5, "unit": "mmol/L"}}, GLUCOSE, kind="history")
    other = "http://example.org/fhir/Condition/c1"
    whole["entry"] += [
        {"fullUrl": other, "request": {"method": "DELETE", "url": "Condition/c1"}},
        {"fullUrl": other, "resource": BURN, "request": {"method": "PUT", "url": "Condition/c1"}},
    ]
    (patients, skipped) = read(tmp_path, whole)
    assert [one.text for one in patients] == [
        "A 52-year-old woman.\nObservation: Glucose 5 mmol/L (high)."  # the newest version comes first
    ]
    assert reasons(skipped) == [
        "Condition resources were deleted, as a later version in the bundle says",
        "Observation resources were given before under the same id",
    ]


def synthea(patient, *resources):
    """As Synthea writes it: a transaction in which everything refers to addresses made of random numbers."""
    names = [f"urn:uuid:0000{number:04d}-1111-2222-3333-444455556666" for number in range(1 + len(resources))]
    entries = []
    for name, resource in zip(names, (patient, *resources), strict=True):
        body = {**resource, "id": name.removeprefix("urn:uuid:")}
        if resource is not patient:
            body["subject"] = {"reference": names[0]}
        entries.append(
            {"fullUrl": name, "resource": body, "request": {"method": "POST", "url": resource["resourceType"]}}
        )
    return {"resourceType": "Bundle", "type": "transaction", "entry": entries}


def test_a_synthea_bundle(tmp_path):
    smoking = {
        "resourceType": "Observation",
        "status": "final",
        "code": coded("72166-2", "Tobacco smoking status", "http://loinc.org", text="Tobacco smoking status"),
        "effectiveDateTime": "2011-05-19T13:10:55-04:00",
        "issued": "2011-05-19T13:10:55.604-04:00",
        "valueCodeableConcept": coded("266919005", "Never smoked tobacco (finding)"),
    }
    score = {**smoking, "code": {"text": "Pain severity - 0-10 verbal numeric rating [Score] - Reported"}}
    del score["valueCodeableConcept"]
    drug = {
        "resourceType": "MedicationRequest",
        "status": "completed",
        "intent": "order",
        "medicationCodeableConcept": coded("313782", "Acetaminophen 325 MG Oral Tablet"),
        "requester": {"reference": "Practitioner?identifier=http://hl7.org/fhir/sid/us-npi|9999999999"},
    }
    over = {**BURN, "clinicalStatus": state("resolved"), "abatementDateTime": "2011-06-19T13:10:55-04:00"}
    claim = {"resourceType": "Claim", "status": "active"}
    whole = synthea(
        {**DEAD, "deceasedDateTime": "2011-05-20T01:00:00-04:00"},
        smoking,
        {**score, "valueQuantity": {"value": 3, "unit": "{score}", "code": "{score}"}},
        drug,
        over,
        claim,
    )
    (patients, skipped) = read(tmp_path, whole)
    (patient,) = patients
    assert patient.patient_id == "00000000-1111-2222-3333-444455556666"
    assert patient.text.split("\n") == [
        "A 50-year-old woman.",
        "Observation: Never smoked tobacco.",
        "Observation: Pain severity - 0-10 verbal numeric rating [Score] - Reported 3.",
        "Medication: history of Acetaminophen 325 MG Oral Tablet (completed).",
        "Condition: history of Burn of ear (Severe, Left external ear structure, resolved).",
    ]
    assert reasons(skipped) == ["Claim resources are not read"]


@pytest.mark.parametrize(
    "reference",
    [
        "Patient/example-1",
        "Patient/example-1/_history/2",
        "http://example.org/fhir/Patient/example-1",
        "http://example.org/fhir/Patient/example-1/_history/2",
        "Patient?identifier=urn:oid:2.999.1.2.3|ZB-60417",
        "Patient?identifier=urn%3Aoid%3A2.999.1.2.3%7CZB-60417",
    ],
)
def test_references_of_every_form(tmp_path, reference):
    (patients, skipped) = read(tmp_path, bundle(FULL_PATIENT, {**GLUCOSE, "subject": {"reference": reference}}))
    assert [one.text.count("Glucose") for one in patients] == [1]
    assert skipped == []


@pytest.mark.parametrize(
    "reference",
    [
        "Patient/example-2",
        "https://elsewhere.example/fhir/Patient/example-1",
        "Patient?identifier=urn:oid:2.999.1.2.3|ZB-60418",
        "Patient?name=Zuckerbrot",
        "Group/example-1",
        "urn:uuid:00000000-0000-0000-0000-000000000000",
        "#example-1",
    ],
)
def test_references_that_lead_nowhere(tmp_path, reference):
    found = {**GLUCOSE, "subject": {"reference": reference, "display": "O. Zuckerbrot"}}
    (patients, skipped) = read(tmp_path, bundle(FULL_PATIENT, found))
    assert patients == []
    assert len(skipped) == 2
    assert any(one.record == 2 and one.reason.startswith("Observation.subject ") for one in skipped)


VALUES = [
    ({"valueQuantity": {"value": 0.5, "comparator": "<", "unit": "mg/L"}}, "Test < 0.5 mg/L."),
    ({"valueQuantity": {"value": 7, "code": "{score}"}}, "Test 7."),
    ({"valueQuantity": {"value": 7, "unit": "1"}}, "Test 7."),
    ({"valueQuantity": {"value": 97, "code": "mm[Hg]"}}, "Test 97 mmHg."),
    ({"valueCodeableConcept": coded("1", "Escherichia coli")}, "Test: Escherichia coli."),
    ({"valueCodeableConcept": coded("260385009", "Negative (qualifier value)")}, "no Test (Negative)."),
    ({"valueCodeableConcept": coded("LA32-8", "No", "http://loinc.org")}, "no Test."),
    ({"valueCodeableConcept": coded("260415000", "Not detected")}, "no Test (Not detected)."),
    ({"valueCodeableConcept": coded("42425007", "Equivocal")}, "possible Test (Equivocal)."),
    ({"valueCodeableConcept": coded("260373001", "Detected (qualifier value)")}, "Test: Detected."),
    ({"valueString": "  turbid,\nyellow "}, "Test: turbid, yellow."),
    ({"valueString": "ABSENT."}, "no Test (ABSENT.)."),
    ({"valueBoolean": True}, "Test: yes."),
    ({"valueBoolean": False}, "no Test."),
    ({"valueInteger": 0}, "Test 0."),
    ({"valueRange": {"low": {"value": 1, "unit": "mg"}, "high": {"value": 2, "unit": "mg"}}}, "Test 1 mg to 2 mg."),
    ({"valueRange": {"low": {"value": 1, "unit": "mg"}}}, "Test at least 1 mg."),
    ({"valueRange": {"high": {"value": 2, "unit": "mg"}}}, "Test at most 2 mg."),
    ({"valueRatio": {"numerator": {"value": 1}, "denominator": {"value": 64}}}, "Test 1/64."),
    ({"valueQuantity": {"value": 0.2}, "interpretation": [coded("NEG", "Negative", "x")]}, "no Test (0.2, negative)."),
    ({"interpretation": [coded("POS", "Positive", "x")]}, "Test (positive)."),
    ({"interpretation": [{"coding": [{"code": "ND"}]}]}, "no Test (not detected)."),
]
UNREAD = "Observation.value[x] holds no words or number that are read"
WITHOUT = [
    ({}, UNREAD),
    ({"valueDateTime": "2011-01-01"}, UNREAD),
    ({"valueTime": "12:00:00"}, UNREAD),
    ({"valuePeriod": {"start": "2011"}}, UNREAD),
    ({"valueSampledData": {"origin": {"value": 2}, "period": 10, "dimensions": 1, "data": "1 2 E"}}, UNREAD),
    ({"valueRatio": {"numerator": {"value": 1}}}, UNREAD),
    ({"valueQuantity": {"unit": "mg"}}, UNREAD),
    ({"valueCodeableConcept": {"coding": [{"code": "1"}]}}, UNREAD),
    ({"valueString": "Unknown"}, "Observation.value[x] says that it is not known"),
    ({"valueString": "Unknown if ever smoked"}, "Observation.value[x] says that it is not known"),
    ({"valueCodeableConcept": coded("1", "Not asked")}, "Observation.value[x] says that it is not known"),
    (
        {"dataAbsentReason": coded("unknown", "Unknown"), "note": [{"text": "Not examined"}]},
        "Observation.dataAbsentReason stands in the place of a value",
    ),
]


def test(**more):
    return {
        "resourceType": "Observation",
        "id": "t",
        "status": "final",
        "code": {"text": "Test"},
        "subject": TO_PATIENT,
        **more,
    }


test.__test__ = False


@pytest.mark.parametrize(("value", "sentence"), VALUES)
def test_values(tmp_path, value, sentence):
    assert told(tmp_path, test(**value)) == ([f"Observation: {sentence}"], [])


@pytest.mark.parametrize(("value", "reason"), WITHOUT)
def test_values_that_are_none(tmp_path, value, reason):
    assert told(tmp_path, test(**value)) == ([], [reason])


def test_a_blood_pressure_is_one_value(tmp_path):
    whole = [PRESSURE["component"][0], {**PRESSURE["component"][1], "valueQuantity": {"value": 61, "unit": "mmHg"}}]
    del whole[1]["dataAbsentReason"]
    written = "Observation: Blood pressure 97/61 mmHg (low, systolic normal, Right arm)."
    assert told(tmp_path, {**PRESSURE, "component": whole}) == ([written], [])
    assert told(tmp_path, {**PRESSURE, "component": whole[::-1]}) == ([written], [])
    mixed = [whole[0], {**whole[1], "valueQuantity": {"value": 8, "unit": "kPa"}}]
    assert "8 kPa" in told(tmp_path, {**PRESSURE, "component": mixed})[0][0]


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("Tobacco smoking status", "Never smoker", "Never smoker."),
        ("Tobacco smoking status", "Ex-smoker", "Ex-smoker."),
        ("Pregnancy status", "Not pregnant", "Not pregnant."),
        ("HIV status", "Positive", "HIV status: Positive."),
    ],
)
def test_what_is_answered_is_told_and_not_what_was_asked(tmp_path, name, value, sentence):
    found = told(tmp_path, test(code={"text": name}, valueCodeableConcept={"text": value}))
    assert found == ([f"Observation: {sentence}"], [])


def test_components_that_deny(tmp_path):
    parts = [{"code": {"text": name}, "valueBoolean": value} for name, value in (("cough", True), ("fever", False))]
    assert told(tmp_path, test(component=parts)) == (["Observation: Test: cough: yes, no fever."], [])


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("Hemoglobin A1c/Hemoglobin.total in Blood", "Hemoglobin A1c"),
        ("Platelets [#/volume] in Blood by Automated count", "Platelets"),
        ("Creatinine [Mass/volume] in Serum or Plasma", "Creatinine"),
        ("Glucose [Presence] in Urine by Test strip", "Glucose [Presence] in Urine by Test strip"),
        ("Body Weight", "Body Weight"),
    ],
)
def test_long_names_of_loinc(tmp_path, name, written):
    found, _ = told(tmp_path, test(code={"text": name}, valueInteger=3))
    assert found == [f"Observation: {written} 3."]


ERROR = "resources are entered in error, cancelled or drafts"


@pytest.mark.parametrize(
    ("resource", "reason"),
    [
        ({**BURN, "verificationStatus": state("entered-in-error", "condition-ver-status")}, f"Condition {ERROR}"),
        ({**GLUCOSE, "status": "entered-in-error"}, f"Observation {ERROR}"),
        ({**GLUCOSE, "status": "cancelled"}, f"Observation {ERROR}"),
        ({**REQUEST, "status": "cancelled"}, f"MedicationRequest {ERROR}"),
        ({**REQUEST, "status": "draft"}, f"MedicationRequest {ERROR}"),
        (
            {**REQUEST, "intent": "proposal"},
            "MedicationRequest resources are proposals or options, and were not ordered",
        ),
        ({**NOT_DONE, "status": "entered-in-error"}, f"Procedure {ERROR}"),
        ({**NOT_DONE, "status": "preparation"}, "Procedure resources are in preparation, and have not taken place"),
        ({**REPORT, "status": "cancelled"}, f"DiagnosticReport {ERROR}"),
        ({**LETTER, "status": "entered-in-error"}, f"DocumentReference {ERROR}"),
        ({**LETTER, "docStatus": "entered-in-error"}, f"DocumentReference {ERROR}"),
        ({**LETTER, "status": "superseded"}, "DocumentReference resources are superseded by others"),
        ({**VISIT, "id": "e2", "status": "cancelled"}, f"Encounter {ERROR}"),
        ({**VISIT, "id": "e2", "status": "planned"}, "Encounter resources are planned, and have not taken place"),
        (
            {**GLUCOSE, "focus": [{"reference": "Patient/fetus"}]},
            "Observation.focus names somebody or something else than the patient",
        ),
        (
            {**BURN, "modifierExtension": [{"url": "http://example.org/not", "valueBoolean": True}]},
            "Condition.modifierExtension changes what the resource says in a way that is not known here",
        ),
        (
            {
                **PRESSURE,
                "component": [{**PRESSURE["component"][0], "modifierExtension": [{"url": "http://example.org"}]}],
            },
            "Observation.modifierExtension changes what the resource says in a way that is not known here",
        ),
    ],
)
def test_what_is_not_to_be_relied_on_is_left_out_and_counted(tmp_path, resource, reason):
    assert told(tmp_path, resource) == ([], [reason])


@pytest.mark.parametrize(
    ("resource", "sentence"),
    [
        (
            {**BURN, "verificationStatus": state("refuted", "condition-ver-status")},
            "Condition: no Burn of ear (ruled out).",
        ),
        (
            {**BURN, "verificationStatus": state("differential", "condition-ver-status"), "severity": {}},
            "Condition: possible Burn of ear (Left external ear structure).",
        ),
        (
            {**{k: v for k, v in BURN.items() if k != "clinicalStatus"}, "abatementString": "soon"},
            "Condition: history of Burn of ear (Severe, Left external ear structure).",
        ),
        (
            {**BURN, "bodySite": [], "stage": [{"summary": coded("1", "Stage II")}]},
            "Condition: Burn of ear (Severe, Stage II).",
        ),
        (
            {**REQUEST, "status": "stopped", "reasonCode": [], "dosageInstruction": []},
            "Medication: history of Oxycodone 20 mg tablet (stopped).",
        ),
        ({**REQUEST, "doNotPerform": True}, "Medication: no Oxycodone 20 mg tablet (not to be given)."),
        (
            {
                **REQUEST,
                "contained": [
                    {
                        "resourceType": "Medication",
                        "id": "med1",
                        "ingredient": [{"itemCodeableConcept": {"text": name}} for name in ("Codeine", "Paracetamol")],
                    }
                ],
                "reasonCode": [],
                "dosageInstruction": [],
            },
            "Medication: Codeine and Paracetamol.",
        ),
        ({**NOT_DONE, "status": "completed"}, "Procedure: Appendectomy."),
    ],
)
def test_how_sure_and_how_lasting(tmp_path, resource, sentence):
    assert told(tmp_path, resource) == ([sentence], [])


def test_a_panel_without_a_value_of_its_own(tmp_path):
    panel = test(id="panel", hasMember=[{"reference": "Observation/f101"}, {"reference": "Observation/none"}])
    assert told(tmp_path, panel, GLUCOSE) == (
        ["Observation: Glucose 9.4 mmol/l (high)."],
        ["Observation.hasMember[1] refers to nothing in the files"],
    )


def test_contained_resources_of_types_that_r4b_has_not(tmp_path):
    only_r4 = {"resourceType": "MedicinalProduct", "id": "m", "name": [{"productName": "Zuckerbrot"}]}
    assert told(tmp_path, {**GLUCOSE, "contained": [only_r4]}) == (["Observation: Glucose 9.4 mmol/l (high)."], [])
    assert told(tmp_path, {**GLUCOSE, "contained": "Zuckerbrot"})[0] == []


def test_a_patient_of_whom_only_extensions_tell_the_birth(tmp_path):
    unknown = {
        "extension": [{"url": "http://hl7.org/fhir/StructureDefinition/data-absent-reason", "valueCode": "unknown"}]
    }
    patient = {k: v for k, v in FULL_PATIENT.items() if k not in ("birthDate", "gender")}
    patient |= {"_birthDate": unknown, "_gender": unknown}
    ((found,), skipped) = read(tmp_path, bundle(patient, GLUCOSE))
    assert (found.age, found.sex, found.text) == (None, "", "Observation: Glucose 9.4 mmol/l (high).")
    assert skipped == []


def test_a_patient_without_an_id_is_called_by_its_address(tmp_path):
    patient = {k: v for k, v in FULL_PATIENT.items() if k != "id"}
    entries = [{"fullUrl": "urn:uuid:1\n2", "resource": patient}]
    entries.append({"resource": {**GLUCOSE, "subject": {"reference": "urn:uuid:1\n2"}}})
    ((found,), _) = read(tmp_path, {"resourceType": "Bundle", "type": "collection", "entry": entries})
    assert found.patient_id == "1\\n2"


def test_nobody_is_seen_after_death(tmp_path):
    dead = {**DEAD, "deceasedDateTime": "2012-01-01"}
    ((found,), _) = read(tmp_path, bundle(dead, GLUCOSE))
    assert found.age == 50
    ((found,), _) = read(tmp_path, bundle(dead, {**BURN, "onsetDateTime": "1999"}))
    assert found.age == 50


@pytest.mark.parametrize(
    ("resource", "reason"),
    [
        (
            {**GLUCOSE, "effectiveDateTime": "2013-04-02T09:30"},
            "Observation.effectiveDateTime is not what FHIR R4 allows there",
        ),
        ({**GLUCOSE, "status": ["final"]}, "Observation.status is not what FHIR R4 allows there"),
        (
            {**GLUCOSE, "valueQuantity": {"value": "9,4"}},
            "Observation.valueQuantity.value is not what FHIR R4 allows there",
        ),
        ({**GLUCOSE, "code": "Glucose"}, "Observation.code is not what FHIR R4 allows there"),
        ({k: v for k, v in GLUCOSE.items() if k != "code"}, "Observation.code is missing"),
        (
            {**GLUCOSE, "referenceRange": [{"low": 3}]},
            "Observation.referenceRange[0].low is not what FHIR R4 allows there",
        ),
        ({k: v for k, v in VISIT.items() if k != "class"} | {"id": "e2"}, "Encounter.class is missing"),
        ({k: v for k, v in LETTER.items() if k != "content"}, "DocumentReference.content is missing"),
        (
            {k: v for k, v in REQUEST.items() if k != "medicationReference"},
            "MedicationRequest.medication[x] is missing",
        ),
        (
            {**REQUEST, "medicationCodeableConcept": {"text": "Zuckerbrot"}},
            "MedicationRequest.medication[x] is there more than once",
        ),
        ({**GLUCOSE, "valueInteger": 3}, "Observation.value[x] is there more than once"),
        ({**REQUEST, "contained": []}, "MedicationRequest.medicationReference refers to nothing that is contained"),
    ],
)
def test_wrong_and_missing_fields_are_named_by_file_record_and_path(tmp_path, resource, reason):
    (_, skipped) = read(tmp_path, bundle(FULL_PATIENT, VISIT, resource))
    assert reason in reasons(skipped)
    assert {one.record for one in skipped if reason in one.reason} == {3}


PANEL = test(id="panel", hasMember=[{"reference": "#platelets"}], contained=[REPORT["contained"][0]])
WHOLE = bundle(
    DEAD | {"deceasedDateTime": "2020"}, GLUCOSE, PRESSURE, BURN, REQUEST, NOT_DONE, REPORT, LETTER, VISIT, PANEL
)


def paths(value, path=()):
    yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield from paths(inner, (*path, key))


PATHS = [path for path in paths(WHOLE) if path]
ODD = ["Quill", 7, -1.5, True, None, [], ["Quill"], {}, {"Quill": "Quill"}, [{}], "#Quill", "Patient/Quill", "", [None]]


@settings(max_examples=400, deadline=None)
@given(st.sampled_from(PATHS), st.sampled_from(ODD))
def test_any_odd_value_in_any_of_them_is_left_out_without_being_quoted(path, odd):
    changed = json.loads(json.dumps(WHOLE))  # in which no part is shared
    inner = changed
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = odd
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "b.json"
        file.write_text(json.dumps(changed))
        found = list(read_fhir([FhirFile(file, "b.json", "bundle")]))
    assert found
    assert not any("Quill" in str(one) or "uckerbrot" in str(one) for one in found if isinstance(one, Skipped))
    # What is wrong in one resource leaves the others as they are; only the patient's own takes them along.
    if path[0] == "entry" and len(path) > 2 and path[1] not in (0, 3) and path[2] == "resource":
        assert any("Burn of ear" in one.text for one in found if isinstance(one, Patient))
