"""What a PubMed citation says about its article: authors, journal, headings, identifiers, corrections."""

import re
from collections.abc import Iterator

from corpora.markup import inline_text
from corpora.pubmed_dates import publication_year
from corpora.records import Link, MeshHeading, Metadata
from corpora.text import collapse
from corpora.xml import Element

_PMID = re.compile(r"0*([1-9][0-9]{0,15})")
_OWN_ID = re.compile(r"[A-Z][A-Z0-9]*:\S+")

_DOI = re.compile(r"10\.[0-9]{4,9}/\S+")
_PMC = re.compile(r"(?:PMC)?([0-9]+)(?:\.[0-9]+)?", re.IGNORECASE)


def document_id_of(stated: str) -> str:
    """``PMID:`` and the number, or an identifier that names its own scheme (``SAMPLE:7``); empty for anything else."""
    if number := _PMID.fullmatch(stated):
        return f"PMID:{number[1]}"
    return stated if _OWN_ID.fullmatch(stated) else ""


def plain_text(element: Element | None) -> str:
    """The element's readable text with white space collapsed; empty for no element."""
    if element is None:
        return ""
    return collapse(inline_text(element) if len(element) else element.text or "")


def metadata(citation: Element, pubmed_data: Element | None, pmid: str) -> Metadata:
    """The metadata of a `MedlineCitation` that has an `Article`; `pmid` is empty where its identifier is another.

    `licence` is PubMed's copyright notice, all it says about the terms of an abstract.
    """
    article = citation.find("Article")
    if article is None:
        return Metadata(pmid=pmid)
    types = _texts(article, "PublicationTypeList/PublicationType")
    links = tuple(_links(citation))
    return Metadata(
        authors=tuple(filter(None, map(_author, article.iterfind("AuthorList/Author")))),
        journal=_journal(citation, article),
        year=publication_year(article, pubmed_data),
        publication_types=types,
        mesh=tuple(filter(None, map(_heading, citation.iterfind("MeshHeadingList/MeshHeading")))),
        keywords=_texts(citation, "KeywordList/Keyword"),
        doi=_doi(article, pubmed_data),
        pmid=pmid,
        pmcid=_pmcid(pubmed_data),
        languages=_texts(article, "Language"),
        vernacular_title=plain_text(article.find("VernacularTitle")),
        licence=plain_text(article.find("Abstract/CopyrightInformation")),
        retracted="Retracted Publication" in types or any(link.kind == "RetractionIn" for link in links),
        links=links,
        url=f"https://pubmed.ncbi.nlm.nih.gov/{pmid}/" if pmid else "",
        version=_version(citation),
    )


def _texts(element: Element, path: str) -> tuple[str, ...]:
    return tuple(filter(None, map(plain_text, element.iterfind(path))))


def _author(author: Element) -> str:
    """ "Last Fore, Suffix", or a group's name. PubMed marks a name that it has since corrected as not valid."""
    if author.get("ValidYN") == "N":
        return ""
    parts = {part.tag: part for part in author}
    if "CollectiveName" in parts:
        return plain_text(parts["CollectiveName"])
    fore = plain_text(parts.get("ForeName")) or plain_text(parts.get("Initials"))
    name = f"{plain_text(parts.get('LastName'))} {fore}".strip()
    suffix = plain_text(parts.get("Suffix"))
    return f"{name}, {suffix}" if suffix else name


def _journal(citation: Element, article: Element) -> str:
    names = (
        article.find("Journal/Title"),
        article.find("Journal/ISOAbbreviation"),
        citation.find("MedlineJournalInfo/MedlineTA"),
    )
    return next(filter(None, map(plain_text, names)), "")


def _heading(heading: Element) -> MeshHeading | None:
    name = plain_text(heading.find("DescriptorName"))
    if not name:
        return None
    major = any(part.get("MajorTopicYN") == "Y" for part in heading)
    return MeshHeading(name, major, _texts(heading, "QualifierName"))


def _links(citation: Element) -> Iterator[Link]:
    """Corrections, retractions, comments; not what the article cites, which older files list among them."""
    for correction in citation.iterfind("CommentsCorrectionsList/CommentsCorrections"):
        kind = correction.get("RefType", "")
        if kind != "Cites":
            identifier = document_id_of(plain_text(correction.find("PMID")))
            yield Link(kind, identifier, plain_text(correction.find("RefSource")))


def _article_ids(pubmed_data: Element | None, kind: str) -> Iterator[str]:
    """The article's own identifiers of this kind; those of its references lie deeper and are not among them."""
    if pubmed_data is not None:
        for identifier in pubmed_data.iterfind("ArticleIdList/ArticleId"):
            if identifier.get("IdType") == kind:
                yield plain_text(identifier)


def _doi(article: Element, pubmed_data: Element | None) -> str:
    located = (
        plain_text(place)
        for place in article.iterfind("ELocationID")
        if place.get("EIdType") == "doi" and place.get("ValidYN") != "N"
    )
    candidates = (*located, *_article_ids(pubmed_data, "doi"))
    return next((doi for doi in candidates if _DOI.fullmatch(doi)), "")


def _pmcid(pubmed_data: Element | None) -> str:
    """``PMC`` and a number, without the version that PMC sometimes adds."""
    found = map(_PMC.fullmatch, _article_ids(pubmed_data, "pmc"))
    return next((f"PMC{match[1]}" for match in found if match), "")


def _version(citation: Element) -> int:
    version = citation.find("PMID")
    stated = version.get("Version", "") if version is not None else ""
    return int(stated) if stated.isascii() and stated.isdigit() and len(stated) < 10 else 1
