"""Indexes that are missing, unfinished, damaged or of another model: named, with what to do about it."""

import json
import shutil

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.commands import biocite, refusal, use_small_models
from tests.indexes import tiny_index

QUERY = "cystic fibrosis gene"
SEARCH = ("search", QUERY, "-k", "100", "--json", "--index")
ASK = ("ask", "Which drug to give first in anaphylaxis?", "--json", "--index")
INFO = ("info", "--json", "--index")


@pytest.fixture(autouse=True)
def small_models(monkeypatch):
    use_small_models(monkeypatch)


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    folder = tmp_path_factory.mktemp("damaged")
    tiny_index(folder)
    return folder / "documents.jsonl"


@pytest.fixture
def index(source, tmp_path):
    return shutil.copytree(source.parent / "index", tmp_path / "index")


def add(source, directory):
    return biocite("index", source, "--into", directory, "--embedding-model", "word-hash", "--json")


def hits(directory):
    outcome = biocite(*SEARCH, directory)
    assert outcome.code == 0, outcome
    return outcome.json["hits"]


@pytest.mark.parametrize("command", [SEARCH, ASK, INFO, ("verify", "/dev/null", "--index"), ("serve", "--index")])
@pytest.mark.parametrize("place", ["missing", "an empty folder", "a file", "other things", "under a file", "long name"])
def test_no_index_is_there(tmp_path, command, place):
    path = tmp_path / place
    if place in ("an empty folder", "other things"):
        path.mkdir()
    if place == "other things":
        (path / "thesis.txt").write_text("precious")
    if place in ("a file", "under a file"):
        path.write_text("precious")
    if place == "under a file":
        path = path / "index"
    if place == "long name":
        path = tmp_path / ("x" * 300)
    refusal(biocite(*command, path), path, code=1)


def damaged(path, how):
    content = path.read_bytes()
    if how == "missing":
        path.unlink()
    elif how == "a folder":
        path.unlink()
        path.mkdir()
    elif how == "empty":
        path.write_bytes(b"")
    elif how == "cut":
        path.write_bytes(content[: len(content) // 2])
    elif how == "random":
        path.write_bytes(bytes(range(256)) * 9)


HOW = ["missing", "a folder", "empty", "cut", "random"]


@pytest.mark.parametrize("how", HOW)
@pytest.mark.parametrize("command", [SEARCH, ASK, INFO])
@pytest.mark.parametrize("name", ["manifest.json", "passages.db"])
def test_what_everything_needs_is_damaged(index, name, command, how):
    damaged(index / name, how)
    line = refusal(biocite(*command, index), index, code=1)
    assert name in line or "unfinished" in line


@pytest.mark.parametrize("how", HOW)
@pytest.mark.parametrize("name", ["dense/1/vectors.f16", "dense/1/keys-1.npy"])
def test_the_dense_part_is_damaged_and_a_new_run_mends_it(source, index, name, how):
    before = hits(index)
    damaged(index / name, how)
    line = refusal(biocite(*SEARCH, index), index / "dense", code=1)
    assert "run the same biocite index command again" in line or "Run the biocite index command with its" in line
    assert biocite(*SEARCH, index, "--mode", "bm25").code == 0
    if how == "a folder":
        (index / name).rmdir()
    if how == "random" and name.endswith("f16"):  # of the right length, but no vectors: nothing is guessed
        assert f"Delete {index / 'dense' / '1'} and run" in refusal(add(source, index), index / "dense", code=1)
        shutil.rmtree(index / "dense" / "1")
    assert add(source, index).code == 0
    assert hits(index) == before


@pytest.mark.parametrize("how", HOW)
def test_the_lexical_part_is_damaged_and_a_new_run_mends_it(source, index, how):
    before = hits(index)
    damaged(index / "lexical" / "1" / "meta.json", how)
    line = refusal(biocite(*SEARCH, index), index / "lexical", code=1)
    assert "delete this folder and run the same biocite index command again" in line
    assert biocite(*SEARCH, index, "--mode", "dense").code == 0
    assert add(source, index).code == 0
    assert hits(index) == before


@pytest.mark.parametrize("name", ["lexical", "dense"])
def test_a_whole_part_is_missing_and_a_new_run_mends_it(source, index, name):
    before = hits(index)
    shutil.rmtree(index / name)
    refusal(biocite(*SEARCH, index), index / name, code=1)
    assert add(source, index).code == 0
    assert hits(index) == before


@pytest.mark.parametrize("how", ["a folder", "empty", "cut", "random"])
def test_a_damaged_manifest_is_mended_as_it_says(source, index, how):
    before = hits(index)
    damaged(index / "manifest.json", how)
    line = refusal(biocite(*INFO, index), index / "manifest.json")
    if how != "a folder":
        assert "Delete this file and run the same biocite index command again" in line
        refusal(add(source, index), index / "manifest.json", code=1)
        (index / "manifest.json").unlink()
        assert add(source, index).code == 0
        assert hits(index) == before


def changed_manifest(index, change):
    path = index / "manifest.json"
    manifest = json.loads(path.read_bytes())
    change(manifest)
    path.write_text(json.dumps(manifest))


WRONG_MANIFESTS = {
    "older format": lambda m: m.update(format=0),
    "newer format": lambda m: m.update(format=99),
    "no format": lambda m: m.pop("format"),
    "no model": lambda m: m.pop("embedding"),
    "dimensions in words": lambda m: m["embedding"].update(dimensions="many"),
    "impossible splitter": lambda m: m["splitter"].update(max_words=-1),
    "unknown stemmer": lambda m: m["analyzer"].update(stemmer="klingon"),
    "sources null": lambda m: m.update(sources=None),
}


@pytest.mark.parametrize("name", WRONG_MANIFESTS)
def test_a_manifest_that_is_wrong(source, index, name):
    changed_manifest(index, WRONG_MANIFESTS[name])
    refusal(biocite(*SEARCH, index), index / "manifest.json", code=1)
    refusal(add(source, index), index / "manifest.json", code=1)


OTHER_MODELS = {
    "name": lambda m: m["embedding"].update(name="other-model"),
    "revision": lambda m: m["embedding"].update(revision="0123456789abcdef"),
    "dimensions": lambda m: m["embedding"].update(dimensions=65),
    "prefix": lambda m: m["embedding"].update(query_prefix="query: "),
}


@pytest.mark.parametrize("what", ["revision", "dimensions", "prefix"])
def test_an_index_of_another_model_is_not_searched(source, index, what):
    changed_manifest(index, OTHER_MODELS[what])
    for command in (SEARCH, ASK):
        refusal(biocite(*command, index), index, "word-hash", code=1)
    refusal(add(source, index), index, "word-hash", code=1)


def test_an_index_is_not_added_to_with_another_model(source, index):
    before = hits(index)
    line = refusal(biocite("index", source, "--into", index, "--embedding-model", "other"), index, "other", code=1)
    assert "Use the same model, or build into a new folder" in line
    assert hits(index) == before


def test_an_unfinished_update_is_not_seen_and_can_be_finished(source, index, monkeypatch):
    before = hits(index)
    more = source.parent / "more.jsonl"
    more.write_text('{"_id": "new", "title": "Cystic fibrosis gene", "text": "Cystic fibrosis gene once more."}\n')

    def stopped(*_arguments, **_options):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("indexer.build.write_layout", stopped)
        assert add(more, index).code == 130
    assert hits(index) == before
    assert add(more, index).code == 0
    assert hits(index)[0]["document_id"] == "new"


@pytest.mark.parametrize("where", [0, 20, 100, 4096, 5000, 8192, 20_000, 40_000])
@pytest.mark.parametrize("length", [1, 16, 4096])
def test_bytes_of_the_store_are_overwritten(index, where, length):
    answers_or_refuses(index, where, length, "passages.db")


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.sampled_from(
        [
            "passages.db",
            "dense/1/vectors.f16",
            "dense/1/keys-1.npy",
            "manifest.json",
            "lexical/1/meta.json",
            "generations/1.columns",
        ]
    ),
    st.integers(0, 100_000),
    st.sampled_from([1, 4, 64]),
)
@example("dense/1/vectors.f16", 0, 64)
@example("dense/1/keys-1.npy", 0, 64)
def test_bytes_anywhere_are_overwritten(source, tmp_path_factory, name, where, length):
    directory = shutil.copytree(source.parent / "index", tmp_path_factory.mktemp("bytes") / "index")
    answers_or_refuses(directory, where, length, name)


def answers_or_refuses(directory, where, length, name):
    """Whatever is damaged: an answer that a program can read, or one line; never an accident."""
    path = directory / name
    content = bytearray(path.read_bytes())
    where %= len(content)
    for place in range(where, min(len(content), where + length)):
        content[place] ^= 0xA5
    path.write_bytes(content)
    for command in (SEARCH, ASK, INFO):
        outcome = biocite(*command, directory)
        if outcome.code == 0:
            assert outcome.json["index_id"]
            assert outcome.notes == []
        else:
            refusal(outcome, directory, code=1)
