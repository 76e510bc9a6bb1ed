"""The recipe for a span reader: from any base, in two stages, resumable, seeded, with a record of the run.

1. *warm*: questions made by rule from PubMed abstracts, and COVID-QA's short answers. A base that never saw a question
   learns to point at what is asked for.
2. *expert*: BioASQ's factoid and list questions with their snippets.
"""

import random
from pathlib import Path
from typing import Any

import msgspec

from corpora.errors import UsageError
from corpora.splits import training_files
from indexer.training.kept import StageRecord
from indexer.training.runs import Report, RunSettings, base_name, base_source, write_record
from reader.training.bioasq import BioasqSettings, bioasq_examples
from reader.training.cloze import ClozeSettings, make_cloze, read_abstracts
from reader.training.examples import Example
from reader.training.squad import SquadSettings, squad_examples
from reader.training.stages import StageSettings, train_stage

WARM = StageSettings(RunSettings(epochs=1, batch=32, learning_rate=2e-4), dropout=0.0)
EXPERT = StageSettings(RunSettings(epochs=3.0, batch=16, learning_rate=1e-4))


class ReaderRecipe(msgspec.Struct, frozen=True):
    """Everything that decides the outcome of a run besides the data and the base."""

    warm: StageSettings = WARM
    expert: StageSettings = EXPERT
    cloze: ClozeSettings = ClozeSettings()
    squad: SquadSettings = SquadSettings()
    bioasq: BioasqSettings = BioasqSettings()
    seed: int = 13


def reader_recipe(*, seed: int = 13, lora: int = 0, max_steps: int = -1, epochs: float = 3.0) -> ReaderRecipe:
    """The recipe with these in every stage and every drawing of examples; `epochs` are the expert stage's."""

    def stage(settings: StageSettings) -> StageSettings:
        run = msgspec.structs.replace(settings.run, seed=seed, lora=lora, max_steps=max_steps)
        return msgspec.structs.replace(settings, run=run)

    expert = msgspec.structs.replace(EXPERT, run=msgspec.structs.replace(EXPERT.run, epochs=epochs))
    return ReaderRecipe(
        warm=stage(WARM),
        expert=stage(expert),
        cloze=ClozeSettings(seed=seed),
        squad=SquadSettings(seed=seed),
        bioasq=BioasqSettings(seed=seed),
        seed=seed,
    )


class ReaderData(msgspec.Struct, frozen=True):
    """The files to learn from; folders of BioASQ files stand for the training files inside them."""

    bioasq: tuple[Path, ...] = ()
    squad: tuple[Path, ...] = ()
    pubmed: tuple[Path, ...] = ()


def train_reader(
    base: str, data: ReaderData, out: Path, recipe: ReaderRecipe, report: Report = lambda _: None
) -> dict[str, Any]:
    """Train, going on from where `out` was left; returns the run record, which is also written there.

    Leaves in `out`: a complete model that `load_reader(out)` takes, ``run.json``, and ``stages/``. A stage without data
    is left out; with none at all, UsageError.
    """
    files = [*training_files(data.bioasq), *data.squad, *data.pubmed]
    start = (base_source(base), base_name(base))
    done: list[StageRecord] = []
    for name, examples, settings in (
        ("warm", warm_examples(data, recipe), recipe.warm),
        ("expert", expert_examples(data, recipe), recipe.expert),
    ):
        if not examples:
            continue
        report(f"stage {name}: {len(examples)} examples")
        done.append(train_stage(name, start, examples, out / "stages" / name, settings))
        start = (str(out / "stages" / name), done[-1].digest)
    if not done:
        raise UsageError("no training data given", remedy="Name files with --bioasq, --squad or --pubmed")
    _publish(start[0], out)
    return write_record(out, "reader", base, recipe, files, stages=msgspec.to_builtins(done))


def warm_examples(data: ReaderData, recipe: ReaderRecipe) -> list[Example]:
    """What the first stage learns from, in an order that depends on the seed alone."""
    made = make_cloze(read_abstracts(data.pubmed), recipe.cloze) if data.pubmed else []
    return _shuffled(made + squad_examples(data.squad, recipe.squad), recipe.seed)


def expert_examples(data: ReaderData, recipe: ReaderRecipe) -> list[Example]:
    """What the second stage learns from, in an order that depends on the seed alone."""
    return _shuffled(bioasq_examples(data.bioasq, recipe.bioasq), recipe.seed)


def _shuffled(examples: list[Example], seed: int) -> list[Example]:
    random.Random(seed).shuffle(examples)  # noqa: S311 - repeatable, not secret
    return examples


def _publish(trained: str, out: Path) -> None:
    """Copy the last stage's model, not its checkpoints, to where a run's model is looked for."""
    import shutil

    for path in sorted(Path(trained).iterdir()):
        if path.is_file() and path.name != "stage.json":
            shutil.copy2(path, out / path.name)
