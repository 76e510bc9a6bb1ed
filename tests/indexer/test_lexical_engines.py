"""What every lexical engine must do, run against each of them."""

import math
import tempfile
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpora.errors import UsageError
from indexer.analysis import Analyzer
from indexer.lexical import MAX_QUERY_TERMS, query_terms
from indexer.rank_bm25_engine import RankBm25Engine
from indexer.records import Attributes, Filters, Selection
from indexer.tantivy_engine import TantivyEngine, TantivyWriter

ANALYZER = Analyzer()


def in_memory(folder):
    engine = RankBm25Engine(ANALYZER)
    return engine, engine


def on_disk(folder):
    writer = TantivyWriter(folder / "lexical", ANALYZER)
    return writer, TantivyEngine(folder / "lexical", ANALYZER)


@pytest.fixture(params=[in_memory, on_disk])
def pair(request, tmp_path):
    """A writer and an engine over the same empty index."""
    writer, engine = request.param(tmp_path)
    yield writer, engine
    if writer is not engine:
        writer.close()


def fill(writer, texts, attributes=Attributes()):  # noqa: B008
    for key, text in texts.items():
        writer.add(key, text, attributes)
    writer.commit()


def keys(hits):
    return [hit.key for hit in hits]


def bm25(texts, query, k1=1.2, b=0.75):
    """Scores by the formula, for all passages that match: an independent expectation."""
    bags = {key: Counter(ANALYZER.tokens(text)) for key, text in texts.items()}
    mean = sum(bag.total() for bag in bags.values()) / len(bags)
    scores = {}
    for token in set(ANALYZER.tokens(query)):
        having = sum(token in bag for bag in bags.values())
        idf = math.log(1 + (len(bags) - having + 0.5) / (having + 0.5))
        for key, bag in bags.items():
            if bag[token]:
                norm = k1 * (1 - b + b * bag.total() / mean)
                scores[key] = scores.get(key, 0) + idf * bag[token] * (k1 + 1) / (bag[token] + norm)
    return scores


class TestFinding:
    def test_ranks_by_bm25(self, pair):
        writer, engine = pair
        fill(writer, {1: "aspirin fever", 2: "fever fever pain", 3: "headache headache pain relief"})
        # N = 3, lengths 2, 3, 4, mean 3; "fever" is in 2 passages: idf = ln(1 + 1.5 / 2.5) = ln 1.6.
        first = math.log(1.6) * 2 * 2.2 / (2 + 1.2 * (0.25 + 0.75 * 3 / 3))
        second = math.log(1.6) * 1 * 2.2 / (1 + 1.2 * (0.25 + 0.75 * 2 / 3))
        hits = engine.search("Fever?", 10)
        assert keys(hits) == [2, 1]
        assert [hit.score for hit in hits] == pytest.approx([first, second], rel=1e-6)

    def test_sums_over_the_tokens_of_the_query(self, pair):
        writer, engine = pair
        texts = {5: "aspirin fever", 6: "fever fever pain", 7: "headache pain relief"}
        fill(writer, texts)
        hits = engine.search("pain of aspirin", 10)
        assert {hit.key: hit.score for hit in hits} == pytest.approx(bm25(texts, "pain aspirin"), rel=1e-6)
        assert keys(hits) == [5, 6, 7]

    def test_a_repeated_token_counts_once(self, pair):
        writer, engine = pair
        fill(writer, {1: "aspirin", 2: "fever"})
        assert engine.search("aspirin ASPIRIN, aspirins fever", 5) == engine.search("fever aspirin", 5)

    def test_k_cuts_and_may_exceed_the_index(self, pair):
        writer, engine = pair
        fill(writer, {1: "fever", 2: "fever pain", 3: "pain"})
        assert keys(engine.search("fever", 1)) == [1]
        assert keys(engine.search("fever", 1_000_000)) == [1, 2]

    def test_an_empty_index_has_no_hits(self, pair):
        writer, engine = pair
        assert engine.search("fever", 5) == []
        writer.commit()
        assert engine.search("fever", 5) == []

    def test_an_index_of_passages_without_tokens_has_no_hits(self, pair):
        writer, engine = pair
        fill(writer, {1: "", 2: "the of", 3: "..."})
        assert engine.search("the fever", 5) == []

    @pytest.mark.parametrize("query", ["", "  \n", "what is the", "?!", "unheard-of", "\x00", "\ud800"])
    def test_a_query_without_a_known_token_has_no_hits(self, pair, query):
        writer, engine = pair
        fill(writer, {1: "the fever is what it is"})
        assert engine.search(query, 5) == []

    def test_a_token_of_every_passage_still_matches(self, pair):
        writer, engine = pair
        fill(writer, {1: "fever", 2: "fever pain"})
        hits = engine.search("fever", 5)
        assert keys(hits) == [1, 2]
        assert all(hit.score > 0 for hit in hits)

    def test_unicode(self, pair):
        writer, engine = pair
        fill(writer, {1: "TNF-α blockade", 2: "Sjögren’s syndrome", 3: "日本語 の 医学", 4: "IL‐6"})
        assert keys(engine.search("tnf alpha", 5)) == [1]
        assert keys(engine.search("sjogren", 5)) == [2]
        assert keys(engine.search("日本語", 5)) == [3]
        assert keys(engine.search("il6", 5)) == [4]

    @pytest.mark.parametrize(
        "query", ["key:1", "* OR pain", '"fever', "body:fever) AND (", "fe*", "[a TO z]", "NOT pain~9"]
    )
    def test_nothing_in_a_query_is_syntax(self, pair, query):
        writer, engine = pair
        fill(writer, {1: "fever", 2: "pain"})
        assert keys(engine.search(query, 5)) == sorted(
            key for key, word in ((1, "fever"), (2, "pain")) if word in ANALYZER.tokens(query)
        )

    def test_a_query_of_100000_characters(self, pair):
        writer, engine = pair
        fill(writer, {1: "fever", 2: "pain"})
        query = "pain pain " + " ".join(f"word{number}" for number in range(10_000))
        assert keys(engine.search(query, 5)) == [2]

    @pytest.mark.parametrize("k", [0, -1])
    def test_k_below_1_is_refused(self, pair, k):
        with pytest.raises(UsageError, match=f"k = {k}"):
            pair[1].search("fever", k)


class TestTies:
    def test_are_in_the_order_of_keys_at_the_cut_as_well(self, pair):
        writer, engine = pair
        for key in range(60, 0, -1):  # several commits, so several segments, in the wrong order
            writer.add(key, "fever and pain" if key % 3 else "fever fever and pain", Attributes())
            if key % 13 == 0:
                writer.commit()
        writer.commit()
        twice = [key for key in range(1, 61) if key % 3 == 0]
        once = [key for key in range(1, 61) if key % 3]
        for k in (1, 7, 20, 23, 59, 60, 61):
            assert keys(engine.search("fever pain", k)) == (twice + once)[:k]

    def test_many_more_than_k(self, pair):
        writer, engine = pair
        fill(writer, dict.fromkeys(range(3_000, 0, -1), "fever"))
        assert keys(engine.search("fever", 3)) == [1, 2, 3]


class TestChanges:
    def test_are_seen_after_commit_only(self, pair):
        writer, engine = pair
        writer.add(1, "fever", Attributes())
        assert engine.search("fever", 5) == []
        writer.commit()
        assert keys(engine.search("fever", 5)) == [1]
        writer.delete([1])
        assert keys(engine.search("fever", 5)) == [1]
        writer.commit()
        assert engine.search("fever", 5) == []

    def test_delete_takes_committed_and_just_added_passages_and_ignores_unknown_ones(self, pair):
        writer, engine = pair
        fill(writer, {1: "fever", 2: "fever", 3: "fever"})
        writer.add(4, "fever", Attributes())
        writer.delete([2, 4, 99])
        writer.commit()
        assert keys(engine.search("fever", 5)) == [1, 3]

    def test_delete_then_add_replaces(self, pair):
        writer, engine = pair
        fill(writer, {1: "fever", 2: "pain"})
        writer.delete([1])
        writer.add(1, "headache", Attributes())
        writer.commit()
        assert engine.search("fever", 5) == []
        assert keys(engine.search("headache", 5)) == [1]

    def test_all_can_be_deleted_and_others_added(self, pair):
        writer, engine = pair
        fill(writer, {1: "fever", 2: "pain"})
        writer.delete([1, 2])
        writer.commit()
        assert engine.search("fever pain", 5) == []
        fill(writer, {3: "fever"})
        assert keys(engine.search("fever pain", 5)) == [3]

    def test_large_keys(self, pair):
        writer, engine = pair
        fill(writer, {0: "fever", 2**62: "fever"})
        assert keys(engine.search("fever", 5)) == [0, 2**62]

    def test_searches_from_several_threads(self, pair):
        writer, engine = pair
        fill(writer, {key: f"fever {'pain ' * (key % 7)}" for key in range(200)})
        expected = engine.search("pain fever", 50)
        with ThreadPoolExecutor(4) as pool:
            results = list(pool.map(lambda _: engine.search("pain fever", 50), range(80)))
        assert results == [expected] * 80


PASSAGES = {
    1: Attributes(2001, "nature", ("review",), ("heart", "liver"), "abstract", ("eng",), False),
    2: Attributes(2005, "cell", ("journal article", "review"), ("liver",), "methods", ("eng", "fre"), True),
    3: Attributes(2010, "nature", (), (), "results", ("ger",), False),
    4: Attributes(0, "new england journal", ("journal article",), ("heart diseases",), "abstract", (), False),
}
FILTERS = {
    "years": (Filters(years=(2001, 2005)), [1, 2]),
    "from a year": (Filters(years=(2005, 0)), [2, 3]),
    "up to a year": (Filters(years=(0, 2005)), [1, 2]),
    "any known year": (Filters(years=(0, 0)), [1, 2, 3]),
    "years in the wrong order": (Filters(years=(2010, 2001)), []),
    "journal": (Filters(journals=("Nature",)), [1, 3]),
    "journals": (Filters(journals=("CELL", " New  England Journal")), [2, 4]),
    "publication type": (Filters(publication_types=("Review",)), [1, 2]),
    "mesh is whole": (Filters(mesh=("Heart",)), [1]),
    "mesh alternatives": (Filters(mesh=("heart", "liver")), [1, 2]),
    "section": (Filters(sections=("abstract",)), [1, 4]),
    "language": (Filters(languages=("fre", "ger")), [2, 3]),
    "retracted": (Filters(retracted=True), [2]),
    "not retracted": (Filters(retracted=False), [1, 3, 4]),
    "several": (Filters(years=(2000, 2010), journals=("nature",), retracted=False, languages=("eng",)), [1]),
    "documents": (Filters(documents=("a", "b")), [2, 3]),
    "documents and more": (Filters(documents=("a", "b"), years=(2005, 2005)), [2]),
    "no match": (Filters(journals=("lancet",)), []),
    "no filter": (Filters(), [1, 2, 3, 4]),
}


class TestFilters:
    @pytest.fixture
    def engine(self, pair):
        writer, engine = pair
        for key, attributes in PASSAGES.items():
            writer.add(key, "fever " + "pain " * key, attributes)
        writer.commit()
        return engine

    @pytest.mark.parametrize("name", FILTERS)
    def test_leave_the_scores_and_the_order_of_what_passes(self, engine, name):
        filters, passing = FILTERS[name]
        selection = Selection(filters, np.array(passing, np.int64))
        everything = engine.search("fever pain", 10)
        assert len(everything) == 4
        assert engine.search("fever pain", 10, selection) == [hit for hit in everything if hit.key in passing]

    def test_apply_before_the_cut(self, engine):
        selection = Selection(Filters(journals=("nature",)), np.array([1, 3]))
        best = engine.search("fever", 4)
        assert keys(best) == [1, 2, 3, 4]
        assert keys(engine.search("fever", 2, selection)) == [1, 3]


def test_query_terms_are_distinct_sorted_and_capped_to_the_most_repeated_then_the_first():
    assert query_terms(["b", "a", "b"]) == ["a", "b"]
    tokens = [f"t{number:04}" for number in range(MAX_QUERY_TERMS + 10)]
    assert query_terms([*tokens, tokens[-1]]) == [*tokens[: MAX_QUERY_TERMS - 1], tokens[-1]]


WORDS = st.lists(st.sampled_from(["fever", "pain", "aspirin", "il-6", "dose"]), max_size=12).map(" ".join)


@given(st.lists(WORDS, max_size=12), WORDS)
@settings(max_examples=25, deadline=None)
def test_engines_agree_with_the_formula_on_any_small_corpus(texts, query):
    corpus = dict(enumerate(texts))
    expected = bm25(corpus, query) if corpus else {}
    for build in (in_memory, on_disk):
        with tempfile.TemporaryDirectory() as folder:
            writer, engine = build(Path(folder))
            fill(writer, corpus)
            hits = engine.search(query or "fever", 20)
            if query:
                assert {hit.key: hit.score for hit in hits} == pytest.approx(expected, rel=1e-5)
            assert hits == sorted(hits, key=lambda hit: (-hit.score, hit.key))
            if writer is not engine:
                writer.close()
