"""The records born where bytes become documents: `Span Section Document Query Qrels` and what a parser may yield.

All are frozen and slotted (`msgspec.Struct`). Offsets are half-open and count Unicode code points of `Document.text`.
"""

import hashlib
import re

import msgspec

from corpora.errors import UsageError


class Span(msgspec.Struct, frozen=True, order=True):
    """A half-open range `[start, end)` of code points in one document's text."""

    start: int
    end: int

    def __post_init__(self) -> None:
        if not 0 <= self.start <= self.end:
            raise UsageError(f"span [{self.start}, {self.end}) is impossible: 0 <= start <= end is needed")

    def of(self, text: str) -> str:
        """The characters of `text` that this span covers."""
        return text[self.start : self.end]

    def __len__(self) -> int:
        return self.end - self.start


class Section(msgspec.Struct, frozen=True):
    """A named part of a document, such as ``Methods > Statistical analysis`` of kind ``methods``.

    `kind` is one of `SECTION_KINDS`; `span` lies inside the document's text.
    """

    name: str
    kind: str
    span: Span


SECTION_KINDS = (
    "title",
    "abstract",
    "background",
    "objective",
    "methods",
    "results",
    "discussion",
    "conclusions",
    "case",
    "caption",
    "table",
    "other",
)


class MeshHeading(msgspec.Struct, frozen=True):
    """A MeSH descriptor with its qualifiers; `major` when the descriptor or any qualifier is a major topic."""

    name: str
    major: bool = False
    qualifiers: tuple[str, ...] = ()


class Link(msgspec.Struct, frozen=True):
    """A correction link (PubMed `CommentsCorrections`, JATS `related-article`) to another document.

    `kind` is the source's own word, such as ``RetractionIn``, ``RetractionOf``, ``ErratumIn``. `document_id` is empty
    where the source gives no identifier.
    """

    kind: str
    document_id: str = ""
    note: str = ""


class Metadata(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is known of a document besides its text. `year` is 0 where unknown; `languages` are ISO 639-2 codes.

    A document with an `audience` (see `is_audience`) is private: a service shows it only to callers of that audience.
    """

    authors: tuple[str, ...] = ()
    journal: str = ""
    year: int = 0
    publication_types: tuple[str, ...] = ()
    mesh: tuple[MeshHeading, ...] = ()
    keywords: tuple[str, ...] = ()
    doi: str = ""
    pmid: str = ""
    pmcid: str = ""
    languages: tuple[str, ...] = ()
    vernacular_title: str = ""
    licence: str = ""
    retracted: bool = False
    links: tuple[Link, ...] = ()
    url: str = ""
    version: int = 1
    audience: str = ""


_AUDIENCE = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")


def is_audience(label: str) -> bool:
    """Whether this can label private documents: 1 to 64 of a-z, 0-9, ``_`` and ``-``, a letter or digit first."""
    return _AUDIENCE.fullmatch(label) is not None


class Document(msgspec.Struct, frozen=True):
    """One article. `text` never changes once indexed: every offset BioCite ever gives refers to it.

    `sections` are in reading order, do not overlap, and together hold every character but the blank lines between them.
    `source` is the file it came from, as the user named it (for a bundle ``bundle.tar.gz!member``).
    `left_out` counts what the parser chose not to keep, by kind, for example ``{"table": 3}``.
    """

    document_id: str
    title: str
    text: str
    sections: tuple[Section, ...]
    source: str
    metadata: Metadata = Metadata()
    left_out: dict[str, int] = msgspec.field(default_factory=dict)

    def __post_init__(self) -> None:
        end = 0
        for section in self.sections:
            if section.span.start < end or section.span.end > len(self.text):
                raise UsageError(
                    f"{self.source}: document {self.document_id}: section {section.name!r} at {section.span} overlaps "
                    f"its neighbour or ends after the text ({len(self.text)} characters)"
                )
            end = section.span.end

    @property
    def sha256(self) -> str:
        """SHA-256 (hex) of the text in UTF-8: what an evidence names so that anybody can check it."""
        return text_sha256(self.text)


class Deletion(msgspec.Struct, frozen=True):
    """An order to remove a document (PubMed `DeleteCitation`)."""

    document_id: str
    source: str


class Skipped(msgspec.Struct, frozen=True):
    """A record that was not kept. `record` counts from 1 within the file; `reason` is one readable line."""

    source: str
    record: int
    reason: str

    def __str__(self) -> str:
        return f"{self.source}, record {self.record}: {self.reason}"


Record = Document | Deletion | Skipped


class Query(msgspec.Struct, frozen=True):
    """A question put to a collection."""

    query_id: str
    text: str


Qrels = dict[str, dict[str, int]]
"""Relevance judgements as TREC and BEIR have them: query id -> document id -> grade (0 is not relevant)."""


def text_sha256(text: str) -> str:
    """SHA-256 (hex) of a text in UTF-8."""
    return hashlib.sha256(text.encode()).hexdigest()
