"""The routes: each takes a request struct, calls what the command line calls, and gives the same struct as `--json`."""

from typing import Annotated, Any
from urllib.parse import unquote

import msgspec
from litestar import Request, get, post
from litestar.di import NamedDependency
from litestar.params import JSONBody, PathParameter
from litestar.status_codes import HTTP_200_OK

from api.openapi import AskOperation, SearchOperation, VerifyOperation, answers
from api.requests import AskRequest, SearchRequest
from api.responses import DocumentResponse, Health, document_response, health_response
from api.schemas import SearchResponse, search_response
from api.service import Service
from reader.records import Answer
from reader.verification import Verification, verify_answer
from retriever.search import RetrievalSettings

ANSWER_BYTES = 4_000_000
"""An answer quotes whole sentences, so it may be larger than other requests."""

DOCUMENTS = "/v1/documents/"


@post(
    "/v1/search",
    status_code=HTTP_200_OK,
    sync_to_thread=True,
    operation_class=SearchOperation,
    operation_id="search",
    responses=answers("search"),
    tags=["search"],
)
def search(data: JSONBody[SearchRequest], service: NamedDependency[Service]) -> SearchResponse:
    """Find passages: BM25, embeddings, or both fused."""
    filters = data.filters.resolve()
    with service.using() as view:
        retriever = view.retriever_with(RetrievalSettings(fusion=data.fusion))
        ranked = retriever.search(
            data.query, k=data.k, mode=data.mode, filters=filters, unit=data.unit, rerank=data.rerank
        )
    return search_response(ranked)


@post(
    "/v1/ask",
    status_code=HTTP_200_OK,
    sync_to_thread=True,
    operation_class=AskOperation,
    operation_id="ask",
    responses=answers("ask"),
    tags=["answers"],
)
def ask(data: JSONBody[AskRequest], service: NamedDependency[Service], turn: NamedDependency[None]) -> Answer:
    """Answer a question with quotations, or say that the evidence is insufficient."""
    with service.using() as view:
        return view.asker.ask(
            data.question, kind=data.kind, filters=data.filters.resolve(), min_precision=data.min_precision
        )


@post(
    "/v1/verify",
    status_code=HTTP_200_OK,
    sync_to_thread=True,
    request_max_body_size=ANSWER_BYTES,
    operation_class=VerifyOperation,
    operation_id="verify",
    responses=answers("verify"),
    tags=["answers"],
)
def verify(data: JSONBody[dict[str, Any]], service: NamedDependency[Service]) -> Verification:
    """Check every quotation of an answer against the stored documents, byte for byte."""
    encoded = msgspec.json.encode(data)
    with service.using() as view:
        return verify_answer(encoded, view.index.store, view.index.manifest.index_id, source="request body")


@get(
    DOCUMENTS + "{document_id:path}",
    sync_to_thread=True,
    operation_id="document",
    responses=answers("document"),
    tags=["documents"],
)
def document(
    document_id: Annotated[str, PathParameter(description="As found, such as PMID:31452104 or DOI:10.1000/x")],
    request: Request[Any, Any, Any],
    service: NamedDependency[Service],
) -> DocumentResponse:
    """Get a stored document: its text, sections, passages and metadata."""
    wanted = exact_document_id(request, document_id)
    with service.using() as view:
        return document_response(view.index.store, wanted, view.index.manifest.index_id)


@get("/health", sync_to_thread=False, operation_id="health", responses=answers("health"), tags=["service"])
def health(service: NamedDependency[Service]) -> Health:
    """Whether the service is up, and what it serves."""
    return health_response(service)


def exact_document_id(request: Request[Any, Any, Any], parsed: str) -> str:
    """The id in the URL as it was sent: Litestar's own value has lost double slashes and one at the end."""
    sent: bytes = request.scope.get("raw_path", b"")
    _, found, encoded = sent.decode("latin-1").partition(DOCUMENTS)
    return unquote(encoded) if found else parsed.removeprefix("/")


ROUTES = (search, ask, verify, document, health)
