"""Similar patients for people to read."""

from collections.abc import Mapping, Sequence

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from api.access.printable import printable
from api.patients import PatientHit, SimilarResponse
from reader.note_questions import NotesAnswer
from retriever.patients.comparison import Entry, Quote


def render_patients(response: SimilarResponse) -> None:
    """A table for each patient: what matches, what differs, what is unknown, with the words of both notes."""
    console = Console(highlight=False)
    masked = len(response.masked)
    console.print(f"{masked} identifier{'s' * (masked != 1)} masked in the note; {_who(response.age, response.sex)}")
    for patient in response.patients:
        console.print(_table(patient))
    if not response.patients:
        console.print("No similar patient found.")
    ranks = {patient.patient_id: patient.rank for patient in response.patients}
    for asked in response.questions:
        console.print(_said_table(asked, ranks))


def _said_table(asked: NotesAnswer, ranks: Mapping[str, int]) -> Table:
    """What each patient's note says to a question, in its own words."""
    saying = sum(answer.status == "answered" for answer in asked.answers)
    title = f"{asked.question} ({saying} of {len(asked.answers)} notes say)"
    table = Table(title=escape(printable(title)), title_justify="left", show_lines=True)
    for head in ("", "patient", "what the note says"):
        table.add_column(head)
    for answer in asked.answers:
        quoted = [f"“{printable(evidence.text)}” ({evidence.score:.2f})" for evidence in answer.evidence]
        row = (str(ranks[answer.patient_id]), printable(answer.patient_id), "\n".join(quoted) or "nothing")
        table.add_row(*map(escape, row))
    return table


def _table(patient: PatientHit) -> Table:
    title = f"{patient.rank}. {patient.patient_id}, {_who(patient.age, patient.sex)}, score {patient.score:.3f}"
    table = Table(title=escape(printable(title)), title_justify="left", show_lines=False)
    for head in ("", "finding", "in the note", "in the patient's note", "counts"):
        table.add_column(head)
    table.add_row("notes", "how alike they are", "", "", f"{patient.text_score:+.3f}")
    _rows(table, "matches", patient.matches)
    _rows(table, "differs", patient.differences)
    _rows(table, "unknown", patient.unknown)
    return table


def _rows(table: Table, what: str, entries: Sequence[Entry]) -> None:
    for entry in entries:
        said = (_said(entry.query, entry.query_state), _said(entry.other, entry.other_state))
        term = f"course of {entry.term}" if entry.kind == "course" else entry.term
        table.add_row(what, *(escape(printable(text)) for text in (term, *said)), f"{entry.contribution:+.3f}")


def _said(quote: Quote | None, state: str) -> str:
    """The words of a note and, where they do not say it, that it is said to be absent, possible, past …"""
    if quote is None:
        return ""
    return quote.text if state in ("", "present") else f"{quote.text} ({state})"


def _who(age: float | None, sex: str) -> str:
    years = "age unknown" if age is None else f"{age:g} years"
    return f"{years}, {sex or 'sex unknown'}"
