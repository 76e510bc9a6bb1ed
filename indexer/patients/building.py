"""Building an index of patients: notes in, identifiers removed, facets found, and an index like any other made of them.

What a note says of who the patient is never reaches the disk: the file of JSON lines that the index is built from holds
the notes as they are once identifiers are removed, and lies in a folder inside the index directory that only its owner
can read (see `indexer.patients.working`). A build that is killed leaves it there; the next build or the next opening of
the index removes it. Identifiers of patients are kept as given, unless a file of pseudonyms is named.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from itertools import islice
from pathlib import Path

import msgspec

from corpora.deidentification import deidentify
from corpora.deidentification.collapsing import MASK_OF
from corpora.errors import IndexStateError, SourceError, UsageError
from corpora.patients.records import Patient
from corpora.patients.sources import iter_patients
from corpora.records import Skipped, text_sha256
from corpora.text import PARAGRAPH_BREAK, collapse
from indexer.build import BuildReport, BuildSettings, build_index
from indexer.embedding import EmbeddingModel
from indexer.manifest import has_manifest
from indexer.patients.facets import facets_of
from indexer.patients.pseudonyms import Pseudonyms, is_pseudonym
from indexer.patients.store import FILES, PatientStore, is_patient_index
from indexer.patients.tagging import deidentified
from indexer.patients.working import working_folder
from indexer.progress import Progress
from indexer.store import FILE as NOTES

OLDEST = 90.0
"""Ages over 89 are one: together they tell who somebody is (45 CFR 164.514(b)(2)(i)(C))."""
_BATCH = 500
_WORDS = re.compile(r"[^\W\d_]+[ _,]+[^\W\d_]+")
_PUBLISHED = re.compile(r"PMC:?\d+#case\d+")
"""The identifier of a case in an article, which identifies the article."""

_SHORTEST_HIDDEN = 5
"""Shorter identifiers of patients, such as "12", are too many other things in a note to be masked there."""


class PatientsReport(msgspec.Struct, frozen=True):
    """What became of patients: how many, those skipped with the reason, and how often each kind was masked.

    `identifying` is how many are kept under an identifier that looks as if it told who the patient is.
    """

    patients: int
    skipped: tuple[Skipped, ...]
    masked: dict[str, int]
    build: BuildReport
    identifying: int = 0


def build_patient_index(
    sources: Sequence[str | Path],
    directory: Path,
    model: EmbeddingModel,
    *,
    settings: BuildSettings | None = None,
    progress: Progress | None = None,
    pseudonyms: Path | None = None,
) -> PatientsReport:
    """Index the patients in these sources, in the index of patients in `directory`, which is made if it is not there.

    With a file of `pseudonyms` the index knows patients by those alone. Raises UsageError for an index of literature,
    as the two are never mixed, and for one that was built without these pseudonyms or without any; SourceError where
    there is no patient at all, and for a damaged file of pseudonyms.
    """
    if (has_manifest(directory) or (directory / NOTES).exists()) and not is_patient_index(directory):
        raise UsageError(f"{directory}: is an index of literature", remedy="Name another folder for patients")
    with ExitStack() as stack:
        names = stack.enter_context(Pseudonyms(pseudonyms, directory)) if pseudonyms is not None else None
        store = stack.enter_context(_store_of(directory))
        _check_identifiers(store, directory, names)
        reading = _Reading(stack.enter_context(working_folder(directory)), names)
        files = [path for source in sources if (path := reading.read(Path(source))) is not None]
        if not files:
            first = f"; first: {reading.skipped[0]}" if reading.skipped else ""
            raise SourceError(f"no patient could be read: {len(reading.skipped)} records skipped{first}")
        if names is not None:
            names.save()
        report = build_index(files, directory, model, settings=settings, progress=progress)
        for batch in reading.patients():
            store.put((patient, text_sha256(patient.text)) for patient in batch)
    masked = dict(sorted(reading.masked.items()))
    return PatientsReport(reading.count, tuple(reading.skipped), masked, report, reading.identifying)


def _check_identifiers(store: PatientStore, directory: Path, names: Pseudonyms | None) -> None:
    """That an index has all its patients under pseudonyms of one file, or none."""
    known = store.identifiers()
    if names is None and known and all(map(is_pseudonym, known)):
        raise UsageError(
            f"{directory}: knows its patients by pseudonyms", remedy="Name their file with --pseudonyms again"
        )
    if names is not None and (missing := names.missing(known)):
        raise UsageError(
            f"{directory}: {missing:,} of its patients have no pseudonym of this file",
            remedy="Name the file that the index was built with, or build into a new folder",
        )


@contextmanager
def _store_of(directory: Path) -> Iterator[PatientStore]:
    """The store, made before the index: a build that is killed must not leave patients that look like literature.

    Where no index comes of it, nothing that was not there before is left behind.
    """
    known, existed = is_patient_index(directory), directory.exists()
    try:
        # Others than the owner cannot read patients.db, so they need not read the notes either.
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
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

    def __init__(self, folder: Path, names: Pseudonyms | None = None) -> None:
        self._folder = folder
        self._names = names
        self._facts = folder / "facts"
        self.skipped: list[Skipped] = []
        self.masked: Counter[str] = Counter()
        self.count = 0
        self.identifying = 0

    def read(self, source: Path) -> Path | None:
        """The file of JSON lines to index, None where the source holds no patient."""
        before = self.count
        # The index keeps the name of the file, which a source that is one patient's note may be named after.
        path = self._folder / str(self.count) / f"{source.name if self._names is None else 'patients'}.jsonl"
        path.parent.mkdir(exist_ok=True)
        with path.open("wb") as notes, self._facts.open("ab") as facts:
            for found in iter_patients(source):
                if isinstance(found, Skipped):
                    self.skipped.append(found)
                    continue
                patient = self._prepared(found)
                notes.write(msgspec.json.encode({"id": patient.patient_id, "text": patient.text}) + b"\n")
                facts.write(msgspec.json.encode(patient) + b"\n")
                self.count += 1
        return path if self.count > before else None

    def _prepared(self, found: Patient) -> Patient:
        if self._names is None:
            self.identifying += is_identifying(found)
            return prepared(found, self.masked.update)
        stem = found.patient_id.removesuffix(".gz").rpartition(".")[0] if _is_file_name(found) else ""
        patient = prepared(found, self.masked.update, hidden=(found.patient_id, stem))
        return msgspec.structs.replace(patient, patient_id=self._names.of(found.patient_id), source="")

    def patients(self) -> Iterator[list[Patient]]:
        """All that were read, some at a time."""
        with self._facts.open("rb") as lines:
            while batch := [msgspec.json.decode(line, type=Patient) for line in islice(lines, _BATCH)]:
                yield batch


def is_identifying(patient: Patient) -> bool:
    """Whether the identifier itself looks as if it told who the patient is: a name, a number, a date."""
    by_name = _is_file_name(patient) and _WORDS.search(patient.patient_id.rpartition(".")[0] or patient.patient_id)
    return bool(by_name or (not _PUBLISHED.fullmatch(patient.patient_id) and deidentify(patient.patient_id).masked))


def _is_file_name(patient: Patient) -> bool:
    """Whether the patient is a text file, whose name is the identifier."""
    return patient.source == patient.patient_id or patient.source.endswith(f"/{patient.patient_id}")


def prepared(
    patient: Patient, count: Callable[[list[str]], None] = lambda _: None, hidden: Sequence[str] = ()
) -> Patient:
    """The patient as it is kept: identifiers masked, the text as the store will have it, and its facets.

    What is `hidden` is masked too, whatever it looks like, where it is long enough to mean nothing else.
    """
    text = patient.text
    for said in sorted({one for one in hidden if len(one) >= _SHORTEST_HIDDEN}, key=len, reverse=True):
        text, times = re.subn(rf"(?<!\w){re.escape(said)}(?!\w)", MASK_OF["ID"], text, flags=re.IGNORECASE)
        count(["ID"] * times)
    removed = deidentified(text)
    count([masked.kind for masked in removed.masked])
    text = PARAGRAPH_BREAK.join(filter(None, map(collapse, removed.text.splitlines())))
    age = patient.age if patient.age is None else min(patient.age, OLDEST)
    return msgspec.structs.replace(patient, text=text, age=age, facets=facets_of(text))
