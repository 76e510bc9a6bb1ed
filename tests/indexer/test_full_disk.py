"""Disks that fill up or may not be written to: a clear error, the old index as it was, and it goes on when it can."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from indexer.build import build_index
from indexer.check import check_index
from tests.commands import biocite, refusal, use_small_models
from tests.fakes import WordHashModel
from tests.indexer.small_disk import SCENARIOS
from tests.indexes import tiny_index
from tests.pubmed_files import article, pubmed_file
from tests.searching import answers

REPOSITORY = Path(__file__).parents[2]
NAMESPACE = ["unshare", "--user", "--map-root-user", "--mount"]


def may_mount():
    """Whether this user may mount a file system where only its own processes see it, and run Python beside it."""
    if shutil.which("unshare") is None:
        return False
    command = [*NAMESPACE, "sh", "-c", 'mount -t tmpfs tmpfs /mnt && exec "$0" -c ""', sys.executable]
    return subprocess.run(command, capture_output=True).returncode == 0


@pytest.fixture(scope="module")
def namespace():
    if not may_mount():
        pytest.skip("this user may not mount a small disk in a namespace (unshare --user --mount)")


@pytest.mark.parametrize("scenario", list(SCENARIOS))
def test_a_disk(tmp_path, namespace, scenario):
    command = [*NAMESPACE, sys.executable, "-m", "tests.indexer.small_disk", scenario, str(tmp_path)]
    outcome = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True)
    assert outcome.returncode == 0, outcome.stderr


@pytest.mark.skipif(os.geteuid() == 0, reason="permissions do not bind root; the read-only disk above does")
def test_a_folder_that_may_not_be_written_to(tmp_path, monkeypatch):
    use_small_models(monkeypatch)
    directory = tiny_index(tmp_path)
    before = answers(directory, "cystic fibrosis gene")
    source = pubmed_file(tmp_path / "new.xml", article(9, "New", "Text."))
    for path in (directory / ".lock", directory):
        path.chmod(0o500)
    try:
        arguments = ("index", source, "--into", directory, "--embedding-model", "word-hash")
        refusal(biocite(*arguments), directory, "cannot be written to", code=1)
        refusal(biocite("compact", "--index", directory), directory, "cannot be written to", code=1)
    finally:
        for path in (directory, directory / ".lock"):
            path.chmod(0o700)
    assert answers(directory, "cystic fibrosis gene") == before
    build_index([source], directory, WordHashModel())
    assert check_index(directory, deep=True).problems == ()
