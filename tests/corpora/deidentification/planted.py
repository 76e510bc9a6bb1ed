"""The synthetic notes with their planted identifiers, and what is counted on them."""

import re
from pathlib import Path
from typing import get_args

import msgspec

from corpora.deidentification import Deidentified, Kind, deidentify
from corpora.deidentification.records import Settings, Tagger

HERE = Path(__file__).parent
FOR_RULES = HERE / "notes_for_rules.txt"
KEPT_ASIDE = HERE / "notes_kept_aside.txt"
MEASURED_LAST = HERE / "notes_measured_last.txt"
DEVELOPMENT = HERE / "notes_development.txt"
OPENED = HERE / "notes_by_another_author.txt"
BY_REGION = tuple(HERE / f"notes_{region}.txt" for region in ("us", "commonwealth", "world"))
NOTE_FILES = (FOR_RULES, KEPT_ASIDE, MEASURED_LAST, DEVELOPMENT, OPENED, *BY_REGION)
"""What rules were mended on and the model learns from."""
NEGATIVES = HERE / "hard_negatives.txt"
NEGATIVES_OF_DEVELOPMENT = HERE / "negatives_development.txt"
NEGATIVES_OPENED = HERE / "negatives_by_another_author.txt"
NEGATIVES_BY_REGION = tuple(HERE / f"negatives_{region}.txt" for region in ("us", "commonwealth", "world"))
NEGATIVE_FILES = (NEGATIVES, NEGATIVES_OF_DEVELOPMENT, NEGATIVES_OPENED, *NEGATIVES_BY_REGION)
SEALED = HERE / "notes_sealed.txt"
NEGATIVES_SEALED = HERE / "negatives_sealed.txt"
"""What neither rules nor model ever saw."""

_MARK = re.compile(r"\{\{([A-Z_]+):(.*?)\}\}", re.DOTALL)
_TITLE = re.compile(
    r"\A(?:(?:Drs?|Mrs?|Ms|Miss|Mx|Prof|Nurse|RN|Baby Girl|Sister|Br|Fr|Rev|Smt|Shri|Sgt|Cpl|Pfc|Pvt|Capt|Maj|LtCol|Lt|"
    r"HM[123C]|Ofc|Det|PC|Uncle|Aunt)\b\.? |\(Mrs?\) )+",
    re.IGNORECASE,
)
_WEEKDAY = re.compile(r"\b(?:mon|tues?|wed|thu|fri|sat|sun)[a-z]{0,6}\.?,? \Z", re.IGNORECASE)
_DEGREE = re.compile(r",? (?:MD|M\.D\.|DDS|DO|RN|PhD|PharmD)\Z")


class Planted(msgspec.Struct, frozen=True):
    """`note.text[start:end]` identifies somebody."""

    kind: Kind
    start: int
    end: int


class PlantedNote(msgspec.Struct, frozen=True):
    name: str
    text: str
    planted: tuple[Planted, ...]


def read_notes(path: Path) -> list[PlantedNote]:
    """The notes of a file of fixtures, offsets derived from the marks; a title, degree or article is no identifier."""
    notes = []
    for block in re.split(r"^=== ", path.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]:
        name, _, marked = block.partition("\n")
        notes.append(_unmarked(name, marked))
    return notes


def _unmarked(name: str, marked: str) -> PlantedNote:
    parts: list[str] = []
    planted = []
    length = position = 0
    for match in _MARK.finditer(marked):
        kind, value = match.groups()
        assert kind in get_args(Kind), f"{name}: no kind {kind}"
        before = marked[position : match.start()]
        start = length + len(before)
        core_start, core_end = start, start + len(value)
        if kind == "NAME":
            title = _TITLE.match(value)
            core_start += title.end() if title else 0
            degree = _DEGREE.search(value)
            core_end -= len(degree.group()) if degree else 0
        elif value.startswith(("the ", "The ")):
            core_start += 4
        planted.append(Planted(kind, core_start, core_end))
        parts += (before, value)
        length, position = start + len(value), match.end()
    parts.append(marked[position:])
    return PlantedNote(name, "".join(parts), tuple(planted))


def read_lines(path: Path) -> list[str]:
    """The sentences of a file; lines that begin with # or = and empty ones left out."""
    return [line for line in path.read_text("utf-8").splitlines() if line.strip() and line[0] not in "#="]


class Counts(msgspec.Struct):
    """What was found of what was planted, and what was masked that identifies nobody."""

    planted: dict[str, int]
    found: dict[str, int]
    right_kind: int
    masked: int
    right: int
    failures: list[str]

    def recall(self, *kinds: str) -> float:
        planted = sum(self.planted.get(kind, 0) for kind in kinds)
        return sum(self.found.get(kind, 0) for kind in kinds) / planted if planted else 1.0

    @property
    def precision(self) -> float:
        return self.right / self.masked if self.masked else 1.0


STRUCTURED = tuple(kind for kind in get_args(Kind) if kind not in ("NAME", "PLACE"))


def _letters(text: str, start: int, end: int) -> set[int]:
    return {position for position in range(start, end) if text[position].isalnum()}


def measure(notes: list[PlantedNote], settings: Settings, tagger: Tagger | None = None) -> Counts:
    """A planted identifier is found when all its letters and digits are masked, under whatever kind; a mask is right
    when all its letters and digits were planted."""
    counts = Counts({}, {}, 0, 0, 0, [])
    for note in notes:
        add_counts(counts, note, deidentify(note.text, settings, tagger))
    return counts


def add_counts(counts: Counts, note: PlantedNote, result: Deidentified) -> None:
    spans = [(item.kind, item.original_span.start, item.original_span.end) for item in result.masked]
    covered: set[int] = set().union(*(_letters(note.text, start, end) for _, start, end in spans))
    truth: set[int] = set()
    for item in note.planted:
        letters = _letters(note.text, item.start, item.end)
        truth |= letters
        counts.planted[item.kind] = counts.planted.get(item.kind, 0) + 1
        if letters <= covered:
            counts.found[item.kind] = counts.found.get(item.kind, 0) + 1
            counts.right_kind += any(
                kind == item.kind and start < item.end and end > item.start for kind, start, end in spans
            )
        else:
            counts.failures.append(f"{note.name}: missed {item.kind} {note.text[item.start : item.end]!r}")
    for item in note.planted:  # a title beside a name and the day of the week beside a date do no harm
        begin = max(0, item.start - 12)
        if item.kind == "NAME":
            truth |= _letters(note.text, max(0, item.start - 10), item.start)
        elif item.kind == "DATE" and (weekday := _WEEKDAY.search(note.text[begin : item.start])):
            truth |= _letters(note.text, begin + weekday.start(), item.start)
    for kind, start, end in spans:
        counts.masked += 1
        if _letters(note.text, start, end) <= truth:
            counts.right += 1
        else:
            counts.failures.append(f"{note.name}: masked {kind} {note.text[start:end]!r}")
