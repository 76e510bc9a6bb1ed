"""Opening and searching indexes that were built with the word-hash model."""

from contextlib import contextmanager

from indexer.index import Index
from indexer.records import Filters
from retriever.search import Retriever
from tests.fakes import WordHashModel

MODES = ("hybrid", "bm25", "dense")


@contextmanager
def opened(directory, settings=None):
    """A retriever over the index."""
    index = Index(directory, lambda profile: WordHashModel(profile.embedding_model))
    try:
        yield Retriever(index, settings)
    finally:
        index.close()


def found(directory, query, mode="bm25", **filters):
    """The ids of the documents found, best first."""
    with opened(directory) as retriever:
        ranked = retriever.search(query, k=100, mode=mode, unit="document", filters=Filters(**filters))
        return [hit.stored.passage.document_id for hit in ranked.passages]


def answers(directory, *queries):
    """All that these queries bring in every mode: two indexes that give the same are the same to their users."""
    with opened(directory) as retriever:
        return [
            [
                (hit.stored.passage, round(hit.score, 4), hit.stored.metadata.retracted, hit.stored.document_sha256)
                for hit in retriever.search(query, k=1_000, mode=mode).passages
            ]
            for query in queries
            for mode in MODES
        ]
