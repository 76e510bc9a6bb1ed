"""Names of persons, found by what stands around them: titles, labels, relatives, verbs, credentials, closings.

A name once found is masked wherever its parts recur in the note. A word of medicine ("Wilson disease") is a name only
where a title or a label says so.
"""

import re
from collections.abc import Iterator

from corpora.deidentification.ambiguous import ambiguous_runs, may_be_person
from corpora.deidentification.likeness import Known, known
from corpora.deidentification.name_words import (
    ABBREVIATED,
    AFTER_LOWER_TITLE,
    AFTER_NAME,
    AGE_AND_SEX,
    ALSO_KNOWN,
    BEFORE_ON_LINE,
    CLOSING,
    CREDENTIAL,
    END_OF_LINE,
    INITIALS,
    KEY,
    LABEL_GAP,
    LABELS,
    LAST_COMMA_FIRST,
    PAIRS,
    RELATIVE_GAP,
    RELATIVES,
    SHORT_TITLE,
    SHORTEST_RECURRING,
    SINGLE,
    SKIPPED,
    SURE_INITIALS,
    TITLES,
)
from corpora.deidentification.records import Finding
from corpora.deidentification.terms import EPONYMS
from corpora.deidentification.unfamiliar import is_familiar, is_term_here, unfamiliar_runs
from corpora.deidentification.vocabulary import (
    AMBIGUOUS_FIRST_NAMES,
    FIRST_NAMES,
    TERM_HEADS,
)
from corpora.deidentification.words import BETWEEN_PARTS, PARTICLES, Note

Run = tuple[int, int]  # numbers of words, half-open


def find_names(note: Note) -> Iterator[Finding]:
    """Every name of `note`, title and credentials left out."""
    runs = set(_runs(note))
    runs |= set(unfamiliar_runs(note))
    runs |= set(ambiguous_runs(note))
    runs |= set(_coordinated(note, runs))
    runs |= set(_recurring(note, runs))
    for first, end in runs:
        yield Finding("NAME", note.words[first].start, note.words[end - 1].end)
    yield from find_initials(note.text)


def _person_run(note: Note, number: int) -> int:
    """Where a name ends that begins here, where a person is meant: an eponym may be one, unless it is a term here."""
    end = note.run(number, sure=False)
    if end > number or number >= len(note.words):
        return end
    word = note.words[number]
    if word.is_eponym and word.is_capital and not word.is_plain and not is_term_here(note, number):
        return note.run(number, sure=True)
    return number + 1 if may_be_person(note, number) else end


def _runs(note: Note) -> Iterator[Run]:
    for number in note.active:
        yield from _by_title(note, number)
        yield from _by_label(note, number)
        yield from _by_relative(note, number)
        yield from _by_verb(note, number)
        yield from _by_first_name(note, number)
        yield from _by_what_follows(note, number)
    yield from _by_credential(note)
    yield from _by_closing(note)
    yield from _by_key(note)


def _by_title(note: Note, number: int) -> Iterator[Run]:
    """Dr. Okafor, Mrs Jane O'Neill-Smith, dr patel."""
    title, following = note.words[number], note.word(number + 1)
    if title.lower not in TITLES or following is None or note.gap(number) not in (" ", ". ", ".", "  ", ".  "):
        return
    if title.text == "ms":  # milliseconds
        return
    if (
        title.is_upper
        and len(title.text) <= SHORT_TITLE
        and title.lower in ABBREVIATED
        and not note.in_capitals(number)
    ):
        return  # "SR" is a rhythm, "LT" a side
    if title.text in ("MS", "MR", "DR") and not note.gap(number).startswith(".") and following.is_term:
        return
    if following.is_capital:
        end = note.run(number + 1, sure=True)
        if (
            end == number + 1
            and (note.gap(number).startswith(".") or may_be_person(note, number + 1) or following.text == "May")
            and not following.is_upper
            and following.lower not in TITLES
        ):
            end = number + 2  # "Dr. Day": a plain word, but a capital after a title
        if end > number + 1:
            yield number + 1, end
    elif (
        title.text in ("dr", "mr", "mrs", "doctor")
        and following.lower not in AFTER_LOWER_TITLE
        and not following.is_plain
    ):
        yield number + 1, number + 2


def _by_label(note: Note, number: int) -> Iterator[Run]:
    """Patient name: Doe, Jane A"""
    label = note.words[number]
    if label.lower not in LABELS or (
        ":" not in (gap := note.gap(number)) and not (label.lower == "dear" and gap == " ")
    ):
        return
    if not LABEL_GAP.match(gap):
        return
    end = _with_first_name(note, number + 1, note.run(number + 1, sure=True))
    if end > number + 1:
        yield number + 1, end


def _with_first_name(note: Note, first: int, end: int) -> int:
    """The end of "Doe, Jane A", where `end` is after "Doe"."""
    if first < end < len(note.words) and LAST_COMMA_FIRST.match(note.gap(end - 1)) and not note.words[end].is_initial:
        return max(end, note.run(end, sure=True, most=3))
    return end


def _by_relative(note: Note, number: int) -> Iterator[Run]:
    """Daughter Maria; his wife, Carla; her sister is named Ana."""
    if note.words[number].lower not in RELATIVES:
        return
    start = number
    for _ in range(3):
        following = note.word(start + 1)
        if following is None or following.lower not in SKIPPED or note.gap(start) not in (" ", "'s ", "’s "):
            break
        start += 1
    if RELATIVE_GAP.match(note.gap(start)):
        end = _person_run(note, start + 1)
        if end > start + 1:
            yield start + 1, end


def _by_verb(note: Note, number: int) -> Iterator[Run]:
    """Seen by Jane Doe, discussed with Doe, pt Doe."""
    word, before = note.words[number], note.word(number - 1)
    paired = before is not None and (before.lower, word.lower) in PAIRS
    if not (paired or word.lower in SINGLE) or note.gap(number) not in (" ", "  ", ": ", "/", "/ ", ", "):
        return
    end = _person_run(note, number + 1)
    if end > number + 1:
        yield number + 1, end


def _by_first_name(note: Note, number: int) -> Iterator[Run]:
    """A first name of the list; an ambiguous one only where a surname follows."""
    word = note.words[number]
    if word.lower.split("-")[0] not in FIRST_NAMES or not word.is_capital:
        return
    before = note.word(number - 1)
    if before is not None and before.lower in ("st", "saint", "sister") and note.gap(number - 1) in (" ", ". "):
        return
    end = note.run(number, sure=word.lower not in EPONYMS)
    if word.lower in AMBIGUOUS_FIRST_NAMES and end <= number + 1:
        return
    following = note.word(end)
    if end > number and not (following is not None and following.lower in TERM_HEADS and note.gap(end - 1) == " "):
        yield number, end


def _by_what_follows(note: Note, number: int) -> Iterator[Run]:
    """Two capitals before "was", "lives", a date of birth or an age, or alone on their line."""
    if not note.words[number].is_capital:
        return
    before = note.word(number - 1)
    opens = before is None or not before.is_capital or (before.is_term and not before.is_initial)
    if not opens and BETWEEN_PARTS.match(note.gap(number - 1)):
        return  # this is no beginning
    end = note.run(number, sure=False, most=len(note.words))  # all of a list of names in one pass
    if end == number + 1:  # Doe, Jane
        end = _comma_name(note, number, end)
    if end < number + 2:
        if end > number and AGE_AND_SEX.match(note.text, note.words[number].end):
            yield number, end
        return
    words = note.words[number:end]
    weak = all(is_familiar(word) or word.lower in PARTICLES or word.is_initial for word in words)
    pair = not any(word.is_upper and not word.is_initial for word in words) and not weak
    if pair and is_term_here(note, end - 1):
        return
    if pair or _is_initial_and_surname(note, number, end):
        yield number, end  # two capitals that literature does not know are a person or a place, hardly a term
        return
    stop = note.words[end - 1].end
    whole_line = BEFORE_ON_LINE.search(note.text, max(0, note.words[number].start - 6), note.words[number].start)
    if AFTER_NAME.match(note.text, stop) or (whole_line and END_OF_LINE.match(note.text, stop)):
        yield number, end


def _is_initial_and_surname(note: Note, first: int, end: int) -> bool:
    """J. Torrance."""
    return (
        end == first + 2
        and note.is_initial(first)
        and not is_familiar(note.words[first + 1])
        and note.gap(first) in (". ", ".")
    )


def _comma_name(note: Note, first: int, end: int) -> int:
    if end < len(note.words) and note.gap(end - 1) in (", ", ","):
        return max(end, note.run(end, sure=False, most=2))
    return end


def _by_credential(note: Note) -> Iterator[Run]:
    """T. Boudreaux, RN"""
    ends = {word.end: number for number, word in enumerate(note.words)}
    for match in CREDENTIAL.finditer(note.text):
        last = ends.get(
            match.start(),
            ends.get(match.start() - 1) if note.text[match.start() - 1 : match.start()] in (".", ",") else None,
        )
        if last is None:
            continue
        for first in range(max(0, last - 3), last + 1):
            if note.words[first].is_capital and note.run(first, sure=False) == last + 1:
                yield first, last + 1
                break
        else:
            if (
                note.words[last].is_capital
                and not note.words[last].is_plain
                and note.words[last].lower not in TERM_HEADS
                and len(note.words[last].text) > 2
            ):
                yield last, last + 1


def _by_closing(note: Note) -> Iterator[Run]:
    """What stands after "Sincerely," to the end of its line."""
    for match in CLOSING.finditer(note.text):
        first = note.index.get(match.end())
        if first is None:
            continue
        end = note.run(first, sure=True)
        if end > first and re.match(
            r"[ \t]{0,4}(?:[.,;\n(]|\Z| PA| MD)", note.text[note.words[end - 1].end : note.words[end - 1].end + 8]
        ):
            yield first, end


def _by_key(note: Note) -> Iterator[Run]:
    """patient_name: Park Ji-woo; accepting_md: N. Grace; prefers "Johnny"."""
    for pattern in (KEY, ALSO_KNOWN):
        for match in pattern.finditer(note.text):
            first = note.index.get(match.end())
            if first is not None:
                end = _with_first_name(note, first, note.run(first, sure=True))
                if end > first:
                    yield first, end


def find_initials(text: str) -> Iterator[Finding]:
    """Initials of who wrote or typed ("by JQ 0702", "—lmt, LPN", "//MY//"), and names spelled letter by letter."""
    for pattern in INITIALS:
        for match in pattern.finditer(text):
            if not (known(match.group(1)) & Known.TERM and match.group(1).isupper()) or pattern in SURE_INITIALS:
                yield Finding("NAME", match.start(1), match.end(1))


def _coordinated(note: Note, runs: set[Run]) -> Iterator[Run]:
    """Katz and Feinberg; Arthur and Doris Pemberton; Ortiz/Lamb."""
    for _, end in runs:
        following = note.word(end)
        if following is None:
            continue
        if note.gap(end - 1) in ("/", " / ") and following.is_capital:
            first = end
        elif following.lower == "and" and note.gap(end - 1) == note.gap(end) == " ":
            first = end + 1
        else:
            continue
        further = _person_run(note, first) if first < len(note.words) else first
        if further > first:
            yield first, further


def _recurring(note: Note, runs: set[Run]) -> Iterator[Run]:
    """The parts of the names found, wherever else they stand, with the unknown capitals beside them."""
    found = {number for first, end in runs for number in range(first, end)}
    parts = {
        note.words[number].lower
        for number in found
        if len(note.words[number].text) >= SHORTEST_RECURRING
        and note.words[number].lower not in PARTICLES
        and not note.words[number].is_plain
    }
    for number, word in enumerate(note.words):
        if number in found or word.lower not in parts:
            continue
        if not word.is_capital and (not note.is_lower or known(word.lower) & Known.ORDINARY):
            continue
        following = note.word(number + 1)
        if following is not None and following.lower in TERM_HEADS and note.gap(number) in (" ", "-", "'s ", "’s "):
            continue
        first = number
        before = note.word(number - 1)
        if (
            before is not None
            and before.is_capital
            and not before.is_term
            and note.gap(number - 1) in (" ", ". ")
            and not before.is_upper
        ):
            first = number - 1
        yield first, max(number + 1, note.run(number, sure=False))
