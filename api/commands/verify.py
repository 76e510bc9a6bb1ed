"""`biocite verify`: check an answer's quotations against the index."""

import sys
from contextlib import closing
from pathlib import Path

import click

from api.commands.options import index_option, json_option, print_json


@click.command("verify")
@click.argument("answer", type=click.Path(allow_dash=True))
@index_option
@json_option
def command(answer: str, directory: Path, as_json: bool) -> int:
    """Check every quotation of ANSWER (a file that ask or similar --json wrote, - for stdin), byte for byte."""
    from corpora.errors import SourceError
    from indexer.generations import pin_current
    from indexer.store import Store
    from reader.verification import verify_answer

    with pin_current(directory) as pin:
        try:
            encoded = sys.stdin.buffer.read() if answer == "-" else Path(answer).read_bytes()
        except OSError as error:
            raise SourceError(f"{answer}: cannot be read ({error.strerror})", remedy="Check the path") from error
        with closing(Store(directory, pin.manifest.generation)) as store:
            verification = verify_answer(encoded, store, pin.manifest.index_id, source=answer)
    if as_json:
        print_json(verification)
    else:
        from api.render import render_verification

        render_verification(verification)
    return 0 if verification.verified else 1
