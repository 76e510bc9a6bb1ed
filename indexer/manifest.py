"""The manifest of an index: everything that made it, written last. Without it a directory is an unfinished build."""

import hashlib
import os
from pathlib import Path

import msgspec

from corpora.errors import IndexStateError, NotFoundError, UsageError
from indexer.analysis import Analyzer
from indexer.embedding import ModelIdentity
from indexer.splitting import Splitter

FILE = "manifest.json"
FORMAT = 1


class IndexedSource(msgspec.Struct, frozen=True):
    """A file that was applied, with what it held."""

    name: str
    sha256: str
    size: int
    counts: dict[str, int]


class IndexManifest(msgspec.Struct, frozen=True):
    """What made an index. `index_id` is the hash of everything that decides its content, and of nothing else."""

    index_id: str
    format: int
    sources: tuple[IndexedSource, ...]
    splitter: Splitter
    embedding: ModelIdentity
    analyzer: Analyzer
    documents: int
    passages: int
    built: str
    versions: dict[str, str]


def index_identity(
    sources: tuple[IndexedSource, ...], splitter: Splitter, embedding: ModelIdentity, analyzer: Analyzer
) -> str:
    """The first 16 hex digits of the SHA-256 of all that decides an index's content."""
    decisive = [[source.sha256 for source in sources], splitter, embedding, analyzer, FORMAT]
    return hashlib.sha256(msgspec.json.encode(decisive)).hexdigest()[:16]


def write_manifest(directory: Path, manifest: IndexManifest) -> None:
    """Write it whole or not at all."""
    part = directory / (FILE + ".part")
    with part.open("wb") as stream:
        stream.write(msgspec.json.format(msgspec.json.encode(manifest)))
        stream.flush()
        os.fsync(stream.fileno())
    os.replace(part, directory / FILE)
    # The new name has to be on disk as well before the store says that the build is finished.
    folder = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def has_manifest(directory: Path) -> bool:
    """Whether a finished index lies here."""
    return (directory / FILE).is_file()


def read_manifest(directory: Path) -> IndexManifest:
    """The manifest; NotFoundError where there is no index, IndexStateError where it is unfinished or unreadable."""
    path = directory / FILE
    try:
        raw = path.read_bytes()
    except FileNotFoundError as error:
        if (directory / "passages.db").exists():
            raise IndexStateError(
                f"{directory}: the index is unfinished", remedy="Run the same biocite index command again to finish it"
            ) from error
        raise NotFoundError(
            f"{directory}: no index found", remedy=f"Make one with: biocite index SOURCE... --into {directory}"
        ) from error
    except OSError as error:
        raise IndexStateError(f"{path}: cannot be read ({error.strerror})") from error
    try:
        manifest = msgspec.json.decode(raw, type=IndexManifest)
    except (msgspec.MsgspecError, UnicodeError, RecursionError, UsageError) as error:
        raise IndexStateError(
            f"{path}: damaged ({error})",
            remedy="Delete this file and run the same biocite index command again: the rest of the index is kept",
        ) from error
    if manifest.format != FORMAT:
        raise IndexStateError(
            f"{path}: index format {manifest.format}, this version reads {FORMAT}",
            remedy="Build the index again, in a new folder",
        )
    return manifest
