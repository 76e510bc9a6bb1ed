from api.patients import PatientHit, SimilarResponse
from api.render_patients import render_patients
from retriever.patients.comparison import Entry, Quote


def test_a_course_is_shown_with_its_term_and_since_when(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "160")
    course = Entry("course", "cough", Quote(6, 16, "for 3 days"), Quote(0, 7, "Chronic"), "acute", "chronic", -0.05)
    hit = PatientHit(1, 0.25, 0.3, "case-17", 61, "male", (), (course,), (), "Chronic cough.")
    render_patients(SimilarResponse((hit,), (), "Cough for 3 days.", 58, "male", {}, "id"))
    (line,) = [line for line in capsys.readouterr().out.splitlines() if "course of cough" in line]
    assert "for 3 days (acute)" in line
    assert "Chronic (chronic)" in line
    assert "-0.050" in line
