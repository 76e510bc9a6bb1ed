"""The manifest of an index: everything that made it, written last. Without it a directory is an unfinished build."""

import hashlib
import os
from pathlib import Path

import msgspec

from corpora.errors import IndexStateError, NotFoundError, UsageError
from indexer.analysis import Analyzer
from indexer.dense import DenseLayout
from indexer.embedding import ModelIdentity
from indexer.splitting import Splitter
from indexer.store_scan import Statistics

FILE = "manifest.json"
FORMAT = 2


class IndexedSource(msgspec.Struct, frozen=True):
    """A file that was applied, with what it held."""

    name: str
    sha256: str
    size: int
    counts: dict[str, int]


class FileState(msgspec.Struct, frozen=True, array_like=True):
    """A file that a generation needs and never changes: bytes and CRC-32."""

    size: int
    crc32: int


class IndexManifest(msgspec.Struct, frozen=True):
    """What made one generation of an index, and what it consists of.

    `index_id` is the hash of everything that decides the content, and of nothing else: an index that was compacted is a
    new generation of the same id. `lexical` is a folder and the keys of `files` are files below the index directory;
    `last_key` is the largest passage key that the generation knows of.
    """

    index_id: str
    format: int
    generation: int
    sources: tuple[IndexedSource, ...]
    splitter: Splitter
    embedding: ModelIdentity
    analyzer: Analyzer
    statistics: Statistics
    last_key: int
    lexical: str
    dense: DenseLayout
    files: dict[str, FileState]
    built: str
    versions: dict[str, str]

    @property
    def documents(self) -> int:
        """Number of documents."""
        return self.statistics.documents

    @property
    def passages(self) -> int:
        """Number of passages, also those that are only quoted from."""
        return self.statistics.passages


def index_identity(
    sources: tuple[IndexedSource, ...], splitter: Splitter, embedding: ModelIdentity, analyzer: Analyzer
) -> str:
    """The first 16 hex digits of the SHA-256 of all that decides an index's content."""
    decisive = [[source.sha256 for source in sources], splitter, embedding, analyzer, FORMAT]
    return hashlib.sha256(msgspec.json.encode(decisive)).hexdigest()[:16]


def encode_manifest(manifest: IndexManifest) -> bytes:
    """As it is written: JSON that people can read."""
    return msgspec.json.format(msgspec.json.encode(manifest))


def write_whole(path: Path, content: bytes) -> None:
    """Write a file whole or not at all, and wait until it is on disk under its name."""
    part = path.with_name(path.name + ".part")
    try:
        with part.open("wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(part, path)
        sync_folder(path.parent)
    except OSError as error:
        raise IndexStateError(
            f"{path}: cannot be written ({error.strerror})", remedy="Check free space and permissions, then run again"
        ) from error


def sync_folder(folder: Path) -> None:
    """Wait until the names in a folder are on disk."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


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
    return decode_manifest(raw, path)


def decode_manifest(raw: bytes, path: Path) -> IndexManifest:
    """What stands in a manifest file; IndexStateError, naming `path`, for anything else."""
    try:
        found = msgspec.json.decode(raw, type=_Format).format
        if found != FORMAT:
            raise IndexStateError(
                f"{path}: index format {found}, this version reads {FORMAT}",
                remedy="Build the index again, in a new folder",
            )
        return msgspec.json.decode(raw, type=IndexManifest)
    except (msgspec.MsgspecError, UnicodeError, RecursionError, UsageError) as error:
        raise IndexStateError(
            f"{path}: damaged ({error})",
            remedy="Delete this file and run the same biocite index command again: the rest of the index is kept",
        ) from error


class _Format(msgspec.Struct):
    """What every format of manifest has."""

    format: int
