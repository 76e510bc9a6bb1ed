"""`biocite train`: the recipes behind the shipped weights."""

from pathlib import Path

import click


@click.group("train")
def command() -> None:
    """Train models; every recipe is seeded and goes on where it was stopped."""


@command.command("reader")
@click.option(
    "--bioasq",
    multiple=True,
    type=click.Path(path_type=Path),
    help="BioASQ task B files, 7B to 10B. Repeatable; folders are searched.",
)
@click.option("--squad", multiple=True, type=click.Path(path_type=Path), help="Files in SQuAD format. Repeatable.")
@click.option(
    "--base", default="compact", show_default=True, help="compact, dmis-lab/biobert-v1.1, a folder or another hub name."
)
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Where the model and its checkpoints go.")
@click.option("--epochs", type=float, default=4.0, show_default=True, help="Passes over the data.")
@click.option("--max-steps", type=int, default=-1, help="Stop after so many steps.")
@click.option("--seed", type=int, default=13, show_default=True, help="Decides drawing, order and initial head.")
@click.option(
    "--export",
    "weights",
    type=click.Path(path_type=Path),
    help="Also write the weights as package data into this folder (compact base only).",
)
def reader_command(  # noqa: PLR0913 - one parameter an option
    bioasq: tuple[Path, ...],
    squad: tuple[Path, ...],
    base: str,
    out: Path,
    epochs: float,
    max_steps: int,
    seed: int,
    weights: Path | None,
) -> None:
    """Fine-tune a span reader on BioASQ factoid and list questions and SQuAD-format files.

    Files of batch 11B and later are refused: they measure. Run the same command again to go on after a stop.
    """
    from indexer.compact import compact_base
    from reader.training.examples import ExampleSettings, training_batches
    from reader.training.recipe import TrainingData, TrainingSettings, export_bundled, train_reader

    if weights is not None and base != "compact":
        raise click.UsageError("--export stores the difference from the compact base, so it needs --base compact")
    files = training_batches(_expand(bioasq))
    settings = TrainingSettings(epochs=epochs, max_steps=max_steps, seed=seed, examples=ExampleSettings(seed=seed))
    source = str(compact_base()) if base == "compact" else base
    record = train_reader(source, TrainingData(tuple(files), squad), out, settings)
    click.echo(f"{record['training']['steps']} steps, loss {record['training']['loss']}; model in {out}", err=True)
    if weights is not None:
        export_bundled(out, weights, base="compact")
        click.echo(f"weights written into {weights}", err=True)


def _expand(paths: tuple[Path, ...]) -> list[Path]:
    """Files as given, folders as the training batches inside them (later batches in a folder are left alone)."""
    from reader.training.examples import is_training_batch

    return [
        file
        for path in paths
        for file in (filter(is_training_batch, sorted(path.glob("*.json"))) if path.is_dir() else [path])
    ]
