"""`make bench`: quality and speed on the real data, each part with its command, versions and machine, into one JSON.

Every figure in README.md and docs/benchmarks.md comes from here. Models learn from BioASQ 7B-9B, 11B measures.

    .venv/bin/python scripts/bench.py                          everything, for hours
    .venv/bin/python scripts/bench.py --only peers search      these parts; those not named keep their figures
    .venv/bin/python scripts/bench.py --tables                 only the tables and pictures of docs/benchmarks.md
"""

import argparse
import json
import os
import shlex
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from scripts.benchmarks import building, page, parts, patients, peers, quality, search, serving
from scripts.benchmarks.common import ROOT, Context, machine, versions

PARTS: dict[str, Callable[[Context], dict[str, Any]]] = {
    "literature": quality.literature,
    "retrieval": quality.retrieval,
    "lexical": quality.lexical,
    "reading": quality.reading,
    "answers": quality.answers,
    "asking": quality.asking,
    "serving": serving.serving,
    "patients": patients.patients,
    "embedding": parts.embedding,
    "dense": parts.dense,
    "peers": peers.peers,
    "search": search.search,
    "building": building.building,
}


def main() -> None:
    """Run the parts asked for and merge their results into the JSON, after each part."""
    arguments = parse(sys.argv[1:])
    if not arguments.tables:
        arguments.work.mkdir(exist_ok=True)
        context = Context(arguments.data, arguments.work, arguments.scale)
        for name in arguments.only or PARTS:
            sys.stderr.write(f"== {name}\n")
            result = measured(name, context)
            page.write_results({**page.read_results(arguments.out), name: result}, arguments.out)
            sys.stdout.write(json.dumps({name: result}, indent=2, ensure_ascii=False) + "\n")
    if arguments.out == page.JSON:
        page.write_page()


def parse(words: list[str]) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    data = Path(os.environ.get("BIOCITE_DATA", ROOT.parent / "shared" / "data"))
    parser.add_argument("--only", choices=list(PARTS), nargs="+", action="extend", help="run only these parts")
    parser.add_argument("--data", type=Path, default=data, help="the real data")
    parser.add_argument("--work", type=Path, default=ROOT / "bench-work", help="where indexes are made and kept")
    parser.add_argument("--out", type=Path, default=page.JSON, help="the JSON that results are merged into")
    parser.add_argument("--scale", type=float, default=1.0, help="share of the full size of peers, search and building")
    parser.add_argument("--tables", action="store_true", help="measure nothing, make tables and pictures anew")
    return parser.parse_args(words)


def measured(name: str, context: Context) -> dict[str, Any]:
    """A part's figures with what they were measured by, when and on what."""
    scale = [] if context.scale == 1.0 else ["--scale", f"{context.scale:g}"]
    figures = PARTS[name](context)
    return {
        "command": shlex.join([".venv/bin/python", "scripts/bench.py", "--only", name, *scale]),
        "date": datetime.now(UTC).date().isoformat(),
        "scale": context.scale,
        "machine": machine(),
        "versions": versions(),
        "figures": figures,
    }


if __name__ == "__main__":
    main()
