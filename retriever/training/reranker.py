"""The recipe for the reranker: a base with one output, binary cross-entropy on mined pairs, resumable and seeded."""

from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec

from indexer.embedding import load_embedding_model
from indexer.index import Index
from indexer.training.examples import TrainingData, files_of
from indexer.training.kept import kept
from indexer.training.runs import (
    COMPACT,
    Report,
    RunSettings,
    arguments,
    base_source,
    merged,
    prepare,
    require_examples,
    run,
    wake_head,
    write_record,
)
from retriever.rerank import untrained
from retriever.training.examples import Labelled, PairSettings, make_pairs


class RerankerSettings(msgspec.Struct, frozen=True):
    """What decides the outcome besides base and data. `max_tokens` is where query and text together are cut."""

    run: RunSettings = RunSettings(epochs=0.766, batch=32, learning_rate=1e-4, warmup=0.05, save_steps=50)
    pairs: PairSettings = PairSettings()
    max_tokens: int = 160


def train_reranker(
    base: str, data: TrainingData, out: Path, settings: RerankerSettings, report: Report = lambda _: None
) -> dict[str, Any]:
    """Train, going on from the last checkpoint in `out`; leaves a model that `load_reranker` takes and ``run.json``.

    Returns the record. The pairs are written to ``pairs.jsonl`` first, so that going on mines nothing anew.
    """
    pairs = kept(out / "pairs.jsonl", Labelled, lambda: _mined(data, settings.pairs, report))
    require_examples(pairs, "questions with quoted evidence")
    report(f"{len(pairs):,} pairs")
    model, tokenizer = untrained(
        base_source(base),
        hidden_dropout_prob=0.0,
        attention_probs_dropout_prob=0.0,
        attn_implementation="eager",
    )
    if base == COMPACT:
        wake_head(model, settings.run.seed)
    model = prepare(model, settings.run, head="classifier")
    features = [_feature(tokenizer, pair, settings.max_tokens) for pair in pairs]
    trained = run(_trainer(model, tokenizer, features, out, settings), out)
    merged(model).save_pretrained(out)
    tokenizer.save_pretrained(out)
    counts = {"pairs": len(pairs), "relevant": sum(int(pair.label) for pair in pairs)}
    return write_record(out, "reranker", base, settings, files_of(data), counts=counts, training=trained)


def _mined(data: TrainingData, settings: PairSettings, report: Report) -> list[Labelled]:
    report("mining negatives")
    with closing(Index(data.index, load_embedding_model)) as index:
        return make_pairs(index, data, settings)


def _feature(tokenizer: Any, pair: Labelled, max_tokens: int) -> dict[str, Any]:
    encoded = tokenizer(pair.query, pair.text, truncation="only_second", max_length=max_tokens)
    return {**encoded, "labels": pair.label, "length": len(encoded["input_ids"])}


def _trainer(model: Any, tokenizer: Any, features: list[dict[str, Any]], out: Path, settings: RerankerSettings) -> Any:
    from torch.nn.functional import binary_cross_entropy_with_logits
    from transformers import DataCollatorWithPadding, Trainer, TrainingArguments

    given = arguments(
        TrainingArguments,
        out,
        settings.run,
        len(features),
        train_sampling_strategy="group_by_length",
        length_column_name="length",
        label_names=["labels"],
    )

    def loss(outputs: Any, labels: Any, **_: Any) -> Any:
        return binary_cross_entropy_with_logits(outputs["logits"].float().squeeze(-1), labels.float())

    return Trainer(
        model=model,
        args=given,
        train_dataset=features,
        data_collator=DataCollatorWithPadding(tokenizer),
        compute_loss_func=loss,
    )
