"""The embedding recipe trains from any base, goes on where it stopped, and never sees what is held out."""

import json

import pytest

from corpora.errors import ModelError, SourceError, UsageError
from corpora.questions import read_bioasq, read_pubmedqa
from corpora.splits import DEVELOPMENT_FOLD, pubmedqa_fold, question_key
from indexer.embedding import EmbeddingProfile, load_embedding_model
from indexer.training.embedding import EmbeddingSettings, train_embedding
from indexer.training.examples import ExampleSettings, TrainingData, medquad_triples, read_medquad, training_questions
from indexer.training.mining import MiningSettings
from indexer.training.runs import RunSettings
from tests.data import DATA, needs_data
from tests.shapes import biobert_shaped
from tests.training import bioasq_file, index_to_mine, medquad_archive

EXAMPLES = ExampleSettings(titles=2, shortest_title=4, mining=MiningSettings(first_rank=1, ceiling=10.0))


def settings(**run):
    return EmbeddingSettings(RunSettings(**{"batch": 2, "save_steps": 1, **run}), EXAMPLES, max_tokens=32)


@pytest.mark.parametrize("lora", [0, 2])
def test_a_biobert_shaped_base_is_trained_loaded_and_gone_on_with(tmp_path, monkeypatch, lora):
    data = TrainingData(
        index_to_mine(tmp_path, monkeypatch), (bioasq_file(tmp_path),), medquad=(medquad_archive(tmp_path),)
    )
    base = str(biobert_shaped(tmp_path, head="none", layers=1))
    said = []
    record = train_embedding(base, data, tmp_path / "run", settings(max_steps=1, lora=lora), said.append)
    assert (record["training"]["steps"], record["training"]["resumed"]) == (1, False)
    assert record["base"] == "biobert-none"
    assert len(record["data_sha256"]) == 2
    assert json.loads((tmp_path / "run" / "run.json").read_text()) == record

    again = train_embedding(base, data, tmp_path / "run", settings(max_steps=2, lora=lora), said.append)
    assert (again["training"]["steps"], again["training"]["resumed"]) == (2, True)
    assert said.count("mining negatives") == 1

    model = load_embedding_model(EmbeddingProfile(str(tmp_path / "run"), 64), precision="fp32")
    assert model.encode_queries(["Which gene causes cystic fibrosis?"]).shape == (1, 768)


def test_training_changes_all_but_the_word_embeddings(tmp_path, monkeypatch):
    from safetensors.torch import load_file

    data = TrainingData(index_to_mine(tmp_path, monkeypatch), (bioasq_file(tmp_path),))
    base = biobert_shaped(tmp_path, head="none", layers=1)
    train_embedding(str(base), data, tmp_path / "run", settings(max_steps=2, learning_rate=1e-3))
    before, after = load_file(base / "model.safetensors"), load_file(tmp_path / "run" / "model.safetensors")
    same = {key for key in before if key in after and (before[key] == after[key]).all()}
    assert "embeddings.word_embeddings.weight" in same
    assert not any(key.startswith("encoder.") and key.endswith("weight") for key in same)


def test_files_that_measure_are_refused(tmp_path, monkeypatch):
    data = TrainingData(index_to_mine(tmp_path, monkeypatch), (bioasq_file(tmp_path, "11B1_golden.json"),))
    with pytest.raises(UsageError, match="not a training file"):
        train_embedding("compact", data, tmp_path / "run", settings(max_steps=1))


def test_a_base_that_is_not_there_is_told(tmp_path, monkeypatch):
    data = TrainingData(index_to_mine(tmp_path, monkeypatch), (bioasq_file(tmp_path),))
    with pytest.raises(ModelError, match="cannot be loaded"):
        train_embedding(str(tmp_path / "nothing"), data, tmp_path / "run", settings(max_steps=1))


def test_medquad_gives_questions_with_answers_to_others_as_negatives(tmp_path):
    import random

    archive = medquad_archive(tmp_path)
    assert list(read_medquad(archive)) == [("X", "What is X?", "X is a thing."), ("X", "Who gets X?", "Men do.")]
    triples = medquad_triples(archive, EXAMPLES, random.Random(1))
    assert {(triple.query, triple.positive, triple.negative) for triple in triples} == {
        ("What is X?", "X is a thing.", "Men do."),
        ("Who gets X?", "Men do.", "X is a thing."),
    }


def test_an_archive_that_is_none_is_told(tmp_path):
    path = tmp_path / "medquad.tar.gz"
    path.write_text("no archive")
    with pytest.raises(SourceError, match="not a readable MedQuAD archive"):
        list(read_medquad(path))


@needs_data
def test_no_held_out_question_reaches_training():
    pubmedqa = DATA / "pubmedqa" / "ori_pqal_train_dev.json"
    data = TrainingData(DATA, (DATA / "bioasq",), (pubmedqa,))
    trained = {question_key(question.text) for question in training_questions(data)}
    held_out = [question for path in (DATA / "bioasq").glob("1[01]B*.json") for question in read_bioasq(path)]
    fold = [found for found in read_pubmedqa(pubmedqa) if pubmedqa_fold(found.question_id) == DEVELOPMENT_FOLD]
    assert len(trained) > 1_800
    assert len(fold) > 30
    assert not any(question_key(question.text) in trained for question in (*held_out, *fold))
