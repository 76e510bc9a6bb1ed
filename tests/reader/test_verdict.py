"""The verdict model: windows, decisions by hand, and what is refused on loading."""

from pathlib import Path

import numpy as np
import pytest

from corpora.errors import ModelError, UsageError
from reader.verdict import LABELS, VerdictModel, VerdictSettings, decide, load_verdict, softmax, untrained, windows
from tests.shapes import biobert_shaped


def test_texts_are_packed_in_order_and_once() -> None:
    texts = ["one two", " three ", "one two", "", "four five six seven eight", "nine"]
    assert windows(texts, 4) == ["one two three", "four five six seven eight", "nine"]
    assert windows([" "], 4) == []


def test_the_likeliest_label_of_those_allowed_is_the_decision() -> None:
    probabilities = {"yes": 0.2, "no": 0.3, "maybe": 0.5}
    assert decide(probabilities) == "maybe"
    assert decide(probabilities, ("yes", "no")) == "no"


def test_softmax_by_hand() -> None:
    odds = np.log(np.array([[1.0, 2.0, 5.0]], dtype=np.float32))
    assert softmax(odds)[0] == pytest.approx([0.125, 0.25, 0.625], abs=1e-6)
    assert softmax(np.array([1000.0, 0.0], dtype=np.float32)) == pytest.approx([1.0, 0.0])


def test_the_shipped_model_agrees_and_contradicts() -> None:
    verdicts = load_verdict("compact")
    assert verdicts.name.startswith("linear/verdict@")
    question = "Is smoking associated with lung cancer?"
    agreeing = verdicts.probabilities(question, ["Smoking was strongly associated with lung cancer in all cohorts."])
    contradicting = verdicts.probabilities(question, ["There was no association between smoking and lung cancer."])
    assert tuple(agreeing) == LABELS
    assert sum(agreeing.values()) == pytest.approx(1.0, abs=1e-6)
    assert decide(agreeing, ("yes", "no")) == "yes"
    assert decide(contradicting, ("yes", "no")) == "no"


@pytest.fixture(scope="module")
def pairs(tmp_path_factory: pytest.TempPathFactory) -> VerdictModel:
    """A sequence-pair classifier with random weights."""
    base = biobert_shaped(tmp_path_factory.mktemp("base"), head="none", layers=1)
    model, tokenizer, fresh = untrained(str(base))
    assert fresh
    return VerdictModel(model, tokenizer, "random")


def test_windows_count_alike_and_batches_change_nothing(pairs: VerdictModel) -> None:
    question, texts = "Does A raise B?", ["A raised B in mice.", "No effect of A on B was seen.", "B is a protein."]
    alone = VerdictModel(pairs.model, pairs.tokenizer, "", VerdictSettings(words=1, batch=1)).logits(question, texts)
    many = VerdictModel(pairs.model, pairs.tokenizer, "", VerdictSettings(words=1, batch=16))
    assert alone.shape == (3, 3)
    assert many.logits(question, texts) == pytest.approx(alone, abs=1e-4)
    mean = softmax(alone.mean(axis=0, keepdims=True))[0]
    assert list(many.probabilities(question, texts).values()) == pytest.approx(mean.tolist(), abs=1e-4)


def test_a_question_without_text_is_refused(pairs: VerdictModel) -> None:
    for verdicts in (load_verdict("compact"), pairs):
        with pytest.raises(UsageError, match="at least one text"):
            verdicts.probabilities("Is it?", ["", " "])


def test_a_base_without_the_classifier_is_refused_with_the_way_out(tmp_path: Path) -> None:
    base = biobert_shaped(tmp_path, head="none", layers=1)
    with pytest.raises(ModelError, match="has no classifier of yes, no and maybe"):
        load_verdict(str(base))
    with pytest.raises(ModelError, match="cannot be loaded"):
        load_verdict(str(tmp_path / "nowhere"))
