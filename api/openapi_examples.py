"""One example a route for the OpenAPI document: real structs, so that they cannot fall behind what is sent."""

from typing import Any

import msgspec

from api.patients import MaskedPart, PatientHit, PatientRequest, SimilarResponse
from api.requests import (
    AddRequest,
    AskRequest,
    BatchRequest,
    ExportRequest,
    FilterRequest,
    PrivateDocument,
    SearchRequest,
)
from api.responses import (
    AddResponse,
    BatchLine,
    DocumentResponse,
    Live,
    PassagePart,
    PassageResponse,
    Ready,
    ReplayResponse,
    SectionPart,
)
from api.schemas import ErrorResponse, Hit, IndexInfo, SearchResponse
from api.search_records import RecordedHit, SearchRecord
from corpora.records import MeshHeading, Metadata, text_sha256
from reader.records import Answer, AnswerItem, Context, Evidence
from reader.verification import Finding, Verification
from retriever.patients.comparison import Entry, Quote
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

_RECORD = "8c1f0a2b3d4e5f60718293a4"
_RECORDED = RecordedHit(
    1, 1.0, _ID, f"{_ID}#2", _SHA256, EngineScore(1, 9.31), EngineScore(1, 0.74), EngineScore(1, 0.93)
)

_NOTE = "58M with chest pain. Denies fever."
_OTHER = "A 61-year-old man with chest pain and fever."
_PATIENT = PatientHit(
    rank=1,
    score=0.55,
    text_score=0.3,
    patient_id="case-17",
    age=61,
    sex="male",
    matches=(Entry("finding", "chest pain", Quote(9, 19, "chest pain"), Quote(25, 35, "chest pain"), "present",
                   "present", 0.4),),
    differences=(Entry("finding", "fever", Quote(28, 33, "fever"), Quote(40, 45, "fever"), "absent", "present",
                       -0.15),),
    unknown=(),
    text=_OTHER,
)  # fmt: skip

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
    "batch": BatchRequest((AskRequest(question=_QUESTION), AskRequest(question="Is cystic fibrosis inherited?"))),
    "add": AddRequest((PrivateDocument("protocol-7", "Give adrenaline into the thigh.", "Anaphylaxis on our ward"),)),
    "export": ExportRequest((_ID,), "ris"),
    "similar_patients": PatientRequest("58M with chest pain. Denies fever.", k=3),
    "patient_literature": PatientRequest("58M with chest pain. Denies fever.", k=3),
}
"""Route -> a body that it takes."""

RESPONSES: dict[str, msgspec.Struct | str] = {
    "search": SearchResponse("gene therapy for cystic fibrosis", "hybrid", (_HIT,), _TIMINGS, _INDEX, _RECORD),
    "ask": _ANSWER,
    "verify": Verification(True, 1, 1, "answered", (Finding(1, 1, _ID),), _INDEX),
    "batch": msgspec.json.encode(BatchLine(1, answer=_ANSWER)).decode() + "\n",
    "document": _DOCUMENT,
    "passage": PassageResponse(
        _ID, _TITLE, _URL, _SHA256, _DOCUMENT.passages[1], before=_DOCUMENT.passages[0], behind=None, index_id=_INDEX
    ),
    "similar": SearchResponse(_TITLE, "hybrid", (_HIT,), _TIMINGS, _INDEX),
    "add": AddResponse(("private:ward-7:protocol-7",), {"added": 1}, (), 2, _INDEX),
    "delete": AddResponse(("private:ward-7:protocol-7",), {"deleted": 1}, (), 3, _INDEX),
    "export": f"TY  - JOUR\r\nTI  - {_TITLE}\r\nUR  - {_URL}\r\nER  - \r\n",
    "record": SearchRecord(
        record_id=_RECORD,
        created="2026-01-02T03:04:05.678+00:00",
        kind="search",
        query="gene therapy for cystic fibrosis",
        filters={"retracted": False},
        settings={"k": 5, "mode": "hybrid", "fusion": "min-max", "unit": "passage", "rerank": False},
        index_id=_INDEX,
        generation=1,
        models={"embedding": "compact@0f1e2d3c4b5a", "reader": "compact/span-reader"},
        hits=(_RECORDED,),
        excluded={"retracted": 2},
        below=411,
        vector="",
    ),
    "replay": ReplayResponse(_RECORD, True, (_RECORDED,), (_RECORDED,), 1, _INDEX),
    "index": IndexInfo(
        index_id=_INDEX,
        directory="my-index",
        generation=1,
        generations=(1,),
        documents=108,
        passages=412,
        searched=304,
        vectors=304,
        segments=1,
        tombstones=0,
        skipped=0,
        first_year=1998,
        last_year=2024,
        retracted=1,
        embedding={"name": "compact", "revision": "0f1e2d3c4b5a", "dimensions": 384, "max_tokens": 256},
        sources=({"name": "pubmed.xml", "sha256": _SHA256, "size": 181_204},),
        bytes={"passages.db": 1_048_576},
        built="2026-01-02T03:04:05+00:00",
        versions={"biocite": "0.1.0"},
    ),
    "similar_patients": SimilarResponse(
        (_PATIENT,), (MaskedPart("DATE", 40, 50),), _NOTE, 58, "male", _TIMINGS, _INDEX
    ),
    "patient_literature": SearchResponse("", "hybrid", (_HIT,), _TIMINGS, _INDEX),
    "live": Live(),
    "ready": Ready(),
    "metrics": "# TYPE biocite_index_documents gauge\nbiocite_index_documents 108.0\n",
}
"""Route -> what it answers with; a text where that is no JSON."""

TEXTS = {
    "batch": "A JSON object a line: the question's number, and its answer or error.",
    "export": "The citations as a file.",
    "metrics": "The figures.",
}
"""Route that answers with text -> what that is."""

ERRORS: dict[int, ErrorResponse] = {
    400: ErrorResponse("UsageError", "k is 0, expected 1 to 10,000", "Choose another k"),
    401: ErrorResponse("UnauthorisedError", "a valid key is needed", "Send it as: Authorization: Bearer KEY"),
    403: ErrorResponse("ForbiddenError", "this key lacks the scope 'write'", "Create a key with --scope write"),
    404: ErrorResponse("NotFoundError", "document 'PMID:0' is not in this index", "Check the identifier"),
    408: ErrorResponse("SlowBodyError", "the request did not arrive within 20 s", "Send it faster, or less of it"),
    410: ErrorResponse("GoneError", "other models are loaded than when this was recorded", "Search again"),
    422: ErrorResponse("SourceError", "request.jsonl: holds no records", "Send documents with texts"),
    429: ErrorResponse("TooManyRequestsError", "this key asks more often than it may", "Try again in 3 s"),
    504: ErrorResponse("TimeLimitError", "no ask within 30 s: the work was given up", "Ask for less at once"),
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
    503: ErrorResponse("OverloadedError", "the service has as much to do as it can", "Try again in 2 s"),
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
