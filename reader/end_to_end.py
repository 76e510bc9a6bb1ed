"""Measuring answers end to end: each question is asked of an index, as `biocite ask` does, and compared with experts'.

What "right" means for each kind is said at `reader.outcomes.is_right`. Scores of BioASQ's measures are over all
questions, answered or not, so that they compare with those of systems that always answer: what an abstention would have
shown counts. Precision is over the questions that were answered.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from corpora.errors import UsageError
from corpora.questions import QuestionKind
from reader.ask import Asker
from reader.calibration import (
    Bin,
    RiskPoint,
    area_under_risk,
    brier,
    calibration_error,
    mixed_weights,
    reliability,
    risk_coverage,
)
from reader.confidence import FAMILIES
from reader.intervals import Estimate, estimate, statistic_interval
from reader.metrics import ReaderScores, factoid_scores, list_scores, yesno_scores
from reader.outcomes import MIX, PARTS, AskedQuestion, Outcome, Tick, collect, evaluating
from reader.question_groups import GROUPS, question_groups
from reader.scoring import with_intervals
from reader.verdict import decide


class KindReport(msgspec.Struct, frozen=True):
    """Answerable questions of one of the experts' kinds.

    `kind_told` is the share whose kind the system told right; `answered` the share above the threshold; `precision` of
    those the share right; `cites_judged` of those the share whose first quotation is from a document that experts
    judged relevant; `right` the share right if all were answered; `right_kept` of the right ones the share answered.
    """

    kind_told: Estimate | None
    answered: Estimate | None
    precision: Estimate | None
    cites_judged: Estimate | None
    right: Estimate | None
    right_kept: Estimate | None
    area_under_risk: float | None
    risk_coverage: list[RiskPoint]


class PartReport(msgspec.Struct, frozen=True):
    """Questions that should not be answered: the share that was, by kind as told, and the share answered and right."""

    answered: Estimate | None
    answered_right: Estimate | None
    by_kind: dict[str, Estimate]


class CalibrationReport(msgspec.Struct, frozen=True):
    """How far confidences are the share of right answers (`reader.calibration`), with the reliability diagram."""

    calibration_error: float
    calibration_error_interval: tuple[float, float]
    brier: float
    n: int
    bins: list[Bin]


class GroupReport(msgspec.Struct, frozen=True):
    """Answerable questions that mention a group of people, or none."""

    answered: Estimate | None
    right: Estimate | None


class AnswersReport(msgspec.Struct, frozen=True):
    """What `biocite evaluate answers` prints. Intervals are 95 % bootstrap intervals over the questions.

    `calibration` is over each part and, as ``mix``, over the shares of parts that `mix` states.
    """

    scores: ReaderScores
    kinds: dict[str, KindReport]
    unanswerable: dict[str, PartReport]
    calibration: dict[str, CalibrationReport]
    mix: dict[str, float]
    groups: dict[str, GroupReport]
    thresholds: dict[str, float]
    median_ms: float
    p95_ms: float
    gold_kinds: bool
    index_id: str
    models: dict[str, Any]


def evaluate_answers(
    asker: Asker,
    asked: Sequence[AskedQuestion],
    *,
    gold_kinds: bool = False,
    keep: Path | None = None,
    tick: Tick | None = None,
) -> AnswersReport:
    """Ask all, and measure; `keep` as for `reader.outcomes.collect`. UsageError where no question is answerable."""
    if not any(question.part == "answerable" for question in asked):
        raise UsageError("evaluation: there is no question with expert answers", remedy="Give BioASQ golden files")
    found = collect(evaluating(asker), asked, keep, tick, gold_kinds=gold_kinds)
    gold = {question.question_id: question.answers for question in asked if question.part == "answerable"}
    thresholds: dict[str, float] = {kind: asker.threshold(kind) for kind in FAMILIES}
    spent = [outcome.milliseconds for outcome in found]
    comparable = [outcome for outcome in found if outcome.right is not None]
    answerable = [outcome for outcome in comparable if outcome.part == "answerable"]
    everything = [outcome for outcome in found if outcome.part == "answerable"]
    return AnswersReport(
        scores=_scores(everything, gold),
        kinds={
            kind: _kind_report([outcome for outcome in answerable if kind in ("all", outcome.kind)], thresholds)
            for kind in ("all", *FAMILIES)
        },
        unanswerable={
            part: _part_report([outcome for outcome in found if outcome.part == part], thresholds)
            for part in PARTS[1:]
            if any(outcome.part == part for outcome in found)
        },
        calibration=_calibration(comparable),
        mix=MIX,
        groups=_groups(answerable, thresholds),
        thresholds=thresholds,
        median_ms=round(float(np.median(spent)), 1),
        p95_ms=round(float(np.quantile(spent, 0.95)), 1),
        gold_kinds=gold_kinds,
        index_id=asker.retriever.index.manifest.index_id,
        models=asker.model_names() | {"calibrated": asker.calibration is not None},
    )


def _scores(found: Sequence[Outcome], gold: Mapping[str, Sequence[Sequence[str]]]) -> ReaderScores:
    """BioASQ's measures of the kinds that have exact answers; yes/no where there is a model for verdicts."""

    def of(kind: QuestionKind) -> dict[str, Outcome]:
        return {outcome.question_id: outcome for outcome in found if outcome.kind == kind and gold[outcome.question_id]}

    factoids = {name: outcome.texts for name, outcome in of("factoid").items()}
    lists = {name: outcome.texts for name, outcome in of("list").items()}
    verdicts = {
        name: decide(outcome.probabilities, ("yes", "no")) if outcome.probabilities else ""
        for name, outcome in of("yesno").items()
    }
    yesno_gold = {name: gold[name][0][0] for name in verdicts}
    scores = ReaderScores(
        factoid=factoid_scores(factoids, {name: gold[name][0] for name in factoids}) if factoids else None,
        lists=list_scores(lists, {name: gold[name] for name in lists}) if lists else None,
        yesno=yesno_scores(verdicts, yesno_gold) if any(verdicts.values()) else None,
    )
    return with_intervals(
        scores,
        factoid=(factoids, {name: gold[name][0] for name in factoids}),
        lists=(lists, {name: gold[name] for name in lists}),
        yesno=(verdicts, yesno_gold),
    )


def _answered(outcome: Outcome, thresholds: Mapping[str, float]) -> bool:
    return bool(outcome.texts) and outcome.confidence >= thresholds[outcome.shown_kind]


def _kind_report(found: Sequence[Outcome], thresholds: Mapping[str, float]) -> KindReport:
    given = [outcome for outcome in found if _answered(outcome, thresholds)]
    confidence, right = _sure_and_right(found)
    return KindReport(
        kind_told=estimate([outcome.kind == outcome.shown_kind for outcome in found]),
        answered=estimate([_answered(outcome, thresholds) for outcome in found]),
        precision=estimate([bool(outcome.right) for outcome in given]),
        cites_judged=estimate([outcome.judged for outcome in given]),
        right=estimate([bool(outcome.right) for outcome in found]),
        right_kept=estimate([_answered(outcome, thresholds) for outcome in found if outcome.right]),
        area_under_risk=round(area_under_risk(confidence, right), 4) if found else None,
        risk_coverage=risk_coverage(confidence, right) if found else [],
    )


def _part_report(found: Sequence[Outcome], thresholds: Mapping[str, float]) -> PartReport:
    by_kind = {
        kind: estimate([_answered(outcome, thresholds) for outcome in found if outcome.shown_kind == kind])
        for kind in FAMILIES
    }
    return PartReport(
        answered=estimate([_answered(outcome, thresholds) for outcome in found]),
        answered_right=estimate([_answered(outcome, thresholds) and bool(outcome.right) for outcome in found]),
        by_kind={kind: value for kind, value in by_kind.items() if value is not None},
    )


def _calibration(found: Sequence[Outcome]) -> dict[str, CalibrationReport]:
    parts = {part: [outcome for outcome in found if outcome.part == part] for part in PARTS}
    present = {part: members for part, members in parts.items() if members}
    reports: dict[str, CalibrationReport] = {
        part: _calibration_report(members, np.ones(len(members))) for part, members in present.items()
    }
    if len(present) > 1:
        reports["mix"] = _calibration_report(found, mixed_weights([outcome.part for outcome in found], MIX))
    return reports


def _calibration_report(found: Sequence[Outcome], weights: NDArray[np.float64]) -> CalibrationReport:
    confidence, right = _sure_and_right(found)

    def error(drawn: NDArray[np.int64]) -> float:
        return calibration_error(confidence[drawn], right[drawn], weights[drawn])

    return CalibrationReport(
        calibration_error=round(calibration_error(confidence, right, weights), 4),
        calibration_error_interval=statistic_interval(len(found), error),
        brier=round(brier(confidence, right, weights), 4),
        n=len(found),
        bins=reliability(confidence, right, weights),
    )


def _groups(found: Sequence[Outcome], thresholds: Mapping[str, float]) -> dict[str, GroupReport]:
    members: dict[str, list[Outcome]] = {name: [] for name in (*GROUPS, "any", "none")}
    for outcome in found:
        mentioned = question_groups(outcome.text)
        for name in (*sorted(mentioned), "any" if mentioned else "none"):
            members[name].append(outcome)
    return {
        name: GroupReport(
            answered=estimate([_answered(outcome, thresholds) for outcome in those]),
            right=estimate([bool(outcome.right) for outcome in those]),
        )
        for name, those in members.items()
    }


def _sure_and_right(found: Sequence[Outcome]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    return (
        np.array([outcome.confidence for outcome in found], dtype=np.float64),
        np.array([bool(outcome.right) for outcome in found], dtype=np.float64),
    )
