"""Settings of the service: defaults < a TOML file < environment variables < command-line options.

The struct's fields are the whole list: their types check, their descriptions are the documentation (`settings_table`,
in docs/deploy.md). A name that is none of them, and a value that cannot be, is an error and never passed over.
"""

import difflib
import os
import tomllib
from collections.abc import Iterator, Mapping
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, get_args, get_origin

import msgspec

from corpora.errors import UsageError

if TYPE_CHECKING:
    from api.server import ServerSettings

LOOPBACK = ("127.0.0.1", "localhost", "::1")
"""Addresses to listen on that only this machine reaches."""
PREFIX = "BIOCITE_"
FILE_VARIABLE = "BIOCITE_CONFIG"
NO_SETTINGS = frozenset({FILE_VARIABLE, "BIOCITE_DATA"})
"""Environment variables with the prefix that mean something else."""

SECRET_ENDINGS = ("_secret", "_token", "_key")
HIDDEN = "(hidden)"

Whole = Annotated[int, msgspec.Meta(ge=1)]
Seconds = Annotated[float, msgspec.Meta(gt=0, le=86_400)]
Host = Annotated[str, msgspec.Meta(pattern=r"^(\*|[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])$")]
Origin = Annotated[str, msgspec.Meta(pattern=r"^https?://[A-Za-z0-9.\[\]:_-]+$")]


def _is(text: str) -> msgspec.Meta:
    return msgspec.Meta(description=text)


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """What a service is told. Seconds and bytes are plain numbers; lists in the environment are split at commas."""

    index: Annotated[str, _is("The index directory that `biocite index` made; must be given somewhere")] = ""
    patients: Annotated[
        str, _is("An index of patients (`biocite index --patients`), to serve beside it; none otherwise")
    ] = ""
    reader: Annotated[str, _is("The reader: `compact`, `biobert`, a folder or a Hugging Face name")] = "compact"

    host: Annotated[str, _is("The address to listen on")] = "127.0.0.1"
    port: Annotated[int, msgspec.Meta(ge=0, le=65_535, description="The port; 0 takes any free one")] = 8765
    workers: Annotated[
        int, msgspec.Meta(ge=1, le=64, description="Processes that serve; limits below are those of each one")
    ] = 1
    insecure: Annotated[bool, _is("Listen to other machines although no key exists: anybody may then ask")] = False
    allowed_hosts: Annotated[
        tuple[Host, ...],
        _is("Names in the Host header that are answered besides this machine's own, without ports; `*` answers all"),
    ] = ()
    cors_origins: Annotated[
        tuple[Origin, ...], _is("Web origins whose pages may ask, such as `https://chat.example.org`; none otherwise")
    ] = ()
    trusted_proxies: Annotated[
        tuple[str, ...],
        _is("Addresses of the proxies that end TLS: their X-Forwarded-For tells the client's address"),
    ] = ()

    batching: Annotated[bool, _is("Embed queries together that come while others are being embedded")] = True
    search_at_once: Annotated[Whole, _is("Searches that are worked on at a time")] = 16
    search_waiting: Annotated[int, msgspec.Meta(ge=0, description="Searches that may wait; more get 503")] = 64
    search_seconds: Annotated[Seconds, _is("How long a search may take, waiting included; then 504")] = 10.0
    ask_at_once: Annotated[
        int, msgspec.Meta(ge=0, description="Questions that are worked on at a time; 0 is one for every four cores")
    ] = 0
    ask_waiting: Annotated[int, msgspec.Meta(ge=0, description="Questions that may wait; more get 503")] = 8
    ask_seconds: Annotated[Seconds, _is("How long a question may take, waiting included; then 504")] = 30.0
    body_bytes: Annotated[
        int,
        msgspec.Meta(ge=1_000, le=100_000_000, description="The largest request body where a route has no own limit"),
    ] = 1_000_000
    body_seconds: Annotated[Seconds, _is("How long a request may take to arrive; then 408")] = 20.0
    shutdown_seconds: Annotated[
        Seconds, _is("How long requests under way may take to end once the service is told to stop")
    ] = 30.0

    per_minute: Annotated[Whole, _is("Requests a minute of one key that has no limit of its own; then 429")] = 600
    burst: Annotated[Whole, _is("Requests of one key in one go after a pause")] = 100
    at_once: Annotated[Whole, _is("Requests of one key that are under way at a time; then 429")] = 32

    audit_texts: Annotated[bool, _is("Write questions into the audit log as they are, not as keyed hashes")] = False
    record_days: Annotated[
        int, msgspec.Meta(ge=0, le=36_500, description="Days that search records are kept; 0 keeps none")
    ] = 30

    metrics: Annotated[bool, _is("Whether `/metrics` exists")] = True
    mcp: Annotated[bool, _is("Whether `/mcp` exists, for assistants; needs `biocite[mcp]`")] = False
    tracing: Annotated[
        bool, _is("Tell OpenTelemetry of requests; needs `biocite[otel]`, OTEL_ variables say where")
    ] = False
    log_format: Annotated[Literal["text", "json"], _is("How the service logs to stderr")] = "text"


class Effective(msgspec.Struct, frozen=True):
    """The settings in force, and for each where its value came from, such as ``BIOCITE_PORT``."""

    settings: Settings
    origins: dict[str, str]


class Shown(msgspec.Struct, frozen=True):
    """One setting as `biocite config` shows it: a secret's value never is."""

    name: str
    value: Any
    origin: str
    description: str


def load_settings(
    options: Mapping[str, Any] | None = None,
    *,
    file: Path | None = None,
    environment: Mapping[str, str] | None = None,
) -> Effective:
    """The settings in force. `options` are those of the command line, None for one that was not given.

    `file` is the TOML file, or else the one that BIOCITE_CONFIG names. `environment` None is that of this process.
    Raises UsageError, in one line that names the place, what was found and what was expected.
    """
    environment = os.environ if environment is None else environment
    if file is None and environment.get(FILE_VARIABLE):
        file = Path(environment[FILE_VARIABLE])
    values: dict[str, Any] = {}
    origins = {field.name: "default" for field in msgspec.structs.fields(Settings)}
    for name, value, origin in _given(options or {}, file, environment):
        values[name], origins[name] = value, origin
    effective = Effective(Settings(**values), origins)
    _check_together(effective)
    return effective


def _given(
    options: Mapping[str, Any], file: Path | None, environment: Mapping[str, str]
) -> Iterator[tuple[str, Any, str]]:
    """Every value that is given somewhere, checked: (name, value, where), the weakest first."""
    if file is not None:
        for name, value in _read(file).items():
            yield name, _checked(name, value, str(file), shown=name), str(file)
    for variable in sorted(environment):
        if variable.startswith(PREFIX) and variable not in NO_SETTINGS:
            name = variable.removeprefix(PREFIX).lower()
            value = _parsed(name, environment[variable]) if variable == _variable(name) else None
            yield name, _checked(name, value, "environment", shown=variable, strict=False), variable
    for name, value in options.items():
        if value is not None and value != ():
            option = "--" + name.replace("_", "-")
            value = str(value) if isinstance(value, Path) else value
            yield name, _checked(name, value, "command line", shown=option), option


def _variable(name: str) -> str:
    return PREFIX + name.upper()


def _read(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_bytes().decode())
    except OSError as error:
        raise UsageError(
            f"{file}: cannot be read ({error.strerror})", remedy="Check --config and BIOCITE_CONFIG"
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise UsageError(f"{file}: is no TOML file ({error})", remedy="Write name = value, one a line") from error


def _fields() -> dict[str, Any]:
    """Name -> type, with its limits."""
    return {field.name: field.type for field in msgspec.structs.fields(Settings)}


def _parsed(name: str, text: str) -> Any:
    """A variable's text; a list is split at commas."""
    kind = _fields().get(name)
    if kind is not None and get_origin(get_args(kind)[0]) is tuple:
        return [part.strip() for part in text.split(",") if part.strip()]
    return text


def _checked(name: str, value: Any, place: str, *, shown: str, strict: bool = True) -> Any:
    """The value as the setting's type; UsageError for a name that is no setting, or a value that cannot be."""
    fields = _fields()
    if name not in fields or value is None:
        close = difflib.get_close_matches(name, fields, n=1)
        meant = (_variable(close[0]) if shown.startswith(PREFIX) else close[0]) if close else ""
        raise UsageError(
            f"{place}: {shown} is no setting",
            remedy=f"Did you mean {meant}?" if meant else "biocite config lists the settings",
        )
    try:
        # Loosely, a number or a word stands for true: from a file of TOML only true does.
        return msgspec.convert(value, fields[name], strict=strict)
    except msgspec.ValidationError as error:
        found = HIDDEN if is_secret(name) else repr(value)[:100]
        problem = _plain(str(error))
        if not strict:  # every variable is a str, so it says nothing that this one was
            problem = problem.removesuffix(", got str")
        raise UsageError(f"{place}: {shown} is {found}: {problem}", remedy=_described(fields[name])) from error


def _plain(problem: str) -> str:
    """msgspec's message without its marks and the place in the value."""
    problem = problem.partition(" - at ")[0].replace("`", "")
    return problem[0].lower() + problem[1:]


def _described(kind: Any) -> str:
    """A field's description; of several, the last is the field's own."""
    texts = [meta.description for meta in kind.__metadata__ if isinstance(meta, msgspec.Meta) and meta.description]
    return str(texts[-1])


def _check_together(effective: Effective) -> None:
    """What types cannot say."""
    settings, origins = effective.settings, effective.origins
    for address in settings.trusted_proxies:
        try:
            ip_address(address)
        except ValueError as error:
            raise UsageError(
                f"{origins['trusted_proxies']}: trusted_proxies names {address!r}, expected an IP address",
                remedy="Name each proxy by its address, such as 10.0.0.2",
            ) from error
    slowest = max(("ask_seconds", "search_seconds"), key=lambda name: float(getattr(settings, name)))
    if settings.shutdown_seconds < getattr(settings, slowest):
        told = {origins[name] for name in ("shutdown_seconds", slowest)} - {"default"}
        raise UsageError(
            f"{', '.join(sorted(told))}: shutdown_seconds is {settings.shutdown_seconds:g}, expected at least "
            f"{slowest}, {getattr(settings, slowest):g}",
            remedy="A request that was accepted could not end otherwise",
        )


def is_secret(name: str) -> bool:
    """Whether a setting's value must not be shown. The path of a file that holds a secret (``…_key_file``) may be."""
    return name.endswith(SECRET_ENDINGS)


def shown_settings(effective: Effective) -> list[Shown]:
    """Every setting with its value and where that came from, in order; secrets are hidden."""
    return [
        Shown(name, _shown(name, getattr(effective.settings, name)), effective.origins[name], _described(kind))
        for name, kind in _fields().items()
    ]


def _shown(name: str, value: Any) -> Any:
    return HIDDEN if is_secret(name) and value else msgspec.to_builtins(value)


def as_toml(value: Any) -> str:
    """A value as TOML writes it: JSON's form is TOML's for all that a setting can be."""
    return msgspec.json.format(msgspec.json.encode(value), indent=-1).decode()


def settings_table() -> str:
    """The table of docs/deploy.md: name, default, meaning."""
    rows = ["| setting | default | meaning |", "|---|---|---|"]
    for shown in shown_settings(load_settings(environment={})):
        rows.append(f"| `{shown.name}` | `{as_toml(shown.value)}` | {shown.description} |")
    return "\n".join(rows)


def server_settings(settings: Settings) -> "ServerSettings":
    """What `api.server.create_app` takes; UsageError where no index is named."""
    from api.access.gate import LOOPBACK_HOSTS, GateSettings
    from api.access.limits import Limits
    from api.search_records import RecordSettings
    from api.server import LaneSettings, ServerSettings
    from reader.models import READERS

    if not settings.index:
        raise UsageError("no index is named", remedy="Give --index DIR, BIOCITE_INDEX or index in the settings file")
    lanes, own = LaneSettings(), frozenset(host.lower() for host in settings.allowed_hosts)
    replace = msgspec.structs.replace
    return ServerSettings(
        Path(settings.index),
        READERS.get(settings.reader, settings.reader),
        lanes=replace(
            lanes,
            search=replace(
                lanes.search,
                at_once=settings.search_at_once,
                waiting=settings.search_waiting,
                seconds=settings.search_seconds,
            ),
            ask=replace(
                lanes.ask,
                at_once=settings.ask_at_once or lanes.ask.at_once,
                waiting=settings.ask_waiting,
                seconds=settings.ask_seconds,
            ),
        ),
        limits=replace(Limits(), per_minute=settings.per_minute, burst=settings.burst, at_once=settings.at_once),
        gate=GateSettings(
            hosts=frozenset() if "*" in own else LOOPBACK_HOSTS | own,
            origins=frozenset(settings.cors_origins),
            open_without_keys=settings.insecure or settings.host in LOOPBACK,
            body_seconds=settings.body_seconds,
            proxies=frozenset(settings.trusted_proxies),
        ),
        records=RecordSettings(days=settings.record_days),
        audit_texts=settings.audit_texts,
        body_bytes=settings.body_bytes,
        metrics=settings.metrics,
        mcp=settings.mcp,
        batching=settings.batching,
        tracing=settings.tracing,
        patients=Path(settings.patients) if settings.patients else None,
    )
