"""Calibration measures against values worked out by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpora.errors import UsageError
from reader.calibration import (
    area_under_risk,
    brier,
    calibration_error,
    mixed_weights,
    reliability,
    risk_coverage,
)

CONFIDENCE, RIGHT = [0.9, 0.8, 0.3, 0.2], [1, 0, 1, 0]


def test_bins_have_equal_mass_and_hold_the_like():
    low, high = reliability(CONFIDENCE, RIGHT, bins=2)
    assert (low.confidence, low.right, low.share) == (0.25, 0.5, 0.5)
    assert (high.confidence, high.right, high.share) == pytest.approx((0.85, 0.5, 0.5))


def test_calibration_error_is_the_mean_distance_over_the_bins():
    assert calibration_error(CONFIDENCE, RIGHT, bins=2) == pytest.approx((0.25 + 0.35) / 2)
    assert calibration_error(CONFIDENCE, RIGHT, bins=4) == pytest.approx((0.1 + 0.8 + 0.7 + 0.2) / 4)
    assert calibration_error(CONFIDENCE, RIGHT, bins=1) == pytest.approx(0.05)
    assert calibration_error([0.5, 0.5], [1, 0]) == 0.0


def test_weights_count_as_so_many_cases():
    once = calibration_error([0.9, 0.2, 0.2, 0.2], [1, 1, 0, 0], bins=2)
    weighted = calibration_error([0.9, 0.2, 0.2], [1, 1, 0], [1, 1, 2], bins=2)
    assert weighted == pytest.approx(once)
    assert brier([0.9, 0.2, 0.2], [1, 1, 0], [1, 1, 2]) == pytest.approx((0.01 + 0.64 + 2 * 0.04) / 4)


def test_equal_confidences_stay_in_one_bin():
    assert len(reliability([0.5] * 7, [1, 0, 0, 1, 0, 0, 0])) == 1
    assert [part.share for part in reliability([0.1, 0.5, 0.5, 0.5], [0, 1, 1, 0], bins=2)] == [1.0]


def test_brier_by_hand():
    assert brier(CONFIDENCE, RIGHT) == pytest.approx((0.01 + 0.64 + 0.49 + 0.04) / 4)


def test_risk_at_each_coverage():
    points = risk_coverage(CONFIDENCE, RIGHT, steps=4)
    assert [(point.coverage, point.confidence) for point in points] == [
        (0.25, 0.9),
        (0.5, 0.8),
        (0.75, 0.3),
        (1.0, 0.2),
    ]
    assert [point.risk for point in points] == pytest.approx([0.0, 1 / 2, 1 / 3, 1 / 2])


def test_area_under_risk_by_hand():
    assert area_under_risk(CONFIDENCE, RIGHT) == pytest.approx((0 + 1 / 2 + 1 / 3 + 1 / 2) / 4)
    # A tie of a right and a wrong answer is half wrong at each of its places: 0.5, then (0.5 + 0.5) / 2.
    assert area_under_risk([0.7, 0.7], [1, 0]) == area_under_risk([0.7, 0.7], [0, 1]) == pytest.approx(0.5)
    assert area_under_risk([0.7, 0.1], [1, 1]) == 0.0


def test_the_mix_decides_what_parts_weigh():
    weights = mixed_weights(["a", "a", "b"], {"a": 0.6, "b": 0.4})
    assert weights.tolist() == pytest.approx([0.3, 0.3, 0.4])
    with pytest.raises(UsageError, match="'c' is not in the mix"):
        mixed_weights(["c"], {"a": 1.0})


cases = st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=60)


@given(cases)
def test_errors_are_shares_and_bins_hold_everything(found):
    confidence, right = [pair[0] for pair in found], [float(pair[1]) for pair in found]
    assert 0.0 <= calibration_error(confidence, right) <= 1.0
    assert 0.0 <= area_under_risk(confidence, right) <= 1.0
    parts = reliability(confidence, right)
    assert sum(part.share for part in parts) == pytest.approx(1.0)
    assert sum(part.share * part.right for part in parts) == pytest.approx(np.mean(right))
    assert [part.confidence for part in parts] == sorted(part.confidence for part in parts)


@pytest.mark.parametrize(
    ("confidence", "right", "weights"),
    [([], [], None), ([0.5], [1, 0], None), ([1.5], [1], None), ([-0.1], [1], None), ([0.5], [1], [0.0]),
     ([0.5, 0.5], [1, 0], [2, -1])],
)  # fmt: skip
def test_what_is_no_case_is_refused(confidence, right, weights):
    with pytest.raises(UsageError, match="calibration: "):
        calibration_error(confidence, right, weights)
