"""The OpenAI-compatible routes, for chat front ends and programs that speak OpenAI's API."""

import asyncio
import base64
import secrets
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from struct import pack
from typing import Annotated, Any

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import JSONBody, PathParameter
from litestar.response import Stream
from litestar.status_codes import HTTP_200_OK

from api.access.keys import Caller
from api.chat.errors import EXCEPTION_HANDLERS, ModelNotFoundError, OpenAIError, ParameterError, openai_error_response
from api.chat.openapi import TAG, openai_answers, openai_operation
from api.chat.payloads import (
    CHAT_MODEL,
    RERANK_MODEL,
    AssistantMessage,
    ChatCompletion,
    ChatRequest,
    Choice,
    Embedding,
    EmbeddingList,
    EmbeddingsRequest,
    ModelCard,
    ModelList,
    RankedDocument,
    RerankRequest,
    RerankResponse,
    RerankResult,
    chat_usage,
    input_usage,
)
from api.chat.replies import Reply, reply_to
from api.chat.stream import StreamHead, stream_reply
from api.operations import Operations
from api.schemas import IndexInfo
from api.strictness import exact, strictly
from api.waiting import unless_left

MODELS = "/v1/models"

STATUS_SECONDS = 1.0
"""How long a stream waits with its status line: what fails within that is an HTTP error, which clients retry rightly
(Retry-After); what fails later is an error in the stream."""

TEXTS_BYTES = 4_000_000
"""For texts to embed or rank: many at once, but no whole collection."""

_STREAM_HEADERS = {"x-accel-buffering": "no"}  # nginx would hold the events back otherwise


@get(
    MODELS,
    operation_id="models",
    responses=openai_answers("models"),
    exception_handlers=EXCEPTION_HANDLERS,
    tags=[TAG],
    opt={"scope": "read"},
)
async def models(operations: NamedDependency[Operations], caller: NamedDependency[Caller]) -> ModelList:
    """List the models: for chats, for embeddings, for reranking."""
    return ModelList(_cards(await operations.info(caller)))


@get(
    MODELS + "/{model_id:path}",
    operation_id="model",
    responses=openai_answers("model"),
    exception_handlers=EXCEPTION_HANDLERS,
    tags=[TAG],
    opt={"scope": "read"},
)
async def model(
    model_id: Annotated[str, PathParameter(description="As listed, such as biocite")],
    request: Request[Any, Any, Any],
    operations: NamedDependency[Operations],
    caller: NamedDependency[Caller],
) -> ModelCard:
    """Get one model."""
    wanted = exact(request, f"{MODELS}/", model_id)
    cards = {card.id: card for card in _cards(await operations.info(caller))}
    _check_model(wanted, *cards)
    return cards[wanted]


@post(
    "/v1/chat/completions",
    status_code=HTTP_200_OK,
    operation_class=openai_operation("chat", streams=True),
    operation_id="chat",
    responses=openai_answers("chat"),
    exception_handlers=EXCEPTION_HANDLERS,
    tags=[TAG],
    opt={"scope": "read"},
)
async def chat(
    data: JSONBody[dict[str, Any]],
    request: Request[Any, Any, Any],
    operations: NamedDependency[Operations],
    caller: NamedDependency[Caller],
) -> Response[Any]:
    """Answer the last question of a conversation with quotations, as OpenAI's Chat Completions do.

    Follow-up questions take their topic from earlier questions; `biocite.question` says what was really asked.
    """
    asked = strictly(data, ChatRequest)
    _check_model(asked.model, CHAT_MODEL)
    head = StreamHead(f"chatcmpl-{secrets.token_hex(8)}", int(time.time()), CHAT_MODEL)
    if asked.stream:
        return await _streamed(asked, request, operations, caller, head)
    reply = await unless_left(request, reply_to(asked, operations, caller))
    completion = ChatCompletion(
        id=head.id,
        created=head.created,
        model=head.model,
        choices=(Choice(AssistantMessage(reply.content)),),
        usage=chat_usage(asked.messages, reply.content),
        citations=reply.citations,
        biocite=reply.details,
    )
    return Response(completion)


@post(
    "/v1/embeddings",
    status_code=HTTP_200_OK,
    request_max_body_size=TEXTS_BYTES,
    operation_class=openai_operation("embeddings", leave_out=("dimensions",)),
    operation_id="embeddings",
    responses=openai_answers("embeddings"),
    exception_handlers=EXCEPTION_HANDLERS,
    tags=[TAG],
    opt={"scope": "read"},
)
async def embeddings(
    data: JSONBody[dict[str, Any]],
    request: Request[Any, Any, Any],
    operations: NamedDependency[Operations],
    caller: NamedDependency[Caller],
) -> EmbeddingList:
    """Embed texts with the index's embedding model."""
    asked = strictly(data, EmbeddingsRequest)
    served = operations.embedding_model()
    name, dimensions = served.name, served.dimensions
    _check_model(asked.model, name)
    if asked.dimensions not in (None, dimensions):
        raise ParameterError(
            f"dimensions is {asked.dimensions:,}, but the vectors of {name} have {dimensions:,}",
            param="dimensions",
            remedy="Leave it out",
        )
    vectors = await unless_left(request, operations.embed(asked.texts, caller))
    as_base64 = asked.encoding_format == "base64"
    return EmbeddingList(
        tuple(
            Embedding(place, _base64(vector) if as_base64 else tuple(vector)) for place, vector in enumerate(vectors)
        ),
        name,
        input_usage(asked.texts),
    )


@post(
    "/v1/rerank",
    status_code=HTTP_200_OK,
    request_max_body_size=TEXTS_BYTES,
    operation_class=openai_operation("rerank"),
    operation_id="rerank",
    responses=openai_answers("rerank"),
    exception_handlers=EXCEPTION_HANDLERS,
    tags=[TAG],
    opt={"scope": "read"},
)
async def rerank(
    data: JSONBody[dict[str, Any]],
    request: Request[Any, Any, Any],
    operations: NamedDependency[Operations],
    caller: NamedDependency[Caller],
) -> RerankResponse:
    """Rank texts by how likely each is evidence for a query, best first."""
    asked = strictly(data, RerankRequest)
    _check_model(asked.model, RERANK_MODEL)
    texts = asked.texts
    scores = await unless_left(request, operations.rerank(asked.query, texts, caller))
    ranked = sorted(enumerate(scores), key=lambda found: (-found[1], found[0]))[: asked.top_n]
    return RerankResponse(
        f"rerank-{secrets.token_hex(8)}",
        RERANK_MODEL,
        tuple(
            RerankResult(place, score, RankedDocument(texts[place]) if asked.return_documents else None)
            for place, score in ranked
        ),
        input_usage([asked.query, *texts]),
    )


async def _streamed(
    asked: ChatRequest, request: Request[Any, Any, Any], operations: Operations, caller: Caller, head: StreamHead
) -> Response[Any]:
    working = asyncio.ensure_future(reply_to(asked, operations, caller))
    working.add_done_callback(_seen)
    try:
        done, _ = await asyncio.wait({working}, timeout=STATUS_SECONDS)
    except asyncio.CancelledError:
        working.cancel()
        raise
    if done:
        working.result()  # raises what went wrong, for the status line
    counts = asked.stream_options is not None and asked.stream_options.include_usage

    def usage_of(reply: Reply) -> Any:
        return chat_usage(asked.messages, reply.content)

    def error_body(error: Exception) -> OpenAIError:
        return openai_error_response(request, error).content

    events = stream_reply(head, working, usage_of if counts else None, error_body)
    return Stream(events, media_type="text/event-stream", headers=_STREAM_HEADERS)


def _seen(working: "asyncio.Task[Reply]") -> None:
    """Takes note of an error that nobody waits for any more, since the client has gone."""
    if not working.cancelled():
        working.exception()


def _cards(info: IndexInfo) -> tuple[ModelCard, ...]:
    created = int(_when(info.built).timestamp())
    return tuple(ModelCard(name, created) for name in (CHAT_MODEL, str(info.embedding["name"]), RERANK_MODEL))


def _when(built: str) -> datetime:
    """The time at which an index was built; 1970 where it does not say so."""
    try:
        found = datetime.fromisoformat(built)
    except ValueError:
        return datetime.fromtimestamp(0, UTC)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _check_model(wanted: str, *served: str) -> None:
    if wanted not in served:
        raise ModelNotFoundError(
            f"there is no model {wanted[:100]!r} here, only {' and '.join(served)}", remedy=f"See {MODELS}"
        )


def _base64(vector: Sequence[float]) -> str:
    """As the official clients decode it: little-endian 32-bit floats."""
    return base64.b64encode(pack(f"<{len(vector)}f", *vector)).decode()


CHAT_ROUTES = (models, model, chat, embeddings, rerank)
