"""Pairs of a question and a text through a BERT with a head: what a reranker, a reader and a verdict have in common.

On a CPU the encoder runs without padding (`indexer.bert`); any other model or device takes the padded way.
"""

import threading
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from corpora.stopping import check_stopped
from indexer.batching import token_batches
from indexer.bert import PackedBert, packable
from indexer.encoders import CPU_BUDGET, GPU_BUDGET, runs_of_equal
from indexer.numeric import Mode, dtype_of

if TYPE_CHECKING:
    import torch


class Pair(NamedTuple):
    """The token ids of a question and a text with the special tokens, and each token's type (0 or 1)."""

    ids: Sequence[int]
    types: Sequence[int]


class PairEncoder:
    """The last hidden states of pairs. May be called from any thread."""

    def __init__(self, bert: Any, device: str, mode: Mode, pad: int) -> None:
        self._device = device
        self._pad = pad
        self._packed = PackedBert(bert, mode) if device == "cpu" and packable(bert) else None
        self._bert = None if self._packed is not None else bert.to(device=device, dtype=dtype_of(mode)).eval()
        self._budget = CPU_BUDGET if device == "cpu" else GPU_BUDGET
        # Two batches at a time would have each wait for the other's threads at the end of every layer.
        self._lock = threading.Lock()

    def encode(self, pairs: Sequence[Pair]) -> "Iterator[tuple[int, torch.Tensor]]":
        """(number of the pair, its hidden states in fp32, shape (tokens, width)), longest pairs first."""
        for batch in token_batches([len(pair.ids) for pair in pairs], self._budget):
            rows = [int(row) for row in batch]
            states = self._forward([pairs[row] for row in rows])
            yield from zip(rows, states, strict=True)

    def _forward(self, pairs: list[Pair]) -> "list[torch.Tensor]":
        import torch

        check_stopped()
        with self._lock, torch.inference_mode():
            return self._padded(pairs) if self._packed is None else self._unpadded(self._packed, pairs)

    def _unpadded(self, packed: PackedBert, pairs: list[Pair]) -> "list[torch.Tensor]":
        import torch

        lengths = [len(pair.ids) for pair in pairs]
        ids, types = (
            torch.from_numpy(np.concatenate([np.asarray(part, dtype=np.int64) for part in parts]))
            for parts in zip(*pairs, strict=True)
        )
        hidden = packed.forward(ids, runs_of_equal(lengths), types).float()
        return list(torch.split(hidden[: len(ids)], lengths))

    def _padded(self, pairs: list[Pair]) -> "list[torch.Tensor]":
        import torch

        width = max(len(pair.ids) for pair in pairs)
        ids = np.full((len(pairs), width), self._pad, dtype=np.int64)
        types, mask = np.zeros_like(ids), np.zeros_like(ids)
        for row, pair in enumerate(pairs):
            ids[row, : len(pair.ids)], types[row, : len(pair.ids)], mask[row, : len(pair.ids)] = pair.ids, pair.types, 1
        inputs = {"input_ids": ids, "token_type_ids": types, "attention_mask": mask}
        assert self._bert is not None  # noqa: S101 - one of the two is there
        output = self._bert(**{name: torch.from_numpy(array).to(self._device) for name, array in inputs.items()})
        hidden = output.last_hidden_state.float().cpu()
        return [states[: len(pair.ids)] for states, pair in zip(hidden, pairs, strict=True)]
