"""The records of patients: `Patient`, `Facet` and `Timing`."""

from typing import Literal

import msgspec

from corpora.records import Span

FacetKind = Literal["finding", "condition", "drug", "procedure", "lab"]
Assertion = Literal["present", "absent", "possible", "family", "past"]
Sex = Literal["", "female", "male"]
TimingKind = Literal["onset", "duration", "offset", "after", "age", "gestation", "year", "course", "date"]


class Timing(msgspec.Struct, frozen=True):
    """When something was, or for how long: `note[span]` is `text`, and `low` to `high` what that amounts to.

    | kind | `low` to `high` | example |
    |---|---|---|
    | onset | days from presentation, at most 0; it began then | "since yesterday": -1 to -1 |
    | offset | days from presentation, or from what was told before | "two weeks later": 14 to 14 |
    | after | days from another event, such as an operation; negative before it | "POD#3": 3 to 3 |
    | duration | days that it went on | "for 2-3 days": 2 to 3 |
    | course | the same, where only a word says it | "chronic": 90 or more |
    | age | years of life | "at age 12": 12 to 12 |
    | gestation | completed weeks of pregnancy | "32 weeks' gestation": 32 to 32 |
    | year | calendar years | "in 2015": 2015 to 2015 |
    | date | None: a masked date says only that there was one | "[DATE]" |

    Where one end is None, there is no limit. A month is 365.25 / 12 days.
    """

    kind: TimingKind
    low: float | None
    high: float | None
    span: Span
    text: str


class Facet(msgspec.Struct, frozen=True):
    """Something said of a patient: `note[span]` is `text`, `term` its normalised name, such as ``chest pain``.

    `assertion` is what is said of it: present, absent ("denies chest pain"), possible, of the family, or past. A lab
    has its `value` in `unit` where the note gives them, anything its `timing` where the note says when it was.
    """

    kind: FacetKind
    term: str
    span: Span
    text: str
    assertion: Assertion = "present"
    value: float | None = None
    unit: str = ""
    timing: Timing | None = None


class Patient(msgspec.Struct, frozen=True):
    """One patient's note. `age` is in years, None where unknown; `source` names the file and record it came from."""

    patient_id: str
    text: str
    age: float | None = None
    sex: Sex = ""
    facets: tuple[Facet, ...] = ()
    source: str = ""
