"""The command line. Exit codes: 0 done, 1 failed, 2 wrong use. `--json` prints one document to stdout.

Commands import what they need when they run, so that `biocite --help` is immediate.
"""

import os
import sqlite3
import sys
from collections.abc import Sequence
from importlib import import_module
from importlib.metadata import version

import click

from corpora.errors import BioCiteError

COMMANDS = {
    "index": "api.commands.index",
    "search": "api.commands.search",
    "ask": "api.commands.ask",
    "verify": "api.commands.verify",
    "info": "api.commands.info",
    "check": "api.commands.check",
    "compact": "api.commands.compact",
    "evaluate": "api.commands.evaluate",
    "train": "api.commands.train",
    "download": "api.commands.download",
    "similar": "api.commands.similar",
    "serve": "api.commands.serve",
    "mcp": "api.commands.mcp",
    "config": "api.commands.config",
    "keys": "api.commands.keys",
    "audit": "api.commands.audit",
}


class _LazyGroup(click.Group):
    """Knows its commands by name and imports the one that is run."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = import_module(COMMANDS[cmd_name]).command
        return command


@click.command(cls=_LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(version("biocite"), prog_name="biocite")
def cli() -> None:
    """Cited answers from PubMed and PMC: every answer is a quotation that can be checked byte for byte."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and exit."""
    sys.exit(run(sys.argv[1:] if arguments is None else list(arguments)))


def run(arguments: Sequence[str]) -> int:
    """Run a command line and return its exit code; errors that a person can act on become one line on stderr."""
    try:
        outcome = cli.main(args=list(arguments), prog_name="biocite", standalone_mode=False)
    except BioCiteError as error:
        return _fail(str(error), error.exit_code)
    except click.exceptions.Exit as leave:
        return leave.exit_code
    except (click.Abort, KeyboardInterrupt):
        return _fail("stopped; run the same command again to go on", 130)
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message(), err=True)
        return error.exit_code
    except click.ClickException as error:
        hint = f" Try: {error.ctx.command_path} --help" if isinstance(error, click.UsageError) and error.ctx else ""
        return _fail(f"{error.format_message().rstrip('.')}.{hint}", error.exit_code)
    except BrokenPipeError:
        # The reader of our output left; python would complain again when it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except (OSError, sqlite3.Error, MemoryError) as error:
        return _fail(f"{type(error).__name__}: {error}", 1)
    return outcome if isinstance(outcome, int) else 0


def _fail(message: str, code: int) -> int:
    line = " ".join(message.split())
    click.echo(f"biocite: {line}", err=True)
    return code
