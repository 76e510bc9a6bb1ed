"""The recipe for a verdict by a language model, in stages as in the PubMedQA paper (Jin et al. 2019, section 4.2).

1. *artificial*: questions made by rule from PubMed's titles and abstracts, and from trials' findings. They teach
   what it is to agree and to contradict, which a few hundred experts' questions cannot.
2. *expert*: BioASQ's yes/no questions with their snippets, and PubMedQA's with their abstracts.

Batches of BioASQ from 10B on and PubMedQA's development fold never train (`corpora.splits`).
"""

import random
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from corpora.errors import UsageError
from corpora.evidence_inference import read_evidence_inference
from corpora.questions import Question, read_bioasq, read_pubmedqa
from corpora.records import Document
from corpora.sources import iter_sources, read_source
from corpora.splits import DEVELOPMENT_FOLD, pubmedqa_fold, question_key, training_files
from indexer.training.kept import StageRecord
from indexer.training.runs import Report, RunSettings, base_name, base_source, write_record
from reader.training.verdict_examples import (
    ClaimSettings,
    Example,
    ExpertSettings,
    FindingSettings,
    claim_examples,
    expert_examples,
    finding_examples,
)
from reader.training.verdict_stage import StageSettings, train_stage

ARTIFICIAL = StageSettings(RunSettings(epochs=1, batch=16, learning_rate=3e-5, save_steps=300), dropout=0.0, tokens=224)
EXPERT = StageSettings(RunSettings(epochs=3, batch=16, learning_rate=3e-5))


class VerdictRecipe(msgspec.Struct, frozen=True):
    """Everything that decides the outcome of a run besides the data and the base."""

    artificial: StageSettings = ARTIFICIAL
    expert: StageSettings = EXPERT
    claims: ClaimSettings = ClaimSettings()
    findings: FindingSettings = FindingSettings()
    experts: ExpertSettings = ExpertSettings()
    seed: int = 13


class VerdictData(msgspec.Struct, frozen=True):
    """The files to learn from. `findings` are Evidence Inference's prompts and annotations, or none."""

    pubmed: tuple[Path, ...] = ()
    findings: tuple[Path, ...] = ()
    bioasq: tuple[Path, ...] = ()
    pubmedqa: tuple[Path, ...] = ()


def verdict_recipe(*, seed: int = 13, lora: int = 0, max_steps: int = -1) -> VerdictRecipe:
    """The recipe with these in every stage and every drawing of examples."""

    def stage(settings: StageSettings) -> StageSettings:
        run = msgspec.structs.replace(settings.run, seed=seed, lora=lora, max_steps=max_steps)
        return msgspec.structs.replace(settings, run=run)

    return VerdictRecipe(
        stage(ARTIFICIAL),
        stage(EXPERT),
        ClaimSettings(seed=seed),
        FindingSettings(seed=seed),
        ExpertSettings(seed=seed),
        seed,
    )


def train_verdict(
    base: str, data: VerdictData, out: Path, recipe: VerdictRecipe, report: Report = lambda _: None
) -> dict[str, Any]:
    """Train, going on from where `out` was left; returns the run record, which is also written there.

    Leaves in `out`: a complete model that `load_verdict(out)` takes, ``run.json``, and ``stages/``. A stage without
    data is left out; with none at all, UsageError.
    """
    start = (base_source(base), base_name(base))
    done: list[StageRecord] = []
    for name, examples, settings in (
        ("artificial", artificial_examples(data, recipe), recipe.artificial),
        ("expert", shuffled(expert_examples(expert_questions(data), recipe.experts), recipe.seed), recipe.expert),
    ):
        if not examples:
            continue
        report(f"stage {name}: {len(examples)} examples")
        done.append(train_stage(name, start, examples, out / "stages" / name, settings))
        start = (str(out / "stages" / name), done[-1].digest)
    if not done:
        raise UsageError(
            "no training data given", remedy="Name files with --pubmed, --findings, --bioasq or --pubmedqa"
        )
    for path in sorted(Path(start[0]).iterdir()):
        if path.is_file() and path.name != "stage.json":
            shutil.copy2(path, out / path.name)
    files = [*data.pubmed, *(findings_files(data) or ()), *training_files(data.bioasq), *data.pubmedqa]
    return write_record(out, "answer-type", base, recipe, files, stages=msgspec.to_builtins(done))


def artificial_examples(data: VerdictData, recipe: VerdictRecipe) -> list[Example]:
    """What the first stage learns from, in an order that depends on the seed alone.

    Questions that PubMedQA asks, and titles that are such a question, are left out: those articles' labels are kept for
    the second stage and for measuring.
    """
    kept = {question_key(question.text) for path in data.pubmedqa for question in read_pubmedqa(path)}
    made = claim_examples(_documents(data.pubmed), recipe.claims) if data.pubmed else []
    if (files := findings_files(data)) is not None:
        made += finding_examples(read_evidence_inference(*files), recipe.findings)
    return shuffled([example for example in made if question_key(example.question) not in kept], recipe.seed)


def expert_questions(data: VerdictData) -> list[Question]:
    """BioASQ's and PubMedQA's questions that train."""
    return [question for path in training_files(data.bioasq) for question in read_bioasq(path)] + [
        question
        for path in data.pubmedqa
        for question in read_pubmedqa(path)
        if pubmedqa_fold(question.question_id) != DEVELOPMENT_FOLD
    ]


def shuffled(examples: Sequence[Example], seed: int) -> list[Example]:
    """The examples in an order that depends on the seed alone."""
    order = list(examples)
    random.Random(seed).shuffle(order)  # noqa: S311 - repeatable, not secret
    return order


def _documents(paths: Sequence[Path]) -> list[Document]:
    return [record for source in iter_sources(paths) for record in read_source(source) if isinstance(record, Document)]


def findings_files(data: VerdictData) -> tuple[Path, Path] | None:
    """Evidence Inference's prompts and annotations, told apart by name; of a folder, the files in it; None for none."""
    findings = data.findings
    if not findings:
        return None
    files = sorted(findings[0].glob("*.csv")) if len(findings) == 1 and findings[0].is_dir() else list(findings)
    prompts = [path for path in files if "prompts" in path.name]
    annotations = [path for path in files if "annotations" in path.name]
    if len(prompts) != 1 or len(annotations) != 1:
        raise UsageError(
            "Evidence Inference needs one file of prompts and one of annotations",
            remedy="Give both, or the folder, with --findings; file names hold 'prompts' and 'annotations'",
        )
    return prompts[0], annotations[0]
