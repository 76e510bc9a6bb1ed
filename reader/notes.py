"""What an answer says of itself, in a sentence."""

from corpora.questions import QuestionKind
from reader.records import Verdict

KIND_NAMES: dict[QuestionKind, str] = {"factoid": "factoid", "list": "list", "yesno": "yes/no", "summary": "summary"}


def note_on(kind: QuestionKind, enough: bool, found: bool, verdict: Verdict | None) -> str:
    """What the answers are, or why there are none: a sentence of every answer."""
    if not found:
        return "Nothing in this index matches the question."
    if not enough:
        return "The evidence in this index is too weak to answer; the nearest documents are named instead."
    if verdict is not None:
        return "The sentences that bear most on the question; the verdict is a model's reading of them, no quotation."
    if kind == "yesno":
        return "The sentences that bear most on the question; the verdict is yours."
    if kind == "summary":
        return "The sentences that say most about the question, quoted."
    return "Words of the documents themselves."


def broken_promise(kind: QuestionKind, wanted: float, highest: float) -> str:
    """Why a question is not answered although its evidence may be strong enough without a wanted precision."""
    return (
        f"No confidence promises a precision of {wanted:g} for {KIND_NAMES[kind]} questions, so nothing is answered; "
        f"the highest promised is {highest:.2f}."
    )
