import gzip
import io

import pytest

from corpora.errors import SourceError
from corpora.streams import CountingStream, PeekStream, inflate


def test_peeking_takes_nothing_away():
    stream = PeekStream(io.BytesIO(b"abcdefgh"), "x")
    assert stream.peek(3) == b"abc"
    assert stream.peek(5) == b"abcde"
    assert stream.read(2) == b"ab"
    assert stream.peek(100) == b"cdefgh"
    assert b"".join(stream.chunks()) == b"cdefgh"
    assert stream.peek(1) == stream.read(1) == b""


def test_reading_all_stops_soon_after_the_limit():
    assert PeekStream(io.BytesIO(b"abc"), "x").read_all(3) == b"abc"
    assert len(PeekStream(io.BytesIO(bytes(10_000_000)), "x").read_all(300_000)) in range(300_001, 500_000)


def test_progress_counts_every_byte_once():
    told = []
    stream = CountingStream(io.BytesIO(b"x" * 10), told.append)
    while stream.read(4):
        pass
    assert told == [4, 4, 2]
    assert stream.count == 10


def test_gzip_is_told_by_its_content_and_members_follow_each_other():
    packed = gzip.compress(b"one ") + gzip.compress(b"two")
    assert inflate(PeekStream(io.BytesIO(packed), "x"), "x").read_all(100) == b"one two"
    assert inflate(PeekStream(io.BytesIO(b"plain"), "x"), "x").read_all(100) == b"plain"


@pytest.mark.parametrize(
    "damage", [lambda d: d[:-1], lambda d: d[:20], lambda d: d[:-5] + b"\x00" + d[-4:], lambda d: d + b"?"]
)
def test_damaged_gzip_is_refused(damage):
    packed = damage(gzip.compress(bytes(range(256)) * 10))
    with pytest.raises(SourceError, match=r"^x: cannot be read to its end .*Fetch the file again"):
        inflate(PeekStream(io.BytesIO(packed), "x"), "x").read_all(10_000)


def test_a_bomb_is_refused_after_what_is_free_but_honest_files_are_not(monkeypatch):
    monkeypatch.setattr("corpora.streams.FREE_BYTES", 1_000_000)
    bomb = gzip.compress(bytes(3_000_000))
    with pytest.raises(SourceError, match="x: unpacks to more than 200 times its size"):
        inflate(PeekStream(io.BytesIO(bomb), "x"), "x").read_all(10_000_000)
    small = gzip.compress(bytes(900_000))
    assert len(inflate(PeekStream(io.BytesIO(small), "x"), "x").read_all(10_000_000)) == 900_000
