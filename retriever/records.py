"""The records of the retriever: `ScoredPassage` and `RankedList`. (`Run` is in `retriever.runs`.)"""

import msgspec

from indexer.embedding import Vectors
from indexer.records import Filters
from indexer.store import StoredPassage


class EngineScore(msgspec.Struct, frozen=True):
    """Where one engine ranked a passage (from 1) and the score it gave, in that engine's own unit.

    In hybrid mode the dense engine's is the cosine with the query as feedback moved it (`retriever.search.Feedback`).
    """

    rank: int
    score: float


class ScoredPassage(msgspec.Struct, frozen=True):
    """A passage found, with its fused score and rank; an engine that did not find it among its candidates is None.

    `rerank` is None where the reranker did not read the passage.
    """

    stored: StoredPassage
    score: float
    rank: int
    bm25: EngineScore | None = None
    dense: EngineScore | None = None
    rerank: EngineScore | None = None


class RankedList(msgspec.Struct, frozen=True):
    """The answer to a query: sorted by score descending, then passage id; no passage twice.

    `timings_ms` holds the stages' wall times in milliseconds; `index_id` names the index that was searched. `vector` is
    the query as it was embedded, shape (1, dimensions), None in mode bm25: with it the same search can be made again
    bit for bit, where embedding the query anew may round otherwise.
    """

    query: str
    mode: str
    filters: Filters
    passages: tuple[ScoredPassage, ...]
    timings_ms: dict[str, float]
    index_id: str
    vector: Vectors | None = None
