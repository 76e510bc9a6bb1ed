"""The part `patients`: whether a case finds itself, whether clusters of like patients are found, and how fast.

TREC CDS 2014 has 30 cases, each as a description and a summary: with the descriptions among other patients' notes (case
sections of PMC articles, abstracts of case reports in PubMed, the synthetic set), the summary is asked for its own
description.
"""

import random
import time
from collections.abc import Iterator
from contextlib import closing
from itertools import islice
from pathlib import Path
from typing import Any

import msgspec

from api.patient_search import PatientSearch
from api.patients import PatientRequest
from api.progress import Bars
from corpora.patients import patients_path
from corpora.patients.case_reports import case_in_abstract
from corpora.patients.records import Patient
from corpora.patients.sources import iter_patients
from corpora.patients.trec_cds import read_trec_cds
from corpora.records import Document, Skipped
from corpora.sources import iter_sources, read_source
from indexer.embedding import PROFILES, load_embedding_model
from indexer.patients.building import build_patient_index
from retriever.patients.evaluation import ABLATIONS, ClusteredNote, evaluate_clusters, read_clusters
from retriever.patients.similar import SimilarSettings
from scripts.benchmarks.common import Context, percentiles

OTHERS = 1_000
"""Other patients' notes that the 30 descriptions stand among, at most."""
MANY = 10_000


def patients(context: Context) -> dict[str, Any]:
    """Known-item search over TREC CDS, clusters with ablations, and latency over 10,000 patients."""
    topics = list(read_trec_cds(context.data / "trec-cds" / "topics2014.xml"))
    others = list(islice(_cases(context), OTHERS))
    synthetic = _read(patients_path())
    pool = [Patient(f"trec-{topic.topic_id}", topic.description) for topic in topics] + others + synthetic
    directory = _index(context, "patients-trec", pool)
    figures: dict[str, Any] = {"notes": len(pool), "case reports": len(others), "synthetic": len(synthetic)}
    for name, settings in _SETTINGS.items():
        ranks = []
        with closing(PatientSearch(directory, settings=settings)) as search:
            for topic in topics:
                found = search.similar(PatientRequest(topic.summary, k=100)).patients
                ids = [patient.patient_id for patient in found]
                wanted = f"trec-{topic.topic_id}"
                ranks.append(1 / (1 + ids.index(wanted)) if wanted in ids else 0.0)
        figures[f"MRR, {name}"] = round(sum(ranks) / len(ranks), 4)
    figures["clusters"] = _clusters(context)
    figures["speed"] = _speed(context, others + synthetic)
    return figures


_SETTINGS = {
    "hybrid": SimilarSettings(),
    "notes alone": SimilarSettings(text=1.0),
    "BM25 alone": SimilarSettings(text=1.0, mode="bm25"),
}


def _cases(context: Context) -> Iterator[Patient]:
    """Case sections of the PMC articles, and case reports' abstracts of the PubMed files, which tell an age."""
    yield from _sections(context)
    for path in sorted((context.data / "pubmed").glob("*.xml.gz")):
        for file in iter_sources([path]):
            for record in read_source(file):
                if isinstance(record, Document) and (case := case_in_abstract(record)) is not None:
                    yield case


def _sections(context: Context) -> Iterator[Patient]:
    for bundle in sorted((context.data / "pmc").rglob("*.tar.gz")):
        for found in iter_patients(bundle):
            if not isinstance(found, Skipped):
                yield found


def _read(path: Path) -> list[Patient]:
    return [found for found in iter_patients(path) if not isinstance(found, Skipped)]


def _index(context: Context, name: str, pool: list[Patient]) -> Path:
    """An index of these patients, made where it is not there."""
    source = context.work / f"{name}.jsonl"
    with source.open("wb") as file:
        for patient in pool:
            line = {"id": patient.patient_id, "text": patient.text, "age": patient.age, "sex": patient.sex}
            file.write(msgspec.json.encode(line) + b"\n")
    directory = context.work / f"index-{name}"
    build_patient_index([source], directory, load_embedding_model(PROFILES["compact"]), progress=Bars())
    return directory


def _clusters(context: Context) -> dict[str, Any]:
    """P@3 over the synthetic clusters, and negated hard negatives above a true match, for each ablation."""
    members = read_clusters(patients_path())
    directory = _index(context, "patients-clusters", _read(patients_path()))
    outcome = {}
    for name, comparison in ABLATIONS.items():
        with closing(PatientSearch(directory, settings=SimilarSettings(comparison=comparison))) as search:

            def rank(note: ClusteredNote, search: PatientSearch = search) -> list[str]:
                request = PatientRequest(note.text, k=100, age=note.age, sex=note.sex)
                return [found.patient_id for found in search.similar(request).patients]

            outcome[name] = msgspec.to_builtins(evaluate_clusters(members, rank))
    return outcome


def _speed(context: Context, notes: list[Patient]) -> dict[str, Any]:
    """`similar` over 10,000 patients, those beyond the real ones with their sentences shuffled; models warm."""
    draw = random.Random(13)  # noqa: S311 - repeatable, not secret
    pool = list(notes)
    many = max(200, round(MANY * context.scale))
    while len(pool) < many:
        patient = draw.choice(notes)
        sentences = patient.text.split(". ")
        draw.shuffle(sentences)
        text = ". ".join(sentences[: max(1, len(sentences) // 2)])
        pool.append(msgspec.structs.replace(patient, patient_id=f"made-{len(pool)}", text=text))
    directory = _index(context, f"patients-{many}", pool[:many])
    spent = []
    with closing(PatientSearch(directory)) as search:
        search.warm()
        for patient in draw.sample(notes, min(60, len(notes))):
            started = time.perf_counter()
            search.similar(PatientRequest(patient.text[:3_000]))
            spent.append((time.perf_counter() - started) * 1000)
    return {"patients": many, "calls": len(spent), **percentiles(spent[5:])}
