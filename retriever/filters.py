"""Filters as people write them -> `Filters`."""

import re
from collections.abc import Sequence

from corpora.errors import UsageError
from corpora.records import SECTION_KINDS
from corpora.text import require_text
from indexer.records import Filters, fold

_YEARS = re.compile(r"^([0-9]{4})?(:)?([0-9]{4})?$")


def parse_years(text: str) -> tuple[int, int]:
    """``2015``, ``2015:2021``, ``2015:`` or ``:2021`` as inclusive years, 0 for an open end."""
    match = _YEARS.match(text.strip())
    if match is None or not (match[1] or match[3]) or (match[3] and not match[2]) or "0000" in match.groups():
        raise UsageError(f"years {text!r} are not understood", remedy="Write 2015, 2015:2021, 2015: or :2021")
    first = int(match[1] or 0)
    last = int(match[3] or 0) if match[2] else first
    if last and last < first:
        raise UsageError(f"years {text!r} end before they begin", remedy="Write the earlier year first")
    return first, last


def make_filters(  # noqa: PLR0913 - one for each filter
    *,
    years: str | None = None,
    journals: Sequence[str] = (),
    publication_types: Sequence[str] = (),
    mesh: Sequence[str] = (),
    sections: Sequence[str] = (),
    languages: Sequence[str] = (),
    retracted: bool | None = None,
    documents: Sequence[str] = (),
) -> Filters:
    """Filters from request values; UsageError for values that could never match."""
    named = {
        "journal": journals,
        "publication type": publication_types,
        "MeSH heading": mesh,
        "language": languages,
        "document": documents,
    }
    for what, values in named.items():
        for value in values:
            _require_name(value, what)
    for kind in sections:
        if fold(kind) not in SECTION_KINDS:
            raise UsageError(f"section {kind!r} is not known", remedy=f"Choose of: {', '.join(SECTION_KINDS)}")
    return Filters(
        years=None if years is None else parse_years(years),
        journals=tuple(journals),
        publication_types=tuple(publication_types),
        mesh=tuple(mesh),
        sections=tuple(sections),
        languages=tuple(languages),
        retracted=retracted,
        documents=tuple(documents),
    )


def _require_name(value: str, what: str) -> None:
    require_text(value, f"the {what}")
    if not fold(value):
        raise UsageError(f"a {what} to filter by is empty: {value!r}", remedy="Give its name, or leave the filter out")
