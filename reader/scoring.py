"""Bootstrap intervals for the scores of `reader.metrics`, computed from the predictions that the scores came from."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from reader.intervals import Interval, mean_interval, statistic_interval
from reader.metrics import (
    ReaderScores,
    exact_match_and_f1,
    first_right,
    precision_recall_f1,
    pubmedqa_scores,
    yesno_scores,
)

Intervals = dict[str, Interval]


def with_intervals(
    scores: ReaderScores,
    *,
    factoid: tuple[Mapping[str, Sequence[str]], Mapping[str, Sequence[str]]] | None = None,
    lists: tuple[Mapping[str, Sequence[str]], Mapping[str, Sequence[Sequence[str]]]] | None = None,
    yesno: tuple[Mapping[str, str], Mapping[str, str]] | None = None,
    span: tuple[Mapping[str, str], Mapping[str, Sequence[str]]] | None = None,
    three_classes: bool = False,
) -> ReaderScores:
    """The scores with 95 % intervals of each measure; each pair is (predictions, gold) by question id.

    Kinds without a score are left out. `three_classes` says that yes/no answers may be maybe (PubMedQA).
    """
    found: dict[str, Intervals] = {}
    if scores.factoid is not None and factoid is not None:
        found["factoid"] = _factoid(*factoid)
    if scores.lists is not None and lists is not None:
        found["list"] = _lists(*lists)
    if scores.yesno is not None and yesno is not None:
        found["yesno"] = _yesno(*yesno, pubmedqa_scores if three_classes else yesno_scores)
    if scores.span is not None and span is not None:
        found["span"] = _span(*span)
    return msgspec.structs.replace(scores, intervals=found)


def _factoid(predictions: Mapping[str, Sequence[str]], gold: Mapping[str, Sequence[str]]) -> Intervals:
    ranks = [first_right(predictions.get(question, ()), names) for question, names in gold.items()]
    return {
        "strict": mean_interval([float(rank == 1) for rank in ranks]),
        "lenient": mean_interval([float(rank > 0) for rank in ranks]),
        "mrr": mean_interval([1.0 / rank if rank else 0.0 for rank in ranks]),
    }


def _lists(predictions: Mapping[str, Sequence[str]], gold: Mapping[str, Sequence[Sequence[str]]]) -> Intervals:
    each = [precision_recall_f1(predictions.get(question, ()), items) for question, items in gold.items()]
    return {
        name: mean_interval(column)
        for name, column in zip(("precision", "recall", "f1"), zip(*each, strict=True), strict=True)
    }


def _yesno(
    predictions: Mapping[str, str],
    gold: Mapping[str, str],
    score: Callable[[Mapping[str, str], Mapping[str, str]], Any],
) -> Intervals:
    names = list(gold)

    def macro_f1(drawn: NDArray[np.int64]) -> float:
        picked = {str(number): names[place] for number, place in enumerate(drawn)}
        resampled = score(
            {number: predictions.get(name, "") for number, name in picked.items()},
            {number: gold[name] for number, name in picked.items()},
        )
        return float(resampled.macro_f1)

    right = [float(predictions.get(name, "").strip().lower() == gold[name].strip().lower()) for name in names]
    return {"accuracy": mean_interval(right), "macro_f1": statistic_interval(len(names), macro_f1)}


def _span(predictions: Mapping[str, str], gold: Mapping[str, Sequence[str]]) -> Intervals:
    each = [
        exact_match_and_f1(predictions[question], texts) if question in predictions else (0.0, 0.0)
        for question, texts in gold.items()
    ]
    return {"exact_match": mean_interval([one for one, _ in each]), "f1": mean_interval([other for _, other in each])}
