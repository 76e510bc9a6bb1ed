import io
import json

from hypothesis import given, settings
from hypothesis import strategies as st

from corpora.errors import SourceError
from corpora.jsonl import parse_jsonl
from corpora.records import Document, MeshHeading, Skipped


def read(data):
    return list(parse_jsonl(io.BytesIO(data if isinstance(data, bytes) else data.encode()), "corpus.jsonl"))


def only(**fields):
    (record,) = read(json.dumps(fields))
    return record


def test_beir_lines_and_plain_lines():
    beir, plain = read(
        '{"_id": "MED-1", "title": "A title", "text": "A text.", "metadata": {"url": "ignored"}}\n'
        '{"id": 17, "text": "Only text."}\n'
    )
    assert (beir.document_id, beir.title, beir.text) == ("MED-1", "A title", "A title\n\nA text.")
    assert [(s.name, s.kind) for s in beir.sections] == [("Title", "title"), ("Text", "other")]
    assert (plain.document_id, plain.title, plain.text) == ("17", "", "Only text.")
    assert plain.source == "corpus.jsonl"


def test_all_fields():
    said = only(
        id=" x#1 ",
        text="T",
        year="2003 Jan",
        journal="J  A",
        authors=["Alda A", "", "Bo B"],
        publication_types="Review",
        mesh=["Humans"],
        keywords=["k"],
        doi="10.1000/x",
        pmid=12,
        pmcid="PMC3",
        language="eng",
        license="CC BY",
        retracted=True,
        url="https://example.org/",
    )
    assert said.document_id == " x#1 "
    found = said.metadata
    assert (found.year, found.journal, found.authors) == (2003, "J A", ("Alda A", "Bo B"))
    assert (found.publication_types, found.mesh, found.keywords) == (("Review",), (MeshHeading("Humans"),), ("k",))
    assert (found.doi, found.pmid, found.pmcid, found.url) == ("10.1000/x", "12", "PMC3", "https://example.org/")
    assert (found.languages, found.licence, found.retracted) == (("eng",), "CC BY", True)


def test_paragraphs_stay_and_other_white_space_is_collapsed():
    document = only(id="1", title=" A\n b ", text="one  two\r\n\r\n three\tfour\n\nfive\u2029six\x00seven")
    assert document.text == "A b\n\none two\nthree four\nfive\nsix seven"
    assert document.sections[1].span.of(document.text).startswith("one two")


def test_years():
    assert [only(id="1", text="T", year=year).metadata.year for year in (1999, "1999-05", 0, None, "n.d.", 99999)] == [
        1999,
        1999,
        0,
        0,
        0,
        0,
    ]


def test_bad_lines_are_reported_by_number_and_the_rest_is_kept():
    found = read(
        b'\xef\xbb\xbf{"_id": "1", "text": "T"}\r\n'
        b"not json\n"
        b"\n"
        b'{"text": "no id"}\n'
        b'{"id": "  ", "text": "blank id"}\n'
        b'{"id": "6"}\n'
        b'{"id": "7", "title": " ", "text": null}\n'
        b'{"id": 1.5, "text": "T"}\n'
        b'{"id": "9", "text": ["T"]}\n'
        b'{"id": "10", "text": "lone \\ud800 surrogate"}\n'
        b'{"id": "11", "text": "\xff"}\n'
        b'["12", "T"]\n'
        b'{"id": "13", "extra": ' + b"[" * 100_000 + b"]" * 100_000 + b"}\n"
        b'{"id": "14", "text": "paired \\ud83d\\ude00 surrogates"}'
    )
    kept = [record for record in found if isinstance(record, Document)]
    assert [(document.document_id, document.text) for document in kept] == [("1", "T"), ("14", "paired 😀 surrogates")]
    skipped = {record.record: record.reason for record in found if isinstance(record, Skipped)}
    assert list(skipped) == [2, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13]
    assert skipped[4] == skipped[5] == "has no identifier: a field _id or id was expected"
    assert skipped[6] == "6 has neither a title nor a text"
    assert "Expected `str | null`, got `array` - at `$.text`" in skipped[9]


def test_a_line_that_is_too_long_is_reported_and_not_kept_in_memory(monkeypatch):
    monkeypatch.setattr("corpora.jsonl.MAX_RECORD_BYTES", 1000)
    long = json.dumps({"id": "2", "text": "x" * 500_000})
    fits = json.dumps({"id": "3", "text": "y" * 970})
    assert len(fits) == 993
    found = read(f'{{"id": "1", "text": "T"}}\n{long}\n{fits}\n')
    assert [record.document_id for record in found if isinstance(record, Document)] == ["1", "3"]
    assert [str(record) for record in found if isinstance(record, Skipped)] == [
        "corpus.jsonl, record 2: is longer than the 1,000 bytes that one line may have"
    ]


def test_nothing_in_nothing_out():
    assert read(b"") == read(b"\n\n \n") == []


class Pieces:
    def __init__(self, data, size):
        self.stream, self.size = io.BytesIO(data), size

    def read(self, size=-1, /):
        return self.stream.read(self.size)


@settings(deadline=None)
@given(st.integers(1, 50))
def test_chunk_boundaries_make_no_difference(size):
    data = '{"id": "é", "text": "one"}\n\n{"id": 2, "text": "two"}\nx\n'.encode()
    assert list(parse_jsonl(Pieces(data, size), "corpus.jsonl")) == read(data)


TEXTS = st.text(st.characters(codec=None), max_size=20)  # lone surrogates included


@settings(deadline=None)
@given(TEXTS, TEXTS, TEXTS, st.booleans())
def test_what_is_kept_can_be_stored(identifier, title, text, escaped):
    line = json.dumps({"id": identifier, "title": title, "text": text}, ensure_ascii=escaped)
    for record in read(line.encode("utf-8", "surrogatepass")):
        if isinstance(record, Document):
            assert record.document_id == identifier
            f"{record.document_id}{record.title}{record.text}".encode()
            assert all(section.span.of(record.text).strip() for section in record.sections)


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_raise_nothing_but_source_error(data):
    try:
        read(b'{"id": "1", "text": "T"}\n' + data)
    except SourceError:
        return
