"""GPUs as FAISS would present them, replaced by CPU indexes: which rows go where, and when the CPU must search."""

import logging
from pathlib import Path

import faiss
import numpy as np
import pytest

from indexer.dense import DenseIndex, DenseLayout
from indexer.gpu import to_gpus
from indexer.vector_file import VectorFile
from tests.indexer.vector_samples import DIMENSIONS, FOLDER, add, lay_out, selected, unit


class _Options:
    useFloat16 = False  # noqa: N815 - FAISS's own name


class Gpus:
    """Stands for FAISS's GPU functions; `moved` has the device of each index, `searched` counts searches."""

    def __init__(self, patch: pytest.MonkeyPatch, count: int) -> None:
        self.moved: list[int] = []
        self.indexes: list[faiss.Index] = []
        patch.setattr(faiss, "StandardGpuResources", object, raising=False)
        patch.setattr(faiss, "GpuClonerOptions", _Options, raising=False)
        patch.setattr(faiss, "get_num_gpus", lambda: count, raising=False)
        patch.setattr(faiss, "index_cpu_to_gpu", self.move, raising=False)

    def move(self, _resources: object, device: int, index: faiss.Index, options: _Options) -> faiss.Index:
        assert options.useFloat16
        self.moved.append(device)
        self.indexes.append(index)
        return index


@pytest.fixture
def layout(tmp_path: Path) -> DenseLayout:
    """30 rows, of which row 7 is dead."""
    rows = np.array([row for row in range(30) if row != 7])
    with add(tmp_path, unit(30)) as store:
        return lay_out(tmp_path, store, rows * 2, rows)


def test_each_gpu_takes_its_share_and_finds_what_the_cpu_finds(
    tmp_path: Path, layout: DenseLayout, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = DenseIndex.open(tmp_path, layout, DIMENSIONS)
    gpus = Gpus(monkeypatch, 2)
    index = DenseIndex.open(tmp_path, layout, DIMENSIONS)
    assert gpus.moved == [0, 1]
    assert [each.ntotal for each in gpus.indexes] == [15, 14]
    monkeypatch.setattr(index, "_parts", [])  # the CPU would find nothing
    for k in (1, 3, 29, 60):
        assert index.search(unit(1, 9), k) == expected.search(unit(1, 9), k)


def test_filtered_searches_stay_on_the_cpu(
    tmp_path: Path, layout: DenseLayout, monkeypatch: pytest.MonkeyPatch
) -> None:
    gpus = Gpus(monkeypatch, 1)
    index = DenseIndex.open(tmp_path, layout, DIMENSIONS)
    gpus.indexes[0].reset()
    assert sorted(hit.key for hit in index.search(unit(1), 3, selected(4, 14, 16))) == [4, 16]


def test_more_hits_than_a_gpu_gives_come_from_the_cpu(
    tmp_path: Path, layout: DenseLayout, monkeypatch: pytest.MonkeyPatch
) -> None:
    gpus = Gpus(monkeypatch, 1)
    monkeypatch.setattr("indexer.gpu.MOST_HITS", 20)
    index = DenseIndex.open(tmp_path, layout, DIMENSIONS)
    gpus.indexes[0].reset()
    assert len(index.search(unit(1), 25)) == 25


def test_ties_that_a_gpu_cannot_tell_apart_come_from_the_cpu(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with add(tmp_path, np.repeat(unit(1), 100, axis=0)) as store:
        layout = lay_out(tmp_path, store, np.arange(100), np.arange(100))
    Gpus(monkeypatch, 2)
    index = DenseIndex.open(tmp_path, layout, DIMENSIONS)
    assert [hit.key for hit in index.search(unit(1), 5)] == [0, 1, 2, 3, 4]


def test_where_none_is_found_or_moving_fails_a_message_says_so(
    tmp_path: Path, layout: DenseLayout, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    Gpus(monkeypatch, 0)
    assert len(DenseIndex.open(tmp_path, layout, DIMENSIONS).search(unit(1), 3)) == 3
    assert "finds none" in caplog.text
    Gpus(monkeypatch, 2)

    def out_of_memory(*_: object) -> None:
        raise RuntimeError("out of memory on device 0\nat line 5")

    monkeypatch.setattr(faiss, "index_cpu_to_gpu", out_of_memory)
    assert len(DenseIndex.open(tmp_path, layout, DIMENSIONS).search(unit(1), 3)) == 3
    assert "could not be moved to 2 GPUs: dense search runs on the CPU (out of memory on device 0)" in caplog.text


def test_the_cpu_build_says_nothing(
    tmp_path: Path, layout: DenseLayout, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.delattr(faiss, "StandardGpuResources", raising=False)
    caplog.set_level(logging.DEBUG)
    assert to_gpus(VectorFile(tmp_path / FOLDER / "vectors.f16", DIMENSIONS), np.arange(30)) is None
    assert caplog.text == ""
