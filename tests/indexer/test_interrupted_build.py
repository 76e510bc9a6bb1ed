"""Builds that are stopped anywhere, and indexes that lose a part: nothing is embedded twice, nothing is lost unsaid."""

import shutil

import numpy as np
import pytest

from corpora.errors import IndexStateError
from indexer import build
from indexer.build import BuildSettings, build_index
from indexer.index import Index
from indexer.manifest import read_manifest
from indexer.splitting import Splitter
from tests.fakes import WordHashModel
from tests.indexes import DOCUMENTS, tiny_index, write_documents
from tests.pubmed_files import article, deletion, pubmed_file
from tests.searching import answers

QUERIES = ("cystic fibrosis gene", "severe malaria", "anaphylaxis")


class StoppingModel(WordHashModel):
    """Stops like a person at Ctrl-C when it is called the `calls`-th time; remembers what it embedded before."""

    def __init__(self, calls):
        super().__init__()
        self.left = calls
        self.texts = []

    def encode_passages(self, texts, advance=None):
        self.left -= 1
        if self.left == 0:
            raise KeyboardInterrupt
        self.texts += texts
        return super().encode_passages(texts, advance)


@pytest.fixture
def files(tmp_path):
    return [write_documents(tmp_path / f"{n}.jsonl", DOCUMENTS[n : n + 2]) for n in (0, 2, 4)]


@pytest.fixture
def whole(tmp_path, files):
    """What an index that was never interrupted is."""
    manifest = build_index(files, tmp_path / "whole", WordHashModel()).manifest
    return manifest.index_id, answers(tmp_path / "whole", *QUERIES)


def refuses_to_open(directory, match):
    with pytest.raises(IndexStateError, match=match):
        Index(directory, lambda profile: WordHashModel())


@pytest.mark.parametrize("calls", [1, 2, 3])
def test_stopped_while_embedding_it_goes_on_and_embeds_nothing_twice(tmp_path, files, whole, monkeypatch, calls):
    monkeypatch.setattr(build, "CHUNK", 2)
    directory, stopping, going_on = tmp_path / "index", StoppingModel(calls), StoppingModel(0)
    with pytest.raises(KeyboardInterrupt):
        build_index(files, directory, stopping)
    assert len(stopping.texts) == 2 * (calls - 1)
    refuses_to_open(directory, "unfinished")
    report = build_index(files, directory, going_on)
    embedded = stopping.texts + going_on.texts
    assert (len(embedded), len(set(embedded))) == (6, 6)
    assert report.embedded == len(going_on.texts)
    assert (report.manifest.index_id, answers(directory, *QUERIES)) == whole


def test_killed_between_writing_vectors_and_recording_them(tmp_path, files, whole, monkeypatch):
    directory = tmp_path / "index"

    def killed(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("indexer.store_writer.StoreWriter.record_vectors", killed)
        with pytest.raises(KeyboardInterrupt):
            build_index(files, directory, WordHashModel())
    assert (directory / "dense" / "vectors.f16").stat().st_size == 6 * 64 * 2
    report = build_index(files, directory, WordHashModel())
    assert (report.embedded, (directory / "dense" / "vectors.f16").stat().st_size) == (6, 6 * 64 * 2)
    assert answers(directory, *QUERIES) == whole[1]


@pytest.mark.parametrize(
    "place",
    [
        "indexer.build.TantivyWriter.add",
        "indexer.build.TantivyWriter.commit",
        "indexer.store_writer.StoreWriter.lexical_done",
        "indexer.build.write_dense_index",
        "indexer.build.write_manifest",
    ],
)
def test_stopped_at_any_other_step_it_goes_on_to_the_same_index(tmp_path, files, whole, monkeypatch, place):
    directory = tmp_path / "index"

    def stopped(*_arguments, **_options):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(place, stopped)
        with pytest.raises(KeyboardInterrupt):
            build_index(files, directory, WordHashModel())
    refuses_to_open(directory, "unfinished")
    report = build_index(files, directory, WordHashModel())
    assert (report.manifest.index_id, answers(directory, *QUERIES)) == whole


def test_stopped_while_reading_a_file_only_whole_files_are_kept(tmp_path, files, whole, monkeypatch):
    directory = tmp_path / "index"
    read = build.read_source

    def stopped_in_the_second(file, progress=None):
        for number, record in enumerate(read(file, progress)):
            if file.name == str(files[1]) and number == 1:
                raise KeyboardInterrupt
            yield record

    with monkeypatch.context() as patch:
        patch.setattr(build, "read_source", stopped_in_the_second)
        with pytest.raises(KeyboardInterrupt):
            build_index(files, directory, WordHashModel())
    report = build_index(files, directory, WordHashModel())
    assert [source.counts.get("added") for source in report.sources] == [None, 2, 2]
    assert (report.manifest.index_id, answers(directory, *QUERIES)) == whole


def test_an_interrupted_update_of_a_finished_index_is_told_and_finished(tmp_path, files, whole):
    directory = tmp_path / "index"
    build_index(files[:1], directory, WordHashModel())
    with pytest.raises(KeyboardInterrupt):
        build_index(files, directory, StoppingModel(1))
    refuses_to_open(directory, "an update of this index was interrupted")
    build_index(files, directory, WordHashModel())
    assert answers(directory, *QUERIES) == whole[1]


def test_an_unfinished_build_goes_on_only_with_what_it_was_begun_with(tmp_path, files):
    directory = tmp_path / "index"
    with pytest.raises(KeyboardInterrupt):
        build_index(files, directory, StoppingModel(1))
    with pytest.raises(IndexStateError, match=r"was built with embedding model word-hash .* not other"):
        build_index(files, directory, WordHashModel("other"))
    with pytest.raises(IndexStateError, match="another splitter"):
        build_index(files, directory, WordHashModel(), settings=BuildSettings(splitter=Splitter(max_words=99)))
    build_index(files, directory, WordHashModel())


PARTS = ["lexical", "dense", "dense/flat.faiss", "dense/keys.npy", "dense/vectors.f16", "lexical/meta.json"]


@pytest.mark.parametrize("part", [*PARTS, "manifest.json"])
def test_a_part_that_was_lost_is_made_again_from_the_rest(tmp_path, part):
    directory = tiny_index(tmp_path)
    before, index_id = answers(directory, *QUERIES), read_manifest(directory).index_id
    path = directory / part
    shutil.rmtree(path) if path.is_dir() else path.unlink()
    report = build_index([tmp_path / "documents.jsonl"], directory, WordHashModel())
    assert report.manifest.index_id == index_id
    assert answers(directory, *QUERIES) == before


@pytest.mark.parametrize("part", ["dense/flat.faiss", "dense/keys.npy", "dense/vectors.f16", "lexical/meta.json"])
def test_a_part_that_was_cut_short_is_made_again(tmp_path, part):
    directory = tiny_index(tmp_path)
    before = answers(directory, *QUERIES)
    content = (directory / part).read_bytes()
    (directory / part).write_bytes(content[: len(content) // 2])
    build_index([tmp_path / "documents.jsonl"], directory, WordHashModel())
    assert answers(directory, *QUERIES) == before


@pytest.mark.parametrize("wrong", [np.zeros(64), np.full(64, np.nan), np.full(64, 0.5)], ids=["zeros", "nan", "long"])
def test_vectors_that_are_none_are_never_built_into_the_index(tmp_path, wrong):
    directory = tiny_index(tmp_path)
    before = answers(directory, *QUERIES)
    path = directory / "dense" / "vectors.f16"
    content = path.read_bytes()
    path.write_bytes(content[: 4 * 128] + wrong.astype("<f2").tobytes() + content[5 * 128 :])
    with pytest.raises(IndexStateError, match=r"vectors\.f16: is damaged.*Delete it"):
        build_index([tmp_path / "documents.jsonl"], directory, WordHashModel())
    assert answers(directory, *QUERIES) == before
    path.unlink()
    assert build_index([tmp_path / "documents.jsonl"], directory, WordHashModel()).embedded == 6
    assert answers(directory, *QUERIES) == before


@pytest.mark.parametrize("left", [None, b"", b"half"], ids=["missing", "empty", "cut"])
def test_without_its_store_an_index_is_not_silently_begun_anew(tmp_path, left):
    directory = tiny_index(tmp_path)
    path = directory / "passages.db"
    content = path.read_bytes()
    path.unlink()
    if left is not None:
        path.write_bytes(content[: len(content) // 2] if left else b"")
    with pytest.raises(IndexStateError, match=r"passages\.db"):
        build_index([write_documents(tmp_path / "new.jsonl", DOCUMENTS[:1])], directory, WordHashModel())
    assert read_manifest(directory).documents == 6
    assert path.exists() == (left is not None)


def test_a_repair_that_was_stopped_is_no_finished_index(tmp_path, monkeypatch):
    """The lexical part is made anew in batches: half of it must not be searched as if it were whole."""
    directory = tiny_index(tmp_path)
    before = answers(directory, *QUERIES)
    shutil.rmtree(directory / "lexical")

    def stopped(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("indexer.build.LEXICAL_BATCH", 2)
        patch.setattr("indexer.store_writer.StoreWriter.lexical_done", stopped)
        with pytest.raises(KeyboardInterrupt):
            build_index([tmp_path / "documents.jsonl"], directory, WordHashModel())
    refuses_to_open(directory, "interrupted")
    build_index([tmp_path / "documents.jsonl"], directory, WordHashModel())
    assert answers(directory, *QUERIES) == before


def test_a_lexical_part_that_was_lost_is_made_again_also_where_nothing_is_left_to_find(tmp_path):
    directory = tmp_path / "index"
    files = [pubmed_file(tmp_path / "1.xml", article(1, "A", "B")), pubmed_file(tmp_path / "2.xml", deletion(1))]
    for source in files:
        build_index([source], directory, WordHashModel())
    shutil.rmtree(directory / "lexical")
    build_index(files, directory, WordHashModel())
    assert answers(directory, "a b") == [[], [], []]
