"""Names that are words or terms as well, found by their form: "DAY, Florence", "K. Day", "Will Hartmann", "by Will".

What the word is says nothing here, so what stands beside it must say all: an initial, a first name, a comma between
surname and first name, a word that a person follows, the speaker's place in a conversation.
"""

import re
from collections.abc import Iterator

from corpora.deidentification.likeness import Known, known
from corpora.deidentification.unfamiliar import is_term_here, is_unfamiliar, opens_sentence
from corpora.deidentification.vocabulary import FIRST_NAMES, TERM_HEADS, word_set
from corpora.deidentification.words import CREDENTIALS, Note, Word

Run = tuple[int, int]  # numbers of words, half-open

# English words that are often given names, and those that are often surnames.
GIVEN_WORDS = word_set("""
    amber april art ash aurora autumn basil bay bill blossom bob brook brooke buck bud cash chance charity chase
    cherry chip christian clay cliff cookie coral crystal daisy dale dawn dean destiny dick don drew earl eden ember
    eve faith fern flora forest frank gage gale gem gene gilt ginger glen glory grace grant guy harmony harper haven
    hazel heath heather henna herb holly honey hope hunter iris isle ivy jack jade jasmine jay jean jet jewel joy
    june justice kit lance laurel leaf lee liberty lily lord lou love major mark may melody mercy merit miles misty
    nick norm olive opal pansy patience pearl peg penny pepper pete pierce piper poppy porter prince princess
    prudence queenie rain raven ray red reed rex rich river rob robin rocky rod roman rose rosemary rowan ruby rusty
    sage sandy scarlett serene serenity sherry sienna skip sky skye sonny star sterling stew storm sue summer sunny
    tab tad tawny temperance terry tiger trinity trip true van verity victor violet will willow winter wren
    """)
SURNAME_WORDS = GIVEN_WORDS | word_set("""
    abbey abbot alder archer ash bacon bailey baker ball bank banks barber barker barnes bass bates beach bean bear
    beard bell bench berry best bird bishop black blank blood bloom blue board boat bolt bond bone book booth bower
    bowl bowler bowls box boyle branch brand bray bridge bridges bright brook brooks broom brown brush bull burn
    burns bush butcher butler butter byrd camp cannon canon card carpenter carter carver case castle chamber
    chambers chandler chaplin child church clark clay close coal coffee cole cook cooper cope copper corn cotton
    couch court cox craft crane crisp crook cross crow cruise cruz cutler cutter dance dark darling day deal dean
    deer dew dial dish dove draper drew drinkwater drummer duck duke dull dyer east easter eaton ember english
    falconer fall farmer farrow fast faulk feather fell fern field fields finch fine fish fisher fitch flag fleet
    fletcher flint flood flower flowers foot ford foreman forest forester foster fowler fox france freed freeman
    freeze french friend frost fry fuller gable gage gall gardener garland garner garrison gates gentle gentry giles
    glass glover gold golden good goode gore grain grand granger grave graves gray grazer green grey griffin grove
    guest gunn hall ham hammer hammond hand hands harden hardy hare harp hart harvest hatch hawk hawkins hay hayes
    head heard heart heath hedge herring hide high hill hills hind hines hogg holder holiday hollow holly holmes
    holt hood hook hooper horn horne horner house hull hunt hyde iron ironside james jewel jolly jordan judge keen
    key keys king kings kitchen kite knight lake lamb lance land lane large last lavender law lawless leach leaf
    lemon light lilly lime lion list little loch lock locke long loud love lovelace low lowe lynch lyon mace major
    mallet mann manner marble march marine mark marks marlow marsh marshall mason may mayor meadows mercer merchant
    merry messenger miles mill miller mills mist moody moon moor moore moss mound mount mountain munro music nail
    neal new newman nichol nigh night noble noon north nutt oakes oaks ogle olive orange page paige pain palmer
    paradise park parker parks parsons parting paste peace peach peacock pearl pease pepper perry petty phillips
    pickle pierce pike pine pipe piper pitts place plant plum plumb pond pool poole poor pope porter post pott
    potter pound powder powers pratt prentice presley price pride priest prince prior proctor province purple quick
    quill rain ram ranger rankin raven ray read reader reeve reeves rice rich rider ridge rigg ring ripley
    rivers roach roads roberts robins rock rocks roe rolls rook root roper rose rouse rowe royal rudd rule rush rust
    sadler sage sale sand sands sargent savage sawyer scales schooler scott seal seals seller sergeant sessions
    sexton sharp shaver shaw shields shine shoemaker short silver simple singer singleton skinner slater slaughter
    sleep small smart smith snow sparks spear spence spencer spicer spring springer spruce squire stack stamp
    staples star stark starr steel steele steer stern steward stewart still stock stone storey storm story stout
    strange stranger street strong stroud stubbs styles sugar summer summers swan swann sweet swift sword tanner
    taylor teal temple thatcher thorn thorne thrower tiller tinker toll tower towers townsend trader travel travers
    tree tripp trout trower tucker turner twist tyler underhill upton usher vale valentine vance vine wade wagner
    wagon waite wake walker wall waller walls walsh ward warden ware warner waters watt watts weaver webb weeks
    welder wells west wheat wheeler whisker white wild wilder wilkes will wills winds wing winner winter winters
    wise wolf wolfe wood woods woody worth wray wren wright wynn yard yates yew york young
    """)
_MONTHS = frozenset(("april", "may", "june", "august", "march", "january"))
_PERSON_BEFORE = word_set("""
    by with w from to for tell told ask asked text texted page paged see saw met and named called calling client
    sister brother mother father son daughter wife husband partner mom mum dad aunt uncle niece nephew cousin friend
    neighbor neighbour nurse doctor grandson granddaughter grandmother grandfather per thanks sitter dtr hubby carer
    caregiver
    """)
_PERSON_VERB = re.compile(
    r" (?:will (?:see|cover|call|follow|review|be|discuss|talk|come)|says?|said|agrees?|agreed|called|calls|"
    r"states|stated|reports|reported|"
    r"denies|denied|was notified|notified|is aware|aware|lives|works|worked|attended|came|recommends|"
    r"recommended|reviewed|saw|phoned|"
    r"rang|wants|prefers|thinks|asked|texted|paged|informed|updated|understands|understood|visited|visits|"
    r"slept|assisted|helped|drove|is an? \d{1,3}|who is|from (?:pharmacy|dietary|nutrition|social work|"
    r"radiology|the lab)|verbali[sz]ed|"
    r"arrived|left)\b"
)
_BEFORE_LETTER = word_set(
    "vitamin hepatitis type class grade group stage influenza factor part section lead blood appendix"
)
_PATIENT_BEFORE = _PERSON_BEFORE | {"pt", "patient"}
_CELL = (
    r"(?:^|\||\t|(?<=  )(?! )|:[ \t]{0,4}|\b(?:[Nn]ame|NAME|[Pp]t|PT|[Pp]atient|PATIENT|RE|Re|Client|"
    r"CLIENT|Px)\b[ \t:.]{1,4})"
)
_PART = r"[A-Z][A-Za-z'’-]{1,30}"
_GIVEN = r"[A-Z](?:[A-Za-z'’-]{1,30}|\.|\b)(?:[ -][A-Z](?:[A-Za-z'’-]{0,30}\.?)){0,2}"
_COMMA_PAIR = re.compile(
    rf"{_CELL}[ \t]{{0,2}}(?=({_PART}(?: {_PART})?), ?({_GIVEN})"
    r"[ \t]{0,4}(?:\||\n|\Z|\(|\t|,? ?\d|,? ?[MF]\b|,? ?(?:DOB|MRN|Age|AGE|Sex|D\.O\.B)|\ufffc|[,;] ))",
    re.MULTILINE,
)
_UPPER_COMMA = re.compile(
    r"(?<![\w-])(?=([A-Z][A-Z'’-]{1,30}), ?([A-Z][a-z][A-Za-z'’-]{0,30}|[A-Z][A-Z'’-]{2,30} [A-Z]\b))"
)
_COMMA_CREDENTIAL = re.compile(
    rf"(?<![\w-])(?=({_PART}), ?([A-Z]\.?(?: ?[A-Z]\.?)?),? (?:RN|MD|DO|NP|PA|LPN|CNA|PharmD|PT|OT|RT|SLP|LCSW)\b)"
)
_SPEAKER = re.compile(
    r"^(?:\[[^\]\n]{0,30}\]|"
    r"[^\n]{0,12}\d{1,2}:\d\d(?::\d\d)?(?: ?[AaPp]\.?[Mm]\.?)?[\]:,]?)[ -]{0,3}"
    r"(?=([A-Z][\w'’-]{1,20}(?: [A-Z][\w'’-]{0,20})?):)",
    re.MULTILINE,
)


def ambiguous_runs(note: Note) -> Iterator[Run]:
    """Every name that is a word, where its surroundings leave little doubt."""
    for number in note.active:
        word = note.words[number]
        if (
            word.is_capital
            and not word.is_initial
            and word.text not in CREDENTIALS
            and not _precedes_head(note, number)
        ):
            yield from _after_initial(note, number)
            yield from _after_first_name(note, number)
            yield from _after_person_word(note, number)
            yield from _before_person_verb(note, number)
            yield from _before_and(note, number)
    yield from _by_pattern(note)
    if note.is_lower:
        yield from _in_small_letters(note)


def _precedes_head(note: Note, number: int) -> bool:
    following = note.word(number + 1)
    if following is None:
        return False
    return following.lower in TERM_HEADS and note.gap(number) in (" ", "-", "'s ", "’s ")


def _may_be_surname(word: Word) -> bool:
    """Whether the word is a surname at times, whatever else it is."""
    if word.lower in SURNAME_WORDS or word.is_eponym:
        return True
    return not word.is_plain and (bool(known(word.lower) & Known.ALSO_NAME) or word.lower in FIRST_NAMES)


def _after_initial(note: Note, number: int) -> Iterator[Run]:
    """K. Day, but not "E. coli", nor the end of a sentence: "vitamin D. Will"."""
    first = number
    while first > 0 and note.is_initial(first - 1) and note.gap(first - 1) in (". ", ".", ".-"):
        first -= 1
    if first == number or not _may_be_surname(note.words[number]):
        return
    before = note.word(first - 1)
    if before is not None and note.gap(first - 1) == " " and before.lower in _BEFORE_LETTER:
        return
    if not is_term_here(note, number):
        yield first, number + 1


def _is_given(note: Note, number: int) -> bool:
    word = note.words[number]
    if word.is_upper and not note.in_capitals(number):
        return False
    if word.lower in FIRST_NAMES or is_unfamiliar(note, number):
        return True
    return word.lower in GIVEN_WORDS and (not word.is_plain or not opens_sentence(note, number))


def _after_first_name(note: Note, number: int) -> Iterator[Run]:
    """Joy Young, Ngozi Will, Will Hartmann; not "Rose Bengal"."""
    word = note.words[number]
    if number == 0 or note.gap(number - 1) not in (" ", "  ") or word.lower in _MONTHS - {"may"}:
        return
    before = note.words[number - 1]
    if not before.is_capital or before.is_initial or before.is_upper != word.is_upper:
        return
    if not _is_given(note, number - 1) or is_term_here(note, number) or note.text.startswith(":", word.end):
        return
    if _may_be_surname(word) or is_unfamiliar(note, number):
        yield number - 1, number + 1


def may_be_person(note: Note, number: int) -> bool:
    """Whether a word that is a surname at times is one here, where a person is meant: a capital, no month, no term."""
    word = note.words[number]
    if not word.is_capital or (word.is_upper and not note.in_capitals(number)) or word.lower in _MONTHS:
        return False
    return word.lower in SURNAME_WORDS and not is_term_here(note, number)


def _in_small_letters(note: Note) -> Iterator[Run]:
    """pt earl stone; by t. whitehorse."""
    for number in note.active:
        word, following, before = note.words[number], note.word(number + 1), note.word(number - 1)
        if following is None or before is None or before.lower not in _PATIENT_BEFORE:
            continue
        if following.is_plain or note.gap(number) not in (" ", ". "):
            continue
        initial = len(word.text) == 1 and note.gap(number) == ". " and len(following.text) > 1
        given = (word.lower in GIVEN_WORDS or word.lower in FIRST_NAMES) and not word.is_plain
        if initial or (given and following.lower in SURNAME_WORDS and note.gap(number) == " "):
            yield number, number + 2


def _after_person_word(note: Note, number: int) -> Iterator[Run]:
    """Her sister Grace, by Will; the capital stands where none is due."""
    word, before = note.words[number], note.word(number - 1)
    if word.is_upper or before is None or before.is_capital or note.gap(number - 1) != " " or word.lower in _MONTHS:
        return
    following = note.word(number + 1)
    if word.lower not in GIVEN_WORDS or before.lower not in _PERSON_BEFORE or is_term_here(note, number):
        return
    if following is None or not (following.is_capital and following.is_term and note.gap(number) == " "):
        yield number, number + 1


def _before_person_verb(note: Note, number: int) -> Iterator[Run]:
    """Thompson will cover; Jordan is a 19 y/o: only persons do that."""
    word = note.words[number]
    if word.is_upper or word.lower in _MONTHS or not _PERSON_VERB.match(note.text, word.end):
        return
    if word.is_eponym or word.lower in FIRST_NAMES or (word.lower in SURNAME_WORDS and not word.is_plain):
        yield number, number + 1


def _before_and(note: Note, number: int) -> Iterator[Run]:
    """The first of "Ken and Lisa Cho"."""
    word, joint, following = note.words[number], note.word(number + 1), note.word(number + 2)
    if joint is None or following is None or joint.lower not in ("and", "&") or word.is_upper != following.is_upper:
        return
    if _is_given(note, number) and following.lower in FIRST_NAMES and note.gap(number) == note.gap(number + 1) == " ":
        yield number, number + 1


def _by_pattern(note: Note) -> Iterator[Run]:
    """DAY, Florence; Mbeki-Olsen, T; [7:02 AM] Will F: good morning."""
    for pattern, sure in ((_COMMA_PAIR, False), (_UPPER_COMMA, False), (_COMMA_CREDENTIAL, True), (_SPEAKER, True)):
        for match in pattern.finditer(note.text):
            first = note.index.get(match.start(1))
            end = first
            while end is not None and end < len(note.words) and note.words[end].end <= match.end(pattern.groups):
                end += 1
            if first is not None and end is not None and (sure or _is_comma_name(note, first, end)):
                yield first, end


def _is_comma_name(note: Note, first: int, end: int) -> bool:
    """Whether both sides of the comma may be names and one of them is hardly anything else."""
    words = [word for word in note.words[first:end] if not word.is_initial]
    if not words or any(word.text in CREDENTIALS for word in words):
        return False
    if not all(_may_be_surname(word) or not (word.is_term or known(word.lower)) for word in words):
        return False
    given = words[-1] if len(words) > 1 else None
    if given is None:  # Mbeki-Olsen, T
        return not known(words[0].lower) or words[0].lower in SURNAME_WORDS
    is_eponym = given.is_eponym and words[0].is_upper and not given.is_upper and _may_be_surname(words[0])
    if given.lower in FIRST_NAMES or given.lower in GIVEN_WORDS or is_eponym:
        return True
    return not (given.is_term or known(given.lower))
