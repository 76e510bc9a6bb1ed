"""What HTTP clients send. Fields that are not listed here are refused, so that a misspelt filter is never ignored."""

from typing import Annotated, Literal, get_args

import msgspec

from corpora.errors import UsageError
from corpora.questions import QuestionKind
from indexer.records import Filters
from retriever.filters import make_filters
from retriever.search import Mode, Unit

Fusion = Literal["min-max", "rrf"]

CHOICES = {
    "mode": get_args(Mode),
    "fusion": get_args(Fusion),
    "unit": get_args(Unit),
    "kind": get_args(QuestionKind),
}
"""Field -> the words that it takes."""

MAX_VALUES = 100
"""Alternatives that one filter may name: within what one database query can bind."""


class FilterRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which passages may be found. What is left out filters nothing; the values of one field are alternatives."""

    year: Annotated[
        str | int | None,
        msgspec.Meta(description="2015, 2015:2021, 2015: or :2021, both ends included", examples=["2015:2021"]),
    ] = None
    journals: Annotated[tuple[str, ...], msgspec.Meta(description="Whole journal titles, case ignored")] = ()
    publication_types: Annotated[
        tuple[str, ...], msgspec.Meta(description="Such as Review", examples=[["Review"]])
    ] = ()
    mesh: Annotated[tuple[str, ...], msgspec.Meta(description="MeSH headings, case ignored")] = ()
    sections: Annotated[tuple[str, ...], msgspec.Meta(description="Kinds of section, such as results")] = ()
    languages: Annotated[tuple[str, ...], msgspec.Meta(description="ISO 639-2 codes, such as eng")] = ()
    retracted: Annotated[
        bool | None, msgspec.Meta(description="true: only retracted documents, false: none of them")
    ] = None

    def resolve(self) -> Filters:
        """The filters that the retriever takes; UsageError for too many values or ones that could never match."""
        for field in ("journals", "publication_types", "mesh", "sections", "languages"):
            if len(getattr(self, field)) > MAX_VALUES:
                raise UsageError(
                    f"filter {field} names {len(getattr(self, field)):,} values, at most {MAX_VALUES} are taken",
                    remedy="Ask in several requests",
                )
        return make_filters(
            years=None if self.year is None else str(self.year),
            journals=self.journals,
            publication_types=self.publication_types,
            mesh=self.mesh,
            sections=self.sections,
            languages=self.languages,
            retracted=self.retracted,
        )


Private = Annotated[
    bool, msgspec.Meta(description="Keep no record of this; the audit log gets no text of it, not even as a hash")
]


class SearchRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A query. `unit` document gives only the best passage of each document."""

    query: str
    k: Annotated[int, msgspec.Meta(description="How many hits, 1 to 10,000")] = 10
    mode: Mode = "hybrid"
    fusion: Annotated[Fusion, msgspec.Meta(description="How both engines of mode hybrid are fused")] = "min-max"
    unit: Unit = "passage"
    rerank: Annotated[bool, msgspec.Meta(description="Read the best passages once more with the reranker")] = False
    filters: FilterRequest = FilterRequest()
    private: Private = False


class AskRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A question. Its kind is told from its wording where it is not given.

    Retracted documents are no evidence unless the filter `retracted` says otherwise.
    """

    question: str
    kind: QuestionKind | None = None
    filters: FilterRequest = FilterRequest()
    min_precision: Annotated[
        float | None,
        msgspec.Meta(
            description="Answer only where the calibration promises this share of right answers, above 0 and up to 1"
        ),
    ] = None
    private: Private = False


class PrivateDocument(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A document of one's own. `text` may have paragraphs; `id` is one's own, up to 200 characters."""

    id: Annotated[str, msgspec.Meta(min_length=1, max_length=200, examples=["protocol-7"])]
    text: Annotated[str, msgspec.Meta(min_length=1, examples=["Give adrenaline into the thigh."])]
    title: str = ""
    year: Annotated[int, msgspec.Meta(ge=1000, le=9999)] | None = None
    journal: str = ""
    authors: tuple[str, ...] = ()
    publication_types: tuple[str, ...] = ()
    mesh: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    url: str = ""


class AddRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Private documents to add; one with the id of an earlier one replaces it."""

    documents: Annotated[tuple[PrivateDocument, ...], msgspec.Meta(min_length=1, max_length=1_000)]


class BatchRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Questions that are answered one after the other, each answer sent as soon as it is there."""

    questions: Annotated[tuple[AskRequest, ...], msgspec.Meta(min_length=1, max_length=1_000)]


class ExportRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Documents to cite, in this order: those of hits, of evidence, or any others."""

    document_ids: Annotated[tuple[str, ...], msgspec.Meta(min_length=1, max_length=10_000)]
    format: Literal["ris", "bibtex", "csv", "nbib"] = "ris"
