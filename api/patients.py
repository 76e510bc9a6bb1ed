"""Similar patients for people and programs: a note in, its identifiers removed, patients with reasons out.

Nothing of a note is kept: no record, no cache, and in the audit log nothing but that somebody asked and whom was shown.
"""

from collections.abc import Sequence
from typing import Annotated

import msgspec

from api.requests import Question
from corpora.deidentification import Masked
from corpora.errors import UsageError
from corpora.patients.demographics import age_and_sex
from corpora.patients.records import Patient, Sex
from corpora.text import PARAGRAPH_BREAK, collapse, require_text
from indexer.patients.building import OLDEST
from indexer.patients.facets import facets_of
from indexer.patients.tagging import deidentified
from reader.note_questions import NotesAnswer
from retriever.patients.comparison import Entry
from retriever.patients.similar import PatientFilters, SimilarPatient

MAX_NOTE_CHARACTERS = 200_000
MAX_QUESTIONS = 5


class PatientRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A patient's note. Age and sex are told from it where they are not given.

    `ages` leaves out patients who are younger or older, `same_sex` those of the other sex, and with each those of whom
    it is not known. `questions` are asked of the note of each patient found.
    """

    note: Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_NOTE_CHARACTERS)]
    k: Annotated[int, msgspec.Meta(ge=1, le=100)] = 10
    age: Annotated[float, msgspec.Meta(ge=0, le=150)] | None = None
    sex: Sex = ""
    ages: tuple[float, float] | None = None
    same_sex: bool = False
    questions: Annotated[
        tuple[Question, ...],
        msgspec.Meta(
            max_length=MAX_QUESTIONS,
            description="Asked of the first 20 patients' notes, which answer with their own sentences or say nothing",
            examples=[["What treatment was given?", "What was the outcome?"]],
        ),
    ] = ()


class MaskedPart(msgspec.Struct, frozen=True):
    """An identifier that was removed from the note: its kind, and where it stood in the note as it was sent."""

    kind: str
    start: int
    end: int


class PatientHit(msgspec.Struct, frozen=True):
    """A similar patient. The contributions of `matches` and `differences` and the `text_score` add up to `score`."""

    rank: int
    score: float
    text_score: float
    patient_id: str
    age: float | None
    sex: Sex
    matches: tuple[Entry, ...]
    differences: tuple[Entry, ...]
    unknown: tuple[Entry, ...]
    text: str


class SimilarResponse(msgspec.Struct, frozen=True):
    """The patients most like the one of the note, best first.

    `note` is the note as it was compared, identifiers masked: spans of the query refer to it. `index_id` names the
    index of patients. `questions` are those that were asked, each with what the notes of these patients say to it.
    """

    patients: tuple[PatientHit, ...]
    masked: tuple[MaskedPart, ...]
    note: str
    age: float | None
    sex: Sex
    timings_ms: dict[str, float]
    index_id: str
    questions: tuple[NotesAnswer, ...] = ()


def patient_of(request: PatientRequest) -> tuple[Patient, tuple[MaskedPart, ...]]:
    """The patient of a request, identifiers masked and facets found, and what was masked."""
    require_text(request.note, "the note")
    if not any(map(str.isalnum, request.note)):
        raise UsageError("the note is empty: it has no letter and no digit", remedy="Give the patient's note")
    age, sex = age_and_sex(request.note)
    removed = deidentified(request.note)
    text = PARAGRAPH_BREAK.join(filter(None, map(collapse, removed.text.splitlines())))
    age = request.age if request.age is not None else age
    patient = Patient(
        "", text, None if age is None else min(age, OLDEST), request.sex or sex, facets_of(text), "the note"
    )
    return patient, tuple(map(_masked_part, removed.masked))


def said_of(patient: Patient) -> str:
    """The note without the words of what it denies, or says of the family: literature on those bears on others."""
    parts, position = [], 0
    for facet in patient.facets:
        if facet.assertion in ("absent", "family") and facet.span.start >= position:
            parts.append(patient.text[position : facet.span.start])
            position = facet.span.end
    said = "".join((*parts, patient.text[position:]))
    return said if any(map(str.isalnum, said)) else patient.text


def filters_of(request: PatientRequest, patient: Patient) -> PatientFilters:
    """Whom the request leaves out; UsageError for ages that no one can have."""
    if request.ages is not None and not 0 <= request.ages[0] <= request.ages[1]:
        raise UsageError(f"ages {list(request.ages)} are none", remedy="Give the youngest age and the oldest")
    if request.same_sex and not patient.sex:
        raise UsageError("the patient's sex is not known", remedy="Give it, or leave same_sex out")
    return PatientFilters(request.ages, patient.sex if request.same_sex else "")


def patient_hits(found: Sequence[SimilarPatient]) -> tuple[PatientHit, ...]:
    """Patients as they are shown."""
    return tuple(
        PatientHit(
            rank=one.rank,
            score=one.score,
            text_score=one.text_score,
            patient_id=one.facts.patient_id,
            age=one.facts.age,
            sex=one.facts.sex,
            matches=one.comparison.matches,
            differences=one.comparison.differences,
            unknown=one.comparison.unknown,
            text=one.text,
        )
        for one in found
    )


def _masked_part(masked: Masked) -> MaskedPart:
    return MaskedPart(masked.kind, masked.original_span.start, masked.original_span.end)
