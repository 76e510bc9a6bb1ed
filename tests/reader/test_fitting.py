"""Logistic and isotonic regression against known answers."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reader.confidence import interpolated
from reader.training.fitting import as_line, fit_isotonic, fit_logistic, log_loss, make_segments, sigmoid

ONE = np.array([True])


def test_isotonic_by_hand():
    values, outcomes = np.array([1.0, 2.0, 3.0, 4.0]), np.array([0.0, 1.0, 0.0, 1.0])
    assert fit_isotonic(values, outcomes, np.ones(4)) == [(1.0, 0.0), (2.5, 0.5), (4.0, 1.0)]
    assert fit_isotonic(values, outcomes, np.array([1.0, 1.0, 3.0, 1.0])) == [(1.0, 0.0), (2.75, 0.25), (4.0, 1.0)]


def test_equal_values_are_one_step():
    found = fit_isotonic(np.array([2.0, 2.0, 2.0, 5.0]), np.array([0.0, 1.0, 0.0, 1.0]), np.ones(4))
    assert found == [(2.0, pytest.approx(1 / 3)), (5.0, 1.0)]


@given(st.lists(st.tuples(st.sampled_from([0.1, 0.2, 0.5, 0.7]), st.booleans()), min_size=1, max_size=40))
def test_isotonic_never_falls(cases):
    values = np.array([value for value, _ in cases])
    right = np.array([float(hit) for _, hit in cases])
    steps = fit_isotonic(values, right, np.ones(len(cases)))
    assert [value for value, _ in steps] == sorted({value for value, _ in steps})
    assert [outcome for _, outcome in steps] == sorted(outcome for _, outcome in steps)


def test_a_logistic_regression_without_penalty_gives_the_log_odds():
    """Of 4 cases at 0 one is right, of 4 at 1 three: log odds of -log 3 and +log 3."""
    inputs = np.array([[0.0]] * 4 + [[1.0]] * 4)
    right = np.array([1.0, 0, 0, 0, 1, 1, 1, 0])
    weights, bias = fit_logistic(inputs, right, np.ones(8), penalty=0.0, non_negative=ONE)
    assert bias == pytest.approx(-math.log(3), abs=1e-3)
    assert weights[0] == pytest.approx(2 * math.log(3), abs=1e-3)


def test_a_weight_that_would_be_negative_is_zero():
    inputs = np.array([[0.0]] * 4 + [[1.0]] * 4)
    right = np.array([1.0, 1, 1, 0, 1, 0, 0, 0])
    weights, bias = fit_logistic(inputs, right, np.ones(8), penalty=0.0, non_negative=ONE)
    assert weights.tolist() == [0.0]
    assert bias == pytest.approx(0.0, abs=1e-3)
    free, _ = fit_logistic(inputs, right, np.ones(8), penalty=0.0, non_negative=~ONE)
    assert free[0] == pytest.approx(-2 * math.log(3), abs=1e-3)


def test_a_weight_is_as_many_cases_and_a_penalty_shrinks():
    inputs, right = np.array([[0.0], [0.0], [1.0]]), np.array([0.0, 1.0, 1.0])
    twice = fit_logistic(
        np.vstack([inputs, inputs[:1]]), np.append(right, 0.0), np.ones(4), penalty=0.4, non_negative=ONE
    )
    weighted = fit_logistic(inputs, right, np.array([2.0, 1.0, 1.0]), penalty=0.3, non_negative=ONE)
    assert weighted[0] == pytest.approx(twice[0], abs=1e-3)
    assert weighted[1] == pytest.approx(twice[1], abs=1e-3)
    assert fit_logistic(inputs, right, np.ones(3), penalty=30.0, non_negative=ONE)[0] < weighted[0]


def test_sigmoid_and_log_loss():
    assert sigmoid(np.array([0.0, 1000.0, -1000.0])).tolist() == [0.5, 1.0, 0.0]
    assert log_loss(np.array([0.5, 0.25]), np.array([1.0, 0.0]), np.array([1.0, 3.0])) == pytest.approx(
        (math.log(2) - 3 * math.log(0.75)) / 4
    )


def test_segments_cut_values_into_like_numbers():
    values = np.array([0.0, 1.0, 2.0, 10.0, 20.0])
    low, high = make_segments(values, 2)
    assert (low.start, low.end, high.start, high.end) == (0.0, 2.0, 2.0, 20.0)
    assert low.along(np.array([-5.0, 1.0, 9.0])).tolist() == pytest.approx([0.0, 1 / low.scale, 2 / low.scale])
    assert len(make_segments(np.array([0.0, 0.0, 0.0, 1.0]), 2)) == 1
    assert make_segments(np.array([3.0, 3.0]), 2) == []


def test_a_line_adds_what_its_segments_and_slopes_do():
    values = np.array([0.0, 1.0, 2.0, 10.0, 20.0])
    segments = make_segments(values, 2)
    line = as_line(list(zip(segments, (3.0, 0.5), strict=True)))
    for value in (-1.0, 0.5, 2.0, 11.0, 99.0):
        along = [segment.along(np.array([value]))[0] for segment in segments]
        assert interpolated(line, value) == pytest.approx(3.0 * along[0] + 0.5 * along[1], abs=1e-4)
    assert as_line(list(zip(segments, (0.0, 0.0), strict=True))) == as_line([]) == ()
