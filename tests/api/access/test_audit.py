"""The audit log as it is written: durable before anybody is told, whole after a kill, by many threads and processes."""

import asyncio
import hashlib
import hmac
import os
import resource
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from api.access.audit import AuditEvent, AuditLog, verify
from corpora.errors import IndexStateError, UsageError
from tests.api.access.logs import NOW, entries_of, file_of, small_log

ROOT = Path(__file__).parents[3]


def child(code, *arguments, **options):
    """Python code in a process of its own, with what it needs imported."""
    head = "import os, sys\nfrom pathlib import Path\nfrom api.access.audit import AuditEvent, AuditLog\n"
    command = [sys.executable, "-c", head + code, *map(str, arguments)]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, **options)


def test_entries_are_numbered_and_private(tmp_path):
    with AuditLog(tmp_path, clock=lambda: NOW) as log:
        numbers = [log.append(AuditEvent("ask", extra={"n": number})) for number in range(5)]
    assert numbers == [1, 2, 3, 4, 5]
    assert [entry["extra"]["n"] for entry in entries_of(tmp_path)] == [0, 1, 2, 3, 4]
    assert {path.name: path.stat().st_mode & 0o777 for path in (tmp_path / "service").iterdir()} == {
        "audit.jsonl": 0o600,
        "audit.key": 0o600,
    }


def test_a_log_goes_on_where_it_ended(tmp_path):
    small_log(tmp_path)
    with AuditLog(tmp_path) as log:
        assert log.append(AuditEvent("later")) == 4
    assert verify(tmp_path).entries == 4
    assert verify(tmp_path).problem == ""


def test_a_text_is_a_keyed_hash(tmp_path):
    small_log(tmp_path, [AuditEvent("ask", text="Who has fever?"), AuditEvent("ask", text=""), AuditEvent("ask")])
    first, empty, none = entries_of(tmp_path)
    key = (tmp_path / "service" / "audit.key").read_bytes()
    assert len(key) == 32
    assert first["text_hmac_sha256"] == hmac.new(key, b"Who has fever?", hashlib.sha256).hexdigest()
    assert "text_hmac_sha256" in empty
    assert "text_hmac_sha256" not in none
    assert b"fever" not in file_of(tmp_path).read_bytes()
    # The same key on the next start: equal texts stay equal.
    small_log(tmp_path, [AuditEvent("ask", text="Who has fever?")])
    assert entries_of(tmp_path)[3]["text_hmac_sha256"] == first["text_hmac_sha256"]


def test_a_text_is_itself_where_that_is_wanted(tmp_path):
    with AuditLog(tmp_path, hash_texts=False) as log:
        log.append(AuditEvent("ask", text="Who has\nfever?"))
    assert entries_of(tmp_path)[0]["text"] == "Who has\nfever?"
    assert not (tmp_path / "service" / "audit.key").exists()


def test_a_damaged_text_key_is_not_replaced(tmp_path):
    small_log(tmp_path)
    (tmp_path / "service" / "audit.key").write_bytes(b"")
    with pytest.raises(IndexStateError, match="has 0 bytes, expected 32"):
        AuditLog(tmp_path)


INJECTIONS = (
    'x"}\n{"sequence":2,"kind":"forged"}',
    "a\r\nb\x0b\x0c\x1c\x1d\x1e\x85c",
    "a\u2028b\u2029c",
    "\x1b[2J\x1b]0;title\x07\x9b2J\x7f",
    "\ud800 \udfff",
    "\x00",
    "\u202egnp.exe",
)


@pytest.mark.parametrize("text", INJECTIONS)
@pytest.mark.parametrize("hash_texts", [True, False])
def test_no_text_forges_a_line(tmp_path, text, hash_texts):
    event = AuditEvent(text, text, text, text, text, (text, text), text, {text: text})
    with AuditLog(tmp_path, hash_texts) as log:
        assert [log.append(event), log.append(AuditEvent("next"))] == [1, 2]
    written = file_of(tmp_path).read_bytes()
    assert set(written) <= set(range(0x20, 0x80)) | {0x0A}
    assert written.count(b"\n") == len(written.decode().splitlines()) == 2
    report = verify(tmp_path)
    assert (report.entries, report.problem) == (2, "")
    entry = entries_of(tmp_path)[0]
    assert (entry["kind"], entry["name"], entry["documents"], entry["extra"]) == (
        text,
        text,
        [text, text],
        {text: text},
    )


@pytest.mark.parametrize("extra", [{"x": float("nan")}, {"x": float("inf")}, {"x": object()}, {"x": {1, 2}}, {(1,): 2}])
def test_what_has_no_json_form_is_refused_and_nothing_written(tmp_path, extra):
    with AuditLog(tmp_path) as log:
        with pytest.raises(UsageError, match="cannot record"):
            log.append(AuditEvent("ask", extra=extra))
        assert log.append(AuditEvent("ask")) == 1


def test_keys_that_are_no_text_are_stored_in_canonical_form(tmp_path):
    small_log(tmp_path, [AuditEvent("ask", extra={10: "a", 9: "b"})])
    assert entries_of(tmp_path)[0]["extra"] == {"10": "a", "9": "b"}
    assert verify(tmp_path).problem == ""


def test_what_is_changed_after_it_was_handed_over_is_recorded_as_it_was(tmp_path):
    extra = {"list": [1]}
    with AuditLog(tmp_path) as log:
        pending = log._submit(AuditEvent("ask", extra=extra))
        extra["list"].append(2)
        pending.result(10)
    assert entries_of(tmp_path)[0]["extra"] == {"list": [1]}
    assert verify(tmp_path).problem == ""


def test_an_entry_that_is_too_long_is_refused(tmp_path):
    with AuditLog(tmp_path, hash_texts=False) as log:
        with pytest.raises(UsageError, match="too many for one entry"):
            log.append(AuditEvent("ask", text="x" * 4_000_000))
        log.append(AuditEvent("ask", text="x" * 3_990_000))
        log.append(AuditEvent("ask"))
    assert verify(tmp_path).entries == 2


def test_nothing_is_acknowledged_before_the_disk_has_it(tmp_path, monkeypatch):
    order = []
    real_write, real_sync = os.write, os.fdatasync
    with AuditLog(tmp_path) as log:
        monkeypatch.setattr("api.access.audit.os.write", lambda *a: order.append("write") or real_write(*a))
        monkeypatch.setattr("api.access.audit.os.fdatasync", lambda fd: real_sync(fd) or order.append("synced"))
        log.append(AuditEvent("ask"))
        order.append("acknowledged")
    assert order == ["write", "synced", "acknowledged"]


def test_what_waits_is_written_together(tmp_path, monkeypatch):
    synced, gate = [], threading.Event()
    real = os.fdatasync

    def slow(descriptor):
        synced.append(descriptor)
        gate.wait(10)
        real(descriptor)

    monkeypatch.setattr("api.access.audit.os.fdatasync", slow)
    with AuditLog(tmp_path) as log:
        first = log._submit(AuditEvent("first"))
        deadline = time.monotonic() + 10
        while not synced and time.monotonic() < deadline:
            time.sleep(0.001)
        rest = [log._submit(AuditEvent("more")) for _ in range(50)]
        gate.set()
        assert [first.result(10), *(pending.result(10) for pending in rest)] == list(range(1, 52))
    assert len(synced) == 2


def test_threads_lose_nothing(tmp_path):
    numbers = []
    with AuditLog(tmp_path) as log:

        def work(name):
            numbers.extend((log.append(AuditEvent("ask", name=f"{name}:{n}")), f"{name}:{n}") for n in range(20))

        threads = [threading.Thread(target=work, args=(name,)) for name in range(16)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert sorted(numbers) == [(entry["sequence"], entry["name"]) for entry in entries_of(tmp_path)]
    assert verify(tmp_path).entries == 320
    assert verify(tmp_path).problem == ""


def test_processes_lose_nothing(tmp_path):
    code = (
        "with AuditLog(Path(sys.argv[1])) as log:\n"
        "    for n in range(40): print(log.append(AuditEvent('ask', name=f'{sys.argv[2]}:{n}')), f'{sys.argv[2]}:{n}')"
    )
    processes = [child(code, tmp_path, name, text=True) for name in range(4)]
    told = [line.split() for process in processes for line in process.communicate(timeout=60)[0].splitlines()]
    assert [process.returncode for process in processes] == [0] * 4
    report = verify(tmp_path)
    assert (report.entries, report.problem) == (160, "")
    assert sorted((int(number), name) for number, name in told) == [
        (entry["sequence"], entry["name"]) for entry in entries_of(tmp_path)
    ]


def test_sigkill_loses_no_entry_that_was_acknowledged(tmp_path):
    code = (
        "import threading\n"
        "log = AuditLog(Path(sys.argv[1]))\n"
        "def work(name):\n"
        "    n = 0\n"
        "    while True:\n"
        "        number = log.append(AuditEvent('ask', name=f'{name}:{n}', text='x' * 500))\n"
        "        os.write(1, f'{number} {name}:{n}\\n'.encode())\n"
        "        n += 1\n"
        "for name in range(4): threading.Thread(target=work, args=(name,)).start()\n"
    )
    for run in range(4):
        process = child(code, tmp_path)
        told = b"".join(process.stdout.readline() for _ in range(20 + 7 * run))
        process.send_signal(signal.SIGKILL)
        told += process.communicate(timeout=60)[0]
        assert process.returncode == -signal.SIGKILL
        recorded = {(entry["sequence"], entry["name"]) for entry in entries_of(tmp_path)}
        acknowledged = {(int(number), name) for number, name in map(bytes.split, told.splitlines())}
        acknowledged = {(number, name.decode()) for number, name in acknowledged}
        assert len(acknowledged) >= 20
        assert acknowledged <= recorded
        with AuditLog(tmp_path) as log:
            log.append(AuditEvent("restarted"))
        assert verify(tmp_path).problem == ""


def test_every_torn_end_is_cut_off_and_recorded(tmp_path):
    whole = small_log(tmp_path)
    start = whole.rstrip(b"\n").rindex(b"\n") + 1
    for end in range(start + 1, len(whole), 7):
        torn = whole[start:end]
        file_of(tmp_path).write_bytes(whole[:end])
        assert verify(tmp_path).problem == "the line has no end"
        with AuditLog(tmp_path, clock=lambda: NOW) as log:
            assert log.append(AuditEvent("next")) == 4  # two are left, and one tells
            assert log.append(AuditEvent("last")) == 5
        found = entries_of(tmp_path)
        assert [entry["kind"] for entry in found] == ["ask", "refused", "recovered", "next", "last"]
        assert found[2]["extra"] == {"bytes": len(torn), "sha256": hashlib.sha256(torn).hexdigest()}
        assert verify(tmp_path).problem == ""
        assert file_of(tmp_path).read_bytes().startswith(whole[:start])


def test_a_log_that_is_nothing_but_a_torn_line_is_recovered(tmp_path):
    whole = small_log(tmp_path)
    file_of(tmp_path).write_bytes(whole[:50])
    with AuditLog(tmp_path) as log:
        assert log.append(AuditEvent("next")) == 2
    assert entries_of(tmp_path)[0]["extra"]["bytes"] == 50
    assert verify(tmp_path).problem == ""


@pytest.mark.parametrize("end", [b"{}\n", b"\n", b"no entry\n", b"x" * 9_000_000])
def test_an_end_that_is_no_entry_is_not_touched(tmp_path, end):
    whole = small_log(tmp_path)
    file_of(tmp_path).write_bytes(whole + end)
    with AuditLog(tmp_path) as log:
        for _ in range(2):
            with pytest.raises(IndexStateError, match="does not end with an entry"):
                log.append(AuditEvent("next"))
    assert file_of(tmp_path).read_bytes() == whole + end


def test_a_log_that_was_moved_away_is_not_gone_on_with(tmp_path):
    with AuditLog(tmp_path) as log:
        log.append(AuditEvent("ask"))
        file_of(tmp_path).rename(tmp_path / "away")
        with pytest.raises(IndexStateError, match="No such file"):
            log.append(AuditEvent("ask"))
        file_of(tmp_path).touch()
        with pytest.raises(IndexStateError, match="was replaced"):
            log.append(AuditEvent("ask"))
    assert (tmp_path / "away").read_bytes().count(b"\n") == 1


FULL = """
import resource
limit = os.path.getsize(sys.argv[2]) + int(sys.argv[3])
with AuditLog(Path(sys.argv[1])) as log:
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))
    for _ in range(2):
        try:
            log.append(AuditEvent("ask"))
            print("written")
        except Exception as error:
            print(type(error).__name__, error)
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.getrlimit(resource.RLIMIT_FSIZE)[1],) * 2)
    print(log.append(AuditEvent("room")))
"""


@pytest.mark.parametrize("room", [0, 1, 100])
@pytest.mark.parametrize("torn", [b"", b'{"doc'])
def test_a_full_disk_refuses_and_leaves_the_log_whole(tmp_path, room, torn):
    """With a real limit on the file's size: a write takes what fits and then fails, as on a full disk."""
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[1] == resource.RLIM_INFINITY
    whole = small_log(tmp_path)
    file_of(tmp_path).write_bytes(whole + torn)
    process = child(FULL, tmp_path, file_of(tmp_path), room, text=True)
    told = process.communicate(timeout=60)[0].splitlines()
    for line in told[:2]:
        assert line.startswith("IndexStateError")
        assert "cannot be written (File too large)" in line
    assert told[2:] == ["5" if torn else "4"]
    kinds = [entry["kind"] for entry in entries_of(tmp_path)]
    assert kinds == ["ask", "refused", "x", *(["recovered"] if torn else []), "room"]
    assert file_of(tmp_path).read_bytes().startswith(whole)
    assert verify(tmp_path).problem == ""


def test_an_error_of_the_disk_takes_back_what_was_written(tmp_path, monkeypatch):
    whole = small_log(tmp_path)
    real, fails = os.fdatasync, [True]

    def sync(descriptor):
        if fails and fails.pop():
            raise OSError(5, "Input/output error")
        real(descriptor)

    monkeypatch.setattr("api.access.audit.os.fdatasync", sync)
    with AuditLog(tmp_path) as log:
        with pytest.raises(IndexStateError, match="Input/output error"):
            log.append(AuditEvent("lost"))
        assert file_of(tmp_path).read_bytes() == whole
        assert log.append(AuditEvent("next")) == 4
    assert verify(tmp_path).problem == ""


def test_waiting_does_not_block_the_event_loop(tmp_path, monkeypatch):
    real = os.fdatasync
    monkeypatch.setattr("api.access.audit.os.fdatasync", lambda fd: (time.sleep(0.05), real(fd)))

    async def main():
        with AuditLog(tmp_path) as log:
            pending = [asyncio.create_task(log.write(AuditEvent("ask"))) for _ in range(20)]
            turns = 0
            while not all(task.done() for task in pending):
                await asyncio.sleep(0.001)
                turns += 1
            return turns, [await task for task in pending]

    turns, numbers = asyncio.run(main())
    assert numbers == list(range(1, 21))
    assert turns > 5


def test_who_stops_waiting_does_not_take_the_entry_back(tmp_path):
    async def main():
        with AuditLog(tmp_path) as log:
            task = asyncio.create_task(log.write(AuditEvent("asked")))
            await asyncio.sleep(0)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            return await log.write(AuditEvent("next"))

    assert asyncio.run(main()) == 2
    assert [entry["kind"] for entry in entries_of(tmp_path)] == ["asked", "next"]


def test_closing_writes_what_waits_and_then_refuses(tmp_path):
    log = AuditLog(tmp_path)
    pending = [log._submit(AuditEvent("ask")) for _ in range(2500)]  # more than one batch
    log.close()
    log.close()
    assert [future.result(0) for future in pending] == list(range(1, 2501))
    with pytest.raises(IndexStateError, match="is closed"):
        log.append(AuditEvent("late"))
    assert verify(tmp_path).entries == 2500


def test_a_link_in_place_of_the_log_is_refused(tmp_path):
    (tmp_path / "service").mkdir(mode=0o700)
    (tmp_path / "other").touch()
    file_of(tmp_path).symlink_to(tmp_path / "other")
    with pytest.raises(IndexStateError, match="cannot be written"):
        AuditLog(tmp_path)


def test_a_log_can_be_checked_while_it_is_written(tmp_path):
    with AuditLog(tmp_path) as log:
        log.append(AuditEvent("ask"))
        stop = threading.Event()

        def work():
            while not stop.is_set():
                log.append(AuditEvent("ask"))

        thread = threading.Thread(target=work)
        thread.start()
        try:
            assert [verify(tmp_path).problem for _ in range(20)] == [""] * 20
        finally:
            stop.set()
            thread.join()


@pytest.mark.bench
def test_entries_a_second_from_32_threads(tmp_path):
    with AuditLog(tmp_path) as log:
        event = AuditEvent("search", "k", "name", 200, "record", tuple(f"PMID:{n}" for n in range(10)), "a question")
        threads = [threading.Thread(target=lambda: [log.append(event) for _ in range(200)]) for _ in range(32)]
        began = time.perf_counter()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        rate = 32 * 200 / (time.perf_counter() - began)
    assert rate > 300, rate
