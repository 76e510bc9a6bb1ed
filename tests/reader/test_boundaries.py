"""Spans end where a person would end them, and never cover other text than the document's."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpora.records import Span
from reader.boundaries import tidy_span


def tidied(text: str, part: str) -> str:
    start = text.index(part)
    return tidy_span(text, Span(start, start + len(part))).of(text)


@pytest.mark.parametrize(
    ("text", "part", "expected"),
    [
        ("treated with metformin daily", "etform", "metformin"),
        ("treated with metformin, then", "metformin,", "metformin"),
        ("It is CFTR.", "CFTR.", "CFTR"),
        ("caused by E. coli.", "E. coli", "E. coli"),
        ("the gene (CFTR) is", "(CFTR", "(CFTR)"),
        ("the gene (CFTR) is", "CFTR)", "(CFTR)"),
        ("Bruton kinase (BTK inhibitor) works", "kinase (BTK", "kinase"),
        ("a dose of 5 mg/kg (daily)", "5 mg/kg (", "5 mg/kg"),
        ("levels of IL-6 rose", "IL-6", "IL-6"),
        ("“autosomal recessive”", "“autosomal recessive”", "autosomal recessive"),
        ("took 12.5 mg daily", "12", "12.5"),
        ("took 0.05 mg.", "05 mg.", "0.05 mg"),
        ("a dose of 12.5.", "12.5.", "12.5"),
        ("It rose to 5. Then it fell", "5.", "5"),
        ("changed by -5 mm", "5 mm", "-5 mm"),
        ("a range of 10-20 mg", "-20 mg", "20 mg"),
        ("(P = .03)", "03", ".03"),
        ("wait ...5 days", "5 days", "5 days"),
        ("a cafe\u0301 in Paris", "cafe", "cafe\u0301"),
        ("e\u0301tude", "tude", "e\u0301tude"),
    ],
)
def test_spans_end_where_a_person_would(text: str, part: str, expected: str) -> None:
    assert tidied(text, part) == expected


@given(st.text(alphabet="ab1 ().,-“”'\nµé", max_size=40), st.data())
def test_any_span_stays_inside_the_text(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    result = tidy_span(text, Span(start, end))
    assert 0 <= result.start <= result.end <= len(text)


@given(st.text(alphabet="ab ().,", max_size=30), st.data())
def test_tidying_never_reaches_beyond_the_words_at_its_ends(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    result = tidy_span(text, Span(start, end))
    added = text[result.start : start] + text[end : result.end]
    assert all(character.isalnum() or character in "()" for character in added)
