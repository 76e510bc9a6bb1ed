"""What a build does to an index: adding, updating, deleting, retracting, refusing, and nothing where nothing is new."""

import os
import shutil

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from corpora.errors import IndexStateError, SourceError, UsageError
from corpora.records import Skipped
from indexer.build import BuildSettings, build_index
from indexer.commit import file_state
from indexer.directory import locked
from indexer.manifest import read_manifest
from indexer.splitting import Splitter
from indexer.store import Store
from tests.fakes import WordHashModel
from tests.indexes import DOCUMENTS, tiny_index, write_documents
from tests.pubmed_files import article, deletion, pubmed_file
from tests.searching import answers, found

MORE = {"_id": "more", "title": "More", "text": "One text more."}
QUERIES = ("cystic fibrosis gene", "severe malaria", "anaphylaxis")


class CountingModel(WordHashModel):
    """Remembers every text that it embedded."""

    def __init__(self, name="word-hash"):
        super().__init__(name)
        self.texts = []

    def encode_passages(self, texts, advance=None):
        vectors = super().encode_passages(texts, advance)
        self.texts += texts
        return vectors


class Stages:
    """A `Progress` that writes down what it is told."""

    def __init__(self):
        self.stages = []

    def start(self, stage, total, unit):
        self.stages.append(ToldStage(stage, total))
        return self.stages[-1]


class ToldStage:
    """One stage of `Stages`."""

    def __init__(self, name, total):
        self.told = [name, total, 0, False]

    def advance(self, amount):
        self.told[2] += amount

    def expect(self, total):
        self.told[1] = total

    def finish(self):
        self.told[3] = True


def counts(directory):
    return msgspec.to_builtins(read_manifest(directory).statistics)


def document(directory, document_id):
    store = Store(directory)
    try:
        return store.document(document_id)
    finally:
        store.close()


def test_the_same_source_again_changes_nothing_and_embeds_nothing(tmp_path):
    source, directory, model = write_documents(tmp_path / "d.jsonl"), tmp_path / "index", CountingModel()
    first = build_index([source], directory, model)
    before, embedded = answers(directory, *QUERIES), len(model.texts)
    again = build_index([source], directory, model)
    assert (first.totals["added"], first.embedded, embedded) == (6, 6, 6)
    assert (again.totals, again.embedded, len(model.texts)) == ({"files_already_indexed": 1}, 0, embedded)
    assert again.manifest.index_id == first.manifest.index_id
    assert answers(directory, *QUERIES) == before


def test_a_copy_under_another_name_is_the_same_source(tmp_path):
    directory = tiny_index(tmp_path)
    before = read_manifest(directory)
    copy = write_documents(tmp_path / "copy.jsonl")
    report = build_index([copy], directory, WordHashModel())
    assert report.totals == {"files_already_indexed": 1}
    assert report.manifest.index_id == before.index_id
    assert report.manifest.sources == before.sources


def test_the_report_and_the_manifest_count_what_each_file_held(tmp_path):
    first = write_documents(tmp_path / "a.jsonl", DOCUMENTS[:2])
    second = write_documents(tmp_path / "b.jsonl", DOCUMENTS[1:4])
    report = build_index([first, second], tmp_path / "index", WordHashModel())
    assert [source.name for source in report.sources] == [str(first), str(second)]
    assert report.sources[0].counts == {"records": 2, "with_text_besides_title": 2, "added": 2}
    assert report.sources[1].counts == {"records": 3, "with_text_besides_title": 3, "added": 2, "unchanged": 1}
    assert report.totals == {"added": 4, "records": 5, "unchanged": 1, "with_text_besides_title": 5}
    assert (report.manifest.documents, report.manifest.passages, report.embedded) == (4, 8, 4)
    assert [source.counts for source in report.manifest.sources] == [source.counts for source in report.sources]
    assert counts(tmp_path / "index")["documents"] == 4


def test_files_one_by_one_make_the_same_index_as_all_at_once(tmp_path):
    files = [write_documents(tmp_path / f"{number}.jsonl", [DOCUMENTS[number]]) for number in range(6)]
    together = build_index(files, tmp_path / "together", WordHashModel()).manifest
    for file in files:
        single = build_index([file], tmp_path / "single", WordHashModel()).manifest
    assert single.index_id == together.index_id
    assert answers(tmp_path / "single", *QUERIES) == answers(tmp_path / "together", *QUERIES)


def test_the_index_id_tells_models_splitters_sources_and_their_order_apart(tmp_path):
    a, b = (write_documents(tmp_path / name, [record]) for name, record in zip("ab", DOCUMENTS, strict=False))
    short = BuildSettings(splitter=Splitter(max_words=10, overlap_words=2, min_words=2))
    made = [
        build_index([a, b], tmp_path / "1", WordHashModel()),
        build_index([b, a], tmp_path / "2", WordHashModel()),
        build_index([a], tmp_path / "3", WordHashModel()),
        build_index([a, b], tmp_path / "4", WordHashModel("other")),
        build_index([a, b], tmp_path / "5", WordHashModel(), settings=short),
    ]
    assert len({report.manifest.index_id for report in made}) == 5
    assert build_index([a, b], tmp_path / "6", WordHashModel()).manifest.index_id == made[0].manifest.index_id


def test_an_update_replaces_text_everywhere(tmp_path):
    directory = tmp_path / "index"
    old = pubmed_file(tmp_path / "1.xml", article(7, "A study", "Aspirin was given."), article(8, "B", "Placebo."))
    new = pubmed_file(tmp_path / "2.xml", article(7, "A study", "Clopidogrel was given.", version=2))
    build_index([old], directory, WordHashModel())
    report = build_index([new], directory, WordHashModel())
    assert (report.totals["updated"], report.embedded) == (1, 1)
    assert document(directory, "PMID:7").text == "A study\n\nClopidogrel was given."
    for mode in ("bm25", "dense"):
        assert found(directory, "clopidogrel", mode)[0] == "PMID:7"
    assert found(directory, "aspirin") == []
    assert counts(directory)["documents"] == 2


def test_an_older_version_changes_nothing(tmp_path):
    directory = tmp_path / "index"
    new = pubmed_file(tmp_path / "1.xml", article(7, "T", "Clopidogrel.", version=3))
    old = pubmed_file(tmp_path / "2.xml", article(7, "T", "Aspirin.", version=2))
    build_index([new], directory, WordHashModel())
    report = build_index([old], directory, WordHashModel())
    assert (report.totals["older"], report.embedded) == (1, 0)
    assert (found(directory, "clopidogrel"), found(directory, "aspirin")) == (["PMID:7"], [])


def test_changed_metadata_alone_is_an_update_that_embeds_nothing(tmp_path):
    directory = tmp_path / "index"
    build_index([pubmed_file(tmp_path / "1.xml", article(7, "T", "Text.", year=2019))], directory, WordHashModel())
    report = build_index(
        [pubmed_file(tmp_path / "2.xml", article(7, "T", "Text.", year=2021))], directory, WordHashModel()
    )
    assert (report.totals["updated"], report.embedded) == (1, 0)
    assert found(directory, "text", years=(2021, 2021)) == ["PMID:7"]
    assert found(directory, "text", years=(2019, 2019)) == []


def test_a_deletion_removes_from_every_part_and_is_remembered(tmp_path):
    directory = tmp_path / "index"
    build_index(
        [pubmed_file(tmp_path / "1.xml", article(7, "T", "Aspirin."), article(8, "U", "Aspirin too."))],
        directory,
        WordHashModel(),
    )
    report = build_index([pubmed_file(tmp_path / "2.xml", deletion(7, 99))], directory, WordHashModel())
    assert (report.totals["deletions"], report.totals["deleted"]) == (2, 1)
    assert found(directory, "aspirin") == found(directory, "aspirin", "dense") == ["PMID:8"]
    assert (counts(directory)["documents"], counts(directory)["tombstones"]) == (1, 2)
    build_index([pubmed_file(tmp_path / "3.xml", article(7, "T", "Back again."))], directory, WordHashModel())
    assert found(directory, "again") == ["PMID:7"]
    assert counts(directory)["tombstones"] == 1


def test_an_index_of_which_everything_was_deleted_is_empty_and_alive(tmp_path):
    directory = tmp_path / "index"
    build_index([pubmed_file(tmp_path / "1.xml", article(7, "T", "Aspirin."))], directory, WordHashModel())
    build_index([pubmed_file(tmp_path / "2.xml", deletion(7))], directory, WordHashModel())
    assert answers(directory, "aspirin") == [[], [], []]
    assert read_manifest(directory).documents == 0
    build_index([pubmed_file(tmp_path / "3.xml", article(9, "T", "Aspirin."))], directory, WordHashModel())
    assert found(directory, "aspirin", "dense") == ["PMID:9"]


NOTICE = article(2, "Retraction", "Withdrawn.", links=[("RetractionOf", 1)])
RETRACTED = article(1, "Finding", "Magnets heal.")


@pytest.mark.parametrize("records", [(RETRACTED, NOTICE), (NOTICE, RETRACTED)], ids=["notice last", "notice first"])
@pytest.mark.parametrize("together", [True, False], ids=["one file", "two files"])
def test_a_retraction_notice_marks_its_article_whichever_comes_first(tmp_path, records, together):
    directory = tmp_path / "index"
    if together:
        files = [pubmed_file(tmp_path / "1.xml", *records)]
    else:
        files = [pubmed_file(tmp_path / f"{number}.xml", record) for number, record in enumerate(records)]
    for file in files:
        build_index([file], directory, WordHashModel())
    assert document(directory, "PMID:1").metadata.retracted
    assert not document(directory, "PMID:2").metadata.retracted
    for mode in ("bm25", "dense"):
        assert found(directory, "magnets heal", mode, retracted=True) == ["PMID:1"]
        assert "PMID:1" not in found(directory, "magnets heal", mode, retracted=False)


def test_a_retracted_article_stays_so_through_an_update(tmp_path):
    directory = tmp_path / "index"
    files = [
        pubmed_file(tmp_path / "1.xml", RETRACTED, NOTICE),
        pubmed_file(tmp_path / "2.xml", article(1, "Finding", "Magnets heal, again.", version=2)),
    ]
    build_index(files, directory, WordHashModel())
    assert document(directory, "PMID:1").text.endswith("again.")
    assert found(directory, "magnets", retracted=True) == ["PMID:1"]


@pytest.mark.parametrize("update", [deletion(2), article(2, "Not a notice", "A comment.", version=2)])
@pytest.mark.parametrize("together", [True, False])
def test_without_its_notice_an_article_is_no_longer_retracted(tmp_path, update, together):
    directory = tmp_path / "index"
    files = [pubmed_file(tmp_path / "1.xml", RETRACTED, NOTICE), pubmed_file(tmp_path / "2.xml", update)]
    for sources in [files] if together else [[file] for file in files]:
        build_index(sources, directory, WordHashModel())
    assert not document(directory, "PMID:1").metadata.retracted
    for mode in ("bm25", "dense"):
        assert found(directory, "magnets heal", mode, retracted=False)[0] == "PMID:1"
    assert found(directory, "magnets heal", retracted=True) == []


def test_a_damaged_file_among_good_ones_is_refused_whole_and_named(tmp_path):
    good = write_documents(tmp_path / "good.jsonl", DOCUMENTS[:2])
    cut = pubmed_file(tmp_path / "cut.xml", article(1, "Kept back", "Zebra."), article(2, "Cut", "Here"))
    cut.write_bytes(cut.read_bytes()[:-100])
    report = build_index([cut, good], tmp_path / "index", WordHashModel())
    assert [bool(source.refused) for source in report.sources] == [True, False]
    assert str(cut) in report.sources[0].refused
    assert report.totals == {"added": 2, "files_refused": 1, "records": 2, "with_text_besides_title": 2}
    assert found(tmp_path / "index", "zebra") == []
    assert [source.name for source in report.manifest.sources] == [str(good)]


def test_a_bad_record_among_good_ones_is_skipped_and_told(tmp_path):
    source = tmp_path / "mixed.jsonl"
    source.write_text('{"_id": "1", "text": "Good one."}\nnonsense\n{"_id": "2", "text": "Good two."}\n')
    report = build_index([source], tmp_path / "index", WordHashModel())
    (skipped,) = report.sources[0].skipped
    assert isinstance(skipped, Skipped)
    assert (skipped.source, skipped.record) == (str(source), 2)
    assert (report.totals["added"], report.totals["skipped"]) == (2, 1)
    assert counts(tmp_path / "index")["skipped"] == 1


def test_what_is_no_file_in_a_folder_is_skipped_unopened(tmp_path):
    """Opening the pipe would wait for a writer for ever."""
    folder = tmp_path / "literature"
    folder.mkdir()
    write_documents(folder / "good.jsonl", DOCUMENTS[:2])
    os.mkfifo(folder / "pipe.xml")
    (folder / "broken.xml").symlink_to("nowhere")
    report = build_index([folder], tmp_path / "index", WordHashModel())
    assert report.totals == {"added": 2, "records": 2, "skipped": 2, "with_text_besides_title": 2}
    assert [source.refused for source in report.sources] == ["", "", ""]
    assert {item.source for source in report.sources for item in source.skipped} == {
        str(folder / "pipe.xml"), str(folder / "broken.xml")
    }  # fmt: skip


@pytest.mark.parametrize("exists", [False, True])
def test_nothing_stored_leaves_no_index_behind(tmp_path, exists):
    source, directory = tmp_path / "bad.jsonl", tmp_path / "index"
    source.write_text('{"_id": "1"}\n{"_id": 2, "text": ""}\n')
    if exists:
        directory.mkdir()
    with pytest.raises(SourceError, match=r"2 records skipped.*bad\.jsonl, record 1"):
        build_index([source], directory, WordHashModel())
    assert directory.exists() == exists
    assert not exists or list(directory.iterdir()) == []


def test_a_finished_index_is_as_it_was_when_nothing_new_can_be_read(tmp_path):
    directory = tiny_index(tmp_path)
    before, manifest = answers(directory, *QUERIES), read_manifest(directory)
    cut = pubmed_file(tmp_path / "cut.xml", article(1, "A", "B"))
    cut.write_bytes(cut.read_bytes()[:-30])
    report = build_index([cut], directory, WordHashModel())
    assert report.sources[0].refused
    assert report.manifest.index_id == manifest.index_id
    assert answers(directory, *QUERIES) == before


def test_identical_texts_are_embedded_once_and_all_found(tmp_path):
    same = [{"_id": name, "title": "One title", "text": "One text."} for name in ("c", "a", "b")]
    model = CountingModel()
    report = build_index([write_documents(tmp_path / "d.jsonl", same)], tmp_path / "index", model)
    assert model.texts == ["One title\nOne text."]
    assert (report.embedded, report.manifest.passages) == (1, 6)
    for mode in ("hybrid", "bm25", "dense"):
        assert found(tmp_path / "index", "one text", mode) == ["a", "b", "c"]


def test_a_second_writer_is_told_to_wait(tmp_path):
    directory = tiny_index(tmp_path)
    with locked(directory), pytest.raises(IndexStateError, match="another process is writing"):
        build_index([tmp_path / "documents.jsonl"], directory, WordHashModel())
    build_index([tmp_path / "documents.jsonl"], directory, WordHashModel())


def test_another_model_or_splitter_is_refused(tmp_path):
    directory = tiny_index(tmp_path)
    source = tmp_path / "documents.jsonl"
    with pytest.raises(IndexStateError, match=r"word-hash \(1, 64 dimensions\), not other"):
        build_index([source], directory, WordHashModel("other"))
    short = BuildSettings(splitter=Splitter(max_words=100))
    with pytest.raises(IndexStateError, match="another splitter"):
        build_index([source], directory, WordHashModel(), settings=short)


def test_a_folder_with_other_things_is_left_alone(tmp_path):
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "thesis.txt").write_text("precious")
    with pytest.raises(UsageError, match="is not empty and is not an index"):
        build_index([write_documents(tmp_path / "d.jsonl")], tmp_path / "home", WordHashModel())
    assert [path.name for path in (tmp_path / "home").iterdir()] == ["thesis.txt"]


def test_progress_adds_up_to_what_was_announced(tmp_path):
    files = [write_documents(tmp_path / f"{n}.jsonl", DOCUMENTS[n : n + 2]) for n in (0, 2, 4)]
    build_index(files[:1], tmp_path / "index", WordHashModel())
    told = Stages()
    build_index(files, tmp_path / "index", WordHashModel(), progress=told)
    size = sum(file.stat().st_size for file in files)
    assert [stage.told for stage in told.stages] == [
        ["reading", size, size, True], ["BM25 index", 4, 4, True], ["embedding", 4, 4, True],
    ]  # fmt: skip


Step = st.tuples(st.sampled_from(["put", "delete"]), st.integers(1, 4), st.integers(1, 3), st.sampled_from("xyz"))


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.lists(Step, min_size=1, max_size=4), min_size=1, max_size=4))
def test_any_history_ends_in_the_index_that_its_rules_say(tmp_path_factory, history):
    """Against a dictionary: an older version never wins, a deletion removes, whatever was there before."""
    tmp_path = tmp_path_factory.mktemp("history")
    expected = {}
    files = []
    for number, steps in enumerate(history):
        # (A file of the same bytes as one before would be the same source, and so not applied again.)
        records = [article(999, "Anchor", f"Anchor of file {number}.", version=1 + number)]
        for what, pmid, version, word in steps:
            if what == "delete":
                records.append(deletion(pmid))
                expected.pop(pmid, None)
            else:
                records.append(article(pmid, f"Title {pmid}", f"Word{word}.", version=version))
                if pmid not in expected or expected[pmid][0] <= version:
                    expected[pmid] = (version, word)
        files.append(pubmed_file(tmp_path / f"{number}.xml", *records))
    build_index(files, tmp_path / "index", WordHashModel())
    for word in "xyz":
        holders = sorted(f"PMID:{pmid}" for pmid, (_, held) in expected.items() if held == word)
        assert sorted(found(tmp_path / "index", f"word{word}")) == holders
        assert set(holders) <= set(found(tmp_path / "index", f"word{word}", "dense"))
    assert counts(tmp_path / "index")["documents"] == len(expected) + 1


def test_asking_for_another_kind_of_dense_index_is_something_to_do(tmp_path):
    directory = tiny_index(tmp_path)
    source, exact = tmp_path / "documents.jsonl", BuildSettings(dense="flat")
    generations = [
        build_index([source], directory, WordHashModel(), settings=settings).manifest.generation
        for settings in (None, exact, exact, None)
    ]
    assert generations == [1, 2, 2, 2]


def test_without_its_database_the_vectors_are_not_thrown_away(tmp_path):
    directory = tiny_index(tmp_path)
    vectors = directory / "dense" / "1" / "vectors.f16"
    content = vectors.read_bytes()
    for name in ("vectors.db", "vectors.db-wal", "vectors.db-shm"):
        (directory / "dense" / "1" / name).unlink(missing_ok=True)
    with pytest.raises(IndexStateError, match=r"vectors\.db: is not there, but vectors\.f16 is"):
        build_index([tmp_path / "documents.jsonl"], directory, WordHashModel())
    assert vectors.read_bytes() == content


def test_a_folder_made_anew_gets_new_checksums(tmp_path):
    directory = tiny_index(tmp_path)
    build_index([write_documents(tmp_path / "more.jsonl", [MORE])], directory, WordHashModel())
    shutil.rmtree(directory / "dense" / "1")
    manifest = build_index([tmp_path / "documents.jsonl"], directory, WordHashModel()).manifest
    assert manifest.files == {name: file_state(directory / name) for name in manifest.files}
