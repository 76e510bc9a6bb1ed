"""Verification: every genuine answer holds, and no change to a quotation goes unnoticed."""

import copy
import json
import unicodedata

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpora.errors import UsageError
from indexer.build import build_index
from indexer.store import Store
from reader.ask import Asker, AskSettings
from reader.confidence import ConfidenceSettings
from reader.verification import verify_answer
from tests.fakes import FakeReader, WordHashModel
from tests.indexes import DOCUMENTS, tiny_index
from tests.pubmed_files import article, pubmed_file
from tests.searching import opened

ALWAYS = AskSettings(least=0.0, confidence=ConfidenceSettings(threshold=0.0))
QUESTIONS = {
    "factoid": "Which drug to give first in anaphylaxis?",
    "list": "Which drugs are given in malaria and cystic fibrosis?",
    "yesno": "Does adrenaline help in anaphylaxis?",
    "summary": "How does fever come with paludisme?",
}


@pytest.fixture(scope="module")
def directory(tmp_path_factory):
    return tiny_index(tmp_path_factory.mktemp("verification"))


@pytest.fixture(scope="module")
def store(directory):
    opened_store = Store(directory)
    yield opened_store
    opened_store.close()


@pytest.fixture(scope="module")
def answers(directory):
    """A genuine answer of each kind, as `ask --json` prints it."""
    with opened(directory) as retriever:
        asker = Asker(retriever, FakeReader(), ALWAYS)
        return {kind: msgspec.to_builtins(asker.ask(text, kind=kind)) for kind, text in QUESTIONS.items()}


def verified(answer, store):
    return verify_answer(json.dumps(answer).encode(), store, "an index")


def problems(answer, store):
    return [finding.problem for finding in verified(answer, store).findings if finding.problem]


@pytest.mark.parametrize("kind", QUESTIONS)
def test_a_genuine_answer_holds(answers, store, kind):
    answer = answers[kind]
    result = verified(answer, store)
    quotations = sum(len(item["evidence"]) for item in answer["answers"])
    assert quotations > 0
    assert result.verified
    assert (result.answers, result.evidence, len(result.findings)) == (len(answer["answers"]), quotations, quotations)
    assert (result.status, result.index_id) == ("answered", "an index")


def places(answer):
    return [(i, j) for i, item in enumerate(answer["answers"]) for j, _ in enumerate(item["evidence"])]


def shifted(evidence, by):
    evidence["start"] += by
    evidence["end"] += by


def first(answer):
    return answer["answers"][0]["evidence"][0]


CHANGES = {
    "other text": lambda e: e.update(text=e["text"] + "s"),
    "shorter text": lambda e: e.update(text=e["text"][:-1]),
    "no text": lambda e: e.update(text=""),
    "other case": lambda e: e.update(text=e["text"].swapcase()),
    "other form of the same characters": lambda e: e.update(text=e["text"] + "\u200b"),
    "later": lambda e: shifted(e, 1),
    "earlier": lambda e: shifted(e, -1),
    "longer": lambda e: e.update(end=e["end"] + 1),
    "empty": lambda e: e.update(end=e["start"]),
    "backwards": lambda e: e.update(start=e["end"], end=e["start"]),
    "negative": lambda e: e.update(start=-5),
    "from the end": lambda e: e.update(start=-len(e["text"]) - 1, end=-1),
    "beyond": lambda e: e.update(start=10**9, end=10**9 + len(e["text"])),
    "huge": lambda e: e.update(end=2**63 - 1),
    "hash": lambda e: e.update(sha256="0" * 64),
    "hash in capitals": lambda e: e.update(sha256=e["sha256"].upper()),
    "no hash": lambda e: e.update(sha256=""),
    "document": lambda e: e.update(document_id="PMID:404"),
    "another document": lambda e: e.update(document_id="PMID:5"),
    "no document": lambda e: e.update(document_id=""),
    "sentence text": lambda e: e["context"].update(text=e["context"]["text"] + "!"),
    "sentence place": lambda e: shifted(e["context"], 1),
    "sentence elsewhere": lambda e: e["context"].update(start=0, end=1),
    "sentence outside": lambda e: e["context"].update(end=10**9),
}


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(sorted(CHANGES)), st.sampled_from(sorted(QUESTIONS)), st.data())
def test_no_change_to_an_evidence_goes_unnoticed(answers, store, change, kind, data):
    answer = copy.deepcopy(answers[kind])
    i, j = data.draw(st.sampled_from(places(answer)))
    evidence = answer["answers"][i]["evidence"][j]
    CHANGES[change](evidence)
    if j == 0:
        answer["answers"][i]["text"] = evidence["text"]  # so that nothing but the quotation is wrong
    found = verified(answer, store).findings
    wrong = {(finding.answer, finding.evidence) for finding in found if finding.problem}
    assert wrong == {(i + 1, j + 1)}
    assert not verified(answer, store).verified


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_offsets_and_text_hold_only_together(answers, store, data):
    """Any span of the document is verified with exactly its own text."""
    answer = copy.deepcopy(answers["factoid"])
    evidence = answer["answers"][0]["evidence"][0]
    text = store.document(evidence["document_id"]).text
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, len(text)))
    quotation = data.draw(st.sampled_from([text[start:end], text[start:end][::-1], evidence["text"]]))
    evidence.update(start=start, end=end, text=quotation, context=None)
    answer["answers"] = [{"text": quotation, "evidence": [evidence]}]
    assert verified(answer, store).verified == (quotation == text[start:end])


@pytest.mark.parametrize("kind", QUESTIONS)
def test_offsets_that_python_would_count_from_the_end(answers, store, kind):
    answer = copy.deepcopy(answers[kind])
    evidence = first(answer)
    text = store.document(evidence["document_id"]).text
    shifted(evidence, -len(text))
    if evidence["end"] < 0:
        assert text[evidence["start"] : evidence["end"]] == evidence["text"]
    assert "does not lie in the document's" in problems(answer, store)[0]


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (lambda a: a["answers"][0].update(text="Something else"), "the answer is not its evidence's text"),
        (lambda a: a["answers"][0].update(evidence=[]), "the answer has no evidence"),
        (lambda a: a.update(answers=[]), "the status is answered but there is no answer"),
        (lambda a: first(a).update(document_id="X"), "the document is not in this index"),
        (lambda a: first(a).update(sha256="ab"), "the evidence says ab"),
        (lambda a: first(a).update(end=10**6), "does not lie in the document's"),
        (lambda a: first(a).update(start=0, end=6), "[0, 6) reads 'Treatm', the evidence says 'Adrenaline'"),
        (lambda a: first(a)["context"].update(start=0, end=6, text="Treatm"), "the sentence given does not hold"),
    ],
)
def test_a_problem_is_told_in_words(answers, store, change, problem):
    answer = copy.deepcopy(answers["factoid"])
    change(answer)
    assert any(problem in told for told in problems(answer, store))


def test_only_the_quotations_are_needed(answers, store):
    evidence = answers["factoid"]["answers"][0]["evidence"][0]
    bare = {key: evidence[key] for key in ("document_id", "start", "end", "text", "sha256")}
    assert verified({"answers": [{"text": evidence["text"], "evidence": [bare]}]}, store).verified


def test_no_answer_is_nothing_to_verify(store):
    result = verified({"status": "insufficient_evidence", "answers": []}, store)
    assert (result.verified, result.evidence, result.status) == (True, 0, "insufficient_evidence")


def test_a_quotation_of_a_text_that_was_replaced_no_longer_holds(tmp_path):
    old = pubmed_file(tmp_path / "1.xml", article(7, "A study", "Given was Aspirin for pain."))
    new = pubmed_file(tmp_path / "2.xml", article(7, "A study", "Given was Aspirin for fever.", version=2))
    build_index([old], tmp_path / "index", WordHashModel())
    with opened(tmp_path / "index") as retriever:
        answer = msgspec.to_builtins(Asker(retriever, FakeReader(), ALWAYS).ask("What was given for pain?"))
        assert verified(answer, retriever.index.store).verified
    build_index([new], tmp_path / "index", WordHashModel())
    with opened(tmp_path / "index") as retriever:
        assert "the document's text has sha256" in problems(answer, retriever.index.store)[0]


def test_quotations_are_compared_by_bytes_and_not_by_looks(answers, store):
    document = store.document("étude 6%")
    start = document.text.index("fièvre")
    look_alike = unicodedata.normalize("NFD", "fièvre")
    evidence = {"document_id": "étude 6%", "start": start, "end": start + 6, "sha256": document.sha256}
    for text, holds in (("fièvre", True), (look_alike, False), (look_alike[:6], False)):
        answer = {"answers": [{"text": text, "evidence": [evidence | {"text": text}]}]}
        assert verified(answer, store).verified == holds
    assert DOCUMENTS[5]["_id"] == "étude 6%"


NO_ANSWERS = {
    "empty": b"",
    "not JSON": b"no answer",
    "null": b"null",
    "list": b"[]",
    "string": b'"answer"',
    "nothing": b"{}",
    "answers null": b'{"answers": null}',
    "answers object": b'{"answers": {}}',
    "item without evidence": b'{"answers": [{"text": "a"}]}',
    "item without text": b'{"answers": [{"evidence": []}]}',
    "evidence without offsets": b'{"answers": [{"text": "a", "evidence": [{"document_id": "A"}]}]}',
    "offset a string": b'{"answers": [{"text": "a", "evidence": [{"document_id": "A", "start": "1", "end": 2, '
    b'"text": "a", "sha256": ""}]}]}',
    "offset a fraction": b'{"answers": [{"text": "a", "evidence": [{"document_id": "A", "start": 1.5, "end": 2, '
    b'"text": "a", "sha256": ""}]}]}',
    "unknown status": b'{"answers": [], "status": "verified"}',
    "bytes that are no UTF-8": b'{"answers": [], "status": "\xff"}',
    "lone surrogate": b'{"answers": [{"text": "\\ud800", "evidence": []}]}',
    "cut": b'{"answers": [{"text": "a", ',
    "two documents": b'{"answers": []}{"answers": []}',
    "deep": b'{"answers": [], "x": ' + b"[" * 100_000,
    "UTF-16": '{"answers": []}'.encode("utf-16"),
}


@pytest.mark.parametrize("encoded", NO_ANSWERS.values(), ids=NO_ANSWERS.keys())
def test_what_is_no_answer_is_refused(store, encoded):
    with pytest.raises(UsageError, match="my file: not an answer") as refused:
        verify_answer(encoded, store, "an index", source="my file")
    assert "ask --json" in refused.value.remedy


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_a_damaged_file_is_refused_or_found_out(answers, store, data):
    """Whatever byte is changed: never a crash, and verified only if what is checked is untouched."""
    genuine = answers["factoid"]
    encoded = bytearray(json.dumps(genuine).encode())
    encoded[data.draw(st.integers(0, len(encoded) - 1))] = data.draw(st.integers(0, 255))
    try:
        result = verify_answer(bytes(encoded), store, "an index")
    except UsageError:
        return
    if result.verified:
        assert checked(json.loads(encoded.decode(errors="replace"))) == checked(genuine)


def checked(answer):
    """The parts of an answer that verification vouches for."""
    fields = ("document_id", "start", "end", "text", "sha256")
    return [(item["text"], [[e[name] for name in fields] for e in item["evidence"]]) for item in answer["answers"]]


class TestNotes:
    """What patients' notes said, as `similar --json` prints it."""

    def said(self, answers):
        evidence = answers["summary"]["answers"][0]["evidence"]
        item = {"patient_id": "p", "status": "answered", "confidence": 0.5, "text": evidence[0]["text"]}
        silent = {"patient_id": "q", "status": "insufficient_evidence", "confidence": 0.1, "text": "", "evidence": []}
        asked = {"question": "What?", "aspects": [], "answers": [{**item, "evidence": evidence}, silent]}
        return {"patients": [], "questions": [asked, {**asked, "answers": [silent]}]}

    def test_genuine_quotations_hold_and_silence_is_no_answer(self, answers, store):
        result = verified(self.said(answers), store)
        assert (result.verified, result.answers, result.evidence, result.status) == (True, 1, 1, "answered")

    def test_a_changed_quotation_is_found(self, answers, store):
        said = self.said(answers)
        said["questions"][0]["answers"][0]["evidence"][0]["text"] += "!"
        assert len(problems(said, store)) == 2

    def test_notes_that_say_nothing(self, store):
        result = verified({"patients": [], "questions": []}, store)
        assert (result.verified, result.answers, result.status) == (True, 0, "insufficient_evidence")
