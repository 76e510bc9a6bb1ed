"""What is known of each patient besides the note: ``patients.db`` in the directory of an index of patients.

The note itself is the document of the same identifier in the index's store. Facets are found by term, so that patients
with a rare finding in common are found whatever words their notes use.
"""

import sqlite3
from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec
from sqlite_utils import Database

from corpora.errors import IndexStateError
from corpora.patients.records import Facet, Patient, Sex
from indexer.patients.labs import finding_of
from indexer.patients.working import remove_left_over
from indexer.store import chunks_of, marks

FILE = "patients.db"
FILES = (FILE, f"{FILE}-wal", f"{FILE}-shm")
_SCHEMA = """
CREATE TABLE IF NOT EXISTS patients (
    patient_id TEXT PRIMARY KEY, sha256 TEXT NOT NULL, age REAL, sex TEXT NOT NULL, facets TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS terms (
    term TEXT NOT NULL, patient_id TEXT NOT NULL REFERENCES patients(patient_id) ON DELETE CASCADE,
    PRIMARY KEY (term, patient_id)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS terms_patient ON terms(patient_id);
"""
_REMEDY = "Build the index of patients again with biocite index --patients"


class PatientFacts(msgspec.Struct, frozen=True):
    """A patient without the note; `sha256` is that of the note that the facets' spans refer to, in UTF-8."""

    patient_id: str
    sha256: str
    age: float | None
    sex: Sex
    facets: tuple[Facet, ...]


def is_patient_index(directory: Path) -> bool:
    """Whether an index directory holds patients: then nothing but the patients' own commands and routes may use it."""
    return (directory / FILE).exists()


class PatientStore:
    """Reads and writes ``patients.db``; a context manager. May be read by several threads, written by one.

    Raises IndexStateError where the file cannot be used.
    """

    def __init__(self, directory: Path) -> None:
        self._path = directory / FILE
        remove_left_over(directory)
        try:
            connection = sqlite3.connect(self._path, check_same_thread=False, timeout=60)
            self._path.chmod(0o600)
            self._db = Database(connection)
            self._db.execute("PRAGMA foreign_keys = ON")
            self._db.execute("PRAGMA secure_delete = ON")
            self._db.enable_wal()
            self._db.executescript(_SCHEMA)
        except (sqlite3.Error, OSError) as error:
            raise self._unusable(error) from error

    def __enter__(self) -> "PatientStore":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def put(self, patients: Iterable[tuple[Patient, str]]) -> None:
        """Keep these patients, each with the SHA-256 of its note; all or nothing. A later one replaces an earlier."""
        # On the connection itself: `Database.execute` commits each statement.
        try:
            with self._db.conn:
                for patient, sha256 in patients:
                    row = (patient.patient_id, sha256, patient.age, patient.sex, _encoded(patient.facets))
                    self._db.conn.execute("DELETE FROM patients WHERE patient_id = ?", [patient.patient_id])
                    self._db.conn.execute("INSERT INTO patients VALUES (?, ?, ?, ?, ?)", row)
                    terms = _named(patient.facets)
                    self._db.conn.executemany(
                        "INSERT INTO terms VALUES (?, ?)", [(term, patient.patient_id) for term in sorted(terms)]
                    )
        except sqlite3.Error as error:
            raise self._unusable(error) from error

    def facts(self, patient_ids: Sequence[str]) -> dict[str, PatientFacts]:
        """What is known of these patients; one that is not kept is absent."""
        found = {}
        for chunk in chunks_of(patient_ids):
            rows = self._rows(
                f"SELECT patient_id, sha256, age, sex, facets FROM patients WHERE patient_id IN ({marks(chunk)})",
                chunk,
            )
            for row in rows:
                facets = msgspec.json.decode(row[4], type=tuple[Facet, ...])
                found[row[0]] = PatientFacts(row[0], row[1], row[2], row[3], facets)
        return found

    def count(self) -> int:
        """How many patients there are."""
        return int(self._rows("SELECT count(*) FROM patients")[0][0])

    def identifiers(self) -> list[str]:
        """The identifiers of all patients."""
        return [row[0] for row in self._rows("SELECT patient_id FROM patients")]

    def frequencies(self, terms: Sequence[str]) -> dict[str, int]:
        """In how many patients' notes each term is named; 0 where it is in none."""
        found = dict.fromkeys(terms, 0)
        for chunk in chunks_of(list(found)):
            rows = self._rows(f"SELECT term, count(*) FROM terms WHERE term IN ({marks(chunk)}) GROUP BY term", chunk)
            found |= dict(rows)
        return found

    def with_term(self, term: str, limit: int) -> list[str]:
        """Patients whose notes name the term, by identifier, at most so many."""
        rows = self._rows("SELECT patient_id FROM terms WHERE term = ? ORDER BY patient_id LIMIT ?", [term, limit])
        return [row[0] for row in rows]

    def _rows(self, query: str, values: Sequence[object] = ()) -> list[tuple]:  # type: ignore[type-arg]
        try:
            return self._db.execute(query, list(values)).fetchall()
        except sqlite3.Error as error:
            raise self._unusable(error) from error

    def _unusable(self, error: Exception) -> IndexStateError:
        return IndexStateError(f"{self._path}: cannot be used ({error})", remedy=_REMEDY)


def _named(facets: tuple[Facet, ...]) -> set[str]:
    """The terms that a note names, whatever it says of them, and the findings that its labs amount to."""
    return {facet.term for facet in facets} | {found for facet in facets if (found := finding_of(facet))}


def _encoded(facets: tuple[Facet, ...]) -> str:
    return msgspec.json.encode(facets).decode()
