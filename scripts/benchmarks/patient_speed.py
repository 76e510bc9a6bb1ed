"""How fast `similar` answers, how big an index of patients gets and how long it takes to make, up to 167,000 patients.

167,000 is the size of PMC-Patients (Zhao et al., Scientific Data 2023). So many notes are not at hand: beyond the real
ones they are made of real ones, half of the sentences of one in another order and a sentence of another. Notes of
PMC-Patients are longer than these, so that its index is bigger and slower by more than the number of patients tells.

At 10,000 the notes go the way that users' notes go. At every size made notes also go a shorter way, which leaves out
what does not change with the number of patients: de-identification, as what they are made of is masked already, and
embedding, instead of which they have the vector of their real note with noise (see `big_index`). Everything that a
search meets (facets, words, vectors, store) is of the full number.
"""

import random
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from api.patient_search import PatientSearch
from api.patients import PatientRequest
from api.progress import Bars
from corpora.errors import IndexStateError
from corpora.patients.records import Patient
from corpora.records import text_sha256
from corpora.text import collapse
from indexer.build import build_index
from indexer.embedding import PROFILES, EmbeddingModel, Vectors, load_embedding_model
from indexer.patients.building import prepared
from indexer.patients.facets import facets_of
from indexer.patients.store import PatientStore
from scripts.benchmarks.big_index import noisy
from scripts.benchmarks.common import Context, bytes_on_disk, percentiles
from scripts.benchmarks.patient_pools import make_index
from scripts.benchmarks.pool import text_hash

OFFICIAL = 10_000
SIZES = (2_500, 5_000, 10_000, 20_000, 167_000)
CALLS = 60
_UNCOUNTED = 5
"""The first calls are not counted: they fill the caches."""
_LONGEST = 3_000
"""Characters of a note that is asked with."""
_BATCH = 500


def speed(context: Context, real: Sequence[Patient]) -> dict[str, Any]:
    """Latency, bytes and seconds of building, at every size, and at 10,000 by the build that users have."""
    sizes = [max(200, round(size * context.scale)) for size in SIZES]
    usual = max(200, round(OFFICIAL * context.scale))
    made = MadePatients(real, load_embedding_model(PROFILES["compact"]))
    directory, seconds = make_index(context, "patients-usual", [made.patient(number) for number in range(usual)])
    figures: dict[str, Any] = {"mean characters": made.mean_characters()}
    figures["usual build"] = _size(directory, usual, seconds, made)
    figures["sizes"] = []
    for size in sizes:
        directory = context.work / "index-patients-made"
        seconds = made.build(directory, size)
        figures["sizes"].append(_size(directory, size, seconds, made))
        shutil.rmtree(directory)
    return figures


def _size(directory: Path, size: int, seconds: float, made: "MadePatients") -> dict[str, Any]:
    return {
        "patients": size,
        "build s": round(seconds, 1),
        "bytes": bytes_on_disk(directory)["all"],
        "calls": CALLS - _UNCOUNTED,
        "ms": percentiles(_calls(directory, made.asked)),
    }


def _calls(directory: Path, notes: Sequence[str]) -> list[float]:
    """Milliseconds of each call with one of the notes, models warm."""
    spent = []
    with closing(PatientSearch(directory, load_embedding_model)) as search:
        search.warm()
        for note in notes:
            started = time.perf_counter()
            search.similar(PatientRequest(note))
            spent.append((time.perf_counter() - started) * 1000)
    return spent[_UNCOUNTED:]


class MadePatients:
    """Any number of patients made of real ones, the real ones first, and a model that knows the vector of each."""

    def __init__(self, real: Sequence[Patient], model: EmbeddingModel) -> None:
        draw = random.Random(13)  # noqa: S311 - repeatable, not secret
        self.identity = model.identity
        self.asked = [patient.text[:_LONGEST] for patient in draw.sample(list(real), min(CALLS, len(real)))]
        self._real = [_masked(patient) for patient in real]
        self._vectors = model.encode_passages([patient.text for patient in self._real])
        self._rows: dict[bytes, int] = {}

    def patient(self, number: int) -> Patient:
        """The patient of this number, always the same, without facets."""
        patient, row = self._made(number)
        self._rows[text_hash(patient.text)] = row
        return patient

    def _made(self, number: int) -> tuple[Patient, int]:
        if number < len(self._real):
            return self._real[number], number
        draw = random.Random(number)  # noqa: S311 - repeatable, not secret
        row = draw.randrange(len(self._real))
        sentences = self._real[row].text.split(". ")
        draw.shuffle(sentences)
        # A sentence of another patient, as few sentences have few halves: notes of one text would share one vector.
        other = draw.choice(draw.choice(self._real).text.split(". "))
        text = ". ".join([*sentences[: max(1, len(sentences) // 2)], other])
        return msgspec.structs.replace(self._real[row], patient_id=f"made-{number}", text=text), row

    def mean_characters(self) -> int:
        """Of the made notes, by the first thousand of them."""
        first = len(self._real)
        return round(sum(len(self.patient(number).text) for number in range(first, first + 1_000)) / 1_000)

    def build(self, directory: Path, count: int) -> float:
        """An index of so many patients by the shorter way; the seconds that it took."""
        shutil.rmtree(directory, ignore_errors=True)
        directory.mkdir(parents=True)
        started = time.perf_counter()
        notes = directory.with_suffix(".jsonl")
        with PatientStore(directory) as store:
            with notes.open("wb") as file:
                for batch in self._batches(count):
                    lines = ({"id": patient.patient_id, "text": patient.text} for patient in batch)
                    file.writelines(msgspec.json.encode(line) + b"\n" for line in lines)
                    store.put((patient, text_sha256(patient.text)) for patient in batch)
            build_index([notes], directory, self, progress=Bars())
        notes.unlink()
        return time.perf_counter() - started

    def _batches(self, count: int) -> Iterator[list[Patient]]:
        """The patients with their facets, some at a time."""
        for first in range(0, count, _BATCH):
            made = map(self.patient, range(first, min(first + _BATCH, count)))
            yield [msgspec.structs.replace(patient, facets=facets_of(patient.text)) for patient in made]

    def encode_passages(self, texts: Sequence[str], advance: Callable[[int], None] | None = None) -> Vectors:
        """The vector of the real note that each text is made of, with noise; see `indexer.embedding`."""
        rows = np.empty((len(texts), self.identity.dimensions), dtype=np.float32)
        for position, text in enumerate(texts):
            digest = text_hash(text)
            # A part of a note that is cut into several passages gets any vector.
            row = self._rows.get(digest, int.from_bytes(digest[:8], "little") % len(self._vectors))
            rows[position] = noisy(self._vectors[row], digest)
        if advance is not None:
            advance(len(texts))
        return rows

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        """Never called by a build."""
        raise IndexStateError(f"{len(texts)} queries were given to a model that only builds indexes")


def _masked(patient: Patient) -> Patient:
    """The patient as it is kept, in one paragraph and without facets."""
    kept = prepared(patient)
    return msgspec.structs.replace(kept, text=collapse(kept.text), facets=())
