"""Readers in threads and in processes of their own, while an index is updated, its documents deleted, and compacted.

Each round replaces the text of every subject by one that names the round, so that what a search gives says which round
each part of the index is from: the store by the text, BM25 by the round's word, dense by the vector of the text.
"""

import json
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np

from indexer.build import build_index
from indexer.check import check_index
from indexer.compaction import compact_index
from indexer.current import CurrentIndex
from indexer.index import Index
from indexer.manifest import read_manifest
from indexer.records import Filters
from indexer.store import searched_text
from retriever.search import Retriever
from tests.fakes import WordHashModel
from tests.pubmed_files import article, deletion, pubmed_file

REPOSITORY = Path(__file__).parents[2]
SUBJECTS = 12
THREADS = 8
PROCESSES = 2
SECONDS = 8.0
HELD_S = 0.1
LEAST_ROUNDS = 4
MODES = ("bm25", "dense", "hybrid")


def load(profile):
    return WordHashModel(profile.embedding_model)


def round_word(number):
    """A word of one round alone, without digits so that no analyzer takes it apart."""
    return "round" + "".join("abcdefghij"[int(digit)] for digit in f"{number:03d}") + "x"


def subject(pmid, number):
    """A subject as it is in one round."""
    return article(pmid, f"Subject {pmid}", f"Kinase study {round_word(number)} of subject.", version=1 + number)


def records(number):
    """The update of one round: every subject anew, an article that comes, one that goes, one that is retracted."""
    new, old = 10_000 + number, 10_000 + number - 1
    return [
        *(subject(pmid, number) for pmid in range(1, SUBJECTS + 1)),
        article(new, "Passing", f"Kinase study {round_word(number)} passing by."),
        deletion(old),
        article(20_000 + number, "Finding", f"Kinase study finding {round_word(number)}."),
        article(30_000 + number, "Retraction", "Withdrawn.", links=[("RetractionOf", 20_000 + number - 1)]),
    ]


def look(index: Index, gone: frozenset[str], retracted: frozenset[str]) -> int:
    """Search in each way; the round found. AssertionError where rounds are mixed or something must not be there."""
    number = one_round(index)
    retriever = Retriever(index)
    for mode in MODES:
        found = [hit.stored for hit in retriever.search("kinase study", k=100, mode=mode).passages]
        ids = [stored.passage.document_id for stored in found]
        assert len(set(ids)) == len(ids), (mode, ids)
        assert set(ids) >= {f"PMID:{pmid}" for pmid in range(1, SUBJECTS + 1)}, (mode, ids)
        assert gone.isdisjoint(ids), (mode, gone & set(ids))
        for stored in found:
            if int(stored.passage.document_id[5:]) <= SUBJECTS:
                assert round_word(number) in stored.passage.text, (mode, number, stored.passage.text)
        kept = retriever.search("kinase finding", k=100, mode=mode, filters=Filters(retracted=False)).passages
        assert retracted.isdisjoint(hit.stored.passage.document_id for hit in kept), mode
    return number


def one_round(index: Index) -> int:
    """The round that the store, BM25 and the vectors agree on for one subject."""
    (stored,) = [each for each in index.store.passages_of("PMID:1") if each.passage.kind != "title"]
    word = next(word for word in stored.passage.text.split() if word.startswith("round"))
    number = int("".join(str("abcdefghij".index(letter)) for letter in word[5:-1]))
    assert "PMID:1" in _with_word(index, number)
    for other in (number - 1, number + 1):
        left = [f"PMID:{20_000 + other}"] if 0 <= other < number else []  # of a round that is over its finding stays
        assert _with_word(index, other) == left, (number, other)
    text = searched_text(stored.title, stored.passage.kind, stored.passage.text)
    expected = WordHashModel().encode_passages([text])
    assert np.abs(index.dense.vectors([stored.key]) - expected).max() < 0.001, "the vector is of another text"
    near = index.dense.search(expected, 500)
    assert len(index.store.passages([hit.key for hit in near])) == len(near) == len(index.dense)
    return number


def _with_word(index: Index, number: int) -> list[str]:
    """The documents in which BM25 finds the word of a round."""
    if number < 0:
        return []
    keys = [hit.key for hit in index.lexical.search(round_word(number), 100)]
    found = index.store.passages(keys)
    assert sorted(found) == sorted(keys), "BM25 gives passages that the store lacks"
    return [stored.passage.document_id for stored in found.values()]


class Committed:
    """What the commits so far have deleted and marked as retracted: readers ask before they begin a search."""

    def __init__(self):
        self.gone = frozenset()
        self.retracted = frozenset()

    def after(self, number):
        """The round was committed."""
        self.gone |= {f"PMID:{10_000 + number - 1}"}
        self.retracted |= {f"PMID:{20_000 + number - 1}"}


def read_until(stop, current, committed):
    """Search until told to stop; how many looks and how many generations."""
    looks, generations = 0, set()
    while not stop():
        gone, retracted = committed()
        with current.use() as index:
            number = look(index, gone, retracted)
            time.sleep(HELD_S)  # the writer goes on meanwhile
            assert look(index, gone, retracted) == number
            generations.add(index.manifest.generation)
        looks += 1
    return looks, len(generations)


class Reading(threading.Thread):
    """A thread that reads and keeps what it came to."""

    def __init__(self, stop, current, committed):
        super().__init__()
        self._arguments = stop, current, committed
        self.outcome = (0, 0)
        self.error = None

    def run(self):
        try:
            self.outcome = read_until(*self._arguments)
        except BaseException as error:  # noqa: BLE001 - raised again by the test
            self.error = error


def read_in_a_process(directory):
    """What a reader in a process of its own does: reads until a file says stop; other files say what is committed."""
    folder = Path(directory).parent
    current = CurrentIndex(Path(directory), load)

    def committed():
        told = json.loads((folder / "committed.json").read_text())
        return frozenset(told["gone"]), frozenset(told["retracted"])

    looks, generations = read_until((folder / "stop").exists, current, committed)
    current.close()
    sys.stdout.write(json.dumps([looks, generations]))


def tell(folder, committed):
    """Write down what is committed, whole or not at all."""
    part = folder / "committed.part"
    part.write_text(json.dumps({"gone": sorted(committed.gone), "retracted": sorted(committed.retracted)}))
    part.rename(folder / "committed.json")


def write_rounds(directory, committed, seconds):
    """Update, delete, retract and compact for so long; how many rounds and compactions."""
    folder, number, compactions = directory.parent, 0, 0
    started = time.monotonic()
    while number < LEAST_ROUNDS or time.monotonic() - started < seconds:
        number += 1
        source = pubmed_file(folder / f"{number}.xml", *records(number))
        build_index([source], directory, WordHashModel("compact"))
        committed.after(number)
        tell(folder, committed)
        if number % 2 == 0:
            compactions += compact_index(directory).changed
    return number, compactions


def test_readers_in_threads_and_processes_while_the_index_changes(tmp_path):
    directory, committed, stop = tmp_path / "index", Committed(), threading.Event()
    build_index([pubmed_file(tmp_path / "0.xml", *records(0))], directory, WordHashModel("compact"))
    tell(tmp_path, committed)
    command = [sys.executable, "-c", "import sys; from tests.indexer.test_concurrent import read_in_a_process;"
               "read_in_a_process(sys.argv[1])", str(directory)]  # fmt: skip
    processes = [
        subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(PROCESSES)
    ]
    current = CurrentIndex(directory, load)
    threads = [Reading(stop.is_set, current, lambda: (committed.gone, committed.retracted)) for _ in range(THREADS)]
    for thread in threads:
        thread.start()
    try:
        rounds, compactions = write_rounds(directory, committed, SECONDS)
    finally:
        stop.set()
        (tmp_path / "stop").touch()
        for thread in threads:
            thread.join()
        told = [process.communicate() for process in processes]
    current.close()
    assert [thread.error for thread in threads] == [None] * THREADS
    assert [error for _, error in told] == [""] * PROCESSES
    outcomes = [thread.outcome for thread in threads] + [json.loads(said) for said, _ in told]
    assert rounds >= LEAST_ROUNDS
    assert compactions >= LEAST_ROUNDS // 2
    assert all(looks >= 2 for looks, _ in outcomes), outcomes
    assert max(generations for _, generations in outcomes) >= 3, outcomes
    compact_index(directory)
    assert check_index(directory, deep=True).problems == ()
    assert read_manifest(directory).documents == SUBJECTS + 1 + 2 * (rounds + 1)
