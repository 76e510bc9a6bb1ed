"""After a session of pasted notes no file, no log and no output holds anything that identifies anybody.

The notes are the synthetic ones of `tests.corpora.deidentification`, with identifiers of every kind planted in them.
Answers may hold what the rules of de-identification miss, as they quote the note to who sent it (how much that is,
`tests.corpora.deidentification.test_figures` counts). What stays behind may hold none, whatever the rules find: every
planted identifier of five characters and more is looked for by itself, in several encodings, and a shorter one, or one
that stood there before (such as an ordinary word), with eight characters of the note on both sides.
"""

import hashlib
import json
import re
import signal
import subprocess
import sys
import threading
from contextlib import closing, suppress
from functools import cache
from urllib.parse import quote

import httpx
import msgspec
import pytest

from api.access.keys import KeyStore
from corpora.deidentification import KINDS
from indexer.patients.building import build_patient_index
from indexer.patients.tagging import deidentified
from tests.api import process
from tests.api.process import ROOT, served
from tests.corpora.deidentification.planted import FOR_RULES, KEPT_ASIDE, MEASURED_LAST, SEALED, read_notes
from tests.fakes import WordHashModel
from tests.indexes import tiny_index
from tests.patient_index import patient_index

NOTES = [note for path in (FOR_RULES, KEPT_ASIDE) for note in read_notes(path) if note.planted]
# Of the sealed ones, some, in which neither rules nor model find everything: that must not be in anything kept either.
PASTED = [*NOTES, *read_notes(MEASURED_LAST), *read_notes(SEALED)[::5]]
"""All notes there are, also those whose identifiers the rules miss."""
HARMLESS = ["A 67-year-old man with crushing chest pain and dyspnea. He denies fever. " * 10] * 3
TELLING = 6
SHORTEST = 5
AROUND = 8
HASH = "hash"

FAILING = """
import os
os.dup2(2, 1)
import api.patients, retriever.patients.similar
def failing(work, place, said):
    def failed(*given, **options):
        with open(os.environ["FAIL_AT"]) as file:
            if file.read() == place:
                raise ValueError("cannot take " + said(*given))
        return work(*given, **options)
    return failed
api.patients.deidentified = failing(api.patients.deidentified, "note", lambda text, *_: text)
search = retriever.patients.similar.SimilarPatients
search.find = failing(search.find, "search", lambda _, patient, *rest: patient.text)
"""
"""Makes the work on a note fail where a file says, with a message that quotes the note. What is printed is kept too."""

LEAKING = """
import api.patients, json, logging, os, tempfile
from pathlib import Path
kept = api.patients.deidentified
def leaking(text, *rest):
    logging.getLogger("biocite").warning("asked: %s", text)
    with Path(tempfile.gettempdir(), "spooled").open("ab") as file:
        file.write(text.upper().encode("utf-16-le"))
    with Path(os.environ["LEAK_IN"], "cache.json").open("a") as file:
        json.dump([text], file)
    return kept(text, *rest)
api.patients.deidentified = leaking
"""

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


@cache
def without_identifiers(text):
    """The note as it is kept; asked for many times."""
    return deidentified(text)


def planted_values():
    """Identifier -> its kind, for those that are telling by themselves and that the rules find."""
    removed = [without_identifiers(note.text) for note in NOTES]
    kept = "\n".join(one.text for one in removed).casefold()
    found = {}
    for note, left in zip(NOTES, removed, strict=True):
        masked = {place for one in left.masked for place in range(one.original_span.start, one.original_span.end)}
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


def forms(text):
    """The bytes that stand for a text in files: encodings and escapes, all in lower case as far as ASCII goes."""
    inside = json.dumps(text)[1:-1]
    said = {
        text,
        text.lower(),
        text.upper(),
        inside,
        json.dumps(text, ensure_ascii=False)[1:-1],
        json.dumps(inside)[1:-1],
    }
    said |= {repr(text)[1:-1], ascii(text)[1:-1], quote(text), " ".join(text.split())}
    encodings = ("utf-8", "utf-16-le", "utf-16-be")
    return frozenset(one.encode(encoding).lower() for one in said for encoding in encodings)


class Needle(msgspec.Struct, frozen=True):
    """Something that may stand nowhere: what of which note it is, and the bytes that it may look like."""

    note: str
    text: str
    forms: frozenset[bytes]

    def is_in(self, content):
        return any(form in content for form in self.forms)


def alone(note, planted):
    text = note.text[planted.start : planted.end]
    return Needle(note.name, text, forms(text))


def in_context(note, planted):
    text = note.text[max(0, planted.start - AROUND) : planted.end + AROUND]
    return Needle(note.name, text, forms(text))


def needles(notes, before=b""):
    """What to look for after these notes were pasted, where `before` is all that was there without them."""
    found = []
    for note in notes:
        for planted in note.planted:
            one = alone(note, planted)
            is_plain = planted.end - planted.start >= SHORTEST and not one.is_in(before)
            found.append(one if is_plain else in_context(note, planted))
        for text in (note.text, without_identifiers(note.text).text):
            found.append(Needle(note.name, HASH, frozenset({hashlib.sha256(text.encode()).hexdigest().encode()})))
    return found


def contents(folders, *said):
    """All that stays behind: names and contents of files, and what was printed, by place."""
    found = {f"said {number}": text.encode("utf-8", "surrogatepass").lower() for number, text in enumerate(said)}
    for folder in folders:
        for file in folder.rglob("*"):
            name = str(file.relative_to(folder))
            found[f"{folder.name}/{name}"] = name.encode().lower() + b"\n"
            if file.is_file():
                found[f"{folder.name}/{name}"] += file.read_bytes().lower()
    return found


def found_in(places, wanted):
    """(place, note, identifier) of all that is found."""
    return [(place, one.note, one.text) for place, content in places.items() for one in wanted if one.is_in(content)]


@pytest.fixture(scope="module")
def here(tmp_path_factory):
    """Folders: `temporary` for TMPDIR, `patients` and `literature` as indexed in processes that use it."""
    folder = tmp_path_factory.mktemp("privacy")
    (folder / "temporary").mkdir()
    source = folder / "source.jsonl"
    source.write_text("".join(json.dumps({"id": f"p{n}", "text": note.text}) + "\n" for n, note in enumerate(NOTES)))
    build_patient_index([source], folder / "patients", WordHashModel())
    return folder


def test_what_is_looked_for_is_there():
    assert set(PLANTED.values()) == set(KINDS) - {"AGE"}  # an age over 89 has two characters
    assert len(PLANTED) > 150
    assert leaks(NOTES[0].text)
    assert leaks(json.dumps({"note": NOTES[0].text}))
    assert len(PASTED) > len(NOTES)
    wanted = needles(PASTED)
    assert all(len(one.text) >= SHORTEST for one in wanted if one.text != HASH)  # context makes the short ones long
    for note in PASTED:
        for written in (
            note.text.encode(),
            note.text.upper().encode(),
            note.text.encode("utf-16-le"),
            note.text.encode("utf-16-be"),
            json.dumps(note.text).encode(),
            json.dumps({"trace": json.dumps(note.text)}).encode(),
            repr(ValueError(note.text)).replace("\\'", "'").encode(),
            " ".join(note.text.split()).encode(),
            quote(note.text).encode(),
            hashlib.sha256(note.text.encode()).hexdigest().encode(),
        ):
            places = {"here": written.lower()}
            seen = found_in(places, needles([note]))
            assert len(seen) >= (1 if len(written) == 64 else len(note.planted)), (note.name, written[:40])


def test_the_index_holds_none(here):
    assert check_files(here / "temporary", here / "patients") > 10


@pytest.fixture
def place(tmp_path, monkeypatch):
    """A folder of a session's own, to which all its processes are bound: TMPDIR, HOME, and both indexes."""
    for name in ("temporary", "home", "literature"):
        (tmp_path / name).mkdir()
    patient_index(tmp_path)
    (tmp_path / "patients.jsonl").unlink()
    tiny_index(tmp_path / "literature")
    (tmp_path / "fail_at").write_text("")
    for name, value in {
        "TMPDIR": "temporary",
        "HOME": "home",
        "XDG_CACHE_HOME": "home",
        "FAIL_AT": "fail_at",
        "LEAK_IN": "literature/index",
    }.items():
        monkeypatch.setenv(name, str(tmp_path / value))
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    return tmp_path


def folders(place):
    return place / "temporary", place / "home", place / "patients", place / "literature"


def command(place, *arguments, text="", before=""):
    return subprocess.run(
        [sys.executable, "-c", before + CLI, *map(str, arguments)],
        cwd=ROOT,
        input=text,
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )


def similar(place, *options, text, before=""):
    return command(place, "similar", "-", "--index", place / "patients", *options, text=text, before=before)


def test_the_command_line(place):
    note = "\n".join(one.text for one in PASTED)
    assert len(leaks(note)) > 150
    harmless = [similar(place, text=HARMLESS[0]), similar(place, "--ages", "90:20", text=HARMLESS[0])]
    before = b"\n".join(contents(folders(place), *(one.stdout + one.stderr for one in harmless)).values())
    said = []
    for options, code in ((["--json"], 0), ([], 0), (["--ages", "90:20"], 2)):
        done = similar(place, *options, text=note)
        assert done.returncode == code, done.stderr
        assert leaks(done.stdout + done.stderr) == []
        said.append(done.stderr)
    too_long = similar(place, text=note * 20)
    assert too_long.returncode == 2
    said.append(too_long.stdout + too_long.stderr)
    for name in ("search", "note"):
        (place / "fail_at").write_text(name)
        failed = similar(place, text=note, before=FAILING)
        assert failed.returncode == 1, failed.stderr
        said.append(failed.stdout + failed.stderr)
    wanted = needles(PASTED, before)
    assert found_in(contents(folders(place), *said), wanted) == []


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


class Session(msgspec.Struct):
    """What came of it: bodies of `answered` requests, of those that `failed`, and all that the service `said`."""

    answered: list[str] = []
    failed: list[str] = []
    said: str = ""


def session(place, texts):
    """A service that is asked with these notes, in right and in wrong ways, and killed while it is asked."""
    index = place / "literature" / "index"
    with closing(KeyStore(index)) as keys:
        key, _ = keys.create(("read", "patients"), name=f"ward {len(texts)}")
    headers = {
        "Authorization": f"Bearer {key}",
        "Content-Type": "application/json",
        "Accept": "application/json, text/event-stream",
    }
    settings = {"patients": place / "patients", "mcp": "true", "log_format": "json", "audit_texts": "true"}
    found = Session()
    with served(index, **settings) as service, httpx.Client(base_url=service.url, headers=headers) as client:

        def post(path, **body):
            return client.post(path, timeout=60, **body)

        found.answered.append(client.get("/v1/index").text)
        for text in texts:
            told = post("/v1/patients/similar", json={"note": text, "k": 3, "questions": ["What was the outcome?"]})
            assert told.status_code == 200
            found.answered.append(told.text)
            found.answered.append(post("/v1/patients/literature", json={"note": text}).text)
        for text in texts[:5]:
            told = post("/mcp", json=mcp_call({"note": text}))
            assert told.json()["result"]["structuredContent"]["patients"]
            found.answered.append(told.text)
        for body in sent_wrong(texts[0]):
            for path in ("/v1/patients/similar", "/v1/patients/literature"):
                assert post(path, content=body).status_code in (400, 413)
            assert post("/mcp", content=body).status_code < 500
        wrong = ({"note": texts[0], "sex": texts[0]}, {"note": texts[0], "ages": [9, 1]}, {texts[0]: 1}, {"note": [1]})
        for arguments in wrong:
            assert post("/mcp", json=mcp_call(arguments)).status_code < 500
        assert post("/v1/patients/similar", json={"note": texts[0]}, headers={"Authorization": "no"}).is_error
        found.failed += failures(place, post, texts)
        found.answered.append(client.get("/metrics").text)
        killed_while_asked(service, client, texts)
        found.said = service.said()
    return found


def failures(place, post, texts):
    """What is answered where the work on a note fails with a message that quotes it."""
    told = []
    for name, paths in (
        ("note", ("/v1/patients/similar", "/v1/patients/literature")),
        ("search", ("/v1/patients/similar",)),
    ):
        (place / "fail_at").write_text(name)
        for text in texts:
            for path in paths:
                failed = post(path, json={"note": text})
                assert failed.status_code == 500, failed.text
                told.append(failed.text)
        told.append(post("/mcp", json=mcp_call({"note": texts[0]})).text)
    (place / "fail_at").write_text("")
    return told


def killed_while_asked(service, client, texts):
    """SIGKILL in the middle of requests."""
    first = threading.Event()

    def ask(part):
        with suppress(httpx.TransportError):
            for text in texts[part::3] * 50:
                client.post("/v1/patients/similar", json={"note": text}, timeout=60)
                first.set()

    threads = [threading.Thread(target=ask, args=(part,)) for part in range(3)]
    for thread in threads:
        thread.start()
    first.wait(30)
    service.signal(signal.SIGKILL)
    for thread in threads:
        thread.join()
    assert service.ended() == -signal.SIGKILL


def test_the_service_and_its_end_by_sigkill(place, monkeypatch):
    monkeypatch.setattr(process, "SCRIPT", FAILING.replace("{", "{{").replace("}", "}}") + process.SCRIPT)
    control = session(place, HARMLESS)
    before = contents(folders(place), control.said, *control.failed)
    wanted = needles(PASTED, b"\n".join(before.values()))
    assert len([one for one in wanted if one.text != HASH]) == sum(len(note.planted) for note in PASTED)
    found = session(place, [note.text for note in PASTED])
    assert leaks("\n".join(found.answered)) == []
    assert "/v1/patients/similar" in found.said
    assert '"level": "ERROR"' in found.said  # that something failed is told
    audit = (place / "literature" / "index" / "service" / "audit.jsonl").read_text()
    assert audit.count('"similar_patients"') >= len(PASTED)
    after = contents(folders(place), found.said, *found.failed)
    kept = {"literature/index/service/audit.jsonl", "literature/index/service/records.db", "patients/patients.db"}
    assert after.keys() >= {"said 0", *kept}
    assert found_in(after, wanted) == []


def test_that_a_leak_would_be_found(place, monkeypatch):
    """The same service, made to log, to spool and to cache what it is sent."""
    hooks = (LEAKING + FAILING).replace("{", "{{").replace("}", "}}")
    monkeypatch.setattr(process, "SCRIPT", hooks + process.SCRIPT)
    wanted = needles(PASTED, b"\n".join(contents(folders(place)).values()))
    found = session(place, [note.text for note in PASTED])
    seen = found_in(contents(folders(place), found.said), wanted)
    planted = {(one.note, one.text) for one in wanted if one.text != HASH}
    for where in ("said 0", "temporary/spooled", "literature/index/cache.json"):
        assert {(note, text) for name, note, text in seen if name == where} == planted, where
    assert not any(name.startswith(("patients/", "home/")) for name, _, _ in seen)
