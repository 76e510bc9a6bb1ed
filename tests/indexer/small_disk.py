"""What `tests/indexer/test_full_disk.py` runs where it may mount: a full disk, and one that may not be written to.

    python -m tests.indexer.small_disk SCENARIO FOLDER

FOLDER becomes the mount point of a small file system, in a mount namespace of this process's own. An assertion that
fails ends the process with its traceback.
"""

import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import pytest

from corpora.errors import IndexStateError
from indexer import embedding_stage
from indexer.build import BuildSettings, build_index
from indexer.check import check_index
from indexer.compaction import compact_index
from indexer.manifest import has_manifest, read_manifest
from tests.commands import biocite, refusal, use_small_models
from tests.fakes import WordHashModel
from tests.indexer.test_killed import base_sources, update_sources
from tests.searching import answers

SIZE = 24_000_000
QUERIES = ("kinase receptor", "fever trial dose")
# What is left of the disk, in bytes. Where storing has come through, little room lets a later step fail.
ROOM = [0, 4_096, *(room for most in range(50_000, 1_500_000, 50_000) for room in (most, 25_000, 60_000))]


def mount(folder):
    """A small file system in memory."""
    folder.mkdir(exist_ok=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", folder], check=True, capture_output=True)


@contextmanager
def little_room(disk, room):
    """Fill the disk up to so many bytes."""
    ballast = disk / "ballast"
    with ballast.open("wb", buffering=0) as stream:
        block = bytes(4096)
        try:
            while stream.write(block) == len(block):
                pass
        except OSError:
            pass
        stream.truncate(max(0, stream.tell() - room))
    try:
        yield
    finally:
        ballast.unlink()


def fails_until_there_is_room(disk, act, check):
    """Do `act`, which gives an `Outcome`, with ever more room until it works; how often it failed, each time well."""
    failures = 0
    for room in ROOM:
        with little_room(disk, room):
            outcome = act()
            if outcome.code == 0:
                break
            line = refusal(outcome, disk, code=1)
            assert any(word in line.casefold() for word in ("room", "space")), line
            failures += 1
        check()
    assert outcome.code == 0, "there was never enough room"
    return failures


def build(disk, elsewhere):
    """A first build: it has no index to keep, and is finished by the same command."""
    sources, directory = base_sources(elsewhere), disk / "index"
    whole = build_index(sources, elsewhere / "whole", WordHashModel("compact")).manifest

    def nothing_is_there_yet():
        assert not has_manifest(directory)

    arguments = ("index", *sources, "--into", directory)
    assert fails_until_there_is_room(disk, lambda: biocite(*arguments), nothing_is_there_yet) >= 4
    assert read_manifest(directory).index_id == whole.index_id
    assert check_index(directory, deep=True).problems == ()
    assert answers(directory, *QUERIES) == answers(elsewhere / "whole", *QUERIES)


def update(disk, elsewhere):
    """An update: the index before it is searched as before, also while the disk is full."""
    sources, directory = update_sources(elsewhere), disk / "index"
    build_index(base_sources(elsewhere), directory, WordHashModel("compact"))
    before, generation = answers(directory, *QUERIES), read_manifest(directory).generation

    def act():
        outcome = biocite("index", *sources, "--into", directory)
        if read_manifest(directory).generation == generation:  # else only tidying up had no room
            assert outcome.code == 1
            assert answers(directory, *QUERIES) == before
        return outcome

    def in_order():
        assert check_index(directory, deep=True).problems == ()

    assert fails_until_there_is_room(disk, act, in_order) >= 4
    assert read_manifest(directory).generation == generation + 1
    assert answers(directory, *QUERIES) != before
    in_order()


def in_parallel(disk, elsewhere):
    """The processes and threads of a build of many sources all end when one of them has no room."""
    directory = disk / "index"
    settings = BuildSettings(processes=1)
    sources = base_sources(elsewhere)
    refused = []
    for room in ROOM:
        with little_room(disk, room):
            try:
                build_index(sources, directory, WordHashModel("compact"), settings=settings)
                break
            except IndexStateError as error:
                refused.append(str(error))
    assert len(refused) >= 4
    assert all(str(disk) in line for line in refused), refused
    assert check_index(directory, deep=True).problems == ()


def compact(disk, elsewhere):
    """A compaction: both generations do not fit, and the old one stays."""
    directory = disk / "index"
    for sources in (base_sources(elsewhere), update_sources(elsewhere)):
        build_index(sources, directory, WordHashModel("compact"))
    before, generation = answers(directory, *QUERIES), read_manifest(directory).generation

    def act():
        outcome = biocite("compact", "--index", directory)
        if read_manifest(directory).generation == generation:
            assert outcome.code == 1
            assert answers(directory, *QUERIES) == before
        return outcome

    def in_order():
        assert check_index(directory, deep=True).problems == ()

    assert fails_until_there_is_room(disk, act, in_order) >= 2
    assert read_manifest(directory).generation == generation + 1
    assert not compact_index(directory).changed
    in_order()


def read_only(disk, elsewhere):
    """A disk that was mounted to be read: builds and compactions say so, and the index is as it was."""
    sources, directory = update_sources(elsewhere), disk / "index"
    build_index(base_sources(elsewhere), directory, WordHashModel("compact"))
    before = answers(directory, *QUERIES)
    subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
    refusal(biocite("index", *sources, "--into", directory), directory, "cannot be written to", "permissions", code=1)
    refusal(biocite("index", *sources, "--into", disk / "new"), disk / "new", "cannot be made", code=1)
    refusal(biocite("compact", "--index", directory), directory, "cannot be written to", "permissions", code=1)
    subprocess.run(["mount", "-o", "remount,rw", disk], check=True)
    assert answers(directory, *QUERIES) == before
    assert check_index(directory, deep=True).problems == ()


SCENARIOS = {each.__name__: each for each in (build, update, in_parallel, compact, read_only)}


def main(scenario, folder):
    """Run one scenario."""
    disk, elsewhere = Path(folder) / "disk", Path(folder) / "elsewhere"
    mount(disk)
    elsewhere.mkdir()
    embedding_stage.CHUNK = 64
    with pytest.MonkeyPatch.context() as patch:
        use_small_models(patch)
        SCENARIOS[scenario](disk, elsewhere)


if __name__ == "__main__":
    main(*sys.argv[1:])
