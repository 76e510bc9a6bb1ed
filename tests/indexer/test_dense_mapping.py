"""The mapping of passages to rows and back, against plain dictionaries."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpora.errors import IndexStateError
from indexer import dense_mapping
from indexer.dense_mapping import Mapping, open_mapping, write_mapping


@settings(max_examples=100, deadline=None)
@given(
    st.dictionaries(st.integers(3, 90), st.integers(0, 11), max_size=30),
    st.lists(st.integers(0, 100), unique=True, max_size=40),
    st.lists(st.integers(0, 11), max_size=10),
    st.booleans(),
)
def test_both_ways_as_a_dictionary_says(row_of: dict[int, int], asked: list[int], rows: list[int], table: bool) -> None:
    keys = sorted(row_of)
    mapping = Mapping(np.array(keys, dtype=np.int64), np.array([row_of[key] for key in keys], dtype=np.int64), 12)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(dense_mapping, "_LOOKED_UP", -1 if table else 1_000)
        patch.setattr(dense_mapping, "_SPREAD", 100)
        places, known = mapping.places_of(np.array(sorted(asked), dtype=np.int64))
    assert [keys[place] for place in places] == [key for key in sorted(asked) if key in row_of]
    assert known.tolist() == [key in row_of for key in sorted(asked)]
    places, which = mapping.places_at(np.array(rows, dtype=np.int64))
    pairs = [(number, key) for number, row in enumerate(rows) for key in keys if row_of[key] == row]
    assert [(int(number), keys[place]) for number, place in zip(which, places, strict=True)] == pairs
    assert mapping.live(2, 12).tolist() == [row in row_of.values() for row in range(2, 12)]


def test_keys_spread_too_widely_for_a_table_are_found_by_bisection(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dense_mapping, "_LOOKED_UP", 0)
    keys = np.array([1, 10**12, 10**15])
    places, known = Mapping(keys, np.array([2, 1, 0]), 3).places_of(np.array([1, 5, 10**15]))
    assert (places.tolist(), known.tolist()) == ([0, 2], [True, False, True])


def test_the_file_is_an_array_of_keys_above_rows(tmp_path: Path) -> None:
    path = tmp_path / "keys-1.npy"
    write_mapping(path, np.array([3, 5]), np.array([1, 0]))
    np.testing.assert_array_equal(np.load(path), [[3, 5], [1, 0]])
    mapping = open_mapping(path, 2, 2)
    assert (mapping.keys.tolist(), mapping.rows.tolist(), len(mapping)) == ([3, 5], [1, 0], 2)
    assert [each.name for each in tmp_path.iterdir()] == ["keys-1.npy"]


def test_no_flipped_bit_of_the_header_goes_unnoticed(tmp_path: Path) -> None:
    path = tmp_path / "keys-1.npy"
    write_mapping(path, np.array([3, 5]), np.array([1, 0]))
    raw = path.read_bytes()
    for place in range(117):  # what follows is padding
        if place not in (8, 9):  # the header's length, which the size of the file makes up for
            path.write_bytes(raw[:place] + bytes([raw[place] ^ 1]) + raw[place + 1 :])
            with pytest.raises(IndexStateError, match=r"keys-1\.npy: does not hold the rows of 2 passages"):
                open_mapping(path, 2, 2)
