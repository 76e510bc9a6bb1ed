"""Text that others wrote, made safe to print on a terminal."""

import json
from typing import Any

import msgspec


def printable(text: str) -> str:
    r"""The text with everything that is not printable as an escape: line breaks, ESC, U+2028, marks that turn the
    direction of writing.

    A terminal obeys such characters, so that a name could hide or forge what is on the screen (CWE-150). "a\nb" with a
    line break becomes the four characters ``a\nb``.
    """
    if text.isprintable():
        return text
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode() for character in text
    )


def ascii_json(value: Any) -> msgspec.Raw:
    """JSON with everything outside ASCII escaped: U+009B alone, raw in JSON, begins a command to a terminal."""
    return msgspec.Raw(json.dumps(value, ensure_ascii=True).replace("\x7f", "\\u007f").encode("ascii"))
