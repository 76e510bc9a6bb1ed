import pytest
from lxml import etree

from corpora.jats_abstract import abstract_name, labelled_parts


def abstract(inner, **attributes):
    element = etree.fromstring(f"<abstract>{inner}</abstract>")
    element.attrib.update({name.replace("_", "-"): value for name, value in attributes.items()})
    return element


@pytest.mark.parametrize(
    ("element", "name"),
    [
        (abstract("<p>x</p>"), "Abstract"),
        (abstract("<title>ABSTRACT</title><p>x</p>"), "Abstract"),
        (abstract("<title>Summary.</title><p>x</p>", abstract_type="main"), "Abstract"),
        (abstract("<title>Editors' Summary</title>", abstract_type="editor"), "Editors' Summary"),
        (abstract("<p>x</p>", abstract_type="author-highlights"), "Highlights"),
        (abstract("<p>x</p>", abstract_type="web-summary"), "Web summary"),
        (abstract("<p>x</p>", abstract_type="executive-summary"), "Executive summary"),
    ],
)
def test_names(element, name):
    assert abstract_name(element, "eng") == name


def test_the_name_of_a_translation_says_its_language():
    element = etree.fromstring('<trans-abstract xml:lang="es"><title>Resumen</title></trans-abstract>')
    assert abstract_name(element, "eng") == "Resumen [spa]"
    assert abstract_name(element, "spa") == "Resumen"
    assert abstract_name(etree.fromstring('<trans-abstract xml:lang="en"/>'), "spa") == "Abstract [eng]"


def test_emphasised_headings_at_the_beginning_of_paragraphs():
    element = abstract(
        "<p><bold>Objective:</bold> To ask.</p><p><bold><italic>Patients</italic></bold> Forty adults.</p>"
        "<p><italic>Conclusions</italic>. It works.</p>"
    )
    assert labelled_parts(element) == [
        ("Objective", "Objective: To ask."),
        ("Patients", "Patients Forty adults."),
        ("Conclusions", "Conclusions. It works."),
    ]


def test_emphasised_headings_inside_one_paragraph():
    element = abstract(
        "<p><bold>Background:</bold> We <italic>do not</italic> know. <bold>Methods:</bold> A trial of <italic>Results"
        "</italic> cards. <bold>Results:</bold> None.</p>"
    )
    assert labelled_parts(element) == [
        ("Background", "Background: We do not know."),
        ("Methods", "Methods: A trial of Results cards."),
        ("Results", "Results: None."),
    ]


def test_headings_without_emphasis_need_a_colon_or_brackets():
    assert labelled_parts(abstract("<p>Key fact. Aim: To ask. Materials and Methods: Forty adults: all well.</p>")) == [
        ("", "Key fact."),
        ("Aim", "Aim: To ask."),
        ("Materials and Methods", "Materials and Methods: Forty adults: all well."),
    ]
    assert labelled_parts(abstract("<p>[Purpose] To ask. [Subjects and Methods] Forty.</p>")) == [
        ("Purpose", "[Purpose] To ask."),
        ("Subjects and Methods", "[Subjects and Methods] Forty."),
    ]


@pytest.mark.parametrize(
    "inner",
    [
        "<p>One plain paragraph. The results were clear.</p>",
        "<p><bold>Results:</bold> a single heading is none</p>",
        "<p>Methods: a</p><p>Results: b</p><list><list-item><p>c</p></list-item></list>",
        "",
    ],
)
def test_other_abstracts_have_no_such_parts(inner):
    assert labelled_parts(abstract(inner)) == []
