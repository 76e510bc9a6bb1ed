"""The records of the indexer: `Passage` and `Filters`. (`IndexManifest` is in `indexer.manifest`.)"""

import msgspec
import numpy as np
from numpy.typing import NDArray

from corpora.records import Span

PassageKeys = NDArray[np.int64]
"""Passage keys: the integers that SQLite, Tantivy and FAISS share as the name of one passage."""


class Passage(msgspec.Struct, frozen=True):
    """A stretch of one section of one document: `document.text[span]` is `text`.

    `passage_id` is ``<document_id>#<number>``, numbered from 1 in reading order. `kind` is the section's kind.
    """

    passage_id: str
    document_id: str
    span: Span
    section: str
    kind: str
    text: str


class Filters(msgspec.Struct, frozen=True):
    """Which passages may be found. An empty field filters nothing; values inside a field are alternatives.

    Journals, publication types and MeSH headings match whole and without regard to case (see `fold`). `years` is
    inclusive, 0 at either end leaves that end open; a document of unknown year never matches a year filter.
    `sections` are section kinds (`corpora.records.SECTION_KINDS`), `languages` ISO 639-2 codes.
    `retracted` None takes all, False leaves retracted documents out, True takes only them.
    `documents` are identifiers, as they are written.
    `audiences` None takes private documents as well, otherwise of those only the ones with such an audience.
    """

    years: tuple[int, int] | None = None
    journals: tuple[str, ...] = ()
    publication_types: tuple[str, ...] = ()
    mesh: tuple[str, ...] = ()
    sections: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    retracted: bool | None = None
    documents: tuple[str, ...] = ()
    audiences: tuple[str, ...] | None = None

    def __bool__(self) -> bool:
        return self != Filters()


class Attributes(msgspec.Struct, frozen=True):
    """What filters look at, per passage, already folded."""

    year: int = 0
    journal: str = ""
    publication_types: tuple[str, ...] = ()
    mesh: tuple[str, ...] = ()
    section: str = ""
    languages: tuple[str, ...] = ()
    retracted: bool = False
    audience: str = ""


def fold(value: str) -> str:
    """The form in which filter values are stored and compared: white space collapsed, case folded."""
    return " ".join(value.split()).casefold()


class Selection(msgspec.Struct, frozen=True):
    """A filter as the engines take it: the `filters` themselves and, resolved, the sorted keys that pass them.

    Each engine uses whichever form it is faster with; a contract test holds them to the same answer.
    """

    filters: Filters
    keys: PassageKeys
