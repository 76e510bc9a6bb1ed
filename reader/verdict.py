"""Yes, no or maybe: what a set of texts says to a question.

The shipped model is linear (`reader.linear_verdict`). Here is the other kind, a sequence-pair classifier: any
BERT-shaped model for sequence classification with the labels yes, no and maybe. Question and text go in as one pair,
the whole of type 0, since `indexer.bert` knows no other type.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np

from corpora.errors import ModelError, UsageError
from indexer.numeric import Precision, pick_device, pick_dtype
from indexer.quiet import loading_errors, quiet_loading
from reader.linear_verdict import BUNDLED as BUNDLED
from reader.linear_verdict import LABELS as LABELS
from reader.linear_verdict import LinearVerdict, load_linear
from reader.records import VerdictLabel

if TYPE_CHECKING:
    from numpy.typing import NDArray

WEIGHTS = Path(__file__).parent / "weights"
COMPACT = "compact"


class VerdictSettings(msgspec.Struct, frozen=True):
    """Texts are joined into windows of at most `words`; a window is cut at `tokens`, question included.

    `batch` windows go through the model together.
    """

    words: int = 170
    tokens: int = 320
    batch: int = 16


class VerdictModel:
    """Decides yes/no questions by texts. Holds no state of a question: safe to share."""

    def __init__(self, model: Any, tokenizer: Any, name: str, settings: VerdictSettings | None = None) -> None:
        self.model = model.eval()
        self.tokenizer = tokenizer
        self.name = name
        self.settings = settings or VerdictSettings()

    def probabilities(self, question: str, texts: Sequence[str]) -> dict[str, float]:
        """Those of yes, no and maybe, over all texts together; UsageError where there is no text."""
        probabilities = softmax(self.logits(question, texts).mean(axis=0, keepdims=True))[0]
        return {label: float(probability) for label, probability in zip(LABELS, probabilities, strict=True)}

    def logits(self, question: str, texts: Sequence[str]) -> "NDArray[np.float32]":
        """The model's logits for each window of the texts: (windows, 3), in the order of `LABELS`."""
        import torch

        joined = windows(texts, self.settings.words)
        if not joined:
            raise UsageError("a verdict needs at least one text that is not empty")
        found = []
        for start in range(0, len(joined), self.settings.batch):
            part = joined[start : start + self.settings.batch]
            encoded = encode_pairs(self.tokenizer, [question] * len(part), part, self.settings.tokens)
            inputs = self.tokenizer.pad(encoded, return_tensors="pt").to(self.model.device)
            with torch.inference_mode():
                found.append(self.model(**inputs).logits.float().cpu().numpy())
        return np.concatenate(found)


def windows(texts: Sequence[str], words: int) -> list[str]:
    """The texts, each once, joined in their order into windows of at most `words`; a longer text is a window itself."""
    packed: list[list[str]] = []
    filled = words
    for text in dict.fromkeys(text.strip() for text in texts if text.strip()):
        length = len(text.split())
        if filled + length > words:
            packed.append([])
            filled = 0
        packed[-1].append(text)
        filled += length
    return [" ".join(window) for window in packed]


def encode_pairs(tokenizer: Any, questions: list[str], texts: list[str], tokens: int) -> dict[str, Any]:
    """Input ids and attention mask of each pair, as lists, not padded; no token types: all are of type 0."""
    encoded = tokenizer(questions, texts, truncation="only_second", max_length=tokens, return_token_type_ids=False)
    return dict(encoded)


def decide(probabilities: Mapping[str, float], labels: Sequence[VerdictLabel] = LABELS) -> VerdictLabel:
    """The likeliest of `labels`; BioASQ's questions are asked to be decided, so there maybe is not one of them."""
    return max(labels, key=lambda label: probabilities[label])


def softmax(logits: "NDArray[np.float32]") -> "NDArray[np.float32]":
    """Probabilities along the last axis."""
    powers: NDArray[np.float32] = np.exp(logits - logits.max(axis=-1, keepdims=True))
    shares: NDArray[np.float32] = powers / powers.sum(axis=-1, keepdims=True)
    return shares


def load_verdict(name: str, *, precision: Precision = "auto") -> VerdictModel | LinearVerdict:
    """A verdict model: ``compact`` (bundled), a folder with a trained one of either kind, or a hub name."""
    if name == COMPACT:
        return load_linear(WEIGHTS)
    if (Path(name) / f"{BUNDLED}.json").is_file():
        return load_linear(Path(name))
    device = pick_device()
    model, tokenizer, known_as = _pretrained(name)
    return VerdictModel(model.to(device=device, dtype=pick_dtype(precision, device)), tokenizer, known_as)


def _pretrained(name: str) -> tuple[Any, Any, str]:
    """A trained model from a folder or the hub; refuses one whose head would be random or has other labels."""
    model, tokenizer, missing = untrained(name)
    if missing:
        raise ModelError(
            f"{name}: has no classifier of yes, no and maybe",
            remedy=f"Train one: biocite train answer-type --base {name} --out FOLDER",
        )
    return model, tokenizer, name


def untrained(name: str, **config: Any) -> tuple[Any, Any, bool]:
    """A base with a classifier of `LABELS`, its tokenizer, and whether the classifier is fresh (random).

    `config` are settings that take the place of those in the base's configuration. ModelError where nothing loads.
    """
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    numbered = dict(enumerate(LABELS))
    try:
        with quiet_loading():
            model, info = AutoModelForSequenceClassification.from_pretrained(
                name,
                output_loading_info=True,
                id2label=numbered,
                label2id={label: number for number, label in numbered.items()},
                **config,
            )
            tokenizer = AutoTokenizer.from_pretrained(name)
    except loading_errors() as error:
        first_line = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise ModelError(
            f"model {name!r} cannot be loaded ({first_line})",
            remedy="Check the folder or hub name, and that the hub can be reached or the model is in its cache",
        ) from error
    return model, tokenizer, any("classifier" in key for key in info["missing_keys"])
