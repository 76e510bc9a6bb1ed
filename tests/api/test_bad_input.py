"""Sources that cannot be read: one line that names the file, no half-made index, and what was there before stays."""

import gzip
import os
import shutil
import socket

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from corpora.xml import MAX_RECORD_BYTES
from tests.api.bad_files import BAD_FILES, JATS, LINE, PUBMED, RECORD, tar
from tests.commands import biocite, refusal, use_small_models
from tests.indexes import tiny_index, write_documents
from tests.pubmed_files import article

SEARCH = ("search", "cystic fibrosis gene", "-k", "100", "--json", "--index")


@pytest.fixture(autouse=True)
def small_models(monkeypatch):
    use_small_models(monkeypatch)


@pytest.fixture(scope="module")
def pristine(tmp_path_factory):
    return tiny_index(tmp_path_factory.mktemp("pristine"))


def hits(directory):
    outcome = biocite(*SEARCH, directory)
    assert outcome.code == 0, outcome
    return outcome.json["index_id"], outcome.json["hits"]


def copied(pristine, tmp_path):
    return shutil.copytree(pristine, tmp_path / "existing")


def add(source, directory):
    return biocite("index", source, "--into", directory, "--embedding-model", "word-hash", "--json")


@pytest.mark.parametrize("name", BAD_FILES)
def test_a_bad_file_makes_no_index(tmp_path, name):
    source = tmp_path / "the file"
    source.write_bytes(BAD_FILES[name])
    refusal(biocite("index", source, "--into", tmp_path / "new", "--json"), source, code=1)
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("name", BAD_FILES)
def test_a_bad_file_leaves_an_index_as_it_was(tmp_path, pristine, name):
    """Records that are bad one by one are counted instead: the file was read, and nothing of it was worth keeping."""
    directory = copied(pristine, tmp_path)
    source = tmp_path / "the file"
    source.write_bytes(BAD_FILES[name])
    outcome = add(source, directory)
    assert "Traceback" not in outcome.stderr
    if outcome.stdout == "":
        refusal(outcome, source, code=1)
    else:
        totals = outcome.json["totals"]
        assert outcome.code == (1 if totals.get("files_refused") else 0)
        assert {"added", "updated"}.isdisjoint(totals)
        assert totals.get("deleted", 0) == 0
        assert all(str(source) in line for line in outcome.notes)
    assert hits(directory)[1] == hits(pristine)[1]


def special(kind, tmp_path):
    """Something that is no file to read."""
    path = tmp_path / "thing"
    if kind == "folder":
        path.mkdir()
    elif kind == "folder of hidden files":
        path.mkdir()
        (path / ".hidden.jsonl").write_bytes(LINE)
    elif kind == "folder of other files":
        (path / "deep").mkdir(parents=True)
        (path / "deep" / "notes.txt").write_text("words")
    elif kind == "link to nothing":
        path.symlink_to(tmp_path / "gone")
    elif kind == "link to itself":
        path.symlink_to(path)
    elif kind == "pipe":
        os.mkfifo(path)
    elif kind == "socket":
        with socket.socket(socket.AF_UNIX) as bound:
            bound.bind(str(path))
    elif kind == "under a file":
        (tmp_path / "thing").write_bytes(LINE)
        return tmp_path / "thing" / "more.jsonl"
    elif kind == "long name":
        return tmp_path / ("x" * 5_000)
    elif kind == "odd name":
        return tmp_path / "line\nbreak \x1b[31m.jsonl"
    return path


@pytest.mark.parametrize(
    "kind",
    [
        "missing", "folder", "folder of hidden files", "folder of other files", "link to nothing", "link to itself",
        "pipe", "socket", "under a file", "long name", "odd name",
    ],
)  # fmt: skip
def test_a_path_that_is_no_literature(tmp_path, pristine, kind):
    path = special(kind, tmp_path)
    good = write_documents(tmp_path / "good.jsonl")
    for sources in ([path], [good, path], [path, good]):
        named = "x" * 100 if kind == "long name" else "break" if kind == "odd name" else path
        refusal(biocite("index", *sources, "--into", tmp_path / "new"), named, code=1)
        assert not (tmp_path / "new").exists()
    directory = copied(pristine, tmp_path)
    refusal(add(path, directory))
    assert hits(directory) == hits(pristine)


def destination(kind, tmp_path):
    """A place where no index can be made; `file` lies there."""
    file = tmp_path / "file"
    file.write_text("precious")
    if kind == "file":
        return file
    if kind == "under a file":
        return file / "index"
    if kind == "non-empty folder":
        return tmp_path
    if kind == "link to nothing":
        (tmp_path / "link").symlink_to(tmp_path / "gone" / "x")
        return tmp_path / "link"
    if kind == "not UTF-8":
        return os.fsdecode(os.fsencode(tmp_path) + b"/\xff")
    if kind == "device":
        return "/dev/null"
    return tmp_path / ("y" * 300)


@pytest.mark.parametrize(
    "kind", ["file", "under a file", "non-empty folder", "link to nothing", "not UTF-8", "device", "long name"]
)
def test_a_destination_that_is_none(tmp_path, kind):
    place = destination(kind, tmp_path)
    source = write_documents(tmp_path / "good.jsonl")
    before = sorted(tmp_path.iterdir())
    refusal(biocite("index", source, "--into", place, "--json"), "\\udcff" if kind == "not UTF-8" else place)
    assert sorted(tmp_path.iterdir()) == before
    assert (tmp_path / "file").read_text() == "precious"


BAD_LINES = {name: data for name, data in BAD_FILES.items() if data.startswith(b"{") and data.count(b"\n") == 1}
BAD_RECORDS = {
    "malformed": b"<PubmedArticle><MedlineCitation></PubmedArticle>",
    "another tag": b"<PubmedArtikel/>",
    "end tag missing": b"<PubmedArticle>",
    "stray end tag": b"</PubmedArticle>",
    "stray text": b"words between",
    "book": b"<PubmedBookArticle><BookDocument/></PubmedBookArticle>",
    "no citation": b"<PubmedArticle/>",
    "no number": RECORD.replace(b">1</PMID>", b">-1</PMID>"),
    "no text": article(5).encode(),
    "not utf-8": RECORD.replace(b"Abstract.", b"\xff\xfe"),
    "control character": RECORD.replace(b"Abstract.", b"\x0c"),
    "unknown entity": RECORD.replace(b"Abstract.", b"&nowhere;"),
    "deep": RECORD.replace(b"Abstract.", b"<i>" * 300 + b"</i>" * 300),
}


def check_one_bad_among_good(outcome, source, tmp_path, good):
    assert outcome.code == 0, outcome
    assert outcome.notes == []
    totals = outcome.json["totals"]
    assert totals["added"] == outcome.json["documents"] == good
    skipped = outcome.json["sources"][0]["skipped"]
    assert totals["skipped"] == len(skipped) >= 1
    assert all(item["source"].startswith(str(source)) and item["reason"] for item in skipped)
    shown = biocite("index", source, "--into", tmp_path / "again").stdout
    assert all(f"record {item['record']}: " in shown for item in skipped)
    assert biocite("info", "--index", tmp_path / "new", "--json").json["skipped"] == len(skipped)


@pytest.mark.parametrize("name", BAD_LINES)
def test_a_bad_line_among_good_ones_is_counted_and_shown(tmp_path, name):
    source = tmp_path / "lines.jsonl"
    source.write_bytes(LINE.replace(b"1", b"first") + BAD_LINES[name] + LINE.replace(b"1", b"last"))
    outcome = biocite("index", source, "--into", tmp_path / "new", "--json")
    check_one_bad_among_good(outcome, source, tmp_path, good=2)
    assert outcome.json["sources"][0]["skipped"][0]["record"] == 2


@pytest.mark.parametrize("name", BAD_RECORDS)
def test_a_bad_record_among_good_ones_is_counted_and_shown(tmp_path, name):
    first, last = article(11, "First", "One."), article(12, "Last", "Two.")
    source = tmp_path / "set.xml"
    source.write_bytes(
        b"<PubmedArticleSet>" + first.encode() + BAD_RECORDS[name] + last.encode() + b"</PubmedArticleSet>"
    )
    outcome = biocite("index", source, "--into", tmp_path / "new", "--json")
    check_one_bad_among_good(outcome, source, tmp_path, good=2)


@pytest.mark.parametrize("name", ["tar of a broken article", "tar of an entity"])
def test_a_bad_member_among_good_ones_is_counted_and_shown(tmp_path, name):
    bad = {"tar of a broken article": JATS[:-20], "tar of an entity": b'<!DOCTYPE article [<!ENTITY a "b">]>' + JATS}
    source = tmp_path / "bundle.tar"
    source.write_bytes(tar(("a.xml", JATS), ("b.xml", bad[name]), ("c.jsonl", LINE)))
    outcome = biocite("index", source, "--into", tmp_path / "new", "--json")
    check_one_bad_among_good(outcome, source, tmp_path, good=2)


def test_the_same_identifier_twice_is_an_update(tmp_path):
    source = write_documents(tmp_path / "d.jsonl", [{"_id": "A", "text": text} for text in ("Old.", "New.", "New.")])
    outcome = biocite("index", source, "--into", tmp_path / "new", "--json")
    assert outcome.json["totals"] == {
        "added": 1, "records": 3, "unchanged": 1, "updated": 1, "with_text_besides_title": 3
    }  # fmt: skip
    assert outcome.json["documents"] == 1


@pytest.mark.parametrize("kind", ["line", "record"])
def test_a_record_of_more_than_50_megabytes_costs_itself_alone(tmp_path, kind):
    body = b"word " * (MAX_RECORD_BYTES // 5 + 10)
    if kind == "line":
        pieces = (LINE, b'{"_id": "big", "text": "', body, b'"}\n', LINE.replace(b"1", b"2"))
    else:
        start, _, end = RECORD.replace(b">1<", b">9<").partition(b"Abstract.")
        pieces = (
            b"<PubmedArticleSet>",
            RECORD,
            start,
            body,
            end,
            RECORD.replace(b">1<", b">2<"),
            b"</PubmedArticleSet>",
        )
    source = tmp_path / "big"
    with source.open("wb") as file:
        file.writelines(pieces)
    outcome = biocite("index", source, "--into", tmp_path / "new", "--json")
    assert (outcome.code, outcome.json["documents"]) == (0, 2)
    (skipped,) = outcome.json["sources"][0]["skipped"]
    assert skipped["record"] == 2
    assert "52,428,800 bytes" in skipped["reason"]


def test_a_gzip_bomb_is_refused_before_it_fills_memory_or_disk(tmp_path):
    source = tmp_path / "bomb.gz"
    with gzip.open(source, "wb", compresslevel=1) as file:
        file.write(LINE)
        for _ in range(300):
            file.write(b" " * 1_000_000)
    refusal(biocite("index", source, "--into", tmp_path / "new", "--json"), source, "times its size", code=1)
    assert not (tmp_path / "new").exists()


RETRACTION = article(2, "Other", "Text & more.", links=[("RetractionOf", 1)]).encode()
ODD_LINE = b'{"id": 7, "title": "\\u00e9\\ud83d\\ude37", "text": "a\\nb", "year": 2020, "mesh": ["x"]}\n'
DELETION = b"<DeleteCitation><PMID>3</PMID></DeleteCitation>"
SOUND = {
    "pubmed": b"<PubmedArticleSet>\n" + RECORD + RETRACTION + DELETION + b"</PubmedArticleSet>",
    "jats": b"<pmc-articleset>" + JATS + JATS.replace(b"PMC1", b"PMC2") + b"</pmc-articleset>",
    "lines": LINE * 2 + ODD_LINE,
    "packed": gzip.compress(PUBMED, mtime=0),
    "bundle": tar(("a.xml", JATS), ("b.jsonl", LINE)),
}
TELLING = (b"", b"<", b">", b"&", b"]]>", b"<!--", b"\x00", b"{", b'"', b"\n", b"\xff", b"<!DOCTYPE a [")


@st.composite
def mutated(draw, sound):
    """The bytes with a few places overwritten, removed, repeated or filled with what means something to a parser."""
    data = bytearray(sound)
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(data)))
        end = min(len(data), start + draw(st.sampled_from([0, 1, 2, 8, 50, 10_000])))
        repeated = st.just(bytes(data[start:end]) * 3)
        data[start:end] = draw(st.binary(max_size=4) | st.sampled_from(TELLING) | repeated)
    return bytes(data)


@pytest.mark.parametrize("name", SOUND)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_whatever_happened_to_a_file_the_outcome_is_an_index_or_a_refusal(tmp_path_factory, name, data):
    tmp_path = tmp_path_factory.mktemp("mutated")
    source = tmp_path / "the file"
    source.write_bytes(data.draw(mutated(SOUND[name])))
    outcome = biocite("index", source, "--into", tmp_path / "new", "--json")
    if outcome.code == 0:
        assert outcome.notes == []
        assert outcome.json["documents"] > 0
        hits(tmp_path / "new")
    else:
        refusal(outcome, source, code=1)
        assert not (tmp_path / "new").exists()
