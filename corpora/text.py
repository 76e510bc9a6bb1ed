"""Building a document's one canonical text, and the sections that refer to it."""

from collections.abc import Iterable

from corpora.records import Section, Span

SECTION_BREAK = "\n\n"
PARAGRAPH_BREAK = "\n"


def collapse(text: str) -> str:
    """The text with every run of white space as one space, and none at the ends."""
    return " ".join(text.split())


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
