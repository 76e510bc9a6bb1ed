"""`check_index` finds what does not agree, wherever it is, says what helps, and changes nothing."""

import hashlib
import shutil
import sqlite3
from contextlib import closing

import numpy as np
import pytest

from corpora.errors import IndexStateError, NotFoundError
from indexer.build import BuildSettings, build_index
from indexer.check import check_index
from indexer.directory import locked
from indexer.manifest import read_manifest
from indexer.records import Attributes
from indexer.tantivy_engine import TantivyEngine, TantivyWriter
from tests.commands import biocite
from tests.fakes import WordHashModel
from tests.indexes import DOCUMENTS, tiny_index, write_documents
from tests.pubmed_files import article, deletion, pubmed_file
from tests.searching import answers

QUERIES = ("cystic fibrosis gene", "severe malaria")


def files(directory):
    """Every file with its content, but for those that SQLite makes beside a database that is open."""
    return {
        path.relative_to(directory).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(directory.rglob("*"))
        if path.is_file() and not path.name.endswith(("-shm", "-wal"))
    }


def flip(path, place):
    content = bytearray(path.read_bytes())
    content[place] ^= 1
    path.write_bytes(content)


def contents(directory):
    """What each query brings, without scores: a lexical index that was made anew no longer counts what was deleted."""
    return [sorted(hit[0].passage_id for hit in hits) for hits in answers(directory, *QUERIES)]


def change(path, *statements):
    with closing(sqlite3.connect(path)) as db:
        for statement in statements:
            db.execute(statement)
        db.commit()


def said(directory, **options):
    """Every problem as a line."""
    return [str(problem) for problem in check_index(directory, **options).problems]


def one(directory, *parts):
    """The one problem that there is, which must say all of this."""
    (line,) = said(directory)
    assert all(part in line for part in parts), line
    return line


@pytest.fixture
def directory(tmp_path):
    """The tiny index after an update that retracts, replaces and deletes."""
    directory = tiny_index(tmp_path)
    update = pubmed_file(
        tmp_path / "update.xml",
        article(2, "Retraction of drugs", "Withdrawn for good.", links=[("RetractionOf", 5)], version=2),
        article(8, "New one", "Nobody knew of naltrexone before."),
        deletion(1),
    )
    build_index([update], directory, WordHashModel())
    return directory


def test_an_index_in_order_has_no_problems_and_everything_was_counted(directory):
    report = check_index(directory, deep=True)
    assert (report.problems, report.notes) == ((), ())
    # Six documents, one deleted, one new; two passages each. The title is searched for with the other passage.
    assert (report.documents, report.passages, report.entries, report.compared) == (6, 12, 6, 6)
    # Six at first, the new text of PMID:2 and PMID:8; dead rows stay until the index is compacted.
    assert report.vectors == 8
    assert report.files == len(read_manifest(directory).files) >= 6


def test_it_changes_nothing_and_needs_no_lock(directory):
    before = files(directory)
    with locked(directory):
        assert said(directory, deep=True) == []
    assert files(directory) == before


@pytest.mark.parametrize("dense", ["flat", "ivf"])
def test_segments_are_checked(tmp_path, dense):
    records = [{"_id": f"PMID:{number}", "text": f"Word{number} and word{number // 3}."} for number in range(1_100)]
    directory = tmp_path / "index"
    source = write_documents(tmp_path / "d.jsonl", records)
    manifest = build_index([source], directory, WordHashModel(), settings=BuildSettings(dense=dense)).manifest
    assert (len(manifest.dense.segments) > 0) == (dense == "ivf")
    assert said(directory) == []


def test_an_empty_index_is_in_order(tmp_path):
    directory = tmp_path / "index"
    for number, record in enumerate([article(1, "A", "B"), deletion(1)]):
        build_index([pubmed_file(tmp_path / f"{number}.xml", record)], directory, WordHashModel())
    report = check_index(directory, deep=True)
    assert (report.problems, report.documents, report.entries) == ((), 0, 0)


def made_again(directory, tmp_path):
    """Do what every remedy of a part that can be made again says."""
    build_index([tmp_path / "documents.jsonl", tmp_path / "update.xml"], directory, WordHashModel())


@pytest.mark.parametrize("harm", ["one bit", "missing", "cut short"])
@pytest.mark.parametrize("kind", ["lexical/2/*.store", "lexical/2/meta.json", "dense/1/keys-2.npy", "*/2.columns"])
def test_harm_to_any_file_is_found_and_the_remedy_mends_it(tmp_path, directory, kind, harm):
    before, index_id = contents(directory), read_manifest(directory).index_id
    path = sorted(directory.glob(kind))[0]
    name = path.relative_to(directory).as_posix()
    if harm == "one bit":
        flip(path, path.stat().st_size // 2)
    elif harm == "missing":
        path.unlink()
    else:
        path.write_bytes(path.read_bytes()[:-1])
    problem = next(problem for problem in check_index(directory).problems if problem.part == name)
    what = {"one bit": "checksum", "missing": "is not there", "cut short": f"has {path.stat().st_size:,} bytes"
            if path.exists() else ""}[harm]  # fmt: skip
    assert what in problem.what
    named = path.parent if kind.startswith("lexical") else path
    assert problem.remedy.startswith(f"Delete {named} and run the same biocite index command again")
    shutil.rmtree(named) if named.is_dir() else named.unlink(missing_ok=True)
    made_again(directory, tmp_path)
    assert said(directory, deep=True) == []
    assert (contents(directory), read_manifest(directory).index_id) == (before, index_id)


@pytest.mark.parametrize("place", [0, 100, -1])
def test_a_changed_vector_is_found_and_the_remedy_mends_it(tmp_path, directory, place):
    before = answers(directory, *QUERIES)
    flip(directory / "dense/1/vectors.f16", place)
    problems = [problem for problem in check_index(directory).problems if problem.part == "dense/1"]
    assert "do not have the checksum recorded" in problems[0].what
    assert problems[0].remedy.startswith(f"Delete {directory / 'dense/1'} and run the same")
    shutil.rmtree(directory / "dense/1")
    made_again(directory, tmp_path)
    assert said(directory, deep=True) == []
    assert answers(directory, *QUERIES) == before


def test_a_database_of_vectors_that_is_missing_is_named_and_not_made(directory):
    (directory / "dense/1/vectors.db").unlink()
    assert any(
        line.startswith(f"dense/1: {directory / 'dense/1/vectors.db'}: is not there") for line in said(directory)
    )
    assert not (directory / "dense/1/vectors.db").exists()


def test_vectors_of_each_others_texts_are_found(directory):
    change(
        directory / "dense/1/vectors.db",
        "UPDATE vectors SET vector_row = -1 WHERE vector_row = 2",
        "UPDATE vectors SET vector_row = 2 WHERE vector_row = 3",
        "UPDATE vectors SET vector_row = 3 WHERE vector_row = -1",
    )
    one(directory, "keys-2.npy: gives passage", "and 1 others the vector of another text")


def test_a_text_without_a_vector_is_found(directory):
    change(directory / "dense/1/vectors.db", "DELETE FROM vectors WHERE vector_row = 3")
    assert any("have no vector" in line and "0 others" in line for line in said(directory))


LIVE = "died IS NULL AND document_id = 'PMID:2'"
KEY = f"(SELECT document_key FROM documents WHERE {LIVE})"


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        (f"UPDATE documents SET text = replace(text, 'good', 'food') WHERE {LIVE}", "hash is not that of its text"),
        (f"UPDATE documents SET sha256 = 'abc' WHERE {LIVE}", "document PMID:2: its hash is not that of its text"),
        (f"UPDATE documents SET title = 'Other' WHERE {LIVE}", "the hash of what is embedded for it is not that of"),
        (f"UPDATE documents SET sections = '[]' WHERE {LIVE}", "is in no section of its name and kind"),
        (f"UPDATE documents SET sections = 'x' WHERE {LIVE}", "document PMID:2: cannot be read (JSON is malformed"),
        (f"UPDATE documents SET year = 1987 WHERE {LIVE}", "year 1987 stand in its row"),
        (f"UPDATE documents SET version = 7 WHERE {LIVE}", "version 7 and"),
        (f"UPDATE documents SET retracted = 1 WHERE {LIVE}", "document PMID:2: is marked as retracted, against"),
        ("UPDATE documents SET retracted = 0 WHERE died IS NULL AND document_id = 'PMID:5'", "the manifest says 1"),
        (
            "INSERT INTO documents SELECT 99, document_id, born, 77, version, year, retracted, sha256, source, title,"
            f" left_out, metadata, sections, text FROM documents WHERE {LIVE}",
            "document PMID:2: is there 2 times",
        ),
        (f"UPDATE documents SET died = 2 WHERE {LIVE}", "holds 5 (documents), the manifest says 6"),
        (f"UPDATE passages SET start = start + 1 WHERE document_key = {KEY}", "is not that of its text"),
        (f'UPDATE passages SET "end" = 5000 WHERE document_key = {KEY}', "5000) is in no section"),
        (f"UPDATE passages SET start = -1 WHERE document_key = {KEY}", "[-1, "),
        (f"UPDATE passages SET kind = 'methods' WHERE document_key = {KEY}", "is in no section of its name and kind"),
        (f"UPDATE passages SET passage_id = 'PMID:3#1' WHERE document_key = {KEY}", "is named PMID:3#1"),
        (f"UPDATE passages SET embedded_sha256 = x'00' WHERE document_key = {KEY}", "embedded for it is not that of"),
        (f"DELETE FROM passages WHERE document_key = {KEY}", "holds 10 (passages), the manifest says 12"),
        (f"UPDATE facets SET value = 'letter' WHERE facet = 'publication_type' AND document_key = {KEY}", "filters"),
        (f"DELETE FROM links WHERE document_key = {KEY}", "document PMID:2: its links are not those"),
        ("DELETE FROM documents WHERE document_key = 6", "belongs to one of documents that is not there"),
        ("UPDATE sources SET sha256 = 'abc'||source_key", "lacks "),
        ("DELETE FROM tombstones", "holds 0 (tombstones), the manifest says 1"),
        ("UPDATE sqlite_sequence SET seq = 3 WHERE name = 'passages'", "gave passage keys up to 3"),
    ],
)
def test_rows_that_do_not_agree_are_found(directory, statement, expected):
    """Each of them without foreign keys, as a fault of the program or of a person would leave it."""
    change(directory / "passages.db", statement)
    report = check_index(directory)
    lines = [str(problem) for problem in report.problems if problem.part == "passages.db"]
    assert any(expected in line for line in lines), lines
    assert all(line.endswith("Build the index again, in a new folder, with biocite index") for line in lines)


def test_a_store_that_cannot_be_read_is_named(directory):
    path = directory / "passages.db"
    content = path.read_bytes()
    path.write_bytes(content[:4096] + b"\0" * 8192 + content[12288:])
    lines = said(directory)
    assert lines[0].startswith("passages.db: ")
    assert lines[0].endswith("Build the index again, in a new folder, with biocite index")


def test_a_store_that_is_missing_is_named(directory):
    (directory / "passages.db").unlink()
    remedy = "Build the index again, in a new folder, with biocite index"
    assert said(directory) == [f"passages.db: is not there. {remedy}"]
    assert not (directory / "passages.db").exists()


def lexical(directory, harm):
    """Change the entries of the lexical index; the lines that are said of it besides the files' checksums."""
    manifest = read_manifest(directory)
    with TantivyWriter(directory / manifest.lexical, manifest.analyzer) as writer:
        harm(writer)
        writer.commit()
    problems = check_index(directory, deep=True).problems
    return [problem.what for problem in problems if problem.part == manifest.lexical]


def keys(directory):
    manifest = read_manifest(directory)
    return TantivyEngine(directory / manifest.lexical, manifest.analyzer).keys(0, manifest.last_key + 1).tolist()


def test_lexical_entries_that_do_not_agree_are_found(directory):
    present = keys(directory)
    assert len(present) == 6
    assert lexical(directory, lambda writer: writer.delete(present[:1])) == [
        "holds 5 passages, expected 6",
        f"lacks passage {present[0]}",
        f"does not hold passage {present[0]} with its words, year and headings",
    ]


def test_a_lexical_entry_too_many_is_found(directory):
    extra = next(key for key in range(1, 100) if key not in keys(directory))
    assert lexical(directory, lambda writer: writer.add(extra, "text", Attributes(section="abstract"))) == [
        "holds 7 passages, expected 6",
        f"holds passage {extra}, which is not searched for",
    ]


def test_a_lexical_entry_that_is_there_twice_is_found(directory):
    key = keys(directory)[2]
    assert f"holds passage {key} more than once" in lexical(
        directory, lambda writer: writer.add(key, "text", Attributes(section="abstract"))
    )


@pytest.mark.parametrize(
    ("text", "year"), [("Nobody knew of naloxone before.", 2020), ("Nobody knew of naltrexone before.", 2021)]
)
def test_a_lexical_entry_of_another_text_or_year_is_found(directory, text, year):
    key = keys(directory)[-1]
    facets = {"journal": "j", "publication_types": ("journal article",), "section": "abstract", "languages": ("eng",)}

    def replace(writer):
        writer.delete([key])
        writer.add(key, f"New one\n{text}", Attributes(year=year, **facets))

    assert lexical(directory, replace) == [f"does not hold passage {key} with its words, year and headings"]


def test_the_same_entry_again_is_no_problem_of_the_entries(directory):
    """What the two tests before rely on: this is how the entry was made."""
    key = keys(directory)[-1]

    def replace(writer):
        writer.delete([key])
        writer.add(
            key,
            "New one\nNobody knew of naltrexone before.",
            Attributes(2020, "j", ("journal article",), (), "abstract", ("eng",)),
        )

    assert lexical(directory, replace) == []


def test_many_problems_of_a_kind_are_counted_and_not_all_told(directory):
    change(directory / "passages.db", *(f"INSERT INTO facets VALUES ({n}, 'mesh', 'x')" for n in range(100, 150)))
    lines = said(directory)
    assert len(lines) == 21
    assert "30 more of this kind" in lines[-1]


def test_an_unfinished_update_is_a_note_and_no_problem(tmp_path, directory, monkeypatch):
    def stopped(*_arguments, **_options):
        raise KeyboardInterrupt

    source = pubmed_file(tmp_path / "3.xml", article(8, "New", "Text.", version=2), deletion(3, 4))
    with monkeypatch.context() as patch:
        patch.setattr("indexer.build.write_layout", stopped)
        with pytest.raises(KeyboardInterrupt):
            build_index([source], directory, WordHashModel())
    report = check_index(directory, deep=True)
    assert report.problems == ()
    assert report.notes == ("an unfinished update is there: run the same biocite index command again to finish it",)
    build_index([source], directory, WordHashModel())
    assert check_index(directory, deep=True).notes == ()


def test_where_there_is_no_finished_index_it_is_said(tmp_path, monkeypatch):
    with pytest.raises(NotFoundError, match="no index found"):
        check_index(tmp_path / "nothing")

    def stopped(*_arguments, **_options):
        raise KeyboardInterrupt

    monkeypatch.setattr("indexer.build.write_layout", stopped)
    with pytest.raises(KeyboardInterrupt):
        build_index([write_documents(tmp_path / "d.jsonl")], tmp_path / "index", WordHashModel())
    with pytest.raises(IndexStateError, match=r"the index is unfinished\. Run the same biocite index command again"):
        check_index(tmp_path / "index")


def test_the_command_line_says_what_was_checked(directory):
    outcome = biocite("check", "--index", directory)
    assert (outcome.code, outcome.notes) == (0, [])
    assert outcome.stdout == (
        f"{directory}: everything agrees · 6 documents, 12 passages, 8 vectors, 6 BM25 entries (6 word by word), "
        f"{len(read_manifest(directory).files)} files · index {read_manifest(directory).index_id}, generation 2\n"
    )
    told = biocite("check", "--deep", "--json", "--index", directory).json
    assert (told["documents"], told["problems"], told["generation"]) == (6, [], 2)


def test_the_command_line_has_a_line_for_each_problem(directory):
    change(directory / "passages.db", f"UPDATE documents SET year = 1987 WHERE {LIVE}")
    outcome = biocite("check", "--index", directory)
    assert outcome.code == 1
    lines = outcome.stdout.splitlines()
    assert lines[0].startswith("passages.db: document PMID:2: version 2 and year 1987 stand in its row")
    assert lines[-1].startswith(f"{directory}: {len(lines) - 1} problems")
    told = biocite("check", "--json", "--index", directory)
    assert told.code == 1
    assert {"part", "what", "remedy"} == set(told.json["problems"][0])


def test_the_sample_is_spread_over_all_keys():
    from indexer.check import _sample

    assert _sample(np.arange(10)).tolist() == list(range(10))
    spread = _sample(np.arange(2_500)).tolist()
    assert (len(spread), spread[:3], spread[-1]) == (834, [0, 3, 6], 2_499)


def test_documents_of_every_kind_are_compared_with_what_they_give(tmp_path):
    """Also those without year, journal or text besides the title, and equal headings that differ in case."""
    records = [*DOCUMENTS, {"_id": "t", "title": "Only a title", "text": ""}, {"_id": "u", "text": "Only a text."}]
    records.append({"_id": "v", "text": "Text.", "mesh": ["Fever", "FEVER"], "languages": ["eng", "eng"]})
    assert said(tiny_index(tmp_path, records), deep=True) == []
