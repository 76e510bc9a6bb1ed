"""Figures for Prometheus: latency by operation and stage, counts, queues, batches, and what is served."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Info, generate_latest

from api.work import Worker
from corpora.errors import BioCiteError

_SECONDS = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30)
_BATCHES = (1, 2, 4, 8, 16, 32, 64)


class Metrics:
    """The figures of one service; a registry of its own, so that several may live in one process."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        registry = self._registry
        self._operations = Histogram(
            "biocite_operation_seconds",
            "Time of an operation from its arrival to its answer, waiting included",
            ["operation", "outcome"],
            buckets=_SECONDS,
            registry=registry,
        )
        self._stages = Histogram(
            "biocite_stage_seconds", "Time of one stage of a search or an answer", ["stage"], buckets=_SECONDS,
            registry=registry,
        )  # fmt: skip
        self._answers = Counter("biocite_answers", "Questions answered, by kind and status", ["kind", "status"],
            registry=registry)  # fmt: skip
        self._responses = Counter("biocite_http_responses", "HTTP responses by status", ["status"], registry=registry)
        self._batches = Histogram(
            "biocite_embedding_batch_texts", "Queries embedded together", buckets=_BATCHES, registry=registry
        )
        self._served = Info("biocite_served", "What is served", registry=registry)
        self._documents = Gauge("biocite_index_documents", "Documents in the index", registry=registry)
        self._passages = Gauge("biocite_index_passages", "Passages in the index", registry=registry)
        self._lanes = {
            what: Gauge(f"biocite_lane_{what}", text, ["lane"], registry=registry)
            for what, text in (
                ("inside", "Requests being worked on or waiting"),
                ("waiting", "Requests waiting for a thread"),
                ("accepted_total", "Requests accepted since the start"),
                ("shed_total", "Requests refused since the start because there was too much to do"),
            )
        }

    def watch(self, worker: Worker) -> None:
        """Show this lane's counters."""
        watched: dict[str, Callable[[], float]] = {
            "inside": lambda: worker.inside,
            "waiting": lambda: worker.queued,
            "accepted_total": lambda: worker.accepted,
            "shed_total": lambda: worker.shed,
        }
        for what, read in watched.items():
            self._lanes[what].labels(worker.lane.name).set_function(read)

    @contextmanager
    def timed(self, operation: str) -> Iterator[None]:
        """Time an operation; its outcome is ``done`` or the name of the error."""
        started, outcome = time.perf_counter(), "done"
        try:
            yield
        except BioCiteError as error:
            outcome = type(error).__name__
            raise
        except BaseException:
            outcome = "failed"
            raise
        finally:
            self._operations.labels(operation, outcome).observe(time.perf_counter() - started)

    def stages(self, timings_ms: Mapping[str, float]) -> None:
        """The stages of one search or answer, in milliseconds."""
        for stage, spent in timings_ms.items():
            self._stages.labels(stage).observe(spent / 1000)

    def answered(self, kind: str, status: str) -> None:
        """One question more."""
        self._answers.labels(kind, status).inc()

    def response(self, status: int) -> None:
        """One HTTP response more."""
        self._responses.labels(str(status)).inc()

    def batch(self, texts: int) -> None:
        """So many queries were embedded together."""
        self._batches.observe(texts)

    def serves(self, names: Mapping[str, str], documents: int, passages: int) -> None:
        """What is served now."""
        self._served.info(dict(names))
        self._documents.set(documents)
        self._passages.set(passages)

    def exposed(self) -> bytes:
        """All of it in Prometheus' text format."""
        return generate_latest(self._registry)
