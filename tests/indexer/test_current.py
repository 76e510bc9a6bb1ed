"""Generations as readers see them: each stays as it was while it is used, and the next use sees the newest."""

import shutil
import threading

import pytest

from corpora.errors import IndexStateError
from indexer.build import build_index
from indexer.current import CurrentIndex
from indexer.generations import kept_generations, pin_current
from indexer.manifest import read_manifest
from retriever.search import Retriever
from tests.fakes import WordHashModel
from tests.indexes import tiny_index
from tests.pubmed_files import article, deletion, pubmed_file


class Loader:
    """Loads the word-hash model and counts how often."""

    def __init__(self):
        self.loaded = 0

    def __call__(self, profile):
        self.loaded += 1
        return WordHashModel(profile.embedding_model)


def update(directory, number, *records):
    return build_index([pubmed_file(directory.parent / f"{number}.xml", *records)], directory, WordHashModel())


def documents(index, query, mode):
    return [hit.stored.passage.document_id for hit in Retriever(index).search(query, mode=mode).passages]


@pytest.fixture
def directory(tmp_path):
    directory = tmp_path / "index"
    update(directory, 1, article(1, "Aspirin", "Aspirin thins the blood."), article(2, "Other", "Zebra crossing."))
    return directory


@pytest.mark.parametrize("mode", ["bm25", "dense", "hybrid"])
def test_a_generation_in_use_stays_and_the_next_use_sees_the_update(directory, mode):
    current = CurrentIndex(directory, Loader())
    with current.use() as before:
        assert documents(before, "aspirin blood", mode)[0] == "PMID:1"
        update(directory, 2, deletion(1), article(3, "Aspirin again", "Aspirin and blood once more."))
        assert documents(before, "aspirin blood", mode)[0] == "PMID:1"
        assert before.store.document("PMID:1").title == "Aspirin"
        with current.use() as after:
            assert documents(after, "aspirin blood", mode)[0] == "PMID:3"
            assert "PMID:1" not in documents(after, "aspirin blood", mode)
        assert documents(before, "zebra", mode)[0] == "PMID:2"
    current.close()


def test_the_files_of_a_generation_go_when_the_last_reader_has_left(directory):
    current = CurrentIndex(directory, Loader())
    with current.use() as before:
        update(directory, 2, deletion(1))
        assert kept_generations(directory) == (1, 2)
        assert (directory / before.manifest.lexical).is_dir()
    with current.use():
        update(directory, 3, deletion(2))
    assert kept_generations(directory) == (2, 3)
    current.close()
    update(directory, 4, article(9, "New", "New text."))
    assert kept_generations(directory) == (4,)
    assert [path.name for path in sorted((directory / "lexical").iterdir()) if path.is_dir()] == ["4"]
    assert sorted(path.name for path in (directory / "dense" / "1").glob("keys-*")) == ["keys-4.npy"]


def test_the_model_is_loaded_once_for_all_generations(directory):
    loader = Loader()
    current = CurrentIndex(directory, loader)
    current.warm()
    for number in (2, 3):
        update(directory, number, article(number + 5, "T", f"Text {number}."))
        with current.use() as index:
            assert index.manifest.generation == number
            documents(index, "text", "hybrid")
    assert loader.loaded == 1
    current.close()


def test_a_generation_that_cannot_be_opened_leaves_the_old_one_in_use(directory, caplog):
    current = CurrentIndex(directory, Loader())
    content = (directory / "manifest.json").read_bytes()
    (directory / "manifest.json").write_bytes(content[:100])
    with current.use() as index:
        assert documents(index, "aspirin", "bm25") == ["PMID:1"]
    assert "the old one stays in use" in caplog.text
    (directory / "manifest.json").unlink()
    with current.use() as index:
        assert documents(index, "aspirin", "bm25") == ["PMID:1"]
    (directory / "manifest.json").write_bytes(content)
    with current.use() as index:
        assert index.manifest == read_manifest(directory)
    current.close()


def test_opening_a_generation_is_tried_again(directory, monkeypatch):
    monkeypatch.setattr("indexer.current._AGAIN_S", 0)
    current, opening = CurrentIndex(directory, Loader()), CurrentIndex._open
    update(directory, 2, deletion(1))

    def failing(_):
        raise IndexStateError("too many open files")

    with monkeypatch.context() as patch:
        patch.setattr(CurrentIndex, "_open", failing)
        with current.use() as index:
            assert index.manifest.generation == 1
    assert CurrentIndex._open is opening
    with current.use() as index:
        assert index.manifest.generation == 2
    current.close()


def test_a_copy_of_an_index_is_opened_without_its_locks(tmp_path):
    directory = tiny_index(tmp_path)
    copy = shutil.copytree(directory, tmp_path / "copy")
    shutil.rmtree(copy / "generations")
    pin = pin_current(copy)
    assert pin.manifest == read_manifest(directory)
    pin.release()
    pin.release()


def test_readers_and_a_writer_at_once(directory):
    """Each update replaces the one document that says the word; there is never none and never two."""
    current, stop, problems = CurrentIndex(directory, Loader()), threading.Event(), []
    current.warm()

    def read():
        while not stop.is_set():
            with current.use() as index:
                for mode in ("bm25", "dense"):
                    found = [each for each in documents(index, "aspirin blood", mode) if each != "PMID:2"]
                    if len(found) != 1:
                        problems.append((index.manifest.generation, mode, found))

    threads = [threading.Thread(target=read) for _ in range(4)]
    for thread in threads:
        thread.start()
    try:
        for number in range(2, 12):
            old, new = (1, 3) if number % 2 == 0 else (3, 1)
            update(directory, number, deletion(old), article(new, f"Aspirin {number}", "Aspirin thins the blood."))
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert problems == []
    current.close()
