"""What `tests/indexer/test_killed.py` kills: one build or compaction, slow enough to be killed in each of its stages.

    python -m tests.indexer.killed_run JSON

where JSON is an object of `directory`, `log`, `sources` (none: compact) and `processes`. Says "ready" before it begins.
"""

import json
import os
import sys
import time
from pathlib import Path

from indexer import embedding_stage
from indexer.build import BuildSettings, build_index
from indexer.compaction import compact_index
from indexer.prepared import text_hash
from tests.fakes import WordHashModel

PAUSE_S = 0.04
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


def main(job):
    """Do the job."""
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
