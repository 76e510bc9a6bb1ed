"""Names of persons, found by what stands around them: titles, labels, relatives, verbs, credentials, closings.

A name once found is masked wherever its parts recur in the note. A word of medicine ("Wilson disease") is a name only
where a title or a label says so.
"""

import re
from collections.abc import Iterator

from corpora.deidentification.records import Finding
from corpora.deidentification.vocabulary import AMBIGUOUS_FIRST_NAMES, EPONYMS, FIRST_NAMES, TERM_HEADS, word_set
from corpora.deidentification.words import BETWEEN_PARTS, PARTICLES, Note

Run = tuple[int, int]  # numbers of words, half-open

_TITLES = word_set("""
    dr drs doctor mr mrs ms miss mx prof professor nurse rn lpn cna rev reverend sir madam mme herr frau dame
    señor señora
    """)
_AFTER_LOWER_TITLE = word_set("""
    said says aware called notified will is was has had to at in on and or who paged ordered recommends
    recommended agrees agreed saw with of for the a an this that not visit appointment office note notes orders
    wants would should may can did does
    """)
_RELATIVES = word_set("""
    daughter son wife husband mother father brother sister partner aunt uncle niece nephew grandson
    granddaughter grandmother grandfather grandma grandpa cousin friend neighbor neighbour spouse fiance fiancé
    fiancée fiancee carer caregiver landlord guardian interpreter secretary roommate girlfriend boyfriend mom
    mum mama dad stepmother stepfather stepson stepdaughter law twin godmother widow widower physiotherapist
    therapist social-worker pharmacist boss supervisor teacher chaplain baby girl boy infant
    """)
_LABELS = word_set("""
    patient pt name names surgeon assistant attending physician by pathologist provider contact proxy kin re
    caller client child author cc gp pcp transfer nok consultant nurse doctor guardian witness informant surname
    forename anesthesiologist anaesthetist radiologist cardiologist dear to from attn sincerely respondent
    signature signed scribe resident fellow practitioner midwife therapist carer interpreter relative relation
    next-of-kin subject member beneficiary insured holder recipient donor
    """)
_SINGLE = word_set("""
    pt patient client named called saw seeing paged notified contacted parents accepting visited reviewed dear
    met
    """)
_PAIRS = frozenset(
    (a, b)
    for second, firsts in {
        "by": "seen reviewed reported followed referred signed dictated ordered accompanied brought evaluated "
            "examined treated managed "
        "performed transcribed cosigned witnessed written authored prepared completed approved verified "
            "attended cared supervised "
        "delivered intubated operated requested read interpreted consulted notified called "
            "electronically recommended placed",
        "with": "discussed spoke spoken talked met conferred reviewed seen speaking follow appointment lives "
            "living regards consultation plan up",
        "w": "discussed spoke d f up plan came lives",
        "to": "spoke spoken talked speaking report reported referred known married dictated attn handed",
        "of": "care infant baby behalf parents son daughter wife husband mother father widow sister brother "
            "child patient pt friend",
        "on": "called call",
        "under": "was is admitted care",
        "as": "identified name known",
        "is": "name this partner mother father wife husband son daughter surgeon gp pcp nurse doctor "
            "cardiologist attending",
        "am": "i",
        "reviewing": "for",
        "seeing": "for of",
        "reviewed": "i",
        "md": "attending",
        "patient": "identified",
        "for": "care caring proxy",
        "from": "call message letter",
    }.items()
    for b in (second,)
    for a in firsts.split()
)  # fmt: skip
_SKIPPED = frozenset(("is", "named", "called", "name", "was", "known", "as"))
_CREDENTIAL = re.compile(
    r"(?:,? {1,2}|, ?|\n)(?:M\.? ?D\.?|D\.?O\.?|R\.?N\.?|N\.?P\.?|PA(?:-C)?|P\.A\.|Ph\.? ?D|DPhil|"
    r"FRC[A-Z]{1,3}|FACS|FACP|MRC[A-Z]{1,3}|MBBS|MB ?BCh|MBChB|LPN|LVN|"
    r"CNA|CRNP|FNP(?:-\w)?|DNP|APRN|CNM|CRNA|Pharm\.?D|RPh|LCSW|LMSW|MSW|DPT|OTR(?:/L)?|SLP|DDS|DMD|DPM|"
    r"PsyD|MPH|MSc|DN|RGN|RMN|EMT(?:-P)?|"
    r"[(](?:district |staff |charge |practice |community )?(?:nurse|midwife|carer|GP|RN|mother|father|"
    r"wife|husband|son|daughter|brother|sister|"
    r"niece|nephew|aunt|uncle|friend|neighbou?r|trauma|surgery|cardiology|neurology|secretary|interpreter|"
    r"partner|guardian)[)]|"
    r"cardiac physiologist|district nurse|staff nurse|consultant|registrar)(?!\w)"
)
_CLOSING = re.compile(
    r"(?:\b(?:sincerely|regards|wishes|faithfully|truly|thanks|thank you|cheers|love|signed|best)[,!.]?|"
    r"\n ?[-–—])\s{1,4}(?=[^\W\d_])",
    re.IGNORECASE,
)
_AFTER_NAME = re.compile(
    r"(?: (?:is|was|has|had|lives|underwent|describes|presented|presents|will|reports|reported|states|"
        r"denies|moved|came|attended|called|"
    r"returned|complains|said|says|tolerated|died|developed|visited|works|takes|who|whose|first|again|"
        r"today|may|did|does|remains|and (?:his|her))\b"
    r"|,? (?:a|an|age|aged) \d|, \d{2}\b|,? \d{1,3}[- ]?(?:y|yo|year)"
    r"|,? (?:DOB|D\.O\.B|d\.o\.b|MRN|born|date of birth|NHS)\b|['’]s (?:mother|father|wife|husband|son|"
        r"daughter|symptoms|condition|case|family|care|treatment)"
    r"| ?[,/|(] ?(?:DOB|MRN|M\b|F\b|male\b|female\b|\d{1,2}[./-]\d|age|aged|born|\ufffc))",
)  # fmt: skip
_AGE_AND_SEX = re.compile(r",? \d{1,3} ?(?:[MF]\b|y/?o\b|y\.o)")
_END_OF_LINE = re.compile(r"[ \t.,]{0,4}(?:\n|\Z)")
_BEFORE_ON_LINE = re.compile(r"(?:\A|\n)[ \t>*-]{0,4}\Z")
_LAST_COMMA_FIRST = re.compile(r", {0,2}\Z")
_LABEL_GAP = re.compile(r" ?[:#=/] {0,8}(?:\n {0,4})?\Z|\. {1,2}\Z| {1,6}\Z")
_RELATIVE_GAP = re.compile(r" {1,2}\Z|, {0,2}\Z|: {0,2}\Z| ?\(\Z| [-–] \Z|['’]s \Z")
_SHORTEST_RECURRING = 3  # letters of a part of a name that is looked for elsewhere


def find_names(note: Note) -> Iterator[Finding]:
    """Every name of `note`, title and credentials left out."""
    runs = set(_runs(note))
    runs |= set(_coordinated(note, runs))
    runs |= set(_recurring(note, runs))
    for first, end in runs:
        yield Finding("NAME", note.words[first].start, note.words[end - 1].end)


def _runs(note: Note) -> Iterator[Run]:
    for number in range(len(note.words)):
        yield from _by_title(note, number)
        yield from _by_label(note, number)
        yield from _by_relative(note, number)
        yield from _by_verb(note, number)
        yield from _by_first_name(note, number)
        yield from _by_what_follows(note, number)
    yield from _by_credential(note)
    yield from _by_closing(note)


def _by_title(note: Note, number: int) -> Iterator[Run]:
    """Dr. Okafor, Mrs Jane O'Neill-Smith, dr patel."""
    title, following = note.words[number], note.word(number + 1)
    if title.lower not in _TITLES or following is None or note.gap(number) not in (" ", ". ", ".", "  ", ".  "):
        return
    if title.text == "ms":  # milliseconds
        return
    if title.text in ("MS", "MR", "DR") and not note.gap(number).startswith(".") and following.is_term:
        return
    if following.is_capital:
        end = note.run(number + 1, sure=True)
        if (
            end == number + 1
            and note.gap(number).startswith(".")
            and not following.is_upper
            and following.lower not in _TITLES
        ):
            end = number + 2  # "Dr. Day": a plain word, but a capital after a title
        if end > number + 1:
            yield number + 1, end
    elif (
        title.text in ("dr", "mr", "mrs", "doctor")
        and following.lower not in _AFTER_LOWER_TITLE
        and not following.is_plain
    ):
        yield number + 1, number + 2


def _by_label(note: Note, number: int) -> Iterator[Run]:
    """Patient name: Doe, Jane A"""
    label = note.words[number]
    if label.lower not in _LABELS or (
        ":" not in (gap := note.gap(number)) and not (label.lower == "dear" and gap == " ")
    ):
        return
    if not _LABEL_GAP.match(gap):
        return
    end = _with_first_name(note, number + 1, note.run(number + 1, sure=True))
    if end > number + 1:
        yield number + 1, end


def _with_first_name(note: Note, first: int, end: int) -> int:
    """The end of "Doe, Jane A", where `end` is after "Doe"."""
    if first < end < len(note.words) and _LAST_COMMA_FIRST.match(note.gap(end - 1)) and not note.words[end].is_initial:
        return max(end, note.run(end, sure=True, most=3))
    return end


def _by_relative(note: Note, number: int) -> Iterator[Run]:
    """Daughter Maria; his wife, Carla; her sister is named Ana."""
    if note.words[number].lower not in _RELATIVES:
        return
    start = number
    for _ in range(3):
        following = note.word(start + 1)
        if following is None or following.lower not in _SKIPPED or note.gap(start) not in (" ", "'s ", "’s "):
            break
        start += 1
    if _RELATIVE_GAP.match(note.gap(start)):
        end = note.run(start + 1, sure=False)
        if end > start + 1:
            yield start + 1, end


def _by_verb(note: Note, number: int) -> Iterator[Run]:
    """Seen by Jane Doe, discussed with Doe, pt Doe."""
    word, before = note.words[number], note.word(number - 1)
    paired = before is not None and (before.lower, word.lower) in _PAIRS
    if not (paired or word.lower in _SINGLE) or note.gap(number) not in (" ", "  ", ": ", "/", "/ ", ", "):
        return
    end = note.run(number + 1, sure=False)
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
        alone = _AGE_AND_SEX.match(note.text, note.words[number].end) or _is_unknown_in_sentence(note, number)
        if end > number and alone:
            yield number, end
        return
    if not any(word.is_upper for word in note.words[number:end]) or _is_initial_and_surname(note, number, end):
        yield number, end  # two unknown capitals are a person or a place far more often than a term
        return
    stop = note.words[end - 1].end
    whole_line = _BEFORE_ON_LINE.search(note.text, max(0, note.words[number].start - 6), note.words[number].start)
    if _AFTER_NAME.match(note.text, stop) or (whole_line and _END_OF_LINE.match(note.text, stop)):
        yield number, end


def _is_initial_and_surname(note: Note, first: int, end: int) -> bool:
    """J. Torrance, but not the end of one sentence and the start of the next: "45,X. Moro"."""
    opening, before = note.words[first], note.text[max(0, note.words[first].start - 1) : note.words[first].start]
    is_pair = end == first + 2 and opening.is_initial and note.gap(first) in (". ", ".")
    return is_pair and before in ("", " ", "\n", "(", "-", "/")


def _is_unknown_in_sentence(note: Note, number: int) -> bool:
    """A capital inside a sentence that no list knows: a wrong mask harms less than a name left."""
    word, before = note.words[number], note.word(number - 1)
    if word.is_upper or len(word.text) < _SHORTEST_RECURRING or any(letter.isupper() for letter in word.text[1:]):
        return False
    return before is not None and not before.is_capital and note.gap(number - 1) == " "


def _comma_name(note: Note, first: int, end: int) -> int:
    if end < len(note.words) and note.gap(end - 1) in (", ", ","):
        return max(end, note.run(end, sure=False, most=2))
    return end


def _by_credential(note: Note) -> Iterator[Run]:
    """T. Boudreaux, RN"""
    ends = {word.end: number for number, word in enumerate(note.words)}
    for match in _CREDENTIAL.finditer(note.text):
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
    for match in _CLOSING.finditer(note.text):
        first = note.index.get(match.end())
        if first is None:
            continue
        end = note.run(first, sure=True)
        if end > first and re.match(
            r"[ \t]{0,4}(?:[.,;\n(]|\Z| PA| MD)", note.text[note.words[end - 1].end : note.words[end - 1].end + 8]
        ):
            yield first, end


def _coordinated(note: Note, runs: set[Run]) -> Iterator[Run]:
    """Katz and Feinberg; Arthur and Doris Pemberton."""
    for _, end in runs:
        joint, following = note.word(end), note.word(end + 1)
        if (
            joint is None
            or following is None
            or joint.lower != "and"
            or note.gap(end) != " "
            or note.gap(end - 1) != " "
        ):
            continue
        further = note.run(end + 1, sure=False)
        if further > end + 1:
            yield end + 1, further


def _recurring(note: Note, runs: set[Run]) -> Iterator[Run]:
    """The parts of the names found, wherever else they stand, with the unknown capitals beside them."""
    found = {number for first, end in runs for number in range(first, end)}
    parts = {
        note.words[number].lower
        for number in found
        if len(note.words[number].text) >= _SHORTEST_RECURRING
        and note.words[number].lower not in PARTICLES
        and not note.words[number].is_plain
    }
    for number, word in enumerate(note.words):
        if number in found or not word.is_capital or word.lower not in parts:
            continue
        following = note.word(number + 1)
        if following is not None and following.lower in TERM_HEADS and note.gap(number) in (" ", "-"):
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
