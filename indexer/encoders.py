"""What turns texts into vectors: BERT without padding on a CPU, any other sentence-transformers model padded.

Both take texts longest first in batches of a number of tokens, and put each vector where its text stood. Pooling and
whatever follows it are the modules that sentence-transformers loaded.
"""

import threading
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from corpora.errors import UsageError
from indexer.batching import Rows, TokenIds, Tokenizer, Vectors, prepared, slices, token_batches
from indexer.bert import Group, PackedBert, packable
from indexer.int8 import zero_point
from indexer.numeric import Precision, dtype_of, pick_mode

if TYPE_CHECKING:
    import torch

# Tokens that go through the model at once: with 2,048 the hidden states of a layer stay in the cache of a CPU.
CPU_BUDGET = 2048
GPU_BUDGET = 65_536
# Characters a token in biomedical English, rounded down: what texts are batched by where only the model can tokenise.
_CHARACTERS_A_TOKEN = 4

Advance = Callable[[int], None]


class Encoder(Protocol):
    """Vectors of texts, one row a text in their order, not necessarily of length 1; may be called from any thread."""

    def encode(self, texts: Sequence[str], advance: Advance | None = None) -> Vectors:
        """One row a text; calls `advance` with the number of texts done since the last call."""
        ...


class FastTokenizer:
    """A model's own tokenizer, without its Python layers and their shared state."""

    def __init__(self, tokenizer: Any, max_tokens: int) -> None:
        from tokenizers import Tokenizer as Backend

        # Copies: transformers changes truncation and padding of its tokenizer on every call.
        written = tokenizer.backend_tokenizer.to_str()
        self._backend, self._pairs, self._queries = (Backend.from_str(written) for _ in range(3))
        self._backend.enable_truncation(max_tokens)
        self._pairs.enable_truncation(max_tokens, strategy="only_second")
        self._queries.enable_truncation(max_tokens // 2)
        for backend in (self._backend, self._pairs, self._queries):
            backend.no_padding()

    def __call__(self, texts: Sequence[str]) -> list[TokenIds]:
        """The token ids of each text with its special tokens, cut to `max_tokens`."""
        return [np.array(found.ids, dtype=np.int64) for found in self._backend.encode_batch_fast(list(texts))]

    def pairs(self, query: str, texts: Sequence[str]) -> list[tuple[list[int], list[int]]]:
        """The token ids and types of the query with each text; a query of more than half of `max_tokens` is cut."""
        offsets = self._queries.encode(query, add_special_tokens=False).offsets
        asked = query[: offsets[-1][1]] if offsets else query
        return [(pair.ids, pair.type_ids) for pair in self._pairs.encode_batch([(asked, text) for text in texts])]


class PackedEncoder:
    """BERT in batches without padding, then the model's own pooling."""

    def __init__(self, bert: PackedBert, tokenizer: Tokenizer, tail: Sequence[Any], dimensions: int) -> None:
        self._bert = bert
        self._tokenizer = tokenizer
        self._tail = tail
        self._dimensions = dimensions
        # Two batches at a time would have each wait for the other's threads at the end of every layer.
        self._lock = threading.Lock()

    def encode(self, texts: Sequence[str], advance: Advance | None = None) -> Vectors:
        """One row a text."""
        vectors = np.empty((len(texts), self._dimensions), dtype=np.float32)
        for rows, ids in prepared(slices(texts), lambda rows: self._tokenizer([texts[row] for row in rows])):
            for batch in token_batches([len(found) for found in ids], CPU_BUDGET):
                vectors[rows[batch]] = self._batch([ids[row] for row in batch])
            if advance is not None:
                advance(len(rows))
        return vectors

    def _batch(self, ids: Sequence[TokenIds]) -> Vectors:
        """One row a text; texts come with falling length."""
        import torch

        groups = runs_of_equal([len(found) for found in ids])
        with self._lock, torch.inference_mode():
            hidden = self._bert.forward(torch.from_numpy(np.concatenate(ids)), groups)
            pooled = []
            start = 0
            for length, texts in groups:
                end = start + length * texts
                pooled.append(self._pool(hidden[start:end].view(texts, length, -1)))
                start = end
            vectors: Vectors = torch.cat(pooled).numpy()
        return vectors

    def _pool(self, hidden: "torch.Tensor") -> "torch.Tensor":
        """One row a text of the hidden states, shape (texts, tokens, width)."""
        import torch

        mask = torch.ones(hidden.shape[:2], dtype=torch.int64)
        features: dict[str, Any] = {"token_embeddings": hidden.float(), "attention_mask": mask}
        for module in self._tail:
            features = module(features)
        pooled: torch.Tensor = features["sentence_embedding"].float()
        return pooled


class PaddedEncoder:
    """Any sentence-transformers model on any device: texts of like length padded to the longest of a batch."""

    def __init__(self, model: Any, dimensions: int, max_tokens: int) -> None:
        self._model = model
        self._dimensions = dimensions
        self._max_tokens = max_tokens
        self._budget = CPU_BUDGET if model.device.type == "cpu" else GPU_BUDGET
        self._prompt: str | None = (model.prompts or {}).get(model.default_prompt_name)
        # transformers' tokenizers keep truncation and padding as state and refuse to be used by two threads.
        self._lock = threading.Lock()

    def encode(self, texts: Sequence[str], advance: Advance | None = None) -> Vectors:
        """One row a text."""
        vectors = np.empty((len(texts), self._dimensions), dtype=np.float32)
        batches = [rows[batch] for rows in slices(texts) for batch in self._batches([texts[row] for row in rows])]
        for rows, features in prepared(batches, lambda rows: self._prepare([texts[row] for row in rows])):
            vectors[rows] = self._forward(features)
            if advance is not None:
                advance(len(rows))
        return vectors

    def _batches(self, texts: Sequence[str]) -> list[Rows]:
        lengths = [min(len(text) // _CHARACTERS_A_TOKEN + 2, self._max_tokens) for text in texts]
        return list(token_batches(lengths, self._budget))

    def _prepare(self, texts: list[str]) -> Any:
        with self._lock:
            return self._model.preprocess(texts, prompt=self._prompt)

    def _forward(self, features: Any) -> Vectors:
        import torch
        from sentence_transformers.util import batch_to_device

        with torch.inference_mode():
            found = self._model(batch_to_device(features, self._model.device))["sentence_embedding"]
            vectors: Vectors = found.float().cpu().numpy()
        return vectors


def make_encoder(model: Any, precision: Precision, dimensions: int) -> Encoder:
    """The fastest encoder for a loaded sentence-transformers model, which may be given up afterwards.

    UsageError for a precision that this machine or this model cannot run.
    """
    device = model.device.type
    first = model[0]
    packed = device == "cpu" and packable(getattr(first, "auto_model", None)) and _plain_text(model)
    has_int8 = packed and zero_point() > 0
    mode = pick_mode(precision, device, int8=has_int8)
    if mode == "int8" and not has_int8:
        raise UsageError(
            "int8 is for BERT models on a CPU that torch has 8-bit products for", remedy="Choose auto, fp32 or bf16"
        )
    if packed:
        tail = [module.eval().float() for module in list(model)[1:]]
        tokenizer = FastTokenizer(first.tokenizer, model.max_seq_length)
        return PackedEncoder(PackedBert(first.auto_model, mode), tokenizer, tail, dimensions)
    return PaddedEncoder(model.to(dtype=dtype_of(mode)).eval(), dimensions, model.max_seq_length)


def _plain_text(model: Any) -> bool:
    """Whether the model's texts go to its tokenizer as they are: a fast one, and no prompt before them."""
    tokenizer = getattr(model[0], "tokenizer", None)
    return getattr(tokenizer, "is_fast", False) and not (model.prompts or {}).get(model.default_prompt_name)


def runs_of_equal(lengths: Sequence[int]) -> list[Group]:
    """Runs of equal lengths, as `PackedBert` takes them."""
    counted: list[Group] = []
    for length in lengths:
        if counted and counted[-1].length == length:
            counted[-1] = Group(length, counted[-1].texts + 1)
        else:
            counted.append(Group(length, 1))
    return counted
