"""The readable text of an XML element with inline markup, as JATS and PubMed write it.

Bold, italic, links and the like dissolve. Superscripts and subscripts join what they belong to, unless that would make
a number or a word that the author never wrote: 10<sup>6</sup> is ``10^6``, H<sub>2</sub>O is ``H2O``. Superscript
numbers that cite the reference list are left out.
"""

import re
from collections.abc import Iterator

from corpora.formulas import entity_text, local_name, mathml_text, tex_text
from corpora.scripts import subscript, superscript
from corpora.xml import Element

NOT_TEXT = frozenset({"graphic", "inline-graphic", "alt-text", "long-desc", "object-id", "index-term", "private-char"})
"""Elements that hold no text of the article; the default of what `inline_text` leaves out."""

PARAGRAPH = "\u2029"
LINE = "\u2028"
_PARAGRAPHS = frozenset((
    "p", "title", "sec", "abstract", "AbstractText", "list", "list-item", "def-list", "def-item", "disp-quote",
    "boxed-text", "verse-group", "verse-line", "speech", "statement", "preformat", "fn", "caption", "fig",
    "table-wrap", "table", "tr",
))  # fmt: skip
_WORDS = frozenset((
    "label", "term", "speaker", "def", "disp-formula", "code", "attrib", "thead", "tbody", "tfoot", "td", "th",
    "surname", "given-names", "suffix", "prefix", "collab",
))  # fmt: skip
_LINES = frozenset({"break", "hr", "br"})
_EDGES = dict.fromkeys(_PARAGRAPHS, PARAGRAPH) | dict.fromkeys(_LINES, LINE) | dict.fromkeys(_WORDS, " ")
_STRENGTH = {"": 0, " ": 1, LINE: 2, PARAGRAPH: 3}
_LEADS = frozenset(":;,=")
_LEADERS = frozenset({"label", "term", "speaker"})
_SHIFTED = frozenset({"sup", "sub"})
_SYMBOL_STYLES = frozenset({"i", "italic", "b", "bold", "sub", "sup"})
_BRANCHES = frozenset({"alternatives", "inline-formula", "disp-formula"})
_CITED = re.compile(r"\s*\d{1,3}[a-z]?(?:[\s,;–—‐-]+\d{1,3}[a-z]?)*[\s,;)]*")
_LISTING = re.compile(r"\d[,;]$")  # the numbers before are part of the sentence, so this one is too
_BETWEEN_CITED = re.compile(r"[\s,;–—‐-]*")
_CLOSING = frozenset(".,;:!?)]}%")
_LOOK_BACK = 24
_LONGEST_MARK = 5


class _Frame:
    """An element being written: its children still to come, and where its own text starts among the pieces."""

    __slots__ = ("children", "element", "name", "start")

    def __init__(self, element: Element, start: int) -> None:
        self.element = element
        self.name = "sup" if _is_note_mark(element) else local_name(element)
        self.children: Iterator[Element] = iter(_chosen(element))
        self.start = start


class _Writer:
    """Walks a tree with a stack of its own, so that no depth of nesting exhausts Python's."""

    def __init__(self, skip: frozenset[str]) -> None:
        self._skip = skip
        self._pieces: list[str] = []
        self._cut = False  # a citation mark was left out just before: the next word must not join the last one
        self._edge = ""  # what a block that began or ended just before puts between the words before and after it
        self._led = False  # a label has just been written: what follows goes onto its line

    def write(self, element: Element) -> str:
        stack = [self._open(element)]
        while stack:
            child = next(stack[-1].children, None)
            if child is None:
                frame = stack.pop()
                self._close(frame)
                if stack:
                    self._tail(frame.element)
            elif self._is_walked(child):
                stack.append(self._open(child))
            else:
                self._tail(child)
        return "".join(self._pieces)

    def _is_walked(self, child: Element) -> bool:
        """Whether the walk must descend into this child; if not, what it has to say has been written."""
        name = local_name(child)
        if not name:
            self._put(entity_text(child))
        elif name == "math":
            self._put(_padded(mathml_text(child), child))
        elif name == "tex-math":
            self._put(tex_text(_plain(child)))
        elif name == "xref" and self._is_citation(child):
            self._cut = True
        else:
            return name not in self._skip
        return False

    def _open(self, element: Element) -> _Frame:
        self._separate(local_name(element))
        if _refers_to_number(element) and self._before()[-1:].isalpha():
            self._separate("label")
        frame = _Frame(element, len(self._pieces))
        if frame.name in _SHIFTED:
            self._settle(element)
            frame.start = len(self._pieces)
        self._put(element.text or "")
        return frame

    def _settle(self, shifted: Element) -> None:
        """Decide, before a raised or lowered element begins, what stands between it and the words before."""
        if self._edge and self._pieces:
            self._pieces.append(self._separator("x"))
            self._edge = ""
        elif self._pieces and self._pieces[-1].isspace() and _broken_from(shifted):
            self._pieces.pop()

    def _close(self, frame: _Frame) -> None:
        if frame.name in _SHIFTED:
            shifted = "".join(self._pieces[frame.start :]).strip()
            del self._pieces[frame.start :]
            self._shift(frame, shifted)
        if frame.name in _LEADERS and len(self._pieces) > frame.start:
            self._put("" if frame.name == "label" or self._before().rstrip()[-1:] in _LEADS else ":")
            self._led = True
        self._separate(frame.name)

    def _separate(self, name: str) -> None:
        edge = _EDGES.get(name, "")
        if _STRENGTH[edge] > _STRENGTH[self._edge]:
            self._edge = edge

    def _shift(self, frame: _Frame, shifted: str) -> None:
        if frame.name == "sub":
            self._put(subscript(self._before(), shifted, _following(frame.element)))
        elif _only_separates(frame.element, shifted):
            self._cut = True
        else:
            self._put(superscript(self._before(), shifted, _following(frame.element)))

    def _tail(self, element: Element) -> None:
        tail = element.tail or ""
        if self._cut and _BETWEEN_CITED.fullmatch(tail) and _is_cited(element.getnext()):
            return
        self._put(tail)

    def _put(self, text: str) -> None:
        if not text or (self._edge and text.isspace()):
            return
        between = self._separator(text) if self._edge else " " if self._cut and text[0].isalnum() else ""
        self._cut = self._led = False
        self._edge = ""
        self._pieces += [between, text] if between else [text]

    def _separator(self, text: str) -> str:
        if self._led or not self._pieces:
            return " " if self._pieces else ""
        return "" if self._edge == " " and text[0] in _CLOSING else self._edge

    def _before(self) -> str:
        """The last characters written so far."""
        tail = ""
        for piece in reversed(self._pieces):
            tail = piece + tail
            if len(tail) >= _LOOK_BACK:
                break
        return tail[-_LOOK_BACK:]

    def _is_citation(self, xref: Element) -> bool:
        """Whether this is a superscript reference number; `[12]` and "Smith 2010" are part of the sentence."""
        if xref.get("ref-type") not in {"bibr", "ref"} or not _CITED.fullmatch(_plain(xref)):
            return False
        if any(local_name(node) == "sup" for node in (*xref.iterancestors(), *xref.iterdescendants())):
            return True
        before = self._before()
        apart = not before or before[-1].isspace() or before[-1] in "([{–—‐-−/" or _LISTING.search(before)
        return (self._cut or not apart) and before.rfind("[") <= before.rfind("]")


def inline_text(element: Element, skip: frozenset[str] = NOT_TEXT) -> str:
    """The readable text of the element, without its tail and with its white space as it came.

    Paragraphs, list items and the like stand apart by `PARAGRAPH`, lines by `LINE`, other blocks by a space: white
    space all of them, so that whoever needs one line collapses it. Elements named in `skip` (local names) are left
    out, as are comments, processing instructions, TeX where there is MathML for the same formula, and superscript
    citation numbers. Formulas become one line (`corpora.formulas`).
    """
    return _Writer(skip).write(element)


def _is_note_mark(element: Element) -> bool:
    """Whether this points to a footnote by a mark that readers see raised, though its source has no ``sup``."""
    if element.get("ref-type") not in {"fn", "table-fn"} or len(_plain(element).strip()) > _LONGEST_MARK:
        return False
    return not any(local_name(node) == "sup" for node in (*element.iterancestors(), *element.iterdescendants()))


def _refers_to_number(element: Element) -> bool:
    """Whether this is the number in "Figure 1", which some sources glue to the word."""
    named = element.get("ref-type") in {"fig", "table", "table-wrap", "disp-formula", "sec", "app", "boxed-text"}
    return named and (element.text or "")[:1].isdigit()


def _broken_from(element: Element) -> bool:
    """Whether only a line break of the source's layout stands between this element and the symbol it belongs to."""
    previous = element.getprevious()
    tail = previous.tail or "" if previous is not None and local_name(previous) in _SYMBOL_STYLES else ""
    return "\n" in tail and not tail.strip()


def _plain(element: Element) -> str:
    return "".join(map(str, element.itertext()))


def _following(element: Element) -> str:
    if element.tail:
        return element.tail
    sibling = element.getnext()
    return "" if sibling is None or local_name(sibling) in {"", "sup", "sub"} else sibling.text or ""


def _only_separates(sup: Element, text: str) -> bool:
    """Whether a superscript holds nothing but what stood between citation numbers: a comma, a dash between two."""
    if not text.strip(" ,;"):
        return True
    return not text.strip(" ,;–—‐-[]()") and any(map(_is_cited, (*sup, sup.getprevious(), sup.getnext())))


def _is_cited(node: Element | None) -> bool:
    if node is None or local_name(node) not in {"xref", "sup"}:
        return False
    found = node if local_name(node) == "xref" else next(iter(node), node)
    return found.get("ref-type") in {"bibr", "ref"}


def _padded(text: str, math: Element) -> str:
    """A displayed formula stands apart from the words; an inline one is spaced as its author spaced it."""
    return f" {text} " if math.get("display") == "block" else text


def _chosen(element: Element) -> list[Element]:
    """The children to write: of a formula's alternatives MathML, and only without it TeX."""
    children = list(element)
    if local_name(element) in _BRANCHES and any(local_name(child) == "math" for child in children):
        return [child for child in children if local_name(child) != "tex-math"]
    return children
