"""Bodies as they are: Litestar converts loosely, and would take `"stream": 0` or `"n": "1"`."""

import re
from typing import Any, TypeVar

import msgspec
from litestar.exceptions import ValidationException

T = TypeVar("T")

_PLACE = re.compile(r"(.*) - at `\$\.?(.*)`", re.DOTALL)


def strictly(body: dict[str, Any], kind: type[T]) -> T:
    """The body as a struct; ValidationException, shaped like Litestar's own, where it is not just that.

    A whole number may be written as 1.0 (JSON Schema 2020-12, 4.2.3).
    """
    whole = {name: int(value) if isinstance(value, float) and value.is_integer() else value
             for name, value in body.items()}  # fmt: skip
    try:
        return msgspec.convert(whole, kind)
    except msgspec.ValidationError as error:
        found = _PLACE.fullmatch(str(error))
        message, place = found.groups() if found else (str(error), "")
        problem = {"message": message, "key": place or "data", "source": "body"}
        raise ValidationException("the request body is not as it should be", extra=[problem]) from error
