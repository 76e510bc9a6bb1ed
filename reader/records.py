"""The records of the reader: `Evidence` and `Answer`. Nothing is generated: every text is a span of a document."""

from typing import Any, Literal

import msgspec

from corpora.questions import QuestionKind

Status = Literal["answered", "insufficient_evidence"]
VerdictLabel = Literal["yes", "no", "maybe"]


class Context(msgspec.Struct, frozen=True):
    """The sentence around an evidence, by the same rule: `document.text[start:end] == text`."""

    start: int
    end: int
    text: str


class Evidence(msgspec.Struct, frozen=True):
    """A quotation: `document.text[start:end] == text`, offsets in Unicode code points, half-open.

    `sha256` is that of the whole document's text in UTF-8, so anybody who has the document can check the quotation.
    `score` is the reader's probability of this span in its passage times the weight of the passage; for a sentence that
    answers a yes/no or summary question it is the cosine of question and sentence.
    """

    document_id: str
    passage_id: str
    title: str
    section: str
    start: int
    end: int
    text: str
    sha256: str
    url: str
    score: float
    context: Context
    year: int | None = None
    journal: str = ""
    publication_types: tuple[str, ...] = ()
    retracted: bool = False


class AnswerItem(msgspec.Struct, frozen=True):
    """One answer: `text` is the text of its first evidence. `confidence` is in [0, 1] (`reader.confidence`)."""

    text: str
    confidence: float
    evidence: tuple[Evidence, ...]


class Verdict(msgspec.Struct, frozen=True):
    """How a model reads the quotations that answer a yes/no question. It is no quotation itself.

    `probabilities` are those of yes, no and maybe; `label` is the likeliest.
    """

    label: VerdictLabel
    probabilities: dict[str, float]


class Answer(msgspec.Struct, frozen=True):
    """What a question gets. No evidence, or too weak, means `insufficient_evidence` and no answers.

    `nearest` are the best passages' documents, so that a reader can look on. `note` says in a sentence what the
    answers are, or why there are none. `verdict` stands only with answers to a yes/no question, where a model for it is
    loaded. `models` names what was used, and says in ``calibrated`` whether confidences were calibrated with just that.
    `record_id` names the record of how a service came to it, "" where none is kept.
    """

    question: str
    kind: QuestionKind
    status: Status
    confidence: float
    answers: tuple[AnswerItem, ...]
    note: str
    nearest: tuple[str, ...]
    timings_ms: dict[str, float]
    index_id: str
    models: dict[str, Any]
    verdict: Verdict | None = None
    record_id: str = ""
