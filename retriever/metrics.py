"""Measures of a run against judgements, computed by ir-measures (MacAvaney et al., ECIR 2022) over trec_eval.

Measures are named as there: ``nDCG@10`` (log2 discount, gain = grade), ``R@100`` (share of the relevant documents),
``RR@10`` (1 / rank of the first relevant one, 0 below 10). Relevant is grade 1 or more. Averages are over all judged
queries: one without results counts 0, as does one whose judgements are all 0; queries nobody judged are left out.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from corpora.errors import UsageError
from corpora.records import Qrels
from retriever.runs import Run, require_ranked

MEASURES = ("nDCG@10", "R@100", "RR@10")

PerQuery = dict[str, dict[str, float]]
"""Measure -> query id -> value."""

_DRAWS_AT_ONCE = 2_000_000  # bounds the bootstrap's memory to some 16 MB of indices at a time


def evaluate(run: Run, qrels: Qrels, measures: Sequence[str] = MEASURES) -> dict[str, float]:
    """Measure -> its mean over all judged queries. Raises as `evaluate_queries` does."""
    return means(evaluate_queries(run, qrels, measures))


def evaluate_queries(run: Run, qrels: Qrels, measures: Sequence[str] = MEASURES) -> PerQuery:
    """Measure -> judged query, in the order of the qrels -> value.

    Raises UsageError for no judgements, a measure that ir-measures does not have, a run that is not ranked, and a run
    of which no query is judged: its ids are then those of another set.
    """
    require_ranked(run)
    if not qrels:
        raise UsageError("evaluation: there are no judgements")
    if run and not any(query_id in qrels for query_id in run):
        raise UsageError(
            f"evaluation: none of the run's {len(run)} queries (such as {next(iter(run))!r}) is among the "
            f"{len(qrels)} judged ones (such as {next(iter(qrels))!r})",
            remedy="Give the run and the judgements of the same set of queries",
        )
    named = _measures(measures)
    values: PerQuery = {name: {} for name in named.values()}
    for metric in _calculator(list(named), qrels).iter_calc(_by_rank(run)):
        values[named[metric.measure]][metric.query_id] = float(metric.value)
    return {name: {query_id: values[name][query_id] for query_id in qrels} for name in measures}


def means(values: PerQuery) -> dict[str, float]:
    """Measure -> mean over its queries."""
    return {name: float(np.mean(list(of_queries.values()))) for name, of_queries in values.items()}


def unjudged_queries(run: Run, qrels: Qrels) -> list[str]:
    """The run's queries that evaluation leaves out because nobody judged them, in the run's order."""
    return [query_id for query_id in run if query_id not in qrels]


def confidence_intervals(
    values: PerQuery, *, level: float = 0.95, resamples: int = 10_000, seed: int = 0
) -> dict[str, tuple[float, float]]:
    """Measure -> (low, high) of its mean: percentile bootstrap over the queries (Efron and Tibshirani 1993, ch. 13).

    The same seed gives the same intervals. They say how far the mean may move with other queries of the same kind.
    Raises UsageError for a level outside (0, 1), less than 1 resample, and a measure without queries.
    """
    if not 0.0 < level < 1.0 or resamples < 1:
        raise UsageError(f"bootstrap: level {level} must be between 0 and 1 and resamples {resamples} at least 1")
    tails = [(1.0 - level) / 2.0, (1.0 + level) / 2.0]
    intervals = {}
    for name, of_queries in values.items():
        if not of_queries:
            raise UsageError(f"bootstrap: measure {name!r} has no query")
        low, high = np.quantile(_resampled_means(list(of_queries.values()), resamples, seed), tails)
        intervals[name] = (float(low), float(high))
    return intervals


def _resampled_means(values: Sequence[float], resamples: int, seed: int) -> np.ndarray[Any, np.dtype[np.float64]]:
    sample, count = np.asarray(values, dtype=np.float64), len(values)
    generator = np.random.default_rng(seed)
    rows = max(1, _DRAWS_AT_ONCE // count)
    parts = [
        sample[generator.integers(0, count, size=(min(rows, resamples - start), count))].mean(axis=1)
        for start in range(0, resamples, rows)
    ]
    return np.concatenate(parts)


def _measures(names: Sequence[str]) -> Mapping[Any, str]:
    """ir-measures' object for each name. Its own parser is not used: it needs parts of `ast` that Python 3.14 lacks."""
    import ir_measures  # here, not above: it takes longer to import than all of this package

    named = {}
    for name in names:
        match = re.fullmatch(r"([A-Za-z]+)(?:@([1-9][0-9]*))?", name)
        measure = getattr(ir_measures, match[1], None) if match else None
        if match is None or not isinstance(measure, ir_measures.Measure):
            raise UsageError(f"measure {name!r} is unknown", remedy=f"Give measures such as {', '.join(MEASURES)}")
        named[measure @ int(match[2]) if match[2] else measure] = name
    return named


def _calculator(measures: list[Any], qrels: Qrels) -> Any:
    import ir_measures

    try:
        return ir_measures.evaluator(measures, qrels)
    except (ValueError, TypeError, AssertionError) as error:  # a measure that wants a cutoff is told by an assertion
        names = ", ".join(map(str, measures))
        raise UsageError(f"ir-measures cannot compute {names}: {error}") from error


def _by_rank(run: Run) -> dict[str, dict[str, float]]:
    """The run with scores that fall strictly by rank.

    trec_eval keeps no more of a score than a 32-bit float holds and orders equal ones by falling document id, others
    by rising id: scores made of ranks leave them nothing to decide.
    """
    return {
        query_id: {document_id: float(len(ranked) - rank) for rank, (document_id, _) in enumerate(ranked)}
        for query_id, ranked in run.items()
    }
