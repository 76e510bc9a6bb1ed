"""`biocite evaluate`: retrieval on BEIR sets, the reader on BioASQ, SQuAD and PubMedQA files, answers end to end."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from api.commands.options import (
    fusion_option,
    index_option,
    json_option,
    lexical_option,
    mode_option,
    print_json,
    reader_option,
    reader_source,
    rerank_option,
)

if TYPE_CHECKING:
    from reader.evaluation import Verdicts


@click.group("evaluate")
def command() -> None:
    """Measure retrieval, the reader or whole answers on sets with known answers."""


@command.command("retrieval")
@click.argument("folder", metavar="BEIR_DIR", type=click.Path(path_type=Path))
@mode_option
@fusion_option
@lexical_option
@rerank_option
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
    from retriever.rerank import load_reranker
    from retriever.runs import write_run
    from retriever.search import RetrievalSettings

    run_file = options["run_file"]
    if run_file is not None and not run_file.absolute().parent.is_dir():
        raise click.UsageError(f"--run {run_file}: there is no such folder to write it into")
    profile = resolve_profile(options["profile"], options["embedding_model"])
    directory = options["directory"] or folder / "biocite-index"
    settings = RetrievalSettings(fusion=options["fusion"])
    reranker = load_reranker() if options["rerank"] else None
    with Bars() as bars:
        outcome = evaluate_beir(
            folder,
            directory,
            profile,
            mode=mode,
            lexical=options["lexical"],
            settings=settings,
            reranker=reranker,
            progress=bars,
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
    """Measure the reader on questions with their own texts (gold snippets), with 95 % bootstrap intervals.

    BioASQ's yes/no questions and PubMedQA (in its reasoning-required setting) need the model for verdicts.
    """
    from api.progress import Bars

    if kind is None:
        raise click.UsageError("say what the files are: --bioasq, --squad or --pubmedqa")
    with Bars() as bars:
        stage = bars.start("reading", None, "questions")
        scores = _reader_scores(kind, files, reader, stage.advance)
        stage.finish()
    if as_json:
        print_json(scores)
    else:
        from api.render import render_scores

        render_scores(scores)


def _reader_scores(kind: str, files: tuple[Path, ...], reader: str, tick: Any) -> Any:
    from corpora.questions import read_bioasq, read_pubmedqa, read_squad
    from reader.evaluation import evaluate_bioasq, evaluate_pubmedqa, evaluate_squad
    from reader.models import load_reader

    read = {"bioasq": read_bioasq, "squad": read_squad, "pubmedqa": read_pubmedqa}[kind]
    verdicts = None if kind == "squad" else shipped_verdicts()
    if kind == "pubmedqa" and verdicts is None:
        raise click.UsageError("PubMedQA asks for a yes/no/maybe decision, and no model for verdicts is shipped")
    questions = [question for path in files for question in read(path)]
    if kind == "pubmedqa" and verdicts is not None:
        return evaluate_pubmedqa(verdicts, questions, tick)
    model = load_reader(reader_source(reader))
    if kind == "squad":
        return evaluate_squad(model, questions, tick)
    return evaluate_bioasq(model, questions, tick, verdicts)


def shipped_verdicts() -> Verdicts | None:
    """The model that decides yes/no questions; None where none is shipped."""
    from reader.verdict import BUNDLED, COMPACT, WEIGHTS, load_verdict

    return load_verdict(COMPACT) if (WEIGHTS / f"{BUNDLED}.json").is_file() else None


@command.command("answers")
@click.argument("files", nargs=-1, required=True, metavar="BIOASQ_FILE...", type=click.Path(path_type=Path))
@index_option
@click.option(
    "--without-relevant",
    is_flag=True,
    help="Ask each question a second time, with the documents removed that experts judged relevant.",
)
@click.option(
    "--questions",
    "out_of_field",
    type=click.Path(path_type=Path),
    help="Also ask these questions of other fields: a JSON list of id, text and kind.",
)
@click.option(
    "--outcomes",
    "keep",
    type=click.Path(path_type=Path),
    help="Keep what came of each question here; a second run goes on from it.",
)
@click.option("--gold-kinds", is_flag=True, help="Take the kind of each question from the set instead of telling it.")
@reader_option
@json_option
def answers(files: tuple[Path, ...], directory: Path, reader: str, as_json: bool, **options: Any) -> None:
    """Ask an index the questions of BioASQ files, and measure answers, citations, confidence and abstention.

    What counts as right for each kind of question: reader/outcomes.py.
    """
    from contextlib import closing

    from api.progress import Bars
    from api.service import Service
    from reader.end_to_end import evaluate_answers
    from reader.outcomes import asked_questions, out_of_field_questions

    asked = asked_questions(files, without_relevant=options["without_relevant"])
    if options["out_of_field"] is not None:
        asked += out_of_field_questions(options["out_of_field"])
    with closing(Service(directory, reader=reader_source(reader))) as service, service.using() as view, Bars() as bars:
        stage = bars.start("asking", len(asked), "questions")
        report = evaluate_answers(
            view.asker, asked, gold_kinds=options["gold_kinds"], keep=options["keep"], tick=stage.advance
        )
        stage.finish()
    if as_json:
        print_json(report)
    else:
        from api.render import render_answers_report

        render_answers_report(report)
