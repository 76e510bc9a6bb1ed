"""What tests of recipes share: a little index with questions on it, and files in the sets' formats. All our own."""

import io
import json
import tarfile

from indexer.training import embedding
from retriever.training import reranker
from tests.fakes import WordHashModel
from tests.indexes import tiny_index

QUESTIONS = (
    ("Which gene causes cystic fibrosis?", "PMID:1", "Cystic fibrosis is caused by mutations in the CFTR gene."),
    ("What opens the cystic fibrosis channel?", "PMID:2", "Ivacaftor opens the cystic fibrosis channel."),
    ("What is given in anaphylaxis?", "DOI:10.1000/anaphylaxis/2020", "The first drug to give is Adrenaline."),
)


def bioasq_file(folder, name="7B1_golden.json", kind="summary"):
    """A BioASQ file with these questions."""
    questions = [
        {
            "id": str(number),
            "body": question,
            "type": kind,
            "snippets": [{"document": f"http://www.ncbi.nlm.nih.gov/pubmed/{document}", "text": text}],
        }
        for number, (question, document, text) in enumerate(QUESTIONS)
    ]
    path = folder / name
    path.write_text(json.dumps({"questions": questions}))
    return path


def medquad_archive(folder, pairs=(("What is X?", "X is a thing."), ("Who gets X?", "Men do."))):
    """An archive as MedQuAD's."""
    inside = "".join(
        f"<QAPair><Question>{question}</Question><Answer>{answer}</Answer></QAPair>" for question, answer in pairs
    )
    content = f"<Document><Focus>X</Focus><QAPairs>{inside}</QAPairs></Document>".encode()
    path = folder / "medquad.tar.gz"
    with tarfile.open(path, "w:gz") as archive:
        member = tarfile.TarInfo("1_Set/0000001.xml")
        member.size = len(content)
        archive.addfile(member, io.BytesIO(content))
    return path


def index_to_mine(folder, monkeypatch):
    """A tiny index, and recipes that open it with the model it was built with."""
    for recipe in (embedding, reranker):
        monkeypatch.setattr(recipe, "load_embedding_model", lambda profile: WordHashModel(profile.embedding_model))
    return tiny_index(folder)
