"""The parts that measure one stage by itself, embedding and the dense index, over an index that another part made."""

from pathlib import Path
from typing import Any

from indexer.manifest import has_manifest, read_manifest
from indexer.vectors import VECTORS
from scripts.benchmarks import dense as dense_index
from scripts.benchmarks import embedding as embedding_model
from scripts.benchmarks.common import Context, literature_index, retrieval_index

PASSAGES, REPEATS = 360, 3


def embedding(context: Context) -> dict[str, Any]:
    """Passages a second against `SentenceTransformer.encode` and the machine's peak, on real passages."""
    passages = embedding_model.real_passages(_index(context), max(32, round(PASSAGES * context.scale)))
    return embedding_model.measure(passages, REPEATS)


def dense(context: Context) -> dict[str, Any]:
    """Latency, recall and memory of each kind of dense index, by size."""
    directory = _index(context)
    manifest = read_manifest(directory)
    sizes = tuple(max(1_000, round(size * context.scale)) for size in dense_index.SIZES)
    vectors = directory / manifest.dense.folder / VECTORS
    return dense_index.measure(vectors, manifest.embedding.dimensions, sizes)


def _index(context: Context) -> Path:
    """The index of real files where it was made, else that of the retrieval benchmark."""
    directory = literature_index(context)
    return directory if has_manifest(directory) else retrieval_index(context)
