"""The dense index: exact, deterministic at ties, and clean for every k and selection."""

from pathlib import Path

import faiss
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpora.errors import IndexStateError
from indexer.dense import DenseIndex, VectorFile, write_dense_index
from indexer.embedding import Vectors
from indexer.records import Filters, Selection

DIMENSIONS = 8


def unit(rows: int, seed: int = 0) -> Vectors:
    vectors = np.random.default_rng(seed).normal(size=(rows, DIMENSIONS)).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def built(folder: Path, vectors: Vectors, keys: list[int]) -> DenseIndex:
    file = VectorFile(folder, DIMENSIONS)
    file.append(vectors)
    write_dense_index(folder, file, DIMENSIONS, list(zip(keys, range(len(keys)), strict=True)))
    return DenseIndex.open(folder, DIMENSIONS)


def selected(*keys: int) -> Selection:
    return Selection(Filters(years=(2000, 2001)), np.array(keys, dtype=np.int64))


def test_ranks_as_the_exact_product_of_the_stored_halves(tmp_path: Path) -> None:
    vectors, query = unit(200), unit(1, seed=9)
    index = built(tmp_path, vectors, [key * 3 for key in range(200)])
    exact = vectors.astype(np.float16).astype(np.float32) @ query[0]
    expected = [int(place) * 3 for place in np.argsort(-exact, kind="stable")[:10]]
    hits = index.search(query, 10)
    assert [hit.key for hit in hits] == expected
    assert hits[0].score == pytest.approx(float(exact.max()), abs=1e-6)


def test_k_beyond_the_index_gives_everything_once(tmp_path: Path) -> None:
    hits = built(tmp_path, unit(5), [1, 2, 3, 4, 5]).search(unit(1), 50)
    assert sorted(hit.key for hit in hits) == [1, 2, 3, 4, 5]


def test_an_empty_index_finds_nothing(tmp_path: Path) -> None:
    assert built(tmp_path, unit(0), []).search(unit(1), 5) == []


def test_ties_at_the_cut_go_to_the_smaller_keys(tmp_path: Path) -> None:
    same = np.repeat(unit(1), 300, axis=0)
    hits = built(tmp_path, same, list(range(10, 310))).search(unit(1), 7)
    assert [hit.key for hit in hits] == [10, 11, 12, 13, 14, 15, 16]


def test_a_selection_is_applied_before_ranking(tmp_path: Path) -> None:
    index = built(tmp_path, unit(100), list(range(100)))
    everything = [hit.key for hit in index.search(unit(1, 9), 100)]
    allowed = everything[90:]
    assert [hit.key for hit in index.search(unit(1, 9), 5, selected(*sorted(allowed)))] == allowed[:5]


def test_a_selection_of_nothing_or_of_unknown_keys_finds_nothing(tmp_path: Path) -> None:
    index = built(tmp_path, unit(10), list(range(10)))
    assert index.search(unit(1), 5, selected()) == []
    assert index.search(unit(1), 5, selected(77, 99)) == []


@settings(max_examples=30, deadline=None)
@given(st.sets(st.integers(0, 40), max_size=20), st.integers(1, 30))
def test_selection_equals_filtering_afterwards(
    tmp_path_factory: pytest.TempPathFactory, keys: set[int], k: int
) -> None:
    index = built(tmp_path_factory.mktemp("dense"), unit(30), list(range(30)))
    wanted = [hit for hit in index.search(unit(1, 3), 30) if hit.key in keys][:k]
    assert [hit.key for hit in index.search(unit(1, 3), k, selected(*sorted(keys)))] == [hit.key for hit in wanted]


class _Options:
    useFloat16 = False  # noqa: N815 - FAISS's own names
    shard = False


def test_where_faiss_finds_gpus_unfiltered_searches_go_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    moved = []

    def to_all_gpus(index: faiss.Index, co: _Options) -> faiss.Index:
        moved.append((co.useFloat16, co.shard))
        return index

    monkeypatch.setattr(faiss, "get_num_gpus", lambda: 2, raising=False)
    monkeypatch.setattr(faiss, "GpuMultipleClonerOptions", _Options, raising=False)
    monkeypatch.setattr(faiss, "index_cpu_to_all_gpus", to_all_gpus, raising=False)
    index = built(tmp_path, unit(10), list(range(10)))
    assert moved == [(True, True)]
    assert len(index.search(unit(1), 3)) == 3
    assert [hit.key for hit in index.search(unit(1), 3, selected(4))] == [4]


def test_what_a_killed_run_appended_is_cut_off(tmp_path: Path) -> None:
    file = VectorFile(tmp_path, DIMENSIONS)
    file.append(unit(4))
    file.truncate(3)
    assert file.rows() == 3
    with pytest.raises(IndexStateError, match="holds 3 vectors, but row 3"):
        file.read(np.array([0, 3]))


def test_a_damaged_or_missing_index_names_the_remedy(tmp_path: Path) -> None:
    built(tmp_path, unit(4), [1, 2, 3, 4])
    with pytest.raises(IndexStateError, match="4 vectors of 8 dimensions, expected 9"):
        DenseIndex.open(tmp_path, 9)
    (tmp_path / "dense" / "flat.faiss").write_bytes(b"nonsense")
    with pytest.raises(IndexStateError, match="cannot be read"):
        DenseIndex.open(tmp_path, DIMENSIONS)
