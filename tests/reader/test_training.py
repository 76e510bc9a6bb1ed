"""The recipe, really run: two steps a stage on a small BERT, going on, and the loss by hand."""

import math
from pathlib import Path

import msgspec
import pytest
import torch

from corpora.errors import UsageError
from corpora.records import Span
from reader.models import load_reader, load_tokenizer
from reader.training.examples import Example
from reader.training.features import collate, encode, positions, span_loss
from reader.training.recipe import ReaderData, reader_recipe, train_reader
from reader.windows import ReaderSettings
from tests.reader.test_examples import bioasq
from tests.shapes import biobert_shaped


def test_the_loss_adds_places_of_an_item_and_averages_items() -> None:
    # Four tokens, all alike but the last, which is padding: each of three has the probability 1/3.
    logits, mask = torch.zeros(1, 4), torch.tensor([[1, 1, 1, 0]])
    one = span_loss(logits, logits, mask, torch.tensor([[[0, 1, 1], [-1, 0, 0]]]))
    assert float(one) == pytest.approx(-math.log(1 / 9), abs=1e-4)
    two_places = span_loss(logits, logits, mask, torch.tensor([[[0, 1, 1], [0, 2, 2]]]))
    assert float(two_places) == pytest.approx(-math.log(2 / 9), abs=1e-4)
    two_items = span_loss(logits, logits, mask, torch.tensor([[[0, 1, 1], [1, 2, 2]]]))
    assert float(two_items) == pytest.approx(-math.log(1 / 9), abs=1e-4)


def test_the_loss_of_a_sure_and_right_reader_is_nothing() -> None:
    logits = torch.tensor([[0.0, 50.0, 0.0]])
    loss = span_loss(logits, logits, torch.ones(1, 3, dtype=torch.long), torch.tensor([[[0, 1, 1]]]))
    assert float(loss) == pytest.approx(0.0, abs=1e-6)


def test_positions_are_the_tokens_of_the_ends() -> None:
    offsets = [(0, 3), (4, 8), (8, 9)]
    assert positions(offsets, Span(4, 9)) == (1, 2)
    assert positions(offsets, Span(4, 12)) is None


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A checkpoint of BioBERT's shape, but of one layer."""
    return str(biobert_shaped(tmp_path_factory.mktemp("base"), head="none", layers=1))


def test_inputs_have_a_target_a_place_and_are_padded(base: str) -> None:
    tokenizer = load_tokenizer(base)
    answered = Example("a?", "b c b", ((Span(0, 1), Span(4, 5)), (Span(2, 3),)))
    features = encode(tokenizer, [answered, Example("a?", "b")], ReaderSettings())
    # [CLS] a ? [SEP] b c b [SEP]: the text begins at position 4.
    assert features[0]["targets"] == [(0, 4, 4), (0, 6, 6), (1, 5, 5)]
    assert features[1]["targets"] == [(0, 0, 0)]
    batch = collate(features, pad=0)
    assert batch["input_ids"].shape == (2, 8)
    assert batch["attention_mask"].sum(dim=1).tolist() == [8, 6]
    assert batch["targets"].tolist()[1] == [[0, 0, 0], [-1, 0, 0], [-1, 0, 0]]


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> ReaderData:
    folder = tmp_path_factory.mktemp("data")
    entry = {"id": 1, "question": "Which?", "answers": [{"answer_start": 6, "text": "ACE2"}]}
    squad = {"data": [{"paragraphs": [{"context": "It is ACE2 indeed.", "qas": [entry]}]}]}
    (folder / "squad.json").write_bytes(msgspec.json.encode(squad))
    return ReaderData((bioasq(folder),), (folder / "squad.json",))


# peft asks transformers for an attribute that will be renamed.
@pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing` is deprecated:FutureWarning")
@pytest.mark.parametrize("lora", [0, 2])
def test_the_recipe_trains_a_bert_and_goes_on(tmp_path: Path, base: str, data: ReaderData, lora: int) -> None:
    recipe = reader_recipe(seed=7, lora=lora, max_steps=2)
    record = train_reader(base, data, tmp_path / "out", recipe)
    assert [(stage["name"], stage["training"]["steps"]) for stage in record["stages"]] == [("warm", 2), ("expert", 2)]
    assert record["base"] == "biobert-none"
    assert len(record["data_sha256"]) == 2
    assert load_reader(str(tmp_path / "out")).read("Which gene?", ["The gene is X."])[0]
    again = train_reader(base, data, tmp_path / "out", recipe)
    assert again["stages"] == record["stages"]
    if lora:
        with pytest.raises(UsageError, match="holds stage 'warm' of a run with other data or settings"):
            train_reader(base, data, tmp_path / "out", reader_recipe(seed=8, lora=lora, max_steps=2))


def test_nothing_to_learn_from_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no training data"):
        train_reader("compact", ReaderData(), tmp_path, reader_recipe())
