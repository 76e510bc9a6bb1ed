"""After a session of pasted notes no file, no log and no output holds anything that identifies anybody.

The notes are the synthetic ones of `tests.corpora.deidentification`, with identifiers of every kind planted in them.
Looked for is each that is telling by itself (six characters or more, and no word of the notes around it) and that the
rules find; those they miss are counted in `tests.corpora.deidentification.test_figures`.
"""

import json
import os
import re
import signal
import subprocess
import sys
import threading
from contextlib import closing, suppress

import httpx
import pytest

from api.access.keys import KeyStore
from corpora.deidentification import KINDS, deidentify
from indexer.patients.building import build_patient_index
from tests.api.process import ROOT, served
from tests.corpora.deidentification.planted import FOR_RULES, KEPT_ASIDE, read_notes
from tests.fakes import WordHashModel
from tests.indexes import tiny_index

NOTES = [note for path in (FOR_RULES, KEPT_ASIDE) for note in read_notes(path) if note.planted]
CLI = """
import api.patient_search, indexer.embedding
from tests.fakes import WordHashModel
def load(profile, **options): return WordHashModel(profile.embedding_model)
indexer.embedding.load_embedding_model = load
made = api.patient_search.PatientSearch.__init__
made.__defaults__ = (load, *made.__defaults__[1:])
from api.cli import main
main()
"""
TELLING = 6


def planted_values():
    """Identifier -> its kind."""
    kept = "\n".join(deidentify(note.text).text for note in NOTES).casefold()
    found = {}
    for note in NOTES:
        masked = {
            place
            for one in deidentify(note.text).masked
            for place in range(one.original_span.start, one.original_span.end)
        }
        for planted in note.planted:
            value = note.text[planted.start : planted.end]
            whole = masked.issuperset(range(planted.start, planted.end))
            if whole and len(value) >= TELLING and value.casefold() not in kept:
                found[value] = planted.kind
    return found


PLANTED = planted_values()
_ANY = re.compile("|".join(sorted(map(re.escape, PLANTED), key=len, reverse=True)), re.IGNORECASE)


def leaks(text):
    """The planted identifiers in a text, JSON's and Python's escapes undone as far as they stand before quotes."""
    return sorted({match[0] for match in _ANY.finditer(text.replace("\\'", "'").replace('\\"', '"'))})


def check_files(*folders):
    """That no file below holds a planted identifier, whatever its form: databases, logs of them, segments."""
    seen = 0
    for folder in folders:
        for file in folder.rglob("*"):
            if file.is_file():
                seen += 1
                content = file.read_bytes()
                for encoding in ("utf-8", "utf-16-le"):
                    assert leaks(content.decode(encoding, "replace")) == [], file
                assert leaks(str(file.relative_to(folder))) == [], file
    return seen


@pytest.fixture(scope="module")
def here(tmp_path_factory):
    """Folders: `temporary` for TMPDIR, `patients` and `index` as indexed in processes that use it."""
    folder = tmp_path_factory.mktemp("privacy")
    (folder / "temporary").mkdir()
    source = folder / "source.jsonl"
    source.write_text("".join(json.dumps({"id": f"p{n}", "text": note.text}) + "\n" for n, note in enumerate(NOTES)))
    build_patient_index([source], folder / "patients", WordHashModel())
    literature = folder / "literature"
    literature.mkdir()
    tiny_index(literature)
    return folder


def folders(here):
    return here / "temporary", here / "patients", here / "literature" / "index"


def test_what_is_looked_for_is_there():
    assert set(PLANTED.values()) == set(KINDS) - {"AGE"}  # an age over 89 has two characters
    assert len(PLANTED) > 150
    assert leaks(NOTES[0].text)
    assert leaks(json.dumps({"note": NOTES[0].text}))


def test_the_index_holds_none(here):
    assert check_files(*folders(here)) > 10


def command(here, *arguments, text=""):
    return subprocess.run(
        [sys.executable, "-c", CLI, *map(str, arguments)],
        cwd=ROOT,
        env={**os.environ, "TMPDIR": str(here / "temporary"), "OMP_NUM_THREADS": "1"},
        input=text,
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )


def test_the_command_line(here):
    note = "\n".join(one.text for one in NOTES)
    assert len(leaks(note)) > 150
    for options in (["--json"], ["--ages", "90:20"]):
        done = command(here, "similar", "-", "--index", here / "patients", *options, text=note)
        assert done.returncode == (0 if "--json" in options else 2), done.stderr
        assert leaks(done.stdout + done.stderr) == []
    too_long = command(here, "similar", "-", "--index", here / "patients", text=note * 20)
    assert too_long.returncode == 2
    assert leaks(too_long.stdout + too_long.stderr) == []
    check_files(*folders(here))


def sent_wrong(text):
    """Bodies that are refused, each with a note in it."""
    whole = {"note": text}
    return [
        json.dumps({"note": text * 400}).encode(),
        json.dumps({"note": text + "x" * 2_000_000}).encode(),
        json.dumps(whole | {"ages": [90, 20]}).encode(),
        json.dumps(whole | {"sex": text}).encode(),
        json.dumps(whole | {text: 1}).encode(),
        json.dumps({"note": [text]}).encode(),
        json.dumps(text).encode(),
        json.dumps(whole).encode()[:-2],
        text.encode(),
        json.dumps(whole).encode("utf-16"),
        json.dumps(whole).encode().replace(b'"note": "', b'"note": "\xff\xfe'),
        b'{"note": "\\ud800 ' + text.encode("ascii", "replace") + b'"}',
    ]


def mcp_call(arguments):
    call = {"name": "similar_patients", "arguments": arguments}
    return {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": call}


def test_the_service_and_its_end_by_sigkill(here):
    temporary, patients, index = folders(here)
    with closing(KeyStore(index)) as keys:
        key, _ = keys.create(("read", "patients"), name="ward")
    headers = {
        "Authorization": f"Bearer {key}",
        "Content-Type": "application/json",
        "Accept": "application/json, text/event-stream",
    }
    settings = {"patients": patients, "mcp": "true", "log_format": "json"}
    os.environ["TMPDIR"], before = str(temporary), os.environ.get("TMPDIR")
    try:
        with served(index, **settings) as service, httpx.Client(base_url=service.url, headers=headers) as client:
            answered = [client.get("/v1/index").text]
            for note in NOTES:
                found = client.post("/v1/patients/similar", json={"note": note.text, "k": 3}, timeout=60)
                assert found.status_code == 200
                answered.append(found.text)
            for note in NOTES[:5]:
                answered.append(client.post("/v1/patients/literature", json={"note": note.text}, timeout=60).text)
                told = client.post("/mcp", json=mcp_call({"note": note.text}), timeout=60)
                assert told.json()["result"]["structuredContent"]["patients"]
                answered.append(told.text)
            text = NOTES[0].text
            for body in sent_wrong(text):
                for path in ("/v1/patients/similar", "/v1/patients/literature"):
                    assert client.post(path, content=body, timeout=60).status_code in (400, 413)
                assert client.post("/mcp", content=body, timeout=60).status_code < 500
            for wrong in ({"note": text, "sex": text}, {"note": text, "ages": [9, 1]}, {text: text}, {"note": [text]}):
                assert client.post("/mcp", json=mcp_call(wrong), timeout=60).status_code < 500
            assert client.post("/v1/patients/similar", json={"note": text}, headers={"Authorization": "no"}).is_error
            killed_while_asked(service, client)
            said = service.said()
    finally:
        if before is None:
            del os.environ["TMPDIR"]
        else:
            os.environ["TMPDIR"] = before
    assert leaks("\n".join(answered)) == []
    assert leaks(said) == []
    assert "/v1/patients/similar" in said
    assert (index / "service" / "audit.jsonl").read_text().count('"similar_patients"') >= len(NOTES)
    assert check_files(temporary, patients, index) > 10


def killed_while_asked(service, client):
    """SIGKILL in the middle of requests."""
    first = threading.Event()

    def ask(part):
        with suppress(httpx.TransportError):
            for note in NOTES[part::3] * 50:
                client.post("/v1/patients/similar", json={"note": note.text}, timeout=60)
                first.set()

    threads = [threading.Thread(target=ask, args=(part,)) for part in range(3)]
    for thread in threads:
        thread.start()
    first.wait(30)
    service.signal(signal.SIGKILL)
    for thread in threads:
        thread.join()
    assert service.ended() == -signal.SIGKILL
