"""JSON lines to documents: BEIR's ``corpus.jsonl`` (``_id title text``) and plain lines with what else is known.

One object a line, with an identifier (``_id`` or ``id``, kept as it is) and a ``title`` or a ``text``. White space is
collapsed and control characters become spaces, but every line of a text stays a paragraph. The kind of its section is
``other``: such a file does not say whether its texts are abstracts. Fields that are not listed in `_Line` are ignored.
A line with ``"deleted": true`` removes the document of that identifier.
"""

import re
from collections.abc import Iterator

import msgspec

from corpora.pubmed_dates import year_in
from corpora.records import Deletion, Document, MeshHeading, Metadata, Record, Skipped, is_audience
from corpora.streams import ByteStream, PeekStream
from corpora.text import TextBuilder, collapse
from corpora.xml import MAX_RECORD_BYTES

_MARK = b"\xef\xbb\xbf"
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1b\x7f]")
_NOT_IN_ID = re.compile(r"[\x00-\x1f\x7f]")
_BROKEN_LINE = (msgspec.DecodeError, UnicodeError, RecursionError)
"""What `msgspec` raises for a line that is no such object, is not UTF-8, or is nested too deep."""

Strings = list[str] | str | None


class _Line(msgspec.Struct, frozen=True):
    """The fields that are read. A null is the same as a field that is absent."""

    beir_id: str | int | None = msgspec.field(default=None, name="_id")
    id: str | int | None = None
    title: str | None = None
    text: str | None = None
    year: int | str | None = None
    journal: str | None = None
    authors: Strings = None
    publication_types: Strings = None
    mesh: Strings = None
    keywords: Strings = None
    language: Strings = None
    languages: Strings = None
    doi: str | None = None
    pmid: str | int | None = None
    pmcid: str | None = None
    licence: str | None = None
    license: str | None = None
    retracted: bool | None = None
    url: str | None = None
    audience: str | None = None
    deleted: bool | None = None


_DECODER = msgspec.json.Decoder(_Line)


def parse_jsonl(stream: ByteStream, source: str) -> Iterator[Record]:
    """A document for each line, or `Skipped` with the line's number (as `record`) and what is wrong with it.

    Blank lines count but give nothing. Raises `SourceError` for a file that cannot be read to its end.
    """
    for number, line in _lines(PeekStream(stream, source)):
        if line is None:
            yield Skipped(source, number, f"is longer than the {MAX_RECORD_BYTES:,} bytes that one line may have")
        elif line.strip():
            yield _parse(line.removeprefix(_MARK) if number == 1 else line, source, number)


def _lines(stream: PeekStream) -> Iterator[tuple[int, bytes | None]]:
    """Each line with its number from 1; None for one too long to be kept in memory."""
    number = 1
    line = _Growing()
    for chunk in stream.chunks():
        first, *others = chunk.split(b"\n")
        line.add(first)
        for other in others:
            yield number, line.take()
            number += 1
            line.add(other)
    yield number, line.take()


class _Growing:
    """A line in the making, which forgets all but its length once that is too long."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []
        self._length = 0

    def add(self, piece: bytes) -> None:
        self._length += len(piece)
        if self._length > MAX_RECORD_BYTES:
            self._pieces.clear()
        else:
            self._pieces.append(piece)

    def take(self) -> bytes | None:
        """The line, None where it was too long; the next one begins."""
        line = b"".join(self._pieces) if self._length <= MAX_RECORD_BYTES else None
        self._pieces.clear()
        self._length = 0
        return line


def _parse(data: bytes, source: str, number: int) -> Record:
    try:
        line = _DECODER.decode(data)
    except _BROKEN_LINE as error:
        return Skipped(source, number, f"is not a JSON object with the fields expected: {error}")
    document_id = _string(line.beir_id if line.beir_id is not None else line.id)
    if not document_id.strip():
        return Skipped(source, number, "has no identifier: a field _id or id was expected")
    if _NOT_IN_ID.search(document_id):
        return Skipped(source, number, f"its identifier {document_id[:80]!r} holds control characters")
    if line.deleted:
        return Deletion(document_id, source)
    if line.audience and not is_audience(line.audience):
        # Never kept as if it were public.
        return Skipped(source, number, f"its audience {line.audience[:80]!r} is none: a-z, 0-9, _ and - were expected")
    title = collapse(_clean(line.title))
    builder = TextBuilder()
    builder.add("Title", "title", [title])
    builder.add("Text", "other", _clean(line.text).splitlines())
    text, sections = builder.build()
    if not sections:
        return Skipped(source, number, f"{document_id} has neither a title nor a text")
    return Document(document_id, title, text, sections, source, _metadata(line))


def _metadata(line: _Line) -> Metadata:
    return Metadata(
        authors=_strings(line.authors),
        journal=_one_line(line.journal),
        year=year_in(_string(line.year)),
        publication_types=_strings(line.publication_types),
        mesh=tuple(MeshHeading(name) for name in _strings(line.mesh)),
        keywords=_strings(line.keywords),
        doi=_one_line(line.doi),
        pmid=_one_line(_string(line.pmid)),
        pmcid=_one_line(line.pmcid),
        languages=_strings(line.languages) or _strings(line.language),
        licence=_one_line(line.licence) or _one_line(line.license),
        retracted=bool(line.retracted),
        url=_one_line(line.url),
        audience=line.audience or "",
    )


def _string(value: str | int | None) -> str:
    return "" if value is None else str(value)


def _strings(values: Strings) -> tuple[str, ...]:
    return tuple(filter(None, map(_one_line, [values] if isinstance(values, str) else values or ())))


def _one_line(value: str | None) -> str:
    return collapse(_clean(value))


def _clean(value: str | None) -> str:
    return _CONTROL.sub(" ", value or "")
