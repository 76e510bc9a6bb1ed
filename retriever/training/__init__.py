"""Training the reranker."""
