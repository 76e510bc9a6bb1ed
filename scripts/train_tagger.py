"""Train the model that reads notes for identifiers beside the rules (`indexer.patients.tagging`).

    .venv/bin/python scripts/train_tagger.py [--data DIR] [--without FILE] [--epochs 6]

It learns from the synthetic notes and sentences in ``tests/corpora/deidentification`` (but not from those of
`SEALED`, which measure) and, as text in which nothing is to be masked, from the synthetic patients and, where the
real data is at hand, from abstracts of case reports. In each epoch a note is seen as it is, as the rules leave it, or
with a random part of its identifiers masked. With `--without` a file is left out and measured afterwards, with and
without the model, for some thresholds, and nothing is written; otherwise the weights are, as 8-bit differences from
the bundled base. Word embeddings stay as they are. Seeded; rounding may differ from machine to machine.
"""

# ruff: noqa: T201

import argparse
import datetime
import os
import random
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import msgspec
import torch

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from corpora.deidentification import Settings, opinion  # noqa: E402
from corpora.deidentification.collapsing import Collapsed  # noqa: E402
from corpora.deidentification.finding import find_identifiers  # noqa: E402
from corpora.deidentification.records import Finding  # noqa: E402
from corpora.deidentification.shapes import WIDTH, shapes_of  # noqa: E402
from corpora.patients import patients_path  # noqa: E402
from corpora.patients.case_reports import case_in_abstract  # noqa: E402
from corpora.records import Document  # noqa: E402
from corpora.sources import iter_sources, read_source  # noqa: E402
from indexer.patients.tagger_model import TokenTagger, untrained  # noqa: E402
from indexer.patients.tagging import BUNDLED, CLASSES, STEP, WEIGHTS, WINDOW, NoteTagger  # noqa: E402
from indexer.shipped import export_shipped  # noqa: E402
from tests.corpora.deidentification.planted import (  # noqa: E402
    NEGATIVE_FILES,
    NOTE_FILES,
    STRUCTURED,
    PlantedNote,
    measure,
    read_lines,
    read_notes,
)

TODAY = datetime.date(2026, 1, 1)
SEED = 11
RATE = 3e-4
BATCH_TOKENS = 2_600
HIDDEN_WORDS = 0.08
"""Share of the words that are hidden in training, so that their company tells."""
ABSTRACTS = 80
THRESHOLDS, DOUBTS = (0.3, 0.5, 0.7), (0.0, 0.002, 0.005, 0.01)
_CLASS_OF: dict[str | None, int] = {kind: number for number, kind in enumerate(CLASSES)}
_IGNORED = -100


class Chunk(msgspec.Struct, frozen=True):
    """One window of a text: token ids, shapes and classes."""

    ids: list[int]
    shapes: list[tuple[float, ...]]
    classes: list[int]


def main() -> None:
    """Train, then measure what was left out or write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    data = Path(os.environ.get("BIOCITE_DATA", ROOT.parent / "shared" / "data"))
    parser.add_argument("--data", type=Path, default=data)
    parser.add_argument("--without", default="", help="the name of a file of notes")
    parser.add_argument("--epochs", type=int, default=9)
    given = parser.parse_args()
    notes = [note for path in NOTE_FILES if path.name != given.without for note in read_notes(path)]
    clean = [text for path in NEGATIVE_FILES for text in read_lines(path)]
    clean += [msgspec.json.decode(line)["text"] for line in patients_path().read_bytes().splitlines()]
    clean += list(islice(_abstracts(given.data), ABSTRACTS))
    model, tokenizer, losses = trained(notes, clean, given.epochs)
    if given.without:
        (path,) = (path for path in NOTE_FILES if path.name == given.without)
        _show(read_notes(path), model, tokenizer)
    else:
        _write(model, {"notes": len(notes), "clean texts": len(clean), "epochs": given.epochs, "losses": losses})


def _abstracts(data: Path) -> Iterator[str]:
    for path in sorted((data / "pubmed").glob("*.xml.gz")):
        for file in iter_sources([path]):
            for record in read_source(file):
                if isinstance(record, Document) and (case := case_in_abstract(record)) is not None:
                    yield case.text


def trained(notes: Sequence[PlantedNote], clean: Sequence[str], epochs: int) -> tuple[TokenTagger, Any, list[float]]:
    """The model, its tokenizer and the mean loss of each epoch."""
    torch.manual_seed(SEED)
    draw = random.Random(SEED)  # noqa: S311 - repeatable, not secret
    model, tokenizer = untrained(len(CLASSES))
    by_rules = {note.name: find_identifiers(note.text, TODAY) for note in notes}
    model.bert.embeddings.word_embeddings.weight.requires_grad = False
    body = [weight for name, weight in model.named_parameters() if name.startswith("bert") and weight.requires_grad]
    head = [weight for name, weight in model.named_parameters() if not name.startswith("bert")]
    optimizer = torch.optim.AdamW([{"params": body}, {"params": head}], lr=RATE, weight_decay=0.01)
    nothing = [chunk for text in clean for chunk in _chunks(tokenizer, text, (), ())]
    of_notes = [chunk for note in notes for chunk in _view(tokenizer, note, by_rules[note.name], draw)]
    steps = epochs * len(_batches([*nothing, *of_notes], draw)) + 10 * epochs
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, [RATE / 2, RATE * 3], total_steps=steps, pct_start=0.15)
    model.train()
    losses = []
    started = time.monotonic()
    for epoch in range(epochs):
        of_notes = [chunk for note in notes for chunk in _view(tokenizer, note, by_rules[note.name], draw)]
        total, batches = 0.0, _batches([*nothing, *of_notes], draw)
        for batch in batches:
            loss = _loss(model, tokenizer, batch)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            if schedule.last_epoch < steps - 1:
                schedule.step()
            optimizer.zero_grad()
            total += loss.item()
        losses.append(round(total / len(batches), 4))
        print(f"epoch {epoch + 1}: loss {losses[-1]}, {time.monotonic() - started:.0f} s", file=sys.stderr, flush=True)
    return model.eval(), tokenizer, losses


def _view(tokenizer: Any, note: PlantedNote, by_rules: Sequence[Finding], draw: random.Random) -> Iterator[Chunk]:
    """The note as it is, as the rules leave it, or with a random part of its identifiers masked."""
    planted = [Finding(one.kind, one.start, one.end) for one in note.planted]
    share = draw.random()
    masks = draw.choice([(), by_rules, [one for one in planted if draw.random() < share]])
    yield from _chunks(tokenizer, note.text, planted, masks)


def _chunks(tokenizer: Any, text: str, planted: Sequence[Finding], masked: Sequence[Finding]) -> Iterator[Chunk]:
    collapsed = Collapsed(text, masked)
    found = tokenizer.backend_tokenizer.encode(collapsed.text, add_special_tokens=False)
    shapes = shapes_of(collapsed.text, found.offsets)
    classes = []
    for start, end in found.offsets:
        first, last = next(iter(collapsed.original(start, end)), (0, 0))
        own = next((one for one in planted if one.start < last and first < one.end), None)
        classes.append(0 if own is None else _CLASS_OF.get(own.kind, _CLASS_OF["ID"]))
    for start in range(0, max(1, len(found.ids) - WINDOW + STEP), STEP):
        end = start + WINDOW
        if found.ids[start:end]:
            yield Chunk(found.ids[start:end], shapes[start:end], classes[start:end])


def _batches(chunks: list[Chunk], draw: random.Random) -> list[list[Chunk]]:
    """Batches of like length, in random order."""
    draw.shuffle(chunks)
    chunks = sorted(chunks, key=lambda chunk: len(chunk.ids) // 16)
    batches: list[list[Chunk]] = [[]]
    for chunk in chunks:
        if (len(batches[-1]) + 1) * len(chunk.ids) > BATCH_TOKENS:
            batches.append([])
        batches[-1].append(chunk)
    draw.shuffle(batches)
    return [batch for batch in batches if batch]


def _loss(model: TokenTagger, tokenizer: Any, batch: Sequence[Chunk]) -> torch.Tensor:
    width = max(len(chunk.ids) for chunk in batch) + 2
    ids = torch.full((len(batch), width), tokenizer.pad_token_id)
    mask, classes = torch.zeros_like(ids), torch.full_like(ids, _IGNORED)
    shapes = torch.zeros(len(batch), width, WIDTH)
    for row, chunk in enumerate(batch):
        count = len(chunk.ids)
        ids[row, : count + 2] = torch.tensor([tokenizer.cls_token_id, *chunk.ids, tokenizer.sep_token_id])
        mask[row, : count + 2] = 1
        shapes[row, 1 : count + 1] = torch.tensor(chunk.shapes)
        classes[row, 1 : count + 1] = torch.tensor(chunk.classes)
    hidden = (torch.rand(ids.shape) < HIDDEN_WORDS) & (classes != _IGNORED)
    ids = torch.where(hidden, torch.full_like(ids, tokenizer.mask_token_id), ids)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        states = model.bert(input_ids=ids, attention_mask=mask).last_hidden_state
        logits = model.head(states, shapes, dropout=0.1)
    loss: torch.Tensor = torch.nn.functional.cross_entropy(
        logits.float().flatten(0, 1), classes.flatten(), ignore_index=_IGNORED
    )
    return loss


def _show(notes: Sequence[PlantedNote], model: TokenTagger, tokenizer: Any) -> None:
    """The notes that were left out, by the rules alone and with the model."""
    settings = Settings(today=TODAY)
    tagger = NoteTagger(model, tokenizer, "new")
    cases = [
        ("rules", None, 0.0, 0.0),
        *(("and model", tagger, least, doubt) for least in THRESHOLDS for doubt in DOUBTS),
    ]
    for name, own, least, doubt in cases:
        opinion.LEAST, opinion.DOUBT = least, doubt
        counts = measure(notes, settings, own)
        what = f"{name} {least:g} {doubt:g}"
        print(
            f"{what:20} structured {counts.recall(*STRUCTURED):.3f}  "
            f"names, places {counts.recall('NAME', 'PLACE'):.3f}  precision {counts.precision:.3f}"
        )


def _write(model: TokenTagger, run: dict[str, Any]) -> None:
    from safetensors.torch import save_file

    with tempfile.TemporaryDirectory() as folder:
        state = {name: weight.contiguous() for name, weight in model.state_dict().items()}
        save_file(state, Path(folder) / "model.safetensors")
        (Path(folder) / "run.json").write_bytes(msgspec.json.encode({**run, "seed": SEED, "rate": RATE}))
        print(export_shipped(Path(folder), WEIGHTS, BUNDLED))


if __name__ == "__main__":
    main()
