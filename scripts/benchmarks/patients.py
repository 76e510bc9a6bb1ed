"""The part `patients`: similar case reports, known items, clusters of like patients, and how fast and big it gets.

Known items: TREC CDS 2014 has 30 invented cases, each as a description and a summary. The descriptions stand among all
other notes at hand: all case reports of PubMed with an abstract, case sections of PMC articles, the synthetic set. Each
summary is asked for its own description: as it is, and with every word left out that the description has too, so that
no word can find it.
"""

from collections.abc import Iterable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec

from api.patient_search import PatientSearch
from api.patients import PatientRequest
from corpora.patients import patients_path
from corpora.patients.case_reports import report_in_abstract
from corpora.patients.records import Patient
from corpora.patients.trec_cds import Topic, read_trec_cds
from corpora.records import Document
from indexer.analysis import Analyzer
from indexer.embedding import load_embedding_model
from retriever.metrics import confidence_intervals
from retriever.patients.evaluation import ABLATIONS, ClusteredNote, evaluate_clusters, read_clusters
from retriever.patients.similar import SimilarSettings
from scripts.benchmarks.common import Context
from scripts.benchmarks.patient_pools import GRID, SYSTEMS, case_sections, make_index, pubmed_documents, read_patients
from scripts.benchmarks.patient_speed import speed
from scripts.benchmarks.similar_cases import similar_cases

_KNOWN_BY = ("BM25 alone", "vectors alone", "notes alone", "shipped")


def patients(context: Context) -> dict[str, Any]:
    """Similar case reports with NLM's labels, known-item search over TREC CDS, clusters with ablations, and speed."""
    cases = similar_cases(context, pubmed_documents(context))
    reports = _reports(pubmed_documents(context))
    topics = read_trec_cds(context.data / "trec-cds" / "topics2014.xml")
    sections = list(case_sections(context))
    synthetic = list(read_patients(patients_path()))
    others = sections + reports + synthetic
    directory, _ = make_index(context, "patients-trec", [_described(topic) for topic in topics] + others)
    return {
        "similar cases": cases,
        "notes": len(topics) + len(others),
        "case reports": len(sections) + len(reports),
        "synthetic": len(synthetic),
        "known items": known_items(directory, topics),
        **_clusters(context),
        "speed": speed(context, others),
    }


def known_items(directory: Path, topics: Sequence[Topic]) -> dict[str, Any]:
    """MRR of each system over an index with the topics' descriptions, by summaries whole and without shared words."""
    asked = {
        "summary": {topic.topic_id: topic.summary for topic in topics},
        "summary without the description's words": {topic.topic_id: without_words_of(topic) for topic in topics},
    }
    figures: dict[str, Any] = {}
    for name in _KNOWN_BY:
        with closing(PatientSearch(directory, load_embedding_model, SYSTEMS[name])) as search:
            figures[name] = {
                what: _measured({topic_id: _reciprocal(search, topic_id, text) for topic_id, text in texts.items()})
                for what, texts in asked.items()
            }
    return figures


def without_words_of(topic: Topic) -> str:
    """The summary without any word of which the description has a form: no token that BM25 counts is in both."""
    analyzer = Analyzer()
    known = set(analyzer.tokens(topic.description)) | set(topic.description.casefold().split())
    kept = [
        word
        for word in topic.summary.split()
        if word.casefold() not in known and known.isdisjoint(analyzer.tokens(word))
    ]
    return " ".join(kept)


def _reciprocal(search: PatientSearch, topic_id: str, text: str) -> float:
    """1 / the rank of the topic's own description; 0 where it is not among the first 100 or nothing is left to ask."""
    if not any(map(str.isalnum, text)):
        return 0.0
    ids = [found.patient_id for found in search.similar(PatientRequest(text, k=100)).patients]
    wanted = f"trec-{topic_id}"
    return 1 / (1 + ids.index(wanted)) if wanted in ids else 0.0


def _measured(values: dict[str, float]) -> dict[str, Any]:
    low, high = confidence_intervals({"RR": values})["RR"]
    found = sum(value > 0 for value in values.values())
    mean = sum(values.values()) / len(values)
    return {"MRR": round(mean, 4), "interval": [round(low, 4), round(high, 4)], "in the first 100": found}


def _described(topic: Topic) -> Patient:
    return Patient(f"trec-{topic.topic_id}", topic.description)


def _reports(documents: Iterable[Document]) -> list[Patient]:
    """Every case report of PubMed that has an abstract, whether or not it tells an age."""
    return [Patient(document.document_id, text) for document in documents if (text := report_in_abstract(document))]


def _clusters(context: Context) -> dict[str, Any]:
    """P@3 over the synthetic clusters, and hard negatives above a true match: each ablation, and each of the grid."""
    members = read_clusters(patients_path())
    directory, _ = make_index(context, "patients-clusters", list(read_patients(patients_path())))

    def report(settings: SimilarSettings) -> dict[str, Any]:
        with closing(PatientSearch(directory, load_embedding_model, settings)) as search:

            def rank(note: ClusteredNote) -> list[str]:
                request = PatientRequest(note.text, k=100, age=note.age, sex=note.sex)
                return [found.patient_id for found in search.similar(request).patients]

            found: dict[str, Any] = msgspec.to_builtins(evaluate_clusters(members, rank))
        return found

    return {
        "clusters": {name: report(SimilarSettings(comparison=comparison)) for name, comparison in ABLATIONS.items()},
        "clusters by settings": {name: round(report(settings)["p_at_3"], 3) for name, settings in GRID.items()},
    }
