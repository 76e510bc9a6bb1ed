"""The shipped verdict: a linear model over cues (`reader.verdict_features`) and runs of words of question and texts.

It needs no language model and takes milliseconds. Why not one: docs/experiments.md.
"""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np

from corpora.errors import ModelError, UsageError
from indexer.compact import check_sha256
from reader.records import VerdictLabel
from reader.verdict_features import NAMES, grams, verdict_features

if TYPE_CHECKING:
    from numpy.typing import NDArray

LABELS: tuple[VerdictLabel, ...] = ("yes", "no", "maybe")
BUNDLED = "verdict"
FARTHEST = 4.0
"""Features are cut at so many standard deviations: a text of odd make decides nothing by its oddity alone."""


class LinearWeights(msgspec.Struct, frozen=True):
    """`features` of `NAMES` are centred, scaled and cut, then times `share`; `grams` are rows of `weights` after them.

    A gram is "text ..." or "asked ...". `weights` (features and grams, 3) and `bias` (3) are in the order of `LABELS`.
    """

    centre: "NDArray[np.float64]"
    scale: "NDArray[np.float64]"
    share: float
    rows: dict[str, int]
    weights: "NDArray[np.float64]"
    bias: "NDArray[np.float64]"


class LinearVerdict:
    """Decides yes/no questions by texts. Holds no state of a question: safe to share."""

    def __init__(self, weights: LinearWeights, name: str) -> None:
        self.weights = weights
        self.name = name

    def probabilities(self, question: str, texts: Sequence[str]) -> dict[str, float]:
        """Those of yes, no and maybe, over all texts together; UsageError where there is no text."""
        if not any(text.strip() for text in texts):
            raise UsageError("a verdict needs at least one text that is not empty")
        model = self.weights
        numbers = scaled(verdict_features(question, texts), model.centre, model.scale) * model.share
        logits = numbers @ model.weights[: len(NAMES)] + model.bias
        for row, value in gram_values(question, texts, model.rows):
            logits = logits + value * model.weights[len(NAMES) + row]
        powers = np.exp(logits - logits.max())
        return dict(zip(LABELS, (powers / powers.sum()).tolist(), strict=True))


def scaled(
    features: "NDArray[np.float64]", centre: "NDArray[np.float64]", scale: "NDArray[np.float64]"
) -> "NDArray[np.float64]":
    """Features in standard deviations from their mean, cut at `FARTHEST`."""
    return np.clip((features - centre) / scale, -FARTHEST, FARTHEST)


def named_grams(question: str, texts: Sequence[str]) -> tuple[list[str], list[str]]:
    """The grams of the texts together, and those of the question, named so that one is told from the other."""
    return (
        [f"text {gram}" for gram in sorted(grams(" ".join(texts)))],
        [f"asked {gram}" for gram in sorted(grams(question)) if gram.count(" ") <= 1],
    )


def gram_values(question: str, texts: Sequence[str], rows: dict[str, int]) -> list[tuple[int, float]]:
    """(row, value) of the known grams; those of the texts have the length 1 together, those of the question half."""
    found: list[tuple[int, float]] = []
    for named, length in zip(named_grams(question, texts), (1.0, 0.5), strict=True):
        known = [rows[gram] for gram in named if gram in rows]
        found += [(row, length / len(known) ** 0.5) for row in known]
    return found


class _Described(msgspec.Struct, frozen=True):
    """What the JSON file beside the weights says; vocabularies are in the order of the rows."""

    file: str
    sha256: str
    features: tuple[str, ...]
    grams: tuple[str, ...]
    share: float
    run: dict[str, Any]


def save_linear(weights: LinearWeights, folder: Path, run: dict[str, Any]) -> Path:
    """Write the model as package data, in fp16 where nothing is lost by it, with a hash and the record of its run."""
    from safetensors.numpy import save_file

    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{BUNDLED}.safetensors"
    stored = {
        "weights": weights.weights.astype(np.float16),
        "bias": weights.bias,
        "centre": weights.centre,
        "scale": weights.scale,
    }
    save_file(stored, file)
    file.chmod(0o644)  # safetensors writes for the owner alone
    described = _Described(
        file.name,
        hashlib.sha256(file.read_bytes()).hexdigest(),
        NAMES,
        tuple(sorted(weights.rows, key=lambda gram: weights.rows[gram])),
        weights.share,
        run,
    )
    (folder / f"{BUNDLED}.json").write_bytes(msgspec.json.encode(described) + b"\n")
    return file


def load_linear(folder: Path) -> LinearVerdict:
    """The model in a folder; ModelError where it is not whole or is of another version's features."""
    from safetensors.numpy import load_file

    path = folder / f"{BUNDLED}.json"
    try:
        described = msgspec.json.decode(path.read_bytes(), type=_Described)
    except (OSError, msgspec.MsgspecError) as error:
        raise ModelError(f"{path}: verdict weights cannot be read ({error})", remedy="Reinstall biocite") from error
    check_sha256(folder / described.file, described.sha256)
    stored = load_file(folder / described.file)
    expected = (len(NAMES) + len(described.grams), len(LABELS))
    if described.features != NAMES or stored["weights"].shape != expected:
        raise ModelError(
            f"{path}: made for other features than this version's",
            remedy="Reinstall biocite, or train anew (biocite train answer-type)",
        )
    weights = LinearWeights(
        stored["centre"],
        stored["scale"],
        described.share,
        {gram: row for row, gram in enumerate(described.grams)},
        stored["weights"].astype(np.float64),
        stored["bias"],
    )
    return LinearVerdict(weights, f"linear/{BUNDLED}@{described.sha256[:12]}")
