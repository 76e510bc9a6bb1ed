"""Training the embedding model, and what all recipes share: bases, arguments, resuming, the record of a run."""
