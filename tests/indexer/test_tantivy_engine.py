import os
import shutil
import subprocess
import sys

import pytest
import tantivy

from corpora.errors import IndexStateError
from indexer import tantivy_engine
from indexer.analysis import Analyzer
from indexer.records import Attributes
from indexer.tantivy_engine import TantivyEngine, TantivyWriter

ANALYZER = Analyzer()


@pytest.fixture
def folder(tmp_path):
    """A folder with three passages in two segments."""
    with TantivyWriter(tmp_path / "lexical", ANALYZER) as writer:
        writer.add(1, "fever", Attributes())
        writer.add(2, "fever pain", Attributes())
        writer.commit()
        writer.add(3, "pain", Attributes())
        writer.commit()
    return tmp_path / "lexical"


def found(folder, query="fever pain"):
    return sorted(hit.key for hit in TantivyEngine(folder, ANALYZER).search(query, 10))


def test_what_is_committed_is_there_when_opened_again(folder):
    assert found(folder) == [1, 2, 3]


def test_leaving_the_context_gives_up_what_is_not_committed(folder):
    with TantivyWriter(folder, ANALYZER) as writer:
        writer.add(4, "fever", Attributes())
        writer.delete([1])
    assert found(folder) == [1, 2, 3]
    with TantivyWriter(folder, ANALYZER) as writer:
        writer.commit()
    assert found(folder) == [1, 2, 3]


def test_an_error_inside_the_context_gives_up_too_and_releases_the_folder(folder):
    with pytest.raises(RuntimeError), TantivyWriter(folder, ANALYZER) as writer:  # noqa: PT012
        writer.add(4, "fever", Attributes())
        raise RuntimeError
    writer.close()
    TantivyWriter(folder, ANALYZER).close()
    assert found(folder) == [1, 2, 3]


def test_there_is_one_writer_at_a_time(folder):
    with (
        TantivyWriter(folder, ANALYZER),
        pytest.raises(IndexStateError, match=r"another process is writing.*Wait until it has finished"),
    ):
        TantivyWriter(folder, ANALYZER)


def test_an_open_engine_sees_commits_of_other_processes(folder):
    engine = TantivyEngine(folder, ANALYZER)
    assert len(engine.search("fever", 10)) == 2
    script = (
        "import sys; from pathlib import Path; from indexer.analysis import Analyzer;"
        "from indexer.records import Attributes; from indexer.tantivy_engine import TantivyWriter;"
        "writer = TantivyWriter(Path(sys.argv[1]), Analyzer());"
        "writer.add(9, 'fever', Attributes()); writer.delete([1]); writer.commit(); writer.close()"
    )
    subprocess.run([sys.executable, "-c", script, str(folder)], check=True)
    assert [hit.key for hit in engine.search("fever", 10)] == [9, 2]


def test_an_open_engine_goes_on_while_merges_remove_its_files(folder):
    engine = TantivyEngine(folder, ANALYZER)
    searcher = engine._index.searcher()
    with TantivyWriter(folder, ANALYZER) as writer:
        for key in range(10, 25):
            writer.add(key, "headache", Attributes())
            writer.commit()
    assert searcher.num_docs == 3
    assert len(engine.search("headache", 100)) == 15


def test_a_folder_that_is_not_there(tmp_path):
    with pytest.raises(IndexStateError, match=r"missing: no lexical index is there.*Rebuild"):
        TantivyEngine(tmp_path / "missing", ANALYZER)


def test_an_empty_folder_and_a_file(tmp_path):
    (tmp_path / "file").touch()
    for name in (".", "file"):
        with pytest.raises(IndexStateError, match="no lexical index is there"):
            TantivyEngine(tmp_path / name, ANALYZER)
    with pytest.raises(IndexStateError, match="file"):
        TantivyWriter(tmp_path / "file", ANALYZER)


def test_a_folder_that_vanishes_while_open(folder):
    engine = TantivyEngine(folder, ANALYZER)
    shutil.rmtree(folder)
    with pytest.raises(IndexStateError, match="no lexical index is there"):
        engine.search("fever", 10)


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\x00" * 40, b'{"segments": []}'])
def test_a_damaged_meta_file(folder, content):
    (folder / "meta.json").write_bytes(content)
    for opened in (TantivyEngine, TantivyWriter):
        with pytest.raises(IndexStateError, match=r"is damaged.*Rebuild"):
            opened(folder, ANALYZER)


@pytest.mark.parametrize("extension", ["idx", "term", "fieldnorm", "fast"])
@pytest.mark.parametrize("damage", ["cut", "zero", "remove"])
def test_a_damaged_segment_file(folder, extension, damage):
    for path in sorted(folder.glob(f"*.{extension}")):
        content = path.read_bytes()
        path.unlink()
        if damage != "remove":
            path.write_bytes(content[: len(content) // 2] if damage == "cut" else bytes(len(content)))
    with pytest.raises(IndexStateError, match=r"is damaged.*Rebuild"):
        TantivyEngine(folder, ANALYZER).search("fever pain", 10)


def test_an_index_of_another_make(tmp_path):
    schema = tantivy.SchemaBuilder().add_text_field("body").build()
    tantivy.Index(schema, path=str(tmp_path)).writer(15_000_000, 1).commit()
    with pytest.raises(IndexStateError, match="schema"):
        TantivyEngine(tmp_path, ANALYZER)


def test_a_panic_of_the_engine_is_damage_and_an_interrupt_is_none(folder, monkeypatch):
    engine = TantivyEngine(folder, ANALYZER)
    panic = type("PanicException", (BaseException,), {})

    def fail(error):
        def top(*_):
            raise error

        monkeypatch.setattr(tantivy_engine, "_top", top)

    fail(panic("index out of bounds"))
    with pytest.raises(IndexStateError, match="damaged: index out of bounds"):
        engine.search("fever", 10)
    fail(KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        engine.search("fever", 10)


def test_no_text_is_kept(folder):
    """The store is the truth; the lexical part holds terms only, in sorted order."""
    with TantivyWriter(folder, ANALYZER) as writer:
        writer.add(7, "zebra aardvark yak", Attributes())
        writer.commit()
    assert not any(b"zebra aardvark" in path.read_bytes() for path in folder.iterdir() if path.suffix != ".lock")


def test_other_users_may_read_what_the_umask_lets_them(tmp_path):
    before = os.umask(0o022)
    try:
        with TantivyWriter(tmp_path, ANALYZER) as writer:
            writer.add(1, "fever", Attributes())
            writer.commit()
    finally:
        os.umask(before)
    assert {path.name: oct(path.stat().st_mode & 0o777) for path in tmp_path.iterdir()} == {
        path.name: "0o644" for path in tmp_path.iterdir()
    }


@pytest.mark.parametrize("reason", ["Os { code: 13, kind: PermissionDenied }", "kind: ReadOnlyFilesystem"])
def test_a_folder_that_may_not_be_written_is_not_called_damaged(folder, monkeypatch, reason):
    def refuse(*_, **__):
        raise ValueError(f"Failed to acquire Lockfile: IoError({reason})")

    monkeypatch.setattr(tantivy_engine.tantivy, "Index", refuse)
    for opened in (TantivyEngine, TantivyWriter):
        with pytest.raises(IndexStateError, match=r"may not be read and written.*right to write"):
            opened(folder, ANALYZER)
