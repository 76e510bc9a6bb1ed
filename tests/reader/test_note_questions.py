"""Questions over patients' notes: each answers with its own sentences, or says nothing."""

import hashlib
import json
from contextlib import closing
from pathlib import Path

import pytest

from corpora.errors import ModelError, UsageError
from indexer.index import Index
from indexer.patients.store import PatientStore
from reader import note_questions
from reader.aspects import ASPECTS
from reader.note_questions import FEATURES, OTHER, NoteModels, NoteReader, NoteSettings, SentenceModel, shipped_models
from tests.fakes import SharedWords, WordHashModel
from tests.patient_index import patient_index

LABELS = Path(__file__).with_name("case_questions.jsonl")
PATIENTS = (
    {
        "id": "operated",
        "text": "A 40-year-old man presented with fever and abdominal pain. CT showed an abscess. "
        "He underwent drainage and received ceftriaxone. He recovered and was discharged well after nine days.",
    },
    {"id": "silent", "text": "A 50-year-old woman with a family history of asthma. She teaches. She walks daily."},
    {
        "id": "long",
        "text": " ".join(f"On visit {number} she complained of headache." for number in range(60))
        + " She was treated with surgery and received steroids.",
    },
)  # fmt: skip


@pytest.fixture(scope="module")
def directory(tmp_path_factory):
    return patient_index(tmp_path_factory.mktemp("notes"), PATIENTS)


@pytest.fixture
def asked(directory):
    """Asks a question of the patients named, with the shipped models unless others are given."""

    def ask(question, *ids, models=None, settings=None, reranker=SharedWords):
        with closing(Index(directory, lambda profile: WordHashModel())) as index, PatientStore(directory) as store:
            facts = store.facts(ids)
            reader = NoteReader(index, reranker and reranker(), settings, models)
            (found,) = reader.ask([question], {name: facts[name].facets if name in facts else () for name in ids})
            texts = {name: index.store.document(name).text for name in ids}
        return found, texts

    return ask


def told(answer):
    return [evidence.text for evidence in answer.evidence]


def test_each_note_answers_for_itself_in_the_order_given(asked):
    found, texts = asked("What treatment was given?", "silent", "operated")
    assert found.aspects == ("treatment",)
    silent, operated = found.answers
    assert (silent.patient_id, silent.status, silent.text, silent.evidence) == (
        "silent",
        "insufficient_evidence",
        "",
        (),
    )
    assert (operated.patient_id, operated.status) == ("operated", "answered")
    assert operated.text == "He underwent drainage and received ceftriaxone."
    assert told(operated)[0] == operated.text
    assert 0.4 < operated.confidence < 1
    assert silent.confidence < operated.confidence
    for evidence in operated.evidence:
        text = texts["operated"]
        assert text[evidence.start : evidence.end] == evidence.text
        assert evidence.document_id == "operated"
        assert evidence.sha256 == hashlib.sha256(text.encode()).hexdigest()


def test_another_question_is_answered_with_another_sentence(asked):
    found, _ = asked("What was the outcome?", "operated")
    assert found.answers[0].text == "He recovered and was discharged well after nine days."


def test_two_questions_in_one_are_both_answered(asked):
    found, _ = asked("What treatment, what outcome?", "operated")
    assert found.aspects == ("treatment", "outcome")
    assert {
        "He underwent drainage and received ceftriaxone.",
        "He recovered and was discharged well after nine days.",
    } <= set(told(found.answers[0]))


def test_a_sentence_of_two_passages_is_quoted_once(asked, directory):
    with closing(Index(directory, lambda profile: WordHashModel())) as index:
        passages = index.store.passages_of("long")
        assert len(passages) > 1
        assert passages[1].passage.span.start < passages[0].passage.span.end  # they overlap
        sentences = NoteReader(index, None).sentences("long", ())
        text = index.store.document("long").text
    assert [sentence.text for sentence in sentences] == [part + "." for part in text[:-1].split(". ")]
    found, _ = asked("What treatment was given?", "long")
    assert told(found.answers[0]) == ["She was treated with surgery and received steroids."]


def test_of_a_long_note_the_promising_sentences_are_read(asked, directory, monkeypatch):
    """Of 61 sentences the last two are the treatment; of fewer than are read, the reranker sees fewer still."""
    monkeypatch.setattr(note_questions, "MOST_SENTENCES", 5)
    monkeypatch.setattr(note_questions, "MOST_RERANKED", 2)
    seen = []

    class Watched(SharedWords):
        def scores(self, query, texts):
            seen.append(list(texts))
            return super().scores(query, texts)

    found, _ = asked("What treatment was given?", "long", reranker=Watched)
    assert told(found.answers[0]) == ["She was treated with surgery and received steroids."]
    ((first, *rest),) = seen
    assert len(rest) == 1
    assert first == "She was treated with surgery and received steroids."


def test_a_model_decides_by_its_weights_alone(asked):
    """The place of a sentence is all that counts here: by hand, the last of four is 1, the third 2/3."""
    last = SentenceModel(-3.0, {"place": 6.0}, 0.5)
    models = NoteModels(dict.fromkeys((*ASPECTS, OTHER), last), {})
    found, texts = asked("Which organism was it?", "operated", models=models, settings=NoteSettings(2, 0.5))
    assert found.aspects == ()
    (answer,) = found.answers
    sentences = [part.rstrip(".") + "." for part in texts["operated"].split(". ")]
    assert told(answer) == [sentences[3], sentences[2]]
    assert answer.confidence == 0.9526  # 1 / (1 + exp(-3))
    assert answer.evidence[1].score == 0.7311  # 1 / (1 + exp(-1))
    only, _ = asked("Which organism was it?", "operated", models=models, settings=NoteSettings(2, 0.8))
    assert told(only.answers[0]) == [sentences[3]]
    sure = NoteModels(dict.fromkeys((*ASPECTS, OTHER), SentenceModel(-3.0, {"place": 6.0}, 0.96)), {})
    none, _ = asked("Which organism was it?", "operated", models=sure)
    assert (none.answers[0].status, none.answers[0].confidence) == ("insufficient_evidence", 0.9526)


def test_a_question_for_a_finding_is_answered_where_it_is_denied_too(asked):
    """By its facet alone: the model here looks at nothing else."""
    named = NoteModels(dict.fromkeys((*ASPECTS, OTHER), SentenceModel(-3.0, {"facets": 6.0}, 0.5)), {})
    found, _ = asked("Was there asthma?", "silent", "operated", models=named)
    silent, operated = found.answers
    assert silent.text == "A 50-year-old woman with a family history of asthma."
    assert operated.status == "insufficient_evidence"


def test_a_sentence_that_a_note_repeats_is_quoted_once(tmp_path):
    text = "A 40-year-old man with fever. He received ceftriaxone. He was seen. He received ceftriaxone."
    directory = patient_index(tmp_path, ({"id": "copied", "text": text},))
    cues = NoteModels(dict.fromkeys((*ASPECTS, OTHER), SentenceModel(-1.0, {"cues": 6.0}, 0.5)), {})
    with closing(Index(directory, lambda profile: WordHashModel())) as index:
        reader = NoteReader(index, None, NoteSettings(4, 0.1), cues)
        (found,) = reader.ask(["What treatment was given?"], {"copied": ()})
    assert told(found.answers[0])[0] == "He received ceftriaxone."
    assert told(found.answers[0]).count("He received ceftriaxone.") == 1


def test_no_patients_no_answers(asked):
    found, _ = asked("What treatment was given?")
    assert found.answers == ()


def test_it_works_without_a_reranker(asked):
    found, _ = asked("What treatment was given?", "operated", reranker=None)
    assert found.answers[0].text == "He underwent drainage and received ceftriaxone."


def test_what_is_no_question_is_refused(asked):
    with pytest.raises(UsageError, match="the question is empty"):
        asked("  ?", "operated")


def test_a_patient_that_is_not_there_says_nothing(directory):
    with closing(Index(directory, lambda profile: WordHashModel())) as index:
        (found,) = NoteReader(index, None).ask(["What treatment was given?"], {"nobody": ()})
    assert [(one.patient_id, one.status, one.confidence) for one in found.answers] == [
        ("nobody", "insufficient_evidence", 0.0)
    ]


def test_the_shipped_models_know_every_aspect_and_feature():
    models = shipped_models()
    assert set(models.models) == {*ASPECTS, OTHER}
    for model in models.models.values():
        assert set(model.weights) == set(FEATURES)
        assert 0 < model.threshold < 1
    assert (
        models.provenance["measuring"]["all"]["precision"] > models.provenance["measuring"]["cosine alone"]["precision"]
    )


def test_damaged_models_are_named(monkeypatch, tmp_path):
    broken = tmp_path / "note-questions.json"
    broken.write_text("{")
    monkeypatch.setattr(note_questions, "WEIGHTS", broken)
    shipped_models.cache_clear()
    with pytest.raises(ModelError, match=r"note-questions\.json: cannot be read"):
        shipped_models()
    shipped_models.cache_clear()


def test_the_labels_hold_no_text_and_both_halves_alike():
    labels = [json.loads(line) for line in LABELS.read_text("utf-8").splitlines()]
    assert [label["half"] for label in labels].count("choosing") == len(labels) / 2 == 40
    for label in labels:
        assert set(label) == {"patient_id", "sha256", "half", "questions"}
        assert len(label["questions"]) == 6
        for asked in label["questions"]:
            assert all(0 <= start < end and grade in (1, 2) for start, end, grade in asked["spans"])
