"""`biocite serve`: search and answers over HTTP."""

import socket
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import click

from api.commands.options import index_option, reader_option, reader_source

if TYPE_CHECKING:
    from api.server import ServerSettings

LOOPBACK = ("127.0.0.1", "localhost", "::1")
BACKLOG = 512


@click.command("serve")
@index_option
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option(
    "--port", type=click.IntRange(0, 65_535), default=8765, show_default=True, help="The port; 0 takes any free one."
)
@reader_option
def command(directory: Path, host: str, port: int, reader: str) -> None:
    """Serve an index over HTTP until Ctrl-C. The models are loaded once, before the first request is answered."""
    from api.server import ServerSettings

    serve(ServerSettings(directory, reader_source(reader)), host, port)


def serve(settings: "ServerSettings", host: str, port: int) -> None:
    """Serve until a signal stops it; BioCiteError or ClickException for what keeps it from starting."""
    from api.running import run_until_signal
    from api.server import create_app

    with closing(settings.open()) as service, listening_socket(host, port) as sock:
        if host not in LOOPBACK:
            _say(
                f"warning: listening on {host}: whoever reaches this machine can read the index and use its "
                "processors; there is no login and no encryption yet"
            )
        _say("loading models ...")
        service.warm()
        app = create_app(settings, service)
        address = url_of(host, sock.getsockname()[1])
        ready = f"serving {settings.index} at {address}, documentation at {address}/schema, Ctrl-C stops"
        run_until_signal(app, sock, on_ready=lambda: _say(ready))
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
