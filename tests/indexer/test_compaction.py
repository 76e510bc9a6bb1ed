"""Compacting an index leaves its content and its readers alone, and nothing of what nobody needs."""

import os
import sqlite3
from contextlib import closing

import pytest

from corpora.errors import IndexStateError, NotFoundError
from indexer.build import BuildSettings, build_index
from indexer.check import check_index
from indexer.compaction import compact_index
from indexer.current import CurrentIndex
from indexer.directory import locked
from indexer.generations import kept_generations
from indexer.manifest import read_manifest
from indexer.tantivy_engine import TantivyEngine
from retriever.search import Retriever
from tests.commands import biocite
from tests.fakes import WordHashModel
from tests.indexes import write_documents
from tests.pubmed_files import article, deletion, pubmed_file
from tests.searching import answers, found

QUERIES = ("aspirin blood", "filler eleven", "naltrexone")
KEPT = [article(1, "Aspirin", "Aspirin thins the blood."), article(2, "Other", "Naltrexone and blood.")]
GOING = [article(n, f"Filler {n}", f"Filler eleven number {n}. " * 40) for n in range(10, 60)]


def build(folder, *files):
    """An index of these files of records, built one by one."""
    folder.mkdir(exist_ok=True)
    for number, records in enumerate(files):
        source = pubmed_file(folder / f"{number}.xml", *records)
        build_index([source], folder / "index", WordHashModel())
    return folder / "index"


@pytest.fixture
def directory(tmp_path):
    """Two documents remain of 52; the text of one of them is new."""
    update = article(1, "Aspirin", "Aspirin thins the blood, again.", version=2)
    return build(tmp_path / "worn", [*KEPT, *GOING], [update, deletion(*range(10, 60))])


def state(directory):
    """Name, number and content of every file but those that SQLite makes beside an open database."""
    return sorted(
        (path.relative_to(directory).as_posix(), path.stat().st_ino, path.read_bytes())
        for path in directory.rglob("*")
        if path.is_file() and path.name != ".lock" and not path.name.endswith(("-shm", "-wal"))
    )


def stopped(*_arguments, **_options):
    raise KeyboardInterrupt


def test_it_is_then_as_if_it_had_been_built_of_what_it_holds(tmp_path, directory):
    new = article(1, "Aspirin", "Aspirin thins the blood, again.", version=2)
    fresh = build(tmp_path / "fresh", [new, KEPT[1]])
    before = read_manifest(directory)
    # Fifty of fifty-two passages count in BM25's statistics though they were deleted.
    assert answers(directory, *QUERIES) != answers(fresh, *QUERIES)
    report = compact_index(directory)
    assert answers(directory, *QUERIES) == answers(fresh, *QUERIES)
    after = read_manifest(directory)
    assert (report.manifest, report.changed) == (after, True)
    assert (after.index_id, after.generation) == (before.index_id, before.generation + 1)
    assert (after.sources, after.statistics) == (before.sources, before.statistics)
    # The update had already purged the dead rows, since nobody was reading: what it could not do is the rest.
    assert (report.entries, report.vectors, report.documents) == (51, 51, 0)
    assert (after.dense.rows, after.dense.folder) == (2, "dense/2")
    assert TantivyEngine(directory / after.lexical, after.analyzer).removed() == 0
    assert check_index(directory, deep=True).problems == ()
    assert sorted(path.name for path in (directory / "dense").iterdir()) == ["2"]
    assert [path.name for path in (directory / "lexical").iterdir()] == [str(after.generation)]


def test_the_room_is_given_back_to_the_disk(directory):
    report = compact_index(directory)
    sizes = sum(path.stat().st_size for path in directory.rglob("*") if path.is_file())
    assert report.bytes_after == sizes
    assert report.bytes_after < 0.6 * report.bytes_before
    with closing(sqlite3.connect(directory / "passages.db")) as db:
        assert db.execute("PRAGMA freelist_count").fetchone() == (0,)


def test_again_there_is_nothing_to_do_and_nothing_changes(directory):
    compact_index(directory)
    before = state(directory)
    report = compact_index(directory)
    assert (report.changed, report.entries, report.vectors, report.documents) == (False, 0, 0, 0)
    assert state(directory) == before


def test_a_new_index_needs_none(tmp_path):
    directory = build(tmp_path, KEPT)
    before = state(directory)
    assert not compact_index(directory).changed
    assert state(directory) == before


def test_it_goes_on_being_updated(tmp_path, directory):
    compact_index(directory)
    later = [
        pubmed_file(tmp_path / "later.xml", article(3, "New", "Metformin for sugar."), deletion(2)),
        pubmed_file(tmp_path / "last.xml", article(2, "Back", "Naltrexone is back.")),
    ]
    for number, source in enumerate(later):
        report = build_index([source], directory, WordHashModel())
        assert (report.embedded, report.manifest.dense.folder) == (1, f"dense/{2 + number}")
        assert found(directory, "metformin", "dense")[0] == "PMID:3"
        assert ("PMID:2" in found(directory, "naltrexone")) == (number == 1)
        compact_index(directory)
        assert check_index(directory, deep=True).problems == ()
    assert read_manifest(directory).dense.folder == "dense/3"  # the last update left nothing behind


def test_an_index_of_which_everything_was_deleted(tmp_path):
    directory = build(tmp_path, KEPT, [deletion(1, 2)])
    report = compact_index(directory)
    assert (report.vectors, report.manifest.dense.rows) == (2, 0)
    assert answers(directory, *QUERIES) == [[]] * 9
    assert check_index(directory, deep=True).problems == ()
    assert build_index([pubmed_file(tmp_path / "n.xml", KEPT[0])], directory, WordHashModel()).embedded == 1
    assert found(directory, "aspirin", "dense") == ["PMID:1"]


@pytest.mark.parametrize("kind", ["flat", "ivf", "auto"])
def test_the_kind_of_dense_index_stays(tmp_path, kind):
    records = [{"_id": f"PMID:{n}", "text": f"Word{n} and word{n // 3} say it."} for n in range(1_200)]
    source = write_documents(tmp_path / "d.jsonl", records)
    settings = BuildSettings(dense=kind)
    build_index([source], tmp_path / "index", WordHashModel(), settings=settings)
    build_index([pubmed_file(tmp_path / "u.xml", deletion(1, 2, 3))], tmp_path / "index", WordHashModel(),
                settings=settings)  # fmt: skip
    before = read_manifest(tmp_path / "index").dense
    after = compact_index(tmp_path / "index").manifest.dense
    assert (len(before.segments), len(after.segments)) == ((1, 1) if kind == "ivf" else (0, 0))
    assert [segment.nlist for segment in before.segments] == [segment.nlist for segment in after.segments]
    assert check_index(tmp_path / "index").problems == ()


def test_readers_go_on_and_their_files_go_when_they_have_left(directory):
    old = read_manifest(directory)
    current = CurrentIndex(directory, lambda profile: WordHashModel())
    with current.use() as before:
        expected = Retriever(before).search("aspirin blood").passages
        report = compact_index(directory)
        assert report.kept == kept_generations(directory)[:1] == (old.generation,)
        assert (directory / old.lexical).is_dir()
        assert (directory / old.dense.folder / "vectors.f16").is_file()
        # The vectors are not even open yet for this filter, nor this thread's next page of the store.
        again = Retriever(before).search("aspirin blood").passages
        assert again == expected
    with current.use() as after:
        assert after.manifest.generation == report.manifest.generation
        assert [hit.stored.passage for hit in Retriever(after).search("aspirin blood").passages] == [
            hit.stored.passage for hit in expected
        ]
    report = compact_index(directory)
    assert (report.changed, report.kept) == (False, ())
    assert not (directory / old.lexical).exists()
    assert not (directory / old.dense.folder).exists()
    current.close()


def test_rows_that_a_reader_kept_alive_are_removed_without_a_new_generation(directory):
    current = CurrentIndex(directory, lambda profile: WordHashModel())
    with current.use():
        build_index([pubmed_file(directory.parent / "d.xml", deletion(2))], directory, WordHashModel())
        assert compact_index(directory).documents == 0
    current.close()
    generation = read_manifest(directory).generation
    report = compact_index(directory)
    assert (report.documents, report.entries, report.vectors) == (1, 0, 0)
    assert (report.changed, report.manifest.generation) == (True, generation)
    assert check_index(directory, deep=True).problems == ()


@pytest.mark.parametrize(
    "place",
    [
        "indexer.compaction.LexicalStage.catch_up",
        "indexer.compaction.LexicalStage.seal",
        "indexer.compaction.VectorStore.copy_live",
        "indexer.compaction.write_layout",
        "indexer.commit.file_states",
        "indexer.commit.publish",
    ],
)
def test_stopped_before_its_commit_the_old_index_is_as_it_was(directory, monkeypatch, place):
    before, manifest = answers(directory, *QUERIES), read_manifest(directory)
    with monkeypatch.context() as patch:
        patch.setattr(place, stopped)
        with pytest.raises(KeyboardInterrupt):
            compact_index(directory)
    assert read_manifest(directory) == manifest
    assert answers(directory, *QUERIES) == before
    assert check_index(directory, deep=True).problems == ()
    assert [path.name for path in (directory / "dense").iterdir()] == ["1"]  # the room is free again
    assert compact_index(directory).changed
    assert check_index(directory, deep=True).problems == ()


@pytest.mark.parametrize("place", ["indexer.commit.tidy", "indexer.compaction._vacuum"])
def test_stopped_after_its_commit_the_new_index_is_there(directory, monkeypatch, place):
    old = read_manifest(directory)
    with monkeypatch.context() as patch:
        patch.setattr(place, stopped)
        with pytest.raises(KeyboardInterrupt):
            compact_index(directory)
    assert read_manifest(directory).generation == old.generation + 1
    assert check_index(directory, deep=True).problems == ()
    compact_index(directory)
    assert check_index(directory, deep=True).problems == ()
    assert not (directory / old.lexical).exists()
    assert not compact_index(directory).changed


def test_killed_between_its_two_files_of_the_manifest(directory, monkeypatch):
    """The generation's own file is there and nobody has been told of it: the next one takes its number."""
    before = read_manifest(directory)
    write = "indexer.generations.write_whole"

    def only_the_first(path, content):
        if path.name == "manifest.json":
            raise KeyboardInterrupt
        path.write_bytes(content)

    with monkeypatch.context() as patch:
        patch.setattr(write, only_the_first)
        patch.setattr("indexer.compaction.shutil.rmtree", lambda *_a, **_o: None)  # a kill gives no time to clear up
        with pytest.raises(KeyboardInterrupt):
            compact_index(directory)
    assert read_manifest(directory) == before
    report = compact_index(directory)
    assert report.manifest.generation == before.generation + 1
    assert check_index(directory, deep=True).problems == ()


def test_an_unfinished_update_comes_first(tmp_path, directory, monkeypatch):
    source = pubmed_file(tmp_path / "n.xml", article(9, "New", "New text."))
    with monkeypatch.context() as patch:
        patch.setattr("indexer.build.write_layout", stopped)
        with pytest.raises(KeyboardInterrupt):
            build_index([source], directory, WordHashModel())
    before = state(directory)
    with pytest.raises(IndexStateError, match=r"an update is not finished\. Run the same biocite index command again"):
        compact_index(directory)
    assert state(directory) == before
    build_index([source], directory, WordHashModel())
    assert compact_index(directory).changed


def test_what_is_no_index_is_refused_and_left_alone(tmp_path, directory):
    with pytest.raises(NotFoundError, match="no index found"):
        compact_index(tmp_path / "nothing")
    assert not (tmp_path / "nothing").exists()
    with locked(directory), pytest.raises(IndexStateError, match="another process is writing"):
        compact_index(directory)
    (directory / "passages.db").unlink()
    with pytest.raises(IndexStateError, match=r"passages\.db: not found"):
        compact_index(directory)
    assert not (directory / "passages.db").exists()


def test_vectors_that_were_lost_are_to_be_embedded_first(directory):
    path = directory / "dense/1/vectors.f16"
    os.truncate(path, 128)
    with pytest.raises(IndexStateError, match=r"have lost their vectors\. Run the same biocite index command again"):
        compact_index(directory)


def test_the_command_line_says_what_was_removed(directory):
    outcome = biocite("compact", "--index", directory)
    assert (outcome.code, outcome.notes) == (0, [])
    assert outcome.stdout.startswith(f"{directory}: removed 0 documents, 51 BM25 entries and 51 vectors; 0.")
    assert biocite("compact", "--index", directory).stdout == f"{directory}: nothing to do\n"


def test_the_command_line_as_json(directory):
    told = biocite("compact", "--json", "--index", directory).json
    assert (told["changed"], told["generation"], told["kept"]) == (True, 3, [])
    assert told["removed"] == {"documents": 0, "entries": 51, "vectors": 51}
    assert told["bytes_freed"] == told["bytes_before"] - told["bytes_after"] > 0
