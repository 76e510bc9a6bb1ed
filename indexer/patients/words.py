"""The words of a note with their places, spelt one way, and tables of phrases to find among them.

Nothing here is remembered between notes: a cache of words would keep names that stood in one.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Generic, NamedTuple, TypeVar

Value = TypeVar("Value")

# "s/p", "h/o", "w/o" and the like are one word; "N&V" too.
_WORD = re.compile(r"(?<![^\W_])[A-Za-z]/[A-Za-z](?![^\W_])|[A-Za-z]&[A-Za-z]\b|[^\W_]+(?:['’][a-z]+)?")
_BREAKS = frozenset(",;:.!?()[]{}\n\r=<>|•*")
_FILLERS = frozenset(["the", "a", "an", "his", "her", "their", "my", "both", "bilateral"])
_EXACT_CAPITALS = 3
_EXACT_WORDS = frozenset(["AIDS", "DRESS", "PRES"])
_PLURAL_REACH = 3


class Word(NamedTuple):
    """`text[start:end]`, folded; `broken` where a phrase cannot go on from the word before it (a comma, a bracket)."""

    start: int
    end: int
    folded: str
    raw: str
    broken: bool


def fold(word: str) -> str:
    """`word` in lower case, American, singular and without its possessive: Oedemas, edema -> edema.

    Folding goes a little too far in places ("hour" and "hor" fall together); both sides of a comparison go equally far.
    """
    low = word.lower()
    if "'" in low or "’" in low:
        low = low.replace("’", "'").removesuffix("'s").replace("'", "")
    if len(low) <= _PLURAL_REACH:
        return low
    low = low.replace("ae", "e").replace("oe", "e").replace("leuc", "leuk").replace("sulph", "sulf")
    if len(low) > _PLURAL_REACH + 1:
        low = low.replace("our", "or").replace("isation", "ization").replace("ised", "ized").replace("ising", "izing")
    return _singular(low)


def _singular(low: str) -> str:
    if low[-1] != "s" or low.endswith(("ss", "us", "is")):
        return low
    if low.endswith("ies"):
        return low[:-3] + "y"
    if low.endswith(("oses", "ases", "ises")) and len(low) > len("bases") + 1:
        return low[:-2] + "is"
    if low.endswith(("shes", "ches", "xes", "sses")):
        return low[:-2]
    return low[:-1]


def words_of(text: str, start: int = 0, end: int | None = None) -> list[Word]:
    """The words of `text[start:end]` in order, articles and other fillers left out."""
    found = []
    last = start
    broken = False
    for match in _WORD.finditer(text, start, len(text) if end is None else end):
        raw = match[0]
        at = match.start()
        broken = broken or not _BREAKS.isdisjoint(text[last:at])
        last = match.end()
        if raw in _FILLERS:
            continue
        found.append(Word(at, last, fold(raw), raw, broken))
        broken = False
    return found


class PhraseTable(Generic[Value]):
    """Phrases of words, each with a value; the longest that begins at a word is found.

    A phrase of one word in capitals is an abbreviation: up to three letters it is found in capitals only, with a plural
    s at most, since "ms" and "all" are words.
    """

    def __init__(self, phrases: Iterable[tuple[str, Value]]) -> None:
        self._values: dict[tuple[str, ...], Value] = {}
        self._exact: dict[str, Value] = {}
        self._longest: dict[str, int] = {}
        for phrase, value in phrases:
            self._add(phrase, value)

    def __len__(self) -> int:
        return len(self._values) + len(self._exact)

    def _add(self, phrase: str, value: Value) -> None:
        words = words_of(phrase)
        if len(words) == 1 and is_abbreviation(words[0].raw):
            self._exact.setdefault(words[0].raw, value)
            return
        key = tuple(word.folded for word in words)
        self._values.setdefault(key, value)
        self._longest[key[0]] = max(self._longest.get(key[0], 0), len(key))

    def at(self, words: list[Word], position: int) -> tuple[int, Value] | None:
        """How many words from `position` on are a phrase, and its value; None where none begins there."""
        first = words[position]
        longest = self._longest.get(first.folded, 0)
        if longest:
            run = [first.folded]
            for word in words[position + 1 : position + longest]:
                if word.broken:
                    break
                run.append(word.folded)
            for length in range(len(run), 0, -1):
                value = self._values.get(tuple(run[:length]))
                if value is not None:
                    return length, value
        if first.raw[0].isupper():
            value = self._exact.get(first.raw)
            if value is None and first.raw[-1] == "s":
                value = self._exact.get(first.raw[:-1])
            if value is not None:
                return 1, value
        return None

    def among(self, words: list[Word]) -> Iterator[tuple[int, int, Value]]:
        """The phrases among `words` as (first word, word after the last, value): longest first, none overlapping."""
        position = 0
        while position < len(words):
            found = self.at(words, position)
            if found is None:
                position += 1
            else:
                length, value = found
                yield position, position + length, value
                position += length


def is_abbreviation(word: str) -> bool:
    """Whether `word` is found in capitals only."""
    return word.isupper() and word.isalpha() and (len(word) <= _EXACT_CAPITALS or word in _EXACT_WORDS)
