"""The recipe for a span reader: fine-tune a base on expert answers, resumable, seeded, with a record of the run."""

import hashlib
import platform
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from corpora.errors import ModelError, UsageError
from corpora.records import Span
from indexer.compact import compact_base
from indexer.numeric import cpu_has_bf16, pick_device
from reader.models import COMPACT, FROZEN, untrained
from reader.training.examples import Example, ExampleSettings, make_examples
from reader.windows import ReaderSettings, Window, make_windows


class TrainingSettings(msgspec.Struct, frozen=True):
    """Everything that decides the outcome of a run besides the data and the base."""

    epochs: float = 4.0
    batch: int = 16
    learning_rate: float = 1e-4
    warmup: float = 0.1
    weight_decay: float = 0.01
    seed: int = 13
    max_steps: int = -1
    save_steps: int = 150
    examples: ExampleSettings = ExampleSettings()
    reader: ReaderSettings = ReaderSettings()


class TrainingData(msgspec.Struct, frozen=True):
    """The files to learn from."""

    bioasq: tuple[Path, ...] = ()
    squad: tuple[Path, ...] = ()


def train_reader(base: str, data: TrainingData, out: Path, settings: TrainingSettings) -> dict[str, Any]:
    """Train, going on from the last checkpoint in `out` if there is one; returns the run record it also writes.

    Leaves in `out`: a complete model that `load_reader(out)` takes, and ``run.json``.
    """
    if not data.bioasq and not data.squad:
        raise UsageError("no training data given", remedy="Name files with --bioasq and --squad")
    examples = make_examples(data.bioasq, data.squad, settings.examples)
    if not examples:
        raise UsageError("the training files hold no question whose answer stands in its texts")
    model, tokenizer = untrained(base)
    for name, parameter in model.named_parameters():
        parameter.requires_grad = FROZEN not in name
    features = [feature for example in examples for feature in encode(tokenizer, example, settings.reader)]
    started = time.time()
    trainer = _trainer(model, tokenizer, features, out / "checkpoints", settings)
    resume = any((out / "checkpoints").glob("checkpoint-*"))
    result = trainer.train(resume_from_checkpoint=resume)
    model.save_pretrained(out)
    tokenizer.save_pretrained(out)
    record = _record(base, data, settings, {"examples": len(examples), "windows": len(features)})
    record["training"] = {
        "steps": result.global_step,
        "loss": round(result.training_loss, 4),
        "seconds_since_resume": round(time.time() - started),
        "log": trainer.state.log_history,
    }
    (out / "run.json").write_bytes(msgspec.json.format(msgspec.json.encode(record)))
    return record


def encode(tokenizer: Any, example: Example, settings: ReaderSettings) -> list[dict[str, Any]]:
    """The example as model inputs, one a window; one without the whole answer is taught "no answer" (position 0)."""
    windows = make_windows(tokenizer, example.question, [example.text], settings)
    return [_feature(window, example.answer) for window in windows]


def _feature(window: Window, answer: Span | None) -> dict[str, Any]:
    start, end = _positions(window.offsets, answer) if answer else (None, None)
    located = start is not None and end is not None
    return {
        "input_ids": window.input_ids,
        "token_type_ids": window.token_type_ids,
        "attention_mask": [1] * len(window.input_ids),
        "start_positions": window.first + start if located and start is not None else 0,
        "end_positions": window.first + end if located and end is not None else 0,
        "length": len(window.input_ids),
    }


def _positions(offsets: Sequence[tuple[int, int]], answer: Span) -> tuple[int | None, int | None]:
    """The context tokens that hold the answer's first and last character; None where the window lacks one."""
    start = next((number for number, (left, right) in enumerate(offsets) if left <= answer.start < right), None)
    end = next((number for number, (left, right) in enumerate(offsets) if left < answer.end <= right), None)
    return start, end


def _trainer(
    model: Any, tokenizer: Any, features: list[dict[str, Any]], folder: Path, settings: TrainingSettings
) -> Any:
    from transformers import DataCollatorWithPadding, Trainer, TrainingArguments

    on_gpu = pick_device() == "cuda"
    steps = settings.max_steps if settings.max_steps > 0 else settings.epochs * len(features) / settings.batch
    arguments = TrainingArguments(
        output_dir=str(folder),
        num_train_epochs=settings.epochs,
        max_steps=settings.max_steps,
        per_device_train_batch_size=settings.batch,
        learning_rate=settings.learning_rate,
        warmup_steps=int(settings.warmup * steps),
        weight_decay=settings.weight_decay,
        seed=settings.seed,
        bf16=on_gpu or cpu_has_bf16(),
        use_cpu=not on_gpu,
        train_sampling_strategy="group_by_length",
        length_column_name="length",
        save_steps=settings.save_steps,
        save_total_limit=1,
        logging_steps=25,
        report_to="none",
        dataloader_pin_memory=on_gpu,
    )
    return Trainer(
        model=model, args=arguments, train_dataset=features, data_collator=DataCollatorWithPadding(tokenizer)
    )


def _record(base: str, data: TrainingData, settings: TrainingSettings, counts: dict[str, int]) -> dict[str, Any]:
    import torch
    import transformers

    files = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in (*data.bioasq, *data.squad)}
    return {
        "recipe": "reader",
        "base": _base_name(base),
        "settings": msgspec.to_builtins(settings),
        "data_sha256": dict(sorted(files.items())),
        "counts": counts,
        "versions": {
            "python": platform.python_version(),
            "torch": str(torch.__version__),
            "transformers": transformers.__version__,
        },
    }


def _base_name(base: str) -> str:
    """A name for the base that holds on other machines: a profile, a hub name, or a folder's last part."""
    path = Path(base)
    if not path.is_dir():
        return base
    return COMPACT if path == compact_base() else path.name


def export_bundled(trained: Path, weights: Path, *, base: str) -> None:
    """Write a trained compact reader as package data: the tensors that differ from the base, in fp16, with a hash."""
    import torch
    from safetensors.torch import load_file, save_file

    if not (trained / "run.json").is_file():
        raise ModelError(f"{trained}: has no run.json", remedy="Let the training finish first")
    state = {
        key: tensor.to(torch.float16).contiguous()
        for key, tensor in load_file(trained / "model.safetensors").items()
        if FROZEN not in key
    }
    weights.mkdir(parents=True, exist_ok=True)
    file = weights / "span-reader.safetensors"
    save_file(state, file)
    file.chmod(0o644)  # safetensors writes for the owner alone
    described = {
        "file": file.name,
        "sha256": hashlib.sha256(file.read_bytes()).hexdigest(),
        "base": base,
        "run": msgspec.json.decode((trained / "run.json").read_bytes()),
    }
    (weights / "span-reader.json").write_bytes(msgspec.json.format(msgspec.json.encode(described)))
