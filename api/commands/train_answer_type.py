"""`biocite train answer-type`: the kind of a question, and the yes/no/maybe verdict over evidence."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from reader.training.verdict import VerdictData

LINEAR = "linear"
_PATH = click.Path(path_type=Path)


@click.command("answer-type")
@click.option("--pubmed", multiple=True, type=_PATH, help="PubMed XML files, for artificial questions. Repeatable.")
@click.option(
    "--findings", multiple=True, type=_PATH, help="Evidence Inference's folder, or its two CSV files (repeat)."
)
@click.option(
    "--bioasq", multiple=True, type=_PATH, help="BioASQ task B files, 7B to 9B. Repeatable; of folders, what trains."
)
@click.option("--pubmedqa", multiple=True, type=_PATH, help="PubMedQA files; fold 0 is left out. Repeatable.")
@click.option(
    "--base",
    default="linear",
    show_default=True,
    help="linear (as shipped), or a language model: compact, dmis-lab/biobert-v1.1, a folder or a hub name.",
)
@click.option(
    "--lora", type=int, default=0, show_default=True, help="Rank of adapters; 0 trains the weights themselves."
)
@click.option("--out", type=_PATH, required=True, help="Where models, checkpoints and the record go.")
@click.option("--max-steps", type=int, default=-1, help="Stop each stage after so many steps.")
@click.option("--seed", type=int, default=13, show_default=True, help="Decides drawing, order and initial head.")
@click.option(
    "--cross-validate",
    is_flag=True,
    help="Keep nothing: score the recipe on PubMedQA, each of 10 folds by a model without it (linear only).",
)
@click.option(
    "--export", "weights", type=_PATH, help="Write the weights as package data into this folder (linear only)."
)
def answer_type_command(  # noqa: PLR0913 - one parameter an option
    pubmed: tuple[Path, ...],
    findings: tuple[Path, ...],
    bioasq: tuple[Path, ...],
    pubmedqa: tuple[Path, ...],
    base: str,
    lora: int,
    out: Path,
    max_steps: int,
    seed: int,
    cross_validate: bool,
    weights: Path | None,
) -> None:
    """Train the question kind and the yes/no/maybe verdict.

    Artificial questions (made from --pubmed and --findings) teach language models only. BioASQ's files of batch 10B and
    later and PubMedQA's fold 0 never train: they choose and measure. Run the same command again to go on after a stop.
    """
    from reader.training.verdict import VerdictData

    if base != LINEAR and (cross_validate or weights is not None):
        raise click.UsageError("--cross-validate and --export are for the shipped kind of model: --base linear")
    data = VerdictData(pubmed, findings, bioasq, pubmedqa)
    if cross_validate:
        _cross_validate(data)
        return
    if base == LINEAR:
        _train_linear(data, out, weights)
    else:
        _train_pairs(base, data, out, {"seed": seed, "lora": lora, "max_steps": max_steps})
    if bioasq:
        _train_kinds(bioasq, out, weights)


def _train_linear(data: "VerdictData", out: Path, weights: Path | None) -> None:
    from reader.linear_verdict import save_linear
    from reader.training.verdict_linear import LinearSettings, train_linear

    model, record = train_linear(data, out, LinearSettings())
    click.echo(f"verdict weights written: {save_linear(model, weights or out, record)}", err=True)


def _train_pairs(base: str, data: "VerdictData", out: Path, chosen: dict[str, int]) -> None:
    from reader.training.verdict import train_verdict, verdict_recipe

    record = train_verdict(base, data, out, verdict_recipe(**chosen), lambda line: click.echo(line, err=True))
    for stage in record["stages"]:
        trained = stage["training"]
        click.echo(f"stage {stage['name']}: {trained['steps']} steps, loss {trained['loss']}", err=True)
    click.echo(f"model in {out}", err=True)


def _train_kinds(bioasq: tuple[Path, ...], out: Path, weights: Path | None) -> None:
    from reader.question_kind import save_kind_model
    from reader.training.kinds import train_kinds

    folder = out / "question-kind"
    model, record = train_kinds(bioasq, folder)
    click.echo(f"question kinds written: {save_kind_model(model, weights or folder, record)}", err=True)


def _cross_validate(data: "VerdictData") -> None:
    import msgspec

    from corpora.questions import read_pubmedqa
    from reader.metrics import ReaderScores, pubmedqa_scores
    from reader.scoring import with_intervals
    from reader.training.verdict_linear import LinearSettings, cross_validate

    questions = [question for path in data.pubmedqa for question in read_pubmedqa(path) if question.answers]
    if not questions:
        raise click.UsageError("--cross-validate needs labelled questions: --pubmedqa FILE")
    decided = cross_validate(data, questions, LinearSettings())
    gold = {question.question_id: question.answers[0][0] for question in questions}
    scores = with_intervals(
        ReaderScores(yesno=pubmedqa_scores(decided, gold)), yesno=(decided, gold), three_classes=True
    )
    click.echo(msgspec.json.format(msgspec.json.encode(scores)).decode())
