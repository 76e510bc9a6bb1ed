"""Fusing the ranked lists of several engines into one.

A ranking is a sequence of (passage key, score), higher scores better; its order does not matter, ranks are taken from
the scores, ties from the lower key. Each function is pure and gives (key, score) by falling score, then rising key.
The same lists always give bit for bit the same scores, in whatever order the engines are named.

| name      | function           | scores             | source                                              |
|-----------|--------------------|--------------------|-----------------------------------------------------|
| `min-max` | `min_max_weighted` | [0, 1]             | weighted CombSUM of min-max scores, Lee, SIGIR 1997 |
| `rrf`     | `reciprocal_rank`  | (0, engines/(k+1)] | Cormack, Clarke and Büttcher, SIGIR 2009            |
"""

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence

from corpora.errors import UsageError

Ranking = Sequence[tuple[int, float]]
Rankings = Mapping[str, Ranking]
Fused = list[tuple[int, float]]


def min_max_weighted(rankings: Rankings, weights: Mapping[str, float]) -> Fused:
    """The weighted mean of the engines' scores, each list first brought to [0, 1] by (score - min) / (max - min).

    `weights` names the same engines as `rankings`; they are not negative and need not sum to 1. What follows:

    - a passage that an engine did not return gets 0 from it, and so does the last of its list: engines should be asked
      for more candidates than are kept, so that the last one is as good as not found;
    - where all scores of a list are equal, and so in a list of one, each is 1: min-max says nothing there, and being
      found has to count for more than not being found;
    - an empty list gives 0 to all, and its weight still counts: 1 always means first in every engine.

    Raises UsageError for no rankings, weights of other engines, below 0, infinite or all 0, a passage twice in a list,
    and scores that are not finite.
    """
    total = _total_weight(rankings, weights)
    sums: dict[int, float] = {}
    for engine in sorted(rankings):  # a fixed order: floating-point sums depend on it
        weight = weights[engine]
        for key, score in _min_max(engine, rankings[engine]):
            sums[key] = sums.get(key, 0.0) + weight * score
    # Rounding is monotone and both sums run in the same order, so no quotient can exceed 1.
    return _ranked({key: score / total for key, score in sums.items()})


def reciprocal_rank(rankings: Rankings, k: int = 60) -> Fused:
    """The sum over the engines of 1 / (k + rank), ranks from 1; an engine that did not return a passage adds nothing.

    k = 60 is the value of the paper. Raises UsageError for no rankings, k below 0, a passage twice in a list, and
    scores that are not finite.
    """
    if k < 0:
        raise UsageError(f"reciprocal rank fusion: k = {k} is impossible: k >= 0 is needed")
    _require_rankings(rankings)
    sums: dict[int, float] = {}
    for engine in sorted(rankings):
        scores = _scores(engine, rankings[engine])
        for rank, (key, _) in enumerate(_ranked(scores), start=1):
            sums[key] = sums.get(key, 0.0) + 1.0 / (k + rank)
    return _ranked(sums)


def _reciprocal_rank_of_equals(rankings: Rankings, weights: Mapping[str, float]) -> Fused:
    """Reciprocal rank fusion for a caller that has weights: they are checked, but the method treats engines alike."""
    _total_weight(rankings, weights)
    return reciprocal_rank(rankings)


FUSIONS: Mapping[str, Callable[[Rankings, Mapping[str, float]], Fused]] = {
    "min-max": min_max_weighted,
    "rrf": _reciprocal_rank_of_equals,
}
"""Fusion methods by the name they have in settings and on the command line. `rrf` takes weights but ignores them."""


def fuse(method: str, rankings: Rankings, weights: Mapping[str, float]) -> Fused:
    """Fuse by the method of that name in `FUSIONS`; UsageError where there is none."""
    if method not in FUSIONS:
        raise UsageError(f"fusion {method!r} is unknown: expected one of {', '.join(FUSIONS)}")
    return FUSIONS[method](rankings, weights)


def _min_max(engine: str, ranking: Ranking) -> list[tuple[int, float]]:
    scores = _scores(engine, ranking)
    if not scores:
        return []
    low, high = min(scores.values()), max(scores.values())
    span = high - low
    if span == 0.0:
        return [(key, 1.0) for key in scores]
    if math.isinf(span):
        raise UsageError(f"fusion: the scores of engine {engine!r} lie too far apart to compare: {low} to {high}")
    return [(key, (score - low) / span) for key, score in scores.items()]


def _scores(engine: str, ranking: Ranking) -> dict[int, float]:
    """The ranking as a mapping, having checked that this loses nothing."""
    scores = dict(ranking)
    if len(scores) != len(ranking):
        twice = Counter(key for key, _ in ranking).most_common(1)[0][0]
        raise UsageError(f"fusion: engine {engine!r} returned passage {twice} twice")
    if not all(map(math.isfinite, scores.values())):
        key = next(key for key, score in scores.items() if not math.isfinite(score))
        raise UsageError(
            f"fusion: engine {engine!r} gave passage {key} the score {scores[key]}: a finite one is needed"
        )
    return scores


def _total_weight(rankings: Rankings, weights: Mapping[str, float]) -> float:
    _require_rankings(rankings)
    if sorted(weights) != sorted(rankings):
        raise UsageError(f"fusion: weights for {_names(weights)} do not fit rankings of {_names(rankings)}")
    for engine in sorted(weights):
        if not 0.0 <= weights[engine] < math.inf:
            raise UsageError(f"fusion: weight {weights[engine]} of {engine!r} is impossible: 0 or more is needed")
    total = 0.0
    for engine in sorted(weights):
        total += weights[engine]
    if not 0.0 < total < math.inf:
        raise UsageError(f"fusion: the weights sum to {total}: at least one above 0 and a finite sum are needed")
    return total


def _require_rankings(rankings: Rankings) -> None:
    if not rankings:
        raise UsageError("fusion: no rankings were given: at least one engine is needed")


def _names(engines: Mapping[str, object]) -> str:
    return ", ".join(map(repr, sorted(engines))) or "no engine"


def _ranked(scores: Mapping[int, float]) -> Fused:
    return sorted(scores.items(), key=lambda item: (-item[1], item[0]))
