"""Latency of hybrid search at 10,000, 122,000 and 1,000,000 passages, memory, recall, and the time to reopen.

The indexes are those of `big_index`, the queries BioASQ's questions of batch 11B. Each index is measured in processes
of its own, so that memory is that of one index.
"""

import json
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

from corpora.beir import read_queries
from indexer.embedding import load_embedding_model
from indexer.index import Index
from scripts.benchmarks.big_index import big_index, real_pool
from scripts.benchmarks.common import Context, benchmark_folder, bytes_on_disk, retrieval_index

SIZES = (10_000, 122_000, 1_000_000)


def search(context: Context) -> dict[str, Any]:
    """Figures of each size, and how many of the largest index's passages are real."""
    queries = query_file(context)
    pool = real_pool(context)
    real = len(pool.passages)
    sizes = [max(1_000, round(size * context.scale)) for size in SIZES]
    directories = {size: big_index(context, size, pool) for size in sizes}
    del pool  # frees its memory before anything is measured
    return {
        "real passages": real,
        "candidates of an engine": 200,
        "sizes": {str(size): _measured(directory, queries) for size, directory in directories.items()},
    }


def query_file(context: Context) -> Path:
    """The questions and their vectors, made once."""
    path = context.work / "search-queries.json"
    if not path.exists():
        texts = [query.text for query in read_queries(benchmark_folder(context))]
        with closing(Index(retrieval_index(context), load_embedding_model)) as index:
            vectors = [index.model.encode_queries([text])[0].tolist() for text in texts]
        path.write_text(json.dumps({"texts": texts, "vectors": vectors}))
    return path


def _measured(directory: Path, queries: Path) -> dict[str, Any]:
    figures = {"bytes": bytes_on_disk(directory), **_in_process("measure", directory, queries)}
    return {
        **figures,
        "reopen, files not in memory": _in_process("reopen-cold", directory, queries),
        "reopen": _in_process("reopen", directory, queries),
    }


def _in_process(what: str, directory: Path, queries: Path) -> dict[str, Any]:
    command = [sys.executable, "-P", "-m", "scripts.benchmarks.search_process", what, str(directory), str(queries)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE)  # noqa: S603 - our own module
    figures: dict[str, Any] = json.loads(done.stdout)
    return figures
