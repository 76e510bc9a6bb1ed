"""Batches of triples of like length, in which no query stands twice.

Like length saves the padding, which would cost more than the texts do; it also takes length away as a hint, since the
passages that a query is told from are as long as its own.
"""

import random
from collections.abc import Iterator, Sequence
from typing import Any

from sentence_transformers.base.sampler import DefaultBatchSampler

# Batches whose triples are sorted by length together: like length, and still other company in another epoch.
POOL = 30


def like_length_batches(
    lengths: Sequence[int], groups: Sequence[str], batch: int, draw: random.Random
) -> Iterator[list[int]]:
    """Every row once, in batches of at most `batch` of like length, no two of one group, in random order."""
    rows = list(range(len(lengths)))
    draw.shuffle(rows)
    batches: list[list[int]] = []
    for start in range(0, len(rows), batch * POOL):
        pool = sorted(rows[start : start + batch * POOL], key=lambda row: (lengths[row], row))
        batches += _without_repeats(pool, groups, batch)
    draw.shuffle(batches)
    return iter(batches)


def _without_repeats(pool: list[int], groups: Sequence[str], batch: int) -> Iterator[list[int]]:
    """The pool in order, a row whose group is in the batch already waiting for the next one."""
    while pool:
        chosen: list[int] = []
        taken: set[str] = set()
        waiting: list[int] = []
        for number, row in enumerate(pool):
            if len(chosen) == batch:
                waiting += pool[number:]
                break
            if groups[row] in taken:
                waiting.append(row)
            else:
                taken.add(groups[row])
                chosen.append(row)
        pool = waiting
        yield chosen


class LikeLength(DefaultBatchSampler):  # type: ignore[misc]
    """`like_length_batches` over a dataset of triples, other ones in each epoch; the trainer makes it itself."""

    def __init__(self, dataset: Any, batch_size: int, drop_last: bool, *rest: Any, **others: Any) -> None:
        super().__init__(dataset, batch_size, drop_last, *rest, **others)
        columns = [list(dataset[name]) for name in ("query", "positive", "negative")]
        self._queries: list[str] = columns[0]
        self._lengths = [len(positive) + len(negative) for positive, negative in zip(*columns[1:], strict=True)]

    def __iter__(self) -> Iterator[list[int]]:
        """The batches of this epoch."""
        draw = random.Random(f"{self.seed} {self.epoch}")  # noqa: S311 - repeatable, not secret
        return like_length_batches(self._lengths, self._queries, self.batch_size, draw)

    def __len__(self) -> int:
        """How many batches there are."""
        return sum(1 for _ in self)
