"""What the OpenAPI document says of the OpenAI-compatible routes."""

from dataclasses import dataclass
from typing import Any

from litestar.openapi import ResponseSpec
from litestar.openapi.spec import (
    Example,
    OpenAPIMediaType,
    OpenAPIResponse,
    OpenAPIType,
    Operation,
    RequestBody,
    Schema,
)

from api.body_schema import body_schema
from api.chat.errors import OpenAIError
from api.chat.examples import ERRORS, REQUESTS, RESPONSES
from api.openapi import ERROR_DESCRIPTIONS
from api.openapi_examples import plain

TAG = "chat"
_JSON, _EVENTS = "application/json", "text/event-stream"
_ALWAYS = (401, 403, 409, 429, 500, 503, 504)
_BODY = (400, 404, 408, 413)
_STATUSES = {
    "models": _ALWAYS,
    "model": (400, 404, *_ALWAYS),
    "chat": (*_BODY, *_ALWAYS),
    "embeddings": (*_BODY, *_ALWAYS),
    "rerank": (*_BODY, *_ALWAYS),
}
_MODEL_UNKNOWN = "There is no such model here; /v1/models lists them."
_STREAM = (
    "With `stream`: server-sent events, each a `chat.completion.chunk` or an error in the shape of the others; the "
    "last one is `[DONE]`. Lines that begin with a colon are sent while the answer is worked on."
)


def openai_answers(route: str) -> dict[int, ResponseSpec]:
    """What a route can answer with, success and errors, an example each."""
    example = RESPONSES[route]
    success = ResponseSpec(
        type(example),
        generate_examples=False,
        description=(type(example).__doc__ or "").strip().splitlines()[0],
        examples=[Example(value=plain(example))],
    )
    return {200: success} | {
        status: ResponseSpec(
            OpenAIError,
            generate_examples=False,
            description=_MODEL_UNKNOWN if status == 404 else ERROR_DESCRIPTIONS[status],
            examples=[Example(value=plain(ERRORS[status]))],
        )
        for status in _STATUSES[route]
    }


def openai_operation(route: str, *, streams: bool = False, leave_out: tuple[str, ...] = ()) -> type[Operation]:
    """An operation with the exact schema of its body and an example of it.

    Fields to `leave_out` are those whose one allowed value depends on the index, which no schema can say; the
    description of the body has to.
    """

    @dataclass
    class Described(Operation):
        def __post_init__(self) -> None:
            schema = body_schema(type(REQUESTS[route]))
            schema.properties = {
                name: member for name, member in (schema.properties or {}).items() if name not in leave_out
            }
            media = OpenAPIMediaType(schema=schema)
            media.examples = {route: Example(value=request_example(route))}
            self.request_body = RequestBody(required=True, content={_JSON: media})
            success = (self.responses or {}).get("200")
            if streams and isinstance(success, OpenAPIResponse) and success.content is not None:
                data = Schema(type=OpenAPIType.STRING, description=_STREAM)
                event = Schema(type=OpenAPIType.OBJECT, properties={"data": data}, required=["data"])
                success.content[_EVENTS] = OpenAPIMediaType(schema=event)

    return Described


def request_example(route: str) -> dict[str, Any]:
    """The example body of a route as plain values, without the fields that are null."""
    return {name: value for name, value in plain(REQUESTS[route]).items() if value is not None}
