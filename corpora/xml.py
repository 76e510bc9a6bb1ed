"""XML from strangers, read safely: no entity of its own making, nothing fetched, nothing larger than a known size.

Every XML parser of BioCite gets its elements here. What is refused and why:

- entity declarations, which is how "billion laughs" and external-entity attacks work. A DOCTYPE that only names an
  external DTD, as PubMed's and JATS' do, is fine; that DTD is never fetched;
- a prologue longer than `MAX_PROLOGUE_BYTES`, a record longer than `MAX_RECORD_BYTES`, nesting deeper than the 256
  levels and text nodes longer than the 10 MB that libxml2 takes without its `huge` option.

Named characters (``&nbsp; &alpha;``), which JATS takes from DTDs that are not read here, become their characters by the
table of HTML 5, a superset of the ISO sets those DTDs use.
"""

import re
from html.entities import html5
from xml.parsers import expat

import msgspec
from lxml import etree

from corpora.encoding import to_utf8
from corpora.errors import SourceError
from corpora.records import Skipped

Element = etree._Element

MAX_PROLOGUE_BYTES = 64 * 1024
"""How much may stand before the first element. The prologues of PubMed and PMC are under 1 KB."""

MAX_RECORD_BYTES = 50 * 1024 * 1024
"""How long one record may be. The longest in PMC's bundles is under 10 MB; lxml needs about 10 times this in memory."""

_XML_NAMES = frozenset((b"amp", b"lt", b"gt", b"quot", b"apos"))
_NAMED = re.compile(rb"&(?!(?:amp|lt|gt|quot|apos);)[A-Za-z]")
_NAMED_OR_OPAQUE = re.compile(
    rb"<!\[CDATA\[.*?(?:\]\]>|\Z)|<!--.*?(?:-->|\Z)|<\?.*?(?:\?>|\Z)|&([A-Za-z][A-Za-z0-9._-]*+);", re.DOTALL
)
_PARSER = etree.XMLParser(
    encoding="utf-8",  # what `to_utf8` has made of it, whatever the declaration still says
    resolve_entities=False,
    no_network=True,
    load_dtd=False,
    huge_tree=False,
    remove_comments=True,
    remove_pis=True,
)


class _RefusedError(Exception):
    """Why a document is not to be parsed; turned into `SourceError` or `Skipped` before it leaves this module."""


class _PrologueOverError(Exception):
    """The prologue is over: the root element starts."""


class Root(msgspec.Struct, frozen=True):
    """A document's root element: its name, and the byte of the document's UTF-8 form (see `to_utf8`) it starts at."""

    name: str
    start: int


def check_prologue(head: bytes, source: str) -> None:
    """Refuse a document by its first bytes; `MAX_PROLOGUE_BYTES` of them (or all there are) suffice.

    Raises `SourceError` where an entity is declared, where no element starts within the limit, and where what stands
    before the first element is not well-formed XML in an encoding that is known.
    """
    find_root(head, source)


def find_root(head: bytes, source: str) -> Root:
    """The root element that these first bytes of a document lead to; refuses what `check_prologue` refuses."""
    try:
        utf8 = to_utf8(head[:MAX_PROLOGUE_BYTES], source, complete=False)
        return _find_root(utf8, len(head) < MAX_PROLOGUE_BYTES)
    except _RefusedError as refused:
        raise SourceError(f"{source}: {refused}", remedy=_REMEDY) from None


def parse_element(data: bytes, source: str, record: int) -> Element:
    """The root element of one document or record; raises `SourceError` naming file, record and line."""
    element = parse_record(data, source, record)
    if isinstance(element, Skipped):
        raise SourceError(str(element), remedy=_REMEDY)
    return element


def parse_record(data: bytes, source: str, record: int) -> Element | Skipped:
    """The root element of one record, or why it cannot be read: for files whose other records are to be kept."""
    try:
        return _parse(data, source)
    except _RefusedError as refused:
        return Skipped(source, record, str(refused))
    except SourceError as error:  # of `to_utf8`, which names the file itself
        return Skipped(source, record, error.message.removeprefix(f"{source}: "))


_REMEDY = "Fetch the file again from its publisher, or leave it out"


def _parse(data: bytes, source: str) -> Element:
    if len(data) > MAX_RECORD_BYTES:
        raise _RefusedError(f"is longer than the {MAX_RECORD_BYTES:,} bytes that one record may have")
    utf8 = to_utf8(data, source)
    if b"<!DOCTYPE" in utf8[:MAX_PROLOGUE_BYTES]:
        _find_root(utf8[:MAX_PROLOGUE_BYTES], len(utf8) < MAX_PROLOGUE_BYTES)
    if _NAMED.search(utf8):
        utf8 = _NAMED_OR_OPAQUE.sub(_numeric, utf8)
    try:
        element = etree.fromstring(utf8, _PARSER)
    except etree.XMLSyntaxError as error:
        raise _RefusedError(_describe(error)) from None
    _check_no_entities(element)
    return element


def _describe(error: etree.XMLSyntaxError) -> str:
    what = (error.msg or "no element found").rsplit(", line ", 1)[0]
    return f"is not well-formed XML: line {error.lineno} of the record, column {error.offset}: {what}"


def _check_no_entities(element: Element) -> None:
    """The second lock: refuses what expat let pass and libxml2 took for a declaration (a DOCTYPE after 64 KB, say)."""
    dtd = element.getroottree().docinfo.internalDTD
    if dtd is not None and any(True for _ in dtd.iterentities()):  # type: ignore[attr-defined]
        raise _RefusedError("declares entities of its own, which can be used to attack the reader")


def _numeric(match: re.Match[bytes]) -> bytes:
    name = match[1]
    if name is None or name in _XML_NAMES:
        return match[0]
    characters = html5.get(f"{name.decode()};")
    if characters is None:
        raise _RefusedError(f"uses the entity &{name.decode()};, which neither XML nor HTML defines")
    return "".join(f"&#{ord(character)};" for character in characters).encode()


def _find_root(utf8: bytes, complete: bool) -> Root:
    """`complete`: no more bytes follow, so that a document without an element is malformed rather than too long."""
    parser = expat.ParserCreate("utf-8")
    found: list[Root] = []

    def stop(name: str, _attributes: dict[str, str]) -> None:
        found.append(Root(name, parser.CurrentByteIndex))
        raise _PrologueOverError

    parser.StartElementHandler = stop
    parser.EntityDeclHandler = _refuse_entity
    try:
        parser.Parse(utf8, complete)
    except _PrologueOverError:
        return found[0]
    except expat.ExpatError as error:
        what = expat.ErrorString(error.code)
        raise _RefusedError(f"is not well-formed XML: line {error.lineno}, column {error.offset + 1}: {what}") from None
    raise _RefusedError(f"has no element within its first {MAX_PROLOGUE_BYTES:,} bytes")


def _refuse_entity(name: str, *_declaration: object) -> None:
    raise _RefusedError(f"declares the entity {name!r}; entities of a document's own can be used to attack its reader")
