"""docs/benchmarks.md and docs/figures/ from docs/benchmarks.json: tables between markers, charts as SVG.

Tables of a part stand between ``<!-- PART: begin -->`` and ``<!-- PART: end -->``; what is outside is written by hand.
"""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from corpora.errors import SourceError
from scripts.benchmarks.charts import Axis, line_chart
from scripts.benchmarks.common import ROOT
from scripts.benchmarks.tables import STAGES, TABLES, about

JSON = ROOT / "docs" / "benchmarks.json"
PAGE = ROOT / "docs" / "benchmarks.md"
FIGURES = ROOT / "docs" / "figures"
_BLOCK = re.compile(r"^<!-- ([a-z_ -]+): begin -->\n.*?^<!-- \1: end -->$", re.MULTILINE | re.DOTALL)
_NOT_YET = "Not measured yet."


def read_results(path: Path = JSON) -> dict[str, Any]:
    """Part -> its result; empty where the file is not there. SourceError for a file of another layout."""
    results = json.loads(path.read_text("utf-8")) if path.exists() else {}
    for part, result in results.items():
        if not isinstance(result, dict) or not {"command", "date", "machine", "versions", "figures"} <= set(result):
            raise SourceError(
                f"{path}: part {part!r} lacks its command, date, machine, versions or figures",
                remedy="Measure it again with: scripts/bench.py --only " + part,
            )
    return dict(results)


def write_results(results: dict[str, Any], path: Path = JSON) -> None:
    """Write the results, whole or not at all."""
    part = path.with_name(path.name + ".part")
    part.write_text(json.dumps(results, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    part.replace(path)


def rendered(page: str, results: dict[str, Any]) -> str:
    """The page with what stands between its markers made anew; SourceError for a marker of no known part."""

    def block(match: re.Match[str]) -> str:
        part = match[1]
        if part not in TABLES:
            raise SourceError(
                f"docs/benchmarks.md: marker {part!r} names no part", remedy=f"Known: {', '.join(TABLES)}"
            )
        result = results.get(part)
        text = _NOT_YET if result is None else f"{TABLES[part](result['figures'])}\n\n{about(result)}"
        return f"<!-- {part}: begin -->\n{text}\n<!-- {part}: end -->"

    return _BLOCK.sub(block, page)


def pictures(results: dict[str, Any]) -> dict[str, str]:
    """File name -> SVG, for each part that was measured and has pictures."""
    made: dict[str, str] = {}
    for part, draw in DRAWINGS.items():
        if part in results:
            made.update(draw(results[part]["figures"]))
    return made


def write_page() -> None:
    """Make the tables of the page and the pictures anew."""
    results = read_results()
    PAGE.write_text(rendered(PAGE.read_text("utf-8"), results), encoding="utf-8")
    FIGURES.mkdir(exist_ok=True)
    for name, svg in pictures(results).items():
        (FIGURES / name).write_text(svg, encoding="utf-8")


def _search(figures: dict[str, Any]) -> dict[str, str]:
    sizes = list(figures["sizes"].values())
    across = Axis("passages", log=True)
    stages = {
        stage: [(size["searched passages"], size["ms"][stage]["p50"]) for size in sizes]
        for stage in STAGES
        if all(size["ms"].get(stage, {}).get("p50", 0) > 0 for size in sizes)
    }
    tails = {
        name: [(size["searched passages"], size["ms"]["total"][name]) for size in sizes]
        for name in ("p50", "p95", "p99")
    }
    memory = {
        "RSS, no model": [(size["searched passages"], size["reopen"]["rss_mb"]["after searches"]) for size in sizes],
        "RSS with model": [(size["searched passages"], size["rss_mb with model"]) for size in sizes],
        "on disk": [(size["searched passages"], size["bytes"]["all"] / 1e6) for size in sizes],
    }
    return {
        "search-stages.svg": line_chart("Stages of a hybrid search, p50", across, Axis("ms", log=True), stages),
        "search-latency.svg": line_chart("Hybrid search", across, Axis("ms", log=True), tails),
        "search-memory.svg": line_chart("Memory and disk of an index", across, Axis("MB", log=True), memory),
    }


def _building(figures: dict[str, Any]) -> dict[str, str]:
    sizes = figures["sizes"]
    across = Axis("documents", log=True)
    seconds = {
        "build": [(size["documents"], size["build s"]) for size in sizes],
        "embedding alone": [(size["documents"], size["embedding alone s"]) for size in sizes],
    }
    memory = {
        "peak RSS": [(size["documents"], size["peak rss_mb with child processes"]) for size in sizes],
        "on disk": [(size["documents"], size["bytes"]["all"] / 1e6) for size in sizes],
    }
    return {
        "building-time.svg": line_chart("Building an index", across, Axis("s", log=True), seconds),
        "building-memory.svg": line_chart("Memory and disk of a build", across, Axis("MB", log=True), memory),
    }


DRAWINGS: dict[str, Callable[[dict[str, Any]], dict[str, str]]] = {"search": _search, "building": _building}
