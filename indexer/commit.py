"""Making a generation current: manifest, checksums, rename, and then removing what nobody needs any more."""

import platform
import zlib
from collections.abc import Iterable
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import msgspec

from indexer.dense import DenseLayout, files_of
from indexer.directory import COMMITTED, Make, Opened
from indexer.generations import collect, columns_file, publish
from indexer.manifest import FORMAT, FileState, IndexManifest, index_identity, write_whole
from indexer.store_scan import StoreScan
from indexer.store_writer import StoreWriter

_PACKAGES = ("biocite", "faiss-cpu", "tantivy", "sqlite-utils", "sentence-transformers", "torch")
_READ_BYTES = 1 << 20


class NewGeneration(msgspec.Struct, frozen=True):
    """What a generation is made of besides the store: the folder of its lexical index and its dense layout.

    `reused` are files of the dense layout that the generation before has as well.
    """

    lexical: str
    dense: DenseLayout
    make: Make
    reused: tuple[str, ...] = ()


def commit(directory: Path, store: StoreWriter, opened: Opened, new: NewGeneration) -> IndexManifest:
    """Publish the generation that `store` has been building; its manifest."""
    manifest = _manifest(directory, store, opened, new)
    publish(directory, manifest)
    store.set_meta(COMMITTED, str(manifest.generation))
    tidy(directory, store, manifest)
    return manifest


def tidy(directory: Path, store: StoreWriter, manifest: IndexManifest) -> None:
    """Remove the files and rows that no generation in use needs."""
    store.purge(collect(directory, manifest))


def _manifest(directory: Path, store: StoreWriter, opened: Opened, new: NewGeneration) -> IndexManifest:
    make = new.make
    sources = store.sources()
    columns = columns_file(directory, opened.generation)
    with StoreScan(directory) as scan:
        statistics, last_key = scan.statistics(), scan.last_key()
        columns.parent.mkdir(exist_ok=True)
        write_whole(columns, scan.columns().encoded())
    lexical = directory / new.lexical
    paths = [columns, *(path for path in sorted(lexical.iterdir()) if path.suffix != ".lock")]
    names = [path.relative_to(directory).as_posix() for path in paths]
    return IndexManifest(
        index_id=index_identity(sources, make.splitter, make.embedding, make.analyzer),
        format=FORMAT,
        generation=opened.generation,
        sources=sources,
        splitter=make.splitter,
        embedding=make.embedding,
        analyzer=make.analyzer,
        statistics=statistics,
        last_key=last_key,
        lexical=new.lexical,
        dense=new.dense,
        files=file_states(directory, [*names, *files_of(new.dense)], _known(opened, new)),
        built=datetime.now(UTC).isoformat(timespec="seconds"),
        versions={"python": platform.python_version(), **{name: _version(name) for name in _PACKAGES}},
    )


def _known(opened: Opened, new: NewGeneration) -> dict[str, FileState]:
    """The states of the files that were taken over from the generation before as they were."""
    if opened.base is None:
        return {}
    states = opened.base.files
    known = {name: states[name] for name in new.reused if name in states}
    for name, state in states.items():
        if name.startswith(f"{opened.base.lexical}/") and not name.endswith(".json"):  # Tantivy names them at random
            known[new.lexical + name.removeprefix(opened.base.lexical)] = state
    return known


def is_whole(directory: Path, manifest: IndexManifest) -> bool:
    """Whether every file of a generation is there in its size; `biocite check` looks at what is in them."""
    try:
        return all((directory / name).stat().st_size == state.size for name, state in manifest.files.items())
    except OSError:
        return False


def file_states(directory: Path, names: Iterable[str], known: dict[str, FileState]) -> dict[str, FileState]:
    """Size and checksum of each file. One that is `known` is not read again."""
    return {name: known.get(name) or file_state(directory / name) for name in names}


def file_state(path: Path) -> FileState:
    """Size and CRC-32 of a file."""
    size = checksum = 0
    with path.open("rb") as stream:
        while block := stream.read(_READ_BYTES):
            size += len(block)
            checksum = zlib.crc32(block, checksum)
    return FileState(size, checksum)


def _version(package: str) -> str:
    try:
        return version(package)
    except ModuleNotFoundError:
        return "not installed"
