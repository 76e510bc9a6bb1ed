"""`biocite train confidence`: what came of questions -> calibrated confidence, thresholds and promised precision."""

from pathlib import Path

import click

from api.commands.options import index_option, reader_option, reader_source


@click.command("confidence")
@click.option(
    "--bioasq",
    multiple=True,
    required=True,
    type=click.Path(path_type=Path),
    help="BioASQ task 10B files, or a folder with them. Repeatable; other batches are refused.",
)
@index_option
@click.option(
    "--questions",
    "out_of_field",
    type=click.Path(path_type=Path),
    help="Questions of other fields, a JSON list; those shipped for calibrating if not given.",
)
@click.option("--out", type=click.Path(path_type=Path), required=True, help="The JSON file to write.")
@click.option(
    "--outcomes",
    "keep",
    type=click.Path(path_type=Path),
    help="Keep what came of each question here; a second run goes on from it.",
)
@reader_option
def command(
    bioasq: tuple[Path, ...], directory: Path, out_of_field: Path | None, out: Path, keep: Path | None, reader: str
) -> None:
    """Calibrate confidence for the models at hand: ask each question of 10B with and without its judged documents.

    Fits on 10B alone, as the split rule has it. The models must not have been trained on 10B: where a shipped weight's
    record names one of the files, that is noted and said.
    """
    from contextlib import closing

    from api.progress import Bars
    from api.service import Service
    from corpora.sample import out_of_field_path
    from corpora.splits import calibration_files
    from reader.outcomes import asked_questions, collect, evaluating, out_of_field_questions
    from reader.training.confidence import calibration_provenance, fit_calibration, write_calibration

    files = calibration_files(bioasq)
    others = out_of_field or out_of_field_path("calibrating")
    asked = asked_questions(files, without_relevant=True) + out_of_field_questions(others)
    with closing(Service(directory, reader=reader_source(reader))) as service, service.using() as view, Bars() as bars:
        stage = bars.start("asking", len(asked), "questions")
        found = collect(evaluating(view.asker), asked, keep, stage.advance)
        stage.finish()
        provenance = calibration_provenance(view.index.manifest, [*files, others], found)
        calibration = fit_calibration(found, view.asker.model_names(), provenance)
    write_calibration(calibration, out)
    figures = calibration.provenance["cross_validated"]
    at_threshold = figures["at_threshold"]["all"]
    click.echo(
        f"{len(found)} questions; cross-validated: calibration error {figures['calibration_error']}, of right answers "
        f"{at_threshold['right_kept']} kept, of questions that the corpus does not answer "
        f"{at_threshold['out_of_corpus_answered']} answered; written to {out}",
        err=True,
    )
    for name in provenance["trained_on_these_files"]:
        click.echo(f"note: {name} was made from some of these files, so the figures flatter", err=True)
