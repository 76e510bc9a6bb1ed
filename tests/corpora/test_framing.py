import gzip
import io
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpora.errors import SourceError
from corpora.framing import Frame, frames

SET = """<?xml version="1.0"?>
<!DOCTYPE Set PUBLIC "-//X//Y" "http://127.0.0.1/never.dtd">
<!-- <Set><A>not a record</A></Set> -->
<Set lang="en">
  <A n="1"><b>é</b><!-- </A> --><![CDATA[</A><A>]]><?x </A>?></A>
  <!-- <A/> between --><A/><B
     n="3"><A-like>no record</A-like><Bigger/></B >
  <A n="4"></A>
</Set>
<!-- the end -->
"""
CUT = [
    ("A", '<A n="1"><b>é</b><!-- </A> --><![CDATA[</A><A>]]><?x </A>?></A>'),
    ("A", "<A/>"),
    ("B", '<B\n     n="3"><A-like>no record</A-like><Bigger/></B >'),
    ("A", '<A n="4"></A>'),
]


class Dribble:
    """Gives the bytes in pieces cut at the given places, and at most the number asked for."""

    def __init__(self, data, cuts):
        edges = [0, *sorted({cut % (len(data) + 1) for cut in cuts}), len(data)]
        self.pieces = [data[a:b] for a, b in pairwise(edges) if a < b]

    def read(self, size=-1, /):
        if not self.pieces:
            return b""
        piece = self.pieces.pop(0)
        if 0 <= size < len(piece):
            self.pieces.insert(0, piece[size:])
            piece = piece[:size]
        return piece


def cut(data, names=("A", "B")):
    return list(frames(io.BytesIO(data), "set.xml", "Set", names))


def kept(found):
    return [(frame.tag, frame.data.decode()) for frame in found if not frame.problem]


def in_set(body):
    return f"<Set>{body}</Set>".encode()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-be", "utf-32"])
def test_records_are_cut_whole_in_any_encoding(encoding):
    found = cut(SET.encode(encoding))
    assert kept(found) == CUT
    assert [frame.record for frame in found] == [1, 2, 3, 4]


def test_a_declared_encoding_is_transcoded():
    data = SET.replace('version="1.0"', 'version="1.0" encoding="iso-8859-1"').encode("iso-8859-1")
    assert kept(cut(data)) == CUT


@settings(deadline=None)
@given(st.lists(st.integers(min_value=0), max_size=40), st.sampled_from(["utf-8", "utf-16"]))
def test_chunk_boundaries_make_no_difference(cuts, encoding):
    assert kept(frames(Dribble(SET.encode(encoding), cuts), "set.xml", "Set", ("A", "B"))) == CUT


def test_every_single_boundary_and_byte_by_byte_make_no_difference(monkeypatch):
    monkeypatch.setattr("corpora.framing.MAX_PROLOGUE_BYTES", 160)  # else the first read takes it all
    data = SET.encode()
    for size in (1, 2, 3, 7, 64):
        assert kept(frames(Dribble(data, range(0, len(data), size)), "set.xml", "Set", ("A", "B"))) == CUT
    for place in range(len(data)):
        assert kept(frames(Dribble(data, [place]), "set.xml", "Set", ("A", "B"))) == CUT


GOOD = ["<A>1</A>", "<B/>", "<A><!--</A>--></A>"]
IGNORED = ["<!-- <A/> -->", "<?a <A/> ?>", " "]
STRAY = ["text", "<c/>", "</B>", "<Set>"]


@settings(deadline=None)
@given(st.lists(st.sampled_from(GOOD + IGNORED + STRAY)))
def test_good_records_are_kept_and_strays_reported_whatever_their_order(pieces):
    found = cut(in_set("".join(pieces)))
    assert [data for _, data in kept(found)] == [piece for piece in pieces if piece in GOOD]
    assert any(frame.problem for frame in found) == any(piece in STRAY for piece in pieces)
    assert [frame.record for frame in found] == list(range(1, len(found) + 1))


def test_a_record_without_its_end_costs_only_itself():
    found = cut(in_set("<A>1</A><A>2<b></b><A>3</A><B>4</A><B>5</B><A>6"))
    assert kept(found) == [("A", "<A>1</A>"), ("A", "<A>3</A>"), ("B", "<B>5</B>")]
    assert [(frame.record, frame.tag, frame.problem) for frame in found if frame.problem] == [
        (2, "A", "its end tag </A> is missing before <A>"),
        (4, "B", "its end tag </B> is missing before </A>"),
        (5, "", "the tag </A> stands where it cannot be"),
        (7, "A", "its end tag </A> is missing before </Set>"),
    ]


def test_what_stands_between_records_is_reported():
    found = cut(in_set("<A>1</A>oops <c><d/></c><A>2</A> <Set> <A>3</A>"))
    assert kept(found) == [("A", "<A>1</A>"), ("A", "<A>2</A>"), ("A", "<A>3</A>")]
    assert [frame.problem for frame in found if frame.problem] == [
        "'oops <c><d/></c>' stands between the records, where only records should be",
        "the tag <Set> stands where it cannot be",
    ]


def test_no_records_at_all_are_fine():
    for data in (b"<Set/>", b"<Set></Set>", b"<Set\n>\n<!-- none -->\n</Set >\n"):
        assert cut(data) == []


def test_namespaces_that_the_root_declares_are_passed_on():
    data = b"""<Set xmlns:x="urn:x" xmlns='urn:d'><A x:y="1"/><A xmlns:x="urn:own"></A></Set>"""
    assert kept(cut(data)) == [
        ("A", """<A xmlns:x="urn:x" xmlns='urn:d' x:y="1"/>"""),
        ("A", """<A xmlns='urn:d' xmlns:x="urn:own"></A>"""),
    ]


@pytest.mark.parametrize(
    ("data", "where", "count"),
    [
        (b"<Set><A>1</A><A>2</A>", "before the end of its root element", 2),
        (b"<Set><A>1</A><A>2", "inside record 2, a <A>", 1),
        (b"<Set><A>1</A><A>2<!-- </A></Set>", "inside record 2, a <A>", 1),
        (b"<Set><A>1</A><A", "before the end of its root element", 1),
        (b"<Set><A>1</A><A ", "inside a tag", 1),
        (b"<Set><A>1</A ", "inside a tag", 0),
        (b"<Set><A>1</A></Set", "before the end of its root element", 1),
        (b"<Set><A>1</A></Set ", "inside a tag", 1),
    ],
)
def test_a_truncated_file_is_refused_saying_how_much_was_read(data, where, count):
    with pytest.raises(SourceError, match=f"^set.xml: ends {where}; records read before: {count}\\. Fetch the file"):
        cut(data)


def test_a_file_truncated_at_any_byte_is_refused_and_gives_no_record_that_is_not_in_it():
    whole = SET.encode()
    end = whole.rindex(b"</Set>") + len(b"</Set>")
    for length in range(end):
        found = []
        with pytest.raises(SourceError, match=r"set\.xml"):
            found.extend(frames(io.BytesIO(whole[:length]), "set.xml", "Set", ("A", "B")))
        assert kept(found) == CUT[: len(found)]


def test_a_truncated_or_corrupt_gzip_is_refused_saying_how_much_was_read():
    body = "".join(f"<A>{number * 7919 % 1000003}</A>" for number in range(100_000))
    packed = gzip.compress(in_set(body))
    corrupt = packed[:-6] + b"\xff" + packed[-5:]
    for data in (packed[: len(packed) // 2], packed[:-4], corrupt):
        with pytest.raises(
            SourceError, match=r"big\.gz: cannot be read to its end \(.*; records read before: [\d,]+\."
        ):
            list(frames(gzip.GzipFile(fileobj=io.BytesIO(data)), "big.gz", "Set", ("A",)))


def test_a_second_document_in_the_file_is_refused():
    with pytest.raises(SourceError, match=r"'<Set><A/></Set>' follows the end of its root.*records read before: 1"):
        cut(in_set("<A/>") + b"\n<!-- x -->\n" + in_set("<A/>"))


def test_another_root_is_named():
    with pytest.raises(SourceError, match=r"set\.xml: its root element is <Other>, where <Set> was expected"):
        cut(b"<Other><Set></Set></Other>")


def test_a_record_that_is_too_long_is_lost_without_being_held_in_memory(monkeypatch):
    monkeypatch.setattr("corpora.framing.MAX_RECORD_BYTES", 1000)
    monkeypatch.setattr("corpora.streams.CHUNK_BYTES", 64)
    monkeypatch.setattr("corpora.framing.MAX_PROLOGUE_BYTES", 16)

    class Watched(io.BytesIO):
        def read(self, size=-1, /):
            return super().read(min(size, 64))

    long = "<A>" + "x" * 100_000 + "<b/>" * 1000 + "</A>"
    found = list(frames(Watched(in_set(f"<A>1</A>{long}<A>{'y' * 993}</A><A>3</A>")), "s", "Set", ("A",)))
    assert [frame.problem for frame in found] == [
        "",
        "is longer than the 1,000 bytes that one record may have",
        "",
        "",
    ]
    junk = list(frames(Watched(in_set("<A>1</A>" + "junk" * 10_000 + "<A>2</A>")), "s", "Set", ("A",)))
    assert [bool(frame.problem) for frame in junk] == [False, True, False]


@settings(deadline=None)
@given(st.binary(max_size=60), st.integers(0, len(SET.encode())), st.integers(0, 30))
def test_mutated_bytes_raise_nothing_but_source_error(noise, at, removed):
    data = SET.encode()
    try:
        found = cut(data[:at] + noise + data[at + removed :])
    except SourceError:
        return
    assert all(isinstance(frame, Frame) and bool(frame.data) != bool(frame.problem) for frame in found)


def test_many_unclosed_comments_take_no_time():
    hostile = b"<!--" * 500_000
    for data in (in_set("<A/>") + hostile, b"<Set>" + hostile, b"<Set>x" + hostile + b"</Set>"):
        with pytest.raises(SourceError):
            cut(data)
