"""The reranker reads the best passages once more, and its probability moves them."""

import numpy as np
import pytest
import torch

from corpora.errors import ModelError, UsageError
from indexer.index import Index
from retriever.rerank import CrossEncoderReranker, load_reranker, untrained
from retriever.search import Reranking, RetrievalSettings, Retriever
from tests.fakes import WordHashModel
from tests.indexes import tiny_index
from tests.shapes import biobert_shaped

QUERY = "cystic fibrosis gene"


class Favourite:
    """Likes texts with one word, and notes what it was given."""

    name = "favourite"

    def __init__(self, word):
        self.word = word
        self.given = []

    def scores(self, query, texts):
        self.given.append((query, list(texts)))
        return np.array([0.9 if self.word in text else 0.1 for text in texts], dtype=np.float32)


@pytest.fixture(scope="module")
def directory(tmp_path_factory):
    return tiny_index(tmp_path_factory.mktemp("rerank"))


@pytest.fixture
def index(directory):
    opened = Index(directory, lambda profile: WordHashModel(profile.embedding_model))
    yield opened
    opened.close()


def test_scores_are_the_weighted_mean_of_fused_score_and_probability(index):
    liking = Favourite("Ivacaftor")
    settings = RetrievalSettings(reranking=Reranking(depth=30, weight=0.5))
    retriever = Retriever(index, settings, lambda: liking)
    plain = {hit.stored.key: hit for hit in retriever.search(QUERY).passages}
    found = retriever.search(QUERY, rerank=True).passages
    for hit in found:
        probability = 0.9 if "Ivacaftor" in hit.stored.passage.text else 0.1
        assert hit.score == pytest.approx(0.5 * plain[hit.stored.key].score + 0.5 * probability, abs=1e-6)
        assert hit.rerank.score == pytest.approx(probability)
    assert [hit.score for hit in found] == sorted((hit.score for hit in found), reverse=True)
    assert [hit.rank for hit in found] == list(range(1, len(found) + 1))
    assert "Ivacaftor" in found[0].stored.passage.text


def test_only_the_best_are_read_with_their_titles(index):
    liking = Favourite("Ivacaftor")
    retriever = Retriever(index, RetrievalSettings(reranking=Reranking(depth=2)), lambda: liking)
    plain = retriever.search(QUERY).passages
    found = retriever.search(QUERY, rerank=True)
    ((query, texts),) = liking.given
    assert query == QUERY
    assert len(texts) == 2
    assert texts[0].startswith(plain[0].stored.title)
    assert [hit.rerank is None for hit in found.passages].count(False) == 2
    assert "rerank" in found.timings_ms
    # What was not read keeps its order.
    rest = [hit.stored.key for hit in found.passages if hit.rerank is None]
    assert rest == [hit.stored.key for hit in plain if hit.stored.key in rest]


def test_a_short_list_is_cut_after_reranking(index):
    liking = Favourite("Ivacaftor")
    retriever = Retriever(index, RetrievalSettings(reranking=Reranking(weight=0.9)), lambda: liking)
    (best,) = retriever.search(QUERY, k=1, rerank=True).passages
    assert "Ivacaftor" in best.stored.passage.text


def test_nothing_found_is_nothing_to_rerank(index):
    retriever = Retriever(index, None, lambda: Favourite("x"))
    assert retriever.search("zzzzqqq", mode="bm25", rerank=True).passages == ()


def test_without_a_reranker_it_is_refused(index):
    with pytest.raises(UsageError, match="no reranker is loaded"):
        Retriever(index).search(QUERY, rerank=True)


TEXTS = ("Iron is stored as ferritin.", "", "A longer text about nothing much, " * 30, "CFTR.")


def test_probabilities_are_those_of_transformers(tmp_path):
    model, tokenizer = untrained(str(biobert_shaped(tmp_path, head="none", layers=2)))
    torch.nn.init.normal_(model.classifier.bias)
    inputs = tokenizer(
        ["What stores iron?"] * 4, list(TEXTS), truncation="only_second", max_length=256, padding=True,
        return_tensors="pt",
    )  # fmt: skip
    with torch.inference_mode():
        expected = torch.sigmoid(model.eval().float()(**inputs).logits)[:, 0].numpy()
    reranker = CrossEncoderReranker(model, tokenizer, "test", precision="fp32")
    np.testing.assert_allclose(reranker.scores("What stores iron?", TEXTS), expected, atol=1e-5)


@pytest.mark.parametrize("precision", ["fp32", "auto"])
def test_a_bert_that_cannot_be_packed_is_read_padded(tmp_path, precision):
    model, tokenizer = untrained(str(biobert_shaped(tmp_path, head="none", layers=1)), hidden_act="gelu_new")
    torch.nn.init.normal_(model.classifier.bias)
    inputs = tokenizer("What stores iron?", TEXTS[0], return_tensors="pt")
    with torch.inference_mode():
        expected = torch.sigmoid(model.eval()(**inputs).logits)[0, 0].item()
    reranker = CrossEncoderReranker(model, tokenizer, "test", precision=precision)
    assert reranker.scores("What stores iron?", TEXTS)[0] == pytest.approx(expected, abs=0.02)


def test_a_query_without_end_leaves_room_for_the_text(tmp_path):
    model, tokenizer = untrained(str(biobert_shaped(tmp_path, head="none", layers=1)))
    reranker = CrossEncoderReranker(model, tokenizer, "test", precision="fp32")
    found = reranker.scores("iron " * 2_000, TEXTS)
    assert np.all((found > 0) & (found < 1))


def test_the_shipped_reranker_prefers_an_answer():
    reranker = load_reranker()
    answer, topic, other = reranker.scores(
        "Which gene is mutated in cystic fibrosis?",
        (
            "Cystic fibrosis is caused by mutations in the CFTR gene.",
            "Cystic fibrosis patients often have a chronic cough.",
            "Malaria is transmitted by mosquitoes.",
        ),
    )
    assert answer > topic > other


def test_a_model_without_head_is_no_reranker(tmp_path):
    folder = biobert_shaped(tmp_path, head="none", layers=1)
    with pytest.raises(ModelError, match="no one-output classification head"):
        load_reranker(str(folder))


def test_a_model_that_is_not_there_is_told(tmp_path):
    with pytest.raises(ModelError, match="cannot be loaded"):
        load_reranker(str(tmp_path / "nothing"))
