"""Embedding what the store has and no vector yet, while it may still be growing.

A thread reads the next texts while the model works on the last ones. What was embedded is on disk and recorded before
the next texts are, under the hash of the text: a run that was killed has lost what the model was at, and embeds nothing
else again.
"""

import queue
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from indexer.embedding import CHUNK, EmbeddingModel
from indexer.progress import Stage
from indexer.store_scan import StoreScan
from indexer.vectors import DATABASE, VectorStore

_WINDOW_S = 20.0
_FEWEST = 512
_POLL_S = 0.1


class _Page(msgspec.Struct, frozen=True):
    """Texts to embed, by hash. `total` is how many there are from the first page to the last, where that is known."""

    texts: dict[bytes, str]
    total: int | None


def embed_new(
    directory: Path,
    vectors: VectorStore,
    model: EmbeddingModel,
    *,
    after: int,
    complete: Callable[[], bool],
    stage: Stage,
) -> int:
    """Embed the texts of all passages behind the key `after`; how many were embedded.

    `complete` says whether the store has everything; until then new passages are waited for.
    """
    window = _Window()
    embedded = 0
    with _read_ahead(directory, vectors.folder / DATABASE, after, complete, window) as pages:
        for page in pages:
            if page.total is not None:
                stage.expect(page.total)
            # A page that was read before the last ones were recorded may hold texts of theirs.
            missing = vectors.missing(list(page.texts))
            for start in range(0, len(missing), CHUNK):
                chunk = missing[start : start + CHUNK]
                with window.measured(len(chunk)):
                    texts = [page.texts[digest] for digest in chunk]
                    vectors.append(chunk, model.encode_passages(texts, stage.advance))
                embedded += len(chunk)
    return embedded


class _Window:
    """How many texts to embed at a time: what takes about 20 seconds, since a kill loses as much.

    The more there are the better texts of like length can be put together.
    """

    def __init__(self) -> None:
        self.size = min(CHUNK, 2 * _FEWEST)

    @contextmanager
    def measured(self, count: int) -> Iterator[None]:
        """Learn from how long so many take."""
        started = time.perf_counter()
        yield
        rate = count / max(time.perf_counter() - started, 1e-6)
        if count >= min(_FEWEST, CHUNK):
            self.size = int(min(CHUNK, max(_FEWEST, rate * _WINDOW_S)))


@contextmanager
def _read_ahead(
    directory: Path, vectors: Path, after: int, complete: Callable[[], bool], window: _Window
) -> Iterator[Iterator[_Page]]:
    """Pages of texts, the next one read by a thread while the last one is used."""
    pages: queue.Queue[_Page | BaseException | None] = queue.Queue(maxsize=1)
    stop = threading.Event()

    def put(item: _Page | BaseException | None) -> None:
        while not stop.is_set():
            try:
                return pages.put(item, timeout=_POLL_S)
            except queue.Full:
                continue

    def read() -> None:
        try:
            for page in _pages(directory, vectors, after, lambda: complete() or stop.is_set(), window):
                put(page)
                if stop.is_set():
                    return
            put(None)
        except BaseException as error:  # noqa: BLE001 - raised again where the pages are used
            put(error)

    thread = threading.Thread(target=read, name="biocite-reading-ahead", daemon=True)
    thread.start()
    try:
        yield _taken(pages)
    finally:
        stop.set()
        thread.join()


def _taken(pages: "queue.Queue[_Page | BaseException | None]") -> Iterator[_Page]:
    while (item := pages.get()) is not None:
        if isinstance(item, BaseException):
            raise item
        yield item


def _pages(
    directory: Path, vectors: Path, after: int, complete: Callable[[], bool], window: _Window
) -> Iterator[_Page]:
    given, total = 0, None
    with StoreScan(directory) as scan:
        scan.attach(vectors)
        while True:
            last = complete()  # asked first: what is committed before the answer is found by the query behind it
            found = scan.unembedded_after(after, window.size)
            if not found and last:
                return
            if last and total is None:
                total = given + scan.count_unembedded_after(after)
            # A small page wastes the model's time, but less than waiting does where nothing else is there.
            if not found:
                time.sleep(_POLL_S)
                continue
            by_key = dict(found)
            texts = {by_key[text.key]: text.text for text in scan.passage_texts(list(by_key))}
            yield _Page(texts, total)
            given += len(texts)
            after = found[-1][0]
