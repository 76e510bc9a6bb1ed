import sys
from contextlib import closing

import numpy as np
import pytest

from corpora.errors import IndexStateError, UsageError
from indexer.build import build_index
from indexer.index import Index
from scripts.benchmarks import peers
from scripts.benchmarks.big_index import Pool, bag_hash, noisy, shuffled, write_corpus
from scripts.benchmarks.peer_protocol import Inputs, read_inputs, write_inputs
from scripts.benchmarks.pool import LookupModel, PoolPassage, by_text, passages_of_index, stored_vectors
from tests.fakes import WordHashModel

TEXTS = {
    "1": ("Aspirin and the heart", "Aspirin lowers the risk of stroke. It may cause bleeding in old patients."),
    "2": ("Statins", "Statins lower cholesterol. Muscle pain is a common complaint of patients."),
    "3": ("Metformin", "Metformin is given for diabetes. Lactic acidosis is rare."),
}

PEER = """
import numpy as np
from scripts.benchmarks.peer_protocol import serve

def build(inputs):
    print("what a library prints must not disturb")
    vectors = inputs.vector_of_query()
    def search(query, k):
        scores = inputs.vectors @ vectors[query]
        return [(inputs.ids[row], float(scores[row])) for row in np.argsort(-scores)[:k]]
    return search

serve(["numpy"], build)
"""


@pytest.fixture
def inputs(tmp_path):
    """Three passages of two documents along the axes, and a query near each of two of them."""
    made = Inputs(
        tmp_path,
        ["a#1", "a#2", "b#1"],
        ["x", "y", "z"],
        np.eye(3, dtype=np.float32),
        ["q1", "q2"],
        ["one", "two"],
        np.array([[0, 1, 0.5], [0, 0.1, 1]], dtype=np.float32),
    )
    write_inputs(made)
    return made


def test_inputs_are_read_as_they_were_written(inputs):
    found = read_inputs(inputs.folder)
    assert (found.ids, found.texts, found.query_ids, found.queries) == (
        inputs.ids,
        inputs.texts,
        inputs.query_ids,
        inputs.queries,
    )
    assert np.array_equal(found.vectors, inputs.vectors)
    assert np.array_equal(found.query_vectors, inputs.query_vectors)


def test_a_peer_answers_from_its_own_process(inputs):
    with peers.started([sys.executable, "-c", PEER, str(inputs.folder)], "peer") as system:
        assert set(system.ready) == {"build_s", "rss_mb", "versions"}
        answer = system.ask(2, budget_s=1e9, want_run=True)
        assert [name for name, _ in answer["run"]["q1"]] == ["a#2", "b#1"]
        assert [name for name, _ in answer["run"]["q2"]] == ["b#1", "a#2"]
        assert len(answer["seconds"]) == 2
        short = system.ask(2, budget_s=0.0, want_run=False)
        assert len(short["seconds"]) == 1, "a budget that is spent ends the pass"
        assert short["run"] == {}


def test_a_peer_that_ends_is_named():
    with (
        pytest.raises(UsageError, match="the process of broken ended with code 3"),
        peers.started([sys.executable, "-c", "raise SystemExit(3)"], "broken"),
    ):
        pass


def test_missing_peers_say_how_they_are_installed(tmp_path):
    with pytest.raises(UsageError, match="make peers"):
        peers.peers_python(tmp_path)


def passage(document, number):
    return PoolPassage(f"{document}#{number}", document, "", "", "")


def test_judged_documents_come_first_and_the_number_is_met():
    passages = [passage("big", n) for n in range(5)] + [passage("two", n) for n in range(2)] + [passage("one", 1)]
    assert peers.choose(passages, {"two"}, 3) == {"two", "one"}
    assert peers.choose(passages, {"big"}, 8) == {"big", "two", "one"}
    with pytest.raises(UsageError, match="4 passages were wanted, the documents give 3"):
        peers.choose(passages, {"two"}, 4)


def test_speeds_are_those_of_the_passes_after_the_first():
    passes = [{"seconds": [9.0]}, {"seconds": [0.5, 0.5]}, {"seconds": [0.25, 0.25]}, {"seconds": [0.1, 0.1]}]
    of_depth = {"biocite": passes, "txtai": [passes[0], *[{"seconds": [1.0]}] * 3]}
    assert peers._speeds(passes) == pytest.approx([2.0, 4.0, 10.0])
    assert peers._times(of_depth) == {"txtai": 4.0}


def test_documents_count_with_their_best_passage():
    run = {"q": [("a#1", 3.0), ("a#2", 2.0), ("b#1", 1.0)]}
    passes = [{"seconds": [1.0], "run": run}, {"seconds": [0.01]}]
    figures = peers._figures(passes, {"a#1": "a", "a#2": "a", "b#1": "b"}, {"q": {"b": 1}})
    # b is the second document, not the third: its gain is 1 / log2(3).
    assert figures["nDCG@10"] == pytest.approx(0.6309)
    assert figures["queries a second"] == 100.0
    assert figures["ms"]["p50"] == 10.0


@pytest.fixture
def built(tmp_path):
    """An index of three documents by a model that counts words."""
    corpus = tmp_path / "corpus.jsonl"
    write_lines(corpus, [(name, title, text) for name, (title, text) in TEXTS.items()])
    build_index([corpus], tmp_path / "index", WordHashModel())
    with closing(Index(tmp_path / "index", lambda _: WordHashModel())) as index:
        yield index


def write_lines(path, documents):
    import msgspec

    lines = [msgspec.json.encode({"_id": name, "title": title, "text": text}) for name, title, text in documents]
    path.write_bytes(b"\n".join(lines))


def pool_of(index):
    ((passages, vectors),) = passages_of_index(index)
    return passages, vectors


def test_a_pool_has_the_texts_and_vectors_of_its_index(built):
    passages, vectors = pool_of(built)
    assert [one.searched for one in passages] == [f"{title}\n{text}" for title, text in TEXTS.values()]
    assert [one.document_id for one in passages] == list(TEXTS)
    expected = WordHashModel().encode_passages([one.searched for one in passages])
    assert np.allclose(vectors, expected, atol=1e-3)
    with pytest.raises(IndexStateError, match="no vector"):
        stored_vectors(built, np.array([10_000]))


def test_a_looked_up_model_gives_known_vectors_and_refuses_unknown_texts(built):
    passages, vectors = pool_of(built)
    model = LookupModel(built.manifest.embedding, by_text(passages, vectors), {"q": vectors[1]})
    assert np.array_equal(model.encode_passages([passages[2].searched]), vectors[2:])
    assert np.array_equal(model.encode_queries(["q"]), vectors[1:2])
    with pytest.raises(IndexStateError, match="no known vector: 'unheard of'"):
        model.encode_passages([passages[0].searched, "unheard of"])


def test_shuffling_keeps_each_sentences_words_and_repeats_itself():
    text = TEXTS["1"][1]
    one = shuffled(text, 5)
    assert one != text
    assert one == shuffled(text, 5)
    assert one != shuffled(text, 6)
    assert sorted(one.split()[:6]) == sorted(text.split()[:6])
    assert bag_hash(one) == bag_hash(text) != bag_hash(TEXTS["2"][1])


def test_noise_turns_a_vector_by_the_angle_that_is_said_and_repeats_itself():
    vector = np.zeros(384, dtype=np.float32)
    vector[0] = 1
    cosines = [float(vector @ noisy(vector, bytes([number] * 8))) for number in range(200)]
    assert np.mean(cosines) == pytest.approx(1 / np.sqrt(1.25), abs=0.01)
    assert np.linalg.norm(noisy(vector, b"12345678")) == pytest.approx(1, abs=1e-6)
    assert np.array_equal(noisy(vector, b"12345678"), noisy(vector, b"12345678"))


def test_a_larger_index_is_made_of_real_passages_and_then_of_shuffled_ones(built, tmp_path):
    passages, vectors = pool_of(built)
    pool = Pool(built.manifest.embedding, passages, vectors)
    files = write_corpus(pool, 7, tmp_path / "made")
    build_index(files, tmp_path / "big", pool)
    with closing(Index(tmp_path / "big", lambda _: WordHashModel())) as index:
        found, rows = pool_of(index)
        assert index.manifest.documents == 7
        assert len(index.dense) == 7
    texts = [one.searched for one in found]
    assert sorted(texts[:3]) == sorted(one.searched for one in passages), "as they are"
    assert [bag_hash(text) for text in texts] == [bag_hash(text) for text in (texts[:3] * 3)[:7]]
    assert len(set(texts)) == 7
    assert np.allclose(rows[:3], pool.vectors, atol=1e-3)
    cosines = np.sum(rows[3:6] * rows[:3], axis=1)
    assert np.all((cosines > 0.7) & (cosines < 0.99)), "moved, but near"


def test_a_corpus_that_was_written_is_kept_and_a_text_cut_in_two_gets_a_vector_all_the_same(built, tmp_path):
    pool = Pool(built.manifest.embedding, *pool_of(built))
    (path,) = write_corpus(pool, 2, tmp_path)
    path.write_text("kept")
    assert write_corpus(pool, 2, tmp_path) == [path]
    assert path.read_text() == "kept"
    once, again = pool.encode_passages(["unheard of"]), pool.encode_passages(["unheard of"])
    assert np.array_equal(once, again)
    assert np.linalg.norm(once) == pytest.approx(1, abs=1e-4)
