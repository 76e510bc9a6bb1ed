"""How a piece of a note is written: what a model that reads small letters alone does not see.

And what literature and the lists know of its word, so that the model need not learn every brand and surname.
"""

import math
from bisect import bisect_right
from collections.abc import Sequence

from corpora.deidentification.likeness import Known, known, name_score
from corpora.deidentification.words import is_plain_word

WIDTH = 16
"""Numbers a piece."""
_LONGEST = 40  # letters; a note may be one run of them, in scripts without spaces


def shapes_of(text: str, pieces: Sequence[tuple[int, int]]) -> list[tuple[float, ...]]:
    """`WIDTH` numbers in [-1, 1] for each piece, (start, end) in the text; pieces of a word have those of the word."""
    starts = [0, *(number + 1 for number, character in enumerate(text) if character == "\n")]
    upper = [line.isupper() for line in text.split("\n")]
    remembered: dict[tuple[int, int], tuple[float, ...]] = {}
    found = []
    for start, end in pieces:
        first, last = _word_around(text, start, end)
        if (first, last) not in remembered:
            remembered[first, last] = _of_word(text[first:last])
        line = bisect_right(starts, first) - 1
        told = (float(start == first), float(first == starts[line]), float(upper[line]))
        found.append((*remembered[first, last], *told))
    return found


def _word_around(text: str, start: int, end: int) -> tuple[int, int]:
    """The run of letters and digits that a piece is of, as far as it is no longer than words are."""
    first, last = max(0, start - _LONGEST), min(len(text), end + _LONGEST)
    while start > first and text[start - 1].isalnum():
        start -= 1
    while end < last and text[end].isalnum():
        end += 1
    return start, end


def _of_word(word: str) -> tuple[float, ...]:
    if not word:
        return (1.0, *(0.0,) * (WIDTH - 4))
    if not word[0].isalpha():
        return (*(0.0,) * 11, float(word.isdigit()), float(not word.isdigit()))
    lower = word.lower()
    kinds = known(lower)
    is_upper = word.isupper()
    return (
        0.0,
        float(word.islower()),
        float(word.istitle()),
        float(is_upper and len(word) > 1),
        float(is_upper and len(word) == 1),
        float(not (word.islower() or word.istitle() or is_upper)),
        float(bool(kinds & Known.ORDINARY)),
        float(bool(kinds & Known.TERM)),
        float(bool(kinds & Known.ALSO_NAME)),
        float(is_plain_word(lower)),
        math.tanh(name_score(lower) / 3),
        0.0,
        0.0,
    )
