"""Plain sentences out of FHIR R4 resources: "Condition: …", "Observation: Haemoglobin 8.1 g/dL (low)."

Only clinical words are written: no name, identifier, address, person or date of a resource. What a resource says was
ruled out, was not done, is possible or is over is written so, before what is meant ("Condition: no X (ruled out)."),
as readers of notes look for it there. What it says is not to be relied on is not written: see `reason_to_leave_out`.
"""

import re
from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from corpora.patients.fhir_attachments import texts
from corpora.patients.fhir_values import (
    Resource,
    Value,
    codes,
    interpretation,
    meaning_of,
    measured,
    quantity,
    value_of,
    words,
)
from corpora.text import collapse

Lookup = Callable[[Resource, str], Resource | None]
"""From a Reference and the path it stands at to the resource; None where it leads nowhere, which the callee counts."""


class Written(msgspec.Struct, frozen=True):
    """What a resource gave: `paragraphs` of the note, and `problems` (path and reason) of what could not be written."""

    paragraphs: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()


_OVER = frozenset({"inactive", "remission", "resolved"})
_POSSIBLE = frozenset({"unconfirmed", "provisional", "differential"})
_VOID = frozenset({"entered-in-error", "cancelled", "draft"})
"""What a resource of such a status says is not to be relied on."""

_NOT_YET = {
    ("Encounter", "planned"): "Encounter resources are planned, and have not taken place",
    ("Procedure", "preparation"): "Procedure resources are in preparation, and have not taken place",
    ("DocumentReference", "superseded"): "DocumentReference resources are superseded by others",
}
_PRESSURE = re.compile(r"\b(systolic|diastolic)\b", re.IGNORECASE)
_HABIT = re.compile(r"\b(?:smoking|tobacco|alcohol|drinking|pregnancy)\b.*\bstatus\b", re.IGNORECASE)
_PHRASE = re.compile(r"\w[ -]\w")
_NOT_ORDERED = frozenset({"proposal", "option"})


def reason_to_leave_out(resource: Resource) -> str:
    """Why nothing of the resource is to be told; empty where there is no reason.

    That is what was entered in error, cancelled or never in force, what is about somebody or something else than the
    patient, and what a modifier extension changes, which R4 forbids to pass over
    (https://hl7.org/fhir/R4/extensibility.html#modifierExtension).
    """
    kind, status = str(resource["resourceType"]), str(resource.get("status", ""))
    stated = {status, resource.get("docStatus")} | (codes(resource.get("verificationStatus")) & {"entered-in-error"})
    if stated & _VOID:
        return f"{kind} resources are entered in error, cancelled or drafts"
    if (kind, status) in _NOT_YET:
        return _NOT_YET[kind, status]
    if kind == "MedicationRequest" and resource.get("intent") in _NOT_ORDERED:
        return "MedicationRequest resources are proposals or options, and were not ordered"
    if kind == "Observation" and resource.get("focus"):
        return "Observation.focus names somebody or something else than the patient"
    if _is_modified(resource):
        return f"{kind}.modifierExtension changes what the resource says in a way that is not known here"
    return ""


def _is_modified(value: Any, depth: int = 0) -> bool:
    if isinstance(value, dict):
        inner: list[Any] = [part for key, part in value.items() if key != "contained" or depth]
        return bool(value.get("modifierExtension")) or any(_is_modified(part, depth + 1) for part in inner)
    return isinstance(value, list) and any(_is_modified(part, depth + 1) for part in value)


def write(resource: Resource, lookup: Lookup) -> Written:
    """The paragraphs for a resource of a type in `WRITERS`."""
    kind = resource["resourceType"]
    return WRITERS[kind](resource, lookup)


def _condition(resource: Resource, _lookup: Lookup) -> Written:
    name = words(resource.get("code"))
    if not name:
        return _unworded("Condition.code")
    verified, clinical = codes(resource.get("verificationStatus")), codes(resource.get("clinicalStatus"))
    stages = [words(stage.get("summary")) for stage in resource.get("stage", ())]
    about = [words(resource.get("severity")), *map(words, resource.get("bodySite", ())), *stages, _onset(resource)]
    if "refuted" in verified:
        name, about = f"no {name}", ["ruled out"]
    elif verified & _POSSIBLE:
        name = f"possible {name}"
    elif clinical & _OVER or (not clinical and any(field.startswith("abatement") for field in resource)):
        name, about = f"history of {name}", [*about, *sorted(clinical & _OVER)]
    return _sentence("Condition", name, about, resource)


def _onset(resource: Resource) -> str:
    age = quantity(resource.get("onsetAge"))
    return f"since the age of {age}" if age else str(resource.get("onsetString", ""))


def _observation(resource: Resource, lookup: Lookup) -> Written:
    name = measured(resource.get("code"))
    if not name:
        return _unworded("Observation.code")
    components = resource.get("component", ())
    value, about = value_of(resource), [*filter(None, map(interpretation, resource.get("interpretation", ())))]
    if pressure := _pressure(components):
        name, components = "Blood pressure", ()
        value, about = Value(pressure[0], is_number=True), [*about, *pressure[1]]
    parts, problems = _components(components)
    members, missed = _members(resource, lookup, "hasMember")
    if value.meaning == "unknown":
        value = msgspec.structs.replace(value, words="")
    remarked = (resource.get("note") or about) and not resource.get("dataAbsentReason")
    if not (value.words or any(parts) or remarked):
        problems += [] if members or resource.get("hasMember") else [_no_value(resource, value)]
        return Written(members, (*problems, *missed))
    about += [words(resource.get("bodySite"))]
    sentence = _sentence("Observation", *_valued(name, value, parts, about), resource)
    return Written((*sentence.paragraphs, *members), (*problems, *missed))


def _no_value(resource: Resource, value: Value) -> str:
    if value.meaning == "unknown":
        return "Observation.value[x] says that it is not known"
    if resource.get("dataAbsentReason"):
        return "Observation.dataAbsentReason stands in the place of a value"
    return "Observation.value[x] holds no words or number that are read"


def _valued(name: str, value: Value, parts: list[str], about: list[str]) -> tuple[str, list[str]]:
    """The name with its value, and what is added in brackets. What is denied or unsure is said so first."""
    meanings = {value.meaning, *map(meaning_of, about)}
    told = list(filter(None, parts))
    if value.words and not told and meanings == {"said"} and _HABIT.search(name) and _PHRASE.search(value.words):
        return value.words, about  # "Never smoker", not "Tobacco smoking status: Never smoker"
    if not told and meanings & {"denied", "unsure"}:
        said = f"{'no' if 'denied' in meanings else 'possible'} {name}"
        added = "" if value.words.casefold() in {"no", "none", *map(str.casefold, about)} else value.words
        return said, [added, *about]
    said = f"{name} {value.words}" if value.is_number else ": ".join(filter(None, (name, value.words)))
    return (f"{said}: {', '.join(told)}" if told else said), about


def _pressure(components: Sequence[Resource]) -> tuple[str, list[str]] | None:
    """A blood pressure as clinicians write it, ``97/60 mmHg``, and what is said of each part of it; None where none."""
    found: dict[str, Resource] = {}
    for part in components:
        if named := _PRESSURE.search(measured(part.get("code"))):
            found[named[1].casefold()] = part
    if len(components) != 2 or len(found) != 2:
        return None
    high, low = (quantity(found[name].get("valueQuantity")).partition(" ") for name in ("systolic", "diastolic"))
    if not (high[0].replace(".", "").isdigit() and low[0].replace(".", "").isdigit() and high[2] == low[2]):
        return None
    said = [f"{name} {interpretation(one)}" for name, part in found.items() for one in part.get("interpretation", ())]
    return " ".join(filter(None, (f"{high[0]}/{low[0]}", high[2]))), said


def _components(components: Sequence[Resource]) -> tuple[list[str], list[str]]:
    """The components in words, and what is wrong with those that have none."""
    parts, problems = [], []
    for number, part in enumerate(components):
        said, problem = _component(part)
        parts.append(said)
        problems += [f"Observation.component[{number}] {problem}"] if problem else []
    return parts, problems


def _component(part: Resource) -> tuple[str, str]:
    """A component in words, or why there are none."""
    name, value = measured(part.get("code")), value_of(part)
    if not name:
        return "", "has no words for its code"
    if not value.words or value.meaning == "unknown":
        return "", "has no value that is read"
    said, about = _valued(name, value, [], [*filter(None, map(interpretation, part.get("interpretation", ())))])
    told = ", ".join(filter(None, about))
    return f"{said}{f' ({told})' if told else ''}", ""


def _members(resource: Resource, lookup: Lookup, field: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What the Observations say that `field` refers to and the resource contains; others are read by themselves."""
    paragraphs: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
    kind = resource["resourceType"]
    for number, reference in enumerate(resource.get(field, ())):
        found = lookup(reference, f"{kind}.{field}[{number}]")
        if not reference.get("reference", "").startswith("#") or not found:
            continue
        if found.get("resourceType") != "Observation":
            continue
        if reason := _reason_not_to_join(found, resource):
            problems += (reason,)
            continue
        # A contained resource has none inside it (R4, dom-2): its own members lead nowhere new.
        inner = _observation({key: part for key, part in found.items() if key != "hasMember"}, lookup)
        paragraphs, problems = (*paragraphs, *inner.paragraphs), (*problems, *inner.problems)
    return paragraphs, problems


def _reason_not_to_join(found: Resource, resource: Resource) -> str:
    subjects = [(one.get("subject") or {}).get("reference") for one in (found, resource)]
    if subjects[0] not in {None, subjects[1]}:
        return "contained Observation.subject is another one than that of the resource around it"
    return reason_to_leave_out(found)


def _medication(resource: Resource, lookup: Lookup) -> Written:
    name = words(resource.get("medicationCodeableConcept"))
    if not name and "medicationReference" in resource:
        reference = resource["medicationReference"]
        found = lookup(reference, "MedicationRequest.medicationReference")
        name = (_product(found) if found else "") or collapse(str(reference.get("display", "")))
    if not name:
        return _unworded("MedicationRequest.medication[x]")
    about = [collapse(str(dose.get("text", ""))) for dose in resource.get("dosageInstruction", ())]
    about += [words(reason) for reason in resource.get("reasonCode", ())]
    status = resource.get("status", "")
    if resource.get("doNotPerform"):
        return _sentence("Medication", f"no {name}", ["not to be given"], resource)
    over = status in {"stopped", "completed"}
    about.append(status if over or status == "on-hold" else "")
    return _sentence("Medication", f"history of {name}" if over else name, about, resource)


def _product(medication: Resource) -> str:
    """The name of a Medication, or those of what it is made of."""
    made_of = [words(part.get("itemCodeableConcept")) for part in medication.get("ingredient", ())]
    return words(medication.get("code")) or " and ".join(filter(None, made_of))


def _procedure(resource: Resource, _lookup: Lookup) -> Written:
    name = words(resource.get("code"))
    if not name:
        return _unworded("Procedure.code")
    status = resource.get("status", "")
    if status == "not-done":
        return _sentence("Procedure", f"no {name}", ["not done", words(resource.get("statusReason"))], resource)
    about = [words(part) for field in ("bodySite", "reasonCode", "complication") for part in resource.get(field, ())]
    about += [words(resource.get("outcome")), status if status in {"stopped", "on-hold"} else ""]
    return _sentence("Procedure", name, about, resource)


def _report(resource: Resource, lookup: Lookup) -> Written:
    results, missed = _members(resource, lookup, "result")
    name = words(resource.get("code"))
    conclusion = [collapse(str(resource.get("conclusion", "")))]
    conclusion += [words(code) for code in resource.get("conclusionCode", ())]
    said = "; ".join(part.rstrip(".") for part in conclusion if part)
    told, problems = texts(resource.get("presentedForm", ()), "DiagnosticReport.presentedForm[{}]")
    if not said and not told:
        return Written(results, (*problems, *missed))
    first = ". ".join(filter(None, (f"Report: {name}" if name else "Report", f"Conclusion: {said}" if said else "")))
    return Written((_ended(first), *told, *results), (*problems, *missed))


def _document(resource: Resource, _lookup: Lookup) -> Written:
    attachments = [content.get("attachment", {}) for content in resource.get("content", ())]
    told, problems = texts(attachments, "DocumentReference.content[{}].attachment")
    name = words(resource.get("type")) or collapse(str(resource.get("description", "")))
    return Written((_ended(f"Document: {name}"), *told) if told and name else tuple(told), tuple(problems))


def _encounter(resource: Resource, _lookup: Lookup) -> Written:
    kinds = [words(kind) for kind in resource.get("type", ())]
    reasons = [words(reason) for reason in resource.get("reasonCode", ())]
    said = ", ".join(filter(None, kinds))
    why = ", ".join(filter(None, reasons))
    if not said and not why:
        return Written()
    return Written((_ended("Encounter: " + ", for ".join(filter(None, (said, why)))),))


WRITERS: dict[str, Callable[[Resource, Lookup], Written]] = {
    "Condition": _condition,
    "Observation": _observation,
    "MedicationRequest": _medication,
    "Procedure": _procedure,
    "DiagnosticReport": _report,
    "DocumentReference": _document,
    "Encounter": _encounter,
}
"""How each type of resource that tells of a patient is written."""


def _unworded(path: str) -> Written:
    return Written((), (f"{path} has no words: neither a text nor a code's display",))


def _sentence(label: str, name: str, about: list[str], resource: Resource) -> Written:
    told = ", ".join(dict.fromkeys(part for part in map(collapse, about) if part))
    notes = [collapse(str(note.get("text", ""))) for note in resource.get("note", ())]
    said = f"{label}: {name}{f' ({told})' if told else ''}"
    return Written((" ".join([_ended(said), *(_ended(f"Note: {note}") for note in notes if note)]),))


def _ended(sentence: str) -> str:
    return sentence if sentence.endswith((".", "!", "?")) else f"{sentence}."
