"""Queries of several threads are embedded together, each gets its own vectors, and nobody waits for nothing."""

import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from api.batching import BatchingModel
from corpora.stopping import Stop, StoppedError, stoppable
from tests.fakes import WordHashModel


class Gated(WordHashModel):
    """Works only once `open` is set, so that queries pile up; remembers the size of every batch."""

    def __init__(self):
        super().__init__()
        self.open = threading.Event()
        self.started = threading.Event()
        self.batches = []

    def encode_queries(self, texts):
        self.started.set()
        assert self.open.wait(5)
        self.batches.append(list(texts))
        return super().encode_queries(texts)


@pytest.fixture
def gated():
    inner = Gated()
    model = BatchingModel(inner)
    yield inner, model
    inner.open.set()
    model.close()


def test_what_waits_while_the_model_works_goes_into_the_next_batch(gated):
    inner, model = gated
    texts = [f"question number {number}" for number in range(9)]
    with ThreadPoolExecutor(9) as threads:
        first = threads.submit(model.encode_queries, [texts[0]])
        assert inner.started.wait(5)
        others = [threads.submit(model.encode_queries, [text]) for text in texts[1:]]
        while model._waiting.qsize() < 8:
            pass
        inner.open.set()
        found = [first.result(5), *(other.result(5) for other in others)]
    assert [len(batch) for batch in inner.batches] == [1, 8]
    expected = WordHashModel().encode_queries(texts)
    assert np.array_equal(np.concatenate(found), expected)


def test_a_caller_with_many_texts_gets_them_in_order(gated):
    inner, model = gated
    inner.open.set()
    texts = [f"text about topic {number}" for number in range(70)]
    assert np.array_equal(model.encode_queries(texts), WordHashModel().encode_queries(texts))


def test_who_left_is_not_embedded_for(gated):
    inner, model = gated
    stop = Stop()

    def asking():
        with stoppable(stop):
            return model.encode_queries(["somebody who leaves"])

    with ThreadPoolExecutor(3) as threads:
        first = threads.submit(model.encode_queries, ["the first"])
        assert inner.started.wait(5)
        leaving = threads.submit(asking)
        staying = threads.submit(model.encode_queries, ["somebody who stays"])
        while model._waiting.qsize() < 2:
            pass
        stop.cancel()
        inner.open.set()
        assert first.result(5).shape == staying.result(5).shape
        with pytest.raises(StoppedError):
            leaving.result(5)
    assert inner.batches == [["the first"], ["somebody who stays"]]


def test_an_error_reaches_everybody_in_the_batch_and_the_next_batch_is_none_the_worse():
    class Failing(WordHashModel):
        def encode_queries(self, texts):
            if any("fail" in text for text in texts):
                raise ValueError("cannot embed this")
            return super().encode_queries(texts)

    model = BatchingModel(Failing())
    with pytest.raises(ValueError, match="cannot embed"):
        model.encode_queries(["fail"])
    assert model.encode_queries(["fine"]).shape == (1, 64)
    model.close()


def test_passages_go_straight_through_and_batches_are_told():
    sizes = []
    model = BatchingModel(WordHashModel(), sizes.append)
    assert model.encode_passages(["a passage"]).shape == (1, 64)
    model.encode_queries(["one", "two"])
    model.close()
    model.close()
    assert sizes == [2]
    with pytest.raises(RuntimeError, match="closed"):
        model.encode_queries(["late"])
