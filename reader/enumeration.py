"""Items of one enumeration: where "A, B (b) and C" stands around an item, the others are items as well."""

import re
from collections.abc import Iterator

from corpora.records import Span

LONGEST = 6
"""Words of an item."""

_SEPARATOR = r"(?:\s*[,;]\s*(?:and|or|as well as|and/or)?\s+|\s+(?:and/or|and|or|as well as)\s+|\s?/\s?)"
_NOTE = r"(?:\s*\([^()]{1,60}\))?"
_NEXT = re.compile(_NOTE + _SEPARATOR)
_BEFORE = re.compile(rf"{_NOTE}{_SEPARATOR}(?:(?:the|an?)\s+)?$")
_STOP = (
    r"(?:a|an|the|of|in|on|at|by|for|to|from|with|is|are|was|were|be|been|as|that|this|these|those|which|who|it|its|"
    r"their|has|have|had|can|may|not|also|between|into|than|through|via|after|before|during|when|while|both|either|"
    r"including|include|includes|included|such|respectively|were|and|or|we|they|using|but|other|others)"
)
_WORD = rf"(?!{_STOP}\b)[^\s,;()\[\]:/]*[^\s,;()\[\]:./]"
_FORWARD = re.compile(rf"(?:(?:the|a|an)\s+)?(?P<item>{_WORD}(?:\s{_WORD}){{0,{LONGEST - 1}}})", re.IGNORECASE)
_BACKWARD = re.compile(rf"(?<![^\s(,;:/])(?P<item>{_WORD}(?:\s{_WORD}){{0,{LONGEST - 1}}})$", re.IGNORECASE)
_SYMBOL = re.compile(r"(?=\S*[A-Z])(?=\S*(?:[A-Z]\S*[A-Z]|\d))\S+")
_REACH = 120


def siblings(text: str, item: Span) -> list[Span]:
    """The other items of the enumeration that `item` is one of, in reading order; none where it stands alone."""
    found = [*reversed(list(_before(text, item.start))), *_after(text, item.end)]
    if _SYMBOL.fullmatch(item.of(text)):
        return [_first_symbol(text, other) for other in found]
    return found


def _first_symbol(text: str, item: Span) -> Span:
    """Among symbols an item is one too: "NPM1 and CEBPA drive" has the item CEBPA."""
    first = item.of(text).split()[0]
    return Span(item.start, item.start + len(first)) if _SYMBOL.fullmatch(first) else item


def _after(text: str, end: int) -> Iterator[Span]:
    while separator := _NEXT.match(text, end):
        found = _FORWARD.match(text, separator.end())
        if not found:
            return
        yield Span(*found.span("item"))
        end = found.end()


def _before(text: str, start: int) -> Iterator[Span]:
    while separator := _BEFORE.search(text, max(0, start - _REACH), start):
        found = _BACKWARD.search(text, max(0, separator.start() - _REACH), separator.start())
        if not found:
            return
        yield Span(*found.span("item"))
        start = found.start("item")
