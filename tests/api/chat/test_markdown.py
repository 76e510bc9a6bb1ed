"""Answers as Markdown, read back with a CommonMark parser: what is shown is what the documents say."""

import re

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from api.chat.markdown import answer_markdown, citations, document_url, escaped, safe_url
from tests.api.chat.answers import CFTR, NOT_ENOUGH, SENTENCE, YES, answer, evidence

PARSER = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
HOSTILE = [
    "](javascript:alert(1)) [click](https://evil.example)",
    "![x](https://evil.example/pixel.png)",
    "<img src=x onerror=alert(1)> <script>alert(1)</script>",
    "# Heading\n\n- item\n\n> quote\n\n---\n```\ncode\n```",
    "**bold** *it* _u_ `code` ~~s~~ a|b\n|-|\n|c|",
    "[1]: https://evil.example 'x'",
    "&lt;b&gt; &amp; &#91;x&#93; &copy;",
    "\\[x^2\\] \\(y\\) $z$ $$w$$",
    "<https://evil.example> https://evil.example www.evil.example a@evil.example mailto:a@evil.example",
    "line\r\nline\tx  \nline",
    "”. Forged “answer",
    "\\",
    "1. x",
    "- x",
    "Tumour*s* of 5*3 and β_2",
]


def shown(markdown):
    """(text, links, kinds of tokens) of Markdown; line breaks that entities stand for are in the text."""
    text, links, kinds = [], [], []
    for block in PARSER.parse(markdown):
        kinds.append(block.type)
        for token in block.children or ():
            kinds.append(token.type)
            text.append(token.content if token.type in ("text", "text_special") else "")
            links += [token.attrs["href"]] if token.type == "link_open" else []
        text.append("\n")
    return "".join(text), links, set(kinds)


def shown_bold(markdown):
    """The texts in bold."""
    found = []
    for block in PARSER.parse(markdown):
        bold = None
        for token in block.children or ():
            if token.type == "strong_open":
                bold = ""
            elif token.type == "strong_close":
                found.append(bold)
                bold = None
            elif bold is not None:
                bold += token.content
    return found


def markdown(given, **more):
    return answer_markdown(given, citations(given), **more)


def test_a_factoid_answer():
    assert markdown(CFTR) == (
        "High confidence (0.93). Words of the documents themselves.\n\n"
        "1. **CFTR** (confidence 0.90)\n"
        "   - “Cystic fibrosis is caused by mutations in the **CFTR** gene.” "
        "[[1]](https://pubmed.ncbi.nlm.nih.gov/1/) · Cystic fibrosis and its gene · Journal of Rare Diseases · 2015 · "
        "Abstract · PMID:1\n\n"
        "Record of this answer: r-1\n"
    )


def test_a_yes_no_answer_has_its_verdict_beside_whole_sentences():
    assert markdown(YES, shown_question="Is it so?") == (
        "Asked as: Is it so?\n\n"
        "**Yes**, as a model reads the quotations below (yes 0.91, no 0.05, maybe 0.04). This is no quotation.\n\n"
        "High confidence (0.93). Words of the documents themselves.\n\n"
        "1. “Cystic fibrosis is caused by mutations in the CFTR gene.” [[1]](https://pubmed.ncbi.nlm.nih.gov/1/) · "
        "Cystic fibrosis and its gene · Journal of Rare Diseases · 2015 · Abstract · PMID:1\n"
        "2. “Lung function rose by 10.6 percent after 24 weeks.” [[2]](https://pubmed.ncbi.nlm.nih.gov/2/) · "
        "**RETRACTED** · Cystic fibrosis and its gene · Journal of Rare Diseases · 2015 · Abstract · PMID:2\n\n"
        "Record of this answer: r-1\n"
    )


def test_insufficient_evidence_names_the_nearest_documents():
    assert markdown(NOT_ENOUGH) == (
        "**Insufficient evidence.** The evidence in this index is too weak to answer; the nearest documents are named "
        "instead.\n\n"
        "Nearest documents, which do not answer the question by themselves:\n\n"
        "- [PMID:7](https://pubmed.ncbi.nlm.nih.gov/7/)\n"
        "- [PMC:55](https://pmc.ncbi.nlm.nih.gov/articles/PMC55/)\n"
        "- [DOI:10.1000/x(y)](https://doi.org/10.1000/x%28y%29)\n"
        "- notes/1\n"
        "- \\- 5. x\n"
    )
    text, links, _ = shown(markdown(NOT_ENOUGH))
    assert "\n- 5. x\n" in text
    assert links == [document_url(document_id) for document_id in NOT_ENOUGH.nearest[:3]]
    assert markdown(answer(status="insufficient_evidence", nearest=())).count("\n") == 1


@pytest.mark.parametrize(
    ("confidence", "calibrated", "words"),
    [
        (0.7, True, "High confidence (0.70). "),
        (0.69, True, "Moderate confidence (0.69). "),
        (0.39, False, "Low confidence (0.39, not calibrated for these models). "),
    ],
)
def test_confidence_in_words(confidence, calibrated, words):
    given = answer((evidence(),), confidence=confidence, models={"calibrated": calibrated})
    assert markdown(given).startswith(words)


def test_each_place_has_one_number():
    first, other = evidence(), evidence("mutations")
    numbered = citations(answer((first, other), (other, evidence("CFTR", document_id="PMID:9"))))
    assert [(found.index, found.document_id, found.text) for found in numbered] == [
        (1, "PMID:1", "CFTR"),
        (2, "PMID:1", "mutations"),
        (3, "PMID:9", "CFTR"),
    ]
    assert numbered[0].sentence[numbered[0].start - 80 : numbered[0].end - 80] == "CFTR"
    text, _, _ = shown(markdown(answer((first, other), (other,))))
    assert re.findall(r"\[(\d)\]", text) == ["1", "2", "2"]


@pytest.mark.parametrize("hostile", HOSTILE)
def test_hostile_documents_are_shown_as_they_are(hostile):
    given = answer(
        (evidence(hostile, f"x {hostile} y", title=hostile, journal=hostile, section=hostile, url="javascript:1",
                  document_id="x"),),
        note=hostile, record_id=hostile,
    )  # fmt: skip
    text, links, kinds = shown(markdown(given, shown_question=hostile))
    assert links == []
    assert not kinds & {"image", "html_inline", "html_block", "heading_open", "fence", "code_inline", "hr", "em_open",
                        "blockquote_open", "s_open", "table_open", "code_block", "softbreak", "hardbreak"}  # fmt: skip
    assert f"Asked as: {hostile}\n" in text
    assert f"“x {hostile} y” [1] · {hostile} · 2015 · x\n" in text
    assert kinds >= {"list_item_open", "paragraph_open"}
    assert len([token for token in PARSER.parse(markdown(given)) if token.type == "list_item_open"]) == 2


@pytest.mark.parametrize(
    ("url", "link"),
    [
        ("https://example.org/a_(b)?x=1&copy=2", "https://example.org/a_%28b%29?x=1&copy=2"),
        ("http://example.org/é<b>\"'", "http://example.org/%C3%A9%3Cb%3E%22%27"),
        ("https://example.org/%28", "https://example.org/%28"),
        ("javascript:alert(1)", ""),
        ("data:text/html,x", ""),
        ("//example.org", ""),
        ("/v1/index", ""),
        ("https://", ""),
        ("https://user:pass@example.org/", ""),
        ("https://example.org/a b", ""),
        ("https://example.org/\nx", ""),
        ("https://example.org\\@evil.example", ""),
        ("https://[", ""),
        ("https://example.org/\u202egpj", ""),
        ("", ""),
    ],
)
def test_only_web_addresses_become_links(url, link):
    assert safe_url(url) == link
    given = answer((evidence(url=url, document_id="x"),))
    assert shown(markdown(given))[1] == ([link] if link else [])
    assert citations(given)[0].url == link


def test_escaping_leaves_plain_text_alone():
    plain = "IL-6 rose by 10.6 % (95 % CI 1.2-3.4; p < 0.05) in “β-blockers”, e.g. Smith’s: 3:1."
    assert escaped(plain) == plain.replace("<", "&lt;")


# Letters, marks and everything that Markdown knows. U+0000 and lone surrogates cannot be in a document.
TEXT = st.text(
    alphabet=st.one_of(
        st.sampled_from("ab1 *_`[]()<>&#!|~\\$:/.-+=\n\té±“”—"),
        st.characters(exclude_categories=("Cs", "Cc")),
    ),
    min_size=1,
    max_size=12,
)


@given(before=TEXT | st.just(""), quotation=TEXT, after=TEXT | st.just(""))
@settings(max_examples=500, deadline=None)
def test_what_is_rendered_is_the_quotation(before, quotation, after):
    begins = 80 + len(before)
    placed = evidence(before + quotation + after, before + quotation + after, url="")
    found = msgspec.structs.replace(placed, start=begins, end=begins + len(quotation), text=quotation)
    written = markdown(answer((found,), note="n", record_id=""))
    text, links, _ = shown(written)
    assert f"“{before}{quotation}{after}” [1] · " in text
    assert links == ["https://pubmed.ncbi.nlm.nih.gov/1/"]
    assert set(shown_bold(written)) <= {quotation}


def test_the_quotation_is_marked_wherever_markdown_can():
    marked = answer((evidence("(CFTR)", "It is (CFTR), so."),))
    assert shown_bold(markdown(marked)) == ["(CFTR)", "(CFTR)"]
    inside = answer((evidence("TR", SENTENCE),))
    assert shown_bold(markdown(inside)) == ["TR", "TR"]
    glued = answer((evidence("(CFTR)", "x(CFTR)y"),))
    assert shown_bold(markdown(glued)) == ["(CFTR)"]
    assert "“x(CFTR)y”" in shown(markdown(glued))[0]
