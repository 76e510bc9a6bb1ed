"""`biocite serve`: search and answers over HTTP."""

import socket
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from api.commands.config import config_option
from corpora.errors import UsageError

if TYPE_CHECKING:
    from api.settings import Settings

BACKLOG = 512


@click.command("serve")
@click.option(
    "--index", "directory", type=click.Path(path_type=Path), help="The index directory that biocite index made."
)
@click.option("--host", help="The address to listen on.  [default: 127.0.0.1]")
@click.option("--port", type=click.IntRange(0, 65_535), help="The port; 0 takes any free one.  [default: 8765]")
@click.option("--reader", help="The reader: compact, biobert, a folder or a Hugging Face name.  [default: compact]")
@click.option("--workers", type=click.IntRange(1, 64), help="Processes that serve.  [default: 1]")
@click.option("--insecure", is_flag=True, help="Listen to other machines though there are no keys.")
@config_option
def command(config_file: Path | None, directory: Path | None, insecure: bool, **options: Any) -> None:
    """Serve an index over HTTP until Ctrl-C. The models are loaded before the first request is answered.

    Settings come from defaults, a TOML file, BIOCITE_ variables and these options, the last of them strongest;
    biocite config prints them.
    """
    from api.settings import load_settings

    given = {"index": directory, "insecure": insecure or None, **options}
    serve(load_settings(given, file=config_file).settings)


def serve(settings: "Settings") -> None:
    """Serve until a signal stops it; BioCiteError or ClickException for what keeps it from starting."""
    from api.assembly import Assembly
    from api.logs import log_to_stderr
    from api.running import run_until_signal, run_workers
    from api.server import create_app
    from api.settings import server_settings

    chosen = server_settings(settings)
    with listening_socket(settings.host, settings.port) as sock:
        address = url_of(settings.host, sock.getsockname()[1])

        def work(announce: bool) -> None:
            log_to_stderr(settings.log_format)
            with closing(Assembly(chosen)) as assembly:
                if announce:
                    _say("loading models ...")
                app = create_app(chosen, assembly)
                ready = f"serving {chosen.index} at {address}, documentation at {address}/schema, Ctrl-C stops"
                run_until_signal(
                    app,
                    sock,
                    on_ready=lambda: _say(ready) if announce else None,
                    grace_seconds=settings.shutdown_seconds,
                )

        _refuse_to_be_open(settings)
        if settings.workers == 1:
            work(True)
        else:
            run_workers(settings.workers, work)
    _say("stopped")


def listening_socket(host: str, port: int) -> socket.socket:
    """A socket that listens already, so that a port in use is known before models are loaded for it."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        sock = socket.socket(family, kind, protocol)
        try:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            sock.bind(address)
            sock.listen(BACKLOG)
        except OSError:
            sock.close()
            raise
    except (OSError, UnicodeError) as error:
        reason = (error.strerror if isinstance(error, OSError) else None) or str(error)
        raise click.ClickException(
            f"cannot listen on {host}, port {port} ({reason}). Choose another --port or --host, or stop what uses it"
        ) from error
    return sock


def url_of(host: str, port: int) -> str:
    """The address to type into a browser."""
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _say(message: str) -> None:
    click.echo(f"biocite: {message}", err=True)


def _refuse_to_be_open(settings: "Settings") -> None:
    """What others can reach needs keys, unless somebody says that it does not."""
    from api.access.keys import KeyStore
    from api.settings import LOOPBACK

    if settings.host in LOOPBACK:
        return
    with closing(KeyStore(Path(settings.index))) as keys:
        if keys.any_key():
            return
    if not settings.insecure:
        raise UsageError(
            f"{settings.host} can be reached from other machines, and this service has no keys yet",
            remedy=f"Create one (biocite keys create --index {settings.index} --scope read), or say --insecure",
        )
    _say(f"warning: listening on {settings.host} without keys: whoever reaches this machine can use all of the service")
