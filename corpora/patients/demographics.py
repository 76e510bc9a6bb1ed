"""The age and sex that a note gives its patient, read by rule from how its first sentences introduce the patient.

The first mention of a person with an age decides ("A 45-year-old woman", "3-month-old boy", "45 yo F", "45M", "a man
in his 60s"), unless that person is a relative ("her husband, 45,"), a group ("women aged 40 to 60") or a thing ("a
3-day-old wound"). Two patients introduced together ("a 45-year-old man and a 30-year-old woman") leave both unknown: a
guess would be wrong for one of them.
"""

import re
from collections.abc import Iterator

import msgspec

from corpora.patients.records import Sex

OPENING = 1500
"""How many characters of a note are searched: the patient is introduced in its first sentences."""

OLDEST = 125.0
"""No age above this many years is believed."""

YEARS_IN = {"year": 1.0, "month": 1 / 12, "week": 7 / 365.25, "day": 1 / 365.25, "hour": 1 / (24 * 365.25)}
"""How many years one of each unit has."""

_NUMBERS = (
    *("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "thirteen"),
    *("fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"),
)
_TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")
_WORDS = {word: float(value) for value, word in enumerate(_NUMBERS, 1)} | {
    word: 10.0 * value for value, word in enumerate(_TENS, 2)
}

_WORD_NUMBER = rf"(?:(?:{'|'.join(_TENS)})(?:[- ](?:{'|'.join(_NUMBERS[:9])}))?|{'|'.join(reversed(_NUMBERS))})"
_NUMBER = rf"(?:\d{{1,3}}(?:\.\d+|[ -]?1/2|½)?|{_WORD_NUMBER})"
_UNIT = r"(?:years?|yrs?|y|months?|mos?|weeks?|wks?|days?|hours?|hrs?)"
_RANGE = rf"(?:(?P<low>\d{{1,3}}|{_WORD_NUMBER}(?=\s+(?:to|or)\b))-?\s*(?:-|–|to\b|or\b)\s*)?"
_MALE = r"man|male|boy|gentleman|father|grandfather|son|baby boy|fireman|fisherman|businessman|schoolboy"
_FEMALE = (
    r"woman|female|girl|lady|mother|grandmother|daughter|housewife|primigravida|primigravid|primipara|multigravida"
    r"|multipara|nulligravida|nullipara|gravida|parturient|schoolgirl|nun"
)
_MALES = rf"(?:{_MALE})"
_FEMALES = rf"(?:{_FEMALE}|g\d+\s*p\d+\w*)"
_PERSON = rf"(?:{_MALES}|{_FEMALES}|patient|person|child|infant|baby|newborn|neonate|toddler|adolescent|teenager|twin)"
_GROUP = (
    r"(?:men|women|boys|girls|males|females|patients|children|infants|adults|participants|subjects|people|neonates)"
)

_AGES = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        # 45-year-old; 45 years old; 45 yo; 45 y/o; 1 year and 2 months old
        rf"(?<![\w.–-]){_RANGE}(?P<age>{_NUMBER})[\s-]*(?P<unit>{_UNIT})"
        rf"(?:[\s,-]*(?:and[\s-]*)?(?P<more>{_NUMBER})[\s-]*(?P<more_unit>months?|weeks?|days?))?"
        r"(?:[\s-]*old\b|[\s-]+of[\s-]+age\b)",
        rf"(?<![\w.–-]){_RANGE}(?P<age>\d{{1,3}})\s*-?\s*(?P<unit>y|m|w|d)\.?\s?/?\s?o\b\.?",
        # a woman, aged 45 (years); age of 45; Age: 45; aged 3 months
        rf"\bage(?:d|\s*[:=]|\s+of)?\s*{_RANGE}(?P<age>{_NUMBER})\b(?:[\s-]*(?P<unit>{_UNIT})\b)?",
        # 45M; 45 F; 45/M; 45yF; 3 mo F
        r"(?<![\w.,:/–-])(?P<age>\d{1,3})\s?(?P<unit>y|yr|yrs|mo|wk)?\s?/?\s?(?P<letter>M|F)\b(?![\w/%'’°.]|\s*[-=]\s*\d)",
        # M/45; F, 45
        r"(?<![\w.])(?P<letter>M|F)\s?[/,]\s?(?P<age>\d{1,3})\b(?!\s?[/%.]\d)",
        # a woman, 45, ; the patient (45 years)
        rf"\b{_PERSON}\s*[,(]\s*(?P<age>\d{{1,3}})(?:\s*(?P<unit>{_UNIT}))?\s*(?=[,);])",
        # 45-year female
        rf"(?<![\w.–-])(?P<age>{_NUMBER})[\s-]*(?P<unit>years?|yrs?|months?|weeks?|days?)[\s-]+(?={_MALES}\b|{_FEMALES}\b)",
        # in his early 60s; in her seventies; in the seventh decade
        r"\bin\s+(?:his|her|their|the)\s+(?P<part>early|mid|middle|late)?[\s-]*(?P<decade>[1-9]0)[’']?s\b",
        rf"\bin\s+(?:his|her|their|the)\s+(?P<part>early|mid|middle|late)?[\s-]*(?P<decade>{'|'.join(_TENS)})(?<=y)\b",
        r"\bin\s+(?:his|her|their|the)\s+(?P<part>early|mid|middle|late)?[\s-]*(?P<decade>"
        r"twenties|thirties|forties|fifties|sixties|seventies|eighties|nineties|teens)\b",
        rf"\bin\s+(?:his|her|their|the)\s+(?P<ordinal>{'|'.join(_ORDINALS)}|\d{{1,2}}(?:st|nd|rd|th))\s+decade\b",
        # a term newborn girl
        r"\b(?P<newborn>newborn|neonate|neonatal)\b",
    )
)
_DECADES = {f"{ten[:-1]}ies": 10.0 * value for value, ten in enumerate(_TENS, 2)}
_PARTS = {"": 5.0, "early": 2.0, "mid": 5.0, "middle": 5.0, "late": 8.0}

_RELATIVES = (
    r"husband|wife|spouse|partner|mother|father|parents?|brother|sister|sibling|son|daughter|uncle|aunt|cousin|nephew"
    r"|niece|grandmother|grandfather|fianc[ée]e?|boyfriend|girlfriend|donor|roommate|neighbou?r"
)
_RELATIVE_BEFORE = re.compile(
    rf"(?:\b(?:his|her|their|patient[’']s|whose|the)\s+(?:[\w-]+\s+){{0,2}}(?:{_RELATIVES})\b[^.;]{{0,25}}"
    r"|\b(?:his|her|their|whose)\s+(?:[\w-]+\s+)?|\bborn\s+(?:[\w-]+\s+){0,4}(?:to|of|by)\s+(?:an?\s+|the\s+)?(?:[\w-]+\s+){0,3}"
    r"|\b(?:child|son|daughter|offspring|baby|infant|boy|girl|neonate|newborn)\s+of\s+(?:an?\s+|the\s+)?(?:[\w-]+\s+){0,2}"
    r"|\bdonor\b[^.;]{0,25})$",
    re.IGNORECASE,
)
_RELATIVE_AFTER = re.compile(
    r"[\s,-]*(?:[\w-]+\s+){0,2}?(?:husband|wife|spouse|brother|sister|sibling|uncle|aunt|cousin|nephew|niece|donor)\b",
    re.IGNORECASE,
)
_THING_AFTER = re.compile(
    rf"[\s-]*(?:(?!{_PERSON}\b|with\b|who\b)[\w-]+\s+){{0,2}}?"
    r"(?:wounds?|scars?|lacerations?|injur(?:y|ies)|fractures?|lesions?|grafts?|stents?|implants?"
    r"|prosthes[ie]s|bruises?|burns?|hematomas?|haematomas?|infarcts?|infarctions?|strokes?|thromb\w+|histor(?:y|ies)"
    r"|devices?|house|building|cars?|dogs?|cats?|ulcers?|catheters?|specimens?|rats?|mice|mouse)\b",
    re.IGNORECASE,
)
_ONSET_BEFORE = re.compile(
    r"(?:\b(?:since|from|until|till|by|when|while|before|after|at|around)\s+"
    r"(?:(?:he|she|they|the patient)\s+(?:was|were)\s+)?(?:the\s+|an?\s+)?(?:age\s+of\s+)?"
    r"|\bdied\b[^.;]{0,40}|\bgestational\s+)$",
    re.IGNORECASE,
)
_GROUP_BEFORE = re.compile(rf"\b{_GROUP}\b[^.;]{{0,30}}$", re.IGNORECASE)
_GROUP_AFTER = re.compile(rf"[\s-]*(?:[\w-]+\s+){{0,3}}?{_GROUP}\b", re.IGNORECASE)
_ALSO = re.compile(r"[^.;]{0,60}?\band\s+(?:(?:an?|the|another|his|her)\s+)?(?:[\w-]+\s+){0,2}$", re.IGNORECASE)

_SEX_AFTER = re.compile(
    rf"(?:[\s,-]+(?!(?:and|but|who|with|whose|presented|presents|was|is)\b)[\w/+-]+){{0,7}}?[\s,/-]+"
    rf"(?:(?P<female>{_FEMALES}|f)|(?P<male>{_MALES}|m))\b(?![’'-])",
    re.IGNORECASE,
)
_SEX_BEFORE = re.compile(rf"\b(?:(?P<female>{_FEMALES})|(?P<male>{_MALES}))\b[^.;]{{0,40}}$", re.IGNORECASE)
_SEX_STATED = re.compile(
    r"\b(?:sex|gender)\s*[:=]?\s*(?:(?P<female>female|woman|girl|f)|(?P<male>male|man|boy|m))\b"
    r"|\b(?:(?P<mrs>mrs|ms|miss)|(?P<mr>mr))\b\.?\s",
    re.IGNORECASE,
)
_PRONOUN = re.compile(r"\b(?:(?P<female>she|her|hers|herself)|(?P<male>he|his|him|himself))\b", re.IGNORECASE)
_NOUN = re.compile(
    rf"(?<!his )(?<!her )\b(?:(?P<female>{_FEMALES})|(?P<male>{_MALES}))\b(?![’'])"
    r"(?!\s+(?:with\s+a\s+)?(?:history|sex|partner|relative|physician|doctor|nurse))",
    re.IGNORECASE,
)
_CARRIES = re.compile(
    r"\b(?:pregnan(?:t|cy)|g\d+\s*p\d+|gravida|para\s+\d|(?:post-?)?menopaus(?:e|al)|menarche|postpartum)\b", re.I
)


class _Mention(msgspec.Struct, frozen=True):
    """A person with an age in a text: where it is said, the age in years, and the sex where the same words say it."""

    start: int
    end: int
    age: float
    sex: Sex


def age_and_sex(text: str) -> tuple[float | None, Sex]:
    """The patient's age in years (None where unknown) and sex (empty where unknown), as the first sentences say.

    A range is its middle, "in his 60s" is 65, "early" and "late" in a decade are 2 and 8 into it, a newborn is 0.
    """
    opening = text[:OPENING]
    mentions = _patients(opening)
    if not mentions:
        return None, _stated(opening) or _sex_of_nouns(opening) or _sex_of_pronouns(opening)
    first = mentions[0]
    if any(_also(opening, first, other) for other in mentions[1:2]):
        return None, first.sex if first.sex == mentions[1].sex else ""
    return first.age, first.sex or _stated(opening) or _sex_nearby(opening, first)


def unit_of(word: str) -> str:
    """The unit of age, a key of `YEARS_IN`, that a word or its abbreviation means; empty where none."""
    letters = word.strip(" .").casefold()
    for unit, names in _UNITS.items():
        if letters in names:
            return unit
    return ""


_UNITS = {
    "year": ("year", "years", "yr", "yrs", "y"),
    "month": ("month", "months", "mo", "mos", "m"),
    "week": ("week", "weeks", "wk", "wks", "w"),
    "day": ("day", "days", "d"),
    "hour": ("hour", "hours", "hr", "hrs", "h"),
}


def _patients(text: str) -> list[_Mention]:
    """The persons with an age who may be the patient, in the text's order and without overlaps."""
    found: list[_Mention] = []
    for mention in sorted(_mentions(text), key=lambda m: (m.start, m.start - m.end)):
        if not found or mention.start >= found[-1].end:
            found.append(mention)
    newborn = [m for m in found if text[m.start : m.end].casefold() in {"newborn", "neonate", "neonatal"}]
    # "A 3-day-old newborn": the number says more than the word.
    return [m for m in found if m not in newborn] if len(newborn) < len(found) and found[0] not in newborn else found


def _mentions(text: str) -> Iterator[_Mention]:
    for pattern in _AGES:
        for match in pattern.finditer(text):
            age = _age(match)
            if age is not None and age <= OLDEST and not _excluded(text, match):
                yield _Mention(match.start(), match.end(), age, _sex_of(text, match))


def _age(match: re.Match[str]) -> float | None:
    said = {name: value.casefold() for name, value in match.groupdict().items() if value}
    if "newborn" in said:
        return 0.0
    if "ordinal" in said:
        ordinal = said["ordinal"]
        number = _ORDINALS.index(ordinal) + 1 if ordinal in _ORDINALS else int(re.sub(r"\D", "", ordinal))
        return (number - 1) * 10 + 5.0
    if "decade" in said:
        return _decade(said["decade"], said.get("part", ""))
    years = YEARS_IN[unit_of(said.get("unit", "year")) or "year"]
    age = _number(said["age"]) * years
    if "low" in said:
        age = (age + _number(said["low"]) * years) / 2
    if "more" in said:
        age += _number(said["more"]) * YEARS_IN[unit_of(said["more_unit"])]
    return age


def _decade(word: str, part: str) -> float | None:
    if word == "teens":
        return 16.0
    start = float(word) if word.isdigit() else _DECADES.get(word)
    return None if start is None else start + _PARTS[part]


def _number(word: str) -> float:
    if word[0].isdigit():
        whole = re.match(r"\d+(?:\.\d+)?", word)
        half = 0.5 if word.endswith(("½", "1/2")) else 0.0
        return (float(whole[0]) if whole else 0.0) + half
    return sum(_WORDS[part] for part in re.split(r"[- ]", word))


def _excluded(text: str, match: re.Match[str]) -> bool:
    """Whether this is the age of a relative, a group or a thing, or the patient's age in the past."""
    before, after = text[max(0, match.start() - 80) : match.start()], text[match.end() : match.end() + 80]
    said = match[0].casefold()
    if "newborn" in match.groupdict():
        return bool(
            re.match(r"[\s-]*(?:intensive|unit|screening|period|nursery|jaundice|death|sepsis|seizures)", after, re.I)
        )
    if said.startswith("age of") and re.search(r"\b(?:at|by|before|after|since|until|from)\s+the\s+$", before, re.I):
        return True
    inside = re.match(rf"(?:{_RELATIVES})\b", said) is not None and re.search(
        r"\b(?:his|her|their|the)\s+$", before, re.I
    )
    return bool(
        inside
        or _RELATIVE_BEFORE.search(before)
        or _RELATIVE_AFTER.match(after)
        or _THING_AFTER.match(after)
        or _ONSET_BEFORE.search(before)
        or _GROUP_BEFORE.search(before)
        or _GROUP_AFTER.match(after)
    )


def _sex_of(text: str, match: re.Match[str]) -> Sex:
    letter = match.groupdict().get("letter")
    if letter:
        return "female" if letter.casefold() == "f" else "male"
    sentence = re.split(r"[.;]\s", text[match.end() : match.end() + 120], maxsplit=1)[0]
    before = re.split(r"[.;]\s", text[max(0, match.start() - 60) : match.start()])[-1]
    inside = _NOUN.search(match[0])
    return _which(inside) or _which(_SEX_AFTER.match(sentence)) or _which(_SEX_BEFORE.search(before))


def _which(match: re.Match[str] | None) -> Sex:
    if match is None:
        return ""
    return "female" if match["female"] else "male"


def _also(text: str, first: _Mention, second: _Mention) -> bool:
    """Whether the second person is introduced along with the first, as another patient."""
    between = text[first.end : second.start]
    return bool(_ALSO.fullmatch(between)) and not re.search(r"[.;]\s|\b(?:who|which|when)\b", between)


def _stated(text: str) -> Sex:
    match = _SEX_STATED.search(text)
    if match is None:
        return ""
    return "female" if match["female"] or match["mrs"] else "male"


def _sex_nearby(text: str, mention: _Mention) -> Sex:
    """The sex that the words after a mention give: a pronoun, or a state that only women are in."""
    after = text[mention.end : mention.end + 400]
    if mention.age >= 10 and _CARRIES.search(after[:120]):
        return "female"
    return _sex_of_pronouns(after) or _sex_of_nouns(after[:120])


def _sex_of_nouns(text: str) -> Sex:
    return _which(_NOUN.search(text[:300]))


def _sex_of_pronouns(text: str) -> Sex:
    return _which(_PRONOUN.search(text))
