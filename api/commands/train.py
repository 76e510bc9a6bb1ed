"""`biocite train`: the recipes behind the shipped weights."""

from pathlib import Path

import click

from api.commands import train_answer_type, train_confidence, train_retrieval


@click.group("train")
def command() -> None:
    """Train models; every recipe is seeded and goes on where it was stopped."""


command.add_command(train_retrieval.embedding_command)
command.add_command(train_retrieval.reranker_command)
command.add_command(train_answer_type.answer_type_command)
command.add_command(train_confidence.command)


@command.command("reader")
@click.option(
    "--bioasq",
    multiple=True,
    type=click.Path(path_type=Path),
    help="BioASQ task B files, 7B to 9B. Repeatable; of folders, the files that train.",
)
@click.option("--squad", multiple=True, type=click.Path(path_type=Path), help="Files in SQuAD format. Repeatable.")
@click.option("--pubmed", multiple=True, type=click.Path(path_type=Path), help="PubMed XML files. Repeatable.")
@click.option(
    "--ranking",
    multiple=True,
    type=click.Path(path_type=Path),
    help="BioASQ 10B files to choose the weights by which answers are ranked. Repeatable.",
)
@click.option(
    "--base", default="compact", show_default=True, help="compact, dmis-lab/biobert-v1.1, a folder or another hub name."
)
@click.option("--lora", type=int, default=0, show_default=True, help="Rank of adapters; 0 trains the weights.")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Where the model and its checkpoints go.")
@click.option("--epochs", type=float, default=3.0, show_default=True, help="Passes over the expert questions.")
@click.option("--max-steps", type=int, default=-1, help="Stop each stage after so many steps.")
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
    pubmed: tuple[Path, ...],
    ranking: tuple[Path, ...],
    base: str,
    lora: int,
    out: Path,
    epochs: float,
    max_steps: int,
    seed: int,
    weights: Path | None,
) -> None:
    """Train a span reader in stages: questions made by rule, then BioASQ's factoid and list questions.

    Files of batch 10B and later are refused: they choose (--ranking) and measure. Run the same command again to go on
    after a stop.
    """
    from corpora.splits import calibration_files
    from indexer.shipped import export_shipped
    from reader.models import BUNDLED, load_reader
    from reader.training.ranking import choose_ranking, write_ranking
    from reader.training.recipe import ReaderData, reader_recipe, train_reader

    if weights is not None and base != "compact":
        raise click.UsageError("--export stores the difference from the compact base, so it needs --base compact")
    choosing = calibration_files(ranking)
    data = ReaderData(bioasq, squad, pubmed)
    recipe = reader_recipe(seed=seed, lora=lora, max_steps=max_steps, epochs=epochs)
    record = train_reader(base, data, out, recipe, lambda line: click.echo(line, err=True))
    for stage in record["stages"]:
        trained = stage["training"]
        click.echo(f"stage {stage['name']}: {trained['steps']} steps, loss {trained['loss']}", err=True)
    click.echo(f"model in {out}", err=True)
    if weights is not None:
        click.echo(f"weights written: {export_shipped(out, weights, BUNDLED)}", err=True)
    if choosing:
        chosen = choose_ranking(
            load_reader(str(out), precision="fp32"), f"reader/{record['stages'][-1]['digest'][:12]}", choosing
        )
        for folder in (out, weights):
            if folder is not None:
                click.echo(f"ranking written: {write_ranking(chosen, folder)}", err=True)
