"""Measuring retrieval on a BEIR set: index its corpus once, search its queries, compare with its judgements."""

import time
from pathlib import Path

import msgspec

from corpora.beir import corpus_path, read_qrels, read_queries
from indexer.build import build_index
from indexer.embedding import EmbeddingProfile, load_embedding_model
from indexer.index import Index, LexicalName
from indexer.progress import Progress, Silent
from retriever.metrics import MEASURES, confidence_intervals, evaluate_queries, means
from retriever.runs import Run
from retriever.search import Mode, RetrievalSettings, Retriever

DEPTH = 100


class RetrievalReport(
    msgspec.Struct, frozen=True, rename={"ndcg_at_10": "nDCG@10", "r_at_100": "R@100", "rr_at_10": "RR@10"}
):
    """What `biocite evaluate retrieval` prints. Intervals are 95 % bootstrap intervals over the queries."""

    ndcg_at_10: float
    r_at_100: float
    rr_at_10: float
    mode: str
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


def evaluate_beir(
    folder: Path,
    directory: Path,
    profile: EmbeddingProfile,
    *,
    mode: Mode = "hybrid",
    lexical: LexicalName = "tantivy",
    settings: RetrievalSettings | None = None,
    progress: Progress | None = None,
) -> Outcome:
    """Measure a mode on the set in `folder`, keeping its index in `directory`."""
    progress = progress or Silent()
    queries, qrels = read_queries(folder), read_qrels(folder)
    model = load_embedding_model(profile)
    build_index([corpus_path(folder)], directory, model, progress=progress)
    index = Index(directory, lambda _: model, lexical=lexical)
    retriever = Retriever(index, settings)
    index.warm()
    run: Run = {}
    spent = []
    progress.start("searching", len(queries), "queries")
    for query in queries:
        started = time.perf_counter()
        ranked = retriever.search(query.text, k=DEPTH, mode=mode, unit="document")
        spent.append((time.perf_counter() - started) * 1000)
        run[query.query_id] = [(found.stored.passage.document_id, found.score) for found in ranked.passages]
        progress.advance(1)
    progress.finish()
    per_query = evaluate_queries(run, qrels, MEASURES)
    mean = means(per_query)
    report = RetrievalReport(
        ndcg_at_10=round(mean["nDCG@10"], 4),
        r_at_100=round(mean["R@100"], 4),
        rr_at_10=round(mean["RR@10"], 4),
        mode=mode,
        fusion=retriever.settings.fusion,
        bm25_engine=lexical,
        queries=len(next(iter(per_query.values()))),
        documents=index.manifest.documents,
        passages=index.manifest.passages,
        intervals=confidence_intervals(per_query),
        median_ms=round(sorted(spent)[len(spent) // 2], 2) if spent else 0.0,
        index_id=index.manifest.index_id,
        embedding=index.manifest.embedding.name,
    )
    index.close()
    return Outcome(report, run)
