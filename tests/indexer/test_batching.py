"""Batches: longest first, within the budget, every text once, and prepared ahead."""

import threading

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer import batching
from indexer.batching import longest_first, prepared, slices, token_batches


def test_longest_first_and_then_as_they_stand():
    assert longest_first([3, 5, 3, 9]).tolist() == [3, 1, 0, 2]


def test_batches_by_hand():
    # 7 alone, 4 + 4 fill 8, then 2 + 1 + 1.
    assert [rows.tolist() for rows in token_batches([1, 4, 7, 4, 2, 1], 8)] == [[2], [1, 3], [4, 0, 5]]


def test_a_text_beyond_the_budget_goes_alone():
    assert [rows.tolist() for rows in token_batches([20, 3], 8)] == [[0], [1]]
    assert list(token_batches([], 8)) == []


@given(st.lists(st.integers(1, 40), max_size=60), st.integers(1, 100))
def test_every_text_is_in_one_batch_and_batches_keep_to_the_budget(lengths, budget):
    batches = [rows.tolist() for rows in token_batches(lengths, budget)]
    order = [row for rows in batches for row in rows]
    assert sorted(order) == list(range(len(lengths)))
    assert [lengths[row] for row in order] == sorted(lengths, reverse=True)
    for rows in batches:
        assert len(rows) == 1 or sum(lengths[row] for row in rows) <= budget


def test_slices_are_cut_from_the_longest_on(monkeypatch):
    monkeypatch.setattr(batching, "SLICE", 2)
    assert [rows.tolist() for rows in slices(["a", "ccc", "bb", "dddd", ""])] == [[3, 1], [2, 0], [4]]
    assert slices([]) == []


def test_the_next_part_is_prepared_while_this_one_is_used():
    parts = [np.array([number]) for number in range(3)]
    begun = [threading.Event() for _ in parts]

    def prepare(rows):
        begun[rows[0]].set()
        return int(rows[0]) * 10

    found = []
    for rows, value in prepared(parts, prepare):
        if rows[0] < 2:
            assert begun[rows[0] + 1].wait(5)  # though this part is still in use
        found.append((int(rows[0]), value))
    assert found == [(0, 0), (1, 10), (2, 20)]


def test_a_single_part_needs_no_thread():
    names = []
    assert len(list(prepared([np.array([0])], lambda rows: names.append(threading.current_thread().name)))) == 1
    assert names == [threading.current_thread().name]
    assert list(prepared([], len)) == []


def test_an_error_comes_where_its_part_would():
    def prepare(rows):
        if rows[0] == 1:
            raise ValueError("part 1")
        return rows

    coming = prepared([np.array([number]) for number in range(3)], prepare)
    assert next(coming)[0].tolist() == [0]
    with pytest.raises(ValueError, match="part 1"):
        next(coming)
