"""Training the readers: a recipe that runs the same on the compact base and on BioBERT."""
