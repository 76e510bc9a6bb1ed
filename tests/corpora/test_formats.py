import gzip
import io

import pytest

from corpora.errors import SourceError
from corpora.formats import PARSERS, recognise
from corpora.records import Document, Skipped
from corpora.streams import PeekStream

ARTICLE = """<article><front><article-meta><article-id pub-id-type="pmid">{}</article-id>
<title-group><article-title>Zorbium &alpha;</article-title></title-group></article-meta></front></article>"""


def kind(data):
    return recognise(PeekStream(io.BytesIO(data), "x"), "x").kind


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"<PubmedArticleSet/>", "PubmedArticleSet"),
        ("<PubmedArticleSet/>".encode("utf-16"), "PubmedArticleSet"),
        (b"\xef\xbb\xbf\n <!-- x --><PubmedArticle>", "PubmedArticle"),
        (b'<!DOCTYPE article SYSTEM "a.dtd"><article >', "article"),
        (b"<pmc-articleset>", "pmc-articleset"),
        (b' {"id": 1}\n', "jsonl"),
        (b'\xef\xbb\xbf{"id": 1}', "jsonl"),
        (b"", ""),
    ],
)
def test_formats_are_told_by_content(data, expected):
    assert kind(data) == expected


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b"", "an empty file"),
        (b"<!DOCTYPE html><html>", "XML with the root element <html>"),
        (b"PK\x03\x04\x00", "a zip archive"),
        (b"%PDF-1.4", "a PDF"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "a binary file"),
        (b'{\n "id": 1}', "one JSON document, where each line should be one"),
        (b'[{"id": 1}]', "one JSON document, where each line should be one"),
        (b"Dear reader", "text of no known format"),
    ],
)
def test_what_is_not_literature_is_described(data, what):
    found = recognise(PeekStream(io.BytesIO(data), "x"), "x")
    assert (found.kind, found.what) == ("", what)


def test_hostile_xml_is_refused_at_once():
    with pytest.raises(SourceError, match="declares the entity"):
        kind(b"<!DOCTYPE article [<!ENTITY a 'b'>]><article/>")


def test_an_article_set_is_read_article_by_article():
    data = f"<pmc-articleset>{ARTICLE.format(1)}<article><front></article>x{ARTICLE.format(2)}</pmc-articleset>"
    found = list(PARSERS["pmc-articleset"](PeekStream(io.BytesIO(data.encode()), "set.xml"), "set.xml"))
    assert [type(record) for record in found] == [Document, Skipped, Skipped, Document]
    assert found[0].title == "Zorbium α"
    assert [record.record for record in found[1:3]] == [2, 3]
    assert "not well-formed" in found[1].reason


def test_a_jats_file_that_is_too_long_is_reported(monkeypatch):
    monkeypatch.setattr("corpora.formats.MAX_RECORD_BYTES", 1000)
    monkeypatch.setattr("corpora.xml.MAX_RECORD_BYTES", 1000)
    long = ARTICLE.format("1" * 200_000).encode()
    stream = PeekStream(gzip.GzipFile(fileobj=io.BytesIO(gzip.compress(long))), "x")
    assert list(PARSERS["article"](stream, "x")) == [
        Skipped("x", 1, "is longer than the 1,000 bytes that one record may have")
    ]
