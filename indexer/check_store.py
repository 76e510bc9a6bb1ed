"""Whether the store agrees with itself: what stands in it is what its own documents give when they are prepared anew.

Documents are read a few at a time, each with its passages, facets and links, and every derived value is made again:
hashes of texts, what is embedded, what filters look at.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import msgspec
from sqlite_utils import Database

from corpora.errors import UsageError
from corpora.records import Document, Metadata, Section, Span
from indexer.prepared import PreparedDocument, prepare_document
from indexer.records import Passage
from indexer.store import marks, seen_in

_AT_ONCE = 200
_DOCUMENT = (
    "document_key, document_id, title, text, sha256, sections, source, metadata, version, year, retracted"
    " FROM documents d"
)


class _Row(msgspec.Struct, frozen=True):
    """A document as the store has it; the order is that of `_DOCUMENT`."""

    key: int
    document_id: str
    title: str
    text: str
    sha256: str
    sections: str
    source: str
    metadata: str
    version: int
    year: int
    retracted: int


def database_problems(db: Database) -> Iterator[str]:
    """What SQLite itself finds wrong: pages, indexes, references to rows that are not there."""
    for (found,) in db.execute("PRAGMA integrity_check"):
        if found != "ok":
            yield str(found)
    for table, _, parent, _ in db.execute("PRAGMA foreign_key_check"):
        yield f"a row of {table} belongs to one of {parent} that is not there"


def document_problems(db: Database, generation: int, advance: Callable[[int], None]) -> Iterator[str]:
    """What is wrong with the documents of a generation, one sentence each; `advance` is told of documents checked."""
    seen = seen_in(generation)
    for document_id, count in db.execute(
        f"SELECT document_id, count(*) FROM documents d WHERE {seen} GROUP BY document_id HAVING count(*) > 1"
    ):
        yield f"document {document_id}: is there {count} times"
    noticed = _noticed(db, seen)
    last = 0
    while rows := _rows_after(db, seen, last):
        keys = [row.key for row in rows]
        passages = _by_document(
            db,
            'passage_id, start, "end", section, kind, embedded_sha256 FROM passages',
            keys,
            "document_key, passage_key",
        )
        facets = _by_document(db, "facet, value FROM facets", keys, "document_key, facet, value")
        links = _by_document(db, "kind, target_id FROM links", keys, "document_key, kind, target_id")
        for row in rows:
            try:
                yield from _problems_of(row, passages[row.key], facets[row.key], links[row.key], noticed)
            except (UsageError, msgspec.MsgspecError, TypeError, ValueError) as error:
                yield f"document {row.document_id}: cannot be read ({error})"
        last = keys[-1]
        advance(len(rows))


def _noticed(db: Database, seen: str) -> frozenset[str]:
    """The ids of the documents that a notice says are retracted."""
    rows = db.execute(
        "SELECT l.target_id FROM links l JOIN documents d USING (document_key)"
        f" WHERE l.kind = 'RetractionOf' AND {seen}"
    )
    return frozenset(row[0] for row in rows)


def _rows_after(db: Database, seen: str, key: int) -> list[_Row]:
    rows = db.execute(
        f"SELECT {_DOCUMENT} WHERE document_key > ? AND {seen} ORDER BY document_key LIMIT {_AT_ONCE}", [key]
    )
    return [_Row(*row) for row in rows]


def _by_document(db: Database, what: str, keys: Sequence[int], order: str) -> dict[int, list[tuple[Any, ...]]]:
    """Rows of a table that belong to these documents, by document."""
    found: dict[int, list[tuple[Any, ...]]] = {key: [] for key in keys}
    rows = db.execute(f"SELECT document_key, {what} WHERE document_key IN ({marks(keys)}) ORDER BY {order}", list(keys))
    for row in rows:
        found[row[0]].append(row[1:])
    return found


def _problems_of(
    row: _Row,
    passages: list[tuple[Any, ...]],
    facets: list[tuple[Any, ...]],
    links: list[tuple[Any, ...]],
    noticed: frozenset[str],
) -> Iterator[str]:
    """What is wrong with one document, its passages and what filters look at."""
    name = f"document {row.document_id}"
    document = Document(
        row.document_id,
        row.title,
        row.text,
        msgspec.json.decode(row.sections, type=tuple[Section, ...]),
        row.source,
        msgspec.json.decode(row.metadata, type=Metadata),
    )
    yield from _passage_problems(document, passages)
    expected = prepare_document(document, [_passage(document, stored) for stored in passages])
    yield from (f"{name}: {problem}" for problem in _differences(row, expected, facets, links))
    hashes = [passage.embedded_sha256 for passage in expected.passages]
    for stored, digest in zip(passages, hashes, strict=True):
        if stored[5] != digest:
            yield f"passage {stored[0]}: the hash of what is embedded for it is not that of its text"
    if bool(row.retracted) != (expected.retracted or row.document_id in noticed):
        yield f"{name}: is {'' if row.retracted else 'not '}marked as retracted, against what it and its notices say"


def _passage(document: Document, stored: tuple[Any, ...]) -> Passage:
    passage_id, start, end, section, kind, _ = stored
    span = Span(start, end)
    return Passage(passage_id, document.document_id, span, section, kind, span.of(document.text))


def _passage_problems(document: Document, passages: list[tuple[Any, ...]]) -> Iterator[str]:
    """Spans inside the text and one section each, and ids that count from 1."""
    for number, (passage_id, start, end, name, kind, _) in enumerate(passages, start=1):
        if passage_id != f"{document.document_id}#{number}":
            yield f"document {document.document_id}: its passage {number} is named {passage_id}"
        if not any(
            section.span.start <= start < end <= section.span.end
            for section in document.sections
            if (section.name, section.kind) == (name, kind)
        ):
            yield f"passage {passage_id}: its span [{start}, {end}) is in no section of its name and kind"


def _differences(
    row: _Row, expected: PreparedDocument, facets: list[tuple[Any, ...]], links: list[tuple[Any, ...]]
) -> Iterator[str]:
    if row.sha256 != expected.sha256:
        yield "its hash is not that of its text"
    if (row.version, row.year) != (expected.version, expected.year):
        yield f"version {row.version} and year {row.year} stand in its row, others in its metadata"
    if facets != sorted(set(expected.facets)):
        yield "what filters look at is not what its metadata gives"
    if links != sorted(expected.links):
        yield "its links are not those of its metadata"
