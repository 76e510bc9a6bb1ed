"""What every recipe shares: the base, what is trained of it, the trainer's arguments, going on, the record of a run.

A run's folder holds ``checkpoints/`` (the last one is gone on from), the finished model, and ``run.json``.
"""

import hashlib
import platform
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import msgspec

from corpora.errors import UsageError
from indexer.compact import compact_base
from indexer.numeric import cpu_has_bf16, pick_device, settle_memory
from indexer.shipped import FROZEN

COMPACT = "compact"
CHECKPOINTS = "checkpoints"


class RunSettings(msgspec.Struct, frozen=True):
    """What decides the outcome of a run besides base and examples.

    `batch` is in examples, `warmup` a share of all steps, `save_steps` how many steps a stop loses. `lora` is
    the rank of low-rank adapters (Hu et al. 2022), 0 to train the weights themselves; they are merged at the end.
    """

    epochs: float = 1.0
    batch: int = 16
    learning_rate: float = 5e-5
    warmup: float = 0.1
    weight_decay: float = 0.01
    seed: int = 13
    max_steps: int = -1
    save_steps: int = 100
    lora: int = 0


def base_source(base: str) -> str:
    """What transformers loads for a base: the bundled model's folder for ``compact``, else the name itself."""
    return str(compact_base()) if base == COMPACT else base


def base_name(base: str) -> str:
    """A name for the base that holds on other machines: a profile, a hub name, or a folder's last part."""
    path = Path(base)
    if not path.is_dir():
        return base
    return COMPACT if path == compact_base() else path.name


def wake_head(model: Any, seed: int) -> None:
    """Give pooler and classifier weights that let the gradient through.

    The base was trained by mean pooling, and weight decay has left its pooler next to nothing: with it and a classifier
    as small as BERT's initialisation has it, a whole epoch taught nothing (``docs/experiments.md``).
    """
    import torch

    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for layer in (model.bert.pooler.dense, model.classifier):
            layer.weight.normal_(0.0, layer.in_features**-0.5, generator=generator)
            layer.bias.zero_()


def prepare(model: Any, settings: RunSettings, head: str) -> Any:
    """The model as it is trained: word embeddings frozen, and with `lora` all but adapters and the head.

    `head` is the name of the module that is new and so trained whole (``qa_outputs``, ``classifier``), "" for none.
    """
    for name, parameter in model.named_parameters():
        parameter.requires_grad = FROZEN not in name
    if not settings.lora:
        return model
    from peft import LoraConfig, inject_adapter_in_model

    targets = ["query", "key", "value", "dense"]
    config = LoraConfig(r=settings.lora, lora_alpha=2 * settings.lora, target_modules=targets)
    # In place, so that checkpoints hold whole states, like those of a run without adapters.
    adapted = inject_adapter_in_model(config, model)
    for name, parameter in adapted.named_parameters():
        if head and head in name.split("."):
            parameter.requires_grad = True
    return adapted


def merged(model: Any) -> Any:
    """The model with its adapters, if it has any, added to its weights, in place."""
    for name, module in list(model.named_modules()):
        if hasattr(module, "get_base_layer"):
            module.merge()
            parent, _, own = name.rpartition(".")
            setattr(model.get_submodule(parent), own, module.get_base_layer())
    return model


def arguments(kind: Any, out: Path, settings: RunSettings, examples: int, **others: Any) -> Any:
    """The arguments of a trainer; `kind` is the class that it takes (`TrainingArguments` or one derived from it)."""
    on_gpu = pick_device() == "cuda"
    steps = settings.max_steps if settings.max_steps > 0 else settings.epochs * examples / settings.batch
    return kind(
        output_dir=str(out / CHECKPOINTS),
        num_train_epochs=settings.epochs,
        max_steps=settings.max_steps,
        per_device_train_batch_size=settings.batch,
        learning_rate=settings.learning_rate,
        warmup_steps=int(settings.warmup * steps),
        weight_decay=settings.weight_decay,
        seed=settings.seed,
        bf16=on_gpu or cpu_has_bf16(),
        use_cpu=not on_gpu,
        save_steps=settings.save_steps,
        save_total_limit=1,
        logging_steps=25,
        report_to="none",
        dataloader_pin_memory=on_gpu,
        **others,
    )


def run(trainer: Any, out: Path) -> dict[str, Any]:
    """Train, going on from the last whole checkpoint in `out` if there is one; returns what the record says of it."""
    settle_memory()
    started = time.time()
    folders = [path for path in (out / CHECKPOINTS).glob("checkpoint-*") if (path / "trainer_state.json").is_file()]
    last = max(folders, key=lambda path: int(path.name.rpartition("-")[2]), default=None)
    result = trainer.train(resume_from_checkpoint=str(last) if last else None)
    return {
        "steps": result.global_step,
        "loss": round(result.training_loss, 4),
        "seconds_since_resume": round(time.time() - started),
        "resumed": last is not None,
        "log": trainer.state.log_history,
    }


def write_record(
    out: Path, recipe: str, base: str, settings: msgspec.Struct, files: Iterable[Path], **parts: Any
) -> dict[str, Any]:
    """Write ``run.json``: everything that a repetition needs, and how training went. Returns it."""
    import torch
    import transformers

    record = {
        "recipe": recipe,
        "base": base_name(base),
        "settings": msgspec.to_builtins(settings),
        "data_sha256": {
            f"{path.parent.name}/{path.name}": hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(files)
        },
        "versions": {
            "python": platform.python_version(),
            "torch": str(torch.__version__),
            "transformers": transformers.__version__,
        },
        "threads": torch.get_num_threads(),
        **parts,
    }
    (out / "run.json").write_bytes(msgspec.json.format(msgspec.json.encode(record)) + b"\n")
    return record


def require_examples(examples: list[Any], what: str) -> None:
    """UsageError where there is nothing to learn from."""
    if not examples:
        raise UsageError(f"the training files hold no {what}", remedy="Check that they are the sets the recipe names")


Report = Callable[[str], None]
"""Says in a line what a recipe is doing."""
