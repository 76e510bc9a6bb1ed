"""Building a document's one canonical text, and the sections that refer to it."""

from collections.abc import Iterable

from corpora.errors import UsageError
from corpora.records import Section, Span

SECTION_BREAK = "\n\n"
PARAGRAPH_BREAK = "\n"


def collapse(text: str) -> str:
    """The text with every run of white space as one space, and none at the ends."""
    return " ".join(text.split())


def require_text(text: str, what: str) -> None:
    """UsageError where `text` cannot be written in UTF-8, as an argument of bytes that are no UTF-8 cannot."""
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise UsageError(f"{what} {text[:80]!r} is not valid text", remedy="Write it in UTF-8") from error


class TextBuilder:
    """Appends sections and gives back the text with each section's span; empty sections leave no trace."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._length = 0
        self._sections: list[Section] = []

    def add(self, name: str, kind: str, paragraphs: Iterable[str]) -> None:
        """Append a section of these paragraphs. White space is collapsed inside each; empty ones are dropped."""
        body = PARAGRAPH_BREAK.join(filter(None, map(collapse, paragraphs)))
        self.add_verbatim(name, kind, body)

    def add_verbatim(self, name: str, kind: str, body: str) -> None:
        """Append a section whose text is already as it should be stored."""
        if not body.strip():
            return
        if self._parts:
            self._parts.append(SECTION_BREAK)
            self._length += len(SECTION_BREAK)
        self._parts.append(body)
        self._sections.append(Section(collapse(name), kind, Span(self._length, self._length + len(body))))
        self._length += len(body)

    def build(self) -> tuple[str, tuple[Section, ...]]:
        """The whole text and its sections, in the order in which they were added."""
        return "".join(self._parts), tuple(self._sections)
