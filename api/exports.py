"""Citations of documents as files for reference managers and spreadsheets: RIS, BibTeX, CSV and NBIB.

Sources: RIS as EndNote and Zotero read it (https://en.wikipedia.org/wiki/RIS_(file_format), after the 2011
specification); BibTeX by Patashnik, "BibTeXing" (1988); CSV by RFC 4180, and against formulas in spreadsheets by
OWASP's "CSV Injection"; NBIB by NLM's "MEDLINE/PubMed Data Element (Field) Descriptions"
(https://www.nlm.nih.gov/bsd/mms/medlineelements.html).

Authors are stored as PubMed and JATS give them, "Last Fore, Suffix", where it is not marked how many words the last
name has. It is taken to be the first word with the particles before it ("van der Berg Jan"), unless a comma says where
it ends; of a last name of two words without a hyphen the second one so ends up with the fore names. Names of groups are
told by words such as "Group" and stay whole. What is not known is left out, nothing is made up.
"""

import csv
import io
import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from typing import Literal

import msgspec

from api.chat.markdown import safe_url
from corpora.records import Metadata
from corpora.text import collapse

ExportFormat = Literal["ris", "bibtex", "csv", "nbib"]
CitedDocument = tuple[str, str, Metadata]
"""Identifier, title, metadata."""


class ExportFile(msgspec.Struct, frozen=True):
    """A file in UTF-8, its media type and the name to save it under."""

    content: bytes
    media_type: str
    name: str


class Name(msgspec.Struct, frozen=True):
    """An author. A group has only `last`."""

    last: str
    fore: str = ""
    suffix: str = ""
    is_group: bool = False

    @property
    def initials(self) -> str:
        """Of the fore names, as PubMed writes them: "JA"."""
        return "".join(part[0].upper() for part in re.split(r"[\s.-]+", self.fore) if part)


_GROUP = re.compile(
    r"\b(?:group|consortium|collaborat\w+|investigators?|committee|network|society|association|organi[sz]ation"
    r"|institutes?|cent(?:re|er)s?|college|university|hospital|team|task force|council|federation|foundation"
    r"|initiative|programme|program|project|study|trial|trialists|registry|corpus|ministry|department|agency)\b",
    re.IGNORECASE,
)
_SUFFIX = re.compile(r"(?:jr|sr|[ivx]{1,4}|[1-9](?:st|nd|rd|th)|md|phd)\.?", re.IGNORECASE)
_PARTICLES = frozenset(
    (
        *("af", "al", "da", "dal", "das", "de", "del", "della", "den", "der", "di", "do", "dos", "du", "el", "la"),
        *("le", "'t", "te", "ten", "ter", "van", "vande", "vander", "vom", "von", "y", "zu", "zum", "zur"),
    )
)


def export(format: ExportFormat, documents: Sequence[CitedDocument]) -> ExportFile:
    """The documents' citations, in their order, one entry each even where a document comes twice."""
    write, media_type, ending = _FORMATS[format]
    return ExportFile(write(documents).encode(), media_type, f"biocite.{ending}")


def author_name(author: str) -> Name:
    """The parts of an author's name (see the module's own words for what cannot be known)."""
    before, comma, after = (part.strip() for part in _one_line(author).partition(","))
    if _GROUP.search(before) or (" " not in before and not comma):
        return Name(_one_line(author), is_group=True)
    if comma and not _SUFFIX.fullmatch(after):
        return Name(before, after)
    words = before.split()
    particles = next((count for count, word in enumerate(words[:-1]) if word not in _PARTICLES), len(words) - 1)
    end = particles + 1
    return Name(" ".join(words[:end]), " ".join(words[end:]), after)


def _names(metadata: Metadata) -> list[Name]:
    return [author_name(author) for author in metadata.authors if any(map(str.isalnum, author))]


def _one_line(text: str) -> str:
    """The text on one line, without control and formatting characters (which could turn or hide text)."""
    kept = (" " if character.isspace() else character for character in text)
    return collapse("".join(sign for sign in kept if unicodedata.category(sign) not in ("Cc", "Cf", "Cs")))


# RIS: "TY  - JOUR", one tag a line, records end with ER.

_RIS_TYPES = {
    "Preprint": "UNPB",
    "Dataset": "DATA",
    "Book": "BOOK",
    "Book Chapter": "CHAP",
    "Conference Proceedings": "CPAPER",
    "News": "NEWS",
    "Newspaper Article": "NEWS",
}
"""PubMed's publication type -> RIS's; all others are journal articles."""


def _ris(documents: Sequence[CitedDocument]) -> str:
    return "".join(
        "".join(f"{tag}  - {value}\r\n" for tag, value in _ris_lines(*document)) + "ER  - \r\n\r\n"
        for document in documents
    )


def _ris_lines(document_id: str, title: str, metadata: Metadata) -> Iterator[tuple[str, str]]:
    yield "TY", next((_RIS_TYPES[kind] for kind in metadata.publication_types if kind in _RIS_TYPES), "JOUR")
    yield "ID", _one_line(document_id)
    facts = [("TI", _title(document_id, title, metadata))]
    facts += [("AU", _ris_author(name)) for name in _names(metadata)]
    facts += [("T2", metadata.journal), ("PY", str(metadata.year or "")), ("DO", metadata.doi)]
    facts += [("AN", metadata.pmid), ("C2", metadata.pmcid), ("UR", safe_url(metadata.url))]
    facts += [("LA", language) for language in metadata.languages]
    facts += [("KW", keyword) for keyword in (*(heading.name for heading in metadata.mesh), *metadata.keywords)]
    facts += [("M3", kind) for kind in metadata.publication_types]
    facts += [("N1", "RETRACTED")] if metadata.retracted else []
    yield from ((tag, line) for tag, value in facts if (line := _one_line(value)))


def _ris_author(name: Name) -> str:
    return ", ".join(filter(None, (name.last, name.fore, name.suffix))) + ("," if name.is_group else "")


def _title(document_id: str, title: str, metadata: Metadata) -> str:
    """The title, with PubMed's mark where it was retracted."""
    named = _one_line(title) or _one_line(metadata.vernacular_title) or document_id
    marked = not metadata.retracted or named.upper().startswith("RETRACTED")
    return named if marked else f"RETRACTED: {named}"


# BibTeX

_BIBTEX_TYPES = {
    "Book": "book",
    "Book Chapter": "incollection",
    "Conference Proceedings": "inproceedings",
    "Preprint": "misc",
    "Dataset": "misc",
}
_JOURNAL_FIELD = {"book": "series", "incollection": "booktitle", "inproceedings": "booktitle", "misc": "howpublished"}
_BIBTEX = {
    "\\": r"{\textbackslash}",
    "{": r"{\textbraceleft}",
    "}": r"{\textbraceright}",
    "$": r"\$",
    "&": r"\&",
    "%": r"\%",
    "#": r"\#",
    "_": r"\_",
    "~": r"{\textasciitilde}",
    "^": r"{\textasciicircum}",
    '"': r"{\textquotedbl}",
}
"""Characters that mean something to TeX. Braces as commands keep every entry balanced."""


def _bibtex(documents: Sequence[CitedDocument]) -> str:
    keys: dict[str, int] = {}
    return "\n".join(_bibtex_entry(document, keys) for document in documents)


def _bibtex_entry(document: CitedDocument, keys: dict[str, int]) -> str:
    document_id, title, metadata = document
    kind = next((_BIBTEX_TYPES[kind] for kind in metadata.publication_types if kind in _BIBTEX_TYPES), "article")
    authors = " and ".join(map(_bibtex_author, _names(metadata)))
    values = {
        "author": authors,
        # In double braces, so that styles leave the capitals of names and genes alone.
        "title": f"{{{_tex(_title(document_id, title, metadata))}}}",
        _JOURNAL_FIELD.get(kind, "journal"): _tex(metadata.journal),
        "year": str(metadata.year or ""),
        "doi": _verbatim(metadata.doi),
        "pmid": _tex(metadata.pmid),
        "pmcid": _tex(metadata.pmcid),
        "url": _verbatim(safe_url(metadata.url)),
        "keywords": _tex(", ".join(metadata.keywords)),
        "note": "RETRACTED" if metadata.retracted else "",
    }
    fields = "".join(f"  {name} = {{{value}}},\n" for name, value in values.items() if value)
    return f"@{kind}{{{_bibtex_key(document_id, keys)},\n{fields}}}\n"


def _bibtex_key(document_id: str, keys: dict[str, int]) -> str:
    """Letters, digits, hyphens of the identifier; a number after one that is there already."""
    plain = unicodedata.normalize("NFKD", document_id).encode("ascii", "ignore").decode()
    key = re.sub(r"[^A-Za-z0-9]+", "-", plain).strip("-") or "document"
    keys[key.lower()] = count = keys.get(key.lower(), 0) + 1
    return key if count == 1 else f"{key}--{count}"


def _bibtex_author(name: Name) -> str:
    if name.is_group:
        return f"{{{_tex(name.last)}}}"
    # A part in braces when it has a word that BibTeX would split names at.
    parts = [part for part in (name.last, name.suffix, name.fore) if part]
    return ", ".join(f"{{{_tex(part)}}}" if re.search(r"\band\b|,", part) else _tex(part) for part in parts)


def _verbatim(address: str) -> str:
    """A DOI or URL, which styles and programs take as it is; only what would end the field is percent-encoded."""
    return _one_line(address).translate({ord(sign): f"%{ord(sign):02X}" for sign in "{}\\"})


def _tex(text: str) -> str:
    return "".join(_BIBTEX.get(character, character) for character in _one_line(text))


# CSV

CSV_COLUMNS = (
    "document_id",
    "title",
    "authors",
    "journal",
    "year",
    "doi",
    "pmid",
    "pmcid",
    "url",
    "publication_types",
    "retracted",
)
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")


def _csv(documents: Sequence[CitedDocument]) -> str:
    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\r\n")
    writer.writerow(CSV_COLUMNS)
    for document_id, title, metadata in documents:
        row = (
            document_id,
            title,
            "; ".join(metadata.authors),
            metadata.journal,
            str(metadata.year or ""),
            metadata.doi,
            metadata.pmid,
            metadata.pmcid,
            safe_url(metadata.url),
            "; ".join(metadata.publication_types),
            "yes" if metadata.retracted else "no",
        )
        writer.writerow(map(_cell, row))
    return written.getvalue()


def _cell(value: str) -> str:
    """A cell that no spreadsheet takes for a formula: one that begins like that gets an apostrophe in front."""
    begins = value.startswith(_FORMULA) or _one_line(value).startswith(_FORMULA)
    return f"'{_one_line(value)}" if begins else _one_line(value)


# NBIB: "TI  - …", tags padded to four characters, long values go on in lines of six spaces in PubMed's own files, which
# readers join again. Here each value stands on one line, which the same readers take.


def _nbib(documents: Sequence[CitedDocument]) -> str:
    return "\r\n".join(
        "".join(f"{tag:<4}- {value}\r\n" for tag, value in _nbib_lines(*document)) for document in documents
    )


def _nbib_lines(document_id: str, title: str, metadata: Metadata) -> Iterator[tuple[str, str]]:
    """PMID first, since readers begin a record there; a document without one has its own identifier in OID."""
    yield "PMID", _one_line(metadata.pmid)
    facts = [("OID", "" if metadata.pmid else document_id), ("TI", _title(document_id, title, metadata))]
    facts += [("TT", metadata.vernacular_title)]
    for name in _names(metadata):
        facts += [("CN", name.last)] if name.is_group else _nbib_author(name)
    facts += [("LA", language) for language in metadata.languages]
    facts += [("PT", kind) for kind in metadata.publication_types or ("Journal Article",)]
    facts += [("DP", str(metadata.year or "")), ("JT", metadata.journal)]
    facts += [("MH", _heading(heading.name, heading.qualifiers, major=heading.major)) for heading in metadata.mesh]
    facts += [("OT", keyword) for keyword in metadata.keywords]
    facts += [("PMC", metadata.pmcid), ("AID", f"{metadata.doi} [doi]" if metadata.doi else "")]
    facts += [("URL", safe_url(metadata.url))]
    yield from ((tag, line) for tag, value in facts if (line := _one_line(value)))


def _nbib_author(name: Name) -> list[tuple[str, str]]:
    full = ", ".join(filter(None, (name.last, name.fore, name.suffix)))
    return [("FAU", full), ("AU", " ".join(filter(None, (name.last, name.initials, name.suffix))))]


def _heading(name: str, qualifiers: tuple[str, ...], *, major: bool) -> str:
    return "/".join((f"*{name}" if major else name, *qualifiers))


_FORMATS: dict[ExportFormat, tuple[Callable[[Sequence[CitedDocument]], str], str, str]] = {
    "ris": (_ris, "application/x-research-info-systems", "ris"),
    "bibtex": (_bibtex, "application/x-bibtex", "bib"),
    "csv": (_csv, "text/csv", "csv"),
    "nbib": (_nbib, "application/nbib", "nbib"),
}
"""Format -> what writes it, its media type, the ending of its files."""

MEDIA_TYPES = tuple(media_type for _, media_type, _ in _FORMATS.values())
