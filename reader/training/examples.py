"""What a span reader learns from: a question, a text, and where in the text its answers stand."""

import re
from collections.abc import Sequence

import msgspec

from corpora.records import Span

Answers = tuple[tuple[Span, ...], ...]
"""One entry an answer item; each holds every place in the text where the item stands, under any of its names."""


class Example(msgspec.Struct, frozen=True):
    """A question and a text. No `answers`: the text does not answer it."""

    question: str
    text: str
    answers: Answers = ()


def occurrences(text: str, name: str) -> list[Span]:
    """Every place where the name stands as whole words, whatever its case."""
    if not name.strip():
        return []
    return [Span(*match.span()) for match in whole_words(name.strip()).finditer(text)]


def whole_words(name: str) -> re.Pattern[str]:
    """Finds the name where no letter or digit goes on before or after it; white space matches any white space."""
    body = r"\s+".join(map(re.escape, name.split()))
    return re.compile(rf"(?<!\w){body}(?!\w)", re.IGNORECASE)


def joined(before: str, example: Example, after: str) -> Example:
    """The example's text between two others, its answers moved along."""
    shift = len(before) + 1 if before else 0
    text = " ".join(part for part in (before, example.text, after) if part)
    moved = tuple(tuple(Span(span.start + shift, span.end + shift) for span in item) for item in example.answers)
    return Example(example.question, text, moved)


def disjoint(spans: Sequence[Span]) -> tuple[Span, ...]:
    """The spans in order of place, a shorter one inside a longer one left out."""
    kept: list[Span] = []
    for span in sorted(set(spans), key=lambda span: (-len(span), span)):
        if all(span.end <= other.start or other.end <= span.start for other in kept):
            kept.append(span)
    return tuple(sorted(kept))
