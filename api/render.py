"""Results as a person reads them in a terminal: coloured there, plain when piped."""

import sys
from pathlib import Path
from typing import Any

import msgspec
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from api.schemas import Hit, IndexInfo, SearchResponse
from indexer.build import BuildReport
from indexer.check import CheckReport
from indexer.compaction import CompactionReport
from reader.ask import quoted
from reader.end_to_end import AnswersReport
from reader.intervals import Estimate
from reader.records import Answer, AnswerItem, Evidence
from reader.verification import Verification

KINDS = {"factoid": "factoid", "list": "list", "yesno": "yes/no", "summary": "summary"}
SHOWN_SKIPPED = 10


def console() -> Console:
    """Standard output; lines are not broken where nobody watches, so that `grep` finds whole sentences.

    What texts and paths hold is shown as it is: brackets are no markup and colons no emoji.
    """
    return Console(soft_wrap=not sys.stdout.isatty(), highlight=False, markup=False, emoji=False)


def _indented(out: Console, text: Text, columns: int) -> None:
    """A paragraph set in by so many columns: wrapped to the window on a terminal, one long line elsewhere."""
    if out.is_terminal:
        out.print(Padding(text, (0, 0, 0, columns)))
    else:
        out.print(Text(" " * columns) + text)


def render_answer(answer: Answer) -> None:
    """An answer with its evidence, the quotation marked inside its sentence."""
    out = console()
    out.print(Text(answer.question, style="bold"))
    head = Text(f"{KINDS[answer.kind]} question · ", style="dim")
    if answer.status == "insufficient_evidence":
        out.print(head + Text("insufficient evidence", style="bold yellow"))
        out.print(answer.note)
        if answer.nearest:
            out.print(Text(f"Nearest documents: {', '.join(answer.nearest)}", style="dim"))
        return
    kind_of = "confidence" if answer.models.get("calibrated") else "confidence, not calibrated,"
    out.print(head + Text(f"{kind_of} {answer.confidence:.2f}", style=_confidence_style(answer.confidence)))
    if answer.verdict is not None:
        verdict = answer.verdict
        out.print(Text(verdict.label, style="bold") + Text(f" ({verdict.probabilities[verdict.label]:.2f})"))
    out.print(Text(answer.note, style="dim"))
    for number, item in enumerate(answer.answers, start=1):
        _render_item(out, number, item, whole_sentences=answer.kind in ("yesno", "summary"))
    out.print(Text(f"{answer.timings_ms['total']:.0f} ms · index {answer.index_id}", style="dim"))


def _render_item(out: Console, number: int, item: AnswerItem, *, whole_sentences: bool) -> None:
    out.print()
    confidence = Text(f"  ({item.confidence:.2f})", style=_confidence_style(item.confidence))
    if whole_sentences:
        out.print(Text(f"{number}. ", style="bold") + Text(f"“{item.text}”") + confidence)
        for evidence in item.evidence:
            _indented(out, _citation(evidence), 3)
        return
    out.print(Text(f"{number}. {item.text}", style="bold green") + confidence)
    for evidence in item.evidence:
        before, quotation, after = quoted(evidence)
        sentence = Text("“") + Text(before) + Text(quotation, style="bold underline") + Text(after) + Text("”")
        _indented(out, sentence, 3)
        _indented(out, _citation(evidence), 5)


def _citation(evidence: Evidence) -> Text:
    parts = [evidence.document_id, evidence.title, evidence.section, evidence.journal]
    parts += [str(evidence.year or ""), _study_type(evidence.publication_types), evidence.url]
    line = Text(" · ".join(filter(None, parts)), style="cyan")
    return Text("RETRACTED ", style="bold red") + line if evidence.retracted else line


def _study_type(types: tuple[str, ...]) -> str:
    """The most telling publication type: "Journal Article" says nothing beside another."""
    telling = [name for name in types if name != "Journal Article" and not name.startswith("Research Support")]
    return next(iter(telling or types), "")


def _confidence_style(confidence: float) -> str:
    return "green" if confidence >= 0.7 else "yellow" if confidence >= 0.4 else "red"


def render_hits(response: SearchResponse) -> None:
    """Hits with their ranks in both engines."""
    out = console()
    if not response.hits:
        out.print("Nothing found.")
    for hit in response.hits:
        _render_hit(out, hit)
    out.print(Text(f"{response.timings_ms['total']:.0f} ms · index {response.index_id}", style="dim"))


def _render_hit(out: Console, hit: Hit) -> None:
    title = Text(f"{hit.rank}. ", style="bold") + Text(hit.title or hit.document_id, style="bold")
    out.print(Text("RETRACTED ", style="bold red") + title if hit.retracted else title)
    facts = [hit.passage_id, hit.section, hit.journal, str(hit.year or ""), _study_type(hit.publication_types), hit.url]
    _indented(out, Text(" · ".join(filter(None, facts)), style="cyan"), 3)
    _indented(out, Text(hit.text), 3)
    engines = [
        f"{name} rank {found.rank} ({found.score:.3f})"
        for name, found in (("BM25", hit.bm25), ("dense", hit.dense))
        if found is not None
    ]
    _indented(out, Text(f"score {hit.score:.4f} · {' · '.join(engines)}", style="dim"), 3)
    out.print()


def render_build(report: BuildReport, directory: Path) -> None:
    """What was indexed, file by file, and everything that was not."""
    out = console()
    for source in report.sources:
        counts = ", ".join(f"{name.replace('_', ' ')} {number:,}" for name, number in sorted(source.counts.items()))
        out.print(Text(source.name, style="bold") + Text(f": {counts or 'holds no records'}"))
        if source.refused:
            out.print(Text(f"   refused: {source.refused}", style="red"))
        for skipped in source.skipped[:SHOWN_SKIPPED]:
            out.print(Text(f"   skipped: {skipped}", style="yellow"))
        if len(source.skipped) > SHOWN_SKIPPED:
            out.print(Text(f"   and {len(source.skipped) - SHOWN_SKIPPED:,} more (--json lists all)", style="yellow"))
    manifest = report.manifest
    out.print(
        f"{directory}: {manifest.documents:,} documents, {manifest.passages:,} passages "
        f"({report.embedded:,} embedded now) · index {manifest.index_id}"
    )


def render_verification(verification: Verification) -> None:
    """Whether every quotation holds, and each one that does not."""
    out = console()
    for finding in verification.findings:
        if finding.problem:
            where = f"answer {finding.answer}, evidence {finding.evidence}, {finding.document_id or '-'}"
            out.print(Text(f"does not hold: {where}: {finding.problem}", style="red"))
    held = sum(not finding.problem for finding in verification.findings)
    if verification.evidence == 0 and verification.verified:
        out.print(f"nothing to verify: the answer's status is {verification.status}")
        return
    verdict = Text("verified", style="bold green") if verification.verified else Text("not verified", style="bold red")
    out.print(verdict + Text(f": {held} of {len(verification.findings)} quotations match the stored documents"))


def render_info(info: IndexInfo) -> None:
    """What an index holds."""
    out = console()
    years = f"{info.first_year}-{info.last_year}" if info.first_year else "unknown"
    facts = {
        "index": info.index_id,
        "built": info.built,
        "documents": f"{info.documents:,} ({info.retracted:,} retracted)",
        "passages": f"{info.passages:,} ({info.searched:,} searched)",
        "vectors": f"{info.vectors:,} in {info.segments} segments and an exact tail",
        "generation": f"{info.generation} (kept: {', '.join(map(str, info.generations))})",
        "years": years,
        "deleted": f"{info.tombstones:,}",
        "skipped records": f"{info.skipped:,}",
        "embedding model": f"{info.embedding['name']} ({info.embedding['dimensions']} dimensions)",
        "size": f"{sum(info.bytes.values()) / 1e6:,.1f} MB",
    }
    render_table(info.directory, facts)
    for source in info.sources:
        out.print(f"  {source['name']}: {', '.join(f'{name} {number:,}' for name, number in source['counts'].items())}")


def render_table(title: str, facts: Any) -> None:
    """Names and values, one a line."""
    table = Table(title=title, show_header=False, title_justify="left")
    for name, value in msgspec.to_builtins(facts).items():
        table.add_row(str(name), str(value))
    console().print(table)


def render_scores(scores: Any) -> None:
    """Measures by kind of question."""
    plain = msgspec.to_builtins(scores)
    intervals = plain.pop("intervals", {})
    for kind, measures in plain.items():
        known = intervals.get(kind, {})
        shown = {name: _with_interval(value, known.get(name)) for name, value in measures.items()}
        render_table(kind, shown)


def _with_interval(value: Any, interval: Any) -> Any:
    if not isinstance(value, float):
        return value
    return f"{value:.4f}" if interval is None else f"{value:.4f}  [{interval[0]:.3f}, {interval[1]:.3f}]"


def render_answers_report(report: AnswersReport) -> None:
    """BioASQ's measures, then what was answered and how far its confidence can be trusted."""
    render_scores(report.scores)
    measures = ("kind_told", "answered", "precision", "cites_judged", "right", "right_kept")
    for kind, found in report.kinds.items():
        if found.right is not None:
            shown = {name.replace("_", " "): _estimated(getattr(found, name)) for name in measures}
            render_table(f"answerable: {kind} ({found.right.n})", shown)
    for part, outside in report.unanswerable.items():
        render_table(
            part.replace("_", " "),
            {"answered": _estimated(outside.answered), "answered and right": _estimated(outside.answered_right)},
        )
    for part, calibration in report.calibration.items():
        error = _with_interval(calibration.calibration_error, calibration.calibration_error_interval)
        render_table(f"calibration: {part.replace('_', ' ')}", {"calibration error": error, "Brier": calibration.brier})
    render_table("time", {"median ms": report.median_ms, "95 % under ms": report.p95_ms})


def _estimated(found: Estimate | None) -> str:
    return "-" if found is None else f"{found.value:.3f} [{found.low:.3f}, {found.high:.3f}]"


def render_check(report: CheckReport, directory: Path) -> None:
    """What was checked, and each problem on a line."""
    out = console()
    for problem in report.problems:
        out.print(Text(str(problem), style="red"))
    for note in report.notes:
        out.print(Text(f"note: {note}", style="yellow"))
    outcome = f"{len(report.problems)} problems" if report.problems else "everything agrees"
    out.print(
        f"{directory}: {outcome} · {report.documents:,} documents, {report.passages:,} passages, "
        f"{report.vectors:,} vectors, {report.entries:,} BM25 entries ({report.compared:,} word by word), "
        f"{report.files} files · index {report.index_id}, generation {report.generation}"
    )


def render_compaction(report: CompactionReport, directory: Path) -> None:
    """What was removed."""
    out = console()
    if not report.changed:
        out.print(f"{directory}: nothing to do")
        return
    out.print(
        f"{directory}: removed {report.documents:,} documents, {report.entries:,} BM25 entries and "
        f"{report.vectors:,} vectors; {report.bytes_before / 1e6:,.1f} MB are now {report.bytes_after / 1e6:,.1f} MB"
    )
    if report.kept:
        kept = ", ".join(map(str, report.kept))
        out.print(Text(f"Readers still hold generation {kept}: compact again when they have left", style="yellow"))
