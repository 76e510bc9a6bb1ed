"""The bundled base is used only if it is the published model."""

from pathlib import Path

import pytest

from corpora.errors import ModelError
from indexer.compact import WEIGHTS_SHA256, check_sha256, compact_base


def test_the_installed_base_is_the_published_one() -> None:
    assert (compact_base() / "model.safetensors").is_file()


def test_other_weights_are_refused(tmp_path: Path) -> None:
    (tmp_path / "model.safetensors").write_bytes(b"other")
    with pytest.raises(ModelError, match=r"model\.safetensors: sha256 is d9298a10.*expected 53aa5117"):
        check_sha256(tmp_path / "model.safetensors", WEIGHTS_SHA256)


def test_a_missing_weight_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"model\.safetensors: weight file cannot be read"):
        check_sha256(tmp_path / "model.safetensors", WEIGHTS_SHA256)
