"""How much a word looks like a proper name, and what literature knows of it.

Two small tables, built by ``scripts/train_names.py`` from PubMed, PMC and MedQuAD and described in
``weights/README.md``: a set of hashed words with what each is (`Known`), and a linear model over hashed character
n-grams that tells names and places from words. Both look at the word alone; the rules look at what stands around it.
"""

import unicodedata
import zlib
from bisect import bisect_left
from enum import IntFlag
from functools import cache, lru_cache
from pathlib import Path

import msgspec
import numpy as np

WEIGHTS = Path(__file__).parent / "weights" / "names.npz"
BUCKETS = 1 << 16  # hashed n-grams; collisions are few beside some 400,000 n-grams seen once or twice
SHORTEST, LONGEST = 2, 5  # characters of an n-gram, the marks of the word's ends among them
_REMEMBERED = 1 << 16  # words whose score is kept


class Known(IntFlag):
    """What literature says of a word; 0 for one that it does not know."""

    ORDINARY = 1  # written in lower case
    TERM = 2  # a term with a capital: eponym, brand, substance, organism, abbreviation
    RARE = 4  # seldom written in lower case
    ALSO_NAME = 8  # the name of authors as well


class Tables(msgspec.Struct, frozen=True):
    """`hashes` sorted, `kinds` beside them; `weights` by bucket, in steps of `scale`."""

    hashes: list[int]
    kinds: bytes
    weights: list[int]
    scale: float
    bias: float


def fold(word: str) -> str:
    """The word in lower case, without accents, with the straight apostrophe and the plain hyphen."""
    if word.isascii():
        return word.lower()
    plain = "".join(part for part in unicodedata.normalize("NFKD", word.lower()) if not unicodedata.combining(part))
    return plain.replace("\u2019", "'").replace("\u00df", "ss")


def in_small_letters(text: str) -> str:
    """The text in small letters, of the same length: the small letter of the Turkish dotted capital I is two."""
    lower = text.lower()
    return lower if len(lower) == len(text) else "".join(map(_small, text))


def _small(character: str) -> str:
    lower = character.lower()
    return lower if len(lower) == 1 else character


def word_hash(folded: str) -> int:
    """32 bits of a folded word. Of 100,000 hashed words, one other word in 40,000 meets one by chance."""
    return zlib.crc32(folded.encode(errors="surrogatepass"))


def buckets(folded: str) -> list[int]:
    """The buckets of a folded word's n-grams of 2 to 5 characters and of the whole word, in a fixed order."""
    marked = f"^{folded}$".encode(errors="surrogatepass")
    grams = {
        marked[start : start + size]
        for size in range(SHORTEST, LONGEST + 1)
        for start in range(max(0, len(marked) - size + 1))
    }
    return [zlib.crc32(gram, 1) % BUCKETS for gram in sorted(grams | {marked})]


def combine(total: float, count: int) -> float:
    """The sum of weights, by the root of their number: long words have no louder voice (L2 norm of the features)."""
    return float(total / count**0.5)


@cache
def tables() -> Tables:
    """The tables that come with the package; read once."""
    with np.load(WEIGHTS, allow_pickle=False) as stored:
        hashes = np.cumsum(stored["steps"].astype(np.int64))
        return Tables(
            hashes.tolist(),
            stored["kinds"].tobytes(),
            stored["weights"].tolist(),
            float(stored["scale"]),
            float(stored["bias"]),
        )


@lru_cache(_REMEMBERED)
def known(word: str) -> Known:
    """What literature knows of the word, in any case; 0 where it is unknown there."""
    held = tables()
    wanted = word_hash(fold(word))
    place = bisect_left(held.hashes, wanted)
    found = place < len(held.hashes) and held.hashes[place] == wanted
    return Known(held.kinds[place]) if found else Known(0)


@lru_cache(_REMEMBERED)
def name_score(word: str) -> float:
    """Log-odds that the word is a name or a place rather than a word of literature; 0 is even."""
    held = tables()
    found = buckets(fold(word))
    return held.bias + held.scale * combine(sum(held.weights[bucket] for bucket in found), len(found))
