"""Weights as 8-bit differences from the base come back as they were, nearly, and damage is told."""

import msgspec
import pytest
import torch
from safetensors.torch import load_file, save_file

from corpora.errors import ModelError
from indexer import shipped
from indexer.shipped import export_shipped, load_shipped


class Model(torch.nn.Module):
    """A base of one matrix, one norm and frozen word embeddings, with a head that the base does not have."""

    def __init__(self):
        super().__init__()
        self.bert = torch.nn.ModuleDict(
            {"word_embeddings": torch.nn.Embedding(5, 4), "dense": torch.nn.Linear(4, 3), "norm": torch.nn.LayerNorm(3)}
        )
        self.head = torch.nn.Linear(3, 2)


@pytest.fixture
def base(tmp_path, monkeypatch):
    torch.manual_seed(1)
    model = Model()
    (tmp_path / "base").mkdir()
    plain = {key.removeprefix("bert."): value for key, value in model.state_dict().items() if "bert." in key}
    save_file(plain, tmp_path / "base" / "model.safetensors")
    monkeypatch.setattr(shipped, "compact_base", lambda: tmp_path / "base")
    return model


def trained(base, folder):
    """A copy of the base, changed a little everywhere but in the word embeddings."""
    model = Model()
    model.load_state_dict(base.state_dict())
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if "word_embeddings" not in name:
                parameter += 0.01 * torch.randn_like(parameter)
    folder.mkdir()
    save_file(model.state_dict(), folder / "model.safetensors")
    (folder / "run.json").write_bytes(msgspec.json.encode({"recipe": "test"}))
    return model


def test_what_was_trained_comes_back(base, tmp_path):
    model = trained(base, tmp_path / "run")
    file = export_shipped(tmp_path / "run", tmp_path / "weights", "thing")
    again = Model()
    again.load_state_dict(base.state_dict())
    name = load_shipped(again, tmp_path / "weights", "thing")
    for key, tensor in model.state_dict().items():
        change = (tensor - base.state_dict()[key]).abs().max().item()
        off = (tensor - again.state_dict()[key]).abs().max().item()
        assert off <= change / 200 + 5e-4 * tensor.abs().max().item(), key
    assert name.startswith("compact/thing@")
    stored = load_file(file)
    assert stored["bert.dense.weight"].dtype == torch.int8
    assert not any("word_embeddings" in key for key in stored)


def test_a_run_that_is_not_finished_is_not_exported(base, tmp_path):
    trained(base, tmp_path / "run")
    (tmp_path / "run" / "run.json").unlink()
    with pytest.raises(ModelError, match=r"no run\.json"):
        export_shipped(tmp_path / "run", tmp_path / "weights", "thing")


def test_a_damaged_file_is_refused(base, tmp_path):
    trained(base, tmp_path / "run")
    file = export_shipped(tmp_path / "run", tmp_path / "weights", "thing")
    content = bytearray(file.read_bytes())
    content[-1] ^= 1
    file.write_bytes(bytes(content))
    with pytest.raises(ModelError, match="sha256"):
        load_shipped(Model(), tmp_path / "weights", "thing")


def test_tensors_of_another_model_are_refused(base, tmp_path):
    trained(base, tmp_path / "run")
    export_shipped(tmp_path / "run", tmp_path / "weights", "thing")
    other = Model()
    other.extra = torch.nn.Linear(2, 2)
    with pytest.raises(ModelError, match="has no tensor extra"):
        load_shipped(other, tmp_path / "weights", "thing")


def test_weights_that_are_not_there_are_told(tmp_path):
    with pytest.raises(ModelError, match=r"nothing\.json: shipped weights cannot be read"):
        load_shipped(Model(), tmp_path, "nothing")
