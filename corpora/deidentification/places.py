"""Places smaller than a state: streets, postal codes, cities, facilities, employers. States and countries stay."""

import re
from collections.abc import Iterator

from corpora.deidentification.addresses import (
    AFTER_STREET,
    AUSTRALIAN,
    BEFORE_ZIP,
    CODE_AND_CITY,
    EIRCODE,
    INDIAN,
    LONGEST_BEFORE_ZIP,
    LOWER_SAINT,
    LOWER_STREET,
    NAMED_STREET,
    OTHER_STREET,
    OUR_LADY,
    PIN_CODE,
    POSTCODE,
    SAINT,
    STREET,
    ZIP,
)
from corpora.deidentification.likeness import Known, known
from corpora.deidentification.place_words import ENDS_OF_PLACES, PLACE_WORDS
from corpora.deidentification.records import Finding
from corpora.deidentification.unfamiliar import is_familiar, is_term_here
from corpora.deidentification.vocabulary import (
    CLINICAL_STATE_CODES,
    COUNTRIES,
    PLAIN,
    STATE_CODES,
    STATES,
    word_set,
)
from corpora.deidentification.words import Note

_FACILITIES = word_set("""
    hospital infirmary clinic hospice university institute surgery practice klinikum pharmacy school church
    college sanatorium dispensary polyclinic logistics steel inc ltd llc corporation prison jail shelter
    synagogue mosque airport hotel
    """)
_FACILITY_PHRASES = re.compile(
    r"\b(?i:hospitals?|medical cent(?:er|re)|health cent(?:er|re)|healthcare|health system|nursing home|"
    r"care home|home care|retirement home|"
    r"rehabilitation cent(?:er|re)|clinics?|infirmary|hospice|surgery|practice|university|institute|"
    r"pharmacy|school|college|"
    r"surgery cent(?:er|re)|care cent(?:er|re)|cent(?:er|re)|medical group|general|memorial|lodge|manor|"
    r"assisted living|funeral home|funeral directors|children['’]s|hosp\.?|office|campus|branch|rehab|associates)\b"
)
_NEEDS_CAPITAL = word_set("""
    surgery practice general memorial lodge manor school pharmacy college centre center institute university
    """)
_GENERIC = word_set("""
    emergency medical surgical outpatient inpatient local same other another outside the this that our general
    community regional university county teaching tertiary day pain diabetes memory anticoagulation fracture
    family health wound sleep eye heart cancer breast renal dialysis stroke trauma travel walk-in urgent nursing
    care mental primary national academic public private district veterans children children's womens women's
    rehabilitation oncology anesthesia anaesthesia plastic vascular cardiac thoracic bariatric hand spine
    orthopedic oral robotic
    """)
_BEFORE_OF = _FACILITIES | frozenset(("lady", "sisters", "isle", "heart", "sons", "city", "church"))
_BEFORE_PROPER = word_set("""
    lower upper north south east west new old great little long high mount central saint royal good our lady fort port
    san santa
    """)
_OF_BETWEEN = frozenset(("of", "the"))
_BEFORE_PLACE = re.compile(
    r"\b(?:[Ii]n|IN|[Ff]rom|FROM|[Tt]o|TO|[Aa]t|AT|[Vv]isiting|(?:works?|worked|working) for|employed by|employee of|"
    r"(?:town|city|village|county|resident|native|man|woman) of) (?:the |THE )?(?=[^\W\d_a-z])"
)
_SURELY_PLACE = re.compile(
    r"\b(?:liv(?:es?|ing|ed) (?:in|at)|resid(?:es?|ing) in|(?:native|resident|town|city|village|county) "
    r"of|born in|raised in|moved (?:here )?(?:to|from)|"
    r"(?:comes|came|coming|originally|transferred|referred|admitted|man|woman|male|female) from|"
    r"(?:discharge|d/c|dc|disposition|going|placement|transfer) (?:to|at)|(?:resident|bed|placement|stays|"
    r"staying) (?:at|of)|"
    r"(?:transferred|discharged|admitted|travell?ed|transported|conveyed|taken|flown|airlifted|driven|moved|"
    r"returned|sent|"
    r"released|brought|relocated) to|transport(?: to)?:|en route to|"
    r"(?:works|worked|working|employed) (?:at|for|by)|visiting) (?:the )?\Z",
    re.IGNORECASE,
)
_LONGEST_BEFORE_PLACE = 30  # characters
_PLACE_LABEL = re.compile(
    r"\b(?i:facility|hospital|clinic|city|town|residence|birthplace|place of birth|employer|location|"
    r"county|school|pharmacy|address)[ ]?: {0,4}(?=[^\W\d_a-z])"
)
_STATE = re.compile(
    rf",? {{1,2}}(?:({'|'.join(sorted(STATE_CODES))})\b(?:\.|,| {{1,2}}(\d{{5}}|\ufffc))?|"
    rf"({'|'.join(name.title() for name in sorted(STATES))})\b)"
)
_MOST_WORDS = 6


def find_places(note: Note) -> Iterator[Finding]:
    """Every place of `note`, and where one recurs."""
    found = list(_all_places(note))
    yield from found
    yield from _recurring(note, found)


def _all_places(note: Note) -> Iterator[Finding]:
    yield from _streets(note)
    text = note.text
    for match in ZIP.finditer(text):
        if BEFORE_ZIP.search(text[max(0, match.start() - LONGEST_BEFORE_ZIP) : match.start()]):
            yield Finding("PLACE", match.start(), match.end())
    for pattern in (POSTCODE, EIRCODE, SAINT, LOWER_SAINT, OUR_LADY):
        for match in pattern.finditer(text):
            if any(character.isdigit() for character in match.group()) or pattern in (SAINT, LOWER_SAINT, OUR_LADY):
                yield Finding("PLACE", match.start(), match.end())
    for pattern in (AUSTRALIAN, PIN_CODE):
        for match in pattern.finditer(text):
            yield Finding("PLACE", match.start(1), match.end(1))
    yield from _facilities(note)
    yield from _by_context(note)
    yield from _before_states(note)


def _streets(note: Note) -> Iterator[Finding]:
    """Streets, and the city or code that stands after each."""
    text = note.text
    for pattern in (STREET, LOWER_STREET, NAMED_STREET, OTHER_STREET, INDIAN):
        for match in pattern.finditer(text):
            start = _without_opening(note, match.start(), match.end()) if pattern is NAMED_STREET else match.start()
            if start is None:
                continue
            yield Finding("PLACE", start, match.end())
            yield from _city_at(note, match.end())


def _place_end(note: Note, first: int) -> int:
    """Where the place ends that begins at word `first`, such as "Lower Penbury"; `first` where there is none."""
    following = note.word(first + 1)
    if note.words[first].lower in _BEFORE_PROPER and following is not None and note.gap(first) == " ":
        end = note.run(first + 1, sure=False, most=3)
        return first if end == first + 1 else end
    return note.run(first, sure=False, most=4)


def _without_opening(note: Note, start: int, end: int) -> int | None:
    """The start without plain words ("The Fulton Street"); None where nothing but plain words is left."""
    number = note.index.get(start)
    while number is not None and number < len(note.words) and note.words[number].end < end:
        if note.words[number].lower not in PLAIN:
            return note.words[number].start
        number += 1
    return None


def _city_at(note: Note, position: int) -> Iterator[Finding]:
    """ ", Springfield" or a line "Springfield" right after a street."""
    gap = AFTER_STREET.match(note.text, position)
    if gap is None:
        return
    position = gap.end()
    code = CODE_AND_CITY.match(note.text, position)
    if code:
        yield Finding("PLACE", code.start(1), code.end(1))
        position = code.end()
    first = note.index.get(position)
    if first is None:
        return
    end = _place_end(note, first)
    if end > first and (code or re.match(r",|\.|;|\s|\)|\Z", note.text[note.words[end - 1].end :][:1])):
        yield Finding("PLACE", note.words[first].start, note.words[end - 1].end)


def _facilities(note: Note) -> Iterator[Finding]:
    """St. Mary's Hospital, University Hospital of Westhaven, Klinikum Ostheim, the Hillcrest office."""
    for match in _FACILITY_PHRASES.finditer(note.text):
        first = note.index.get(match.start())
        if first is None:
            continue
        last = match.group().split()[-1]
        start, tail = _left_of_facility(note, first), _right_of_facility(note, match.end())
        if start is None and (tail is None or not last[0].isupper()):
            continue
        if last[0].islower() and last.lower() in _NEEDS_CAPITAL:
            continue
        if start is None:
            start = _with_generic(note, first)
        end = _over_place_words(note, match.end() if tail is None else tail)
        yield Finding("PLACE", start, end)
        if note.text.startswith(", ", end):
            yield from _city_at(note, end)
    for number, word in enumerate(note.words):
        if word.is_capital and word.lower in ENDS_OF_PLACES and (start := _proper_before(note, number)) is not None:
            yield Finding("PLACE", start, _over_place_words(note, word.end))
        if (
            word.lower in ("klinikum", "krankenhaus", "clinique", "hôpital", "hopital", "ospedale")
            and note.gap(number) == " "
        ):
            end = note.run(number + 1, sure=False)
            if end > number + 1:
                yield Finding("PLACE", word.start, note.words[end - 1].end)


def _over_place_words(note: Note, position: int) -> int:
    """The end of a facility's name, with further words of places in it: "Sycamore Hospice House"."""
    while position + 1 in note.index and note.text[position] == " ":
        word = note.words[note.index[position + 1]]
        if not word.is_capital or word.lower not in PLACE_WORDS or note.text.startswith(":", word.end):
            break
        position = word.end
    return position


def _proper_before(note: Note, number: int) -> int | None:
    """Where the proper name before an end of a place begins; None unless a word of it is one that is no common word."""
    first = number
    while first > 0 and number - first < _MOST_WORDS and note.gap(first - 1) in (" ", "'s ", "’s ", " & ", ". "):
        before = note.words[first - 1]
        if not before.is_capital or (note.gap(first - 1) == ". " and before.lower not in ("st", "elem")):
            break
        if before.is_upper and not note.in_capitals(number) and not before.is_initial:
            break
        first -= 1
    for start in range(first, number):
        word = note.words[start]
        kind = known(word.lower)
        rare = not kind or bool(kind & Known.ALSO_NAME) or (bool(kind & Known.RARE) and not kind & Known.TERM)
        if rare and (not word.is_term or (word.is_eponym and not word.is_plain)) and len(word.text) > 1:
            return word.start
    return None


def _left_of_facility(note: Note, first: int) -> int | None:
    """Where the proper name begins that stands before word `first`; None where there is none."""
    number, start = first, None
    while number > 0 and first - number < _MOST_WORDS:
        word, gap = note.words[number - 1], note.text[note.words[number - 1].end : note.words[number].start]
        if gap not in (" ", ". ", "'s ", "’s ", "' ", " & ", "-"):
            break
        if gap == ". " and word.lower not in ("st", "mt", "ft", "dr"):
            break
        if word.lower in _OF_BETWEEN:
            before = note.word(number - 2)
            if before is None or not before.is_capital or before.lower not in _BEFORE_OF:
                break
            number -= 1
            continue
        if not word.is_capital:
            break
        if word.is_upper and not note.in_capitals(first) and len(word.text) > 1:  # VA, NHS
            number -= 1
            continue
        if not (word.lower in PLAIN or word.lower in _GENERIC or word.lower in COUNTRIES) or (
            start is not None and word.lower in _BEFORE_PROPER
        ):
            start = word.start
        number -= 1
    return start


def _with_generic(note: Note, first: int) -> int:
    """Where "University" of "University Hospital of Westhaven" begins."""
    while (
        first > 0
        and note.words[first - 1].is_capital
        and note.gap(first - 1) == " "
        and note.words[first - 1].lower in _GENERIC
    ):
        first -= 1
    return note.words[first].start


def _right_of_facility(note: Note, position: int) -> int | None:
    """Where "of Westhaven" ends after a facility; None where nothing of the kind follows."""
    match = re.match(r" of (?:the )?(?=[^\W\d_a-z])", note.text[position : position + 12])
    first = note.index.get(position + match.end()) if match else None
    if first is None:
        return None
    end = note.run(first, sure=False, most=4)
    return note.words[end - 1].end if end > first else None


def _by_context(note: Note) -> Iterator[Finding]:
    """Lives in Ashford, works at Harlan Steel, facility: Elmswood."""
    text = note.text
    for pattern in (_BEFORE_PLACE, _PLACE_LABEL):
        for match in pattern.finditer(text):
            first = note.index.get(match.end())
            if first is None:
                continue
            end = _place_end(note, first)
            before = text[max(0, match.end() - _LONGEST_BEFORE_PLACE) : match.end()]
            sure = pattern is _PLACE_LABEL or _SURELY_PLACE.search(before)
            word = note.words[first]
            if sure and end == first and word.is_eponym and not word.is_plain:  # lives in Boston
                end = note.run(first, sure=True, most=3)
            if end > first and (sure or not _is_loose_term(note, first, end)):
                yield Finding("PLACE", note.words[first].start, note.words[end - 1].end)


def _is_loose_term(note: Note, first: int, end: int) -> bool:
    """Whether what stands after a bare "from" or "in" is an abbreviation or a term and not a place."""
    words = note.words[first:end]
    if all(is_familiar(word) for word in words) or is_term_here(note, end - 1):
        return True
    return any((word.is_upper and not note.in_capitals(first)) or word.is_eponym for word in words)


def _before_states(note: Note) -> Iterator[Finding]:
    """Millbrook, OH 44720; Zeeland, Michigan."""
    ends = {word.end: number for number, word in enumerate(note.words)}
    for match in _STATE.finditer(note.text):
        last = ends.get(match.start())
        code, zip_code = match.group(1), match.group(2)
        if (
            last is None
            or (code in CLINICAL_STATE_CODES and not zip_code)
            or (code and not zip_code and not match.group().startswith(","))
        ):
            continue
        for first in range(max(0, last - 2), last + 1):
            word = note.words[first]
            sure = not word.is_plain and (word.is_eponym or not word.is_term)
            if word.is_capital and note.run(first, sure=sure) == last + 1:
                yield Finding("PLACE", note.words[first].start, note.words[last].end)
                break


def _recurring(note: Note, found: list[Finding]) -> Iterator[Finding]:
    """Proper parts of the places found, wherever else they stand."""
    parts: set[str] = set()
    for finding in found:
        number = note.index.get(finding.start)
        while number is not None and number < len(note.words) and note.words[number].end <= finding.end:
            word = note.words[number]
            if word.is_capital and len(word.text) > 4 and not word.is_term and word.lower not in _GENERIC | _FACILITIES:
                parts.add(word.lower)
            number += 1
    for word in note.words:
        if word.is_capital and word.lower in parts:
            yield Finding("PLACE", word.start, word.end)
