"""Which encoder a model gets, and that the padded one gives what sentence-transformers gives."""

import numpy as np
import pytest
import torch

from corpora.errors import UsageError
from indexer import encoders
from indexer.encoders import FastTokenizer, PackedEncoder, PaddedEncoder, make_encoder
from indexer.quiet import quiet_loading
from tests.shapes import biobert_shaped, vocabulary

TEXTS = ["a gene", "", "a much longer text of many more words than the others have", "x", "two genes", "a gene " * 60]


def load(folder):
    from sentence_transformers import SentenceTransformer

    with quiet_loading():
        made = SentenceTransformer(str(folder), device="cpu")
    made.max_seq_length = 40
    return made


@pytest.fixture(scope="module")
def bert(tmp_path_factory):
    return biobert_shaped(tmp_path_factory.mktemp("bert"), head="none", layers=1)


@pytest.fixture(scope="module")
def distilbert(tmp_path_factory):
    """A model that is no BERT, with its own pooling: the first token's vector."""
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Pooling, Transformer
    from transformers import BertTokenizerFast, DistilBertConfig, DistilBertModel

    folder = tmp_path_factory.mktemp("distilbert")
    names = folder / "vocab.txt"
    names.write_text("\n".join(vocabulary()) + "\n")
    torch.manual_seed(2)
    BertTokenizerFast(vocab=str(names)).save_pretrained(folder)
    DistilBertModel(DistilBertConfig(vocab_size=28_996, dim=32, hidden_dim=64, n_layers=1, n_heads=2)).save_pretrained(
        folder
    )
    with quiet_loading():
        inner = Transformer(str(folder))
        SentenceTransformer(modules=[inner, Pooling(32, pooling_mode="cls")]).save(str(folder / "whole"))
    return folder / "whole"


def test_bert_is_packed_and_gives_what_sentence_transformers_gives(bert):
    model = load(bert)
    expected = model.encode(TEXTS, show_progress_bar=False)
    made = make_encoder(model, "fp32", 768)
    assert isinstance(made, PackedEncoder)
    assert made.encode(TEXTS) == pytest.approx(expected, abs=1e-4)


@pytest.mark.parametrize("budget", [1, 20, 10_000])
def test_another_model_is_padded_and_gives_what_sentence_transformers_gives(distilbert, monkeypatch, budget):
    monkeypatch.setattr(encoders, "CPU_BUDGET", budget)
    model = load(distilbert)
    expected = model.encode(TEXTS, show_progress_bar=False)
    done = []
    made = make_encoder(model, "fp32", 32)
    assert isinstance(made, PaddedEncoder)
    assert made.encode(TEXTS, done.append) == pytest.approx(expected, abs=1e-5)
    assert sum(done) == len(TEXTS)


def test_a_prompt_that_the_model_asks_for_is_kept(bert):
    model = load(bert)
    model.prompts, model.default_prompt_name = {"search": "find: "}, "search"
    expected = model.encode(TEXTS, show_progress_bar=False)
    assert not np.allclose(expected, load(bert).encode(TEXTS, show_progress_bar=False), atol=1e-3)
    made = make_encoder(model, "fp32", 768)
    assert isinstance(made, PaddedEncoder)
    assert made.encode(TEXTS) == pytest.approx(expected, abs=1e-4)


def test_int8_without_8_bit_products_is_refused_and_never_chosen(bert, distilbert, monkeypatch):
    with pytest.raises(UsageError, match="int8 is for BERT models"):
        make_encoder(load(distilbert), "int8", 32)
    monkeypatch.setattr(encoders, "zero_point", lambda: 0)
    with pytest.raises(UsageError, match="int8 is for BERT models"):
        make_encoder(load(bert), "int8", 768)
    asked = {}
    real = encoders.pick_mode
    monkeypatch.setattr(encoders, "pick_mode", lambda *given, **more: asked.update(more) or real(*given, **more))
    make_encoder(load(bert), "auto", 768)
    assert asked == {"int8": False}


def test_on_a_gpu_every_model_is_padded_in_the_gpus_format(bert, monkeypatch):
    """No GPU is here: the model says that it is on one, and torch that it has bf16."""

    class Far:
        type = "cuda"

    model = load(bert)
    monkeypatch.setattr(type(model), "device", property(lambda self: Far()))
    for native, dtype in ((True, torch.bfloat16), (False, torch.float16)):
        monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda including_emulation, native=native: native)
        made = make_encoder(model, "auto", 768)
        assert isinstance(made, PaddedEncoder)
        assert made._budget == encoders.GPU_BUDGET
        assert next(made._model.parameters()).dtype == dtype


def test_tokens_are_cut_to_what_the_model_reads_and_never_padded(bert):
    tokenizer = load(bert).tokenizer
    found = FastTokenizer(tokenizer, 5)(["a b", "", "a b c d e f"])
    names = [tokenizer.convert_ids_to_tokens(ids.tolist()) for ids in found]
    assert names == [["[CLS]", "a", "b", "[SEP]"], ["[CLS]", "[SEP]"], ["[CLS]", "a", "b", "c", "[SEP]"]]
