"""Questions with expert answers -> training examples for a span reader.

The split rule: BioASQ batches 7B to 10B train, 11B is for development and never gets here. `training_batches` refuses
it, by the batch number in the file name, which is how BioASQ publishes its sets.
"""

import random
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec

from corpora.errors import UsageError
from corpora.questions import Context, Question, read_bioasq, read_squad
from corpora.records import Span

LAST_TRAINING_BATCH = 10
_BATCH = re.compile(r"^(\d+)B")


class Example(msgspec.Struct, frozen=True):
    """A question, a text, and where its answer stands in the text (None: the text does not answer it)."""

    question: str
    text: str
    answer: Span | None


class ExampleSettings(msgspec.Struct, frozen=True):
    """How examples are drawn. `joined` is the share of snippets put between snippets of other questions, so that the
    reader also learns to find an answer in a passage that is mostly about something else."""

    per_question: int = 14
    items_per_snippet: int = 2
    joined: float = 0.2
    unanswerable: float = 0.2
    covid_context: int = 900
    seed: int = 13


def training_batches(paths: Iterable[Path]) -> list[Path]:
    """The BioASQ files, sorted; UsageError if one is not of a training batch."""
    files = sorted(paths)
    for path in files:
        if not is_training_batch(path):
            raise UsageError(
                f"{path}: not a training file: batches up to {LAST_TRAINING_BATCH}B train, later ones measure",
                remedy="Leave it out of --bioasq (files are told apart by a name such as 9B2_golden.json)",
            )
    return files


def is_training_batch(path: Path) -> bool:
    """Whether the file's name is that of a BioASQ batch that trains."""
    match = _BATCH.match(path.name)
    return match is not None and int(match[1]) <= LAST_TRAINING_BATCH


def make_examples(bioasq: Iterable[Path], squad: Iterable[Path], settings: ExampleSettings) -> list[Example]:
    """All training examples, in an order that depends on the seed alone."""
    draw = random.Random(settings.seed)  # noqa: S311 - repeatable, not secret
    questions = [question for path in training_batches(bioasq) for question in read_bioasq(path)]
    asked = [question for question in questions if question.kind in ("factoid", "list") and question.answers]
    fillers = [context.text for question in questions for context in question.contexts]
    examples = [example for question in asked for example in _from_bioasq(question, fillers, settings, draw)]
    for path in sorted(squad):
        for question in read_squad(path):
            examples += _from_squad(question, settings, draw)
    draw.shuffle(examples)
    return examples


def _from_bioasq(
    question: Question, fillers: Sequence[str], settings: ExampleSettings, draw: random.Random
) -> list[Example]:
    contexts = list(dict.fromkeys(context.text for context in question.contexts))
    draw.shuffle(contexts)
    answered: list[Example] = []
    silent: list[str] = []
    for text in contexts:
        spans = find_answers(text, question.answers)
        if spans:
            for span in draw.sample(spans, min(len(spans), settings.items_per_snippet)):
                answered.append(_joined(Example(question.text, text, span), fillers, settings, draw))
        elif not _mentions(text, question.answers):
            silent.append(text)
    answered = answered[: settings.per_question]
    wanted = round(len(answered) * settings.unanswerable)
    silent = [*silent[: wanted // 2], *draw.sample(fillers, wanted - min(wanted // 2, len(silent)))]
    return answered + [
        Example(question.text, text, None) for text in silent if not find_answers(text, question.answers)
    ]


def find_answers(text: str, answers: Sequence[Sequence[str]]) -> list[Span]:
    """For each answer item its first whole-word occurrence in the text, by its longest synonym that occurs at all."""
    found = []
    for synonyms in answers:
        for name in sorted(filter(str.strip, synonyms), key=lambda name: (-len(name), name)):
            match = re.search(rf"(?<!\w){re.escape(name.strip())}(?!\w)", text, re.IGNORECASE)
            if match:
                found.append(Span(*match.span()))
                break
    return found


def _mentions(text: str, answers: Sequence[Sequence[str]]) -> bool:
    """Whether any longer word of an answer occurs: then "no answer here" would be an unsafe label."""
    words = {word for synonyms in answers for name in synonyms for word in re.findall(r"\w{4,}", name.lower())}
    return not words.isdisjoint(re.findall(r"\w{4,}", text.lower()))


def _joined(example: Example, fillers: Sequence[str], settings: ExampleSettings, draw: random.Random) -> Example:
    if example.answer is None or draw.random() >= settings.joined:
        return example
    before, after = draw.choice(fillers), draw.choice(fillers)
    shift = len(before) + 1
    span = Span(example.answer.start + shift, example.answer.end + shift)
    return Example(example.question, f"{before} {example.text} {after}", span)


def _from_squad(question: Question, settings: ExampleSettings, draw: random.Random) -> list[Example]:
    """One example an answer, from a stretch of the context around it: whole articles are mostly no-answer windows."""
    return [
        _around(question.text, context, Span(start, start + len(text)), settings.covid_context, draw)
        for context in question.contexts
        for start, text in context.answers[:1]
    ]


def _around(question: str, context: Context, answer: Span, width: int, draw: random.Random) -> Example:
    left = max(0, answer.start - draw.randrange(max(1, width - len(answer))))
    left = context.text.rfind(" ", 0, left) + 1
    right = min(len(context.text), left + max(width, len(answer)))
    right = max(right, answer.end)
    return Example(question, context.text[left:right], Span(answer.start - left, answer.end - left))
