"""Cutting a passage into model-sized windows, each knowing which characters its tokens are."""

from collections.abc import Sequence
from typing import Any

import msgspec


class ReaderSettings(msgspec.Struct, frozen=True):
    """How a reader looks at text. Lengths are in tokens, except `batch_tokens`, tokens of padded input a batch."""

    max_tokens: int = 384
    stride: int = 96
    max_question_tokens: int = 80
    max_answer_tokens: int = 40
    batch_tokens: int = 8192


class Window(msgspec.Struct, frozen=True):
    """One model input: a question and a stretch of one text.

    `offsets[i]` is the (start, end) in the text, in code points, of the i-th context token, which stands at position
    `first + i` of `input_ids`. `text_number` says which of the texts given it is from.
    """

    text_number: int
    input_ids: list[int]
    token_type_ids: list[int]
    first: int
    offsets: list[tuple[int, int]]


def shorten_question(tokenizer: Any, question: str, limit: int) -> str:
    """The question cut after `limit` tokens, at a character boundary, so that a window always has room for text."""
    encoded = tokenizer(question, add_special_tokens=False, return_offsets_mapping=True, truncation=False)
    offsets = encoded["offset_mapping"]
    return question if len(offsets) <= limit else question[: offsets[limit - 1][1]]


def make_windows(tokenizer: Any, question: str, texts: Sequence[str], settings: ReaderSettings) -> list[Window]:
    """All windows of all texts, in order; a long text gives several that overlap by `stride` tokens."""
    if not texts:
        return []
    question = shorten_question(tokenizer, question, settings.max_question_tokens)
    encoded = tokenizer(
        [question] * len(texts),
        list(texts),
        truncation="only_second",
        max_length=settings.max_tokens,
        stride=settings.stride,
        return_overflowing_tokens=True,
        return_offsets_mapping=True,
        return_token_type_ids=True,
    )
    return [_window(encoded, number) for number in range(len(encoded["input_ids"]))]


def _window(encoded: Any, number: int) -> Window:
    parts = encoded.sequence_ids(number)
    context = [position for position, part in enumerate(parts) if part == 1]
    first = context[0] if context else 0
    offsets = [tuple(encoded["offset_mapping"][number][position]) for position in context]
    return Window(
        encoded["overflow_to_sample_mapping"][number],
        encoded["input_ids"][number],
        encoded["token_type_ids"][number],
        first,
        offsets,
    )
