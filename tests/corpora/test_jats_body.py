from lxml import etree

from corpora.jats_body import MAX_DEPTH, MAX_HEADING, MAX_PATH, BodyWriter, Place
from corpora.text import TextBuilder


def write(inner, lead=None):
    """The sections of a body as (kind, name, text), and what was left out."""
    builder = TextBuilder()
    writer = BodyWriter(builder)
    writer.write(etree.fromstring(f"<body>{inner}</body>"), Place((), "other"), lead)
    text, sections = builder.build()
    return [(section.kind, section.name, section.span.of(text)) for section in sections], dict(writer.left_out)


def sections_of(inner, **options):
    return write(inner, **options)[0]


def test_nested_sections_have_paths_and_inherit_kinds():
    assert sections_of(
        "<sec><title>Methods:</title><p>a</p><sec><title>Participants</title><p>b</p><p>c</p></sec>"
        "<sec><p>d</p></sec></sec><sec sec-type='discussion'><title>What it means</title><sec><title>Conclusion</title>"
        "<p>e</p></sec></sec>"
    ) == [
        ("methods", "Methods", "a"),
        ("methods", "Methods > Participants", "b\nc"),
        ("methods", "Methods", "d"),
        ("conclusions", "What it means > Conclusion", "e"),
    ]


def test_text_without_headings():
    assert sections_of("<p>a</p><p>b</p>") == [("other", "Text", "a\nb")]
    lead = Place((), "background")
    assert sections_of("<p>a</p><sec><title>Funding</title><p>b</p></sec><p>c</p>", lead=lead) == [
        ("background", "Text", "a"),
        ("other", "Funding", "b"),
        ("other", "Text", "c"),
    ]


def test_lists_quotes_and_formulas_are_paragraphs():
    assert sections_of(
        "<sec><title>Methods</title><p>We asked:<list><list-item><label>1.</label><p>who</p></list-item>"
        "<list-item><p>why</p></list-item></list>and waited.</p><disp-quote><p>Because.</p></disp-quote>"
        "<p>The mean is <disp-formula><label>(1)</label>m = 1</disp-formula>, as known.</p>"
        "<def-list><def-item><term>BMI</term><def><p>body mass index</p></def></def-item></def-list></sec>"
    ) == [
        (
            "methods",
            "Methods",
            "We asked:\n1. who\nwhy\nand waited.\nBecause.\nThe mean is (1) m = 1, as known.\nBMI: body mass index",
        )
    ]


def test_floats_follow_the_paragraphs_among_which_they_stand():
    assert sections_of(
        "<sec><title>Results</title><p>before <fig><label>Figure 1.</label><caption><title>Flow.</title>"
        "<p>Of people.</p></caption><graphic/></fig>after</p><p>then</p>"
        "<sec><title>Harms</title><p>none</p></sec></sec>"
    ) == [
        ("results", "Results", "before after\nthen"),
        ("caption", "Figure 1. Flow", "Flow.\nOf people."),
        ("results", "Results > Harms", "none"),
    ]


def test_figures_without_words_are_counted():
    found, left_out = write("<fig><label>Figure 1</label><graphic><alt-text>x</alt-text></graphic></fig>")
    assert found == []
    assert left_out == {"figure without caption": 1}


def test_groups_of_figures():
    assert sections_of(
        "<fig-group><label>Figure 2</label><caption><p>Both.</p></caption><fig><label>A</label><caption><p>Left.</p>"
        "</caption></fig><fig><label>B</label><caption><p>Right.</p></caption></fig></fig-group>"
    ) == [
        ("caption", "Figure 2. Both", "Both."),
        ("caption", "A. Left", "Left."),
        ("caption", "B. Right", "Right."),
    ]


def test_a_table_is_caption_rows_and_footnotes():
    found = sections_of(
        "<table-wrap><label>Table 3</label><caption><title>Harms</title><p>By arm.</p></caption><table>"
        "<tr><th/><th>Drug</th></tr><tr><td>Deaths<xref ref-type='table-fn'>a</xref></td><td>5</td></tr></table>"
        "<table-wrap-foot><fn><label>a</label><p>At one year.</p></fn><p>CI, interval.</p></table-wrap-foot>"
        "</table-wrap>"
    )
    assert found == [
        ("table", "Table 3. Harms", "Harms\nBy arm.\n| Drug\nDeaths^a | 5\na At one year.\nCI, interval."),
    ]


def test_a_table_that_is_an_image_leaves_its_words():
    found, left_out = write(
        "<table-wrap><label>Table 1</label><caption><p>Harms by arm</p></caption><graphic/>"
        "<table-wrap-foot><p>CI, interval.</p></table-wrap-foot></table-wrap>"
    )
    assert found == [("caption", "Table 1. Harms by arm", "Harms by arm\nCI, interval.")]
    assert left_out == {"table image": 1}


def test_the_table_among_alternatives_is_taken_and_a_long_caption_is_no_name():
    found = sections_of(
        f"<table-wrap><label>Table 1</label><caption><p>{'word ' * 50}</p></caption><alternatives><graphic/>"
        "<table><tr><td>1</td><td>2</td></tr></table></alternatives></table-wrap>"
    )
    assert found == [("table", "Table 1", f"{('word ' * 50).strip()}\n1 | 2")]


def test_boxes_are_sections_of_their_own():
    assert sections_of(
        "<sec><title>Results</title><p>x<boxed-text><label>Box 1</label><caption><title>Key messages</title></caption>"
        "<p>It works.</p><sec><title>Methods</title><p>Asked.</p></sec></boxed-text></p></sec>"
    ) == [
        ("results", "Results", "x"),
        ("conclusions", "Box 1. Key messages", "It works."),
        ("methods", "Box 1. Key messages > Methods", "Asked."),
    ]


def test_what_says_nothing_of_the_subject_is_counted():
    found, left_out = write(
        "<sec><title>Competing interests</title><p>None.<fig><caption><p>Kept.</p></caption></fig></p></sec>"
        "<sec sec-type='supplementary-material'><title>S1</title><supplementary-material/></sec>"
        "<ack><p>Thanks.</p></ack><ref-list><ref/><ref/></ref-list><bio><p>Born.</p></bio>"
        "<supplementary-material><p>x</p></supplementary-material><p>kept<supplementary-material/></p>"
        "<supplementary-material content-type='scanned-pages'/>"
    )
    assert found == [("caption", "Kept", "Kept."), ("other", "Text", "kept")]
    assert left_out == {
        "competing interests": 1,
        "supplementary material": 4,
        "acknowledgements": 1,
        "reference": 2,
        "author information": 1,
        "scanned pages": 1,
    }


def test_notes_on_interests_may_hold_other_notes():
    found, left_out = write(
        "<notes notes-type='COI-statement'><sec><title>Ethics approval</title><p>Given.</p></sec>"
        "<sec><title>Competing interests</title><p>None.</p></sec></notes>"
    )
    assert found == [("methods", "Ethics approval", "Given.")]
    assert left_out == {"competing interests": 1}


def test_footnotes():
    found, left_out = write(
        "<p>Text<fn><label>1</label><p>An aside.</p></fn> goes on.</p>"
        "<fn-group><fn fn-type='con'><p>AB wrote it.</p></fn><fn><p>Funding: A grant.</p></fn></fn-group>"
    )
    assert found == [("other", "Text", "Text goes on.\n1 An aside."), ("other", "Notes", "Funding: A grant.")]
    assert left_out == {"author contributions": 1}


def test_long_headings_and_paths_are_shortened():
    (found,) = sections_of(f"<sec><title>{'a' * 1000}</title><p>x</p></sec>")
    assert found[1] == "a" * MAX_HEADING + "…"
    nested = "".join(f"<sec><title>{letter * 290}</title>" for letter in "abc") + "<p>x</p>" + "</sec>" * 3
    (found,) = sections_of(nested)
    assert found[1] == f"{'a' * 290} > … > {'c' * 290}"
    assert len(found[1]) <= MAX_PATH


def test_sections_nested_beyond_all_measure_keep_their_text():
    deep = "<sec><title>t</title>" * 200 + "<p>one</p><p>two</p>" + "</sec>" * 200
    (*_, last) = sections_of(deep)
    assert last[2].endswith("one\ntwo")
    boxes = "<boxed-text>" * 200 + "<p>x</p>" + "</boxed-text>" * 200
    assert sections_of(boxes)[-1][2] == "x"
    assert MAX_DEPTH < 200
