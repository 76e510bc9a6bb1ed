import pytest
from lxml import etree

from corpora.jats_front import ArticleIds, language, metadata, title
from corpora.records import Link

XLINK = 'xmlns:xlink="http://www.w3.org/1999/xlink"'


def article(meta, journal="", attributes="", body=""):
    return etree.fromstring(
        f"<article {XLINK} {attributes}><front><journal-meta>{journal}</journal-meta>"
        f"<article-meta>{meta}</article-meta></front>{body}</article>"
    )


def read(meta, journal="", attributes="", body=""):
    element = article(meta, journal, attributes, body)
    front = element.find("front/article-meta")
    return metadata(element, front, ArticleIds(front))


def identifier(kind, value):
    return f'<article-id pub-id-type="{kind}">{value}</article-id>'


@pytest.mark.parametrize(
    ("ids", "source", "document_id"),
    [
        ([("pmc", "65514"), ("pmid", "1"), ("doi", "10.1234/x")], "a.nxml", "PMC:65514"),
        ([("pmc", "PMC65514")], "a.nxml", "PMC:65514"),
        ([("pmcid", "PMC65514.2"), ("pmcaid", "99")], "a.nxml", "PMC:65514"),
        ([("pmc", "nonsense"), ("pmid", "11835697")], "a.nxml", "PMID:11835697"),
        ([("pmid", "x"), ("doi", "https://doi.org/10.1186/1472-6904-2-1")], "a.nxml", "DOI:10.1186/1472-6904-2-1"),
        ([], "bundle.tar.gz!PMC000/PMC12.nxml", "PMC:12"),
        ([], "notes/my article.xml", "FILE:my article"),
        ([], "", ""),
    ],
)
def test_document_ids(ids, source, document_id):
    meta = article("".join(identifier(*pair) for pair in ids)).find("front/article-meta")
    assert ArticleIds(meta).document_id(source) == document_id


def test_articles_of_one_file_without_identifiers_are_told_apart():
    ids = ArticleIds(article("").find("front/article-meta"))
    assert [ids.document_id("set.xml", record) for record in (1, 2)] == ["FILE:set", "FILE:set-2"]
    assert ids.document_id("PMC12.xml", 2) == "FILE:PMC12-2"


def test_title_with_subtitle_and_without_notes():
    group = (
        "<title-group><article-title>Drug <italic>A</italic> in CO<sub>2</sub><xref ref-type='fn'>*</xref>"
        "</article-title><subtitle>a trial</subtitle></title-group>"
    )
    assert title(article(group).find("front/article-meta")) == "Drug A in CO2: a trial"
    asks = "<title-group><article-title>Does it work?</article-title><subtitle>A trial</subtitle></title-group>"
    assert title(article(asks).find("front/article-meta")) == "Does it work? A trial"
    assert title(article("").find("front/article-meta")) == ""


def test_authors():
    said = read(
        "<contrib-group>"
        '<contrib contrib-type="author"><name><surname>Roe</surname><given-names>Ann B.</given-names>'
        "<suffix>Jr</suffix></name></contrib>"
        '<contrib contrib-type="author"><name-alternatives><name><surname>Li</surname></name></name-alternatives>'
        "</contrib>"
        '<contrib contrib-type="author"><string-name>Jo Doe</string-name></contrib>'
        '<contrib contrib-type="author"><collab>The ABC Group<xref>1</xref><contrib-group><contrib><name>'
        "<surname>Member</surname></name></contrib></contrib-group></collab></contrib>"
        '<contrib contrib-type="collab"><name><surname>Member</surname></name></contrib>'
        '<contrib contrib-type="editor"><name><surname>Editor</surname></name></contrib>'
        "<contrib><name><surname>Untyped</surname></name></contrib></contrib-group>"
    )
    assert said.authors == ("Roe Ann B., Jr", "Li", "Jo Doe", "The ABC Group", "Untyped")


@pytest.mark.parametrize(
    ("journal", "name"),
    [
        ("<journal-title>Old Style</journal-title>", "Old Style"),
        ("<journal-title-group><journal-title>New Style</journal-title></journal-title-group>", "New Style"),
        ('<journal-id journal-id-type="nlm-ta">J Abbr</journal-id>', "J Abbr"),
        ("", ""),
    ],
)
def test_journal(journal, name):
    assert read("", journal).journal == name


@pytest.mark.parametrize(
    ("dates", "year"),
    [
        (
            '<pub-date pub-type="ppub"><year>2012</year></pub-date>'
            '<pub-date pub-type="epub"><year>2011</year></pub-date>'
            '<pub-date pub-type="nihms-submitted"><year>2009</year></pub-date>',
            2011,
        ),
        ('<pub-date date-type="pub" publication-format="electronic"><year>2020</year></pub-date>', 2020),
        (
            '<pub-date pub-type="pmc-release"><year>2015</year></pub-date>'
            "<permissions><copyright-year>2014</copyright-year></permissions>",
            2014,
        ),
        ('<pub-date pub-type="pmc-release"><year>2015</year></pub-date>', 2015),
        ('<pub-date pub-type="epub"><year>soon</year></pub-date>', 0),
        ("", 0),
    ],
)
def test_year_is_the_earliest_of_publication(dates, year):
    assert read(dates).year == year


def test_types_keywords_language_and_addresses():
    said = read(
        identifier("pmc", "7") + identifier("pmid", "8") + identifier("doi", "10.1234/abc.")
        + "<kwd-group><kwd>a</kwd><kwd>CD4<sup>+</sup></kwd><kwd>a</kwd></kwd-group>"
        + '<kwd-group kwd-group-type="abbreviations"><kwd>AB</kwd></kwd-group>',
        attributes='article-type="research-article" xml:lang="FR"',
    )  # fmt: skip
    assert said.publication_types == ("Research Article",)
    assert said.keywords == ("a", "CD4+")
    assert said.languages == ("fre",)
    assert (said.pmcid, said.pmid, said.doi) == ("PMC7", "8", "10.1234/abc")
    assert said.url == "https://pmc.ncbi.nlm.nih.gov/articles/PMC7/"
    assert read("", attributes='article-type="case-report"').publication_types == ("Case Reports",)
    assert read("").publication_types == ()


@pytest.mark.parametrize(
    ("attribute", "code"),
    [("", "eng"), ("EN", "eng"), ("pt-BR", "por"), ("zh_TW", "chi"), ("deu", "deu"), ("x", "und")],
)
def test_language(attribute, code):
    said = f'xml:lang="{attribute}"' if attribute else ""
    assert language(etree.fromstring(f"<article {said}/>")) == code


def test_licence_from_address_words_or_copyright():
    address = '<permissions><license xlink:href="http://creativecommons.org/licenses/by/2.0"><p>Open.</p></license></permissions>'
    assert read(address).licence == "CC BY 2.0"
    old = "<license><p>Under a Creative Commons Attribution-NonCommercial 3.0 License</p></license>"
    assert read(old).licence == "CC BY-NC 3.0"
    ali = (
        '<permissions><license><ali:license_ref xmlns:ali="http://www.niso.org/schemas/ali/1.0/">'
        "https://creativecommons.org/licenses/by/4.0/</ali:license_ref></license></permissions>"
    )
    assert read(ali).licence == "CC BY 4.0"
    only = "<permissions><copyright-statement>{}</copyright-statement></permissions>"
    assert read(only.format("© 2010 A Publisher")).licence == ""
    assert read(only.format("© 2010. Redistribution is permitted.")).licence == "© 2010. Redistribution is permitted."


def related(kind, attributes="", words=""):
    return f'<related-article related-article-type="{kind}" {attributes}>{words}</related-article>'


@pytest.mark.parametrize(
    ("node", "link"),
    [
        (related("retracted-article", 'ext-link-type="pubmed" xlink:href="2180"'), Link("RetractionOf", "PMID:2180")),
        (related("corrected-article", 'xlink:href="none"', "1999;2:3"), Link("ErratumFor", "", "1999;2:3")),
        (
            related("corrected-article", 'ext-link-type="doi" xlink:href="https://doi.org/10.1016/S1(17)3-1"'),
            Link("ErratumFor", "DOI:10.1016/S1(17)3-1"),
        ),
        (related("commentary-article", 'ext-link-type="pmc" xlink:href="PMC55"'), Link("CommentOn", "PMC:55")),
        (related("companion", 'ext-link-type="pmc" xlink:href="55"'), Link("companion", "PMC:55")),
        (related("companion", 'journal-id="BMJ" vol="3" page="1732"'), Link("companion", "", "BMJ 3 1732")),
        (related("addendum", "", "See page 2 (doi:10.1093/ehw039)"), Link("addendum", "DOI:10.1093/ehw039")),
    ],
)  # fmt: skip
def test_links(node, link):
    assert read(node).links == (link,)


def test_links_of_body_and_front_are_given_once_and_those_of_parts_not_at_all():
    node = related("companion", 'ext-link-type="pmc" xlink:href="55"')
    inside = f"<body><p>{node}</p></body><sub-article>{related('companion', words='page 9')}</sub-article>"
    assert read(node, body=inside).links == (Link("companion", "PMC:55"),)


def test_retracted_is_the_article_and_not_the_notice():
    notice = related("retracted-article", 'ext-link-type="pubmed" xlink:href="1"')
    assert not read(notice, attributes='article-type="retraction"').retracted
    assert read(related("retraction-forward", 'ext-link-type="pubmed" xlink:href="1"')).retracted
    assert read("", attributes='article-type="retracted-article"').retracted
    assert read("<title-group><article-title>RETRACTED: A trial</article-title></title-group>").retracted
    assert not read("<title-group><article-title>Retracted prepuce</article-title></title-group>").retracted
