"""The reranker: a cross-encoder that reads a query and a passage together (Nogueira and Cho 2019).

Slower and more exact than the engines, so it looks at the best candidates alone. Its weights come from the compact base
and this project's training, from a folder, or from the hub, like every other model's.
"""

from collections.abc import Sequence
from copy import deepcopy
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from corpora.errors import ModelError
from indexer.compact import compact_base
from indexer.encoders import FastTokenizer
from indexer.numeric import Precision, pick_device, pick_mode, settle_memory
from indexer.pairs import Pair, PairEncoder
from indexer.quiet import loading_errors, quiet_loading
from indexer.shipped import load_shipped

WEIGHTS = Path(__file__).parent / "weights"
COMPACT = "compact"
BUNDLED = "reranker"
MAX_TOKENS = 256

Scores = NDArray[np.float32]
"""One probability of being relevant a text, shape (texts,)."""


class Reranker(Protocol):
    """What a search needs of a reranker; may be called from any thread."""

    @property
    def name(self) -> str:
        """Which model this is."""
        ...

    def scores(self, query: str, texts: Sequence[str]) -> Scores:
        """The probability, in [0, 1], that each text answers the query."""
        ...


class CrossEncoderReranker:
    """A BERT with one output over its pooled first token."""

    def __init__(self, model: Any, tokenizer: Any, name: str, *, precision: Precision = "auto") -> None:
        device = pick_device()
        settle_memory()
        self.name = name
        limit = min(MAX_TOKENS, int(model.config.max_position_embeddings))
        self._tokenizer = FastTokenizer(tokenizer, limit)
        model = model.eval().float()
        # Copies: the encoder may go to a GPU, or to fewer bits, while the head takes what comes back from it.
        self._pooler, self._classifier = deepcopy(model.bert.pooler.dense), deepcopy(model.classifier)
        self._encoder = PairEncoder(model.bert, device, pick_mode(precision, device), tokenizer.pad_token_id or 0)

    def scores(self, query: str, texts: Sequence[str]) -> Scores:
        """The probability that each text answers the query; the end of a long text is not read."""
        import torch

        pairs = [Pair(ids, types) for ids, types in self._tokenizer.pairs(query, texts)]
        found = np.zeros(len(texts), dtype=np.float32)
        with torch.inference_mode():
            for number, hidden in self._encoder.encode(pairs):
                pooled = torch.tanh(self._pooler(hidden[:1]))
                found[number] = float(torch.sigmoid(self._classifier(pooled))[0, 0])
        return found


def load_reranker(name: str = COMPACT, *, precision: Precision = "auto") -> CrossEncoderReranker:
    """A reranker: ``compact`` (bundled), a folder or a hub name of a BERT with one output; ModelError if none."""
    if name == COMPACT:
        model, tokenizer = untrained(str(compact_base()))
        return CrossEncoderReranker(model, tokenizer, load_shipped(model, WEIGHTS, BUNDLED), precision=precision)
    model, tokenizer = untrained(name, require_head=True)
    return CrossEncoderReranker(model, tokenizer, name, precision=precision)


def untrained(name: str, *, require_head: bool = False, **config: Any) -> tuple[Any, Any]:
    """A base with a one-output head, fresh unless it has one, and its tokenizer: where training starts.

    ModelError where it cannot be loaded, is no BERT, or with `require_head` has no such head of its own.
    """
    from transformers import AutoTokenizer, BertForSequenceClassification

    try:
        with quiet_loading():
            model, info = BertForSequenceClassification.from_pretrained(
                name, num_labels=1, output_loading_info=True, **config
            )
            tokenizer = AutoTokenizer.from_pretrained(name)
    except loading_errors() as error:
        first_line = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise ModelError(
            f"reranker {name!r} cannot be loaded ({first_line})",
            remedy="Check the folder or hub name: a BERT classifier with one output is needed",
        ) from error
    if require_head and any(key.startswith(("classifier", "bert.encoder")) for key in info["missing_keys"]):
        raise ModelError(
            f"{name}: has no one-output classification head",
            remedy=f"Train one (biocite train reranker --base {name}) or leave reranking out",
        )
    return model, tokenizer
