"""Embedding: passages a second against plain `SentenceTransformer.encode`, and the share of the matrix-product peak.

Run alone:  python -m scripts.benchmarks.embedding INDEX_DIRECTORY [--passages 512] [--repeats 3]

All contestants get the same passages and take turns; a figure is the median of its repeats. Floating point operations
are those of the tokens that the texts have, without padding: linear layers and attention, two for each multiplication.
"""

import argparse
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from indexer.compact import compact_base
from indexer.embedding import COMPACT, PROFILES, EmbeddingModel, EmbeddingProfile, load_embedding_model
from indexer.numeric import Precision, cpu_has_bf16, pick_device
from indexer.quiet import quiet_loading
from indexer.store import searched_text
from tests.shapes import biobert_shaped

QUERY = "Which drugs inhibit PCSK9 and lower LDL cholesterol?"
_QUERY_TRIES = 100
_PEAK_SHAPES = ((2048, 2048, 2048), (4096, 1024, 1024), (2048, 1024, 4096), (4096, 4096, 4096))
_PEAK_SECONDS = 1.0
_PASSAGE = (
    'SELECT d.title, p.kind, substr(d.text, p.start + 1, p."end" - p.start)'
    " FROM passages p JOIN documents d USING (document_key) WHERE p.passage_key = ?"
)


class Shape(NamedTuple):
    """What of a BERT model its operations are counted by."""

    layers: int
    width: int
    inner: int


def measure(passages: Sequence[str], repeats: int) -> dict[str, Any]:
    """All figures of embedding, on these passages; the BioBERT-shaped model gets every sixth of them."""
    device = pick_device()
    with tempfile.TemporaryDirectory() as folder:
        biobert = str(biobert_shaped(Path(folder), head="none"))
        return {
            "passages": len(passages),
            "compact": _model_figures(str(compact_base()), PROFILES[COMPACT], passages, repeats),
            "biobert-shaped": _model_figures(
                biobert, EmbeddingProfile(biobert, PROFILES["biobert"].max_tokens), passages[::6], repeats
            ),
            "device": device,
        }


def _model_figures(source: str, profile: EmbeddingProfile, passages: Sequence[str], repeats: int) -> dict[str, Any]:
    contestants: dict[str, Any] = {"sentence-transformers fp32": plain(source, profile.max_tokens, "fp32")}
    if cpu_has_bf16():
        contestants["sentence-transformers bf16"] = plain(source, profile.max_tokens, "bf16")
    ours = load_embedding_model(profile)
    contestants["ours"] = ours.encode_passages
    for precision in ("int8", "fp32"):
        contestants[f"ours {precision}"] = _forced(profile, precision).encode_passages
    counted = lengths(source, passages, profile.max_tokens)
    operations = sum(flops(shape_of(source), length) for length in counted)
    seconds, peaks = _take_turns({name: _on(call, passages) for name, call in contestants.items()}, repeats)
    medians = {name: statistics.median(spent) for name, spent in seconds.items()}
    rates = {name: len(passages) / spent for name, spent in medians.items()}
    peak = max(peaks)

    def share(spent: float) -> float:
        return round(operations / spent / 1e9 / peak, 3)

    return {
        "passages": len(passages),
        "mean tokens": round(statistics.fmean(counted), 1),
        "peak bf16 GFLOP/s": round(peak),
        "passages/s": {name: round(rate, 1) for name, rate in rates.items()},
        "ratio to sentence-transformers fp32": round(rates["ours"] / rates["sentence-transformers fp32"], 2),
        "share of peak": {name: share(spent) for name, spent in medians.items() if "fp32" not in name},
        "share of peak, quickest repeat": share(min(seconds["ours"])),
        "one query ms": _query_latencies(contestants["sentence-transformers fp32"], ours),
    }


def plain(source: str, max_tokens: int, precision: Precision) -> Callable[[list[str]], Any]:
    """`SentenceTransformer.encode` with its defaults, in this precision."""
    import torch
    from sentence_transformers import SentenceTransformer

    with quiet_loading():
        model = SentenceTransformer(source, device=pick_device())
    model.max_seq_length = max_tokens
    if precision == "bf16":
        model.to(dtype=torch.bfloat16)
    return lambda texts: model.encode(texts, show_progress_bar=False)


def _forced(profile: EmbeddingProfile, precision: Precision) -> EmbeddingModel:
    return load_embedding_model(profile, precision=precision)


def _on(call: Callable[[list[str]], Any], passages: Sequence[str]) -> Callable[[], object]:
    return lambda: call(list(passages))


def _take_turns(calls: dict[str, Callable[[], object]], repeats: int) -> tuple[dict[str, list[float]], list[float]]:
    """Seconds of each repeat of each call, and the machine's peak measured before each round."""
    spent: dict[str, list[float]] = {name: [] for name in calls}
    peaks = []
    for call in calls.values():  # kernels are compiled for shapes that are new
        call()
    for _ in range(repeats):
        peaks.append(peak_gflops())
        for name, call in calls.items():
            spent[name].append(_seconds(call))
    return spent, peaks


def _seconds(call: Callable[[], object]) -> float:
    started = time.perf_counter()
    call()
    return time.perf_counter() - started


def peak_gflops() -> float:
    """The most that one of several large bf16 matrix products of torch reaches, in 10^9 operations a second."""
    import torch

    best = 0.0
    for rows, inner, columns in _PEAK_SHAPES:
        left = torch.randn(rows, inner).bfloat16()
        right = torch.randn(inner, columns).bfloat16()
        torch.mm(left, right)
        deadline = time.perf_counter() + _PEAK_SECONDS / len(_PEAK_SHAPES)
        while (started := time.perf_counter()) < deadline:
            torch.mm(left, right)
            best = max(best, 2 * rows * inner * columns / (time.perf_counter() - started) / 1e9)
    return best


def shape_of(source: str) -> Shape:
    """The shape of the model in this folder."""
    config = msgspec.json.decode((Path(source) / "config.json").read_bytes())
    return Shape(config["num_hidden_layers"], config["hidden_size"], config["intermediate_size"])


def flops(shape: Shape, tokens: int) -> int:
    """Operations for one text: per token 4 projections, the two inner layers, scores and their use."""
    linear = 2 * (4 * shape.width**2 + 2 * shape.width * shape.inner)
    attention = 2 * 2 * shape.width * tokens
    return shape.layers * tokens * (linear + attention)


def lengths(source: str, passages: Sequence[str], max_tokens: int) -> list[int]:
    """Tokens of each passage, as far as the model reads it."""
    from transformers import AutoTokenizer

    load: Any = AutoTokenizer.from_pretrained
    tokenizer = load(source)
    return [len(ids) for ids in tokenizer(list(passages), truncation=True, max_length=max_tokens)["input_ids"]]


def _query_latencies(sentence_transformers: Callable[[list[str]], Any], ours: EmbeddingModel) -> dict[str, float]:
    """Median milliseconds of one query."""
    calls: dict[str, Callable[[], object]] = {
        "sentence-transformers fp32": lambda: sentence_transformers([QUERY]),
        "ours": lambda: ours.encode_queries([QUERY]),
    }
    spent: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(_QUERY_TRIES):
        for name, call in calls.items():
            spent[name].append(_seconds(call))
    return {name: round(1000 * statistics.median(values), 2) for name, values in spent.items()}


def real_passages(directory: Path, count: int) -> list[str]:
    """`count` passages of an index as they are embedded, spread evenly over it; none that is a title alone."""
    uri = f"file:{directory / 'passages.db'}?mode=ro"
    with closing(sqlite3.connect(uri, uri=True)) as db:
        keys = [key for (key,) in db.execute("SELECT passage_key FROM passages WHERE kind <> 'title' ORDER BY 1")]
        wanted = keys[:: max(1, len(keys) // count)][:count]
        found = [db.execute(_PASSAGE, [key]).fetchone() for key in wanted]
    return [searched_text(title, kind, text) for title, kind, text in found]


def main() -> None:
    """Print the figures as JSON."""
    parser = argparse.ArgumentParser(description="Measure embedding on the passages of an index")
    parser.add_argument("directory", type=Path)
    parser.add_argument("--passages", type=int, default=512)
    parser.add_argument("--repeats", type=int, default=3)
    given = parser.parse_args()
    figures = measure(real_passages(given.directory, given.passages), given.repeats)
    sys.stdout.write(msgspec.json.format(msgspec.json.encode(figures)).decode() + "\n")


if __name__ == "__main__":
    main()
