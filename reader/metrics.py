"""Measures of answers: BioASQ task B exact answers, yes/no/maybe, and SQuAD spans. All are shares from 0 to 1.

Answers come as mappings from question id. Every question of the gold mapping counts: one without a prediction counts 0
(BioASQ's own program leaves it out). Predictions for other questions are refused: they belong to another set.

BioASQ strings are compared after `normalise_name`: lower case, white space collapsed, sentence punctuation and double
quotes at the ends removed. The official Java program (BioASQ/Evaluation-Measures) only lower-cases, so that a full stop
at the end makes an answer wrong there; it reads answers beyond the number allowed as well; and it does not count a gold
item as missed when an answer that was already used for another item is a name of it too. All else is as there.
"""

import re
import string
from collections import Counter
from collections.abc import Mapping, Sequence
from statistics import fmean

import msgspec

from corpora.errors import UsageError

FACTOID_ANSWERS = 5
"""How many answers to a factoid question BioASQ takes."""

LIST_ITEMS = 100
"""How many items of an answer to a list question BioASQ takes."""


class FactoidScores(msgspec.Struct, frozen=True):
    """Share of `n` questions right at rank 1 (strict) and in ranks 1 to 5 (lenient), and mean of 1 / rank within 5."""

    strict: float
    lenient: float
    mrr: float
    n: int


class ListScores(msgspec.Struct, frozen=True):
    """Means over `n` questions of each one's precision, recall and F1 on items."""

    precision: float
    recall: float
    f1: float
    n: int


class YesNoScores(msgspec.Struct, frozen=True):
    """Share of `n` questions right, and the mean of the classes' F1."""

    accuracy: float
    macro_f1: float
    n: int


class SpanScores(msgspec.Struct, frozen=True):
    """Means over `n` questions of SQuAD's exact match and token F1."""

    exact_match: float
    f1: float
    n: int


class ReaderScores(msgspec.Struct, frozen=True, omit_defaults=True, rename={"lists": "list"}):
    """The scores of a reader by kind of question, as stored in JSON; kinds that were not asked are left out.

    `intervals` holds, by kind and measure, (low, high) of a 95 % bootstrap over the questions (`reader.scoring`).
    """

    factoid: FactoidScores | None = None
    lists: ListScores | None = None
    yesno: YesNoScores | None = None
    span: SpanScores | None = None
    intervals: dict[str, dict[str, tuple[float, float]]] = {}


def factoid_scores(predictions: Mapping[str, Sequence[str]], gold: Mapping[str, Sequence[str]]) -> FactoidScores:
    """Scores of ranked answers, best first, against each question's names (one thing and its synonyms)."""
    _require_questions(predictions, gold)
    _require_answers(gold)
    ranks = [first_right(predictions.get(question, ()), names) for question, names in gold.items()]
    return FactoidScores(
        strict=fmean(rank == 1 for rank in ranks),
        lenient=fmean(rank > 0 for rank in ranks),
        mrr=fmean(1.0 / rank if rank else 0.0 for rank in ranks),
        n=len(ranks),
    )


def first_right(answers: Sequence[str], names: Sequence[str]) -> int:
    """The rank, from 1, of the first of the first five answers that is one of the names; 0 where none is."""
    accepted = _names(names)
    right = (rank for rank, answer in enumerate(answers[:FACTOID_ANSWERS], 1) if normalise_name(answer) in accepted)
    return next(right, 0)


def list_scores(predictions: Mapping[str, Sequence[str]], gold: Mapping[str, Sequence[Sequence[str]]]) -> ListScores:
    """Scores of lists of items against each question's items, each given by its names."""
    _require_questions(predictions, gold)
    _require_answers(gold)
    each = [precision_recall_f1(predictions.get(question, ()), items) for question, items in gold.items()]
    precision, recall, f1 = (fmean(column) for column in zip(*each, strict=True))
    return ListScores(precision, recall, f1, n=len(each))


def precision_recall_f1(answers: Sequence[str], items: Sequence[Sequence[str]]) -> tuple[float, float, float]:
    """Precision, recall and F1 of the first 100 answers to one list question.

    Each answer takes the first gold item not yet taken that has it as a name. So a second name of the same item is
    wrong, as it is in BioASQ. No answer gives 0, 0, 0.
    """
    free = [_names(names) for names in items]
    given = [normalise_name(answer) for answer in answers[:LIST_ITEMS]]
    right = 0
    for answer in given:
        taken = next((number for number, names in enumerate(free) if answer in names), None)
        if taken is not None:
            del free[taken]
            right += 1
    if not right:
        return 0.0, 0.0, 0.0
    return right / len(given), right / len(items), 2 * right / (len(given) + len(items))


def yesno_scores(predictions: Mapping[str, str], gold: Mapping[str, str]) -> YesNoScores:
    """BioASQ's accuracy and macro F1, the mean of F1 on yes and F1 on no."""
    return _class_scores(predictions, gold, ("yes", "no"))


def pubmedqa_scores(predictions: Mapping[str, str], gold: Mapping[str, str]) -> YesNoScores:
    """PubMedQA's accuracy and macro F1 over yes, no and maybe (Jin et al. 2019)."""
    return _class_scores(predictions, gold, ("yes", "no", "maybe"))


def _class_scores(predictions: Mapping[str, str], gold: Mapping[str, str], classes: Sequence[str]) -> YesNoScores:
    """A prediction that is none of the classes, as one that is missing, is wrong but no false alarm for a class."""
    _require_questions(predictions, gold)
    pairs = [(_label(answer), _label(predictions.get(question, ""))) for question, answer in gold.items()]
    for question, (answer, _) in zip(gold, pairs, strict=True):
        if answer not in classes:
            raise UsageError(f"gold answer {answer!r} of question {question!r} is none of {', '.join(classes)}")
    accuracy = fmean(answer == predicted for answer, predicted in pairs)
    return YesNoScores(accuracy, fmean(_class_f1(pairs, label) for label in classes), n=len(pairs))


def _class_f1(pairs: Sequence[tuple[str, str]], label: str) -> float:
    """F1 = 2 TP / (2 TP + FP + FN); 0 for a class that is neither in the gold nor predicted, as in BioASQ."""
    both = sum(answer == label == predicted for answer, predicted in pairs)
    either = sum(answer == label for answer, _ in pairs) + sum(predicted == label for _, predicted in pairs)
    return 2 * both / either if either else 0.0


def _label(answer: str) -> str:
    return answer.strip().lower()


def span_scores(predictions: Mapping[str, str], gold: Mapping[str, Sequence[str]]) -> SpanScores:
    """SQuAD 1.1 and 2.0 scores of one answer a question, the empty string for "no answer is in the text".

    `gold` holds each question's accepted answers, none where there is no answer (SQuAD 2.0). Such a question is worth
    1 to an empty prediction and 0 to any other, or to none at all.
    """
    _require_questions(predictions, gold)
    each = [
        exact_match_and_f1(predictions[question], texts) for question, texts in gold.items() if question in predictions
    ]
    exact, f1 = (sum(column) / len(gold) for column in (zip(*each, strict=True) if each else ((), ())))
    return SpanScores(exact, f1, n=len(gold))


def exact_match_and_f1(prediction: str, texts: Sequence[str]) -> tuple[float, float]:
    """SQuAD's exact match and token F1 of one prediction: each the best over the accepted texts."""
    tokens = normalise_span(prediction).split()
    accepted = [normal.split() for normal in map(normalise_span, texts) if normal] or [[]]
    return max(float(tokens == other) for other in accepted), max(_token_f1(tokens, other) for other in accepted)


def _token_f1(tokens: Sequence[str], other: Sequence[str]) -> float:
    if not tokens or not other:
        return float(tokens == other)
    return 2 * (Counter(tokens) & Counter(other)).total() / (len(tokens) + len(other))


def normalise_name(text: str) -> str:
    """Lower case, white space collapsed, double quotes and ``.,;:!?`` removed from the end, quotes and ``,;:`` from the
    start. Signs that tell things apart stay: ``CD4+``, ``.5``, ``5'``."""
    return " ".join(text.lower().split()).rstrip('.,;:!?"“” ').lstrip(',;:"“” ')


_ARTICLES = re.compile(r"\b(?:a|an|the)\b")
_WITHOUT_PUNCTUATION = str.maketrans("", "", string.punctuation)


def normalise_span(text: str) -> str:
    """SQuAD's normal form: lower case, ASCII punctuation removed, then articles, then white space collapsed."""
    return " ".join(_ARTICLES.sub(" ", text.lower().translate(_WITHOUT_PUNCTUATION)).split())


def _names(names: Sequence[str]) -> set[str]:
    return {normal for normal in map(normalise_name, names) if normal}


def _require_questions(predictions: Mapping[str, object], gold: Mapping[str, object]) -> None:
    if not gold:
        raise UsageError("evaluation: there is no question with a gold answer")
    for question in predictions:
        if question not in gold:
            raise UsageError(
                f"evaluation: question {question!r} was answered but is not among the {len(gold)} gold ones"
            )


def _require_answers(gold: Mapping[str, Sequence[object]]) -> None:
    for question, answers in gold.items():
        if not answers:
            raise UsageError(f"evaluation: question {question!r} has no gold answer", remedy="Leave it out")
