"""One stage of the verdict model's training: examples in, a model in a folder out; gone on from, never trained twice.

A stage's folder holds its checkpoints, the finished model and ``stage.json``, whose digest is over the examples, the
settings and what the stage started from.
"""

import hashlib
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import msgspec

from indexer.training.kept import StageRecord, begun, finished
from indexer.training.runs import COMPACT, RunSettings, arguments, merged, prepare, run, wake_head
from reader.training.verdict_examples import Example
from reader.verdict import LABELS, encode_pairs, untrained

HEAD = "classifier"


class StageSettings(msgspec.Struct, frozen=True):
    """What decides a stage's outcome besides its examples and its start.

    `dropout` is that of the hidden layers and of the classifier; `tokens` is where pairs are cut.
    """

    run: RunSettings = RunSettings()
    dropout: float = 0.1
    tokens: int = 320


def train_stage(
    name: str, start: tuple[str, str], examples: Sequence[Example], out: Path, settings: StageSettings
) -> StageRecord:
    """Train from `start`, (what transformers loads, what stands for it in the digest), into `out`."""
    digest = hashlib.sha256(msgspec.json.encode([start[1], settings, list(examples)])).hexdigest()
    record = begun(out, StageRecord(name, digest, len(examples)))
    if record.training:
        return record
    # Attention is left without dropout: with it, the fast path cannot be used.
    dropout = {"hidden_dropout_prob": settings.dropout, "attention_probs_dropout_prob": 0.0}
    import torch

    torch.manual_seed(settings.run.seed)  # The head is drawn here.
    model, tokenizer, _ = untrained(start[0], attn_implementation="eager", **dropout)
    if start[1] == COMPACT:
        wake_head(model, settings.run.seed)
    model = prepare(model, settings.run, HEAD)
    features = features_of(tokenizer, examples, settings.tokens)
    trained = run(_trainer(model, tokenizer, features, out, settings.run), out)
    merged(model).save_pretrained(out)
    tokenizer.save_pretrained(out)
    return finished(out, record, trained)


def features_of(tokenizer: Any, examples: Sequence[Example], tokens: int) -> list[dict[str, Any]]:
    """What the trainer takes for each example."""
    encoded = encode_pairs(
        tokenizer, [example.question for example in examples], [example.text for example in examples], tokens
    )
    return [
        {"input_ids": ids, "length": len(ids), "labels": LABELS.index(example.label)}
        for ids, example in zip(encoded["input_ids"], examples, strict=True)
    ]


def collate(features: Sequence[dict[str, Any]], pad: int) -> dict[str, Any]:
    """A batch: input ids and attention mask (batch, longest), labels (batch)."""
    import torch

    longest = max(feature["length"] for feature in features)
    ids = torch.full((len(features), longest), pad, dtype=torch.long)
    mask = torch.zeros((len(features), longest), dtype=torch.long)
    for row, feature in enumerate(features):
        ids[row, : feature["length"]] = torch.tensor(feature["input_ids"])
        mask[row, : feature["length"]] = 1
    labels = torch.tensor([feature["labels"] for feature in features])
    return {"input_ids": ids, "attention_mask": mask, "labels": labels}


def _trainer(model: Any, tokenizer: Any, features: list[dict[str, Any]], out: Path, settings: RunSettings) -> Any:
    from transformers import Trainer, TrainingArguments

    return Trainer(
        model=model,
        args=arguments(
            TrainingArguments,
            out,
            settings,
            len(features),
            train_sampling_strategy="group_by_length",
            length_column_name="length",
            remove_unused_columns=False,
        ),
        train_dataset=features,
        data_collator=partial(collate, pad=tokenizer.pad_token_id or 0),
    )
