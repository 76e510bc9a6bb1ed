"""The vector store: what was recorded is there and what was not is gone, wherever a run was stopped."""

import errno
import os
import sqlite3
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpora.errors import IndexStateError, ModelError
from indexer.embedding import Vectors
from indexer.vectors import VectorStore
from tests.indexer.vector_samples import DIMENSIONS, digests, stored_halves, unit

ROW_BYTES = 2 * DIMENSIONS


def filled(folder: Path, rows: int = 10, blocks: int = 2) -> VectorStore:
    """A store of `rows` vectors in blocks of equal size."""
    store = VectorStore(folder, DIMENSIONS)
    step = rows // blocks
    for start in range(0, rows, step):
        store.append(digests(start, start + step), unit(rows)[start : start + step])
    return store


def contents(store: VectorStore) -> Vectors:
    return store.read(0, store.rows)


def test_rows_come_back_as_the_halves_they_are_stored_as(tmp_path: Path) -> None:
    with filled(tmp_path) as store:
        assert store.rows == 10
        np.testing.assert_array_equal(contents(store), stored_halves(unit(10)))
        np.testing.assert_array_equal(store.read(3, 5), stored_halves(unit(10))[3:5])
    assert (tmp_path / "vectors.f16").read_bytes() == unit(10).astype("<f2").tobytes()


def test_a_text_has_its_row_and_a_row_its_text(tmp_path: Path) -> None:
    with filled(tmp_path) as store:
        hashes = [digests(7, 8)[0], b"?" * 32, digests(0, 1)[0]]
        assert store.rows_of(hashes).tolist() == [7, -1, 0]
        assert store.hashes_at(np.array([9, 2])) == [digests(9, 10)[0], digests(2, 3)[0]]
        assert store.rows_of([]).tolist() == []
        with pytest.raises(IndexStateError, match="no text is recorded for row 10"):
            store.hashes_at(np.array([1, 10]))


def test_missing_gives_each_text_once_in_order(tmp_path: Path) -> None:
    with filled(tmp_path) as store:
        asked = [b"z" * 32, digests(1, 2)[0], b"a" * 32, b"z" * 32]
        assert store.missing(asked) == [b"z" * 32, b"a" * 32]


def test_more_hashes_than_sqlite_binds_at_once(tmp_path: Path) -> None:
    with filled(tmp_path, 3_000, 1) as store:
        assert store.rows_of(digests(0, 3_000)).tolist() == list(range(3_000))


def test_what_is_no_vector_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    with VectorStore(tmp_path, DIMENSIONS) as store:
        with pytest.raises(ModelError, match="length nan"):
            store.append(digests(0, 1), np.full((1, DIMENSIONS), np.nan, dtype=np.float32))
        with pytest.raises(ModelError, match="length 2"):
            store.append(digests(0, 1), 2 * unit(1))
        with pytest.raises(ValueError, match="2 hashes"):
            store.append(digests(0, 2), unit(1))
        store.append([], unit(0))
        assert store.rows == 0


def test_a_text_is_never_given_two_rows(tmp_path: Path) -> None:
    with filled(tmp_path) as store:
        with pytest.raises(ValueError, match="already"):
            store.append(digests(9, 11), unit(2))
        assert (store.rows, store.rows_of(digests(10, 11)).tolist()) == (10, [-1])
        store.append(digests(10, 11), unit(1))
        assert list(store.problems()) == []


def test_another_number_of_dimensions_is_refused_and_changes_nothing(tmp_path: Path) -> None:
    filled(tmp_path).close()
    before = (tmp_path / "vectors.f16").read_bytes()
    with pytest.raises(IndexStateError, match="vectors of 8 dimensions, expected 12"):
        VectorStore(tmp_path, 12)
    assert (tmp_path / "vectors.f16").read_bytes() == before


# Interruptions


@pytest.mark.parametrize("left", [1, ROW_BYTES - 1, ROW_BYTES, 3 * ROW_BYTES + 5])
def test_what_was_written_but_not_recorded_is_cut_off(tmp_path: Path, left: int) -> None:
    filled(tmp_path).close()
    with (tmp_path / "vectors.f16").open("ab") as stream:
        stream.write(b"x" * left)
    with VectorStore(tmp_path, DIMENSIONS) as store:
        assert (tmp_path / "vectors.f16").stat().st_size == 10 * ROW_BYTES
        store.append(digests(10, 12), unit(2, seed=5))
        np.testing.assert_array_equal(store.read(10, 12), stored_halves(unit(2, seed=5)))
        assert list(store.problems()) == []


class Killed(BaseException):
    """The process ends here."""


@pytest.mark.parametrize("step", ["ftruncate", "pwrite", "fsync"])
def test_an_append_that_is_killed_left_nothing_or_everything(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    store = filled(tmp_path)
    real = getattr(os, step)

    def dying(*arguments: object) -> None:
        real(*arguments)
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(os, step, dying)
        with pytest.raises(Killed):
            store.append(digests(10, 14), unit(4))
    store.close()
    with VectorStore(tmp_path, DIMENSIONS) as again:
        assert again.rows == 10
        assert again.missing(digests(0, 14)) == digests(10, 14)
        again.append(digests(10, 14), unit(4))
        assert list(again.problems()) == []


def test_a_full_disk_is_named_and_the_content_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with filled(tmp_path) as store:

        def partly(descriptor: int, data: memoryview, place: int) -> int:
            if len(data) < 4 * ROW_BYTES:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            return real(descriptor, data[:ROW_BYTES], place)

        real = os.pwrite
        with monkeypatch.context() as patch:
            patch.setattr(os, "pwrite", partly)
            with pytest.raises(
                IndexStateError, match=r"vectors\.f16: cannot be written.*No space.*Make room"
            ) as raised:
                store.append(digests(10, 14), unit(4))
        assert "vectors.f16" in str(raised.value)
        assert (tmp_path / "vectors.f16").stat().st_size == 10 * ROW_BYTES
        assert list(store.problems()) == []
        store.append(digests(10, 14), unit(4))
        assert store.rows == 14


def test_a_file_that_lost_its_end_forgets_the_blocks_that_are_not_whole(tmp_path: Path) -> None:
    filled(tmp_path, rows=12, blocks=3).close()
    os.truncate(tmp_path / "vectors.f16", 7 * ROW_BYTES + 3)
    with VectorStore(tmp_path, DIMENSIONS) as store:
        assert store.missing(digests(0, 12)) == digests(4, 12)
        assert store.rows == 12  # the numbers of lost rows are not given to others
        store.append(digests(4, 12), unit(12)[4:])
        assert store.rows_of(digests(3, 6)).tolist() == [3, 12, 13]
        np.testing.assert_array_equal(store.read(4, 12), np.zeros((8, DIMENSIONS)))
        assert list(store.problems()) == []


def test_a_file_that_is_gone_forgets_everything(tmp_path: Path) -> None:
    filled(tmp_path).close()
    (tmp_path / "vectors.f16").unlink()
    with VectorStore(tmp_path, DIMENSIONS) as store:
        assert store.missing(digests(0, 10)) == digests(0, 10)
        assert list(store.problems()) == []


@pytest.mark.parametrize("step", ["ftruncate", "fsync"])
def test_a_repair_that_is_killed_is_done_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    filled(tmp_path).close()
    os.truncate(tmp_path / "vectors.f16", 7 * ROW_BYTES)
    with monkeypatch.context() as patch:
        patch.setattr(os, step, lambda *_: (_ for _ in ()).throw(Killed()))
        with pytest.raises(Killed):
            VectorStore(tmp_path, DIMENSIONS)
    with VectorStore(tmp_path, DIMENSIONS) as store:
        assert store.missing(digests(0, 10)) == digests(5, 10)
        assert list(store.problems()) == []


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(IndexStateError, match="cannot be written"):
        VectorStore(tmp_path / "file" / "1", DIMENSIONS)


# Damage


def test_a_flipped_bit_is_found_by_its_checksum(tmp_path: Path) -> None:
    with filled(tmp_path) as store:
        flip(tmp_path / "vectors.f16", 6 * ROW_BYTES)
        assert [problem for problem in store.problems() if "rows 5 to 9 do not have the checksum" in problem]
        assert not [problem for problem in store.problems() if "rows 0 to 4" in problem]


def test_a_flipped_exponent_is_also_no_vector_any_more(tmp_path: Path) -> None:
    with filled(tmp_path) as store:
        flip(tmp_path / "vectors.f16", 6 * ROW_BYTES + 1, 0x40)
        assert [problem for problem in store.problems() if "row 6 " in problem]


def flip(path: Path, place: int, bits: int = 1) -> None:
    raw = bytearray(path.read_bytes())
    raw[place] ^= bits
    path.write_bytes(raw)


def test_a_file_that_is_shorter_than_the_records_is_a_problem(tmp_path: Path) -> None:
    with filled(tmp_path) as store:
        os.truncate(tmp_path / "vectors.f16", 9 * ROW_BYTES)
        problems = list(store.problems())
    assert any("holds 9 whole vectors, 10 are recorded" in problem for problem in problems)


def test_rows_that_no_block_holds_are_a_problem(tmp_path: Path) -> None:
    with filled(tmp_path) as store:
        other = sqlite3.connect(tmp_path / "vectors.db")
        other.execute("INSERT INTO vectors VALUES (?, 55)", [b"q" * 32])
        other.commit()
        other.close()
        assert any("1 texts have rows that no block holds" in problem for problem in store.problems())


def test_a_database_that_is_none_is_named(tmp_path: Path) -> None:
    filled(tmp_path).close()
    (tmp_path / "vectors.db").write_bytes(b"nonsense" * 1_000)
    with pytest.raises(IndexStateError, match=r"vectors\.db: is damaged"):
        VectorStore(tmp_path, DIMENSIONS)


# Compaction


def test_a_copy_has_only_the_rows_asked_for_in_their_order(tmp_path: Path) -> None:
    with filled(tmp_path / "1") as store, store.copy_live(np.array([8, 2, 3, 0]), tmp_path / "2") as copy:
        assert copy.rows == 4
        assert copy.rows_of([digests(n, n + 1)[0] for n in (8, 2, 3, 0, 1)]).tolist() == [0, 1, 2, 3, -1]
        np.testing.assert_array_equal(contents(copy), stored_halves(unit(10))[[8, 2, 3, 0]])
        assert list(copy.problems()) == []


def test_a_copy_into_a_folder_with_vectors_is_refused(tmp_path: Path) -> None:
    filled(tmp_path / "2").close()
    with filled(tmp_path / "1") as store, pytest.raises(IndexStateError, match="is not empty"):
        store.copy_live(np.array([0]), tmp_path / "2")


@settings(max_examples=20, deadline=None)
@given(st.lists(st.integers(0, 6), max_size=8), st.data())
def test_any_run_of_appends_and_reopenings_keeps_every_vector(
    tmp_path_factory: pytest.TempPathFactory, sizes: list[int], data: st.DataObject
) -> None:
    folder = tmp_path_factory.mktemp("vectors")
    expected = stored_halves(unit(sum(sizes)))
    rows = 0
    for size in sizes:
        with VectorStore(folder, DIMENSIONS) as store:
            store.append(digests(rows, rows + size), unit(sum(sizes))[rows : rows + size])
        rows += size
        with (folder / "vectors.f16").open("ab") as stream:
            stream.write(b"\1" * data.draw(st.integers(0, 40)))
    with VectorStore(folder, DIMENSIONS) as store:
        np.testing.assert_array_equal(contents(store), expected)
        assert list(store.problems()) == []
