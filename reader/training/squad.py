"""Questions in SQuAD format (COVID-QA) as examples: a stretch of the article around each answer."""

import random
from collections.abc import Iterable
from pathlib import Path

import msgspec

from corpora.questions import Context, read_squad
from corpora.records import Span
from reader.training.examples import Example


class SquadSettings(msgspec.Struct, frozen=True):
    """`width` is the stretch's length in code points. An answer of more than `longest` words is a sentence, which no
    factoid question asks for: such questions are left out."""

    width: int = 450
    longest: int = 10
    seed: int = 13


def squad_examples(paths: Iterable[Path], settings: SquadSettings) -> list[Example]:
    """One example a question, by its first answer; whole articles would be mostly windows without an answer."""
    draw = random.Random(settings.seed)  # noqa: S311 - repeatable, not secret
    return [
        _around(question.text, context, Span(start, start + len(text)), settings.width, draw)
        for path in sorted(paths)
        for question in read_squad(path)
        for context in question.contexts
        for start, text in context.answers[:1]
        if len(text.split()) <= settings.longest
    ]


def _around(question: str, context: Context, answer: Span, width: int, draw: random.Random) -> Example:
    left = max(0, answer.start - draw.randrange(max(1, width - len(answer))))
    left = context.text.rfind(" ", 0, left) + 1
    right = min(len(context.text), left + max(width, len(answer)))
    right = max(right, answer.end)
    return Example(question, context.text[left:right], ((Span(answer.start - left, answer.end - left),),))
