"""Segments of the dense index: FAISS files over ranges of vector rows, written once and mapped into memory on open.

A segment holds each number of a vector as one byte, 127 for the largest there is: what it finds is scored again from
the stored vectors (`indexer.dense_parts`). With one list all rows are looked at, and nothing is missed. With more, the
rows lie in lists around centres, of which `nprobe` are looked at.
`scripts/benchmarks/dense.py` measures what the settings below cost.
"""

import os
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import faiss
import msgspec
import numpy as np
from numpy.typing import NDArray

from corpora.errors import IndexStateError
from indexer.dense_mapping import REBUILD
from indexer.embedding import Vectors
from indexer.progress import Stage
from indexer.vector_file import WRITE_REMEDY, VectorFile
from indexer.vectors import VectorStore

SegmentIndex = Any
"""A `faiss.IndexIVFScalarQuantizer`, of whose attributes FAISS's annotations know too few."""

DenseKind = Literal["auto", "flat", "ivf"]
"""How passages are searched: `flat` looks at all, `ivf` at the nearest lists, `auto` as the number of them costs."""

TAIL_ROWS = 20_000
"""Rows in no segment that are left as they are: 0.3 ms a search, and 0.1 s to make ready on opening."""
EXACT_ROWS = 150_000
"""Rows that a segment made by `auto` looks at one by one: 2.3 ms; a segment of a million in 1,024 lists takes 1.8."""
TRAINABLE_ROWS = 1_000
NPROBE = 192
"""Lists looked at: recall@100 is 0.99 with 512 to 1,024 lists, on real vectors and on a million with noise."""
_SEGMENT_BYTES = 512 * 2**20  # what building a segment takes; 1.4 million rows of 384 dimensions
_TRAINED_ON = 100  # vectors a centre: 64 cost 1% of recall, 256 gain nothing
_ROUNDS = 10
BLOCK_ROWS = 16_384
_LARGEST = 1.01


class DenseSegment(msgspec.Struct, frozen=True):
    """A FAISS file over the rows [first, end), in `nlist` lists of which a search looks at `nprobe`.

    A number x is held as the whole number nearest to `scale` * x. `head_crc32` is the checksum of the first
    `head_bytes` of the file, which tell FAISS how to read the rest.
    """

    file: str
    first: int
    end: int
    nlist: int
    nprobe: int
    scale: float
    head_bytes: int
    head_crc32: int


def lists_for(rows: int, kind: DenseKind) -> int:
    """How many lists a segment of so many rows has: about one for each of the lists' rows."""
    if kind == "flat" or rows < (TRAINABLE_ROWS if kind == "ivf" else EXACT_ROWS):
        return 1
    return int(2 ** round(np.log2(rows) / 2))


def plan_segments(
    previous: list[tuple[int, int]], rows: int, kind: DenseKind, dimensions: int
) -> list[tuple[int, int]]:
    """The ranges that segments should cover when there are so many rows, given those that they cover.

    Neighbours of like size are put together, so that their number grows with the logarithm of the rows, and each row
    is built into a segment a logarithmic number of times.
    """
    most = max(TRAINABLE_ROWS, _SEGMENT_BYTES // (dimensions + 8))
    ranges = list(previous)
    start = ranges[-1][1] if ranges else 0
    if rows - start < (TRAINABLE_ROWS if kind == "ivf" else TAIL_ROWS):
        return ranges
    ranges += [(first, min(first + most, rows)) for first in range(start, rows, most)]
    while len(ranges) > 1:
        (first, middle), (_, end) = ranges[-2:]
        if middle - first > 2 * (end - middle) or end - first > most:
            break
        ranges[-2:] = [(first, end)]
    return ranges


def quantise(vectors: Vectors, scale: float) -> Vectors:
    """The whole numbers from -128 to 127 that stand for these vectors, still as floats, as FAISS takes them."""
    scaled: Vectors = np.rint(vectors * np.float32(scale))
    return np.clip(scaled, -128, 127, out=scaled)


def as_bytes(vectors: Vectors, scale: float) -> NDArray[np.uint8]:
    """The bytes in which FAISS holds these vectors."""
    return (quantise(vectors, scale) + 128).astype(np.uint8)


def byte_index(dimensions: int) -> faiss.IndexScalarQuantizer:
    """An empty index of bytes that looks at everything."""
    return faiss.IndexScalarQuantizer(
        dimensions, faiss.ScalarQuantizer.QT_8bit_direct_signed, faiss.METRIC_INNER_PRODUCT
    )


def write_segment(vectors: VectorStore, first: int, end: int, kind: DenseKind, stage: Stage) -> DenseSegment:
    """Build the segment of the rows [first, end) in the vectors' folder, or take the file that is complete already."""
    nlist = lists_for(end - first, kind)
    path = vectors.folder / f"{first}-{end}-{nlist}.ivf"
    scale = scale_of(vectors.file, first, end)
    if not path.exists():
        index = _built(vectors, first, end, nlist, scale, stage)
        part = path.with_name(path.name + ".part")
        try:
            faiss.write_index(index, str(part))
        except RuntimeError as error:  # FAISS's word for a full disk as well
            part.unlink(missing_ok=True)
            reason = str(error).partition("\n")[0]
            raise IndexStateError(f"{path}: cannot be written ({reason})", remedy=WRITE_REMEDY) from error
        with part.open("rb") as stream:
            os.fsync(stream.fileno())
        os.replace(part, path)
    head = path.stat().st_size - (end - first) * (vectors.dimensions + 8)
    if head < 0:
        path.unlink()  # cut short behind our back: made anew by the next run
        raise IndexStateError(f"{path}: is shorter than its {end - first} rows", remedy=REBUILD)
    with path.open("rb") as stream:
        checksum = zlib.crc32(stream.read(head))
    return DenseSegment(path.name, first, end, nlist, min(NPROBE, nlist), scale, head, checksum)


def scale_of(file: VectorFile, first: int, end: int) -> float:
    """What makes the largest number of these rows 127; IndexStateError for numbers that no vector has."""
    largest = 0.0
    for start in range(first, end, BLOCK_ROWS):
        block = file.read(start, min(start + BLOCK_ROWS, end))
        largest = float(np.maximum(largest, np.maximum(block.max(), -block.min())))
        if not largest < _LARGEST:
            raise IndexStateError(
                f"{file.path}: is damaged: it has numbers that are in no vector of length 1 (rows {start} on)",
                remedy=f"Delete {file.path.parent} and run the same biocite index command again, which embeds anew",
            )
    return 127 / largest if largest > 0 else 1.0


def _built(vectors: VectorStore, first: int, end: int, nlist: int, scale: float, stage: Stage) -> SegmentIndex:
    centres = _centres(vectors, first, end, nlist)
    nearest = faiss.IndexFlatIP(vectors.dimensions)
    nearest.add(centres)
    lists = np.empty(end - first, dtype=np.int32)
    for start, block in _blocks(vectors, first, end):
        lists[start : start + len(block)] = nearest.search(block, 1)[1][:, 0] if nlist > 1 else 0
        stage.advance(len(block) // 2)
    # Half precision for the centres: FAISS starts threads to search full ones, which costs more than the search.
    quantizer = faiss.IndexScalarQuantizer(
        vectors.dimensions, faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT
    )
    quantizer.add(centres)
    index = faiss.IndexIVFScalarQuantizer(
        quantizer,
        vectors.dimensions,
        nlist,
        faiss.ScalarQuantizer.QT_8bit_direct_signed,
        faiss.METRIC_INNER_PRODUCT,
        False,
    )
    index.is_trained = True
    _fill(index, lists, scale, _blocks(vectors, first, end), stage)
    return index


def _blocks(vectors: VectorStore, first: int, end: int) -> Iterator[tuple[int, Vectors]]:
    """(place in the segment, rows) block by block."""
    for start in range(first, end, BLOCK_ROWS):
        yield start - first, vectors.read(start, min(start + BLOCK_ROWS, end))


def _fill(
    index: SegmentIndex,
    lists: NDArray[np.int32],
    scale: float,
    blocks: Iterator[tuple[int, Vectors]],
    stage: Stage,
) -> None:
    """Put the bytes of each row into its list. Lists get their size at once: growing ones would take twice the room."""
    for number, size in enumerate(np.bincount(lists, minlength=index.nlist).tolist()):
        index.invlists.resize(number, size)
    filled = np.zeros(index.nlist, dtype=np.int64)
    for start, block in blocks:
        codes = as_bytes(block, scale)
        mine = lists[start : start + len(block)]
        order = np.argsort(mine, kind="stable")
        codes, ids = codes[order], (order + start).astype(np.int64)
        bounds = np.concatenate([[0], np.cumsum(np.bincount(mine, minlength=index.nlist))])
        for number in np.flatnonzero(np.diff(bounds)).tolist():
            here = slice(bounds[number], bounds[number + 1])
            _update(index.invlists, number, int(filled[number]), ids[here], codes[here])
        filled += np.diff(bounds)
        stage.advance(len(block) - len(block) // 2)
    index.ntotal = len(lists)


def _update(lists: Any, number: int, offset: int, ids: NDArray[np.int64], codes: NDArray[np.uint8]) -> None:
    lists.update_entries(number, offset, len(ids), faiss.swig_ptr(ids), faiss.swig_ptr(codes))


def _centres(vectors: VectorStore, first: int, end: int, nlist: int) -> Vectors:
    """The centres of the lists, of length 1, from a sample that is the same each time."""
    if nlist == 1:
        return np.full((1, vectors.dimensions), vectors.dimensions**-0.5, dtype=np.float32)
    rng = np.random.default_rng(nlist)
    rows = np.sort(rng.choice(end - first, min(end - first, nlist * _TRAINED_ON), replace=False))
    sample = np.concatenate([block[rows[(rows >= at) & (rows < at + len(block))] - at]
                             for at, block in _blocks(vectors, first, end)])  # fmt: skip
    clustering = faiss.Clustering(vectors.dimensions, nlist)
    clustering.niter, clustering.seed, clustering.spherical = _ROUNDS, 1, True
    clustering.min_points_per_centroid, clustering.max_points_per_centroid = 1, _TRAINED_ON + 1
    clustering.train(sample, faiss.IndexFlatIP(vectors.dimensions))
    centres: Vectors = faiss.vector_to_array(clustering.centroids).reshape(nlist, vectors.dimensions)
    return centres


def open_segment(folder: Path, segment: DenseSegment, dimensions: int) -> SegmentIndex:
    """The segment, its lists mapped into memory; IndexStateError unless the file is what the record says."""
    path = folder / segment.file
    count = segment.end - segment.first
    try:
        size = path.stat().st_size
        with path.open("rb") as stream:
            head = stream.read(segment.head_bytes)
        # FAISS trusts what it reads, up to crashing: the part that it follows is checked before.
        if size != segment.head_bytes + count * (dimensions + 8) or zlib.crc32(head) != segment.head_crc32:
            raise IndexStateError(
                f"{path}: is not the segment of {count} vectors of {dimensions} dimensions that was written",
                remedy=REBUILD,
            )
        index: SegmentIndex = faiss.read_index(str(path), faiss.IO_FLAG_MMAP)
    except (OSError, RuntimeError, MemoryError) as error:
        message = str(error).partition("\n")[0]
        raise IndexStateError(f"{path}: cannot be read ({message})", remedy=REBUILD) from error
    lists = faiss.downcast_InvertedLists(index.invlists)
    if hasattr(lists, "prefetch_nthread"):
        lists.prefetch_nthread = 0  # else each search starts threads to touch pages that are in memory already
    return index


def list_places(index: SegmentIndex, number: int) -> NDArray[np.int64]:
    """The places in the segment of the rows that one list holds."""
    size = index.invlists.list_size(number)
    ids = index.invlists.get_ids(number)
    try:
        return np.array(faiss.rev_swig_ptr(ids, size), dtype=np.int64) if size else np.empty(0, dtype=np.int64)
    finally:
        index.invlists.release_ids(number, ids)


def list_bytes(index: SegmentIndex, number: int) -> NDArray[np.uint8]:
    """The bytes of the rows that one list holds, shape (rows, dimensions)."""
    size = index.invlists.list_size(number)
    codes = index.invlists.get_codes(number)
    try:
        flat = np.array(faiss.rev_swig_ptr(codes, size * index.d)) if size else np.empty(0, dtype=np.uint8)
        return flat.reshape(size, index.d)
    finally:
        index.invlists.release_codes(number, codes)
