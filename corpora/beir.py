"""Retrieval benchmarks in BEIR's layout (Thakur et al., NeurIPS 2021).

    folder/corpus.jsonl       {"_id": "…", "title": "…", "text": "…"} a line; read like any other corpus file
    folder/queries.jsonl      {"_id": "…", "text": "…"} a line
    folder/qrels/test.tsv     query-id, corpus-id and score, tab separated, below a line of headings

Blank lines are not records. Everything else that is not as above is an error that names the file and the line.
"""

from collections.abc import Iterator
from pathlib import Path

import msgspec

from corpora.errors import SourceError, UsageError
from corpora.records import Qrels, Query

_LAYOUT = "Expected BEIR's layout: corpus.jsonl, queries.jsonl and qrels/<split>.tsv"


class _QueryLine(msgspec.Struct):
    query_id: str = msgspec.field(name="_id")
    text: str


def corpus_path(folder: Path) -> Path:
    """The file of the collection's documents; SourceError where it is missing."""
    return _existing(folder / "corpus.jsonl")


def read_queries(folder: Path) -> list[Query]:
    """The queries of all splits, in the file's order; `read_qrels` tells which are judged in a split.

    Raises SourceError for a missing file and for a line that is not a query, has an empty id or text, or repeats an id.
    """
    path = _existing(folder / "queries.jsonl")
    decoder = msgspec.json.Decoder(_QueryLine)
    queries: dict[str, Query] = {}
    for where, line in _lines(path):
        try:
            found = decoder.decode(line)
        except (msgspec.DecodeError, UnicodeError) as error:
            raise SourceError(f'{where}: not a query such as {{"_id": "1", "text": "…"}}: {error}') from error
        if not found.query_id.strip() or not found.text.strip():
            raise SourceError(f"{where}: the query's id or text is empty: {found.query_id!r}, {found.text!r}")
        if found.query_id in queries:
            raise SourceError(f"{where}: the query id {found.query_id!r} was given before")
        queries[found.query_id] = Query(found.query_id, found.text)
    if not queries:
        raise SourceError(f"{path}: no query found")
    return list(queries.values())


def read_qrels(folder: Path, split: str = "test") -> Qrels:
    """The judgements of a split: query id -> document id -> grade, in the file's order.

    Raises UsageError for a split that is no plain name, SourceError for a missing file, a missing line of headings (its
    first judgement would be lost), a line without three columns or a whole grade, and contradicting judgements.
    """
    if not split or Path(split).name != split:
        raise UsageError(f"split {split!r} is no name of a split", remedy="Give test, dev or train")
    path = _existing(folder / "qrels" / f"{split}.tsv")
    lines = _lines(path)
    _require_headings(lines, path)
    qrels: Qrels = {}
    for where, line in lines:
        query_id, document_id, grade = _judgement(where, line)
        judged = qrels.setdefault(query_id, {})
        if judged.setdefault(document_id, grade) != grade:
            raise SourceError(
                f"{where}: query {query_id!r} and document {document_id!r} have grade {grade} here and "
                f"{judged[document_id]} before"
            )
    if not qrels:
        raise SourceError(f"{path}: no judgement found below the headings")
    return qrels


def _require_headings(lines: Iterator[tuple[str, bytes]], path: Path) -> None:
    where, line = next(lines, (f"{path}, line 1", b""))
    columns = line.split(b"\t")
    if len(columns) != 3 or _grade(columns[2]) is not None:
        raise SourceError(f"{where}: expected the headings query-id, corpus-id, score, found {_shown(line)}")


def _judgement(where: str, line: bytes) -> tuple[str, str, int]:
    columns = line.split(b"\t")
    if len(columns) != 3:
        raise SourceError(f"{where}: expected 3 columns separated by tabs, found {len(columns)} in {_shown(line)}")
    grade = _grade(columns[2])
    if grade is None:
        raise SourceError(f"{where}: expected a whole number as the grade, found {_shown(columns[2])}")
    try:
        query_id, document_id = columns[0].decode().strip(), columns[1].decode().strip()
    except UnicodeError as error:
        raise SourceError(f"{where}: not UTF-8: {error}") from error
    if not query_id or not document_id:
        raise SourceError(f"{where}: the query's or the document's id is empty in {_shown(line)}")
    return query_id, document_id, grade


def _grade(column: bytes) -> int | None:
    try:
        return int(column)
    except ValueError:
        return None


def _lines(path: Path) -> Iterator[tuple[str, bytes]]:
    """The lines that are not blank, each with its file and number for messages."""
    try:
        with path.open("rb") as file:
            for number, line in enumerate(file, start=1):
                if number == 1:
                    line = line.removeprefix(b"\xef\xbb\xbf")  # the byte order mark some editors leave
                if line.strip():
                    yield f"{path}, line {number}", line.rstrip(b"\r\n")
    except OSError as error:
        raise SourceError(f"{path}: cannot be read: {error.strerror}") from error


def _existing(path: Path) -> Path:
    if not path.is_file():
        raise SourceError(f"{path}: no such file", remedy=_LAYOUT)
    return path


def _shown(line: bytes) -> str:
    return repr(line[:80].decode(errors="replace"))
