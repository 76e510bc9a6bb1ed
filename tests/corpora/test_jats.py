import re
import tarfile
import time
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpora.jats import parse_jats
from corpora.jats_tables import cell_text
from corpora.records import SECTION_KINDS, Document, Skipped
from corpora.xml import parse_element
from tests.data import DATA, needs_data

ARTICLE = """<?xml version="1.0"?>
<!DOCTYPE article PUBLIC "-//NLM//DTD Journal Archiving and Interchange DTD v2.3 20070202//EN" "archivearticle.dtd">
<article article-type="research-article" xmlns:xlink="http://www.w3.org/1999/xlink"><?properties open_access?><front>
<journal-meta><journal-title>Journal of Tests</journal-title></journal-meta><article-meta>
<article-id pub-id-type="pmc">12</article-id><title-group><article-title>Tea for hiccups</article-title></title-group>
<abstract abstract-type="summary"><title>Author summary</title><p>Tea may help.</p></abstract>
<abstract><sec><title>Background</title><p>Hiccups are common.</p></sec>
<sec><title>Trial registration</title><p>T-1</p></sec></abstract></article-meta>
<notes><p>Not of interest.</p></notes></front>
<floats-group><fig><label>Figure 1</label><caption><p>Cups.</p></caption></fig></floats-group>
<body><p>Hiccups are old.</p><sec><title>Methods</title><p>We made tea.</p></sec>
<sec><title>Results</title><p>10<sup>2</sup> people drank <inline-graphic/>.</p></sec></body>
<back><ack><p>Thanks.</p></ack><ref-list><ref/></ref-list><sec><title>Funding</title><p>None.</p></sec></back>
<sub-article><front-stub/><body><p>The referee was asleep.</p></body></sub-article></article>"""


def parse(xml, source="bundle.tar.gz!PMC12.nxml", record=1):
    return parse_jats(xml.encode(), source, record)


def shown(document):
    return [(section.kind, section.name, section.span.of(document.text)) for section in document.sections]


def tiles(document):
    """Whether the sections hold every character but the breaks between them."""
    return "\n\n".join(section.span.of(document.text) for section in document.sections) == document.text


def test_a_whole_article():
    document = parse(ARTICLE)
    assert document.document_id == "PMC:12"
    assert document.title == "Tea for hiccups"
    assert document.metadata.journal == "Journal of Tests"
    assert document.source == "bundle.tar.gz!PMC12.nxml"
    assert shown(document) == [
        ("title", "Title", "Tea for hiccups"),
        ("background", "Abstract > Background", "Hiccups are common."),
        ("abstract", "Abstract > Trial registration", "T-1"),
        ("abstract", "Author summary", "Tea may help."),
        ("background", "Text", "Hiccups are old."),
        ("methods", "Methods", "We made tea."),
        ("results", "Results", "10^2 people drank ."),
        ("caption", "Figure 1. Cups", "Cups."),
        ("other", "Funding", "None."),
    ]
    assert tiles(document)
    assert document.left_out == {
        "acknowledgements": 1,
        "formula or symbol image": 1,
        "front note": 1,
        "reference": 1,
        "sub-article": 1,
    }


def test_the_same_bytes_give_the_same_document():
    assert parse(ARTICLE) == parse(ARTICLE)


def test_a_case_report_is_about_a_case_where_no_heading_says_otherwise():
    report = ARTICLE.replace("research-article", "case-report").replace(
        "<title>Methods</title>", "<title>Her story</title>"
    )
    kinds = {name: kind for kind, name, _ in shown(parse(report))}
    assert (kinds["Text"], kinds["Her story"], kinds["Results"], kinds["Funding"]) == (
        "case",
        "case",
        "results",
        "other",
    )


def test_an_abstract_whose_headings_are_in_its_text():
    plain = re.sub(
        r"<abstract><sec>.*?</abstract>",
        "<abstract><p><bold>Aim:</bold> To ask. <bold>Setting:</bold> A kitchen.</p></abstract>",
        ARTICLE,
        flags=re.DOTALL,
    )
    assert shown(parse(plain))[1:3] == [
        ("objective", "Abstract > Aim", "Aim: To ask."),
        ("methods", "Abstract > Setting", "Setting: A kitchen."),
    ]


def test_a_correction_without_body_or_abstract_keeps_its_title():
    document = parse("<article><front><article-meta><title-group><article-title>Erratum</article-title></title-group>"
                     "</article-meta></front></article>")  # fmt: skip
    assert shown(document) == [("title", "Title", "Erratum")]


def test_formulas_leave_no_preamble():
    tex = "\\documentclass[12pt]{minimal}\\usepackage{amsmath}\\begin{document}$$x \\le 2$$\\end{document}"
    formula = f"<inline-formula><alternatives><tex-math>{tex}</tex-math><graphic/></alternatives></inline-formula>"
    document = parse(f"<article><front><article-meta/></front><body><p>Let {formula}.</p></body></article>")
    assert ("other", "Text", "Let x ≤2.") in shown(document)
    assert "formula or symbol image" not in document.left_out


@pytest.mark.parametrize(
    ("xml", "reason"),
    [
        ("<article><front><article-meta/></front></article>", "FILE:PMC12-7 has neither a title nor any text"),
        ("<article><body><p>x</p></body></article>", "has no <article-meta>, where a JATS article has its title"),
        ("<html/>", "its root <html> holds 0 articles, where one was expected"),
        ("<pmc-articleset><article/><article/></pmc-articleset>", "its root <pmc-articleset> holds 2 articles"),
        ("<article><front>", "not well-formed XML"),
        ("", "not well-formed XML"),
        ('<!DOCTYPE a [<!ENTITY b "bomb">]><article>&b;</article>', "declares the entity 'b'"),
        ("<a>" * 5_000 + "</a>" * 5_000, "not well-formed XML"),
    ],
)
def test_what_cannot_be_read_is_skipped_with_the_reason(xml, reason):
    skipped = parse(xml, record=7)
    assert isinstance(skipped, Skipped)
    assert (skipped.source, skipped.record) == ("bundle.tar.gz!PMC12.nxml", 7)
    assert reason in skipped.reason


def test_a_set_of_one_article_is_that_article():
    inside = ARTICLE[ARTICLE.index("<article ") :]
    assert parse(f"<pmc-articleset>{inside}</pmc-articleset>") == parse(ARTICLE)


def test_an_article_without_identifier_and_file_name():
    unnamed = parse_jats(b"<article><front><article-meta/></front><body><p>x</p></body></article>", "")
    assert isinstance(unnamed, Skipped)
    assert "no PMC, PubMed or DOI identifier" in unnamed.reason


@pytest.mark.parametrize(
    "body",
    [
        "<p>a<sup>" + '<xref ref-type="bibr">1</xref>,' * 20_000 + "</sup></p>",
        "<p>" + ("<fn>" * 200 + "x" + "</fn>" * 200) * 100 + "</p>",
        "<p><inline-formula>" + "<inline-graphic/>" * 20_000 + "</inline-formula></p>",
        "<p><tex-math>" + "{" * 200_000 + "x" + "}" * 200_000 + "</tex-math></p>",
        "<sec><title>" + "and " * 200_000 + "</title><p>x</p></sec>",
        "<sec><title>t</title>" * 240 + "<p>x</p>" * 20_000 + "</sec>" * 240,
    ],
)
def test_hostile_articles_are_read_in_good_time(body):
    started = time.perf_counter()
    document = parse(f"<article><front><article-meta/></front><body>{body}<p>end</p></body></article>")
    assert document.text.endswith("end")
    assert time.perf_counter() - started < 10


WORDS = st.text(st.sampled_from("ab .,<>&µ1\n\u2029"), max_size=12)
RUNNING = ("p", "sec", "title", "list", "list-item", "boxed-text", "disp-formula", "sup", "xref", "back", "ack")
FLOATING = ("label", "fig", "caption", "table-wrap", "table", "tr", "td", "fn", "fn-group")
BLOCK = st.sampled_from(RUNNING + FLOATING)
TREE = st.recursive(
    WORDS.map(lambda text: text.replace("&", "&amp;").replace("<", "&lt;")),
    lambda inner: st.tuples(BLOCK, st.lists(inner, max_size=4)).map(lambda t: f"<{t[0]}>{''.join(t[1])}</{t[0]}>"),
    max_leaves=25,
)


@given(TREE, TREE)
def test_sections_tile_the_text_of_any_article(abstract, body):
    document = parse(
        f"<article><front><article-meta><title-group><article-title>T</article-title></title-group>"
        f"<abstract>{abstract}</abstract></article-meta></front><body>{body}</body></article>"
    )
    assert isinstance(document, Document)
    assert tiles(document)
    assert all(section.kind in SECTION_KINDS and section.name.strip() for section in document.sections)
    assert all(count > 0 for count in document.left_out.values())


def articles(limit=None, step=1):
    """(name, bytes) of the PMC articles of the real data, every `step`-th of each bundle."""
    for bundle in sorted((DATA / "pmc").glob("*.tar.gz")):
        taken = 0
        with tarfile.open(bundle) as archive:
            for number, member in enumerate(archive):
                if member.isfile() and number % step == 0 and (limit is None or taken < limit):
                    taken += 1
                    yield f"{bundle.name}!{member.name}", archive.extractfile(member).read()


def check(source, data):
    """The problems of one real article, by name."""
    document = parse_jats(data, source)
    if isinstance(document, Skipped):
        return document, ["skipped"]
    kinds = {section.kind for section in document.sections}
    problems = {
        "does not tile": not tiles(document),
        "no title": not document.title,
        "title only": kinds == {"title"},
        "TeX preamble": re.search(r"\\documentclass|\\usepackage|\\begin\{", document.text) is not None,
        "line of layout": re.search("[\u2028\u2029\t]|  ", document.text) is not None,
        "no journal, year or licence field": not (document.metadata.journal and document.metadata.year),
        "fused cells": not cells_are_apart(document, data, source),
    }
    return document, [name for name, found in problems.items() if found]


def cells_are_apart(document, data, source):
    lines = {
        line
        for section in document.sections
        if section.kind == "table"
        for line in section.span.of(document.text).splitlines()
    }
    shown_cells = {""} | {cell.strip() for line in lines for cell in line.split("|")}
    tables = [table for table in parse_element(data, source, 1).iter("table") if kept(table)]
    return all(cell_text(cell) in shown_cells for table in tables for cell in table.iter("td", "th"))


def kept(table):
    tags = {node.tag for node in table.iterancestors()}
    return not tags & {"sub-article", "ref-list", "supplementary-material", "td", "ack"}


@needs_data
@pytest.mark.data
def test_some_real_articles():
    problems = {}
    for source, data in articles(limit=20, step=20):
        _, found = check(source, data)
        if found:
            problems[source] = found
    assert problems == {}


TITLE_ONLY = {"PMC:2062994", "PMC:2990086", "PMC:5173951"}
"""A letter that is there as scanned pages only, an article and a book review that are there as a title only."""


@needs_data
@pytest.mark.data
@pytest.mark.slow
def test_all_real_articles():
    kinds, problems, title_only, seen = Counter(), {}, set(), 0
    for source, data in articles():
        document, found = check(source, data)
        seen += 1
        if found == ["title only"]:
            title_only.add(document.document_id)
        elif found:
            problems[source] = found
        if isinstance(document, Document):
            kinds.update(section.kind for section in document.sections if section.kind != "title")
    assert seen == 4013
    assert problems == {}
    assert title_only == TITLE_ONLY
    assert kinds["other"] / kinds.total() < 0.05
