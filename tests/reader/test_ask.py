"""Answers: every quotation is the document's own text, weak evidence is no answer, retractions are no evidence."""

import math

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpora.errors import UsageError
from corpora.records import Span
from indexer.build import build_index
from indexer.records import Filters
from reader.ask import Asker, AskSettings, quoted
from reader.confidence import Calibration, ConfidenceSettings, CurvePoint, Family
from reader.question import MAX_QUESTION_CHARACTERS
from reader.records import Verdict
from reader.span_model import SpanCandidate
from tests.fakes import FakeReader, WordHashModel
from tests.indexes import DOCUMENTS, tiny_index, write_documents
from tests.pubmed_files import article, deletion, pubmed_file
from tests.searching import opened

KINDS = ("factoid", "list", "yesno", "summary")
ALWAYS = AskSettings(least=0.0, confidence=ConfidenceSettings(threshold=0.0))
QUESTION = "Which drug opens the cystic fibrosis channel?"


@pytest.fixture(scope="module")
def directory(tmp_path_factory):
    return tiny_index(tmp_path_factory.mktemp("ask"))


@pytest.fixture(scope="module")
def asker(directory):
    with opened(directory) as retriever:
        yield Asker(retriever, FakeReader())


@pytest.fixture(scope="module")
def eager(directory):
    """Answers whatever it finds."""
    with opened(directory) as retriever:
        yield Asker(retriever, FakeReader(), ALWAYS)


def asked(folder, question, *texts, kind=None):
    """What comes of asking over documents A, B, C ... that have these texts and no titles."""
    documents = [{"_id": chr(ord("A") + number), "text": text} for number, text in enumerate(texts)]
    with opened(tiny_index(folder, documents)) as retriever:
        return Asker(retriever, FakeReader(), ALWAYS).ask(question, kind=kind)


def evidence_of(answer):
    return [evidence for item in answer.answers for evidence in item.evidence]


def check_quotations(answer, store):
    for item in answer.answers:
        assert item.text == item.evidence[0].text
        assert 0.0 <= item.confidence <= 1.0
    if answer.kind in ("factoid", "list"):
        confidences = [item.confidence for item in answer.answers]
        assert confidences == sorted(confidences, reverse=True)
    for evidence in evidence_of(answer):
        document = store.document(evidence.document_id)
        start, end = evidence.start, evidence.end
        assert document.text[start:end].encode() == evidence.text.encode() != b""
        assert evidence.sha256 == document.sha256
        (passage,) = [
            found.passage
            for found in store.passages_of(evidence.document_id)
            if found.passage.passage_id == evidence.passage_id
        ]
        assert passage.span.start <= start < end <= passage.span.end
        assert (evidence.section, evidence.title) == (passage.section, document.title)
        context = evidence.context
        assert document.text[context.start : context.end] == context.text == context.text.strip()
        assert context.start <= start < end <= context.end
        assert "".join(quoted(evidence)) == context.text
        assert quoted(evidence)[1] == evidence.text
        metadata = document.metadata
        assert (evidence.url, evidence.year, evidence.journal, evidence.publication_types, evidence.retracted) == (
            metadata.url, metadata.year or None, metadata.journal, metadata.publication_types, metadata.retracted
        )  # fmt: skip


words = st.sampled_from(" ".join(record["text"] for record in DOCUMENTS).split())


@settings(max_examples=80, deadline=None)
@given(st.lists(words, min_size=1, max_size=8).map(" ".join), st.sampled_from(KINDS))
def test_every_quotation_is_the_documents_own_text(eager, question, kind):
    if not any(map(str.isalnum, question)):
        return
    answer = eager.ask(question, kind=kind)
    assert (answer.question, answer.kind) == (question, kind)
    check_quotations(answer, eager.retriever.index.store)


def test_offsets_count_code_points_of_the_whole_document(tmp_path):
    text = "😷 𝛽-blockers weaken ﬁrst aid. É́tude says Ａdrenalin helps in 𝛽 anaphylaxis."
    answer = asked(tmp_path, "What helps in anaphylaxis?", text, kind="factoid")
    spans = [(evidence.start, evidence.text) for evidence in evidence_of(answer)]
    assert (text.index("Ａdrenalin"), "Ａdrenalin") in spans


def test_the_kind_is_told_from_the_wording_unless_given(eager):
    assert eager.ask("Does ivacaftor open the channel?").kind == "yesno"
    assert eager.ask("How does malaria spread?").kind == "summary"
    assert eager.ask("List drugs for cystic fibrosis.").kind == "list"
    assert eager.ask(QUESTION).kind == "factoid"
    assert eager.ask("Does ivacaftor open the channel?", kind="factoid").kind == "factoid"


def test_a_factoid_names_few_answers_best_first(eager):
    answer = eager.ask("Which drug to give first in anaphylaxis, injected into the thigh muscle?", kind="factoid")
    assert answer.status == "answered"
    assert (answer.answers[0].text, answer.answers[0].evidence[0].document_id) == (
        "Adrenaline", "DOI:10.1000/anaphylaxis/2020"
    )  # fmt: skip
    assert 1 < len(answer.answers) <= ALWAYS.answers
    assert all(len(item.evidence) <= ALWAYS.evidence for item in answer.answers)
    assert answer.confidence == answer.answers[0].confidence == max(item.confidence for item in answer.answers)


def test_unlikely_answers_after_the_first_are_left_out(directory):
    question = "Which drug to give first in anaphylaxis, injected into the thigh muscle?"
    with opened(directory) as retriever:
        everything = Asker(retriever, FakeReader(), ALWAYS).ask(question, kind="factoid")
        likely = Asker(retriever, FakeReader(), AskSettings(least=0.1)).ask(question, kind="factoid")
    least = 0.1 * everything.confidence
    assert any(item.confidence < least for item in everything.answers)
    assert likely.answers == tuple(item for item in everything.answers if item.confidence >= least)


def test_words_of_the_question_are_no_answer(tmp_path):
    answer = asked(
        tmp_path, "Does Aspirin help Berlin?", "Found to help in Berlin: Aspirin and Ibuprofen.", kind="list"
    )
    assert [item.text for item in answer.answers] == ["Ibuprofen"]


def test_a_list_has_an_item_for_each_thing_and_synonyms_count_once(tmp_path):
    answer = asked(
        tmp_path,
        "List the drugs for malaria.",
        "The drugs for malaria are Artesunate and Quinine.",
        "Among the drugs for malaria are quinine and QUININE.",
        kind="list",
    )
    assert sorted(item.text.casefold() for item in answer.answers) == ["artesunate", "quinine"]
    (quinine,) = [item for item in answer.answers if item.text.casefold() == "quinine"]
    assert sorted(evidence.document_id for evidence in quinine.evidence) == ["A", "B"]


def test_a_sentence_that_two_passages_share_is_quoted_once(tmp_path):
    sentences = [f"This is filler sentence number {n} of a long text without any names." for n in range(60)]
    sentences[12] = "A drug that treats malaria is Artesunate."
    text = " ".join(sentences)
    with opened(tiny_index(tmp_path, [{"_id": "A", "text": text}])) as retriever:
        answer = Asker(retriever, FakeReader(), ALWAYS).ask("Which drug treats malaria?", kind="factoid")
        shared = [found for found in retriever.index.store.passages_of("A") if "Artesunate" in found.passage.text]
    assert len(shared) == 2, "the sentence must stand where passages overlap, else this tests nothing"
    (artesunate,) = [item for item in answer.answers if item.text == "Artesunate"]
    assert [evidence.start for evidence in artesunate.evidence] == [text.index("Artesunate")]


def test_more_documents_make_an_answer_surer(tmp_path):
    question, text = "Which drug treats malaria?", "A drug that treats malaria is Artesunate."
    others = ("Weather was nice in spring.", "Bridges need paint.")
    confidences = []
    for number in (1, 2, 3):
        (tmp_path / str(number)).mkdir()
        texts = [f"{text} {'So it is. ' * copy}" for copy in range(number)]
        confidences.append(asked(tmp_path / str(number), question, *texts, *others, kind="factoid").confidence)
    assert confidences[0] < confidences[2]
    assert confidences == sorted(confidences)


@pytest.mark.parametrize("kind", ["yesno", "summary"])
def test_sentences_are_quoted_whole_and_once(tmp_path, kind):
    said = "Ivacaftor opens the cystic fibrosis channel."
    answer = asked(
        tmp_path,
        "Does ivacaftor open the cystic fibrosis channel?",
        f"{said} It is a pill. Does ivacaftor open the cystic fibrosis channel?",
        f"We saw 12 patients. {said}",
        "One. Two three four five. Six seven eight nine.",
        kind=kind,
    )
    assert answer.answers[0].text == said
    texts = [item.text for item in answer.answers]
    assert len(texts) == len(set(texts)) == ALWAYS.sentences
    assert not any(text.endswith("?") for text in texts)
    assert all(len(item.evidence) == 1 and item.evidence[0].context.text == item.text for item in answer.answers)


@pytest.mark.parametrize("threshold", [0.0, 0.3, 0.6, 0.61, 1.0])
def test_an_answer_is_given_only_above_the_threshold(directory, threshold):
    settings = AskSettings(confidence=ConfidenceSettings(threshold=threshold))
    with opened(directory) as retriever:
        answer = Asker(retriever, FakeReader(), settings).ask(QUESTION)
    assert (answer.status == "answered") == bool(answer.answers) == (answer.confidence >= threshold)


@pytest.mark.parametrize("kind", KINDS)
def test_weak_evidence_is_no_answer_and_names_the_nearest(asker, kind):
    answer = asker.ask("Who painted the ceiling of the Sistine Chapel?", kind=kind)
    assert (answer.status, answer.answers) == ("insufficient_evidence", ())
    assert answer.confidence < asker.settings.confidence.threshold
    assert "too weak" in answer.note
    assert 0 < len(answer.nearest) <= 5
    assert len(set(answer.nearest)) == len(answer.nearest)


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_to_read_is_no_answer(tmp_path, kind):
    build_index([pubmed_file(tmp_path / "1.xml", article(7, "T", "Aspirin."))], tmp_path / "index", WordHashModel())
    build_index([pubmed_file(tmp_path / "2.xml", deletion(7))], tmp_path / "index", WordHashModel())
    with opened(tmp_path / "index") as retriever:
        answer = Asker(retriever, FakeReader(), ALWAYS).ask("What does aspirin do?", kind=kind)
    assert (answer.answers, answer.nearest, answer.confidence) == ((), (), 0.0)
    assert answer.note == "Nothing in this index matches the question."


def test_the_passage_that_is_last_of_all_may_hold_the_only_answer(tmp_path):
    """Its retrieval score is 0 where scores are scaled from lowest to highest."""
    answer = asked(tmp_path, "Which drug opens the channel?", "drug drug channel.", "It is a channel of Kappa here")
    assert [item.text for item in answer.answers] == ["Kappa"]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("question", ["Was cystic fibrosis cured by bracelets in 12 of 12 patients?", QUESTION])
def test_retracted_documents_are_no_evidence_unless_asked_for(eager, kind, question):
    default = eager.ask(question, kind=kind)
    assert evidence_of(default)
    assert "PMID:5" not in {evidence.document_id for evidence in evidence_of(default)} | set(default.nearest)
    wanted = eager.ask(question, kind=kind, filters=Filters(retracted=True))
    assert {evidence.document_id for evidence in evidence_of(wanted)} <= {"PMID:5"}
    assert all(evidence.retracted for evidence in evidence_of(wanted))
    assert wanted.nearest == ("PMID:5",)


def test_filters_hold_for_evidence(eager):
    answer = eager.ask(QUESTION, kind="summary", filters=Filters(years=(2020, 2021)))
    years = {evidence.year for evidence in evidence_of(answer)}
    assert years
    assert years <= {2020, 2021}


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_question_gets_the_same_answer(directory, kind):
    seen = []
    for _ in range(3):
        with opened(directory) as retriever:
            answer = Asker(retriever, FakeReader(), ALWAYS).ask(QUESTION, kind=kind)
        seen.append(msgspec.json.encode(msgspec.structs.replace(answer, timings_ms={})))
    assert seen[0] == seen[1] == seen[2]


def test_questions_are_answered_while_the_index_is_updated(tmp_path):
    directory = tiny_index(tmp_path, DOCUMENTS[:3])
    with opened(directory) as retriever:
        asker = Asker(retriever, FakeReader(), ALWAYS)
        assert asker.ask(QUESTION).answers
        build_index([write_documents(tmp_path / "more.jsonl", DOCUMENTS[3:])], directory, WordHashModel())
        for kind in KINDS:
            answer = asker.ask("Which drug treats severe malaria, given in anaphylaxis?", kind=kind)
            check_quotations(answer, retriever.index.store)


def test_an_answer_says_what_made_it(asker):
    answer = asker.ask(f"  {QUESTION}\n")
    assert answer.question == QUESTION
    assert answer.index_id == asker.retriever.index.manifest.index_id
    assert answer.models == {"embedding": "word-hash", "reader": "fake-reader", "calibrated": False}
    stages = ("select", "bm25", "embedding", "dense", "feedback", "fusion", "fetch")
    assert list(answer.timings_ms) == [*(f"retrieve_{stage}" for stage in stages), "reading", "total"]
    assert answer.timings_ms["total"] >= answer.timings_ms["reading"]


@pytest.mark.parametrize(
    ("question", "message"),
    [
        ("", "the question is empty"),
        (" \n\t ", "the question is empty"),
        ("?!… ¿", "the question is empty"),
        ("x" * (MAX_QUESTION_CHARACTERS + 1), "2,001 characters, at most 2,000"),
        ("What is caf\udce9?", "is not valid text"),
    ],
)
def test_what_cannot_be_asked_is_refused(asker, question, message):
    with pytest.raises(UsageError, match=message):
        asker.ask(question)


class OneSpan(FakeReader):
    """Finds these words and nothing else."""

    def read(self, question, texts, *, limit=5, apart=True):
        starts = [text.find(self.name) for text in texts]
        spans = [Span(start, start + len(self.name)) for start in starts]
        return [[SpanCandidate(span, 0.9, 1.0)] if span.start >= 0 else [] for span in spans]


@pytest.mark.parametrize(
    ("question", "words", "is_answer"),
    [
        ("Which metal is in the environment of haemoglobin?", "iron", True),
        ("Which vitamin is missing in scurvy?", "C", True),
        ("Is Huntington disease dominant or recessive?", "dominant", True),
        ("Is Huntington disease dominant or recessive?", "Huntington disease", False),
        ("Is Huntington disease dominant or recessive?", "dominant or recessive", False),
        ("Which gene causes Huntington disease?", "Huntington disease", False),
    ],
)
def test_words_of_the_question_are_no_answer_unless_it_offers_them(tmp_path, question, words, is_answer):
    with opened(tiny_index(tmp_path, [{"_id": "A", "text": f"Here {words} is named."}])) as retriever:
        answer = Asker(retriever, OneSpan(words), ALWAYS).ask(question, kind="factoid")
    assert [item.text for item in answer.answers] == ([words] if is_answer else [])


@pytest.mark.parametrize("kind", KINDS)
def test_titles_are_no_evidence_where_other_sections_are_asked_for(eager, kind):
    answer = eager.ask(QUESTION, kind=kind, filters=Filters(sections=("Other",)))
    assert {evidence.section for evidence in evidence_of(answer)} == {"Text"}


class Reads(FakeReader):
    """A model for verdicts that is always of this mind, and notes what it was given to read."""

    def __init__(self, **probabilities):
        super().__init__("reads")
        self.given = []
        self._probabilities = probabilities

    def probabilities(self, question, texts):
        self.given.append((question, list(texts)))
        return self._probabilities


def calibration(asker, threshold=0.2, points=((0.2, 1.0, 0.4), (0.6, 0.5, 0.7))):
    """By which every answer has the logistic of its best passage's coverage as confidence, 0.5 for none of it."""
    family = Family(0.0, {}, {"coverage": ((0.0, 0.0), (1.0, 4.0))})
    curve = tuple(CurvePoint(*point) for point in points)
    return Calibration(
        asker.model_names(), {}, {"spans": family, "sentences": family}, dict.fromkeys(KINDS, threshold),
        dict.fromkeys(KINDS, curve), {}
    )  # fmt: skip


@pytest.fixture
def calibrated(asker):
    return Asker(asker.retriever, asker.reader, calibration=calibration(asker))


@pytest.mark.parametrize("kind", KINDS)
def test_a_calibration_of_these_models_decides(asker, calibrated, kind):
    answer = calibrated.ask(QUESTION, kind=kind)
    assert answer.models["calibrated"] is True
    draft = calibrated.draft(QUESTION, kind=kind)
    expected = 1 / (1 + math.exp(-4 * draft.features[0]["coverage"]))
    assert answer.confidence == draft.items[0].confidence == pytest.approx(expected, abs=1e-4)
    strict = Asker(asker.retriever, asker.reader, calibration=calibration(asker, threshold=0.999))
    assert strict.ask(QUESTION, kind=kind).status == "insufficient_evidence"


def test_a_calibration_of_other_models_is_not_used(asker):
    other = msgspec.structs.replace(calibration(asker), models={"reader": "another"})
    answer = Asker(asker.retriever, asker.reader, calibration=other).ask(QUESTION)
    assert msgspec.structs.replace(answer, timings_ms={}) == msgspec.structs.replace(asker.ask(QUESTION), timings_ms={})
    assert answer.models["calibrated"] is False
    with pytest.raises(UsageError, match="a precision cannot be promised: confidence is calibrated for reader another"):
        Asker(asker.retriever, asker.reader, calibration=other).ask(QUESTION, min_precision=0.5)


@pytest.mark.parametrize(("documents", "holds"), [(60, True), (61, False)])
def test_a_calibration_of_a_much_larger_index_is_not_used(asker, documents, holds):
    """This index has 6 documents."""
    larger = msgspec.structs.replace(calibration(asker), documents=documents)
    asks = Asker(asker.retriever, asker.reader, calibration=larger)
    assert asks.ask(QUESTION).models["calibrated"] is holds
    if not holds:
        with pytest.raises(UsageError, match=r"and an index of 61 documents, and here are .* and 6 documents"):
            asks.ask(QUESTION, min_precision=0.5)


def test_a_least_precision_answers_where_the_curve_promises_it(asker, calibrated):
    sure = calibrated.ask(QUESTION).confidence
    assert sure > 0.6
    assert calibrated.ask(QUESTION, min_precision=0.7).status == "answered"
    surer = Asker(
        asker.retriever, asker.reader, calibration=calibration(asker, points=((0.2, 1.0, 0.4), (sure + 0.01, 0.5, 0.7)))
    )
    assert surer.ask(QUESTION, min_precision=0.4).status == "answered"
    refused = surer.ask(QUESTION, min_precision=0.7)
    assert (refused.status, refused.confidence) == ("insufficient_evidence", sure)
    assert "too weak" in refused.note


def test_a_precision_that_is_never_promised_is_no_answer_and_says_what_is(calibrated):
    answer = calibrated.ask(QUESTION, min_precision=0.75)
    assert (answer.status, answer.answers) == ("insufficient_evidence", ())
    assert answer.note == (
        "No confidence promises a precision of 0.75 for factoid questions, so nothing is answered; "
        "the highest promised is 0.70."
    )


def test_a_least_precision_never_lowers_the_threshold(asker):
    strict = Asker(asker.retriever, asker.reader, calibration=calibration(asker, threshold=0.999))
    assert strict.ask(QUESTION, min_precision=0.1).status == "insufficient_evidence"


@pytest.mark.parametrize("precision", [0.0, 1.5])
def test_a_least_precision_must_be_a_share(calibrated, precision):
    with pytest.raises(UsageError, match="expected above 0 and up to 1"):
        calibrated.ask(QUESTION, min_precision=precision)


def test_a_verdict_reads_the_quotations_and_says_that_it_is_none(asker):
    reads = Reads(yes=0.2, no=0.5, maybe=0.3)
    with_verdict = Asker(asker.retriever, asker.reader, ALWAYS, reads)
    question = "Does ivacaftor open the cystic fibrosis channel?"
    answer = with_verdict.ask(question)
    assert answer.verdict == Verdict("no", {"yes": 0.2, "no": 0.5, "maybe": 0.3})
    assert reads.given == [(question, [item.text for item in answer.answers])]
    assert "a model's reading of them, no quotation" in answer.note
    assert answer.models["verdict"] == "reads"
    assert [with_verdict.ask(question, kind=kind).verdict for kind in KINDS if kind != "yesno"] == [None] * 3
    assert len(reads.given) == 1


def test_a_question_that_is_not_answered_gets_no_verdict(asker):
    unsure = AskSettings(confidence=ConfidenceSettings(threshold=1.0))
    answer = Asker(asker.retriever, asker.reader, unsure, Reads(yes=1.0)).ask(QUESTION, kind="yesno")
    assert (answer.status, answer.verdict) == ("insufficient_evidence", None)
