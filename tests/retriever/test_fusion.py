"""Fusion against arithmetic written by hand."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpora.errors import UsageError
from retriever.fusion import FUSIONS, fuse, min_max_weighted, reciprocal_rank

BM25 = [(1, 12.0), (2, 8.0), (3, 4.0)]  # min-max: 1, 0.5, 0
DENSE = [(3, 0.9), (4, 0.8), (1, 0.4)]  # min-max: 1, 0.8, 0

scores = st.floats(-1e6, 1e6)
ranking = st.dictionaries(st.integers(0, 30), scores, max_size=20).map(lambda found: list(found.items()))
engines = st.dictionaries(st.sampled_from(["bm25", "dense", "colbert", "splade"]), ranking, min_size=1)


def approx(pairs):
    return [(key, pytest.approx(score, abs=1e-12)) for key, score in pairs]


def test_min_max_weighs_each_engine_and_counts_a_missing_passage_as_0():
    fused = min_max_weighted({"bm25": BM25, "dense": DENSE}, {"bm25": 0.4, "dense": 0.6})
    assert fused == approx(
        [
            (3, 0.4 * 0 + 0.6 * 1),
            (4, 0.6 * ((0.8 - 0.4) / (0.9 - 0.4))),
            (1, 0.4 * 1 + 0.6 * 0),
            (2, 0.4 * ((8 - 4) / (12 - 4))),
        ]
    )


def test_min_max_weights_are_relative():
    shares = min_max_weighted({"bm25": BM25, "dense": DENSE}, {"bm25": 0.4, "dense": 0.6})
    assert min_max_weighted({"bm25": BM25, "dense": DENSE}, {"bm25": 2, "dense": 3}) == approx(shares)


@pytest.mark.parametrize("found", [[(7, 3.5)], [(7, 0.0)], [(7, -2.0), (5, -2.0)], [(7, 1.0), (5, 1.0), (6, 1.0)]])
def test_min_max_gives_1_where_all_scores_are_equal(found):
    fused = min_max_weighted({"bm25": found, "dense": []}, {"bm25": 1, "dense": 3})
    assert fused == [(key, 1 / 4) for key in sorted(key for key, _ in found)]


def test_min_max_an_empty_list_keeps_its_weight():
    assert min_max_weighted({"bm25": BM25, "dense": []}, {"bm25": 0.4, "dense": 0.6}) == approx(
        [(1, 0.4), (2, 0.2), (3, 0.0)]
    )
    assert min_max_weighted({"bm25": [], "dense": []}, {"bm25": 0.4, "dense": 0.6}) == []


def test_min_max_weight_0_switches_an_engine_off_but_keeps_what_it_found():
    fused = min_max_weighted({"bm25": BM25, "dense": DENSE}, {"bm25": 1, "dense": 0})
    assert fused == approx([(1, 1.0), (2, 0.5), (3, 0.0), (4, 0.0)])


def test_min_max_takes_negative_scores():
    assert min_max_weighted({"rerank": [(1, -1.0), (2, -9.0), (3, -3.0)]}, {"rerank": 1}) == approx(
        [(1, 1.0), (3, 6 / 8), (2, 0.0)]
    )


def test_ties_go_to_the_lower_key():
    swapped = {"bm25": [(9, 2.0), (4, 1.0)], "dense": [(4, 2.0), (9, 1.0)]}
    assert min_max_weighted(swapped, {"bm25": 1, "dense": 1}) == [(4, 0.5), (9, 0.5)]
    assert reciprocal_rank(swapped) == [(4, 1 / 61 + 1 / 62), (9, 1 / 61 + 1 / 62)]


def test_reciprocal_rank_sums_over_the_engines():
    assert reciprocal_rank({"bm25": BM25, "dense": DENSE}) == approx(
        [(1, 1 / (60 + 1) + 1 / (60 + 3)), (3, 1 / (60 + 3) + 1 / (60 + 1)), (2, 1 / (60 + 2)), (4, 1 / (60 + 2))]
    )


def test_reciprocal_rank_takes_k():
    assert reciprocal_rank({"bm25": BM25}, 0) == [(1, 1.0), (2, 1 / 2), (3, 1 / 3)]
    assert reciprocal_rank({"bm25": BM25}, k=9) == [(1, 1 / 10), (2, 1 / 11), (3, 1 / 12)]


def test_reciprocal_rank_ranks_by_score_whatever_the_order_and_ties_by_key():
    assert reciprocal_rank({"bm25": [(8, 1.0), (5, 1.0), (6, 7.0)]}, 0) == [(6, 1.0), (5, 1 / 2), (8, 1 / 3)]


def test_reciprocal_rank_of_empty_lists():
    assert reciprocal_rank({"bm25": [], "dense": []}) == []
    assert reciprocal_rank({"bm25": [], "dense": [(1, 0.1)]}) == [(1, 1 / 61)]


def test_fuse_finds_the_method_by_name():
    rankings, weights = {"bm25": BM25, "dense": DENSE}, {"bm25": 0.1, "dense": 0.9}
    assert list(FUSIONS) == ["min-max", "rrf"]
    assert fuse("min-max", rankings, weights) == min_max_weighted(rankings, weights)
    assert fuse("rrf", rankings, weights) == reciprocal_rank(rankings)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: fuse("borda", {"bm25": BM25}, {"bm25": 1}), "'borda' is unknown: expected one of min-max, rrf"),
        (lambda: min_max_weighted({}, {}), "no rankings"),
        (lambda: reciprocal_rank({}), "no rankings"),
        (lambda: min_max_weighted({"bm25": BM25}, {}), "weights for no engine do not fit rankings of 'bm25'"),
        (lambda: min_max_weighted({"a": BM25}, {"a": 1, "b": 1}), "weights for 'a', 'b' do not fit rankings of 'a'"),
        (lambda: fuse("rrf", {"a": BM25}, {"b": 1}), "weights for 'b' do not fit rankings of 'a'"),
        (lambda: min_max_weighted({"a": BM25}, {"a": -0.1}), "weight -0.1 of 'a' is impossible"),
        (lambda: min_max_weighted({"a": BM25}, {"a": math.nan}), "weight nan of 'a' is impossible"),
        (lambda: min_max_weighted({"a": BM25}, {"a": math.inf}), "weight inf of 'a' is impossible"),
        (lambda: min_max_weighted({"a": BM25, "b": BM25}, {"a": 0, "b": 0}), "sum to 0.0"),
        (lambda: min_max_weighted({"a": [(1, 2.0), (3, 1.0), (1, 0.5)]}, {"a": 1}), "'a' returned passage 1 twice"),
        (lambda: reciprocal_rank({"a": [(1, 2.0), (1, 2.0)]}), "'a' returned passage 1 twice"),
        (lambda: min_max_weighted({"a": [(1, 2.0), (6, math.nan)]}, {"a": 1}), "'a' gave passage 6 the score nan"),
        (lambda: reciprocal_rank({"a": [(6, -math.inf)]}), "'a' gave passage 6 the score -inf"),
        (lambda: min_max_weighted({"a": [(1, 1e308), (2, -1e308)]}, {"a": 1}), "too far apart"),
        (lambda: reciprocal_rank({"a": BM25}, k=-1), "k = -1 is impossible"),
    ],
)
def test_what_cannot_be_fused_is_refused(call, message):
    with pytest.raises(UsageError, match=message.replace("(", r"\(")):
        call()


def test_three_engines_give_bit_for_bit_the_same_in_any_order():
    """0.1 + 0.2 + 0.3 and 0.3 + 0.2 + 0.1 differ as floats."""
    weights = {"a": 0.1, "b": 0.2, "c": 0.3, "d": 0.4}
    rankings = {"a": [(1, 1.0)], "b": [(1, 1.0)], "c": [(1, 1.0)], "d": [(2, 1.0)]}
    backwards = dict(reversed(rankings.items()))
    assert min_max_weighted(rankings, weights) == min_max_weighted(backwards, weights)
    ranks = {"a": BM25, "b": [(1, 1.0)], "c": [(7, 9.0), (1, 1.0)]}  # 1/61 + 1/61 + 1/62 is such a sum, too
    assert reciprocal_rank(ranks) == reciprocal_rank(dict(reversed(ranks.items())))


@given(engines, st.data())
def test_the_order_of_engines_and_of_lists_changes_nothing(rankings, data):
    weights = {engine: data.draw(st.floats(0.1, 10)) for engine in rankings}
    shuffled = {
        engine: data.draw(st.permutations(rankings[engine])) for engine in data.draw(st.permutations(list(rankings)))
    }
    for method in FUSIONS:
        assert fuse(method, rankings, weights) == fuse(method, shuffled, weights)


@given(engines, st.data())
def test_scores_stay_in_bounds_and_every_found_passage_is_there_once(rankings, data):
    weights = {engine: data.draw(st.floats(0.001, 1000)) for engine in rankings}
    found = sorted({key for ranking in rankings.values() for key, _ in ranking})
    for method, low, high in (("min-max", 0.0, 1.0), ("rrf", 0.0, len(rankings) / 61 * (1 + 1e-12))):
        fused = fuse(method, rankings, weights)
        assert sorted(key for key, _ in fused) == found
        assert all(low <= score <= high for _, score in fused)
        assert fused == sorted(fused, key=lambda item: (-item[1], item[0]))


@given(st.dictionaries(st.integers(0, 30), st.integers(-1000, 1000), min_size=1, max_size=20), st.floats(0.01, 100))
def test_fusing_one_list_keeps_its_order_and_spans_0_to_1(found, weight):
    fused = min_max_weighted({"bm25": list(found.items())}, {"bm25": weight})
    assert [key for key, _ in fused] == sorted(found, key=lambda key: (-found[key], key))
    assert fused[0][1] == 1.0
    assert fused[-1][1] == (0.0 if len(set(found.values())) > 1 else 1.0)
