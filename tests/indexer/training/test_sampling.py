"""Batches of like length in which no group stands twice."""

import random

from hypothesis import given
from hypothesis import strategies as st

from indexer.training.sampling import like_length_batches


@given(st.lists(st.tuples(st.integers(1, 300), st.sampled_from("abcdef")), max_size=80), st.integers(1, 8))
def test_every_row_once_and_no_group_twice_in_a_batch(rows, batch):
    lengths, groups = [length for length, _ in rows], [group for _, group in rows]
    batches = list(like_length_batches(lengths, groups, batch, random.Random(1)))
    assert sorted(row for chosen in batches for row in chosen) == list(range(len(rows)))
    for chosen in batches:
        assert 1 <= len(chosen) <= batch
        assert len({groups[row] for row in chosen}) == len(chosen)


def test_a_batch_has_rows_of_like_length():
    lengths = [1, 100, 2, 101, 3, 102, 4, 103]
    batches = list(like_length_batches(lengths, [str(row) for row in range(8)], 4, random.Random(5)))
    assert sorted(sorted(lengths[row] for row in chosen) for chosen in batches) == [[1, 2, 3, 4], [100, 101, 102, 103]]


def test_the_seed_decides_the_order():
    lengths, groups = list(range(50)), [str(row) for row in range(50)]
    first, again, other = (list(like_length_batches(lengths, groups, 4, random.Random(seed))) for seed in (1, 1, 2))
    assert first == again
    assert first != other
