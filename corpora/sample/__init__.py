"""A small corpus written for this project, and questions on it, so that everything can be tried without a download.

It is not literature and not medical advice: `README.md` beside this file says what it is. The documents are in PubMed's
XML and are read by `corpora.pubmed.parse_pubmed` like any other PubMed file.
"""

from pathlib import Path
from typing import Literal

import msgspec

from corpora.errors import SourceError

_HERE = Path(__file__).parent
_REMEDY = "Install biocite again: this file is part of it"


class SampleQuestion(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A question as a clinician might put it.

    `answers` holds one tuple of synonyms per item: one item for a factoid, several for a list, ``(("yes",),)`` or
    ``(("no",),)`` for yes/no, none for a summary. At least one synonym of each item of a factoid or list stands word
    for word in one of the `documents` (document ids). Where `answerable` is False the corpus does not answer the
    question, and both are empty.
    """

    id: str
    text: str
    kind: Literal["factoid", "list", "yesno", "summary"]
    answers: tuple[tuple[str, ...], ...]
    documents: tuple[str, ...]
    answerable: bool


def sample_path() -> Path:
    """The corpus: one file in PubMed's XML."""
    return _HERE / "sample.xml"


def out_of_field_path(use: Literal["calibrating", "measuring"]) -> Path:
    """Questions of law, history, cooking, sport and the like, which no biomedical corpus answers: a JSON list.

    Those for calibrating and for measuring are different ones.
    """
    return _HERE / f"out_of_field_{use}.json"


def sample_questions() -> tuple[SampleQuestion, ...]:
    """The questions in their order in the file, grouped by kind. Raises `SourceError` where the file is damaged."""
    return _read_questions(_HERE / "questions.json")


def _read_questions(path: Path) -> tuple[SampleQuestion, ...]:
    try:
        return msgspec.json.decode(path.read_bytes(), type=tuple[SampleQuestion, ...])
    except OSError as error:
        raise SourceError(f"{path}: cannot be read ({error})", remedy=_REMEDY) from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise SourceError(f"{path}: not a list of sample questions ({error})", remedy=_REMEDY) from error
