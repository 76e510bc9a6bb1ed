"""Segments: how rows are divided among them, and that what is built from the same vectors is the same."""

from pathlib import Path

import faiss
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpora.errors import IndexStateError
from indexer import segments
from indexer.progress import Silent
from indexer.segments import (
    as_bytes,
    byte_index,
    lists_for,
    open_segment,
    plan_segments,
    quantise,
    scale_of,
    write_segment,
)
from tests.indexer.vector_samples import add, clustered, stored_halves, unit


def test_a_small_index_has_no_segment_and_a_larger_one_has_one() -> None:
    assert plan_segments([], 19_999, "auto", 384) == []
    assert plan_segments([], 20_000, "auto", 384) == [(0, 20_000)]
    assert plan_segments([(0, 20_000)], 39_999, "auto", 384) == [(0, 20_000)]


def test_neighbours_of_like_size_are_put_together() -> None:
    assert plan_segments([(0, 20_000)], 40_000, "auto", 384) == [(0, 40_000)]
    assert plan_segments([(0, 40_000)], 60_000, "auto", 384) == [(0, 60_000)]
    assert plan_segments([(0, 60_000)], 80_000, "auto", 384) == [(0, 60_000), (60_000, 80_000)]
    # 20,000 and 24,000 make 44,000, with which 60,000 is put together in turn
    assert plan_segments([(0, 60_000), (60_000, 80_000)], 104_000, "auto", 384) == [(0, 104_000)]


def test_no_segment_takes_more_memory_than_512_mib_to_build() -> None:
    planned = plan_segments([], 3_000_000, "auto", 760)
    most = 512 * 2**20 // 768
    assert planned == [(0, most), (most, 2 * most), (2 * most, 3 * most), (3 * most, 4 * most), (4 * most, 3_000_000)]


@settings(max_examples=100, deadline=None)
@given(st.lists(st.integers(1, 400_000), max_size=40), st.sampled_from(("auto", "flat", "ivf")))
def test_however_an_index_grows_its_segments_are_few_and_leave_no_gap(
    steps: list[int], kind: segments.DenseKind
) -> None:
    planned: list[tuple[int, int]] = []
    rows = 0
    for step in steps:
        rows += step
        planned = plan_segments(planned, rows, kind, 384)
        ends = [0, *(end for _, end in planned)]
        assert [first for first, _ in planned] == ends[:-1]
        assert rows - ends[-1] < 20_000
        sizes = [end - first for first, end in planned]
        most = 512 * 2**20 // 392
        assert max(sizes, default=0) <= most
        halving = [size for size in sizes if size <= most // 3]
        assert len(halving) <= 2 + np.log2(rows)


@pytest.mark.parametrize(
    ("rows", "kind", "lists"),
    [
        (149_999, "auto", 1),
        (150_000, "auto", 512),
        (1_000_000, "auto", 1024),
        (1_000_000, "flat", 1),
        (999, "ivf", 1),
        (1_000, "ivf", 32),
    ],
)
def test_how_many_lists(rows: int, kind: segments.DenseKind, lists: int) -> None:
    assert lists_for(rows, kind) == lists


def test_bytes_are_the_nearest_whole_numbers_as_faiss_takes_them() -> None:
    vectors = np.array([[0.5, -0.25, 0.1, -0.5]], dtype=np.float32)
    np.testing.assert_array_equal(quantise(vectors, 254), [[127, -64, 25, -127]])  # -63.5 and 25.4
    np.testing.assert_array_equal(as_bytes(vectors, 254), [[255, 64, 153, 1]])
    index = byte_index(4)
    index.add(quantise(vectors, 254))
    np.testing.assert_array_equal(faiss.vector_to_array(index.codes), as_bytes(vectors, 254)[0])
    np.testing.assert_array_equal(quantise(np.float32([[9, -9]]), 100), [[127, -128]])


def test_the_scale_makes_the_largest_number_127(tmp_path: Path) -> None:
    with add(tmp_path, unit(20)) as store:
        largest = float(np.abs(stored_halves(unit(20))[5:9]).max())
        assert scale_of(store.file, 5, 9) == pytest.approx(127 / largest)


@pytest.mark.parametrize("number", [np.nan, np.inf, 3.0])
def test_numbers_that_no_vector_has_are_refused(tmp_path: Path, number: float) -> None:
    with add(tmp_path, unit(20)) as store:
        raw = bytearray((store.folder / "vectors.f16").read_bytes())
        raw[50:52] = np.float16(number).tobytes()
        (store.folder / "vectors.f16").write_bytes(raw)
        with pytest.raises(IndexStateError, match=r"vectors\.f16: is damaged: it has numbers"):
            scale_of(store.file, 0, 20)


def test_the_same_vectors_make_the_same_file(tmp_path: Path) -> None:
    made = []
    for name in ("a", "b"):
        with add(tmp_path / name, clustered(3_000)) as store:
            segment = write_segment(store, 500, 3_000, "ivf", Silent())
            made.append((segment, (store.folder / segment.file).read_bytes()))
    assert made[0] == made[1]
    assert (made[0][0].first, made[0][0].end, made[0][0].nlist) == (500, 3_000, 64)


def test_a_segment_cut_short_behind_our_back_is_removed_and_made_again(tmp_path: Path) -> None:
    with add(tmp_path, clustered(2_000)) as store:
        first = write_segment(store, 0, 2_000, "ivf", Silent())
        (store.folder / first.file).write_bytes(b"short")
        with pytest.raises(IndexStateError, match="shorter than its 2000 rows"):
            write_segment(store, 0, 2_000, "ivf", Silent())
        assert write_segment(store, 0, 2_000, "ivf", Silent()) == first


def test_a_file_that_faiss_does_not_know_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with add(tmp_path, clustered(2_000)) as store:
        segment = write_segment(store, 0, 2_000, "ivf", Silent())

        def refuse(*_: object) -> None:
            raise RuntimeError("Error in read_index\nat some line of FAISS")

        monkeypatch.setattr(faiss, "read_index", refuse)
        with pytest.raises(IndexStateError, match=r"0-2000-32\.ivf: cannot be read \(Error in read_index\)"):
            open_segment(store.folder, segment, 32)
