"""The OpenAPI document: what each route takes and answers with, examples of both, and the one shape of every error."""

from collections.abc import Iterable
from dataclasses import dataclass
from importlib.metadata import version
from inspect import cleandoc
from typing import Any

import msgspec
from litestar import Router
from litestar.openapi import OpenAPIConfig, ResponseSpec
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.openapi.spec import (
    Components,
    Example,
    License,
    OpenAPI,
    OpenAPIMediaType,
    OpenAPIResponse,
    Operation,
    RequestBody,
    SecurityScheme,
    Tag,
)

from api.body_schema import body_schema
from api.docs_page import DocsPage
from api.openapi_examples import ERRORS, REQUESTS, RESPONSES, TEXTS, plain, request_example
from api.schemas import ErrorResponse

ERROR_DESCRIPTIONS = {
    400: "The request is wrong; the message says what and where.",
    401: "A key is needed, or the one sent is not valid.",
    403: "The key lacks the scope that the route needs, or the page that asks is of an origin that may not.",
    404: "There is no such thing in this index that the key may see.",
    408: "The request took too long to arrive.",
    409: "The index is damaged or was changed under the service.",
    410: "What was recorded cannot be made again: the index or the models have changed.",
    413: "The body is too large.",
    422: "What was sent cannot be indexed.",
    429: "This key asks more often than it may; Retry-After says when to come again.",
    500: "The service failed; its log tells more.",
    503: "There is too much to do (Retry-After says when to come again), or a model failed.",
    504: "The work took longer than it may and was given up.",
}
_ALWAYS = (401, 403, 429, 500, 503, 504)
_BODY = (400, 408, 409, 413)
_BY_ROUTE = {
    "search": (*_BODY, *_ALWAYS),
    "ask": (*_BODY, *_ALWAYS),
    "verify": (*_BODY, *_ALWAYS),
    "batch": (*_BODY, *_ALWAYS),
    "document": (400, 404, 409, *_ALWAYS),
    "passage": (400, 404, 409, *_ALWAYS),
    "similar": (400, 404, 409, *_ALWAYS),
    "add": (*_BODY, 422, *_ALWAYS),
    "delete": (400, 404, 409, 422, *_ALWAYS),
    "export": (*_BODY, 404, *_ALWAYS),
    "record": (400, 404, 409, *_ALWAYS),
    "replay": (400, 404, 409, 410, *_ALWAYS),
    "index": (409, *_ALWAYS),
    "similar_patients": (*_BODY, *_ALWAYS),
    "patient_literature": (*_BODY, *_ALWAYS),
    "live": (500,),
    "ready": (500, 503),
    "metrics": _ALWAYS,
}
_JSON = "application/json"
_KEY = "A key made with `biocite keys create`; a service on its own machine that never had one asks for none."
_DESCRIPTION = (
    "Answers to biomedical questions as verbatim quotations of stored documents, and search over them. Offsets are "
    "half-open and count Unicode code points of the document's text. Whatever goes wrong, the body has the same shape: "
    "error, message, remedy."
)


def openapi_config() -> OpenAPIConfig:
    """The document at ``/schema/openapi.json``, and a page at ``/schema`` that needs no other server."""
    return OpenAPIConfig(
        title="BioCite",
        version=version("biocite"),
        description=_DESCRIPTION,
        license=License(name="Apache-2.0", identifier="Apache-2.0"),
        tags=[
            Tag("search"),
            Tag("answers"),
            Tag("documents"),
            Tag("records"),
            Tag("chat"),
            Tag("patients"),
            Tag("service"),
        ],
        components=Components(security_schemes={"key": SecurityScheme(type="http", scheme="bearer", description=_KEY)}),
        security=[{"key": []}, {}],
        openapi_router=Router("/schema", route_handlers=[], include_in_schema=False, opt={"scope": "read"}),
        use_handler_docstrings=True,
        render_plugins=[DocsPage(), JsonRenderPlugin()],
    )


def describe_objects(document: OpenAPI, others: Iterable[Any] = ()) -> None:
    """Give every object in the document its struct's own words, which Litestar leaves out."""
    examples = (*REQUESTS.values(), *RESPONSES.values(), *ERRORS.values(), *others)
    structs = [type(example) for example in examples if isinstance(example, msgspec.Struct)]
    _, described = msgspec.json.schema_components(structs, ref_template="#/components/schemas/{name}")
    for name, schema in (document.components.schemas or {}).items() if document.components else ():
        schema.description = cleandoc(described.get(name, {}).get("description", ""))


def answers(route: str, media_type: str = _JSON) -> dict[int, ResponseSpec]:
    """What a route can answer with, success and errors, an example each."""
    example = RESPONSES[route]
    if isinstance(example, str):
        success = ResponseSpec(
            str,
            generate_examples=False,
            media_type=media_type,
            description=TEXTS[route],
            examples=[Example(value=example)],
        )
    else:
        success = ResponseSpec(
            type(example), generate_examples=False, description=_first_line(type(example)), examples=[_example(example)]
        )
    return {200: success} | {
        status: ResponseSpec(
            ErrorResponse,
            generate_examples=False,
            description=ERROR_DESCRIPTIONS[status],
            examples=[_example(ERRORS[status])],
        )
        for status in _BY_ROUTE[route]
    }


def exemplified(
    route: str, body: type[msgspec.Struct] | None = None, media_types: tuple[str, ...] = ()
) -> type[Operation]:
    """An operation that shows the schema of its route's body, that of its example unless one is given, and the example.

    `media_types` are those of its answers where they are texts of several.
    """

    @dataclass
    class Exemplified(Operation):
        def __post_init__(self) -> None:
            described = body_schema(body or type(REQUESTS[route]))
            media = OpenAPIMediaType(schema=described, examples={route: Example(value=request_example(route))})
            self.request_body = RequestBody(required=True, content={_JSON: media})
            answer = (self.responses or {}).get("200")
            if media_types and isinstance(answer, OpenAPIResponse) and answer.content:
                (shown,) = answer.content.values()
                answer.content = dict.fromkeys(media_types, shown)

    return Exemplified


def _example(value: msgspec.Struct) -> Example:
    return Example(value=plain(value))


def _first_line(kind: type) -> str:
    return (kind.__doc__ or "").strip().splitlines()[0]
