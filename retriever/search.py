"""Query -> ranked passages: select, retrieve with each engine, fuse, fetch, and rerank where that is asked for."""

import os
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import takewhile
from typing import Literal, NamedTuple, get_args

import msgspec
import numpy as np

from corpora.errors import UsageError
from corpora.stopping import check_stopped
from corpora.text import require_text
from indexer.embedding import Vectors
from indexer.index import Index
from indexer.lexical import Hit
from indexer.records import Filters, Selection
from indexer.store import StoredPassage, searched_text
from retriever.fusion import FUSIONS, fuse
from retriever.records import EngineScore, RankedList, ScoredPassage
from retriever.rerank import Reranker

Mode = Literal["hybrid", "bm25", "dense"]
Unit = Literal["passage", "document"]

_BESIDE = ThreadPoolExecutor(os.cpu_count(), thread_name_prefix="biocite-bm25")

STAGES = ("select", "bm25", "embedding", "dense", "feedback", "fusion", "fetch", "rerank")
"""The stages of a search as its timings name them; BM25 and the embedding of the query run side by side."""

MAX_QUERY_CHARACTERS = 10_000
MAX_K = 10_000


class Feedback(msgspec.Struct, frozen=True):
    """Pseudo-relevance feedback in the vector space (Rocchio 1971; for dense retrieval Li et al., TOIS 2023).

    The query's vector is moved by `weight` towards the score-weighted mean of the `passages` best hybrid hits, and
    passages are scored again: `reach` times as many as the dense engine is to give, the nearest to the query as it was.
    Why, and how it was chosen: ``docs/decisions/0006-min-max-fusion.md``.
    """

    passages: int = 2
    weight: float = 1.0
    reach: int = 4


class Reranking(msgspec.Struct, frozen=True):
    """How the reranker is listened to.

    It reads the `depth` best passages, and its probability gets `weight` of their score. What it did not read has a
    probability of 0. Chosen on BioASQ 10B by ``scripts/choose_retrieval.py --rerank``.
    """

    depth: int = 20
    weight: float = 0.4


class RetrievalSettings(msgspec.Struct, frozen=True):
    """How candidates are found and fused.

    `candidates` is how many passages each engine gives at least. `weights` are those of the min-max weighted sum.
    """

    fusion: str = "min-max"
    weights: dict[str, float] = msgspec.field(default_factory=lambda: {"bm25": 0.45, "dense": 0.55})
    candidates: int = 200
    feedback: Feedback | None = Feedback()
    reranking: Reranking = Reranking()


class _Wanted(NamedTuple):
    """What both engines are asked for."""

    query: str
    mode: Mode
    depth: int
    selection: Selection | None


class Retriever:
    """Searches one index. Holds no state of a request: safe to share between threads."""

    def __init__(
        self,
        index: Index,
        settings: RetrievalSettings | None = None,
        reranker: Callable[[], Reranker] | None = None,
    ) -> None:
        self.index = index
        self._reranker = reranker
        self.settings = settings or RetrievalSettings()
        if self.settings.fusion not in FUSIONS:
            raise UsageError(f"fusion {self.settings.fusion!r} is not known", remedy=f"Choose of: {', '.join(FUSIONS)}")

    @property
    def reranker(self) -> Reranker | None:
        """The reranker, loaded if it was not; None where there is none."""
        return None if self._reranker is None else self._reranker()

    def search(
        self,
        query: str,
        *,
        k: int = 10,
        mode: Mode = "hybrid",
        filters: Filters | None = None,
        unit: Unit = "passage",
        rerank: bool = False,
        vector: Vectors | None = None,
    ) -> RankedList:
        """The k best passages, or with `unit` document the best passage of each of the k best documents.

        With `rerank` the best of them are read once more, by the reranker; UsageError where there is none. `vector`,
        shape (1, dimensions) and of length 1, stands for the query where that was embedded before. Raises StoppedError
        between stages where the work is to end (`corpora.stopping`).
        """
        _check(query, k, mode)
        if rerank and self._reranker is None:
            raise UsageError("reranking was asked for, but no reranker is loaded", remedy="Search without it")
        filters = filters or Filters()
        timings: dict[str, float] = {}
        started = time.perf_counter()
        with _timed(timings, "select"):
            selection = self.index.selection(filters)
        # A document's other passages push documents out of a list of passages: look four times as deep.
        depth = max(self.settings.candidates, k if unit == "passage" else 4 * k)
        rankings, vector = self._retrieve(_Wanted(query, mode, depth, selection), vector, timings)
        with _timed(timings, "fusion"):
            fused = self._fuse(rankings)
        wanted = max(k, self.settings.reranking.depth) if rerank else k
        with _timed(timings, "fetch"):
            passages = self._fetch(fused, rankings, wanted, unit)
        if rerank:
            with _timed(timings, "rerank"):
                passages = self._rerank(query, passages)[:k]
        timings = {stage: timings[stage] for stage in STAGES if stage in timings}
        timings["total"] = _milliseconds(started)
        return RankedList(query, mode, filters, passages, timings, self.index.manifest.index_id, vector)

    def _retrieve(
        self, wanted: "_Wanted", vector: Vectors | None, timings: dict[str, float]
    ) -> tuple[dict[str, list[Hit]], Vectors | None]:
        """Each engine's hits, and the query's vector, which is made where it is not given."""
        query, mode, depth, selection = wanted

        def bm25() -> list[Hit]:
            with _timed(timings, "bm25"):
                return self.index.lexical.search(query, depth, selection)

        if mode == "bm25":
            return {"bm25": bm25()}, None
        # Tantivy and the model both work outside Python's lock, so that the two take as long as the slower one.
        beside = _BESIDE.submit(bm25) if mode == "hybrid" else None
        with _timed(timings, "embedding"):
            vector = self.index.model.encode_queries([query]) if vector is None else vector
        feedback = self.settings.feedback if mode == "hybrid" else None
        with _timed(timings, "dense"):
            near = self.index.dense.near(vector, depth * (feedback.reach if feedback is not None else 1), selection)
            rankings = {"dense": near.best(depth)}
        if beside is not None:
            rankings["bm25"] = beside.result()
        if feedback is not None and rankings["dense"]:
            with _timed(timings, "feedback"):
                moved = self._moved(vector, rankings, feedback)
                rankings["dense"] = near.scored(moved).best(depth)
        return rankings, vector

    def _moved(self, vector: Vectors, rankings: dict[str, list[Hit]], feedback: Feedback) -> Vectors:
        """The query's vector moved towards the best hits, of length 1 again."""
        best = self._fuse(rankings)[: feedback.passages]
        vectors = self.index.dense.vectors([key for key, _ in best])
        weights = np.array([score for _, score in best], dtype=np.float32)
        centre = weights @ vectors
        moved: Vectors = vector + feedback.weight * centre / max(float(np.linalg.norm(centre)), 1e-9)
        normalised: Vectors = moved / max(float(np.linalg.norm(moved)), 1e-9)
        return normalised

    def _fuse(self, rankings: dict[str, list[Hit]]) -> list[tuple[int, float]]:
        if len(rankings) == 1:
            return [(hit.key, hit.score) for ranking in rankings.values() for hit in ranking]
        pairs = {name: [(hit.key, hit.score) for hit in ranking] for name, ranking in rankings.items()}
        return fuse(self.settings.fusion, pairs, self.settings.weights)

    def _fetch(
        self, fused: list[tuple[int, float]], rankings: dict[str, list[Hit]], k: int, unit: Unit
    ) -> tuple[ScoredPassage, ...]:
        best = _best(fused if unit == "passage" else self._best_passages(fused), k)
        stored = self.index.store.passages([key for key, _ in best])
        found = [(stored[key], score) for key, score in best if key in stored]
        # Keys follow the order of indexing; what people see is ordered by score and then by id.
        found.sort(key=lambda pair: (-pair[1], pair[0].passage.passage_id))
        places = {name: {hit.key: (rank, hit) for rank, hit in enumerate(hits, 1)} for name, hits in rankings.items()}
        return tuple(_scored(passage, score, rank, places) for rank, (passage, score) in enumerate(found[:k], start=1))

    def _rerank(self, query: str, passages: tuple[ScoredPassage, ...]) -> tuple[ScoredPassage, ...]:
        """The passages by their new scores; those that the reranker did not read keep their order."""
        if self._reranker is None or not passages:
            return passages
        depth, weight = self.settings.reranking.depth, self.settings.reranking.weight
        texts = [
            searched_text(found.stored.title, found.stored.passage.kind, found.stored.passage.text)
            for found in passages[:depth]
        ]
        scores = self._reranker().scores(query, texts).tolist()
        places = {number: rank for rank, number in enumerate(np.argsort(-np.array(scores), kind="stable"), start=1)}
        # Fused scores are in [0, 1] in every mode but that of one engine: they are brought there.
        top = max(1.0, passages[0].score)
        rescored = [
            msgspec.structs.replace(
                found,
                score=(1 - weight) * found.score / top + weight * (scores[number] if number < depth else 0.0),
                rerank=EngineScore(places[number], scores[number]) if number < depth else None,
            )
            for number, found in enumerate(passages)
        ]
        rescored.sort(key=lambda found: (-found.score, found.stored.passage.passage_id))
        return tuple(msgspec.structs.replace(found, rank=rank) for rank, found in enumerate(rescored, start=1))

    def _best_passages(self, fused: list[tuple[int, float]]) -> list[tuple[int, float]]:
        """The best passage of each document, of equally good ones the first; `fused` is best first."""
        documents = self.index.columns.documents_of(np.array([key for key, _ in fused], dtype=np.int64))
        first: dict[int, tuple[int, float]] = {}
        for document, pair in zip(documents.tolist(), fused, strict=True):
            first.setdefault(document, pair)
        return list(first.values())


def _best(fused: list[tuple[int, float]], k: int) -> list[tuple[int, float]]:
    """The k best and all that tie with the last of them, among which not the order of indexing is to choose."""
    return fused[:k] + list(takewhile(lambda pair: pair[1] == fused[k - 1][1], fused[k:]))


def _scored(
    stored: StoredPassage, score: float, rank: int, places: dict[str, dict[int, tuple[int, Hit]]]
) -> ScoredPassage:
    engines: dict[str, EngineScore | None] = {}
    for name in ("bm25", "dense"):
        place = places.get(name, {}).get(stored.key)
        engines[name] = None if place is None else EngineScore(place[0], place[1].score)
    return ScoredPassage(stored, score, rank, engines["bm25"], engines["dense"])


def _check(query: str, k: int, mode: str) -> None:
    if not any(map(str.isalnum, query)):
        raise UsageError("the query is empty: it has no letter and no digit", remedy="Write what to look for")
    require_text(query, "the query")
    if len(query) > MAX_QUERY_CHARACTERS:
        raise UsageError(
            f"the query has {len(query):,} characters, at most {MAX_QUERY_CHARACTERS:,} are taken", remedy="Shorten it"
        )
    if not 1 <= k <= MAX_K:
        raise UsageError(f"k is {k}, expected 1 to {MAX_K:,}", remedy="Choose another k")
    if mode not in get_args(Mode):
        raise UsageError(f"mode {mode!r} is not known", remedy=f"Choose of: {', '.join(get_args(Mode))}")


@contextmanager
def _timed(timings: dict[str, float], stage: str) -> Iterator[None]:
    check_stopped()
    started = time.perf_counter()
    yield
    timings[stage] = _milliseconds(started)


def _milliseconds(started: float) -> float:
    return round((time.perf_counter() - started) * 1000, 3)
