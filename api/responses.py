"""What only HTTP clients are told: whole documents, passages, and what became of what they sent."""

from typing import Literal

import msgspec

from api.schemas import ErrorResponse, IndexInfo
from api.search_records import RecordedHit
from corpora.errors import NotFoundError
from corpora.records import Metadata
from indexer.index import Index
from indexer.records import Filters, Passage
from indexer.store import Store
from reader.records import Answer

REQUEST = "request-"
"""How the names of files begin in which private documents came."""


class SectionPart(msgspec.Struct, frozen=True):
    """A section: `document.text[start:end]`, offsets in Unicode code points."""

    name: str
    kind: str
    start: int
    end: int


class PassagePart(msgspec.Struct, frozen=True):
    """A passage: `document.text[start:end] == text`, so that nobody whose strings count otherwise has to cut."""

    passage_id: str
    section: str
    kind: str
    start: int
    end: int
    text: str


class DocumentResponse(msgspec.Struct, frozen=True):
    """A stored document. `sha256` is that of `text` in UTF-8: the one that evidence names."""

    document_id: str
    title: str
    text: str
    sha256: str
    url: str
    source: str
    metadata: Metadata
    sections: tuple[SectionPart, ...]
    passages: tuple[PassagePart, ...]
    left_out: dict[str, int]
    index_id: str


class PassageResponse(msgspec.Struct, frozen=True):
    """A stored passage with the passages before and behind it in its document, null at either end.

    `sha256` is that of the whole document's text in UTF-8.
    """

    document_id: str
    title: str
    url: str
    sha256: str
    passage: PassagePart
    index_id: str
    before: PassagePart | None = None
    behind: PassagePart | None = None


class Live(msgspec.Struct, frozen=True):
    """The process answers."""

    status: Literal["live"] = "live"


class Ready(msgspec.Struct, frozen=True):
    """The index is open and the models are loaded."""

    status: Literal["ready"] = "ready"


class AddResponse(msgspec.Struct, frozen=True):
    """What became of documents that were added or deleted; they count from now on.

    `document_ids` are the identifiers under which they are found, in the order sent. `counts` tells how many were
    added, updated, unchanged, deleted or skipped, and `skipped` why.
    """

    document_ids: tuple[str, ...]
    counts: dict[str, int]
    skipped: tuple[str, ...]
    generation: int
    index_id: str


class ReplayResponse(msgspec.Struct, frozen=True):
    """A recorded search made again. `same` says whether every hit, rank and score is the same, bit for bit."""

    record_id: str
    same: bool
    recorded: tuple[RecordedHit, ...]
    again: tuple[RecordedHit, ...]
    generation: int
    index_id: str


class BatchLine(msgspec.Struct, frozen=True, omit_defaults=True):
    """One line of a batch: the number of the question, from 1, and its answer or the error it met."""

    number: int
    answer: Answer | None = None
    error: ErrorResponse | None = None


def last_part(path: str) -> str:
    """The last part of a path: where it lies on this machine is nobody's business."""
    return path.rstrip("/").rpartition("/")[2]


def shown_info(info: IndexInfo, index: Index) -> IndexInfo:
    """What a caller is told of an index who may see just what `index` shows.

    Where private documents of others are in it, nothing is told from which their number could be known.
    """
    sources = tuple({**source, "name": last_part(source["name"])} for source in info.sources)
    info = msgspec.structs.replace(info, directory=last_part(info.directory), sources=sources)
    if not index.is_restricted:
        return info
    documents, passages = index.store.counts()
    searched = len(index.select(Filters()).keys)
    return msgspec.structs.replace(
        info,
        documents=documents,
        passages=passages,
        searched=searched,
        vectors=searched,
        tombstones=0,
        skipped=0,
        bytes={},
        sources=tuple(source for source in sources if not source["name"].startswith(REQUEST)),
    )


def document_response(store: Store, document_id: str, index_id: str) -> DocumentResponse:
    """A document with its passages; NotFoundError if the index has none of that id."""
    document = store.document(document_id)
    passages = (stored.passage for stored in store.passages_of(document_id))
    return DocumentResponse(
        document_id=document.document_id,
        title=document.title,
        text=document.text,
        sha256=document.sha256,
        url=document.metadata.url,
        source="" if document.metadata.audience else last_part(document.source),
        metadata=document.metadata,
        sections=tuple(
            SectionPart(section.name, section.kind, section.span.start, section.span.end)
            for section in document.sections
        ),
        passages=tuple(map(_part, passages)),
        left_out=document.left_out,
        index_id=index_id,
    )


def passage_response(store: Store, passage_id: str, index_id: str) -> PassageResponse:
    """A passage with its neighbours; NotFoundError if the index has none of that id."""
    document_id = passage_id.rpartition("#")[0]
    around = store.passages_of(document_id) if document_id else []
    places = [place for place, found in enumerate(around) if found.passage.passage_id == passage_id]
    if not places:
        raise NotFoundError(f"passage {passage_id!r} is not in this index", remedy="Check the identifier")
    place = places[0]
    found = around[place]
    return PassageResponse(
        document_id=document_id,
        title=found.title,
        url=found.metadata.url,
        sha256=found.document_sha256,
        passage=_part(found.passage),
        before=_part(around[place - 1].passage) if place else None,
        behind=_part(around[place + 1].passage) if place + 1 < len(around) else None,
        index_id=index_id,
    )


def _part(part: Passage) -> PassagePart:
    return PassagePart(part.passage_id, part.section, part.kind, part.span.start, part.span.end, part.text)
