"""Search records: how a result came about, and the same again."""

from typing import Annotated

from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import PathParameter
from litestar.status_codes import HTTP_200_OK

from api.access.keys import Caller
from api.openapi import answers
from api.replay import Replays
from api.responses import ReplayResponse
from api.search_records import SearchRecord

RecordId = Annotated[str, PathParameter(description="The record_id of a result")]


@get(
    "/v1/records/{record_id:str}",
    operation_id="record",
    responses=answers("record"),
    tags=["records"],
    opt={"scope": "read"},
)
async def record(
    record_id: RecordId, replays: NamedDependency[Replays], caller: NamedDependency[Caller]
) -> SearchRecord:
    """Get how a result came about: query, filters, what searched, every hit with both engines' scores."""
    return await replays.record(record_id, caller)


@post(
    "/v1/records/{record_id:str}/replay",
    status_code=HTTP_200_OK,
    operation_id="replay",
    responses=answers("replay"),
    tags=["records"],
    opt={"scope": "read"},
)
async def replay(
    record_id: RecordId, replays: NamedDependency[Replays], caller: NamedDependency[Caller]
) -> ReplayResponse:
    """Make a recorded search again, with the query as it was embedded then, and compare the lists bit for bit."""
    return await replays.replay(record_id, caller)
