"""Building: against embedding alone, memory, adding a hundredth, and how time and disk grow with the documents.

Each size is a share of both PubMed files and all PMC bundles (`source_cuts`). Building, embedding alone and adding are
processes of their own, one after the other; a size that is quickly built is measured three times, its medians kept.
"""

import json
import shutil
import statistics
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

from scripts.benchmarks.common import Context, bytes_on_disk, memory
from scripts.benchmarks.source_cuts import cut_sources

SHARES = (0.01, 0.05)
REPEATED_SHARE = 0.01
"""Up to this share a size is measured `REPEATS` times: seconds long, it is within the machine's unrest."""
REPEATS = 3
SAMPLE_S = 0.1


def building(context: Context) -> dict[str, Any]:
    """Figures of each size, smallest first."""
    sizes = []
    for share in SHARES:
        scaled = share * context.scale
        repeats = REPEATS if scaled <= REPEATED_SHARE else 1
        sizes.append(summary(scaled, [measure(context, scaled) for _ in range(repeats)]))
    return {"sizes": sizes}


def measure(context: Context, share: float) -> dict[str, Any]:
    """One measurement of a size: `build`, `embedding`, `adding`, and the bytes of the finished index."""
    cut = cut_sources(context, share)
    directory = context.work / f"building-{share:g}"
    shutil.rmtree(directory, ignore_errors=True)
    build = run("build", directory, cut.main)
    disk = bytes_on_disk(directory)
    embedding = run("embed", directory, [])
    adding = run("build", directory, cut.held_out) if cut.held_out else {}
    shutil.rmtree(directory, ignore_errors=True)
    return {"build": build, "embedding": embedding, "adding": adding, "bytes": disk}


def summary(share: float, repeats: list[dict[str, Any]]) -> dict[str, Any]:
    """A size's figures, its seconds and ratios the medians of its repeats; those of each repeat stand beside them.

    Adding is compared with the build of the other 99 %, which is a little less than a rebuild of all.
    """
    last = repeats[-1]
    build = [one["build"]["seconds"] for one in repeats]
    ratios = [one["build"]["seconds"] / one["embedding"]["seconds"] for one in repeats]
    figures = {
        "share of the files": share,
        "documents": last["build"]["documents"],
        "passages": last["build"]["passages"],
        "embedded texts": last["build"]["embedded"],
        "build s": statistics.median(build),
        "embedding alone s": statistics.median(one["embedding"]["seconds"] for one in repeats),
        "build to embedding alone": round(statistics.median(ratios), 3),
        "of each repeat": [round(ratio, 3) for ratio in ratios],
        "peak rss_mb": max(one["build"]["rss_mb peak"] for one in repeats),
        "peak rss_mb with child processes": max(one["build"]["rss_mb peak with children"] for one in repeats),
        "bytes": last["bytes"],
        "refused files": last["build"]["refused files"],
    }
    if all(one["adding"] for one in repeats):
        shares = [one["adding"]["seconds"] / one["build"]["seconds"] for one in repeats]
        figures["adding 1 %"] = {
            "documents": last["adding"]["documents"] - last["build"]["documents"],
            "embedded texts": last["adding"]["embedded"],
            "s": statistics.median(one["adding"]["seconds"] for one in repeats),
            "share of the build": round(statistics.median(shares), 4),
        }
    return figures


def run(what: str, directory: Path, sources: list[Path]) -> dict[str, Any]:
    """The figures of a `building_process`, with the peak of its and its children's memory, sampled."""
    command = [sys.executable, "-P", "-m", "scripts.benchmarks.building_process", what, str(directory)]
    process = subprocess.Popen(  # noqa: S603 - our own module
        [*command, *map(str, sources)], stdout=subprocess.PIPE, text=True
    )
    with Sampler(process.pid) as sampler:
        output, _ = process.communicate()
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, process.args)
    figures: dict[str, Any] = json.loads(output)
    return {**figures, "rss_mb peak with children": max(sampler.peak, figures["rss_mb peak"])}


class Sampler:
    """Samples the resident memory of a process and all below it, in MB; pages that they share count for each."""

    def __init__(self, process: int) -> None:
        self.peak = 0
        self._process = process
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._sample, daemon=True)

    def __enter__(self) -> "Sampler":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _sample(self) -> None:
        while not self._over.wait(SAMPLE_S):
            self.peak = max(self.peak, sum(memory(name)["rss"] for name in with_children(str(self._process))))


def with_children(process: str) -> list[str]:
    """The process and all below it; those that are gone by now are not found."""
    found = [process]
    for name in found:
        for path in Path(f"/proc/{name}/task").glob("*/children"):
            try:
                found.extend(path.read_text().split())
            except OSError:
                continue  # the thread ended between being listed and being read
    return found
