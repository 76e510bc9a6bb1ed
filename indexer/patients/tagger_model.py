"""The network behind `indexer.patients.tagging`: the bundled BERT, and a small head over it and over shapes of words.

The base knows small letters alone; what capitals, digits and lists tell comes to the head beside its last states.
"""

from typing import Any

import torch

from corpora.deidentification.shapes import WIDTH
from indexer.compact import compact_base
from indexer.quiet import quiet_loading

HIDDEN = 128


class TokenTagger(torch.nn.Module):
    """`bert` and the two layers of the head, (tokens, width + `WIDTH`) -> (tokens, classes)."""

    def __init__(self, bert: Any, classes: int) -> None:
        super().__init__()
        self.bert = bert
        self.mid = torch.nn.Linear(int(bert.config.hidden_size) + WIDTH, HIDDEN)
        self.out = torch.nn.Linear(HIDDEN, classes)

    def head(self, states: torch.Tensor, shapes: torch.Tensor, dropout: float = 0.0) -> torch.Tensor:
        """Logits of each class for each token."""
        mid = torch.relu(self.mid(torch.cat([states, shapes], dim=-1)))
        logits: torch.Tensor = self.out(torch.nn.functional.dropout(mid, dropout, training=dropout > 0))
        return logits


def untrained(classes: int) -> tuple[TokenTagger, Any]:
    """The bundled base with a fresh head, where training starts, and its tokenizer."""
    from transformers import AutoModel, AutoTokenizer

    with quiet_loading():
        bert = AutoModel.from_pretrained(str(compact_base()), add_pooling_layer=False)
        tokenizer = AutoTokenizer.from_pretrained(str(compact_base()))
    # The base cuts and fills up texts to a length of its own; notes are read whole, in windows.
    tokenizer.backend_tokenizer.no_padding()
    tokenizer.backend_tokenizer.no_truncation()
    return TokenTagger(bert, classes), tokenizer
