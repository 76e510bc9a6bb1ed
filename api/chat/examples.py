"""One example a route for the OpenAPI document: real structs, so that they cannot fall behind what is sent."""

import msgspec

from api.chat.errors import OpenAIError, OpenAIErrorDetail
from api.chat.markdown import answer_markdown, citations
from api.chat.payloads import (
    CHAT_MODEL,
    RERANK_MODEL,
    AssistantMessage,
    ChatCompletion,
    ChatMessage,
    ChatRequest,
    Choice,
    Embedding,
    EmbeddingList,
    EmbeddingsRequest,
    ModelCard,
    ModelList,
    RankedDocument,
    ReplyDetails,
    RerankRequest,
    RerankResponse,
    RerankResult,
    chat_usage,
    input_usage,
)
from api.openapi_examples import RESPONSES as PLAIN_RESPONSES
from reader.records import Answer

_CREATED = 1_790_000_000
_EMBEDDING_MODEL = "compact"
_QUERY = "Which gene is mutated in cystic fibrosis?"
_TEXTS = ("Artesunate treats severe malaria.", "Cystic fibrosis is caused by mutations in the CFTR gene.")


def _answer() -> Answer:
    answer = PLAIN_RESPONSES["ask"]
    if not isinstance(answer, Answer):
        raise TypeError("the example of /v1/ask is no Answer")
    return answer


_ANSWER = _answer()
_CITED = citations(_ANSWER)
_MARKDOWN = answer_markdown(_ANSWER, _CITED)
_CHAT = ChatRequest(CHAT_MODEL, [ChatMessage("user", _ANSWER.question)])

REQUESTS: dict[str, msgspec.Struct] = {
    "chat": _CHAT,
    "embeddings": EmbeddingsRequest(_EMBEDDING_MODEL, _TEXTS[1]),
    "rerank": RerankRequest(_QUERY, list(_TEXTS), top_n=1, return_documents=True),
}
"""Route -> a body that it takes."""

_MODELS = tuple(ModelCard(name, _CREATED) for name in (CHAT_MODEL, _EMBEDDING_MODEL, RERANK_MODEL))

RESPONSES: dict[str, msgspec.Struct] = {
    "models": ModelList(_MODELS),
    "model": _MODELS[0],
    "chat": ChatCompletion(
        id="chatcmpl-5f0c7a9d3e284611",
        created=_CREATED,
        model=CHAT_MODEL,
        choices=(Choice(AssistantMessage(_MARKDOWN)),),
        usage=chat_usage(_CHAT.messages, _MARKDOWN),
        citations=_CITED,
        biocite=ReplyDetails(
            status=_ANSWER.status,
            question=_ANSWER.question,
            confidence=_ANSWER.confidence,
            calibrated=True,
            kind=_ANSWER.kind,
            note=_ANSWER.note,
            nearest=_ANSWER.nearest,
            record_id=_ANSWER.record_id,
            index_id=_ANSWER.index_id,
        ),
    ),
    "embeddings": EmbeddingList((Embedding(0, (0.6, -0.8)),), _EMBEDDING_MODEL, input_usage([_TEXTS[1]])),
    "rerank": RerankResponse(
        "rerank-1f0a9c3e52b7d846",
        RERANK_MODEL,
        (RerankResult(1, 0.93, RankedDocument(_TEXTS[1])),),
        input_usage([_QUERY, *_TEXTS]),
    ),
}
"""Route -> what it answers with."""


def _error(message: str, kind: str, code: str | None, param: str | None = None) -> OpenAIError:
    return OpenAIError(OpenAIErrorDetail(message, kind, param, code))


_INVALID, _SERVER = "invalid_request_error", "server_error"

ERRORS: dict[int, OpenAIError] = {
    400: _error("request body, messages: expected `array` of length >= 1", _INVALID, None, "messages"),
    401: _error("this service asks for a valid API key. Send it as: Authorization: Bearer KEY", _INVALID,
                "invalid_api_key"),
    403: _error("this key lacks the scope 'read'. Create a key with --scope read", "permission_error",
                "insufficient_permissions"),
    404: _error("there is no model 'gpt-4o' here. See /v1/models", _INVALID, "model_not_found", "model"),
    408: _error("the request did not arrive within 20 s. Send it faster, or less of it", _INVALID, None),
    409: _error("my-index/lexical: the lexical index is damaged. Rebuild the lexical part from the passages",
                _INVALID, None),
    413: _error("the request body is larger than the 1,000,000 bytes that /v1/embeddings takes. Send less at once",
                _INVALID, "request_too_large"),
    429: _error("this key asks more often than it may. Try again in 12 s", "rate_limit_error", "rate_limit_exceeded"),
    500: _error("the service failed to answer (reference 1f0a9c3e). Try again; the server's log tells more under this "
                "reference", _SERVER, None),
    503: _error("the service has too much to do. Try again in 2 s", _SERVER, "service_unavailable"),
    504: _error("the work took longer than 30 s. Ask something shorter", _SERVER, "timeout"),
}  # fmt: skip
"""HTTP status -> an error with that status."""
