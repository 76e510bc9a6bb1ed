"""Questions, many questions, and checking answers."""

from collections.abc import AsyncIterator
from typing import Any

import msgspec
from litestar import Request, post
from litestar.di import NamedDependency
from litestar.params import JSONBody
from litestar.response import Stream
from litestar.status_codes import HTTP_200_OK

from api.access.errors import OverloadedError, TooManyRequestsError
from api.access.keys import Caller
from api.openapi import answers, exemplified
from api.operations import Operations
from api.patience import patiently
from api.requests import AskRequest, BatchRequest, VerifyRequest
from api.responses import BatchLine
from api.schemas import ErrorResponse
from api.strictness import strictly, whole
from api.waiting import unless_left
from corpora.errors import BioCiteError, UsageError
from reader.records import Answer
from reader.verification import Verification

ANSWER_BYTES = 4_000_000
"""An answer quotes whole sentences, so it may be larger than other requests."""


@post(
    "/v1/ask",
    status_code=HTTP_200_OK,
    operation_class=exemplified("ask"),
    operation_id="ask",
    responses=answers("ask"),
    tags=["answers"],
    opt={"scope": "read"},
)
async def ask(
    data: JSONBody[dict[str, Any]],
    request: Request[Any, Any, Any],
    operations: NamedDependency[Operations],
    caller: NamedDependency[Caller],
) -> Answer:
    """Answer a question with quotations, or say that the evidence is insufficient."""
    return await unless_left(request, operations.ask(strictly(data, AskRequest), caller))


@post(
    "/v1/verify",
    status_code=HTTP_200_OK,
    request_max_body_size=ANSWER_BYTES,
    operation_class=exemplified("verify", VerifyRequest),
    operation_id="verify",
    responses=answers("verify"),
    tags=["answers"],
    opt={"scope": "read"},
)
async def verify(
    data: JSONBody[dict[str, Any]], operations: NamedDependency[Operations], caller: NamedDependency[Caller]
) -> Verification:
    """Check every quotation of an answer against the stored documents, byte for byte."""
    return await operations.verify(msgspec.json.encode(whole(data)), caller)


@post(
    "/v1/batch",
    status_code=HTTP_200_OK,
    operation_class=exemplified("batch"),
    operation_id="batch",
    responses=answers("batch", media_type="application/x-ndjson"),
    tags=["answers"],
    opt={"scope": "read"},
)
async def batch(
    data: JSONBody[dict[str, Any]], operations: NamedDependency[Operations], caller: NamedDependency[Caller]
) -> Stream:
    """Answer many questions, one JSON line each, in their order, as soon as each is answered.

    One is worked on at a time, so a batch leaves room for other callers; where they keep the service busy, it waits.
    Where one cannot be asked at all, none is.
    """
    asked = strictly(data, BatchRequest)
    for number, question in enumerate(asked.questions, start=1):
        try:
            question.check()
        except UsageError as error:
            raise UsageError(f"question {number}: {error.message}", remedy=error.remedy) from error
    return Stream(_lines(asked, operations, caller), media_type="application/x-ndjson")


async def _lines(data: BatchRequest, operations: Operations, caller: Caller) -> AsyncIterator[bytes]:
    for number, question in enumerate(data.questions, start=1):
        try:
            answer = await patiently(
                lambda question=question: operations.ask(question, caller),  # type: ignore[misc]
                OverloadedError,
                TooManyRequestsError,
            )
            line = BatchLine(number, answer=answer)
        except BioCiteError as error:
            line = BatchLine(number, error=ErrorResponse(type(error).__name__, error.message, error.remedy))
        yield msgspec.json.encode(line) + b"\n"
