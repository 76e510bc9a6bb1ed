"""Weights that ship with the package: what training changed of the compact base, in 8 bits a number.

A fine-tuned model differs little from its base, so the difference is stored and not the weights: a matrix as integers
of -127 to 127 with one scale a row, anything else as it is in fp16. What the base does not have (a head) is stored
whole, in fp16. The word embeddings, half of the base, are frozen in training and come with it.
"""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from corpora.errors import ModelError
from indexer.compact import check_sha256, compact_base

if TYPE_CHECKING:
    import torch

FROZEN = "word_embeddings"
_LEVELS = 127.0
_SCALE = ".scale"


class Shipped(msgspec.Struct, frozen=True):
    """What ``<folder>/<name>.json`` says of the file beside it. `run` is the record of the training run."""

    file: str
    sha256: str
    base: str
    run: dict[str, Any]


def read_shipped(folder: Path, name: str) -> Shipped:
    """The description of shipped weights, after checking that the file is the one described."""
    path = folder / f"{name}.json"
    try:
        described = msgspec.json.decode(path.read_bytes(), type=Shipped)
    except (OSError, msgspec.MsgspecError) as error:
        raise ModelError(f"{path}: shipped weights cannot be read ({error})", remedy="Reinstall biocite") from error
    check_sha256(folder / described.file, described.sha256)
    return described


def load_shipped(model: Any, folder: Path, name: str) -> str:
    """Turn a model just loaded from the compact base into the shipped one, in place; returns what it is known as."""
    from safetensors.torch import load_file

    described = read_shipped(folder, name)
    stored = load_file(folder / described.file)
    state = model.state_dict()
    changed = {}
    for key, tensor in state.items():
        if FROZEN in key or not tensor.is_floating_point():
            continue
        if key not in stored:
            raise ModelError(f"{folder / described.file}: has no tensor {key}", remedy="Reinstall biocite")
        changed[key] = _restored(stored, key, tensor)
    unknown = sorted(key for key in stored if key.removesuffix(_SCALE) not in changed)
    if unknown:
        raise ModelError(f"{folder / described.file}: unexpected tensors {unknown[:3]}", remedy="Reinstall biocite")
    model.load_state_dict(changed, strict=False)
    return f"compact/{name}@{described.sha256[:12]}"


def _restored(stored: Mapping[str, "torch.Tensor"], key: str, base: "torch.Tensor") -> "torch.Tensor":
    scale = stored.get(key + _SCALE)
    return stored[key].float() if scale is None else base.float() + stored[key].float() * scale.float()


def export_shipped(trained: Path, folder: Path, name: str) -> Path:
    """Write a model trained from the compact base as package data, with a hash and its run record; returns the file.

    `trained` holds ``model.safetensors`` and ``run.json``. ModelError where it does not.
    """
    from safetensors.torch import load_file, save_file

    record = trained / "run.json"
    if not record.is_file():
        raise ModelError(f"{trained}: has no run.json", remedy="Let the training finish first")
    base = {_plain(key): tensor for key, tensor in load_file(compact_base() / "model.safetensors").items()}
    stored: dict[str, torch.Tensor] = {}
    for key, tensor in load_file(trained / "model.safetensors").items():
        if FROZEN not in key and tensor.is_floating_point():
            stored.update(_stored(key, tensor.float(), base.get(_plain(key))))
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{name}.safetensors"
    save_file(stored, file)
    file.chmod(0o644)  # safetensors writes for the owner alone
    described = Shipped(
        file=file.name,
        sha256=hashlib.sha256(file.read_bytes()).hexdigest(),
        base="compact",
        run=msgspec.json.decode(record.read_bytes()),
    )
    (folder / f"{name}.json").write_bytes(msgspec.json.format(msgspec.json.encode(described)) + b"\n")
    return file


def _stored(key: str, tensor: "torch.Tensor", base: "torch.Tensor | None") -> dict[str, "torch.Tensor"]:
    import torch

    if base is None or base.shape != tensor.shape or tensor.ndim != 2:
        return {key: tensor.to(torch.float16).contiguous()}
    change = tensor - base.float()
    scale = (change.abs().amax(dim=1, keepdim=True) / _LEVELS).clamp(min=1e-12)
    return {key: (change / scale).round().to(torch.int8).contiguous(), key + _SCALE: scale.to(torch.float32)}


def _plain(key: str) -> str:
    """A tensor's name without the name that a model with a head gives its encoder."""
    return key.removeprefix("bert.")
