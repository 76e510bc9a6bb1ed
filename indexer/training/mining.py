"""Hard negatives: passages that both engines rank high for a question, and that are not the experts' evidence.

In-batch negatives alone are too easy to teach anything: other questions are about other diseases. What is ranked 3 to
40 by BM25 or by the dense engine is about the same thing and still no answer.

Two shortcuts are closed, because a set's positives and its distractors come from different places (quoted snippets are
short and stand without their document's title): every text is stripped of its title, and a negative is cut to a run of
sentences of about the positive's length. Without that a model learns to tell snippets from abstracts.
"""

import random
import re
from collections.abc import Iterator, Sequence

import msgspec

from corpora.questions import Question
from corpora.records import Span
from indexer.index import Index
from indexer.sentences import sentence_spans
from indexer.store import StoredPassage


class MiningSettings(msgspec.Struct, frozen=True):
    """Which ranks of each engine negatives are drawn from (1 is the best), and what is held for a false negative.

    A passage is no negative where its cosine with the question is above `ceiling` times the best evidence's, or where
    it has an expert's answer in it.
    """

    first_rank: int = 3
    last_rank: int = 40
    ceiling: float = 0.97
    positives: int = 5


class Mined(msgspec.Struct, frozen=True):
    """A question with its evidence and its hard negatives, as texts without titles, hardest first."""

    question: Question
    positives: tuple[str, ...]
    negatives: tuple[str, ...]


def mine(index: Index, questions: Sequence[Question], settings: MiningSettings) -> Iterator[Mined]:
    """Each question that has evidence in the index, with its negatives.

    Evidence is what the question's contexts quote; documents they are from are never negatives.
    """
    for question in questions:
        positives = tuple(dict.fromkeys(context.text for context in question.contexts if context.text.strip()))
        if positives:
            yield Mined(question, positives, tuple(_negatives(index, question, settings)))


def _negatives(index: Index, question: Question, settings: MiningSettings) -> Iterator[str]:
    vector = index.model.encode_queries([question.text])
    dense = index.dense.search(vector, settings.last_rank)
    lexical = index.lexical.search(question.text, settings.last_rank)
    cosines = {hit.key: hit.score for hit in dense}
    stored = index.store.passages([hit.key for hit in (*dense, *lexical)])
    relevant = {context.document_id for context in question.contexts}
    judged = [cosines[key] for key in cosines if key in stored and stored[key].passage.document_id in relevant]
    ceiling = settings.ceiling * max(judged, default=1.0)
    seen = set()
    for pair in zip(dense[settings.first_rank - 1 :], lexical[settings.first_rank - 1 :], strict=False):
        for hit in pair:
            passage = stored.get(hit.key)
            if passage is None or hit.key in seen or passage.passage.document_id in relevant:
                continue
            seen.add(hit.key)
            if cosines.get(hit.key, 0.0) < ceiling and not _answers(passage, question):
                yield passage.passage.text


def _answers(passage: StoredPassage, question: Question) -> bool:
    """Whether one of a factoid's or list's names stands in the passage."""
    if question.kind not in ("factoid", "list"):
        return False
    names = [name.strip() for item in question.answers for name in item if len(name.strip()) > 2]
    return any(re.search(rf"(?<!\w){re.escape(name)}(?!\w)", passage.passage.text, re.IGNORECASE) for name in names)


def cut_like(text: str, words: int, draw: random.Random) -> str:
    """A run of whole sentences of the text, at least `words` words long where the text is."""
    spans = sentence_spans(text)
    lengths = [len(span.of(text).split()) for span in spans]
    if sum(lengths) <= words or len(spans) < 2:
        return text
    starts = [start for start in range(len(spans)) if sum(lengths[start:]) >= words]
    first = draw.choice(starts)
    last, taken = first, lengths[first]
    while taken < words:
        last += 1
        taken += lengths[last]
    return Span(spans[first].start, spans[last].end).of(text).strip()
