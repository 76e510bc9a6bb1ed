"""All rules together: what in a note identifies somebody, as spans that do not overlap."""

import datetime
from bisect import bisect_right
from collections.abc import Iterable, Iterator

from corpora.deidentification.ages import find_ages
from corpora.deidentification.collapsing import Collapsed
from corpora.deidentification.contacts import find_contacts
from corpora.deidentification.dates import find_dates
from corpora.deidentification.names import find_names
from corpora.deidentification.numbers import find_numbers
from corpora.deidentification.places import find_places
from corpora.deidentification.records import Finding, Kind
from corpora.deidentification.words import Note
from corpora.errors import UsageError

MOST_PASSES = 50  # a note of people needs two or three

# Where two kinds claim the same characters, the one that stands first here has them.
_ORDER: tuple[Kind, ...] = (
    "EMAIL", "URL", "IP", "SSN", "MRN", "HEALTH_PLAN", "LICENCE", "VEHICLE", "DEVICE", "BIOMETRIC", "PHOTO", "ACCOUNT",
    "FAX", "DATE", "AGE", "PHONE", "ID", "PLACE", "NAME",
)  # fmt: skip
_RANK = {kind: rank for rank, kind in enumerate(_ORDER)}


def find_identifiers(text: str, today: datetime.date) -> list[Finding]:
    """Every identifier of `text`, in order and without overlap.

    The rules run again on what is left until they find no more, because a mask changes what stands beside a word.
    UsageError where `MOST_PASSES` do not suffice: then nothing is given back rather than a note half masked.
    """
    known: list[Finding] = []
    for _ in range(MOST_PASSES):
        collapsed = Collapsed(text, known)
        new = [
            Finding(finding.kind, start, end)
            for finding in _apart(_all_findings(collapsed.text, today))
            for start, end in _trimmed(text, collapsed.original(finding.start, finding.end))
        ]
        if not new:
            return sorted(known, key=lambda finding: finding.start)
        known += new
    raise UsageError(
        f"the note could not be de-identified in {MOST_PASSES} passes",
        remedy="Check that it is a clinical note, or split it",
    )


def _all_findings(text: str, today: datetime.date) -> Iterator[Finding]:
    yield from find_contacts(text)
    yield from find_numbers(text)
    yield from find_dates(text, today)
    yield from find_ages(text)
    note = Note(text)
    yield from find_places(note)
    yield from find_names(note)


def _apart(findings: Iterable[Finding]) -> list[Finding]:
    """The findings without overlap: the likelier kind keeps its characters, the longer span goes before the shorter."""
    ordered = sorted(
        set(findings), key=lambda finding: (_RANK[finding.kind], finding.start - finding.end, finding.start)
    )
    starts: list[int] = []
    ends: list[int] = []
    kept: list[Finding] = []
    for finding in ordered:
        position = finding.start
        index = bisect_right(ends, position)  # the first taken span that ends after this one begins
        while position < finding.end:
            stop = min(finding.end, starts[index]) if index < len(starts) else finding.end
            if position < stop:
                kept.append(Finding(finding.kind, position, stop))
                starts.insert(index, position)
                ends.insert(index, stop)
                index += 1
            if index == len(starts):
                break
            position = max(position, ends[index])
            index += 1
    return kept


def _trimmed(text: str, stretches: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """The stretches without white space and commas at their ends; those with no letter or digit are dropped."""
    for start, end in stretches:
        while start < end and (text[start].isspace() or text[start] in ",;"):
            start += 1
        while end > start and (text[end - 1].isspace() or text[end - 1] in ",;:"):
            end -= 1
        if any(character.isalnum() for character in text[start:end]):
            yield start, end
