"""`kill -9` at random moments of builds, updates and compactions: nothing is lost, nothing is done twice.

A real process with its children is killed, the same command is run again, and so on until so many kills have hit it.
After each kill what was committed before is searched as before and `biocite check` finds nothing; in the end the index
is what an uninterrupted run makes.
"""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import msgspec
import pytest

from corpora.errors import IndexStateError
from indexer.check import check_index
from indexer.manifest import has_manifest, read_manifest
from indexer.store import Store
from indexer.store_scan import StoreScan
from indexer.vectors import DATABASE, VectorStore
from tests.fakes import DIMENSIONS
from tests.indexes import write_documents
from tests.pubmed_files import article, deletion, pubmed_file
from tests.searching import answers

REPOSITORY = Path(__file__).parents[2]
QUERIES = ("kinase receptor", "fever trial dose", "gene")
MARK = "BIOCITE_TEST_KILLED"
WORDS = [
    f"{first}{last}"
    for first in ("kin", "recept", "muta", "fev", "tri", "dos", "gen", "plasm", "neur", "card", "oste", "vir")
    for last in ("ase", "or", "tion", "er", "al", "e", "ome", "id", "on", "io")
]


def text(rng, words=45):
    """Sentences of random words."""
    return " ".join(f"{' '.join(rng.choices(WORDS, k=9)).capitalize()}." for _ in range(words // 9))


def base_sources(folder):
    """Three PubMed files, with equal texts, newer versions, deletions and retractions, and JSON lines."""
    rng = random.Random(3)
    shared = [text(rng) for _ in range(4)]
    files = []
    for number in range(3):
        records = [
            article(1000 * number + n, f"Title {n}", shared[n % 4] if n % 9 == 0 else text(rng)) for n in range(1, 40)
        ]
        if number:
            before = 1000 * (number - 1)
            records += [article(before + n, f"Title {n}", text(rng), version=2) for n in range(1, 6)]
            records += [deletion(before + 7, before + 8)]
            records += [article(1000 * number + 99, "Retraction", text(rng), links=[("RetractionOf", before + 9)])]
        files.append(pubmed_file(folder / f"base{number}.xml", *records))
    lines = [{"_id": f"note-{n}", "title": f"Note {n}", "text": text(rng, 400), "year": 2000 + n} for n in range(12)]
    return [*files, write_documents(folder / "notes.jsonl", lines)]


def update_sources(folder):
    """Two daily files: new, changed, deleted and retracted articles."""
    rng = random.Random(4)
    return [
        pubmed_file(
            folder / f"update{number}.xml",
            *(article(5000 + 100 * number + n, f"New {n}", text(rng)) for n in range(25)),
            *(article(1000 * number + n, f"Title {n}", text(rng), version=3) for n in range(10, 20)),
            deletion(*(1000 * number + n for n in range(20, 26))),
            article(5050 + 100 * number, "Retraction", text(rng), links=[("RetractionOf", 1000 * number + 27)]),
        )
        for number in range(2)
    ]


class Command:
    """One command line on one directory, run again and again."""

    def __init__(self, directory, sources, processes):
        self.directory = directory
        self.log = directory.with_suffix(".log")
        self._job = {
            "directory": str(directory), "log": str(self.log), "sources": [str(path) for path in sources],
            "processes": processes,
        }  # fmt: skip
        self.killed = []

    def run(self, kill_after=None):
        """Run it; kill it so many seconds after it began. How long it took, None where it was killed."""
        environment = dict(os.environ, **{MARK: str(self.directory)})
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.indexer.killed_run", json.dumps(self._job)], cwd=REPOSITORY, env=environment,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip
        with process:
            assert process.stdout.readline() == b"ready\n", process.stderr.read().decode()
            started = time.monotonic()
            try:
                process.wait(kill_after)
            except subprocess.TimeoutExpired:
                process.send_signal(signal.SIGKILL)
                process.wait()
            said = process.stderr.read().decode()
        if process.returncode == -signal.SIGKILL:
            self.killed.append(process.pid)
            return None
        assert (process.returncode, said) == (0, "")
        return time.monotonic() - started

    def embedded(self):
        """(process, texts) of each call of the model."""
        return [json.loads(line) for line in self.log.read_text().splitlines()] if self.log.exists() else []


def children_are_gone(directory):
    """Wait until no process is left of a run that was killed."""
    marked = f"{MARK}={directory}".encode()
    for _ in range(100):
        left = [path for path in Path("/proc").glob("[0-9]*/environ") if marked in _environment(path)]
        if not left:
            return True
        time.sleep(0.05)
    return False


def _environment(path):
    try:
        return path.read_bytes().split(b"\0")
    except OSError:
        return []


def contents(directory):
    """Everything that an index holds, under names that do not depend on how it was made."""
    manifest = read_manifest(directory)
    store = Store(directory, manifest.generation)
    documents = {document_id: store.document(document_id) for document_id in store.document_ids()}
    passages = {
        stored.passage.passage_id: stored.passage
        for document_id in documents
        for stored in store.passages_of(document_id)
    }
    store.close()
    folder = directory / manifest.dense.folder
    with StoreScan(directory, manifest.generation) as scan, VectorStore(folder, DIMENSIONS, read_only=True) as vectors:
        scan.attach(folder / DATABASE)
        _, rows = scan.vector_rows()
        live = sorted(set(rows.tolist()))
        by_text = {digest: vectors.read(row, row + 1).tobytes() for digest, row in zip(
            vectors.hashes_at(rows[:0] if not live else _array(live)), live, strict=True)}  # fmt: skip
    return {
        "identity": (manifest.index_id, msgspec.to_builtins(manifest.statistics), manifest.sources),
        "documents": documents,
        "passages": passages,
        "vectors": by_text,
    }


def _array(rows):
    import numpy as np

    return np.array(rows, dtype=np.int64)


def found(directory):
    """What is found, without scores: BM25's also count passages that were deleted but not yet merged away."""
    return [sorted(hit[0].passage_id for hit in hits) for hits in answers(directory, *QUERIES)]


def check_clean(directory):
    """No problem where there is an index; before that it is said that the build is not finished."""
    if has_manifest(directory):
        assert check_index(directory, deep=True).problems == ()
    elif (directory / "passages.db").exists():
        with pytest.raises(IndexStateError, match="unfinished"):
            check_index(directory)


def check_embedded_once(command):
    """No text is embedded twice, but for those of the call that a kill cut short."""
    calls = command.embedded()
    last = {process: number for number, (process, _) in enumerate(calls)}
    cut = {last[process] for process in command.killed if process in last}
    whole = [digest for number, (_, texts) in enumerate(calls) if number not in cut for digest in texts]
    assert len(whole) == len(set(whole))


def kill_often(make, kills, rng, expected, seconds):
    """Kill what `make` gives a command for until it was hit so often; begin anew where it ends before it is hit.

    `seconds` is how long it takes undisturbed. At the end of each command the index must hold what is `expected`.
    """
    landed = 0
    while landed < kills:
        command, before = make()
        taken = None
        while taken is None:
            taken = command.run(rng.uniform(0, seconds) if landed < kills else None)
            landed += taken is None
            assert children_are_gone(command.directory)
            check_clean(command.directory)
            if taken is None and before is not None and read_manifest(command.directory).generation == before[0]:
                assert answers(command.directory, *QUERIES) == before[1]
        assert contents(command.directory) == expected[0]
        assert found(command.directory) == expected[1]
        check_embedded_once(command)


class Setting:
    """Sources, and what uninterrupted runs make of them."""

    def __init__(self, folder):
        self.folder = folder
        self.base, self.update = base_sources(folder), update_sources(folder)
        self.whole, self.updated, self.compacted = (folder / name for name in ("whole", "updated", "compacted"))
        self.seconds = {}
        self.seconds["build"] = Command(self.whole, self.base, 1).run()
        shutil.copytree(self.whole, self.updated)
        self.seconds["update"] = Command(self.updated, self.update, 1).run()
        shutil.copytree(self.updated, self.compacted)
        self.seconds["compact"] = Command(self.compacted, [], 0).run()
        self._made = 0

    def command(self, start, sources, processes):
        """A command on a copy of the index `start`, or on nothing; generation and answers of what it starts from."""
        self._made += 1
        directory = self.folder / f"run{self._made}"
        if start is None:
            return Command(directory, sources, processes), None
        shutil.copytree(start, directory)
        before = read_manifest(directory).generation, answers(directory, *QUERIES)
        return Command(directory, sources, processes), before


@pytest.fixture(scope="module")
def setting(tmp_path_factory):
    return Setting(tmp_path_factory.mktemp("killed"))


def kill_builds(setting, kills, processes, seed):
    expected = contents(setting.whole), found(setting.whole)
    kill_often(lambda: setting.command(None, setting.base, processes), kills, random.Random(seed), expected,
               setting.seconds["build"])  # fmt: skip


def kill_updates(setting, kills, processes, seed):
    expected = contents(setting.updated), found(setting.updated)
    kill_often(lambda: setting.command(setting.whole, setting.update, processes), kills, random.Random(seed), expected,
               setting.seconds["update"])  # fmt: skip


def kill_compactions(setting, kills, seed):
    expected = contents(setting.compacted), found(setting.compacted)
    kill_often(lambda: setting.command(setting.updated, [], 0), kills, random.Random(seed), expected,
               setting.seconds["compact"])  # fmt: skip


def test_an_update_and_a_compaction_change_what_they_should(setting):
    """Else the tests below would compare nothing with nothing."""
    whole, updated, compacted = (contents(each) for each in (setting.whole, setting.updated, setting.compacted))
    assert len(whole["documents"]) == 3 * 39 + 2 - 4 + 12
    assert len(updated["documents"]) == len(whole["documents"]) + 52 - 12
    assert sum(document.metadata.retracted for document in updated["documents"].values()) == 4
    assert len(whole["passages"]) > 2 * len(whole["documents"])
    assert whole["identity"] != updated["identity"]
    assert compacted == updated
    assert set(updated["vectors"]) - set(whole["vectors"])


def test_a_build_that_is_killed_goes_on(setting):
    kill_builds(setting, 3, 1, seed=1)


def test_an_update_that_is_killed_goes_on(setting):
    kill_updates(setting, 2, 1, seed=2)


def test_a_compaction_that_is_killed_goes_on(setting):
    kill_compactions(setting, 2, seed=3)


@pytest.mark.slow
def test_twenty_five_kills(setting):
    kill_builds(setting, 7, 1, seed=11)
    kill_builds(setting, 3, 0, seed=12)
    kill_updates(setting, 7, 1, seed=13)
    kill_updates(setting, 3, 0, seed=14)
    kill_compactions(setting, 5, seed=15)
