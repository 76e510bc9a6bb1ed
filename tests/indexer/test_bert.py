"""The packed BERT computes what transformers' own does, whatever stands beside a text."""

import math

import pytest
import torch

from indexer import bert as module
from indexer.bert import Block, Group, PackedBert, Run, attention_blocks, packable
from indexer.numeric import cpu_has_bf16

needs_bf16 = pytest.mark.skipif(not cpu_has_bf16(), reason="this CPU has no bf16 instructions")


def test_texts_of_like_length_are_attended_to_together(monkeypatch):
    monkeypatch.setattr(module, "ATTENTION_TOKENS", 64)
    # 16 < 17: the first two groups are padded to 32, two texts at a time; the last to 16, four at a time.
    blocks = attention_blocks([Group(20, 1), Group(17, 2), Group(16, 5)])
    assert blocks == [
        Block(32, 2, (Run(0, 0, 20, 1), Run(1, 20, 17, 1))),
        Block(32, 1, (Run(0, 37, 17, 1),)),
        Block(16, 4, (Run(0, 54, 16, 4),)),
        Block(16, 1, (Run(0, 118, 16, 1),)),
    ]


def test_a_text_longer_than_a_block_has_its_own(monkeypatch):
    monkeypatch.setattr(module, "ATTENTION_TOKENS", 64)
    assert attention_blocks([Group(100, 2)]) == [
        Block(112, 1, (Run(0, 0, 100, 1),)),
        Block(112, 1, (Run(0, 100, 100, 1),)),
    ]


def small(**changes):
    from transformers import BertConfig, BertModel

    torch.manual_seed(3)
    config = BertConfig(
        **{"vocab_size": 50, "hidden_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4}
        | {"intermediate_size": 96, "max_position_embeddings": 64}
        | changes
    )
    made = BertModel(config).eval()
    # Fresh biases are zero and normalisations one: a mix-up of them would not be seen.
    for name, parameter in made.named_parameters():
        if name.endswith("bias") or "LayerNorm" in name:
            torch.nn.init.normal_(parameter, mean=float("LayerNorm.weight" in name), std=0.2)
    return made


GROUPS = (Group(40, 1), Group(19, 3), Group(18, 1), Group(2, 2))


def random_ids(groups, vocabulary=50):
    torch.manual_seed(4)
    return torch.randint(1, vocabulary, (sum(group.length * group.texts for group in groups),))


def one_by_one(bert, ids, groups):
    """What transformers makes of each text alone, below each other."""
    lengths = [group.length for group in groups for _ in range(group.texts)]
    with torch.inference_mode():
        return torch.cat([bert(text[None]).last_hidden_state[0] for text in ids.split(lengths)])


def packed(bert, mode, ids, groups):
    with torch.inference_mode():
        return PackedBert(bert, mode).forward(ids, groups)[: len(ids)].float()


def test_in_fp32_it_agrees_to_the_last_digits():
    bert, ids = small(), random_ids(GROUPS)
    assert torch.allclose(packed(bert, "fp32", ids, GROUPS), one_by_one(bert, ids, GROUPS), atol=2e-5)


@needs_bf16
def test_in_bf16_it_agrees_nearly():
    bert, ids = small(), random_ids(GROUPS)
    cosines = torch.cosine_similarity(packed(bert, "bf16", ids, GROUPS), one_by_one(bert, ids, GROUPS))
    assert cosines.min() > 0.999


def test_in_int8_it_agrees_roughly_and_neighbours_change_nothing():
    bert, ids = small(), random_ids(GROUPS)
    found = packed(bert, "int8", ids, GROUPS)
    assert torch.cosine_similarity(found, one_by_one(bert, ids, GROUPS)).min() > 0.99
    # Rows have their own scales: alone, the first text is computed to the same integers.
    assert torch.allclose(found[:40], packed(bert, "int8", ids[:40], GROUPS[:1]), atol=1e-3)


@needs_bf16
@pytest.mark.parametrize("factor", [40.0, 4000.0])
def test_scores_too_far_apart_for_bare_exponentials_are_still_right(factor, monkeypatch):
    """With scores in the hundreds exponentials overflow; what is found must be what a careful softmax finds."""
    bert, ids = small(), random_ids(GROUPS)
    for layer in bert.encoder.layer:
        layer.attention.self.query.weight.data *= factor
    careful = []
    attend = PackedBert._attend_carefully
    monkeypatch.setattr(PackedBert, "_attend_carefully", lambda self, *rest: careful.append(1) or attend(self, *rest))
    found = packed(bert, "bf16", ids, GROUPS)
    assert torch.isfinite(found).all()
    if factor > 1000:
        assert careful
    whole = bert.bfloat16()
    assert torch.cosine_similarity(found, one_by_one(whole, ids, GROUPS).float()).mean() > 0.97


def test_attention_by_hand():
    """One head of width 2, two tokens: the first looks at both alike, the second at itself e^2 times as much."""
    from transformers import BertConfig, BertModel

    config = BertConfig(vocab_size=4, hidden_size=2, num_hidden_layers=1, num_attention_heads=1, intermediate_size=2)
    made = PackedBert(BertModel(config).eval(), "fp32")
    scale = math.sqrt(math.log2(math.e))  # scores are powers of 2, scaled as the query's weights scale them
    query, key, value = (
        torch.tensor([[0.0, 0.0], [2.0, 0.0]]) * scale,
        torch.tensor([[0.0, 0.0], [1.0, 0.0]]) * scale,
        torch.tensor([[1.0, 0.0], [0.0, 1.0]]),
    )
    for quick in (True, False):
        made._quick = quick
        found = made._attend(torch.cat([query, key, value], dim=1), attention_blocks([Group(2, 1)]))
        share = math.e**2 / (1 + math.e**2)
        assert torch.allclose(found, torch.tensor([[0.5, 0.5], [1 - share, share]]), atol=1e-6)


def test_what_it_does_not_compute_is_left_to_transformers():
    from transformers import BertModel, DistilBertConfig, DistilBertModel

    class Other(BertModel):
        """A subclass may override anything."""

    assert packable(small())
    assert not packable(small(hidden_act="gelu_new"))
    assert not packable(small(is_decoder=True))
    assert not packable(Other(small().config))
    assert not packable(DistilBertModel(DistilBertConfig(vocab_size=9, dim=8, hidden_dim=8, n_layers=1, n_heads=1)))
    assert not packable(None)
