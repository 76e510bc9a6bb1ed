import gzip
import io
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpora.errors import SourceError
from corpora.pubmed import parse_pubmed
from corpora.pubmed_dates import year_in
from corpora.records import Deletion, Document, Link, MeshHeading, Skipped
from tests.data import DATA, needs_data

FULL = """
<PubmedArticle>
  <MedlineCitation Status="MEDLINE">
    <PMID Version="2">00123</PMID>
    <Article>
      <Journal>
        <JournalIssue><PubDate><Year>2019</Year><Month>Feb</Month></PubDate></JournalIssue>
        <Title>Journal of  Made-up\n Medicine</Title><ISOAbbreviation>J Made Up</ISOAbbreviation>
      </Journal>
      <ArticleTitle>[Does <i>zorbium</i> lower CO<sub>2</sub>?].</ArticleTitle>
      <ELocationID EIdType="doi" ValidYN="N">10.1000/wrong</ELocationID>
      <ELocationID EIdType="pii" ValidYN="Y">S1</ELocationID>
      <ELocationID EIdType="doi" ValidYN="Y">10.1000/right</ELocationID>
      <Abstract>
        <AbstractText Label="WHY" NlmCategory="OBJECTIVE">To see &amp; learn.</AbstractText>
        <AbstractText Label="PATIENTS AND METHODS">We gave
           10 mg   daily.</AbstractText>
        <AbstractText Label="DISCUSSION" NlmCategory="CONCLUSIONS">It may work.</AbstractText>
        <AbstractText Label="ZZZ" NlmCategory="UNASSIGNED">Odd part.</AbstractText>
        <AbstractText Label="FUNDING"/>
        <AbstractText Label="UNLABELLED">The rest. (ABSTRACT TRUNCATED AT 250 WORDS)</AbstractText>
        <CopyrightInformation>(c) Nobody 2019.</CopyrightInformation>
      </Abstract>
      <AuthorList>
        <Author ValidYN="Y"><LastName>Alda</LastName><ForeName>Ann B</ForeName><Initials>AB</Initials></Author>
        <Author ValidYN="Y"><LastName>Bo</LastName><Initials>C</Initials><Suffix>3<sup>rd</sup></Suffix></Author>
        <Author ValidYN="N"><LastName>Mistake</LastName></Author>
        <Author ValidYN="Y"><CollectiveName>The ZORB Group</CollectiveName></Author>
        <Author ValidYN="Y"><LastName>Solo</LastName></Author>
      </AuthorList>
      <Language>fre</Language><Language>eng</Language>
      <PublicationTypeList>
        <PublicationType UI="D1">Journal Article</PublicationType>
        <PublicationType UI="D2">Clinical Trial</PublicationType>
      </PublicationTypeList>
      <VernacularTitle>Le zorbium ?</VernacularTitle>
    </Article>
    <CommentsCorrectionsList>
      <CommentsCorrections RefType="ErratumIn"><RefSource>J Made Up. 2020;1:2</RefSource></CommentsCorrections>
      <CommentsCorrections RefType="RetractionIn">
        <RefSource>J Made Up. 2021;3:4</RefSource><PMID Version="1">456</PMID>
      </CommentsCorrections>
      <CommentsCorrections RefType="Cites"><RefSource>Old.</RefSource><PMID>7</PMID></CommentsCorrections>
    </CommentsCorrectionsList>
    <MeshHeadingList>
      <MeshHeading><DescriptorName MajorTopicYN="N">Humans</DescriptorName></MeshHeading>
      <MeshHeading>
        <DescriptorName MajorTopicYN="N">Zorbium</DescriptorName>
        <QualifierName MajorTopicYN="Y">therapeutic use</QualifierName>
        <QualifierName MajorTopicYN="N">blood</QualifierName>
      </MeshHeading>
      <MeshHeading><DescriptorName MajorTopicYN="Y">Carbon Dioxide</DescriptorName></MeshHeading>
    </MeshHeadingList>
    <OtherAbstract Type="Publisher" Language="fre">
      <AbstractText Label="BUT">Pour voir.</AbstractText><AbstractText>Fin.</AbstractText>
    </OtherAbstract>
    <OtherAbstract Type="Publisher" Language="ger">
      <AbstractText>Abstract available from the publisher.</AbstractText>
    </OtherAbstract>
    <KeywordList><Keyword MajorTopicYN="N">zorb <i>trial</i></Keyword><Keyword/></KeywordList>
  </MedlineCitation>
  <PubmedData>
    <History><PubMedPubDate PubStatus="pubmed"><Year>2018</Year></PubMedPubDate></History>
    <ArticleIdList>
      <ArticleId IdType="pubmed">123</ArticleId><ArticleId IdType="pmc">PMC77.1</ArticleId>
      <ArticleId IdType="doi">10.1000/other</ArticleId>
    </ArticleIdList>
    <ReferenceList><Reference><ArticleIdList><ArticleId IdType="pmc">PMC1</ArticleId></ArticleIdList></Reference>
    </ReferenceList>
  </PubmedData>
</PubmedArticle>
"""
TEXT = """[Does zorbium lower CO2?].

To see & learn.

We gave 10 mg daily.

It may work.

Odd part.

The rest. (ABSTRACT TRUNCATED AT 250 WORDS)

Pour voir.

Fin."""


def article(article="<ArticleTitle>T.</ArticleTitle>", pmid="1", citation="", data=""):
    return (
        f"<PubmedArticle><MedlineCitation><PMID>{pmid}</PMID><Article>{article}</Article>{citation}</MedlineCitation>"
        f"<PubmedData>{data}</PubmedData></PubmedArticle>"
    )


def read(*bodies):
    data = f"<PubmedArticleSet>{''.join(bodies)}</PubmedArticleSet>".encode()
    return list(parse_pubmed(io.BytesIO(data), "set.xml"))


def only(*args, **kwargs):
    (record,) = read(article(*args, **kwargs))
    return record


def test_everything_a_citation_says():
    (document,) = read(FULL)
    assert document.document_id == "PMID:123"
    assert document.title == "[Does zorbium lower CO2?]."
    assert document.text == TEXT
    assert [(s.name, s.kind, s.span.of(TEXT)[:9]) for s in document.sections] == [
        ("Title", "title", "[Does zor"),
        ("WHY", "objective", "To see & "),
        ("PATIENTS AND METHODS", "methods", "We gave 1"),
        ("DISCUSSION", "discussion", "It may wo"),
        ("ZZZ", "abstract", "Odd part."),
        ("Abstract", "abstract", "The rest."),
        ("Abstract (fre, publisher) > BUT", "abstract", "Pour voir"),
        ("Abstract (fre, publisher)", "abstract", "Fin."),
    ]
    assert document.source == "set.xml"
    assert document.left_out == {"abstract placeholder": 1}
    said = document.metadata
    assert said.authors == ("Alda Ann B", "Bo C, 3rd", "The ZORB Group", "Solo")
    assert (said.journal, said.year, said.version) == ("Journal of Made-up Medicine", 2019, 2)
    assert said.publication_types == ("Journal Article", "Clinical Trial")
    assert said.mesh == (
        MeshHeading("Humans"),
        MeshHeading("Zorbium", True, ("therapeutic use", "blood")),
        MeshHeading("Carbon Dioxide", True),
    )
    assert said.keywords == ("zorb trial",)
    assert (said.doi, said.pmid, said.pmcid) == ("10.1000/right", "123", "PMC77")
    assert said.languages == ("fre", "eng")
    assert said.vernacular_title == "Le zorbium ?"
    assert said.licence == "(c) Nobody 2019."
    assert said.retracted
    assert said.links == (
        Link("ErratumIn", "", "J Made Up. 2020;1:2"),
        Link("RetractionIn", "PMID:456", "J Made Up. 2021;3:4"),
    )
    assert said.url == "https://pubmed.ncbi.nlm.nih.gov/123/"


def test_a_citation_that_says_next_to_nothing():
    document = only()
    assert (document.text, len(document.sections)) == ("T.", 1)
    assert document.metadata.year == 0
    assert not document.metadata.retracted
    assert document.metadata.version == 1


def test_retracted_by_publication_type_but_not_for_being_the_notice():
    listed = "<PublicationTypeList><PublicationType>{}</PublicationType></PublicationTypeList>"
    types = f"<ArticleTitle>T.</ArticleTitle>{listed}"
    assert only(types.format("Retracted Publication")).metadata.retracted
    assert not only(types.format("Retraction of Publication")).metadata.retracted


@pytest.mark.parametrize(
    ("article_part", "data", "year"),
    [
        ("<MedlineDate>1998 Dec-1999 Jan</MedlineDate>", "", 1998),
        ("<MedlineDate>Spring 2000</MedlineDate>", "", 2000),
        ("<MedlineDate>2000-2001</MedlineDate>", "", 2000),
        ("<MedlineDate>1977</MedlineDate>", "", 1977),
        ("<MedlineDate>1976-77 Winter</MedlineDate>", "", 1976),
        ("<MedlineDate>undated</MedlineDate>", "", 0),
        ("<Season>Spring</Season>", "", 0),
        ("<Year>1980</Year>", "<PubMedPubDate PubStatus='pubmed'><Year>1981</Year></PubMedPubDate>", 1980),
        ("", "<PubMedPubDate PubStatus='received'><Year>1979</Year></PubMedPubDate>", 0),
        (
            "",
            "<PubMedPubDate PubStatus='entrez'><Year>1982</Year></PubMedPubDate>"
            "<PubMedPubDate PubStatus='pubmed'><Year>1981</Year></PubMedPubDate>",
            1981,
        ),
    ],
)
def test_the_year_is_found_in_every_form_of_date(article_part, data, year):
    dated = f"<Journal><JournalIssue><PubDate>{article_part}</PubDate></JournalIssue></Journal>"
    document = only(dated + "<ArticleTitle>T.</ArticleTitle>", data=f"<History>{data}</History>")
    assert document.metadata.year == year


def test_the_electronic_date_comes_before_the_date_of_entry():
    dated = "<ArticleTitle>T.</ArticleTitle><ArticleDate><Year>2011</Year></ArticleDate>"
    history = "<History><PubMedPubDate PubStatus='pubmed'><Year>2012</Year></PubMedPubDate></History>"
    assert only(dated, data=history).metadata.year == 2011


def test_a_number_longer_than_a_year_is_none():
    assert [year_in(text) for text in ("12000", "19990", "0999", "1499", "2100", "in 1500.")] == [0, 0, 0, 0, 0, 1500]


def test_a_title_that_is_not_available_gives_way_to_the_one_in_its_own_language():
    own = "<VernacularTitle>Der Titel.</VernacularTitle>"
    for missing in ("<ArticleTitle/>", "<ArticleTitle>[Not Available].</ArticleTitle>", ""):
        assert only(missing + own).title == "Der Titel."
    assert only("<ArticleTitle>[Not Available].</ArticleTitle>").title == "[Not Available]."


def test_an_abstract_without_a_title_is_kept():
    document = only("<ArticleTitle/><Abstract><AbstractText>Words.</AbstractText></Abstract>")
    assert (document.title, document.text) == ("", "Words.")
    assert [section.kind for section in document.sections] == ["abstract"]


def test_journal_falls_back_to_its_abbreviations():
    titled = "<ArticleTitle>T.</ArticleTitle>"
    assert only(f"<Journal><ISOAbbreviation>J A</ISOAbbreviation></Journal>{titled}").metadata.journal == "J A"
    info = "<MedlineJournalInfo><MedlineTA>J M</MedlineTA></MedlineJournalInfo>"
    assert only(titled, citation=info).metadata.journal == "J M"


def test_doi_falls_back_to_the_article_ids_and_must_look_like_one():
    ids = '<ArticleIdList><ArticleId IdType="doi">{}</ArticleId></ArticleIdList>'
    assert only(data=ids.format("10.1000/x(1)")).metadata.doi == "10.1000/x(1)"
    assert only(data=ids.format("see the page")).metadata.doi == ""


def test_an_identifier_with_a_scheme_of_its_own_is_kept():
    document = only(pmid="SAMPLE:asthma-1")
    assert (document.document_id, document.metadata.pmid, document.metadata.url) == ("SAMPLE:asthma-1", "", "")


def test_records_that_cannot_be_kept_are_reported_and_the_rest_is_kept():
    found = read(
        article(pmid="x1"),
        article("<ArticleTitle/><Abstract><AbstractText> </AbstractText></Abstract>", pmid="2"),
        "<PubmedArticle><MedlineCitation><PMID>3</PMID></MedlineCitation></PubmedArticle>",
        "<PubmedBookArticle><BookDocument/></PubmedBookArticle>",
        "<PubmedArticle><MedlineCitation><PMID>5</PMID>\n</MedlineCitatoin></PubmedArticle>",
        "<PubmedArticle/>",
        "<PubmedArticle><MedlineCitation>",
        "<Surprise/>",
        article(pmid="9"),
        "<DeleteCitation><PMID Version='1'>10</PMID><PMID>SAMPLE:a</PMID><PMID>?</PMID></DeleteCitation>",
    )
    assert [(record.record, record.reason) for record in found if isinstance(record, Skipped)] == [
        (1, "its PMID is 'x1', where a number was expected"),
        (2, "PMID:2 has neither a title nor an abstract"),
        (3, "has no MedlineCitation with an Article"),
        (4, "book article (PubmedBookArticle): only journal articles are read"),
        (5, found[4].reason),
        (6, "has no MedlineCitation with an Article"),
        (7, "its end tag </PubmedArticle> is missing before <PubmedArticle>"),
        (9, "its PMID is '?', where a number was expected"),
    ]
    assert found[4].reason.startswith("is not well-formed XML: line 2 of the record, column")
    assert [record.document_id for record in found if isinstance(record, Document)] == ["PMID:9"]
    assert [r for r in found if isinstance(r, Deletion)] == [
        Deletion("PMID:10", "set.xml"),
        Deletion("SAMPLE:a", "set.xml"),
    ]


def test_invalid_utf8_costs_one_record():
    data = f"<PubmedArticleSet>{article(pmid='1')}{article('<ArticleTitle>@</ArticleTitle>')}{article(pmid='3')}"
    found = list(parse_pubmed(io.BytesIO(data.replace("@", "\xff").encode("latin-1") + b"</PubmedArticleSet>"), "s"))
    assert [type(record) for record in found] == [Document, Skipped, Document]
    assert found[1].record == 2


def test_a_single_article_may_be_the_root():
    (document,) = parse_pubmed(io.BytesIO(FULL.encode()), "one.xml")
    assert document.document_id == "PMID:123"
    with pytest.raises(SourceError, match=r"one\.xml, record 1: is not well-formed XML"):
        list(parse_pubmed(io.BytesIO(FULL.encode()[:-30]), "one.xml"))


def test_another_root_and_declared_entities_are_refused():
    with pytest.raises(SourceError, match=r"x: its root element is <article>"):
        list(parse_pubmed(io.BytesIO(b"<article/>"), "x"))
    with pytest.raises(SourceError, match="declares the entity 'a'"):
        list(parse_pubmed(io.BytesIO(b"<!DOCTYPE x [<!ENTITY a 'b'>]><PubmedArticleSet/>"), "x"))


SEVERAL = (
    f"<PubmedArticleSet>{FULL}{article()}<DeleteCitation><PMID>4</PMID></DeleteCitation></PubmedArticleSet>".encode()
)


@settings(deadline=None)
@given(
    st.integers(0, len(SEVERAL)), st.integers(0, 40), st.binary(max_size=20) | st.sampled_from([b"<", b"&x;", b"\x00"])
)
def test_mutated_bytes_raise_nothing_but_source_error(at, removed, noise):
    try:
        records = list(parse_pubmed(io.BytesIO(SEVERAL[:at] + noise + SEVERAL[at + removed :]), "x"))
    except SourceError:
        return
    for record in records:
        if isinstance(record, Document):
            record.text.encode()
            assert record.sections


@needs_data
def test_efetch_answers_are_read():
    records = [
        record
        for path in sorted((DATA / "pubmed" / "efetch").glob("*.xml"))
        for record in parse_pubmed(io.BytesIO(path.read_bytes()), path.name)
    ]
    assert [record.document_id for record in records] == [
        "PMID:27797938",
        "PMID:28775130",
        "PMID:30108519",
        "PMID:29963580",
    ]
    assert [record.metadata.year for record in records] == [2017, 2018, 2018, 2018]
    assert [len(record.sections) for record in records] == [5, 5, 2, 2]
    assert records[3].metadata.authors[-1].startswith("Canadian ")
    assert all(record.metadata.doi and record.metadata.pmcid for record in records)


def raw_counts(path):
    """Counted in the raw bytes, without this project's parsers: records, abstracts, those in parts, deletions."""
    whole = gzip.decompress(path.read_bytes())
    records = whole.split(b"<PubmedArticle>")[1:]
    abstracts = [part.partition(b"<Abstract>")[2].partition(b"</Abstract>")[0] for part in records]
    deleted = whole.partition(b"<DeleteCitation>")[2]
    return (
        len(records),
        sum(map(bool, abstracts)),
        sum(abstract.count(b"<AbstractText") > 1 for abstract in abstracts),
        deleted.count(b"<PMID "),
    )


@needs_data
@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "raw", "read"),
    [
        # citations, with an abstract, with one in several parts, deletions; then documents and those with abstract text
        ("pubmed20n0014", (30_000, 14_832, 9, 0), (30_000, 14_832, 0)),
        # one erratum has neither title nor abstract, and one Abstract holds an empty AbstractText
        ("pubmed21n1298", (20_788, 18_446, 6_393, 20), (20_787, 18_445, 1)),
    ],
)
def test_counts_of_whole_files(name, raw, read):
    path = DATA / "pubmed" / f"{name}.xml.gz"
    assert raw_counts(path) == raw
    started = time.process_time()
    with gzip.open(path) as stream:
        records = list(parse_pubmed(stream, path.name))
    speed = raw[0] / (time.process_time() - started)
    documents = [record for record in records if isinstance(record, Document)]
    with_abstract = [
        document
        for document in documents
        if any(s.kind != "title" and not s.name.startswith("Abstract (") for s in document.sections)
    ]
    skipped = [record for record in records if isinstance(record, Skipped)]
    assert (len(documents), len(with_abstract), len(skipped)) == read
    assert sum(isinstance(record, Deletion) for record in records) == raw[3]
    assert all(document.metadata.year and document.metadata.journal for document in documents)
    assert speed > 500, f"{speed:,.0f} citations a second, where 4,000 and more are usual"
