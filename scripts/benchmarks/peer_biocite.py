"""BioCite as it is measured beside its peers: `Retriever.search` over an ordinary index, query vectors given.

The index lies in `Inputs.folder` already, so what is timed as its building is opening it.
"""

from indexer.index import Index
from indexer.manifest import read_manifest
from retriever.search import Retriever
from scripts.benchmarks.peer_protocol import Found, Inputs, Search, serve
from scripts.benchmarks.pool import LookupModel, by_text

INDEX = "index"


def build(inputs: Inputs) -> Search:
    """Open the index."""
    directory = inputs.folder / INDEX
    model = LookupModel(read_manifest(directory).embedding, by_text([], inputs.vectors), inputs.vector_of_query())
    index = Index(directory, lambda _: model)
    retriever = Retriever(index)
    index.warm()

    def search(query: str, k: int) -> Found:
        found = retriever.search(query, k=k, mode="hybrid").passages
        return [(passage.stored.passage.passage_id, passage.score) for passage in found]

    return search


if __name__ == "__main__":
    serve(["biocite", "faiss-cpu", "tantivy", "numpy"], build)
