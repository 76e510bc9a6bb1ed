"""From a path to the patients in it, whatever form they come in.

    iter_patients(path) -> Patient | Skipped …

A file is known by its content, and by its name where that is not enough: a Bundle or resources of FHIR R4,
PMC-Patients' list or table, JSON lines, CSV (``.csv``, ``.tsv``), articles of PMC (their case sections), and any other
text as one note. Each may be gzipped. A folder is all of its files in natural order, hidden ones left out; its FHIR
files are taken together, after the others. An identifier that comes again is `Skipped`, whichever file it comes from.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Literal, get_args

from corpora.bundles import printable
from corpora.errors import SourceError
from corpora.formats import JATS_ARTICLE, JATS_SET, TAR, recognise
from corpora.patients.case_reports import read_cases
from corpora.patients.fhir import read_fhir
from corpora.patients.fhir_index import FhirFile, Form
from corpora.patients.json_items import outermost
from corpora.patients.notes import parse_note, parse_note_lines, parse_note_table
from corpora.patients.pmc_patients import COLUMNS, PmcPatient, parse_pmc_list, parse_pmc_table
from corpora.patients.records import Patient
from corpora.records import Skipped
from corpora.sources import SourceFile, examined, walk
from corpora.streams import PeekStream, inflate

Kind = Literal[
    "note", "note lines", "note table", "pmc list", "pmc table", "articles", "bundle", "lines", "resource", ""
]

READABLE = "FHIR R4 (bundles and lines), PMC-Patients, JSON lines, CSV, PMC articles, and plain text"
"""What patients are read from, for messages."""

_HEAD_BYTES = 64 * 1024
_MARK = b"\xef\xbb\xbf"
_TABLES = (".csv", ".tsv")
_TEXTS = ("", ".txt", ".text")
"""The endings of files in a folder that are notes; a file that is named itself may have any."""

_TYPED = re.compile(rb'"resourceType"\s*:')
_ENTERED = re.compile(rb'"entry"\s*:')
_BUNDLE = re.compile(rb'"resourceType"\s*:\s*"Bundle"')
_DIGITS = re.compile(r"(\d+)")


def iter_patients(path: str | Path) -> Iterator[Patient | Skipped]:
    """The patients of a file or of all files in a folder, one in memory at a time.

    Raises `SourceError` for a path that is missing, a named file of no known form, a folder in which nothing can be
    read, and a file that is damaged; `UsageError` where FHIR is met and ``fhir.resources`` is not installed.
    """
    root = Path(path)
    files = list(_files(root))
    kinds = [_kind(file, root) for file in files]
    if not any(kinds):
        name = printable(str(root))
        what = f"holds nothing that can be read, among {len(files):,} files" if root.is_dir() else "is of no known form"
        raise SourceError(f"{name}: {what}", remedy=f"Patients are read from {READABLE}")
    seen: set[str] = set()
    for found in _read_all(root, files, kinds):
        if isinstance(found, Patient):
            if found.patient_id in seen:
                found = Skipped(*_place(found), "its identifier was given before")
            else:
                seen.add(found.patient_id)
        yield found


def _read_all(root: Path, files: list[SourceFile], kinds: list[Kind]) -> Iterator[Patient | Skipped]:
    for file, kind in zip(files, kinds, strict=True):
        if kind == "articles":
            yield from read_cases(file)
        elif not kind:
            yield Skipped(file.name, 1, file.problem or "is of no form that patients are read from")
        elif kind not in get_args(Form):
            yield from _read(file, kind, root)
    together = [
        FhirFile(f.path, f.name, k) for f, k in zip(files, kinds, strict=True) if k in ("bundle", "lines", "resource")
    ]
    if together:
        yield from read_fhir(together)


def _read(file: SourceFile, kind: Kind, root: Path) -> Iterator[Patient | Skipped]:
    with file.path.open("rb") as raw:
        stream = inflate(PeekStream(raw, file.name), file.name)
        if kind == "note":
            note_id = file.path.name if file.path == root else file.path.relative_to(root).as_posix()
            # As in messages: a name need not be text, and an identifier must be.
            yield from parse_note(stream, file.name, printable(note_id))
        elif kind == "note lines":
            yield from parse_note_lines(stream, file.name)
        elif kind == "note table":
            yield from parse_note_table(stream, file.name)
        else:
            for found in (parse_pmc_list if kind == "pmc list" else parse_pmc_table)(stream, file.name):
                yield found.patient if isinstance(found, PmcPatient) else found


def _place(patient: Patient) -> tuple[str, int]:
    """The file and record that `Patient.source` names."""
    name, _, place = patient.source.rpartition(", ")
    number = _DIGITS.search(place)
    return (name, int(number[1])) if name and number else (patient.source, 1)


def _files(root: Path) -> Iterator[SourceFile]:
    if root.is_dir():
        for path in walk(root):
            yield examined(path, named=False)
        return
    file = examined(root, named=True)
    if file.problem:
        raise SourceError(f"{file.name}: {file.problem}", remedy="Name a file or a folder that exists")
    yield file


def _kind(file: SourceFile, root: Path) -> Kind:
    """What a file holds; empty where that is nothing that is read."""
    if file.problem:
        return ""
    try:
        with file.path.open("rb") as raw:
            stream = inflate(PeekStream(raw, file.name), file.name)
            return _recognised(stream, file, root)
    except OSError as error:
        raise SourceError(f"{file.name}: cannot be opened ({error.strerror})", remedy="Check its permissions") from None


def _recognised(stream: PeekStream, file: SourceFile, root: Path) -> Kind:
    head = stream.peek(_HEAD_BYTES)
    suffixes = [suffix.lower() for suffix in file.path.suffixes if suffix.lower() != ".gz"]
    suffix = suffixes[-1] if suffixes else ""
    if suffix in _TABLES:
        return "pmc table" if _is_pmc_table(head) else "note table"
    start = head.removeprefix(_MARK).lstrip()
    if start.startswith((b"{", b"[")) and (found := _json(start, len(head) < _HEAD_BYTES, suffix)):
        return found
    literature = recognise(stream, file.name)
    if literature.kind in (TAR, JATS_ARTICLE, JATS_SET):
        return "articles"
    text = literature.what == "text of no known format" or start.startswith((b"{", b"["))
    return "note" if text and (file.path == root or suffix in _TEXTS) else ""


def _is_pmc_table(head: bytes) -> bool:
    headings = head.removeprefix(_MARK).lstrip().partition(b"\n")[0].decode(errors="replace").casefold()
    names = {name.strip(' "\r') for name in re.split(r"[,;\t]", headings)}
    return all(names & set(column) for column in COLUMNS)


def _json(start: bytes, whole: bool, suffix: str) -> Kind:
    """What a file that begins like JSON holds; empty where it is none ("[Dr X dictating] …")."""
    if start.startswith(b"["):
        return "pmc list" if re.match(rb"\[\s*[{\]]", start) else ""
    top = outermost(start)
    if _BUNDLE.search(top) or (_ENTERED.search(top) and not _is_object(start.partition(b"\n")[0])):
        return "bundle"
    first, line_end, rest = start.partition(b"\n")
    one_line = not line_end or not rest.strip()
    if _TYPED.search(top) or _TYPED.search(first if line_end else start):
        lines = suffix in (".ndjson", ".jsonl") or (not one_line and _is_object(first)) or (not whole and one_line)
        return "lines" if lines else "resource"
    if re.match(rb'\{\s*"', start) or _is_object(first):
        return "note lines"
    return ""


def _is_object(line: bytes) -> bool:
    try:
        return isinstance(json.loads(line), dict)
    except (ValueError, RecursionError):
        return False
