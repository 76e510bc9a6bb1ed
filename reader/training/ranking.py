"""Fitting the weights by which answers are ranked, on a batch that chooses settings, and measuring them there.

Factoids: the softmax over a question's candidates gives the right ones together the most probability (a conditional
logit), scaled afterwards so that the logistic of it is how likely a candidate is right. Lists: a logistic regression on
whether a candidate is one of the items. Both have an L2 penalty. What is reported of the batch is cross-validated.
"""

import hashlib
import random
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from corpora.questions import Question, read_bioasq
from corpora.splits import calibration_files
from reader.aggregate import FoundSpan
from reader.evaluation import ListSettings, pick_list
from reader.metrics import FACTOID_ANSWERS, LIST_ITEMS, factoid_scores, list_scores, normalise_name
from reader.ranking import FEATURES, Candidate, Ranking, Weights, candidates, in_order, read_spans, with_siblings
from reader.span_model import SpanReader

if TYPE_CHECKING:
    import torch


class RankingSettings(msgspec.Struct, frozen=True):
    """The strength of the penalty on standardised weights, for each kind, and how cross-validation cuts the questions:
    `repeats` times into `folds`."""

    factoid_penalty: float = 20.0
    list_penalty: float = 40.0
    folds: int = 10
    repeats: int = 3
    seed: int = 13


class Read(msgspec.Struct, frozen=True):
    """A question with its texts and what the reader found in them."""

    question: Question
    texts: tuple[str, ...]
    spans: tuple[FoundSpan, ...]


def read_questions(reader: SpanReader, paths: Iterable[Path], tick: Callable[[int], None] | None = None) -> list[Read]:
    """The factoid and list questions of the calibration files named, read from their snippets."""
    found = []
    for path in calibration_files(paths):
        for question in read_bioasq(path):
            if question.kind in ("factoid", "list") and question.answers:
                texts = tuple(dict.fromkeys(context.text for context in question.contexts))
                spans = read_spans(reader, question.text, texts, [1.0] * len(texts))
                found.append(Read(question, texts, tuple(spans)))
                if tick is not None:
                    tick(1)
    return found


def choose_ranking(
    reader: SpanReader, known_as: str, paths: Iterable[Path], settings: RankingSettings | None = None
) -> Ranking:
    """Weights for this reader, chosen on the calibration files; UsageError for a file that trains or measures."""
    settings = settings or RankingSettings()
    files = calibration_files(paths)
    cases = cases_of(read_questions(reader, files))
    provenance = {
        "reader": known_as,
        "data_sha256": {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in files},
        "settings": msgspec.to_builtins(settings),
        "candidates": sum(len(one.found) for one in cases),
    }
    return fit_ranking(cases, settings, provenance)


def write_ranking(ranking: Ranking, folder: Path) -> Path:
    """Write ``ranking.json`` into the folder; returns the file."""
    path = folder / "ranking.json"
    path.write_bytes(msgspec.json.format(msgspec.json.encode(ranking)) + b"\n")
    return path


class Cases(msgspec.Struct, frozen=True):
    """A question's candidates, the features of each, and which of them are right."""

    question: Question
    found: tuple[Candidate, ...]
    features: tuple[tuple[float, ...], ...]
    right: tuple[bool, ...]


def cases_of(read: Iterable[Read]) -> list[Cases]:
    """The questions' candidates; right is what is one of the names of an item."""
    cases = []
    for one in read:
        spans = with_siblings(one.texts, one.spans) if one.question.kind == "list" else one.spans
        found = candidates(one.question.text, one.texts, spans)
        names = {normalise_name(name) for item in one.question.answers for name in item}
        right = tuple(normalise_name(each.text) in names for each in found)
        cases.append(Cases(one.question, tuple(found), tuple(each.features for each in found), right))
    return cases


def fit_ranking(cases: Sequence[Cases], settings: RankingSettings, provenance: dict[str, Any]) -> Ranking:
    """The weights, fitted on all questions; their provenance says how they do on questions left out of the fit."""
    measured = provenance | {"cross_validated": cross_validated(cases, settings)}
    return msgspec.structs.replace(_fitted(cases, settings), provenance=measured)


def cross_validated(cases: Sequence[Cases], settings: RankingSettings) -> dict[str, dict[str, float]]:
    """Scores where each question is ranked by weights fitted without it; means over several ways to cut the folds."""
    rounds = [_one_round(cases, settings, random.Random(settings.seed + number)) for number in range(settings.repeats)]  # noqa: S311
    return {
        kind: {name: round(sum(each[kind][name] for each in rounds) / settings.repeats, 4) for name in scores}
        for kind, scores in rounds[0].items()
    }


def _one_round(cases: Sequence[Cases], settings: RankingSettings, draw: random.Random) -> dict[str, dict[str, float]]:
    order = list(cases)
    draw.shuffle(order)
    factoids: dict[str, list[str]] = {}
    lists: dict[str, list[str]] = {}
    for fold in range(settings.folds):
        ranking = _fitted([one for place, one in enumerate(order) if place % settings.folds != fold], settings)
        for one in order[fold :: settings.folds]:
            if one.question.kind == "factoid":
                ranked = in_order(one.found, ranking.factoid, FACTOID_ANSWERS)
                factoids[one.question.question_id] = [answer.text for answer in ranked]
            else:
                ranked = pick_list(in_order(one.found, ranking.list, LIST_ITEMS), ListSettings())
                lists[one.question.question_id] = [answer.text for answer in ranked]
    gold = {one.question.question_id: one.question.answers for one in cases}
    scores: dict[str, dict[str, float]] = {}
    if factoids:
        scores["factoid"] = msgspec.to_builtins(factoid_scores(factoids, {name: gold[name][0] for name in factoids}))
    if lists:
        scores["list"] = msgspec.to_builtins(list_scores(lists, {name: gold[name] for name in lists}))
    return scores


def _fitted(cases: Sequence[Cases], settings: RankingSettings) -> Ranking:
    factoids, lists = ([one for one in cases if one.question.kind == kind] for kind in ("factoid", "list"))
    return Ranking(
        FEATURES,
        fit_weights(factoids, settings.factoid_penalty, together=True),
        fit_weights(lists, settings.list_penalty, together=False),
        {},
    )


def fit_weights(cases: Sequence[Cases], penalty: float, *, together: bool) -> Weights:
    """The weights; all 0 where no candidate is right. `together`: by the softmax over a question's candidates."""
    import torch

    usable = [(one.features, one.right) for one in cases if any(one.right) or (one.right and not together)]
    if not any(any(right) for _, right in usable):
        return Weights((0.0,) * len(FEATURES), 0.0)
    features = torch.tensor([row for rows, _ in usable for row in rows], dtype=torch.float64)
    right = torch.tensor([value for _, values in usable for value in values], dtype=torch.float64)
    asked = torch.tensor([number for number, (rows, _) in enumerate(usable) for _ in rows])
    mean, spread = features.mean(dim=0), features.std(dim=0, correction=0) + 1e-6
    inputs = (features - mean) / spread
    logistic = torch.nn.functional.binary_cross_entropy_with_logits

    def loss(found: "torch.Tensor") -> "torch.Tensor":
        scores = inputs @ found[:-1]
        fit = _softmax_loss(scores, right, asked) if together else logistic(scores + found[-1], right, reduction="sum")
        return fit + penalty * (found[:-1] ** 2).sum()

    weights = _minimised(loss, torch.zeros(inputs.shape[1] + 1, dtype=torch.float64))
    scale, bias = torch.tensor(1.0, dtype=torch.float64), weights[-1]
    if together:
        scores = inputs @ weights[:-1]
        line = _minimised(
            lambda found: logistic(scores * found[0] + found[1], right), torch.tensor([1.0, 0.0], dtype=torch.float64)
        )
        scale, bias = line[0], line[1]
    plain = weights[:-1] * scale / spread
    return Weights(tuple(round(float(value), 5) for value in plain), round(float(bias - (plain * mean).sum()), 5))


def _softmax_loss(scores: "torch.Tensor", right: "torch.Tensor", asked: "torch.Tensor") -> "torch.Tensor":
    """The sum over questions of -log of the probability of their right candidates."""
    import torch

    questions = int(asked.max()) + 1
    top = torch.full((questions,), -1e9, dtype=scores.dtype).scatter_reduce(0, asked, scores.detach(), "amax")
    raised = torch.exp(scores - top[asked])
    everything = torch.zeros(questions, dtype=scores.dtype).index_add(0, asked, raised)
    wanted = torch.zeros(questions, dtype=scores.dtype).index_add(0, asked, raised * right)
    return -torch.log(wanted / everything + 1e-12).sum()


def _minimised(loss: Callable[["torch.Tensor"], "torch.Tensor"], start: "torch.Tensor") -> "torch.Tensor":
    import torch

    found = start.clone().requires_grad_()
    optimiser = torch.optim.LBFGS([found], max_iter=100, line_search_fn="strong_wolfe")

    def step() -> float:
        optimiser.zero_grad()
        value = loss(found)
        value.backward()  # type: ignore[no-untyped-call]
        return float(value.detach())

    optimiser.step(step)  # type: ignore[no-untyped-call]
    return found.detach()
