"""Documents on their way into the store: split, hashed and encoded, so that storing them is only inserting.

These cross from the processes that read sources to the one that stores, as MessagePack.
"""

import hashlib

import msgspec

from corpora.records import Deletion as DeletionRecord
from corpora.records import Document, Record, Skipped
from indexer.records import Passage, fold
from indexer.splitting import Splitter
from indexer.store import AUDIENCE, FACETS, searched_text


class PassageRow(msgspec.Struct, frozen=True, array_like=True):
    """A passage as a row of the store. `embedded_sha256` is None for one that is not searched for by itself."""

    passage_id: str
    start: int
    end: int
    section: str
    kind: str
    embedded_sha256: bytes | None


class PreparedDocument(msgspec.Struct, frozen=True, array_like=True, tag="document"):
    """A document as rows of the store. `facets` are (facet, folded value), `links` (kind, document id) pairs."""

    document_id: str
    title: str
    text: str
    sha256: str
    sections: str
    metadata: str
    left_out: dict[str, int]
    source: str
    version: int
    year: int
    retracted: bool
    facets: tuple[tuple[str, str], ...]
    links: tuple[tuple[str, str], ...]
    passages: tuple[PassageRow, ...]
    only_title: bool


class PreparedDeletion(msgspec.Struct, frozen=True, array_like=True, tag="deletion"):
    """An order to delete a document."""

    document_id: str
    source: str


class PreparedSkip(msgspec.Struct, frozen=True, array_like=True, tag="skipped"):
    """A record that was not kept, and why."""

    source: str
    record: int
    reason: str


Prepared = PreparedDocument | PreparedDeletion | PreparedSkip


def prepare(record: Record, splitter: Splitter) -> Prepared:
    """A record as it is stored."""
    if isinstance(record, Skipped):
        return PreparedSkip(record.source, record.record, record.reason)
    if isinstance(record, DeletionRecord):
        return PreparedDeletion(record.document_id, record.source)
    if "\0" in record.text or "\0" in record.title:
        # SQLite ends a string at NUL, so offsets behind it could not be kept.
        return PreparedSkip(record.source, 0, f"document {record.document_id} holds a NUL character")
    return prepare_document(record, splitter.split(record))


def prepare_document(document: Document, passages: list[Passage]) -> PreparedDocument:
    """A document with its passages as rows of the store."""
    alone = all(passage.kind == "title" for passage in passages)
    metadata = document.metadata
    return PreparedDocument(
        document_id=document.document_id,
        title=document.title,
        text=document.text,
        sha256=document.sha256,
        sections=msgspec.json.encode(document.sections).decode(),
        metadata=msgspec.json.encode(metadata).decode(),
        left_out=document.left_out,
        source=document.source,
        version=metadata.version,
        year=metadata.year,
        retracted=metadata.retracted,
        facets=tuple(dict.fromkeys(_facets(document))),
        links=tuple((link.kind, link.document_id) for link in metadata.links if link.document_id),
        passages=tuple(_row(document.title, passage, alone=alone) for passage in passages),
        only_title=all(section.kind == "title" for section in document.sections),
    )


def _row(title: str, passage: Passage, *, alone: bool) -> PassageRow:
    digest = embedded_hash(title, passage, alone=alone)
    span = passage.span
    return PassageRow(passage.passage_id, span.start, span.end, passage.section, passage.kind, digest)


def _facets(document: Document) -> list[tuple[str, str]]:
    """(facet, folded value) pairs that filters can match, in a fixed order."""
    metadata = document.metadata
    values = {
        "journals": (metadata.journal,),
        "publication_types": metadata.publication_types,
        "mesh": tuple(heading.name for heading in metadata.mesh),
        "languages": metadata.languages,
    }
    facets = [(facet, fold(value)) for field, facet in FACETS.items() for value in values[field] if fold(value)]
    return facets + [(AUDIENCE, metadata.audience)] * bool(metadata.audience)


def embedded_hash(title: str, passage: Passage, *, alone: bool) -> bytes | None:
    """The name of what is embedded for a passage; None for one that is not searched for by itself.

    A title is searched together with each passage of its document, so by itself only where it stands `alone`. Searched
    for besides, titles crowd out passages (``docs/decisions/0006-min-max-fusion.md``).
    """
    if passage.kind == "title" and not alone:
        return None
    return text_hash(searched_text(title, passage.kind, passage.text))


def text_hash(text: str) -> bytes:
    """The name of an embedded text: SHA-256 of it in UTF-8."""
    return hashlib.sha256(text.encode()).digest()
