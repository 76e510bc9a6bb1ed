"""The current generation of an index that may be updated while it is searched.

Every use looks whether there is a newer generation and takes it; who still uses the old one goes on with it, and the
last of them closes it. So a search begun after an update is committed sees the update, and none sees half of one.
"""

import logging
import math
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from corpora.errors import IndexStateError, NotFoundError
from indexer.embedding import EmbeddingModel, EmbeddingProfile
from indexer.index import Index, LexicalName, ModelLoader
from indexer.manifest import FILE

_log = logging.getLogger(__name__)
_AGAIN_S = 30.0
_Stamp = tuple[int, int, int] | None


class CurrentIndex:
    """Follows the generations of one directory; the embedding model is loaded once. Safe to share between threads."""

    def __init__(self, directory: Path, load_model: ModelLoader, *, lexical: LexicalName = "tantivy") -> None:
        self._directory = directory
        self._lexical: LexicalName = lexical
        self._load_model = _Once(load_model)
        self._lock = threading.Lock()
        self._warm = False
        self._stamp = _stamp(directory)
        self._again_at = math.inf
        self._leased = _Leased(self._open())

    def _open(self) -> Index:
        return Index(self._directory, self._load_model, lexical=self._lexical)

    @contextmanager
    def use(self) -> Iterator[Index]:
        """The current generation, open for as long as the context lasts."""
        with self._lock:
            self._follow()
            leased = self._leased
            leased.users += 1
        try:
            yield leased.index
        finally:
            with self._lock:
                leased.users -= 1
                leased.close_if_unused()

    def _follow(self) -> None:
        stamp = _stamp(self._directory)
        if stamp is None or (stamp == self._stamp and time.monotonic() < self._again_at):
            return
        self._stamp, self._again_at = stamp, math.inf
        index: Index | None = None
        try:
            index = self._open()
            if self._warm:
                index.warm()
        except (IndexStateError, NotFoundError) as error:
            _log.warning("the new generation of the index cannot be opened, the old one stays in use: %s", error)
            self._again_at = time.monotonic() + _AGAIN_S
            if index is not None:
                index.close()
            return
        replaced, self._leased = self._leased, _Leased(index)
        replaced.retired = True
        replaced.close_if_unused()

    def warm(self) -> None:
        """Open every part of the current generation now, and of each later one before it is used."""
        with self.use() as index:
            index.warm()
            self._warm = True

    def close(self) -> None:
        """Close the generation in use, once nobody uses it."""
        with self._lock:
            self._leased.retired = True
            self._leased.close_if_unused()


class _Leased:
    """An open generation and how many are using it."""

    def __init__(self, index: Index) -> None:
        self.index = index
        self.users = 0
        self.retired = False

    def close_if_unused(self) -> None:
        if self.retired and not self.users:
            self.index.close()


class _Once:
    """Loads each model once, for all generations."""

    def __init__(self, load: ModelLoader) -> None:
        self._load = load
        self._lock = threading.Lock()
        self._loaded: dict[EmbeddingProfile, EmbeddingModel] = {}

    def __call__(self, profile: EmbeddingProfile) -> EmbeddingModel:
        with self._lock:
            if profile not in self._loaded:
                self._loaded[profile] = self._load(profile)
            return self._loaded[profile]


def _stamp(directory: Path) -> _Stamp:
    """Something that is new after every commit, None where there is no manifest."""
    try:
        status = os.stat(directory / FILE)
    except OSError:
        return None
    return status.st_mtime_ns, status.st_ino, status.st_size
