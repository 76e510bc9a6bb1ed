"""One example a route for the OpenAPI document: real structs, so that they cannot fall behind what is sent."""

from typing import Any

import msgspec

from api.requests import AskRequest, FilterRequest, SearchRequest
from api.responses import DocumentResponse, Health, PassagePart, SectionPart
from api.schemas import ErrorResponse, Hit, SearchResponse
from corpora.records import MeshHeading, Metadata, text_sha256
from reader.records import Answer, AnswerItem, Context, Evidence
from reader.verification import Finding, Verification
from retriever.records import EngineScore

_ID, _TITLE, _URL = "DOI:10.1000/cf", "The gene of cystic fibrosis", "https://doi.org/10.1000/cf"
_SENTENCE = "Cystic fibrosis is caused by mutations in the CFTR gene."
_TEXT = f"{_TITLE}\n\n{_SENTENCE}"
_START = _TEXT.index(_SENTENCE)
_QUOTE = _TEXT.index("CFTR")
_SHA256 = text_sha256(_TEXT)
_TYPES = ("Review",)
_JOURNAL, _YEAR = "An example, not literature", 2015
_INDEX = "5b0c1f7a9d3e2846"
_QUESTION = "Which gene is mutated in cystic fibrosis?"
_TIMINGS = {"total": 48.2}

_HIT = Hit(
    rank=1,
    score=1.0,
    document_id=_ID,
    passage_id=f"{_ID}#2",
    title=_TITLE,
    section="Abstract",
    start=_START,
    end=len(_TEXT),
    text=_SENTENCE,
    sha256=_SHA256,
    year=_YEAR,
    journal=_JOURNAL,
    publication_types=_TYPES,
    retracted=False,
    url=_URL,
    bm25=EngineScore(1, 9.31),
    dense=EngineScore(1, 0.74),
    rerank=EngineScore(1, 0.93),
)

_EVIDENCE = Evidence(
    document_id=_ID,
    passage_id=f"{_ID}#2",
    title=_TITLE,
    section="Abstract",
    start=_QUOTE,
    end=_QUOTE + len("CFTR"),
    text="CFTR",
    sha256=_SHA256,
    url=_URL,
    score=0.81,
    context=Context(_START, len(_TEXT), _SENTENCE),
    year=_YEAR,
    journal=_JOURNAL,
    publication_types=_TYPES,
)

_ANSWER = Answer(
    question=_QUESTION,
    kind="factoid",
    status="answered",
    confidence=0.93,
    answers=(AnswerItem("CFTR", 0.93, (_EVIDENCE,)),),
    note="Words of the documents themselves.",
    nearest=(_ID,),
    timings_ms=_TIMINGS,
    index_id=_INDEX,
    models={"embedding": "compact", "reader": "compact/span-reader", "calibrated": True},
)

_DOCUMENT = DocumentResponse(
    document_id=_ID,
    title=_TITLE,
    text=_TEXT,
    sha256=_SHA256,
    url=_URL,
    source="literature/pubmed.xml",
    metadata=Metadata(
        journal=_JOURNAL, year=_YEAR, publication_types=_TYPES, mesh=(MeshHeading("Cystic Fibrosis", True),), url=_URL
    ),
    sections=(SectionPart("Title", "title", 0, len(_TITLE)), SectionPart("Abstract", "abstract", _START, len(_TEXT))),
    passages=(
        PassagePart(f"{_ID}#1", "Title", "title", 0, len(_TITLE), _TITLE),
        PassagePart(f"{_ID}#2", "Abstract", "abstract", _START, len(_TEXT), _SENTENCE),
    ),
    left_out={},
    index_id=_INDEX,
)

REQUESTS: dict[str, msgspec.Struct] = {
    "search": SearchRequest(
        query="gene therapy for cystic fibrosis", k=5, filters=FilterRequest(year="2015:2021", retracted=False)
    ),
    "ask": AskRequest(question=_QUESTION),
    "verify": _ANSWER,
}
"""Route -> a body that it takes."""

RESPONSES: dict[str, msgspec.Struct] = {
    "search": SearchResponse("gene therapy for cystic fibrosis", "hybrid", (_HIT,), _TIMINGS, _INDEX),
    "ask": _ANSWER,
    "verify": Verification(True, 1, 1, "answered", (Finding(1, 1, _ID),), _INDEX),
    "document": _DOCUMENT,
    "health": Health("ok", _INDEX, 108, 412, {"embedding": "compact", "reader": "compact/span-reader"}, "0.1.0"),
}
"""Route -> what it answers with."""

ERRORS: dict[int, ErrorResponse] = {
    400: ErrorResponse("UsageError", "k is 0, expected 1 to 10,000", "Choose another k"),
    404: ErrorResponse("NotFoundError", "document 'PMID:0' is not in this index", "Check the identifier"),
    409: ErrorResponse(
        "IndexStateError",
        "my-index/lexical: the lexical index is damaged",
        "Rebuild the lexical part from the passages, or restore the folder",
    ),
    413: ErrorResponse(
        "TooLargeError",
        "the request body is larger than the 1,000,000 bytes that /v1/search takes",
        "Send less at once",
    ),
    500: ErrorResponse(
        "InternalError",
        "the service failed to answer (reference 1f0a9c3e)",
        "Try again; the server's log tells more under this reference",
    ),
    503: ErrorResponse("ModelError", "span-reader.safetensors: weight file cannot be read", "Reinstall biocite"),
}
"""HTTP status -> an error with that status."""


def request_example(route: str) -> Any:
    """The example body of a route as plain values, without the fields that stand at their defaults."""
    return _without_defaults(REQUESTS[route])


def _without_defaults(example: msgspec.Struct) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for field in msgspec.structs.fields(example):
        value = getattr(example, field.name)
        if field.required or value != field.default:
            nested = isinstance(value, FilterRequest)
            values[field.name] = _without_defaults(value) if nested else plain(value)
    return values


def plain(value: Any) -> Any:
    """A value as it comes out of JSON."""
    return msgspec.json.decode(msgspec.json.encode(value))
