"""Patients out of published case reports: the sections of kind ``case`` in articles of PMC.

A section is of that kind where its heading says so ("Case presentation"), and in an article whose type is case report
unless its heading says otherwise. The case sections of an article are one patient, ``PMC:123#case1``, or several where
their headings number them ("Case 1", "Patient two"). Consent, ethics and the like are no part of a case, and a section
that tells nobody's age is none: under "Clinical cases" stand also subsamples, vignettes and figures.
"""

import re
from collections.abc import Iterator

from corpora.jats_body import PATH
from corpora.patients.demographics import age_and_sex
from corpora.patients.records import Patient
from corpora.records import Document, Section, Skipped
from corpora.sources import SourceFile, read_source

_NUMBERED = re.compile(
    r"(?:clinical |index |our )?(?:cases?|patients?)(?: (?:reports?|presentations?|no\.?|number|n°|#))*[\s:.#-]*"
    r"(?P<number>\d{1,2}|[ivx]{1,5}|one|two|three|four|five|six|seven|eight|nine|ten)\b",
    re.IGNORECASE,
)
_ORDINAL = re.compile(r"(?P<number>first|second|third|fourth|fifth) (?:case|patient)\b", re.IGNORECASE)
_NO_CASE = re.compile(
    r"(?:informed |written |patient )*consent|ethic|abbreviation|funding|acknowledg|competing|conflict|disclosure"
    r"|author|data availab|learning points|take-?home|supplement|references?\b|literature (?:search|review)"
    r"|search strategy",
    re.IGNORECASE,
)


def read_cases(file: SourceFile) -> Iterator[Patient | Skipped]:
    """The patients of the articles in a file or bundle, with a count of the articles that describe none."""
    articles = without = 0
    for record in read_source(file):
        if isinstance(record, Skipped):
            yield record
        elif isinstance(record, Document):
            articles += 1
            patients = cases_of(record)
            without += not patients
            yield from patients
    if without:
        yield Skipped(
            file.name, articles, f"{without:,} of {articles:,} articles have no case section that tells a patient's age"
        )


def cases_of(document: Document) -> list[Patient]:
    """The patients of an article, in its order. Age and sex are what the sections' first sentences say.

    Cases are numbered as the article numbers them, also where one that tells no age is left out.
    """
    parts: dict[str, list[str]] = {}
    for section in document.sections:
        if section.kind == "case" and not _NO_CASE.match(section.name.rpartition(PATH)[2]):
            parts.setdefault(_number(section), []).append(section.span.of(document.text))
    if len(parts) > 1 and "" in parts and age_and_sex("\n".join(parts[""]))[0] is None:
        del parts[""]  # what introduces or compares the numbered cases
    patients = (_patient(document, number, "\n\n".join(texts)) for number, texts in enumerate(parts.values(), 1))
    return [patient for patient in patients if patient.age is not None]


def case_in_abstract(document: Document) -> Patient | None:
    """The patient that the abstract of a case report introduces with an age, under ``PMID:123#abstract``; else None.

    For articles of which only the abstract is at hand. `iter_patients` does not call it: an abstract tells less of a
    patient than a note does, and much that is of no patient.
    """
    text = report_in_abstract(document)
    age, sex = age_and_sex(text)
    return None if age is None else Patient(f"{document.document_id}#abstract", text, age, sex, (), document.source)


def report_in_abstract(document: Document) -> str:
    """The abstract of a case report of PubMed without its title; empty where it has none or is no case report."""
    if "Case Reports" not in document.metadata.publication_types:
        return ""
    return "\n".join(part.span.of(document.text) for part in document.sections if part.kind != "title")


def _patient(document: Document, number: int, text: str) -> Patient:
    age, sex = age_and_sex(text)
    return Patient(f"{document.document_id}#case{number}", text, age, sex, (), document.source)


def _number(section: Section) -> str:
    """The number that the headings give a case; empty where they give none."""
    for heading in section.name.split(PATH):
        match = _NUMBERED.match(heading) or _ORDINAL.search(heading)
        if match:
            return match["number"].casefold()
    return ""
