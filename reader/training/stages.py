"""One stage of a reader's training: examples in, a model in a folder out; gone on from, and never trained twice.

A stage's folder holds its checkpoints, the finished model and ``stage.json``, whose digest is over the examples, the
settings and what the stage started from. A finished stage of the same digest is taken as it is; one of another digest
is refused, so that a folder never mixes two runs.
"""

import hashlib
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import msgspec

from indexer.training.kept import StageRecord, begun, finished
from indexer.training.runs import RunSettings, arguments, merged, prepare, run
from reader.models import load_tokenizer, untrained
from reader.training.examples import Example
from reader.training.features import collate, encode, span_loss
from reader.windows import ReaderSettings

HEAD = "qa_outputs"


class StageSettings(msgspec.Struct, frozen=True):
    """What decides a stage's outcome besides its examples and its start. `dropout` is that of the hidden layers."""

    run: RunSettings = RunSettings()
    dropout: float = 0.1
    reader: ReaderSettings = ReaderSettings()


def train_stage(
    name: str, start: tuple[str, str], examples: Sequence[Example], out: Path, settings: StageSettings
) -> StageRecord:
    """Train from `start`, (what transformers loads, what stands for it in the digest), into `out`."""
    digest = _digest(start[1], examples, settings)
    record = begun(out, StageRecord(name, digest, len(examples)))
    if record.training:
        return record
    tokenizer = load_tokenizer(start[0])
    model, _ = untrained(start[0], **_without_dropout(settings.dropout))
    model = prepare(model, settings.run, HEAD)
    features = encode(tokenizer, examples, settings.reader)
    trained = run(_trainer(model, tokenizer, features, out, settings.run), out)
    merged(model).save_pretrained(out)
    tokenizer.save_pretrained(out)
    return finished(out, record, {"windows": len(features), **trained})


def _without_dropout(hidden: float) -> dict[str, float]:
    """Settings of BERT's configuration; attention is left whole, since dropout there keeps the fast path from use."""
    return {"hidden_dropout_prob": hidden, "attention_probs_dropout_prob": 0.0}


def _digest(start: str, examples: Sequence[Example], settings: StageSettings) -> str:
    return hashlib.sha256(msgspec.json.encode([start, settings, list(examples)])).hexdigest()


def _trainer(model: Any, tokenizer: Any, features: list[dict[str, Any]], out: Path, settings: RunSettings) -> Any:
    from transformers import Trainer, TrainingArguments

    class SpanTrainer(Trainer):  # type: ignore[misc]
        """The trainer with the loss of `span_loss`."""

        def compute_loss(self, model: Any, inputs: Any, return_outputs: bool = False, **_: Any) -> Any:
            targets = inputs.pop("targets")
            output = model(**inputs)
            loss = span_loss(output.start_logits, output.end_logits, inputs["attention_mask"], targets)
            return (loss, output) if return_outputs else loss

    return SpanTrainer(
        model=model,
        args=arguments(
            TrainingArguments,
            out,
            settings,
            len(features),
            train_sampling_strategy="group_by_length",
            length_column_name="length",
            remove_unused_columns=False,
            label_names=["targets"],
        ),
        train_dataset=features,
        data_collator=partial(collate, pad=tokenizer.pad_token_id or 0),
    )
