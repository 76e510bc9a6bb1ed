"""Building an index of patients: notes in, identifiers removed, facets found, and an index like any other made of them.

What identifies anybody never reaches the disk: the file of JSON lines that the index is built from holds the notes as
they are once identifiers are removed, and lies in a folder of its own until it is indexed.
"""

import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path

import msgspec

from corpora.deidentification import deidentify
from corpora.errors import IndexStateError, SourceError, UsageError
from corpora.patients.records import Patient
from corpora.patients.sources import iter_patients
from corpora.records import Skipped, text_sha256
from corpora.text import PARAGRAPH_BREAK, collapse
from indexer.build import BuildReport, BuildSettings, build_index
from indexer.embedding import EmbeddingModel
from indexer.manifest import has_manifest
from indexer.patients.facets import facets_of
from indexer.patients.store import FILES, PatientStore, is_patient_index
from indexer.progress import Progress
from indexer.store import FILE as NOTES

OLDEST = 90.0
"""Ages over 89 are one: together they tell who somebody is (45 CFR 164.514(b)(2)(i)(C))."""
_BATCH = 500


class PatientsReport(msgspec.Struct, frozen=True):
    """What became of patients: how many, those skipped with the reason, and how often each kind was masked."""

    patients: int
    skipped: tuple[Skipped, ...]
    masked: dict[str, int]
    build: BuildReport


def build_patient_index(
    sources: Sequence[str | Path],
    directory: Path,
    model: EmbeddingModel,
    *,
    settings: BuildSettings | None = None,
    progress: Progress | None = None,
) -> PatientsReport:
    """Index the patients in these sources, in the index of patients in `directory`, which is made if it is not there.

    Raises UsageError for an index of literature: the two are never mixed. SourceError where there is no patient at all.
    """
    if has_manifest(directory) and not is_patient_index(directory):
        raise UsageError(f"{directory}: is an index of literature", remedy="Name another folder for patients")
    with tempfile.TemporaryDirectory(prefix="biocite-patients-") as folder:
        reading = _Reading(Path(folder))
        files = [path for source in sources if (path := reading.read(Path(source))) is not None]
        if not files:
            first = f"; first: {reading.skipped[0]}" if reading.skipped else ""
            raise SourceError(f"no patient could be read: {len(reading.skipped)} records skipped{first}")
        with _store_of(directory) as store:
            report = build_index(files, directory, model, settings=settings, progress=progress)
            for batch in reading.patients():
                store.put((patient, text_sha256(patient.text)) for patient in batch)
    return PatientsReport(reading.count, tuple(reading.skipped), dict(sorted(reading.masked.items())), report)


@contextmanager
def _store_of(directory: Path) -> Iterator[PatientStore]:
    """The store, made before the index: a build that is killed must not leave patients that look like literature.

    Where no index comes of it, nothing that was not there before is left behind.
    """
    known, existed = is_patient_index(directory), directory.exists()
    try:
        directory.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise IndexStateError(f"{directory}: cannot be made ({error.strerror})", remedy="Check its path") from error
    try:
        with PatientStore(directory) as store:
            yield store
    finally:
        if not known and not (directory / NOTES).exists():
            for name in FILES:
                (directory / name).unlink(missing_ok=True)
            if not existed and directory.is_dir() and not any(directory.iterdir()):
                directory.rmdir()


class _Reading:
    """Reads sources into files of a folder, so that no more than one patient is in memory at a time."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._facts = folder / "facts"
        self.skipped: list[Skipped] = []
        self.masked: Counter[str] = Counter()
        self.count = 0

    def read(self, source: Path) -> Path | None:
        """The file of JSON lines to index, None where the source holds no patient."""
        before = self.count
        path = self._folder / str(self.count) / f"{source.name}.jsonl"
        path.parent.mkdir(exist_ok=True)
        with path.open("wb") as notes, self._facts.open("ab") as facts:
            for found in iter_patients(source):
                if isinstance(found, Skipped):
                    self.skipped.append(found)
                    continue
                patient = prepared(found, self.masked.update)
                notes.write(msgspec.json.encode({"id": patient.patient_id, "text": patient.text}) + b"\n")
                facts.write(msgspec.json.encode(patient) + b"\n")
                self.count += 1
        return path if self.count > before else None

    def patients(self) -> Iterator[list[Patient]]:
        """All that were read, some at a time."""
        with self._facts.open("rb") as lines:
            while batch := [msgspec.json.decode(line, type=Patient) for line in islice(lines, _BATCH)]:
                yield batch


def prepared(patient: Patient, count: Callable[[list[str]], None] = lambda _: None) -> Patient:
    """The patient as it is kept: identifiers masked, the text as the store will have it, and its facets."""
    removed = deidentify(patient.text)
    count([masked.kind for masked in removed.masked])
    text = PARAGRAPH_BREAK.join(filter(None, map(collapse, removed.text.splitlines())))
    age = patient.age if patient.age is None else min(patient.age, OLDEST)
    return msgspec.structs.replace(patient, text=text, age=age, facets=facets_of(text))
