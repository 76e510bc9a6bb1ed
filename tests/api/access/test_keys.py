"""The store of keys: what is let in, and that nothing that goes wrong lets anybody in."""

import os
import shutil
import sqlite3
import statistics
import subprocess
import sys
import threading
import time
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from api.access.errors import UnauthorisedError
from api.access.keys import Caller, KeyLimits, KeyStore
from corpora.errors import IndexStateError, NotFoundError, UsageError

ROOT = Path(__file__).parents[3]
START = 1_800_000_000  # 2027-01-15 08:00:00 UTC


class Clock:
    def __init__(self):
        self.now = float(START)

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def store(tmp_path, clock):
    with KeyStore(tmp_path, clock) as store:
        yield store


def moment(seconds):
    return datetime.fromtimestamp(seconds, UTC)


def refused(store, text):
    with pytest.raises(UnauthorisedError) as caught:
        store.caller_of(text)
    return str(caught.value)


def test_without_keys_nothing_is_asked_for_and_nothing_written(store, tmp_path):
    assert store.any_key() is False
    assert store.list() == ()
    refused(store, "bc_aaaaaaaaaaaa_" + "a" * 52)
    assert list(tmp_path.iterdir()) == []


def test_a_key_says_who_asks(store):
    text, record = store.create(
        ("write", "read"), name="Library", audience="ward-3", limits=KeyLimits(per_minute=5, at_once=2)
    )
    limits = KeyLimits(5, 2)
    assert store.caller_of(text) == Caller(record.key_id, "Library", frozenset({"read", "write"}), "ward-3", limits)
    assert (record.scopes, record.created, record.expires) == (("read", "write"), moment(START), None)
    assert store.any_key()


def test_the_audience_is_the_keys_own_id_unless_named(store):
    _, record = store.create(("read",))
    assert record.audience == record.key_id


def test_every_reason_is_refused_in_the_same_words(store, clock):
    valid, _ = store.create(("read",))
    expired, _ = store.create(("read",), expires=moment(START + 60))
    revoked, record = store.create(("read",))
    store.revoke(record.key_id)
    clock.now += 60  # the moment of the expiry is too late already
    unknown = f"bc_{'a' * 12}_{valid.split('_')[2]}"
    wrong = valid[:-1] + ("a" if valid[-1] != "a" else "b")
    other_id = f"bc_{expired.split('_')[1]}_{valid.split('_')[2]}"
    texts = ["", "x", valid.upper(), valid + "a", unknown, wrong, other_id, expired, revoked, "\ud800", "é" * 70_000]
    assert len({refused(store, text) for text in texts}) == 1
    assert store.caller_of(valid)


def test_an_expiring_key_is_valid_until_then(store, clock):
    text, _ = store.create(("read",), expires=moment(START + 60))
    clock.now += 59.9
    assert store.caller_of(text)
    with pytest.raises(UsageError, match="is in the past"):
        store.create(("read",), expires=moment(START + 59))


def test_neither_the_key_nor_a_plain_hash_of_it_is_stored(store, tmp_path):
    text, _ = store.create(("read",), name="findable")
    stored = b"".join(path.read_bytes() for path in (tmp_path / "service").iterdir())
    assert b"findable" in stored
    assert text.encode() not in stored
    assert text.split("_")[2].encode() not in stored
    with closing(sqlite3.connect(tmp_path / "service" / "keys.db")) as db:
        (salt, digest), (other_salt, _) = [*db.execute("SELECT salt, digest FROM keys"), (b"", b"")]
    assert len(salt) == 16
    assert len(digest) == 32
    assert salt != other_salt


def test_no_file_is_readable_by_others(store, tmp_path):
    text, _ = store.create(("read",))
    store.caller_of(text)
    names = {path.name: path.stat().st_mode & 0o777 for path in (tmp_path / "service").iterdir()}
    assert {"keys.db", "keys.db-wal", "keys.required"} <= set(names)
    assert set(names.values()) == {0o600}


def test_unknown_ids_are_compared_like_known_ones(store, monkeypatch):
    text, _ = store.create(("read",))
    compared = []
    real = __import__("hmac").compare_digest
    monkeypatch.setattr(
        "api.access.keys.hmac.compare_digest", lambda a, b: compared.append((len(a), len(b))) or real(a, b)
    )
    store.caller_of(text)
    for wrong in ("", f"bc_{'a' * 12}_{'a' * 52}", text[:-1]):
        refused(store, wrong)
    assert compared == [(32, 32)] * 4


def test_revoking_acts_on_the_next_request_of_a_running_service(store, tmp_path):
    text, record = store.create(("read",))
    other, _ = store.create(("read",))
    assert store.caller_of(text)
    code = (
        "import sys; from pathlib import Path; from api.access.keys import KeyStore\n"
        "with KeyStore(Path(sys.argv[1])) as store: store.revoke(sys.argv[2])"
    )
    subprocess.run([sys.executable, "-c", code, tmp_path, record.key_id], cwd=ROOT, check=True, timeout=60)
    refused(store, text)
    assert store.caller_of(other)


def test_a_first_key_closes_a_running_service(store, tmp_path):
    assert store.any_key() is False
    with KeyStore(tmp_path) as command_line:
        text, _ = command_line.create(("read",))
    assert store.any_key() is True
    assert store.caller_of(text)


def test_revoking_the_last_key_does_not_open_the_service(store, tmp_path, clock):
    _, record = store.create(("read",), expires=moment(START + 10))
    first = store.revoke(record.key_id)
    assert first.revoked == moment(START)
    clock.now += 100
    assert store.revoke(record.key_id).revoked == moment(START)  # stays revoked since then
    assert store.any_key()
    with KeyStore(tmp_path) as again:
        assert again.any_key()


def test_wrong_ids_to_revoke(store):
    with pytest.raises(NotFoundError, match="no key aaaaaaaaaaaa"):
        store.revoke("a" * 12)
    text, _ = store.create(("read",))
    with pytest.raises(NotFoundError, match="no key aaaaaaaaaaaa"):
        store.revoke("a" * 12)
    with pytest.raises(UsageError) as caught:
        store.revoke(text)
    assert text.split("_")[2] not in str(caught.value)


def test_last_used_is_written_at_most_once_a_minute(store, clock):
    text, record = store.create(("read",))

    def last_used():
        return store.list()[0].last_used

    assert last_used() is None
    store.caller_of(text)
    assert last_used() == moment(START)
    clock.now += 59
    store.caller_of(text)
    assert last_used() == moment(START)
    clock.now += 1
    store.caller_of(text)
    assert last_used() == moment(START + 60)
    assert record.last_used is None


def test_a_busy_file_delays_no_request_and_no_refusal(store, tmp_path, clock):
    text, _ = store.create(("read",))
    with closing(sqlite3.connect(tmp_path / "service" / "keys.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        began = time.perf_counter()
        assert store.caller_of(text)
        assert time.perf_counter() - began < 1
        other.execute("ROLLBACK")
    assert store.list()[0].last_used is None
    clock.now += 60
    store.caller_of(text)
    assert store.list()[0].last_used == moment(START + 60)


def test_a_key_that_cannot_be_recorded_is_not_made(store):
    def fail(record):
        raise IndexStateError("the log is full")

    with pytest.raises(IndexStateError, match="the log is full"):
        store.create(("read",), before_commit=fail)
    assert store.list() == ()
    assert store.any_key()  # and the service rather stays closed


def test_wrong_values_make_nothing(store, tmp_path):
    for wrong in ({"scopes": ("root",)}, {"name": "a\nb"}, {"audience": "A"}, {"limits": KeyLimits(0)}):
        with pytest.raises(UsageError):
            store.create(**{"scopes": ("read",), **wrong})
    assert list(tmp_path.iterdir()) == []


def closed(store, text, problem):
    """No call lets anybody in, and the service knows that it needs keys."""
    for call in (lambda: store.caller_of(text), store.list, lambda: store.revoke("a" * 12)):
        with pytest.raises(IndexStateError, match=problem):
            call()
    assert store.any_key()


DAMAGES = {
    "empty": (lambda path: path.write_bytes(b""), "damaged|another version"),
    "garbage": (lambda path: path.write_bytes(b"garbage" * 1000), "damaged"),
    "cut": (lambda path: path.write_bytes(path.read_bytes()[:5000]), "damaged"),
    "removed": (Path.unlink, "is not there"),
    "another database": (lambda path: (path.unlink(), sqlite3.connect(path).close(), path.touch()), "damaged|version"),
}


@pytest.mark.parametrize("name", DAMAGES)
def test_a_damaged_file_closes_the_service(tmp_path, name):
    damage, problem = DAMAGES[name]
    with KeyStore(tmp_path) as store:
        text, _ = store.create(("read",))
    damage(tmp_path / "service" / "keys.db")
    with KeyStore(tmp_path) as store:
        closed(store, text, problem)


@pytest.mark.parametrize("name", ["removed", "another database"])
def test_a_file_that_is_replaced_under_a_running_service_closes_it(store, tmp_path, name):
    damage, _ = DAMAGES[name]
    text, _ = store.create(("read",))
    assert store.caller_of(text)
    damage(tmp_path / "service" / "keys.db")
    with pytest.raises(IndexStateError):
        store.caller_of(text)
    assert store.any_key()


def test_a_service_folder_that_vanishes_under_a_running_service_closes_it(store, tmp_path):
    text, _ = store.create(("read",))
    assert store.any_key()
    shutil.rmtree(tmp_path / "service")
    assert store.any_key()
    with pytest.raises(IndexStateError, match="is not there"):
        store.caller_of(text)


@pytest.mark.parametrize(
    "change",
    ["scopes = 'read'", "scopes = '[\"root\"]'", "digest = NULL", "digest = 'text'", "expires = 'never'", "salt = 5"],
)
def test_a_row_that_makes_no_sense_lets_nobody_in(tmp_path, change):
    with KeyStore(tmp_path) as store:
        text, _ = store.create(("read",))
    with closing(sqlite3.connect(tmp_path / "service" / "keys.db")) as db:
        db.execute("PRAGMA writable_schema = 1")
        db.execute("UPDATE sqlite_master SET sql = replace(sql, ' NOT NULL', '')")
        db.execute("PRAGMA writable_schema = RESET")
        db.execute(f"UPDATE keys SET {change}")
        db.commit()
    with KeyStore(tmp_path) as store, pytest.raises(IndexStateError, match="is damaged"):
        store.caller_of(text)


def test_a_lost_file_can_be_made_anew_and_its_keys_stay_lost(tmp_path):
    with KeyStore(tmp_path) as store:
        old, _ = store.create(("read",))
    (tmp_path / "service" / "keys.db").unlink()
    with KeyStore(tmp_path) as store:
        new, _ = store.create(("read",))
        assert store.caller_of(new)
        refused(store, old)


def test_what_is_left_of_a_removed_file_is_not_taken_for_the_new_ones(store, tmp_path):
    store.create(("read",))  # its write-ahead log is there as long as the store is open
    (tmp_path / "service" / "keys.db").unlink()
    with KeyStore(tmp_path) as other, pytest.raises(IndexStateError, match=r"was removed, keys\.db-wal was not"):
        other.create(("read",))


def test_a_folder_that_cannot_be_looked_into_is_not_taken_for_one_without_keys(tmp_path, monkeypatch):
    with KeyStore(tmp_path) as store:
        store.create(("read",))
    with KeyStore(tmp_path) as store:
        real = Path.stat

        def stat(self, **options):
            if self.parent.name == "service":
                raise PermissionError(13, "Permission denied")
            return real(self, **options)

        monkeypatch.setattr(Path, "stat", stat)
        with pytest.raises(IndexStateError, match="Permission denied"):
            store.any_key()


def test_no_index_directory_no_store(tmp_path):
    with pytest.raises(IndexStateError, match="there is no such index directory"):
        KeyStore(tmp_path / "missing")


def test_threads_share_a_store(store):
    texts = [store.create(("read",))[0] for _ in range(4)]
    failed = []

    def ask(text):
        try:
            for _ in range(50):
                assert store.caller_of(text).key_id == text.split("_")[1]
        except Exception as error:  # noqa: BLE001 - seen below, in the thread that asserts
            failed.append(error)

    threads = [threading.Thread(target=ask, args=(text,)) for text in texts * 2]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []


def test_processes_that_make_keys_at_once_lose_none(tmp_path):
    code = (
        "import sys; from pathlib import Path; from api.access.keys import KeyStore\n"
        "with KeyStore(Path(sys.argv[1])) as store:\n    for _ in range(10): print(store.create(('read',))[0])"
    )
    made = [
        subprocess.Popen([sys.executable, "-c", code, tmp_path], cwd=ROOT, stdout=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    texts = [line for process in made for line in process.communicate(timeout=60)[0].split()]
    assert [process.returncode for process in made] == [0, 0, 0]
    with KeyStore(tmp_path) as store:
        assert {store.caller_of(text).key_id for text in texts} == {record.key_id for record in store.list()}
    assert len(texts) == 30


@pytest.mark.bench
def test_a_key_is_checked_in_less_than_100_microseconds(store):
    text, _ = store.create(("read",))
    for _ in range(500):
        store.create(("read",))
    times = []
    for _ in range(2000):
        began = time.perf_counter()
        store.caller_of(text)
        times.append(time.perf_counter() - began)
    assert statistics.median(times) < 100e-6, os.getloadavg()
