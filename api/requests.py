"""What HTTP clients send. Fields that are not listed here are refused, so that a misspelt filter is never ignored."""

from typing import Annotated, Literal, get_args

import msgspec

from corpora.errors import UsageError
from corpora.questions import QuestionKind
from corpora.records import SECTION_KINDS
from indexer.records import Filters
from reader.confidence import check_precision
from reader.question import MAX_QUESTION_CHARACTERS, check_question
from reader.records import Status
from retriever.filters import make_filters
from retriever.search import MAX_K, MAX_QUERY_CHARACTERS, Mode, Unit

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


_TEXTS = {"minLength": 1, "pattern": r"[^\W_]"}
"""What `require_text` and its like check, in words better than a pattern's: here it only is told."""
_YEARS = r"^([1-9][0-9]{3}(:([1-9][0-9]{3})?)?|:[1-9][0-9]{3})$"
_LIST = {"maxItems": MAX_VALUES}
Name = Annotated[str, msgspec.Meta(extra_json_schema={"minLength": 1, "pattern": r"\S"})]
SectionName = Annotated[str, msgspec.Meta(extra_json_schema={"enum": list(SECTION_KINDS)})]
Year = Annotated[int, msgspec.Meta(extra_json_schema={"minimum": 1000, "maximum": 9999})]
Query = Annotated[str, msgspec.Meta(extra_json_schema={**_TEXTS, "maxLength": MAX_QUERY_CHARACTERS})]
Question = Annotated[str, msgspec.Meta(extra_json_schema={**_TEXTS, "maxLength": MAX_QUESTION_CHARACTERS})]


class FilterRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which passages may be found. What is left out filters nothing; the values of one field are alternatives."""

    year: Annotated[
        Annotated[str, msgspec.Meta(extra_json_schema={"pattern": _YEARS})] | Year | None,
        msgspec.Meta(description="2015, 2015:2021, 2015: or :2021, both ends included", examples=["2015:2021"]),
    ] = None
    journals: Annotated[
        tuple[Name, ...], msgspec.Meta(description="Whole journal titles, case ignored", extra_json_schema=_LIST)
    ] = ()
    publication_types: Annotated[
        tuple[Name, ...], msgspec.Meta(description="Such as Review", examples=[["Review"]], extra_json_schema=_LIST)
    ] = ()
    mesh: Annotated[
        tuple[Name, ...], msgspec.Meta(description="MeSH headings, case ignored", extra_json_schema=_LIST)
    ] = ()
    sections: Annotated[
        tuple[SectionName, ...], msgspec.Meta(description="Kinds of section, such as results", extra_json_schema=_LIST)
    ] = ()
    languages: Annotated[
        tuple[Name, ...], msgspec.Meta(description="ISO 639-2 codes, such as eng", extra_json_schema=_LIST)
    ] = ()
    documents: Annotated[
        tuple[Name, ...],
        msgspec.Meta(
            description="Identifiers: nothing but these", examples=[["PMID:31452104"]], extra_json_schema=_LIST
        ),
    ] = ()
    retracted: Annotated[
        bool | None, msgspec.Meta(description="true: only retracted documents, false: none of them")
    ] = None

    def resolve(self) -> Filters:
        """The filters that the retriever takes; UsageError for too many values or ones that could never match."""
        for field in ("journals", "publication_types", "mesh", "sections", "languages", "documents"):
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
            documents=self.documents,
        )


Private = Annotated[
    bool, msgspec.Meta(description="Keep no record of this; the audit log gets no text of it, not even as a hash")
]


class SearchRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A query. `unit` document gives only the best passage of each document."""

    query: Query
    k: Annotated[
        int,
        msgspec.Meta(description="How many hits, 1 to 10,000", extra_json_schema={"minimum": 1, "maximum": MAX_K}),
    ] = 10
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

    question: Question
    kind: QuestionKind | None = None
    filters: FilterRequest = FilterRequest()
    min_precision: Annotated[
        float | None,
        msgspec.Meta(
            description="Answer only where the calibration promises this share of right answers, above 0 and up to 1",
            extra_json_schema={"exclusiveMinimum": 0, "maximum": 1},
        ),
    ] = None
    private: Private = False

    def check(self) -> None:
        """UsageError where this cannot be asked of any index."""
        check_question(self.question)
        check_precision(self.min_precision)
        self.filters.resolve()


class PrivateDocument(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A document of one's own. `text` may have paragraphs; `id` is one's own, up to 200 characters."""

    id: Annotated[
        str,
        msgspec.Meta(
            min_length=1, max_length=200, examples=["protocol-7"], extra_json_schema={"pattern": r"^[^\x00-\x1f\x7f]+$"}
        ),
    ]
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

    documents: Annotated[
        tuple[PrivateDocument, ...],
        msgspec.Meta(min_length=1, max_length=1_000, extra_json_schema={"uniqueItems": True}),
    ]


class BatchRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Questions that are answered one after the other, each answer sent as soon as it is there."""

    questions: Annotated[tuple[AskRequest, ...], msgspec.Meta(min_length=1, max_length=1_000)]


class ExportRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Documents to cite, in this order: those of hits, of evidence, or any others."""

    document_ids: Annotated[tuple[str, ...], msgspec.Meta(min_length=1, max_length=10_000)]
    format: Literal["ris", "bibtex", "csv", "nbib"] = "ris"


class QuotedSentence(msgspec.Struct, frozen=True):
    """The sentence around a quotation."""

    start: int
    end: int
    text: str


class QuotationToVerify(msgspec.Struct, frozen=True):
    """A quotation: `text` must be the document's text from `start` to `end`, and `sha256` that of all of its text."""

    document_id: str
    start: int
    end: int
    text: str
    sha256: str
    context: QuotedSentence | None = None


class ItemToVerify(msgspec.Struct, frozen=True):
    """One answer with its quotations; its text must be that of the first."""

    text: str
    evidence: tuple[QuotationToVerify, ...]


class VerifyRequest(msgspec.Struct, frozen=True):
    """What of an answer is checked. Whatever else an answer has may be left out, and is not looked at."""

    answers: tuple[ItemToVerify, ...]
    status: Status = "answered"
    index_id: str = ""
