"""Ages over 89, in figures and in words. Eighty-nine and younger stay, as does "90 or older", which tells no age."""

import re
from collections.abc import Iterator

from corpora.deidentification.records import Finding

_UNITS = "one|two|three|four|five|six|seven|eight|nine"
_AGE = (
    rf"(9\d|1[0-2]\d|ninety(?:[- ](?:{_UNITS}))?|(?:one|a) hundred(?:(?: and)? (?:{_UNITS}|ten|eleven|"
    rf"twelve|thirteen|"
    r"fourteen|fifteen))?)"
)
_OPEN_ENDED = r"(?! ?(?:\+|(?:years |yrs |y )?(?:of age )?(?:or|and) (?:older|over|above|more)))"
_PATTERNS = (
    # 94-year-old, 94 y/o, 94 yo, 94 years old, 94 years of age, 94 yr F
    rf"(?<![\d./-]){_AGE}{_OPEN_ENDED}[- ]?(?:(?:years?|yrs?|y)[- ]?(?:olds?\b|of age\b|o\b|[mf]\b|(?:fe)?male\b)|"
    r"y/?o\b|y\.o\b|yr/o\b|-?year-old|(?:year|yr)s? (?:white|black|man|woman|lady|gentleman))",
    # aged 94, age: 94, at the age of 94, turned 94
    rf"\b(?:aged?|turned|turning|turns|(?:is|was) now|birthday at)(?: of| about| approximately| is|:)?\s{{0,3}}"
    rf"{_AGE}\b{_OPEN_ENDED}(?![./]\d|-\d)",
    rf"(?<![\d./-]){_AGE}{_OPEN_ENDED} ?[MF](?= (?:with|who|presents?|presenting|admitted|c/o|s/p|w/|hx|p/w)\b)",
    rf"[(] ?(?:[MF], ?)?{_AGE}(?: ?[MF]|, ?[MF])? ?[)]",
    rf"\b{_AGE}(?:st|nd|rd|th) birthday",
)
_AGES = tuple(re.compile(pattern, re.IGNORECASE) for pattern in _PATTERNS)
_BARE_IN_BRACKETS = re.compile(r"[(] ?\d+ ?[)]")


def find_ages(text: str) -> Iterator[Finding]:
    """Every age over 89 of `text`: the number alone, without "years old"."""
    for pattern in _AGES:
        for match in pattern.finditer(text):
            if not _BARE_IN_BRACKETS.fullmatch(match.group()):
                yield Finding("AGE", match.start(1), match.end(1))
