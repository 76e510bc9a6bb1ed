"""The recipe for the question kind: BioASQ's questions, as they are and as people type them, into a linear model.

Fitted by scikit-learn's logistic regression, in seconds; deterministic, so nothing is drawn and nothing resumed.
"""

import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from corpora.questions import Question, QuestionKind, read_bioasq
from corpora.splits import training_files
from indexer.training.runs import require_examples, write_record
from reader.question_kind import KINDS, KindModel, features


class KindSettings(msgspec.Struct, frozen=True):
    """`least` is in how many examples a feature must be; `inverse` the inverse strength of the L2 penalty.

    `terse` is the weight of a question with its question words left out, beside 1 for the question as it is.
    """

    least: int = 2
    inverse: float = 2.0
    terse: float = 0.3


class KindExample(msgspec.Struct, frozen=True):
    """A wording with its kind and its weight in the fit."""

    text: str
    kind: QuestionKind
    weight: float


_OPENING = re.compile(
    r"^(?:(?:what|which|who)\s+(?:is|are|was|were)\s+(?:the\s+|an?\s+)?|which\s+|what\s+|"
    r"(?:please\s+)?(?:list|name|describe|explain)\s+(?:the\s+|some\s+)?|"
    r"(?:is|are|was|were|does|do|did|can|could|has|have|should)\s+(?:there\s+)?(?:the\s+|an?\s+)?|how\s+(?:does|do|is|are)\s+)",
    re.IGNORECASE,
)
_SHORTEST = 3


def terse(question: str) -> str | None:
    """The question as typed in haste, its question words left out; None where nothing can be left out."""
    text = _OPENING.sub("", question.strip().rstrip(" ?"), count=1)
    return text if text != question.strip().rstrip(" ?") and len(text.split()) >= _SHORTEST else None


def kind_examples(questions: Sequence[Question], settings: KindSettings) -> list[KindExample]:
    """Each question as it is and, where it can be, tersely."""
    made = [KindExample(question.text, question.kind, 1.0) for question in questions]
    if settings.terse:
        made += [
            KindExample(short, question.kind, settings.terse)
            for question in questions
            if (short := terse(question.text)) is not None
        ]
    return made


def fit_kinds(examples: Sequence[KindExample], settings: KindSettings) -> KindModel:
    """The model that fits the examples best; UsageError where a kind has none."""
    from sklearn.linear_model import LogisticRegression

    for kind in KINDS:
        require_examples([example for example in examples if example.kind == kind], f"questions of kind {kind}")
    found = [features(example.text) for example in examples]
    counted = Counter(feature for one in found for feature in one)
    rows = {feature: row for row, feature in enumerate(sorted(f for f in counted if counted[f] >= settings.least))}
    matrix = np.zeros((len(examples), len(rows)), dtype=np.float32)
    for number, one in enumerate(found):
        matrix[number, [rows[feature] for feature in one if feature in rows]] = 1.0
    labels = [KINDS.index(example.kind) for example in examples]
    model = LogisticRegression(C=settings.inverse, max_iter=1000)
    model.fit(matrix, labels, sample_weight=[example.weight for example in examples])
    return KindModel(rows, model.coef_.T.astype(np.float32), model.intercept_.astype(np.float32))


def train_kinds(
    bioasq: Sequence[Path], out: Path, settings: KindSettings | None = None
) -> tuple[KindModel, dict[str, Any]]:
    """Fit on BioASQ's training files; returns the model and the record of the run, which is also written to `out`."""
    settings = settings or KindSettings()
    files = training_files(bioasq)
    examples = kind_examples([question for path in files for question in read_bioasq(path)], settings)
    model = fit_kinds(examples, settings)
    out.mkdir(parents=True, exist_ok=True)
    counts = dict(Counter(example.kind for example in examples)) | {"features": len(model.rows)}
    return model, write_record(out, "question-kind", "none", settings, files, counts=counts)
