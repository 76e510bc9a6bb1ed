"""The reranker's recipe trains from any base, goes on where it stopped, and what comes of it reranks."""

import pytest

from corpora.errors import UsageError
from indexer.training.examples import ExampleSettings, TrainingData
from indexer.training.mining import MiningSettings
from indexer.training.runs import RunSettings
from retriever.rerank import load_reranker
from retriever.training.examples import PairSettings, make_pairs
from retriever.training.reranker import RerankerSettings, train_reranker
from tests.searching import opened
from tests.shapes import biobert_shaped
from tests.training import QUESTIONS, bioasq_file, index_to_mine

PAIRS = PairSettings(
    examples=ExampleSettings(titles=2, shortest_title=4, mining=MiningSettings(first_rank=1, ceiling=10.0))
)


def settings(**run):
    return RerankerSettings(RunSettings(**{"batch": 2, "save_steps": 1, **run}), PAIRS, max_tokens=48)


@pytest.mark.parametrize("lora", [0, 2])
def test_a_biobert_shaped_base_is_trained_loaded_and_gone_on_with(tmp_path, monkeypatch, lora):
    data = TrainingData(index_to_mine(tmp_path, monkeypatch), (bioasq_file(tmp_path),))
    base = str(biobert_shaped(tmp_path, head="none", layers=1))
    record = train_reranker(base, data, tmp_path / "run", settings(max_steps=1, lora=lora))
    assert (record["recipe"], record["training"]["steps"]) == ("reranker", 1)
    assert 0 < record["counts"]["relevant"] < record["counts"]["pairs"]
    again = train_reranker(base, data, tmp_path / "run", settings(max_steps=2, lora=lora))
    assert (again["training"]["steps"], again["training"]["resumed"]) == (2, True)
    scores = load_reranker(str(tmp_path / "run"), precision="fp32").scores("iron", ["Iron is stored.", "Malaria."])
    assert scores.shape == (2,)


def test_each_piece_of_evidence_stands_against_hard_negatives(tmp_path, monkeypatch):
    data = TrainingData(index_to_mine(tmp_path, monkeypatch), (bioasq_file(tmp_path),))
    with opened(data.index) as retriever:
        pairs = make_pairs(retriever.index, data, PAIRS)
    evidence = {question: text for question, _, text in QUESTIONS}
    for question, text in evidence.items():
        own = [pair for pair in pairs if pair.query == question]
        assert [pair.text for pair in own if pair.label == 1.0] == [text]
        assert len([pair for pair in own if pair.label == 0.0]) == PAIRS.negatives
    with opened(data.index) as retriever:
        assert make_pairs(retriever.index, data, PAIRS) == pairs


def test_files_that_measure_are_refused(tmp_path, monkeypatch):
    data = TrainingData(index_to_mine(tmp_path, monkeypatch), (bioasq_file(tmp_path, "10B1_golden.json"),))
    with pytest.raises(UsageError, match="not a training file"):
        train_reranker("compact", data, tmp_path / "run", settings(max_steps=1))
