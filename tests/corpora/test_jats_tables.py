import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from corpora.jats_tables import MAX_COLUMNS, MAX_REPEATED, SEPARATOR, cell_text, table_lines
from corpora.xml import parse_element


def lines_of(inner):
    return table_lines(parse_element(f"<table>{inner}</table>".encode(), "table.xml", 1))


def test_cells_stay_apart_and_empty_ones_keep_their_place():
    assert lines_of(
        "<thead><tr><th/><th>Drug</th><th>Placebo</th></tr></thead>"
        "<tbody><tr><td>Deaths</td><td>12</td><td>34</td></tr><tr><td>Births</td><td/><td>5</td></tr></tbody>"
    ) == [" | Drug | Placebo", "Deaths | 12 | 34", "Births |  | 5"]


def test_spanning_headings_stand_over_each_of_their_columns():
    assert lines_of(
        '<tr><th rowspan="2">Outcome</th><th colspan="2">Drug</th><th colspan="2">Placebo</th></tr>'
        "<tr><th>Mean</th><th>SD</th><th>Mean</th><th>SD</th></tr>"
        "<tr><td>Pain</td><td>3</td><td>1</td><td>5</td><td>2</td></tr>"
    ) == [
        "Outcome | Drug | Drug | Placebo | Placebo",
        "Outcome | Mean | SD | Mean | SD",
        "Pain | 3 | 1 | 5 | 2",
    ]


def test_a_value_that_spans_rows_is_given_in_each():
    assert lines_of(
        '<tr><td rowspan="2">Pain</td><td>week 4</td><td>3</td><td rowspan="2">0.02</td></tr>'
        "<tr><td>week 8</td><td>2</td></tr><tr><td>Sleep</td><td>week 4</td><td>7</td><td>0.5</td></tr>"
    ) == ["Pain | week 4 | 3 | 0.02", "Pain | week 8 | 2 | 0.02", "Sleep | week 4 | 7 | 0.5"]


def test_a_span_of_both_rows_and_columns():
    assert lines_of('<tr><td rowspan="2" colspan="2">a</td><td>b</td></tr><tr><td>c</td></tr>') == [
        "a | a | b",
        "a | a | c",
    ]


@pytest.mark.parametrize(
    ("row", "line"),
    [
        ('<td colspan="3">Primary outcomes</td>', "Primary outcomes"),
        ("<td>Primary outcomes</td><td/><td/>", "Primary outcomes"),
        ("<td>0</td><td>0</td><td>0</td>", "0 | 0 | 0"),  # equal, but three cells
        ("<td/><td/><td>7</td>", " |  | 7"),  # must stay in its column
        ('<td>NA</td><td colspan="2">2</td>', "NA | 2 | 2"),
    ],
)
def test_one_row(row, line):
    assert lines_of(f"<tr>{row}</tr>") == [line]


def test_rows_without_words_of_their_own_are_dropped():
    assert lines_of('<tr><td rowspan="3">a</td><td>b</td></tr><tr><td/></tr><tr/><tr><td><hr/></td></tr>') == ["a | b"]


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ("12<break/>13", "12; 13"),
        ("<p>12</p><p>(3)</p>", "12; (3)"),
        ("Mean<break/>(SD)", "Mean (SD)"),
        ("1.2<xref ref-type='table-fn'>a</xref>", "1.2^a"),
        ("|Z|", "¦Z¦"),
        ("<list><list-item><p>one</p></list-item><list-item><p>two</p></list-item></list>", "one two"),
        ("10<sup>6</sup>\n  cells", "10^6 cells"),
    ],
)
def test_cell_text(cell, text):
    assert cell_text(etree.fromstring(f"<td>{cell}</td>")) == text


def test_a_long_spanning_cell_is_written_once():
    long = "word " * MAX_REPEATED
    (line,) = lines_of(f'<tr><td colspan="3">{long}</td><td>1</td></tr>')
    assert line == f"{long.strip()} |  |  | 1"


def test_rows_of_a_table_inside_a_cell_are_not_rows_of_this_one():
    assert lines_of("<tr><td>a <table><tr><td>b</td><td>c</td></tr></table></td><td>d</td></tr>") == ["a b c | d"]


def test_oasis_rows_and_entries():
    assert lines_of('<tgroup><tbody><row><entry morerows="1">a</entry><entry>b</entry></row><row><entry>c</entry></row>'
                    "</tbody></tgroup>") == ["a | b", "a | c"]  # fmt: skip


@pytest.mark.parametrize("span", ["0", "-1", "x", "", "1.5", "²", "9" * 30])
def test_senseless_spans_are_taken_for_one(span):
    assert lines_of(
        f'<tr><td colspan="{span}" rowspan="{span}">a</td><td>b</td></tr><tr><td>c</td><td>d</td></tr>'
    ) == [
        "a | b",
        "c | d",
    ]


def test_hostile_spans_cost_little():
    wide = '<tr><td colspan="99999">a</td><td>b</td></tr>'
    (line,) = lines_of(wide)
    assert line.count(SEPARATOR) == MAX_COLUMNS
    started = time.perf_counter()
    lines = lines_of(f'<tr><td rowspan="99999" colspan="99999">{"x" * 190}</td></tr>' + "<tr><td>y</td></tr>" * 20_000)
    assert sum(map(len, lines)) < 20_000_000
    assert time.perf_counter() - started < 20


CELL = st.tuples(
    st.text(st.characters(codec="utf-8", categories=["L", "N"]), min_size=1, max_size=6),
    st.integers(1, 4),
    st.integers(1, 3),
)


@given(st.lists(st.lists(CELL, min_size=1, max_size=5), min_size=1, max_size=6))
def test_every_cell_is_found_as_a_cell_of_its_row(rows):
    table = etree.Element("table")
    for row in rows:
        line = etree.SubElement(table, "tr")
        for text, colspan, rowspan in row:
            etree.SubElement(line, "td", colspan=str(colspan), rowspan=str(rowspan)).text = text
    lines = table_lines(table)
    assert len(lines) == len(rows)
    for row, line in zip(rows, lines, strict=True):
        cells = line.split(SEPARATOR)
        wanted = iter(cells)
        assert all(text in wanted for text, _, _ in row)  # each, and in this order


@given(st.integers(1, 6), st.lists(st.lists(st.integers(0, 999), min_size=6, max_size=6), min_size=1, max_size=5))
def test_a_plain_table_comes_back_as_it_was(columns, numbers):
    rows = [row[:columns] for row in numbers]
    inner = "".join(f"<tr>{''.join(f'<td>{number}</td>' for number in row)}</tr>" for row in rows)
    assert [[int(cell) for cell in line.split(SEPARATOR)] for line in lines_of(inner)] == rows
