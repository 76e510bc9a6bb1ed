"""A conversation's reply: what is searched for, what needs no search, and what clients are told of it."""

import msgspec

from api.access.keys import Caller
from api.chat.conversation import AskedKind, AskedQuestion, asked_question
from api.chat.markdown import answer_markdown, citations
from api.chat.payloads import ChatRequest, Citation, ReplyDetails
from api.chat.tasks import answer_task, find_task
from api.operations import Operations
from api.requests import AskRequest
from reader.question import MAX_QUESTION_CHARACTERS
from reader.records import Answer

ABOUT = (
    "This service answers biomedical questions with quotations from the documents it holds, each with its source; "
    "it writes no text of its own. Ask a question, such as: What causes cystic fibrosis?"
)
NO_TEXT = "There is no text to answer. " + ABOUT
TOO_LONG = (
    f"The message is longer than the {MAX_QUESTION_CHARACTERS:,} characters of a question, and no sentence in it that "
    "ends in a question mark can be asked by itself. Please send the question as one sentence."
)
_WITHOUT_SEARCH: dict[AskedKind, str] = {"small_talk": ABOUT, "nothing": NO_TEXT, "too_long": TOO_LONG}


class Reply(msgspec.Struct, frozen=True):
    """The text of a reply as Markdown, its citations, and what else is known of it."""

    content: str
    details: ReplyDetails
    citations: tuple[Citation, ...] = ()


async def reply_to(request: ChatRequest, operations: Operations, caller: Caller) -> Reply:
    """The reply to a conversation. Searches only where there is a question; raises what `Operations.ask` raises."""
    if task := find_task(request.messages):
        return Reply(answer_task(task), ReplyDetails("front_end_task"))
    asked = asked_question(request.messages)
    if asked.kind != "question":
        details = ReplyDetails("no_question", unread_parts=asked.unread_parts)
        return Reply(f"{_WITHOUT_SEARCH[asked.kind]}{_unread(asked)}\n", details)
    answer = await operations.ask(AskRequest(question=asked.text), caller)
    cited = citations(answer)
    content = answer_markdown(answer, cited, shown_question=asked.text if asked.shown else "")
    unread = _unread(asked)
    return Reply(f"{content}{unread}\n" if unread else content, _details(asked, answer), cited)


def _unread(asked: AskedQuestion) -> str:
    if not asked.unread_parts:
        return ""
    count = f"{asked.unread_parts} parts" if asked.unread_parts > 1 else "One part"
    return f"\n\n{count} of the message (images, audio or files) could not be read: only text is."


def _details(asked: AskedQuestion, answer: Answer) -> ReplyDetails:
    return ReplyDetails(
        status=answer.status,
        question=asked.text,
        carried_over=asked.carried_over,
        unread_parts=asked.unread_parts,
        confidence=answer.confidence,
        calibrated=bool(answer.models.get("calibrated")),
        kind=answer.kind,
        verdict=answer.verdict,
        note=answer.note,
        nearest=answer.nearest,
        record_id=answer.record_id,
        index_id=answer.index_id,
    )
