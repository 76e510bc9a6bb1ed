"""Recall per kind, precision and wrongly masked terms of de-identification, on the synthetic notes of the tests.

    .venv/bin/python scripts/measure_deidentification.py [--only FILE ...] [--rules] [--presidio]

The files are those of ``tests/corpora/deidentification``; `notes_sealed.txt` is the one that neither rules nor model
saw. Prints every failure: the notes are invented, so nothing of a patient is shown. --rules measures the rules
without the model. --presidio measures the pattern recognisers of Presidio by themselves (no model, no names), for
comparison; it needs presidio-analyzer.
"""

# ruff: noqa: T201

import argparse
import datetime
import sys
import time
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from corpora.deidentification import KINDS, Settings, deidentify  # noqa: E402
from corpora.deidentification.records import Deidentified, Masked, Tagger  # noqa: E402
from corpora.records import Span  # noqa: E402
from indexer.patients.tagging import load_tagger  # noqa: E402
from tests.corpora.deidentification.planted import (  # noqa: E402
    NEGATIVE_FILES,
    NEGATIVES_SEALED,
    NOTE_FILES,
    SEALED,
    STRUCTURED,
    Counts,
    PlantedNote,
    add_counts,
    measure,
    read_lines,
    read_notes,
)

SETTINGS = Settings(today=datetime.date(2026, 1, 1))


def main() -> None:
    """Measure the files named, or all."""
    paths = (*NOTE_FILES, SEALED, *NEGATIVE_FILES, NEGATIVES_SEALED)
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="+", choices=[path.name for path in paths], default=[])
    parser.add_argument("--rules", action="store_true")
    parser.add_argument("--presidio", action="store_true")
    given = parser.parse_args()
    tagger = None if given.rules or given.presidio else load_tagger()
    for path in paths:
        if given.only and path.name not in given.only:
            continue
        if path.name.startswith("notes"):
            notes = read_notes(path)
            counts = measure_with_presidio(notes) if given.presidio else measure(notes, SETTINGS, tagger)
            show(f"{path.name}, {len(notes)} notes", counts)
            if not given.presidio:
                show_speed(notes, tagger)
        elif not given.presidio:
            print(f"\n{path.name}")
            show_negatives(read_lines(path), tagger)


def show(name: str, counts: Counts) -> None:
    """The figures of one file."""
    print(f"\n{name}")
    for kind in KINDS:
        if counts.planted.get(kind):
            print(f"  {kind:12} {counts.found.get(kind, 0):4} of {counts.planted[kind]:4}   {counts.recall(kind):.3f}")
    print(f"  recall, structured kinds  {counts.recall(*STRUCTURED):.3f}")
    print(f"  recall, names and places  {counts.recall('NAME', 'PLACE'):.3f}")
    print(f"  precision                 {counts.precision:.3f} ({counts.right} of {counts.masked})")
    print(f"  of those found, with the kind planted: {counts.right_kind / max(1, sum(counts.found.values())):.3f}")
    for failure in counts.failures:
        print(f"    {failure}")


def show_negatives(sentences: list[str], tagger: Tagger | None) -> None:
    """How many sentences without identifiers had anything masked."""
    wrong = [(sentence, deidentify(sentence, SETTINGS, tagger).text) for sentence in sentences]
    wrong = [(before, after) for before, after in wrong if before != after]
    print(
        f"  sentences of clinical terms with a mask: {len(wrong)} of {len(sentences)} "
        f"({len(wrong) / len(sentences):.3f})"
    )
    for before, after in wrong:
        print(f"    {before} -> {after}")


def show_speed(notes: list[PlantedNote], tagger: Tagger | None) -> None:
    """Milliseconds for a note of 2,000 characters, the median of several."""
    text = "\n".join(note.text for note in notes)
    pieces = [text[start : start + 2000] for start in range(0, len(text) - 2000, 2000)]
    taken = []
    for piece in pieces[:10] * 3:
        begun = time.perf_counter()
        deidentify(piece, SETTINGS, tagger)
        taken.append(time.perf_counter() - begun)
    if not taken:
        return
    taken.sort()
    print(f"  2,000 characters: median {taken[len(taken) // 2] * 1000:.1f} ms, worst {taken[-1] * 1000:.1f} ms")


def measure_with_presidio(notes: list[PlantedNote]) -> Counts:
    """The same counts for Presidio's recognisers by patterns alone; not its e-mail one, which asks the network."""
    begun = time.perf_counter()
    from presidio_analyzer import predefined_recognizers as known

    print(f"  import of presidio_analyzer: {time.perf_counter() - begun:.1f} s")
    names = (
        "Date",
        "Ip",
        "Phone",
        "Url",
        "CreditCard",
        "Iban",
        "UsSsn",
        "UsLicense",
        "MedicalLicense",
        "UsPassport",
        "NhsRecognizer",
    )
    recognisers = [getattr(known, name if name.endswith("Recognizer") else f"{name}Recognizer")() for name in names]
    counts = Counts({}, {}, 0, 0, 0, [])
    begun = time.perf_counter()
    for note in notes:
        spans = sorted({span for recogniser in recognisers for span in _spans(recogniser, note.text)})
        masked = tuple(Masked("ID", Span(start, end), Span(start, end), "") for start, end in spans)
        add_counts(counts, note, Deidentified(note.text, masked))
    print(f"  {(time.perf_counter() - begun) * 1000 / len(notes):.1f} ms a note")
    return counts


def _spans(recogniser: object, text: str) -> Iterator[tuple[int, int]]:
    for result in recogniser.analyze(text, recogniser.supported_entities, None) or ():  # type: ignore[attr-defined]
        if result.score >= 0.3:
            yield result.start, result.end


if __name__ == "__main__":
    main()
