"""Indexes of any number of passages, up to millions, made of real ones, by the ordinary build.

Passages of the retrieval benchmark and of the literature index come first, as they are, with their real vectors, in
an order that a seed fixes. Where they do not suffice they are repeated with the words of each sentence shuffled, and
the real vector plus Gaussian noise, of length 1 again (a cosine of 0.89 to the real one). BM25 thus meets real lengths
and words, FAISS vectors that cluster as real ones do. What such an index finds means nothing; how fast it does, does.

    .venv/bin/python -m scripts.benchmarks.big_index 1000000
"""

import argparse
import hashlib
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec
import numpy as np

from api.progress import Bars
from corpora.errors import IndexStateError
from indexer.build import build_index
from indexer.embedding import ModelIdentity, Vectors
from indexer.manifest import has_manifest, read_manifest
from indexer.sentences import sentence_spans
from indexer.splitting import Splitter, count_words
from scripts.benchmarks.common import ROOT, Context, literature_index, retrieval_index
from scripts.benchmarks.pool import PoolPassage, read_pool, text_hash

DOCUMENTS_OF_A_FILE = 50_000
"""A file is applied whole or not at all, so this is how much a build that is stopped does again at most."""
NOISE = 0.5
"""Length of the noise beside a vector of length 1: cosine 1 / sqrt(1 + 0.25) = 0.89 to the real vector."""


class Pool:
    """Distinct real passages that make a document of one passage each, in a seeded order, with their vectors."""

    def __init__(self, identity: ModelIdentity, passages: Sequence[PoolPassage], vectors: Vectors) -> None:
        distinct: dict[bytes, int] = {}
        limit = Splitter().max_words
        for row, passage in enumerate(passages):
            if count_words(passage.text) <= limit:
                distinct.setdefault(bag_hash(passage.searched), row)
        rows = np.random.default_rng(0).permutation(np.fromiter(distinct.values(), dtype=np.int64))
        self.identity = identity
        self.passages = [passages[row] for row in rows]
        self.vectors: Vectors = vectors[rows]
        self._hashes = [text_hash(passage.searched) for passage in self.passages]
        self._rows = {bag_hash(passage.searched): row for row, passage in enumerate(self.passages)}

    def document(self, number: int) -> dict[str, str]:
        """The document of this number, as a line of JSON has it."""
        generation, row = divmod(number, len(self.passages))
        passage = self.passages[row]
        text = passage.text if generation == 0 else shuffled(passage.text, number)
        title = "" if passage.searched == passage.text else passage.title
        return {"_id": f"made-{number:08}", "title": title, "text": text}

    def encode_passages(self, texts: Sequence[str], advance: Callable[[int], None] | None = None) -> Vectors:
        """The real vector of each real text, one with noise for a shuffled one; see `indexer.embedding`."""
        rows = np.empty((len(texts), self.identity.dimensions), dtype=np.float32)
        for position, text in enumerate(texts):
            digest = text_hash(text)
            # A few documents are cut in two, sentences ending elsewhere once words are shuffled: any vector will do.
            row = self._rows.get(bag_hash(text), int.from_bytes(digest[:8], "little") % len(self.vectors))
            rows[position] = self.vectors[row] if digest == self._hashes[row] else noisy(self.vectors[row], digest)
        if advance is not None:
            advance(len(texts))
        return rows

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        """Never called by a build."""
        raise IndexStateError(f"{len(texts)} queries were given to a model that only builds indexes")


def bag_hash(text: str) -> bytes:
    """SHA-256 of the words of a text in sorted order: the same for a text whose words were shuffled."""
    return hashlib.sha256(" ".join(sorted(text.split())).encode()).digest()


def shuffled(text: str, seed: int) -> str:
    """The text with the words of each sentence in another order, the same for the same seed."""
    random = np.random.default_rng(seed)
    sentences = (span.of(text).split() for span in sentence_spans(text))
    return " ".join(words[place] for words in sentences for place in random.permutation(len(words)))


def noisy(vector: Vectors, seed: bytes) -> Vectors:
    """The vector moved by noise of expected length `NOISE`, of length 1 again; the same for the same seed."""
    random = np.random.default_rng(int.from_bytes(seed[:8], "little"))
    moved = vector + random.standard_normal(len(vector), dtype=np.float32) * (NOISE / np.sqrt(len(vector)))
    normalised: Vectors = (moved / np.linalg.norm(moved)).astype(np.float32)
    return normalised


def real_pool(context: Context) -> Pool:
    """The passages of the indexes that the parts `retrieval` and, where it was run, `literature` made."""
    indexes = [
        directory for directory in (retrieval_index(context), literature_index(context)) if has_manifest(directory)
    ]
    parts = [read_pool(directory) for directory in indexes]
    passages = [passage for passages, _ in parts for passage in passages]
    return Pool(read_manifest(indexes[0]).embedding, passages, np.concatenate([vectors for _, vectors in parts]))


def write_corpus(pool: Pool, count: int, folder: Path) -> list[Path]:
    """`count` documents as files of JSON lines; files that are there already are kept."""
    folder.mkdir(parents=True, exist_ok=True)
    files = []
    for first in range(0, count, DOCUMENTS_OF_A_FILE):
        end = min(first + DOCUMENTS_OF_A_FILE, count)
        path = folder / f"made-{first:08}-{end:08}.jsonl"
        if not path.exists():
            part = path.with_suffix(".part")
            with part.open("wb") as stream:
                stream.writelines(msgspec.json.encode(pool.document(number)) + b"\n" for number in range(first, end))
            os.replace(part, path)
        files.append(path)
    return files


def big_index(context: Context, count: int, pool: Pool | None = None) -> Path:
    """The directory of a finished index of `count` passages, which is built, or built to its end, if need be."""
    folder = context.work / f"made-{count}"
    if not has_manifest(folder / "index"):
        pool = pool or real_pool(context)
        build_index(write_corpus(pool, count, folder / "corpus"), folder / "index", pool, progress=Bars())
    return folder / "index"


def main() -> None:
    """Make an index of so many passages."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("passages", type=int)
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data")
    parser.add_argument("--work", type=Path, default=ROOT / "bench-work")
    arguments = parser.parse_args()
    directory = big_index(Context(arguments.data, arguments.work), arguments.passages)
    sys.stdout.write(f"{directory}\n")


if __name__ == "__main__":
    main()
