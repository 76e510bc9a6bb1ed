"""Where the notes of a build lie, and that nothing of them is left anywhere else when it is killed."""

import fcntl
import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from corpora.errors import IndexStateError
from indexer.patients import working
from indexer.patients.building import build_patient_index
from indexer.patients.store import PatientStore, is_patient_index
from indexer.patients.working import FOLDER, remove_left_over, working_folder
from tests.commands import biocite, refusal
from tests.fakes import WordHashModel
from tests.indexes import write_documents
from tests.patient_index import PATIENTS, patient_index, write_patients

ROOT = Path(__file__).parents[3]
STOPPING = """
import sys, time
from pathlib import Path
from indexer.patients import building
from tests.fakes import WordHashModel
def stopped(*_, **options):
    print("here", flush=True)
    time.sleep(600)
if sys.argv[3] == "indexing":
    building.build_index = stopped
else:
    reading = building.prepared
    building.prepared = lambda found, *rest, **options: (
        stopped() if found.patient_id == "heart-1" else reading(found, *rest, **options))
building.build_patient_index([Path(sys.argv[1])], Path(sys.argv[2]), WordHashModel())
"""
TELLING = b"malar rash"


@pytest.fixture
def killed(tmp_path):
    """Starts a build that stops where it is told to, and kills it there; the folder it had for temporary files."""

    def kill(source, directory, where):
        temporary = tmp_path / "temporary"
        temporary.mkdir(exist_ok=True)
        with subprocess.Popen(
            [sys.executable, "-c", STOPPING, str(source), str(directory), where],
            cwd=ROOT,
            env={**os.environ, "TMPDIR": str(temporary), "OMP_NUM_THREADS": "1"},
            stdout=subprocess.PIPE,
        ) as process:
            try:
                assert process.stdout.readline() == b"here\n"
                seen = during(directory)
            finally:
                process.send_signal(signal.SIGKILL)
            assert process.wait(60) == -signal.SIGKILL
        return temporary, seen

    def during(directory):
        """What a second build, and somebody who opens the patients meanwhile, meet."""
        with pytest.raises(IndexStateError, match="another process is writing"):
            build_patient_index([write_patients(tmp_path / "other.jsonl")], directory, WordHashModel())
        with PatientStore(directory) as store:
            store.count()
        return held(directory / FOLDER)

    return kill


def held(folder):
    return [file for file in folder.rglob("*") if file.is_file() and TELLING in file.read_bytes()]


@pytest.mark.parametrize("where", ["reading", "indexing"])
@pytest.mark.parametrize("before", [False, True])
def test_a_build_that_is_killed_leaves_notes_only_where_the_next_one_removes_them(tmp_path, killed, where, before):
    directory = patient_index(tmp_path, PATIENTS[:1]) if before else tmp_path / "patients"
    source = write_patients(tmp_path / "p.jsonl")
    temporary, seen = killed(source, directory, where)
    assert seen or where == "reading"  # what was read may still be in memory
    assert [file.name for file in temporary.iterdir()] == []
    assert (directory / FOLDER).stat().st_mode & 0o777 == 0o700
    assert is_patient_index(directory)
    literature = write_documents(tmp_path / "documents.jsonl")
    refusal(biocite("index", literature, "--into", directory), "is an index of patients", code=2)
    report = build_patient_index([source], directory, WordHashModel())
    assert report.patients == len(PATIENTS)
    assert not (directory / FOLDER).exists()
    with PatientStore(directory) as store:
        assert store.count() == len(PATIENTS)


def test_opening_the_patients_removes_what_is_left_over(tmp_path, killed):
    directory = patient_index(tmp_path, PATIENTS[:1])
    killed(write_patients(tmp_path / "p.jsonl"), directory, "indexing")
    assert held(directory / FOLDER)
    with PatientStore(directory) as store:
        assert store.count() == 1
    assert not (directory / FOLDER).exists()


def test_a_folder_in_use_is_nobody_elses(tmp_path):
    with working_folder(tmp_path) as folder:
        (folder / "notes").write_text(json.dumps(PATIENTS[0]))
        remove_left_over(tmp_path)
        assert (folder / "notes").exists()
        with pytest.raises(IndexStateError, match="another process is writing"), working_folder(tmp_path):
            pass
        assert (folder / "notes").exists()
    assert not folder.exists()
    remove_left_over(tmp_path)


def test_who_opens_the_patients_does_not_stop_a_build(tmp_path, monkeypatch):
    """The lock is held for a moment by whoever looks for what is left over."""
    (tmp_path / FOLDER).mkdir()
    held = os.open(tmp_path / FOLDER, os.O_RDONLY)
    fcntl.flock(held, fcntl.LOCK_EX)
    pauses = []

    def released(seconds):
        pauses.append(seconds)
        if len(pauses) == 2:
            (tmp_path / FOLDER).rmdir()
            os.close(held)

    monkeypatch.setattr(working.time, "sleep", released)
    with working_folder(tmp_path) as folder:
        assert folder.is_dir()
    assert len(pauses) == 2


def test_what_was_left_with_other_rights_is_emptied_and_closed_to_others(tmp_path):
    left = tmp_path / FOLDER
    (left / "0").mkdir(parents=True)
    (left / "0" / "notes").write_text("x")
    (left / "facts").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "elsewhere").write_text("kept")
    left.chmod(0o755)
    with working_folder(tmp_path) as folder:
        assert list(folder.iterdir()) == []
        assert folder.stat().st_mode & 0o777 == 0o700
    assert (tmp_path / "elsewhere").read_text() == "kept"


def test_places_that_cannot_be_used(tmp_path):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (tmp_path / FOLDER).symlink_to(elsewhere)
    with pytest.raises(IndexStateError, match="cannot be used"), working_folder(tmp_path):
        pass
    remove_left_over(tmp_path)
    assert elsewhere.is_dir()
    (tmp_path / FOLDER).unlink()
    (tmp_path / FOLDER).write_text("a file")
    with pytest.raises(IndexStateError, match="cannot be used"), working_folder(tmp_path):
        pass
    with pytest.raises(IndexStateError, match="cannot be used"), working_folder(tmp_path / "none"):
        pass
    shutil.rmtree(elsewhere)
