"""The OpenAPI document: what each route takes and answers with, examples of both, and the one shape of every error."""

from dataclasses import dataclass
from importlib.metadata import version
from inspect import cleandoc

import msgspec
from litestar.openapi import OpenAPIConfig, ResponseSpec
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.openapi.spec import Example, License, OpenAPI, OpenAPIMediaType, Operation, Reference, RequestBody, Tag

from api.docs_page import DocsPage
from api.openapi_examples import ERRORS, REQUESTS, RESPONSES, plain, request_example
from api.schemas import ErrorResponse

ERROR_DESCRIPTIONS = {
    400: "The request is wrong; the message says what and where.",
    404: "There is no such document in this index.",
    409: "The index is damaged or was changed under the service.",
    413: "The body is too large.",
    500: "The service failed; its log tells more.",
    503: "A model failed.",
}
_BY_ROUTE = {
    "search": (400, 409, 413, 500, 503),
    "ask": (400, 409, 413, 500, 503),
    "verify": (400, 413, 500),
    "document": (400, 404, 500),
    "health": (500,),
}
_JSON = "application/json"
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
        tags=[Tag("search"), Tag("answers"), Tag("documents"), Tag("service")],
        use_handler_docstrings=True,
        render_plugins=[DocsPage(), JsonRenderPlugin()],
    )


def describe_objects(document: OpenAPI) -> None:
    """Give every object in the document its struct's own words, which Litestar leaves out."""
    structs = [type(example) for example in (*REQUESTS.values(), *RESPONSES.values(), *ERRORS.values())]
    _, described = msgspec.json.schema_components(structs, ref_template="#/components/schemas/{name}")
    for name, schema in (document.components.schemas or {}).items() if document.components else ():
        schema.description = cleandoc(described.get(name, {}).get("description", ""))


def answers(route: str) -> dict[int, ResponseSpec]:
    """What a route can answer with, success and errors, an example each."""
    example = RESPONSES[route]
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


@dataclass
class SearchOperation(Operation):
    """Search with its example."""

    def __post_init__(self) -> None:
        _exemplify(self, "search")


@dataclass
class AskOperation(Operation):
    """Ask with its example."""

    def __post_init__(self) -> None:
        _exemplify(self, "ask")


@dataclass
class VerifyOperation(Operation):
    """Verify takes an answer; the handler takes any object, since what is no answer is for `verify_answer` to say."""

    def __post_init__(self) -> None:
        media = OpenAPIMediaType(schema=Reference("#/components/schemas/Answer"))
        self.request_body = RequestBody(required=True, content={_JSON: media})
        _exemplify(self, "verify")


def _exemplify(operation: Operation, route: str) -> None:
    if isinstance(operation.request_body, RequestBody):
        operation.request_body.content[_JSON].examples = {route: Example(value=request_example(route))}


def _example(value: msgspec.Struct) -> Example:
    return Example(value=plain(value))


def _first_line(kind: type) -> str:
    return (kind.__doc__ or "").strip().splitlines()[0]
