"""What clinical questions ask for, and which sentences speak of it."""

import pytest

from corpora.patients.records import Facet
from corpora.records import Span
from reader.aspects import ASPECTS, aspects_of, cues_in, facets_for

ASKED = {
    "What treatment was given?": ("treatment",),
    "What treatment, what outcome?": ("treatment", "outcome"),
    "how were these patients MANAGED": ("treatment",),
    "What was the outcome at follow-up?": ("outcome",),
    "Did the patient survive?": ("outcome",),
    "What was the final diagnosis?": ("diagnosis",),
    "How did she present?": ("presentation",),
    "Which investigations were done?": ("investigation",),
    "How did the tumor respond, and was the response complete?": ("outcome",),
    "Which organism was responsible?": (),
    "Which antibody was positive?": (),
    "Was fever present?": (),
    "In which course of the artery was it?": (),
    "What was the cause of death?": ("outcome",),
    "What did the MRI show?": ("investigation",),
    "How old was the patient?": (),
}


@pytest.mark.parametrize(("question", "expected"), ASKED.items())
def test_what_a_question_asks_for(question, expected):
    assert aspects_of(question) == expected


SAID = {
    "treatment": ("She underwent resection and received cisplatin.", "The pulse was 80."),
    "outcome": ("He recovered completely and was discharged.", "He smokes ten cigarettes a day."),
    "diagnosis": ("Findings were consistent with sarcoidosis.", "He works on a farm."),
    "presentation": ("A 40-year-old man presented with fever and pain.", "He was lost to us."),
    "investigation": ("Biopsy and CT showed a tumor.", "She was sent home."),
}


@pytest.mark.parametrize("aspect", ASPECTS)
def test_a_sentence_that_speaks_of_it_has_more_cues_than_one_that_does_not(aspect):
    speaks, does_not = SAID[aspect]
    assert 1 / 3 <= cues_in(aspect, speaks) <= 1
    assert cues_in(aspect, does_not) == 0


def test_a_cue_counts_once_and_three_are_as_good_as_ten():
    assert cues_in("treatment", "Received, received and RECEIVED.") == pytest.approx(1 / 3)
    many = "Treated with surgery, chemotherapy, radiotherapy, steroids and drainage."
    assert cues_in("treatment", many) == 1.0


def facet(kind, term, assertion="present"):
    return Facet(kind, term, Span(0, 1), "x", assertion)


def test_facets_answer_by_their_kind_unless_they_are_denied():
    drugs = [facet("drug", "aspirin"), facet("drug", "aspirin"), facet("procedure", "biopsy")]
    assert facets_for("treatment", drugs) == pytest.approx(2 / 3)
    assert facets_for("treatment", [facet("drug", "aspirin", "absent")]) == 0
    assert facets_for("diagnosis", [facet("condition", "asthma", "family")]) == 0
    assert facets_for("presentation", [facet("finding", name) for name in "abcd"]) == 1
    assert facets_for("outcome", [facet("condition", "death")]) == 0
