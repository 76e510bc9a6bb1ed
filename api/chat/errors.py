"""Errors in OpenAI's shape: ``{"error": {"message", "type", "param", "code"}}``, never with a stack trace.

Types and codes are those of OpenAI's API where it has one for the case
(https://platform.openai.com/docs/guides/error-codes).
"""

from collections.abc import Callable
from typing import Any

import msgspec
from litestar import Request, Response
from litestar.enums import MediaType
from litestar.exceptions import HTTPException

from api.http_errors import error_response
from corpora.errors import BioCiteError, NotFoundError, UsageError

ExceptionHandler = Callable[[Request[Any, Any, Any], Any], Response[Any]]


OPENAI_PATHS = ("/v1/models", "/v1/chat/", "/v1/embeddings", "/v1/rerank")


class OpenAIErrorDetail(msgspec.Struct, frozen=True):
    """What went wrong. `param` names the field that is wrong where that is known, `code` the case."""

    message: str
    type: str
    param: str | None = None
    code: str | None = None


class OpenAIError(msgspec.Struct, frozen=True):
    """The one shape of every error of these routes."""

    error: OpenAIErrorDetail


class ModelNotFoundError(NotFoundError):
    """The request names a model that is not served here."""


class ParameterError(UsageError):
    """One field of the request cannot be taken; `param` names it."""

    def __init__(self, message: str, *, param: str, remedy: str = "") -> None:
        super().__init__(message, remedy=remedy)
        self.param = param


_TYPES_AND_CODES: dict[int, tuple[str, str | None]] = {
    400: ("invalid_request_error", None),
    401: ("invalid_request_error", "invalid_api_key"),
    403: ("permission_error", "insufficient_permissions"),
    404: ("invalid_request_error", "not_found"),
    413: ("invalid_request_error", "request_too_large"),
    429: ("rate_limit_error", "rate_limit_exceeded"),
    503: ("server_error", "service_unavailable"),
    504: ("server_error", "timeout"),
}
_TOKENS = "Expected `str`, got `"
_NO_TOKENS = "Lists of tokens are not taken, since they are another model's: send the texts"


def openai_error(error: BioCiteError) -> OpenAIError:
    """An error of ours in OpenAI's shape."""
    kind, code = _kind_and_code(error.http_status)
    return OpenAIError(OpenAIErrorDetail(str(error), kind, None, code))


def _kind_and_code(status: int) -> tuple[str, str | None]:
    return _TYPES_AND_CODES.get(status, ("server_error" if status >= 500 else "invalid_request_error", None))


def is_openai_path(path: str) -> bool:
    """Whether a path is one of this package's routes, so that also what is refused before routing has its shape."""
    return path.startswith(OPENAI_PATHS)


def openai_error_response(request: Request[Any, Any, Any], error: Exception) -> Response[OpenAIError]:
    """Any exception as a response: what `api.http_errors` says of it, in OpenAI's shape."""
    plain = error_response(request, error)
    said, status = plain.content, plain.status_code or 500
    kind, code = _kind_and_code(status)
    if isinstance(error, ModelNotFoundError):
        code = "model_not_found"
    message = f"{said.message}. {_remedy(error, said.remedy)}".removesuffix(". ")
    body = OpenAIError(OpenAIErrorDetail(message, kind, _param(error), code))
    return Response(body, status_code=status, media_type=MediaType.JSON, headers=plain.headers)


def _param(error: Exception) -> str | None:
    if isinstance(error, ModelNotFoundError):
        return "model"
    if isinstance(error, ParameterError):
        return error.param
    places = [problem.get("key", "") for problem in _problems(error)]
    return next((place for place in places if place and place != "data"), None)


def _remedy(error: Exception, remedy: str) -> str:
    told = any(
        problem.get("key", "").startswith("input") and problem.get("message", "").startswith(_TOKENS)
        for problem in _problems(error)
    )
    return _NO_TOKENS if told else remedy


def _problems(error: Exception) -> list[dict[str, str]]:
    """What Litestar found wrong with a body, each with the place where it is."""
    extra = error.extra if isinstance(error, HTTPException) else None
    return [problem for problem in extra if isinstance(problem, dict)] if isinstance(extra, list) else []


EXCEPTION_HANDLERS: dict[int | type[Exception], ExceptionHandler] = {
    BioCiteError: openai_error_response,
    HTTPException: openai_error_response,
    Exception: openai_error_response,
}
"""For the routes of this package, in place of the application's own."""
