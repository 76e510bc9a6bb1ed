"""Measuring retrieval on a BEIR set: index its corpus once, search its queries, compare with its judgements."""

import time
from contextlib import closing
from pathlib import Path

import msgspec

from corpora.beir import corpus_path, read_qrels, read_queries
from corpora.errors import SourceError, UsageError
from corpora.records import Qrels, Query
from corpora.sources import iter_sources
from indexer.build import build_index
from indexer.embedding import EmbeddingModel, EmbeddingProfile, load_embedding_model
from indexer.index import Index, LexicalName
from indexer.manifest import has_manifest, read_manifest
from indexer.progress import Progress, Silent
from retriever.metrics import MEASURES, confidence_intervals, evaluate_queries, means
from retriever.rerank import Reranker
from retriever.runs import Run
from retriever.search import Mode, RetrievalSettings, Retriever

DEPTH = 100


class RetrievalReport(
    msgspec.Struct, frozen=True, rename={"ndcg_at_10": "nDCG@10", "r_at_100": "R@100", "rr_at_10": "RR@10"}
):
    """What `biocite evaluate retrieval` prints. Intervals are 95 % bootstrap intervals over the queries.

    `rerank` is the reranker's name, empty where none was used.
    """

    ndcg_at_10: float
    r_at_100: float
    rr_at_10: float
    mode: str
    rerank: str
    fusion: str
    bm25_engine: str
    queries: int
    documents: int
    passages: int
    intervals: dict[str, tuple[float, float]]
    median_ms: float
    index_id: str
    embedding: str


class Outcome(msgspec.Struct, frozen=True):
    """A report and the run it was computed from."""

    report: RetrievalReport
    run: Run


def evaluate_beir(  # noqa: PLR0913 - what can be measured is what a search can be told
    folder: Path,
    directory: Path,
    profile: EmbeddingProfile,
    *,
    mode: Mode = "hybrid",
    lexical: LexicalName = "tantivy",
    settings: RetrievalSettings | None = None,
    reranker: Reranker | None = None,
    progress: Progress | None = None,
) -> Outcome:
    """Measure a mode on the set in `folder`, keeping its index in `directory`. Queries nobody judged are not searched.

    Raises UsageError where no query is judged, and for a directory that holds other documents than the set's.
    """
    progress = progress or Silent()
    qrels = read_qrels(folder)
    queries = _judged(read_queries(folder), qrels)
    model = load_embedding_model(profile)
    _index_alone(corpus_path(folder), directory, model, progress)
    with closing(Index(directory, lambda _: model, lexical=lexical)) as index:
        retriever = Retriever(index, settings, None if reranker is None else lambda: reranker)
        index.warm()
        run, spent = _searched(retriever, queries, mode, progress, rerank=reranker is not None)
    per_query = evaluate_queries(run, qrels, MEASURES)
    mean = means(per_query)
    report = RetrievalReport(
        ndcg_at_10=round(mean["nDCG@10"], 4),
        r_at_100=round(mean["R@100"], 4),
        rr_at_10=round(mean["RR@10"], 4),
        mode=mode,
        rerank="" if reranker is None else reranker.name,
        fusion=retriever.settings.fusion,
        bm25_engine=lexical,
        queries=len(next(iter(per_query.values()))),
        documents=index.manifest.documents,
        passages=index.manifest.passages,
        intervals=confidence_intervals(per_query),
        median_ms=round(sorted(spent)[len(spent) // 2], 2),
        index_id=index.manifest.index_id,
        embedding=index.manifest.embedding.name,
    )
    return Outcome(report, run)


def _judged(queries: list[Query], qrels: Qrels) -> list[Query]:
    judged = [query for query in queries if query.query_id in qrels]
    if not judged:
        raise UsageError(
            f"none of the {len(queries)} queries (such as {queries[0].query_id!r}) is among the {len(qrels)} judged "
            f"ones (such as {next(iter(qrels))!r})",
            remedy="Give the queries and the judgements of the same set",
        )
    return judged


def _index_alone(corpus: Path, directory: Path, model: EmbeddingModel, progress: Progress) -> None:
    """Index the corpus and nothing else: other documents would be found, and a user's own index must stay as it is."""
    (file,) = iter_sources([corpus])
    if has_manifest(directory):
        for source in read_manifest(directory).sources:
            if source.sha256 != file.sha256:
                raise UsageError(
                    f"{directory}: holds {source.name}, which is not the {corpus} of today",
                    remedy="Name a new folder with --index, or delete this one if it is the set's old index",
                )
    for report in build_index([corpus], directory, model, progress=progress).sources:
        if report.refused:
            raise SourceError(report.refused)


def _searched(
    retriever: Retriever, queries: list[Query], mode: Mode, progress: Progress, *, rerank: bool
) -> tuple[Run, list[float]]:
    """The run, and how many milliseconds each query took."""
    run: Run = {}
    spent = []
    stage = progress.start("searching", len(queries), "queries")
    for query in queries:
        started = time.perf_counter()
        ranked = retriever.search(query.text, k=DEPTH, mode=mode, unit="document", rerank=rerank)
        spent.append((time.perf_counter() - started) * 1000)
        run[query.query_id] = [(found.stored.passage.document_id, found.score) for found in ranked.passages]
        stage.advance(1)
    stage.finish()
    return run, spent
