"""Embedding models: profiles, what is asked of the model inside, and the compact model itself."""

import numpy as np
import pytest

from corpora.errors import ModelError, UsageError
from indexer import embedding
from indexer.compact import WEIGHTS_SHA256
from indexer.embedding import (
    PROFILES,
    EmbeddingProfile,
    ModelIdentity,
    SentenceTransformerModel,
    load_embedding_model,
    resolve_profile,
)


class Inner:
    """Stands where a sentence-transformers model stands: a text's vector is its length and its number of words."""

    def __init__(self):
        self.calls = []

    def encode(self, texts, **options):
        self.calls.append(list(texts))
        return np.array([[len(text), len(text.split())] for text in texts], dtype=np.float32)


def model(**identity):
    return SentenceTransformerModel(
        inner := Inner(), ModelIdentity("inner", "1", dimensions=2, max_tokens=9, **identity)
    ), inner


def test_profiles():
    assert resolve_profile("compact", None) == PROFILES["compact"]
    other = resolve_profile("biobert", "some/model")
    assert (other.embedding_model, other.max_tokens) == ("some/model", PROFILES["biobert"].max_tokens)
    with pytest.raises(UsageError, match=r"profile 'huge' is not known\. Choose one of: compact, biobert"):
        resolve_profile("huge", None)


def test_vectors_have_length_1_and_keep_their_order():
    made, _ = model()
    vectors = made.encode_passages(["abc", "a b c d"])
    assert vectors.dtype == np.float32
    assert vectors == pytest.approx(np.array([[3, 1], [7, 4]]) / np.sqrt([[10], [65]]))


def test_prefixes_are_set_before_passages_and_queries():
    made, inner = model(query_prefix="query: ", passage_prefix="passage: ")
    made.encode_queries(["q"])
    made.encode_passages(["p"])
    assert inner.calls == [["query: q"], ["passage: p"]]


def test_many_texts_go_in_chunks_and_progress_adds_up(monkeypatch):
    monkeypatch.setattr(embedding, "CHUNK", 4)
    made, inner = model()
    done = []
    texts = [f"text {number}" * (number + 1) for number in range(10)]
    vectors = made.encode_passages(texts, done.append)
    assert [len(call) for call in inner.calls] == [4, 4, 2]
    assert done == [4, 4, 2]
    assert vectors == pytest.approx(np.vstack([model()[0].encode_passages([text]) for text in texts]))


def test_no_texts_give_no_rows_and_ask_nothing():
    made, inner = model()
    assert made.encode_passages([]).shape == made.encode_queries([]).shape == (0, 2)
    assert inner.calls == []


@pytest.mark.parametrize("content", [None, {}, {"config.json": "{"}, {"config.json": "{}", "modules.json": "[]"}])
def test_a_folder_without_a_model_is_named(tmp_path, content):
    folder = tmp_path / "model"
    if content is not None:
        folder.mkdir()
        for name, text in content.items():
            (folder / name).write_text(text)
    with pytest.raises(ModelError, match=r"embedding model '.*model' cannot be loaded .*Check the folder"):
        load_embedding_model(EmbeddingProfile(str(folder), 320))


@pytest.fixture(scope="module")
def compact():
    return load_embedding_model(PROFILES["compact"])


def test_the_compact_model_is_the_published_one(compact):
    assert compact.identity == ModelIdentity("compact", WEIGHTS_SHA256, dimensions=384, max_tokens=320)


def test_the_compact_model_tells_meanings_apart(compact):
    passages = [
        "Mutations of the CFTR gene cause cystic fibrosis.",
        "Anopheles mosquitoes transmit malaria.",
        "Adrenaline is given in anaphylaxis.",
    ]
    questions = ["Which insects spread malaria?", "What is the drug for a severe allergic reaction?", "Why CF?"]
    vectors, asked = compact.encode_passages(passages), compact.encode_queries(questions)
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(1, abs=1e-5)
    assert list((asked @ vectors.T).argmax(axis=1)) == [1, 2, 0]


def test_the_compact_model_gives_a_text_the_same_vector_every_time(compact):
    text = "Ivacaftor opens the channel."
    alone = compact.encode_passages([text])
    assert np.array_equal(alone, compact.encode_passages([text]))
    # Beside longer texts it is padded, which may cost a little precision and no more.
    beside = compact.encode_passages([text, "a long text " * 100])[:1]
    assert float((alone @ beside.T).item()) > 0.999
