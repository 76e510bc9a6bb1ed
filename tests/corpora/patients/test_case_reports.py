import pytest

from corpora.jats import parse_jats
from corpora.patients.case_reports import case_in_abstract, cases_of, read_cases
from corpora.patients.records import Patient
from corpora.patients.sources import iter_patients
from corpora.patients.trec_cds import read_trec_cds
from corpora.records import Document, Metadata, Section, Skipped, Span
from corpora.sources import iter_sources
from tests.data import DATA, needs_data


def section(title, *parts):
    paragraphs = (part if part.startswith("<") else f"<p>{part}</p>" for part in parts)
    return f"<sec><title>{title}</title>{''.join(paragraphs)}</sec>"


def article(*sections, kind="research-article", pmcid="7"):
    return (
        f'<article article-type="{kind}"><front><article-meta><article-id pub-id-type="pmc">{pmcid}</article-id>'
        "<title-group><article-title>Invented</article-title></title-group></article-meta></front>"
        f"<body>{''.join(sections)}</body></article>"
    ).encode()


def cases(*sections, kind="research-article"):
    document = parse_jats(article(*sections, kind=kind), "a.xml")
    assert isinstance(document, Document)
    return cases_of(document)


def test_the_case_sections_of_an_article_are_one_patient():
    assert cases(
        section("Introduction", "Rare."),
        section("Case presentation", "A 45-year-old woman had a cough.", section("Treatment", "She got rest.")),
        section("Discussion", "Rare indeed."),
    ) == [Patient("PMC:7#case1", "A 45-year-old woman had a cough.\n\nShe got rest.", 45.0, "female", (), "a.xml")]


def test_a_case_report_is_about_its_case_unless_a_heading_says_otherwise():
    (patient,) = cases(
        section("Background", "Rare."),
        section("Investigations", "An 80-year-old man had an X-ray."),
        section("Outcome", "He died."),
        section("Consent", "Consent was given."),
        kind="case-report",
    )
    assert patient.text == "An 80-year-old man had an X-ray.\n\nHe died."


def test_numbered_cases_are_patients_of_their_own():
    found = cases(
        section(
            "Case reports",
            "We saw two patients.",
            section("Case 1", "A 45-year-old woman fell.", section("Follow-up", "She is well.")),
            section("Case No. 2: a fall", "A 3-month-old boy fell."),
        )
    )
    assert [(p.patient_id, p.age, p.sex, p.text) for p in found] == [
        ("PMC:7#case1", 45.0, "female", "A 45-year-old woman fell.\n\nShe is well."),
        ("PMC:7#case2", 0.25, "male", "A 3-month-old boy fell."),
    ]


def test_a_section_that_tells_nobodys_age_is_no_case():
    found = cases(
        section("Clinical cases", "Of 200 participants 30 had symptoms severe enough to be considered cases."),
        section("Case 1", "Dot mapping shows the ablation line."),
        section("Case 2", "A 60-year-old man had a stroke."),
    )
    assert [(p.patient_id, p.age) for p in found] == [("PMC:7#case2", 60.0)]


def test_articles_without_a_case_are_counted(tmp_path):
    path = tmp_path / "set.xml"
    both = article(section("Methods", "Many.")) + article(section("Case report", "A 9-year-old girl."), pmcid="8")
    path.write_bytes(b"<pmc-articleset>" + both + b"</pmc-articleset>")
    patient, skipped = iter_patients(path)
    assert (patient.patient_id, patient.age, patient.sex) == ("PMC:8#case1", 9.0, "female")
    assert skipped == Skipped(str(path), 2, "1 of 2 articles have no case section that tells a patient's age")


def test_the_case_in_an_abstract():
    text = "Title\n\nA 45-year-old woman."
    sections = (Section("Title", "title", Span(0, 5)), Section("Abstract", "abstract", Span(7, len(text))))
    report = Document("PMID:1", "Title", text, sections, "p.xml", Metadata(publication_types=("Case Reports",)))
    assert case_in_abstract(report) == Patient("PMID:1#abstract", "A 45-year-old woman.", 45.0, "female", (), "p.xml")
    assert case_in_abstract(Document("PMID:1", "Title", text, sections, "p.xml")) is None


def test_topics(tmp_path):
    from corpora.errors import SourceError

    path = tmp_path / "topics.xml"
    path.write_text(
        '<topics><topic number="1" type="test"><description>A  man.\n</description>'
        "<summary> M. </summary></topic></topics>"
    )
    (topic,) = read_trec_cds(path)
    assert (topic.topic_id, topic.kind, topic.description, topic.summary) == ("1", "test", "A man.", "M.")
    for bad in ("<topics/>", '<topics><topic number="1"><summary>x</summary></topic></topics>', "no xml"):
        path.write_text(bad)
        with pytest.raises(SourceError, match=r"topics\.xml"):
            read_trec_cds(path)
    with pytest.raises(SourceError, match="cannot be read"):
        read_trec_cds(tmp_path / "none")


@needs_data
def test_the_topics_of_2014():
    from corpora.patients.demographics import age_and_sex

    topics = read_trec_cds(DATA / "trec-cds" / "topics2014.xml")
    assert [topic.topic_id for topic in topics] == [str(number) for number in range(1, 31)]
    known = [age_and_sex(topic.description) for topic in topics]
    assert sum(age is not None and bool(sex) for age, sex in known) == 29  # topic 26 is a group
    agree = [
        (age, sex) == age_and_sex(topic.summary)
        for (age, sex), topic in zip(known, topics, strict=True)
        if all(age_and_sex(topic.summary))
    ]
    assert all(agree)
    assert len(agree) >= 26


@needs_data
@pytest.mark.slow
def test_the_case_sections_of_the_bundles():
    found = [patient for file in iter_sources([DATA / "pmc"]) for patient in read_cases(file)]
    patients = [patient for patient in found if isinstance(patient, Patient)]
    assert sum(patient.age is not None and bool(patient.sex) for patient in patients) >= 5
    assert len(patients) <= 6  # a trial of several patients, under "Case report", tells their mean age
