import json
import re
from collections import Counter
from pathlib import Path

import pytest
from lxml import etree

from corpora.errors import SourceError
from corpora.pubmed import parse_pubmed
from corpora.records import Document
from corpora.sample import SampleQuestion, _read_questions, sample_path, sample_questions

KINDS = {"factoid": 14, "list": 6, "yesno": 8, "summary": 4}
UNANSWERABLE = 6
NOT_COVERED = (
    "scabies",
    "wilson disease",
    "glioblastoma",
    "cisplatin",
    "tranexamic",
    "finasteride",
    "pancreatitis",
    "constantinople",
    "sourdough",
)


@pytest.fixture(scope="module")
def tree() -> etree._ElementTree:
    return etree.parse(sample_path(), etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False))


@pytest.fixture(scope="module")
def documents() -> dict[str, Document]:
    with sample_path().open("rb") as stream:
        records = list(parse_pubmed(stream, str(sample_path())))
    assert all(isinstance(record, Document) for record in records), "a sample record was skipped"
    return {record.document_id: record for record in records}


@pytest.fixture(scope="module")
def questions() -> tuple[SampleQuestion, ...]:
    return sample_questions()


def the_abstract(article: etree._Element) -> str:
    return " ".join("".join(part.itertext()) for part in article.iterfind(".//Article/Abstract/AbstractText"))


def test_xml_is_laid_out_as_pubmed_has_it(tree):
    assert tree.docinfo.root_name == "PubmedArticleSet"
    assert "NLM//DTD PubMedArticle" in tree.docinfo.public_id
    assert {child.tag for child in tree.getroot()} == {"PubmedArticle"}
    assert len(tree.getroot()) >= 60


def test_nothing_pretends_to_be_literature(tree):
    ids = [pmid.text for pmid in tree.iterfind(".//MedlineCitation/PMID")]
    assert all(pmid.text.startswith("SAMPLE:") for pmid in tree.iter("PMID"))
    assert len(ids) == len(set(ids)) == len(tree.getroot())
    for tag in ("LastName", "ForeName", "ISSN", "ArticleId", "NlmUniqueID"):
        assert tree.find(f".//{tag}") is None, tag
    assert {name.text for name in tree.iter("CollectiveName")} == {"BioCite sample corpus"}
    assert {title.text for title in tree.iterfind(".//Journal/Title")} == {"BioCite sample corpus (not literature)"}
    assert not any(place.get("EIdType") == "doi" for place in tree.iter("ELocationID"))
    for article in tree.getroot():
        assert "Sample Article" in [kind.text for kind in article.iter("PublicationType")]


def test_every_abstract_has_a_useful_length_and_no_stray_blanks(tree):
    for article in tree.getroot():
        pmid, body = article.findtext(".//PMID"), the_abstract(article)
        assert 120 <= len(body.split()) <= 260, pmid
        assert "  " not in body, pmid
        assert body == body.strip(), pmid
    parts = [part.text or "" for part in tree.iter("AbstractText") if not len(part)]
    assert not [part for part in parts if part[-1] not in ".?"]


def test_structured_and_plain_abstracts_reviews_and_headings_are_all_there(tree, documents):
    labelled = [article for article in tree.getroot() if article.find(".//Abstract/AbstractText[@Label]") is not None]
    assert len(labelled) >= 25
    assert len(tree.getroot()) - len(labelled) >= 25
    types = Counter(kind for document in documents.values() for kind in document.metadata.publication_types)
    assert types["Sample Article"] == len(documents)
    assert 20 <= types["Sample Review"] <= len(documents) - 20
    assert all(document.metadata.mesh for document in documents.values())
    assert all(any(h.major for h in document.metadata.mesh) for document in documents.values())


def test_the_parser_reads_every_record(tree, documents):
    ids = [pmid.text for pmid in tree.iterfind(".//MedlineCitation/PMID")]
    assert list(documents) == ids
    assert {document.metadata.year for document in documents.values()} == {2026}
    assert all("eng" in document.metadata.languages for document in documents.values())


def test_exactly_one_record_is_retracted_and_links_run_both_ways(documents):
    assert [name for name, document in documents.items() if document.metadata.retracted] == ["SAMPLE:RET-01"]
    links = {
        (name, link.kind, link.document_id) for name, document in documents.items() for link in document.metadata.links
    }
    assert links == {
        ("SAMPLE:RET-01", "RetractionIn", "SAMPLE:RET-02"),
        ("SAMPLE:RET-02", "RetractionOf", "SAMPLE:RET-01"),
        ("SAMPLE:CAR-02", "ErratumIn", "SAMPLE:ERR-01"),
        ("SAMPLE:ERR-01", "ErratumFor", "SAMPLE:CAR-02"),
    }


def test_the_less_common_parts_of_the_format_are_there(tree, documents):
    tags = Counter(etree.QName(element).localname for element in tree.getroot().iter(etree.Element))
    assert all(tags[tag] for tag in ("sup", "sub", "i", "math", "OtherAbstract", "MedlineDate", "VernacularTitle"))
    assert "Bazett's formula" in documents["SAMPLE:CAR-01"].text
    assert "La única curación es el parto" in documents["SAMPLE:PRE-01"].text
    assert documents["SAMPLE:PRE-04"].metadata.vernacular_title.startswith("L'acide folique avant la conception")
    assert documents["SAMPLE:PRE-04"].metadata.languages == ("eng", "fre")
    assert documents["SAMPLE:PRE-05"].metadata.year == 2026


def test_there_are_enough_questions_of_each_kind(questions):
    counted = Counter(question.kind for question in questions if question.answerable)
    assert all(counted[kind] >= least for kind, least in KINDS.items()), counted
    assert sum(not question.answerable for question in questions) >= UNANSWERABLE
    assert len(questions) >= 36
    assert len({question.id for question in questions}) == len({question.text for question in questions})
    assert len({question.id for question in questions}) == len(questions)
    assert all(question.text.endswith("?") for question in questions)


def test_each_answer_has_the_shape_of_its_kind(questions):
    for question in questions:
        if not question.answerable:
            assert (question.answers, question.documents) == ((), ()), question.id
        elif question.kind == "yesno":
            assert question.answers in ((("yes",),), (("no",),)), question.id
        else:
            sizes = {"factoid": (1, 1), "list": (2, 99), "summary": (0, 0)}[question.kind]
            assert sizes[0] <= len(question.answers) <= sizes[1], question.id
            assert all(item and all(item) for item in question.answers), question.id


def test_yes_and_no_are_both_frequent(questions):
    verdicts = Counter(question.answers for question in questions if question.kind == "yesno" and question.answerable)
    assert verdicts[(("yes",),)] >= 4
    assert verdicts[(("no",),)] >= 4


def test_the_documents_named_by_questions_exist(questions, documents):
    for question in questions:
        assert set(question.documents) <= set(documents), question.id
        assert bool(question.documents) is question.answerable, question.id


def test_every_answer_is_a_quotation(questions, documents):
    missing = [
        (question.id, item)
        for question in questions
        if question.kind in ("factoid", "list")
        for item in question.answers
        if not any(synonym in documents[name].text for synonym in item for name in question.documents)
    ]
    assert missing == []


def test_what_is_unanswerable_is_nowhere_in_the_corpus(questions, documents):
    asked = " ".join(question.text for question in questions if not question.answerable).casefold()
    everything = " ".join(document.text for document in documents.values()).casefold()
    assert sum(not question.answerable for question in questions) == len(NOT_COVERED)
    assert all(topic in asked for topic in NOT_COVERED)
    assert [topic for topic in NOT_COVERED if topic in everything] == []


def test_questions_are_not_copied_from_the_texts(questions, documents):
    """No six words in a row of a question stand in a document that answers it."""
    copied = []
    for question in questions:
        words = re.findall(r"\w+", question.text.casefold())
        texts = [" ".join(re.findall(r"\w+", documents[name].text.casefold())) for name in question.documents]
        runs = [" ".join(words[start : start + 6]) for start in range(len(words) - 5)]
        copied += [(question.id, run) for run in runs for text in texts if run in text]
    assert copied == []


def test_the_readme_counts_what_is_there(questions, documents):
    readme = " ".join((sample_path().parent / "README.md").read_text(encoding="utf-8").split())
    counted = Counter(question.kind for question in questions if question.answerable)
    assert f"{len(documents)} records:" in readme
    assert (
        f"{len(questions)} questions: {counted['factoid']} factoid, {counted['list']} list, {counted['yesno']} yes/no "
        f"and {counted['summary']} summary questions that the corpus answers, and "
        f"{sum(not question.answerable for question in questions)} that it does not answer"
    ) in readme
    assert set(re.findall(r"SAMPLE:[A-Z]+-\d+", readme)) <= set(documents)


@pytest.mark.parametrize(
    "content",
    [
        b"[{",
        b"\xff",
        json.dumps([{"id": "x", "text": "?", "kind": "riddle", "answers": [], "documents": [], "answerable": True}]),
        json.dumps([{"id": "x"}]),
    ],
)
def test_damaged_questions_are_refused_by_name(tmp_path: Path, content: str | bytes):
    path = tmp_path / "questions.json"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(SourceError, match=r"questions\.json: not a list of sample questions.*Install biocite again"):
        _read_questions(path)


def test_missing_questions_are_named(tmp_path: Path):
    with pytest.raises(SourceError, match=r"questions\.json: cannot be read"):
        _read_questions(tmp_path / "questions.json")
