"""The store against brute force: what filters select, what comes back, what each change puts into the queues."""

import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpora.errors import IndexStateError, NotFoundError
from corpora.records import SECTION_KINDS, Deletion, Document, Link, MeshHeading, Metadata, Section, Span
from corpora.text import TextBuilder
from indexer.records import Filters, fold
from indexer.splitting import Splitter
from indexer.store import Store
from indexer.store_writer import StoreWriter

SPLITTER = Splitter(max_words=6, overlap_words=1, min_words=2)
JOURNALS = ("", "The Lancet", "BMJ", "JAMA")
TYPES = ("Review", "Randomized Controlled Trial", "Journal Article")
MESH = ("Asthma", "β-Thalassemia", "STRASSE")
KINDS = ("methods", "results", "case")
LANGUAGES = ("eng", "fre")


def made(document_id, paragraphs=("One text.",), **metadata):
    builder = TextBuilder()
    builder.add("Title", "title", [f"About {document_id}"])
    for number, paragraph in enumerate(paragraphs):
        builder.add("Part", KINDS[number % len(KINDS)], [paragraph])
    text, sections = builder.build()
    return Document(document_id, f"About {document_id}", text, sections, "a file", Metadata(**metadata))


def written(directory, documents):
    with StoreWriter(directory) as writer, writer.transaction():
        for document in documents:
            writer.put(document, SPLITTER.split(document))
    return Store(directory)


def varied():
    """60 documents of all years, journals, types and so on, of a title alone or of up to three passages more."""
    for number in range(60):
        yield made(
            f"D{number:02}",
            [f"The {word} of patient {number}." for word in ("first", "second", "third")][: number % 4],
            year=(0, 2010, 2015, 2020)[number % 5 % 4],
            journal=JOURNALS[number // 4 % 4],
            publication_types=TYPES[: number % 4],
            mesh=tuple(MeshHeading(name) for name in MESH[number % 3 :]),
            languages=LANGUAGES[: 1 + number % 2] if number % 5 else (),
            retracted=number % 7 == 0,
        )


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    opened = written(tmp_path_factory.mktemp("store"), varied())
    yield opened
    opened.close()


def passes(document, kind, filters):
    """The filter rules once more, written as their documentation words them; titles are searched where alone."""
    metadata = document.metadata
    searched = kind != "title" or len(document.sections) == 1

    def one_of(wanted, had):
        return not wanted or not {fold(name) for name in wanted}.isdisjoint(map(fold, had))

    first, last = filters.years or (0, 0)
    return (
        searched
        and (filters.years is None or (metadata.year > 0 and first <= metadata.year <= (last or 9999)))
        and one_of(filters.journals, [metadata.journal] if metadata.journal else [])
        and one_of(filters.publication_types, metadata.publication_types)
        and one_of(filters.mesh, [heading.name for heading in metadata.mesh])
        and one_of(filters.sections, [kind])
        and one_of(filters.languages, metadata.languages)
        and (filters.retracted is None or filters.retracted == metadata.retracted)
    )


def some(*names):
    """Up to two of these, spelt in any way that counts as the same."""
    spelt = st.sampled_from(names).flatmap(lambda name: st.sampled_from([name, name.upper(), f"  {name.lower()} "]))
    return st.lists(spelt, max_size=2).map(tuple)


any_filters = st.builds(
    Filters,
    years=st.none() | st.tuples(st.sampled_from([0, 2010, 2012, 2015]), st.sampled_from([0, 2015, 2016, 2020])),
    journals=some("", "The Lancet", "BMJ", "Nowhere"),
    publication_types=some(*TYPES, "Letter"),
    mesh=some(*MESH, "Strasse"),
    sections=some("title", *KINDS, "table"),
    languages=some(*LANGUAGES, "ger"),
    retracted=st.none() | st.booleans(),
)


@settings(max_examples=150, deadline=None)
@given(any_filters)
def test_a_filter_selects_what_its_rules_say(store, filters):
    expected = [
        passage.passage_id
        for document in varied()
        for passage in SPLITTER.split(document)
        if passes(document, passage.kind, filters)
    ]
    selection = store.select(filters)
    keys = [int(key) for key in selection.keys]
    assert keys == sorted(keys)
    assert [store.passages(keys)[key].passage.passage_id for key in keys] == expected


paragraph = st.text(
    st.characters(codec="utf-8", exclude_characters="\0") | st.sampled_from("😷𝛽é\u0301\u2028\u200b\r"), max_size=60
)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(SECTION_KINDS), paragraph), min_size=1, max_size=4), paragraph)
def test_a_document_comes_back_as_it_was_and_its_passages_are_its_text(tmp_path_factory, parts, title):
    text, sections = "", ()
    for kind, body in parts:
        sections += (Section(body[:9], kind, Span(len(text), len(text) + len(body))),)
        text += body
    document = Document("id", title, text, sections, "dir/ü.xml", Metadata(keywords=(title,)), {"table": 2})
    opened = written(tmp_path_factory.mktemp("one"), [document])
    assert opened.document("id") == document
    assert opened.document("id").sha256 == document.sha256
    stored = opened.passages_of("id")
    assert [found.passage for found in stored] == SPLITTER.split(document)
    assert all(found.passage.text == found.passage.span.of(text) for found in stored)
    assert all((found.title, found.document_sha256) == (title, document.sha256) for found in stored)
    opened.close()


def test_unknown_documents_and_passages(store):
    with pytest.raises(NotFoundError, match="'D99' is not in this index"):
        store.document("D99")
    assert store.passages_of("D99") == []
    assert store.passages([10_000, -1]) == {}


def test_more_keys_than_one_query_can_bind(store):
    keys = list(range(1, 1_300))
    expected = sum(len(SPLITTER.split(document)) for document in varied())
    assert len(store.passages(keys)) == expected < 1_300


def test_counts_and_extent(store, tmp_path):
    assert store.counts()["documents"] == 60
    extent = store.extent()
    assert (extent.first_year, extent.last_year, extent.retracted) == (2010, 2020, 9)
    empty = written(tmp_path, [made("no year")])
    assert (empty.extent().first_year, empty.extent().last_year) == (None, None)
    empty.close()


def test_threads_share_a_store(tmp_path):
    shared = written(tmp_path, varied())
    filters = [Filters(years=(2010, 0)), Filters(mesh=("asthma",)), Filters(retracted=True), Filters()]
    expected = [list(shared.select(each).keys) for each in filters]
    together = threading.Barrier(8)

    def read(number):
        together.wait()
        return [
            (list(shared.select(filters[(number + turn) % 4]).keys), shared.document("D07").text) for turn in range(20)
        ]

    with ThreadPoolExecutor(8) as threads:
        for number, found in enumerate(threads.map(read, range(8))):
            assert found == [(expected[(number + turn) % 4], shared.document("D07").text) for turn in range(20)]
    shared.close()
    assert shared.document("D07").document_id == "D07", "a closed store opens again"
    shared.close()


def outcome(writer, document):
    with writer.transaction():
        return writer.put(document, SPLITTER.split(document))


def test_what_putting_a_document_comes_to(tmp_path):
    with StoreWriter(tmp_path) as writer:
        assert outcome(writer, made("A", version=2)) == "added"
        assert outcome(writer, made("A", version=2)) == "unchanged"
        assert outcome(writer, made("A", version=1)) == "older"
        assert outcome(writer, made("A", ["Other text."], version=2)) == "updated"
        assert outcome(writer, made("A", ["Other text."], version=2, year=2020)) == "updated"
        assert outcome(writer, made("A", ["Other text."], version=3, year=2020)) == "updated"
        assert writer.delete(Deletion("A", "f")) is True
        assert writer.delete(Deletion("A", "f")) is False
        assert outcome(writer, made("A", version=1)) == "added"


def test_a_passage_key_is_never_used_again(tmp_path):
    with StoreWriter(tmp_path) as writer:
        outcome(writer, made("A"))
        first = writer.lexical_work(10)
        writer.lexical_done(first)
        outcome(writer, made("A", ["Other."]))
        assert writer.lexical_work(10) == [2, 4]
        assert [passage.key for passage in writer.passage_texts([1, 2, 3, 4])] == [3, 4]
    assert first == [2]


def test_the_queues_hold_what_the_engines_do_not_know_yet(tmp_path):
    """Titles have the keys 1, 3 and 5: a title is searched by itself where it stands alone, as C's does."""
    with StoreWriter(tmp_path) as writer:
        for name, paragraphs in (("A", ["Same."]), ("A2", ["Same."]), ("C", [])):
            outcome(writer, msgspec.structs.replace(made(name, paragraphs), title="T"))
        assert writer.lexical_work(10) == [2, 4, 5]
        # The passages of A and A2 say the same below the same title, so that one vector serves both.
        assert [key for _, key in writer.without_vector()] == [2, 5]
        writer.record_vectors(0, [digest for digest, _ in writer.without_vector()])
        assert writer.without_vector() == []
        assert list(writer.vector_rows()) == [(2, 0), (4, 0), (5, 1)]
        writer.forget_vectors(1)
        assert list(writer.vector_rows()) == [(2, 0), (4, 0)]
        writer.lexical_done([2, 4, 5])
        writer.requeue_lexical()
        assert (writer.lexical_work(2), writer.lexical_work_size()) == ([2, 4], 3)


def test_a_retraction_puts_its_article_back_into_the_lexical_queue(tmp_path):
    with StoreWriter(tmp_path) as writer:
        outcome(writer, made("A"))
        outcome(writer, made("C"))
        writer.lexical_done([2, 4])
        outcome(writer, made("B", links=(Link("RetractionOf", "A"), Link("RetractionOf", ""), Link("ErratumOf", "C"))))
        assert writer.lexical_work(10) == [2, 6]
        assert [text.attributes.retracted for text in writer.passage_texts([2, 4, 6])] == [True, False, False]


def test_a_transaction_is_all_or_nothing(tmp_path):
    with StoreWriter(tmp_path) as writer:
        outcome(writer, made("A"))
        stopped = pytest.raises(KeyboardInterrupt)
        with stopped, writer.transaction():
            writer.put(made("B"), [])
            writer.delete(Deletion("A", "f"))
            raise KeyboardInterrupt
    opened = Store(tmp_path)
    assert opened.counts() | {"sources": 0} == {
        "documents": 1, "passages": 2, "vectors": 0, "sources": 0, "tombstones": 0, "skipped": 0
    }  # fmt: skip
    opened.close()


def test_what_is_no_store_is_named(tmp_path):
    with pytest.raises(IndexStateError, match=r"passages\.db: not found"):
        Store(tmp_path)
    (tmp_path / "passages.db").write_bytes(b"nonsense" * 100)
    with pytest.raises(IndexStateError, match=r"passages\.db: cannot be read as an index's store"):
        Store(tmp_path).document("A")
    with pytest.raises(IndexStateError, match=r"passages\.db: cannot be opened for writing"):
        StoreWriter(tmp_path)


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE documents SET sections = '[{]'",
        'UPDATE documents SET sections = \'[{"name":"","kind":"","span":{"start":9,"end":1}}]\'',
        'UPDATE documents SET sections = \'[{"name":"","kind":"","span":{"start":0,"end":99999}}]\'',
        "UPDATE documents SET metadata = 'null', left_out = ''",
        "UPDATE documents SET text = CAST(X'ff41' AS TEXT)",
        "DROP TABLE documents",
    ],
)
def test_damage_inside_is_an_error_that_names_the_file(tmp_path, damage):
    opened = written(tmp_path, [made("A")])
    with sqlite3.connect(tmp_path / "passages.db") as connection:
        connection.execute("PRAGMA foreign_keys = OFF")
        connection.execute(damage)
    connection.close()
    with pytest.raises(IndexStateError, match=r"passages\.db: is damaged .*\. Build the index again, in a new folder"):
        opened.document("A")
    opened.close()


def test_damage_met_while_writing_names_the_file(tmp_path):
    with pytest.raises(IndexStateError, match=r"passages\.db: cannot be read or written"), StoreWriter(tmp_path) as it:
        it.db.execute("SELECT * FROM nowhere")
