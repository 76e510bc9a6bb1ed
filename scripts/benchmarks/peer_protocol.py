"""How the peers' processes are told what to do: a line of JSON in, a line of JSON out.

Runs in the project's environment and in the peers' own, so it imports nothing but NumPy. A peer reads `Inputs` from a
folder, builds its index, says that it is ready, and then answers each request to search with how long that took.
"""

import json
import os
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

PASSAGES, VECTORS = "passages.jsonl", "vectors.npy"
QUERIES, QUERY_VECTORS = "queries.jsonl", "query_vectors.npy"

Found = list[tuple[str, float]]
"""(passage id, score), best first."""

Search = Callable[[str, int], Found]
"""(query, k) -> its k best passages; the query's vector is known already."""


@dataclass(frozen=True)
class Inputs:
    """What every peer is given: texts as they are searched, their vectors and the queries' (rows of length 1, fp32)."""

    folder: Path
    ids: list[str]
    texts: list[str]
    vectors: NDArray[np.float32]
    query_ids: list[str]
    queries: list[str]
    query_vectors: NDArray[np.float32]

    def vector_of_query(self) -> dict[str, NDArray[np.float32]]:
        """Query -> its vector, shape (dimensions,)."""
        return dict(zip(self.queries, self.query_vectors, strict=True))


def write_inputs(inputs: Inputs) -> None:
    """Write what `read_inputs` reads into `inputs.folder`."""
    _write_lines(
        inputs.folder / PASSAGES, [{"id": i, "text": t} for i, t in zip(inputs.ids, inputs.texts, strict=True)]
    )
    queries = [{"id": i, "text": t} for i, t in zip(inputs.query_ids, inputs.queries, strict=True)]
    _write_lines(inputs.folder / QUERIES, queries)
    np.save(inputs.folder / VECTORS, inputs.vectors)
    np.save(inputs.folder / QUERY_VECTORS, inputs.query_vectors)


def read_inputs(folder: Path) -> Inputs:
    """The inputs in a folder."""
    passages, queries = _read_lines(folder / PASSAGES), _read_lines(folder / QUERIES)
    return Inputs(
        folder,
        [line["id"] for line in passages],
        [line["text"] for line in passages],
        np.load(folder / VECTORS),
        [line["id"] for line in queries],
        [line["text"] for line in queries],
        np.load(folder / QUERY_VECTORS),
    )


def serve(packages: Sequence[str], build: Callable[[Inputs], Search]) -> None:
    """Build over the folder named on the command line, then answer requests until the input ends."""
    out = os.fdopen(os.dup(sys.stdout.fileno()), "w")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what libraries print must not come between the answers
    inputs = read_inputs(Path(sys.argv[1]))
    started = time.perf_counter()
    search = build(inputs)
    ready = {
        "build_s": round(time.perf_counter() - started, 2),
        "rss_mb": resident_mb(),
        "versions": {name: version(name) for name in packages},
    }
    out.write(json.dumps(ready) + "\n")
    out.flush()
    for line in sys.stdin:
        out.write(json.dumps(_answer(inputs, search, json.loads(line))) + "\n")
        out.flush()


def _answer(inputs: Inputs, search: Search, request: dict[str, Any]) -> dict[str, Any]:
    """Search the queries one after the other, in order, until all are done or `budget_s` is spent."""
    k, budget = int(request["k"]), float(request["budget_s"])
    run: dict[str, Found] = {}
    spent: list[float] = []
    for query_id, query in zip(inputs.query_ids, inputs.queries, strict=True):
        started = time.perf_counter()
        run[query_id] = search(query, k)
        spent.append(time.perf_counter() - started)
        if sum(spent) > budget:
            break
    return {"seconds": spent, "run": run if request["want_run"] else {}}


def resident_mb(process: str = "self") -> int:
    """Resident memory of a process in MB (10^6 bytes); 0 where /proc has no such process."""
    try:
        status = Path(f"/proc/{process}/status").read_text()
    except OSError:
        return 0
    kilobytes = next((line.split()[1] for line in status.splitlines() if line.startswith("VmRSS:")), "0")
    return round(int(kilobytes) * 1024 / 1e6)


def _write_lines(path: Path, lines: list[dict[str, str]]) -> None:
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")


def _read_lines(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8") as stream:
        return [json.loads(line) for line in stream]
