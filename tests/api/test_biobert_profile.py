"""With BioBERT-shaped checkpoints in folders, what hub names would bring: an index, searches, verified answers."""

from contextlib import closing

import msgspec

from api.service import Service
from indexer.build import build_index
from indexer.embedding import load_embedding_model, resolve_profile
from reader.ask import Asker, AskSettings
from reader.confidence import ConfidenceSettings
from reader.verification import verify_answer
from tests.indexes import write_documents
from tests.shapes import biobert_shaped

QUESTIONS = ("Which gene causes cystic fibrosis?", "Is malaria transmitted by mosquitoes?", "What is anaphylaxis?")


def test_the_biobert_profile_loads_searches_and_answers(tmp_path):
    encoder = biobert_shaped(tmp_path, head="none", layers=2)
    reader = biobert_shaped(tmp_path, head="question-answering", layers=2)
    profile = resolve_profile("biobert", str(encoder))
    source = write_documents(tmp_path / "documents.jsonl")
    build_index([source], tmp_path / "index", load_embedding_model(profile))
    with closing(Service(tmp_path / "index", reader=str(reader))) as service, service.using() as view:
        ranked = view.retriever.search(QUESTIONS[0], rerank=True)
        assert ranked.passages
        assert ranked.passages[0].rerank is not None
        for question in QUESTIONS:
            # Weights are random, so confidence is too: every answer is looked at.
            always = AskSettings(confidence=ConfidenceSettings(threshold=0.0))
            answer = Asker(view.retriever, view.asker.reader, always).ask(question)
            assert answer.status == "answered"
            assert (answer.models["reader"], answer.models["calibrated"]) == (str(reader), False)
            checked = verify_answer(msgspec.json.encode(answer), view.index.store, answer.index_id)
            assert checked.verified
            assert checked.evidence >= 1
