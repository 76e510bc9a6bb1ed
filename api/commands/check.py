"""`biocite check`: whether everything in an index agrees."""

from pathlib import Path

import click

from api.commands.options import index_option, json_option, print_json


@click.command("check")
@index_option
@click.option("--deep", is_flag=True, help="Compare every entry of the BM25 index with its text, not only 1,000.")
@json_option
def command(directory: Path, deep: bool, as_json: bool) -> int:
    """Check an index: rows, texts and their hashes, vectors, BM25 entries, checksums. Changes nothing.

    Exit code 0, or 1 with a line for each problem and what to do. The index may be searched and updated meanwhile.
    """
    from api.progress import Bars
    from indexer.check import check_index

    with Bars() as bars:
        report = check_index(directory, deep=deep, progress=bars)
    if as_json:
        print_json(report)
    else:
        from api.render import render_check

        render_check(report, directory)
    return 1 if report.problems else 0
