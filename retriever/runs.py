"""Runs: what a retriever answered to a set of queries, and the TREC files that hold them.

A line of a TREC run file is ``query-id Q0 document-id rank score tag``, separated by white space; ranks start at 1.
"""

import math
import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from corpora.errors import SourceError, UsageError

Ranked = list[tuple[str, float]]
"""(document id, score), best first: by falling score, then rising id where this project ranks."""

Run = dict[str, Ranked]
"""Query id -> the documents found for it, best first, each once."""


def best_passage_per_document(passages: Iterable[tuple[str, float]]) -> Ranked:
    """The documents of these (document id, passage score) pairs, each with the score of its best passage (MaxP).

    Judgements are on documents and engines find passages: this is the one place where the one becomes the other.
    """
    best: dict[str, float] = {}
    for document_id, score in passages:
        if score > best.get(document_id, -math.inf):
            best[document_id] = score
    return sorted(best.items(), key=lambda item: (-item[1], item[0]))


def require_ranked(run: Run) -> None:
    """Raise UsageError unless in each query scores are finite and never rise, and no document comes twice."""
    for query_id, ranked in run.items():
        _require_ranked(query_id, ranked)


def _require_ranked(query_id: str, ranked: Sequence[tuple[str, float]]) -> None:
    seen: set[str] = set()
    above = math.inf
    for rank, (document_id, score) in enumerate(ranked, start=1):
        where = f"run, query {query_id!r}, rank {rank}, document {document_id!r}"
        if document_id in seen:
            raise UsageError(f"{where}: the document was ranked before", remedy="Keep its best passage only")
        if not math.isfinite(score):
            raise UsageError(f"{where}: score {score}: a finite one is needed")
        if score > above:
            raise UsageError(f"{where}: score {score} is above {above} of the rank before: sort by falling score")
        seen.add(document_id)
        above = score


def write_run(run: Run, path: Path, tag: str = "biocite") -> None:
    """Write a TREC run file, whole or not at all; scores are written so that reading gives the same floats.

    A query without documents has no line in this format. Raises UsageError for a run that is not ranked, and for ids
    or a tag that are empty or hold white space.
    """
    require_ranked(run)
    _require_word("tag", tag)
    unfinished = path.with_name(path.name + ".part")
    with unfinished.open("w", encoding="utf-8", newline="\n") as file:
        for query_id, ranked in run.items():
            _require_word("query id", query_id)
            for rank, (document_id, score) in enumerate(ranked, start=1):
                _require_word("document id", document_id)
                file.write(f"{query_id} Q0 {document_id} {rank} {float(score)!r} {tag}\n")
    os.replace(unfinished, path)


def _require_word(name: str, value: str) -> None:
    if value.split() != [value]:
        raise UsageError(f"TREC run: {name} {value!r} is empty or holds white space, which the format cannot keep")


def read_run(path: Path) -> Run:
    """The run in a TREC run file, queries in the file's order.

    Documents are sorted by falling score, ties by the file's rank, then by id; so files of other tools are read as
    evaluation tools read them, and our own as they were written. Raises SourceError, with the line, for anything else
    than six columns with a whole rank and a finite score, and for a document twice in a query.
    """
    found: dict[str, dict[str, tuple[float, int]]] = {}
    try:
        with path.open(encoding="utf-8") as file:
            for number, line in enumerate(file, start=1):
                if line.strip():
                    where = f"{path}, line {number}"
                    query_id, document_id, rank, score = _entry(where, line)
                    documents = found.setdefault(query_id, {})
                    if document_id in documents:
                        raise SourceError(f"{where}: query {query_id!r} has document {document_id!r} before")
                    documents[document_id] = (-score, rank)
    except OSError as error:
        raise SourceError(f"{path}: cannot be read: {error.strerror}") from error
    except UnicodeError as error:
        raise SourceError(f"{path}: not UTF-8: {error}") from error
    return {query_id: _sorted(documents) for query_id, documents in found.items()}


def _sorted(documents: dict[str, tuple[float, int]]) -> Ranked:
    order = sorted(documents, key=lambda document_id: (*documents[document_id], document_id))
    return [(document_id, -documents[document_id][0]) for document_id in order]


def _entry(where: str, line: str) -> tuple[str, str, int, float]:
    columns = line.split()
    if len(columns) != 6:
        raise SourceError(
            f"{where}: expected 6 columns (query-id Q0 document-id rank score tag), found {len(columns)} in "
            f"{line.strip()[:80]!r}"
        )
    query_id, _, document_id, rank, score, _ = columns
    try:
        entry = query_id, document_id, int(rank), float(score)
    except ValueError as error:
        raise SourceError(f"{where}: rank {rank!r} or score {score!r} is no number") from error
    if not math.isfinite(entry[3]):
        raise SourceError(f"{where}: score {score!r}: a finite one is needed")
    return entry
