"""Loading readers: the bundled one, a local folder or a name on the Hugging Face hub, through the same code.

The bundled reader is shipped as the difference from the compact base: half of that base is its word embeddings, which
training leaves alone, so only the other tensors are stored, in fp16.
"""

from pathlib import Path
from typing import Any

import msgspec

from corpora.errors import ModelError
from indexer.compact import check_sha256, compact_base
from indexer.numeric import Precision, pick_device, pick_dtype
from indexer.quiet import loading_errors, quiet_loading
from reader.span_model import SpanReader

WEIGHTS = Path(__file__).parent / "weights"
COMPACT = "compact"
BIOBERT_READER = "dmis-lab/biobert-base-cased-v1.1-squad"
READERS = {COMPACT: COMPACT, "biobert": BIOBERT_READER}
"""Profile -> what `load_reader` takes."""

FROZEN = "word_embeddings"


class BundledWeights(msgspec.Struct, frozen=True):
    """What ``reader/weights/<name>.json`` says of the file beside it."""

    file: str
    sha256: str
    base: str
    run: dict[str, Any]


def load_reader(name: str, *, precision: Precision = "auto") -> SpanReader:
    """A span reader: ``compact`` (bundled), a folder with a question-answering model, or a hub name."""
    device = pick_device()
    model, tokenizer, known_as = _bundled("span-reader") if name == COMPACT else _pretrained(name)
    model = model.to(device=device, dtype=pick_dtype(precision, device))
    return SpanReader(model, tokenizer, known_as)


def _bundled(name: str) -> tuple[Any, Any, str]:
    from safetensors.torch import load_file

    described = read_bundled(name)
    model, tokenizer = untrained(str(compact_base()))
    state = {key: tensor.float() for key, tensor in load_file(WEIGHTS / described.file).items()}
    problems = model.load_state_dict(state, strict=False)
    missing = [key for key in problems.missing_keys if FROZEN not in key and "position_ids" not in key]
    if missing or problems.unexpected_keys:
        raise ModelError(
            f"{described.file}: tensors missing {missing[:3]}, unexpected {problems.unexpected_keys[:3]}",
            remedy="Reinstall biocite",
        )
    return model, tokenizer, f"compact/{name}@{described.sha256[:12]}"


def read_bundled(name: str) -> BundledWeights:
    """The description of bundled weights, after checking that the file is the one described."""
    path = WEIGHTS / f"{name}.json"
    try:
        described = msgspec.json.decode(path.read_bytes(), type=BundledWeights)
    except (OSError, msgspec.MsgspecError) as error:
        raise ModelError(f"{path}: bundled weights cannot be read ({error})", remedy="Reinstall biocite") from error
    check_sha256(WEIGHTS / described.file, described.sha256)
    return described


def _pretrained(name: str) -> tuple[Any, Any, str]:
    """A trained reader from a folder or the hub; refuses one whose question-answering head would be random."""
    from transformers import AutoModelForQuestionAnswering

    model, info = _load(AutoModelForQuestionAnswering, name, output_loading_info=True)
    if any("qa_outputs" in key for key in info["missing_keys"]):
        raise ModelError(
            f"{name}: has no question-answering head",
            remedy=f"Train one (biocite train reader --base {name}) or name a trained reader such as {BIOBERT_READER}",
        )
    return model, load_tokenizer(name), name


def untrained(name: str) -> tuple[Any, Any]:
    """A base model with a fresh question-answering head, and its tokenizer: where training starts."""
    from transformers import AutoModelForQuestionAnswering

    return _load(AutoModelForQuestionAnswering, name), load_tokenizer(name)


def load_tokenizer(name: str) -> Any:
    """The fast tokenizer of a folder or hub name; offsets need a fast one."""
    from transformers import AutoTokenizer

    tokenizer = _load(AutoTokenizer, name)
    if not tokenizer.is_fast:
        raise ModelError(f"{name}: has no fast tokenizer, so offsets cannot be had", remedy="Add a tokenizer.json")
    return tokenizer


def _load(kind: Any, name: str, **arguments: Any) -> Any:
    try:
        with quiet_loading():
            return kind.from_pretrained(name, **arguments)
    except loading_errors() as error:
        first_line = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise ModelError(
            f"model {name!r} cannot be loaded ({first_line})",
            remedy="Check the folder or hub name, and that the hub can be reached or the model is in its cache",
        ) from error
