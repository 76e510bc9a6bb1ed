"""Telephone and fax numbers, e-mail addresses, URLs, IP addresses and network device addresses."""

import ipaddress
import re
from collections.abc import Iterator
from itertools import chain

from corpora.deidentification.records import Finding

_EMAIL = re.compile(r"(?<![\w.+%-])[\w][\w.+%'-]{0,63}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,5}")
_URL = re.compile(
    r"\b(?:https?|ftp|sftp)://[^\s<>\"'\ufffc]{1,2000}|\bwww\d?\.[^\s<>\"'\ufffc]{2,2000}|"
    r"(?<![\w.@-])(?:[a-z0-9-]{1,63}\.){1,4}(?:com|org|net|edu|gov|mil|info|io|health|app|uk|ca|au|de|fr|ie|nz|eu|us)"
    r"/[^\s<>\"'\ufffc]{1,2000}|"
    r"(?<![\w.@-])(?:[a-z0-9-]{1,63}\.){1,4}(?:com|org|net|edu|gov|info|io|co\.uk|nhs\.uk|ac\.uk|org\.uk|com\.au)"
    r"(?![\w-]|\.\w)",
    re.IGNORECASE,
)
_TRAILING = ".,;:!?)]}'\""
_IPV4 = re.compile(r"(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?:/\d{1,2}|:\d{2,5})?(?![\w]|\.\d)")
_IPV6 = re.compile(r"(?<![\w:.])[0-9A-Fa-f:]{6,39}(?![\w:])")
_MAC = re.compile(r"(?<![\w:-])[0-9A-Fa-f]{2}(?:([:-])[0-9A-Fa-f]{2})(?:\1[0-9A-Fa-f]{2}){4}(?![\w:-])")

_EXTENSION = r"(?:,? {0,2}(?:x|ext\.?|extension) ?\d{1,6}\b)?"
_LABEL = (
    r"(?:(?:tele)?phone|tel|mobile|mob|cell(?:phone)?|(?-i:[Pp]h|PH)|contact|call(?:ed|ing)?|reach(?:ed)?|"
    r"ring|text|pager|"
    r"beeper|bleep|beep|pgr|cb|callback|call ?back|dect|vocera|switchboard|direct dial|dial|sms|viber|dsn|voicemail|vm|"
    r"(?:home|work|office|day|night|evening|cell|family)_?phone|number|m|t|h|w|c|"
    r"whatsapp|helpline|hotline|landline|fax|facsimile|ext|extension)"
)
_LABELLED = re.compile(
    rf"\b{_LABEL}(?: (?:no|number|num|nr|at|on|him|her|them|us|me|is|was))*\b[.:# ]{{0,4}}"
    rf"((?:#(?=\d))?\+?[(]?\d[\d() ./-]{{1,20}}\d{_EXTENSION})",
    re.IGNORECASE,
)
_NORTH_AMERICAN = re.compile(
    rf"(?<![\w.+-])(?<!\d/)(?:\+?1[ .-]{{0,2}})?(?:\(\d{{3}}\)[ .-]{{0,2}}|"
    rf"\d{{3}}[ .-])\d{{3}}[ .-]\d{{4}}(?![\d/-]){_EXTENSION}",
    re.IGNORECASE,
)
_INTERNATIONAL = re.compile(
    rf"(?<![\w+])(?:\+|00(?=[1-9]\d? ))[1-9](?:[ ()./-]{{0,2}}\d){{6,14}}(?!\d){_EXTENSION}", re.IGNORECASE
)
_NATIONAL = re.compile(
    rf"(?<![\w.+/-])\(?0\d{{2,4}}\)?[ -]\d{{3,4}}(?:[ -]?\d{{3,4}}){{1,2}}(?![\d/-]){_EXTENSION}", re.IGNORECASE
)
_SLASHED = re.compile(rf"(?<![\d/.-])\(?[2-9]\d\d\)?[/.]\d{{3}}[-.]\d{{4}}(?![\d/-]){_EXTENSION}", re.IGNORECASE)
_TWO_HALVES = re.compile(
    r"(?<![\w.+/-])0\d(?:[ .]\d\d){4}(?![\d/-]|\.\d)|(?<![\w.+/-])0\d \d{3} \d{4}(?![\d/-])|"
    r"\(0\)\d{2,4}(?: \d{3,4}){2}(?![\d/-])|(?<![\w])\(0\d\) ?\d{3,4} ?\d{4}(?![\d/-])|"
    r"(?<![\w.+/-])[06-9]\d{4}[ -]\d{5,6}(?![\d/-])|(?<![\w.+/-])0\d{3,4}[ -]\d{6,7}(?![\d/-])"
)
_SPOKEN = r"(?:zero|oh|one|two|three|four|five|six|seven|eight|nine|double|triple)"
_SPOKEN_NUMBER = re.compile(
    rf"\b{_SPOKEN}(?:[ -]{_SPOKEN}){{6,15}}\b|(?<=area code ){_SPOKEN}(?: {_SPOKEN}){{2}}\b", re.IGNORECASE
)
_BARE_EXTENSION = re.compile(r"(?<=[a-z] )x(\d{4,5})\b(?! ?(?:mg|ml|cm))")
_AREA_CODE = re.compile(r"\barea code:? (\d{3})\b", re.IGNORECASE)
_LOCAL = re.compile(rf"(?<![\w.+/-])([2-9]\d\d)[-.](\d{{4}})(?![\d/-]|\.\d){_EXTENSION}", re.IGNORECASE)
_RANGE_FOLLOWS = re.compile(
    r" ?(?:mg|ml|mcg|g|kg|kcal|cal|units?|iu|cells?|copies|mm|cm|ng|pg|l|steps|meters?|m|/)\b", re.IGNORECASE
)
_FAX_BEFORE = re.compile(r"\b(?:fax|facsimile|f)\b(?: (?:no|number|to|at|is))*[.:# ]{0,4}[(+]?\Z", re.IGNORECASE)
_BLEEP = re.compile(r"\b(?:bleep|beep|beeper|pager|pgr|ext|extension|dect)\b", re.IGNORECASE)
_SHORTEST_BLEEP = 3
_FULL_NUMBER = 8
_DIGITS_OF_PHONE = range(4, 16)  # E.164 allows fifteen; four is an extension or a pager


def find_contacts(text: str) -> Iterator[Finding]:
    """Every e-mail address, URL, IP address, MAC address (a DEVICE), telephone and fax number of `text`."""
    for match in _EMAIL.finditer(text):
        yield Finding("EMAIL", match.start(), match.start() + len(match.group().rstrip(_TRAILING + "-")))
    for match in _URL.finditer(text):
        yield Finding("URL", match.start(), match.start() + len(match.group().rstrip(_TRAILING)))
    for match in _IPV4.finditer(text):
        if all(int(part) <= 255 for part in re.findall(r"\d+", match.group())[:4]):
            yield Finding("IP", match.start(), match.end())
    for match in _IPV6.finditer(text):
        if match.group().count(":") >= 2 and _is_ipv6(match.group()):
            yield Finding("IP", match.start(), match.end())
    for match in _MAC.finditer(text):
        yield Finding("DEVICE", match.start(), match.end())
    yield from _phones(text)


def _phones(text: str) -> Iterator[Finding]:
    for match in _LABELLED.finditer(text):
        digits = sum(character.isdigit() for character in match.group(1))
        label = text[match.start() : match.start(1)]
        if len(label.strip(" .:#")) <= 1 and digits < _FULL_NUMBER:  # "m: 0491 570 156", but not "T 36.9"
            continue
        is_short = digits == _SHORTEST_BLEEP and _BLEEP.search(label)
        if (digits in _DIGITS_OF_PHONE or is_short) and not re.fullmatch(
            r"\d{1,2}[/-]\d{1,2}(?:[/-]\d{2,4})?|\d{4}-\d\d-\d\d|[0-2]?\d[.:]\d\d|\d{1,3}\.\d{1,3}.*|"
            r"\d{1,3}(?:/\d{1,3}){1,5}",
            match.group(1),
        ):
            yield _phone(text, match.start(1), match.end(1))
    for match in chain(_AREA_CODE.finditer(text), _BARE_EXTENSION.finditer(text)):
        yield Finding("PHONE", match.start(1), match.end(1))
    for pattern in (_NORTH_AMERICAN, _INTERNATIONAL, _NATIONAL, _SLASHED, _TWO_HALVES, _SPOKEN_NUMBER):
        for match in pattern.finditer(text):
            yield _phone(text, match.start(), match.end())
    for match in _LOCAL.finditer(text):
        is_range = match.group(2) >= match.group(1).zfill(4) and match.group(2).endswith("00")
        if not is_range and not _RANGE_FOLLOWS.match(text, match.end()):
            yield _phone(text, match.start(), match.end())


def _phone(text: str, start: int, end: int) -> Finding:
    """A FAX where the words before say so, else a PHONE."""
    before = text[max(0, start - 24) : start]
    return Finding("FAX" if _FAX_BEFORE.search(before) else "PHONE", start, end)


def _is_ipv6(text: str) -> bool:
    try:
        ipaddress.IPv6Address(text)
    except ValueError:
        return False
    return True
