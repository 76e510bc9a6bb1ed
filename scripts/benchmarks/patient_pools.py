"""What the measures of similar patients share: the real notes, indexes of patients, and the systems compared."""

import shutil
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from api.progress import Bars
from corpora.patients.records import Patient
from corpora.patients.sources import iter_patients
from corpora.records import Document, Skipped
from corpora.sources import iter_sources, read_source
from indexer.embedding import PROFILES, load_embedding_model
from indexer.patients.building import build_patient_index
from retriever.patients.settings import ComparisonSettings
from retriever.patients.similar import SimilarSettings
from scripts.benchmarks.common import Context

_NOTHING = ComparisonSettings(facets=False, demographics=False)

SYSTEMS: dict[str, SimilarSettings] = {
    "BM25 alone": SimilarSettings(text=1.0, mode="bm25", rarest=0, comparison=_NOTHING),
    "vectors alone": SimilarSettings(text=1.0, mode="dense", rarest=0, comparison=_NOTHING),
    "notes alone": SimilarSettings(text=1.0, rarest=0, comparison=_NOTHING),
    "facets alone": SimilarSettings(text=0.0),
    "shipped": SimilarSettings(),
    "shipped, words by BM25 only": SimilarSettings(mode="bm25"),
    "shipped, no negation": SimilarSettings(comparison=ComparisonSettings(negation=False)),
    "shipped, no age or sex": SimilarSettings(comparison=ComparisonSettings(demographics=False)),
}
"""The systems compared. The first three know nothing of facets, age or sex: a text share of 1 would not suffice, as
what facets contradict lowers the likeness of the notes, and rare terms add candidates."""

_SHARES = (0.3, 0.5, 0.65, 0.7, 0.85, 1.0)
GRID: dict[str, SimilarSettings] = {
    **{f"text {share}": SimilarSettings(text=share, mode="hybrid", candidates=200) for share in _SHARES},
    **{f"text {share}, BM25": SimilarSettings(text=share, mode="bm25", candidates=200) for share in (0.65,)},
    **{f"text 0.65, {count} candidates": SimilarSettings(text=0.65, candidates=count) for count in (100,)},
    **{
        f"text {share}, age_apart 0.5": SimilarSettings(text=share, comparison=ComparisonSettings(age_apart=0.5))
        for share in (0.65,)
    },
    "text 0.85, no age or sex": SimilarSettings(text=0.85, comparison=ComparisonSettings(demographics=False)),
}
"""Settings to choose from: the share of the notes, how they are searched, how many candidates, what ages weigh.

Hybrid and 200 candidates where nothing is said; a share of 1 still leaves what facets contradict its part."""


def pubmed_documents(context: Context) -> Iterator[Document]:
    """The records of the PubMed files."""
    for file in iter_sources(sorted((context.data / "pubmed").glob("*.xml.gz"))):
        for record in read_source(file):
            if isinstance(record, Document):
                yield record


def case_sections(context: Context) -> Iterator[Patient]:
    """The case sections of the PMC articles."""
    for bundle in sorted((context.data / "pmc").rglob("*.tar.gz")):
        yield from read_patients(bundle)


def read_patients(path: Path) -> Iterator[Patient]:
    """The patients of a file, those left out that cannot be read."""
    return (found for found in iter_patients(path) if not isinstance(found, Skipped))


def make_index(context: Context, name: str, pool: Sequence[Patient]) -> tuple[Path, float]:
    """An index of these patients, made anew by the build that users have, and the seconds that it took."""
    source = context.work / f"{name}.jsonl"
    with source.open("wb") as file:
        for patient in pool:
            line = {"id": patient.patient_id, "text": patient.text, "age": patient.age, "sex": patient.sex}
            file.write(msgspec.json.encode(line) + b"\n")
    directory = context.work / f"index-{name}"
    # A patient of an earlier run who is not in the pool any more would stay in patients.db.
    shutil.rmtree(directory, ignore_errors=True)
    started = time.perf_counter()
    build_patient_index([source], directory, load_embedding_model(PROFILES["compact"]), progress=Bars())
    return directory, time.perf_counter() - started
