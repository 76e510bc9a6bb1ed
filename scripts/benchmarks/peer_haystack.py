"""Haystack as a peer: BM25 and embedding retrievers over its in-memory store, joined by reciprocal rank fusion.

Its components are called one after the other, as a pipeline does, without the pipeline's own cost. The defaults of
everything but `top_k`; the joiner's default only concatenates, which no hybrid search wants, so its RRF is asked for.
"""

from haystack import Document
from haystack.components.joiners import DocumentJoiner
from haystack.components.retrievers.in_memory import InMemoryBM25Retriever, InMemoryEmbeddingRetriever
from haystack.document_stores.in_memory import InMemoryDocumentStore

from scripts.benchmarks.peer_protocol import Found, Inputs, Search, serve


def build(inputs: Inputs) -> Search:
    """Write the passages with their vectors into a store."""
    store = InMemoryDocumentStore()
    rows = zip(inputs.ids, inputs.texts, inputs.vectors, strict=True)
    store.write_documents([Document(id=name, content=text, embedding=vector.tolist()) for name, text, vector in rows])
    lexical, dense = InMemoryBM25Retriever(store), InMemoryEmbeddingRetriever(store)
    joiner = DocumentJoiner(join_mode="reciprocal_rank_fusion")
    vectors = {query: vector.tolist() for query, vector in inputs.vector_of_query().items()}

    def search(query: str, k: int) -> Found:
        found = [
            lexical.run(query=query, top_k=k)["documents"],
            dense.run(query_embedding=vectors[query], top_k=k)["documents"],
        ]
        joined = joiner.run(documents=found, top_k=k)["documents"]
        return [(document.id, float(document.score or 0.0)) for document in joined]

    return search


if __name__ == "__main__":
    serve(["haystack-ai", "numpy"], build)
