"""What `tests/indexer/test_killed.py` kills: one build or compaction, slow enough to be killed in each of its stages.

    python -m tests.indexer.killed_run JSON

where JSON is an object of `directory`, `log`, `sources` (none: compact) and `processes`. Says "ready" before it begins.
"""

import json
import os
import sys
import time
from pathlib import Path

from indexer import embedding_stage, generations
from indexer.build import BuildSettings, build_index
from indexer.compaction import compact_index
from indexer.prepared import text_hash
from indexer.store_writer import StoreWriter
from indexer.tantivy_engine import TantivyWriter
from indexer.vectors import VectorStore
from tests.fakes import WordHashModel

PAUSE_S = 0.04
SLOWED = [
    (StoreWriter, "put", 0.003), (StoreWriter, "record_source", 0.02), (StoreWriter, "purge", 0.05),
    (TantivyWriter, "add", 0.0005), (TantivyWriter, "commit", 0.02), (VectorStore, "append", 0.02),
    (generations, "write_whole", 0.05),
]  # fmt: skip
"""Steps that are too quick on a few records to be met by a kill, and for how long each waits before it is done."""
TEXTS_A_CALL = 16


class LoggingModel(WordHashModel):
    """Notes every call with the hashes of its texts before it embeds them, and takes its time."""

    def __init__(self, log):
        super().__init__()
        self._log = log

    def encode_passages(self, texts, advance=None):
        line = json.dumps([os.getpid(), [text_hash(text).hex() for text in texts]]) + "\n"
        with self._log.open("a") as stream:
            stream.write(line)
        time.sleep(PAUSE_S)
        return super().encode_passages(texts, advance)


def slowed(owner, name, seconds):
    """Let a function wait before it does its work."""
    work = getattr(owner, name)

    def slow(*arguments, **options):
        time.sleep(seconds)
        return work(*arguments, **options)

    setattr(owner, name, slow)


def main(job):
    """Do the job."""
    for step in SLOWED:
        slowed(*step)
    embedding_stage.CHUNK = TEXTS_A_CALL
    directory = Path(job["directory"])
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    if job["sources"]:
        settings = BuildSettings(processes=job["processes"])
        build_index(job["sources"], directory, LoggingModel(Path(job["log"])), settings=settings)
    else:
        compact_index(directory)


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
