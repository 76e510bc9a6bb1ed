"""Similar patients on real text with labels of others: case reports of PubMed that NLM indexed with the same topics.

The pool is every record of the PubMed files with the publication type ``Case Reports``, the heading ``Humans`` and an
abstract; a note is the abstract without the title. What the indexers of NLM said of a report is seen by no system.

Two reports are **similar** when they share major topics (headings with the mark of a major topic), at least one of
these is a disease, and the shared ones stand together in at most one of 2,000 of all indexed records of the files. So a
rare disease suffices ("Paraganglioma"), a common one needs a further topic in common ("Brain Neoplasms" and
"Astrocytoma"). How many records have the topics together is counted, not derived from the frequency of each: headings
depend on each other. A descriptor is a disease when some record gives it a qualifier that NLM allows with diseases and
mental disorders only (Medical Subject Headings, topical qualifiers with allowable categories C and F3).

The grade is 2 when the check tags are the same too, the same sexes and the same age groups, and 1 otherwise. Queries
are reports with exactly one tag of sex and one of an age group, as those of one patient have, that have a similar one.
They fall into two halves by a hash of their PMID: settings may be chosen on one, the other measures.

What the labels cannot say: reports of one disease need not be of like patients, a report of another disease with the
same findings counts as not similar, and a major topic may be what a report was about rather than what the patient had.
Of 20 pairs drawn at random and read, 14 are of patients whom one would want to be shown together; the others share a
broad heading ("Erythema", "Osteolysis"). Such noise lowers all systems. Nearly all records with headings are of 1977 to
1979, their abstracts short, and only 1 in 9 pairs has grade 2, so that being of another age costs little here.
"""

import hashlib
import itertools
import time
from collections.abc import Iterable, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any, Literal

import msgspec

from corpora.errors import SourceError
from corpora.patients.case_reports import report_in_abstract
from corpora.patients.records import Patient
from corpora.records import Document, Qrels
from indexer.embedding import load_embedding_model
from indexer.index import Index
from indexer.patients.store import PatientStore
from retriever.metrics import PerQuery, confidence_intervals, evaluate_queries, means
from retriever.patients.similar import SimilarPatients, SimilarSettings
from retriever.runs import Run
from scripts.benchmarks.common import Context
from scripts.benchmarks.patient_pools import GRID, SYSTEMS, make_index

MEASURES = ("nDCG@10", "RR", "P@10", "R@100")
DEPTH = 100
RAREST_SHARE = 2_000
"""Shared topics make two reports similar when at most one of so many indexed records has all of them."""
BASE = "BM25 alone"

DISEASE_QUALIFIERS = frozenset(
    {
        *("chemically induced", "complications", "congenital", "diagnosis", "diet therapy", "drug therapy"),
        *("etiology", "radiotherapy", "secondary", "therapy", "transmission"),
    }
)
SEXES = frozenset({"Female", "Male"})
AGE_GROUPS = frozenset(
    {
        *("Infant, Newborn", "Infant", "Child, Preschool", "Child", "Adolescent", "Young Adult", "Adult"),
        *("Middle Aged", "Aged", "Aged, 80 and over"),
    }
)

Half = Literal["choosing", "measuring"]
HALVES: tuple[Half, ...] = ("choosing", "measuring")


class CaseReport(msgspec.Struct, frozen=True):
    """A case report: its note, and what its indexers said of it."""

    report_id: str
    text: str
    topics: frozenset[str]
    sexes: frozenset[str]
    ages: frozenset[str]

    @property
    def of_one(self) -> bool:
        """Whether it is of one patient, as far as the check tags tell."""
        return len(self.sexes) == len(self.ages) == 1


class Indexed(msgspec.Struct):
    """What was read: the case reports, how many records have headings, which of them by heading, the diseases."""

    reports: list[CaseReport] = msgspec.field(default_factory=list)
    records: int = 0
    having: dict[str, set[int]] = msgspec.field(default_factory=dict)
    diseases: set[str] = msgspec.field(default_factory=set)


def read_indexed(documents: Iterable[Document]) -> Indexed:
    """Everything that the judgements are made of, from the records of PubMed; those without headings are left out."""
    found = Indexed()
    for document in documents:
        headings = document.metadata.mesh
        if not headings:
            continue
        found.records += 1
        for heading in headings:
            found.having.setdefault(heading.name, set()).add(found.records)
            if not DISEASE_QUALIFIERS.isdisjoint(heading.qualifiers):
                found.diseases.add(heading.name)
        names = frozenset(heading.name for heading in headings)
        text = report_in_abstract(document)
        if text and "Humans" in names:
            topics = frozenset(heading.name for heading in headings if heading.major)
            found.reports.append(CaseReport(document.document_id, text, topics, names & SEXES, names & AGE_GROUPS))
    return found


def judged(indexed: Indexed) -> Qrels:
    """Query -> similar report -> grade, for each report of one patient that has a similar one."""
    by_topic: dict[str, list[CaseReport]] = {}
    for report in indexed.reports:
        for topic in report.topics & indexed.diseases:
            by_topic.setdefault(topic, []).append(report)
    pairs = {
        (one.report_id, other.report_id): (one, other)
        for reports in by_topic.values()
        for one, other in itertools.permutations(reports, 2)
        if one.of_one
    }
    qrels: Qrels = {}
    for (query, found), (one, other) in sorted(pairs.items()):
        if are_similar(one, other, indexed):
            alike = one.sexes == other.sexes and one.ages == other.ages
            qrels.setdefault(query, {})[found] = 2 if alike else 1
    return qrels


def are_similar(one: CaseReport, other: CaseReport, indexed: Indexed) -> bool:
    """Whether the major topics that two reports share are specific enough; see the head of this module."""
    shared = one.topics & other.topics
    if indexed.diseases.isdisjoint(shared):
        return False
    together = set.intersection(*(indexed.having[topic] for topic in shared))
    return len(together) * RAREST_SHARE <= indexed.records


def half_of(report_id: str) -> Half:
    """Which half a query falls into, by its PMID alone."""
    return HALVES[hashlib.sha256(report_id.encode()).digest()[0] % 2]


class Collection:
    """An index of the reports, and its notes as queries: identifiers were masked and facets found when it was made."""

    def __init__(self, directory: Path) -> None:
        self._index = Index(directory, load_embedding_model)
        self._store = PatientStore(directory)

    def close(self) -> None:
        """Close the index."""
        self._index.close()
        self._store.close()

    def run(self, queries: Iterable[str], settings: SimilarSettings) -> Run:
        """Query -> the `DEPTH` reports most like it, itself left out, best first."""
        search = SimilarPatients(self._index, self._store, settings)
        run: Run = {}
        for query in queries:
            facts = self._store.facts([query])[query]
            text = self._index.store.document(query).text
            found = search.find(Patient(query, text, facts.age, facts.sex, facts.facets), DEPTH)
            run[query] = [(one.facts.patient_id, 1 / one.rank) for one in found]
        return run


def similar_cases(context: Context, documents: Iterable[Document]) -> dict[str, Any]:
    """Both halves with every system, and settings chosen on the one half as they do on the other."""
    indexed = read_indexed(documents)
    qrels = judged(indexed)
    if not qrels:
        raise SourceError(f"{context.data / 'pubmed'}: has no similar case reports", remedy="Give files with headings")
    pool = [Patient(report.report_id, report.text) for report in indexed.reports]
    directory, _ = make_index(context, "patients-cases", pool)
    halves: dict[str, Qrels] = {
        half: dict(_share(context, [(query, of) for query, of in qrels.items() if half_of(query) == half]))
        for half in HALVES
    }
    with closing(Collection(directory)) as collection:
        figures = {
            half: {"queries": len(of_half), "systems": _compared(collection, of_half, SYSTEMS)}
            for half, of_half in halves.items()
        }
        chosen = _chosen(collection, halves)
    grades = [grade for of_query in qrels.values() for grade in of_query.values()]
    return {
        "reports": len(pool),
        "records with headings": indexed.records,
        "queries": len(qrels),
        "similar": len(grades),
        "of grade 2": grades.count(2),
        **figures,
        "chosen": chosen,
    }


def _share(context: Context, queries: list[tuple[str, dict[str, int]]]) -> list[tuple[str, dict[str, int]]]:
    return queries[: max(10, round(len(queries) * context.scale))]


def _values(collection: Collection, qrels: Qrels, settings: SimilarSettings) -> PerQuery:
    return evaluate_queries(collection.run(qrels, settings), qrels, MEASURES)


def _compared(
    collection: Collection, qrels: Qrels, systems: Mapping[str, SimilarSettings], base: str = BASE
) -> dict[str, Any]:
    """Each system's means, and their intervals beside those of `base`: of the difference, query by query."""
    figures: dict[str, Any] = {}
    of_base: PerQuery = {}
    for name, settings in systems.items():
        started = time.perf_counter()
        values = _values(collection, qrels, settings)
        spent = (time.perf_counter() - started) * 1000 / len(qrels)
        of_base = values if name == base else of_base
        figures[name] = {
            **{measure: round(mean, 4) for measure, mean in means(values).items()},
            "difference": _difference(values, of_base),
            "ms a query": round(spent, 1),
        }
    return figures


def _difference(values: PerQuery, base: PerQuery) -> dict[str, list[float]]:
    """Measure -> mean difference to `base` and its 95 % interval, by a bootstrap over the queries, paired."""
    differences = {
        measure: {query: value - base[measure][query] for query, value in of_queries.items()}
        for measure, of_queries in values.items()
    }
    intervals = confidence_intervals(differences)
    mean = means(differences)
    return {measure: [round(mean[measure], 4), *(round(end, 4) for end in intervals[measure])] for measure in values}


def _chosen(collection: Collection, halves: Mapping[str, Qrels]) -> dict[str, Any]:
    """nDCG@10 of each setting of the grid on the choosing half, and the best of them on the measuring half."""
    choosing = {
        name: round(means(_values(collection, halves["choosing"], settings))["nDCG@10"], 4)
        for name, settings in GRID.items()
    }
    best = max(choosing, key=lambda name: choosing[name])
    measured = _compared(collection, halves["measuring"], {BASE: SYSTEMS[BASE], best: GRID[best]})
    return {"grid": choosing, "best": best, "measuring": measured[best]}
