"""What locust runs: users who search or ask, with the questions of a file, one after the other.

Set by environment variables: LOAD_KIND (search or ask), LOAD_QUESTIONS (a file, one a line), LOAD_KEY (an API key) and
LOAD_RATE (requests a second of each user, 0 for as many as are answered). Refused requests are counted under their
status and not as failures: a service under too much load is to refuse.
"""

import itertools
import os
import random
import time
from pathlib import Path

from locust import FastHttpUser, task

KIND = os.environ["LOAD_KIND"]
QUESTIONS = Path(os.environ["LOAD_QUESTIONS"]).read_text("utf-8").splitlines()
RATE = float(os.environ.get("LOAD_RATE", "0"))
HEADERS = {"Authorization": f"Bearer {os.environ['LOAD_KEY']}"}
REFUSALS = (429, 503)


class Reader(FastHttpUser):
    """Somebody who goes through the questions in an order of their own."""

    network_timeout = connection_timeout = 120.0

    def wait_time(self) -> float:
        """Seconds until the next request: independent callers are a Poisson process, not a clock."""
        return random.expovariate(RATE) if RATE else 0.0

    def on_start(self) -> None:
        """Draw the order."""
        order = random.sample(QUESTIONS, len(QUESTIONS))
        self.questions = itertools.cycle(order)
        time.sleep(self.wait_time())  # not all at the same moment

    @task
    def request(self) -> None:
        """One request; what came of it decides under which name it is counted."""
        body = {"query" if KIND == "search" else "question": next(self.questions)}
        with self.client.post(f"/v1/{KIND}", json=body, headers=HEADERS, catch_response=True, name=KIND) as response:
            if response.status_code in REFUSALS:
                response.request_meta["name"] = f"refused {response.status_code}"
                response.success()
