"""`biocite keys`: what is printed, what never is, and that each command is recorded."""

import shutil
import sqlite3
from contextlib import closing

import pytest

from api.access.audit import verify
from api.access.errors import UnauthorisedError
from api.access.keys import KeyLimits, KeyStore
from api.cli import COMMANDS
from tests.api.access.logs import entries_of, file_of
from tests.commands import biocite, refusal
from tests.indexes import tiny_index


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    return tiny_index(tmp_path_factory.mktemp("keys"))


@pytest.fixture
def index(built, tmp_path, monkeypatch):
    monkeypatch.setitem(COMMANDS, "keys", "api.commands.keys")
    return shutil.copytree(built, tmp_path / "index")


def created(index, *options):
    """A new key's text and id."""
    outcome = biocite("keys", "create", "--index", index, *options)
    assert outcome.code == 0, outcome
    text = outcome.stdout.splitlines()[-1]
    return text, text.split("_")[1]


def caller(index, text):
    with KeyStore(index) as store:
        return store.caller_of(text)


def test_the_key_stands_alone_on_the_last_line_once(index):
    outcome = biocite("keys", "create", "--index", index, "--scope", "read", "--name", "Library")
    *_, text = outcome.stdout.splitlines()
    assert outcome.code == 0
    assert outcome.stdout.count(text) == 1
    assert text not in outcome.stderr
    assert caller(index, text).name == "Library"
    assert "This is the first key" in outcome.stderr
    assert "This is the first key" not in biocite("keys", "create", "--index", index, "--scope", "read").stderr


def test_all_options(index):
    options = ["--scope", "write", "--scope", "read", "--name", "Ward 3", "--audience", "ward-3", "--expires", "90d"]
    outcome = biocite("keys", "create", "--index", index, *options, "--per-minute", 5, "--at-once", 2, "--json")
    told = outcome.json
    found = caller(index, told["key"])
    assert (found.key_id, found.name, found.audience) == (told["key_id"], "Ward 3", "ward-3")
    assert (found.scopes, found.limits) == ({"read", "write"}, KeyLimits(5, 2))
    assert told["limits"] == {"per_minute": 5, "at_once": 2}
    assert (told["state"], told["scopes"]) == ("valid", ["read", "write"])
    with KeyStore(index) as store:
        (record,) = store.list()
    assert (record.expires - record.created).total_seconds() == pytest.approx(90 * 86_400, abs=2)


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ([], "--scope"),
        (["--scope", "root"], "root"),
        (["--scope", "read", "--expires", "2020-01-01"], "is in the past"),
        (["--scope", "read", "--expires", "soon"], "is not understood"),
        (["--scope", "read", "--name", "a\x1b[2Jb"], "cannot be printed"),
        (["--scope", "read", "--audience", "Ward 3"], "is no audience"),
        (["--scope", "read", "--per-minute", "0"], "expected 1 to 1,000,000"),
        (["--scope", "read", "--at-once", "x"], "at-once"),
    ],
)
def test_wrong_values_make_no_key(index, options, named):
    refusal(biocite("keys", "create", "--index", index, *options), named, code=2)
    with KeyStore(index) as store:
        assert not store.any_key()


def test_what_is_no_index_gets_no_key(tmp_path, index):
    (tmp_path / "empty").mkdir()
    refusal(biocite("keys", "create", "--index", tmp_path / "empty", "--scope", "read"), "no index found", code=1)
    assert list((tmp_path / "empty").iterdir()) == []
    for arguments in (["list"], ["revoke", "a" * 12]):
        refusal(biocite("keys", *arguments, "--index", tmp_path / "none"), "no such index directory", code=1)


def test_the_list_shows_no_secret(index):
    text, key_id = created(index, "--scope", "read", "--name", "Library", "--per-minute", "1200")
    revoked, revoked_id = created(index, "--scope", "admin", "--scope", "patients")
    biocite("keys", "revoke", revoked_id, "--index", index)
    caller(index, text)
    with closing(sqlite3.connect(index / "service" / "keys.db")) as db:
        stored = [bytes(value).hex() for row in db.execute("SELECT salt, digest FROM keys") for value in row]
    shown, as_json = biocite("keys", "list", "--index", index), biocite("keys", "list", "--index", index, "--json")
    for outcome in (shown, as_json):
        assert outcome.code == 0
        assert key_id in outcome.stdout
        assert revoked_id in outcome.stdout
        for secret in (*(key.split("_")[2] for key in (text, revoked)), *stored):
            assert secret not in outcome.stdout + outcome.stderr
    by_id = {record["key_id"]: record for record in as_json.json}
    assert [by_id[name]["state"] for name in (key_id, revoked_id)] == ["valid", "revoked"]
    assert by_id[key_id]["last_used"] is not None
    assert by_id[revoked_id]["scopes"] == ["patients", "admin"]
    assert set(by_id[key_id]) == {
        *("key_id", "name", "scopes", "audience", "created", "expires", "revoked", "last_used", "limits", "state")
    }
    assert "1,200 a minute" in shown.stdout
    assert max(map(len, shown.stdout.splitlines())) <= 80


def test_nothing_to_list(index):
    assert biocite("keys", "list", "--index", index).stdout == "No key was made yet.\n"
    assert biocite("keys", "list", "--index", index, "--json").json == []
    assert not (index / "service").exists()


def test_the_list_is_safe_to_print_whatever_a_name_holds(index):
    created(index, "--scope", "read")
    with closing(sqlite3.connect(index / "service" / "keys.db")) as db:
        db.execute("UPDATE keys SET name = ?", ("a\x1b[2J\nb\u2028\u202e\x9b",))
        db.commit()
    shown = biocite("keys", "list", "--index", index).stdout
    assert all(line.isprintable() for line in shown.split("\n"))
    as_json = biocite("keys", "list", "--index", index, "--json")
    assert as_json.stdout.rstrip("\n").isascii()
    assert as_json.stdout.rstrip("\n").isprintable()
    assert as_json.json[0]["name"] == "a\x1b[2J\nb\u2028\u202e\x9b"


def test_a_revoked_key_is_refused(index):
    text, key_id = created(index, "--scope", "read")
    assert caller(index, text)
    outcome = biocite("keys", "revoke", key_id, "--index", index)
    assert outcome.code == 0
    assert outcome.stdout.startswith(f"key {key_id} is revoked since 2")
    with pytest.raises(UnauthorisedError):
        caller(index, text)
    assert biocite("keys", "revoke", key_id, "--index", index).stdout == outcome.stdout


def test_wrong_ids_are_refused_and_a_key_is_not_repeated(index):
    refusal(biocite("keys", "revoke", "a" * 12, "--index", index), "there is no key aaaaaaaaaaaa", code=1)
    text, _ = created(index, "--scope", "read")
    line = refusal(biocite("keys", "revoke", text, "--index", index), "no id of a key", code=2)
    assert text.split("_")[2] not in line


def test_each_command_is_recorded_without_secrets(index):
    text, key_id = created(index, "--scope", "read", "--name", "Library")
    biocite("keys", "list", "--index", index)
    biocite("keys", "revoke", key_id, "--index", index)
    kinds = [(entry["kind"], entry["name"], entry["extra"].get("key_id")) for entry in entries_of(index)]
    assert kinds == [
        ("keys-created", "command line", key_id),
        ("keys-listed", "command line", None),
        ("keys-revoked", "command line", key_id),
    ]
    first = entries_of(index)[0]["extra"]
    assert (first["name"], first["scopes"], first["state"]) == ("Library", ["read"], "valid")
    assert text.split("_")[2].encode() not in file_of(index).read_bytes()
    assert verify(index).problem == ""


def test_without_a_log_no_key_is_made_but_one_is_revoked(index):
    text, key_id = created(index, "--scope", "read")
    file_of(index).write_bytes(b"no entry\n")
    refusal(biocite("keys", "create", "--index", index, "--scope", "read"), "does not end with an entry", code=1)
    with KeyStore(index) as store:
        assert len(store.list()) == 1
    refusal(biocite("keys", "revoke", key_id, "--index", index), f"{key_id} is revoked, but not recorded", code=1)
    with pytest.raises(UnauthorisedError):
        caller(index, text)


def test_a_damaged_store_is_one_line(index):
    created(index, "--scope", "read")
    (index / "service" / "keys.db").write_bytes(b"garbage" * 100)
    for arguments in (["list"], ["revoke", "a" * 12], ["create", "--scope", "read"]):
        refusal(biocite("keys", *arguments, "--index", index), "keys.db", "damaged", code=1)


def test_the_help_says_what_scopes_are(index):
    told = " ".join(biocite("keys", "create", "--help").stdout.split())
    assert "no scope contains another" in told
