"""Measures against values computed by hand from their definitions."""

import re
import subprocess
import sys
from math import log2

import pytest

from corpora.errors import UsageError
from retriever.metrics import MEASURES, confidence_intervals, evaluate, evaluate_queries, means, unjudged_queries


def ranked(*document_ids):
    return [(document_id, 10.0 - rank) for rank, document_id in enumerate(document_ids)]


QRELS = {"q1": {"a": 2, "b": 1, "c": 0, "d": 1}, "q2": {"a": 1}, "q3": {"e": 1}}
RUN = {"q1": ranked("x", "a", "c", "b"), "q2": ranked("a")}  # nothing was found for q3

NDCG_Q1 = (2 / log2(3) + 1 / log2(5)) / (2 / log2(2) + 1 / log2(3) + 1 / log2(4))


def test_the_three_measures_of_each_query():
    assert evaluate_queries(RUN, QRELS) == {
        "nDCG@10": {"q1": pytest.approx(NDCG_Q1), "q2": 1.0, "q3": 0.0},
        "R@100": {"q1": pytest.approx(2 / 3), "q2": 1.0, "q3": 0.0},
        "RR@10": {"q1": 0.5, "q2": 1.0, "q3": 0.0},
    }


def test_the_means_are_over_all_judged_queries():
    assert evaluate(RUN, QRELS) == {
        "nDCG@10": pytest.approx((NDCG_Q1 + 1 + 0) / 3),
        "R@100": pytest.approx((2 / 3 + 1 + 0) / 3),
        "RR@10": pytest.approx((1 / 2 + 1 + 0) / 3),
    }
    assert tuple(evaluate(RUN, QRELS)) == MEASURES == ("nDCG@10", "R@100", "RR@10")


def test_an_empty_list_and_an_empty_run_count_0():
    assert evaluate({"q1": [], "q2": ranked("a")}, {"q1": {"a": 1}, "q2": {"a": 1}}) == dict.fromkeys(MEASURES, 0.5)
    assert evaluate({}, QRELS) == dict.fromkeys(MEASURES, 0.0)


def test_a_query_without_a_relevant_document_counts_0():
    assert evaluate({"q": ranked("a")}, {"q": {"a": 0}, "p": {"b": -1}}) == dict.fromkeys(MEASURES, 0.0)


def test_unjudged_queries_are_left_out_and_can_be_listed():
    run = {"z": ranked("a"), **RUN, "y": ranked("b")}
    assert evaluate(run, QRELS) == evaluate(RUN, QRELS)
    assert unjudged_queries(run, QRELS) == ["z", "y"]


@pytest.mark.parametrize(
    ("rank", "ndcg", "recall", "reciprocal"),
    [(1, 1.0, 1.0, 1.0), (10, 1 / log2(11), 1.0, 1 / 10), (11, 0.0, 1.0, 0.0), (100, 0.0, 1.0, 0.0), (101, 0, 0, 0)],
)
def test_cutoffs(rank, ndcg, recall, reciprocal):
    documents = [f"d{number:03}" for number in range(1, 151)]
    run = {"q": [(document_id, 1.0 / place) for place, document_id in enumerate(documents, start=1)]}
    values = evaluate(run, {"q": {f"d{rank:03}": 1}})
    assert values == {"nDCG@10": pytest.approx(ndcg), "R@100": recall, "RR@10": pytest.approx(reciprocal)}


@pytest.mark.parametrize("scores", [(1.0, 1.0), (1.0 + 1e-12, 1.0), (0.0, 0.0), (-5.0, -5.0)])
@pytest.mark.parametrize(("first", "second"), [("a", "b"), ("b", "a")])
def test_our_order_holds_where_trec_eval_would_see_a_tie(first, second, scores):
    run = {"q": [(first, scores[0]), (second, scores[1])]}
    assert evaluate(run, {"q": {first: 1}}) == dict.fromkeys(MEASURES, 1.0)
    assert evaluate(run, {"q": {second: 1}}) == {"nDCG@10": pytest.approx(1 / log2(3)), "R@100": 1.0, "RR@10": 0.5}


def test_other_measures_can_be_asked_for():
    assert evaluate(RUN, QRELS, ["P@2", "RR", "AP"]) == {
        "P@2": pytest.approx((1 / 2 + 1 / 2 + 0) / 3),
        "RR": pytest.approx((1 / 2 + 1 + 0) / 3),
        "AP": pytest.approx(((1 / 2 + 2 / 4) / 3 + 1 + 0) / 3),
    }


@pytest.mark.parametrize(
    ("run", "qrels", "measures", "message"),
    [
        (RUN, {}, MEASURES, "there are no judgements"),
        ({"PMID:1": ranked("a")}, QRELS, MEASURES, "none of the run's 1 queries (such as 'PMID:1') is among the 3"),
        (RUN, QRELS, ["nDCG@ten"], "measure 'nDCG@ten' is unknown"),
        (RUN, QRELS, ["nDCG@0"], "measure 'nDCG@0' is unknown"),
        (RUN, QRELS, ["Quality"], "measure 'Quality' is unknown"),
        (RUN, QRELS, ["evaluator"], "measure 'evaluator' is unknown"),
        (RUN, QRELS, ["P"], "ir-measures cannot compute P"),
        (RUN, QRELS, ["Rprec@10"], "ir-measures cannot compute Rprec@10"),
        ({"q1": [("a", 1.0), ("b", 2.0)]}, QRELS, MEASURES, "score 2.0 is above 1.0"),
        ({"q1": [("a", 1.0), ("a", 1.0)]}, QRELS, MEASURES, "the document was ranked before"),
    ],
)
def test_what_cannot_be_evaluated_is_refused(run, qrels, measures, message):
    with pytest.raises(UsageError, match=re.escape(message)):
        evaluate(run, qrels, measures)


def test_the_bootstrap_of_two_queries_is_exact():
    """Means of two draws from {0, 1} are 0, 1/2 and 1 with probabilities 1/4, 1/2 and 1/4."""
    values = {"RR@10": {"q1": 0.0, "q2": 1.0}}
    assert confidence_intervals(values) == {"RR@10": (0.0, 1.0)}
    assert confidence_intervals(values, level=0.4) == {"RR@10": (0.5, 0.5)}


def test_the_bootstrap_agrees_with_the_normal_approximation():
    values = {"R@100": {f"q{number}": float(number % 2) for number in range(400)}}
    low, high = confidence_intervals(values)["R@100"]
    half = 1.96 * 0.5 / 400**0.5
    assert (low, high) == (pytest.approx(0.5 - half, abs=0.005), pytest.approx(0.5 + half, abs=0.005))


def test_the_bootstrap_depends_on_the_seed_alone():
    values = {"nDCG@10": {f"q{number}": number / 50 for number in range(51)}, "same": {"q1": 0.3, "q2": 0.3}}
    first = confidence_intervals(values, resamples=500, seed=3)
    assert first == confidence_intervals(values, resamples=500, seed=3)
    assert first != confidence_intervals(values, resamples=500, seed=4)
    assert first["same"] == (pytest.approx(0.3), pytest.approx(0.3))
    assert means(values) == {"nDCG@10": pytest.approx(0.5), "same": pytest.approx(0.3)}
    assert first["nDCG@10"][0] < 0.5 < first["nDCG@10"][1]


@pytest.mark.parametrize(
    ("values", "options", "message"),
    [
        ({"m": {}}, {}, "measure 'm' has no query"),
        ({"m": {"q": 1.0}}, {"level": 1.0}, "level 1.0 must be between 0 and 1"),
        ({"m": {"q": 1.0}}, {"resamples": 0}, "resamples 0 at least 1"),
    ],
)
def test_a_bootstrap_of_nothing_is_refused(values, options, message):
    with pytest.raises(UsageError, match=message):
        confidence_intervals(values, **options)


def test_importing_the_module_does_not_load_ir_measures():
    program = "import sys, retriever.metrics; print('ir_measures' in sys.modules, 'torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]
