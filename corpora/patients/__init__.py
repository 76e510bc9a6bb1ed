"""Patients: notes and records of persons, read from the forms they come in, with what identifies anybody removed."""

from pathlib import Path


def patients_path() -> Path:
    """Notes of invented patients in clinical clusters with hard negatives: JSON lines; apart from the sample corpus."""
    return Path(__file__).parent / "synthetic.jsonl"
