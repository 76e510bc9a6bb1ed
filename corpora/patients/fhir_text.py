"""Plain sentences out of FHIR R4 resources: "Condition: …", "Observation: Haemoglobin 8.1 g/dL (low)."

Only clinical words are written: no name, identifier, address, person or date of a resource. What a resource says was
ruled out, is possible or is over is written so ("Condition: no X (ruled out)."), that readers of notes may see it.
"""

import base64
import binascii
import re
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from typing import Any

import msgspec

from corpora.patients.notes import clean
from corpora.text import collapse

Resource = dict[str, Any]
"""A resource as JSON says it, after validation."""

Lookup = Callable[[Resource, str], Resource | None]
"""From a Reference and the path it stands at to the resource; None where it leads nowhere, which the callee counts."""


class Written(msgspec.Struct, frozen=True):
    """What a resource gave: `paragraphs` of the note, and `problems` (path and reason) of what could not be written."""

    paragraphs: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()


_INTERPRETATIONS = {
    "H": "high",
    "HH": "critically high",
    "L": "low",
    "LL": "critically low",
    "N": "normal",
    "A": "abnormal",
    "AA": "critically abnormal",
    "POS": "positive",
    "NEG": "negative",
    "R": "resistant",
    "S": "susceptible",
    "I": "intermediate",
}
_OVER = frozenset({"inactive", "remission", "resolved"})
_POSSIBLE = frozenset({"unconfirmed", "provisional", "differential"})
_VOID = frozenset({"entered-in-error", "cancelled", "draft"})
"""What a resource of such a status says is not to be relied on."""

_TEXTS = re.compile(r"(?:text/|application/xhtml\+xml)", re.IGNORECASE)
_CHARSET = re.compile(r"""charset\s*=\s*["']?([\w.:-]+)""", re.IGNORECASE)
_BLOCKS = frozenset(
    ("p", "div", "br", "tr", "li", "h1", "h2", "h3", "h4", "h5", "h6", "table", "ul", "ol", "section", "pre")
)
_UNSEEN = frozenset(("script", "style", "head", "title"))


def is_void(resource: Resource) -> bool:
    """Whether the resource was entered in error, cancelled or never in force."""
    return resource.get("status") in _VOID or "entered-in-error" in _codes(resource.get("verificationStatus"))


def write(resource: Resource, lookup: Lookup) -> Written:
    """The paragraphs for a resource of a type in `WRITERS`."""
    kind = resource["resourceType"]
    return WRITERS[kind](resource, lookup)


def _condition(resource: Resource, _lookup: Lookup) -> Written:
    name = words(resource.get("code"))
    if not name:
        return _unworded("Condition.code")
    verified, clinical = _codes(resource.get("verificationStatus")), _codes(resource.get("clinicalStatus"))
    about = [words(resource.get("severity")), *map(words, resource.get("bodySite", ())), _onset(resource)]
    if "refuted" in verified:
        name, about = f"no {name}", ["ruled out"]
    elif verified & _POSSIBLE:
        name = f"possible {name}"
    elif clinical & _OVER:
        name, about = f"history of {name}", [*about, *sorted(clinical & _OVER)]
    return _sentence("Condition", name, about, resource)


def _onset(resource: Resource) -> str:
    age = quantity(resource.get("onsetAge"))
    return f"since the age of {age}" if age else str(resource.get("onsetString", ""))


def _observation(resource: Resource, _lookup: Lookup) -> Written:
    name = words(resource.get("code"))
    parts = [_component(part) for part in resource.get("component", ())]
    value = value_of(resource)
    if not name:
        return _unworded("Observation.code")
    if not value and not any(parts) and not resource.get("note"):
        return Written((), ("Observation.value[x] holds no words or number that are read",))
    about = [*filter(None, map(_interpretation, resource.get("interpretation", ())))]
    said = " ".join(filter(None, (name, value)))
    if any(parts):
        said = f"{said}: {', '.join(filter(None, parts))}"
    return _sentence("Observation", said, about, resource)


def _component(part: Resource) -> str:
    name, value = words(part.get("code")), value_of(part)
    about = ", ".join(filter(None, map(_interpretation, part.get("interpretation", ()))))
    return f"{name} {value}{f' ({about})' if about else ''}" if name and value else ""


def _interpretation(concept: Resource) -> str:
    known = [_INTERPRETATIONS[code] for code in sorted(_codes(concept)) if code in _INTERPRETATIONS]
    return known[0] if known else words(concept).casefold()


def value_of(resource: Resource) -> str:
    """The value of an Observation or a component of one: ``8.1 g/dL``, ``: positive``, ``: no``."""
    amount = quantity(resource.get("valueQuantity"))
    if amount:
        return amount
    for name in ("valueInteger", "valueString"):
        if name in resource:
            return f": {collapse(str(resource[name]))}" if name == "valueString" else str(resource[name])
    if "valueBoolean" in resource:
        return ": yes" if resource["valueBoolean"] else ": no"
    if "valueCodeableConcept" in resource:
        said = words(resource["valueCodeableConcept"])
        return f": {said}" if said else ""
    if "valueRange" in resource:
        return " to ".join(filter(None, (quantity(resource["valueRange"].get(end)) for end in ("low", "high"))))
    if "valueRatio" in resource:
        ends = [quantity(resource["valueRatio"].get(end)) for end in ("numerator", "denominator")]
        return "/".join(ends) if all(ends) else ""
    return ""


def quantity(value: Resource | None) -> str:
    """A Quantity such as ``< 0.5 ng/mL``; empty where it has no number."""
    if not value or "value" not in value:
        return ""
    return " ".join(
        filter(None, (value.get("comparator"), str(value["value"]), value.get("unit") or value.get("code")))
    )


def _medication(resource: Resource, lookup: Lookup) -> Written:
    name = words(resource.get("medicationCodeableConcept"))
    if not name and "medicationReference" in resource:
        reference = resource["medicationReference"]
        found = lookup(reference, "MedicationRequest.medicationReference")
        name = words(found.get("code")) if found else collapse(str(reference.get("display", "")))
    if not name:
        return _unworded("MedicationRequest.medication[x]")
    about = [collapse(str(dose.get("text", ""))) for dose in resource.get("dosageInstruction", ())]
    about += [words(reason) for reason in resource.get("reasonCode", ())]
    status = resource.get("status", "")
    label = "Medication not to be given" if resource.get("doNotPerform") else "Medication"
    return _sentence(label, name, [*about, status if status in {"stopped", "completed", "on-hold"} else ""], resource)


def _procedure(resource: Resource, _lookup: Lookup) -> Written:
    name = words(resource.get("code"))
    if not name:
        return _unworded("Procedure.code")
    about = [words(part) for field in ("bodySite", "reasonCode", "complication") for part in resource.get(field, ())]
    about.append(words(resource.get("outcome")))
    label = "Procedure not done" if resource.get("status") == "not-done" else "Procedure"
    return _sentence(label, name, about, resource)


def _report(resource: Resource, lookup: Lookup) -> Written:
    for number, result in enumerate(resource.get("result", ())):
        lookup(result, f"DiagnosticReport.result[{number}]")  # its words are the Observation's own
    name = words(resource.get("code"))
    conclusion = [collapse(str(resource.get("conclusion", "")))]
    conclusion += [words(code) for code in resource.get("conclusionCode", ())]
    said = "; ".join(part.rstrip(".") for part in conclusion if part)
    texts, problems = _texts(resource.get("presentedForm", ()), "DiagnosticReport.presentedForm[{}]")
    if not said and not texts:
        return Written((), tuple(problems))
    first = ". ".join(filter(None, (f"Report: {name}" if name else "Report", f"Conclusion: {said}" if said else "")))
    return Written((_ended(first), *texts), tuple(problems))


def _document(resource: Resource, _lookup: Lookup) -> Written:
    attachments = [content.get("attachment", {}) for content in resource.get("content", ())]
    texts, problems = _texts(attachments, "DocumentReference.content[{}].attachment")
    name = words(resource.get("type")) or collapse(str(resource.get("description", "")))
    return Written((_ended(f"Document: {name}"), *texts) if texts and name else tuple(texts), tuple(problems))


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


def words(concept: Resource | None) -> str:
    """The words of a CodeableConcept: its text, or the first name that a code has in it; never a bare code."""
    if not concept:
        return ""
    names = [concept.get("text"), *(coding.get("display") for coding in concept.get("coding", ()))]
    return next((collapse(name) for name in names if name and name.strip()), "")


def _codes(concept: Resource | None) -> set[str]:
    return {coding["code"] for coding in (concept or {}).get("coding", ()) if "code" in coding}


def _unworded(path: str) -> Written:
    return Written((), (f"{path} has no words: neither a text nor a code's display",))


def _sentence(label: str, name: str, about: list[str], resource: Resource) -> Written:
    told = ", ".join(part for part in map(collapse, about) if part)
    notes = [collapse(str(note.get("text", ""))) for note in resource.get("note", ())]
    said = f"{label}: {name.replace(' :', ':')}{f' ({told})' if told else ''}"
    return Written((" ".join([_ended(said), *(_ended(f"Note: {note}") for note in notes if note)]),))


def _ended(sentence: str) -> str:
    return sentence if sentence.endswith((".", "!", "?")) else f"{sentence}."


def _texts(attachments: Any, path: str) -> tuple[list[str], list[str]]:
    texts, problems = [], []
    for number, attachment in enumerate(attachments):
        text, problem = _attached(attachment)
        if text:
            texts.append(text)
        if problem:
            problems.append(f"{path.format(number)} {problem}")
    return texts, problems


def _attached(attachment: Resource) -> tuple[str, str]:
    """The text of an Attachment, or why there is none."""
    kind = attachment.get("contentType", "text/plain")
    if not _TEXTS.match(kind):
        return "", "is no text, and not read"
    if not attachment.get("data"):
        return "", "holds no data; a document elsewhere is not fetched"
    charset = _CHARSET.search(kind)
    try:
        # FHIR allows white space in base64.
        data = base64.b64decode("".join(str(attachment["data"]).split()), validate=True)
        text = data.decode(charset[1] if charset else "utf-8-sig")
    except (binascii.Error, ValueError, LookupError):
        return "", "is not base64 of a text in the character set it names (UTF-8 where none)"
    return (clean(text) if kind.startswith("text/plain") else _plain(text)), ""


class _Words(HTMLParser):
    """Collects what a reader of a page sees, with a line for each block."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.lines: list[list[str]] = [[]]
        self._unseen = 0

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self._unseen += tag in _UNSEEN
        if tag in _BLOCKS:
            self.lines.append([])

    def handle_endtag(self, tag: str) -> None:
        self._unseen = max(0, self._unseen - (tag in _UNSEEN))
        if tag in _BLOCKS:
            self.lines.append([])

    def handle_data(self, data: str) -> None:
        if not self._unseen:
            self.lines[-1].append(data)


def _plain(page: str) -> str:
    parser = _Words()
    parser.feed(page)
    parser.close()
    return clean("\n".join(filter(None, (collapse("".join(line)) for line in parser.lines))))


def dates(resource: Resource) -> Iterator[str]:
    """The dates at which the patient was seen or examined, as FHIR writes them."""
    kind = resource["resourceType"]
    if kind == "Encounter" and resource.get("status") not in {"planned", "cancelled"}:
        yield from _ends(resource.get("period"))
    elif kind == "Observation":
        yield from (resource[name] for name in ("effectiveDateTime", "effectiveInstant", "issued") if name in resource)
        yield from _ends(resource.get("effectivePeriod"))


def other_dates(resource: Resource) -> Iterator[str]:
    """The dates of a resource that tell the patient's age only where no visit and no observation does."""
    names = ("recordedDate", "performedDateTime", "effectiveDateTime", "issued", "date", "authoredOn")
    yield from (resource[name] for name in names if isinstance(resource.get(name), str))
    for name in ("performedPeriod", "effectivePeriod"):
        yield from _ends(resource.get(name))


def _ends(period: Resource | None) -> Iterator[str]:
    yield from ((period or {})[name] for name in ("start", "end") if name in (period or {}))
