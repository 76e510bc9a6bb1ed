"""`biocite audit`: the verdict on a log, and its entries on a terminal."""

import pytest

from api.access.audit import AuditEvent, verify
from api.cli import COMMANDS
from tests.api.access.logs import entries_of, file_of, small_log
from tests.commands import biocite, refusal


@pytest.fixture(autouse=True)
def registered(monkeypatch):
    monkeypatch.setitem(COMMANDS, "audit", "api.commands.audit")


def test_a_whole_log(tmp_path):
    small_log(tmp_path)
    head = entries_of(tmp_path)[2]["hash"]
    outcome = biocite("audit", "verify", "--index", tmp_path)
    assert (outcome.code, outcome.stdout) == (0, f"verified: 3 entries\nhead {head}\n")
    assert biocite("audit", "verify", "--index", tmp_path, "--json").json == {
        "entries": 3,
        "head": head,
        "problem": "",
        "line": 0,
        "found": "",
        "expected": "",
        "head_found": None,
    }
    outcome = biocite("audit", "verify", "--index", tmp_path, "--head", head)
    assert (outcome.code, outcome.stdout.splitlines()[0]) == (
        0,
        "verified: 3 entries; it holds the head that was given",
    )


def test_a_changed_log(tmp_path):
    whole = small_log(tmp_path)
    file_of(tmp_path).write_bytes(whole.replace(b'"status":401', b'"status":200'))
    outcome = biocite("audit", "verify", "--index", tmp_path)
    assert outcome.code == 1
    assert outcome.stdout.startswith("not verified: line 2: the entry does not have the hash of its content\n   found ")
    assert "1 entries before that line are in order" in outcome.stdout
    outcome = biocite("audit", "verify", "--index", tmp_path, "--json")
    assert (outcome.code, outcome.json["line"], outcome.json["entries"]) == (1, 2, 1)


def test_a_cut_log_and_the_head_it_had(tmp_path):
    whole = small_log(tmp_path)
    head = verify(tmp_path).head
    file_of(tmp_path).write_bytes(b"".join(whole.splitlines(keepends=True)[:2]))
    assert biocite("audit", "verify", "--index", tmp_path).code == 0
    outcome = biocite("audit", "verify", "--index", tmp_path, "--head", head)
    assert outcome.code == 1
    assert "its end was cut off" in outcome.stdout


def test_what_a_damaged_line_holds_is_safe_to_print(tmp_path):
    whole = small_log(tmp_path)
    file_of(tmp_path).write_bytes(whole + '{"a": "\x1b[2J\u2028"}\n'.encode() + b"\x1b[31m\xff\xc2\x9b\n")
    for arguments in (["verify"], ["show"]):
        outcome = biocite("audit", *arguments, "--index", tmp_path)
        assert all(line.isprintable() for line in outcome.stdout.split("\n")), outcome.stdout


def test_the_head_that_is_given_is_safe_to_print(tmp_path):
    small_log(tmp_path)
    outcome = biocite("audit", "verify", "--index", tmp_path, "--head", "\x1b[2J")
    assert outcome.code == 1
    assert all(line.isprintable() for line in outcome.stdout.split("\n"))


HOSTILE = "\x1b[2J\x1b]0;x\x07\r\n\u2028\u202e\x9b\x7f"


def test_entries_are_shown_with_control_characters_escaped(tmp_path):
    event = AuditEvent(HOSTILE, "k1", HOSTILE, HOSTILE, HOSTILE, (HOSTILE,), None, {HOSTILE: HOSTILE})
    small_log(tmp_path, [event])
    shown = biocite("audit", "show", "--index", tmp_path).stdout
    assert all(line.isprintable() for line in shown.split("\n"))
    assert "x1b" in shown
    as_json = biocite("audit", "show", "--index", tmp_path, "--json")
    assert as_json.stdout.rstrip("\n").isprintable()
    assert as_json.stdout.isascii()
    assert as_json.json[0]["documents"] == [HOSTILE]


def test_the_last_entries(tmp_path):
    small_log(tmp_path, [AuditEvent("ask", name=f"caller{number}") for number in range(30)])
    assert [entry["sequence"] for entry in biocite("audit", "show", "--index", tmp_path, "--json").json] == [
        *range(11, 31)
    ]
    few = biocite("audit", "show", "--index", tmp_path, "--last", 2)
    assert "caller28" in few.stdout
    assert "caller29" in few.stdout
    assert "caller27" not in few.stdout
    assert biocite("audit", "show", "--index", tmp_path, "--last", 2, "--json").json == entries_of(tmp_path)[-2:]


def test_an_entry_as_a_person_reads_it(tmp_path):
    small_log(tmp_path)
    assert biocite("audit", "show", "--index", tmp_path).stdout == (
        "1  2026-03-01T12:00:00.000000Z  ask  k1  Ä  200\n    documents PMID:1 · record_id r1\n"
        "2  2026-03-01T12:00:00.000000Z  refused  401\n"
        "3  2026-03-01T12:00:00.000000Z  x\n"
    )


def test_lines_that_are_no_entries_are_shown_as_such(tmp_path):
    whole = small_log(tmp_path)
    file_of(tmp_path).write_bytes(whole + b"[1]\n{}\ntorn")
    entries = biocite("audit", "show", "--index", tmp_path, "--json", "--last", 4).json
    assert entries[1:] == [{"unreadable": "[1]\n"}, {}, {"unreadable": "torn"}]
    assert "unreadable" in biocite("audit", "show", "--index", tmp_path).stdout


@pytest.mark.parametrize("command", ["verify", "show"])
def test_no_log(tmp_path, command):
    refusal(biocite("audit", command, "--index", tmp_path), "there is no audit log", code=1)
    refusal(biocite("audit", command, "--index", tmp_path / "none"), "no such index directory", code=1)
    assert list(tmp_path.iterdir()) == []


def test_the_help_says_what_only_a_kept_head_shows(tmp_path):
    told = " ".join(biocite("audit", "verify", "--help").stdout.split())
    assert "only a copy of the head shows that" in told
