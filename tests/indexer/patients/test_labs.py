from itertools import pairwise

import pytest

from indexer.patients.labs import band_of, finding_of, labs_of


@pytest.mark.parametrize(
    ("text", "term", "value", "unit", "quoted", "band"),
    [
        ("Hb 8.1 g/dL today", "haemoglobin", 8.1, "g/dL", "Hb 8.1 g/dL", "low"),
        ("haemoglobin of 8.1,", "haemoglobin", 8.1, "g/dL", "haemoglobin of 8.1", "low"),
        ("Haemoglobin was 81 g/L.", "haemoglobin", 8.1, "g/dL", "Haemoglobin was 81 g/L", "low"),
        ("WBC 12,000/µL", "white cell count", 12.0, "10^9/L", "WBC 12,000/µL", "high"),
        ("WCC 7.2 x10^9/L", "white cell count", 7.2, "10^9/L", "WCC 7.2 x10^9/L", "normal"),
        ("BP 120/80 mmHg", "systolic blood pressure", 120.0, "mmHg", "BP 120/80 mmHg", "normal"),
        ("BP was 84/50.", "systolic blood pressure", 84.0, "mmHg", "BP was 84/50", "low"),
        ("temperature 39.2 °C", "temperature", 39.2, "°C", "temperature 39.2 °C", "high"),
        ("Temp 102 F", "temperature", 38.9, "°C", "Temp 102 F", "high"),
        ("at 102.2°F", "temperature", 39.0, "°C", "102.2°F", "high"),
        ("glucose 540 mg/dL", "glucose", 29.97, "mmol/L", "glucose 540 mg/dL", "high"),
        ("creatinine 1.0 mg/dL", "creatinine", 88.4, "µmol/L", "creatinine 1.0 mg/dL", "normal"),
        ("albumin 2.1 g/dL", "albumin", 21.0, "g/L", "albumin 2.1 g/dL", "low"),
        ("raised troponin", "troponin", None, "", "raised troponin", "high"),
        ("Sodium was very low", "sodium", None, "", "Sodium was very low", "low"),
        ("D-dimer negative", "D-dimer", None, "", "D-dimer negative", "normal"),
        ("CRP 64", "C-reactive protein", 64.0, "", "CRP 64", ""),
    ],
)
def test_measurements(text, term, value, unit, quoted, band):
    (lab,) = labs_of(text)
    assert (lab.kind, lab.term, lab.value, lab.unit) == ("lab", term, value, unit)
    assert lab.text == quoted == lab.span.of(text)
    assert band_of(lab) == band


@pytest.mark.parametrize(
    ("text", "finding"),
    [
        ("Hb 7 g/dL", "anaemia"),
        ("T 39.0", "fever"),
        ("Na 118 mmol/L", "hyponatraemia"),
        ("Hb 14 g/dL", ""),
        ("TSH 45", ""),
    ],
)
def test_what_a_measurement_amounts_to(text, finding):
    assert finding_of(labs_of(text)[0]) == finding


@pytest.mark.parametrize(
    "text",
    [
        "The pulse was regular",
        "in 2004",
        "aged 50",
        "CRT 2 s",
        "pH-metry",
        "T 4 weeks",
        "He was not 40",
        "HR department",
    ],
)
def test_no_measurement(text):
    assert labs_of(text) == []


def test_several_do_not_overlap():
    labs = labs_of("HR 122, RR 28, SpO2 88% on air; temp 38.4 °C, BP 92/50.")
    assert [lab.term for lab in labs] == [
        "heart rate", "respiratory rate", "oxygen saturation", "temperature", "systolic blood pressure",
    ]  # fmt: skip
    assert all(one.span.end <= other.span.start for one, other in pairwise(labs))
