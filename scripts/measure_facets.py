"""Measures the comparison of facets on the synthetic clusters, alone, with its ablations, and the speed of both parts.

.venv/bin/python scripts/measure_facets.py
"""

import json
import sys
import time
from pathlib import Path

from corpora.patients.records import Patient
from indexer.patients.facets import facets_of
from retriever.patients.comparison import Comparer
from retriever.patients.evaluation import ABLATIONS, ClusteredNote, evaluate_clusters, rank_by_comparison, read_clusters
from retriever.patients.weights import rarity_of, term_counts

PATH = Path(__file__).parents[1] / "corpora" / "patients" / "synthetic.jsonl"
DEVELOPED_ON = 8
"""The first clusters of the file were there while rules were made, the others were written afterwards."""
REPEATED = 20


def main() -> None:
    """Print the figures as JSON."""
    notes = read_clusters(PATH)
    patients = [Patient(note.id, note.text, note.age, note.sex, facets_of(note.text)) for note in notes]
    clusters = list(dict.fromkeys(note.cluster for note in notes))
    figures: dict[str, object] = {"notes": len(notes), "clusters": len(clusters)}
    halves = {"developed on": clusters[:DEVELOPED_ON], "written afterwards": clusters[DEVELOPED_ON:], "all": clusters}
    for name, settings in ABLATIONS.items():
        rank = rank_by_comparison(patients, settings)
        by_query = {note.id: rank(note) for note in notes if note.role == "member"}
        figures[name] = {
            half: _figures([note for note in notes if note.cluster in chosen], by_query)
            for half, chosen in halves.items()
        }
    figures["speed"] = _speed(patients)
    sys.stdout.write(json.dumps(figures, indent=1) + "\n")


def _figures(notes: list[ClusteredNote], by_query: dict[str, list[str]]) -> dict[str, object]:
    """The measures over the queries among `notes`; they were ranked among the notes of all clusters."""
    report = evaluate_clusters(notes, lambda note: by_query[note.id])
    return {
        "P@3": round(report.p_at_3, 3),
        "P@1": round(report.first_is_true, 3),
        "queries": report.queries,
        "negated above": len(report.negated_above),
        "negatives above": report.negatives_above,
        "below 1": {name: round(value, 2) for name, value in report.by_cluster.items() if value < 1},
    }


def _speed(patients: list[Patient]) -> dict[str, float]:
    text = " ".join(patient.text for patient in patients)[:2000]
    started = time.perf_counter()
    for _ in range(REPEATED):
        facets_of(text)
    facets = (time.perf_counter() - started) / REPEATED
    rarity = rarity_of(term_counts(patients), len(patients))
    others = (patients * 10)[:200]
    started = time.perf_counter()
    for _ in range(REPEATED):
        comparer = Comparer(patients[0], rarity)
        for other in others:
            comparer.compare(other)
    compared = (time.perf_counter() - started) / REPEATED
    return {"facets of 2,000 characters, ms": round(facets * 1000, 2), "200 comparisons, ms": round(compared * 1000, 2)}


if __name__ == "__main__":
    main()
