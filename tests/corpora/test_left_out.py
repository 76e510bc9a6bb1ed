import pytest

from corpora.left_out import administrative_kind, administrative_note

HEADINGS = {
    "competing interests": [
        "Competing interests",
        "Conflict of interest statement",
        "CONFLICTS OF INTEREST",
        "Declaration of Interest",
        "Disclosure",
        "Financial disclosures",
        "Disclosure of potential conflicts of interest",
        "Statement of Interest",
    ],
    "author contributions": ["Authors’ contributions", "Author Contributions", "Contributors", "Authors contribution"],
    "author information": ["Authors' information", "About the authors", "Corresponding author"],
    "acknowledgements": ["Acknowledgements", "Acknowledgments and funding", "Acknowledgment"],
    "supplementary material": [
        "Supplementary Material",
        "Electronic supplementary material",
        "Additional files",
        "Additional file 1",
        "Supporting Information",
        "Appendix A. Supplementary data",
    ],
    "publication note": ["Pre-publication history", "Publisher’s Note", "Open Access", "Cite this article as"],
    "reference": ["References", "Further reading"],
    "": [
        "",
        "Funding",
        "Discussion",
        "Ethics approval and consent to participate",
        "Availability of data and materials",
        "Interest in screening",
        "Contributions of diet to obesity",
        "Additional analyses",
        "Supplements in pregnancy",
    ],
}


@pytest.mark.parametrize(("heading", "kind"), [(h, kind) for kind, headings in HEADINGS.items() for h in headings])
def test_headings(heading, kind):
    assert administrative_kind(heading) == kind


def test_the_type_of_a_section_tells_where_its_heading_does_not():
    assert administrative_kind("Statement", "COI-statement") == "competing interests"
    assert administrative_kind("S1 Text", "supplementary-material") == "supplementary material"
    assert administrative_kind("Methods", "methods") == ""


@pytest.mark.parametrize(
    ("paragraphs", "hint", "kind"),
    [
        (["Competing interests: None declared."], "", "competing interests"),
        (["No potential conflict of interest was reported."], "", "competing interests"),
        (["The authors paid for lunch."], "conflict", "competing interests"),
        (["Contributors: AB wrote it."], "", "author contributions"),
        (["Authors’ contributions", "AB wrote it."], "", "author contributions"),
        (["Author Contributions AB wrote it."], "", "author contributions"),
        (["These authors contributed equally."], "", "author information"),
        (["Provenance and peer review: Not commissioned."], "", "publication note"),
        (["This article contains Supplementary Data online at somewhere."], "", "supplementary material"),
        (["Funding: A grant."], "", ""),
        (["Funding: A grant. No conflict of interest."], "conflict", ""),
        (["FUNDING", "None."], "", ""),
        (["Ethics approval: Granted."], "", ""),
        (["The trial was stopped early."], "", ""),
        ([], "", ""),
    ],
)
def test_notes(paragraphs, hint, kind):
    assert administrative_note(paragraphs, hint) == kind
