"""Embedding models: profiles, what is asked of the model inside, and the compact model itself."""

from concurrent.futures import ThreadPoolExecutor
from functools import cache

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from corpora.errors import ModelError, UsageError
from corpora.pubmed import parse_pubmed
from corpora.records import Document
from corpora.sample import sample_path
from indexer import batching, embedding
from indexer.compact import WEIGHTS_SHA256, compact_base
from indexer.embedding import (
    BUNDLED,
    COMPACT_BASE,
    PROFILES,
    WEIGHTS,
    EmbeddingProfile,
    ModelIdentity,
    SentenceTransformerModel,
    load_embedding_model,
    resolve_profile,
)
from indexer.int8 import zero_point
from indexer.numeric import cpu_has_bf16
from indexer.quiet import quiet_loading
from indexer.shipped import load_shipped, read_shipped
from indexer.splitting import Splitter
from indexer.store import searched_text
from tests.data import DATA, needs_data
from tests.indexer.samples import bioasq_retrieval


class Inner:
    """An encoder: a text's vector is its length and its number of words."""

    def __init__(self):
        self.calls = []

    def encode(self, texts, advance=None):
        self.calls.append(list(texts))
        if advance is not None:
            advance(len(texts))
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


@pytest.fixture(scope="module")
def exact():
    return load_embedding_model(PROFILES["compact"], precision="fp32")


def plain(texts):
    """What sentence-transformers itself makes of them, in fp32."""
    from sentence_transformers import SentenceTransformer

    with quiet_loading():
        made = SentenceTransformer(str(compact_base()), device="cpu")
    load_shipped(made[0].auto_model, WEIGHTS, BUNDLED)
    made.max_seq_length = PROFILES["compact"].max_tokens
    return made.encode(texts, normalize_embeddings=True, show_progress_bar=False)


SHARE = 4  # of the sample's passages every fourth: enough of all lengths


@cache
def sample_texts():
    """Title and text of every passage of the sample corpus, of all lengths, and the ends of what texts can be."""
    with sample_path().open("rb") as stream:
        documents = [record for record in parse_pubmed(stream, "sample") if isinstance(record, Document)]
    found = [
        searched_text(document.title, passage.kind, passage.text)
        for document in documents
        for passage in Splitter().split(document)
    ]
    return [*found[::SHARE], "", "a", " \n ", "the", "word " * 1000, "1,25-dihydroxyvitamin D3 αβγ 中文 [PAD] [SEP]"]


def cosines(left, right):
    return (left * right).sum(axis=1)


def test_the_compact_model_is_the_shipped_one(compact):
    revision = read_shipped(WEIGHTS, BUNDLED).sha256
    assert compact.identity == ModelIdentity("compact", revision, dimensions=384, max_tokens=320)


def test_the_base_without_training_is_another_model():
    base = load_embedding_model(EmbeddingProfile(COMPACT_BASE, 320))
    assert base.identity == ModelIdentity(COMPACT_BASE, WEIGHTS_SHA256, dimensions=384, max_tokens=320)


def test_the_precision_is_no_part_of_the_identity(compact, exact):
    assert compact.identity == exact.identity


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


def test_fp32_gives_what_sentence_transformers_gives(exact):
    texts = sample_texts()
    assert exact.encode_passages(texts) == pytest.approx(plain(texts), abs=1e-5)


@pytest.mark.skipif(not cpu_has_bf16(), reason="this CPU has no bf16 instructions")
def test_bf16_stays_within_a_thousandth_of_fp32(exact):
    texts = sample_texts()
    quick = load_embedding_model(PROFILES["compact"], precision="bf16")
    assert cosines(quick.encode_passages(texts), exact.encode_passages(texts)).min() >= 0.999


@pytest.mark.skipif(zero_point() == 0, reason="torch has no 8-bit products on this machine")
def test_int8_stays_near_fp32(exact):
    texts = sample_texts()
    quick = load_embedding_model(PROFILES["compact"], precision="int8")
    found = cosines(quick.encode_passages(texts), exact.encode_passages(texts))
    # A text without a word is two special tokens, whose rounding nothing averages out.
    with_words = np.array([bool(text.strip()) for text in texts])
    assert found[with_words].min() >= 0.98
    assert found.min() >= 0.97
    assert found.mean() >= 0.995


@pytest.mark.data
@needs_data
@pytest.mark.skipif(zero_point() == 0, reason="torch has no 8-bit products on this machine")
def test_int8_finds_the_documents_that_fp32_finds(exact):
    """nDCG@10 over BioASQ questions and the abstracts that experts judged relevant to any of them."""
    questions, documents, relevant = bioasq_retrieval(DATA, "10B1_golden.json", 80)
    scores = {}
    for name, made in (
        ("int8", load_embedding_model(PROFILES["compact"], precision="int8")),
        ("fp32", exact),
    ):
        similar = made.encode_queries(questions) @ made.encode_passages(documents).T
        scores[name] = np.mean([ndcg_at_10(row, wanted) for row, wanted in zip(similar, relevant, strict=True)])
    assert scores["fp32"] > 0.6
    assert scores["int8"] == pytest.approx(scores["fp32"], rel=0.005)


def ndcg_at_10(similar, wanted):
    gains = [
        1 / np.log2(rank + 2) for rank, row in enumerate(np.argsort(-similar, kind="stable")[:10]) if row in wanted
    ]
    return sum(gains) / sum(1 / np.log2(rank + 2) for rank in range(min(10, len(wanted))))


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(order=st.permutations(range(14)))
def test_a_text_has_its_vector_wherever_it_stands(compact, order):
    """Beside other texts it is in another batch, which may cost a last digit of bf16 and no more."""
    texts = ["ivacaftor opens the channel", *sample_texts()[-6:], *sample_texts()][:14]
    straight = compact.encode_passages(texts)
    shuffled = compact.encode_passages([texts[row] for row in order])
    assert shuffled == pytest.approx(straight[list(order)], abs=1e-3)


def test_a_text_has_the_same_vector_alone(compact):
    """To the last digits of bf16: another number of rows is another kernel, and AMX adds in another order than AVX."""
    texts = sample_texts()[:12]
    together = compact.encode_passages(texts)
    for row, text in enumerate(texts):
        assert compact.encode_queries([text])[0] == pytest.approx(together[row], abs=2e-3)
        assert compact.encode_queries([text])[0] @ together[row] > 0.9999


def test_what_stands_behind_the_last_token_is_not_read(compact):
    long = "word " * 317  # and two special tokens: 319 of 320
    vectors = compact.encode_passages([long + "one two", long + "one three four"])
    assert np.array_equal(vectors[0], vectors[1])


def test_several_threads_ask_at_once(compact):
    texts = [f"question {number} about {'gene ' * number}" for number in range(24)]
    alone = np.vstack([compact.encode_queries([text]) for text in texts])
    with ThreadPoolExecutor(8) as pool:
        found = np.vstack(list(pool.map(lambda text: compact.encode_queries([text]), texts * 3)))
    assert found == pytest.approx(np.tile(alone, (3, 1)), abs=1e-6)


def test_progress_adds_up_over_slices(compact, monkeypatch):
    monkeypatch.setattr(batching, "SLICE", 5)
    done = []
    vectors = compact.encode_passages([f"text {number}" for number in range(12)], done.append)
    assert done == [5, 5, 2]
    assert vectors.shape == (12, 384)


def test_a_mode_that_the_machine_cannot_run_is_refused():
    with pytest.raises(UsageError, match="fp16 needs a GPU"):
        load_embedding_model(PROFILES["compact"], precision="fp16")
