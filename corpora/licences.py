"""The short name of a licence, such as ``CC BY-NC 4.0``, from what an article says of it."""

import re

from corpora.text import collapse

MAX_WORDS = 200
"""How many characters of a licence of no known name are kept."""

MAX_STATEMENT = 5000
"""How many characters of a statement are searched."""

_URL = re.compile(
    r"creativecommons\.org/licen[cs]es/(?:cc[ -])?(by(?:-(?:nc|nd|sa))*)(?:/(\d(?:\.\d)?))?", re.IGNORECASE
)
_ABBREVIATION = re.compile(r"\bcc[ -]?(by(?:[- ](?:nc|nd|sa))*)\b(?:[ ,]*(?:licen[cs]e )?v?(\d\.\d))?", re.IGNORECASE)
_IN_WORDS = re.compile(
    r"creative\s+commons\W+attribution((?:\W+(?:and\W+)?(?:non\W?commercial|no\W?deriv\w*|share\W?alike))*)"
    r"(?:\W+(?:international|generic|unported|licen[cs]e|version))*(?:\W+(\d\.\d))?",
    re.IGNORECASE,
)
_ZERO = re.compile(r"publicdomain/zero|\bcc0\b|creative commons (?:zero|public domain)", re.IGNORECASE)
_PUBLIC = re.compile(r"publicdomain/mark|(?:in|is) the public domain", re.IGNORECASE)
_CONDITIONS = (("nc", r"non\W?commercial"), ("nd", r"no\W?deriv"), ("sa", r"share\W?alike"))


def licence_name(*statements: str) -> str:
    """The licence that these statements (addresses, sentences) name, else the beginning of the last of them.

    Where they contradict each other, which happens, the one with more conditions is believed: a reader then never takes
    a liberty that was not given. The version is the one stated for those conditions, if any is.
    """
    statements = tuple(statement[:MAX_STATEMENT] for statement in statements)
    found = [name for statement in statements for name in _named(statement)]
    if found:
        return max(found, key=lambda name: (name.count("-"), name.count("."), name))
    text = " ".join(statements)
    if _ZERO.search(text):
        return "CC0 1.0"
    if _PUBLIC.search(text):
        return "Public Domain"
    return collapse(statements[-1])[:MAX_WORDS].strip() if statements else ""


def _named(statement: str) -> list[str]:
    short = [(match[1], match[2]) for pattern in (_URL, _ABBREVIATION) for match in pattern.finditer(statement)]
    words = [(_abbreviated(match[1] or ""), match[2]) for match in _IN_WORDS.finditer(statement)]
    return [_name(conditions, version or "") for conditions, version in short + words]


def _name(conditions: str, version: str) -> str:
    full = f"{version}.0" if version and "." not in version else version
    return f"CC {conditions.upper().replace(' ', '-')} {full}".strip()


def _abbreviated(conditions: str) -> str:
    return "-".join(["by", *(code for code, words in _CONDITIONS if re.search(words, conditions, re.IGNORECASE))])
