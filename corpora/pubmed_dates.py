"""The year of a PubMed citation, from whichever of its dates has one."""

import re

from corpora.xml import Element

_YEAR = re.compile(r"(?<!\d)(?:1[5-9]|20)\d\d(?!\d)", re.ASCII)
_PUBMED_STATUSES = ("pubmed", "entrez", "medline")
"""`PubMedPubDate` by closeness to publication; the others ("received", "accepted", …) come before it by years."""


def publication_year(article: Element, pubmed_data: Element | None) -> int:
    """The year of the journal issue, else of the electronic article, else of the entry into PubMed; 0 where none is.

    `article` is the `Article` element, `pubmed_data` the `PubmedData` element of the same citation.
    """
    issue = article.find("Journal/JournalIssue/PubDate")
    candidates = [issue, *article.iterfind("ArticleDate")]
    for date in candidates:
        if date is not None and (year := _year_of(date)):
            return year
    return _entry_year(pubmed_data)


def year_in(text: str) -> int:
    """The first year in a `MedlineDate` ("1998 Dec-1999 Jan", "Spring 2000", "1977-1978"), or 0."""
    found = _YEAR.search(text)
    return int(found[0]) if found else 0


def _year_of(date: Element) -> int:
    return year_in(date.findtext("Year") or date.findtext("MedlineDate") or "")


def _entry_year(pubmed_data: Element | None) -> int:
    if pubmed_data is None:
        return 0
    dates = {date.get("PubStatus"): date for date in pubmed_data.iterfind("History/PubMedPubDate")}
    years = (_year_of(dates[status]) for status in _PUBMED_STATUSES if status in dates)
    return next(filter(None, years), 0)
