"""Checking an answer against the index: every quotation byte for byte, by offset and by hash."""

import msgspec

from corpora.errors import NotFoundError, UsageError
from corpora.records import Document, text_sha256
from indexer.store import Store
from reader.records import Status


class Quotation(msgspec.Struct):
    """The part of an evidence that is checked; an answer may carry more."""

    document_id: str
    start: int
    end: int
    text: str
    sha256: str


class _Context(msgspec.Struct):
    start: int
    end: int
    text: str


class _Evidence(Quotation):
    context: _Context | None = None


class _Item(msgspec.Struct):
    text: str
    evidence: list[_Evidence]


class _Answer(msgspec.Struct):
    answers: list[_Item]
    status: Status = "answered"
    index_id: str = ""


class _NoteAnswer(_Item):
    status: Status


class _Asked(msgspec.Struct):
    answers: list[_NoteAnswer]


class _Similar(msgspec.Struct):
    """What ``similar --json`` prints where questions were asked; the notes that say nothing are no answers."""

    questions: list[_Asked]

    def answer(self) -> _Answer:
        said = [item for asked in self.questions for item in asked.answers if item.status == "answered"]
        return _Answer(list(said), "answered" if said else "insufficient_evidence")


class Finding(msgspec.Struct, frozen=True):
    """One thing checked. `problem` is empty where it holds; else it says what was found and what was expected."""

    answer: int
    evidence: int
    document_id: str
    problem: str = ""


class Verification(msgspec.Struct, frozen=True):
    """The outcome: `verified` only if every check of every evidence held."""

    verified: bool
    answers: int
    evidence: int
    status: str
    findings: tuple[Finding, ...]
    index_id: str


def verify_answer(encoded: bytes, store: Store, index_id: str, *, source: str = "answer") -> Verification:
    """Check an `ask --json` answer, or what patients' notes said in `similar --json`.

    UsageError if it is neither; what does not hold is a finding, not an error.
    """
    try:
        decoded = msgspec.json.decode(encoded, type=dict[str, msgspec.Raw])
        of_notes = "questions" in decoded and "answers" not in decoded
        answer = (
            msgspec.json.decode(encoded, type=_Similar).answer()
            if of_notes
            else msgspec.json.decode(encoded, type=_Answer)
        )
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        raise UsageError(f"{source}: not an answer ({error})", remedy="Give what biocite ask --json printed") from error
    findings = tuple(_check(answer, store))
    return Verification(
        verified=not any(finding.problem for finding in findings),
        answers=len(answer.answers),
        evidence=sum(len(item.evidence) for item in answer.answers),
        status=answer.status,
        findings=findings,
        index_id=index_id,
    )


def _check(answer: _Answer, store: Store) -> list[Finding]:
    findings = []
    if answer.status == "answered" and not answer.answers:
        findings.append(Finding(0, 0, "", "the status is answered but there is no answer"))
    for number, item in enumerate(answer.answers, start=1):
        if not item.evidence:
            findings.append(Finding(number, 0, "", "the answer has no evidence"))
        elif item.text != item.evidence[0].text:
            findings.append(Finding(number, 1, item.evidence[0].document_id, "the answer is not its evidence's text"))
        for place, evidence in enumerate(item.evidence, start=1):
            findings.append(Finding(number, place, evidence.document_id, _problem(evidence, store)))
    return findings


def _problem(evidence: _Evidence, store: Store) -> str:
    try:
        document = store.document(evidence.document_id)
    except NotFoundError:
        return "the document is not in this index"
    found = text_sha256(document.text)
    if found != evidence.sha256:
        return f"the document's text has sha256 {found}, the evidence says {evidence.sha256}"
    problem = _span_problem(document, evidence.start, evidence.end, evidence.text)
    if not problem and evidence.context is not None:
        context = evidence.context
        problem = _span_problem(document, context.start, context.end, context.text)
        if not problem and not context.start <= evidence.start <= evidence.end <= context.end:
            problem = "the sentence given does not hold the quotation"
    return problem


def _span_problem(document: Document, start: int, end: int, text: str) -> str:
    if not 0 <= start < end <= len(document.text):
        return f"span [{start}, {end}) does not lie in the document's {len(document.text)} characters"
    found = document.text[start:end]
    if found.encode() != text.encode():
        return f"[{start}, {end}) reads {found[:80]!r}, the evidence says {text[:80]!r}"
    return ""
