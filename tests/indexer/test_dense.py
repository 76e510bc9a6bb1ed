"""The dense index: exact scores, the right passages for shared and dead rows, any k and filter; damage is found."""

import os
import threading
from pathlib import Path

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpora.errors import IndexStateError
from indexer import dense_mapping, segments
from indexer.dense import DenseIndex, DenseKind, DenseLayout, files_of
from indexer.embedding import Vectors
from indexer.records import PassageKeys
from indexer.vectors import Rows
from tests.indexer.vector_samples import DIMENSIONS, FOLDER, add, clustered, lay_out, selected, stored_halves, unit

KINDS: tuple[DenseKind, ...] = ("auto", "flat", "ivf")


def built(folder: Path, vectors: Vectors, keys: list[int], kind: DenseKind = "auto") -> DenseIndex:
    """An index in which the passage of the n-th key has the n-th vector."""
    with add(folder, vectors) as store:
        layout = lay_out(folder, store, np.array(keys, dtype=np.int64), np.arange(len(keys)), kind)
    return DenseIndex.open(folder, layout, vectors.shape[1])


def brute_force(vectors: Vectors, query: Vectors, keys: PassageKeys, rows: Rows, k: int) -> list[int]:
    """The k best keys by the products of the stored halves, ties by key."""
    scores = (stored_halves(vectors)[rows].astype(np.float64) * query.astype(np.float64)).sum(axis=1)
    return [int(keys[place]) for place in np.lexsort((keys, -scores.round(6)))[:k]]


def recall(found: list[int], expected: list[int]) -> float:
    return len(set(found) & set(expected)) / len(expected)


@pytest.mark.parametrize("kind", KINDS)
def test_ranks_as_the_exact_product_of_the_stored_halves(tmp_path: Path, kind: DenseKind) -> None:
    vectors, query = unit(200), unit(1, seed=9)
    index = built(tmp_path, vectors, [key * 3 for key in range(200)], kind)
    exact = stored_halves(vectors) @ query[0]
    expected = [int(place) * 3 for place in np.argsort(-exact, kind="stable")[:10]]
    hits = index.search(query, 10)
    assert [hit.key for hit in hits] == expected
    assert hits[0].score == pytest.approx(float(exact.max()), abs=1e-6)
    assert len(index) == 200


def test_k_beyond_the_index_gives_everything_once(tmp_path: Path) -> None:
    index = built(tmp_path, unit(5), [1, 2, 3, 4, 5])
    assert sorted(hit.key for hit in index.search(unit(1), 50)) == [1, 2, 3, 4, 5]
    assert index.search(unit(1), 0) == []


def test_k_beyond_the_lists_looked_at_gives_everything_once(tmp_path: Path) -> None:
    vectors = clustered(3_000)
    hits = built(tmp_path, vectors, list(range(3_000)), "ivf").search(vectors[:1], 5_000)
    assert sorted(hit.key for hit in hits) == list(range(3_000))


def test_an_empty_index_finds_nothing(tmp_path: Path) -> None:
    index = built(tmp_path, unit(0), [])
    assert (index.search(unit(1), 5), index.search(unit(1), 5, selected(1)), len(index)) == ([], [], 0)


@pytest.mark.parametrize("kind", KINDS)
def test_ties_at_the_cut_go_to_the_smaller_keys(tmp_path: Path, kind: DenseKind) -> None:
    same = np.repeat(unit(1), 2_000, axis=0)
    hits = built(tmp_path, same, list(range(10, 2_010)), kind).search(unit(1), 7)
    assert [hit.key for hit in hits] == [10, 11, 12, 13, 14, 15, 16]
    assert len({hit.score for hit in hits}) == 1


def test_a_selection_is_applied_before_ranking(tmp_path: Path) -> None:
    index = built(tmp_path, unit(100), list(range(100)))
    everything = [hit.key for hit in index.search(unit(1, 9), 100)]
    allowed = everything[90:]
    assert [hit.key for hit in index.search(unit(1, 9), 5, selected(*sorted(allowed)))] == allowed[:5]


def test_a_selection_of_nothing_or_of_unknown_keys_finds_nothing(tmp_path: Path) -> None:
    index = built(tmp_path, unit(10), list(range(10)))
    assert index.search(unit(1), 5, selected()) == []
    assert index.search(unit(1), 5, selected(77, 99)) == []


def test_vectors_are_those_of_the_keys_and_zeros_for_unknown_ones(tmp_path: Path) -> None:
    index = built(tmp_path, unit(5), [2, 4, 6, 8, 10])
    expected = stored_halves(unit(5))
    np.testing.assert_array_equal(index.vectors([10, 3, 2, 10]), [expected[4], [0] * 8, expected[0], expected[4]])
    assert index.vectors([]).shape == (0, DIMENSIONS)


@settings(max_examples=60, deadline=None)
@given(data=st.data(), kind=st.sampled_from(KINDS), k=st.integers(1, 60))
def test_shared_and_dead_rows_any_filter_and_k_as_by_brute_force(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject, kind: DenseKind, k: int
) -> None:
    rows = np.array(data.draw(st.lists(st.integers(0, 29), max_size=50)), dtype=np.int64)
    gaps = data.draw(st.lists(st.integers(1, 3), min_size=len(rows), max_size=len(rows)))
    keys = np.cumsum(np.array(gaps, dtype=np.int64))
    allowed = np.array(sorted(data.draw(st.sets(st.integers(0, 160)))), dtype=np.int64)
    narrow = data.draw(st.sampled_from((0, 5_000)))
    folder = tmp_path_factory.mktemp("dense")
    vectors, query = unit(30), unit(1, 3)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("indexer.dense._NARROW", narrow)
        patch.setattr(segments, "TAIL_ROWS", 10)
        with add(folder, vectors) as store:
            layout = lay_out(folder, store, keys, rows, kind)
        index = DenseIndex.open(folder, layout, DIMENSIONS)
        assert [hit.key for hit in index.search(query, k)] == brute_force(vectors, query, keys, rows, k)
        kept = np.isin(keys, allowed)
        expected = brute_force(vectors, query, keys[kept], rows[kept], k)
        assert [hit.key for hit in index.search(query, k, selected(*allowed))] == expected
        assert [hit.key for hit in index.search(query, k, selected(*allowed))] == expected
        assert list(index.problems(layout)) == []


def test_the_filter_of_one_search_is_not_that_of_the_next(tmp_path: Path) -> None:
    index = built(tmp_path, unit(10), list(range(10)))
    for keys in ((1, 2), (3,), (1, 2)):
        assert sorted(hit.key for hit in index.search(unit(1), 5, selected(*keys))) == list(keys)


@pytest.mark.parametrize("size", [0.02, 1.0])
def test_a_query_with_larger_numbers_than_any_vector_has_is_answered_exactly(tmp_path: Path, size: float) -> None:
    vectors = clustered(2_000, dimensions=64)
    query = unit(1, 5, 64) * size
    query[0, 3] = 1
    query /= np.linalg.norm(query)
    found = [hit.key for hit in built(tmp_path, vectors, list(range(2_000))).search(query, 200)]
    assert found == brute_force(vectors, query, np.arange(2_000), np.arange(2_000), 200)


# Lists


@pytest.fixture(scope="module")
def lists(tmp_path_factory: pytest.TempPathFactory) -> tuple[DenseIndex, Vectors]:
    """20,000 clustered vectors in 128 lists, of which 24 are looked at; keys are rows."""
    folder = tmp_path_factory.mktemp("lists")
    vectors = clustered(20_000, centres=200)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(segments, "NPROBE", 24)
        index = built(folder, vectors, list(range(20_000)), "ivf")
    return index, vectors


def test_lists_find_nearly_all_with_exact_scores(lists: tuple[DenseIndex, Vectors]) -> None:
    index, vectors = lists
    everything = np.arange(20_000)
    recalls = []
    for number in range(20):
        query = vectors[number : number + 1]
        hits = index.search(query, 100)
        recalls.append(recall([hit.key for hit in hits], brute_force(vectors, query, everything, everything, 100)))
        scores = stored_halves(vectors)[[hit.key for hit in hits]] @ query[0]
        np.testing.assert_allclose([hit.score for hit in hits], scores, atol=2e-6)
    assert np.mean(recalls) >= 0.95


@pytest.mark.parametrize("share", [0.5, 0.1, 0.01, 0.001])
@pytest.mark.parametrize("lie", ["anywhere", "near", "far"])
def test_filters_keep_the_recall_wherever_they_lie(
    lists: tuple[DenseIndex, Vectors], share: float, lie: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("indexer.dense._NARROW", 50)
    index, vectors = lists
    recalls = []
    for number in range(10):
        query = vectors[number : number + 1]
        count = int(share * len(vectors))
        order = np.argsort(-(vectors @ query[0]))
        chosen = {"near": order[:count], "far": order[-count:], "anywhere": np.random.default_rng(number).permutation(
            len(vectors))[:count]}[lie]  # fmt: skip
        keys = np.sort(chosen)
        hits = [hit.key for hit in index.search(query, 20, selected(*keys))]
        assert np.isin(hits, keys).all()
        recalls.append(recall(hits, brute_force(vectors, query, keys, keys, 20)))
    assert np.mean(recalls) >= 0.95


def test_several_threads_find_the_same(lists: tuple[DenseIndex, Vectors]) -> None:
    index, vectors = lists
    halves = [selected(*range(0, 20_000, 2)), selected(*range(1, 20_000, 2)), None]
    expected = [index.search(vectors[:1], 10, half) for half in halves]
    wrong: list[int] = []

    def search(number: int) -> None:
        for turn in range(20):
            which = (number + turn) % 3
            if index.search(vectors[:1], 10, halves[which]) != expected[which]:
                wrong.append(which)

    threads = [threading.Thread(target=search, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


# Growth


@pytest.mark.parametrize("kind", KINDS)
def test_growing_in_steps_finds_what_building_at_once_finds(tmp_path: Path, kind: DenseKind) -> None:
    vectors = clustered(6_000)
    everything = np.arange(6_000)
    layout: DenseLayout | None = None
    names: set[str] = set()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(segments, "TAIL_ROWS", 800)
        for start in range(0, 6_000, 500):
            with add(tmp_path / "steps", vectors[start : start + 500], start) as store:
                rows = everything[: start + 500]
                layout = lay_out(tmp_path / "steps", store, rows, rows, kind, layout)
            names.update(segment.file for segment in layout.segments)
        assert layout is not None
        at_once = built(tmp_path / "once", vectors, list(range(6_000)), kind)
    grown = DenseIndex.open(tmp_path / "steps", layout, 32)
    assert len(layout.segments) <= 4
    assert len(names) > len(layout.segments)
    for number in range(0, 6_000, 600):
        query = vectors[number : number + 1]
        expected = brute_force(vectors, query, everything, everything, 50)
        for index in (grown, at_once):
            found = [hit.key for hit in index.search(query, 50)]
            assert found == expected if kind != "ivf" else recall(found, expected) >= 0.9


def test_a_small_addition_makes_no_segment_and_an_older_generation_still_opens(tmp_path: Path) -> None:
    vectors = clustered(2_100)
    with add(tmp_path, vectors[:2_000]) as store:
        first = lay_out(tmp_path, store, np.arange(2_000), np.arange(2_000), "ivf")
    with add(tmp_path, vectors[2_000:], 2_000) as store:
        second = lay_out(tmp_path, store, np.arange(2_100), np.arange(2_100), "ivf", first)
    assert second.segments == first.segments
    assert (first.rows, second.rows, second.mapping) == (2_000, 2_100, "keys-2.npy")
    last = vectors[2_099:]
    assert DenseIndex.open(tmp_path, second, 32).search(last, 1)[0].key == 2_099
    assert DenseIndex.open(tmp_path, first, 32).search(last, 1)[0].key < 2_000


def test_another_kind_makes_other_segments(tmp_path: Path) -> None:
    vectors = clustered(2_000)
    everything = np.arange(2_000)
    with add(tmp_path, vectors) as store, pytest.MonkeyPatch.context() as patch:
        patch.setattr(segments, "TAIL_ROWS", 1_000)
        flat = lay_out(tmp_path, store, everything, everything, "flat")
        ivf = lay_out(tmp_path, store, everything, everything, "ivf", flat)
    assert [segment.nlist for segment in flat.segments] == [1]
    assert [segment.nlist for segment in ivf.segments] == [32]
    assert files_of(ivf) == (f"{FOLDER}/keys-2.npy", f"{FOLDER}/0-2000-32.ivf")
    for layout in (flat, ivf):
        assert DenseIndex.open(tmp_path, layout, 32).search(vectors[:1], 1)[0].key == 0


# Interruptions


class Killed(BaseException):
    """The process ends here."""


@pytest.mark.parametrize("step", range(4))
@pytest.mark.parametrize("after", [False, True])
def test_a_layout_that_is_killed_is_written_when_called_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: int, after: bool
) -> None:
    vectors = clustered(2_000)
    everything = np.arange(2_000)
    calls = 0

    def dying(real):
        def call(*arguments: object) -> None:
            nonlocal calls
            calls += 1
            if calls <= step:
                real(*arguments)
            else:
                if after:
                    real(*arguments)
                raise Killed

        return call

    with add(tmp_path, vectors) as store:
        with monkeypatch.context() as patch:
            for name in ("fsync", "replace"):
                patch.setattr(os, name, dying(getattr(os, name)))
            with pytest.raises(Killed):
                lay_out(tmp_path, store, everything, everything, "ivf")
        layout = lay_out(tmp_path, store, everything, everything, "ivf")
    index = DenseIndex.open(tmp_path, layout, 32)
    assert list(index.problems(layout)) == []
    assert index.search(vectors[5:6], 1)[0].key == 5


def test_a_complete_segment_is_not_built_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    everything = np.arange(2_000)
    with add(tmp_path, clustered(2_000)) as store:
        first = lay_out(tmp_path, store, everything, everything, "ivf")
        monkeypatch.setattr(segments, "_built", None)
        assert lay_out(tmp_path, store, everything, everything, "ivf") == first


def test_a_full_disk_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with add(tmp_path, unit(10)) as store:
        monkeypatch.setattr(dense_mapping.np, "save", full)
        with pytest.raises(IndexStateError, match=r"dense/1: cannot be written \(No space left.*Make room"):
            lay_out(tmp_path, store, np.arange(10), np.arange(10))


# Damage


def damaged_index(folder: Path) -> DenseLayout:
    with add(folder, clustered(2_000)) as store:
        return lay_out(folder, store, np.arange(2_000), np.arange(2_000), "ivf")


def flip(path: Path, place: int, bits: int = 0x40) -> None:
    raw = bytearray(path.read_bytes())
    raw[place] ^= bits
    path.write_bytes(raw)


def test_no_flipped_bit_of_a_segment_goes_unnoticed(tmp_path: Path) -> None:
    layout = damaged_index(tmp_path)
    path = tmp_path / FOLDER / layout.segments[0].file
    for place in [*range(0, layout.segments[0].head_bytes, 97), *range(layout.segments[0].head_bytes, 82_000, 997)]:
        flip(path, place)
        try:
            index = DenseIndex.open(tmp_path, layout, 32)
        except IndexStateError as error:
            assert path.name in str(error)  # noqa: PT017 - either is right
        else:
            assert list(index.problems(layout)) != [], place
        flip(path, place)
    assert list(DenseIndex.open(tmp_path, layout, 32).problems(layout)) == []


def test_rows_that_a_segment_does_not_have_are_refused_by_a_search(tmp_path: Path) -> None:
    layout = damaged_index(tmp_path)
    path = tmp_path / FOLDER / layout.segments[0].file
    raw = bytearray(path.read_bytes())
    raw[-1] = 0x7F  # the last list's last row
    path.write_bytes(raw)
    with pytest.raises(IndexStateError, match="it is damaged"):
        DenseIndex.open(tmp_path, layout, 32).search(unit(1, 1, 32), 2_000)


@pytest.mark.parametrize("which", [0, 1, 2])
def test_truncated_and_missing_files_are_refused(tmp_path: Path, which: int) -> None:
    layout = damaged_index(tmp_path)
    name = (*files_of(layout), f"{FOLDER}/vectors.f16")[which]
    os.truncate(tmp_path / name, (tmp_path / name).stat().st_size - 5)
    with pytest.raises(IndexStateError, match=Path(name).name):
        DenseIndex.open(tmp_path, layout, 32)
    (tmp_path / name).unlink()
    with pytest.raises(IndexStateError, match=Path(name).name):
        DenseIndex.open(tmp_path, layout, 32)


def test_a_mapping_that_does_not_ascend_or_lies_outside_is_refused(tmp_path: Path) -> None:
    with add(tmp_path, unit(4)) as store:
        layout = lay_out(tmp_path, store, np.array([1, 2, 2, 3]), np.arange(4))
        with pytest.raises(IndexStateError, match="do not ascend"):
            DenseIndex.open(tmp_path, layout, DIMENSIONS)
        layout = lay_out(tmp_path, store, np.arange(4), np.array([0, 1, 2, 4]))
        with pytest.raises(IndexStateError, match="outside the 4"):
            DenseIndex.open(tmp_path, layout, DIMENSIONS)


def test_another_number_of_dimensions_or_of_passages_is_refused(tmp_path: Path) -> None:
    layout = damaged_index(tmp_path)
    with pytest.raises(IndexStateError, match="31 dimensions"):
        DenseIndex.open(tmp_path, msgspec.structs.replace(layout, rows=2_000), 31)
    with pytest.raises(IndexStateError, match="rows of 1999 passages"):
        DenseIndex.open(tmp_path, msgspec.structs.replace(layout, searched=1_999), 32)


def test_a_lost_vector_is_a_problem_of_the_generation_that_names_it(tmp_path: Path) -> None:
    with add(tmp_path, unit(10)) as store:
        layout = lay_out(tmp_path, store, np.arange(10), np.arange(10))
    os.truncate(tmp_path / FOLDER / "vectors.f16", 4 * 2 * DIMENSIONS)
    add(tmp_path, unit(0)).close()  # repairs
    problems = list(DenseIndex.open(tmp_path, layout, DIMENSIONS).problems(layout))
    assert [problem for problem in problems if "passage 0 and 9 others have vectors that are damaged" in problem]
