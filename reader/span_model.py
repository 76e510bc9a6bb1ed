"""The extractive reader: a question and texts in, scored character spans out.

The model is any `AutoModelForQuestionAnswering` (Devlin et al. 2019, section 4.2; no-answer score as in section 4.3).
"""

import threading
from collections import defaultdict
from collections.abc import Iterator, Sequence
from copy import deepcopy
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from corpora.records import Span
from corpora.stopping import check_stopped
from indexer.numeric import Precision, pick_device, pick_dtype, pick_mode
from indexer.pairs import Pair, PairEncoder
from reader.boundaries import tidy_span
from reader.windows import ReaderSettings, Window, make_windows

if TYPE_CHECKING:
    import torch

SPANS_PER_WINDOW = 12


class SpanCandidate(msgspec.Struct, frozen=True):
    """A possible answer inside one text.

    `probability` is the model's probability of this span among all spans of its window and "no answer here"; `margin`
    is the span's logit above the no-answer logit.
    """

    span: Span
    probability: float
    margin: float


class SpanReader:
    """Finds answer spans with a question-answering model. Holds no state of a request: safe to share.

    `model` comes as it was loaded. A BERT's encoder runs as `indexer.pairs` runs it, without padding on a CPU. Another
    model runs whole, in batches of like length.
    """

    def __init__(
        self,
        model: Any,
        tokenizer: Any,
        name: str,
        settings: ReaderSettings | None = None,
        *,
        precision: Precision = "auto",
    ) -> None:
        device = pick_device()
        model = model.eval()
        self._tokenizer = tokenizer
        self._encoder: PairEncoder | None = None
        if hasattr(model, "bert") and hasattr(model, "qa_outputs"):
            model = model.float()
            # A copy: the encoder may go to a GPU, or to fewer bits, while the head takes what comes back from it.
            self._head = deepcopy(model.qa_outputs)
            self._encoder = PairEncoder(model.bert, device, pick_mode(precision, device), tokenizer.pad_token_id or 0)
        else:
            self._model = model.to(device=device, dtype=pick_dtype(precision, device))
        # A fast tokenizer keeps its limits between calls: two threads would cut each other's texts.
        self._tokenizing = threading.Lock()
        self.name = name
        limit = int(model.config.max_position_embeddings)
        settings = settings or ReaderSettings()
        self.settings = msgspec.structs.replace(settings, max_tokens=min(settings.max_tokens, limit))

    def read(
        self, question: str, texts: Sequence[str], *, limit: int = 5, apart: bool = True
    ) -> list[list[SpanCandidate]]:
        """For each text its best spans, most probable first, at most `limit`.

        `apart`: a span that overlaps a better one is left out; else all boundaries that the model thinks of are given.
        Offsets are code points of the text given. An empty text gives no spans.
        """
        with self._tokenizing:
            windows = make_windows(self._tokenizer, question, texts, self.settings)
        found: dict[int, list[SpanCandidate]] = defaultdict(list)
        for window, starts, ends in self._score(windows):
            text = texts[window.text_number]
            found[window.text_number] += _candidates(window, starts, ends, text, self.settings)
        return [_best(found[number], limit, apart=apart) for number in range(len(texts))]

    def _score(self, windows: list[Window]) -> Iterator[tuple[Window, NDArray[np.float32], NDArray[np.float32]]]:
        """Start and end logits of every window."""
        if self._encoder is None:
            yield from self._score_padded(windows)
            return
        import torch

        pairs = [Pair(window.input_ids, window.token_type_ids) for window in windows]
        for number, hidden in self._encoder.encode(pairs):
            with torch.inference_mode():
                starts, ends = self._head(hidden).unbind(-1)
            yield windows[number], _as_array(starts), _as_array(ends)

    def _score_padded(self, windows: list[Window]) -> Iterator[tuple[Window, NDArray[np.float32], NDArray[np.float32]]]:
        """In batches of like length, so that little is spent on padding."""
        order = sorted(range(len(windows)), key=lambda number: (-len(windows[number].input_ids), number))
        start = 0
        while start < len(order):
            width = len(windows[order[start]].input_ids)
            batch = [windows[number] for number in order[start : start + max(1, self.settings.batch_tokens // width)]]
            starts, ends = self._forward(batch, width)
            yield from zip(batch, starts, ends, strict=True)
            start += len(batch)

    def _forward(self, batch: list[Window], width: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        import torch

        check_stopped()
        pad = self._tokenizer.pad_token_id or 0
        ids = np.full((len(batch), width), pad, dtype=np.int64)
        types = np.zeros((len(batch), width), dtype=np.int64)
        mask = np.zeros((len(batch), width), dtype=np.int64)
        for row, window in enumerate(batch):
            length = len(window.input_ids)
            ids[row, :length], types[row, :length], mask[row, :length] = window.input_ids, window.token_type_ids, 1
        inputs = {"input_ids": ids, "token_type_ids": types, "attention_mask": mask}
        device = self._model.device
        with torch.inference_mode():
            output = self._model(**{name: torch.from_numpy(array).to(device) for name, array in inputs.items()})
        return _as_array(output.start_logits), _as_array(output.end_logits)


def _as_array(tensor: "torch.Tensor") -> NDArray[np.float32]:
    array: NDArray[np.float32] = tensor.float().cpu().numpy()
    return array


def _candidates(
    window: Window, starts: NDArray[np.float32], ends: NDArray[np.float32], text: str, settings: ReaderSettings
) -> list[SpanCandidate]:
    """The window's best spans. Position 0 ([CLS]) carries the no-answer score."""
    length = len(window.offsets)
    if length == 0:
        return []
    context = slice(window.first, window.first + length)
    scores = starts[context][:, None] + ends[context][None, :]
    allowed = np.triu(np.ones((length, length), dtype=bool)) & ~np.triu(
        np.ones((length, length), dtype=bool), settings.max_answer_tokens
    )
    scores = np.where(allowed, scores, -np.inf)
    null = float(starts[0] + ends[0])
    top = max(float(scores.max()), null)
    total = float(np.exp(scores - top).sum() + np.exp(null - top))
    count = min(SPANS_PER_WINDOW, int(allowed.sum()))
    best = np.argpartition(-scores, count - 1, axis=None)[:count]
    found = []
    for flat in best:
        first, last = divmod(int(flat), length)
        span = tidy_span(text, Span(window.offsets[first][0], window.offsets[last][1]))
        score = float(scores[first, last])
        if len(span):
            found.append(SpanCandidate(span, float(np.exp(score - top) / total), score - null))
    return found


def _best(candidates: list[SpanCandidate], limit: int, *, apart: bool) -> list[SpanCandidate]:
    """The most probable first; where several windows found the same place, the best one stands for it."""
    kept: list[SpanCandidate] = []
    for candidate in sorted(candidates, key=lambda found: (-found.probability, found.span)):
        if not any(_clash(candidate.span, other.span, apart=apart) for other in kept):
            kept.append(candidate)
        if len(kept) == limit:
            break
    return kept


def _clash(one: Span, other: Span, *, apart: bool) -> bool:
    return one == other if not apart else one.start < other.end and other.start < one.end
