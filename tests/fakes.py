"""Models that do real work without weights: shared words mean similarity, and answers are words of the texts."""

import hashlib
import re
import time

import numpy as np

from api.service import ModelLoaders
from corpora.records import Span
from indexer.embedding import ModelIdentity
from indexer.sentences import sentence_spans
from reader.span_model import SpanCandidate

DIMENSIONS = 64
_WORD = re.compile(r"[^\W_]+(?:[-'.][^\W_]+)*")


def words(text):
    """The words of a text, case folded."""
    return [match[0].casefold() for match in _WORD.finditer(text)]


class WordHashModel:
    """An `EmbeddingModel` over hashed words: two texts are the more similar the more words they share.

    Each distinct word of four letters or more adds 1 to one of 64 dimensions, so that sharing a word never lowers the
    similarity; unrelated texts come out at about 0.1. A text without such words points along the first dimension.
    """

    def __init__(self, name="word-hash"):
        self.identity = ModelIdentity(name=name, revision="1", dimensions=DIMENSIONS, max_tokens=1_000)

    def encode_passages(self, texts, advance=None):
        """One row a text."""
        if advance is not None:
            advance(len(texts))
        return _rows(texts)

    def encode_queries(self, texts):
        """One row a query, the same as for a passage."""
        return _rows(texts)


def _rows(texts):
    vectors = np.zeros((len(texts), DIMENSIONS), dtype=np.float32)
    for row, text in enumerate(texts):
        for word in sorted(set(words(text))):
            if len(word) >= 4:
                vectors[row, hashlib.sha256(word.encode()).digest()[0] % DIMENSIONS] += 1
        if not vectors[row].any():
            vectors[row, 0] = 1
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


class FakeReader:
    """A span reader: capitalised words and numbers inside sentences, most probable where the question's words are.

    The first word of a sentence is capitalised anyway and so is none. The probability is the share of the question's
    words that stand in the candidate's sentence. `pause` is slept on every call, to see what happens meanwhile.
    """

    def __init__(self, name="fake-reader", pause=0.0):
        self.name = name
        self._pause = pause

    def read(self, question, texts, *, limit=5, apart=True):
        """For each text its best spans, most probable first, at most `limit`."""
        time.sleep(self._pause)
        asked = set(words(question))
        return [_best_spans(asked, text, limit) for text in texts]


class SharedWords:
    """A reranker: the share of the query's words that stand in the text."""

    name = "shared-words"

    def scores(self, query, texts):
        """One share a text."""
        asked = set(words(query))
        return np.array([len(asked.intersection(words(text))) / max(1, len(asked)) for text in texts], dtype=np.float32)


def _best_spans(asked, text, limit):
    found = []
    for sentence in sentence_spans(text):
        share = len(asked.intersection(words(sentence.of(text)))) / max(1, len(asked))
        for match in _WORD.finditer(text, sentence.start, sentence.end):
            telling = match[0][0].isupper() or match[0][0].isdigit()
            if telling and share and match.start() > sentence.start and match[0].casefold() not in asked:
                found.append(SpanCandidate(Span(match.start(), match.end()), share, 10 * share - 5))
    return sorted(found, key=lambda candidate: (-candidate.probability, candidate.span))[:limit]


def fake_loaders(*, pause=0.0):
    """What a `Service` needs to load these instead of real models."""
    return ModelLoaders(
        embedding=lambda profile: WordHashModel(profile.embedding_model),
        reader=lambda name: FakeReader(name, pause),
        reranker=SharedWords,
        verdicts=None,
    )
