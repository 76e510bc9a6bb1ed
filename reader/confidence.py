"""How sure an answer is, and below which confidence none is given.

A confidence is calibrated where the models are those that it was calibrated with: it is then the probability that the
first answer is right, over the mix of questions with and without an answer that ``reader/weights/confidence.json``
states. With other models, or in an index that is much smaller than the one it was calibrated in, it is a hand-set
measure, and the answer says so (`models.calibrated`).
"""

import math
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import msgspec

from corpora.errors import ModelError, UsageError
from corpora.questions import QuestionKind
from reader.features import Features

SMALLEST_SHARE = 0.1
"""In a small index an answer is said once, in other words than the question's: calibrated elsewhere, nothing is sure.

Measured on the sample corpus of 108 documents: 4 of 20 factoid questions answered instead of 19.
"""

CALIBRATION = Path(__file__).parent / "weights" / "confidence.json"

FAMILIES: dict[QuestionKind, str] = {
    "factoid": "spans",
    "list": "spans",
    "yesno": "sentences",
    "summary": "sentences",
}
"""Kind -> the family that is calibrated together with it: answers of both are made alike."""


class ConfidenceSettings(msgspec.Struct, frozen=True):
    """Hand-set logistic weights, for models that nothing was calibrated with. Below `threshold` nothing is answered.

    Set on the sample corpus's questions, answerable and not. The reader alone cannot be trusted here: a passage on the
    like of what was asked (cystic fibrosis for Wilson disease) makes it answer with full conviction.
    """

    threshold: float = 0.37
    span_weight: float = 2.0
    relevance_weight: float = 10.0
    coverage_weight: float = 3.0
    span_bias: float = -8.2
    sentence_weight: float = 9.0
    sentence_coverage_weight: float = 5.0
    sentence_bias: float = -7.8

    def confidence(self, kind: QuestionKind, features: Features) -> float:
        """From what the reader and the retriever say, monotone in each."""
        if FAMILIES[kind] == "sentences":
            evidence = self.sentence_weight * features["similarity"] + self.sentence_bias
            return _logistic(evidence + self.sentence_coverage_weight * features["coverage"])
        best = _sigmoid(features["probability"])
        support = min(1.0, math.expm1(features["support"]) / 2)
        evidence = self.span_weight * max(best, support) + self.relevance_weight * features["relevance"]
        return _logistic(evidence + self.coverage_weight * features["coverage"] + self.span_bias)


Line = tuple[tuple[float, float], ...]
"""(from, to) pairs, neither falling: what lies between two of them is interpolated, what lies outside is level."""


class Family(msgspec.Struct, frozen=True):
    """An additive logistic model: each feature adds log-odds along its line, so none can make an answer less sure.

    `kinds` holds what is added for each kind of question. `steps` maps the probability that comes of it to the one that
    was found; without any it is left as it is.
    """

    bias: float
    kinds: dict[str, float]
    lines: dict[str, Line]
    steps: Line = ()

    def probability(self, kind: str, features: Mapping[str, float]) -> float:
        """In [0, 1]; a feature farther out than any seen counts as the outermost."""
        value = self.bias + self.kinds.get(kind, 0.0)
        value += sum(interpolated(line, features[name]) for name, line in self.lines.items())
        return interpolated(self.steps, _sigmoid(value))


class CurvePoint(msgspec.Struct, frozen=True):
    """Answering at this confidence and above: the share of questions answered, and of those the share right."""

    confidence: float
    answered: float
    precision: float


class Calibration(msgspec.Struct, frozen=True):
    """What confidences are computed with, and what they promise: ``reader/weights/confidence.json``.

    `models` names the models that all of it was measured with and holds for, `documents` says how many documents the
    index held: what scores mean depends on both. `mix` is the share of each part of the
    questions that probabilities and curves are meant over. `provenance` says from what and how well.
    """

    models: dict[str, str]
    mix: dict[str, float]
    families: dict[str, Family]
    thresholds: dict[str, float]
    curves: dict[str, tuple[CurvePoint, ...]]
    provenance: dict[str, Any]
    documents: int = 0

    def holds_for(self, models: Mapping[str, str], documents: int) -> bool:
        """Whether these are its models, and the index has at least a tenth of the documents."""
        return dict(models) == self.models and documents >= self.documents * SMALLEST_SHARE

    def confidence(self, kind: QuestionKind, features: Features) -> float:
        """The probability that an answer with these features is right."""
        return round(self.families[FAMILIES[kind]].probability(kind, features), 4)

    def promising(self, kind: QuestionKind, precision: float) -> float | None:
        """The confidence from which on the curve promises this precision; None where it never does."""
        lowest = None
        for point in sorted(self.curves.get(kind, ()), key=lambda point: -point.confidence):
            if point.precision < precision:
                break
            lowest = point.confidence
        return lowest

    def highest_promise(self, kind: QuestionKind) -> float:
        """The highest precision that `promising` finds a confidence for; 0 without a curve."""
        points = self.curves.get(kind, ())
        return max(points, key=lambda point: point.confidence).precision if points else 0.0


def check_precision(precision: float | None) -> None:
    """UsageError for a precision that is no share above 0."""
    if precision is not None and not 0.0 < precision <= 1.0:
        raise UsageError(f"min precision is {precision}, expected above 0 and up to 1", remedy="Give one such as 0.8")


def read_calibration(path: Path) -> Calibration:
    """The calibration in a file; ModelError where it cannot be read."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=Calibration)
    except (OSError, msgspec.MsgspecError, UnicodeError) as error:
        raise ModelError(f"{path}: the calibration cannot be read ({error})", remedy="Reinstall biocite") from error


@lru_cache(maxsize=1)
def shipped_calibration() -> Calibration | None:
    """The calibration that is shipped, read once; None where none is."""
    return read_calibration(CALIBRATION) if CALIBRATION.is_file() else None


def interpolated(line: Sequence[tuple[float, float]], value: float) -> float:
    """`value` mapped along the line, level before its beginning and after its end; unchanged without one."""
    if not line:
        return value
    place = bisect_left(line, (value, -math.inf))
    if place == 0:
        return line[0][1]
    if place == len(line):
        return line[-1][1]
    (left, low), (right, high) = line[place - 1], line[place]
    return low + (high - low) * (value - left) / (right - left)


def _sigmoid(value: float) -> float:
    if value >= 0:
        return 1.0 / (1.0 + math.exp(-value))
    return math.exp(value) / (1.0 + math.exp(value))


def _logistic(value: float) -> float:
    return round(_sigmoid(value), 4)
