"""The split rule: which questions train, which choose and calibrate, which measure. Every recipe asks here.

| set | trains | chooses settings and calibrates | measures |
|---|---|---|---|
| BioASQ task B | 7B, 8B, 9B | 10B | 11B and later |
| PubMedQA's 500 labelled questions | folds 1 to 9 | fold 0 | 10-fold cross-validation |

BioASQ's files are told apart by their published names. Tests compare the texts of what trains with those
of what is held out (`question_key`).
"""

import hashlib
import re
from collections.abc import Iterable
from pathlib import Path

from corpora.errors import UsageError

LAST_TRAINING_BATCH = 9
CALIBRATION_BATCH = 10
FOLDS = 10
DEVELOPMENT_FOLD = 0

_BATCH = re.compile(r"^(\d+)B")


def bioasq_batch(path: Path) -> int | None:
    """The number of the BioASQ task that a file is of (9 for ``9B2_golden.json``), None for another name."""
    match = _BATCH.match(path.name)
    return int(match[1]) if match else None


def trains(path: Path) -> bool:
    """Whether a BioASQ file may be trained on, by its name."""
    batch = bioasq_batch(path)
    return batch is not None and batch <= LAST_TRAINING_BATCH


def training_files(paths: Iterable[Path]) -> list[Path]:
    """The files to train on, sorted: folders as the training files inside them; UsageError for a file that is none."""
    files = [file for path in paths for file in (filter(trains, path.glob("*.json")) if path.is_dir() else [path])]
    for path in files:
        if not trains(path):
            raise UsageError(
                f"{path}: not a training file: batches up to {LAST_TRAINING_BATCH}B train, later ones calibrate or "
                "measure",
                remedy="Leave it out of --bioasq (files are told apart by a name such as 9B2_golden.json)",
            )
    return sorted(files)


def calibration_files(paths: Iterable[Path]) -> list[Path]:
    """The files to choose and calibrate by, sorted; those of other batches in a folder are left alone."""
    files = [
        file
        for path in paths
        for file in (
            (found for found in path.glob("*.json") if bioasq_batch(found) == CALIBRATION_BATCH)
            if path.is_dir()
            else [path]
        )
    ]
    for path in files:
        if bioasq_batch(path) != CALIBRATION_BATCH:
            raise UsageError(f"{path}: not a calibration file: those are of batch {CALIBRATION_BATCH}B")
    return sorted(files)


def pubmedqa_fold(question_id: str) -> int:
    """The fold, 0 to 9, of a PubMedQA question, by the SHA-256 of its PMID: it stays when questions are added."""
    return int.from_bytes(hashlib.sha256(question_id.encode()).digest()[:8]) % FOLDS


def question_key(text: str) -> str:
    """What two spellings of one question have in common: letters and digits, lower case."""
    return " ".join(re.findall(r"\w+", text.casefold()))
