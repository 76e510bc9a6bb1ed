"""BioCite beside txtai and Haystack: the same passages, vectors and queries, the same run, one thread each.

Passages of the shared retrieval benchmark: all of the judged documents, then others in an order that is fixed and has
to do with nothing. Each system is a process of its own and searches the queries one by one, while the others wait;
passes are repeated in turn. Judgements are on documents: a document counts with its best passage.
"""

import hashlib
import json
import os
import statistics
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import IO, Any

import msgspec
import numpy as np

from corpora.beir import read_qrels, read_queries
from corpora.errors import UsageError
from indexer.build import build_index
from indexer.embedding import load_embedding_model
from indexer.index import Index
from retriever.metrics import confidence_intervals, evaluate_queries, means
from retriever.runs import Run, best_passage_per_document
from scripts.benchmarks.common import ROOT, Context, percentiles, retrieval_index
from scripts.benchmarks.peer_biocite import INDEX
from scripts.benchmarks.peer_protocol import Inputs, read_inputs, write_inputs
from scripts.benchmarks.pool import LookupModel, PoolPassage, by_text, read_pool

PASSAGES = 40_000
REPEATS = 3
DEPTHS = (10, 100)
"""How many passages are asked for. Ten is what people read; of a hundred the first ten documents are surely among."""
BUDGET_S = 15.0
"""After its first pass a system repeats as many queries as it gets done in this time."""
REQUIREMENTS = "scripts/benchmarks/peers-requirements.txt"


def peers(context: Context) -> dict[str, Any]:
    """Queries a second and nDCG@10 of each system."""
    python = peers_python(context.work)
    folder = prepare(context, max(400, round(PASSAGES * context.scale)))
    inputs = read_inputs(folder)
    commands = {
        "biocite": [sys.executable, "-P", "-m", "scripts.benchmarks.peer_biocite"],
        "txtai": [str(python), "-P", "-m", "scripts.benchmarks.peer_txtai"],
        "haystack": [str(python), "-P", "-m", "scripts.benchmarks.peer_haystack"],
    }
    with ExitStack() as stack:
        systems = {
            name: stack.enter_context(started([*command, str(folder)], name)) for name, command in commands.items()
        }
        passes = {depth: interleaved(_asked_for(systems, depth), depth) for depth in DEPTHS}
    documents = dict(zip(inputs.ids, (name.rpartition("#")[0] for name in inputs.ids), strict=True))
    qrels = read_qrels(retrieval_index(context).parent)
    return {
        "passages": len(inputs.ids),
        "queries": len(inputs.queries),
        "threads": 1,
        "repeats": REPEATS,
        "systems": {name: system.ready for name, system in systems.items()},
        "depths": {
            str(depth): {name: _figures(found, documents, qrels) for name, found in of_depth.items()}
            for depth, of_depth in passes.items()
        },
        "biocite's queries a second, times those of": {
            str(depth): _times(of_depth) for depth, of_depth in passes.items()
        },
    }


def _asked_for(systems: "dict[str, System]", depth: int) -> "dict[str, System]":
    """Haystack, which takes most of a second for a query, is asked for the first of `DEPTHS` alone."""
    return {name: system for name, system in systems.items() if depth == DEPTHS[0] or name != "haystack"}


def peers_python(work: Path) -> Path:
    """The interpreter of the peers' environment; UsageError where it was not made."""
    python = work / "peers-venv" / "bin" / "python"
    if not python.exists():
        raise UsageError(
            f"{python}: no such file: the peers are not installed",
            remedy=f"Run: make peers (it installs {REQUIREMENTS})",
        )
    return python


class System:
    """A peer's process."""

    def __init__(self, process: "subprocess.Popen[str]", name: str) -> None:
        self.name = name
        self._process = process
        self.ready = self._read()

    def ask(self, depth: int, *, budget_s: float, want_run: bool) -> dict[str, Any]:
        """Let it search; `seconds` of each query and, where wanted, the `run`."""
        stdin: IO[str] | None = self._process.stdin
        if stdin is not None:
            stdin.write(json.dumps({"k": depth, "budget_s": budget_s, "want_run": want_run}) + "\n")
            stdin.flush()
        return self._read()

    def _read(self) -> dict[str, Any]:
        line = self._process.stdout.readline() if self._process.stdout is not None else ""
        if not line:
            raise UsageError(
                f"the process of {self.name} ended with code {self._process.wait()}", remedy="Its message stands above"
            )
        answer: dict[str, Any] = json.loads(line)
        return answer


@contextmanager
def started(command: list[str], name: str) -> Iterator[System]:
    """A peer's process, ready to search; it ends with the block."""
    one_thread = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
    quiet = {"HAYSTACK_TELEMETRY_ENABLED": "False"}
    environment = {
        "PYTHONPATH": str(ROOT),
        **os.environ,
        **one_thread,
        **quiet,
    }  # the peers' own has no project on its path
    process = subprocess.Popen(  # noqa: S603 - our own modules
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
    )
    try:
        yield System(process, name)
    finally:
        process.kill()
        process.wait()
        for stream in (process.stdin, process.stdout):
            if stream is not None:
                stream.close()


def interleaved(systems: dict[str, System], depth: int) -> dict[str, list[dict[str, Any]]]:
    """Name -> its passes. The first is whole, warms up and gives the run; later ones are timed, in turn."""
    passes = {name: [system.ask(depth, budget_s=1e9, want_run=True)] for name, system in systems.items()}
    for _ in range(REPEATS):
        for name, system in systems.items():
            passes[name].append(system.ask(depth, budget_s=BUDGET_S, want_run=False))
    return passes


def _speeds(passes: list[dict[str, Any]]) -> list[float]:
    return [len(one["seconds"]) / sum(one["seconds"]) for one in passes[1:]]


def _figures(passes: list[dict[str, Any]], documents: dict[str, str], qrels: Any) -> dict[str, Any]:
    run: Run = {
        query: best_passage_per_document((documents[name], score) for name, score in found)
        for query, found in passes[0]["run"].items()
    }
    per_query = evaluate_queries(run, qrels, ["nDCG@10"])
    return {
        "queries a second": round(statistics.median(_speeds(passes)), 1),
        "of each repeat": [round(speed, 1) for speed in _speeds(passes)],
        "queries of a repeat": len(passes[1]["seconds"]),
        "ms": percentiles([1000 * second for one in passes[1:] for second in one["seconds"]]),
        "nDCG@10": round(means(per_query)["nDCG@10"], 4),
        "interval": [round(bound, 4) for bound in confidence_intervals(per_query)["nDCG@10"]],
    }


def _times(of_depth: dict[str, list[dict[str, Any]]]) -> dict[str, float]:
    speed = {name: statistics.median(_speeds(passes)) for name, passes in of_depth.items()}
    return {name: round(speed["biocite"] / other, 2) for name, other in speed.items() if name != "biocite"}


def prepare(context: Context, wanted: int) -> Path:
    """The folder that peers read, with BioCite's index of its passages; made once for each number of passages."""
    source = retrieval_index(context)
    folder = context.work / f"peers-{wanted}"
    if (folder / "complete").exists():
        return folder
    folder.mkdir(exist_ok=True)
    passages, vectors = read_pool(source)
    judged = {document for grades in read_qrels(source.parent).values() for document in grades}
    chosen = choose(passages, judged, wanted)
    corpus = folder / "corpus.jsonl"
    with (source.parent / "corpus.jsonl").open("rb") as lines, corpus.open("wb") as target:
        target.writelines(line for line in lines if msgspec.json.decode(line)["_id"] in chosen)
    with closing(Index(source, load_embedding_model)) as index:
        model = LookupModel(index.manifest.embedding, by_text(passages, vectors), {})
        queries = read_queries(source.parent)
        query_vectors = np.concatenate([index.model.encode_queries([query.text]) for query in queries])
    build_index([corpus], folder / INDEX, model)
    _require_same({passage.passage_id for passage in passages if passage.document_id in chosen}, folder / INDEX)
    passages, vectors = read_pool(folder / INDEX)
    write_inputs(
        Inputs(
            folder,
            [passage.passage_id for passage in passages],
            [passage.searched for passage in passages],
            vectors,
            [query.query_id for query in queries],
            [query.text for query in queries],
            query_vectors,
        )
    )
    (folder / "complete").touch()
    return folder


def choose(passages: Iterable[PoolPassage], judged: set[str], wanted: int) -> set[str]:
    """The documents whose passages are `wanted` in number: judged ones first, then by the hash of their ids.

    A document that would make it too many is passed over. UsageError where the number cannot be met.
    """
    counts: dict[str, int] = {}
    for passage in passages:
        counts[passage.document_id] = counts.get(passage.document_id, 0) + 1
    order = sorted(counts, key=lambda name: (name not in judged, hashlib.sha256(name.encode()).digest(), name))
    chosen, total = set(), 0
    for name in order:
        if total + counts[name] <= wanted:
            chosen.add(name)
            total += counts[name]
    if total != wanted:
        raise UsageError(f"{wanted:,} passages were wanted, the documents give {total:,}")
    return chosen


def _require_same(expected: set[str], directory: Path) -> None:
    found = {passage.passage_id for passage in read_pool(directory)[0]}
    if found != expected:
        raise UsageError(
            f"{directory}: holds {len(found):,} passages, of which {len(found & expected):,} are among the "
            f"{len(expected):,} expected",
            remedy="Build the index of the retrieval benchmark again, with --only retrieval",
        )
