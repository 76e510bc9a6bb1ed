"""PubMed's XML to documents: baseline and update files, and what the E-utilities' efetch answers.

A document's text is its title and its abstract. Decisions:

- A title keeps the square brackets by which PubMed marks a translation. Where there is none but "[Not Available]",
  the title in the article's own language takes its place.
- A section's name is the author's label; its kind is NLM's category, unless the label names one that NLM's five
  categories lack (a discussion, a case). An abstract in another language or for other readers follows the main one, as
  ``Abstract (fre, publisher)``. Notes such as "(ABSTRACT TRUNCATED AT 250 WORDS)" stay.
- Book articles are not read, and every record that is not kept is reported as `Skipped`.
"""

import re
from collections.abc import Iterator

from corpora.framing import Frame, frames
from corpora.markup import inline_text
from corpora.pubmed_metadata import document_id_of, metadata, plain_text
from corpora.records import Deletion, Document, Record, Skipped
from corpora.section_kinds import kind_within, plain_kind
from corpora.streams import ByteStream, PeekStream
from corpora.text import TextBuilder, collapse
from corpora.xml import MAX_PROLOGUE_BYTES, MAX_RECORD_BYTES, Element, find_root, parse_element, parse_record

ROOT = "PubmedArticleSet"
ARTICLE = "PubmedArticle"
_BOOK = "PubmedBookArticle"
_DELETION = "DeleteCitation"

_NOT_AVAILABLE = re.compile(r"\[?\s*not available\s*\]?\.?", re.IGNORECASE)
_ELSEWHERE = re.compile(r"abstract available from the publisher\.?", re.IGNORECASE)
_NLM_KINDS = {
    "BACKGROUND": "background",
    "OBJECTIVE": "objective",
    "METHODS": "methods",
    "RESULTS": "results",
    "CONCLUSIONS": "conclusions",
}
_BEYOND_NLM = ("case", "discussion")
_NO_LABEL = "UNLABELLED"  # how NLM labels the parts that have none


def parse_pubmed(stream: ByteStream, source: str) -> Iterator[Record]:
    """The records of a `PubmedArticleSet` in file order; a file that is a single `PubmedArticle` gives that one.

    A malformed record is `Skipped`, the others are kept. Raises `SourceError` for another root element, for a document
    that declares entities, and for a file that is damaged or truncated: after some records, so that a caller who wants
    whole files only must hold them back until the end.
    """
    peekable = PeekStream(stream, source)
    head = peekable.peek(MAX_PROLOGUE_BYTES)
    if find_root(head, source).name == ARTICLE:
        yield _article(parse_element(peekable.read_all(MAX_RECORD_BYTES), source, 1), source, 1)
        return
    for frame in frames(peekable, source, ROOT, (ARTICLE, _BOOK, _DELETION)):
        yield from _records(frame, source)


def _records(frame: Frame, source: str) -> Iterator[Record]:
    if frame.problem:
        yield Skipped(source, frame.record, frame.problem)
    elif frame.tag == _BOOK:
        yield Skipped(source, frame.record, "book article (PubmedBookArticle): only journal articles are read")
    else:
        element = parse_record(frame.data, source, frame.record)
        if isinstance(element, Skipped):
            yield element
        elif frame.tag == _DELETION:
            yield from _deletions(element, source, frame.record)
        else:
            yield _article(element, source, frame.record)


def _deletions(element: Element, source: str, record: int) -> Iterator[Record]:
    for pmid in element.iterfind("PMID"):
        text = plain_text(pmid)
        document_id = document_id_of(text)
        yield Deletion(document_id, source) if document_id else _no_id(text, source, record)


def _article(element: Element, source: str, record: int) -> Document | Skipped:
    citation = element.find("MedlineCitation")
    article = citation.find("Article") if citation is not None else None
    if citation is None or article is None:
        return Skipped(source, record, "has no MedlineCitation with an Article")
    stated = plain_text(citation.find("PMID"))
    document_id = document_id_of(stated)
    if not document_id:
        return _no_id(stated, source, record)
    left_out: dict[str, int] = {}
    title = _title(article)
    builder = TextBuilder()
    builder.add("Title", "title", [title])
    _add_abstract(builder, article)
    _add_other_abstracts(builder, citation, left_out)
    text, sections = builder.build()
    if not sections:
        return Skipped(source, record, f"{document_id} has neither a title nor an abstract")
    pmid = document_id.removeprefix("PMID:") if document_id.startswith("PMID:") else ""
    known = metadata(citation, element.find("PubmedData"), pmid)
    return Document(document_id, title, text, sections, source, known, left_out)


def _no_id(stated: str, source: str, record: int) -> Skipped:
    return Skipped(source, record, f"its PMID is {stated[:40]!r}, where a number was expected")


def _title(article: Element) -> str:
    title = plain_text(article.find("ArticleTitle"))
    if not title or _NOT_AVAILABLE.fullmatch(title):
        return plain_text(article.find("VernacularTitle")) or title
    return title


def _add_abstract(builder: TextBuilder, article: Element) -> None:
    for part in article.iterfind("Abstract/AbstractText"):
        label = _label(part)
        builder.add(label or "Abstract", _kind(label, part.get("NlmCategory", "")), [_paragraph(part)])


def _label(part: Element) -> str:
    label = collapse(part.get("Label", ""))
    return "" if label.upper() == _NO_LABEL else label


def _kind(label: str, category: str) -> str:
    plain = plain_kind(label) if label else ""
    if plain in _BEYOND_NLM:
        return plain
    return _NLM_KINDS.get(category) or (kind_within(label, "abstract") if label else "abstract")


def _add_other_abstracts(builder: TextBuilder, citation: Element, left_out: dict[str, int]) -> None:
    for abstract in citation.iterfind("OtherAbstract"):
        described = (abstract.get("Language", ""), abstract.get("Type", "").lower())
        name = f"Abstract ({', '.join(filter(None, described))})"
        for part in abstract.iterfind("AbstractText"):
            paragraph = _paragraph(part)
            if _ELSEWHERE.fullmatch(collapse(paragraph)):
                left_out["abstract placeholder"] = left_out.get("abstract placeholder", 0) + 1
                continue
            label = _label(part)
            builder.add(f"{name} > {label}" if label else name, "abstract", [paragraph])


def _paragraph(element: Element) -> str:
    return inline_text(element) if len(element) else element.text or ""
