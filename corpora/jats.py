"""PMC full texts in JATS XML to documents, every character of whose text belongs to a named section.

The text holds, in this order: the title; the abstracts, an article's own first; the body; floats that stand apart; the
back matter. Left out, and counted in `Document.left_out`: references, acknowledgements, competing interests,
contributions and addresses of authors, supplementary files, tables that are only images, figures without words, notes
of the publisher. Sub-articles and responses (referees' reports, authors' replies, translations) are left out too: their
words are other people's, or the same ones again, and must not be quoted as this article's. Superscript reference
numbers are dropped; "[12]" stays, being part of its sentence.
"""

from corpora.jats_abstract import abstract_name, labelled_parts
from corpora.jats_body import PATH, BodyWriter, Place
from corpora.jats_front import ArticleIds, language, metadata, plain, title
from corpora.records import Document, Skipped
from corpora.section_kinds import kind_within, plain_kind
from corpora.text import TextBuilder
from corpora.xml import Element, parse_record

_WITH_IMAGES = ("inline-graphic", "disp-formula", "chem-struct")
_OWN_ABSTRACTS = frozenset({"", "main", "normal"})


def parse_jats(data: bytes, source: str, record: int = 1) -> Document | Skipped:
    """The document of one JATS article (the bytes of its ``<article>``, alone or the only one of a set).

    `source` names the file as the user did (``bundle.tar.gz!member``), `record` its place in it. Skipped, with the
    reason: what is not safe, well-formed XML, no JATS article, has no identifier, or has neither title nor text.
    """
    root = parse_record(data, source, record)
    if isinstance(root, Skipped):
        return root
    articles = [root] if root.tag == "article" else root.findall("article")
    if len(articles) != 1:
        return Skipped(source, record, f"its root <{root.tag}> holds {len(articles)} articles, where one was expected")
    meta = articles[0].find("front/article-meta")
    if meta is None:
        return Skipped(source, record, "has no <article-meta>, where a JATS article has its title and identifiers")
    return _document(articles[0], meta, source, record)


def _document(article: Element, meta: Element, source: str, record: int) -> Document | Skipped:
    ids = ArticleIds(meta)
    document_id = ids.document_id(source, record)
    if not document_id:
        return Skipped(source, record, "has no PMC, PubMed or DOI identifier, and no file name to make one from")
    builder = TextBuilder()
    heading = title(meta)
    builder.add("Title", "title", [heading])
    writer = BodyWriter(builder)
    _write_abstracts(article, meta, writer, builder)
    _write_text(article, writer)
    text, sections = builder.build()
    if not text:
        return Skipped(source, record, f"{document_id} has neither a title nor any text")
    said = metadata(article, meta, ids)
    left_out = {kind: count for kind, count in sorted(writer.left_out.items()) if count}
    return Document(document_id, heading, text, sections, source, said, left_out)


def _write_abstracts(article: Element, meta: Element, writer: BodyWriter, builder: TextBuilder) -> None:
    abstracts = [*meta.iterfind("abstract"), *meta.iterfind("trans-abstract")]
    abstracts.sort(key=lambda node: node.tag != "abstract" or node.get("abstract-type", "") not in _OWN_ABSTRACTS)
    main_language = language(article)
    for abstract in abstracts:
        name = abstract_name(abstract, main_language)
        parts = labelled_parts(abstract) if abstract.find("sec") is None else []
        for label, text in parts:
            path = PATH.join(filter(None, (name, label)))
            builder.add(path, kind_within(label, "abstract") if label else "abstract", [text])
        if not parts:
            writer.write(abstract, Place((name,), "abstract"))


def _write_text(article: Element, writer: BodyWriter) -> None:
    kind = "case" if article.get("article-type") == "case-report" else "other"
    for body in article.iterfind("body"):
        writer.write(body, Place((), kind), lead=_introduction(body))
    for name in ("floats-group", "floats-wrap", "back"):
        for part in article.iterfind(name):
            writer.write(part, Place((), "other"))
    for name in ("sub-article", "response"):
        writer.left_out["sub-article"] += len(article.findall(name))
    writer.left_out["formula or symbol image"] += _count_images(article)
    writer.left_out["front note"] += len(article.findall("front/notes"))


def _count_images(article: Element) -> int:
    """How many formulas and symbols are there for the eye only: no MathML, TeX or letters of them are in the text."""
    wholes = dict.fromkeys(map(_whole_formula, article.iter(*_WITH_IMAGES)))
    return sum(1 for whole in wholes if not any(map(str.isalpha, plain(whole))))


def _whole_formula(node: Element) -> Element:
    parent = node.getparent()
    return parent if parent is not None and parent.tag in {"alternatives", "inline-formula"} else node


def _introduction(body: Element) -> Place | None:
    """Paragraphs before the first heading introduce the article, where methods and results do have headings."""
    kinds = {plain_kind(plain(heading)) for heading in body.iterfind("sec/title")}
    return Place((), "background") if {"methods", "results"} <= kinds else None
