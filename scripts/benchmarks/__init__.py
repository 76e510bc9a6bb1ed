"""What `scripts/bench.py` measures, a module a part. Nothing is imported here: peers run some of it elsewhere."""
