"""Asking an index every question of a set and noting what came of it: what calibration and evaluation start from."""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from copy import copy
from pathlib import Path
from typing import Any, Literal

import msgspec

from corpora.errors import SourceError
from corpora.questions import Question, QuestionKind, read_bioasq
from reader.ask import Asker, AskSettings, Draft
from reader.features import Features
from reader.metrics import first_right, precision_recall_f1
from reader.records import AnswerItem
from reader.without_documents import index_without
from retriever.search import Retriever

Part = Literal["answerable", "without_relevant", "out_of_field"]
PARTS: tuple[Part, ...] = ("answerable", "without_relevant", "out_of_field")
"""As it is; with the documents removed that experts judged relevant; of another field."""

MIX: dict[str, float] = {"answerable": 0.6, "without_relevant": 0.3, "out_of_field": 0.1}
"""The share of each part in the questions that a confidence is meant over."""

EVALUATED = AskSettings(answers=5, least=0.0, apart=False)
"""BioASQ takes five answers to a factoid question, and takes an answer with other boundaries for another one."""

SENTENCE_KINDS = ("yesno", "summary")

Tick = Callable[[int], None]


class AskedQuestion(msgspec.Struct, frozen=True):
    """A question of a set: its part, the documents that experts judged relevant, and what the experts answered."""

    question_id: str
    part: Part
    text: str
    kind: QuestionKind
    answers: tuple[tuple[str, ...], ...] = ()
    documents: frozenset[str] = frozenset()


class Outcome(msgspec.Struct, frozen=True):
    """What came of a question, whether or not it was answered.

    `kind` is the experts', `shown_kind` the system's. `texts` are the answers, best first; `document` that of the first
    quotation; `features` those of the first answer. `right` is None where the set has no answer to compare with (a
    list or factoid question without one), and such a question counts nowhere. See `is_right`.
    """

    question_id: str
    part: Part
    text: str
    kind: QuestionKind
    shown_kind: QuestionKind
    texts: tuple[str, ...]
    document: str
    judged: bool
    right: bool | None
    confidence: float
    features: Features
    probabilities: dict[str, float]
    milliseconds: float


def asked_questions(files: Iterable[Path], *, without_relevant: bool) -> list[AskedQuestion]:
    """BioASQ questions as they are and, with `without_relevant`, a second time without their judged documents."""
    asked = []
    for path in files:
        documents = _judged_documents(path)
        for question in read_bioasq(path):
            snippets = {context.document_id for context in question.contexts}
            judged = _as_indexed(documents.get(question.question_id, frozenset()) | snippets)
            asked.append(_asked(question, "answerable", judged))
            if without_relevant:
                asked.append(_asked(question, "without_relevant", judged))
    return asked


def _asked(question: Question, part: Part, documents: frozenset[str]) -> AskedQuestion:
    return AskedQuestion(question.question_id, part, question.text, question.kind, question.answers, documents)


def _as_indexed(documents: frozenset[str]) -> frozenset[str]:
    """Both as PubMed's records name documents (``PMID:1``) and as BEIR sets do (``1``)."""
    return documents | {document_id.removeprefix("PMID:") for document_id in documents}


class _Judged(msgspec.Struct):
    question_id: str = msgspec.field(name="id")
    documents: tuple[str, ...] = ()


class _JudgedFile(msgspec.Struct):
    questions: tuple[_Judged, ...]


def _judged_documents(path: Path) -> dict[str, frozenset[str]]:
    """Question id -> the documents that a BioASQ file lists; those of the snippets are among a question's contexts."""
    try:
        read = msgspec.json.decode(path.read_bytes(), type=_JudgedFile)
    except (OSError, msgspec.MsgspecError, UnicodeError) as error:
        raise SourceError(f"{path}: not a BioASQ task B file ({error})", remedy="Give a golden file") from error
    return {
        question.question_id: frozenset("PMID:" + url.rstrip("/").rsplit("/", 1)[-1] for url in question.documents)
        for question in read.questions
    }


class _OutOfField(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    id: str
    text: str
    kind: QuestionKind


def out_of_field_questions(path: Path) -> list[AskedQuestion]:
    """Questions that no biomedical corpus answers: a JSON list of ``{"id": …, "text": …, "kind": …}``."""
    try:
        read = msgspec.json.decode(path.read_bytes(), type=list[_OutOfField])
    except (OSError, msgspec.MsgspecError, UnicodeError) as error:
        raise SourceError(f"{path}: not a list of questions with id, text and kind ({error})") from error
    return [AskedQuestion(question.id, "out_of_field", question.text, question.kind) for question in read]


def outcomes(
    asker: Asker, asked: Sequence[AskedQuestion], *, gold_kinds: bool = False, tick: Tick | None = None
) -> Iterator[Outcome]:
    """What comes of each question. The system tells the kinds itself unless `gold_kinds`."""
    for question in asked:
        asks = _without(asker, question.documents) if question.part == "without_relevant" else asker
        draft = asks.draft(question.text, kind=question.kind if gold_kinds else None)
        yield _outcome(question, draft)
        if tick is not None:
            tick(1)


def evaluating(asker: Asker) -> Asker:
    """The asker, giving as many answers as evaluation compares."""
    settings: AskSettings = msgspec.structs.replace(
        asker.settings, answers=EVALUATED.answers, least=EVALUATED.least, apart=EVALUATED.apart
    )
    return _copy(asker, asker.retriever, settings)


def _without(asker: Asker, documents: Collection[str]) -> Asker:
    retriever = copy(asker.retriever)  # with its settings and, where it has one, its reranker
    retriever.index = index_without(retriever.index, documents)
    return _copy(asker, retriever, asker.settings)


def _copy(asker: Asker, retriever: Retriever, settings: AskSettings) -> Asker:
    return Asker(retriever, asker.reader, settings, asker.verdicts, asker.calibration)


def _outcome(question: AskedQuestion, draft: Draft) -> Outcome:
    first = draft.items[0].evidence[0].document_id if draft.items else ""
    probabilities = draft.verdict.probabilities if draft.verdict is not None else {}
    return Outcome(
        question_id=question.question_id,
        part=question.part,
        text=question.text,
        kind=question.kind,
        shown_kind=draft.kind,
        texts=tuple(item.text for item in draft.items),
        document=first,
        judged=first in question.documents,
        right=is_right(question, draft),
        confidence=draft.items[0].confidence if draft.items else 0.0,
        features=draft.features[0] if draft.features else {},
        probabilities=probabilities,
        milliseconds=draft.timings_ms["total"],
    )


def is_right(question: AskedQuestion, draft: Draft) -> bool | None:
    """Whether the answer is right, by what the experts answered; None where they did not.

    - factoid: the first answer is one of the names, compared as BioASQ does;
    - list: at least half of the items shown are items of the experts' list;
    - yes/no: taken for one, and the verdict is theirs; without a model for verdicts, the first quotation comes from a
      document that they judged relevant;
    - summary: answered with sentences, the first from a document that they judged relevant.

    Without the judged documents a factoid or list answer may still be right (another document says it too), one of
    sentences never is, and a question from another field has no right answer.
    """
    if question.part == "out_of_field":
        return False
    if question.kind != "summary" and not question.answers:
        return None
    if not draft.items:
        return False
    if question.kind == "factoid":
        return first_right([draft.items[0].text], question.answers[0]) == 1
    if question.kind == "list":
        texts = [item.text for item in draft.items]
        return precision_recall_f1(texts, question.answers)[0] >= 0.5
    return _sentences_right(question, draft, draft.items)


def _sentences_right(question: AskedQuestion, draft: Draft, items: Sequence[AnswerItem]) -> bool:
    if question.part == "without_relevant" or draft.kind not in SENTENCE_KINDS:
        return False
    if question.kind == "yesno" and draft.verdict is not None:
        return draft.verdict.label == question.answers[0][0]
    if question.kind == "yesno" and draft.kind != "yesno":
        return False
    return items[0].evidence[0].document_id in question.documents


def kept_outcomes(path: Path, header: dict[str, Any]) -> list[Outcome]:
    """Those of an earlier run that noted the same header, for going on; none where there is no such file.

    A line that was cut short is forgotten. SourceError where the file was made otherwise.
    """
    if not path.is_file():
        return []
    lines = path.read_bytes().split(b"\n")
    try:
        first = msgspec.json.decode(lines[0])
    except msgspec.DecodeError:
        first = None
    if first != header:
        raise SourceError(
            f"{path}: holds outcomes of another index, other models or settings", remedy="Delete it or name another"
        )
    return [msgspec.json.decode(line, type=Outcome) for line in lines[1:-1]]


def collect(
    asker: Asker,
    asked: Sequence[AskedQuestion],
    keep: Path | None = None,
    tick: Tick | None = None,
    *,
    gold_kinds: bool = False,
) -> list[Outcome]:
    """The outcomes of all questions; with `keep`, those in that file are not asked again and new ones are added.

    Confidences are those of this asker, also where an outcome was kept under another calibration.
    """
    if keep is None:
        return list(outcomes(asker, asked, gold_kinds=gold_kinds, tick=tick))
    index_id = asker.retriever.index.manifest.index_id
    header = {"models": asker.model_names(), "index": index_id, "gold_kinds": gold_kinds}
    found = {(outcome.question_id, outcome.part): outcome for outcome in kept_outcomes(keep, header)}
    with keep.open("wb") as file:
        file.write(msgspec.json.encode(header) + b"\n")
        for outcome in found.values():
            file.write(msgspec.json.encode(outcome) + b"\n")
        missing = [question for question in asked if (question.question_id, question.part) not in found]
        if tick is not None:
            tick(len(asked) - len(missing))
        for outcome in outcomes(asker, missing, gold_kinds=gold_kinds, tick=tick):
            file.write(msgspec.json.encode(outcome) + b"\n")
            file.flush()
            found[outcome.question_id, outcome.part] = outcome
    return [_sure_again(asker, found[question.question_id, question.part]) for question in asked]


def _sure_again(asker: Asker, outcome: Outcome) -> Outcome:
    confidence = asker.confidence(outcome.shown_kind, outcome.features) if outcome.features else 0.0
    return msgspec.structs.replace(outcome, confidence=confidence)
