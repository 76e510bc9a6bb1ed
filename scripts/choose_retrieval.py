"""How retrieval settings were chosen: nDCG@10 on BioASQ 10B for each weight of fusion and of the reranker.

    .venv/bin/python scripts/choose_retrieval.py BEIR_DIR --index DIR      a minute, and five with --rerank

BEIR_DIR has the questions of 10B over the documents of the index (11B measures, and must not choose). One line a
setting; what ships stands in `retriever/search.py`.
"""

import argparse
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import msgspec

from corpora.beir import read_qrels, read_queries
from indexer.embedding import load_embedding_model
from indexer.index import Index
from retriever.metrics import evaluate
from retriever.records import ScoredPassage
from retriever.rerank import load_reranker
from retriever.runs import Run
from retriever.search import Feedback, Reranking, RetrievalSettings, Retriever

BM25_WEIGHTS = (0.2, 0.3, 0.4, 0.45, 0.5)
FEEDBACK = (None, Feedback(weight=0.5), Feedback(weight=1.0))
DEPTHS = (20, 30, 50)
RERANK_WEIGHTS = (0.0, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8)


def main() -> None:
    """Try every setting on the questions of 10B."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, metavar="BEIR_DIR")
    parser.add_argument("--index", type=Path, required=True)
    parser.add_argument("--rerank", action="store_true", help="vary the reranker's depth and weight, not the fusion's")
    given = parser.parse_args()
    qrels = read_qrels(given.folder)
    queries = {query.query_id: query.text for query in read_queries(given.folder) if query.query_id in qrels}
    with closing(Index(given.index, load_embedding_model)) as index:
        for name, run in (reranked if given.rerank else fused)(index, queries):
            sys.stdout.write(f"{name}: nDCG@10 {evaluate(run, qrels)['nDCG@10']:.4f}\n")
            sys.stdout.flush()


def fused(index: Index, queries: dict[str, str]) -> Iterator[tuple[str, Run]]:
    """Every fusion weight with every feedback."""
    for feedback in FEEDBACK:
        for weight in BM25_WEIGHTS:
            weights = {"bm25": weight, "dense": round(1 - weight, 2)}
            retriever = Retriever(index, RetrievalSettings(weights=weights, feedback=feedback))
            found = {name: retriever.search(text, k=100, unit="document").passages for name, text in queries.items()}
            moved = "none" if feedback is None else feedback.weight
            yield f"BM25 {weight}, feedback {moved}", {name: _pairs(hits) for name, hits in found.items()}


def reranked(index: Index, queries: dict[str, str]) -> Iterator[tuple[str, Run]]:
    """Every depth and weight of the reranker; each passage is read once and scores are mixed again."""
    settings = RetrievalSettings(reranking=Reranking(depth=max(DEPTHS), weight=0.0))
    reranker = load_reranker()
    retriever = Retriever(index, settings, lambda: reranker)
    found = {
        name: retriever.search(text, k=100, unit="document", rerank=True).passages for name, text in queries.items()
    }
    for depth in DEPTHS:
        for weight in RERANK_WEIGHTS:
            run = {name: _mixed(hits, depth, weight) for name, hits in found.items()}
            yield f"depth {depth}, weight {weight}", run


def _mixed(hits: tuple[ScoredPassage, ...], depth: int, weight: float) -> list[tuple[str, float]]:
    rescored = [
        msgspec.structs.replace(
            hit, score=(1 - weight) * hit.score + (weight * hit.rerank.score if hit.rerank and rank < depth else 0.0)
        )
        for rank, hit in enumerate(sorted(hits, key=lambda hit: -hit.score))
    ]
    return _pairs(sorted(rescored, key=lambda hit: (-hit.score, hit.stored.passage.document_id)))


def _pairs(hits: list[ScoredPassage] | tuple[ScoredPassage, ...]) -> list[tuple[str, float]]:
    return [(hit.stored.passage.document_id, hit.score) for hit in hits]


if __name__ == "__main__":
    main()
