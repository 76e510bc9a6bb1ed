"""Search: the two engines, their fusion, filters before ranking, documents, and what is refused."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpora.errors import IndexStateError, UsageError
from indexer.build import build_index
from indexer.index import Index
from indexer.records import Filters
from retriever.records import EngineScore
from retriever.search import MAX_K, MAX_QUERY_CHARACTERS, Feedback, RetrievalSettings, Retriever
from tests.fakes import WordHashModel
from tests.indexes import DOCUMENTS, tiny_index, write_documents
from tests.searching import MODES, opened

QUERY = "cystic fibrosis drug"


@pytest.fixture(scope="module")
def directory(tmp_path_factory):
    return tiny_index(tmp_path_factory.mktemp("search"))


@pytest.fixture(scope="module")
def retriever(directory):
    with opened(directory) as retriever:
        yield retriever


def ids(ranked):
    return [hit.stored.passage.passage_id for hit in ranked.passages]


def test_a_single_mode_is_its_engine(retriever):
    vector = retriever.index.model.encode_queries([QUERY])
    engines = {
        "bm25": retriever.index.lexical.search(QUERY, 100),
        "dense": retriever.index.dense.search(vector, 100),
    }
    for mode, hits in engines.items():
        ranked = retriever.search(QUERY, k=100, mode=mode)
        assert sorted((hit.stored.key, hit.score) for hit in ranked.passages) == sorted(
            (hit.key, hit.score) for hit in hits
        )
        for hit in ranked.passages:
            other = hit.dense if mode == "bm25" else hit.bm25
            own = hit.bm25 if mode == "bm25" else hit.dense
            assert (other, own.score) == (None, hit.score)


@pytest.fixture(scope="module")
def plain(directory):
    """Without feedback, so that both engines answer to the query alone."""
    with opened(directory, RetrievalSettings(feedback=None)) as retriever:
        yield retriever


def test_every_hit_says_where_each_engine_had_it(plain):
    alone = {mode: plain.search(QUERY, k=100, mode=mode) for mode in ("bm25", "dense")}
    ranks = {mode: {hit.stored.key: getattr(hit, mode) for hit in ranked.passages} for mode, ranked in alone.items()}
    hybrid = plain.search(QUERY, k=100)
    assert len(hybrid.passages) == 6
    for hit in hybrid.passages:
        assert hit.bm25 == ranks["bm25"].get(hit.stored.key)
        assert hit.dense == ranks["dense"][hit.stored.key]
    assert any(hit.bm25 is None for hit in hybrid.passages)
    assert sorted(hit.dense.rank for hit in hybrid.passages) == list(range(1, 7))


def test_hybrid_is_the_weighted_sum_of_min_max_scores(retriever):
    hybrid = retriever.search(QUERY, k=100)

    def scaled(mode):
        had = {hit.stored.key: getattr(hit, mode).score for hit in hybrid.passages if getattr(hit, mode)}
        low, high = min(had.values()), max(had.values())
        return {key: (score - low) / (high - low) for key, score in had.items()}

    bm25, dense = scaled("bm25"), scaled("dense")
    for hit in hybrid.passages:
        weights = retriever.settings.weights
        expected = weights["bm25"] * bm25.get(hit.stored.key, 0) + weights["dense"] * dense[hit.stored.key]
        assert hit.score == pytest.approx(expected)


def test_feedback_moves_the_query_towards_the_best_hits(directory, plain):
    """By hand: the query's vector plus the mean of the two best hits' vectors, each weighted by its fused score."""
    index = plain.index
    before = plain.search(QUERY, k=2)
    vectors = index.dense.vectors([hit.stored.key for hit in before.passages])
    centre = np.average(vectors, axis=0, weights=[hit.score for hit in before.passages])
    moved = index.model.encode_queries([QUERY]) + 0.5 * centre / np.linalg.norm(centre)
    expected = index.dense.search((moved / np.linalg.norm(moved)).astype(np.float32), 100)
    with opened(directory, RetrievalSettings(feedback=Feedback(passages=2, weight=0.5))) as retriever:
        ranked = retriever.search(QUERY, k=100)
        assert (
            retriever.search(QUERY, k=100, mode="dense").passages == plain.search(QUERY, k=100, mode="dense").passages
        )
    found = {hit.stored.key: hit.dense for hit in ranked.passages}
    assert {key: place.rank for key, place in found.items()} == {hit.key: n for n, hit in enumerate(expected, 1)}
    assert {key: place.score for key, place in found.items()} == pytest.approx({hit.key: hit.score for hit in expected})


def test_reciprocal_rank_fusion_of_the_same_rankings(directory):
    with opened(directory, RetrievalSettings(fusion="rrf")) as retriever:
        for hit in retriever.search(QUERY, k=100).passages:
            places = [engine.rank for engine in (hit.bm25, hit.dense) if engine]
            assert hit.score == pytest.approx(sum(1 / (60 + rank) for rank in places))


@pytest.mark.parametrize("mode", MODES)
def test_results_are_sorted_by_score_and_then_by_id(retriever, mode):
    ranked = retriever.search(QUERY, k=100, mode=mode)
    order = [(-hit.score, hit.stored.passage.passage_id) for hit in ranked.passages]
    assert order == sorted(order)
    assert [hit.rank for hit in ranked.passages] == list(range(1, len(order) + 1))
    assert len(set(ids(ranked))) == len(order)


@pytest.mark.parametrize("mode", MODES)
def test_the_same_query_gives_the_same_answer(directory, mode):
    seen = []
    for _ in range(3):
        with opened(directory) as retriever:
            ranked = retriever.search(QUERY, k=100, mode=mode)
            seen.append([(hit.stored, hit.score, hit.bm25, hit.dense) for hit in ranked.passages])
    assert seen[0] == seen[1] == seen[2]


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("k", [1, 3, 6, 7, MAX_K])
def test_k_cuts_the_same_list(retriever, mode, k):
    everything = retriever.search(QUERY, k=100, mode=mode)
    assert ids(retriever.search(QUERY, k=k, mode=mode)) == ids(everything)[:k]


@pytest.mark.parametrize("mode", MODES)
def test_documents_are_represented_by_their_best_passage(retriever, mode):
    passages = retriever.search(QUERY, k=100, mode=mode)
    documents = retriever.search(QUERY, k=100, mode=mode, unit="document")
    best = {}
    for hit in passages.passages:
        best.setdefault(hit.stored.passage.document_id, hit)
    by_document = {hit.stored.passage.document_id: hit for hit in documents.passages}
    assert len(by_document) == len(documents.passages)
    assert {name: (hit.stored, hit.score) for name, hit in by_document.items()} == {
        name: (hit.stored, hit.score) for name, hit in best.items()
    }
    order = [(-hit.score, hit.stored.passage.document_id) for hit in documents.passages]
    assert order == sorted(order)


@pytest.mark.parametrize("mode", MODES)
def test_ties_go_by_id_at_the_cut_as_well(tmp_path, mode):
    """Indexed in another order than that of their ids, of which the keys know nothing."""
    same = [{"_id": name, "title": "One", "text": "A drug for all."} for name in ("c", "e", "a", "d", "b")]
    with opened(tiny_index(tmp_path, same)) as retriever:
        for k in range(1, 6):
            expected = [f"{name}#2" for name in "abcde"][:k]
            assert ids(retriever.search("drug", k=k, mode=mode)) == expected
            assert ids(retriever.search("drug", k=k, mode=mode, unit="document")) == expected


some_filters = st.sampled_from(
    [
        Filters(retracted=False),
        Filters(years=(2016, 2020)),
        Filters(publication_types=("review",)),
        Filters(mesh=("cystic fibrosis",), sections=("other",)),
        Filters(languages=("fre",)),
    ]
)


@settings(max_examples=40, deadline=None)
@given(some_filters, st.sampled_from(MODES), st.integers(1, 5), st.sampled_from([1, 2, 200]))
def test_filters_come_before_ranking(directory, filters, mode, k, candidates):
    """However few candidates an engine gives, they are the best of those that pass."""
    with opened(directory, RetrievalSettings(candidates=candidates)) as retriever:
        allowed = set(map(int, retriever.index.select(filters).keys))
        ranked = retriever.search(QUERY, k=k, mode=mode, filters=filters)
        assert {hit.stored.key for hit in ranked.passages} <= allowed
        if mode != "hybrid":
            everything = retriever.search(QUERY, k=100, mode=mode).passages
            wanted = [hit.stored.key for hit in everything if hit.stored.key in allowed]
            assert [hit.stored.key for hit in ranked.passages] == wanted[:k]
        else:
            assert len(ranked.passages) == min(k, len(allowed))
        assert ranked.filters == filters


def test_a_filter_that_nothing_passes_finds_nothing(retriever):
    for mode in MODES:
        assert retriever.search(QUERY, mode=mode, filters=Filters(years=(1900, 1901))).passages == ()


def test_the_list_says_what_was_asked_and_how_long_it_took(retriever):
    ranked = retriever.search(QUERY, k=2, filters=Filters(retracted=False))
    assert (ranked.query, ranked.mode, ranked.index_id) == (QUERY, "hybrid", retriever.index.manifest.index_id)
    stages = ["select", "bm25", "embedding", "dense", "feedback", "fusion", "fetch"]
    assert [*stages, "total"] == list(ranked.timings_ms)
    one_by_one = sum(ranked.timings_ms[stage] for stage in stages if stage != "bm25")  # which runs beside the others
    assert max(one_by_one, ranked.timings_ms["bm25"]) <= ranked.timings_ms["total"] + 0.01
    assert list(retriever.search(QUERY, mode="bm25").timings_ms) == ["select", "bm25", "fusion", "fetch", "total"]


def test_engine_scores_are_ranks_from_1(retriever):
    first = retriever.search(QUERY, k=1, mode="bm25").passages[0]
    assert first.bm25 == EngineScore(1, first.score)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"query": ""}, "the query is empty"),
        ({"query": " \t\n"}, "the query is empty"),
        ({"query": "?!… — ()"}, "the query is empty"),
        ({"query": "x" * (MAX_QUERY_CHARACTERS + 1)}, "10,001 characters, at most 10,000"),
        ({"query": "caf\udce9"}, "is not valid text"),
        ({"k": 0}, "k is 0, expected 1 to 10,000"),
        ({"k": -1}, "k is -1"),
        ({"k": MAX_K + 1}, "k is 10001"),
        ({"mode": "vector"}, "mode 'vector' is not known. Choose of: hybrid, bm25, dense"),
    ],
)
def test_what_cannot_be_searched_is_refused(retriever, arguments, message):
    with pytest.raises(UsageError, match=message.replace("(", r"\(")):
        retriever.search(**({"query": QUERY} | arguments))


def test_an_unknown_fusion_is_refused(retriever):
    with pytest.raises(UsageError, match=r"fusion 'magic' is not known\. Choose of: "):
        Retriever(retriever.index, RetrievalSettings(fusion="magic"))


@settings(max_examples=60, deadline=None)
@given(st.text(st.characters(codec="utf-8"), min_size=1, max_size=200), st.sampled_from(MODES))
def test_whatever_is_asked_the_answer_is_a_list(retriever, query, mode):
    if not any(map(str.isalnum, query)):
        return
    ranked = retriever.search(query, mode=mode, k=3)
    assert ranked.query == query
    assert len(ranked.passages) <= 3


def test_the_longest_query_is_searched(retriever):
    query = ("fibrosis " * MAX_QUERY_CHARACTERS)[:MAX_QUERY_CHARACTERS]
    assert ids(retriever.search(query, k=3, mode="bm25")) == ids(retriever.search("fibrosis", k=3, mode="bm25"))


def test_an_index_is_not_searched_with_another_model(directory):
    class Longer(WordHashModel):
        def __init__(self):
            super().__init__("word-hash")
            self.identity = type(self.identity)("word-hash", "2", dimensions=65, max_tokens=1_000)

    index = Index(directory, lambda profile: Longer())
    with pytest.raises(IndexStateError, match=r"revision 1, 64 dimensions.*revision 2, 65 dimensions"):
        Retriever(index).search(QUERY)
    assert Retriever(index).search(QUERY, mode="bm25").passages, "BM25 needs no model"
    index.close()


def test_a_search_goes_on_while_the_index_is_updated(tmp_path):
    """An index that is open finds what it had, also when the parts that notice changes have gone ahead of the rest."""
    directory = tiny_index(tmp_path, DOCUMENTS[:3])
    with opened(directory) as retriever:
        before = [hit.stored.passage for hit in retriever.search(QUERY, k=100).passages]
        build_index([write_documents(tmp_path / "more.jsonl", DOCUMENTS[3:])], directory, WordHashModel())
        for query in (QUERY, "severe malaria, Anopheles mosquitoes"):
            for mode in ("hybrid", "dense"):
                after = [hit.stored.passage for hit in retriever.search(query, k=100, mode=mode).passages]
                assert set(before) <= set(after)


def test_an_index_updated_while_it_is_open_stays_as_it_was(tmp_path):
    directory = tiny_index(tmp_path)
    with opened(directory) as retriever:
        retriever.index.warm()
        new = {"_id": "PMID:9", "title": QUERY, "text": f"A new {QUERY}."}
        build_index([write_documents(tmp_path / "new.jsonl", [new])], directory, WordHashModel())
        assert "PMID:9" not in {hit.stored.passage.document_id for hit in retriever.search(QUERY).passages}
    with opened(directory) as retriever:
        new = {hit.stored.passage.document_id: hit for hit in retriever.search(QUERY).passages}["PMID:9"]
        assert new.bm25 is not None
        assert new.dense is not None
