"""A note without what identifies anybody: masked, with surrogates, or refused."""

import datetime
import re
import secrets
from collections import Counter
from collections.abc import Callable

from corpora.deidentification.collapsing import MASK_OF
from corpora.deidentification.finding import find_identifiers
from corpora.deidentification.records import KINDS, Deidentified, Finding, Kind, Masked, Settings, Tagger
from corpora.deidentification.surrogates import Surrogates
from corpora.errors import UsageError
from corpora.records import Span

_SETTINGS = Settings()
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")
_LEAP_YEAR = 2000  # a note without a year: 29 February exists


def deidentify(text: str, settings: Settings = _SETTINGS, tagger: Tagger | None = None) -> Deidentified:
    """`text` with the eighteen kinds of 45 CFR 164.514(b)(2) replaced; what is left is unchanged.

    The rules alone find less than the rules with a `tagger` (`indexer.patients.tagging`), which everything that takes
    patients' notes uses.

    Nothing is logged or kept. Irreversible unless the owner seals the originals (`vault.seal`). UsageError in mode
    "refuse" where anything was found, telling kinds and counts only.
    """
    found = find_identifiers(text, settings.today or datetime.date.today(), tagger)
    if settings.mode == "refuse":
        _refuse(found)
        return Deidentified(text)
    if settings.mode == "mask":
        return _replaced(text, found, lambda kind, _: MASK_OF[kind])
    return _replaced(text, found, _surrogates(text, found, settings).replacement)


def _refuse(found: list[Finding]) -> None:
    """UsageError where anything was found; kinds in the order of the regulation."""
    if not found:
        return
    counts = Counter(finding.kind for finding in found)
    told = ", ".join(f"{counts[kind]} {kind}" for kind in KINDS if kind in counts)
    raise UsageError(
        f"the note identifies a person: {told}", remedy="Remove what identifies, or choose masks or surrogates"
    )


def _surrogates(text: str, found: list[Finding], settings: Settings) -> Surrogates:
    dates = (text[finding.start : finding.end] for finding in found if finding.kind == "DATE")
    years = Counter(int(year) for date in dates for year in _YEAR.findall(date))
    latest = max(years, default=_LEAP_YEAR)
    return Surrogates(settings.secret or secrets.token_bytes(32), reference=latest)


def _replaced(text: str, found: list[Finding], replacement_of: Callable[[Kind, str], str]) -> Deidentified:
    parts: list[str] = []
    masked: list[Masked] = []
    position = length = 0
    for finding in found:
        replacement = replacement_of(finding.kind, text[finding.start : finding.end])
        start = length + finding.start - position
        masked.append(
            Masked(finding.kind, Span(finding.start, finding.end), Span(start, start + len(replacement)), replacement)
        )
        parts += (text[position : finding.start], replacement)
        position, length = finding.end, start + len(replacement)
    return Deidentified("".join((*parts, text[position:])), tuple(masked))
