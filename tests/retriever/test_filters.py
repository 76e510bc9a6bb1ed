"""Filters: what people may write, what is refused, and that every engine understands them as the store does."""

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from corpora.errors import UsageError
from corpora.records import SECTION_KINDS
from indexer.index import Index
from indexer.records import Filters
from retriever.filters import make_filters, parse_years
from tests.fakes import WordHashModel
from tests.indexes import DOCUMENTS, tiny_index

EVERY_WORD = "cystic fibrosis gene malaria anaphylaxis paludisme mutation drug treatment channel vectors fièvre cure"


@pytest.mark.parametrize(
    ("text", "years"),
    [
        ("2015", (2015, 2015)),
        ("2015:2021", (2015, 2021)),
        ("2015:", (2015, 0)),
        (":2021", (0, 2021)),
        (" 2015 ", (2015, 2015)),
        ("2015:2015", (2015, 2015)),
        ("0001:9999", (1, 9999)),
    ],
)
def test_years(text, years):
    assert parse_years(text) == years


REFUSED_YEARS = (
    "", ":", "20x5", "215", "20155", "2015-2021", "2015:2016:2017", "2015 2016", "-2015", "+2015", "2015:20", "::", "x",
    "2021:2015", "0000", "0000:", ":0000", "2015:0000", "0000:2015", "２０１５", "²⁰¹⁵", "2015\n:",
    "2015.0", "1e3", "today",
)  # fmt: skip


@pytest.mark.parametrize("text", REFUSED_YEARS)
def test_years_that_are_none(text):
    with pytest.raises(UsageError, match="years") as refused:
        parse_years(text)
    assert repr(text) in refused.value.message
    assert refused.value.remedy.startswith("Write")


@given(st.integers(1, 9999), st.integers(1, 9999))
def test_years_are_read_as_they_are_written(first, last):
    first, last = sorted((first, last))
    assert parse_years(f"{first:04}:{last:04}") == (first, last)
    assert parse_years(f"{first:04}:") == (first, 0)
    assert parse_years(f":{last:04}") == (0, last)


def test_filters_take_what_they_are_given():
    assert make_filters() == Filters()
    assert not make_filters()
    assert make_filters(
        years="2015:", journals=["BMJ"], publication_types=["Review"], mesh=["Asthma"], sections=["Results"],
        languages=["eng"], retracted=False, documents=["PMID:1"],
    ) == Filters((2015, 0), ("BMJ",), ("Review",), ("Asthma",), ("Results",), ("eng",), False, ("PMID:1",))  # fmt: skip


NAMES = {
    "journals": "journal",
    "publication_types": "publication type",
    "mesh": "MeSH heading",
    "languages": "language",
    "sections": "section",
    "documents": "document",
}


@pytest.mark.parametrize(("field", "name"), NAMES.items())
@pytest.mark.parametrize("value", ["", "  ", "\t\n", "abc\udcff"])
def test_values_that_could_never_match_are_refused(field, name, value):
    with pytest.raises(UsageError, match=name):
        make_filters(**{field: ["title", value]})


def test_an_unknown_section_is_told_which_there_are():
    with pytest.raises(UsageError, match=r"section 'introductions' is not known\. Choose of: title, abstract"):
        make_filters(sections=["introductions"])


@pytest.fixture(scope="module")
def index(tmp_path_factory):
    documents = [*DOCUMENTS, {"_id": "bare", "title": "A gene", "text": "Of no journal, year or language: a drug."}]
    opened = Index(tiny_index(tmp_path_factory.mktemp("filters"), documents), lambda profile: WordHashModel())
    yield opened
    opened.close()


def some(*values):
    return st.lists(st.sampled_from(values), max_size=3).map(tuple)


any_filters = st.builds(
    Filters,
    years=st.none() | st.tuples(st.sampled_from([0, 2015, 2016, 2019]), st.sampled_from([0, 2015, 2018, 2021])),
    journals=some("journal of rare diseases", "Clinical  Trials Weekly", "Notes Tropicales", "", "Nowhere"),
    publication_types=some("Review", "CASE REPORTS", "Retracted Publication", "journal article", "rev"),
    mesh=some("Cystic Fibrosis", "malaria", "Drug Therapy", "cystic"),
    sections=some(*SECTION_KINDS, "TITLE"),
    languages=some("eng", "fre", "FRE", "ger", "en"),
    retracted=st.none() | st.booleans(),
    documents=some("PMID:1", "PMID:2", "bare", "étude 6%", "PMID:99"),
)


@settings(max_examples=150, deadline=None)
@given(any_filters)
@example(Filters(journals=("",)))
@example(Filters(journals=("", "notes tropicales"), retracted=False))
@example(Filters(years=(0, 0)))
def test_both_engines_find_what_the_store_selects(index, filters):
    """Tantivy tests the filters itself, FAISS takes the keys: each must give all that pass, in unfiltered order."""
    selection = index.select(filters)
    allowed = set(map(int, selection.keys))
    vector = index.model.encode_queries([EVERY_WORD])
    for engine, query in ((index.lexical, EVERY_WORD), (index.dense, vector)):
        everything = engine.search(query, 100)
        wanted = [hit for hit in everything if hit.key in allowed]
        found = engine.search(query, 100, selection)
        assert [hit.key for hit in found] == [hit.key for hit in wanted]
        assert [hit.score for hit in found] == pytest.approx([hit.score for hit in wanted], rel=1e-5)
        assert [hit.key for hit in engine.search(query, 2, selection)] == [hit.key for hit in wanted[:2]]


def test_the_query_of_these_tests_finds_every_passage(index):
    assert len(index.lexical.search(EVERY_WORD, 100)) == len(index.dense) == 7
    assert np.array_equal(index.select(Filters()).keys, np.arange(2, 15, 2))
