"""Builds an index, or embeds its texts and nothing else, in a process of its own.

    python -m scripts.benchmarks.building_process build INDEX SOURCE...
    python -m scripts.benchmarks.building_process embed INDEX

The model is loaded, and has embedded a few texts, before the clock starts. The figures go to standard output as JSON.
"""

import json
import sys
import time
from contextlib import closing
from pathlib import Path
from typing import Any

from indexer.build import build_index
from indexer.embedding import PROFILES, EmbeddingModel, load_embedding_model
from indexer.index import Index
from scripts.benchmarks.common import memory

WARM_UP = ["A passage of some length warms the model up before anything is measured."] * 64


def main() -> None:
    """Run what the command line names."""
    what, directory, sources = sys.argv[1], Path(sys.argv[2]), [Path(name) for name in sys.argv[3:]]
    model = load_embedding_model(PROFILES["compact"])
    model.encode_passages(WARM_UP)
    before = memory()["rss"]
    figures = build(directory, sources, model) if what == "build" else embed(directory, model)
    figures |= {"rss_mb before": before, "rss_mb peak": memory()["peak"]}
    sys.stdout.write(json.dumps(figures) + "\n")


def build(directory: Path, sources: list[Path], model: EmbeddingModel) -> dict[str, Any]:
    """Seconds of the whole build, and what it did."""
    started = time.perf_counter()
    report = build_index(sources, directory, model)
    seconds = time.perf_counter() - started
    refused = [source.refused for source in report.sources if source.refused]
    return {
        "seconds": round(seconds, 3),
        "documents": report.manifest.documents,
        "passages": report.manifest.passages,
        "embedded": report.embedded,
        "refused files": refused,
    }


def embed(directory: Path, model: EmbeddingModel) -> dict[str, Any]:
    """Seconds of embedding, in one call, the distinct texts that the finished index has vectors of."""
    with closing(Index(directory, load_embedding_model)) as index:
        texts = list(dict.fromkeys(text for _, text in index.store.texts()))
    started = time.perf_counter()
    model.encode_passages(texts)
    return {"seconds": round(time.perf_counter() - started, 3), "texts": len(texts)}


if __name__ == "__main__":
    main()
