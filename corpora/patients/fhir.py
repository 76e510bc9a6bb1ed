"""FHIR R4 to patients' notes: one note for each patient, out of all resources about it.

Read are Bundles, bulk exports (a resource a line) and single resources: Patient, Encounter, Condition, Observation,
MedicationRequest (and the Medication it names), Procedure, DiagnosticReport and DocumentReference with its texts. Each
is validated with the R4B classes of ``fhir.resources`` (FHIR 4.3, which has these resources as R4 has them). Others are
counted. The patient's age is the one at the last encounter or observation, in completed years (months below two
years, days below one month): no date is kept, and none of the names, addresses and identifiers.

R4 and R4B have the same elements in these resources. R4B knows fewer types of resources, so what is contained in one is
validated only where it is read.

Messages name resources by type, file and entry or line, fields by path, and never what stands in one.
"""

import os
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from decimal import Decimal
from typing import Any

import msgspec

from corpora.errors import UsageError
from corpora.patients.demographics import age_and_sex
from corpora.patients.fhir_age import age_at, dates, introduction, other_dates
from corpora.patients.fhir_index import TYPES, FhirFile, FhirIndex, PatientPlace
from corpora.patients.fhir_references import Reference
from corpora.patients.fhir_text import reason_to_leave_out, write
from corpora.patients.fhir_values import Resource
from corpora.patients.records import Patient, Sex
from corpora.records import Skipped

_DECODER = msgspec.json.Decoder(float_hook=Decimal)  # so that 8.10 stays what the laboratory wrote
_GENDERS: dict[str, Sex] = {"female": "female", "male": "male", "other": "", "unknown": ""}
_CHOICE = re.compile(r"field value.* from this list \[[^\]]*\]")
_DIGITS = re.compile(r"\d+")
_NAME = re.compile(r"'([A-Za-z]+)'")

MOST_TOLD = 20
"""How many resources that are wrong in the same way are told one by one."""

Validate = Callable[[Resource], str]
"""From a resource to what is wrong with it, empty where nothing is."""


def read_fhir(files: Sequence[FhirFile]) -> Iterator[Patient | Skipped]:
    """The patients of the files, which are taken together: a bulk export has a file for each type of resource.

    What is left out is counted by its path, and told in the end, so that neither memory nor what is told grows with the
    mistakes in the files. Raises `UsageError` where ``fhir.resources`` is not
    installed, `SourceError` for a file that is not JSON to its end.
    """
    validate = _validator()
    left_out = _LeftOut()
    index = FhirIndex(list(files), left_out.count)
    try:
        yield from left_out.few(index.scan())
        for place, resources in index.by_patient():
            yield from left_out.few(_Reader(index, left_out, validate, place).read(resources))
    finally:
        index.close()
    yield from left_out.report(files)


class _LeftOut:
    """Counts what is left out by reason, with the first place of each."""

    def __init__(self) -> None:
        self._counts: dict[str, int] = {}
        self._first: dict[str, tuple[int, int]] = {}
        self._told: Counter[str] = Counter()
        self._more: dict[str, Skipped] = {}

    def few(self, found: Iterable[Patient | Skipped]) -> Iterator[Patient | Skipped]:
        """All but what is skipped for a reason that `MOST_TOLD` others were: those are counted."""
        for one in found:
            if isinstance(one, Skipped):
                alike = _DIGITS.sub("", one.reason)
                self._told[alike] += 1
                if self._told[alike] > MOST_TOLD:
                    self._more.setdefault(alike, one)
                    continue
            yield one

    def count(self, reason: str, file: int, record: int) -> None:
        self._counts[reason] = self._counts.get(reason, 0) + 1
        self._first.setdefault(reason, (file, record))

    def report(self, files: Sequence[FhirFile]) -> Iterator[Skipped]:
        for reason, count in sorted(self._counts.items()):
            file, record = self._first[reason]
            yield Skipped(files[file].name, record, f"{reason} (so {count:,} in all, this being the first)")
        for alike, first in sorted(self._more.items()):
            more = self._told[alike] - MOST_TOLD
            yield Skipped(first.source, first.record, f"{first.reason} (so {more:,} more, this being their first)")


class _Reader:
    """Reads one patient's resources."""

    def __init__(self, index: FhirIndex, left_out: _LeftOut, validate: Validate, place: PatientPlace) -> None:
        self._index = index
        self._left_out = left_out
        self._validate = validate
        self._place = place
        self._seen: list[str] = []
        self._otherwise: list[str] = []

    def read(self, resources: list[int]) -> Iterator[Patient | Skipped]:
        who = self._valid(self._place.at)
        if isinstance(who, Skipped):
            reason = f"{who.reason}; left out with the {len(resources):,} resources about this patient"
            yield Skipped(who.source, who.record, reason)
            return
        if self._place.contained:
            who = _contained(who, self._place.contained) or {}
            if problem := self._validate(who):
                yield Skipped(*self._index.place(self._place.at), f"contained {problem}")
                return
        paragraphs: list[str] = []
        for at in resources:
            found = self._valid(at)
            if isinstance(found, Skipped):
                yield found
            else:
                paragraphs += self._written(at, found)
        yield self._patient(who, "\n".join(paragraphs))

    def _patient(self, who: Resource, body: str) -> Patient | Skipped:
        name, number = self._index.place(self._place.at)
        if not body:
            return Skipped(name, number, "Patient has no resource about it that can be written in a note")
        age = age_at(who.get("birthDate"), self._seen or self._otherwise, who.get("deceasedDateTime"))
        gender = _GENDERS.get(who.get("gender", "unknown"))
        if gender is None:
            gender = ""
            self._tell("Patient.gender is none of female, male, other and unknown", self._place.at)
        said_age, said_sex = age_and_sex(body)
        text = "\n".join(filter(None, (introduction(age, gender), body)))
        age = said_age if age is None else age
        return Patient(self._place.patient_id, text, age, gender or said_sex, (), self._index.record(self._place.at))

    def _written(self, at: int, resource: Resource) -> tuple[str, ...]:
        try:
            return self._told(at, resource)
        except (TypeError, AttributeError, KeyError, ValueError):
            # Validation takes some values of a wrong type for the right one, such as a number for a date.
            self._tell(f"{resource['resourceType']} resources are not of the form that FHIR R4 gives them", at)
            return ()

    def _told(self, at: int, resource: Resource) -> tuple[str, ...]:
        kind = resource["resourceType"]
        if reason := reason_to_leave_out(resource):
            self._tell(reason, at)
            return ()
        self._seen += dates(resource)
        self._otherwise += other_dates(resource)
        if "encounter" in resource and kind != "Encounter":
            self._look_up(resource, at, resource["encounter"], f"{kind}.encounter")
        written = write(resource, lambda reference, path: self._look_up(resource, at, reference, path))
        for problem in written.problems:
            self._tell(problem, at)
        return written.paragraphs

    def _look_up(self, resource: Resource, at: int, reference: Resource, path: str) -> Resource | None:
        said = reference.get("reference", "")
        if said.startswith("#"):
            found = _contained(resource, said[1:])
            if found is None:
                self._tell(f"{path} refers to nothing that is contained", at)
            elif problem := self._validate(found):
                self._tell(f"contained {problem}", at)
                return None
            return found
        if not said:
            return None  # a display or an identifier alone promises no resource
        place = self._index.find(Reference(said), at, self._index.entry(at).full_url)
        if place is None:
            self._tell(f"{path} refers to nothing in the files", at)
            return None
        if self._index.kind(place) != "Medication":
            return {}  # which is read where it belongs
        medication = self._valid(place)
        if isinstance(medication, Skipped):
            self._tell(f"{path} refers to a resource that is not valid", at)
            return None
        return medication

    def _valid(self, at: int) -> Resource | Skipped:
        name, number = self._index.place(at)
        raw = self._index.entry(at).resource
        try:
            resource = _DECODER.decode(raw)
        except (msgspec.DecodeError, UnicodeError, RecursionError, ArithmeticError):
            return Skipped(name, number, f"{self._index.kind(at)} is not readable JSON")
        if not isinstance(resource, dict):
            return Skipped(name, number, f"{self._index.kind(at)} is no JSON object")
        problem = self._validate(resource)
        return Skipped(name, number, problem) if problem else _without_nulls(resource)

    def _tell(self, reason: str, at: int) -> None:
        self._left_out.count(reason, *self._index.location(at))


def _contained(resource: Resource, local: str) -> Resource | None:
    return next((part for part in resource.get("contained", ()) if part.get("id") == local), None)


def _without_nulls(value: Any) -> Any:
    """The value without what is null in it, which says no more than what is absent."""
    if isinstance(value, dict):
        return {key: _without_nulls(inner) for key, inner in value.items() if inner is not None}
    if isinstance(value, list):
        return [_without_nulls(inner) for inner in value if inner is not None]
    return value


def _validator() -> Validate:
    """What validates resources, loaded only where FHIR is read."""
    try:
        from fhir.resources.R4B import get_fhir_model_class
        from pydantic import ValidationError
    except ImportError:
        raise UsageError(
            "reading FHIR needs the package fhir.resources, which is not installed",
            remedy="pip install 'biocite[patients]'",
        ) from None

    def validate(resource: Resource) -> str:
        kind = resource.get("resourceType", "")
        if kind not in TYPES:
            return "resource is of another type than expected"
        # Those that are contained are validated where they are read: R4B refuses types that R4 had and it has not.
        contained = resource.get("contained") or []
        if not isinstance(contained, list) or not all(isinstance(part, dict) for part in contained if part is not None):
            return f"{kind}.contained is not what FHIR R4 allows there"
        try:
            get_fhir_model_class(kind).model_validate({k: v for k, v in resource.items() if k != "contained"})
        except ValidationError as error:
            found = error.errors(include_url=False, include_context=False, include_input=False)
            return _described(kind, found[0]["loc"], found[0]["type"], found[0]["msg"])
        except (ValueError, TypeError, AttributeError, KeyError, RecursionError):
            return f"{kind} is not valid as FHIR R4 defines it"
        return ""

    return validate


def _described(kind: str, place: tuple[Any, ...], fault: str, said: str) -> str:
    """Where a resource is not as it should be. The name of a field that FHIR does not have is not told."""
    known = place[:-1] if fault == "extra_forbidden" or place[-1:] == ("root",) else place
    path = kind + "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in known)
    if choice := _CHOICE.search(said):
        # "valueInteger" and "valueString" are value[x].
        path = f"{path}.{os.path.commonprefix(_NAME.findall(choice[0]))}[x]"  # noqa: RUF071
        return f"{path} is there more than once" if "multiple" in said else f"{path} is missing"
    if fault == "extra_forbidden":
        return f"{path} has a field that FHIR R4 does not define"
    return f"{path} is missing" if fault == "missing" else f"{path} is not what FHIR R4 allows there"
