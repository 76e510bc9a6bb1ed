"""Documents -> passages: stretches of whole sentences of about the same length, each inside one section."""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from itertools import accumulate

import msgspec

from corpora.errors import UsageError
from corpora.records import Document, Section, Span
from indexer.records import Passage
from indexer.sentences import sentence_spans

LONG_WORD = 30
"""A word counts once for every so many characters, so that a passage's characters are bounded as well."""

_ROW = re.compile(r"[^\n]*+(?:\n\s*+|\Z)")


class Splitter(msgspec.Struct, frozen=True):
    """How documents are cut into passages; kept in the index manifest, since other passages make another index.

    Lengths are in words as `count_words` counts them. A passage has at most `max_words`, or up to `min_words` more
    where that spares a neighbour shorter than `min_words`. Neighbours of one section share whole sentences of up to
    `overlap_words` together, so that no context is lost at the cut. Raises `UsageError` for impossible lengths.
    """

    max_words: int = 200
    overlap_words: int = 40
    min_words: int = 50

    def __post_init__(self) -> None:
        if not (0 <= self.overlap_words < self.max_words and 0 <= self.min_words <= self.max_words):
            raise UsageError(
                f"a splitter of max_words={self.max_words}, overlap_words={self.overlap_words}, "
                f"min_words={self.min_words} is impossible",
                remedy="0 <= overlap_words < max_words and 0 <= min_words <= max_words are needed",
            )

    def split(self, document: Document) -> list[Passage]:
        """The passages of a document in reading order, numbered from 1; the same document gives the same ones.

        The spans of a section's passages together cover the section (a blank section has none), and
        `document.text[span]` is each one's text. Passages begin and end where sentences do, in tables where rows do.
        Only a sentence longer than `max_words` is cut inside: between words, and a single word that is longer than
        that wherever the length is reached.
        """
        spans = (
            (section, span) for section in document.sections for span in self._section_spans(document.text, section)
        )
        return [
            Passage(
                passage_id=f"{document.document_id}#{number}",
                document_id=document.document_id,
                span=span,
                section=section.name,
                kind=section.kind,
                text=span.of(document.text),
            )
            for number, (section, span) in enumerate(spans, start=1)
        ]

    def _section_spans(self, text: str, section: Section) -> list[Span]:
        body = section.span.of(text)
        words = count_words(body)
        if words <= self.max_words:
            return [section.span] if words else []
        units = list(self._units(body, in_rows=section.kind == "table"))
        starts = list(accumulate(map(len, units), initial=section.span.start))
        return [Span(starts[first], starts[end]) for first, end in self.windows([count_words(unit) for unit in units])]

    def _units(self, body: str, *, in_rows: bool) -> Iterator[str]:
        """The sentences or rows of a section, those that are too long in pieces. Joined they are `body`."""
        for unit in _rows(body) if in_rows else [span.of(body) for span in sentence_spans(body)]:
            if count_words(unit) <= self.max_words:
                yield unit
            else:
                yield from self._pieces(unit)

    def _pieces(self, sentence: str) -> Iterator[str]:
        """A sentence that is too long, in pieces short enough to be shared by neighbouring passages."""
        limit = self.overlap_words or self.max_words
        words = re.findall(rf"\s*+\S{{1,{LONG_WORD * self.max_words}}}+\s*+", sentence)
        piece: list[str] = []
        length = 0
        for word, count in zip(words, map(count_words, words), strict=True):
            if piece and length + count > limit:
                yield "".join(piece)
                piece, length = [], 0
            piece.append(word)
            length += count
        yield "".join(piece)

    def windows(self, lengths: Sequence[int]) -> list[tuple[int, int]]:
        """Which units go into each passage, as half-open ranges, given each unit's length (at most `max_words`).

        The ranges cover all units, begin and end ever later, and are as equal in length as the units allow.
        """
        before = list(accumulate(lengths, initial=0))
        first, end = 0, self._end(before, 0, 0)
        ranges = [(first, end)]
        while end < len(lengths):
            shared = max(before[end] - self.overlap_words, before[end + 1] - self.max_words)
            first = min(end, max(first + 1, bisect_left(before, shared)))
            end = self._end(before, first, end)
            ranges.append((first, end))
        return ranges

    def _end(self, before: list[int], first: int, covered: int) -> int:
        """Where the passage that begins with unit `first` ends, beyond the units already `covered`.

        `before[i]` is the length of the units before `i`. What remains is shared out among as few passages as can
        hold it; this one takes its share, to the nearest unit.
        """
        last = len(before) - 1
        remaining = before[last] - before[first]
        if remaining <= self.max_words:
            return last
        passages = -((self.overlap_words - remaining) // (self.max_words - self.overlap_words))
        share = before[first] + (remaining + (passages - 1) * self.overlap_words) / passages
        end = bisect_right(before, share) - 1
        if before[end + 1] - share < share - before[end] and before[end + 1] - before[first] <= self.max_words:
            end += 1
        end = max(end, covered + 1)
        while before[end] - before[first] < self.min_words:
            end += 1
        tail = before[last] - before[end]
        return last if tail < self.min_words and remaining <= self.max_words + self.min_words else end


def count_words(text: str) -> int:
    """How many words a text has: runs without white space, each counted once for every `LONG_WORD` characters begun."""
    words = text.split()
    if len(text) <= LONG_WORD or max(map(len, words), default=0) <= LONG_WORD:
        return len(words)
    return sum(-(-len(word) // LONG_WORD) for word in words)


def _rows(table: str) -> list[str]:
    """The rows of a table with their line breaks; blank lines go with the row before."""
    return [row for row in _ROW.findall(table) if row]
