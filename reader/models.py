"""Loading readers: the bundled one, a local folder or a name on the Hugging Face hub, through the same code."""

from pathlib import Path
from typing import Any

from corpora.errors import ModelError
from indexer.compact import compact_base
from indexer.numeric import Precision
from indexer.quiet import loading_errors, quiet_loading
from indexer.shipped import load_shipped
from reader.span_model import SpanReader

WEIGHTS = Path(__file__).parent / "weights"
BUNDLED = "span-reader"
COMPACT = "compact"
BIOBERT_READER = "dmis-lab/biobert-base-cased-v1.1-squad"
READERS = {COMPACT: COMPACT, "biobert": BIOBERT_READER}
"""Profile -> what `load_reader` takes."""


def load_reader(name: str, *, precision: Precision = "auto") -> SpanReader:
    """A span reader: ``compact`` (bundled), a folder with a question-answering model, or a hub name."""
    model, tokenizer, known_as = _bundled() if name == COMPACT else _pretrained(name)
    return SpanReader(model, tokenizer, known_as, precision=precision)


def _bundled() -> tuple[Any, Any, str]:
    model, tokenizer = untrained(str(compact_base()))
    return model, tokenizer, load_shipped(model, WEIGHTS, BUNDLED)


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


def untrained(name: str, **config: Any) -> tuple[Any, Any]:
    """A base model with a question-answering head, fresh unless it has one, and its tokenizer: where training starts.

    `config` are settings that take the place of those in the base's configuration.
    """
    from transformers import AutoModelForQuestionAnswering

    return _load(AutoModelForQuestionAnswering, name, **config), load_tokenizer(name)


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
