"""The recipe of ``reader/weights/confidence.json``: from what came of questions to calibrated confidence.

A generalised additive model (Hastie and Tibshirani 1986) over the features of the first answer, a family for answers of
spans and one for answers of sentences: each feature has a line that bends once, in the middle of its values, and never
falls. Isotonic regression over its held-out probabilities follows where that lowers both log loss and calibration
error. Everything that is stated or chosen (thresholds, curves, errors) comes from 10-fold cross-validation over
questions; a question stays in one fold with all of its parts. Which questions calibrate: `corpora.splits`.
"""

import hashlib
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from corpora.errors import UsageError
from corpora.questions import QuestionKind
from indexer.manifest import IndexManifest
from reader.calibration import area_under_risk, brier, calibration_error, mixed_weights
from reader.confidence import (
    CALIBRATION,
    FAMILIES,
    Calibration,
    ConfidenceSettings,
    CurvePoint,
    Family,
    interpolated,
)
from reader.features import SENTENCE_FEATURES, SPAN_FEATURES
from reader.outcomes import MIX, PARTS, Outcome
from reader.training.fitting import Array, as_line, fit_isotonic, fit_logistic, log_loss, make_segments, sigmoid

FOLDS = 10
FEATURES = {"spans": SPAN_FEATURES, "sentences": SENTENCE_FEATURES}
CLOSEST = 0.01
"""No confidence nearer to 0 or 1: a few hundred questions cannot show that."""


class FitSettings(msgspec.Struct, frozen=True):
    """What is tried and wanted.

    `penalties` are tried for the logistic regression; lines have so many `segments`. A threshold keeps the share `keep`
    of right answers to answerable questions. Curves are read at confidences that `fewest` questions or more reach.
    """

    penalties: tuple[float, ...] = (0.3, 1.0, 3.0, 10.0)
    segments: int = 2
    keep: float = 0.85
    fewest: int = 25
    mix: dict[str, float] = msgspec.field(default_factory=lambda: dict(MIX))


class _Cases(msgspec.Struct, frozen=True):
    """Outcomes as arrays: inputs are how far each segment of each line is gone along, and, last, one column for each
    kind but the first."""

    outcomes: list[Outcome]
    inputs: Array
    right: Array
    weights: Array
    folds: NDArray[np.int64]


class _Fitted(msgspec.Struct, frozen=True):
    """A family, and the probabilities that cross-validation gave its cases."""

    family: Family
    cases: _Cases
    held_out: Array
    report: dict[str, Any]


def fit_calibration(
    outcomes: Sequence[Outcome],
    models: Mapping[str, str],
    provenance: Mapping[str, Any],
    settings: FitSettings | None = None,
) -> Calibration:
    """Families, thresholds, curves, and in the provenance how well they do. UsageError for too few questions."""
    settings = settings or FitSettings()
    usable = [outcome for outcome in outcomes if outcome.right is not None]
    weights = mixed_weights([outcome.part for outcome in usable], settings.mix)
    weights *= len(weights) / weights.sum()
    fitted = {}
    for name in FEATURES:
        of_family = [
            number for number, outcome in enumerate(usable) if FAMILIES[outcome.shown_kind] == name and outcome.features
        ]
        fitted[name] = _fit_family(name, [usable[number] for number in of_family], weights[of_family], settings)
    thresholds: dict[str, float] = {}
    curves: dict[str, tuple[CurvePoint, ...]] = {}
    for kind, name in FAMILIES.items():
        thresholds[kind] = _threshold(fitted[name], kind, settings)
        curves[kind] = _curve(fitted[name], kind, settings)
    reports = {name: family.report for name, family in fitted.items()}
    return Calibration(
        models=dict(models),
        mix=settings.mix,
        families={name: family.family for name, family in fitted.items()},
        thresholds=thresholds,
        curves=curves,
        documents=provenance.get("index", {}).get("documents", 0),
        provenance={
            **provenance,
            "settings": msgspec.to_builtins(settings),
            "cross_validated": {**reports, **_overall(list(fitted.values()), thresholds, usable)},
        },
    )


def _fit_family(name: str, outcomes: list[Outcome], weights: Array, settings: FitSettings) -> _Fitted:
    right = np.array([bool(outcome.right) for outcome in outcomes], dtype=np.float64)
    if right.sum() < settings.fewest or (1 - right).sum() < settings.fewest:
        raise UsageError(
            f"calibration: {len(outcomes)} questions are answered with {name}, {int(right.sum())} of them right; at "
            f"least {settings.fewest} right and {settings.fewest} wrong are needed",
            remedy="Give more questions",
        )
    raw = np.array([[outcome.features[feature] for feature in FEATURES[name]] for outcome in outcomes])
    segments = [segment for column in raw.T for segment in make_segments(column, settings.segments)]
    kinds = [kind for kind, family in FAMILIES.items() if family == name]
    offsets = np.array([[outcome.shown_kind == kind for kind in kinds[1:]] for outcome in outcomes], dtype=np.float64)
    features = np.repeat(np.arange(raw.shape[1]), [len(make_segments(column, settings.segments)) for column in raw.T])
    columns = [segment.along(raw[:, feature]) for segment, feature in zip(segments, features, strict=True)]
    folds = np.array([_fold(outcome.question_id) for outcome in outcomes])
    cases = _Cases(outcomes, np.hstack([np.array(columns).T, offsets]), right, weights, folds)
    count = len(segments)
    penalty = min(settings.penalties, key=lambda penalty: log_loss(_held_out(cases, count, penalty), right, weights))
    plain = _held_out(cases, count, penalty)
    stepped = _held_out_steps(cases, plain)
    helps = log_loss(stepped, right, weights) < log_loss(plain, right, weights) and calibration_error(
        stepped, right, weights
    ) < calibration_error(plain, right, weights)
    coefficients, bias = _logistic(cases, np.ones(len(right), dtype=bool), count, penalty)
    lines = {
        feature: as_line(
            [(segments[place], float(coefficients[place])) for place in np.flatnonzero(features == number)]
        )
        for number, feature in enumerate(FEATURES[name])
    }
    family = Family(
        bias=round(bias, 5),
        kinds={kind: round(float(value), 5) for kind, value in zip(kinds[1:], coefficients[count:], strict=True)},
        lines={feature: line for feature, line in lines.items() if line},
        steps=_steps(plain, right, weights) if helps else (),
    )
    held_out = np.clip(stepped if helps else plain, CLOSEST, 1 - CLOSEST)
    report = {
        "penalty": penalty,
        "isotonic": bool(helps),
        "log_loss": round(log_loss(held_out, right, weights), 4),
        "log_loss_without_isotonic": round(log_loss(plain, right, weights), 4),
        "log_loss_with_isotonic": round(log_loss(stepped, right, weights), 4),
        "calibration_error_without_isotonic": round(calibration_error(plain, right, weights), 4),
        "calibration_error_with_isotonic": round(calibration_error(stepped, right, weights), 4),
    }
    return _Fitted(family, cases, held_out, report)


def _logistic(cases: _Cases, chosen: NDArray[np.bool_], segments: int, penalty: float) -> tuple[Array, float]:
    """No segment may fall; what the kinds add is free."""
    signed = np.arange(cases.inputs.shape[1]) < segments
    return fit_logistic(
        cases.inputs[chosen], cases.right[chosen], cases.weights[chosen], penalty=penalty, non_negative=signed
    )


def _held_out(cases: _Cases, segments: int, penalty: float) -> Array:
    """Each case's probability by a regression over the other folds."""
    found = np.zeros(len(cases.right))
    for fold in range(FOLDS):
        inside = cases.folds == fold
        coefficients, bias = _logistic(cases, ~inside, segments, penalty)
        found[inside] = sigmoid(cases.inputs[inside] @ coefficients + bias)
    return found


def _held_out_steps(cases: _Cases, plain: Array) -> Array:
    """Each case's held-out probability, mapped by steps that were fitted to those of the other folds."""
    found = np.zeros(len(plain))
    for fold in range(FOLDS):
        inside = cases.folds == fold
        steps = _steps(plain[~inside], cases.right[~inside], cases.weights[~inside])
        found[inside] = [interpolated(steps, value) for value in plain[inside]]
    return found


def _steps(values: Array, right: Array, weights: Array) -> tuple[tuple[float, float], ...]:
    return tuple(
        (round(value, 5), round(min(1 - CLOSEST, max(CLOSEST, outcome)), 5))
        for value, outcome in fit_isotonic(values, right, weights)
    )


def _of_kind(fitted: _Fitted, kind: QuestionKind, part: str = "") -> NDArray[np.bool_]:
    return np.array(
        [outcome.shown_kind == kind and part in ("", outcome.part) for outcome in fitted.cases.outcomes], dtype=bool
    )


def _threshold(fitted: _Fitted, kind: QuestionKind, settings: FitSettings) -> float:
    """The highest confidence that keeps the wanted share of right answers; of the whole family where a kind is rare."""
    right = fitted.cases.right > 0
    answerable = np.array([outcome.part == "answerable" for outcome in fitted.cases.outcomes]) & right
    of_kind = answerable & _of_kind(fitted, kind)
    kept = np.sort(fitted.held_out[of_kind if of_kind.sum() >= settings.fewest else answerable])[::-1]
    if not len(kept):
        return 0.0
    return math.floor(float(kept[math.ceil(settings.keep * len(kept)) - 1]) * 10_000) / 10_000


def _curve(fitted: _Fitted, kind: QuestionKind, settings: FitSettings) -> tuple[CurvePoint, ...]:
    """Precision at rising confidences over the mix, made non-decreasing as a probability's is."""
    chosen = _of_kind(fitted, kind)
    order = np.argsort(-fitted.held_out[chosen], kind="stable")
    sure = fitted.held_out[chosen][order]
    right, weights = fitted.cases.right[chosen][order], fitted.cases.weights[chosen][order]
    if len(sure) < settings.fewest:
        return ()
    answered = np.cumsum(weights)
    precision = np.cumsum(right * weights) / answered
    places = np.unique(np.linspace(settings.fewest - 1, len(sure) - 1, 20).astype(int))
    last = [int(np.searchsorted(-sure, -sure[place], side="right")) - 1 for place in places]  # all of a tie
    places = np.unique(np.array(last))[::-1]
    levels = fit_isotonic(sure[places], precision[places], answered[places])
    points = {
        math.floor(float(sure[place]) * 10_000) / 10_000: CurvePoint(
            confidence=math.floor(float(sure[place]) * 10_000) / 10_000,
            answered=round(float(answered[place] / answered[-1]), 4),
            precision=round(interpolated(levels, float(sure[place])), 4),
        )
        for place in places
    }
    return tuple(points[confidence] for confidence in sorted(points))


def _overall(fitted: Sequence[_Fitted], thresholds: Mapping[str, float], usable: Sequence[Outcome]) -> dict[str, Any]:
    """Cross-validated figures over both families, and by the kind that the system told."""
    outcomes = [outcome for family in fitted for outcome in family.cases.outcomes]
    sure = np.concatenate([family.held_out for family in fitted])
    right = np.concatenate([family.cases.right for family in fitted])
    weights = np.concatenate([family.cases.weights for family in fitted])
    by_hand = np.array([ConfidenceSettings().confidence(outcome.shown_kind, outcome.features) for outcome in outcomes])
    answerable = np.array([outcome.part == "answerable" for outcome in outcomes])
    kinds = {kind: _at_threshold(outcomes, sure, right, thresholds, kind) for kind in FAMILIES}
    return {
        "questions": len(usable),
        "calibration_error": round(calibration_error(sure, right, weights), 4),
        "calibration_error_answerable": round(calibration_error(sure[answerable], right[answerable]), 4),
        "calibration_error_by_hand": round(calibration_error(by_hand, right, weights), 4),
        "brier": round(brier(sure, right, weights), 4),
        "brier_by_hand": round(brier(by_hand, right, weights), 4),
        "area_under_risk_answerable": round(area_under_risk(sure[answerable], right[answerable]), 4),
        "at_threshold": {"all": _at_threshold(outcomes, sure, right, thresholds), **kinds},
    }


def _at_threshold(
    outcomes: Sequence[Outcome], sure: Array, right: Array, thresholds: Mapping[str, float], kind: str = ""
) -> dict[str, Any]:
    """What the thresholds keep, drop and let through."""
    answered = np.array(
        [value >= thresholds[outcome.shown_kind] for value, outcome in zip(sure, outcomes, strict=True)]
    )
    chosen = np.array([kind in ("", outcome.shown_kind) for outcome in outcomes])
    part = {
        name: chosen & np.array([outcome.part == name for outcome in outcomes])
        for name in ("answerable", "without_relevant", "out_of_field")
    }
    outside = part["without_relevant"] | part["out_of_field"]

    def share(of: NDArray[np.bool_], among: NDArray[np.bool_]) -> float | None:
        return round(float((of & among).sum() / among.sum()), 4) if among.any() else None

    return {
        "questions": {name: int(inside.sum()) for name, inside in part.items()},
        "right_kept": share(answered, part["answerable"] & (right > 0)),
        "answerable_answered": share(answered, part["answerable"]),
        "precision": share(right > 0, part["answerable"] & answered),
        "without_relevant_answered": share(answered, part["without_relevant"]),
        "without_relevant_answered_wrong": share(answered & (right == 0), part["without_relevant"]),
        "out_of_field_answered": share(answered, part["out_of_field"]),
        "out_of_corpus_answered": share(answered, outside),
        "out_of_corpus_answered_wrong": share(answered & (right == 0), outside),
    }


def _fold(question_id: str) -> int:
    return int.from_bytes(hashlib.sha256(question_id.encode()).digest()[:8]) % FOLDS


def calibration_provenance(
    manifest: IndexManifest, files: Sequence[Path], outcomes: Sequence[Outcome]
) -> dict[str, Any]:
    """From what a calibration was made: data, index, counts, and which shipped weights had seen some of the data."""
    hashes = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in files}
    parts = [outcome.part for outcome in outcomes]
    return {
        "data_sha256": hashes,
        "index": {
            "index_id": manifest.index_id,
            "documents": manifest.documents,
            "sources_sha256": [source.sha256 for source in manifest.sources],
        },
        "counts": {part: parts.count(part) for part in PARTS},
        "trained_on_these_files": _trained_on(set(hashes.values())),
    }


def _trained_on(hashes: set[str]) -> list[str]:
    """The shipped weights whose record names one of these hashes."""
    root = Path(__file__).parents[2]
    records = (
        path for package in ("indexer", "retriever", "reader") for path in (root / package).glob("**/weights/*.json")
    )
    return [
        path.stem
        for path in sorted(records)
        if path.name != CALIBRATION.name and any(value in path.read_text("utf-8") for value in hashes)
    ]


def write_calibration(calibration: Calibration, path: Path) -> None:
    """As ``reader/weights/confidence.json`` is written: one JSON document, readable."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(msgspec.json.format(msgspec.json.encode(calibration), indent=1) + b"\n")
