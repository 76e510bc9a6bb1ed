"""`biocite info`: what an index holds and what made it."""

from contextlib import closing
from pathlib import Path

import click

from api.commands.options import index_option, json_option, print_json


@click.command("info")
@index_option
@json_option
def command(directory: Path, as_json: bool) -> None:
    """Show what an index holds: documents, passages, sources, model and sizes."""
    from api.service import Service

    with closing(Service(directory)) as service:
        info = service.info
    if as_json:
        print_json(info)
    else:
        from api.render import render_info

        render_info(info)
