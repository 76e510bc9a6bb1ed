"""How far confidences can be trusted: calibration error, Brier score, and the risk of answering more questions.

A case is a confidence in [0, 1], whether the answer was right (0 or 1), and a weight (how many questions of the stated
mix it stands for). All functions take arrays of one length.
"""

from collections.abc import Sequence

import msgspec
import numpy as np
from numpy.typing import ArrayLike, NDArray

from corpora.errors import UsageError

BINS = 10

Array = NDArray[np.float64]


class Bin(msgspec.Struct, frozen=True):
    """The cases of like confidence: their mean confidence, the share of them that is right, their share of all."""

    confidence: float
    right: float
    share: float


class RiskPoint(msgspec.Struct, frozen=True):
    """Answering the surest `coverage` of the questions, from `confidence` on: `risk` is the share of wrong ones."""

    coverage: float
    confidence: float
    risk: float


def reliability(
    confidence: ArrayLike, right: ArrayLike, weights: ArrayLike | None = None, bins: int = BINS
) -> list[Bin]:
    """The reliability diagram: cases by rising confidence, cut into bins of equal mass (Nguyen and O'Connor 2015).

    Cases of one confidence stay together, so bins are equal only as far as ties let them.
    """
    sure, hits, mass = _cases(confidence, right, weights)
    order = np.argsort(sure, kind="stable")
    sure, hits, mass = sure[order], hits[order], mass[order]
    before = (np.cumsum(mass) - mass) / mass.sum()
    number = np.minimum((before * bins + 1e-9).astype(np.int64), bins - 1)
    _, first = np.unique(sure, return_index=True)
    number = np.repeat(number[first], np.diff([*first, len(sure)]))  # all of a tie go where its first one goes
    found = []
    for which in np.unique(number):
        inside = number == which
        total = mass[inside].sum()
        found.append(
            Bin(
                float((sure[inside] * mass[inside]).sum() / total),
                float((hits[inside] * mass[inside]).sum() / total),
                float(total / mass.sum()),
            )
        )
    return found


def calibration_error(
    confidence: ArrayLike, right: ArrayLike, weights: ArrayLike | None = None, bins: int = BINS
) -> float:
    """Expected calibration error: the mean over the bins of `reliability`, by their shares, of |confidence - right|."""
    return sum(part.share * abs(part.confidence - part.right) for part in reliability(confidence, right, weights, bins))


def brier(confidence: ArrayLike, right: ArrayLike, weights: ArrayLike | None = None) -> float:
    """The mean squared difference of confidence and outcome (Brier 1950): 0 is perfect, always 0.5 gives 0.25."""
    sure, hits, mass = _cases(confidence, right, weights)
    return float(((sure - hits) ** 2 * mass).sum() / mass.sum())


def risk_coverage(confidence: ArrayLike, right: ArrayLike, steps: int = 10) -> list[RiskPoint]:
    """The risk at coverages 1/steps, 2/steps ... 1 (El-Yaniv and Wiener 2010); of equal confidences the first ones."""
    sure, hits, _ = _cases(confidence, right, None)
    order = np.argsort(-sure, kind="stable")
    sure, wrong = sure[order], 1.0 - hits[order]
    points = []
    for step in range(1, steps + 1):
        taken = max(1, round(len(sure) * step / steps))
        points.append(RiskPoint(taken / len(sure), float(sure[taken - 1]), float(wrong[:taken].mean())))
    return points


def area_under_risk(confidence: ArrayLike, right: ArrayLike) -> float:
    """AURC: the mean risk over all coverages 1/n ... 1 (Geifman et al. 2019). Ties count as in any order."""
    sure, hits, _ = _cases(confidence, right, None)
    values, where = np.unique(-sure, return_inverse=True)
    share = np.bincount(where, weights=1.0 - hits, minlength=len(values)) / np.bincount(where, minlength=len(values))
    wrong = share[np.sort(where)]  # each tie at its expected risk
    return float((np.cumsum(wrong) / np.arange(1, len(wrong) + 1)).mean())


def _cases(confidence: ArrayLike, right: ArrayLike, weights: ArrayLike | None) -> tuple[Array, Array, Array]:
    sure = np.asarray(confidence, dtype=np.float64)
    hits = np.asarray(right, dtype=np.float64)
    mass = np.ones_like(sure) if weights is None else np.asarray(weights, dtype=np.float64)
    if not len(sure) or sure.shape != hits.shape or sure.shape != mass.shape:
        raise UsageError(
            f"calibration: {len(sure)} confidences, {len(hits)} outcomes and {len(mass)} weights do not fit"
        )
    if sure.min() < 0 or sure.max() > 1 or mass.min() < 0 or mass.sum() <= 0:
        raise UsageError("calibration: confidences must lie in [0, 1], weights must not be negative or all 0")
    return sure, hits, mass


def mixed_weights(parts: Sequence[str], mix: dict[str, float]) -> Array:
    """A weight for each case, so that the cases of each part together weigh what `mix` says; absent parts drop out."""
    counts = {part: parts.count(part) for part in dict.fromkeys(parts)}
    unknown = [part for part in counts if part not in mix]
    if unknown:
        raise UsageError(f"calibration: part {unknown[0]!r} is not in the mix of {', '.join(mix)}")
    return np.array([mix[part] / counts[part] for part in parts], dtype=np.float64)
