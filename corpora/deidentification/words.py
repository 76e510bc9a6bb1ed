"""The words of a note with what a rule asks about them: capital, all capitals, what stands between two of them."""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from functools import lru_cache

import msgspec

from corpora.deidentification.likeness import fold, known
from corpora.deidentification.terms import DRUGS, EPONYMS, MAKERS, PEOPLES
from corpora.deidentification.vocabulary import (
    COUNTRIES,
    PLAIN,
    STATES,
    TERM_HEADS,
    word_set,
)

_WORD = re.compile(r"(?<!\w)[^\W\d_]+(?:['’-][^\W\d_]+)*(?!\w)")
_POSSESSIVE = re.compile(r"['’][sS]\Z")
_CLINICAL_ENDING = re.compile(
    r"(?:itis|osis|aemia|ectomy|otomy|ostomy|ology|ologist|pathy|omas|plasty|graphy|scopy|iasis|uria|rrhea|"
    r"rrhoea|algia|"
    r"plegia|paresis|mab|nib|statin|olol|azole|cillin|mycin|sartan|prazole|dipine|parin|xaban|gliptin|gliflozin|"
    r"tion|sion|ness|ously|ular|ical|ically|gitis|trophy|penia|cyte|cytes|megaly|trophic|genic|lysis|ectasis)\Z|"
    r"\A[a-ce-kmnp-z]['’](?:d|s|ed|ing|ll|re|ve)\Z"
)
DRUG_ENDING = re.compile(
    r"(?:mab|nib|pril|statin|olol|azole|cillin|mycin|micin|sartan|prazole|dipine|parin|xaban|gliptin|gliflozin|glutide|"
    r"floxacin|cycline|azepam|zolam|setron|triptan|tidine|thiazide|semide|oxetine|pramine|vudine|mide|phylline|terol|"
    r"sone|solone|caine|codone|morphone|profen|formin)\Z"
)
_PLAIN = (PLAIN, DRUGS, TERM_HEADS, COUNTRIES, STATES, PEOPLES)
_REMEMBERED = 1 << 16  # words whose class is kept
LONGEST_WORD = 40  # letters; longer runs are no names


class Word(msgspec.Struct, frozen=True):
    """`text[start:end]`, its lower-case form without a possessive ending, and whether it looks like part of a name."""

    start: int
    end: int
    text: str
    lower: str
    is_capital: bool
    is_upper: bool

    @property
    def is_initial(self) -> bool:
        """A single capital letter, as in "J. Smith"."""
        return self.is_upper and len(self.text) == 1

    @property
    def is_term(self) -> bool:
        """A word of medicine or of plain notes: never a name by itself."""
        return _is_term(self.lower)

    @property
    def is_plain(self) -> bool:
        """A plain word, drug, country or state: not a name even after a title."""
        return is_plain_word(self.lower)

    @property
    def is_eponym(self) -> bool:
        """A name that is a term as well."""
        return fold(self.lower) in EPONYMS


@lru_cache(_REMEMBERED)
def _is_term(lower: str) -> bool:
    if is_plain_word(lower) or _CLINICAL_ENDING.search(lower):
        return True
    folded = fold(lower)
    return folded in MAKERS or folded in EPONYMS or all(part in EPONYMS for part in folded.split("-"))


@lru_cache(_REMEMBERED)
def is_plain_word(lower: str) -> bool:
    """Whether the word, in small letters, is a plain one, a drug, a country, a state or a people."""
    return len(lower) > LONGEST_WORD or any(fold(lower) in words for words in _PLAIN)


def words_of(text: str) -> list[Word]:
    """Every run of letters, with inner hyphens and apostrophes; the possessive "'s" is left out of the word."""
    words: list[Word] = []
    for match in _WORD.finditer(text):
        word = match.group()
        possessive = _POSSESSIVE.search(word)
        if possessive and len(word) > 2:
            word = word[: possessive.start()]
        words.append(
            Word(
                match.start(),
                match.start() + len(word),
                word,
                word.lower(),
                word[0].isupper(),
                word.isupper(),
            )
        )
    return words


PARTICLES = word_set("""
    de del della da di dos du el al bin ibn van von der den ter la le les st san santa mac mc o
    """)
CREDENTIALS = word_set("""
    MD DO RN NP PA PhD DPhil FRCP FRCS FRCA FACS FACP MRCP MRCGP MBBS MBChB MBBCh LPN LVN CNA CRNP FNP DNP APRN
    CNM CRNA PharmD RPh LCSW LMSW MSW PT DPT OT OTR SLP RD LD DDS DMD DPM OD PsyD MPH MSc BSc MS DN HCA RGN RMN
    SHO SpR FY CCC BCPS EMT ACNP
    """)
BETWEEN_PARTS = re.compile(r"(?: {1,2}|\. ?|-|['’])\Z")
MOST_PARTS = 5
_UNIT_BEFORE = re.compile(r"[\d/%^µ]\Z|\d \Z")
_ARTICLES = ("A", "I")
_BEFORE_INITIAL = ("", " ", "\n", "(", "-", "/", ".", "\t", "\ufffc", '"', "“", ":", "=", "—", "–", "|", "^")
_LEAST_CAPITALS = 50  # one word in so many has a capital in a note that uses them
_SHORTEST_UPPER = 4  # letters of a name in capitals within a line of small letters
_LONG = 3  # letters of a word that tells how a line is written


class Note:
    """A text with its words: what every rule by words works on.

    `active` are the numbers of the words at which names are looked for: those of `parts` of the text, or all.
    """

    def __init__(self, text: str, parts: Sequence[tuple[int, int]] | None = None) -> None:
        self.text = text
        self.words = words_of(text)
        starts = [word.start for word in self.words]
        self.active = [
            number
            for start, end in ([(0, len(text))] if parts is None else parts)
            for number in range(bisect_left(starts, start), bisect_left(starts, end))
        ]
        self.index = {word.start: number for number, word in enumerate(self.words)}
        self.lower_case = frozenset(word.lower for word in self.words if not word.is_capital)
        self._capital_lines = _lines_in_capitals(text, self.words)
        capitals = sum(word.is_capital and len(word.text) > 1 for word in self.words)
        self.is_lower = capitals * _LEAST_CAPITALS < len(self.words)  # a note written without capitals

    def in_capitals(self, number: int) -> bool:
        """Whether the line of this word is written in capitals."""
        starts, flags = self._capital_lines
        return flags[bisect_right(starts, self.words[number].start) - 1]

    def gap(self, number: int) -> str:
        """What stands between this word and the next; at the last word, the rest of the text (at most 9 characters)."""
        end = self.words[number].end
        following = self.words[number + 1].start if number + 1 < len(self.words) else end + 9
        return self.text[end : min(following, end + 9)]

    def word(self, number: int) -> Word | None:
        """The word of this number, None before the first and after the last."""
        return self.words[number] if 0 <= number < len(self.words) else None

    def is_initial(self, number: int) -> bool:
        """A single capital that is no unit and no article: "J. Torrance", not "mmol/L. Moro" or "A Foley"."""
        word = self.words[number]
        if not word.is_initial or _UNIT_BEFORE.search(self.text, max(0, word.start - 2), word.start):
            return False
        if word.text in _ARTICLES and not self.gap(number).startswith("."):
            return False
        return self.text[max(0, word.start - 1) : word.start] in _BEFORE_INITIAL

    def run(self, first: int, *, sure: bool, most: int = MOST_PARTS) -> int:
        """Where the name ends that begins at word `first`: a number of a word, `first` itself where there is none.

        `sure` says that what stands before leaves no doubt that a person is meant, so that "Wilson" may be a name.
        """
        end = first
        while end < len(self.words) and end - first < most and self._continues(first, end, sure=sure):
            end += 1
        while end > first and self.words[end - 1].lower in PARTICLES and not self.words[end - 1].is_capital:
            end -= 1
        if all(word.is_initial for word in self.words[first:end]):
            return first
        following = self.word(end)
        is_term = following and following.lower in TERM_HEADS and self.gap(end - 1) in (" ", "-")
        if is_term and (not sure or self.words[end - 1].lower in EPONYMS):
            return first
        return end

    def _continues(self, first: int, number: int, *, sure: bool) -> bool:
        word = self.words[number]
        if number > first and not BETWEEN_PARTS.match(self.gap(number - 1)):
            return False
        if number > first and self.gap(number - 1).startswith(".") and not _may_have_stop(self.words[number - 1]):
            return False
        if word.text.split("-")[0] in CREDENTIALS or (word.is_plain and not word.is_initial):
            return False
        if not word.is_capital:
            following = self.word(number + 1)
            if following is not None and following.lower in PARTICLES and not following.is_capital:  # de la Cruz
                following = self.word(number + 2)
            return word.lower in PARTICLES and following is not None and following.is_capital and not following.is_plain
        if number == first:
            return sure or self.is_initial(number) or (not word.is_initial and self._may_open(number))
        opening = self.words[first]
        if opening.is_upper and len(opening.text) > 1:
            return word.is_upper and (sure or not word.is_term)
        return not word.is_upper or len(word.text) <= 2 or opening.is_initial

    def _may_open(self, number: int) -> bool:
        """Whether a name may begin here with nothing before that says so; an eponym may where a surname follows."""
        word, following = self.words[number], self.word(number + 1)
        if word.lower in self.lower_case:
            return False
        if word.is_upper and not self.in_capitals(number) and (len(word.text) < _SHORTEST_UPPER or known(word.lower)):
            return False  # an abbreviation
        if word.lower in EPONYMS and following is not None and self.gap(number) == " ":
            return following.is_capital and not following.is_upper and not following.is_term
        return not word.is_term


def _lines_in_capitals(text: str, words: list[Word]) -> tuple[list[int], list[bool]]:
    """Where each line begins, and whether at least four in five of its words of three letters are in capitals."""
    starts = [0, *(match.end() for match in re.finditer(r"\n", text))]
    upper, others = [0] * len(starts), [0] * len(starts)
    line = 0
    for word in words:
        while line + 1 < len(starts) and starts[line + 1] <= word.start:
            line += 1
        if len(word.text) >= _LONG:
            (upper if word.is_upper else others)[line] += 1
    return starts, [high > 0 and high >= 4 * low for high, low in zip(upper, others, strict=True)]


def _may_have_stop(word: Word) -> bool:
    """An initial or "St" may be followed by a full stop inside a name; any other word ends its sentence there."""
    return word.is_initial or word.lower in ("st", "jr", "sr")
