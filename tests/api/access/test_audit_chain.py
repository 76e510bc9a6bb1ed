"""Whether changes of a log are seen: every byte, every line, and what only a head kept elsewhere shows."""

import hashlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.access.audit import AuditEvent, AuditLog, last_lines, verify
from api.access.audit_chain import MAX_LINE, START, canonical, chained, read_line
from corpora.errors import IndexStateError, NotFoundError
from tests.api.access.logs import entries_of, file_of, small_log


@pytest.fixture
def log(tmp_path):
    return small_log(tmp_path)


def broken(directory, content):
    """The report on a log with this content, which must not be verified."""
    file_of(directory).write_bytes(content)
    report = verify(directory)
    assert report.problem, content
    return report


def test_a_line_is_what_the_page_says(tmp_path, log):
    first, second, third = entries_of(tmp_path)
    # Made of nothing but the standard library, as somebody else would check it.
    previous = "0" * 64
    for number, entry in enumerate([first, second, third], start=1):
        assert entry["sequence"] == number
        assert entry["previous"] == previous
        body = {name: value for name, value in entry.items() if name not in ("previous", "hash")}
        text = json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode()
        previous = hashlib.sha256(bytes.fromhex(previous) + text).hexdigest()
        assert entry["hash"] == previous
    assert verify(tmp_path).head == previous
    assert {name: value for name, value in first.items() if name not in ("previous", "hash")} == {
        "sequence": 1,
        "time": "2026-03-01T12:00:00.000000Z",
        "kind": "ask",
        "key_id": "k1",
        "name": "Ä",
        "status": 200,
        "record_id": "r1",
        "documents": ["PMID:1"],
        "extra": {},
    }
    assert log.isascii()


def test_a_whole_log_is_verified(tmp_path, log):
    report = verify(tmp_path)
    assert (report.entries, report.problem, report.line, report.head_found) == (3, "", 0, None)
    assert report.head == entries_of(tmp_path)[2]["hash"]


def test_every_change_of_one_byte_is_seen(tmp_path, log):
    """Each byte is replaced by its neighbour, by the other case, by one outside ASCII and by a line feed."""
    seen = 0
    for place, byte in enumerate(log):
        line = log.count(b"\n", 0, place) + 1
        for other in {byte ^ 1, byte ^ 0x20, byte ^ 0x80, *b"\n"} - {byte}:
            report = broken(tmp_path, log[:place] + bytes([other]) + log[place + 1 :])
            assert report.line == line, (place, other)
            seen += 1
    assert seen > 3 * len(log)


def test_every_removed_and_every_added_byte_is_seen(tmp_path, log):
    for place in range(len(log)):
        removed = log[:place] + log[place + 1 :]
        if removed != log:
            broken(tmp_path, removed)
        for other in b"\n0":
            broken(tmp_path, log[:place] + bytes([other]) + log[place:])
    for other in b" \n0":
        assert broken(tmp_path, log + bytes([other])).line == 4


def test_removed_moved_repeated_and_inserted_entries_are_seen(tmp_path, log):
    one, two, three = log.splitlines(keepends=True)
    for lines, line in (
        *(([two, three], 1), ([one, three], 2), ([two, one, three], 1), ([one, three, two], 2), ([three, two, one], 1)),
        *(([one, one, two, three], 2), ([one, two, two, three], 3), ([one, two, three, three], 4)),
        *(([one, two, three, one], 4), ([one, b"\n", two, three], 2), ([one, b"{}\n", two, three], 2)),
    ):
        report = broken(tmp_path, b"".join(lines))
        assert (report.line, report.entries) == (line, line - 1)


def test_an_entry_of_another_log_does_not_fit(tmp_path, log):
    other = tmp_path / "other"
    other.mkdir()
    foreign = small_log(other, [AuditEvent("other"), AuditEvent("refused", status=401)]).splitlines(keepends=True)[1]
    lines = log.splitlines(keepends=True)
    report = broken(tmp_path, b"".join([lines[0], foreign, lines[2]]))
    assert report.problem == "the entry does not follow the one before"
    assert (report.line, report.expected) == (2, json.loads(lines[0])["hash"])
    assert report.found == json.loads(foreign)["previous"]


def test_a_changed_entry_with_a_new_hash_breaks_the_next_one(tmp_path, log):
    lines = log.splitlines(keepends=True)
    entry = {name: value for name, value in json.loads(lines[0]).items() if name not in ("previous", "hash")}
    forged, _ = chained({**entry, "documents": []}, START)
    report = broken(tmp_path, forged + lines[1] + lines[2])
    assert (report.line, report.problem) == (2, "the entry does not follow the one before")


def test_the_report_says_what_was_found_and_expected(tmp_path, log):
    report = broken(tmp_path, log.replace(b'"PMID:1"', b'"PMID:2"'))
    assert (report.line, report.problem) == (1, "the entry does not have the hash of its content")
    assert report.found == json.loads(log.splitlines()[0])["hash"]
    entry = {name: value for name, value in json.loads(log.splitlines()[0]).items() if name not in ("previous", "hash")}
    assert report.expected == hashlib.sha256(bytes(32) + canonical({**entry, "documents": ["PMID:2"]})).hexdigest()
    first, second, _ = log.splitlines(keepends=True)
    report = broken(tmp_path, second + first)
    assert (report.problem, report.found, report.expected) == ("the entry has another number", "2", "1")


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        (b"[]\n", "not in canonical form"),
        (b"{}\n", "is no entry"),
        (b"[" * 100_000 + b"\n", "no JSON"),
        (b'{"sequence":NaN}\n', "no JSON"),
        (b'{"sequence":' + b"9" * 5000 + b"}\n", "no JSON"),
        (b'{"sequence":1,"sequence":1}\n', "not in canonical form"),
        (b"\xff\xfe\n", "no JSON"),
        (b"a" * (MAX_LINE + 10) + b"\n", "is too long"),
        (b'{"hash":"' + b"0" * 64 + b'","previous":"' + b"0" * 63 + b'x","sequence":1}\n', "is no entry"),
        (b'{"hash":"' + b"0" * 64 + b'","previous":"' + b"0" * 64 + b'","sequence":true}\n', "is no entry"),
    ],
)
def test_lines_that_are_no_entries(tmp_path, log, line, problem):
    report = broken(tmp_path, log + line)
    assert problem in report.problem
    assert (report.line, report.entries) == (4, 3)
    assert len(report.found) <= 200


def test_a_cut_off_end_is_seen_with_the_head_alone(tmp_path, log):
    head = verify(tmp_path).head
    lines = log.splitlines(keepends=True)
    file_of(tmp_path).write_bytes(lines[0] + lines[1])
    assert verify(tmp_path).problem == ""  # what this cannot show
    report = verify(tmp_path, head)
    assert (report.head_found, report.entries) == (False, 2)
    assert "its end was cut off" in report.problem
    file_of(tmp_path).write_bytes(b"")
    assert verify(tmp_path).problem == ""
    assert verify(tmp_path, head).head_found is False


def test_a_head_holds_when_the_log_has_grown(tmp_path, log):
    head = verify(tmp_path).head
    with AuditLog(tmp_path) as grown:
        grown.append(AuditEvent("later"))
    report = verify(tmp_path, f" {head.upper()}\n")
    assert (report.head_found, report.problem, report.entries) == (True, "", 4)
    assert verify(tmp_path, "0" * 64).head_found is True  # the head of a log without entries


def test_a_log_that_was_written_anew_is_seen_with_the_head_alone(tmp_path, log):
    head = verify(tmp_path).head
    file_of(tmp_path).unlink()
    small_log(tmp_path, [AuditEvent("ask", "k1", "another", 200), AuditEvent("refused"), AuditEvent("x")])
    assert verify(tmp_path).problem == ""
    assert verify(tmp_path, head).head_found is False


def test_no_log_no_report(tmp_path):
    for read in (verify, lambda directory: last_lines(directory, 5)):
        with pytest.raises(NotFoundError, match="there is no audit log"):
            read(tmp_path)
        with pytest.raises(IndexStateError, match="no such index directory"):
            read(tmp_path / "missing")


def test_the_last_lines(tmp_path, log):
    lines = log.splitlines(keepends=True)
    assert last_lines(tmp_path, 2) == lines[1:]
    assert last_lines(tmp_path, 3) == last_lines(tmp_path, 100) == lines
    file_of(tmp_path).write_bytes(log + b"torn")
    assert last_lines(tmp_path, 2) == [lines[2], b"torn"]
    file_of(tmp_path).write_bytes(b"")
    assert last_lines(tmp_path, 2) == []


@given(lengths=st.lists(st.integers(0, 40_000), max_size=12), torn=st.booleans(), number=st.integers(1, 14))
def test_the_last_lines_of_any_file(tmp_path_factory, lengths, torn, number):
    directory = tmp_path_factory.mktemp("lines")
    (directory / "service").mkdir(mode=0o700)
    lines = [b"%d" % place + b"x" * length + b"\n" for place, length in enumerate(lengths)]
    if torn and lines:
        lines[-1] = lines[-1][:-1]
    file_of(directory).write_bytes(b"".join(lines))
    assert last_lines(directory, number) == lines[-number:]


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(extra=st.dictionaries(st.text(max_size=20), values, max_size=4), name=st.text())
def test_whatever_an_entry_holds_is_one_line_and_comes_back(extra, name):
    entry = {"sequence": 1, "name": name, "extra": extra}
    line, digest = chained(entry, START)
    assert line.decode("ascii").splitlines() == [line.decode("ascii")[:-1]]
    assert read_line(line) == {**entry, "previous": START, "hash": digest}
