"""Where the sentences of a biomedical text lie: spans that tile it, found by rules of our own.

Own rules because of speed. On 300 abstracts of a PubMed update file (416,000 characters, one core) pysbd 0.3.4 splits
0.2 million characters a second and this module 15 to 20; for the 25 million abstracts of PubMed that is two days
against three quarters of an hour. Both find the same 2,628 ends in them. pysbd finds 65 more: about 45 items of a list,
"(ii) ...", which end no sentence, 16 abbreviations, and 4 that are right. This module finds 8 more, 5 of them right.
The test marked `bench` in `tests/indexer/test_sentences.py` measures it again.
"""

import re
from collections.abc import Iterator

from corpora.records import Span

_CLOSERS = re.escape(")]}\"'”’»")
# A citation glued to the stop: "[3,4]", or a raised "3,4" that lost its formatting.
_CITATION = r"\[\d[\d,;–\- ]{0,30}\]|(?<=[a-z)]\.)\d{1,3}(?:[,–-]\d{1,3})*+"
# Possessive quantifiers and the look-behind keep this linear on runs of dots, brackets or blanks of any length.
_CANDIDATE = re.compile(
    rf"(?<![.!?…])(?P<stop>[.!?…]++[{_CLOSERS}]*+(?:{_CITATION})?)(?P<space>\s++)"
    r"|\n\s*+"
    r"|[。！？]++\s*+"
)
_WORD_REACH = 24
_BRACKET_REACH = 200
_BRACKET = re.compile(r"[()\[\]]")
_NEXT_WORD = re.compile(r"[^\s.,;:()\[\]]{1,24}")
_INITIALS = re.compile(r"(?:[A-Za-z]\.)+[A-Za-z]")


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Never an end: something always follows.
_OPEN = _words("approx ca cf dr drs e.g eg eqs eq fig figs i.e ie mr mrs ms prof ref refs st suppl v viz vs")
# Not an end before a number: "No. 5", "vol. 12".
_NUMBERED = _words("art chap ed eds no nos p pp sec tab vol vols ver")
# An end only before a usual first word.
_EITHER = _words("al co corp dept etc inc jr ltd resp sp spp ssp subsp univ var")
_FIRST_WORDS = _words(
    """a after all although among an and as at because before both but by conclusion conclusions data despite during
    each finally first for four from furthermore here hence however if in it its methods moreover most no nine of on
    one only our overall patients recently results second several similarly since some such ten that the their then
    there therefore these they this those three thus to two under using we when whereas while with"""
)
# What a capital letter belongs to, so that "hepatitis C. Patients" is an end and "J. Smith" is none.
_LETTERED = _words("class coenzyme factor grade group hepatitis influenza protein stage type virus vitamin")


def sentence_spans(text: str) -> list[Span]:
    """The spans of the sentences of `text`, in order.

    They tile it: each character lies in exactly one span, white space in that of the sentence before (at the very
    beginning, the one after). A line break always ends a sentence. The empty text has none.
    """
    spans = []
    start = 0
    for end in _ends(text):
        spans.append(Span(start, end))
        start = end
    return spans


def _ends(text: str) -> Iterator[int]:
    start = seen = len(text) - len(text.lstrip())
    depth = 0
    for candidate in _CANDIDATE.finditer(text, start):
        end = candidate.end()
        if candidate["stop"] is not None and "\n" not in candidate["space"]:
            depth = max(0, depth + _opened(text, seen, end))
            seen = end
            if (depth and _closes_soon(text, end)) or not _is_end(text, start, candidate):
                continue
        if end < len(text):
            yield end
        start = seen = end
        depth = 0
    if text:
        yield len(text)


def _opened(text: str, start: int, end: int) -> int:
    """How many more brackets open than close in `text[start:end]`."""
    opening = text.count("(", start, end) + text.count("[", start, end)
    return opening - text.count(")", start, end) - text.count("]", start, end)


def _closes_soon(text: str, position: int) -> bool:
    """Whether the bracket that is open at `position` is closed shortly after: then a stop inside it ends nothing."""
    match = _BRACKET.search(text, position, position + _BRACKET_REACH)
    return match is not None and match[0] in ")]"


def _is_end(text: str, start: int, candidate: re.Match[str]) -> bool:
    """Whether the stop of `candidate`, in the sentence from `start` on, ends that sentence."""
    at, end = candidate.span()
    if end == len(text):
        return True
    if not _may_begin(text, end):
        return False
    stop = candidate["stop"]
    if stop[0] != "." or stop.startswith(".."):
        return True
    head = text[max(start, at - _WORD_REACH) : at].rsplit(None, 2)
    word = head[-1].lstrip("([{\"'“‘") if head else ""
    if word.isdigit():
        enumerates = len(head) == 1 and at - len(head[-1]) == start
        is_year = len(word) == 4
        return not enumerates and (is_year or not text[end].isdigit())
    return _ends_after(word, head[-2] if len(head) > 1 else "", text, end)


def _may_begin(text: str, position: int) -> bool:
    """Whether a sentence may begin at `position`: not in lower case, unless with a name such as p53 or mTOR."""
    character = text[position]
    if "a" <= character <= "z":
        match = _NEXT_WORD.match(text, position)
        return match is not None and (not match[0].islower() or any(map(str.isdigit, match[0])))
    if character == "%":
        return text[position + 1 : position + 2].isalpha()
    return character not in ",;:)]}"


def _ends_after(word: str, before: str, text: str, end: int) -> bool:
    """Whether a full stop after `word`, which follows the word `before`, ends the sentence; `end` is no lower case."""
    lower = word.lower()
    if lower in _OPEN:
        return False
    if lower in _NUMBERED:
        return not text[end].isdigit()
    is_initial = len(word) == 1 and word.isupper() and before.lower().lstrip("(") not in _LETTERED
    if is_initial or lower in _EITHER or _INITIALS.fullmatch(word):
        match = _NEXT_WORD.match(text, end)
        return match is not None and match[0].lower() in _FIRST_WORDS
    return True
