"""What OpenAI-compatible clients send and are sent.

The shapes are those of OpenAI's API reference (https://platform.openai.com/docs/api-reference: chat, models,
embeddings) and, for `/v1/rerank`, of Jina (https://api.jina.ai/redoc) and Cohere. Fields that are not declared here are
accepted and ignored: they set how text is generated, and nothing is generated here. `citations` and `biocite` are
additions, which clients that do not know them leave alone.
"""

import re
from collections.abc import Iterable
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from reader.records import Verdict

CHAT_MODEL = "biocite"
RERANK_MODEL = "biocite-rerank"

MAX_TEXTS = 256
"""Texts of one request; for `/v1/rerank` the query counts as one."""
MAX_TEXT_CHARACTERS = 20_000
"""Characters of one text: far more than the models read of it."""
MAX_MESSAGES = 1_000

_WORDS_AND_SIGNS = re.compile(r"\w+|[^\w\s]")

Role = Literal["system", "developer", "user", "assistant", "tool", "function"]
EmbeddedText = Annotated[str, Meta(min_length=1, max_length=MAX_TEXT_CHARACTERS)]
RankedText = Annotated[str, Meta(max_length=MAX_TEXT_CHARACTERS)]


class ContentPart(msgspec.Struct, frozen=True):
    """A part of a message. Only those of type `text` are read; others (images, audio, files) are counted."""

    type: str
    text: str | None = None


class ChatMessage(msgspec.Struct, frozen=True):
    """A message of a conversation. Only those of the user are questions."""

    role: Role
    content: str | list[ContentPart] | None = None

    @property
    def text(self) -> str:
        """The message's text; parts are joined by line breaks."""
        if isinstance(self.content, str):
            return self.content
        return "\n".join(part.text or "" for part in self.content or () if part.type == "text")

    @property
    def unread_parts(self) -> int:
        """How many parts are no text."""
        return 0 if isinstance(self.content, str) else sum(part.type != "text" for part in self.content or ())


class StreamOptions(msgspec.Struct, frozen=True):
    """`include_usage` adds a last chunk with the usage."""

    include_usage: bool | None = None


class ChatRequest(msgspec.Struct, frozen=True):
    """A conversation whose last user message is answered. One choice is given whatever `n` says: no two would differ.

    Fields that are not named here are accepted and ignored.
    """

    model: Annotated[str, Meta(description="As listed at /v1/models", examples=[CHAT_MODEL])]
    messages: Annotated[list[ChatMessage], Meta(min_length=1, max_length=MAX_MESSAGES)]
    stream: Annotated[bool | None, Meta(description="Send the answer as server-sent events")] = None
    stream_options: StreamOptions | None = None
    n: Annotated[int, Meta(ge=1, description="Accepted; one choice is given in any case")] | None = None


class Citation(msgspec.Struct, frozen=True):
    """A quotation. `index` is its number in the text of the answer; offsets are Unicode code points, half-open.

    `start` and `end` are those of `text` in the document, whose text has the SHA-256 `sha256`; `sentence` is the
    sentence around it. `url` is "" where the document has none that may be linked (`http` or `https`).
    """

    index: int
    title: str
    url: str
    document_id: str
    passage_id: str
    section: str
    start: int
    end: int
    text: str
    sentence: str
    sha256: str
    year: int | None
    journal: str
    publication_types: tuple[str, ...]
    retracted: bool


Outcome = Literal["answered", "insufficient_evidence", "no_question", "front_end_task"]


class ReplyDetails(msgspec.Struct, frozen=True):
    """What is known of a reply besides its text; the first fields are those of `Answer` for /v1/ask.

    `question` is the one that was really asked, "" where none was; `carried_over` says whether it has parts of earlier
    messages, `unread_parts` how many parts of the last message were no text and so not read. `confidence` is in
    [0, 1]; `calibrated` whether it was calibrated with just these models.
    """

    status: Outcome
    question: str = ""
    carried_over: bool = False
    unread_parts: int = 0
    confidence: float | None = None
    calibrated: bool | None = None
    kind: str | None = None
    verdict: Verdict | None = None
    note: str = ""
    nearest: tuple[str, ...] = ()
    record_id: str = ""
    index_id: str = ""


class Usage(msgspec.Struct, frozen=True):
    """Estimates: words and single signs are counted, since no language model with tokens of its own is used."""

    prompt_tokens: int
    completion_tokens: int
    total_tokens: int


class AssistantMessage(msgspec.Struct, frozen=True):
    """The reply, as Markdown."""

    content: str
    role: Literal["assistant"] = "assistant"
    refusal: None = None


class Choice(msgspec.Struct, frozen=True):
    """The only choice."""

    message: AssistantMessage
    index: int = 0
    finish_reason: Literal["stop"] = "stop"
    logprobs: None = None


class ChatCompletion(msgspec.Struct, frozen=True):
    """The reply to a conversation. `created` counts seconds since 1970."""

    id: str
    created: int
    model: str
    choices: tuple[Choice, ...]
    usage: Usage
    citations: tuple[Citation, ...]
    biocite: ReplyDetails
    object: Literal["chat.completion"] = "chat.completion"


class Delta(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a chunk adds to the message."""

    role: Literal["assistant"] | None = None
    content: str | None = None


class ChunkChoice(msgspec.Struct, frozen=True):
    """The only choice of a chunk."""

    delta: Delta
    finish_reason: Literal["stop"] | None = None
    index: int = 0
    logprobs: None = None


class ChatChunk(msgspec.Struct, frozen=True, omit_defaults=True):
    """A chunk of a streamed reply. `event` and `sources` are for Open WebUI (`api.chat.stream`)."""

    id: str
    created: int
    model: str
    choices: tuple[ChunkChoice, ...]
    object: str
    event: dict[str, Any] | None = None
    sources: tuple[dict[str, Any], ...] | None = None
    citations: tuple[Citation, ...] | None = None
    biocite: ReplyDetails | None = None
    usage: Usage | None = None


class ModelCard(msgspec.Struct, frozen=True):
    """A model of this service. `created` is when the index was built, in seconds since 1970."""

    id: str
    created: int
    object: Literal["model"] = "model"
    owned_by: Literal["biocite"] = "biocite"


class ModelList(msgspec.Struct, frozen=True):
    """The models of this service: for chats, embeddings and reranking."""

    data: tuple[ModelCard, ...]
    object: Literal["list"] = "list"


class EmbeddingsRequest(msgspec.Struct, frozen=True):
    """Texts to embed. Lists of tokens are refused, since they are another model's. `encoding_format` base64 gives each
    vector as little-endian 32-bit floats. `dimensions` may be sent as well; any other number than the model's own is
    refused, since its vectors cannot be shortened."""

    model: Annotated[str, Meta(description="The index's embedding model, as listed at /v1/models")]
    input: EmbeddedText | Annotated[list[EmbeddedText], Meta(min_length=1, max_length=MAX_TEXTS)]
    encoding_format: Literal["float", "base64"] | None = None
    dimensions: Annotated[int, Meta(ge=1)] | None = None

    @property
    def texts(self) -> list[str]:
        """The texts, also where only one was sent."""
        return [self.input] if isinstance(self.input, str) else self.input


class Embedding(msgspec.Struct, frozen=True):
    """A vector of length 1: numbers, or base64 of little-endian 32-bit floats."""

    index: int
    embedding: tuple[float, ...] | str
    object: Literal["embedding"] = "embedding"


class InputUsage(msgspec.Struct, frozen=True):
    """Estimates: words and single signs are counted."""

    prompt_tokens: int
    total_tokens: int


class EmbeddingList(msgspec.Struct, frozen=True):
    """One vector for each text, in their order."""

    data: tuple[Embedding, ...]
    model: str
    usage: InputUsage
    object: Literal["list"] = "list"


class RankedDocument(msgspec.Struct, frozen=True):
    """A text to rank."""

    text: RankedText


class RerankRequest(msgspec.Struct, frozen=True):
    """Texts to rank by how well they answer a query. The query must have a letter or a digit."""

    query: Annotated[str, Meta(max_length=MAX_TEXT_CHARACTERS, pattern=r"[^\W_]")]
    documents: Annotated[list[RankedText | RankedDocument], Meta(min_length=1, max_length=MAX_TEXTS - 1)]
    model: Annotated[str, Meta(description=f"{RERANK_MODEL}, also where it is left out")] = RERANK_MODEL
    top_n: Annotated[int, Meta(ge=1, description="How many of the best to give; all where left out")] | None = None
    return_documents: Annotated[bool | None, Meta(description="Give the texts back as well")] = None

    @property
    def texts(self) -> list[str]:
        """The documents' texts."""
        return [document if isinstance(document, str) else document.text for document in self.documents]


class RerankResult(msgspec.Struct, frozen=True):
    """A text by its place in the request. `relevance_score` is in [0, 1]; `document` is null unless asked for."""

    index: int
    relevance_score: float
    document: RankedDocument | None = None


class RerankResponse(msgspec.Struct, frozen=True):
    """The texts, best first; equal ones in the order in which they were sent."""

    id: str
    model: str
    results: tuple[RerankResult, ...]
    usage: InputUsage


def estimated_tokens(texts: Iterable[str]) -> int:
    """Words and single signs: about what OpenAI's tokenisers give for English, and the same on every machine."""
    return sum(sum(1 for _ in _WORDS_AND_SIGNS.finditer(text)) for text in texts)


def chat_usage(messages: Iterable[ChatMessage], content: str) -> Usage:
    """What a conversation and its reply came to."""
    prompt, completion = estimated_tokens(message.text for message in messages), estimated_tokens([content])
    return Usage(prompt, completion, prompt + completion)


def input_usage(texts: Iterable[str]) -> InputUsage:
    """What texts came to that are only read."""
    counted = estimated_tokens(texts)
    return InputUsage(counted, counted)
