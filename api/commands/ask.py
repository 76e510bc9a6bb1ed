"""`biocite ask`: a question -> a cited answer."""

from contextlib import closing
from pathlib import Path
from typing import Any

import click

from api.commands.options import (
    filter_options,
    filters_from,
    index_option,
    json_option,
    print_json,
    reader_option,
    reader_source,
)


@click.command("ask")
@click.argument("question")
@index_option
@click.option(
    "--kind",
    type=click.Choice(["factoid", "list", "yesno", "summary"]),
    help="The kind of answer wanted; told from the question's wording if not given.",
)
@click.option(
    "--min-precision",
    type=float,
    metavar="SHARE",
    help="Answer only where the calibration promises this share of right answers, such as 0.8.",
)
@reader_option
@filter_options
@json_option
def command(
    question: str,
    directory: Path,
    kind: Any,
    min_precision: float | None,
    reader: str,
    as_json: bool,
    **filters: Any,
) -> None:
    """Answer QUESTION with quotations. Retracted documents are no evidence unless --retracted is given."""
    from api.service import Service

    with closing(Service(directory, reader=reader_source(reader))) as service, service.using() as view:
        answer = view.asker.ask(question, kind=kind, filters=filters_from(filters), min_precision=min_precision)
    if as_json:
        print_json(answer)
    else:
        from api.render import render_answer

        render_answer(answer)
