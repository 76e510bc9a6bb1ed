"""Dates in notes: every form that holds more than a year. A year alone stays, unless it is a year of birth long ago.

Times of day, weekdays alone ("last Tuesday"), durations and ratios (``3/6``, ``4-6 weeks``) are no dates. A day and
month without a year (``3/14``) counts only after a word that asks for a date.
"""

import datetime
import re
from collections.abc import Iterator

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
    r"\b(?:the )?(?:first|second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth) of " + _MONTH,
)
_WEEKDAY_BEFORE = re.compile(rf"\b{_WEEKDAY}(?:the )?\Z", re.IGNORECASE)
_LONGEST_WEEKDAY = 17  # characters of "Wednesday,  the "
_DATES = tuple(re.compile(pattern, re.IGNORECASE) for pattern in _CERTAIN)

# A month alone is an element of a date; capital and preposition tell it from the verbs "may" and "march".
_LONE_MONTH = re.compile(
    rf"\b(?:[Ii]n|[Ss]ince|[Uu]ntil|[Tt]ill|[Bb]y|[Dd]uring|[Oo]f|[Ll]ast|[Nn]ext|[Tt]his|[Ee]arly|[Ll]ate|[Mm]id|"
    rf"[Bb]efore|[Aa]fter|[Ff]rom|[Tt]hrough|[Mm]id-?)[ -]({_FULL_MONTH})\b(?!['’])"
)
_CUE = (
    r"on|since|dated?|lmp|due|review|reviewed|visit|seen|admitted|adm|discharged|through|thru|until|till|appointment|"
    r"appt|check|session|meeting|clinic|"
    r"labs|collected|received|born|dob|next|last|as of|fell|started|began|before|after|"
    r"starting|fr|surgery|"
    r"edd|delivered|expires|exp|f/u|follow[- ]up"
)
_SHORT = rf"(?:{_NUMBER_OF_MONTH}/{_DAY}|{_DAY}/{_NUMBER_OF_MONTH})"
_SHORT_DATES = (
    re.compile(rf"(?<![\d/.-])({_SHORT}) (?:at )?(?:[01]\d|2[0-3]):?[0-5]\d\b(?!/)"),
    re.compile(rf"(?:\A|(?<=\n)) {{0,8}}({_SHORT})(?: ?:| [-–] )"),
    re.compile(rf"\ufffc(?:,| and| or| to|,? and| ?[-–])? ({_SHORT})(?![\d/]|[.-]\d)(?= ?[.,;\n)]|\Z){_UNIT}"),
)
_SHORT_DATE = re.compile(rf"(?<![\d/.-]){_SHORT}(?![\d/]|[.-]\d){_UNIT}", re.IGNORECASE)
_CUE_BEFORE = re.compile(rf"\b(?:{_CUE})(?: on| from| of| is|:)?:? {{0,2}}\Z", re.IGNORECASE)
_LONGEST_CUE = 24  # characters
_DAY_ALONE = re.compile(
    r"\b(?:on|since|until|by) (the \d{1,2}(?:st|nd|rd|th))(?=[.,;)\n]|\Z| (?:and|he|she|they|we|with|for|at|when)\b)",
    re.IGNORECASE,
)
_HOLIDAY = re.compile(
    r"\b(?:on|since|at|after|before|until|over|last|during) (Christmas(?: Eve| Day)?|Thanksgiving(?: Day)?|"
    r"New Year['’]?s?(?: Eve| Day)?|Easter(?: Sunday| Monday)?|Halloween|Labor Day|Memorial Day|Independence Day|"
    r"Boxing Day|Good Friday|Mother['’]s Day|Father['’]s Day)\b(?! (?:disease|tree|factor))"
)
_LABELLED = re.compile(
    r"\b(?:dob|d\.o\.b\.?|date of birth|birth ?date|date)\s{0,2}[:=]?\s{0,2}(\d{8}|\d{6}|\d{1,2} \d{1,2} "
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
    for pattern in _DATES:
        for match in pattern.finditer(text):
            if not _is_verb(match.group()):
                yield Finding("DATE", _with_weekday(text, match.start()), match.end())
    for pattern in (_LONE_MONTH, *_SHORT_DATES, _DAY_ALONE, _HOLIDAY, _LABELLED):
        for match in pattern.finditer(text):
            yield Finding("DATE", match.start(1), match.end(1))
    for match in _SHORT_DATE.finditer(text):
        if _CUE_BEFORE.search(text[max(0, match.start() - _LONGEST_CUE) : match.start()]):
            yield Finding("DATE", match.start(), match.end())
    for match in _BIRTH_YEAR.finditer(text):
        if today.year - int(match.group(1)) > OLDEST_AGE:
            yield Finding("DATE", match.start(1), match.end(1))


def _with_weekday(text: str, start: int) -> int:
    """Where the weekday before a date begins, or the date itself."""
    begin = max(0, start - _LONGEST_WEEKDAY)
    weekday = _WEEKDAY_BEFORE.search(text[begin:start])
    return begin + weekday.start() if weekday else start


def _is_verb(found: str) -> bool:
    """Whether this is "may 2" or "mar 3" of running text: lower case, no year and no ending of an ordinal."""
    return bool(re.fullmatch(r"(?:may|march) \d{1,2}(?:[-–]\d{1,2})?", found))
