"""The dense index by itself: looking at everything against what `auto` chooses, at several sizes, and under filters.

Vectors are the real ones of an index. Beyond as many as it has they are repeated with Gaussian noise of length 0.5 and
brought back to length 1, a cosine of 0.89 to the real one. Queries are real vectors with as much noise. `exact` is the
product of all stored half floats. Building and searching are processes of their own, since memory is measured.

    .venv/bin/python -m scripts.benchmarks.dense bench-work/index-literature/dense/vectors.f16
"""

import argparse
import json
import multiprocessing
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from indexer.dense import DenseIndex, DenseKind, DenseLayout, write_layout
from indexer.embedding import Vectors
from indexer.progress import Silent
from indexer.records import Filters, Selection
from indexer.vectors import VectorStore
from scripts.benchmarks.common import bytes_on_disk, memory, percentiles

SIZES = (10_000, 40_000, 93_000, 122_000, 1_000_000)
SHARES = (0.5, 0.1, 0.01, 0.001)
QUERIES, DEPTH, RECALL_AT, NOISE = 200, 200, 100, 0.5
_FOLDER = "dense/1"
_BLOCK = 65_536


def measure(vectors: Path, dimensions: int, sizes: tuple[int, ...] = SIZES, queries: int = QUERIES) -> dict[str, Any]:
    """Figures of each size; of the largest also under filters."""
    figures: dict[str, Any] = {"depth": DEPTH, "queries": queries, "real vectors": _real(vectors, dimensions).shape[0]}
    for size in sizes:
        with tempfile.TemporaryDirectory(dir=vectors.parent.parent.parent) as work:
            kinds: tuple[DenseKind, ...] = ("flat", "auto")
            of_size = {}
            for kind in kinds:
                directory = Path(work) / kind
                of_size[kind] = _alone(_build, vectors, dimensions, size, directory, kind)
                of_size[kind] |= _alone(_search, vectors, dimensions, directory, queries)
            if size == max(sizes):
                of_size["filters"] = _alone(_filtered, vectors, dimensions, Path(work) / "auto", max(1, queries // 10))
            figures[str(size)] = of_size
    return figures


def _alone(work: Any, *arguments: Any) -> dict[str, Any]:
    """What `work` returns in a process of its own."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        result: dict[str, Any] = pool.submit(work, *arguments).result()
    return result


def _real(path: Path, dimensions: int) -> NDArray[np.float16]:
    return np.memmap(path, dtype="<f2", mode="r").reshape(-1, dimensions)


def _noisy(vectors: Vectors, rng: np.random.Generator) -> Vectors:
    noise = rng.normal(size=vectors.shape).astype(np.float32)
    vectors = vectors + NOISE / vectors.shape[1] ** 0.5 * noise
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


def _build(path: Path, dimensions: int, size: int, directory: Path, kind: DenseKind) -> dict[str, Any]:
    real, rng = _real(path, dimensions), np.random.default_rng(0)
    with VectorStore(directory / _FOLDER, dimensions) as store:
        for start in range(0, size, _BLOCK):
            rows = np.arange(start, min(start + _BLOCK, size))
            block = real[rows % len(real)].astype(np.float32)
            repeated = rows >= len(real)
            block[repeated] = _noisy(block[repeated], rng)
            store.append([int(row).to_bytes(32, "big") for row in rows], block)
        before, started = memory(), time.perf_counter()
        places = np.arange(size)
        layout = write_layout(
            directory, _FOLDER, store, (places, places), generation=1, previous=None, kind=kind, progress=Silent()
        )
        seconds = time.perf_counter() - started
    (directory / "layout.json").write_bytes(msgspec.json.encode(layout))
    return {
        "segments": [f"{segment.end - segment.first} rows in {segment.nlist} lists" for segment in layout.segments],
        "build_s": round(seconds, 2),
        "build_memory_mb": {"before": before["rss"], "peak": memory()["peak"]},
        "bytes": bytes_on_disk(directory)["dense"],
    }


def _open(directory: Path, dimensions: int) -> DenseIndex:
    layout = msgspec.json.decode((directory / "layout.json").read_bytes(), type=DenseLayout)
    return DenseIndex.open(directory, layout, dimensions)


def _questions(path: Path, dimensions: int, count: int) -> Vectors:
    real, rng = _real(path, dimensions), np.random.default_rng(1)
    rows = np.sort(rng.choice(len(real), count, replace=False))
    return _noisy(real[rows].astype(np.float32), rng)


def _search(path: Path, dimensions: int, directory: Path, count: int) -> dict[str, Any]:
    queries = _questions(path, dimensions, count)
    before, started = memory(), time.perf_counter()
    index = _open(directory, dimensions)
    opened = time.perf_counter() - started
    spent, found = _timed(index, queries, [None] * count)
    after = memory()
    recalls = list(map(_recall, found, _exact(directory / _FOLDER / "vectors.f16", queries)))
    return {
        "open_s": round(opened, 3),
        "search_ms": percentiles(spent, 3),
        f"recall_at_{RECALL_AT}": round(float(np.mean(recalls)), 4),
        "search_memory_mb": {name: after[name] - before[name] for name in ("rss", "anonymous")},
    }


def _timed(
    index: DenseIndex, queries: Vectors, selections: list[Selection | None]
) -> tuple[list[float], list[list[int]]]:
    """Milliseconds of each search, and the keys it found. A first round, not timed, brings pages into memory."""
    spent, found = [], []
    for timed in (False, True):
        for number, selection in enumerate(selections):
            started = time.perf_counter()
            hits = index.search(queries[number : number + 1], DEPTH, selection)
            if timed:
                spent.append(1000 * (time.perf_counter() - started))
                found.append([hit.key for hit in hits])
    return spent, found


def _exact(path: Path, queries: Vectors) -> list[list[int]]:
    """The best rows of each query by the products of all stored vectors."""
    stored = _real(path, queries.shape[1])
    best = [(np.empty(0, dtype=np.int64), np.empty(0, dtype=np.float32)) for _ in queries]
    for start in range(0, len(stored), _BLOCK):
        block = queries @ stored[start : start + _BLOCK].astype(np.float32).T
        for number, scores in enumerate(block):
            top = np.argsort(-scores, kind="stable")[:RECALL_AT]
            rows, kept = np.append(best[number][0], top + start), np.append(best[number][1], scores[top])
            order = np.lexsort((rows, -kept))[:RECALL_AT]
            best[number] = rows[order], kept[order]
    return [rows.tolist() for rows, _ in best]


def _recall(found: list[int], expected: list[int]) -> float:
    return len(set(found[:RECALL_AT]) & set(expected)) / max(1, len(expected))


def _filtered(path: Path, dimensions: int, directory: Path, count: int) -> dict[str, Any]:
    """Filters that pass a share of the passages: any, the nearest to the query, the furthest, and whole topics."""
    index = _open(directory, dimensions)
    stored = _real(directory / _FOLDER / "vectors.f16", dimensions)
    queries = _questions(path, dimensions, count)
    rng = np.random.default_rng(2)
    topics = stored[np.sort(rng.choice(len(stored), count, replace=False))].astype(np.float32)
    near, topic = _products(stored, queries), _products(stored, topics)
    lies = {"anywhere": rng.random(near.shape, dtype=np.float32), "nearest": near, "furthest": -near, "topic": topic}
    figures: dict[str, Any] = {}
    for share in SHARES:
        passed = max(1, round(share * len(stored)))
        for lie, scores in lies.items():
            passing = [np.sort(np.argpartition(-row, passed - 1)[:passed]) for row in scores]
            selections: list[Selection | None] = [Selection(Filters(years=(1, 2)), rows) for rows in passing]
            spent, found = _timed(index, queries, selections)
            expected = [
                rows[np.lexsort((rows, -products[rows]))[:RECALL_AT]].tolist()
                for rows, products in zip(passing, near, strict=True)
            ]
            figures[f"{share:.1%} {lie}"] = {
                "search_ms": percentiles(spent, 2),
                f"recall_at_{RECALL_AT}": round(float(np.mean(list(map(_recall, found, expected)))), 4),
            }
    return figures


def _products(stored: NDArray[np.float16], queries: Vectors) -> Vectors:
    blocks = [queries @ stored[at : at + _BLOCK].astype(np.float32).T for at in range(0, len(stored), _BLOCK)]
    return np.concatenate(blocks, axis=1).astype(np.float32)


def main() -> None:
    """Print the figures as JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("vectors", type=Path, help="vectors.f16 of an index")
    parser.add_argument("--dimensions", type=int, default=384)
    parser.add_argument("--sizes", type=int, nargs="+", default=list(SIZES))
    parser.add_argument("--queries", type=int, default=QUERIES)
    options = parser.parse_args()
    figures = measure(options.vectors, options.dimensions, tuple(options.sizes), options.queries)
    sys.stdout.write(json.dumps(figures, indent=2) + "\n")


if __name__ == "__main__":
    main()
