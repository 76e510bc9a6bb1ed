"""`biocite keys`: who may use the service over an index."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from api.commands.options import index_option, json_option, print_json

if TYPE_CHECKING:
    from api.access.keys import KeyRecord, KeyStore


@click.group("keys")
def command() -> None:
    """Make, list and revoke the API keys of a service.

    From the first key on every request to the service needs one, also when all of them are revoked or expired. Run
    these as the user that the service runs as. Each is recorded in the audit log.
    """


@command.command("create")
@index_option
@click.option(
    "--scope",
    "scopes",
    type=click.Choice(["read", "write", "patients", "admin"]),
    multiple=True,
    required=True,
    help="What the key may do. Repeatable: no scope contains another, not even admin.",
)
@click.option("--name", default="", help="Who or what uses the key, for the list and the audit log.")
@click.option(
    "--expires",
    "until",
    metavar="WHEN",
    help="When it ends: 2026-12-31 (as that day begins, UTC), 2026-12-31T12:00:00Z, 90d or 12h. Default: never.",
)
@click.option(
    "--audience",
    default="",
    metavar="LABEL",
    help="The label of the private documents that it sees; keys may share one. Default: the key's own id.",
)
@click.option("--per-minute", type=int, metavar="N", help="Requests a minute, in place of the service's limit.")
@click.option("--at-once", type=int, metavar="N", help="Requests at a time, in place of the service's limit.")
@json_option
def create(directory: Path, scopes: tuple[str, ...], until: str | None, as_json: bool, **options: Any) -> None:
    """Make a key and print it, once, alone on the last line of stdout. It is stored nowhere, only a hash of it is."""
    from api.access.audit import AuditLog
    from api.access.keys import KeyLimits, KeyStore, expiry
    from indexer.manifest import read_manifest

    expires = None if until is None else expiry(until, datetime.now(UTC))
    limits = KeyLimits(options["per_minute"], options["at_once"])
    read_manifest(directory)  # a key for what is no index is a mistake in the path
    with KeyStore(directory) as store, AuditLog(directory) as log:
        first = not store.any_key()
        text, record = store.create(
            scopes,
            name=options["name"],
            expires=expires,
            audience=options["audience"],
            limits=limits,
            before_commit=lambda made: log.append(_event("keys-created", made)),
        )
    if as_json:
        print_json({"key": text, **_shown(record)})
        return
    ends = f"until {record.expires:%Y-%m-%dT%H:%M:%SZ}" if record.expires is not None else "without end"
    click.echo(f"key {record.key_id}: {', '.join(record.scopes)}, {ends}, audience {record.audience}", err=True)
    if first:
        click.echo("This is the first key: from now on every request to the service needs one.", err=True)
    click.echo("Keep it now: it is stored nowhere and cannot be shown again.", err=True)
    click.echo(text)


@command.command("list")
@index_option
@json_option
def list_keys(directory: Path, as_json: bool) -> None:
    """List all keys ever made, without what is secret: id, name, scopes, audience, when made, ended, last used."""
    from api.access.keys import KeyStore
    from api.access.printable import ascii_json

    with KeyStore(directory) as store:
        records = store.list()
        _record(directory, store, "keys-listed")
    if as_json:
        print_json(ascii_json([_shown(record) for record in records]))
    else:
        _render(records)


@command.command("revoke")
@click.argument("key_id", metavar="ID")
@index_option
def revoke(key_id: str, directory: Path) -> None:
    """Make the key ID invalid from the service's next request on. It stays in the list and cannot come back."""
    from api.access.audit import AuditLog
    from api.access.keys import KeyStore
    from corpora.errors import BioCiteError, IndexStateError

    with KeyStore(directory) as store:
        record = store.revoke(key_id)
    # Revoking comes first: a log that cannot be written to must not keep a key valid.
    try:
        with AuditLog(directory) as log:
            log.append(_event("keys-revoked", record))
    except BioCiteError as error:
        raise IndexStateError(
            f"key {key_id} is revoked, but not recorded: {error.message}", remedy=error.remedy
        ) from error
    click.echo(f"key {key_id} is revoked since {record.revoked:%Y-%m-%dT%H:%M:%SZ}")


def _record(directory: Path, store: KeyStore, kind: str) -> None:
    """Record what was done; nothing where there is no service yet."""
    from api.access.audit import AuditEvent, AuditLog

    if store.any_key():
        with AuditLog(directory) as log:
            log.append(AuditEvent(kind, name="command line", status="done", extra={"uid": os.getuid()}))


def _event(kind: str, record: KeyRecord) -> Any:
    from api.access.audit import AuditEvent

    return AuditEvent(kind, name="command line", status="done", extra={"uid": os.getuid(), **_shown(record)})


def _shown(record: KeyRecord) -> dict[str, Any]:
    """A record as JSON shows it."""
    import msgspec

    plain: dict[str, Any] = msgspec.to_builtins(record)
    return {**plain, "state": record.state(datetime.now(UTC))}


def _render(records: tuple[KeyRecord, ...]) -> None:
    from rich.table import Table
    from rich.text import Text

    from api.access.printable import printable
    from api.render import console

    out = console()
    if not records:
        out.print("No key was made yet.")
        return
    table = Table()
    for title in ("key", "state", "may", "times (UTC)"):
        table.add_column(title)
    now = datetime.now(UTC)
    for record in records:
        state = record.state(now)
        cells = [(record.key_id, record.name), (state,), _powers(record), _times(record)]
        rows = [Text("\n".join(printable(line) for line in lines if line)) for lines in cells]
        table.add_row(*rows, style="" if state == "valid" else "dim")
    out.print(table)


def _powers(record: KeyRecord) -> list[str]:
    """What a key may do and see, and its own limits."""
    limits = (("a minute", record.limits.per_minute), ("at once", record.limits.at_once))
    return [
        ", ".join(record.scopes),
        f"audience {record.audience}",
        *(f"{number:,} {name}" for name, number in limits if number is not None),
    ]


def _times(record: KeyRecord) -> list[str]:
    times = {
        "made": record.created,
        "expires": record.expires,
        "revoked": record.revoked,
        "last used": record.last_used,
    }
    return [f"{name} {moment:%Y-%m-%d %H:%M}" for name, moment in times.items() if moment is not None]
