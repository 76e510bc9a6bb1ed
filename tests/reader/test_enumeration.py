"""Enumerations: the other items around one, as spans of the text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpora.records import Span
from reader.enumeration import siblings


def others(text: str, item: str) -> list[str]:
    start = text.index(item)
    return [span.of(text) for span in siblings(text, Span(start, start + len(item)))]


@pytest.mark.parametrize(
    ("text", "item", "found"),
    [
        (
            "Drugs such as alpha, beta blockers (BB), gamma and delta were used.",
            "gamma",
            ["alpha", "beta blockers", "delta"],
        ),
        ("Mutations in NPM1, MLL, and CEBPA drive leukaemia.", "NPM1", ["MLL", "CEBPA"]),
        ("It affects the heart, the liver and kidney. Then more.", "liver", ["heart", "kidney"]),
        ("A VEGF-A/Ang-2 bispecific antibody.", "VEGF-A", ["Ang-2"]),
        ("Only one is here.", "one", []),
        ("", "", []),
    ],
)
def test_the_items_around_one(text: str, item: str, found: list[str]) -> None:
    assert others(text, item) == found


@given(st.text(alphabet="ab ,;()and/", max_size=60), st.integers(0, 30), st.integers(1, 10))
def test_items_lie_apart_in_the_text(text: str, start: int, length: int) -> None:
    item = Span(min(start, len(text)), min(start + length, len(text)))
    spans = siblings(text, item)
    assert spans == sorted(spans)
    assert all(span.end <= len(text) and span.of(text).strip() for span in spans)
    assert all(span.end <= item.start or item.end <= span.start for span in spans)
