"""A reply as server-sent events, as OpenAI streams chat completions.

WHATWG HTML, 9.2 (https://html.spec.whatwg.org/multipage/server-sent-events.html): an event is ``data: …`` and a blank
line; a line that begins with a colon is a comment, which clients skip. Order: a chunk with the role; comments while the
answer is worked on; a chunk for each citation with Open WebUI's ``event``; the text; a last chunk with
``finish_reason``, ``sources``, ``citations`` and ``biocite``; the usage where it was asked for; ``[DONE]``.

Open WebUI takes sources from an ``event`` of type ``source`` in any data line, or from ``sources``. Both stand in
chunks that are whole in OpenAI's sense, with an empty delta, so that clients that read ``choices[0].delta`` in every
chunk, as many do, meet nothing new. The usage chunk alone has no choices, as OpenAI's.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import msgspec

from api.chat.errors import OpenAIError
from api.chat.payloads import ChatChunk, ChunkChoice, Citation, Delta, Usage
from api.chat.replies import Reply

KEEP_ALIVE_SECONDS = 3.0
"""Below the idle time-outs of common proxies (nginx: 60 s) by far, and soon enough to notice that a client has gone."""

COMMENT = b": working\n\n"
DONE = b"data: [DONE]\n\n"
_OBJECT = "chat.completion.chunk"


class StreamHead(msgspec.Struct, frozen=True):
    """What all chunks of a stream share."""

    id: str
    created: int
    model: str


async def stream_reply(
    head: StreamHead,
    working: "asyncio.Task[Reply]",
    usage: Callable[[Reply], Usage] | None,
    error_body: Callable[[Exception], OpenAIError],
    *,
    keep_alive: float = KEEP_ALIVE_SECONDS,
) -> AsyncIterator[bytes]:
    """The events of a reply that is being worked on. Where the client leaves, the work is cancelled.

    `usage` None sends no usage chunk. `error_body` says what a failure looks like, since the status has been sent.
    """
    try:
        yield _event(_chunk(head, Delta(role="assistant", content="")))
        while not (await asyncio.wait({working}, timeout=keep_alive))[0]:
            yield COMMENT
        try:
            reply = working.result()
        except Exception as error:  # noqa: BLE001 - whatever it is, the client has to be told in the stream
            yield _event(error_body(error))
        else:
            for chunk in reply_chunks(head, reply, usage):
                yield _event(chunk)
        yield DONE
    finally:
        working.cancel()


def reply_chunks(head: StreamHead, reply: Reply, usage: Callable[[Reply], Usage] | None) -> Iterator[ChatChunk]:
    """All chunks after the first."""
    sources = tuple(map(source, reply.citations))
    for one in sources:
        yield _chunk(head, Delta(), event={"type": "source", "data": one})
    for text in split_content(reply.content):
        yield _chunk(head, Delta(content=text))
    yield ChatChunk(
        **msgspec.structs.asdict(head),
        object=_OBJECT,
        choices=(ChunkChoice(Delta(), "stop"),),
        sources=sources,
        citations=reply.citations,
        biocite=reply.details,
    )
    if usage is not None:
        yield ChatChunk(**msgspec.structs.asdict(head), object=_OBJECT, choices=(), usage=usage(reply))


def split_content(content: str) -> list[str]:
    """The content line by line, each with its line break: together they are the content, character by character."""
    lines = content.split("\n")
    return [f"{line}\n" for line in lines[:-1]] + [line for line in lines[-1:] if line]


def source(citation: Citation) -> dict[str, Any]:
    """A citation as Open WebUI's source. It merges sources of one ``metadata.source``, and numbers what is left: the
    place in the document keeps each quotation apart, so that its numbers are those of the text."""
    place = f"{citation.document_id} {citation.start}-{citation.end}"
    named = {"id": place, "name": citation.title}
    return {
        "source": named | ({"url": citation.url} if citation.url else {}),
        "document": [citation.sentence],
        "metadata": [{"source": place, "name": citation.title}],
    }


def _chunk(head: StreamHead, delta: Delta, event: dict[str, Any] | None = None) -> ChatChunk:
    return ChatChunk(**msgspec.structs.asdict(head), object=_OBJECT, choices=(ChunkChoice(delta),), event=event)


def _event(body: msgspec.Struct) -> bytes:
    """JSON has no line breaks outside its strings, and escapes those inside."""
    return b"data: " + msgspec.json.encode(body) + b"\n\n"
