"""A tiny index, built for real from JSON lines with a word-hash model. Its texts were written for these tests."""

import json

from indexer.build import build_index
from tests.fakes import WordHashModel

DOCUMENTS = (
    {
        "_id": "PMID:1",
        "title": "Cystic fibrosis and its gene",
        "text": "Cystic fibrosis is caused by mutations in the CFTR gene.\nThe gene lies on chromosome 7.",
        "year": 2015,
        "journal": "Journal of Rare Diseases",
        "publication_types": ["Review"],
        "mesh": ["Cystic Fibrosis", "Mutation"],
        "languages": ["eng"],
        "url": "https://example.org/1",
    },
    {
        "_id": "PMID:2",
        "title": "Drugs that correct the cystic fibrosis channel",
        "text": "Ivacaftor opens the cystic fibrosis channel in patients with the G551D mutation. "
        "Lung function rose by 10.6 percent after 24 weeks.",
        "year": 2018,
        "journal": "Clinical Trials Weekly",
        "publication_types": ["Randomized Controlled Trial", "Journal Article"],
        "mesh": ["Cystic Fibrosis", "Drug Therapy"],
        "languages": ["eng"],
        "url": "https://example.org/2",
    },
    {
        "_id": "DOI:10.1000/anaphylaxis/2020",
        "title": "Treatment of anaphylaxis",
        "text": "The first drug to give in anaphylaxis is Adrenaline. It is injected into the thigh muscle. "
        "Beta blockers such as Propranolol weaken its effect at β-receptors.",
        "year": 2020,
        "journal": "Emergency Notes",
        "publication_types": ["Review"],
        "mesh": ["Anaphylaxis", "Epinephrine"],
        "languages": ["eng", "fre"],
        "doi": "10.1000/anaphylaxis/2020",
    },
    {
        "_id": "https://example.org/notes//malaria/",
        "title": "Malaria vectors",
        "text": "Malaria is transmitted by Anopheles mosquitoes. Artesunate treats severe malaria.",
        "year": 2021,
        "journal": "Tropical Notes",
        "publication_types": ["Case Reports"],
        "mesh": ["Malaria"],
        "languages": ["eng"],
    },
    {
        "_id": "PMID:5",
        "title": "Magnetic bracelets cure cystic fibrosis",
        "text": "Cystic fibrosis was cured by Magnetite bracelets in 12 of 12 patients.",
        "year": 2016,
        "journal": "Journal of Rare Diseases",
        "publication_types": ["Retracted Publication"],
        "mesh": ["Cystic Fibrosis"],
        "languages": ["eng"],
        "retracted": True,
    },
    {
        "_id": "étude 6%",
        "title": "Fièvre et paludisme 😷",
        "text": "Le paludisme donne de la fièvre. Quinine reste un traitement.",
        "journal": "Notes Tropicales",
        "languages": ["fre"],
    },
)
"""A record each: two on one subject, an id with slashes, one that is a URL, a retracted one, one without a year whose
id needs escaping and whose title has a character outside the basic plane."""


def write_documents(path, documents=DOCUMENTS):
    """Write records as JSON lines, and give the path back."""
    path.write_text("".join(json.dumps(document, ensure_ascii=False) + "\n" for document in documents), "utf-8")
    return path


def tiny_index(folder, documents=DOCUMENTS):
    """Build the index in a new folder below `folder`, and give its directory back."""
    source = write_documents(folder / "documents.jsonl", documents)
    directory = folder / "index"
    build_index([source], directory, WordHashModel())
    return directory
