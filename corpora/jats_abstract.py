"""The abstracts of a JATS article: which they are, and the parts of one whose headings are words in its text."""

import re
from collections.abc import Iterator

from corpora.formulas import local_name
from corpora.jats_front import language, plain
from corpora.markup import inline_text
from corpora.section_kinds import MAX_LABEL, kind_of_label, plain_kind
from corpora.text import collapse
from corpora.xml import Element

_NAMES = {
    "": "Abstract",
    "main": "Abstract",
    "normal": "Abstract",
    "short": "Short abstract",
    "summary": "Author summary",
    "toc": "Table of contents summary",
    "precis": "Précis",
    "teaser": "Teaser",
    "editor": "Editor's summary",
    "editors-summary": "Editor's summary",
    "author-highlights": "Highlights",
    "graphical": "Graphical abstract",
}
_PLAIN_ABSTRACT = re.compile(r"(?:structured )?(?:abstract|summary)[:.]?", re.IGNORECASE)
_ONLY_PARAGRAPHS = frozenset({"title", "p", ""})
_EMPHASIS = frozenset({"bold", "italic", "underline", "sc"})
_COLON_LABEL = re.compile(r"(?:^|(?<=[.!?)] ))([A-Z][\w/,&’' -]{1,50}?) ?:(?= ?\S)")
_BRACKET_LABEL = re.compile(r"\[([A-Z][\w ]{1,50})\](?= ?\S)")
_SENTENCE_ENDS = frozenset(".!?:;)")


def abstract_name(abstract: Element, main_language: str) -> str:
    """``Abstract``, ``Author summary``, ``Highlights``, …; with the language behind where it is another one."""
    kind = abstract.get("abstract-type", "")
    heading = plain(abstract.find("title"))[:MAX_LABEL]
    typed = _NAMES.get(kind, kind.replace("-", " ").capitalize())
    name = typed if not heading or _PLAIN_ABSTRACT.fullmatch(heading) else heading
    other = language(abstract) if local_name(abstract) == "trans-abstract" else main_language
    return name if other == main_language else f"{name} [{other}]"


def labelled_parts(abstract: Element) -> list[tuple[str, str]]:
    """(label, text) of each part of an abstract whose paragraphs begin with their headings; empty for any other.

    The headings stay in the text. Emphasised words count as headings where they are ones that section headings use,
    words without emphasis only before a colon or in square brackets.
    """
    if not _ONLY_PARAGRAPHS.issuperset(map(local_name, abstract)):
        return []
    parts = [part for paragraph in abstract.iterfind("p") for part in _parts_of(paragraph)]
    return parts if sum(1 for label, _ in parts if label) > 1 else []


def _parts_of(paragraph: Element) -> Iterator[tuple[str, str]]:
    text = collapse(inline_text(paragraph))
    starts = dict(sorted([*_plain_labels(text), *_emphasised_labels(paragraph, text)]))
    if 0 not in starts:
        starts = {0: "", **starts}
    ends = [*list(starts)[1:], len(text)]
    for (start, label), end in zip(starts.items(), ends, strict=True):
        yield label, text[start:end].strip()


def _plain_labels(text: str) -> Iterator[tuple[int, str]]:
    for pattern in (_COLON_LABEL, _BRACKET_LABEL):
        yield from ((found.start(), found[1]) for found in pattern.finditer(text) if plain_kind(found[1]))


def _emphasised_labels(paragraph: Element, text: str) -> Iterator[tuple[int, str]]:
    at = 0
    for child in paragraph:
        words = collapse(inline_text(child)) if local_name(child) in _EMPHASIS else ""
        start = text.find(words, at) if words else -1
        if start >= 0 and _is_heading(words, text[:start].rstrip()):
            yield start, words.rstrip(" .:-–—")
        at = max(at, start)


def _is_heading(words: str, before: str) -> bool:
    return (not before or before[-1] in _SENTENCE_ENDS) and kind_of_label(words) != "other"
