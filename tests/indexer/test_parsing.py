"""Sources parsed in processes of their own give what parsing them here gives."""

import os
from collections import deque
from contextlib import closing

import pytest

from corpora.errors import IndexStateError, SourceError
from corpora.sources import iter_sources
from indexer import parsing
from indexer.parsing import parsed, processes_for
from indexer.prepared import PreparedDeletion, PreparedDocument, PreparedSkip
from indexer.splitting import Splitter
from tests.indexes import DOCUMENTS, write_documents
from tests.pubmed_files import article, deletion, pubmed_file


@pytest.fixture
def files(tmp_path):
    write_documents(tmp_path / "a1.jsonl", DOCUMENTS[:3])
    (tmp_path / "a2.jsonl").write_text('{"_id": "1", "text": "Good one."}\nnonsense\n')
    many = [article(number, f"Title {number}", f"Sentence {number}. " * 40) for number in range(1, 300)]
    pubmed_file(tmp_path / "a3.xml", *many, deletion(7))
    pubmed_file(tmp_path / "a4.xml", article(1, "Cut", "Here"))
    cut = tmp_path / "a4.xml"
    cut.write_bytes(cut.read_bytes()[:-40])
    write_documents(tmp_path / "a5.jsonl", DOCUMENTS[3:])
    return list(iter_sources([tmp_path]))


def outcome(files, processes, progress=lambda amount: None):
    """Every file with its records, and its error where it has one."""
    found = []
    with closing(parsed(iter(files), Splitter(), processes, progress)) as each:
        for file, records in each:
            kept, problem = [], ""
            try:
                kept.extend(records)
            except SourceError as error:
                problem = str(error)
            found.append((file.name, kept, problem))
    return found


@pytest.mark.parametrize("processes", [1, 3])
@pytest.mark.parametrize("group", [1, 2, 50])
def test_processes_give_what_one_gives_in_the_same_order(files, monkeypatch, processes, group):
    monkeypatch.setattr(parsing, "_GROUP_FILES", group)
    expected, read = outcome(files, 0), []
    assert outcome(files, processes, read.append) == expected
    assert sum(read) >= sum(file.size for file in files) - files[3].size
    kinds = [type(record) for _, records, _ in expected for record in records]
    assert [kinds.count(kind) for kind in (PreparedDocument, PreparedSkip, PreparedDeletion)] == [3 + 1 + 299 + 3, 1, 1]
    assert [bool(problem) for _, _, problem in expected] == [False, False, False, True, False]


def test_what_is_not_taken_of_a_file_is_passed_over(files):
    names = []
    with closing(parsed(iter(files), Splitter(), 1, lambda amount: None)) as each:
        for file, records in each:
            names.append(file.name)
            assert next(records) is not None or file.name.endswith("a4.xml")
            if len(names) == 3:
                break
    assert names == [file.name for file in files[:3]]


def test_a_process_that_dies_is_told_and_not_taken_for_an_end(files):
    with closing(parsed(iter(files), Splitter(), 1, lambda amount: None)) as each:
        _, records = next(each)
        list(records)
        each.gi_frame.f_locals["pool"]._workers[0]._process.kill()
        with pytest.raises(IndexStateError, match=r"ended with code -9 before its end\. Run the same command again"):
            deque((deque(rest, maxlen=0) for _, rest in each), maxlen=0)


def test_little_is_read_here_and_much_elsewhere(files, monkeypatch):
    assert processes_for(files) == 0
    monkeypatch.setattr(parsing, "SMALL_BYTES", 1_000)
    monkeypatch.setattr("os.cpu_count", lambda: 4)
    assert processes_for(files) == 3


def test_a_file_name_that_is_no_text_is_read_all_the_same(tmp_path):
    path = tmp_path / os.fsdecode(b"caf\xe9.jsonl")
    write_documents(path, DOCUMENTS[:2])
    files = list(iter_sources([path]))
    assert outcome(files, 1) == outcome(files, 0)
