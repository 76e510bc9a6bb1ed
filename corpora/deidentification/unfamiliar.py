"""Names and places that no rule of context finds: capitals that literature knows neither as words nor as terms.

A word that is in none of the lists and unknown to literature (`likeness.known`) is more likely a name than a term, and
the more so the more it looks like one (`likeness.name_score`). How much it must look like one depends on where it
stands: little inside a sentence, where a capital means something, more at the beginning of one, where it means nothing.
"""

import re
from collections.abc import Iterator

from corpora.deidentification.likeness import Known, known, name_score
from corpora.deidentification.place_words import PLACE_WORDS
from corpora.deidentification.terms import DRUGS
from corpora.deidentification.vocabulary import (
    AMBIGUOUS_FIRST_NAMES,
    FIRST_NAMES,
    TERM_HEADS,
    word_set,
)
from corpora.deidentification.words import (
    BETWEEN_PARTS,
    CREDENTIALS,
    DRUG_ENDING,
    MOST_PARTS,
    PARTICLES,
    Note,
    Word,
    is_plain_word,
)

Run = tuple[int, int]  # numbers of words, half-open

# Log-odds of being a name that are asked for. Nine names in ten lie above 0, 97 in 100 above -2.
_INSIDE = -3.0  # inside a sentence, or beside a word that looks like a name
_OPENING = -0.5  # where every word has a capital
_CAPITALS = -1.0  # in a line of capitals
_ABBREVIATION = 1.0  # capitals in a line of small letters
_LIKE_A_DRUG = 2.5  # where drugs stand
_LOWER = 0.0  # in small letters after a title or a relative
_LOWER_SURE = -2.0  # in small letters where hardly anything else stands
_LOWER_ALONE = 3.0  # in a note without capitals
_SHORTEST = 3  # letters
_SHORTEST_ABBREVIATION = 4

_MIXED = re.compile(r"(?:Mc|Mac|De|Del|Della|Di|Du|La|Le|Lo|Van|Von|Fitz|St|Al|El|Ap|O|D|L)['’-]?[A-Z][^\W\d_A-Z]+")
_OPENING_BEFORE = re.compile(r"(?:\A|[.!?;\n•*>|–—-])[\s\"'“‘(\[]*\Z|\n\s*\d{1,2}[.)]\s*\Z")
_DOSE = re.compile(
    r"(?:[®™]| ?\(?\d+(?:[.,]\d+)?(?:[/-]\d+(?:\.\d+)?)? ?(?:mg|mcg|micrograms?|µg|g|ml|mls|units?|iu|u|%|puffs?|tabs?|"
    r"tablets?|caps?|capsules?|sachets?|drops|od|bd|tds|qds|bid|tid|qid|daily|nocte|mane|prn)\b"
    r"| (?:inhalers?|tablets?|capsules?|creams?|ointment|gel|patch(?:es)?|drops|syrup|nebs?|neb[ua]li[sz]ers?|spray|"
    r"solution|injections?|infusions?|suspension|dressings?|sachets?|lozenges?|pens?|vaccin\w{1,6}|shampoo|XL|"
    r"SR|XR|ER|CR|"
    r"MR|LA|forte|od|bd|tds|qds|bid|tid|qid|po|prn|nocte)\b)",
    re.IGNORECASE,
)
_GRADE = re.compile(
    r" ?[(]?[+-]ve\b| ?[(][+-][)]| (?:I{1,3}|IV|VI{0,3}|IX|X)[abcABC]?\b| [A-D]\d?\b(?! ?[A-Z.])|"
    r":? (?:grade |stage |class |type )?\d{1,2}(?:\.\d)?[abc]?(?:/\d{1,2})?(?=[,.;)\n]|\Z| (?!\d|y|M\b|F\b|/|mo\b|w))|"
    r" (?:neg|pos|negative|positive)\b"
)
_BEFORE_DRUG = word_set("""
    on takes taking took started commenced restarted given prescribed prescribing continue continued continues stop
    stopped hold held resume resumed switched received receives tried add added increase increased reduce reduced
    weaned tolerating tolerates use uses using used start starts restart plus oral iv topical dose regular
    """)
_BEFORE_DRUG_TO = frozenset(
    ("allergic", "allergy", "allergies", "intolerant", "intolerance", "switched", "changed", "reaction")
)
_LIST_GAP = re.compile(r"(?:,| and| or|/| \+| &) ?\Z")
_PERSON_BEFORE = word_set("""
    dr mr mrs ms miss doctor nurse daughter son wife husband mother father brother sister partner aunt uncle niece
    nephew grandson granddaughter grandmother grandfather friend neighbor neighbour carer mom mum dad pt patient by
    with w from named called saw seen spouse girlfriend boyfriend sis bro hubby dtr sitter aide md rn cna neighbor
    sitter nurse
    """)
_SURELY_PERSON_BEFORE = word_set("""
    dr mr mrs ms miss doctor nurse md daughter son wife husband sister brother dtr hubby sitter aide cna neighbor
    neighbour mom mum dad grandma grandpa nan gran stepdad stepmom teacher ex caregiver carer aunt uncle niece
    nephew grandson granddaughter spouse girlfriend boyfriend roommate fiance fiancee
    """)
_PLACE_BEFORE = re.compile(
    r"\b(?:liv(?:es?|ing|ed) (?:in|at|near)|resid(?:es?|ing) (?:in|at)|(?:moved|transferred|admitted|sent|returned|"
    r"discharged|travell?ed|visiting) (?:to|from)|native of|born in|from|works (?:at|for)) \Z",
    re.IGNORECASE,
)
_LONGEST_BEFORE = 24  # characters


def unfamiliar_runs(note: Note) -> Iterator[Run]:
    """Every run of words that look like a name and have nothing that makes them a term."""
    for number in note.active:
        word = note.words[number]
        if word.is_capital:
            if is_unfamiliar(note, number):
                yield _extended(note, number)
        elif _is_lower_name(note, number):
            yield _lower_run(note, number)


def is_familiar(word: Word) -> bool:
    """Whether the lists or literature know the word as a word or a term, and hardly as a name."""
    kind = known(word.lower)
    if word.is_term or (bool(kind) and not kind & Known.ALSO_NAME):
        return True
    rest = word.text.split("-")[1:]  # C-spine
    return any(part.islower() and bool(known(part) & Known.ORDINARY) for part in rest)


def is_unfamiliar(note: Note, number: int) -> bool:
    """Whether the word looks like a name where it stands, and nothing there makes it a term."""
    word = note.words[number]
    if not _may_be_name(word) or word.lower in note.lower_case:
        return False
    if note.text.startswith(":", word.end) and opens_sentence(note, number):  # a heading
        return False
    wanted = _threshold(note, number)
    return name_score(word.lower) > wanted and not is_term_here(note, number)


def _may_be_name(word: Word) -> bool:
    """Whether nothing about the word itself makes it a term or a common word."""
    if len(word.text) < _SHORTEST or word.is_term or word.text.split("-")[0] in CREDENTIALS:
        return False
    if known(word.lower) & (Known.ORDINARY | Known.TERM):
        return False
    parts = word.text.split("-")
    if len(parts) > 1:
        return all(_is_part(part, is_upper=word.is_upper) and not is_plain_word(part.lower()) for part in parts)
    return word.is_upper or word.text[1:].islower() or bool(_MIXED.fullmatch(word.text))


def _is_part(part: str, *, is_upper: bool) -> bool:
    """One side of a hyphen: "C-spine" and "Anti-Smith" are no names, "Okonkwo-Reyes" is."""
    kind = known(part)
    return (
        len(part) > 1
        and part[0].isupper()
        and (part[1:].islower() or is_upper)
        and (not kind or bool(kind & Known.ALSO_NAME))
    )


def _threshold(note: Note, number: int) -> float:
    word, before = note.words[number], note.word(number - 1)
    if word.is_upper:
        if note.in_capitals(number) and len(word.text) >= _SHORTEST_ABBREVIATION:
            return _CAPITALS
        return _ABBREVIATION if len(word.text) >= _SHORTEST_ABBREVIATION else float("inf")
    if before is not None and before.is_capital and note.gap(number - 1) in (" ", ". ", ".") and not before.is_upper:
        return _INSIDE
    if before is not None and note.is_initial(number - 1) and note.gap(number - 1) in (" ", ". ", "."):
        return _INSIDE
    return _OPENING if opens_sentence(note, number) else _INSIDE


def opens_sentence(note: Note, number: int) -> bool:
    """Whether any word would have a capital here."""
    start = note.words[number].start
    return bool(_OPENING_BEFORE.search(note.text[max(0, start - 8) : start]))


def is_term_here(note: Note, number: int) -> bool:
    """Whether a head ("Rockall score"), a grade, a dose or a neighbouring drug makes a term of the word."""
    word, following, before = note.words[number], note.word(number + 1), note.word(number - 1)
    after = note.text[word.end : word.end + 24]
    if _DOSE.match(after):
        return True
    paired = (
        before is not None
        and before.is_capital
        and (not before.is_upper or before.is_initial)
        and note.gap(number - 1) in (" ", ". ")
        and not before.is_term
    )
    if _GRADE.match(after) and not paired:
        return True
    for ahead in (1, 2):
        head = note.word(number + ahead)
        if head is None or not re.fullmatch(r"(?:['’]s)? |-|['’] ", note.gap(number + ahead - 1)):
            break
        if head.lower in TERM_HEADS and (ahead == 1 or _may_be_between(following)):
            return True
    return name_score(word.lower) < _LIKE_A_DRUG and _is_among_drugs(note, number)


def _may_be_between(word: Word | None) -> bool:
    """Whether the word may stand between an eponym and its head: not the "had" of "Doe had a test"."""
    return word is not None and (word.is_capital or not word.is_plain) and word.lower not in PARTICLES


def _is_among_drugs(note: Note, number: int) -> bool:
    before, previous = note.word(number - 1), note.word(number - 2)
    if before is not None and note.gap(number - 1) == " ":
        if before.lower in _BEFORE_DRUG:
            return True
        if before.lower == "to" and previous is not None and previous.lower in _BEFORE_DRUG_TO:
            return True
    for neighbour in (number - 1, number + 1, number - 2, number + 2):
        other = note.word(neighbour)
        if other is None or not (other.lower in DRUGS or DRUG_ENDING.search(other.lower)):
            continue
        low, high = sorted((number, neighbour))
        if _LIST_GAP.match(note.text[note.words[low].end : note.words[high].start]) or high - low == 2:
            between = note.text[note.words[low].end : note.words[high].start]
            return bool(re.fullmatch(r"(?:,| and| or|/| \+| &|, and|, or) ?", between)) or " and " in between
    return False


def _extended(note: Note, number: int) -> Run:
    """With the initials, first names and further capitals beside the word."""
    first, end = number, number + 1
    while 0 < first > number - MOST_PARTS and _joins(note, first - 1) and _may_precede(note, first - 1):
        first -= 1
    while end < min(len(note.words), number + MOST_PARTS) and _joins(note, end - 1) and _may_follow(note, end):
        end += 1
    while end > number + 1 and note.words[end - 1].lower in PARTICLES and not note.words[end - 1].is_capital:
        end -= 1
    return first, end


def _joins(note: Note, number: int) -> bool:
    """Whether this word and the next may be parts of one name."""
    gap = note.gap(number)
    if not BETWEEN_PARTS.match(gap):
        return False
    return not gap.startswith(".") or note.words[number].is_initial or note.words[number].lower in ("st", "jr", "sr")


def _may_precede(note: Note, number: int) -> bool:
    word = note.words[number]
    if not word.is_capital:
        return word.lower in PARTICLES and number > 0 and note.words[number - 1].is_capital
    if word.is_initial:
        return note.is_initial(number)
    if word.text in CREDENTIALS or (word.is_upper and not note.in_capitals(number)):
        return False
    if word.lower in FIRST_NAMES:
        return True
    if known(word.lower) & Known.ALSO_NAME or word.is_eponym:
        return not word.is_term or not (word.is_upper or opens_sentence(note, number))
    return not word.is_term and not known(word.lower)


def _may_follow(note: Note, number: int) -> bool:
    word = note.words[number]
    following = note.word(number + 1)
    if not word.is_capital:
        return word.lower in PARTICLES and following is not None and following.is_capital and not following.is_plain
    if note.text.startswith(":", word.end) or word.text in CREDENTIALS:
        return False
    if word.is_initial:
        return note.is_initial(number)
    if word.is_upper and not note.in_capitals(number):
        return len(word.text) >= _SHORTEST_ABBREVIATION and not known(word.lower) and not word.is_term
    if word.lower in PLACE_WORDS:
        return True
    if following is not None and following.lower in TERM_HEADS and note.gap(number) in (" ", "-"):
        return False
    if known(word.lower) & Known.ALSO_NAME:
        return not (word.is_upper and word.is_plain)
    return not is_familiar(word) or word.is_eponym


def _is_lower_name(note: Note, number: int) -> bool:
    """A name in small letters: after a title, a relative or "lives in", or anywhere in a note without capitals."""
    word, before = note.words[number], note.word(number - 1)
    surely = (
        before is not None
        and before.lower in _SURELY_PERSON_BEFORE
        and note.gap(number - 1) in (" ", ". ", ", ", ": ")
        and not (before.lower in ("dr", "md", "ms", "nurse") and before.is_upper)
    )
    if (
        surely
        and (known(word.lower) & Known.ALSO_NAME or word.is_eponym)
        and not word.is_plain
        and len(word.text) >= _SHORTEST
    ):
        return not is_term_here(note, number)
    if len(word.text) < _SHORTEST or word.is_term:
        return False
    is_first_name = word.lower in FIRST_NAMES and word.lower not in AMBIGUOUS_FIRST_NAMES
    if not is_first_name and (known(word.lower) or not word.text.isalpha()):
        return False
    score = name_score(word.lower)
    in_place = _PLACE_BEFORE.search(note.text[max(0, word.start - _LONGEST_BEFORE) : word.start])
    if score <= (_LOWER_SURE if surely or in_place else _LOWER) and not is_first_name:
        return False
    if before is not None and before.lower in _PERSON_BEFORE and note.gap(number - 1) in (" ", ". ", ", ", ": "):
        return not is_term_here(note, number)
    if in_place:
        return True
    return note.is_lower and (is_first_name or score > _LOWER_ALONE) and not is_term_here(note, number)


def _lower_run(note: Note, number: int) -> Run:
    """With the unknown words in small letters that follow."""
    end = number + 1
    while end < len(note.words) and note.gap(end - 1) == " " and end < number + 3:
        word = note.words[end]
        if len(word.text) == 1 and note.gap(end) in (". ", ".,", "., "):  # kristen m.
            return number, end + 1
        if len(word.text) < _SHORTEST or word.is_capital:
            break
        if end == number + 1 and known(word.lower) & Known.ALSO_NAME and not word.is_plain:
            return number, end + 1
        if word.is_term or known(word.lower) or len(word.text) < _SHORTEST or name_score(word.lower) < _LOWER - 2:
            break
        end += 1
    return number, end
