"""Measures one index in a process of its own: `reopen` without any model, `measure` with the index's own.

    python -m scripts.benchmarks.search_process reopen|measure INDEX QUERIES

QUERIES is a JSON file: {"texts": [...], "vectors": [[...]]}. The figures go to standard output as JSON.
"""

import json
import os
import sys
import time
from contextlib import closing
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from indexer.embedding import Vectors, load_embedding_model
from indexer.index import Index
from indexer.records import Filters
from retriever.search import Retriever
from scripts.benchmarks.common import memory, percentiles
from scripts.benchmarks.pool import stored_vectors

WARM_UP = 20
RECALL_AT = 100
RECALL_QUERIES = 100
_CHUNK = 20_000


def main() -> None:
    """Run the measurement that is named on the command line."""
    what, directory, queries = sys.argv[1], Path(sys.argv[2]), json.loads(Path(sys.argv[3]).read_text())
    vectors = np.asarray(queries["vectors"], dtype=np.float32)
    measured = MEASUREMENTS[what](directory, queries["texts"], vectors)
    sys.stdout.write(json.dumps(measured) + "\n")


def reopen(directory: Path, texts: list[str], vectors: Vectors) -> dict[str, Any]:
    """Seconds until store, BM25 and vectors are open, then the first search of each; memory before and after."""
    before = memory()
    started = time.perf_counter()
    index = Index(directory, load_embedding_model)
    _ = index.lexical, index.dense
    opened = time.perf_counter()
    index.lexical.search(texts[0], 200)
    index.dense.search(vectors[:1], 200)
    first = time.perf_counter()
    at_opening = memory()
    for text, vector in zip(texts, vectors, strict=True):
        index.lexical.search(text, 200)
        index.dense.search(vector[None], 200)
    after = memory()
    index.close()
    return {
        "open_s": round(opened - started, 4),
        "first_search_s": round(first - opened, 4),
        "rss_mb": {"before": before["rss"], "opened": at_opening["rss"], "after searches": after["rss"]},
        "anonymous_mb": {"before": before["anonymous"], "after searches": after["anonymous"]},
    }


def reopen_cold(directory: Path, texts: list[str], vectors: Vectors) -> dict[str, Any]:
    """As `reopen`, after asking the system to forget what it keeps of the index's files."""
    for path in sorted(directory.rglob("*")):
        if path.is_file():
            descriptor = os.open(path, os.O_RDONLY)
            os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
            os.close(descriptor)
    return reopen(directory, texts, vectors)


def measure(directory: Path, texts: list[str], vectors: Vectors) -> dict[str, Any]:
    """Milliseconds of a hybrid search and its stages, and of the raw parts called directly, query by query in turn."""
    with closing(Index(directory, load_embedding_model)) as index:
        index.warm()
        retriever = Retriever(index)
        for text in texts[:WARM_UP]:
            retriever.search(text)
            _raw(index, text, retriever.settings.candidates)
        stages: dict[str, list[float]] = {}
        raw: dict[str, list[float]] = {}
        for position, text in enumerate(texts):
            if position % 2:  # neither is always the one that finds the query's postings in the processor's caches
                _collect(raw, _raw(index, text, retriever.settings.candidates))
            _collect(stages, retriever.search(text).timings_ms)
            if not position % 2:
                _collect(raw, _raw(index, text, retriever.settings.candidates))
        whole, parts = percentiles(stages["total"]), percentiles(raw["sum"])
        return {
            "documents": index.manifest.documents,
            "passages": index.manifest.passages,
            "searched passages": len(index.dense),
            "queries": len(texts),
            "ms": {stage: percentiles(values) for stage, values in stages.items()},
            "raw parts, ms": {part: percentiles(values) for part, values in raw.items()},
            "p50 of the whole to p50 of the raw parts": round(whole["p50"] / parts["p50"], 3),
            f"recall@{RECALL_AT}": recall(index, vectors[:RECALL_QUERIES]),
            "rss_mb with model": memory()["rss"],
        }


def _raw(index: Index, text: str, depth: int) -> dict[str, float]:
    times = [time.perf_counter()]
    vector = index.model.encode_queries([text])
    times.append(time.perf_counter())
    index.lexical.search(text, depth)
    times.append(time.perf_counter())
    index.dense.search(vector, depth)
    times.append(time.perf_counter())
    spent = [1000 * (end - start) for start, end in pairwise(times)]
    return {"embedding": spent[0], "bm25": spent[1], "dense": spent[2], "sum": sum(spent)}


def _collect(into: dict[str, list[float]], timings: dict[str, float]) -> None:
    for name, value in timings.items():
        into.setdefault(name, []).append(value)


def recall(index: Index, queries: Vectors) -> float:
    """The share of the nearest 100 passages, by the exact inner product with the stored vectors, that is found."""
    best = np.full((len(queries), RECALL_AT), -np.inf, dtype=np.float32)
    keys = index.select(Filters()).keys
    for start in range(0, len(keys), _CHUNK):
        scores = queries @ stored_vectors(index, keys[start : start + _CHUNK]).T
        best = -np.sort(-np.concatenate([best, scores], axis=1), axis=1)[:, :RECALL_AT]
    found = 0
    for query, row in zip(queries, best, strict=True):
        hits = np.array([hit.key for hit in index.dense.search(query[None], RECALL_AT)], dtype=np.int64)
        # By score: passages of the same text share one vector, and any of them is as near. 1e-5 is fp32's rounding.
        found += int(np.sum(stored_vectors(index, hits) @ query >= row[-1] - 1e-5))
    return round(found / (len(queries) * min(RECALL_AT, len(keys))), 4)


MEASUREMENTS = {"reopen": reopen, "reopen-cold": reopen_cold, "measure": measure}

if __name__ == "__main__":
    main()
