import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpora.encoding import to_utf8, transcode, xml_encoding
from corpora.errors import SourceError

TEXT = '<?xml version="1.0"?><a>né → 😀</a>'


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (TEXT.encode(), ("utf-8", 0)),
        (TEXT.encode("utf-8-sig"), ("utf-8", 3)),
        (b"\xff\xfe" + TEXT.encode("utf-16-le"), ("utf-16-le", 2)),
        (b"\xfe\xff" + TEXT.encode("utf-16-be"), ("utf-16-be", 2)),
        (TEXT.encode("utf-16-le"), ("utf-16-le", 0)),
        (TEXT.encode("utf-16-be"), ("utf-16-be", 0)),
        (b"\xff\xfe\x00\x00" + TEXT.encode("utf-32-le"), ("utf-32-le", 4)),
        (TEXT.encode("utf-32-be"), ("utf-32-be", 0)),
        (b"<?xml version='1.0' encoding = 'LATIN1' ?><a/>", ("iso8859-1", 0)),
        (b"<a encoding='latin1'/>", ("utf-8", 0)),
        (b"", ("utf-8", 0)),
    ],
)
def test_the_encoding_is_found(data, expected):
    assert xml_encoding(data, "x.xml") == expected
    if data.isascii():
        return
    assert to_utf8(data, "x.xml").decode() == TEXT


@settings(deadline=None)
@given(st.lists(st.integers(0, 200)), st.sampled_from(["utf-16-le", "utf-32-be", "gb18030"]))
def test_transcoding_does_not_depend_on_boundaries(cuts, encoding):
    data = TEXT.encode(encoding)
    edges = [0, *sorted(min(cut, len(data)) for cut in cuts), len(data)]
    chunks = [data[edges[i] : edges[i + 1]] for i in range(len(edges) - 1)]
    assert b"".join(transcode(chunks, encoding, "x")).decode() == TEXT


def test_bytes_that_are_not_what_they_say_are_refused():
    with pytest.raises(SourceError, match=r"x\.xml: is not valid utf-16-le, which it says it is"):
        to_utf8(b"\xff\xfe<", "x.xml")
    assert to_utf8(b"\xff\xfe<", "x.xml", complete=False) == b""
