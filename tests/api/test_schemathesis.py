"""The service against its own OpenAPI document: requests that schemathesis makes up, and all its checks."""

import os
import re
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from api.access.keys import KeyStore
from api.openapi_examples import RESPONSES
from tests.api.process import ROOT, served
from tests.api.schemathesis_hooks import ALLOWED
from tests.indexes import DOCUMENTS, tiny_index

PROGRAM = Path(sys.executable).with_name("schemathesis")
EXAMPLE = RESPONSES["document"]
PHASES = ("examples", "coverage", "fuzzing", "stateful")


@pytest.fixture(scope="module")
def index(tmp_path_factory):
    """With the document of the examples, so that they lead somewhere."""
    title, _, text = EXAMPLE.text.partition("\n\n")
    return tiny_index(
        tmp_path_factory.mktemp("schemathesis"),
        (*DOCUMENTS, {"_id": EXAMPLE.document_id, "title": title, "text": text}),
    )


def run(index, tmp_path, phases, examples):
    """How many requests were made; fails unless every one of them was answered as the document says."""
    with closing(KeyStore(index)) as keys:
        key, _ = keys.create(("read", "write"))
    with served(index) as service:
        arguments = [
            str(PROGRAM), "run", f"{service.url}/schema/openapi.json", "--header", f"Authorization: Bearer {key}",
            "--checks", "all", "--phases", ",".join(phases), "--max-examples", str(examples), "--seed", "1",
            "--generation-database", "none", "--continue-on-failure", "--suppress-health-check", "all", "--no-color",
        ]  # fmt: skip
        outcome = subprocess.run(
            arguments,
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(ROOT), "SCHEMATHESIS_HOOKS": "tests.api.schemathesis_hooks"},
            capture_output=True,
            text=True,
            timeout=900,
        )
        assert outcome.returncode == 0, outcome.stdout[-20_000:] + outcome.stderr[-2_000:]
        assert "Traceback" not in service.said()
        assert "failed, reference" not in service.said()
    (operations,) = re.findall(r"Tested: (\d+)", outcome.stdout)
    assert int(operations) > 20
    for phase in phases:
        assert re.search(rf"✅  {phase.title()}", outcome.stdout), outcome.stdout[-3_000:]
    (generated,) = re.findall(r"(\d+) generated", outcome.stdout)
    return int(generated)


def test_requests_made_up_quickly(index, tmp_path):
    assert run(index, tmp_path, ("examples", "fuzzing"), 16) >= 200


@pytest.mark.slow
def test_requests_made_up_at_length(index, tmp_path):
    assert run(index, tmp_path, PHASES, 150) >= 2_000


def test_what_is_allowed_are_refusals_with_a_reason():
    assert all(status in (400, 410) and why for _, _, status, why in ALLOWED)
