import gzip
import io
import os
import tarfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpora.bundles import parse_bundle, printable
from corpora.errors import SourceError
from corpora.records import Document, Skipped
from corpora.streams import PeekStream, inflate

ARTICLE = """<article><front><article-meta><article-id pub-id-type="pmid">{}</article-id>
<title-group><article-title>T.</article-title></title-group></article-meta></front></article>"""


def article(number):
    return ARTICLE.format(number).encode()


def member(name, **fields):
    info = tarfile.TarInfo(name)
    for field, value in fields.items():
        setattr(info, field, value)
    return info


def bundle(*members, format=tarfile.PAX_FORMAT):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=format) as archive:
        for name, content in members:
            if isinstance(content, tarfile.TarInfo):
                archive.addfile(content)
            else:
                archive.addfile(member(name, size=len(content)), io.BytesIO(content))
    return buffer.getvalue()


def read(data, name="b.tar"):
    return list(parse_bundle(inflate(PeekStream(io.BytesIO(data), name), name), name))


def ids(records):
    return [record.document_id for record in records if isinstance(record, Document)]


@pytest.mark.parametrize("format", [tarfile.PAX_FORMAT, tarfile.GNU_FORMAT, tarfile.USTAR_FORMAT])
def test_members_are_read_in_order_and_named(format):
    long = "d" * 90 + "/" + "n" * 90 + ".nxml"
    data = bundle(("z/2.nxml", article(2)), (long, article(1)), format=format)
    for packed in (data, gzip.compress(data)):
        found = read(packed)
        assert [(record.document_id, record.source) for record in found] == [
            ("PMID:2", "b.tar!z/2.nxml"),
            ("PMID:1", f"b.tar!{long}"),
        ]


def test_members_of_every_readable_kind_and_packed_ones():
    pubmed = (
        b"<PubmedArticleSet><PubmedArticle><MedlineCitation><PMID>3</PMID><Article><ArticleTitle>T</ArticleTitle>"
        b"</Article></MedlineCitation></PubmedArticle></PubmedArticleSet>"
    )
    found = read(bundle(("a", b'{"id": "j", "text": "T"}'), ("b", gzip.compress(article(4))), ("c", pubmed)))
    assert ids(found) == ["j", "PMID:4", "PMID:3"]


def test_what_is_no_article_is_reported_once_for_the_bundle():
    link = member("etc", type=tarfile.SYMTYPE, linkname="/etc/passwd")
    hard = member("hard", type=tarfile.LNKTYPE, linkname="a.nxml")
    device = member("null", type=tarfile.CHRTYPE)
    folder = member("folder", type=tarfile.DIRTYPE)
    found = read(
        bundle(
            ("folder", folder),
            ("fig1.JPG", b"\xff\xd8\x00"),
            ("fig2.jpg", b"\xff\xd8\x00"),
            ("a.nxml", article(1)),
            ("license.txt", b"Free."),
            ("none", b""),
            ("etc", link),
            ("hard", hard),
            ("null", device),
        )
    )
    assert ids(found) == ["PMID:1"]
    assert [str(record) for record in found if isinstance(record, Skipped)] == [
        "b.tar, record 8: 7 of 8 members are no articles: 2 .jpg, 1 .txt, 1 an empty file, 3 link or device"
    ]


def test_bad_members_are_reported_one_by_one_and_the_rest_is_kept():
    laughs = b'<!DOCTYPE article [<!ENTITY l "ha"><!ENTITY m "&l;&l;">]><article>&m;</article>'
    found = read(
        bundle(
            ("1.nxml", b"<article><front></article>"),
            ("2.nxml", laughs),
            ("3.xml", b"<html/>"),
            ("4.tar", bundle(("x", article(9)))),
            ("5.nxml", b"<!-- never closed"),
            ("6.nxml", article(6)),
        )
    )
    assert ids(found) == ["PMID:6"]
    skipped = [(record.source, record.record, record.reason) for record in found if isinstance(record, Skipped)]
    assert [source for source, _, _ in skipped] == [
        f"b.tar!{name}" for name in ("1.nxml", "2.nxml", "3.xml", "4.tar", "5.nxml")
    ]
    reasons = [reason for _, _, reason in skipped]
    assert "is not well-formed XML" in reasons[0]
    assert reasons[1].startswith("declares the entity 'l'")
    assert reasons[2:4] == [
        "is XML with the root element <html>, which is not read",
        "is a tar bundle, which is not read",
    ]


def test_an_article_that_is_too_long_is_reported(monkeypatch):
    monkeypatch.setattr("corpora.formats.MAX_RECORD_BYTES", 1000)
    monkeypatch.setattr("corpora.xml.MAX_RECORD_BYTES", 1000)
    found = read(bundle(("1.nxml", article("1" * 300_000)), ("2.nxml", article(2))))
    assert ids(found) == ["PMID:2"]
    assert found[0] == Skipped("b.tar!1.nxml", 1, "is longer than the 1,000 bytes that one record may have")


def test_truncation_anywhere_is_refused():
    data = bundle(("1.nxml", article(1)), ("pic.png", b"\x00" * 700), ("2.nxml", article(2)))
    end = data.rindex(b"</article>") // 512 * 512 + 512  # where the blocks of zeros begin
    for length in [*range(512, end, 256), end]:
        with pytest.raises(SourceError, match=r"b\.tar"):
            read(data[:length])
    assert ids(read(data[: end + 512])) == ["PMID:1", "PMID:2"]


def test_a_truncated_gzip_is_refused():
    packed = gzip.compress(bundle(*((f"{n}.nxml", article(n) + os.urandom(500).hex().encode()) for n in range(50))))
    for length in (len(packed) // 2, len(packed) - 1, len(packed) - 8):
        with pytest.raises(SourceError, match=r"b\.tar"):
            read(packed[:length])


def test_a_corrupt_header_does_not_end_the_bundle_silently():
    data = bytearray(bundle(("1.nxml", article(1)), ("2.nxml", article(2))))
    data[1024:1030] = b"\xff" * 6  # in the name of the second member
    assert data[1024:].startswith(b"\xff" * 6)
    with pytest.raises(SourceError, match=r"damaged tar bundle.*header of a member is corrupt"):
        read(bytes(data))


def test_two_bundles_in_one_are_refused():
    data = bundle(("1.nxml", article(1)))
    with pytest.raises(SourceError, match="something follows its end"):
        read(data + data)


def test_a_name_of_many_megabytes_is_refused_before_it_is_read():
    huge = member("x", type=tarfile.GNUTYPE_LONGNAME, size=1 << 32).tobuf(tarfile.GNU_FORMAT)
    data = bundle(("1.nxml", article(1)))[:1024] + huge + b"n" * 3_000_000
    with pytest.raises(SourceError, match="header is longer than"):
        read(data)


def test_names_are_printable():
    assert printable("dir/ä b.nxml") == "dir/ä b.nxml"
    assert printable("a\nb\x1b[31m\udcff") == "a\\nb\\x1b[31m\\udcff"


WHOLE = bundle(("1.nxml", article(1)), ("p.png", b"\x00\x01"), ("2.nxml", article(2)))


@settings(deadline=None)
@given(st.integers(0, len(WHOLE)), st.binary(min_size=1, max_size=30))
def test_mutated_bytes_raise_nothing_but_source_error(at, noise):
    try:
        records = read(WHOLE[:at] + noise + WHOLE[at + len(noise) :])
    except SourceError:
        return
    assert all(isinstance(record, (Document, Skipped)) for record in records)
