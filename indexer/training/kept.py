"""What a recipe keeps in its folder so that it can go on: stages that are done, examples that were made."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from corpora.errors import UsageError

_RECORD = "stage.json"
_Example = TypeVar("_Example", bound=msgspec.Struct)


class StageRecord(msgspec.Struct, frozen=True):
    """What ``stage.json`` says; `training` is empty until the stage is done.

    The digest is over the examples, the settings and what the stage started from.
    """

    name: str
    digest: str
    examples: int
    training: dict[str, Any] = {}


def begun(out: Path, new: StageRecord) -> StageRecord:
    """The record in the folder, or the new one where there is none yet; UsageError where that is of another run."""
    path = out / _RECORD
    if path.is_file():
        known = msgspec.json.decode(path.read_bytes(), type=StageRecord)
        if known.digest != new.digest:
            raise UsageError(
                f"{out}: holds stage {known.name!r} of a run with other data or settings",
                remedy="Choose another --out, or remove that folder",
            )
        return known
    out.mkdir(parents=True, exist_ok=True)
    path.write_bytes(msgspec.json.encode(new))
    return new


def finished(out: Path, record: StageRecord, training: dict[str, Any]) -> StageRecord:
    """The record with how training went, also written into the folder."""
    done = msgspec.structs.replace(record, training=training)
    (out / _RECORD).write_bytes(msgspec.json.format(msgspec.json.encode(done)) + b"\n")
    return done


def kept(file: Path, kind: type[_Example], make: Callable[[], Sequence[_Example]]) -> list[_Example]:
    """Examples as this run's earlier part wrote them, a line each; else made and written: making them takes long."""
    if not file.is_file():
        file.parent.mkdir(parents=True, exist_ok=True)
        part = file.with_suffix(".part")
        part.write_bytes(b"".join(msgspec.json.encode(example) + b"\n" for example in make()))
        part.replace(file)
    return [msgspec.json.decode(line, type=kind) for line in file.read_bytes().splitlines()]
