"""What a JATS article says about itself: identifiers, title, authors, journal, dates, licence, corrections."""

import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from corpora.licences import licence_name
from corpora.markup import NOT_TEXT, inline_text
from corpora.records import Link, Metadata
from corpora.text import collapse
from corpora.xml import Element

_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
_HREF = "{http://www.w3.org/1999/xlink}href"
_NOT_HEADING = NOT_TEXT | {"xref", "fn", "contrib-group"}
_PMC = re.compile(r"(?:PMC)?(\d+)(?:\.\d+)?", re.IGNORECASE)
_DOI = re.compile(r"10\.\d{4,9}/\S+")
_LICENSING = re.compile(
    r"licen[cs]e\b|creative ?commons|open[- ]access|redistribut|may use|is permitted", re.IGNORECASE
)
_YEAR = re.compile(r"(?:1[5-9]|20)\d\d")
_PUBLISHED = frozenset({"epub", "ppub", "collection", "pub", "epub-ppub", "electronic", "print"})

LANGUAGES = {
    "ar": "ara", "bg": "bul", "ca": "cat", "cs": "cze", "cy": "wel", "da": "dan", "de": "ger", "el": "gre",
    "en": "eng", "es": "spa", "et": "est", "eu": "baq", "fa": "per", "fi": "fin", "fr": "fre", "he": "heb",
    "hr": "hrv", "hu": "hun", "id": "ind", "is": "ice", "it": "ita", "ja": "jpn", "ko": "kor", "lt": "lit",
    "lv": "lav", "ms": "may", "nl": "dut", "no": "nor", "nb": "nor", "nn": "nor", "pl": "pol", "pt": "por",
    "ro": "rum", "ru": "rus", "sk": "slo", "sl": "slv", "sr": "srp", "sv": "swe", "th": "tha", "tr": "tur",
    "uk": "ukr", "vi": "vie", "zh": "chi",
}  # fmt: skip
"""ISO 639-1 to ISO 639-2/B, the codes that PubMed uses."""

TYPES = {
    "case-report": "Case Reports",
    "review-article": "Review",
    "systematic-review": "Systematic Review",
    "article-commentary": "Comment",
    "correction": "Published Erratum",
    "addendum": "Published Erratum",
    "retraction": "Retraction of Publication",
    "retracted-article": "Retracted Publication",
    "expression-of-concern": "Expression of Concern",
    "abstract": "Meeting Abstract",
    "meeting-report": "Congress",
    "obituary": "Obituary",
}
"""JATS article types for which PubMed has a publication type of its own; the others are only made readable."""

LINK_KINDS = {
    "retracted-article": "RetractionOf",
    "partial-retraction": "PartialRetractionOf",
    "retraction-forward": "RetractionIn",
    "corrected-article": "ErratumFor",
    "correction-forward": "ErratumIn",
    "commentary-article": "CommentOn",
    "commentary": "CommentIn",
    "object-of-concern": "ExpressionOfConcernFor",
    "republished-article": "RepublishedFrom",
    "updated-article": "UpdateOf",
    "update": "UpdateIn",
}
"""JATS related-article types under PubMed's names; the others keep JATS' name."""


class ArticleIds:
    """The identifiers of one article: `pmcid` (``PMC123``), `pmid` and `doi`, each empty where there is none."""

    def __init__(self, meta: Element) -> None:
        given = [(node.get("pub-id-type", ""), plain(node)) for node in meta.iterfind("article-id")]
        pmc = [match[1] for kind, value in given if kind in {"pmc", "pmcid"} and (match := _PMC.fullmatch(value))]
        self.pmcid = f"PMC{pmc[0]}" if pmc else ""
        self.pmid = next((value for kind, value in given if kind == "pmid" and value.isdecimal()), "")
        self.doi = next((doi for kind, value in given if kind == "doi" and (doi := _doi(value))), "")

    def document_id(self, source: str, record: int = 1) -> str:
        """``PMC:…``, else ``PMID:…``, else ``DOI:…``, else made of the name of the file; empty where that is none."""
        if self.pmcid or self.pmid or self.doi:
            return _document_id("pmc", self.pmcid) or _document_id("pubmed", self.pmid) or f"DOI:{self.doi}"
        stem = PurePosixPath(source.rpartition("!")[2]).name.partition(".")[0]
        if re.fullmatch(r"PMC\d+", stem) and record == 1:
            return f"PMC:{stem[3:]}"
        return f"FILE:{stem}{f'-{record}' if record > 1 else ''}" if stem else ""


def metadata(article: Element, meta: Element, ids: ArticleIds) -> Metadata:
    """All that the front matter says; `meta` is the ``article-meta`` of `article`."""
    links = tuple(_links(article, meta))
    kind = article.get("article-type", "")
    return Metadata(
        authors=tuple(_authors(meta)),
        journal=_journal(article),
        year=_year(meta),
        publication_types=(TYPES.get(kind, kind.replace("-", " ").title()),) if kind else (),
        keywords=tuple(dict.fromkeys(filter(None, map(plain, _keywords(meta))))),
        doi=ids.doi,
        pmid=ids.pmid,
        pmcid=ids.pmcid,
        languages=(language(article),),
        vernacular_title=plain(meta.find("title-group/trans-title-group/trans-title")),
        licence=_licence(meta),
        retracted=_is_retracted(kind, title(meta), links),
        links=links,
        url=f"https://pmc.ncbi.nlm.nih.gov/articles/{ids.pmcid}/" if ids.pmcid else "",
    )


def plain(element: Element | None) -> str:
    """The element's text on one line, without notes and references; empty for no element."""
    return "" if element is None else collapse(inline_text(element, _NOT_HEADING))


def title(meta: Element) -> str:
    """The title, with the subtitle after a colon."""
    group = meta.find("title-group")
    if group is None:
        return ""
    parts = [plain(node) for node in (group.find("article-title"), *group.iterfind("subtitle"))]
    head, *rest = [part for part in parts if part] or [""]
    return head + "".join((" " if head.endswith((":", "?", "!")) else ": ") + part for part in rest)


def language(element: Element) -> str:
    """The ISO 639-2 code of the element's ``xml:lang``; English, as JATS declares, where it has none."""
    code = element.get(_LANG, "en").replace("_", "-").partition("-")[0].lower()
    return LANGUAGES.get(code, code if len(code) == 3 else "und")


def _keywords(meta: Element) -> Iterator[Element]:
    for group in meta.iterfind("kwd-group"):
        if group.get("kwd-group-type") != "abbreviations":
            yield from group.iter("kwd")


def _authors(meta: Element) -> Iterator[str]:
    """Authors in order; members of a group ("collab" contributors with a person's name) are not authors."""
    for contrib in meta.iterfind("contrib-group/contrib"):
        kind = contrib.get("contrib-type", "author")
        name = contrib.find("name")
        if name is None:
            name = contrib.find("name-alternatives/name")
        if kind == "author" and name is not None:
            yield _person(name)
        elif kind in {"author", "collab", "group"} and name is None:
            yield from filter(None, (plain(contrib.find(tag)) for tag in ("collab", "string-name")))


def _person(name: Element) -> str:
    """``Surname Given, Suffix``, as PubMed's authors are written."""
    full = " ".join(filter(None, (plain(name.find(tag)) for tag in ("surname", "given-names"))))
    return ", ".join(filter(None, (full, plain(name.find("suffix")))))


def _journal(article: Element) -> str:
    meta = article.find("front/journal-meta")
    if meta is None:
        return ""
    paths = ("journal-title-group/journal-title", "journal-title", "journal-title-group/abbrev-journal-title")
    titles = [plain(meta.find(path)) for path in (*paths, "abbrev-journal-title", "journal-id")]
    return next(filter(None, titles), "")


def _year(meta: Element) -> int:
    """The earliest year of publication, online or in print; only without one that of the copyright or PMC's release."""
    dates = [(date, date.get("pub-type") or date.get("date-type") or "") for date in meta.iterfind("pub-date")]
    published = [date for date, kind in dates if kind in _PUBLISHED or date.get("publication-format")]
    years = [year for date in published if (year := _year_of(date.findtext("year")))]
    others = [meta.findtext("permissions/copyright-year"), meta.findtext("copyright-year")]
    others += [date.findtext("year") for date, _ in dates]
    return min(years) if years else next(filter(None, map(_year_of, others)), 0)


def _year_of(text: str | None) -> int:
    match = _YEAR.search(text or "")
    return int(match[0]) if match else 0


def _licence(meta: Element) -> str:
    """The licence; without one, a copyright statement that says what is permitted."""
    statements: list[str] = []
    for licence in (*meta.iterfind("permissions/license"), *meta.iterfind("license")):
        statements += [node.get(_HREF, "") for node in licence.iter() if node.get(_HREF)]
        statements += [plain(node) for node in licence.iter("{*}license_ref")]
        statements.append(plain(licence))
    if not statements:
        copyrights = (*meta.iterfind("permissions/copyright-statement"), *meta.iterfind("copyright-statement"))
        statements = [text for text in map(plain, copyrights) if _LICENSING.search(text)]
    return licence_name(*statements)


def _links(article: Element, meta: Element) -> Iterator[Link]:
    """Related articles, each once, from the front matter and wherever else the article (not its parts) names them."""
    nodes = [*meta.iter("related-article")]
    for part in ("body", "back"):
        nodes += [node for found in article.iterfind(part) for node in found.iter("related-article")]
    seen: dict[tuple[str, str, str], None] = {}
    for node in nodes:
        kind = node.get("related-article-type", "related-article")
        target = _document_id(node.get("ext-link-type", ""), node.get(_HREF, "") or plain(node))
        seen.setdefault((LINK_KINDS.get(kind, kind), target, "" if target else _place(node)))
    yield from (Link(*link) for link in seen)


def _doi(text: str) -> str:
    """The first DOI in a text, without the punctuation of the sentence around it; empty where there is none."""
    match = _DOI.search(text)
    doi = match[0].rstrip(".,;") if match else ""
    return doi[:-1].rstrip(".,;") if doi.endswith(")") and doi.count(")") > doi.count("(") else doi


def _document_id(kind: str, address: str) -> str:
    doi = _doi(address)
    if doi:
        return f"DOI:{doi}"
    pmc = _PMC.fullmatch(address.rstrip("/").rpartition("/")[2])
    if pmc and (kind in {"pmc", "pmcid"} or address.upper().startswith("PMC")):
        return f"PMC:{pmc[1]}"
    return f"PMID:{address}" if kind in {"pubmed", "pmid"} and address.isdecimal() else ""


def _place(node: Element) -> str:
    """What is said of a related article that has no identifier: its own words, or journal, volume and page."""
    cited = (node.get("journal-id", ""), node.get("vol", ""), node.get("page") or node.get("elocation-id") or "")
    return plain(node) or " ".join(filter(None, cited))


def _is_retracted(kind: str, heading: str, links: tuple[Link, ...]) -> bool:
    """Whether this article itself is retracted; a notice, which retracts another, is not."""
    said = kind == "retracted-article" or re.match(r"\W*(?:RETRACTED|WITHDRAWN)\b", heading) is not None
    return said or any(link.kind == "RetractionIn" for link in links)
