"""BERT's forward pass for a CPU: no padding, weights in the layout that oneDNN multiplies fastest, fused steps.

The tokens of all texts of a batch stand below each other in one matrix of shape (tokens, width), so that padding costs
nothing; only attention looks at texts one by one, those of equal length together. The weights are those that
sentence-transformers loaded; `tests/indexer/test_bert.py` holds the vectors to those of transformers' own forward pass.
"""

import itertools
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from indexer.int8 import Int8Linear
from indexer.linear import Linear, make_linear
from indexer.numeric import Mode

if TYPE_CHECKING:
    import torch

# Rows of a batch are filled up to a multiple of this: oneDNN compiles a kernel for every new number of rows. A query is
# short, and is filled up to fewer.
ROWS, FEW_ROWS = 64, 16
# Tokens whose attention is computed at once: their scores, 12 x 300 x 300 numbers a text, should stay in the cache.
ATTENTION_TOKENS = 768
# Texts are padded to a multiple of this inside attention, for the same reason.
STEP = 16
# Sums of exponentials within these bounds lose nothing in bf16; others are computed again the careful way.
SMALLEST, LARGEST = 2.0**-100, 2.0**120
# Values are held this much smaller, which is exact, so that their product with exponentials up to `LARGEST` is finite.
_SHRINK = 2.0**-8


class Group(NamedTuple):
    """`texts` texts of `length` tokens each, below each other in a batch."""

    length: int
    texts: int


class Run(NamedTuple):
    """`texts` texts of `length` tokens: those from the block's text `first` on, in the batch's rows from `start` on."""

    first: int
    start: int
    length: int
    texts: int

    @property
    def end(self) -> int:
        """The row behind the last."""
        return self.start + self.length * self.texts


class Block(NamedTuple):
    """`texts` texts whose attention is computed at once, each padded to `length` tokens."""

    length: int
    texts: int
    runs: tuple[Run, ...]


class _Layer(NamedTuple):
    qkv: Linear
    attended: Linear
    attended_norm: Any
    grown: Linear
    shrunk: Linear
    shrunk_norm: Any


class PackedBert:
    """The encoder of a transformers `BertModel`, to be called under ``torch.inference_mode``; keeps no state."""

    def __init__(self, bert: Any, mode: Mode) -> None:
        import torch

        self._dtype = torch.bfloat16 if mode == "bf16" else torch.float32
        self._linear = Int8Linear if mode == "int8" else make_linear
        self._heads: int = bert.config.num_attention_heads
        self._width: int = bert.config.hidden_size
        # bf16 takes exponentials of base 2 without looking for the largest score first; fp32 takes torch's attention.
        self._quick = mode == "bf16"
        tables = bert.embeddings
        self._words = tables.word_embeddings.weight.detach().float()
        types = tables.token_type_embeddings.weight.detach().float()
        self._positions = tables.position_embeddings.weight.detach().float() + types[0]
        # What a token of the second of two texts has instead.
        self._second = types[1] - types[0] if len(types) > 1 else torch.zeros_like(types[0])
        self._norm = _Norm(tables.LayerNorm)
        self._layers = [self._read(layer) for layer in bert.encoder.layer]

    def _read(self, layer: Any) -> _Layer:
        attention = layer.attention.self
        # Scores come out of the product as powers of 2: scaled by 1 / sqrt(head width) and by log2(e).
        scale = math.log2(math.e) / math.sqrt(self._width // self._heads)
        query = (attention.query.weight * scale, attention.query.bias * scale)
        key = (attention.key.weight, attention.key.bias)
        value = (attention.value.weight * _SHRINK, attention.value.bias * _SHRINK)
        output = layer.attention.output
        return _Layer(
            qkv=self._joined([query, key, value]),
            attended=self._joined([(output.dense.weight / _SHRINK, output.dense.bias)]),
            attended_norm=_Norm(output.LayerNorm),
            grown=self._joined([(layer.intermediate.dense.weight, layer.intermediate.dense.bias)]),
            shrunk=self._joined([(layer.output.dense.weight, layer.output.dense.bias)]),
            shrunk_norm=_Norm(layer.output.LayerNorm),
        )

    def _joined(self, parts: Sequence[tuple["torch.Tensor", "torch.Tensor"]]) -> Linear:
        import torch

        weights, biases = zip(*parts, strict=True)
        return self._linear(torch.cat(weights).to(self._dtype), torch.cat(biases).to(self._dtype))

    def forward(
        self, ids: "torch.Tensor", groups: Sequence[Group], types: "torch.Tensor | None" = None
    ) -> "torch.Tensor":
        """The last hidden states, shape (rows, width), of `ids`, the token ids of all texts in the order of `groups`.

        `types` has a token's type, 0 or 1, for each of them; all are 0 where it is left out. Rows behind the last token
        are of no meaning.
        """
        hidden = self._embed(ids, groups, types)
        blocks = attention_blocks(groups)
        for layer in self._layers:
            qkv = layer.qkv(hidden)
            context = self._attend(qkv, blocks)
            hidden = layer.attended_norm(layer.attended.plus(context, hidden))
            hidden = layer.shrunk_norm(layer.shrunk.plus(layer.grown.gelu(hidden), hidden))
        return hidden

    def _embed(self, ids: "torch.Tensor", groups: Sequence[Group], types: "torch.Tensor | None") -> "torch.Tensor":
        import torch
        from torch.nn.functional import embedding, pad

        positions = torch.cat([torch.arange(group.length).repeat(group.texts) for group in groups])
        filling = -len(ids) % (ROWS if len(ids) > ROWS else FEW_ROWS)
        rows = embedding(pad(ids, (0, filling)), self._words)
        rows += embedding(pad(positions, (0, filling)), self._positions)
        if types is not None:
            rows[: len(ids)].addcmul_(types.unsqueeze(1).float(), self._second)
        normed: torch.Tensor = self._norm(rows).to(self._dtype)
        return normed

    def _attend(self, qkv: "torch.Tensor", blocks: Sequence[Block]) -> "torch.Tensor":

        context = qkv.new_empty((len(qkv), self._width))
        for block in blocks:
            padded = self._pad(qkv, block).flatten(1, 2)
            if not (self._quick and self._attend_quickly(padded, context, block)):
                self._attend_carefully(qkv, context, block)
        # What fills up the rows must be numbers: others are slow to compute with.
        context[blocks[-1].runs[-1].end :].zero_()
        return context

    def _pad(self, qkv: "torch.Tensor", block: Block) -> "torch.Tensor":
        """Queries, keys and values, zero behind the end of each text; shape (3, texts, heads, length, size)."""
        shape = (3, block.texts, self._heads, block.length, self._width // self._heads)
        padded = qkv.new_empty(shape)
        for run in block.runs:
            rows = qkv[run.start : run.end].view(run.texts, run.length, 3, self._heads, -1)
            inside = padded[:, run.first : run.first + run.texts]
            inside[..., : run.length, :] = rows.permute(2, 0, 3, 1, 4)
            inside[..., run.length :, :] = 0
        return padded

    def _attend_quickly(self, padded: "torch.Tensor", context: "torch.Tensor", block: Block) -> bool:
        """Attention without a search for the largest score; False where the scores are too far apart for that.

        Three times as fast as torch's fused attention: powers of 2 over the whole matrix in place, divided by their sum
        only after the product with the values. Padding weighs nothing: its values are zero and the sums leave it out.
        """
        import torch

        query, key, value = padded
        weights = torch.bmm(query, key.transpose(1, 2)).exp2_()
        mixed = torch.bmm(weights, value).view(block.texts, self._heads, block.length, -1)
        weights = weights.view(block.texts, self._heads, block.length, -1)
        for run in block.runs:
            inside = slice(run.first, run.first + run.texts)
            sums = weights[inside, :, : run.length, : run.length].sum(dim=-1, keepdim=True)
            low, high = torch.aminmax(sums)
            if not (low > SMALLEST and high < LARGEST):  # also where one is not a number
                return False
            torch.div(mixed[inside, :, : run.length], sums, out=self._texts_of(context, run))
        return True

    def _attend_carefully(self, qkv: "torch.Tensor", context: "torch.Tensor", block: Block) -> None:
        from torch.nn.functional import scaled_dot_product_attention

        for run in block.runs:
            rows = qkv[run.start : run.end].view(run.texts, run.length, 3, self._heads, -1)
            query, key, value = rows.permute(2, 0, 3, 1, 4)
            # 2 ** score == exp(score * ln 2)
            found = scaled_dot_product_attention(query, key, value, scale=math.log(2))
            self._texts_of(context, run).copy_(found)

    def _texts_of(self, rows: "torch.Tensor", run: Run) -> "torch.Tensor":
        """The run's rows as (texts, heads, length, size); writing to it writes to them."""
        return rows[run.start : run.end].view(run.texts, run.length, self._heads, -1).transpose(1, 2)


def attention_blocks(groups: Sequence[Group]) -> list[Block]:
    """The texts of a batch, in its order, as blocks of about `ATTENTION_TOKENS` tokens.

    oneDNN compiles a kernel for every shape and keeps it (0.6 MB): lengths are multiples of `STEP`, numbers of texts
    powers of 2.
    """
    blocks = []
    start = 0
    for length, members in itertools.groupby(groups, key=lambda group: -(-group.length // STEP) * STEP):
        waiting = [Run(0, 0, group.length, group.texts) for group in members]
        left = sum(run.texts for run in waiting)
        while left:
            texts = 1 << (max(1, min(left, ATTENTION_TOKENS // length)).bit_length() - 1)
            runs = _take(waiting, texts, start)
            blocks.append(Block(length, texts, runs))
            start, left = runs[-1].end, left - texts
    return blocks


def _take(waiting: list[Run], texts: int, start: int) -> tuple[Run, ...]:
    """The next `texts` texts of `waiting`, which loses them, as runs from the row `start` on."""
    runs: list[Run] = []
    first = 0
    while first < texts:
        head = waiting.pop(0)
        count = min(head.texts, texts - first)
        runs.append(Run(first, start, head.length, count))
        if count < head.texts:
            waiting.insert(0, head._replace(texts=head.texts - count))
        first, start = first + count, runs[-1].end
    return tuple(runs)


def packable(bert: Any) -> bool:
    """Whether `PackedBert` computes what this transformers model does: BERT itself, with the exact GELU."""
    from transformers import BertModel

    if type(bert) is not BertModel:  # a subclass may compute something else
        return False
    config = bert.config
    absolute = getattr(config, "position_embedding_type", None) in ("absolute", None)
    return config.hidden_act == "gelu" and absolute and not getattr(config, "is_decoder", False)


class _Norm:
    """Layer normalisation of rows, with weights of the rows' own dtype."""

    def __init__(self, module: Any) -> None:
        self._eps: float = module.eps
        self._weights = (module.weight.detach().float(), module.bias.detach().float())
        self._halves = tuple(weight.bfloat16() for weight in self._weights)

    def __call__(self, rows: "torch.Tensor") -> "torch.Tensor":
        import torch

        weight, bias = self._halves if rows.dtype == torch.bfloat16 else self._weights
        return torch.nn.functional.layer_norm(rows, rows.shape[-1:], weight, bias, self._eps)
