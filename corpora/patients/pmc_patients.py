"""PMC-Patients (Zhao et al., Scientific Data 2023): patients out of case reports, and which are similar to which.

    PMC-Patients.json   a list of {"patient_id", "patient_uid", "PMID", "file_path", "title", "patient",
                        "age": [[45.0, "year"]], "gender": "F", "relevant_articles": {PMID: 1|2},
                        "similar_patients": {patient_uid: 1|2}}
    PMC-Patients.csv    the same as columns; lists and dictionaries as Python writes them

The benchmark (PMC-Patients-ReCDS) has BEIR's lines and this layout, beside which BEIR's own is read too:

    queries/test_queries.jsonl        {"_id": patient_uid, "text": "…"} a line
    PPR/corpus.jsonl                  {"_id": patient_uid, "title": "", "text": "…"} a line
    PPR/qrels_test.tsv                query-id, corpus-id and score below a line of headings; PAR/ for articles

Format: https://github.com/pmc-patients/pmc-patients. Identifiers are ``patient_uid``.
"""

import re
from collections.abc import Iterator
from pathlib import Path

import msgspec

from corpora.beir import read_qrels
from corpora.errors import SourceError, UsageError
from corpora.patients.json_items import list_items
from corpora.patients.notes import (
    Note,
    decoding_problem,
    note_of_row,
    parse_note_lines,
    patient_of,
    table_rows,
)
from corpora.patients.records import Patient
from corpora.records import Qrels, Query, Skipped
from corpora.streams import PeekStream, inflate

COLUMNS = (("patient_uid",), ("patient",))
"""The columns by which its CSV file is known."""

TASKS = ("PPR", "PAR")
"""Patient-to-patient and patient-to-article retrieval."""

_PAIRS = re.compile(r"""\{\s*(?:['"][^'"]+['"]\s*:\s*[0-9]+\s*,?\s*)*\}""")
_PAIR = re.compile(r"""['"]([^'"]+)['"]\s*:\s*([0-9]+)""")
_REMEDY = "Give PMC-Patients.json or PMC-Patients.csv as published"
_LAYOUT = "Expected queries/<split>_queries.jsonl and PPR/qrels_<split>.tsv, or BEIR's queries.jsonl and qrels/"


class PmcPatient(msgspec.Struct, frozen=True):
    """A patient with the article it is out of (PubMed identifier and title), and what was judged relevant to it.

    `relevant_articles` and `similar_patients` are grades, 1 or 2, by PubMed identifier and by ``patient_uid``.
    """

    patient: Patient
    pmid: str = ""
    title: str = ""
    relevant_articles: dict[str, int] = msgspec.field(default_factory=dict)
    similar_patients: dict[str, int] = msgspec.field(default_factory=dict)


class _Entry(Note, frozen=True):
    pmid: str | int | None = msgspec.field(default=None, name="PMID")
    title: str | None = None
    relevant_articles: dict[str, int] | None = None
    similar_patients: dict[str, int] | None = None


_DECODER = msgspec.json.Decoder(_Entry)


def read_pmc_patients(path: str | Path) -> Iterator[PmcPatient | Skipped]:
    """The entries of ``PMC-Patients.json`` or ``.csv`` in the file's order, one in memory at a time."""
    name = str(path)
    try:
        with Path(path).open("rb") as file:
            stream = inflate(PeekStream(file, name), name)
            is_list = stream.peek(64).removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"[")
            yield from (parse_pmc_list if is_list else parse_pmc_table)(stream, name)
    except OSError as error:
        raise SourceError(f"{name}: cannot be opened ({error.strerror})", remedy=_REMEDY) from None


def parse_pmc_list(stream: PeekStream, source: str) -> Iterator[PmcPatient | Skipped]:
    """The entries of a JSON list; `Skipped.record` is an entry's place in it, from 1."""
    for item in list_items(stream, source):
        if item.problem:
            yield Skipped(source, item.number, item.problem)
            continue
        try:
            entry = _DECODER.decode(item.data)
        except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
            yield Skipped(source, item.number, decoding_problem(error))
            continue
        patient = patient_of(entry, source, item.number, f"{source}, entry {item.number}")
        yield (
            patient
            if isinstance(patient, Skipped)
            else PmcPatient(
                patient,
                "" if entry.pmid is None else str(entry.pmid),
                entry.title or "",
                entry.relevant_articles or {},
                entry.similar_patients or {},
            )
        )


def parse_pmc_table(stream: PeekStream, source: str) -> Iterator[PmcPatient | Skipped]:
    """The rows of the CSV file; `Skipped.record` is the number of a row's last line."""
    for line, fields in table_rows(stream, source, COLUMNS):
        if isinstance(fields, Skipped):
            yield fields
            continue
        patient = patient_of(note_of_row(fields), source, line, f"{source}, line {line}")
        articles, similar = (_grades(fields.get(name, "")) for name in ("relevant_articles", "similar_patients"))
        if isinstance(patient, Skipped):
            yield patient
        elif articles is None or similar is None:
            yield Skipped(source, line, "its relevant_articles or similar_patients are no {identifier: grade}")
        else:
            yield PmcPatient(patient, fields.get("pmid", ""), fields.get("title", ""), articles, similar)


def _grades(field: str) -> dict[str, int] | None:
    said = field.strip() or "{}"
    if not _PAIRS.fullmatch(said):
        return None
    return {identifier: int(grade) for identifier, grade in _PAIR.findall(said)}


def read_recds_queries(folder: Path, split: str = "test") -> list[Query]:
    """The benchmark's queries of a split, in the file's order. Raises `SourceError` where one cannot be read."""
    _check_split(split)
    path = _first_of(folder / "queries" / f"{split}_queries.jsonl", folder / "queries.jsonl")
    queries: dict[str, Query] = {}
    with path.open("rb") as file:
        for found in parse_note_lines(PeekStream(file, str(path)), str(path)):
            if isinstance(found, Skipped):
                raise SourceError(f"{found.source}, line {found.record}: {found.reason}", remedy=_LAYOUT)
            if found.patient_id in queries:
                raise SourceError(f"{found.source}: a query of this identifier was given before")
            queries[found.patient_id] = Query(found.patient_id, found.text)
    if not queries:
        raise SourceError(f"{path}: no query found", remedy=_LAYOUT)
    return list(queries.values())


def read_recds_qrels(folder: Path, task: str = "PPR", split: str = "test") -> Qrels:
    """The benchmark's judgements for a task of `TASKS`, by ``patient_uid`` of the query."""
    _check_split(split)
    if task not in TASKS:
        raise UsageError("the task is none of PMC-Patients'", remedy=f"Give one of {', '.join(TASKS)}")
    if (folder / "qrels").is_dir():
        return read_qrels(folder, split)
    return _judgements(_first_of(folder / task / f"qrels_{split}.tsv"))


def corpus_of(folder: Path, task: str = "PPR") -> Path:
    """The file of a task's collection."""
    return _first_of(folder / task / "corpus.jsonl", folder / "corpus.jsonl")


def _judgements(path: Path) -> Qrels:
    qrels: Qrels = {}
    with path.open("rb") as file:
        for line, fields in table_rows(
            PeekStream(file, str(path)), str(path), (("query-id",), ("corpus-id",), ("score",))
        ):
            if isinstance(fields, Skipped) or not fields["score"].strip().isdecimal():
                raise SourceError(
                    f"{path}, line {line}: expected query-id, corpus-id and a whole number", remedy=_LAYOUT
                )
            grade = int(fields["score"])
            judged = qrels.setdefault(fields["query-id"].strip(), {})
            if judged.setdefault(fields["corpus-id"].strip(), grade) != grade:
                raise SourceError(f"{path}, line {line}: contradicts an earlier line", remedy=_LAYOUT)
    if not qrels:
        raise SourceError(f"{path}: no judgement found below the headings", remedy=_LAYOUT)
    return qrels


def _check_split(split: str) -> None:
    if not split or Path(split).name != split:
        raise UsageError("the split is no name of one", remedy="Give test, dev or train")


def _first_of(*paths: Path) -> Path:
    for path in paths:
        if path.is_file():
            return path
    raise SourceError(f"{paths[0]}: no such file", remedy=_LAYOUT)
