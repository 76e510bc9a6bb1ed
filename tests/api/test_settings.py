"""Settings: which place wins, what is refused and how that is said, and what is shown."""

import json
import tomllib
from pathlib import Path
from typing import Annotated

import msgspec
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

import api.settings
from api.commands.config import command
from api.server import ServerSettings
from api.settings import (
    Settings,
    as_toml,
    is_secret,
    load_settings,
    server_settings,
    settings_table,
    shown_settings,
)
from corpora.errors import UsageError

ROOT = Path(__file__).parents[2]
FULL = {
    "index": "/srv/index", "patients": "/srv/patients", "reader": "biobert", "host": "0.0.0.0", "port": 9000,
    "workers": 2, "insecure": True,
    "allowed_hosts": ["Biocite.Example.org"], "cors_origins": ["https://chat.example.org"],
    "trusted_proxies": ["10.0.0.2", "::1"], "search_at_once": 3, "search_waiting": 4, "search_seconds": 5.5,
    "ask_at_once": 2, "ask_waiting": 6, "ask_seconds": 7.5, "body_bytes": 2_000, "body_seconds": 8.5,
    "shutdown_seconds": 9.5, "per_minute": 10, "burst": 11, "at_once": 12, "audit_texts": True, "record_days": 13,
    "metrics": False, "mcp": True, "log_format": "json", "batching": False, "tracing": True,
}  # fmt: skip
"""Every setting, none at its default."""


def loaded(options=None, *, toml=None, folder=None, **variables):
    file = None
    if toml is not None:
        file = folder / "biocite.toml"
        file.write_text(toml, "utf-8")
    return load_settings(options, file=file, environment={f"BIOCITE_{name}": text for name, text in variables.items()})


def refused(*arguments, **named):
    with pytest.raises(UsageError) as caught:
        loaded(*arguments, **named)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_each_place_beats_the_one_before(tmp_path):
    toml = "port = 1\nworkers = 2\nburst = 3\n"
    effective = loaded({"port": 3, "host": None}, toml=toml, folder=tmp_path, PORT="2", WORKERS="4")
    settings, origins = effective.settings, effective.origins
    assert (settings.port, settings.workers, settings.burst, settings.host) == (3, 4, 3, "127.0.0.1")
    file = str(tmp_path / "biocite.toml")
    assert [origins[name] for name in ("port", "workers", "burst", "host")] == [
        "--port", "BIOCITE_WORKERS", file, "default",
    ]  # fmt: skip


def test_every_setting_from_a_file(tmp_path):
    toml = "\n".join(f"{name} = {as_toml(value)}" for name, value in FULL.items())
    assert msgspec.to_builtins(loaded(toml=toml, folder=tmp_path).settings) == {
        name: tuple(value) if isinstance(value, list) else value for name, value in FULL.items()
    }
    assert set(FULL) == set(Settings.__struct_fields__)
    assert not [name for name, value in msgspec.to_builtins(Settings()).items() if value == FULL[name]]


def test_every_setting_from_the_environment():
    variables = {
        name.upper(): ",".join(value)
        if isinstance(value, list)
        else str(value).lower()
        if value is True
        else str(value)
        for name, value in FULL.items()
    }
    settings = loaded(**variables).settings
    assert {**msgspec.to_builtins(settings)} == {
        name: tuple(value) if isinstance(value, list) else value for name, value in FULL.items()
    }


def test_every_setting_reaches_the_service():
    """All but what `biocite serve` itself does with them: where it listens, how it ends, what it mounts and logs."""
    served = server_settings(Settings(**FULL))
    assert (served.index, served.audit_texts, served.records.days) == (Path("/srv/index"), True, 13)
    assert served.reader != "biobert"  # the reader's own name on the hub
    assert (served.lanes.search.at_once, served.lanes.search.waiting, served.lanes.search.seconds) == (3, 4, 5.5)
    assert (served.lanes.ask.at_once, served.lanes.ask.waiting, served.lanes.ask.seconds) == (2, 6, 7.5)
    assert (served.limits.per_minute, served.limits.burst, served.limits.at_once) == (10, 11, 12)
    assert served.gate.hosts == {"127.0.0.1", "localhost", "[::1]", "biocite.example.org"}
    assert served.gate.origins == {"https://chat.example.org"}
    assert (served.gate.body_seconds, served.gate.proxies) == (8.5, {"10.0.0.2", "::1"})
    assert served.gate.open_without_keys is True


def test_defaults_are_those_of_the_service():
    assert server_settings(Settings(index="x")) == ServerSettings(Path("x"))


def test_who_is_let_in_without_keys():
    def gate(**given):
        return server_settings(Settings(index="x", **given)).gate

    assert gate().open_without_keys is True
    assert gate(host="0.0.0.0").open_without_keys is False
    assert gate(host="0.0.0.0", insecure=True).open_without_keys is True
    assert gate(allowed_hosts=("*",)).hosts == frozenset()
    with pytest.raises(UsageError, match="no index is named"):
        server_settings(Settings())


@pytest.mark.parametrize(
    ("toml", "said"),
    [
        ("prot = 1", "prot is no setting. Did you mean port?"),
        ("[server]\nport = 1", "server is no setting"),
        ('port = "1"', "port is '1': expected int, got str. The port; 0 takes any free one"),
        ("port = 70000", "port is 70000: expected int <= 65535"),
        ("workers = 0", "workers is 0: expected int >= 1"),
        ("insecure = 1", "insecure is 1: expected bool, got int"),
        ("ask_seconds = 0", "ask_seconds is 0: expected float > 0.0"),
        ("ask_seconds = nan", "ask_seconds is nan: expected float"),
        ("ask_seconds = inf", "ask_seconds is inf: expected float <= 86400.0"),
        ('log_format = "xml"', "log_format is 'xml': invalid enum value 'xml'"),
        ('allowed_hosts = ["a:80"]', "allowed_hosts is ['a:80']: expected str matching regex"),
        ('cors_origins = ["*"]', "cors_origins is ['*']: expected str matching regex"),
        ('cors_origins = ["https://a.example/page"]', "expected str matching regex"),
        ('cors_origins = "https://a.example"', "expected array, got str"),
        ('trusted_proxies = ["proxy"]', "trusted_proxies names 'proxy', expected an IP address"),
        ("shutdown_seconds = 5", "shutdown_seconds is 5, expected at least ask_seconds, 30"),
        ("search_seconds = 99", "shutdown_seconds is 30, expected at least search_seconds, 99"),
        ("port = ", "is no TOML file (Invalid value (at end of document))"),
    ],
)
def test_a_file_with_what_cannot_be(tmp_path, toml, said):
    told = refused(toml=toml, folder=tmp_path)
    assert said in told
    assert told.startswith(str(tmp_path / "biocite.toml"))


@pytest.mark.parametrize(
    ("variables", "said"),
    [
        ({"PROT": "1"}, "environment: BIOCITE_PROT is no setting. Did you mean BIOCITE_PORT?"),
        ({"port": "1"}, "environment: BIOCITE_port is no setting. Did you mean BIOCITE_PORT?"),
        ({"PORT": "http"}, "environment: BIOCITE_PORT is 'http': expected int. The port; 0 takes any free one"),
        ({"PORT": ""}, "environment: BIOCITE_PORT is '': expected int."),
        ({"MCP": "on"}, "environment: BIOCITE_MCP is 'on': expected bool."),
        ({"ASK_SECONDS": "60"}, "BIOCITE_ASK_SECONDS: shutdown_seconds is 30, expected at least ask_seconds, 60"),
    ],
)
def test_an_environment_with_what_cannot_be(variables, said):
    assert refused(**variables).startswith(said)


def test_options_with_what_cannot_be():
    assert refused({"port": -1}).startswith("command line: --port is -1: expected int >= 0")
    assert refused({"ask_second": 1}) == "command line: --ask-second is no setting. Did you mean ask_seconds?"


def test_a_file_that_cannot_be_read(tmp_path):
    assert refused(CONFIG=str(tmp_path / "none")).startswith(f"{tmp_path / 'none'}: cannot be read (No such file")
    (tmp_path / "latin").write_bytes(b'reader = "\xe9"')
    assert "is no TOML file" in refused(CONFIG=str(tmp_path / "latin"))


def test_variables_that_mean_something_else_are_left_alone():
    assert (
        loaded(DATA="/data").settings == load_settings(environment={"PATH": "/bin", "PORT": "1"}).settings == Settings()
    )


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text(), lambda inner: st.lists(inner)))
def test_whatever_a_value_is_it_counts_or_is_refused_in_one_line(value):
    for name in Settings.__struct_fields__:
        try:
            found = load_settings({name: value}, environment={})
        except UsageError as refusal:
            told = str(refusal)
        else:
            kept = msgspec.to_builtins(getattr(found.settings, name))
            assert value in (None, [], kept, list(kept) if isinstance(kept, tuple) else kept)
            told = ""
        assert "\n" not in told


def config(*arguments, **variables):
    environment = {f"BIOCITE_{name}": text for name, text in variables.items()}
    return CliRunner().invoke(command, arguments, env=environment)


def test_config_prints_a_settings_file(tmp_path):
    (tmp_path / "a.toml").write_text('index = "/srv/ä b"\ncors_origins = ["https://a.example"]\n', "utf-8")
    done = config("--config", str(tmp_path / "a.toml"), PORT="9000")
    assert done.exit_code == 0
    assert f'index = "/srv/ä b"  # {tmp_path / "a.toml"}' in done.stdout
    assert "port = 9000  # BIOCITE_PORT" in done.stdout
    (tmp_path / "b.toml").write_text(done.stdout, "utf-8")
    given = load_settings(file=tmp_path / "a.toml", environment={"BIOCITE_PORT": "9000"}).settings
    assert load_settings(file=tmp_path / "b.toml", environment={}).settings == given
    assert tomllib.loads(done.stdout).keys() == set(Settings.__struct_fields__)


def test_config_as_json_and_with_the_file_that_a_variable_names(tmp_path):
    (tmp_path / "a.toml").write_text("burst = 5")
    shown = {entry["name"]: entry for entry in json.loads(config("--json", CONFIG=str(tmp_path / "a.toml")).stdout)}
    assert list(shown) == list(Settings.__struct_fields__)
    assert (shown["burst"]["value"], shown["burst"]["origin"]) == (5, str(tmp_path / "a.toml"))
    assert all(entry["description"] for entry in shown.values())


def test_secrets_are_never_shown(monkeypatch):
    secret = Annotated[str, msgspec.Meta(description="A secret", max_length=20)]
    fields = [("hub_token", secret, ""), ("hub_token_file", secret, ""), ("seal_key", secret, "")]
    more = msgspec.defstruct("More", fields, bases=(Settings,), frozen=True, kw_only=True)
    monkeypatch.setattr(api.settings, "Settings", more)
    effective = load_settings(environment={"BIOCITE_HUB_TOKEN": "abc", "BIOCITE_HUB_TOKEN_FILE": "/run/t"})
    assert effective.settings.hub_token == "abc"
    shown = {entry.name: entry.value for entry in shown_settings(effective)}
    assert (shown["hub_token"], shown["hub_token_file"], shown["seal_key"]) == ("(hidden)", "/run/t", "")
    with pytest.raises(UsageError) as caught:
        load_settings(environment={"BIOCITE_SEAL_KEY": "abc" * 10})
    assert "abc" not in str(caught.value)
    assert [is_secret(name) for name in ("a_secret", "a_token", "a_key", "a_key_file", "key")] == [True] * 3 + [
        False
    ] * 2


def test_the_documentation_lists_every_setting():
    assert settings_table() in (ROOT / "docs" / "deploy.md").read_text("utf-8")
