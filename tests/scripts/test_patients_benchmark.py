"""Known items, made patients and the time they take, with a model of hashed words."""

import pytest

from corpora.patients.records import Patient
from corpora.patients.trec_cds import Topic
from indexer.analysis import Analyzer
from indexer.patients.store import PatientStore
from scripts.benchmarks import patient_pools, patient_speed, patients
from scripts.benchmarks.common import Context
from scripts.benchmarks.patient_speed import MadePatients, speed
from scripts.benchmarks.patients import known_items, without_words_of
from tests.fakes import WordHashModel

NOTES = [
    Patient("one", "A 31-year-old woman with malar rash. Joints were painful. Urine showed proteinuria. She was seen."),
    Patient(
        "two", "A 67-year-old man with crushing chest pain. He had dyspnea. Troponin was high. Dr. Imani Brooks came."
    ),
    Patient("three", "A 4-year-old boy with fever. He had a cough. A rash was seen. He denies vomiting."),
]
TOPIC = Topic(
    "7",
    "diagnosis",
    "A 40-year-old man smokes two packs a day. He coughs up blood and has lost weight.",
    "40-year-old smoker, hemoptysis with losing of weights",
)


@pytest.fixture
def context(tmp_path, monkeypatch):
    for module in (patient_pools, patient_speed, patients):
        monkeypatch.setattr(module, "load_embedding_model", lambda _: WordHashModel())
    return Context(tmp_path, tmp_path, 0.001)


def test_no_word_of_the_description_is_left_in_any_form():
    left = without_words_of(TOPIC)
    assert left == "smoker, hemoptysis with losing of"
    tokens = Analyzer().tokens
    assert set(tokens(left)).isdisjoint(tokens(TOPIC.description))


def test_words_find_the_description_by_the_summary_and_not_once_they_are_left_out(context):
    described = Patient("trec-7", TOPIC.description)
    directory, _ = patient_pools.make_index(context, "known", [*NOTES, described])
    nothing_left = Topic("8", "test", "Fever and cough.", "Cough, fever.")
    figures = known_items(directory, [TOPIC])["BM25 alone"]
    assert figures["summary"] == {"MRR": 1.0, "interval": [1.0, 1.0], "in the first 100": 1}
    assert figures["summary without the description's words"]["MRR"] == 0.0
    assert without_words_of(nothing_left) == ""
    missed = known_items(directory, [nothing_left])["notes alone"]
    assert {what: found["MRR"] for what, found in missed.items()} == dict.fromkeys(missed, 0.0)


def test_an_index_is_made_anew_so_that_nobody_of_an_earlier_pool_stays(context):
    directory, _ = patient_pools.make_index(context, "pool", NOTES)
    patient_pools.make_index(context, "pool", NOTES[:1])
    with PatientStore(directory) as store:
        assert store.count() == 1


def test_made_patients_are_masked_and_always_the_same():
    made, again = MadePatients(NOTES, WordHashModel()), MadePatients(NOTES, WordHashModel())
    numbers = range(40)
    assert [made.patient(number) for number in numbers] == [again.patient(number) for number in reversed(numbers)][::-1]
    texts = [made.patient(number).text for number in numbers]
    assert len({made.patient(number).patient_id for number in numbers}) == 40
    assert not any("Brooks" in text for text in texts)
    real = " ".join(texts[:3])
    assert all(sentence.rstrip(".") in real for text in texts[3:] for sentence in text.split(". "))
    assert len(set(texts[3:])) > 25


def test_a_made_note_has_a_vector_near_that_of_its_real_note():
    made = MadePatients(NOTES, WordHashModel())
    text = next(text for number in range(3, 40) if "Troponin" in (text := made.patient(number).text))
    (vector,) = made.encode_passages([text])
    real = WordHashModel().encode_passages([made.patient(number).text for number in range(3)])
    assert (real @ vector).argmax() == 1


def test_every_size_is_timed_and_the_usual_build_too(context, monkeypatch):
    monkeypatch.setattr(patient_speed, "CALLS", 8)
    monkeypatch.setattr(patient_speed, "SIZES", (2_500, 300_000))
    figures = speed(context, NOTES * 3)
    assert [size["patients"] for size in figures["sizes"]] == [200, 300]
    assert figures["usual build"]["patients"] == 200
    for size in (*figures["sizes"], figures["usual build"]):
        assert 0 < size["ms"]["p50"] <= size["ms"]["p95"]
        assert size["build s"] > 0
    assert figures["sizes"][1]["bytes"] > figures["sizes"][0]["bytes"]
    assert not list(context.work.glob("*made*")), "the largest indexes are not kept"
