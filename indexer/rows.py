"""Documents as rows of the store, and what filters look at in them."""

import msgspec

from corpora.records import Document
from indexer.records import Attributes, fold
from indexer.store import FACETS


def encoded_document(document: Document) -> dict[str, object]:
    """A document as a row of the table `documents`: column -> value."""
    return {
        "document_id": document.document_id,
        "title": document.title,
        "text": document.text,
        "sha256": document.sha256,
        "sections": msgspec.json.encode(document.sections).decode(),
        "metadata": msgspec.json.encode(document.metadata).decode(),
        "left_out": msgspec.json.encode(document.left_out).decode(),
        "source": document.source,
        "version": document.metadata.version,
        "year": document.metadata.year,
        "retracted": int(document.metadata.retracted),
    }


def facets_of(document: Document) -> list[tuple[str, str]]:
    """(facet, folded value) pairs that filters can match, in a fixed order."""
    metadata = document.metadata
    values = {
        "journals": (metadata.journal,),
        "publication_types": metadata.publication_types,
        "mesh": tuple(heading.name for heading in metadata.mesh),
        "languages": metadata.languages,
    }
    return [(facet, fold(value)) for field, facet in FACETS.items() for value in values[field] if fold(value)]


def attributes_of(year: int, retracted: bool, kind: str, facets: dict[str, list[str]]) -> Attributes:
    """What filters look at in a passage of this kind, from its document's year, flag and facets."""
    return Attributes(
        year=year,
        journal=next(iter(facets.get("journal", [])), ""),
        publication_types=tuple(facets.get("publication_type", [])),
        mesh=tuple(facets.get("mesh", [])),
        section=kind,
        languages=tuple(facets.get("language", [])),
        retracted=retracted,
    )
