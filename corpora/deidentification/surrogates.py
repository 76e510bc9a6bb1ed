"""Invented replacements of the same form: dates shifted by one offset a note, names and numbers of the same shape.

Everything is derived from a secret by HMAC-SHA-256, so the same identifier has the same replacement within a note, and
nobody without the secret can compute one from the other.
"""

import datetime
import hashlib
import hmac
import re

from corpora.deidentification.dates import MONTH_NUMBERS, MONTHS, WEEKDAYS
from corpora.deidentification.records import Kind
from corpora.deidentification.vocabulary import word_set

SHORTEST_SHIFT, LONGEST_SHIFT = 31, 364  # days, either way
_FIRST = sorted(
    word_set("""
    Avery Blake Casey Devon Emery Harper Indigo Jules Kendall Lane Merritt Noel Oakley Parker Quinn Reese Sage
    Tatum
    """)
)
_LAST = sorted(
    word_set("""
    Abbott Barlowe Carver Denholm Ellery Farrant Garrick Holloway Ibbotson Jessop Kerrigan Lockett Marden Nash
    Orton
    """)
)
_PLACES = sorted(
    word_set("""
    Aldmere Brackwater Corrin Dunhollow Eastmarsh Fenwold Glenharrow Highmoor Ivybrook Juniper Kingsfold
    Larkhaven
    """)
)
_KEPT_IN_PLACES = word_set("""
    street st avenue ave road rd lane ln drive dr boulevard blvd way court ct close place pl terrace hospital
    clinic medical center centre infirmary health nursing home care university practice surgery school of the
    and in at flat apt suite unit general memorial near route
    """)
_LETTERS = re.compile(r"[^\W\d_]+")
_PART_OF_DATE = re.compile(r"[^\W\d_]+|\d+")
_ORDINAL = re.compile(r"(\d{1,2})(st|nd|rd|th)", re.IGNORECASE)
_WORDS_OF_ORDER = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")


class Surrogates:
    """The replacements of one note. `reference` is the year to which dates without a year are counted."""

    def __init__(self, secret: bytes, *, reference: int) -> None:
        self._secret = secret
        self._reference = reference
        draw = self._draw("shift", "")
        size = SHORTEST_SHIFT + draw % (LONGEST_SHIFT - SHORTEST_SHIFT + 1)
        self._shift = datetime.timedelta(days=size if (draw >> 32) % 2 else -size)

    def replacement(self, kind: Kind, identifier: str) -> str:
        """An invented value of the same form as `identifier`."""
        if kind == "AGE":
            return "90+"
        if kind == "DATE":
            return self._date(identifier)
        if kind == "NAME":
            return self._words("NAME", identifier, _LAST, _FIRST)
        if kind == "PLACE":
            return self._digits(kind, self._words("PLACE", identifier, _PLACES, _PLACES))
        if kind in ("EMAIL", "URL", "IP", "PHOTO"):
            return self._address(kind, identifier)
        return self._digits(kind, self._scrambled(kind, identifier))

    def _draw(self, purpose: str, value: str) -> int:
        """64 bits that only the secret tells."""
        message = f"{purpose}\0{value.casefold()}".encode(errors="surrogatepass")
        return int.from_bytes(hmac.new(self._secret, message, hashlib.sha256).digest()[:8], "big")

    def _words(self, kind: str, text: str, pool: list[str], opening: list[str]) -> str:
        """Each word by one of the pool, in the same case; initials by initials; generic words of places stay."""
        several = len(_LETTERS.findall(text)) > 1

        def other(match: re.Match[str]) -> str:
            word = match.group()
            if kind == "PLACE" and word.lower() in _KEPT_IN_PLACES:
                return word
            draw = self._draw(kind, word)
            if len(word) == 1:
                return chr(ord("A") + draw % 26)
            first = several and match.start() == 0 and "," not in text
            chosen = (opening if first else pool)[draw % len(opening if first else pool)]
            return chosen.upper() if word.isupper() else chosen.lower() if word.islower() else chosen

        return _LETTERS.sub(other, text)

    def _digits(self, kind: str, text: str) -> str:
        """Every digit by another one, drawn from the whole and its place."""
        whole = re.sub(r"\W", "", text)
        return "".join(
            str(self._draw(f"{kind} digit {position}", whole) % 10) if character.isdigit() else character
            for position, character in enumerate(text)
        )

    def _scrambled(self, kind: str, text: str) -> str:
        """Every letter by another one of the same case."""
        letters = []
        for position, character in enumerate(text):
            if character.isalpha():
                letter = chr(ord("A") + self._draw(f"{kind} letter {position}", text) % 26)
                letters.append(letter if character.isupper() else letter.lower())
            else:
                letters.append(character)
        return "".join(letters)

    def _address(self, kind: Kind, text: str) -> str:
        number = self._draw(kind, text)
        if kind == "EMAIL":
            return f"person{number % 100_000}@example.org"
        if kind == "URL":
            return f"https://example.org/{number % 1_000_000}"
        if kind == "PHOTO":
            return f"picture{number % 100_000}.jpg"
        if ":" in text:
            return f"2001:db8::{number % 0xFFFF:x}"  # RFC 3849, for documentation
        return f"192.0.2.{1 + number % 254}"  # RFC 5737, for documentation

    def _date(self, text: str) -> str:
        """The date moved by the offset of the note, in the same form; other digits where it cannot be read."""
        roles = _roles(text)
        numbers = [int(part) if part.isdigit() else 0 for part in _PART_OF_DATE.findall(text)]
        parts = _PART_OF_DATE.findall(text)
        value = {role: _value(parts[index], numbers[index], role) for index, role in enumerate(roles) if role}
        try:
            day = (
                datetime.date(value.get("year", self._reference), value.get("month", 6), value.get("day", 15))
                + self._shift
            )
        except (ValueError, OverflowError):
            return self._digits("DATE", text)
        if not value:
            return f"{day:%B} {day.day}"
        position = iter(range(len(parts)))
        spelled = any(role == "month" and not part.isdigit() for role, part in zip(roles, parts, strict=True))

        def other(match: re.Match[str]) -> str:
            return _written(match.group(), roles[next(position)], day, spelled=spelled)

        moved = _PART_OF_DATE.sub(other, text)
        return _ORDINAL.sub(lambda match: match.group(1) + _ending(int(match.group(1))), moved)


def _value(part: str, number: int, role: str) -> int:
    if role == "month" and not part.isdigit():
        return MONTH_NUMBERS[part.lower()]
    if role == "day" and not part.isdigit():
        return _WORDS_OF_ORDER.index(part.lower()) + 1
    if role == "year" and len(part) == 2:
        return 1900 + number if number > 40 else 2000 + number
    return number


def _roles(text: str) -> list[str]:
    """What each part of a date is: "day", "month", "year", "weekday" or "" for what stays."""
    parts = _PART_OF_DATE.findall(text.partition("T")[0] if re.match(r"\d{4}-\d\d-\d\dT", text) else text)
    roles = [_role_of_word(part) for part in parts]
    numeric = [index for index, part in enumerate(parts) if part.isdigit()]
    long = [index for index in numeric if len(parts[index]) == 4]
    for index in long[:1]:
        roles[index] = "year"
    short = [index for index in numeric if index not in long and len(parts[index]) <= 2]
    wanted = [role for role in ("month", "day", "year") if role not in roles]
    if "month" in roles:
        wanted = [role for role in ("day", "year") if role not in roles]
    elif len(short) >= 2 and (int(parts[short[0]]) > 12 or "." in text) and long[:1] != [0]:
        wanted = ["day", "month", *wanted[2:]]
    elif len(short) == 1 and not long:
        wanted = ["day"]
    for index, role in zip(short, wanted, strict=False):
        roles[index] = role
    return roles + [""] * (len(_PART_OF_DATE.findall(text)) - len(roles))


def _role_of_word(part: str) -> str:
    lower = part.lower()
    if lower in MONTH_NUMBERS:
        return "month"
    if lower in _WORDS_OF_ORDER:
        return "day"
    if len(lower) >= 3 and any(weekday.startswith(lower) for weekday in WEEKDAYS):
        return "weekday"
    return ""


def _written(part: str, role: str, day: datetime.date, *, spelled: bool) -> str:
    """One part of the date `day`, in the form of `part`; `spelled` where the month is a word."""
    if role in ("month", "weekday") and not part.isdigit():
        whole = MONTHS[day.month - 1][0] if role == "month" else WEEKDAYS[day.weekday()]
        abbreviated = part.lower() not in {names[0] for names in MONTHS} | set(WEEKDAYS)
        word = whole[:3] if abbreviated else whole
        return word.upper() if part.isupper() else word if part.islower() else word.capitalize()
    if role == "day" and not part.isdigit():
        return f"{day.day}{_ending(day.day)}"
    if role == "year":
        return f"{day.year:04}" if len(part) == 4 else f"{day.year % 100:02}"
    if role in ("day", "month"):
        number = day.day if role == "day" else day.month
        return f"{number:02}" if len(part) == 2 and (part.startswith("0") or not spelled) else str(number)
    return part


def _ending(number: int) -> str:
    return "th" if number in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
