"""Making a span end where a person would: whole words, no loose punctuation, brackets that match."""

import re
import unicodedata

from corpora.records import Span

_OPENING = "([{"
_CLOSING = ")]}"
_QUOTES = "'\"“”‘’"
_LOOSE_START = " \t\n.,;:!?-–—/)]}" + _QUOTES
_LOOSE_END = " \t\n,;:!?-–—/([{" + _QUOTES
_ABBREVIATION = re.compile(r"(?<!\d)\.|\.(?!\d)")
_MINUS = "-−–"
_BEFORE_NUMBER = " \t\n([=<>≤≥~±"


def tidy_span(text: str, span: Span) -> Span:
    """The span widened to whole words and numbers, stripped of loose punctuation, an unmatched bracket cut off.

    Only boundaries move: what the result covers is still the text's own words. It may be empty.
    """
    start, end = _whole_words(text, span.start, span.end)
    start, end = _strip(text, start, end)
    start, end = _match_brackets(text, start, end)
    start, end = _strip(text, start, end)
    return Span(_number_start(text, start, end), max(start, end))


def _whole_words(text: str, start: int, end: int) -> tuple[int, int]:
    while 0 < start < end and _is_inside(text, start):
        start -= 1
    while start < end < len(text) and _is_inside(text, end):
        end += 1
    return start, end


def _is_inside(text: str, place: int) -> bool:
    """Whether a word, a letter with its accents, or a decimal number goes on from before `place` to after it."""
    before, after = text[place - 1], text[place]
    if _is_mark(after) or ((before.isalnum() or _is_mark(before)) and after.isalnum()):
        return True
    if after == ".":
        return before.isdigit() and text[place + 1 : place + 2].isdigit()
    return before == "." and after.isdigit() and text[place - 2 : place - 1].isdigit()


def _is_mark(character: str) -> bool:
    return unicodedata.category(character).startswith("M")


def _number_start(text: str, start: int, end: int) -> int:
    """Where a span that begins with a digit begins with its decimal point and sign: "-5" is not "5"."""
    if start >= end or not text[start].isdigit():
        return start
    for signs in (".", _MINUS):
        before = text[start - 2 : start - 1] if start > 1 else ""
        if start and text[start - 1] in signs and (before in _BEFORE_NUMBER or (signs == "." and before in _MINUS)):
            start -= 1
    return start


def _strip(text: str, start: int, end: int) -> tuple[int, int]:
    while start < end and text[start] in _LOOSE_START:
        start += 1
    while start < end and (text[end - 1] in _LOOSE_END or _is_full_stop(text, start, end)):
        end -= 1
    return start, end


def _is_full_stop(text: str, start: int, end: int) -> bool:
    """Whether the span's last character is a sentence's full stop, not part of an abbreviation such as ``E.``"""
    return text[end - 1] == "." and (end - start < 3 or not _ABBREVIATION.search(text[start : end - 1]))


def _match_brackets(text: str, start: int, end: int) -> tuple[int, int]:
    """Cut at a bracket whose partner is outside; where the partner is the very next character, take it in."""
    body = text[start:end]
    for opening, closing in zip(_OPENING, _CLOSING, strict=True):
        missing = body.count(opening) - body.count(closing)
        if missing == 1:
            position = body.rindex(opening)
            if text[end : end + 1] == closing:
                return start, end + 1
            if position > 0:
                return start, start + position
            return start + 1, end
        if missing == -1:
            position = body.index(closing)
            if start > 0 and text[start - 1] == opening:
                return start - 1, end
            if position == len(body) - 1:
                return start, end - 1
            return start + position + 1, end
    return start, end
