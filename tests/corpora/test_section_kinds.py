import gzip
import re
from html import unescape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpora.records import SECTION_KINDS
from corpora.section_kinds import MAX_LABEL, kind_of_label, kind_within, normal_label, plain_kind, typical_kind
from tests.data import DATA, needs_data

LABELS = {
    "background": ["Background", "1. Introduction", "INTRODUCTION AND IMPORTANCE", "Background/Aims", "Hintergrund:"],
    "objective": [
        "Objectives:",
        "Aim of the study",
        "Purpose",
        "AIMS AND OBJECTIVES",
        "Study objectives",
        "Hypothesis",
    ],
    "methods": [
        "Methods",
        "2. Materials & Methods:",
        "Patients and Methods",
        "Methods/Design",
        "Methods and Results",
        "II. MATERIAL AND METHOD",
        "Research design and methods",
        "Experimental procedures",
        "Setting",
        "Design, Setting, and Participants",
        "Main Outcomes and Measures",
        "Statistical analysis",
        "Métodos",
        "方法",
    ],
    "results": ["Results", "3. Results and discussion", "Findings", "Main results", "Ergebnisse", "RESULTADOS"],
    "discussion": ["Discussion", "4. Discussion and conclusions", "Comment", "Strengths and limitations of this study"],
    "conclusions": [
        "Conclusion",
        "Conclusions and Relevance",
        "Authors' conclusions",
        "Interpretation",
        "Key messages",
    ],
    "case": ["Case presentation", "Case report", "Case 2", "Presentation of case", "PATIENT CONCERNS", "Case series"],
    "abstract": ["Abstract", "Zusammenfassung"],
    "other": [
        "",
        "Funding",
        "Trial registration",
        "Background characteristics of the sample",
        "Objective response",
        "A note on vitamin E",
        "Discussion of methods with the resultant committee",
    ],
}


@pytest.mark.parametrize(("label", "kind"), [(label, kind) for kind, labels in LABELS.items() for label in labels])
def test_a_heading_by_itself_tells_its_kind(label, kind):
    assert kind_of_label(label) == kind


@pytest.mark.parametrize(
    ("label", "inherited", "hint", "kind"),
    [
        ("Participants", "other", "", "methods"),
        ("Participants", "abstract", "", "methods"),
        ("Participants", "results", "", "results"),  # merely typical: what stands above decides
        ("Limitations", "discussion", "", "discussion"),
        ("Conclusions", "discussion", "", "conclusions"),  # plainly named: decides anywhere
        ("Blood sampling", "methods", "", "methods"),
        ("Blood sampling", "other", "materials|methods", "methods"),
        ("Blood sampling", "other", "", "other"),
        ("Results", "other", "discussion", "results"),  # the words that readers see before the code that they do not
        ("", "abstract", "", "abstract"),
        ("Funding", "abstract", "", "abstract"),
    ],
)
def test_a_heading_in_its_place(label, inherited, hint, kind):
    assert kind_within(label, inherited, hint) == kind


@pytest.mark.parametrize(
    ("label", "normal"),
    [
        ("2.1. Métodos:", "metodos"),
        ("  RESULTS\n and   Discussion. ", "results and discussion"),
        ("IV. Case", "case"),
        ("(a) Aim", "aim"),
        ("3 Results", "results"),
        ("Author’s view", "author's view"),
        ("Vision", "vision"),
        ("5-HT receptors", "5-ht receptors"),
    ],
)
def test_normal_label(label, normal):
    assert normal_label(label) == normal


def test_a_sentence_is_no_heading():
    assert kind_of_label("Results of " + "x" * MAX_LABEL) == "other"


@given(st.text(max_size=300))
def test_any_text_has_a_kind(label):
    assert kind_of_label(label) in SECTION_KINDS
    assert kind_of_label(label) == (plain_kind(label) or typical_kind(label) or "other")


@needs_data
def test_agreement_with_the_national_library_of_medicine():
    """NLM gives the labels of structured abstracts one of five categories; these rules were not made from them."""
    ours = {"background", "objective", "methods", "results", "conclusions"}
    agreed = total = 0
    with gzip.open(DATA / "pubmed" / "pubmed21n1298.xml.gz", "rt", encoding="utf-8") as lines:
        for line in lines:
            for attributes in re.findall(r"<AbstractText ([^>]*)>", line):
                said = dict(re.findall(r'(\w+)="([^"]*)"', attributes))
                category = said.get("NlmCategory", "").lower()
                if category in ours and said.get("Label"):
                    total += 1
                    agreed += kind_of_label(unescape(said["Label"])) == category
    assert total > 20_000
    assert agreed / total > 0.95
