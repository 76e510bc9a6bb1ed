"""The words of a note with what a rule asks about them: capital, all capitals, what stands between two of them."""

import re

import msgspec

from corpora.deidentification.vocabulary import COUNTRIES, DRUGS, EPONYMS, PLAIN, STATES, TERM_HEADS, word_set

_WORD = re.compile(r"(?<!\w)[^\W\d_]+(?:['’-][^\W\d_]+)*(?!\w)")
_POSSESSIVE = re.compile(r"['’][sS]\Z")
_CLINICAL_ENDING = re.compile(
    r"(?:itis|osis|emia|aemia|ectomy|otomy|ostomy|ology|ologist|pathy|oma|omas|plasty|graphy|gram|scopy|"
    r"iasis|uria|rrhea|algia|plegia|paresis|"
    r"mab|nib|pril|statin|olol|azole|cillin|mycin|sartan|prazole|dipine|parin|xaban|gliptin|gliflozin|"
    r"tide|vir|pam|lam|"
    r"tion|sion|ment|ness|ity|ing|ous|ular|ical|ally|able|ible|gitis|trophy|penia|cyte|cytes|ase)\Z"
)
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
        if self.is_plain or _CLINICAL_ENDING.search(self.lower):
            return True
        return any(part in EPONYMS for part in (self.lower, *self.lower.split("-")))

    @property
    def is_plain(self) -> bool:
        """A plain word, drug, country or state: not a name even after a title."""
        lower = self.lower
        return (
            lower in PLAIN
            or lower in DRUGS
            or lower in TERM_HEADS
            or lower in COUNTRIES
            or lower in STATES
            or len(lower) > LONGEST_WORD
        )


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


class Note:
    """A text with its words: what every rule by words works on."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.words = words_of(text)
        self.index = {word.start: number for number, word in enumerate(self.words)}
        self.lower_case = frozenset(word.lower for word in self.words if not word.is_capital)

    def gap(self, number: int) -> str:
        """What stands between this word and the next; at the last word, the rest of the text (at most 9 characters)."""
        end = self.words[number].end
        following = self.words[number + 1].start if number + 1 < len(self.words) else end + 9
        return self.text[end : min(following, end + 9)]

    def word(self, number: int) -> Word | None:
        """The word of this number, None before the first and after the last."""
        return self.words[number] if 0 <= number < len(self.words) else None

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
            return word.lower in PARTICLES and following is not None and following.is_capital and not following.is_plain
        if number == first:
            return sure or word.is_initial or self._may_open(number)
        opening = self.words[first]
        if opening.is_upper and len(opening.text) > 1:
            return word.is_upper and (sure or not word.is_term)
        return not word.is_upper or len(word.text) <= 2 or opening.is_initial

    def _may_open(self, number: int) -> bool:
        """Whether a name may begin here with nothing before that says so; an eponym may where a surname follows."""
        word, following = self.words[number], self.word(number + 1)
        if word.lower in self.lower_case:
            return False
        if word.lower in EPONYMS and following is not None and self.gap(number) == " ":
            return following.is_capital and not following.is_upper and not following.is_term
        return not word.is_term


def _may_have_stop(word: Word) -> bool:
    """An initial or "St" may be followed by a full stop inside a name; any other word ends its sentence there."""
    return word.is_initial or word.lower in ("st", "jr", "sr")
