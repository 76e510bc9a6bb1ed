"""What only HTTP clients are told: a whole document, and whether the service is up."""

from importlib.metadata import version
from typing import Literal

import msgspec

from api.service import Service
from corpora.records import Metadata
from indexer.store import Store


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


class Health(msgspec.Struct, frozen=True):
    """The service is up, with its models loaded."""

    status: Literal["ok"]
    index_id: str
    documents: int
    passages: int
    models: dict[str, str]
    version: str


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
        source=document.source,
        metadata=document.metadata,
        sections=tuple(
            SectionPart(section.name, section.kind, section.span.start, section.span.end)
            for section in document.sections
        ),
        passages=tuple(
            PassagePart(part.passage_id, part.section, part.kind, part.span.start, part.span.end, part.text)
            for part in passages
        ),
        left_out=document.left_out,
        index_id=index_id,
    )


def health_response(service: Service) -> Health:
    """What is served."""
    with service.using() as view:
        manifest, reader = view.index.manifest, view.asker.reader.name
    return Health(
        status="ok",
        index_id=manifest.index_id,
        documents=manifest.documents,
        passages=manifest.passages,
        models={"embedding": manifest.embedding.name, "reader": reader},
        version=version("biocite"),
    )
