"""txtai as a peer: its hybrid search (BM25 and Faiss, its own defaults) over vectors that are given.

Texts are not stored by it ("content" is off, its default), so its figures hold no fetching of what was found.
"""

import numpy as np
from numpy.typing import NDArray
from txtai import Embeddings

from scripts.benchmarks.peer_protocol import Found, Inputs, Search, serve


def build(inputs: Inputs) -> Search:
    """Index the passages; the transform looks vectors up, of passages as of queries."""
    known = dict(zip(inputs.texts, inputs.vectors, strict=True)) | inputs.vector_of_query()

    def transform(texts: list[str]) -> NDArray[np.float32]:
        return np.stack([known[text] for text in texts])

    embeddings = Embeddings({"method": "external", "transform": transform, "hybrid": True})
    embeddings.index((name, text, None) for name, text in zip(inputs.ids, inputs.texts, strict=True))

    def search(query: str, k: int) -> Found:
        return [(name, float(score)) for name, score in embeddings.search(query, k)]

    return search


if __name__ == "__main__":
    serve(["txtai", "faiss-cpu", "torch", "numpy"], build)
