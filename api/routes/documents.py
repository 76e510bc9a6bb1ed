"""Documents: reading, citing, adding and deleting them."""

from typing import Annotated, Any

from litestar import Request, Response, get, post
from litestar import delete as delete_route
from litestar.di import NamedDependency
from litestar.params import JSONBody, PathParameter, QueryParameter
from litestar.status_codes import HTTP_200_OK

from api.access.keys import Caller
from api.exports import MEDIA_TYPES
from api.exports import export as exported
from api.openapi import answers, exemplified
from api.operations import Operations
from api.requests import AddRequest, ExportRequest
from api.responses import AddResponse, DocumentResponse, PassageResponse
from api.schemas import SearchResponse
from api.strictness import exact, strictly
from api.writing import Writing

DOCUMENTS_BYTES = 20_000_000

DocumentId = Annotated[str, PathParameter(description="As found, such as PMID:31452104 or DOI:10.1000/x")]


@get(
    "/v1/documents/{document_id:path}",
    operation_id="document",
    responses=answers("document"),
    tags=["documents"],
    opt={"scope": "read"},
)
async def document(
    document_id: DocumentId,
    request: Request[Any, Any, Any],
    operations: NamedDependency[Operations],
    caller: NamedDependency[Caller],
) -> DocumentResponse:
    """Get a stored document: its text, sections, passages and metadata."""
    return await operations.document(exact(request, "/v1/documents/", document_id), caller)


@get(
    "/v1/passages/{passage_id:path}",
    operation_id="passage",
    responses=answers("passage"),
    tags=["documents"],
    opt={"scope": "read"},
)
async def passage(
    passage_id: Annotated[str, PathParameter(description="As found, its # as %23: PMID:31452104%232")],
    request: Request[Any, Any, Any],
    operations: NamedDependency[Operations],
    caller: NamedDependency[Caller],
) -> PassageResponse:
    """Get a passage and its neighbours in the document."""
    return await operations.passage(exact(request, "/v1/passages/", passage_id), caller)


@get(
    "/v1/similar/{document_id:path}",
    operation_id="similar",
    responses=answers("similar"),
    tags=["documents"],
    opt={"scope": "read"},
)
async def similar(
    document_id: DocumentId,
    request: Request[Any, Any, Any],
    operations: NamedDependency[Operations],
    caller: NamedDependency[Caller],
    k: Annotated[int, QueryParameter(description="How many", ge=1, le=100)] = 10,
) -> SearchResponse:
    """Find the documents most like a stored one, each by its best passage."""
    return await operations.similar(exact(request, "/v1/similar/", document_id), k, caller)


@post(
    "/v1/documents",
    status_code=HTTP_200_OK,
    request_max_body_size=DOCUMENTS_BYTES,
    operation_class=exemplified("add"),
    operation_id="add",
    responses=answers("add"),
    tags=["documents"],
    opt={"scope": "write"},
)
async def add(
    data: JSONBody[dict[str, Any]], writing: NamedDependency[Writing], caller: NamedDependency[Caller]
) -> AddResponse:
    """Add private documents, seen only with keys of the same audience. They can be found when this returns."""
    return await writing.add(strictly(data, AddRequest).documents, caller)


@delete_route(
    "/v1/documents/{document_id:path}",
    status_code=HTTP_200_OK,
    operation_id="delete",
    responses=answers("delete"),
    tags=["documents"],
    opt={"scope": "write"},
)
async def delete(
    document_id: DocumentId,
    request: Request[Any, Any, Any],
    writing: NamedDependency[Writing],
    caller: NamedDependency[Caller],
) -> AddResponse:
    """Delete one of one's own private documents."""
    return await writing.delete(exact(request, "/v1/documents/", document_id), caller)


@post(
    "/v1/export",
    status_code=HTTP_200_OK,
    operation_class=exemplified("export", media_types=MEDIA_TYPES),
    operation_id="export",
    responses=answers("export", media_type="text/plain"),
    tags=["documents"],
    opt={"scope": "read"},
)
async def export(
    data: JSONBody[dict[str, Any]], operations: NamedDependency[Operations], caller: NamedDependency[Caller]
) -> Response[bytes]:
    """Get citations of documents as a file for a reference manager: RIS, BibTeX, CSV or NBIB."""
    wanted = strictly(data, ExportRequest)
    file = exported(wanted.format, await operations.metadata(wanted.document_ids, caller))
    headers = {"content-disposition": f'attachment; filename="{file.name}"'}
    return Response(file.content, media_type=file.media_type, headers=headers)
