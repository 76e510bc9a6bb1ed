"""Bodies and identifiers as they were sent: Litestar converts loosely, and would take `"stream": 0` or `"n": "1"`."""

import re
from typing import Any, TypeVar
from urllib.parse import unquote

import msgspec
from litestar import Request
from litestar.exceptions import ValidationException

T = TypeVar("T")

_PLACE = re.compile(r"(.*) - at `\$\.?(.*)`", re.DOTALL)


def strictly(body: dict[str, Any], kind: type[T]) -> T:
    """The body as a struct; ValidationException, shaped like Litestar's own, where it is not just that.

    A whole number may be written as 1.0 (JSON Schema 2020-12, 4.2.3).
    """
    try:
        return msgspec.convert(whole(body), kind)
    except msgspec.ValidationError as error:
        found = _PLACE.fullmatch(str(error))
        message, place = found.groups() if found else (str(error), "")
        problem = {"message": message, "key": place or "data", "source": "body"}
        raise ValidationException("the request body is not as it should be", extra=[problem]) from error


def whole(value: Any) -> Any:
    """The value of JSON with whole numbers as int, wherever they stand; ValidationException where it is too deep."""
    try:
        return _whole(value)
    except RecursionError as error:
        raise ValidationException("the request body is nested too deeply") from error


def _whole(value: Any) -> Any:
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, dict):
        return {name: _whole(member) for name, member in value.items()}
    return [_whole(member) for member in value] if isinstance(value, list) else value


def exact(request: Request[Any, Any, Any], before: str, parsed: str) -> str:
    """The id in the URL as it was sent: Litestar's own value has lost double slashes and one at the end."""
    sent: bytes = request.scope.get("raw_path", b"")
    _, found, encoded = sent.decode("latin-1").partition(before)
    return unquote(encoded) if found else parsed.removeprefix("/")
