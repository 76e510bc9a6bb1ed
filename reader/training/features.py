"""Examples as model inputs, and the loss that takes every right place.

A model input has one target a place where an answer stands: (item, first token, last token). Places of one item are
alternatives, so their probabilities add up; items are not, so each counts. A window without any answer has one target,
position 0, which is "no answer" (Devlin et al. 2019).
"""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from corpora.records import Span
from reader.training.examples import Example
from reader.windows import ReaderSettings, Window, make_windows

if TYPE_CHECKING:
    import torch

PLACES = 24
"""Targets kept of one input; further ones are dropped."""

_NONE = -1


def encode(tokenizer: Any, examples: Iterable[Example], settings: ReaderSettings) -> list[dict[str, Any]]:
    """The examples as inputs, one a window."""
    return [
        _feature(window, example)
        for example in examples
        for window in make_windows(tokenizer, example.question, [example.text], settings)
    ]


def _feature(window: Window, example: Example) -> dict[str, Any]:
    targets = [
        (number, window.first + place[0], window.first + place[1])
        for number, item in enumerate(example.answers)
        for span in item
        if (place := positions(window.offsets, span))
    ]
    return {
        "input_ids": window.input_ids,
        "token_type_ids": window.token_type_ids,
        "attention_mask": [1] * len(window.input_ids),
        "targets": (targets or [(0, 0, 0)])[:PLACES],
        "length": len(window.input_ids),
    }


def positions(offsets: Sequence[tuple[int, int]], answer: Span) -> tuple[int, int] | None:
    """The context tokens that hold the answer's first and last character; None where the window lacks one."""
    start = next((number for number, (left, right) in enumerate(offsets) if left <= answer.start < right), None)
    end = next((number for number, (left, right) in enumerate(offsets) if left < answer.end <= right), None)
    return None if start is None or end is None else (start, end)


def collate(features: Sequence[dict[str, Any]], pad: int) -> dict[str, "torch.Tensor"]:
    """A batch, padded; `targets` is (inputs, most targets of one, 3), filled up with -1."""
    import torch

    width = max(len(feature["input_ids"]) for feature in features)
    most = max(len(feature["targets"]) for feature in features)
    filled = {
        name: torch.tensor([feature[name] + [value] * (width - len(feature[name])) for feature in features])
        for name, value in (("input_ids", pad), ("token_type_ids", 0), ("attention_mask", 0))
    }
    rows = [[*feature["targets"], *[(_NONE, 0, 0)] * (most - len(feature["targets"]))] for feature in features]
    return {**filled, "targets": torch.tensor(rows)}


def span_loss(
    starts: "torch.Tensor", ends: "torch.Tensor", mask: "torch.Tensor", targets: "torch.Tensor"
) -> "torch.Tensor":
    """Mean over inputs of the mean over items of -log(sum over the item's places of P(start) P(end)).

    `starts` and `ends` are logits, (inputs, tokens); `targets` as `collate` gives it.
    """
    import torch

    hidden = mask == 0
    start_log = starts.float().masked_fill(hidden, -1e4).log_softmax(dim=1)
    end_log = ends.float().masked_fill(hidden, -1e4).log_softmax(dim=1)
    item, first, last = targets.unbind(dim=2)
    places = start_log.gather(1, first) + end_log.gather(1, last)
    items = torch.arange(int(item.max()) + 1, device=item.device)
    belongs = item[:, None, :] == items[None, :, None]
    scores = places[:, None, :].masked_fill(~belongs, -1e4).logsumexp(dim=2)
    present = belongs.any(dim=2)
    return (-(scores * present).sum(dim=1) / present.sum(dim=1)).mean()
