"""Texts to batches for an embedding model: sorted by length, cut by number of tokens, tokenised meanwhile.

Both kinds of encoder work through texts in slices of `SLICE`, longest first. Slices are cut by number of characters, so
that the model can begin before all texts are tokenised; inside a slice the number of tokens decides.
"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.intp]
"""Positions of texts, shape (texts,)."""

Vectors = NDArray[np.float32]
"""Row-wise embeddings, shape (texts, dimensions)."""

TokenIds = NDArray[np.int64]
"""The token ids of one text, shape (tokens,)."""

SLICE = 1024

_T = TypeVar("_T")


class Tokenizer(Protocol):
    """What encoders need of a tokenizer; called from one thread at a time or from several."""

    def __call__(self, texts: Sequence[str]) -> list[TokenIds]:
        """The token ids of each text with its special tokens, cut to what the model reads."""
        ...


def slices(texts: Sequence[str]) -> list[Rows]:
    """The rows of `texts` by falling number of characters, then by position, `SLICE` at a time."""
    order = longest_first([len(text) for text in texts])
    return [order[start : start + SLICE] for start in range(0, len(order), SLICE)]


def longest_first(lengths: Sequence[int]) -> Rows:
    """The order of falling length; equal lengths stay in the order they are in."""
    return np.argsort(-np.asarray(lengths, dtype=np.int64), kind="stable")


def token_batches(lengths: Sequence[int], budget: int) -> Iterator[Rows]:
    """Rows of falling length, as many at a time as have at most `budget` tokens together, and always at least one."""
    batch: list[int] = []
    filled = 0
    for row in longest_first(lengths):
        if batch and filled + lengths[row] > budget:
            yield np.asarray(batch, dtype=np.intp)
            batch, filled = [], 0
        batch.append(int(row))
        filled += lengths[row]
    if batch:
        yield np.asarray(batch, dtype=np.intp)


def prepared(parts: Sequence[Rows], prepare: Callable[[Rows], _T]) -> Iterator[tuple[Rows, _T]]:
    """Each part with what `prepare` makes of it; the next is prepared in a thread while the caller works on this one.

    An error of `prepare` is raised where its part would have come. A single part needs no thread.
    """
    if len(parts) < 2:
        yield from ((part, prepare(part)) for part in parts)
        return
    with ThreadPoolExecutor(1, thread_name_prefix="tokenise") as pool:
        coming = pool.submit(prepare, parts[0])
        for part, following in zip(parts, [*parts[1:], None], strict=True):
            ready = coming.result()
            if following is not None:
                coming = pool.submit(prepare, following)
            yield part, ready
