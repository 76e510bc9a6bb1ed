"""Running the command line in this process, with small models, and looking at all that it says."""

import io
import json
import re
import sys
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass

from api.cli import run
from api.service import ModelLoaders
from tests.fakes import FakeReader, WordHashModel, fake_loaders

_PROGRESS = re.compile(r"^[A-Za-z0-9 ]+: [\d,.]+ \S+ (?:in [\d.]+ s )?\(.*/s.*\)$")


@dataclass(frozen=True)
class Outcome:
    """What a command line came to: `notes` is what stands on stderr besides progress."""

    code: int
    stdout: str
    stderr: str

    @property
    def json(self):
        """The one document on stdout."""
        return json.loads(self.stdout)

    @property
    def notes(self):
        """The lines on stderr that are no progress."""
        return [line for line in self.stderr.splitlines() if line and not _PROGRESS.match(line)]


def biocite(*arguments):
    """Run `biocite` with these arguments."""
    out = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True)
    err = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", errors="backslashreplace", write_through=True)
    with redirect_stdout(out), redirect_stderr(err):
        code = run([str(argument) for argument in arguments])
        sys.stdout.flush()
    return Outcome(code, out.buffer.getvalue().decode(), err.buffer.getvalue().decode())


class SmallLoaders(ModelLoaders, frozen=True):
    """The loaders that a `Service` has by itself, with small models."""

    embedding: Callable = fake_loaders().embedding
    reader: Callable = fake_loaders().reader
    reranker: Callable = fake_loaders().reranker
    verdicts: None = None


def use_small_models(monkeypatch):
    """Let every command load the models of `tests.fakes` where it would load real ones."""
    monkeypatch.setattr("api.service.ModelLoaders", SmallLoaders)
    for place in ("indexer.embedding", "retriever.evaluation"):
        monkeypatch.setattr(
            f"{place}.load_embedding_model", lambda profile, **options: WordHashModel(profile.embedding_model)
        )
    monkeypatch.setattr("reader.models.load_reader", FakeReader)


def refusal(outcome, *named, code=None):
    """Check that an input was refused as promised: one line that names the thing, and nothing on stdout."""
    assert outcome.code in ((1, 2) if code is None else (code,)), outcome
    assert outcome.stdout == "", outcome
    assert len(outcome.notes) == 1, outcome
    (line,) = outcome.notes
    assert line.startswith("biocite: "), line
    assert "Traceback" not in line, line
    for name in named:
        assert str(name).casefold() in line.casefold(), f"{name!r} is not in: {line}"
    return line
