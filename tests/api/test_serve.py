"""`biocite serve` as a process of its own: when it is ready, how it stops, and what keeps it from starting."""

import json
import re
import signal
import socket
import subprocess
import sys
import threading
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from api.cli import run
from tests.indexes import tiny_index

ROOT = Path(__file__).parents[2]
FAKED = """
import api.assembly
from tests.fakes import fake_loaders
api.assembly.ModelLoaders = lambda: fake_loaders(pause={pause})
from api.cli import main
main()
"""


@pytest.fixture(scope="module")
def index(tmp_path_factory):
    return tiny_index(tmp_path_factory.mktemp("serve"))


@contextmanager
def served(index, *options, pause=0.0):
    """The process of a service with fake models, ready, and its address."""
    script = FAKED.format(pause=pause)
    arguments = [sys.executable, "-c", script, "serve", "--index", str(index), "--port", "0", *options]
    with subprocess.Popen(arguments, cwd=ROOT, stderr=subprocess.PIPE, text=True) as process:
        watchdog = threading.Timer(60, process.kill)
        watchdog.start()
        try:
            said = []
            while "serving" not in "".join(said[-1:]):
                said.append(process.stderr.readline())
                assert said[-1], f"ended with {process.wait()}: {said}"
            yield process, "".join(said)
        finally:
            process.kill()
            watchdog.cancel()


def address(said):
    return re.search(r"http://\S+:\d+", said)[0]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ready_line_then_answers_then_a_signal_ends_it_in_order(index, number):
    with served(index, pause=1.0) as (process, said):
        assert f"serving {index} at {address(said)}, documentation at {address(said)}/schema" in said
        answers = []
        question = {"question": "Which gene is mutated in cystic fibrosis?"}
        asking = threading.Thread(
            target=lambda: answers.append(httpx.post(f"{address(said)}/v1/ask", json=question, timeout=30))
        )
        assert httpx.get(f"{address(said)}/health/ready").json()["status"] == "ready"
        asking.start()
        asking.join(0.5)
        process.send_signal(number)
        asking.join()
        assert answers[0].json()["answers"][0]["text"] == "CFTR"
        assert process.wait() == 0
        assert process.stderr.read() == "biocite: stopped\n"


def test_a_warning_where_others_can_reach_it(index):
    with served(index, "--host", "0.0.0.0", "--insecure") as (_, said):
        assert "biocite: warning: listening on 0.0.0.0 without keys: whoever reaches this machine" in said
    with served(index) as (_, said):
        assert "warning" not in said
        assert address(said).startswith("http://127.0.0.1:")


def test_others_cannot_reach_a_service_without_keys_unless_somebody_says_so(index, capsys):
    assert run(["serve", "--index", str(index), "--host", "0.0.0.0", "--port", "0"]) == 2
    message = one_line(capsys)
    assert "this service has no keys yet" in message
    assert f"biocite keys create --index {index}" in message


def one_line(capsys):
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("biocite: ")
    assert err.count("\n") == 1
    return err


def test_a_port_in_use_is_one_line(index, capsys):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert run(["serve", "--index", str(index), "--port", str(port)]) == 1
    assert f"cannot listen on 127.0.0.1, port {port} (Address already in use)" in one_line(capsys)


@pytest.mark.parametrize("host", ["nosuchhost.invalid", "192.0.2.1", "a" * 80])
def test_an_address_that_is_not_ours_is_one_line(index, capsys, host):
    assert run(["serve", "--index", str(index), "--host", host, "--port", "0"]) == 1
    assert f"cannot listen on {host}" in one_line(capsys)


def test_no_index_is_one_line(tmp_path, capsys):
    assert run(["serve", "--index", str(tmp_path / "none")]) == 1
    assert "no index found" in one_line(capsys)


def test_a_damaged_index_is_one_line(index, tmp_path, capsys):
    manifest = json.loads((index / "manifest.json").read_bytes())
    (tmp_path / "manifest.json").write_text(json.dumps(manifest))
    assert run(["serve", "--index", str(tmp_path)]) == 1
    assert "passages.db: not found" in one_line(capsys)


@pytest.mark.parametrize("port", ["-1", "65536", "http"])
def test_a_port_that_cannot_be_is_wrong_use(index, capsys, port):
    assert run(["serve", "--index", str(index), "--port", port]) == 2
    assert "'--port'" in one_line(capsys)
