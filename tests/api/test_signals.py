"""A real service that is told to stop, killed, and whose index changes, while others ask it all the time."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from pathlib import Path

import httpx
import msgspec
import pytest

from api.access.audit import verify
from tests.api.access.logs import entries_of
from tests.api.process import ROOT, served
from tests.commands import biocite
from tests.indexes import DOCUMENTS, tiny_index, write_documents
from tests.serving import wait_until

SEARCH = ("/v1/search", {"query": "cystic fibrosis", "k": 3})
ASK = ("/v1/ask", {"question": "Which gene is mutated in cystic fibrosis?"})


class Asked(msgspec.Struct):
    """A request: when all of it was handed to the system, and its whole answer, None where there was none."""

    sent: float
    answered: float = 0.0
    status: int = 0
    body: dict | None = None
    problem: str = ""


class Load:
    """Threads that ask without end, each request on a connection of its own."""

    def __init__(self, port, requests, threads=6):
        self._port = port
        self._requests = requests
        self._over = threading.Event()
        self._threads = [threading.Thread(target=self._ask, args=(number,)) for number in range(threads)]
        self.asked = []

    def _ask(self, number):
        while not self._over.is_set():
            path, body = self._requests[number % len(self._requests)]
            number += 1
            try:
                with socket.create_connection(("127.0.0.1", self._port), timeout=30) as connection:
                    self.asked.append(exchanged(connection, path, body))
            except ConnectionError:
                if self._over.wait(0.01):
                    return

    def answered(self):
        return [asked for asked in self.asked if asked.status == 200]

    def unanswered(self, until=float("inf")):
        """What was sent before this moment and got no whole answer; to be told that there is too much to do is one."""
        return [asked for asked in self.asked if asked.sent < until and asked.status not in (200, 503)]


def exchanged(connection, path, body):
    content = json.dumps(body).encode()
    head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nConnection: close\r\n"
    connection.sendall(f"{head}Content-Length: {len(content)}\r\n\r\n".encode() + content)
    asked = Asked(time.monotonic())
    received = b""
    try:
        while part := connection.recv(65_536):
            received += part
        head, _, content = received.partition(b"\r\n\r\n")
        asked.status = int(head.split(b" ", 2)[1])
        asked.body = json.loads(content)
        asked.answered = time.monotonic()
    except (OSError, ValueError, IndexError) as error:
        asked.problem = f"{error!r} after {received[:200]!r}"
    return asked


@contextmanager
def load(service, *requests, threads=6, at_least=20):
    """Load while the context lasts, begun once some requests were answered."""
    running = Load(service.port, requests, threads)
    for thread in running._threads:
        thread.start()
    try:
        wait_until(lambda: len(running.answered()) >= at_least, 30)
        yield running
    finally:
        running._over.set()
        for thread in running._threads:
            thread.join()


@pytest.fixture
def index(tmp_path):
    return tiny_index(tmp_path)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_service_told_to_stop_finishes_all_that_it_was_sent(index, number):
    with served(index, pause=0.03) as service:
        with load(service, SEARCH, SEARCH, ASK) as running:
            told = service.signal(number)
            assert service.ended() == 0
        assert running.unanswered(told) == []
        # There was something to finish.
        assert any(asked.sent < told < asked.answered for asked in running.answered())
        assert service.lines()[-1] == "biocite: stopped\n"
    assert verify(index).problem == ""


def test_what_was_answered_is_in_the_log_also_after_the_process_was_killed(index):
    acknowledged = []
    for _ in range(2):
        with served(index) as service:
            with load(service, SEARCH, ASK) as running:
                service.signal(signal.SIGKILL)
                assert service.ended() == -signal.SIGKILL
            acknowledged += [asked.body["record_id"] for asked in running.answered()]
    assert len(acknowledged) > 40
    assert len(set(acknowledged)) == len(acknowledged)
    with served(index) as service:
        for record_id in acknowledged:
            record = httpx.get(f"{service.url}/v1/records/{record_id}")
            assert record.status_code == 200, record.text
            assert record.json()["hits"]
    logged = {entry["record_id"]: entry for entry in entries_of(index) if entry["kind"] in ("search", "ask")}
    assert [record_id for record_id in acknowledged if record_id not in logged] == []
    assert all(logged[record_id]["documents"] for record_id in acknowledged)
    outcome = biocite("audit", "verify", "--index", index)
    assert outcome.code == 0, outcome


UPDATE = """
import sys
from pathlib import Path
from indexer.build import build_index
from tests.fakes import WordHashModel
build_index([Path(sys.argv[1])], Path(sys.argv[2]), WordHashModel())
"""


def updated(index, source):
    """Another process adds a source."""
    subprocess.run([sys.executable, "-c", UPDATE, str(source), str(index)], cwd=ROOT, check=True, timeout=60)


def test_updates_by_another_process_drop_no_request(index, tmp_path):
    with served(index) as service:
        with load(service, SEARCH, ASK, ("/v1/search", {"query": "newcomer", "k": 50})) as running:
            for number in range(3):
                new = {"_id": f"PMID:9{number}", "title": f"Newcomer {number}", "text": "A newcomer arrived."}
                updated(index, write_documents(tmp_path / f"new{number}.jsonl", [new]))
                seen = len(running.asked)
                wait_until(lambda seen=seen: len(running.asked) > seen + 10)
        assert running.unanswered() == []
        assert len({asked.body["index_id"] for asked in running.answered()}) == 4
        info = httpx.get(f"{service.url}/v1/index").json()
        assert (info["generation"], info["documents"]) == (4, len(DOCUMENTS) + 3)
        found = httpx.post(f"{service.url}/v1/search", json={"query": "newcomer", "unit": "document"}).json()
        assert {"PMID:90", "PMID:91", "PMID:92"} <= {hit["document_id"] for hit in found["hits"]}
        service.signal(signal.SIGTERM)
        assert service.ended() == 0
        assert "Traceback" not in service.said()


def children(process):
    return [int(pid) for pid in Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()]


def is_gone(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


@pytest.mark.skipif(
    not Path("/proc/self/task").is_dir(), reason="child processes are looked up in /proc, on Linux only"
)
def test_several_workers_serve_and_one_that_dies_is_replaced(index):
    with served(index, "--workers", "2", pause=0.03) as service:
        workers = children(service.process)
        assert len(workers) == 2
        with load(service, SEARCH, ASK) as running:
            os.kill(workers[0], signal.SIGKILL)
            wait_until(lambda: is_gone(workers[0]) and len(set(children(service.process)) - {workers[0]}) == 2, 20)
            seen = len(running.answered())
            wait_until(lambda: len(running.answered()) > seen + 20, 20)
            # Only what the killed one had in hand is lost.
            lost = running.unanswered()
            assert len(lost) <= 6, lost
            replaced = children(service.process)
            told = service.signal(signal.SIGTERM)
            assert service.ended() == 0
        assert running.unanswered(told) == lost
        assert all(map(is_gone, replaced))
        assert service.lines()[-1] == "biocite: stopped\n"
        assert "another is started" in service.said()
    report = verify(index)
    assert report.problem == ""
    record_ids = {entry["record_id"] for entry in entries_of(index)}
    assert {asked.body["record_id"] for asked in running.answered()} <= record_ids


def test_workers_that_cannot_start_end_the_service(index):
    (index / "passages.db").unlink()
    with (
        pytest.raises(AssertionError, match=r"ended with 1(.|\n)*passages.db: not found(.|\n)*a worker ended"),
        served(index, "--workers", "2", worker_life=20.0),
    ):
        raise RuntimeError("it serves")
