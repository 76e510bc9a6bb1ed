"""Private documents are found by their own audience and by nobody else, whatever asks."""

import json

import pytest

from corpora.errors import NotFoundError, UsageError
from corpora.records import is_audience
from indexer.build import build_index
from indexer.index import Index
from indexer.records import Filters
from retriever.search import Retriever
from tests.fakes import WordHashModel

PUBLIC = {
    "_id": "PMID:1",
    "title": "Cystic fibrosis",
    "text": "Cystic fibrosis is caused by the CFTR gene.",
    "year": 2015,
}
WARD = {"_id": "private:ward:1", "title": "Cystic fibrosis on our ward", "text": "Cystic fibrosis: call Smith.",
        "audience": "ward", "year": 2020}  # fmt: skip
OTHER = {"_id": "private:lab:1", "title": "Cystic fibrosis in our laboratory", "text": "Cystic fibrosis: freezer 3.",
         "audience": "lab", "year": 2020}  # fmt: skip


def write(path, documents):
    path.write_text("".join(json.dumps(document) + "\n" for document in documents))
    return path


def opened(directory, lexical="tantivy"):
    index = Index(directory, lambda profile: WordHashModel(profile.embedding_model), lexical=lexical)
    index.warm()
    return index


@pytest.fixture(scope="module")
def directory(tmp_path_factory):
    folder = tmp_path_factory.mktemp("audiences")
    build_index([write(folder / "all.jsonl", [PUBLIC, WARD, OTHER])], folder / "index", WordHashModel())
    return folder / "index"


def found(index, mode, **filters):
    ranked = Retriever(index).search("cystic fibrosis", k=100, mode=mode, filters=Filters(**filters))
    return {hit.stored.passage.document_id for hit in ranked.passages}


@pytest.mark.parametrize("lexical", ["tantivy", "rank-bm25"])
@pytest.mark.parametrize("mode", ["hybrid", "bm25", "dense"])
def test_search_gives_public_documents_and_those_of_the_audience(directory, mode, lexical):
    index = opened(directory, lexical)
    assert found(index, mode) == {"PMID:1", "private:ward:1", "private:lab:1"}
    assert found(index.restricted("ward"), mode) == {"PMID:1", "private:ward:1"}
    assert found(index.restricted("lab"), mode) == {"PMID:1", "private:lab:1"}
    assert found(index.restricted("nobody"), mode) == {"PMID:1"}
    assert found(index.restricted(""), mode) == {"PMID:1"}
    assert found(index.restricted("ward"), mode, years=(2020, 2020)) == {"private:ward:1"}
    index.close()


def test_the_store_knows_nothing_of_others_documents(directory):
    index = opened(directory)
    keys = [int(key) for key in index.select(Filters()).keys]
    for audience, own, others in (
        ("ward", "private:ward:1", "private:lab:1"),
        ("lab", "private:lab:1", "private:ward:1"),
    ):
        store = index.restricted(audience).store
        assert store.document(own).metadata.audience == audience
        with pytest.raises(NotFoundError):
            store.document(others)
        assert store.passages_of(others) == []
        assert store.titles_of([others, own]).keys() == {own}
        assert {stored.passage.document_id for stored in store.passages(keys).values()} == {"PMID:1", own}
        assert set(store.document_ids()) == {"PMID:1", own}
    assert index.store.document("private:lab:1").metadata.audience == "lab"
    index.close()


def test_what_filters_leave_out_is_counted_without_what_may_not_be_seen(directory):
    index = opened(directory)
    assert index.excluded(Filters(years=(2020, 2020))) == {"years": 1}
    assert index.excluded(Filters(years=(2015, 2015))) == {"years": 2}
    assert index.restricted("ward").excluded(Filters(years=(2015, 2015))) == {"years": 1}
    assert index.restricted("nobody").excluded(Filters(years=(2015, 2015), retracted=True)) == {
        "years": 0,
        "retracted": 1,
    }
    index.close()


def test_without_private_documents_nothing_is_restricted(tmp_path):
    build_index([write(tmp_path / "a.jsonl", [PUBLIC])], tmp_path / "index", WordHashModel())
    index = opened(tmp_path / "index")
    assert index.restricted("ward") is index
    index.close()


def test_a_deleted_line_removes_its_document(directory, tmp_path):
    first = write(tmp_path / "a.jsonl", [PUBLIC, WARD])
    build_index([first], tmp_path / "index", WordHashModel())
    second = write(tmp_path / "b.jsonl", [{"_id": "private:ward:1", "deleted": True}])
    report = build_index([second], tmp_path / "index", WordHashModel())
    assert report.totals["deleted"] == 1
    index = opened(tmp_path / "index")
    assert found(index.restricted("ward"), "hybrid") == {"PMID:1"}
    index.close()


def test_a_wrong_audience_is_skipped_and_never_public(tmp_path):
    lines = [PUBLIC, {**WARD, "audience": "Ward 7"}]
    report = build_index([write(tmp_path / "a.jsonl", lines)], tmp_path / "index", WordHashModel())
    (skipped,) = report.sources[0].skipped
    assert skipped.record == 2
    assert "audience 'Ward 7'" in skipped.reason
    assert report.manifest.documents == 1


@pytest.mark.parametrize("label", ["", "-ward", "Ward", "ward 7", "a" * 65, "ward'", "ward\n", "station-ä"])
def test_labels_that_are_no_audiences(directory, label):
    assert not is_audience(label)
    if label:
        index = opened(directory)
        with pytest.raises(UsageError):
            index.restricted(label)
        index.close()
