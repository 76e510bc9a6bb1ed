"""The recipe for the embedding model: contrastive training with hard negatives, resumable and seeded.

The loss is the softmax of the cosines, times 20, of a query with its passage against all passages and hard negatives of
the batch (multiple negatives ranking, Henderson et al. 2017; hard negatives as in Karpukhin et al. 2020), by
sentence-transformers' trainer.
"""

from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec

from corpora.errors import ModelError
from indexer.embedding import load_embedding_model
from indexer.index import Index
from indexer.numeric import pick_device
from indexer.quiet import loading_errors, quiet_loading
from indexer.training.examples import ExampleSettings, TrainingData, Triple, files_of, make_triples
from indexer.training.kept import kept
from indexer.training.runs import (
    Report,
    RunSettings,
    arguments,
    base_source,
    merged,
    prepare,
    require_examples,
    run,
    write_record,
)

SCALE = 20.0


class EmbeddingSettings(msgspec.Struct, frozen=True):
    """What decides the outcome besides base and data. `max_tokens` is where texts are cut in training."""

    run: RunSettings = RunSettings(epochs=1, batch=32, learning_rate=3e-5, save_steps=50)
    examples: ExampleSettings = ExampleSettings()
    max_tokens: int = 128


def train_embedding(
    base: str, data: TrainingData, out: Path, settings: EmbeddingSettings, report: Report = lambda _: None
) -> dict[str, Any]:
    """Train, going on from the last checkpoint in `out`; leaves a sentence-transformers model there and ``run.json``.

    Returns the record. The triples are written to ``triples.jsonl`` first, so that going on mines nothing anew.
    """
    triples = kept(out / "triples.jsonl", Triple, lambda: _mined(data, settings.examples, report))
    require_examples(triples, "questions with quoted evidence")
    report(f"{len(triples):,} triples")
    model = _untrained(base)
    limit = model.max_seq_length
    model.max_seq_length = min(settings.max_tokens, limit or settings.max_tokens)
    prepare(model[0].model, settings.run, head="")
    trained = run(_trainer(model, triples, out, settings), out)
    merged(model[0].model)
    model.max_seq_length = limit
    model.save_pretrained(str(out))
    counts = {"triples": len(triples)}
    return write_record(out, "embedding", base, settings, files_of(data), counts=counts, training=trained)


def _mined(data: TrainingData, settings: ExampleSettings, report: Report) -> list[Triple]:
    report("mining negatives")
    with closing(Index(data.index, load_embedding_model)) as index:
        return make_triples(index, data, settings)


def _untrained(base: str) -> Any:
    """The base as a sentence-transformers model: one that is no such model yet gets mean pooling."""
    from sentence_transformers import SentenceTransformer

    # Dropout would keep attention from its fast path; with one pass over the data there is little to overfit to.
    config = {"hidden_dropout_prob": 0.0, "attention_probs_dropout_prob": 0.0}
    try:
        with quiet_loading():
            return SentenceTransformer(
                base_source(base),
                device=pick_device(),
                config_kwargs=config,
                model_kwargs={"attn_implementation": "eager"},
            )
    except loading_errors() as error:
        raise ModelError(
            f"base model {base!r} cannot be loaded ({error})", remedy="Name compact, a folder or a model of the hub"
        ) from error


def _trainer(model: Any, triples: list[Triple], out: Path, settings: EmbeddingSettings) -> Any:
    from datasets import Dataset
    from safetensors.torch import load_file
    from sentence_transformers import SentenceTransformerTrainer, SentenceTransformerTrainingArguments
    from sentence_transformers.sentence_transformer.losses import MultipleNegativesRankingLoss

    from indexer.training.sampling import LikeLength

    columns = {name: [getattr(triple, name) for triple in triples] for name in ("query", "positive", "negative")}
    given = arguments(SentenceTransformerTrainingArguments, out, settings.run, len(triples), batch_sampler=LikeLength)

    class Resuming(SentenceTransformerTrainer):  # type: ignore[misc]
        """Its own way of going on makes a model anew from the checkpoint, which fails for one with adapters."""

        def _load_from_checkpoint(self, checkpoint_path: str) -> None:
            self.model[0].model.load_state_dict(load_file(Path(checkpoint_path) / "model.safetensors"))

    return Resuming(
        model=model,
        args=given,
        train_dataset=Dataset.from_dict(columns),
        loss=MultipleNegativesRankingLoss(model, scale=SCALE),
    )
