import gzip
import hashlib
import io
import os
import tarfile

import pytest

from corpora.errors import SourceError
from corpora.records import Deletion, Document, Skipped
from corpora.sources import iter_sources, read_source
from tests.data import DATA, needs_data


def pubmed(*pmids):
    articles = (
        f"<PubmedArticle><MedlineCitation><PMID>{pmid}</PMID><Article><ArticleTitle>T{pmid}</ArticleTitle></Article>"
        "</MedlineCitation></PubmedArticle>"
        for pmid in pmids
    )
    return f"<PubmedArticleSet>{''.join(articles)}</PubmedArticleSet>".encode()


def read_all(*paths):
    return [record for file in iter_sources(paths) for record in read_source(file)]


def test_a_folder_is_read_in_natural_order_without_hidden_files(tmp_path):
    for name in ("n10.xml", "n9.xml", "n9b.xml", "N1.xml", ".hidden.xml"):
        (tmp_path / name).write_bytes(pubmed(1))
    deep = tmp_path / "n9.dir" / "n2"
    deep.mkdir(parents=True)
    (deep / "x.xml").write_bytes(pubmed(1))
    (tmp_path / ".cache").mkdir()
    (tmp_path / ".cache" / "y.xml").write_bytes(pubmed(1))
    names = [file.name for file in iter_sources([tmp_path])]
    assert names == [f"{tmp_path}/{name}" for name in ("N1.xml", "n9.dir/n2/x.xml", "n9.xml", "n9b.xml", "n10.xml")]


def test_files_are_described_and_progress_counts_packed_bytes(tmp_path):
    path = tmp_path / "anything.bin"
    packed = gzip.compress(pubmed(*range(1, 2000)))
    path.write_bytes(packed)
    (file,) = iter_sources([str(path)])
    assert (file.name, file.size) == (str(path), len(packed))
    assert file.sha256 == hashlib.sha256(packed).hexdigest()
    path.chmod(0o600)
    told = []
    assert len(list(read_source(file, told.append))) == 1999
    assert sum(told) == len(packed)
    path.unlink()
    assert file.sha256 == hashlib.sha256(packed).hexdigest()  # computed once


def test_a_bundle_and_files_beside_it(tmp_path):
    with tarfile.open(tmp_path / "b.tar.gz", "w:gz") as archive:
        info = tarfile.TarInfo("in/1.xml")
        info.size = len(pubmed(1))
        archive.addfile(info, io.BytesIO(pubmed(1)))
    (tmp_path / "c.jsonl").write_text('{"id": "x", "text": "T"}\n')
    found = read_all(tmp_path)
    assert [(record.document_id, record.source) for record in found] == [
        ("PMID:1", f"{tmp_path}/b.tar.gz!in/1.xml"),
        ("x", f"{tmp_path}/c.jsonl"),
    ]


def test_what_a_folder_holds_besides_literature_is_reported(tmp_path):
    (tmp_path / "a.xml").write_bytes(pubmed(1))
    (tmp_path / "a.xml.md5").write_text("MD5 (a.xml) = 0")
    (tmp_path / "b.html").write_text("<html></html>")
    (tmp_path / "c.json").write_text('{\n"id": 1\n}')
    (tmp_path / "d").symlink_to(tmp_path)
    (tmp_path / "e").symlink_to(tmp_path / "nowhere")
    (tmp_path / "f").write_bytes(b"")
    os.mkfifo(tmp_path / "g")
    found = read_all(tmp_path)
    assert [record.document_id for record in found if isinstance(record, Document)] == ["PMID:1"]
    skipped = [(r.source.removeprefix(f"{tmp_path}/"), r.reason) for r in found if isinstance(r, Skipped)]
    assert skipped == [
        ("a.xml.md5", "is text of no known format, which is not read"),
        ("b.html", "is XML with the root element <html>, which is not read"),
        ("c.json", "is one JSON document, where each line should be one, which is not read"),
        ("d", "is no regular file"),
        ("e", "cannot be found (No such file or directory)"),
        ("f", "is an empty file, which is not read"),
        ("g", "is no regular file"),
    ]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is an empty file. BioCite reads PubMed XML"),
        (gzip.compress(b""), "is an empty file"),
        (b"\x00\x01\x02", "is a binary file"),
        (b"PK\x03\x04", "is a zip archive"),
        (gzip.compress(gzip.compress(b"x")), "is gzip inside gzip"),
        (b"Dear reader", "is text of no known format"),
        (b"<html/>", "is XML with the root element <html>"),
        (b"<a", "is not well-formed XML"),
        (b"<!DOCTYPE a [<!ENTITY b 'c'>]><PubmedArticleSet/>", "declares the entity 'b'"),
        (gzip.compress(pubmed(1))[:-3], "cannot be read to its end"),
    ],
)
def test_a_named_file_that_cannot_be_read_is_an_error(tmp_path, content, message):
    path = tmp_path / "x"
    path.write_bytes(content)
    with pytest.raises(SourceError) as caught:
        list(iter_sources([path]))
    assert str(caught.value).startswith(f"{path}: {message}")


def test_missing_paths_and_useless_folders_are_errors(tmp_path):
    with pytest.raises(SourceError, match=r"gone\.xml: cannot be found \(No such file or directory\)\. Name a file"):
        list(iter_sources([tmp_path / "gone.xml"]))
    with pytest.raises(SourceError, match="holds nothing that can be read, among 0 files"):
        list(iter_sources([tmp_path]))
    (tmp_path / "notes.txt").write_text("x")
    with pytest.raises(SourceError, match="holds nothing that can be read, among 1 files"):
        list(iter_sources([tmp_path]))
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(SourceError, match="pipe: is no regular file"):
        list(iter_sources([tmp_path / "pipe"]))


def test_a_damaged_file_in_a_folder_is_an_error_when_it_is_read(tmp_path):
    (tmp_path / "1.xml").write_bytes(pubmed(1)[:-5])
    (tmp_path / "2.xml.gz").write_bytes(gzip.compress(pubmed(2))[:-3])
    first, second = iter_sources([tmp_path])
    with pytest.raises(SourceError, match=r"1\.xml: ends before the end of its root element; records read before: 1\."):
        list(read_source(first))
    with pytest.raises(SourceError, match=r"2\.xml\.gz: cannot be read to its end"):
        list(read_source(second))


def test_a_file_that_vanishes_is_an_error(tmp_path):
    path = tmp_path / "1.xml"
    path.write_bytes(pubmed(1))
    (file,) = iter_sources([path])
    path.unlink()
    with pytest.raises(SourceError, match="cannot be opened"):
        list(read_source(file))


@needs_data
def test_the_efetch_folder_and_a_bundle():
    found = read_all(DATA / "pubmed" / "efetch", DATA / "pmc" / "oa_xml.PMC000xxxxxx.tar.gz")
    assert len(found) == 4 + 62
    assert all(isinstance(record, Document) for record in found)
    assert found[4].source.endswith("oa_xml.PMC000xxxxxx.tar.gz!PMC000xxxxxx/PMC101395.nxml")
    assert not any(isinstance(record, Deletion) for record in found)
