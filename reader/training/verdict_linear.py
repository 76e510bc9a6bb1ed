"""The recipe for the shipped verdict: logistic regression on experts' questions, deterministic, in seconds.

They are BioASQ's yes/no questions with their snippets and PubMedQA's with their abstracts, known by cues
(`reader.verdict_features`) and by runs of words.
"""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np

from corpora.questions import Question
from corpora.splits import pubmedqa_fold, training_files
from indexer.training.runs import require_examples, write_record
from reader.linear_verdict import LABELS, LinearVerdict, LinearWeights, gram_values, named_grams, scaled
from reader.records import VerdictLabel
from reader.training.verdict import VerdictData, expert_questions
from reader.training.verdict_examples import check_label
from reader.verdict_features import NAMES, verdict_features

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy.sparse import csr_matrix  # type: ignore[import-untyped]

Known = dict[tuple[str, tuple[str, ...]], "NDArray[np.float64]"]
"""Features of examples."""


class LinearSettings(msgspec.Struct, frozen=True):
    """The `inverse` strength of the L2 penalty, in how many questions a gram must be, and what features weigh.

    `share` is the weight of a feature one standard deviation from its mean, beside grams of length 1 a text.
    `balanced` gives yes and no of BioASQ the same weight, as macro F1 does.
    """

    inverse: float = 1.0
    least: int = 3
    share: float = 0.1
    balanced: bool = True


class Expert(msgspec.Struct, frozen=True):
    """A question with its texts, its label and what it weighs in the fit."""

    question: str
    texts: tuple[str, ...]
    label: VerdictLabel
    weight: float = 1.0


def experts_of(questions: Sequence[Question], settings: LinearSettings) -> list[Expert]:
    """The yes/no questions that have an answer and a text."""
    asked = [
        question
        for question in questions
        if question.kind == "yesno" and question.answers and any(context.text.strip() for context in question.contexts)
    ]
    made = []
    for group in (_abstracts(asked, True), _abstracts(asked, False)):
        counts = Counter(question.answers[0][0] for question in group)
        for question in group:
            label = check_label(question)
            even = settings.balanced and "maybe" not in counts
            weight = len(group) / (len(counts) * counts[label]) if even else 1.0
            texts = tuple(dict.fromkeys(context.text for context in question.contexts))
            made.append(Expert(question.text, texts, label, weight))
    return made


def _abstracts(questions: Sequence[Question], wanted: bool) -> list[Question]:
    """The questions on one document's abstract (PubMedQA's, identified by its PMID), or the others."""
    return [
        question
        for question in questions
        if ({context.document_id for context in question.contexts} == {f"PMID:{question.question_id}"}) is wanted
    ]


def fit_linear(experts: Sequence[Expert], settings: LinearSettings, known: Known | None = None) -> LinearWeights:
    """The weights that fit the examples best; UsageError where a label has none.

    `known` keeps features of examples for another fit.
    """
    from scipy.sparse import csr_matrix, hstack
    from sklearn.linear_model import LogisticRegression

    for label in LABELS:
        require_examples([expert for expert in experts if expert.label == label], f"questions answered {label!r}")
    kept = {} if known is None else known
    features = np.array([_features(expert, kept) for expert in experts])
    centre, scale = features.mean(axis=0), features.std(axis=0) + 1e-6
    counted = Counter(
        gram for expert in experts for named in named_grams(expert.question, expert.texts) for gram in named
    )
    frequent = sorted(gram for gram in counted if counted[gram] >= settings.least)
    rows = {gram: row for row, gram in enumerate(frequent)}
    values = _sparse([gram_values(expert.question, expert.texts, rows) for expert in experts], len(rows))
    matrix = hstack([csr_matrix(scaled(features, centre, scale) * settings.share), values]).tocsr()
    model = LogisticRegression(C=settings.inverse, max_iter=1000)
    model.fit(
        matrix,
        [LABELS.index(expert.label) for expert in experts],
        sample_weight=[expert.weight for expert in experts],
    )
    return LinearWeights(centre, scale, settings.share, rows, model.coef_.T.copy(), model.intercept_)


def _features(expert: Expert, known: Known) -> "NDArray[np.float64]":
    key = (expert.question, expert.texts)
    if key not in known:
        known[key] = verdict_features(expert.question, expert.texts)
    return known[key]


def _sparse(rows: Sequence[Sequence[tuple[int, float]]], width: int) -> "csr_matrix":
    from scipy.sparse import csr_matrix

    indices = [column for row in rows for column, _ in row]
    values = [value for row in rows for _, value in row]
    ends = np.cumsum([0, *map(len, rows)])
    return csr_matrix((values, indices, ends), shape=(len(rows), width))


def train_linear(data: VerdictData, out: Path, settings: LinearSettings) -> tuple[LinearWeights, dict[str, Any]]:
    """Fit; returns the weights and the record of the run, which is also written to `out`."""
    experts = experts_of(expert_questions(data), settings)
    weights = fit_linear(experts, settings)
    out.mkdir(parents=True, exist_ok=True)
    files = [*training_files(data.bioasq), *data.pubmedqa]
    counts = dict(Counter(expert.label for expert in experts)) | {
        "features": len(NAMES),
        "grams": len(weights.rows),
    }
    return weights, write_record(out, "answer-type", "linear", settings, files, counts=counts)


def cross_validate(data: VerdictData, questions: Sequence[Question], settings: LinearSettings) -> dict[str, str]:
    """Question id -> label of PubMedQA questions, those of a fold by a model fitted without it; 10 folds by PMID."""
    known: Known = {}
    others = expert_questions(msgspec.structs.replace(data, pubmedqa=()))
    decided: dict[str, str] = {}
    for fold in sorted({pubmedqa_fold(question.question_id) for question in questions}):
        training = [question for question in questions if pubmedqa_fold(question.question_id) != fold]
        model = LinearVerdict(fit_linear(experts_of(others + training, settings), settings, known), "fold")
        for question in questions:
            if pubmedqa_fold(question.question_id) == fold:
                found = model.probabilities(question.text, [context.text for context in question.contexts])
                decided[question.question_id] = max(LABELS, key=lambda label: found[label])
    return decided
