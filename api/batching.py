"""Dynamic batching: queries that arrive while the model works are embedded together when it is free again.

Nothing ever waits for a batch to fill: alone, a query is embedded at once. A batch costs much less than its queries one
by one, since most of the time of one goes into reading the model's weights from memory.
"""

import contextvars
import queue
import sys
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future

import numpy as np

from corpora.stopping import check_stopped
from indexer.embedding import EmbeddingModel, ModelIdentity, Vectors

LARGEST = 32
"""Texts in a batch, unless one caller alone brings more."""


class BatchingModel:
    """An `EmbeddingModel` that embeds the queries of several threads together; passages go straight through.

    `observe` is told the number of texts of every batch. `close` ends its thread, once what waits is done.
    """

    def __init__(self, model: EmbeddingModel, observe: Callable[[int], None] = lambda _: None) -> None:
        self._model = model
        self._observe = observe
        self._waiting: queue.SimpleQueue[_Asked | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._closed = False
        self._begun = threading.Event()
        self._thread = threading.Thread(target=self._work, name="biocite-embedding", daemon=True)
        self._keep_to_one_core()

    @property
    def identity(self) -> ModelIdentity:
        """Which model this is."""
        return self._model.identity

    def encode_passages(self, texts: Sequence[str], advance: Callable[[int], None] | None = None) -> Vectors:
        """See `EmbeddingModel`."""
        return self._model.encode_passages(texts, advance)

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        """See `EmbeddingModel`. Raises StoppedError where nobody waits for it any more."""
        check_stopped()
        asked = _Asked(texts)
        with self._lock:
            if self._closed:
                raise RuntimeError("the model was closed")
            self._waiting.put(asked)
        return asked.outcome.result()

    def close(self) -> None:
        """End the thread once what waits is embedded. Doing so again does nothing."""
        with self._lock:
            if not self._closed:
                self._closed = True
                self._waiting.put(None)
        self._thread.join()

    def _keep_to_one_core(self) -> None:
        """Start the thread so that torch shares out none of its work.

        A few short texts are too little for several cores that other requests need as well (docs/experiments.md).
        PyTorch keeps the number for the thread that sets it and for threads that begin later, so it is set back here.
        """
        torch = sys.modules.get("torch")
        usual = torch.get_num_threads() if torch is not None else 0
        self._thread.start()
        self._begun.wait()
        if torch is not None:
            torch.set_num_threads(usual)

    def _work(self) -> None:
        torch = sys.modules.get("torch")
        if torch is not None:
            torch.set_num_threads(1)
        self._begun.set()
        while True:
            batch, more = self._next()
            if batch:
                self._encode(batch)
            if not more:
                return

    def _next(self) -> "tuple[list[_Asked], bool]":
        """All that waits, as many as fit, and whether there will be more; waits for the first."""
        batch: list[_Asked] = []
        texts = 0
        while texts < LARGEST:
            try:
                asked = self._waiting.get(block=not batch)
            except queue.Empty:
                break
            if asked is None:
                return batch, False
            batch.append(asked)
            texts += len(asked.texts)
        return batch, True

    def _encode(self, batch: "list[_Asked]") -> None:
        wanted = [asked for asked in batch if asked.is_wanted()]
        texts = [text for asked in wanted for text in asked.texts]
        if not texts:
            return
        self._observe(len(texts))
        try:
            vectors = self._model.encode_queries(texts)
        except BaseException as error:  # noqa: BLE001 - whoever waits gets it, whatever it is
            for asked in wanted:
                asked.outcome.set_exception(error)
            return
        start = 0
        for asked in wanted:
            asked.outcome.set_result(np.ascontiguousarray(vectors[start : start + len(asked.texts)]))
            start += len(asked.texts)


class _Asked:
    """Some texts, who waits for their vectors, and whether they still do."""

    def __init__(self, texts: Sequence[str]) -> None:
        self.texts = list(texts)
        self.outcome: Future[Vectors] = Future()
        self._context = contextvars.copy_context()

    def is_wanted(self) -> bool:
        try:
            self._context.run(check_stopped)
        except Exception as error:  # noqa: BLE001 - handed to whoever waited
            self.outcome.set_exception(error)
            return False
        return True
