"""`biocite audit`: whether the audit log of a service is whole, and what is in it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from api.commands.options import index_option, json_option, print_json

if TYPE_CHECKING:
    from api.access.audit import AuditReport


@click.group("audit")
def command() -> None:
    """Check and read the audit log of a service: who did what when, and which documents were shown.

    It is a file of JSON lines, service/audit.jsonl in the index directory, and grows by about 500 bytes a request. It
    is never cut; to begin a new one stop the service, keep the head that verify prints, and move the file away.
    """


@command.command("verify")
@index_option
@click.option("--head", metavar="HASH", help="A head that verify printed before: the log must still hold that entry.")
@json_option
def verify_log(directory: Path, head: str | None, as_json: bool) -> int:
    """Check that no entry was changed, removed, added or moved. Exit code 0, or 1 with the first line that is wrong.

    Prints the number of entries and the head, which is the hash of the last one. Keep the head somewhere else and give
    it to the next check: whoever may write the file can cut off its end, or write all of it anew with right hashes, and
    only a copy of the head shows that. A service may run meanwhile.
    """
    from api.access.audit import verify

    report = verify(directory, head)
    if as_json:
        print_json(report)
    else:
        _render_report(report)
    return 1 if report.problem else 0


@command.command("show")
@index_option
@click.option("--last", type=click.IntRange(1, 10_000), default=20, show_default=True, help="How many entries.")
@json_option
def show(directory: Path, last: int, as_json: bool) -> None:
    """Show the last entries, oldest first. They are not checked: that is what verify does."""
    from api.access.audit import last_lines
    from api.access.printable import ascii_json

    entries = [_entry(line) for line in last_lines(directory, last)]
    if as_json:
        print_json(ascii_json(entries))
    else:
        _render_entries(entries)


def _entry(line: bytes) -> dict[str, Any]:
    """What stands in a line; where that is no entry, the line itself as ``unreadable``."""
    import json

    try:
        entry = json.loads(line)
        if isinstance(entry, dict):
            return entry
    except (ValueError, RecursionError):
        pass
    return {"unreadable": line.decode("utf-8", "backslashreplace")}


def _render_report(report: AuditReport) -> None:
    from rich.text import Text

    from api.access.printable import printable
    from api.render import console

    out = console()
    if report.problem:
        where = f"line {report.line}: " if report.line else ""
        out.print(Text(f"not verified: {where}{printable(report.problem)}", style="bold red"))
        if report.found or report.expected:
            out.print(Text(f"   found {printable(report.found)}, expected {printable(report.expected)}", style="red"))
        before = "entries before that line are" if report.line else "entries that are there are"
        out.print(f"{report.entries:,} {before} in order, the last one has the hash {report.head}")
        return
    told = "; it holds the head that was given" if report.head_found else ""
    out.print(Text("verified", style="bold green") + Text(f": {report.entries:,} entries{told}"))
    out.print(f"head {report.head}")


def _render_entries(entries: list[dict[str, Any]]) -> None:
    """Two lines an entry: number, time, kind, who and status, then what else it says."""
    from rich.text import Text

    from api.access.printable import printable
    from api.render import console

    out = console()
    for entry in entries:
        if "unreadable" in entry:
            out.print(Text(f"unreadable: {printable(str(entry['unreadable'])[:200])}", style="red"))
            continue
        names = ("sequence", "time", "kind", "key_id", "name", "status")
        facts = [str(entry[name]) for name in names if entry.get(name, "") != ""]
        out.print(Text(printable("  ".join(facts)), style="bold"))
        if more := _more(entry):
            out.print(Text(f"    {printable(more)}"))


def _more(entry: dict[str, Any]) -> str:
    """What else an entry says, without its hashes."""
    documents, extra = entry.get("documents"), entry.get("extra")
    facts = [f"documents {', '.join(map(str, documents))}"] if isinstance(documents, list) and documents else []
    facts += [f"{name} {entry[name]}" for name in ("record_id", "text") if entry.get(name)]
    if isinstance(extra, dict):
        facts += [f"{name} {value}" for name, value in extra.items() if value not in (None, "", {}, [])]
    return " · ".join(facts)
