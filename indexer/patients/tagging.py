"""A small BERT that reads notes for what identifies somebody, beside the rules of `corpora.deidentification`.

It knows the company that names and places keep, in forms that no rule foresaw; the rules know numbers. What either
finds is masked. Trained by ``scripts/train_tagger.py`` on synthetic notes, see ``weights/README.md`` there.
"""

import re
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from corpora.deidentification import Deidentified, Kind, deidentify
from corpora.deidentification.records import TaggedWord
from corpora.deidentification.shapes import shapes_of
from indexer.numeric import Precision, pick_device, pick_mode, settle_threads
from indexer.pairs import Pair, PairEncoder
from indexer.shipped import load_shipped

if TYPE_CHECKING:
    from indexer.patients.tagger_model import TokenTagger

WEIGHTS = Path(__file__).parent / "weights"
BUNDLED = "tagger"
CLASSES: tuple[Kind | None, ...] = (None, "NAME", "PLACE", "DATE", "ID")
"""None is no identifier. What is neither name, place nor date is an ID here."""
WINDOW, STEP = 224, 160
"""Tokens that are read at once, and from one window's beginning to the next."""
Rows = NDArray[np.float32]
_SURROGATES = re.compile("[\ud800-\udfff]")  # halves of characters, which the tokenizer refuses


class NoteTagger:
    """A `corpora.deidentification.records.Tagger`. Holds no state of a note: safe to share between threads.

    `tokenizer` must neither cut nor fill up texts, as that of `tagger_model.untrained` does not.
    """

    def __init__(self, model: "TokenTagger", tokenizer: Any, name: str, *, precision: Precision = "auto") -> None:
        from tokenizers import Tokenizer as Backend

        device = pick_device()
        self.name = name
        self._model = model.eval().float()
        self._backend = Backend.from_str(tokenizer.backend_tokenizer.to_str())
        self._ends = (tokenizer.cls_token_id, tokenizer.sep_token_id)
        self._encoder = PairEncoder(model.bert, device, pick_mode(precision, device), tokenizer.pad_token_id or 0)

    def __call__(self, text: str) -> list[TaggedWord]:
        """See `Tagger`."""
        found = self._backend.encode(_SURROGATES.sub("\ufffd", text), add_special_tokens=False)
        pieces = [(start, end) for start, end in found.offsets]
        if not pieces:
            return []
        rows = self.probabilities(found.ids, shapes_of(text, pieces))
        words = []
        for start, end, row in _words(text, pieces, rows):
            kind = CLASSES[1 + int(np.argmax(row[1:]))]
            assert kind is not None  # noqa: S101 - the first class alone is none
            words.append(TaggedWord(start, end, kind, 1.0 - float(row[0])))
        return words

    def probabilities(self, ids: list[int], shapes: list[tuple[float, ...]]) -> Rows:
        """Of each class for each token, shape (tokens, classes); of windows that overlap mostly the one farther in."""
        import torch

        starts = list(range(0, max(1, len(ids) - WINDOW + STEP), STEP))
        first, last = self._ends
        pairs = []
        for start in starts:
            own = [first, *ids[start : start + WINDOW], last]
            pairs.append(Pair(own, [0] * len(own)))
        told = torch.tensor(shapes, dtype=torch.float32)
        summed = np.zeros((len(ids), len(CLASSES)), dtype=np.float32)
        weight = np.zeros((len(ids), 1), dtype=np.float32)
        with torch.inference_mode():
            for number, states in self._encoder.encode(pairs):
                start = starts[number]
                count = len(states) - 2
                logits = self._model.head(states[1:-1], told[start : start + count])
                ramp = np.minimum(np.arange(1, count + 1), np.arange(count, 0, -1))[:, None]
                summed[start : start + count] += torch.softmax(logits, -1).numpy() * ramp
                weight[start : start + count] += ramp
        rows: Rows = summed / weight
        return rows


def _words(text: str, pieces: list[tuple[int, int]], rows: Rows) -> list[tuple[int, int, Rows]]:
    """Runs of letters and digits with the row of their likeliest piece: a word is masked whole or not at all."""
    words: list[tuple[int, int, Rows]] = []
    for (start, end), row in zip(pieces, rows, strict=True):
        before = words[-1] if words else None
        if before is not None and before[1] == start and text[start - 1].isalnum() and text[start].isalnum():
            words[-1] = (before[0], end, row if row[0] < before[2][0] else before[2])
        else:
            words.append((start, end, row))
    return words


@lru_cache(maxsize=1)
def load_tagger() -> NoteTagger:
    """The tagger that comes with the package; ModelError where it is damaged."""
    settle_threads()  # before torch is loaded, which the next line does
    from indexer.patients.tagger_model import untrained

    model, tokenizer = untrained(len(CLASSES))
    return NoteTagger(model, tokenizer, load_shipped(model, WEIGHTS, BUNDLED))


def deidentified(text: str) -> Deidentified:
    """A note with what identifies anybody masked, by rules and model."""
    return deidentify(text, tagger=load_tagger())
