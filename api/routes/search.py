"""Search."""

from typing import Any

from litestar import Request, post
from litestar.di import NamedDependency
from litestar.params import JSONBody
from litestar.status_codes import HTTP_200_OK

from api.access.keys import Caller
from api.openapi import answers, exemplified
from api.operations import Operations
from api.requests import SearchRequest
from api.schemas import SearchResponse
from api.strictness import strictly
from api.waiting import unless_left


@post(
    "/v1/search",
    status_code=HTTP_200_OK,
    operation_class=exemplified("search"),
    operation_id="search",
    responses=answers("search"),
    tags=["search"],
    opt={"scope": "read"},
)
async def search(
    data: JSONBody[dict[str, Any]],
    request: Request[Any, Any, Any],
    operations: NamedDependency[Operations],
    caller: NamedDependency[Caller],
) -> SearchResponse:
    """Find passages: BM25, embeddings, or both fused."""
    return await unless_left(request, operations.search(strictly(data, SearchRequest), caller))
