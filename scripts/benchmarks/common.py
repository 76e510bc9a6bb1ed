"""What the parts of `make bench` share: the machine, the context they run in, percentiles, memory."""

import os
import platform
import subprocess
import sys
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from corpora.errors import UsageError

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("torch", "transformers", "sentence-transformers", "faiss-cpu", "tantivy", "rank-bm25", "numpy")
CPU_FLAGS = ("avx2", "avx512f", "avx512_vnni", "avx512_bf16", "avx512_fp16", "avx_vnni", "amx_bf16", "amx_int8")


class Context(msgspec.Struct, frozen=True):
    """Where a part finds the real `data`, where it may `work`, and at what share of its full size it runs.

    Figures of a `scale` other than 1 are for trying a part out, and are marked with it in the JSON.
    """

    data: Path
    work: Path
    scale: float = 1.0


def machine() -> dict[str, Any]:
    """What the figures were measured on."""
    from indexer.numeric import pick_device, pick_dtype

    path = Path("/proc/cpuinfo")
    lines = path.read_text().splitlines() if path.exists() else []
    fields = {name.strip(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    flags = fields.get("flags", "").split()
    return {
        "processor": fields.get("model name", "unknown"),
        "cores": os.cpu_count(),
        "flags": [flag for flag in CPU_FLAGS if flag in flags],
        "memory_gb": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9, 1),
        "device": pick_device(),
        "dtype": str(pick_dtype("auto", pick_device())),
    }


def versions() -> dict[str, str]:
    """The versions that the figures depend on."""
    return {"python": platform.python_version(), **{name: version(name) for name in PACKAGES}}


def percentiles(values: Sequence[float], digits: int = 2) -> dict[str, float]:
    """p50, p95 and p99 of the values, interpolated linearly between them."""
    found = np.percentile(np.asarray(values, dtype=np.float64), [50, 95, 99])
    return {name: round(float(value), digits) for name, value in zip(("p50", "p95", "p99"), found, strict=True)}


def benchmark_folder(context: Context) -> Path:
    """The shared retrieval benchmark (BEIR layout), made once: about 46,700 documents and 327 questions of 11B."""
    folder = context.work / "beir-11B"
    if not (folder / "qrels" / "test.tsv").exists():
        bioasq = [str(path) for path in sorted(context.data.glob("bioasq/*.json"))]
        queries = [path for path in bioasq if Path(path).name.startswith("11B")]
        pubmed = [str(path) for path in sorted(context.data.glob("pubmed/*.xml.gz"))]
        tool = context.data.parent / "tools" / "make_beir.py"
        command = [sys.executable, str(tool), str(folder), "--bioasq", *bioasq, "--queries-from", *queries]
        subprocess.run([*command, "--pubmed", *pubmed], check=True)  # noqa: S603 - the data's own tool
    return folder


def retrieval_index(context: Context) -> Path:
    """The index of the shared retrieval benchmark, which the part `retrieval` makes; UsageError where it is not."""
    directory = benchmark_folder(context) / "biocite-index"
    if not (directory / "manifest.json").exists():
        raise UsageError(f"{directory}: no index", remedy="Make it with: scripts/bench.py --only retrieval")
    return directory


def literature_index(context: Context) -> Path:
    """The index of PubMed's two files and PMC articles, which the part `literature` makes."""
    return context.work / "index-literature"


def bytes_on_disk(directory: Path) -> dict[str, int]:
    """Bytes of each part of an index directory, and their sum."""
    sizes: dict[str, int] = {}
    for path in sorted(directory.rglob("*")):
        if path.is_file() and not path.is_symlink():
            part = path.relative_to(directory).parts[0]
            sizes[part] = sizes.get(part, 0) + path.stat().st_size
    return {**sizes, "all": sum(sizes.values())}


def memory(process: str = "self") -> dict[str, int]:
    """MB (10^6 bytes) of a process: `rss`, of it `anonymous` (files that are mapped left out), and the `peak` so far.

    Zeros where /proc has no such process.
    """
    try:
        lines = Path(f"/proc/{process}/status").read_text().splitlines()
    except OSError:
        lines = []
    fields = {name: value.split() for name, _, value in (line.partition(":") for line in lines)}
    names = {"rss": "VmRSS", "anonymous": "RssAnon", "peak": "VmHWM"}
    return {name: round(int(fields.get(field, ["0"])[0]) * 1024 / 1e6) for name, field in names.items()}
