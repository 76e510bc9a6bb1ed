"""`biocite evaluate`: retrieval on BEIR sets, the reader on BioASQ, SQuAD and PubMedQA files."""

from pathlib import Path
from typing import Any

import click

from api.commands.options import (
    fusion_option,
    json_option,
    lexical_option,
    mode_option,
    print_json,
    reader_option,
    reader_source,
)


@click.group("evaluate")
def command() -> None:
    """Measure retrieval or the reader on sets with known answers."""


@command.command("retrieval")
@click.argument("folder", metavar="BEIR_DIR", type=click.Path(path_type=Path))
@mode_option
@fusion_option
@lexical_option
@click.option(
    "--profile", type=click.Choice(["compact", "biobert"]), default="compact", show_default=True, help="Which models."
)
@click.option("--embedding-model", metavar="NAME_OR_FOLDER", help="Another embedding model than the profile's.")
@click.option(
    "--index",
    "directory",
    type=click.Path(path_type=Path),
    help="Where to keep the set's index, default BEIR_DIR/biocite-index.",
)
@click.option("--run", "run_file", type=click.Path(path_type=Path), help="Write the run as a TREC file here.")
@json_option
def retrieval(folder: Path, mode: Any, as_json: bool, **options: Any) -> None:
    """Index a BEIR set (once) and measure nDCG@10, R@100 and RR@10 on its test queries."""
    from api.progress import Bars
    from indexer.embedding import resolve_profile
    from retriever.evaluation import evaluate_beir
    from retriever.runs import write_run
    from retriever.search import RetrievalSettings

    run_file = options["run_file"]
    if run_file is not None and not run_file.absolute().parent.is_dir():
        raise click.UsageError(f"--run {run_file}: there is no such folder to write it into")
    profile = resolve_profile(options["profile"], options["embedding_model"])
    directory = options["directory"] or folder / "biocite-index"
    settings = RetrievalSettings(fusion=options["fusion"])
    with Bars() as bars:
        outcome = evaluate_beir(
            folder, directory, profile, mode=mode, lexical=options["lexical"], settings=settings, progress=bars
        )
    if run_file is not None:
        write_run(outcome.run, run_file)
    if as_json:
        print_json(outcome.report)
    else:
        from api.render import render_table

        render_table(f"{folder} ({mode})", outcome.report)


@command.command("reader")
@click.option("--bioasq", "kind", flag_value="bioasq", help="FILES are BioASQ task B golden files.")
@click.option("--squad", "kind", flag_value="squad", help="FILES are in SQuAD 1.1 or 2.0 format.")
@click.option("--pubmedqa", "kind", flag_value="pubmedqa", help="FILES are PubMedQA files.")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@reader_option
@json_option
def reader_command(kind: str | None, files: tuple[Path, ...], reader: str, as_json: bool) -> None:
    """Measure the reader on questions with their own texts (gold snippets)."""
    from api.progress import Bars
    from corpora.questions import read_bioasq, read_squad
    from reader.evaluation import evaluate_bioasq, evaluate_squad
    from reader.models import load_reader

    if kind is None:
        raise click.UsageError("say what the files are: --bioasq, --squad or --pubmedqa")
    if kind == "pubmedqa":
        raise click.UsageError(
            "PubMedQA asks for a yes/no/maybe decision, which this version does not make: it quotes the evidence "
            "and leaves the verdict to you"
        )
    read, evaluate = (read_bioasq, evaluate_bioasq) if kind == "bioasq" else (read_squad, evaluate_squad)
    questions = [question for path in files for question in read(path)]
    model = load_reader(reader_source(reader))
    with Bars() as bars:
        stage = bars.start("reading", None, "questions")
        scores = evaluate(model, questions, stage.advance)
        stage.finish()
    if as_json:
        print_json(scores)
    else:
        from api.render import render_scores

        render_scores(scores)
