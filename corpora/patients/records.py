"""The records of patients: `Patient` and `Facet`."""

from typing import Literal

import msgspec

from corpora.records import Span

FacetKind = Literal["finding", "condition", "drug", "procedure", "lab"]
Assertion = Literal["present", "absent", "possible", "family", "past"]
Sex = Literal["", "female", "male"]


class Facet(msgspec.Struct, frozen=True):
    """Something said of a patient: `note[span]` is `text`, `term` its normalised name, such as ``chest pain``.

    `assertion` is what is said of it: present, absent ("denies chest pain"), possible, of the family, or past. A lab
    has its `value` in `unit` where the note gives them.
    """

    kind: FacetKind
    term: str
    span: Span
    text: str
    assertion: Assertion = "present"
    value: float | None = None
    unit: str = ""


class Patient(msgspec.Struct, frozen=True):
    """One patient's note. `age` is in years, None where unknown; `source` names the file and record it came from."""

    patient_id: str
    text: str
    age: float | None = None
    sex: Sex = ""
    facets: tuple[Facet, ...] = ()
    source: str = ""
