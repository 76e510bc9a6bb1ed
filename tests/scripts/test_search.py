from contextlib import closing

import pytest

from indexer.index import Index
from scripts.benchmarks import search_process
from scripts.benchmarks.search_process import RECALL_AT, measure, recall, reopen, reopen_cold
from tests.fakes import WordHashModel
from tests.indexes import tiny_index

QUERIES = ["cystic fibrosis gene", "malaria mosquitoes", "adrenaline in anaphylaxis"]


@pytest.fixture
def directory(tmp_path, monkeypatch):
    monkeypatch.setattr(search_process, "load_embedding_model", lambda profile: WordHashModel(profile.embedding_model))
    return tiny_index(tmp_path)


def vectors():
    return WordHashModel().encode_queries(QUERIES)


def test_every_stage_and_every_raw_part_is_measured(directory):
    figures = measure(directory, QUERIES, vectors())
    assert figures["documents"] == 6
    assert figures["queries"] == 3
    assert {"bm25", "embedding", "dense", "fusion", "fetch", "total"} <= set(figures["ms"])
    assert set(figures["raw parts, ms"]) == {"embedding", "bm25", "dense", "sum"}
    total, parts = figures["ms"]["total"]["p50"], figures["raw parts, ms"]["sum"]["p50"]
    assert figures["p50 of the whole to p50 of the raw parts"] == pytest.approx(total / parts, abs=0.001)
    assert figures[f"recall@{RECALL_AT}"] == 1.0
    assert figures["rss_mb with model"] > 10


@pytest.mark.parametrize("opening", [reopen, reopen_cold])
def test_reopening_says_seconds_and_memory(directory, opening):
    figures = opening(directory, QUERIES, vectors())
    assert 0 <= figures["open_s"] < 10
    assert 0 <= figures["first_search_s"] < 10
    assert figures["rss_mb"]["before"] > 10


def test_recall_is_the_share_of_the_nearest_that_is_found(directory, monkeypatch):
    monkeypatch.setattr(search_process, "RECALL_AT", 4)
    with closing(Index(directory, lambda profile: WordHashModel(profile.embedding_model))) as index:
        right = index.dense.search
        assert recall(index, vectors()) == 1.0
        # The two nearest alone, and they are of the four nearest: half of what there is to find.
        monkeypatch.setattr(index.dense, "search", lambda query, k: right(query, 2))
        assert recall(index, vectors()) == 0.5
        # The farthest two are not among the nearest four of six or more passages.
        monkeypatch.setattr(index.dense, "search", lambda query, k: right(query, len(index.dense))[-2:])
        assert recall(index, vectors()) < 0.5
