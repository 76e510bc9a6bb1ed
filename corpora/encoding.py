"""The character encoding of XML, and its bytes in UTF-8 whatever it was.

Everything after this module works on UTF-8, so that no two parsers can disagree about what a document says.
"""

import codecs
import re
from collections.abc import Iterable, Iterator

from corpora.errors import SourceError

HEAD_BYTES = 1024
"""How many first bytes `xml_encoding` wants to see: a byte-order mark and a whole XML declaration."""

_MARKS = (  # the longer first: UTF-16's mark is how UTF-32's begins
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_UNMARKED = (
    (b"<\x00\x00\x00", "utf-32-le"),
    (b"\x00\x00\x00<", "utf-32-be"),
    (b"<\x00", "utf-16-le"),
    (b"\x00<", "utf-16-be"),
)
_DECLARED = re.compile(rb"""\s*<\?xml\s[^>]*?\bencoding\s*=\s*["']([A-Za-z][A-Za-z0-9._-]*)["']""")
_SAMPLE = rb'\t+AGE-~{<?xml version="1.0"?>'
"""ASCII that UTF-7, HZ, Punycode and escape codecs read as something else, and every extension of ASCII as ASCII."""


def xml_encoding(head: bytes, source: str) -> tuple[str, int]:
    """The Python name of the encoding, and how many bytes of mark to drop, by XML 1.0 appendix F.

    Raises `SourceError` where the declaration names an encoding that is unknown, or one that contradicts the bytes.
    """
    for mark, name in _MARKS:
        if head.startswith(mark):
            return name, len(mark)
    for start, name in _UNMARKED:
        if head.startswith(start):
            return name, 0
    declared = _DECLARED.match(head)
    return (_checked(declared[1].decode(), source) if declared else "utf-8"), 0


def _checked(declared: str, source: str) -> str:
    """The codec of a declared encoding; one that cannot have written the declaration itself is refused."""
    try:
        name = codecs.lookup(declared).name
        fits = name == "utf-8" or _SAMPLE.decode(name) == _SAMPLE.decode("ascii")
    except (LookupError, UnicodeError):
        fits = False
    if fits:
        return name
    raise SourceError(
        f"{source}: declares the encoding {declared!r}, which is unknown or is not the one it is written in",
        remedy="Convert the file to UTF-8 and correct its XML declaration",
    )


def to_utf8(data: bytes, source: str, *, complete: bool = True) -> bytes:
    """The whole document (or, not `complete`, its beginning) in UTF-8 without a mark. UTF-8 is passed on unchecked.

    Raises `SourceError` where the bytes are not what their encoding allows.
    """
    encoding, mark = xml_encoding(data[:HEAD_BYTES], source)
    if encoding == "utf-8":
        return data[mark:]
    return b"".join(transcode((data[mark:],), encoding, source, complete=complete))


def transcode(chunks: Iterable[bytes], encoding: str, source: str, *, complete: bool = True) -> Iterator[bytes]:
    """The chunks in UTF-8, decoded incrementally; raises `SourceError` where they are not valid `encoding`."""
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        for chunk in chunks:
            yield decoder.decode(chunk).encode()
        yield decoder.decode(b"", complete).encode()
    except UnicodeError as error:
        raise SourceError(
            f"{source}: is not valid {encoding}, which it says it is ({error})",
            remedy="Fetch the file again, or convert it to UTF-8",
        ) from None
