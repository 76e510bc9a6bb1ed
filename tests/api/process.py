"""The service as a process of its own, with fake models: what signals, protocols and other programs meet."""

import os
import re
import signal
import subprocess
import sys
import threading
import time
from contextlib import contextmanager, suppress
from pathlib import Path

ROOT = Path(__file__).parents[2]
SCRIPT = """
import api.assembly, api.running, api.server, api.service
from tests.fakes import fake_loaders
api.assembly.ModelLoaders = api.service.ModelLoaders = lambda: fake_loaders(pause={pause})
api.running._SHORTEST_LIFE_S = {worker_life}
from api.cli import main
main()
"""
"""`biocite`, with fake models, and in most tests no least time that a worker must live: they are killed at once."""

LONGEST_S = 90
FEW = {
    "BIOCITE_PER_MINUTE": "1000000",
    "BIOCITE_BURST": "1000000",
    "BIOCITE_AT_ONCE": "1000",
    "BIOCITE_ASK_WAITING": "1000",
    "BIOCITE_SEARCH_WAITING": "1000",
}
"""Settings of a service that refuses nobody for asking too often."""


class Served:
    """A running service: its `url`, its `process`, and all it has said on stderr."""

    def __init__(self, process):
        self.process = process
        self.url = ""
        self._said = []
        self._ready = threading.Event()
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self):
        for line in self.process.stderr:
            self._said.append(line)
            if found := re.search(r"^biocite: serving .* at (http://\S+:\d+)", line):
                self.url = found[1]
                self._ready.set()
        self._ready.set()

    def wait_until_ready(self):
        self._ready.wait(LONGEST_S)
        assert self.url, f"ended with {self.process.wait()}: {self.said()}"

    @property
    def port(self):
        return int(self.url.rpartition(":")[2])

    def said(self):
        return "".join(self._said)

    def lines(self):
        return list(self._said)

    def signal(self, number):
        """Send a signal; the moment just before."""
        moment = time.monotonic()
        self.process.send_signal(number)
        return moment

    def ended(self):
        """The exit status, once the process is gone and all it said was read."""
        status = self.process.wait(LONGEST_S)
        self._reader.join()
        return status


@contextmanager
def served(index, *options, pause=0.0, worker_life=0.0, **settings):
    """A service on a free port, ready. Settings are those of `biocite config`; limits are high where none is given."""
    given = {f"BIOCITE_{name.upper()}": str(value) for name, value in settings.items()}
    usual = {name: value for name, value in os.environ.items() if not name.startswith("BIOCITE_")}
    script = SCRIPT.format(pause=pause, worker_life=worker_life)
    with subprocess.Popen(
        [sys.executable, "-c", script, "serve", "--index", str(index), "--port", "0", *options],
        cwd=ROOT,
        env={**usual, **FEW, **given},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        errors="backslashreplace",
        start_new_session=True,
    ) as process:
        watchdog = threading.Timer(LONGEST_S, killed, [process])
        watchdog.start()
        service = Served(process)
        try:
            service.wait_until_ready()
            yield service
        finally:
            killed(process)
            watchdog.cancel()
            service.ended()


def killed(process):
    """Kill a process and its children, which are the only ones in its session."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
