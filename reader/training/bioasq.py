"""BioASQ's factoid and list questions as examples: every snippet, with every place where an answer stands in it."""

import random
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec

from corpora.questions import Question, read_bioasq
from corpora.splits import training_files
from reader.names import find_names
from reader.training.examples import Answers, Example, disjoint, joined


class BioasqSettings(msgspec.Struct, frozen=True):
    """How examples are drawn. `joined` is the share of snippets put between snippets of other questions, so that the
    reader also learns to find an answer in a passage that is mostly about something else; `unanswerable` the number of
    texts without an answer for each with one, half of them snippets of the same question. `ideal` of the experts' own
    answers in sentences serve as texts too, where the exact answer stands in them."""

    per_question: int = 16
    ideal: int = 1
    joined: float = 0.2
    unanswerable: float = 0.25
    seed: int = 13


def bioasq_examples(paths: Iterable[Path], settings: BioasqSettings) -> list[Example]:
    """The examples of the training files named; UsageError for a file that measures or chooses."""
    draw = random.Random(settings.seed)  # noqa: S311 - repeatable, not secret
    files = training_files(paths)
    questions = [question for path in files for question in read_bioasq(path)]
    ideal = {name: texts for path in files for name, texts in ideal_answers(path).items()}
    fillers = [context.text for question in questions for context in question.contexts]
    asked = [question for question in questions if question.kind in ("factoid", "list") and question.answers]
    examples = [example for question in asked for example in _from_question(question, fillers, settings, draw)]
    for question in asked:
        for text in ideal.get(question.question_id, ())[: settings.ideal]:
            answers = find_answers(text, question.answers)
            if answers:
                examples.append(Example(question.text, text, answers))
    return examples


def ideal_answers(path: Path) -> dict[str, tuple[str, ...]]:
    """Question id -> the experts' answers in sentences; those of a file that `read_bioasq` has accepted."""
    entries = msgspec.json.decode(path.read_bytes())["questions"]
    texts = ((entry["id"], entry.get("ideal_answer") or []) for entry in entries)
    return {name: tuple(map(str, text)) if isinstance(text, list) else (str(text),) for name, text in texts}


def _from_question(
    question: Question, fillers: Sequence[str], settings: BioasqSettings, draw: random.Random
) -> list[Example]:
    texts = list(dict.fromkeys(context.text for context in question.contexts))
    draw.shuffle(texts)
    answered: list[Example] = []
    silent: list[str] = []
    for text in texts:
        answers = find_answers(text, question.answers)
        if answers:
            answered.append(Example(question.text, text, answers))
        elif not mentions(text, question.answers):
            silent.append(text)
    answered = answered[: settings.per_question]
    wanted = round(len(answered) * settings.unanswerable)
    own = silent[: (wanted + 1) // 2]
    others = [text for text in draw.sample(fillers, wanted - len(own)) if not mentions(text, question.answers)]
    return [
        *(_maybe_joined(example, fillers, settings, draw) for example in answered),
        *(Example(question.text, text) for text in (*own, *others)),
    ]


def find_answers(text: str, answers: Sequence[Sequence[str]]) -> Answers:
    """Where each answer item stands in the text; items that do not are left out."""
    found = [disjoint(find_names(text, names)) for names in answers]
    return tuple(spans for spans in found if spans)


def mentions(text: str, answers: Sequence[Sequence[str]]) -> bool:
    """Whether any longer word of an answer occurs: then "no answer here" would be an unsafe label."""
    words = {word for synonyms in answers for name in synonyms for word in re.findall(r"\w{4,}", name.lower())}
    return not words.isdisjoint(re.findall(r"\w{4,}", text.lower()))


def _maybe_joined(example: Example, fillers: Sequence[str], settings: BioasqSettings, draw: random.Random) -> Example:
    if draw.random() >= settings.joined:
        return example
    return joined(draw.choice(fillers), example, draw.choice(fillers))
