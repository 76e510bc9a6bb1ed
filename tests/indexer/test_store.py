"""The store against brute force: what filters select, what comes back, what each change puts into the queues."""

import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpora.errors import IndexStateError, NotFoundError
from corpora.records import SECTION_KINDS, Document, Link, MeshHeading, Metadata, Section, Span
from corpora.text import TextBuilder
from indexer.prepared import PreparedDeletion, prepare_document
from indexer.records import Filters, fold
from indexer.splitting import Splitter
from indexer.store import Store
from indexer.store_scan import StoreScan
from indexer.store_writer import StoreWriter
from indexer.vectors import VectorStore

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


def columns(directory, generation=1):
    with StoreScan(directory, generation) as scan:
        return scan.columns()


def select(store, generation, filters):
    return [int(key) for key in columns(store.path.parent, generation).select(filters, store).keys]


def prepared(document):
    return prepare_document(document, SPLITTER.split(document))


def written(directory, documents):
    with StoreWriter(directory) as writer, writer.transaction():
        for document in documents:
            writer.put(prepared(document))
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
        and (not filters.documents or document.document_id in filters.documents)
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
    documents=st.lists(st.sampled_from(["D07", "D15", "d07", "D20", "nowhere"]), max_size=3).map(tuple),
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
    selection = columns(store.path.parent).select(filters, store)
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


def statistics(directory, generation=1):
    with StoreScan(directory, generation) as scan:
        return scan.statistics()


def test_statistics(tmp_path):
    written(tmp_path, varied()).close()
    found = statistics(tmp_path)
    passages = [passage for document in varied() for passage in SPLITTER.split(document)]
    assert (found.documents, found.passages, found.searched) == (60, len(passages), len(passages) - 45)
    assert (found.first_year, found.last_year, found.retracted) == (2010, 2020, 9)
    written(tmp_path, [made("no year")]).close()
    (tmp_path / "empty").mkdir()
    written(tmp_path / "empty", [made("no year")]).close()
    empty = statistics(tmp_path / "empty")
    assert (empty.first_year, empty.last_year, empty.documents) == (None, None, 1)


def test_threads_share_a_store(tmp_path):
    shared = written(tmp_path, varied())
    filters = [Filters(years=(2010, 0)), Filters(mesh=("asthma",)), Filters(retracted=True), Filters()]
    expected = [select(shared, 1, each) for each in filters]
    together = threading.Barrier(8)

    def read(number):
        together.wait()
        return [(select(shared, 1, filters[(number + turn) % 4]), shared.document("D07").text) for turn in range(20)]

    with ThreadPoolExecutor(8) as threads:
        for number, found in enumerate(threads.map(read, range(8))):
            assert found == [(expected[(number + turn) % 4], shared.document("D07").text) for turn in range(20)]
    shared.close()
    assert shared.document("D07").document_id == "D07", "a closed store opens again"
    shared.close()


def outcome(writer, document):
    with writer.transaction():
        return writer.put(prepared(document))


def test_what_putting_a_document_comes_to(tmp_path):
    with StoreWriter(tmp_path) as writer:
        assert outcome(writer, made("A", version=2)) == "added"
        assert outcome(writer, made("A", version=2)) == "unchanged"
        assert outcome(writer, made("A", version=1)) == "older"
        assert outcome(writer, made("A", ["Other text."], version=2)) == "updated"
        assert outcome(writer, made("A", ["Other text."], version=2, year=2020)) == "updated"
        assert outcome(writer, made("A", ["Other text."], version=3, year=2020)) == "updated"
        assert writer.delete(PreparedDeletion("A", "f")) is True
        assert writer.delete(PreparedDeletion("A", "f")) is False
        assert outcome(writer, made("A", version=1)) == "added"


def searched(directory, generation, after=0):
    """(key, document, retracted) of each passage that is searched for."""
    with StoreScan(directory, generation) as scan:
        keys = scan.searched_after(after, 1_000)
        texts = scan.passage_texts(keys)
        assert [text.key for text in texts] == keys
        return [(text.key, text.text, text.attributes.retracted) for text in texts]


def removed(directory, generation):
    with StoreScan(directory) as scan:
        return list(scan.removed_in(generation))


def keys(directory, generation, after=0):
    return [key for key, _, _ in searched(directory, generation, after)]


def test_a_generation_stays_as_it_was_while_the_next_is_built(tmp_path):
    with StoreWriter(tmp_path, 1) as writer:
        outcome(writer, made("A"))
        outcome(writer, made("B"))
    before = Store(tmp_path, 1)
    with StoreWriter(tmp_path, 2) as writer:
        outcome(writer, made("A", ["Other."]))
        outcome(writer, made("C"))
        with writer.transaction():
            assert writer.delete(PreparedDeletion("B", "f"))
    after = Store(tmp_path, 2)
    assert list(before.document_ids()) == ["A", "B"]
    assert list(after.document_ids()) == ["A", "C"]
    assert (before.document("A").text, after.document("A").text) == ("About A\n\nOne text.", "About A\n\nOther.")
    assert (keys(tmp_path, 1), keys(tmp_path, 2)) == ([2, 4], [6, 8])
    assert removed(tmp_path, 2) == [1, 2, 3, 4]
    assert [select(*each, Filters(sections=("methods",))) for each in ((before, 1), (after, 2))] == [[2, 4], [6, 8]]
    assert sorted(before.passages([2, 4, 6, 8])) == [2, 4]
    assert before.titles_of(["B"]).keys() == {"B"}
    assert after.titles_of(["B"]) == {}
    before.close()
    after.close()


def test_purging_removes_what_no_generation_in_use_sees(tmp_path):
    for generation, text in ((1, "One."), (2, "Two."), (3, "Three.")):
        with StoreWriter(tmp_path, generation) as writer:
            outcome(writer, made("A", [text]))
    with StoreWriter(tmp_path, 4) as writer:
        assert writer.purge(2) == 1
        assert [keys(tmp_path, generation) for generation in (1, 2, 3)] == [[], [4], [6]]
        assert writer.purge(3) == 1
        assert [keys(tmp_path, generation) for generation in (1, 2, 3)] == [[], [], [6]]
        assert writer.purge(3) == 0


def test_what_is_born_and_replaced_within_a_generation_was_never_there(tmp_path):
    with StoreWriter(tmp_path, 1) as writer:
        outcome(writer, made("A"))
        outcome(writer, made("A", ["Other."]))
        assert keys(tmp_path, 1) == [4]
        assert removed(tmp_path, 1) == [1, 2]
        with StoreScan(tmp_path) as scan:
            assert [text.key for text in scan.passage_texts([1, 2, 3, 4])] == [3, 4]
            assert scan.last_key() == 4


def test_scanning_goes_on_behind_a_key(tmp_path):
    """Titles have the keys 1, 3 and 5: a title is searched by itself where it stands alone, as C's does."""
    with StoreWriter(tmp_path) as writer:
        for name, paragraphs in (("A", ["Same."]), ("A2", ["Same."]), ("C", [])):
            outcome(writer, msgspec.structs.replace(made(name, paragraphs), title="T"))
    with VectorStore(tmp_path / "dense" / "1", 2) as vectors, StoreScan(tmp_path) as scan:
        assert (scan.searched_after(0, 10), scan.searched_after(2, 1)) == ([2, 4, 5], [4])
        scan.attach(vectors.folder / "vectors.db")
        # The passages of A and A2 say the same below the same title, so that one vector serves both.
        hashes = dict(scan.unembedded_after(0, 10))
        assert (list(hashes), len(set(hashes.values()))) == ([2, 4, 5], 2)
        vectors.append([hashes[2]], np.array([[1, 0]], dtype=np.float32))
        assert scan.unembedded_after(0, 10) == [(5, hashes[5])]
        found, rows = scan.vector_rows()
        assert (list(found), list(rows)) == ([2, 4, 5], [0, 0, -1])


def test_a_retraction_makes_its_article_a_new_one_in_the_next_generation(tmp_path):
    with StoreWriter(tmp_path, 1) as writer:
        outcome(writer, made("A"))
        outcome(writer, made("C"))
    with StoreWriter(tmp_path, 2) as writer:
        outcome(writer, made("B", links=(Link("RetractionOf", "A"), Link("RetractionOf", ""), Link("ErratumOf", "C"))))
    assert [(key, mark) for key, _, mark in searched(tmp_path, 1)] == [(2, False), (4, False)]
    assert [(key, mark) for key, _, mark in searched(tmp_path, 2)] == [(4, False), (6, False), (8, True)]
    old, new = Store(tmp_path, 1), Store(tmp_path, 2)
    assert (old.document("A").metadata.retracted, new.document("A").metadata.retracted) == (False, True)
    assert [p.passage for p in old.passages_of("A")] == [p.passage for p in new.passages_of("A")]
    old.close()
    new.close()


def test_a_retraction_within_a_generation_gives_new_keys(tmp_path):
    with StoreWriter(tmp_path, 1) as writer:
        outcome(writer, made("A", mesh=(MeshHeading("Asthma"),)))
        outcome(writer, made("B", links=(Link("RetractionOf", "A"),)))
        with writer.transaction():
            writer.delete(PreparedDeletion("B", "f"))
    assert [(key, mark) for key, _, mark in searched(tmp_path, 1)] == [(8, False)]
    assert removed(tmp_path, 1) == [1, 2, 3, 4, 5, 6]
    store = Store(tmp_path, 1)
    assert select(store, 1, Filters(mesh=("asthma",))) == [8]
    store.close()


def test_a_transaction_is_all_or_nothing(tmp_path):
    with StoreWriter(tmp_path) as writer:
        outcome(writer, made("A"))
        stopped = pytest.raises(KeyboardInterrupt)
        with stopped, writer.transaction():
            writer.put(prepared(made("B")))
            writer.delete(PreparedDeletion("A", "f"))
            raise KeyboardInterrupt
    found = statistics(tmp_path)
    assert (found.documents, found.passages, found.tombstones) == (1, 2, 0)


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
