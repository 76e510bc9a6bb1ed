"""Builds that are stopped anywhere, and indexes that lose a part: nothing is embedded twice, nothing is lost unsaid."""

import shutil

import pytest

from corpora.errors import IndexStateError
from indexer import parsing
from indexer.build import BuildSettings, build_index
from indexer.directory import COMMITTED
from indexer.generations import kept_generations
from indexer.index import Index
from indexer.manifest import read_manifest
from indexer.splitting import Splitter
from indexer.store_writer import StoreWriter
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
    monkeypatch.setattr("indexer.embedding_stage.CHUNK", 2)
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


@pytest.mark.parametrize(
    "place",
    [
        "indexer.lexical_stage.TantivyWriter.add",
        "indexer.lexical_stage.TantivyWriter.commit",
        "indexer.lexical_stage.LexicalStage._commit",
        "indexer.lexical_stage.LexicalStage.seal",
        "indexer.build.write_layout",
        "indexer.commit.file_states",
        "indexer.commit.publish",
        "indexer.generations.write_whole",
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
    read = parsing.read_source

    def stopped_in_the_second(file, progress=None):
        for number, record in enumerate(read(file, progress)):
            if file.name == str(files[1]) and number == 1:
                raise KeyboardInterrupt
            yield record

    with monkeypatch.context() as patch:
        patch.setattr(parsing, "read_source", stopped_in_the_second)
        with pytest.raises(KeyboardInterrupt):
            build_index(files, directory, WordHashModel())
    report = build_index(files, directory, WordHashModel())
    assert [source.counts.get("added") for source in report.sources] == [None, 2, 2]
    assert (report.manifest.index_id, answers(directory, *QUERIES)) == whole


@pytest.mark.parametrize(
    "place",
    [
        "indexer.build.embed_new",
        "indexer.lexical_stage.TantivyWriter.commit",
        "indexer.build.write_layout",
        "indexer.commit.publish",
    ],
)
def test_until_an_update_is_committed_the_index_is_as_it_was(tmp_path, files, whole, monkeypatch, place):
    directory = tmp_path / "index"
    build_index(files[:1], directory, WordHashModel())
    before = answers(directory, *QUERIES)

    def stopped(*_arguments, **_options):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(place, stopped)
        with pytest.raises(KeyboardInterrupt):
            build_index(files, directory, WordHashModel())
    assert answers(directory, *QUERIES) == before
    report = build_index(files, directory, WordHashModel())
    assert report.manifest.generation == 2
    assert (report.manifest.index_id, answers(directory, *QUERIES)) == whole


@pytest.mark.parametrize("before", ["noting it in the store", "tidying"])
def test_stopped_after_the_commit_the_rest_is_tidied_by_the_next_run(tmp_path, files, whole, monkeypatch, before):
    directory = tmp_path / "index"
    build_index(files[:1], directory, WordHashModel())
    set_meta = StoreWriter.set_meta

    def stopped(*_):
        raise KeyboardInterrupt

    def stopped_at_the_commit(store, key, value):
        return stopped() if key == COMMITTED else set_meta(store, key, value)

    with monkeypatch.context() as patch:
        if before == "tidying":
            patch.setattr("indexer.commit.tidy", stopped)
        else:
            patch.setattr(StoreWriter, "set_meta", stopped_at_the_commit)
        with pytest.raises(KeyboardInterrupt):
            build_index(files, directory, WordHashModel())
    assert answers(directory, *QUERIES) == whole[1]
    assert kept_generations(directory) == (1, 2)
    report = build_index(files, directory, WordHashModel())
    assert (report.manifest.index_id, answers(directory, *QUERIES)) == whole
    assert kept_generations(directory) == (2,)


def test_an_unfinished_build_goes_on_only_with_what_it_was_begun_with(tmp_path, files):
    directory = tmp_path / "index"
    with pytest.raises(KeyboardInterrupt):
        build_index(files, directory, StoppingModel(1))
    with pytest.raises(IndexStateError, match=r"was built with embedding model word-hash .* not other"):
        build_index(files, directory, WordHashModel("other"))
    with pytest.raises(IndexStateError, match="another splitter"):
        build_index(files, directory, WordHashModel(), settings=BuildSettings(splitter=Splitter(max_words=99)))
    build_index(files, directory, WordHashModel())


PARTS = ["lexical", "lexical/1", "dense", "dense/1/keys-1.npy", "dense/1/vectors.f16", "lexical/1/meta.json"]


@pytest.mark.parametrize("part", [*PARTS, "generations", "manifest.json"])
def test_a_part_that_was_lost_is_made_again_from_the_rest(tmp_path, part):
    directory = tiny_index(tmp_path)
    before, index_id = answers(directory, *QUERIES), read_manifest(directory).index_id
    path = directory / part
    shutil.rmtree(path) if path.is_dir() else path.unlink()
    report = build_index([tmp_path / "documents.jsonl"], directory, WordHashModel())
    assert report.manifest.index_id == index_id
    assert answers(directory, *QUERIES) == before


@pytest.mark.parametrize("part", ["dense/1/keys-1.npy", "dense/1/vectors.f16", "lexical/1/meta.json"])
def test_a_part_that_was_cut_short_is_made_again(tmp_path, part):
    directory = tiny_index(tmp_path)
    before = answers(directory, *QUERIES)
    content = (directory / part).read_bytes()
    (directory / part).write_bytes(content[: len(content) // 2])
    build_index([tmp_path / "documents.jsonl"], directory, WordHashModel())
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


def test_a_repair_that_was_stopped_is_begun_again(tmp_path, monkeypatch):
    """The lexical part is made anew in batches: half of it must not be searched as if it were whole."""
    directory = tiny_index(tmp_path)
    before = answers(directory, *QUERIES)
    shutil.rmtree(directory / "lexical")

    def stopped(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("indexer.lexical_stage._BATCH", 2)
        patch.setattr("indexer.lexical_stage._COMMIT_EVERY", 2)
        patch.setattr("indexer.lexical_stage.LexicalStage.seal", stopped)
        with pytest.raises(KeyboardInterrupt):
            build_index([tmp_path / "documents.jsonl"], directory, WordHashModel())
    with pytest.raises(IndexStateError, match="no lexical index is there"):
        answers(directory, *QUERIES)
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
