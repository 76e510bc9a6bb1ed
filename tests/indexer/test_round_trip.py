"""Real files through parser and splitter: every passage is its document's text at its span, and nothing is lost."""

from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path

import pytest

from corpora.records import Document, Record
from corpora.sources import iter_sources, read_source
from indexer.prepared import prepare_document
from indexer.splitting import Splitter
from indexer.store import Store
from indexer.store_writer import StoreWriter
from tests.data import DATA, needs_data


def records(*paths: Path) -> Iterator[Record]:
    for file in iter_sources(paths):
        yield from read_source(file)


def check(found: Iterable[Record]) -> int:
    """Check every document; how many there were."""
    splitter, count = Splitter(), 0
    for record in found:
        if isinstance(record, Document):
            check_document(record, splitter)
            count += 1
    return count


def check_document(document: Document, splitter: Splitter) -> None:
    passages = splitter.split(document)
    covered = bytearray(len(document.text))
    for passage in passages:
        assert document.text[passage.span.start : passage.span.end] == passage.text, passage.passage_id
        covered[passage.span.start : passage.span.end] = b"\1" * len(passage.span)
    inside = bytearray(len(document.text))
    for section in document.sections:
        inside[section.span.start : section.span.end] = b"\1" * len(section.span)
        assert section.span.of(document.text).strip()
    assert covered == inside, document.document_id
    outside = [place for place, used in enumerate(inside) if not used]
    assert all(document.text[place].isspace() for place in outside), document.document_id


@needs_data
def test_a_sample_of_every_kind_of_real_file() -> None:
    assert check(records(DATA / "pubmed" / "efetch")) == 4
    assert check(islice(records(DATA / "pubmed" / "pubmed21n1298.xml.gz"), 800)) >= 790
    assert check(islice(records(DATA / "pmc" / "oa_xml.PMC001xxxxxx.tar.gz"), 80)) >= 70


@needs_data
def test_the_store_gives_back_every_passage_byte_for_byte(tmp_path: Path) -> None:
    documents = {}
    with StoreWriter(tmp_path) as writer, writer.transaction():
        for record in islice(records(DATA / "pmc" / "oa_xml.PMC000xxxxxx.tar.gz"), 30):
            assert isinstance(record, Document)
            documents[record.document_id] = record
            writer.put(prepare_document(record, Splitter().split(record)))
    store = Store(tmp_path)
    for document_id, document in documents.items():
        assert store.document(document_id) == document
        stored = [found.passage for found in store.passages_of(document_id)]
        assert stored == Splitter().split(document)
    store.close()


@needs_data
@pytest.mark.slow
def test_all_of_both_pubmed_files() -> None:
    assert check(records(*sorted(DATA.glob("pubmed/*.xml.gz")))) == 30_000 + 20_787


@needs_data
@pytest.mark.slow
def test_all_pmc_articles() -> None:
    assert check(records(DATA / "pmc")) == 4_013
