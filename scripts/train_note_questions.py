"""Train and measure the models that answer questions over patients' notes, on labelled case reports.

    .venv/bin/python scripts/train_note_questions.py                 measure the shipped models on both halves
    .venv/bin/python scripts/train_note_questions.py --train         learn them anew from the half `choosing`

The labels (`tests/reader/case_questions.jsonl`) hold no text: the abstracts are read from the PubMed files of the
real data, and one whose text has another hash is refused. Logistic regression (L2), a model an aspect. The threshold
is where the F0.5 of answering, over five folds of the half `choosing` split by note, is highest: what is right among
the answers counts for more than what is answered. The strength of regularisation was chosen by the same folds.
"""

# ruff: noqa: T201

import argparse
import os
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, Literal

import msgspec
import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from corpora.errors import SourceError  # noqa: E402
from corpora.patients.case_reports import case_in_abstract  # noqa: E402
from corpora.records import Document, text_sha256  # noqa: E402
from corpora.sources import iter_sources, read_source  # noqa: E402
from indexer.embedding import PROFILES, load_embedding_model  # noqa: E402
from indexer.index import Index  # noqa: E402
from indexer.patients.building import build_patient_index  # noqa: E402
from indexer.patients.store import PatientStore  # noqa: E402
from reader.aspects import ASPECTS, aspects_of  # noqa: E402
from reader.note_questions import FEATURES, OTHER, WEIGHTS, NoteModels, NoteReader, SentenceModel  # noqa: E402
from retriever.rerank import load_reranker  # noqa: E402

LABELS = ROOT / "tests" / "reader" / "case_questions.jsonl"
FOLDS = 5
BETA = 0.5
STRENGTH = 0.1


class Asked(msgspec.Struct, frozen=True):
    """A question of a note and the sentences that answer it: (start, end, grade 1 or 2)."""

    question: str
    spans: tuple[tuple[int, int, int], ...]


class Labelled(msgspec.Struct, frozen=True):
    """A note's questions; `sha256` is that of its text."""

    patient_id: str
    sha256: str
    half: Literal["choosing", "measuring"]
    questions: tuple[Asked, ...]


class Example(msgspec.Struct, frozen=True):
    """A question of a note: the features of each sentence and its grade, 0 where it answers nothing."""

    patient_id: str
    half: str
    aspect: str
    rows: tuple[dict[str, float], ...]
    grades: tuple[int, ...]


def main() -> None:
    """Train where that is asked for, and measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    data = Path(os.environ.get("BIOCITE_DATA", ROOT.parent / "shared" / "data"))
    parser.add_argument("--data", type=Path, default=data, help="the real data")
    parser.add_argument("--train", action="store_true", help="learn the models anew and write them")
    given = parser.parse_args()
    labelled = [msgspec.json.decode(line, type=Labelled) for line in LABELS.read_bytes().splitlines()]
    examples = list(made_examples(labelled, given.data))
    models = shipped() if not given.train else trained([each for each in examples if each.half == "choosing"])
    figures = {
        half: measured([each for each in examples if each.half == half], models) for half in ("choosing", "measuring")
    }
    for half, table in figures.items():
        print(f"\n{half}")
        for name, row in table.items():
            print(f"  {name:14} " + "  ".join(f"{what} {value:.3f}" for what, value in row.items()))
    if given.train:
        written = msgspec.structs.replace(models, provenance={**models.provenance, "measuring": figures["measuring"]})
        WEIGHTS.write_bytes(msgspec.json.format(msgspec.json.encode(written), indent=1) + b"\n")


def shipped() -> NoteModels:
    """The models that come with the package."""
    return msgspec.json.decode(WEIGHTS.read_bytes(), type=NoteModels)


def made_examples(labelled: Sequence[Labelled], data: Path) -> Iterator[Example]:
    """The features of every sentence of every labelled note, from an index of these notes as users have one."""
    notes = dict(_texts({each.patient_id for each in labelled}, data))
    missing = [each.patient_id for each in labelled if text_sha256(notes.get(each.patient_id, "")) != each.sha256]
    if missing:
        raise SourceError(f"{len(missing)} labelled notes are not as labelled in {data}, such as {missing[0]}")
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "notes.jsonl"
        lines = [msgspec.json.encode({"id": name, "text": text}) for name, text in sorted(notes.items())]
        source.write_bytes(b"\n".join(lines))
        directory = Path(folder) / "index"
        build_patient_index([source], directory, load_embedding_model(PROFILES["compact"]))
        reranker = load_reranker()
        with closing(Index(directory, load_embedding_model)) as index, PatientStore(directory) as store:
            reader = NoteReader(index, reranker, models=NoteModels({}, {}))
            for note in labelled:
                sentences = reader.sentences(note.patient_id, store.facts([note.patient_id])[note.patient_id].facets)
                texts = [sentence.text for sentence in sentences]
                for asked in note.questions:
                    wanted = [(notes[note.patient_id][start:end], grade) for start, end, grade in asked.spans]
                    grades = _grades(texts, wanted, note.patient_id)
                    aspects = aspects_of(asked.question)
                    (features,) = reader.features(asked.question, aspects, [sentences])
                    for aspect, rows in features.items():
                        yield Example(note.patient_id, note.half, aspect, tuple(rows), grades)


def _texts(wanted: set[str], data: Path) -> Iterator[tuple[str, str]]:
    for path in sorted((data / "pubmed").glob("*.xml.gz")):
        for file in iter_sources([path]):
            for record in read_source(file):
                if isinstance(record, Document) and f"{record.document_id}#abstract" in wanted:
                    case = case_in_abstract(record)
                    if case is not None:
                        yield case.patient_id, case.text


def _grades(texts: Sequence[str], wanted: Sequence[tuple[str, int]], name: str) -> tuple[int, ...]:
    """The grade of each sentence as it is stored: masked, and with white space as the store has it."""
    grades = [0] * len(texts)
    for text, grade in wanted:
        likeness = [_likeness(text, each) for each in texts]
        best = int(np.argmax(likeness))
        if likeness[best] < 0.5:
            raise SourceError(f"{name}: a labelled sentence is not among the stored ones")
        grades[best] = max(grades[best], grade)
    return tuple(grades)


def _likeness(first: str, second: str) -> float:
    """The share of the words of the shorter one, and a little for being of one length."""
    one, other = set(first.split()), set(second.split())
    shared = len(one & other)
    return shared / max(1, min(len(one), len(other))) + 0.01 * shared / max(1, len(one | other))


def trained(examples: Sequence[Example]) -> NoteModels:
    """A model for each aspect, and one for every other question."""
    models = {}
    provenance: dict[str, Any] = {"labels": LABELS.name, "half": "choosing", "notes": len(_names(examples))}
    for aspect in (*ASPECTS, OTHER):
        own = [each for each in examples if each.aspect == aspect]
        folded = _folded(own)
        cuts = [cut / 100 for cut in range(5, 90)]
        f, threshold = max((_f(own, folded, cut), -cut) for cut in cuts)
        models[aspect] = _fitted(own, -threshold)
        provenance[aspect] = {"questions": len(own), "f0.5_in_folds": round(f, 3)}
    return NoteModels(models, provenance)


def _folded(examples: Sequence[Example]) -> list[list[float]]:
    """The probabilities of each example's sentences by a model that did not see the note."""
    names = _names(examples)
    found: list[list[float]] = [[] for _ in examples]
    for fold in range(FOLDS):
        held = set(names[fold::FOLDS])
        model = _fitted([each for each in examples if each.patient_id not in held], 0.5)
        for number, each in enumerate(examples):
            if each.patient_id in held:
                found[number] = [model.probability(row) for row in each.rows]
    return found


def _names(examples: Sequence[Example]) -> list[str]:
    return sorted({each.patient_id for each in examples})


def _fitted(examples: Sequence[Example], threshold: float) -> SentenceModel:
    from sklearn.linear_model import LogisticRegression

    rows = np.array([[row[name] for name in FEATURES] for each in examples for row in each.rows])
    answers = np.array([grade > 0 for each in examples for grade in each.grades])
    grades = np.array([grade for each in examples for grade in each.grades])
    spread = np.maximum(rows.std(axis=0), 1e-6)
    # A sentence that says it plainly counts for twice one that says it in part.
    fit = LogisticRegression(C=STRENGTH, max_iter=2_000).fit(
        rows / spread, answers, sample_weight=np.where(grades == 1, 0.5, 1)
    )
    weights = {name: round(float(weight), 5) for name, weight in zip(FEATURES, fit.coef_[0] / spread, strict=True)}
    return SentenceModel(round(float(fit.intercept_[0]), 5), weights, threshold)


def _f(examples: Sequence[Example], sure: Sequence[Sequence[float]], threshold: float) -> float:
    """F of first quotations: right ones among those given, and among the questions that have an answer."""
    given = right = answerable = 0
    for each, own in zip(examples, sure, strict=True):
        answerable += any(each.grades)
        best = int(np.argmax(own))
        if own[best] >= threshold:
            given += 1
            right += each.grades[best] > 0
    return (1 + BETA**2) * right / max(1, given + BETA**2 * answerable)


def measured(examples: Sequence[Example], models: NoteModels) -> dict[str, dict[str, float]]:
    """By aspect: how often a question that has an answer gets one whose first quotation is right, and so on."""
    table = {}
    for aspect in (*ASPECTS, OTHER):
        own = [each for each in examples if each.aspect == aspect]
        table[aspect] = _row(own, {aspect: models.models[aspect]})
    table["all"] = _row(examples, models.models)
    cosine = SentenceModel(0.0, {"similarity": 1.0}, 0.0)
    table["cosine alone"] = _row(examples, dict.fromkeys((*ASPECTS, OTHER), cosine))
    return table


def _row(examples: Sequence[Example], models: Mapping[str, SentenceModel]) -> dict[str, float]:
    """`first` is how often the best sentence answers, threshold or not, where any does."""
    given = right = plain = answerable = first = silent = unanswerable = 0
    for each in examples:
        model = models[each.aspect]
        sure = [model.probability(row) for row in each.rows]
        best = int(np.argmax(sure))
        has = any(each.grades)
        answerable += has
        unanswerable += not has
        first += has and each.grades[best] > 0
        if sure[best] >= model.threshold:
            given += 1
            right += each.grades[best] > 0
            plain += each.grades[best] > 1
        else:
            silent += not has
    return {
        "questions": len(examples),
        "answerable": answerable,
        "first": round(first / max(1, answerable), 3),
        "answered": round(given / max(1, len(examples)), 3),
        "precision": round(right / max(1, given), 3),
        "plain": round(plain / max(1, given), 3),
        "recall": round(right / max(1, answerable), 3),
        "rightly_silent": round(silent / max(1, unanswerable), 3),
    }


if __name__ == "__main__":
    main()
