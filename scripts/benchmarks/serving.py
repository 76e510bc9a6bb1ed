"""The part `serving`: the service under load, by locust (scripts/benchmarks/load), against a process of its own.

Server and locust share the machine, so what the service can do is underestimated by what locust takes.
"""

import json
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec

from corpora.errors import UsageError
from scripts.benchmarks.common import ROOT, Context
from scripts.benchmarks.quality import corpus_index, questions_of

LOCUST = ROOT / "bench-work" / "load-venv" / "bin" / "locust"
CLIENTS = 32


class Load(msgspec.Struct, frozen=True):
    """What locust is told: `users` clients, each `rate` requests a second (0: as many as are answered), `seconds`."""

    kind: str
    users: int
    seconds: int
    rate: float = 0.0


def serving(context: Context) -> dict[str, Any]:
    """Searches and questions a second, latencies, dynamic batching, overload and recovery over 20,000 documents."""
    if not LOCUST.exists():
        raise UsageError(f"{LOCUST}: not found", remedy="Install locust with: make load")
    directory = corpus_index(context)
    questions = context.work / "load-questions.txt"
    asked = questions_of(context.data, "11B*.json")
    questions.write_text("".join(" ".join(question.text.split()) + "\n" for question in asked), "utf-8")
    seconds = max(5, round(20 * context.scale))
    with _served(directory) as server:
        load = _Loads(server, questions)
        load(Load("search", 4, 3))  # warm
        figures: dict[str, Any] = {"seconds": seconds}
        figures["search, 1 client"] = load(Load("search", 1, seconds))
        figures["search, 16 clients"] = load(Load("search", 16, seconds))
        figures["search, 32 clients"] = load(Load("search", CLIENTS, seconds))
        figures["search, 32 clients, 80 a second asked"] = load(Load("search", CLIENTS, seconds, 80 / CLIENTS))
        figures["ask, 1 client"] = load(Load("ask", 1, seconds))
        for kind, clients in (("ask", 1), ("search", CLIENTS)):
            sustainable = figures[f"{kind}, {clients} client{'s' if clients > 1 else ''}"][kind]["per second"]
            figures[f"{kind}, 5 times what it can do"] = _overload(server, load, kind, sustainable, seconds)
        figures["documents"], figures["searched passages"] = _size(directory)
    with _served(directory, BIOCITE_BATCHING="false") as server:
        load = _Loads(server, questions)
        load(Load("search", 4, 3))
        figures["search, 16 clients, one query at a time embedded"] = load(Load("search", 16, seconds))
    return figures


class _Server(msgspec.Struct, frozen=True):
    pid: int
    address: str
    key: str

    def memory_mb(self) -> float:
        """Resident memory."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        return round(int(re.search(r"VmRSS:\s+(\d+)", status)[1]) / 1024, 1)  # type: ignore[index]


@contextmanager
def _served(directory: Path, **settings: str) -> Iterator[_Server]:
    """A service with a key, ready; the key is revoked in the end."""
    created = subprocess.run(  # noqa: S603 - our own command
        [
            *_biocite("keys", "create"), "--index", str(directory), "--scope", "read", "--name", "load test",
            "--per-minute", "1000000", "--at-once", "1000", "--json",
        ],
        check=True, capture_output=True,
    ).stdout  # fmt: skip
    key = json.loads(created)
    process = subprocess.Popen(  # noqa: S603 - our own command
        [*_biocite("serve"), "--index", str(directory), "--port", "0"],
        stderr=subprocess.PIPE, text=True, env={**os.environ, **settings},
    )  # fmt: skip
    try:
        assert process.stderr is not None  # noqa: S101
        for line in process.stderr:
            found = re.search(r"serving .*? at (http://\S+?),", line)
            if found:
                yield _Server(process.pid, found[1], key["key"])
                break
    finally:
        process.terminate()
        process.wait(60)
        revoke = [*_biocite("keys", "revoke"), key["key_id"], "--index", str(directory)]
        subprocess.run(revoke, check=False, capture_output=True)  # noqa: S603 - our own command


def _biocite(*words: str) -> list[str]:
    return [str(Path(sys.executable).parent / "biocite"), *words]


class _Loads:
    """Runs locust against a server."""

    def __init__(self, server: _Server, questions: Path) -> None:
        self._server, self._questions = server, questions

    def __call__(self, load: Load) -> dict[str, Any]:
        """For each outcome: how many, how many a second, and the median and percentiles of their latency in ms."""
        command = [str(LOCUST), "-f", str(Path(__file__).parent / "load" / "locustfile.py"), "--headless", "--json"]
        command += ["-u", str(load.users), "-r", "1000", "-t", f"{load.seconds}s", "--host", self._server.address]
        variables = {
            "LOAD_KIND": load.kind,
            "LOAD_QUESTIONS": str(self._questions),
            "LOAD_KEY": self._server.key,
            "LOAD_RATE": str(load.rate),
        }
        told = subprocess.run(  # noqa: S603 - our own command
            [*command, "--loglevel", "ERROR"], capture_output=True, check=False, env={**os.environ, **variables}
        ).stdout
        return {entry["name"]: _summary(entry, load.seconds) for entry in json.loads(told)}


def _summary(entry: dict[str, Any], seconds: int) -> dict[str, Any]:
    """Locust's figures of one outcome; its histogram is of rounded milliseconds. Any failure makes them worthless."""
    if entry["num_failures"]:
        raise RuntimeError(f"{entry['num_failures']} of {entry['num_requests']} requests failed: {entry['name']}")
    times = sorted((float(taken), count) for taken, count in entry["response_times"].items())
    return {
        "requests": entry["num_requests"],
        "failures": entry["num_failures"],
        "per second": round(entry["num_requests"] / seconds, 1),
        **{f"p{share}_ms": _percentile(times, share / 100) for share in (50, 95, 99)},
    }


def _percentile(times: list[tuple[float, int]], share: float) -> float:
    wanted, seen = share * sum(count for _, count in times), 0
    for taken, count in times:
        seen += count
        if seen >= wanted:
            return taken
    return 0.0


def _overload(server: _Server, load: _Loads, kind: str, sustainable: float, seconds: int) -> dict[str, Any]:
    """Five times the rate that the service can do; memory meanwhile, and how long it is slow afterwards."""
    users = 100
    memory: list[float] = [server.memory_mb()]
    over = threading.Event()

    def watch() -> None:
        while not over.wait(0.2):
            memory.append(server.memory_mb())

    watching = threading.Thread(target=watch)
    watching.start()
    outcome = load(Load(kind, users, seconds, 5 * sustainable / users))
    ended = time.monotonic()
    over.set()
    watching.join()
    usual = load(Load(kind, 1, 3))
    return {
        **outcome,
        "asked a second": round(5 * sustainable, 1),
        "memory_mb": {"before": memory[0], "most": max(memory)},
        "first 3 s afterwards": usual,
        "measured_after_s": round(time.monotonic() - ended - 3, 1),
    }


def _size(directory: Path) -> tuple[int, int]:
    manifest = json.loads((directory / "manifest.json").read_bytes())
    return manifest["statistics"]["documents"], manifest["statistics"]["searched"]
