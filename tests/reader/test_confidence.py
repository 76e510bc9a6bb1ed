"""Confidence: computed as written down, promised as stored, fitted from what came of questions."""

import math

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpora.errors import ModelError, UsageError
from reader.confidence import (
    CALIBRATION,
    FAMILIES,
    Calibration,
    CurvePoint,
    Family,
    check_precision,
    interpolated,
    read_calibration,
)
from reader.features import SENTENCE_FEATURES, SPAN_FEATURES, bm25_unit, names_in
from reader.outcomes import Outcome
from reader.training.confidence import FitSettings, fit_calibration, write_calibration

STEPS = ((0.2, 0.1), (0.6, 0.5), (0.8, 0.9))


@pytest.mark.parametrize(
    ("value", "mapped"), [(0.0, 0.1), (0.2, 0.1), (0.4, 0.3), (0.6, 0.5), (0.7, 0.7), (0.8, 0.9), (1.0, 0.9)]
)
def test_steps_are_interpolated_and_level_outside(value, mapped):
    assert interpolated(STEPS, value) == pytest.approx(mapped)
    assert interpolated((), value) == value


LINES = {"a": ((-1.0, 0.0), (1.0, 1.0), (3.0, 3.0)), "b": ((0.0, 0.0), (2.0, 1.0))}


def logistic(value):
    return 1 / (1 + math.exp(-value))


def test_a_family_by_hand():
    family = Family(-1.0, {"list": 2.0}, LINES)
    assert family.probability("factoid", {"a": 2.0, "b": 1.0}) == pytest.approx(logistic(-1 + 2 + 0.5))
    assert family.probability("list", {"a": 2.0, "b": 1.0}) == pytest.approx(logistic(-1 + 2 + 2 + 0.5))
    assert family.probability("factoid", {"a": 1e9, "b": -1e9}) == pytest.approx(logistic(-1 + 3))
    stepped = Family(-1.0, {"list": 2.0}, LINES, STEPS)
    assert stepped.probability("list", {"a": 2.0, "b": 1.0}) == 0.9
    assert stepped.probability("factoid", {"a": -1.0, "b": 0.0}) == pytest.approx(0.1 + logistic(-1) - 0.2)


def calibrated(points=(), threshold=0.3, models=None):
    families = dict.fromkeys(("spans", "sentences"), Family(0.0, {}, {}))
    curves = {"factoid": tuple(CurvePoint(*point) for point in points)}
    return Calibration(models or {}, {}, families, dict.fromkeys(FAMILIES, threshold), curves, {})


def test_a_promise_holds_from_a_confidence_on():
    curve = calibrated([(0.2, 1.0, 0.4), (0.5, 0.6, 0.7), (0.7, 0.3, 0.8)])
    assert curve.promising("factoid", 0.4) == 0.2
    assert curve.promising("factoid", 0.41) == curve.promising("factoid", 0.7) == 0.5
    assert curve.promising("factoid", 0.8) == 0.7
    assert curve.promising("factoid", 0.81) is None
    assert curve.highest_promise("factoid") == 0.8
    assert (curve.promising("list", 0.1), curve.highest_promise("list")) == (None, 0.0)


def test_a_lucky_stretch_is_no_promise():
    """Where precision falls again at higher confidences, only what holds up to the top counts."""
    assert calibrated([(0.2, 1.0, 0.9), (0.5, 0.6, 0.5), (0.7, 0.3, 0.8)]).promising("factoid", 0.8) == 0.7


@pytest.mark.parametrize("precision", [0.0, -0.1, 1.01, float("nan")])
def test_a_precision_is_a_share(precision):
    with pytest.raises(UsageError, match="expected above 0 and up to 1"):
        check_precision(precision)
    check_precision(1.0)
    check_precision(None)


@pytest.mark.parametrize("content", [b"", b"{}", b'{"models": 1}', b"\xff"])
def test_a_damaged_calibration_is_named(tmp_path, content):
    (tmp_path / "c.json").write_bytes(content)
    with pytest.raises(ModelError, match=r"c\.json: the calibration cannot be read"):
        read_calibration(tmp_path / "c.json")


def test_names_of_a_question():
    assert names_in("Which gene causes Huntington disease?") == "Huntington"
    assert names_in("Is p53 bound by MDM2 in man?") == "p53 MDM2"
    assert names_in("CFTR opens what?") == "CFTR"
    assert names_in("What opens it?") == names_in("") == ""
    assert bm25_unit(99) == pytest.approx(math.log(100))


# what is shipped

shipped = pytest.mark.skipif(not CALIBRATION.is_file(), reason="no calibration is shipped yet")
values = st.floats(-1e3, 1e3) | st.floats(-1, 1)


@shipped
@given(st.sampled_from(list(FAMILIES)), st.data())
def test_more_of_any_feature_never_lowers_a_shipped_confidence(kind, data):
    calibration = read_calibration(CALIBRATION)
    names = {"spans": SPAN_FEATURES, "sentences": SENTENCE_FEATURES}[FAMILIES[kind]]
    features = {name: data.draw(values) for name in names}
    raised = data.draw(st.sampled_from(names))
    before = calibration.confidence(kind, features)
    after = calibration.confidence(kind, features | {raised: features[raised] + abs(data.draw(values))})
    assert 0.0 <= before <= after <= 1.0


@shipped
def test_what_is_shipped_was_fitted_to_the_calibration_batch_alone():
    calibration = read_calibration(CALIBRATION)
    names = calibration.provenance["data_sha256"]
    assert {name for name in names if not name.startswith("10B")} == {"out_of_field_calibrating.json"}
    assert set(calibration.families["spans"].lines) <= set(SPAN_FEATURES)
    assert set(calibration.families["sentences"].lines) <= set(SENTENCE_FEATURES)
    for kind in FAMILIES:
        precisions = [point.precision for point in calibration.curves[kind]]
        assert precisions == sorted(precisions)
        assert 0.0 < calibration.thresholds[kind] < 1.0


# fitting

QUICK = FitSettings(penalties=(1.0,))


def outcome(number, part, kind, right, strength):
    names = SPAN_FEATURES if FAMILIES[kind] == "spans" else SENTENCE_FEATURES
    features = dict.fromkeys(names, 0.0) | {"relevance": strength}
    return Outcome(
        str(number), part, "q", kind, kind, ("a",), "d", bool(right), bool(right), 0.5, features, {}, 1.0
    )  # fmt: skip


@pytest.fixture(scope="module")
def outcomes():
    """Questions whose one telling feature is drawn so that sigmoid(2 * feature) of the answers are right."""
    generator = np.random.default_rng(7)
    found = []
    for number in range(1200):
        kind = tuple(FAMILIES)[number % 4]
        part = ("answerable", "without_relevant", "out_of_field")[number % 3]
        strength = generator.normal(-0.5 if part != "answerable" else 0.5)
        right = generator.random() < 1 / (1 + math.exp(-2 * strength))
        found.append(outcome(number, part, kind, right, strength))
    return found


def test_fitting_finds_the_probability_that_made_the_cases(outcomes):
    fitted = fit_calibration(outcomes, {"reader": "r"}, {"data": 1, "index": {"documents": 9}}, QUICK)
    assert fitted.documents == 9
    for kind in FAMILIES:
        features = outcomes[0].features | outcomes[2].features
        for strength in (-1.0, 0.0, 1.0):
            expected = 1 / (1 + math.exp(-2 * strength))
            assert fitted.confidence(kind, features | {"relevance": strength}) == pytest.approx(expected, abs=0.12)
    figures = fitted.provenance["cross_validated"]
    assert figures["calibration_error"] < 0.05 < figures["calibration_error_by_hand"]
    for kind in FAMILIES:
        at_threshold = figures["at_threshold"][kind]
        assert at_threshold["right_kept"] == pytest.approx(0.85, abs=0.02)
        assert at_threshold["out_of_corpus_answered"] < at_threshold["answerable_answered"]
    assert fitted.provenance["data"] == 1
    assert fitted.models == {"reader": "r"}


def test_fitting_is_the_same_twice_and_survives_the_file(outcomes, tmp_path):
    fitted = fit_calibration(outcomes, {}, {}, QUICK)
    assert fit_calibration(outcomes, {}, {}, QUICK) == fitted
    write_calibration(fitted, tmp_path / "new" / "c.json")
    assert msgspec.json.encode(read_calibration(tmp_path / "new" / "c.json")) == msgspec.json.encode(fitted)


def test_curves_promise_what_cross_validation_found(outcomes):
    alike = {"answerable": 1.0, "without_relevant": 1.0, "out_of_field": 1.0}
    fitted = fit_calibration(outcomes, {}, {}, msgspec.structs.replace(QUICK, mix=alike))
    for kind in FAMILIES:
        points = fitted.curves[kind]
        assert points[0].answered == 1.0
        assert [point.answered for point in points] == sorted((point.answered for point in points), reverse=True)
        assert points[0].precision < 0.6 < 0.8 < points[-1].precision


def test_too_few_questions_are_refused(outcomes):
    with pytest.raises(UsageError, match="at least 25 right and 25 wrong are needed"):
        fit_calibration(outcomes[:80], {}, {})
