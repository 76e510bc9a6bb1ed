"""Ages over 89, in figures and in words. Eighty-nine and younger stay, as does "90 or older", which tells no age."""

import re
from collections.abc import Iterator

from corpora.deidentification.likeness import in_small_letters
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
    rf"(?<![\d./-]){_AGE}{_OPEN_ENDED} ?[mf](?= (?:with|who|presents?|presenting|admitted|c/o|s/p|w/|hx|p/w)\b)",
    rf"[(] ?(?:[mf], ?)?{_AGE}(?: ?[mf]|, ?[mf])? ?[)]",
    rf"\b{_AGE}(?:st|nd|rd|th) birthday",
    rf"\bat {_AGE}(?=, (?:he|she|they|his|her)\b| (?:he|she|they) )",
    # who is ninety-three; her mother, 98, lives; but ninety percent, 98 kg
    rf"\b(?:who is|who was|he is|she is|is now|she's|he's|was) {_AGE}{_OPEN_ENDED}(?=[,.;)]|$| and | but )",
    rf"\b(?:mother|father|wife|husband|brother|sister|aunt|uncle|grandmother|grandfather|gran|nan|grandma|"
    rf"grandpa|mom|mum|dad|"
    rf"mother-in-law|father-in-law|neighbou?r|partner|spouse|m|f|male|female|man|woman|lady|gentleman|pt|patient|widow|"
    rf"widower|veteran),? (?:is |was |now |aged? )?{_AGE}{_OPEN_ENDED}(?=[,.;)]|$| and | yo\b| ?y\b|y\b|"
    rf" lives| with| died| who)",
    rf"(?<![\d./-]){_AGE}{_OPEN_ENDED} ?(?:y|yrs?|years?)(?:\b(?= ?[,/|)]| ?(?:m|f|male|female|man|woman|old|"
    rf"lady|with|who)\b))",
    rf"(?<![\w./-])(?:{_AGE} ?[m♂♀]|(?<=[.,;(|/\n\ufffc] ){_AGE} ?f)(?![\w'’])(?!\.\d)",
    rf"(?<=\ufffc\|){_AGE}(?=\|)",
    rf"(?<=\ufffc, ){_AGE}(?=[,)])",
    rf"\bd\.? {_AGE}(?=[,.;)]|$)",
    rf"(?<=[a-z], ){_AGE}(?=, (?:who|is|was|lives?|has|had|and|widow|retired)\b)",
    rf"\bage(?:/sex)?[: ]{{1,3}}{_AGE}\b{_OPEN_ENDED}(?![.]\d)",
)
_AGES = tuple(map(re.compile, _PATTERNS))  # for text in small letters
_OLD = re.compile(r"(?<!\d)(?:9\d|1[0-2]\d)(?!\d)|ninety|hundred")
_BARE_IN_BRACKETS = re.compile(r"[(] ?\d+ ?[)]")


def find_ages(text: str) -> Iterator[Finding]:
    """Every age over 89 of `text`: the number alone, without "years old"."""
    text = in_small_letters(text)
    if not _OLD.search(text):
        return
    for pattern in _AGES:
        for match in pattern.finditer(text):
            if not _BARE_IN_BRACKETS.fullmatch(match.group()):
                group = 1 if match.group(1) else 2
                yield Finding("AGE", match.start(group), match.end(group))
