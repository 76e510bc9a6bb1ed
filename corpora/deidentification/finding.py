"""All rules together: what in a note identifies somebody, as spans that do not overlap."""

import datetime
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from itertools import chain

from corpora.deidentification.ages import find_ages
from corpora.deidentification.collapsing import Collapsed
from corpora.deidentification.contacts import find_contacts
from corpora.deidentification.dates import find_dates
from corpora.deidentification.messages import find_fields
from corpora.deidentification.names import find_names
from corpora.deidentification.numbers import find_numbers
from corpora.deidentification.opinion import Opinion
from corpora.deidentification.places import find_places
from corpora.deidentification.records import Finding, Kind, Tagger
from corpora.deidentification.scanned import as_printed
from corpora.deidentification.words import Note
from corpora.errors import UsageError

Parts = list[tuple[int, int]]  # stretches of a text, in order
_Rules = Callable[[str, Parts, datetime.date], Iterator[Finding]]
_REACH, _MARGIN = 160, 100  # characters on either side of a new mask, and beyond
MOST_PASSES = 50  # a note of people needs two or three

# Where two kinds claim the same characters, the one that stands first here has them.
_ORDER: tuple[Kind, ...] = (
    "EMAIL", "URL", "IP", "SSN", "MRN", "HEALTH_PLAN", "LICENCE", "VEHICLE", "DEVICE", "BIOMETRIC", "PHOTO", "ACCOUNT",
    "FAX", "DATE", "AGE", "PHONE", "ID", "PLACE", "NAME",
)  # fmt: skip
_RANK = {kind: rank for rank, kind in enumerate(_ORDER)}


def find_identifiers(text: str, today: datetime.date, tagger: Tagger | None = None) -> list[Finding]:
    """Every identifier of `text`, in order and without overlap.

    The rules run again on what is left until they find no more, because a mask changes what stands beside a word. With
    a `tagger`, what it takes for an identifier is one too, and a name or place that rules by words found is none where
    it is all but sure of that. It reads the text anew until neither finds more: masking a masked note changes nothing.
    UsageError where `MOST_PASSES` do not suffice: then nothing is given back rather than a note half masked.
    """
    known: list[Finding] = []
    printed = as_printed(text)
    for _ in range(MOST_PASSES):
        opinion = None if tagger is None else Opinion(tagger, Collapsed(printed, known))
        before = len(known)
        _run_rules(text, printed, today, known, opinion)
        if opinion is None:
            return sorted(known, key=lambda finding: finding.start)
        known += opinion.findings(text, known)
        if len(known) == before:
            return sorted(known, key=lambda finding: finding.start)
    raise _endless()


def _run_rules(text: str, printed: str, today: datetime.date, known: list[Finding], opinion: Opinion | None) -> None:
    """Add what the rules find to `known`, until they find no more."""
    seen: dict[_Rules, int] = {}  # how many spans were known when the rules last looked
    for _ in range(MOST_PASSES):
        fresh = 0
        for rules in (_structured, _worded):
            collapsed = Collapsed(printed, known)
            parts = _changed_parts(collapsed, known[seen[rules] :]) if rules in seen else [(0, len(collapsed.text))]
            seen[rules] = len(known)
            new = list(_in_the_text(text, collapsed, _apart(rules(collapsed.text, parts, today))))
            if opinion is not None and rules is _worded:
                new = [finding for finding in new if not opinion.doubts(finding)]
            known += new
            fresh += len(new)
        if not fresh:
            return
    raise _endless()


def _endless() -> UsageError:
    return UsageError(
        f"the note could not be de-identified in {MOST_PASSES} passes",
        remedy="Check that it is a clinical note, or split it",
    )


def _in_the_text(text: str, collapsed: Collapsed, findings: Iterable[Finding]) -> Iterator[Finding]:
    """Findings in a collapsed text as findings in the text itself."""
    for finding in findings:
        for start, end in _trimmed(text, collapsed.original(finding.start, finding.end)):
            yield Finding(finding.kind, start, end)


def _changed_parts(collapsed: Collapsed, new: list[Finding]) -> Parts:
    """The stretches around the spans that are new: the rules look no further, so they find nothing new in the rest."""
    text = collapsed.text
    parts: Parts = []
    for position in sorted(collapsed.position(finding.start) for finding in new):
        start, end = max(0, position - _REACH), min(len(text), position + _REACH)
        if parts and start <= parts[-1][1]:
            parts[-1] = (parts[-1][0], end)
        else:
            parts.append((start, end))
    return parts


def _structured(text: str, parts: Parts, today: datetime.date) -> Iterator[Finding]:
    """What rules by form find: numbers, dates, addresses on the net.

    A part that begins or ends inside the text is searched with a margin, in which nothing counts: it may cut a number.
    """
    for start, end in parts:
        begin, stop = max(0, start - _MARGIN), min(len(text), end + _MARGIN)
        part = text[begin:stop]
        found = (
            find_fields(part),
            find_contacts(part),
            find_numbers(part),
            find_dates(part, today),
            find_ages(part),
        )
        for finding in chain.from_iterable(found):
            first, last = begin + finding.start, begin + finding.end
            if (begin == 0 or first >= start) and (stop == len(text) or last <= end):
                yield Finding(finding.kind, first, last)


def _worded(text: str, parts: Parts, _: datetime.date) -> Iterator[Finding]:
    """What rules by words find, which see all of the text: places and names."""
    if parts:
        note = Note(text, parts)
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
