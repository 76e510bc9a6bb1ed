"""The service's folder: who may read it, and that nothing else touches it."""

import os
import stat
import threading

import pytest

from api.access.folder import make_once, open_private, service_folder, service_path
from corpora.errors import IndexStateError
from indexer.build import build_index
from indexer.check import check_index
from indexer.compaction import compact_index
from tests.fakes import WordHashModel
from tests.indexes import DOCUMENTS, tiny_index, write_documents


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def test_the_folder_is_its_owners_alone_whatever_the_umask(tmp_path):
    before = os.umask(0)
    try:
        folder = service_folder(tmp_path)
        make_once(folder / "file", b"content")
    finally:
        os.umask(before)
    assert folder == tmp_path / "service"
    assert (mode(folder), mode(folder / "file")) == (0o700, 0o600)
    assert service_folder(tmp_path) == folder


def test_where_it_is_can_be_asked_without_making_it(tmp_path):
    assert service_path(tmp_path) == tmp_path / "service"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("ask", [service_path, service_folder])
def test_no_index_directory_no_folder(tmp_path, ask):
    with pytest.raises(IndexStateError, match="there is no such index directory"):
        ask(tmp_path / "missing")
    assert not (tmp_path / "missing").exists()


@pytest.mark.parametrize("bits", [0o750, 0o704, 0o720])
def test_a_folder_that_others_may_use_is_refused(tmp_path, bits):
    folder = service_folder(tmp_path)
    folder.chmod(bits)
    with pytest.raises(IndexStateError, match=rf"has mode 0{bits:o}, expected 0700.*chmod 700"):
        service_path(tmp_path)


def test_a_file_in_its_place_is_refused(tmp_path):
    (tmp_path / "service").write_text("")
    with pytest.raises(IndexStateError, match="is no folder"):
        service_folder(tmp_path)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_cannot_be_written_is_refused(tmp_path):
    folder = service_folder(tmp_path)
    folder.chmod(0o500)
    try:
        with pytest.raises(IndexStateError, match="cannot be written to"):
            service_folder(tmp_path)
    finally:
        folder.chmod(0o700)


def test_a_folder_that_cannot_be_written_is_refused_to_root_too(tmp_path, monkeypatch):
    service_folder(tmp_path)
    monkeypatch.setattr("api.access.folder.os.access", lambda *_: False)  # as on a read-only file system
    with pytest.raises(IndexStateError, match="cannot be written to"):
        service_folder(tmp_path)


def test_of_many_who_make_a_file_at_once_one_wins(tmp_path):
    start, won = threading.Barrier(8), []

    def make(number):
        start.wait()
        if make_once(tmp_path / "file", b"%d" % number * 1000):
            won.append(number)

    threads = [threading.Thread(target=make, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(won) == 1
    assert (tmp_path / "file").read_bytes() == b"%d" % won[0] * 1000
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_links_are_not_followed(tmp_path):
    (tmp_path / "target").write_text("content")
    (tmp_path / "link").symlink_to(tmp_path / "target")
    with pytest.raises(OSError, match="symbolic links"):
        open_private(tmp_path / "link", os.O_RDWR)


def test_builds_checks_and_compactions_leave_it_alone(tmp_path):
    index = tiny_index(tmp_path)
    folder = service_folder(index)
    make_once(folder / "audit.jsonl", b"kept\n")
    (tmp_path / "more").mkdir()
    changed = [{**DOCUMENTS[0], "text": "Something else about the CFTR gene."}, {**DOCUMENTS[1], "_id": "PMID:7"}]
    build_index([write_documents(tmp_path / "more" / "d.jsonl", changed)], index, WordHashModel())
    assert compact_index(index).changed
    report = check_index(index)
    assert (report.problems, report.notes) == ((), ())
    assert (folder / "audit.jsonl").read_bytes() == b"kept\n"
    assert (mode(folder), mode(folder / "audit.jsonl")) == (0o700, 0o600)
