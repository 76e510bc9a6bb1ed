"""The process that makes the lexical index: what goes wrong in it is told here, as soon as it is asked for."""

import pytest

from corpora.errors import IndexStateError
from indexer.analysis import Analyzer
from indexer.build import BuildSettings, build_index
from indexer.lexical_process import LexicalProcess
from indexer.lexical_stage import LexicalJob
from indexer.progress import Silent
from tests.fakes import WordHashModel
from tests.indexes import DOCUMENTS, tiny_index, write_documents
from tests.searching import answers
from tests.serving import wait_until

QUERIES = ("cystic fibrosis gene", "anaphylaxis")


def failure(directory):
    """What a job without a store comes to."""
    with LexicalProcess(LexicalJob(str(directory), 1, "", 0, Analyzer()), Silent()) as process:
        wait_until(lambda: process._process.poll() is not None)
        process.check()


def test_its_error_is_raised_and_nothing_else(tmp_path, capfd):
    with pytest.raises(IndexStateError, match=r"passages\.db"):
        failure(tmp_path)
    assert "Fatal Python error" not in capfd.readouterr().err


def test_a_process_that_was_killed_is_told(tmp_path):
    directory = tiny_index(tmp_path)
    with LexicalProcess(LexicalJob(str(directory), 2, "", 0, Analyzer()), Silent()) as process:
        process._process.kill()
        with pytest.raises(IndexStateError, match="ended with code -9"):
            process.finish()


def test_a_build_in_parallel_is_the_build_in_turn(tmp_path):
    files = [write_documents(tmp_path / f"{n}.jsonl", DOCUMENTS[n : n + 2]) for n in (0, 2, 4)]
    made = []
    for processes in (0, 1, 2):
        directory = tmp_path / str(processes)
        for some in (files[:2], files, files):  # an update, and then nothing new
            report = build_index(some, directory, WordHashModel(), settings=BuildSettings(processes=processes))
        made.append((report.manifest.index_id, report.manifest.generation, answers(directory, *QUERIES)))
    assert made[0] == made[1] == made[2]
    assert made[0][1] == 2
