"""Embedding models: text to L2-normalised vectors, through sentence-transformers.

A model is named by a profile, a local folder or a name on the Hugging Face hub. Nothing about it is guessed from its
name: pooling and normalisation come from the model's own configuration, the rest from its `EmbeddingProfile`.
"""

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Protocol

import msgspec
import numpy as np

from corpora.errors import ModelError, UsageError
from indexer.batching import Vectors as Vectors
from indexer.compact import WEIGHTS_SHA256, compact_base
from indexer.encoders import Encoder, make_encoder
from indexer.numeric import Precision, pick_device, settle_memory
from indexer.quiet import loading_errors, quiet_loading
from indexer.shipped import load_shipped, read_shipped

# Texts sorted by length together: enough that many have the same, few enough to show progress and to fit in memory.
CHUNK = 8192


class EmbeddingProfile(msgspec.Struct, frozen=True):
    """What a user chooses with one word. `max_tokens` is where the model stops reading a passage.

    `revision` is a commit of the hub, empty for its newest; an index asks for the one that it was built with.
    """

    embedding_model: str
    max_tokens: int
    query_prefix: str = ""
    passage_prefix: str = ""
    revision: str = ""


COMPACT = "compact"
"""This project's model, shipped as the difference from the base."""

COMPACT_BASE = "compact-base"
"""The base as it was published: where training starts, and what it is compared with."""

WEIGHTS = Path(__file__).parent / "weights"
BUNDLED = "embedding"
UNKNOWN_REVISION = "unknown"
PROFILES = {
    COMPACT: EmbeddingProfile(COMPACT, 320),
    "biobert": EmbeddingProfile("pritamdeka/BioBERT-mnli-snli-scinli-scitail-mednli-stsb", 384),
}


class ModelIdentity(msgspec.Struct, frozen=True):
    """What tells one embedding model from another: an index is never opened with a different one.

    `revision` is the hub's commit, or the SHA-256 of a folder's configuration and weights.
    """

    name: str
    revision: str
    dimensions: int
    max_tokens: int
    query_prefix: str = ""
    passage_prefix: str = ""


class EmbeddingModel(Protocol):
    """What the indexer and the retriever need of an embedding model; implementations keep no state of a request."""

    @property
    def identity(self) -> ModelIdentity:
        """Which model this is."""
        ...

    def encode_passages(self, texts: Sequence[str], advance: Callable[[int], None] | None = None) -> Vectors:
        """One row a text; calls `advance` with the number of texts done since the last call."""
        ...

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        """One row a query."""
        ...


class SentenceTransformerModel:
    """A sentence-transformers model in the fastest numeric mode this machine has; may be used by several threads."""

    def __init__(self, encoder: Encoder, identity: ModelIdentity) -> None:
        self._encoder = encoder
        self._identity = identity

    @property
    def identity(self) -> ModelIdentity:
        """Which model this is."""
        return self._identity

    def encode_passages(self, texts: Sequence[str], advance: Callable[[int], None] | None = None) -> Vectors:
        """One row a text, read up to `max_tokens`."""
        vectors = np.empty((len(texts), self._identity.dimensions), dtype=np.float32)
        prefix = self._identity.passage_prefix
        for start in range(0, len(texts), CHUNK):
            chunk = [prefix + text for text in texts[start : start + CHUNK]]
            vectors[start : start + len(chunk)] = self._encode(chunk, advance)
        return vectors

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        """One row a query."""
        return self._encode([self._identity.query_prefix + text for text in texts])

    def _encode(self, texts: list[str], advance: Callable[[int], None] | None = None) -> Vectors:
        if not texts:
            return np.empty((0, self._identity.dimensions), dtype=np.float32)
        # In fp32, whatever the model computes in: a bf16 model leaves lengths off by up to 0.4 %.
        vectors = self._encoder.encode(texts, advance)
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        normalised: Vectors = vectors / np.maximum(lengths, np.finfo(np.float32).tiny)
        return normalised


def resolve_profile(profile: str, embedding_model: str | None) -> EmbeddingProfile:
    """The profile, with another model if one is named."""
    if profile not in PROFILES:
        raise UsageError(f"profile {profile!r} is not known", remedy=f"Choose one of: {', '.join(PROFILES)}")
    chosen = PROFILES[profile]
    return chosen if embedding_model is None else msgspec.structs.replace(chosen, embedding_model=embedding_model)


def load_embedding_model(profile: EmbeddingProfile, *, precision: Precision = "auto") -> EmbeddingModel:
    """Load the profile's model; ModelError if it cannot be had, UsageError if it cannot run in this precision.

    The precision is no part of the identity: vectors of one model compare, whatever numbers it was run in.
    """
    bundled = profile.embedding_model in (COMPACT, COMPACT_BASE)
    source = str(compact_base()) if bundled else profile.embedding_model
    if not source:  # sentence-transformers would make a model without layers of it
        raise UsageError("the name of the embedding model is empty", remedy="Name a folder or a model of the hub")
    device = pick_device()
    settle_memory()
    model = _load(source, device, profile.revision)
    dimensions = int(model.get_embedding_dimension())
    limit = model.max_seq_length or profile.max_tokens
    positions = getattr(model[0].auto_model.config, "max_position_embeddings", limit)
    model.max_seq_length = min(profile.max_tokens, positions)
    identity = ModelIdentity(
        name=profile.embedding_model if not Path(source).is_dir() or bundled else str(Path(source).resolve()),
        revision=_shipped_revision(profile.embedding_model, model) if bundled else _revision(source, model),
        dimensions=dimensions,
        max_tokens=model.max_seq_length,
        query_prefix=profile.query_prefix,
        passage_prefix=profile.passage_prefix,
    )
    return SentenceTransformerModel(make_encoder(model, precision, dimensions), identity)


def _load(source: str, device: str, revision: str) -> Any:
    from sentence_transformers import SentenceTransformer

    try:
        with quiet_loading():
            wanted = None if Path(source).is_dir() else revision or None
            return SentenceTransformer(source, device=device, revision=wanted)
    except loading_errors() as error:
        raise ModelError(
            f"embedding model {source!r} cannot be loaded ({_first_line(error)})",
            remedy="Check the folder or hub name, and that the hub can be reached or the model is in its cache",
        ) from error


def _shipped_revision(name: str, model: Any) -> str:
    """The SHA-256 of the weights; those of `COMPACT` are put into the base first."""
    if name == COMPACT_BASE:
        return WEIGHTS_SHA256
    load_shipped(model[0].auto_model, WEIGHTS, BUNDLED)
    return read_shipped(WEIGHTS, BUNDLED).sha256


def _revision(source: str, model: Any) -> str:
    folder = Path(source)
    if not folder.is_dir():
        return str(getattr(model[0].auto_model.config, "_commit_hash", None) or UNKNOWN_REVISION)
    digest = hashlib.sha256()
    files = [path for path in folder.rglob("*") if path.suffix in (".json", ".safetensors", ".bin", ".txt")]
    for path in sorted(files):
        digest.update(path.relative_to(folder).as_posix().encode())
        with path.open("rb") as stream:
            digest.update(hashlib.file_digest(stream, "sha256").digest())
    return digest.hexdigest()


def _first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__
