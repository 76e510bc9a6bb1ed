"""Errors over HTTP: whatever goes wrong, the body is an `ErrorResponse` and never holds a stack trace."""

import copy
import logging
import re
import secrets
from http import HTTPStatus
from typing import Any

from litestar import Request, Response
from litestar.enums import MediaType
from litestar.exceptions import ClientException, HTTPException, SerializationException

from api.access.errors import RefusedForNowError, TimeLimitError
from api.requests import CHOICES
from api.schemas import ErrorResponse
from corpora.errors import BioCiteError
from corpora.stopping import StoppedError
from corpora.text import collapse

_LOG = logging.getLogger(__name__)
_EXPECTED = (RefusedForNowError, TimeLimitError, StoppedError)
"""Not the service's failure: too much was asked of it, or nobody waits any more."""
_FOLDERS = re.compile(r"(?<![^\s('\"])/(?:[^/:'\"\n]+/)+")
"""The folders of an absolute path, names with spaces included."""
_SEE = "See /schema for the routes and what they take"


class JsonRequest(Request[Any, Any, Any]):
    """A request whose body, if it is no JSON, is the client's error in every case."""

    async def json(self) -> Any:
        """The body as JSON; ClientException where it is none, also where msgspec gives up with Python's own errors."""
        try:
            return await super().json()
        except SerializationException as error:
            raise ClientException(f"the request body is not JSON ({error})") from error
        except UnicodeDecodeError as error:
            raise ClientException("the request body is not UTF-8") from error
        except RecursionError as error:
            raise ClientException("the request body is nested too deeply") from error


def error_response(request: Request[Any, Any, Any], error: Exception) -> Response[ErrorResponse]:
    """Any exception as a response; what nobody foresaw is logged with its trace and named by a reference only."""
    if isinstance(error, BioCiteError):
        if error.http_status >= HTTPStatus.INTERNAL_SERVER_ERROR and not isinstance(error, _EXPECTED):
            _LOG.error("%s %s: %s", request.method, request.url.path, error)
        headers = {"retry-after": str(error.retry_after)} if isinstance(error, RefusedForNowError) else None
        told = without_folders(error)
        return _response(error.http_status, type(error).__name__, told.message, told.remedy, headers)
    if isinstance(error, HTTPException) and error.status_code < HTTPStatus.INTERNAL_SERVER_ERROR:
        return _client_error(error, request)
    reference = secrets.token_hex(4)
    _LOG.error("%s %s failed, reference %s", request.method, request.url.path, reference, exc_info=error)
    message = f"the service failed to answer (reference {reference})"
    return _response(500, "InternalError", message, "Try again; the server's log tells more under this reference")


def without_folders(error: BioCiteError) -> BioCiteError:
    """The error as it is told outside: of what is wrong with the service's own files, the names without their folders.

    What is wrong with a request repeats the client's own words, and those stay as they are.
    """
    status = error.http_status
    own = status >= HTTPStatus.INTERNAL_SERVER_ERROR or status in (HTTPStatus.CONFLICT, HTTPStatus.UNPROCESSABLE_ENTITY)
    if not own or isinstance(error, RefusedForNowError):
        return error
    told = copy.copy(error)
    told.message, told.remedy = _FOLDERS.sub("", error.message), _FOLDERS.sub("", error.remedy)
    return told


def _client_error(error: HTTPException, request: Request[Any, Any, Any]) -> Response[ErrorResponse]:
    """Litestar's own refusals, in words that say what to do."""
    headers = dict(error.headers or {})
    match error.status_code:
        case 404:
            return _response(404, "NotFoundError", f"there is no route {request.url.path}", _SEE)
        case 405:
            allowed = headers.get("allow", "")
            message = f"{request.url.path} does not take {request.method}"
            return _response(405, "MethodNotAllowedError", message, f"Use: {allowed}", headers)
        case 413:
            limit = request.route_handler.resolve_request_max_body_size() or 0
            message = f"the request body is larger than the {limit:,} bytes that {request.url.path} takes"
            return _response(413, "TooLargeError", message, "Send less at once")
        case 400:
            return _response(400, "UsageError", _problem(error), _SEE, headers)
        case status:
            name = HTTPStatus(status).phrase.title().replace(" ", "") + "Error"
            return _response(status, name, error.detail, _SEE, headers)


def _problem(error: HTTPException) -> str:
    """What is wrong with a request, each problem with the place where it is."""
    problems = error.extra if isinstance(error.extra, list) else []
    return "; ".join(map(_one_problem, problems)) or error.detail


def _one_problem(problem: dict[str, str]) -> str:
    key, message = problem.get("key", ""), problem["message"]
    if problem.get("source") != "body":
        return f"{key}: {message}"
    if message == "'data'":  # what Litestar says where there is no body at all
        return "the request body is empty, a JSON object was expected"
    if message.startswith("Invalid enum value") and key in CHOICES:
        message = f"{message}, expected one of: {', '.join(CHOICES[key])}"
    place = "request body" if key == "data" else f"request body, {key}"
    return f"{place}: {message[0].lower()}{message[1:]}"


def _response(
    status: int, error: str, message: str, remedy: str, headers: dict[str, str] | None = None
) -> Response[ErrorResponse]:
    body = ErrorResponse(error=error, message=collapse(message), remedy=remedy)
    return Response(body, status_code=status, media_type=MediaType.JSON, headers=headers)
