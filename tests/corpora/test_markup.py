import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from corpora.markup import LINE, NOT_TEXT, PARAGRAPH, inline_text
from corpora.text import collapse

PARSER = etree.XMLParser(resolve_entities=False)


def text_of(inner, skip=NOT_TEXT):
    return collapse(inline_text(etree.fromstring(f"<p>{inner}</p>", PARSER), skip))


BIBR = '<xref ref-type="bibr">{}</xref>'.format


@pytest.mark.parametrize(
    ("inner", "text"),
    [
        ("a <i>b</i><b>c</b> <u>d</u><sc>e</sc><ext-link>f</ext-link>", "a bc def"),
        ("10<sup>6</sup> cells/mm<sup>3</sup>", "10^6 cells/mm3"),
        ("H<sub>2</sub>O, CO<sub>2</sub>, CD4<sup>+</sup>", "H2O, CO2, CD4+"),
        ("SO<sub>4</sub><sup>2-</sup>", "SO4^2-"),
        ("<italic>10</italic><sup><bold>6</bold></sup>", "10^6"),
        ("x<sup>2<sup>3</sup></sup>", "x^(2^3)"),
        ("<i>χ</i>\n<sup>2</sup> test", "χ2 test"),  # the line break is the layout's
        ("<i>χ</i> <sup>a</sup> test", "χ a test"),
        ("one<break/>two<p>three</p>(four)<p>five</p>", "one two three (four) five"),
        ("<disp-formula>x = 1</disp-formula>, where", "x = 1, where"),
        ("<list><list-item><label>1.</label><p>a</p></list-item><list-item><p>b</p></list-item></list>", "1. a b"),
        ("<def-list><def-item><term>ATP</term><def><p>a base</p></def></def-item></def-list>", "ATP: a base"),
        ("a<!-- no -->b<?no no?>c", "abc"),
        ("a<graphic><alt-text>no</alt-text></graphic>b", "ab"),
        ("", ""),
    ],
)  # fmt: skip
def test_inline_markup(inner, text):
    assert text_of(inner) == text


@pytest.mark.parametrize(
    ("inner", "text"),
    [
        (f"died.<sup>{BIBR(12)}</sup> Then", "died. Then"),
        (f"died<sup>{BIBR(1)},{BIBR(2)}–{BIBR(5)}</sup>.", "died."),
        (f"died.{BIBR('<sup>1</sup>')}<sup>,</sup>{BIBR('<sup>2</sup>')} Then", "died. Then"),
        (f"died.{BIBR(4)} {BIBR(5)} Then", "died. Then"),
        (f"died{BIBR('3–7')} and", "died and"),
        (f"trials,{BIBR('20–23')} including", "trials, including"),
        (f"word<sup>{BIBR(1)}</sup>another", "word another"),
        (f"TNF<sup>{BIBR(1)}</sup>-alpha", "TNF-alpha"),
        # these are part of their sentences
        (f"shown [{BIBR(1)}–{BIBR(5)}].", "shown [1–5]."),
        (f"shown ({BIBR(1)},{BIBR(2)}).", "shown (1,2)."),
        (f"shown {BIBR('[7]')}.", "shown [7]."),
        (f"as in {BIBR(12)}, they", "as in 12, they"),
        (f"({BIBR('Doe et al., 2010')})", "(Doe et al., 2010)"),
        (f"(Doe,{BIBR(2010)})", "(Doe,2010)"),
        ("see Figure<xref ref-type='fig'>1</xref>", "see Figure 1"),
        # footnote marks are kept apart from the number before them
        ("12.3<xref ref-type='table-fn'>1</xref>", "12.3^1"),
        ("12.3<xref ref-type='table-fn'><sup>a</sup></xref>", "12.3^a"),
        ("Dose<xref ref-type='fn'>a</xref>", "Dose^a"),
    ],
)
def test_references(inner, text):
    assert text_of(inner) == text


def test_formulas_prefer_mathml_to_tex():
    tex = "<tex-math>\\documentclass{minimal}\\begin{document}$$x_{1}$$\\end{document}</tex-math>"
    math = "<math><msub><mi>y</mi><mn>1</mn></msub></math>"
    assert text_of(f"(<inline-formula><alternatives>{tex}{math}</alternatives></inline-formula>)") == "(y_1)"
    assert text_of(f"(<inline-formula>{tex}{math}</inline-formula>)") == "(y_1)"
    assert text_of(f"(<inline-formula>{tex}</inline-formula>)") == "(x_1)"
    assert text_of(f'let<math display="block">{math[6:-7]}</math>be') == "let y_1 be"


def test_paragraphs_and_lines_stand_apart():
    raw = inline_text(etree.fromstring("<sec><title>T</title><p>a<break/>b</p>\n  <p>c</p></sec>"))
    assert raw == f"T{PARAGRAPH}a{LINE}b{PARAGRAPH}c"
    assert collapse(raw) == "T a b c"


def test_skip_leaves_elements_out_but_not_what_follows_them():
    assert text_of("a <fn>no</fn>b", NOT_TEXT | {"fn"}) == "a b"
    assert text_of("a <fn>yes</fn> b") == "a yes b"


def test_the_tail_of_the_element_is_not_its_text():
    assert inline_text(etree.fromstring("<a><b>in</b>out</a>")[0]) == "in"


def test_an_unresolved_entity_becomes_its_character():
    article = etree.fromstring('<!DOCTYPE p SYSTEM "none.dtd"><p>&alpha;-blocker &nonsense; x</p>', PARSER)
    assert inline_text(article) == "α-blocker &nonsense; x"


@pytest.mark.parametrize("tag", ["i", "sup", "sub", "p", "list", "unheard-of"])
def test_depth_does_not_exhaust_the_stack(tag):
    root = node = etree.Element("p")
    for _ in range(10_000):
        node = etree.SubElement(node, tag)
    node.text = "x"
    assert collapse(inline_text(root)) == "x"


TAGS = st.sampled_from(["i", "p", "td", "sup", "sub", "list-item", "break", "label", "term", "xref", "title"])
TREES = st.recursive(
    st.tuples(TAGS, st.text("ab 12.", max_size=4), st.just(()), st.text("cd 34,", max_size=4)),
    lambda inner: st.tuples(
        TAGS, st.text("ab 12.", max_size=4), st.lists(inner, max_size=4), st.text("cd 34,", max_size=4)
    ),
    max_leaves=20,
)


def build(tree):
    tag, text, children, tail = tree
    element = etree.Element(tag)
    element.text, element.tail = text, tail
    element.extend(map(build, children))
    return element


@given(TREES)
def test_every_letter_stays_and_in_order(tree):
    element = build(tree)
    letters = re.sub(r"[^abcd]", "", "".join(element.itertext()) if len(element) else element.text or "")
    assert re.sub(r"[^abcd]", "", inline_text(element)) == letters


@given(st.lists(st.tuples(st.sampled_from(["p", "td", "list-item", "th"]), st.integers(0, 999)), max_size=8))
def test_numbers_in_different_blocks_never_fuse(blocks):
    element = etree.Element("row")
    for tag, number in blocks:
        etree.SubElement(element, tag).text = str(number)
    assert inline_text(element).split() == [str(number) for _, number in blocks]
