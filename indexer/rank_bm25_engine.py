"""BM25 in memory by rank-bm25: for small corpora, and the reference that Tantivy's rankings are tested against.

Used otherwise than `BM25Okapi.get_scores` would in two ways:

- A token is scored for the passages that have it, not for all: the same scores, on 46,709 documents 60 to 100 queries a
  second instead of 11 (Tantivy: 6,000 to 7,000).
- The inverse document frequency is ``log(1 + (N - n + 0.5) / (n + 0.5))``, as in Lucene and Tantivy. That of BM25Okapi
  lacks the ``1 +``: it is negative for a token of more than half the passages, and then replaced by a quarter of the
  mean, which in a corpus of few passages is negative itself, so that matches score below 0. In a corpus of any size it
  hardly matters: `tests/indexer/test_bm25_agreement.py` measures both.
"""

import math
import threading
from collections import defaultdict
from collections.abc import Iterable

import msgspec
import numpy as np
from numpy.typing import NDArray
from rank_bm25 import BM25Okapi

from indexer.analysis import Analyzer
from indexer.lexical import Bm25, Hit, check_k, query_terms
from indexer.records import Attributes, PassageKeys, Selection


class _Built(msgspec.Struct, frozen=True):
    """The index proper: passages in the order of their keys, `postings` their positions by token."""

    keys: PassageKeys
    postings: dict[str, NDArray[np.int64]]
    bm25: BM25Okapi | None


class RankBm25Engine:
    """A `LexicalEngine` and `LexicalWriter` in one, holding tokens in memory; changes rebuild it at the next search."""

    def __init__(self, analyzer: Analyzer, bm25: Bm25 | None = None) -> None:
        self._analyzer = analyzer
        self._bm25 = bm25 or Bm25()
        self._pending: dict[int, list[str] | None] = {}
        self._tokens: dict[int, list[str]] = {}
        self._built: _Built | None = None
        self._lock = threading.Lock()

    def add(self, key: int, text: str, attributes: Attributes) -> None:
        """See `LexicalWriter.add`. The attributes are not needed: selections bring the keys that pass."""
        self._pending[key] = self._analyzer.tokens(text)

    def delete(self, keys: Iterable[int]) -> None:
        """See `LexicalWriter.delete`."""
        self._pending.update(dict.fromkeys(keys))

    def commit(self) -> None:
        """See `LexicalWriter.commit`."""
        with self._lock:
            changed = self._tokens | self._pending
            self._tokens = {key: tokens for key, tokens in sorted(changed.items()) if tokens is not None}
            self._pending = {}
            self._built = None

    def search(self, query: str, k: int, selection: Selection | None = None) -> list[Hit]:
        """See `LexicalEngine.search`."""
        check_k(k)
        built = self._index()
        scores = np.zeros(len(built.keys))
        allowed = np.ones(len(built.keys), bool) if selection is None else np.isin(built.keys, selection.keys)
        for term in query_terms(self._analyzer.tokens(query)):
            positions = built.postings.get(term)
            if positions is not None and built.bm25 is not None:
                positions = positions[allowed[positions]]
                scores[positions] += built.bm25.get_batch_scores([term], positions.tolist())
        found = np.flatnonzero(scores)
        best = found[np.lexsort((built.keys[found], -scores[found]))[:k]]
        return [Hit(key, score) for key, score in zip(built.keys[best].tolist(), scores[best].tolist(), strict=True)]

    def _index(self) -> _Built:
        with self._lock:
            if self._built is None:
                self._built = _build(self._tokens, self._bm25)
            return self._built


def _build(tokens: dict[int, list[str]], constants: Bm25) -> _Built:
    postings: dict[str, list[int]] = defaultdict(list)
    for position, passage in enumerate(tokens.values()):
        for token in dict.fromkeys(passage):
            postings[token].append(position)
    keys = np.fromiter(tokens, np.int64, len(tokens))
    if not postings:
        return _Built(keys, {}, None)
    bm25 = BM25Okapi(list(tokens.values()), k1=constants.k1, b=constants.b)
    bm25.doc_len = np.array(bm25.doc_len)  # get_batch_scores makes an array of it for every token
    bm25.idf = {token: _idf(len(tokens), len(positions)) for token, positions in postings.items()}
    return _Built(keys, {token: np.array(positions) for token, positions in postings.items()}, bm25)


def _idf(passages: int, having: int) -> float:
    return math.log(1 + (passages - having + 0.5) / (having + 0.5))
