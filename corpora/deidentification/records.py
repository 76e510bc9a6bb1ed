"""What de-identification takes and gives: `Settings`, `Masked`, `Deidentified`, and `Finding` between the two.

The kinds are the eighteen of the Safe Harbor method, 45 CFR 164.514(b)(2)(i)(A) to (R):
https://www.ecfr.gov/current/title-45/section-164.514
"""

import datetime
from typing import Literal, Protocol, get_args

import msgspec

from corpora.records import Span

Kind = Literal[
    "NAME",  # (A) names, of the patient and of anybody else
    "PLACE",  # (B) every place smaller than a state, facilities and employers among them
    "DATE",  # (C) every element of a date but the year, and a year of birth that tells an age over 89
    "AGE",  # (C) an age over 89
    "PHONE",  # (D)
    "FAX",  # (E)
    "EMAIL",  # (F)
    "SSN",  # (G) social security number
    "MRN",  # (H) medical record number
    "HEALTH_PLAN",  # (I) health plan beneficiary number
    "ACCOUNT",  # (J)
    "LICENCE",  # (K) certificate or licence number
    "VEHICLE",  # (L) vehicle identifiers, plates among them
    "DEVICE",  # (M) device identifiers and serial numbers
    "URL",  # (N)
    "IP",  # (O)
    "BIOMETRIC",  # (P) the identifier under which a finger or voice print is kept
    "PHOTO",  # (Q) the file name of a picture; a picture itself is not in a text
    "ID",  # (R) any other unique number or code
]
KINDS: tuple[Kind, ...] = get_args(Kind)

Mode = Literal["mask", "surrogate", "refuse"]


class Settings(msgspec.Struct, frozen=True):
    """How a note is de-identified.

    `mode`: "mask" writes the kind in brackets, "surrogate" an invented value of the same form, "refuse" raises
    UsageError where there is anything to mask. `secret` makes surrogates repeatable: the same secret gives the same
    replacements and the same shift of dates, so it must differ from patient to patient; b"" draws a new one for each
    note. `today` is the day from which a year of birth is judged to tell an age over 89; None for the present day.
    """

    mode: Mode = "mask"
    secret: bytes = b""
    today: datetime.date | None = None


class Masked(msgspec.Struct, frozen=True):
    """One identifier that was replaced: its kind, where it stood, where its replacement stands. Never the identifier.

    `original_span` is in the note as given, `new_span` in `Deidentified.text`; both half-open, in code points.
    """

    kind: Kind
    original_span: Span
    new_span: Span
    replacement: str


class Deidentified(msgspec.Struct, frozen=True):
    """The note without what identifies anybody, and what was replaced, in the order of the text."""

    text: str
    masked: tuple[Masked, ...] = ()


class Finding(msgspec.Struct, frozen=True):
    """`[start, end)` of the text that was searched looks like an identifier of this kind."""

    kind: Kind
    start: int
    end: int


class TaggedWord(msgspec.Struct, frozen=True):
    """`[start, end)` of a text, the `probability` that it identifies somebody, and as what it then does most likely."""

    start: int
    end: int
    kind: Kind
    probability: float


class Tagger(Protocol):
    """A model that reads a note and says of each word whether it identifies somebody; called from any thread."""

    def __call__(self, text: str) -> list[TaggedWord]:
        """All words of `text` in order, without overlap. Spans that are masked already are one U+FFFC each."""
        ...
