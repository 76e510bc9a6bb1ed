"""`biocite train embedding` and `biocite train reranker`: the recipes of what retrieves."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

Command = TypeVar("Command", bound=Callable[..., Any])

_OPTIONS = (
    click.option(
        "--index",
        "directory",
        type=click.Path(path_type=Path),
        required=True,
        help="An index over literature that holds the questions' documents: hard negatives come from it.",
    ),
    click.option(
        "--bioasq",
        multiple=True,
        type=click.Path(path_type=Path),
        help="BioASQ task B files, 7B to 9B. Repeatable; of folders, the files that train.",
    ),
    click.option("--pubmedqa", multiple=True, type=click.Path(path_type=Path), help="PubMedQA files. Repeatable."),
    click.option("--medquad", multiple=True, type=click.Path(path_type=Path), help="MedQuAD archives. Repeatable."),
    click.option(
        "--base",
        default="compact",
        show_default=True,
        help="compact, dmis-lab/biobert-v1.1, a folder or another hub name.",
    ),
    click.option("--lora", type=int, default=0, show_default=True, help="Rank of adapters; 0 trains the weights."),
    click.option(
        "--out", type=click.Path(path_type=Path), required=True, help="Where the model and its checkpoints go."
    ),
    click.option("--epochs", type=float, help="Passes over the data, if not as many as the recipe has."),
    click.option("--max-steps", type=int, default=-1, help="Stop after so many steps."),
    click.option("--seed", type=int, default=13, show_default=True, help="Decides drawing, order and initial head."),
    click.option(
        "--export",
        "weights",
        type=click.Path(path_type=Path),
        help="Also write the weights as package data into this folder (compact base only).",
    ),
)


def _recipe_options(command: Command) -> Command:
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


@click.command("embedding")
@_recipe_options
def embedding_command(out: Path, weights: Path | None, **options: Any) -> None:
    """Fine-tune an embedding model on questions with their evidence and mined hard negatives.

    BioASQ files of batch 10B and later are refused: they choose and measure. The same command goes on after a stop.
    """
    from indexer.embedding import BUNDLED
    from indexer.training.embedding import EmbeddingSettings, train_embedding
    from indexer.training.examples import ExampleSettings

    base, data = _given(options, weights)
    defaults = EmbeddingSettings()
    settings = EmbeddingSettings(_run(defaults.run, options), ExampleSettings(seed=options["seed"]))
    _finish(train_embedding(base, data, out, settings, _say), out, weights, BUNDLED)


@click.command("reranker")
@_recipe_options
def reranker_command(out: Path, weights: Path | None, **options: Any) -> None:
    """Fine-tune a reranker on questions with their evidence and mined hard negatives.

    BioASQ files of batch 10B and later are refused: they choose and measure. The same command goes on after a stop.
    """
    import msgspec

    from retriever.rerank import BUNDLED
    from retriever.training.examples import PairSettings
    from retriever.training.reranker import RerankerSettings, train_reranker

    base, data = _given(options, weights)
    defaults = RerankerSettings()
    examples = msgspec.structs.replace(defaults.pairs.examples, seed=options["seed"])
    settings = RerankerSettings(_run(defaults.run, options), PairSettings(examples=examples))
    _finish(train_reranker(base, data, out, settings, _say), out, weights, BUNDLED)


def _given(options: dict[str, Any], weights: Path | None) -> tuple[str, Any]:
    """The base and the data that the options name."""
    from indexer.training.examples import TrainingData

    if weights is not None and options["base"] != "compact":
        raise click.UsageError("--export stores the difference from the compact base, so it needs --base compact")
    data = TrainingData(options["directory"], options["bioasq"], options["pubmedqa"], options["medquad"])
    return options["base"], data


def _run(defaults: Any, options: dict[str, Any]) -> Any:
    import msgspec

    given = {name: options[name] for name in ("epochs", "max_steps", "seed", "lora") if options[name] is not None}
    return msgspec.structs.replace(defaults, **given)


def _say(line: str) -> None:
    click.echo(line, err=True)


def _finish(record: dict[str, Any], out: Path, weights: Path | None, name: str) -> None:
    """Say what came of it, and write the weights where that was asked for."""
    from indexer.shipped import export_shipped

    _say(f"{record['training']['steps']} steps, loss {record['training']['loss']}; model in {out}")
    if weights is not None:
        _say(f"weights written: {export_shipped(out, weights, name)}")
