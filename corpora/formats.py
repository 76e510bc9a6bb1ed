"""Which kind of literature a stream holds, told from its content, and its records. Names play no part."""

import codecs
from collections.abc import Callable, Iterator

import msgspec

from corpora.framing import frames
from corpora.jats import parse_jats
from corpora.jsonl import parse_jsonl
from corpora.pubmed import ARTICLE, ROOT, parse_pubmed
from corpora.records import Record, Skipped
from corpora.streams import PeekStream
from corpora.xml import MAX_PROLOGUE_BYTES, MAX_RECORD_BYTES, find_root

READABLE = "PubMed XML, JATS articles, PMC article sets, JSON lines, and tar bundles of these, each also gzipped"
"""What BioCite reads, for messages."""

JATS_ARTICLE = "article"
JATS_SET = "pmc-articleset"
TAR = "tar"
_TAR_MAGIC = (257, b"ustar")
_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)  # the one of UTF-32-LE begins like that of UTF-16-LE
_XML_STARTS = (b"<", b"\x00<", b"\x00\x00\x00<", codecs.BOM_UTF32_BE, *_MARKS)
_KNOWN_MAGIC = {
    b"PK\x03\x04": "a zip archive",
    b"%PDF": "a PDF",
    b"\x1f\x8b": "gzip inside gzip",
    b"BZh": "a bzip2 file",
    b"\xfd7zXZ": "an xz file",
    b"SQLite format 3": "an SQLite database",
}


class Recognised(msgspec.Struct, frozen=True):
    """What a stream holds: `kind` is a key of the table of parsers, `TAR`, or empty where `what` is not literature.

    `is_xml` tells an XML document with a root element that is not read from files that are no XML at all.
    """

    kind: str
    what: str = ""
    is_xml: bool = False


def recognise(stream: PeekStream, source: str) -> Recognised:
    """Look into the stream, leaving it as it is. Raises `SourceError` for XML with a prologue that is refused."""
    head = stream.peek(MAX_PROLOGUE_BYTES)
    at, magic = _TAR_MAGIC
    if head[at : at + len(magic)] == magic:
        return Recognised(TAR, "a tar bundle")
    start = head.removeprefix(codecs.BOM_UTF8).lstrip()
    if start.startswith(_XML_STARTS):
        root = find_root(head, source).name
        if root in PARSERS:
            return Recognised(root)
        return Recognised("", f"XML with the root element <{root}>", is_xml=True)
    if start.startswith(b"{") and start.partition(b"\n")[0].strip() != b"{":
        return Recognised("jsonl")
    return Recognised("", _describe(head, start))


def _describe(head: bytes, start: bytes) -> str:
    if not head:
        return "an empty file"
    for magic, what in _KNOWN_MAGIC.items():
        if head.startswith(magic):
            return what
    if b"\x00" in head:
        return "a binary file"
    if start.startswith((b"{", b"[")):
        return "one JSON document, where each line should be one"
    return "text of no known format"


def _parse_jats_file(stream: PeekStream, source: str) -> Iterator[Record]:
    yield parse_jats(stream.read_all(MAX_RECORD_BYTES), source)


def _parse_jats_set(stream: PeekStream, source: str) -> Iterator[Record]:
    for frame in frames(stream, source, JATS_SET, (JATS_ARTICLE,)):
        if frame.problem:
            yield Skipped(source, frame.record, frame.problem)
        else:
            yield parse_jats(frame.data, source, frame.record)


PARSERS: dict[str, Callable[[PeekStream, str], Iterator[Record]]] = {
    ROOT: parse_pubmed,
    ARTICLE: parse_pubmed,
    JATS_ARTICLE: _parse_jats_file,
    JATS_SET: _parse_jats_set,
    "jsonl": parse_jsonl,
}
"""The parser of each kind; the kinds of XML are the names of their root elements."""
