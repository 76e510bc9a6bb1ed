"""Similar patients over the command line and over HTTP: shapes, reasons, filters, scopes and refusals."""

import io
import json
import logging
from contextlib import closing
from types import SimpleNamespace

import pytest

from api import patient_search
from api.access.keys import KeyStore
from api.patients import MAX_NOTE_CHARACTERS
from tests.api.access.logs import entries_of
from tests.commands import biocite, refusal
from tests.fakes import SharedWords, WordHashModel, fake_loaders
from tests.indexes import tiny_index, write_documents
from tests.patient_index import NOTE, PATIENTS, check_patient, patient_index, write_patients
from tests.serving import serving

SIMILAR, LITERATURE = "/v1/patients/similar", "/v1/patients/literature"
FIELDS = {"rank", "score", "text_score", "patient_id", "age", "sex", "matches", "differences", "unknown", "text"}
ENTRY = {"kind", "term", "query", "other", "query_state", "other_state", "contribution"}


@pytest.fixture(autouse=True)
def small_models(monkeypatch):
    def load(profile, **options):
        return WordHashModel(profile.embedding_model)

    monkeypatch.setattr("indexer.embedding.load_embedding_model", load)
    monkeypatch.setattr("api.service.load_embedding_model", load)
    monkeypatch.setattr("retriever.rerank.load_reranker", SharedWords)
    init = patient_search.PatientSearch.__init__
    monkeypatch.setattr(init, "__defaults__", (load, *init.__defaults__[1:]))


@pytest.fixture(scope="module")
def patients(tmp_path_factory):
    return patient_index(tmp_path_factory.mktemp("patients"))


@pytest.fixture(scope="module")
def literature(tmp_path_factory):
    return tiny_index(tmp_path_factory.mktemp("literature"))


@pytest.fixture
def note(tmp_path):
    path = tmp_path / "note.txt"
    path.write_text(NOTE, "utf-8")
    return path


@pytest.fixture(scope="module")
def client(patients, literature):
    with serving(literature, patients=patients) as client:
        yield client


def check_found(told):
    assert told.keys() >= {"patients", "masked", "note", "index_id", "timings_ms"}
    assert sorted(found["patient_id"] for found in told["patients"][:2]) == ["lupus-1", "lupus-2"]
    assert [found["rank"] for found in told["patients"]] == list(range(1, len(told["patients"]) + 1))
    for found in told["patients"]:
        assert found.keys() == FIELDS
        check_patient(found, told["note"])
        for entry in (*found["matches"], *found["differences"], *found["unknown"]):
            assert entry.keys() == ENTRY
    masked = [(part["kind"], NOTE[part["start"] : part["end"]]) for part in told["masked"]]
    assert masked == [("NAME", "Jane O'Neill-Smith"), ("MRN", "00123-45")]
    assert "O'Neill" not in json.dumps(told)


def test_index_then_similar(tmp_path, note):
    source, directory = write_patients(tmp_path / "p.jsonl"), tmp_path / "index"
    built = biocite("index", source, "--patients", "--into", directory, "--json")
    assert built.code == 0
    assert built.json["patients"] == len(PATIENTS)
    assert built.json["masked"] == {"DATE": 1, "NAME": 1}
    assert built.json["skipped"] == []
    found = biocite("similar", note, "--index", directory, "--json")
    assert found.code == 0
    check_found(found.json)
    assert (found.json["age"], found.json["sex"]) == (30, "female")


def test_index_for_people_tells_what_was_skipped(tmp_path):
    source = tmp_path / "p.jsonl"
    source.write_text(json.dumps(PATIENTS[0]) + '\n{"id": "Jane Roe"}\n')
    built = biocite("index", source, "--patients", "--into", tmp_path / "index")
    assert built.code == 0
    assert built.stdout == f"1 patients read into {tmp_path / 'index'}; identifiers removed: DATE 1, NAME 1\n"
    (line,) = built.notes
    assert line.startswith("biocite: skipped ")
    assert "Jane Roe" not in line


def test_similar_for_people(patients, note):
    shown = biocite("similar", note, "--index", patients, "-k", "1")
    assert shown.code == 0
    assert "2 identifiers masked in the note; 30 years, female" in shown.stdout
    assert "malar" in shown.stdout
    assert "O'Neill" not in shown.stdout


def test_from_standard_input(patients, monkeypatch):
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(b"\xef\xbb\xbf" + NOTE.encode())))
    found = biocite("similar", "-", "--index", patients, "--json")
    assert found.code == 0
    check_found(found.json)


@pytest.mark.parametrize(
    ("options", "ids"),
    [
        (["-k", "1"], 1),
        (["--ages", "29:31"], {"lupus-1", "lupus-2"}),
        (["--ages", "60:"], {"heart-1", "heart-2"}),
        (["--ages", ":10"], {"child-1"}),
        (["--sex", "male", "--same-sex"], {"heart-1", "child-1"}),
        (["--same-sex", "--ages", "80:"], {"heart-2"}),
    ],
)
def test_filters(patients, note, options, ids):
    found = biocite("similar", note, "--index", patients, "--json", *options).json["patients"]
    assert (len(found) if isinstance(ids, int) else {one["patient_id"] for one in found}) == ids


def test_age_and_sex_given_go_before_those_of_the_note(patients, note):
    told = biocite("similar", note, "--index", patients, "--json", "--age", "95", "--sex", "male").json
    assert (told["age"], told["sex"]) == (90, "male")


@pytest.mark.parametrize(
    ("content", "options", "code", "said"),
    [
        (b"", [], 2, "the note is empty"),
        (b" ?! \n", [], 2, "the note is empty"),
        (b"caf\xe9", [], 1, "is not UTF-8 at byte 3"),
        (b"a" * (MAX_NOTE_CHARACTERS + 1), [], 2, "has 200,001 characters, at most 200,000 are taken"),
        (b"fever", ["--ages", "young"], 2, "--ages is 'young'"),
        (b"fever", ["--ages", "40:20"], 2, "ages [40.0, 20.0] are none"),
        (b"fever", ["--same-sex"], 2, "sex is not known"),
    ],
)
def test_refusals(patients, note, content, options, code, said):
    note.write_bytes(content)
    refusal(biocite("similar", note, "--index", patients, *options), said, code=code)


def test_what_is_not_there(patients, note, tmp_path):
    refusal(biocite("similar", tmp_path / "none.txt", "--index", patients), "none.txt", code=1)
    refusal(biocite("similar", note, "--index", tmp_path / "none"), "none", code=1)


def test_the_two_kinds_of_index_are_never_mixed(patients, literature, note, tmp_path):
    refusal(biocite("similar", note, "--index", literature), "holds no patients", code=2)
    source = write_patients(tmp_path / "p.jsonl")
    refusal(biocite("index", source, "--patients", "--into", literature), "is an index of literature", code=2)
    documents = write_documents(tmp_path / "d.jsonl")
    refusal(biocite("index", documents, "--into", patients), "is an index of patients", code=2)
    refusal(biocite("search", "rash", "--index", patients), "is an index of patients", code=2)
    refusal(biocite("ask", "Which rash?", "--index", patients), "is an index of patients", code=2)
    refusal(biocite("serve", "--index", patients), "is an index of patients", code=2)


def test_over_http(client):
    response = client.post(SIMILAR, json={"note": NOTE})
    assert response.status_code == 200
    check_found(response.json())
    (only,) = client.post(SIMILAR, json={"note": NOTE, "ages": [80, 150], "same_sex": True}).json()["patients"]
    assert only["patient_id"] == "heart-2"


TREATED = (
    {
        "id": "treated-1",
        "text": "A 30-year-old woman with malar rash and joint pain. Her sister has asthma. She was treated with "
        "hydroxychloroquine and received prednisolone. The rash resolved and she was discharged well.",
    },
    {"id": "untold-1", "text": "A 31-year-old woman with malar rash, joint pain and proteinuria. She teaches."},
)
ASKED = ("What treatment was given?", "What was the outcome?")


def check_asked(told):
    ids = [found["patient_id"] for found in told["patients"]]
    assert sorted(ids) == ["treated-1", "untold-1"]
    assert [asked["question"] for asked in told["questions"]] == list(ASKED)
    assert [asked["aspects"] for asked in told["questions"]] == [["treatment"], ["outcome"]]
    texts = {found["patient_id"]: found["text"] for found in told["patients"]}
    for asked in told["questions"]:
        assert [answer["patient_id"] for answer in asked["answers"]] == ids
        by_id = {answer["patient_id"]: answer for answer in asked["answers"]}
        assert by_id["untold-1"]["status"] == "insufficient_evidence"
        assert by_id["untold-1"]["evidence"] == []
        for evidence in by_id["treated-1"]["evidence"]:
            assert texts["treated-1"][evidence["start"] : evidence["end"]] == evidence["text"]
    first, second = (asked["answers"][ids.index("treated-1")]["text"] for asked in told["questions"])
    assert first == "She was treated with hydroxychloroquine and received prednisolone."
    assert second == "The rash resolved and she was discharged well."


def test_questions_of_the_notes_found(tmp_path, note):
    directory = patient_index(tmp_path, TREATED)
    asked = [word for question in ASKED for word in ("--ask", question)]
    found = biocite("similar", note, "--index", directory, "--json", *asked)
    assert found.code == 0
    check_asked(found.json)
    answer = tmp_path / "answer.json"
    answer.write_text(found.stdout, "utf-8")
    checked = biocite("verify", answer, "--index", directory, "--json")
    assert (checked.code, checked.json["verified"]) == (0, True)
    assert checked.json["evidence"] >= 2
    shown = biocite("similar", note, "--index", directory, *asked)
    assert "“She was treated with hydroxychloroquine" in " ".join(shown.stdout.split())
    assert "nothing" in shown.stdout


def test_no_questions_no_answers(patients, note):
    assert biocite("similar", note, "--index", patients, "--json").json["questions"] == []


@pytest.mark.parametrize("questions", [["?"], ["What?"] * 6, ["x" * 2_001]])
def test_questions_that_cannot_be_asked(client, patients, note, questions):
    assert client.post(SIMILAR, json={"note": NOTE, "questions": questions}).status_code == 400
    asked = [word for question in questions for word in ("--ask", question)]
    assert biocite("similar", note, "--index", patients, *asked).code == 2


def test_questions_over_http(tmp_path, literature):
    with serving(literature, patients=patient_index(tmp_path, TREATED)) as client:
        check_asked(client.post(SIMILAR, json={"note": NOTE, "questions": ASKED}).json())


def test_literature_beside_similar_patients(tmp_path, patients, literature, monkeypatch):
    monkeypatch.setattr("api.service.ModelLoaders", fake_loaders)
    note = tmp_path / "note.txt"
    note.write_text("Ms. Jane Roe, 30, has anaphylaxis; adrenaline was given. No malaria.", "utf-8")
    asked = ("similar", note, "--index", patients, "--literature", literature, "-k", "2", "--ages", "20:40")
    told = biocite(*asked, "--json")
    assert told.code == 0
    assert told.json["literature"]["hits"][0]["document_id"] == "DOI:10.1000/anaphylaxis/2020"
    assert told.json["literature"]["query"] == ""
    assert len(told.json["patients"]) == 2
    assert "literature" not in biocite("similar", note, "--index", patients, "--json").json
    assert "Treatment of anaphylaxis" in biocite(*asked).stdout
    wrong = biocite("similar", note, "--index", patients, "--literature", patients)
    assert wrong.code == 2
    assert "is an index of patients" in wrong.stderr


def test_literature_is_not_searched_for_what_the_note_denies(client):
    """By BM25, only the document on malaria has the word."""
    said = client.post(LITERATURE, json={"note": "A 40-year-old man with malaria.", "k": 6}).json()["hits"]
    denied = client.post(LITERATURE, json={"note": "A 40-year-old man. He denies malaria.", "k": 6}).json()["hits"]
    of_malaria = "https://example.org/notes//malaria/"
    assert said[0]["document_id"] == of_malaria
    assert said[0]["bm25"]["rank"] == 1
    assert all(hit["bm25"] is None for hit in denied if hit["document_id"] == of_malaria)


def test_literature_for_a_note(client):
    sent = {"note": "Ms. Jane Roe has anaphylaxis; adrenaline was given on 03/14/2021.", "k": 2}
    told = client.post(LITERATURE, json=sent).json()
    assert told["hits"][0]["document_id"] == "DOI:10.1000/anaphylaxis/2020"
    assert len(told["hits"]) == 2
    assert told["query"] == ""
    assert "record_id" not in told or told["record_id"] == ""


@pytest.mark.parametrize("extra", [{"ages": [20, 40]}, {"same_sex": True}, {"questions": ["Why?"]}])
def test_literature_has_no_ages(client, extra):
    response = client.post(LITERATURE, json={"note": NOTE, **extra})
    assert response.status_code == 400
    assert "are for patients, not for literature" in response.json()["message"]


def test_patients_are_not_in_the_results_of_literature(client):
    found = client.post("/v1/search", json={"query": "malar rash joint pain", "k": 50}).json()["hits"]
    assert not {hit["document_id"] for hit in found} & {patient["id"] for patient in PATIENTS}
    assert client.get("/v1/documents/lupus-1").status_code == 404


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({}, "note"),
        ({"note": ""}, "note"),
        ({"note": "?"}, "the note is empty"),
        ({"note": "fever", "k": 0}, "k"),
        ({"note": "fever", "ages": [40, 20]}, "ages [40.0, 20.0] are none"),
        ({"note": "fever", "ages": [40]}, "ages"),
        ({"note": "fever", "same_sex": True}, "sex is not known"),
        ({"note": "fever", "colour": "red"}, "colour"),
        ({"note": "a" * (MAX_NOTE_CHARACTERS + 1)}, "note"),
    ],
)
def test_bad_requests(client, body, said):
    response = client.post(SIMILAR, json=body)
    assert response.status_code == 400
    assert said in response.json()["message"]


def test_without_an_index_of_patients_there_are_no_routes(literature):
    with serving(literature) as client:
        for path in (SIMILAR, LITERATURE):
            assert client.post(path, json={"note": NOTE}).status_code == 404
        assert SIMILAR not in client.get("/schema/openapi.json").json()["paths"]


@pytest.fixture
def keyed(patients, tmp_path):
    directory = tiny_index(tmp_path)
    with closing(KeyStore(directory)) as keys:
        held = {scope: keys.create((scope,), name=scope)[0] for scope in ("read", "patients")}
    with serving(directory, patients=patients) as client:
        yield client, directory, held


def test_scopes(keyed):
    client, directory, held = keyed
    for path in (SIMILAR, LITERATURE):
        for key, status in (("", 401), (held["read"], 403), (held["patients"], 200)):
            headers = {"Authorization": f"Bearer {key}"} if key else {}
            assert client.post(path, json={"note": NOTE}, headers=headers).status_code == status
    headers = {"Authorization": f"Bearer {held['patients']}"}
    assert client.post("/v1/search", json={"query": "rash"}, headers=headers).status_code == 403
    audited = {entry["kind"]: entry for entry in entries_of(directory)}
    assert set(audited["similar_patients"]["documents"]) == {patient["id"] for patient in PATIENTS}
    assert not audited["similar_patients"].get("text")


def test_a_failure_that_nobody_foresaw_tells_nothing_of_the_note(client, monkeypatch, caplog):
    def failing(*arguments):
        raise ValueError(NOTE)

    monkeypatch.setattr("api.patient_search.patient_of", failing)
    with caplog.at_level(logging.DEBUG):
        response = client.post(SIMILAR, json={"note": NOTE})
    assert response.status_code == 500
    told = response.text + caplog.text + repr([record.exc_info for record in caplog.records])
    assert "O'Neill" not in told
    assert "ValueError at tests.api.test_patients:" in told
