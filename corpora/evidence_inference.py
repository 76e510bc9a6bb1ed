"""Evidence Inference: what a trial's report says of an outcome under an intervention against a comparator.

Format: Lehman et al. 2019, DeYoung et al. 2020 (https://evidence-inference.ebm-nlp.com), two CSV files: the prompts
(outcome, intervention, comparator) and doctors' annotations of them. The annotations' offsets count in a rendering of
the articles that is not published with them, so a finding carries the annotated text itself.
"""

import csv
import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Literal

import msgspec

from corpora.errors import SourceError

Direction = Literal["increased", "decreased", "no difference"]

_DIRECTIONS: dict[str, Direction] = {
    "significantly increased": "increased",
    "significantly increase": "increased",
    "significantly decreased": "decreased",
    "no significant difference": "no difference",
}
_LONGEST_FIELD = 10_000_000


class Finding(msgspec.Struct, frozen=True):
    """An annotated finding: `outcome` is so changed under `intervention` against `comparator`, as `text` says."""

    prompt_id: str
    document_id: str
    outcome: str
    intervention: str
    comparator: str
    direction: Direction
    text: str


def read_evidence_inference(prompts: Path, annotations: Path) -> list[Finding]:
    """The findings that a second doctor certified, in the annotations' order; those of unknown prompts are left out.

    A prompt may have several findings, one an annotator, that may disagree. SourceError for files of another format.
    """
    asked = {row["PromptID"]: row for row in _rows(prompts, ("PromptID", "Outcome", "Intervention", "Comparator"))}
    columns = ("PromptID", "PMCID", "Valid Label", "Valid Reasoning", "Label", "Annotations")
    findings = []
    for row in _rows(annotations, columns):
        prompt, direction, text = asked.get(row["PromptID"]), _DIRECTIONS.get(row["Label"]), _plain(row["Annotations"])
        if prompt is None or direction is None or not text or not _certified(row):
            continue
        outcome, intervention, comparator = (
            _plain(prompt[part]).rstrip(".") for part in ("Outcome", "Intervention", "Comparator")
        )
        document_id = f"PMCID:{row['PMCID']}"
        findings.append(Finding(row["PromptID"], document_id, outcome, intervention, comparator, direction, text))
    return findings


def _certified(row: dict[str, str]) -> bool:
    return row["Valid Label"] == "True" and row["Valid Reasoning"] == "True"


def _rows(path: Path, columns: tuple[str, ...]) -> Iterator[dict[str, str]]:
    csv.field_size_limit(_LONGEST_FIELD)
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            missing = [column for column in columns if column not in (reader.fieldnames or ())]
            if missing:
                raise SourceError(
                    f"{path}: has no column {', '.join(missing)}", remedy="Give Evidence Inference's CSV files"
                )
            for row in reader:
                if any(row[column] is None for column in columns):
                    raise SourceError(f"{path}, line {reader.line_num}: too few fields")
                yield row
    except OSError as error:
        raise SourceError(f"{path}: cannot be read ({error.strerror})", remedy="Check the path") from error
    except (csv.Error, UnicodeError) as error:
        raise SourceError(f"{path}: not a readable CSV file ({error})") from error


def _plain(text: str) -> str:
    """One line, without the tags and entities that some fields have."""
    return " ".join(unescape(re.sub(r"</?[a-zA-Z][^<>]*>", "", unescape(text))).split())
