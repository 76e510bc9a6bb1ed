"""What is said to people's programs: the same structs as `--json` on the command line and as HTTP bodies."""

from typing import Any

import msgspec

from retriever.records import EngineScore, RankedList, ScoredPassage


class Hit(msgspec.Struct, frozen=True):
    """One passage found. `bm25` and `dense` are null where that engine did not have it among its candidates, `rerank`
    where the reranker did not read it."""

    rank: int
    score: float
    document_id: str
    passage_id: str
    title: str
    section: str
    start: int
    end: int
    text: str
    sha256: str
    year: int | None
    journal: str
    publication_types: tuple[str, ...]
    retracted: bool
    url: str
    bm25: EngineScore | None
    dense: EngineScore | None
    rerank: EngineScore | None


class SearchResponse(msgspec.Struct, frozen=True):
    """The hits of a query, best first. `record_id` names the record of how a service came to them, "" without one."""

    query: str
    mode: str
    hits: tuple[Hit, ...]
    timings_ms: dict[str, float]
    index_id: str
    record_id: str = ""


class ErrorResponse(msgspec.Struct, frozen=True):
    """The one shape of every error. `remedy` says what to do; it may be empty."""

    error: str
    message: str
    remedy: str


class IndexInfo(msgspec.Struct, frozen=True):
    """What an index holds and what made it."""

    index_id: str
    directory: str
    generation: int
    generations: tuple[int, ...]
    documents: int
    passages: int
    searched: int
    vectors: int
    segments: int
    tombstones: int
    skipped: int
    first_year: int | None
    last_year: int | None
    retracted: int
    embedding: dict[str, Any]
    sources: tuple[dict[str, Any], ...]
    bytes: dict[str, int]
    built: str
    versions: dict[str, str]


def search_response(ranked: RankedList) -> SearchResponse:
    """A ranked list as it is shown."""
    return SearchResponse(
        ranked.query, ranked.mode, tuple(map(_hit, ranked.passages)), ranked.timings_ms, ranked.index_id
    )


def _hit(found: ScoredPassage) -> Hit:
    stored = found.stored
    passage, metadata = stored.passage, stored.metadata
    return Hit(
        rank=found.rank,
        score=found.score,
        document_id=passage.document_id,
        passage_id=passage.passage_id,
        title=stored.title,
        section=passage.section,
        start=passage.span.start,
        end=passage.span.end,
        text=passage.text,
        sha256=stored.document_sha256,
        year=metadata.year or None,
        journal=metadata.journal,
        publication_types=metadata.publication_types,
        retracted=metadata.retracted,
        url=metadata.url,
        bm25=found.bm25,
        dense=found.dense,
        rerank=found.rerank,
    )
