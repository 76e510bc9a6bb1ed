"""The text of a JATS article as sections: nested sections, lists, captions, tables, boxes and back matter.

Floats (figures, tables, boxes) become sections of their own right after the paragraphs among which they stand, so that
the running text of a section stays in one piece. What is left out is counted by kind.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from corpora.formulas import local_name
from corpora.jats_front import plain
from corpora.jats_tables import table_lines
from corpora.left_out import administrative_kind, administrative_note
from corpora.markup import NOT_TEXT, PARAGRAPH, inline_text
from corpora.section_kinds import kind_within
from corpora.text import TextBuilder, collapse
from corpora.xml import Element

PATH = " > "
"""Between the headings of nested sections in `Section.name`."""

UNTITLED = "Text"
"""The name of text that stands under no heading at all, such as that of a letter."""

MAX_NAME = 150
"""A caption's first paragraph longer than this, in characters, is text and not a name."""

MAX_HEADING = 300
MAX_PATH = 600
"""Headings and paths longer than this, in characters, are shortened: a name is shown whole, and stored many times."""

MAX_DEPTH = 40
"""Sections nested deeper than this lose their headings; articles have fewer than ten levels."""

_HEADS = (
    frozenset({"title", "label", "sec-meta", "subtitle", "object-id", "caption", "permissions", "alt-title", ""})
    | NOT_TEXT
)
_SECTIONS = frozenset({"sec", "app", "notes", "glossary"})
_GROUPS = frozenset({"app-group", "floats-group", "floats-wrap", "gloss-group"})
_FLOATS = frozenset({"fig", "fig-group", "table-wrap", "table-wrap-group", "boxed-text", "table", "array"})
_COUNTED = {
    "ack": "acknowledgements",
    "bio": "author information",
    "sub-article": "sub-article",
    "response": "sub-article",
    "supplementary-material": "supplementary material",
    "media": "supplementary material",
}
_FIGURE_PARTS = _FLOATS | NOT_TEXT | {"label", "permissions", "media", ""}
_PARTS = _SECTIONS | _GROUPS | _COUNTED.keys() | {"ref-list", "fn-group"}
_NOT_IN_PLACE = NOT_TEXT | _FLOATS | _COUNTED.keys() | {"ref-list", "permissions"}
_TABLE_NOTES = frozenset({"table-wrap-foot", "p", "fn", "fn-group", "attrib"})


class Place(NamedTuple):
    """Where in the article the text stands: the headings above it, and the kind that they give it."""

    path: tuple[str, ...]
    kind: str

    def under(self, heading: str, hint: str = "") -> "Place":
        """The place of what stands under this heading; one that says nothing new adds nothing to the path."""
        new = heading and heading.casefold() != (self.path or ("",))[-1].casefold()
        return Place((*self.path, heading) if new else self.path, kind_within(heading, self.kind, hint))

    @property
    def name(self) -> str:
        """The headings as one `Section.name`; of a long path the first and the last."""
        name = PATH.join(self.path) or UNTITLED
        return name if len(name) <= MAX_PATH else PATH.join((self.path[0], "…", self.path[-1]))


class BodyWriter:
    """Adds the parts of an article to a `TextBuilder`, and counts in `left_out` what is not added."""

    def __init__(self, builder: TextBuilder) -> None:
        self._builder = builder
        self.left_out: Counter[str] = Counter()
        self._depth = 0

    def write(self, container: Element, place: Place, lead: Place | None = None) -> None:
        """Add everything inside the container: paragraphs, then the floats among them, then the sections within.

        `lead` is the place of what stands before the first section, where that is another one.
        """
        if self._depth >= MAX_DEPTH:
            self._builder.add(place.name, place.kind, _split([inline_text(container)]))
            return
        self._depth += 1
        here = lead or place
        paragraphs: list[str] = []
        floats: list[Element] = []
        for child in container:
            name = local_name(child)
            if name in _FLOATS:
                floats.append(child)
            elif name in _PARTS:
                self._flush(paragraphs, floats, here)
                paragraphs, floats, here = [], [], place
                self._write_part(child, name, place)
            elif name not in _HEADS:
                paragraphs += _paragraphs(child)
                floats += self._floats_in(child)
        self._flush(paragraphs, floats, here)
        self._depth -= 1

    def write_section(self, section: Element, place: Place) -> None:
        """Add a section under its heading, or count it where it is an administrative one; its floats stay."""
        heading = _heading(section.find("title")) or _label(section)
        hint = section.get("sec-type") or section.get("notes-type") or ""
        mixed = section.find("sec") is not None  # Springer puts ethics and funding under notes on interests
        left_out = administrative_kind(heading, "" if mixed else hint)
        if left_out:
            self.left_out[left_out] += 1
            self._write_floats(self._floats_in(section))
        else:
            self.write(section, place.under(heading, hint))

    def _write_part(self, part: Element, name: str, place: Place) -> None:
        if name in _SECTIONS:
            self.write_section(part, place)
        elif name in _GROUPS:
            self.write(part, place)
        elif name == "fn-group":
            self._write_notes(part, place)
        elif name == "ref-list":
            self.left_out["reference"] += sum(1 for _ in part.iter("ref"))
        else:
            self._count(part, name)

    def _count(self, node: Element, name: str) -> None:
        scanned = node.get("content-type") == "scanned-pages"  # how PMC keeps the body of articles of before 2000
        self.left_out["scanned pages" if scanned else _COUNTED[name]] += 1

    def _flush(self, paragraphs: Iterable[str], floats: Iterable[Element], place: Place) -> None:
        self._builder.add(place.name, place.kind, paragraphs)
        self._write_floats(floats)

    def _write_notes(self, group: Element, place: Place) -> None:
        """Footnotes of the article, without those on authors, interests and the like."""
        kept: list[str] = []
        for note in group.iterfind("fn"):
            paragraphs = list(filter(None, map(collapse, _paragraphs(note))))
            left_out = administrative_note(paragraphs, note.get("fn-type", ""))
            if left_out:
                self.left_out[left_out] += 1
            else:
                kept += paragraphs
        heading = _heading(group.find("title")) or "Notes"
        self._builder.add(PATH.join((*place.path, heading)), "other", kept)

    def _floats_in(self, block: Element) -> list[Element]:
        """The floats inside a block, without those inside other floats; what is not kept there is counted."""
        floats: list[Element] = []
        pending = list(block)[::-1]
        while pending:
            node = pending.pop()
            name = local_name(node)
            if name in _FLOATS:
                floats.append(node)
            elif name in _COUNTED:
                self._count(node, name)
            else:
                pending += list(node)[::-1]
        return floats

    def _write_floats(self, floats: Iterable[Element]) -> None:
        for node in floats:
            name = local_name(node)
            if name == "boxed-text":
                self._write_box(node)
            elif name in {"table", "array"}:
                self._builder.add("Table", "table", table_lines(node))
            elif name == "table-wrap":
                self._write_table(node)
            else:
                self._write_figure(node)

    def _write_box(self, box: Element) -> None:
        """A box is a small article of its own: its kind is not that of the section in which it floats."""
        heading = _heading(box.find("title")) or _heading(box.find("caption/title"))
        place = Place((_name(box, "Box"),), kind_within(heading, "other"))
        self._builder.add(place.name, place.kind, _all_paragraphs(box.iterfind("caption/p")))
        self.write(box, place)

    def _write_figure(self, figure: Element) -> None:
        """The words of a figure, or of a group of figures or tables, followed by its members."""
        before = _all_paragraphs(part for part in figure if local_name(part) not in _FIGURE_PARTS)
        if not any(map(collapse, before)) and local_name(figure) == "fig":
            self.left_out["figure without caption"] += 1
        self._builder.add(_name(figure, "Figure"), "caption", before)
        self._write_floats(self._floats_in(figure))

    def _write_table(self, wrap: Element) -> None:
        """Caption, rows, footnotes; of a table that is only an image the caption and footnotes remain."""
        tables = list(_tables(wrap))
        rows = [line for table in tables for line in table_lines(table)]
        if not rows:
            self.left_out["table image"] += 1
        caption = _all_paragraphs(wrap.iterfind("caption"))
        notes = [part for part in wrap if local_name(part) in _TABLE_NOTES]
        texts = [inline_text(part, _NOT_IN_PLACE) for part in notes]
        self._builder.add(_name(wrap, "Table"), "table" if rows else "caption", [*caption, *rows, *_split(texts)])


def _tables(wrap: Element) -> Iterator[Element]:
    """The outermost tables of a table-wrap."""
    for child in wrap:
        name = local_name(child)
        if name in {"table", "array", "tgroup"}:
            yield child
        elif name in {"alternatives", "oasis", "p"}:
            yield from _tables(child)


def _all_paragraphs(blocks: Iterable[Element]) -> list[str]:
    return [paragraph for block in blocks for paragraph in _paragraphs(block)]


def _paragraphs(block: Element) -> list[str]:
    """The paragraphs of a block of running text; footnotes inside it follow it."""
    notes = (note for note in block.iter("fn") if note is not block)
    return _split(inline_text(part, _NOT_IN_PLACE | {"fn"}) for part in (block, *notes))


def _split(texts: Iterable[str]) -> list[str]:
    return [paragraph for text in texts for paragraph in text.split(PARAGRAPH)]


def _heading(node: Element | None) -> str:
    heading = plain(node).rstrip(" .:–—")
    return heading if len(heading) <= MAX_HEADING else f"{heading[:MAX_HEADING]}…"


def _label(node: Element) -> str:
    return _heading(node.find("label"))


def _name(node: Element, default: str) -> str:
    """``Table 2. Adverse events``: label and title, or the caption's first paragraph where that is short."""
    title = _heading(node.find("title")) or _heading(node.find("caption/title"))
    if not title:
        first = _heading(node.find("caption/p"))
        title = first if len(first) <= MAX_NAME else ""
    label = _label(node) or (default if not title else "")
    return ". ".join(filter(None, (label, title)))
