"""Measuring on a BEIR folder: only judged queries, only the set's own documents."""

import pytest

from corpora.errors import SourceError, UsageError
from indexer.embedding import EmbeddingProfile
from indexer.manifest import read_manifest
from retriever.evaluation import evaluate_beir
from tests.fakes import WordHashModel
from tests.indexes import DOCUMENTS, tiny_index, write_documents

PROFILE = EmbeddingProfile("word-hash", 1_000)


@pytest.fixture(autouse=True)
def small_model(monkeypatch):
    monkeypatch.setattr("retriever.evaluation.load_embedding_model", lambda profile: WordHashModel())


@pytest.fixture
def folder(tmp_path):
    """Two judged queries: the first finds its document first, of the second's nothing can be found; one not judged."""
    folder = tmp_path / "set"
    (folder / "qrels").mkdir(parents=True)
    write_documents(folder / "corpus.jsonl")
    (folder / "queries.jsonl").write_text(
        '{"_id": "q1", "text": "severe malaria artesunate"}\n{"_id": "q2", "text": "zebra"}\n'
        '{"_id": "dev", "text": "cystic fibrosis"}\n'
    )
    (folder / "qrels" / "test.tsv").write_text(
        "query-id\tcorpus-id\tscore\nq1\thttps://example.org/notes//malaria/\t1\nq2\tPMID:none\t1\n"
    )
    return folder


def test_figures_are_means_over_judged_queries_and_others_are_not_searched(folder):
    outcome = evaluate_beir(folder, folder / "index", PROFILE, mode="bm25")
    assert (outcome.report.ndcg_at_10, outcome.report.r_at_100, outcome.report.rr_at_10) == (0.5, 0.5, 0.5)
    assert (outcome.report.queries, outcome.report.documents) == (2, 6)
    assert list(outcome.run) == ["q1", "q2"]


def test_an_index_of_other_literature_is_neither_measured_nor_added_to(tmp_path, folder):
    own = tiny_index(tmp_path, DOCUMENTS[:2])
    before = read_manifest(own)
    with pytest.raises(UsageError, match=r"holds .*documents\.jsonl.*--index"):
        evaluate_beir(folder, own, PROFILE)
    assert read_manifest(own) == before


def test_a_corpus_that_was_damaged_since_is_not_measured_on_what_it_was(folder):
    evaluate_beir(folder, folder / "index", PROFILE, mode="bm25")
    (folder / "corpus.jsonl").write_bytes(b"\x1f\x8b damaged")
    with pytest.raises((SourceError, UsageError), match=r"corpus\.jsonl"):
        evaluate_beir(folder, folder / "index", PROFILE, mode="bm25")
