"""Text -> the tokens that BM25 counts, for biomedical English. Both lexical engines take theirs from here.

A name is written in many ways: IL-6, IL6, interleukin-6, TNF-α, TNFα. So a word gives its parts, cut at hyphens, at
Greek letters and between letters and digits, and where there are several also the whole without the cuts:
"TNF-α" and "TNFα" are both ``tnf alpha tnfalpha``, and "IL 6" shares ``il`` and ``6`` with "IL-6".

Chosen by trial on BioASQ's questions, 11B among them: stemming, stop words, the cuts and the wholes each helped BM25's
nDCG@10, stemming and stop words most.
"""

import re
import threading
import unicodedata
from collections.abc import Callable
from functools import cache, lru_cache
from itertools import chain

import msgspec
import Stemmer

from corpora.errors import UsageError

_FUNCTION_WORDS = """
    a about also am an and are as at be been being between both but by can could did do does doing during each for from
    had has have having he her his how i if in into is it its may me might more most my no not of on or our she should
    so some such than that the their them then there these they this those through to too us very was we were what when
    where which while who whom whose why will with would you your"""
ENGLISH_STOP_WORDS = tuple(_FUNCTION_WORDS.split())
"""Function words and the words questions are asked with."""

MAX_TOKEN = 64
"""A longer run of letters and digits is cut, and a longer whole left out: nobody searches for them."""

_MAX_PARTS = 9
_CACHED_WORDS = 1 << 17
_HYPHENS = "-‐‑‒–—"
# Possessive and bounded, so that neither time nor the cached words grow with hostile text.
_RUN = rf"[^\W_]{{1,{MAX_TOKEN}}}+"
_WORD = re.compile(rf"{_RUN}(?:[{_HYPHENS}'’]{_RUN}){{0,{_MAX_PARTS - 1}}}+")
_PART = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)*|\d+")
_LETTERS = "αβγδεζηθικλμνξοπρσςτυφχψω"
_NAMES = """
    alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi omicron pi rho sigma sigma tau upsilon phi
    chi psi omega"""
_INVISIBLE = dict.fromkeys(map(ord, "\u00ad\u200b\u200c\u200d\u2060\ufeff"))
_FOLDED = str.maketrans(
    {letter: f"-{name}-" for letter, name in zip(_LETTERS, _NAMES.split(), strict=True)}
    | dict.fromkeys(_HYPHENS, "-")
    | {"’": "'", "æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "ı": "i"}
    | dict.fromkeys(map(chr, range(0x300, 0x370)), "")
)

Expand = Callable[[str], tuple[str, ...]]


class Analyzer(msgspec.Struct, frozen=True):
    """How text becomes tokens; kept in the index manifest, since a query must be analysed as the index was.

    `stemmer` names a Snowball algorithm. `version` is raised whenever the rules of this module change.
    Raises `UsageError` for an algorithm that does not exist.
    """

    stemmer: str = "english"
    stop_words: tuple[str, ...] = ENGLISH_STOP_WORDS
    version: int = 1

    def __post_init__(self) -> None:
        if self.stemmer not in Stemmer.algorithms():
            known = ", ".join(Stemmer.algorithms())
            raise UsageError(f"there is no stemmer {self.stemmer!r}", remedy=f"Choose one of {known}")

    def tokens(self, text: str) -> list[str]:
        """The tokens of `text` in order, repeated as often as they occur; each is of lower case letters and digits."""
        if not text.isascii():
            text = unicodedata.normalize("NFKC", text).translate(_INVISIBLE)
        return list(chain.from_iterable(map(_expander(self), _WORD.findall(text))))


@cache
def _expander(analyzer: Analyzer) -> Expand:
    """The function from a word to its tokens. It remembers the words it met: nearly all were met before."""
    stop_words = frozenset(analyzer.stop_words)
    stemmer = Stemmer.Stemmer(analyzer.stemmer)
    lock = threading.Lock()  # a Stemmer must not be used by two threads at a time

    @lru_cache(maxsize=_CACHED_WORDS)
    def expand(word: str) -> tuple[str, ...]:
        folded = word.casefold()
        if folded in stop_words:
            return ()
        parts = _PART.findall(_fold(folded))
        whole = "".join(parts).replace("'", "")
        if len(parts) > 1 and len(whole) <= MAX_TOKEN:
            parts.append(whole)
        with lock:
            return tuple(token.replace("'", "") for token in stemmer.stemWords(parts))

    return expand


def _fold(word: str) -> str:
    """Accents off, Greek letters as names between hyphens, one kind of hyphen and apostrophe."""
    return word if word.isascii() else unicodedata.normalize("NFKD", word).translate(_FOLDED)
