"""Dates in notes: every form that holds more than a year. A year alone stays, unless it is a year of birth long ago.

Times of day, weekdays alone ("last Tuesday"), durations and ratios (``3/6``, ``4-6 weeks``) are no dates. A day and
month without a year (``3/14``) counts only after a word that asks for a date.
"""

import datetime
import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import chain

from corpora.deidentification.likeness import known
from corpora.deidentification.records import Finding

MONTHS = (
    ("january", "jan", "januar"),
    ("february", "feb", "februar"),
    ("march", "mar", "märz"),
    ("april", "apr"),
    ("may", "mai"),
    ("june", "jun", "juni"),
    ("july", "jul", "juli"),
    ("august", "aug"),
    ("september", "sept", "sep"),
    ("october", "oct", "oktober", "okt"),
    ("november", "nov"),
    ("december", "dec", "dezember", "dez"),
)
MONTH_NUMBERS = {name: number for number, names in enumerate(MONTHS, 1) for name in names}
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
OLDEST_AGE = 89  # years; above it the year of birth is masked

_MONTH = "(?:" + "|".join(sorted(MONTH_NUMBERS, key=len, reverse=True)) + r")\b\.?"
_FULL_MONTH = "(?:" + "|".join(names[0].capitalize() for names in MONTHS) + ")"
_WEEKDAY = r"(?:(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?\b\.?,? {1,2}(?:the )?)"
_YEAR = r"(?:1[89]|20)\d\d"
_DAY = r"(?:3[01]|[12]\d|0?[1-9])"
_NUMBER_OF_MONTH = r"(?:1[0-2]|0?[1-9])"
_TIME = r"(?:T\d\d:?\d\d(?::?\d\d(?:[.,]\d{1,6})?)?(?:Z|[+-]\d\d:?\d\d)?)?"
_UNIT = (
    r"(?! ?(?:%|(?:x|mg|mcg|µg|g|kg|ml|l|cm|mm|meq|mmol|units?|iu|tab(?:let)?s?|caps?(?:ules?)?|times|"
    r"hours?|hrs?|h|days?"
    r"|weeks?|wks?|months?|mos?|years?|yrs?|min(?:utes)?|bottles|cores?|nodes|murmur|strength|pain|scale|positive"
    r"|negative|in all|of|ns|cells|leads|extremit\w{1,4}|cycles|points?)\b))"
)

_MONTH_LETTERS = "(?:jan|feb|mar|apr|may|june?|july?|aug|sept?|oct|nov|dec)"
_UNITS_SPOKEN = "one|two|three|four|five|six|seven|eight|nine"
_SPOKEN_DAY = (
    r"(?:(?:twenty|thirty)[- ])?(?:first|second|third|fourth|fifth|sixth|seventh|eighth|ninth)|"
    r"(?:ten|eleven|twelf|thirteen|fourteen|fifteen|sixteen|seventeen|eighteen|nineteen|twentie|thirtie)th"
)
_SPOKEN_DAY = f"(?:{_SPOKEN_DAY})"
_SPOKEN_YEAR = (
    rf"(?:nineteen|twenty|two thousand)(?: and)?(?:[ -](?:oh|ten|eleven|twelve|\w{{3,6}}teen|twenty|thirty|"
    rf"forty|fifty|sixty|"
    rf"seventy|eighty|ninety))?(?:[ -](?:{_UNITS_SPOKEN}))?\b"
)

_CERTAIN = (
    rf"(?<![\d./-]){_YEAR}([-/.]){_NUMBER_OF_MONTH}\1{_DAY}{_TIME}(?![\d/-])",
    rf"(?<![\d./-])(?:{_DAY}([/.-]){_NUMBER_OF_MONTH}|{_NUMBER_OF_MONTH}([/.-]){_DAY})"
    rf"(?:\1|\2)(?:{_YEAR}|\d\d)(?![\d/-]|\.\d)",
    rf"(?<![\d./-]){_NUMBER_OF_MONTH}[/-](?:19|20)\d\d(?![\d/-]|\.\d){_UNIT}",
    rf"(?<![\d./-])(?:0[1-9]|1[0-2])\.(?:19|20)\d\d(?![\d/-]|\.\d){_UNIT}",
    # 3 March, the 3rd of March 2021, 23-Nov-85, 7. Mai 2019
    rf"(?<![\d./-]){_DAY}(?:st|nd|rd|th|\.)?(?: {{0,2}}|-|/|\.)(?:of )?{_MONTH}"
    rf"(?:,? {{0,2}}(?:of )?{_YEAR}(?!\d)|[-/](?:{_YEAR}|\d\d)(?!\d)| ?['’]\d\d(?!\d))?",
    # March 3rd, 2021; March 3-5, 2021
    rf"\b(?=[a-z]){_MONTH}(?: {{1,2}}|-)(?:the )?{_DAY}(?:st|nd|rd|th)?\b(?! ?[/.]\d)"
    rf"(?:[-–]{_DAY}\b(?:st|nd|rd|th)?)?{_UNIT}(?:,? {{1,2}}{_YEAR}(?!\d)|,? ['’]\d\d(?!\d)|-\d{{2,4}}(?!\d))?",
    # March 2021, Mar-21, March '21
    rf"\b(?=[a-z]){_MONTH}(?:,? {{1,2}}(?:of )?{_YEAR}|[-/](?:{_YEAR}|\d\d)| ?['’]\d\d)(?!\d)",
    rf"\b(?=[mtwfs]){_WEEKDAY}{_DAY}(?:st|nd|rd|th)\b",
    # 1983-Jul-09, 17MAY2013, 08JAN21, 170612ZMAY13
    rf"(?<![\d./-]){_YEAR}([-/. ])(?=[a-z]){_MONTH}\1{_DAY}(?!\d)",
    rf"(?<![\w./-])(?:{_DAY}|\d{{6}}[a-z]? ?){_MONTH_LETTERS} ?(?:{_YEAR}|\d\d)(?!\w)",
    rf"(?<![\w/.-]){_DAY}([/.-])(?:i{{1,3}}|iv|vi{{0,3}}|ix|xi{{0,2}}|x)\1(?:{_YEAR}|\d\d)(?!\w)",
    r"(?<![\w.-])(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])(?:\d{4}|\d{6})?(?![\w-]|\.\d)",  # HL7's TS
    # june the third twenty twenty one, the third of june
    rf"\b(?=[a-z]){_MONTH} (?:the )?{_SPOKEN_DAY}\b(?: {_SPOKEN_YEAR})?",
    rf"\b{_SPOKEN_DAY} (?:of )?{_MONTH}(?: {_SPOKEN_YEAR}| {_YEAR})?",
    r"\b(?:the )?(?:first|second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth) of " + _MONTH,
)
_ANY_MONTH = re.compile("jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|mai|okt|dez|mär", re.IGNORECASE)
_LONGEST_DATE = 80  # characters on either side of the month
_WEEKDAY_BEFORE = re.compile(rf"\b{_WEEKDAY}(?:the )?\Z", re.IGNORECASE)
_LONGEST_WEEKDAY = 17  # characters of "Wednesday,  the "
_DATES = tuple(
    (re.compile(pattern, re.IGNORECASE), _MONTH in pattern or _MONTH_LETTERS in pattern) for pattern in _CERTAIN
)

# A month alone is an element of a date; capital and preposition tell it from the verbs "may" and "march".
_LONE_MONTH = re.compile(
    rf"\b(?:[Ii]n|[Ss]ince|[Uu]ntil|[Tt]ill|[Bb]y|[Dd]uring|[Oo]f|[Ll]ast|[Nn]ext|[Tt]his|[Ee]arly|[Ll]ate|[Mm]id|"
    rf"[Bb]efore|[Aa]fter|[Ff]rom|[Tt]hrough|[Mm]id-?)[ -]({_FULL_MONTH}|Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|"
    rf"Oct|Nov|Dec)\b(?!['’])"
)
_CUE = (
    r"on|since|dated?|lmp|due|review|reviewed|visit|seen|admitted|adm|discharged|through|thru|until|till|appointment|"
    r"appt|check|session|meeting|clinic|"
    r"labs|collected|received|born|dob|next|last|as of|fell|started|began|before|after|"
    r"starting|fr|surgery|"
    r"(?:next|last) [a-z]{2,12}|edd|delivered|expires|exp|f/u|follow[- ]up"
)
_SHORT = rf"(?:{_NUMBER_OF_MONTH}/{_DAY}|{_DAY}/{_NUMBER_OF_MONTH})"
_SHORT_DATES = (
    re.compile(rf"(?<![\d/.-])({_SHORT}) (?:at |@ ?)?(?:(?:[01]\d|2[0-3]):?[0-5]\d|\d{{1,2}}:\d\d)\b(?!/)"),
    re.compile(rf"(?:\A|(?<=\n)) {{0,8}}({_SHORT})(?: ?:| [-–] )"),
    re.compile(rf"\ufffc(?:,| and| or| to|,? and| ?[-–])? ({_SHORT})(?![\d/]|[.-]\d)(?= ?[.,;\n)]|\Z){_UNIT}"),
)
_SHORT_DATE = re.compile(rf"(?<![\d/.-]){_SHORT}(?![\d/]|[.-]\d){_UNIT}", re.IGNORECASE)
_SHORT_RANGE = re.compile(rf"(?<![\d/.-])({_SHORT})(?: ?[-–] ?| to )({_SHORT})(?![\d/]|[.-]\d)")
_CUE_BEFORE = re.compile(rf"\b(?:{_CUE})(?: on| from| of| is|:)?:? {{0,2}}\Z", re.IGNORECASE)
_APGAR_BEFORE = re.compile(r"apgars?[:= ]{1,2}\Z", re.IGNORECASE)
_NUMERIC = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](?:\d{4}|\d\d)")
_YEAR_FIRST = re.compile(r"\d{4}[/.-]?(\d\d)[/.-]?")
_LETTERS = re.compile(r"[^\W\d_]+")
_MONTHS_OF_A_YEAR = 12
_LONGEST_MONTH = 31
_FULL_DOTTED = re.compile(r"\d{1,2}\.\d{1,2}\.(?:\d{4}|\d\d)")
_LONG_MONTH, _MOST_SLIPS = 7, 2
_LONGEST_CUE = 24  # characters
_DAY_ALONE = re.compile(
    r"\b(?:on|since|until|till|by|from|before|after|around|about|start(?:s|ed|ing)?|due|likely|home|booked|"
    r"planned|back|"
    r"again|this|last|next)(?: the)? (\d{1,2}(?:st|nd|rd|th))"
    r"(?=[.,;:)\n]|\Z| (?:and|he|she|they|we|it|with|for|at|when|but|to|in|by|via|as|because|due|then|after|"
    r"before|if|was|"
    r"is|were|which)\b)",
    re.IGNORECASE,
)
_THE_DAY = re.compile(
    r"\b(?:the|tmrw|tomorrow|tonight|today) (\d{1,2}(?:st|nd|rd|th))(?! ?(?:%|percentile|centile|rib|toe|"
    r"finger|digit|metatarsal|"
    r"metacarpal|intercostal|ics|nerve|cranial|ventricle|week|day|month|year|time|birthday|floor|grade|"
    r"century|attempt|dose|"
    r"cycle|episode|visit|pregnancy|child|space|generation|line|degree|edition|street|avenue|st\b|ave\b|"
    r"decile|hour|stage|"
    r"infusion|session|operation|trimester|baby|opinion|part|class|place|thoracic|lumbar|cervical|sacral|mc\b|"
    r"mt\b|one|such))",
    re.IGNORECASE,
)
_DOTTED = re.compile(r"(?<![\d.])(\d\d)\.(\d\d)(?![\d.]\d|\d| ?(?:%|[a-zµ]{1,5}/|mg|mmol|g\b|cm|mm|ml))")
_MISSPELT = re.compile(
    r"\b(?:in|on|of|since|until|till|by|last|next|early|late|mid|from|before|after)[ -]([A-Za-z]{6,10})\b|"
    r"\b([A-Za-z]{5,10})(?= \d{1,2}(?:st|nd|rd|th)?\b,?(?: \d{4})?)",
    re.IGNORECASE,
)
_NO_DATE_BEFORE = re.compile(
    r"\b(?:strength|power|motor|pain|vas|nrs|apgars?|scores?|gcs|mmse|moca|grade|vision|acuity|va|murmur|bp|"
    r"reflex\w*|pulses?|"
    r"stage|ratio|x|times|tab|tablets?|(?<!last )dose|give|take|phq-?\d?|gad-?\d?|katz|lawton|barthel|cage|"
    r"cycles?|g\d|level|station|"
    r"rated|rates|intensity|power|dtrs?|mrc|asa|for|over|every|in|p|pic|image|series|slide|nodes?|cores|"
    r"bottles|snellen|available|"
    r"o[ds]|ou|re|le|sats?|fio2|insulin|percocet|norco|advair|sinemet|augmentin|entresto|hz|fields?|pages?|"
    r"pg)[:=. ]{1,3}(?:of |is |was )?\Z|\d/\d{1,2},? (?:and )?\Z",
    re.IGNORECASE,
)
_DURATION = re.compile(r"(?:[1-9]|1\d)/(?:7|12|52|24|40|5|10|4|6)|24/7")
_HOLIDAY = re.compile(
    r"\b(?i:on|since|at|after|before|until|over|last|during|since about|about|around|by|till) "
    r"((?:Christmas(?: Eve| Day)?|Thanksgiving(?: Day)?|"
    r"New Year['’]?s?(?: Eve| Day)?|Easter(?: Sunday| Monday)?|Halloween|Labor Day|Memorial Day|Independence Day|"
    r"Boxing Day|Good Friday|Mother['’]s Day|Father['’]s Day)(?: (?:of )?(?:19|20)\d\d)?)\b(?! (?:disease|tree|factor))"
)
_LABELLED = re.compile(
    r"\b(?:dob|d\.o\.b\.?|date of \w{2,12}|birth ?date|date|dictated|transcribed|typed|signed|dos|doa|dod|admitted|"
    r"seen|adm|"
    r"disch|collected|received|reported|d/d|d/t|dd|dt)\s{0,2}[:=]?\s{0,2}(\d{8}|\d{6}|\d{1,2} \d{1,2} "
    r"(?:19|20)?\d\d)\b",
    re.IGNORECASE,
)
_BIRTH_YEAR = re.compile(
    r"\b(?:born(?: in| about| around| c\.)?|dob|d\.o\.b\.?|(?:date|year) of birth|birth year|yob)\s{0,2}[:=]?\s{0,2}"
    r"((?:18|19|20)\d\d)(?![\d/-])",
    re.IGNORECASE,
)


def find_dates(text: str, today: datetime.date) -> Iterator[Finding]:
    """Every date of `text`; `today` decides which years of birth tell an age over 89."""
    certain: list[str] = []
    everywhere, near_months = [(0, len(text))], _near_months(text)
    for pattern, names_month in _DATES:
        parts = near_months if names_month else everywhere
        for match in chain.from_iterable(pattern.finditer(text, start, end) for start, end in parts):
            if not _is_verb(match.group()) and not _APGAR_BEFORE.search(
                text[max(0, match.start() - 9) : match.start()]
            ):
                certain.append(match.group())
                yield Finding(
                    "DATE", _with_weekday(text, match.start() + _length_of_article(match.group())), match.end()
                )
    yield from _by_surroundings(text)
    yield from _short_dates(text, certain)
    for match in _BIRTH_YEAR.finditer(text):
        if today.year - int(match.group(1)) > OLDEST_AGE:
            yield Finding("DATE", match.start(1), match.end(1))


def _by_surroundings(text: str) -> Iterator[Finding]:
    """A month or a day alone, a feast, a number after "DOB", a misspelt month."""
    for pattern in (_LONE_MONTH, *_SHORT_DATES, _DAY_ALONE, _THE_DAY, _HOLIDAY, _LABELLED):
        for match in pattern.finditer(text):
            yield Finding("DATE", match.start(1), match.end(1))
    for match in _MISSPELT.finditer(text):
        group = 1 if match.group(1) else 2
        if _is_misspelt_month(match.group(group).lower()):
            yield Finding("DATE", match.start(group), match.end(group))


def _short_dates(text: str, certain: list[str]) -> Iterator[Finding]:
    """Day and month without a year, after a word that asks for a date or near the full dates of the note."""
    calendar = _Calendar(certain)
    for match in _SHORT_DATE.finditer(text):
        before = text[max(0, match.start() - _LONGEST_CUE) : match.start()]
        if _CUE_BEFORE.search(before) or (not _NO_DATE_BEFORE.search(before) and calendar.has(match.group())):
            yield Finding("DATE", _with_weekday(text, match.start()), match.end())
    for match in _SHORT_RANGE.finditer(text):
        if calendar.has(match.group(1)) or calendar.has(match.group(2)):
            for group in (1, 2):
                yield Finding("DATE", match.start(group), match.end(group))
    if any(_FULL_DOTTED.fullmatch(date) for date in certain):
        for match in _DOTTED.finditer(text):
            if "0" in (match.group(1)[0], match.group(2)[0]) and calendar.near(match.group(1), match.group(2)):
                yield Finding("DATE", match.start(), match.end())


def _near_months(text: str) -> list[tuple[int, int]]:
    """The stretches around the names of months, without overlap."""
    parts: list[tuple[int, int]] = []
    for match in _ANY_MONTH.finditer(text):
        start, end = max(0, match.start() - _LONGEST_DATE), min(len(text), match.end() + _LONGEST_DATE)
        if parts and start <= parts[-1][1]:
            parts[-1] = (parts[-1][0], end)
        else:
            parts.append((start, end))
    return parts


def _length_of_article(date: str) -> int:
    """The characters of "the " before a date: no part of it."""
    return len("the ") if date[:4].lower() == "the " else 0


class _Calendar:
    """The months of a note's full dates and the order of day and month in them: what makes a date of "13/8"."""

    def __init__(self, dates: list[str]) -> None:
        self.months: set[int] = set()
        self.day_first = self.month_first = True
        for date in dates:
            self.months |= {MONTH_NUMBERS[word] for word in _LETTERS.findall(date.lower()) if word in MONTH_NUMBERS}
            numbers = _NUMERIC.fullmatch(date)
            if numbers:
                first, second = int(numbers.group(1)), int(numbers.group(2))
                self.day_first &= second <= _MONTHS_OF_A_YEAR
                self.month_first &= first <= _MONTHS_OF_A_YEAR
        for date in dates:
            if numbers := _NUMERIC.fullmatch(date):
                self.months |= set(self._months_of(int(numbers.group(1)), int(numbers.group(2))))
            elif numbers := _YEAR_FIRST.match(date):
                self.months.add(int(numbers.group(1)))

    def _months_of(self, first: int, second: int) -> Iterator[int]:
        if self.day_first and second <= _MONTHS_OF_A_YEAR:
            yield second
        if self.month_first and first <= _MONTHS_OF_A_YEAR:
            yield first

    def has(self, short: str) -> bool:
        """Whether a day and month without year lies within a month of the note's dates, and is no usual fraction."""
        first, second = short.split("/")
        if first.startswith("0") or second.startswith("0"):
            return any(True for _ in self._months_of(int(first), int(second)))
        return not _DURATION.fullmatch(short) and self.near(first, second)

    def near(self, first: str, second: str) -> bool:
        """Whether the day and month lie within a month of a date of the note."""
        if not 0 < int(first) <= _LONGEST_MONTH or not 0 < int(second) <= _LONGEST_MONTH:
            return False
        months = list(self._months_of(int(first), int(second)))
        return any(
            (month - known) % _MONTHS_OF_A_YEAR in (0, 1, _MONTHS_OF_A_YEAR - 1)
            for month in months
            for known in self.months
        )


@lru_cache(1 << 14)
def _is_misspelt_month(word: str) -> bool:
    """Whether two slips of the pen at most lie between the word and a month of seven letters or more."""
    if word in MONTH_NUMBERS or known(word):
        return False
    return any(
        len(names[0]) >= _LONG_MONTH and word[0] == names[0][0] and _distance(word, names[0]) <= _MOST_SLIPS
        for names in MONTHS
    )


def _distance(one: str, other: str) -> int:
    """Damerau-Levenshtein distance (optimal string alignment)."""
    rows = [list(range(len(other) + 1))]
    for i, a in enumerate(one, 1):
        row = [i]
        for j, b in enumerate(other, 1):
            best = min(rows[-1][j] + 1, row[j - 1] + 1, rows[-1][j - 1] + (a != b))
            if i > 1 and j > 1 and a == other[j - 2] and one[i - 2] == b:
                best = min(best, rows[-2][j - 2] + 1)
            row.append(best)
        rows.append(row)
    return rows[-1][-1]


def _with_weekday(text: str, start: int) -> int:
    """Where the weekday before a date begins, or the date itself."""
    begin = max(0, start - _LONGEST_WEEKDAY)
    weekday = _WEEKDAY_BEFORE.search(text[begin:start])
    return begin + weekday.start() if weekday else start


def _is_verb(found: str) -> bool:
    """Whether this is "may 2" or "mar 3" of running text: lower case, no year and no ending of an ordinal."""
    return bool(re.fullmatch(r"(?:may|march) \d{1,2}(?:[-–]\d{1,2})?", found))
