"""The verdict's recipe, really run: two steps a stage on a small BERT, going on, and what it refuses."""

import shutil
from collections.abc import Sequence
from pathlib import Path

import msgspec
import pytest

from api.commands.train_answer_type import answer_type_command
from corpora.errors import ModelError, SourceError, UsageError
from corpora.questions import read_bioasq, read_pubmedqa
from corpora.splits import pubmedqa_fold
from reader.linear_verdict import LinearVerdict, LinearWeights, load_linear, save_linear
from reader.metrics import yesno_scores
from reader.training.verdict import VerdictData, train_verdict, verdict_recipe
from reader.training.verdict_examples import Example
from reader.training.verdict_linear import Expert, LinearSettings, cross_validate, fit_linear, train_linear
from reader.training.verdict_stage import collate, features_of
from reader.verdict import WEIGHTS, decide, load_verdict, untrained
from tests.corpora.test_evidence_inference import files
from tests.data import DATA, needs_data
from tests.shapes import biobert_shaped


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A checkpoint of BioBERT's shape, but of one layer."""
    return str(biobert_shaped(tmp_path_factory.mktemp("base"), head="none", layers=1))


def bioasq(folder: Path) -> Path:
    """A training file with a yes/no question and questions of the other kinds."""

    def entry(number: int, kind: str, body: str, exact: object) -> dict[str, object]:
        snippet = {"document": "http://www.ncbi.nlm.nih.gov/pubmed/1", "text": f"Text {number} says so."}
        return {"id": f"q{number}", "type": kind, "body": body, "exact_answer": exact, "snippets": [snippet]}

    questions = [
        entry(1, "yesno", "Is A linked to B?", "yes"),
        entry(2, "yesno", "Does C cause D?", "no"),
        entry(3, "factoid", "Which gene is linked to B?", ["A"]),
        entry(4, "list", "Which genes are linked to B?", [["A"], ["C"]]),
        entry(5, "summary", "What is A?", None),
    ]
    (folder / "9B1_golden.json").write_bytes(msgspec.json.encode({"questions": questions}))
    return folder


def pubmedqa(folder: Path, count: int = 30) -> Path:
    labels = ["yes", "no", "maybe"]
    entries = {
        str(1000 + number): {
            "QUESTION": f"Is drug {number} of use?",
            "CONTEXTS": ["We gave it.", f"It {'did not help' if number % 3 else 'helped'} {number} patients."],
            "final_decision": labels[number % 3],
        }
        for number in range(count)
    }
    path = folder / "pubmedqa.json"
    path.write_bytes(msgspec.json.encode(entries))
    return path


def test_a_pair_is_of_one_type_and_padded_with_its_label(base: str) -> None:
    _, tokenizer, fresh = untrained(base)
    assert fresh
    features = features_of(tokenizer, [Example("a ?", "b c", "no"), Example("a ?", "b", "maybe")], tokens=64)
    # [CLS] a ? [SEP] b c [SEP]
    assert [feature["length"] for feature in features] == [7, 6]
    batch = collate(features, pad=0)
    assert set(batch) == {"input_ids", "attention_mask", "labels"}
    assert batch["attention_mask"].tolist() == [[1] * 7, [1] * 6 + [0]]
    assert batch["input_ids"][1, -1] == 0
    assert batch["labels"].tolist() == [1, 2]


# peft asks transformers for an attribute that will be renamed.
@pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing` is deprecated:FutureWarning")
@pytest.mark.parametrize("lora", [0, 2])
def test_the_recipe_trains_a_bert_and_goes_on(tmp_path: Path, base: str, lora: int) -> None:
    data = VerdictData(findings=files(tmp_path), bioasq=(bioasq(tmp_path),), pubmedqa=(pubmedqa(tmp_path),))
    recipe = verdict_recipe(seed=7, lora=lora, max_steps=2)
    out = tmp_path / "out"
    record = train_verdict(base, data, out, recipe)
    assert [stage["training"]["steps"] for stage in record["stages"]] == [2] * len(record["stages"])
    assert record["base"] == "biobert-none"
    assert {name.split("/")[1] for name in record["data_sha256"]} == {
        "9B1_golden.json",
        "annotations_merged.csv",
        "prompts_merged.csv",
        "pubmedqa.json",
    }
    assert sum(load_verdict(str(out)).probabilities("Is it?", ["It is."]).values()) == pytest.approx(1.0, abs=1e-3)
    assert train_verdict(base, data, out, recipe)["stages"] == record["stages"]
    if lora:
        with pytest.raises(UsageError, match="of a run with other data or settings"):
            train_verdict(base, data, out, verdict_recipe(seed=8, lora=lora, max_steps=2))


def test_nothing_to_learn_from_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no training data"):
        train_verdict("compact", VerdictData(), tmp_path, verdict_recipe())
    with pytest.raises(UsageError, match="one file of prompts and one of annotations"):
        train_verdict("compact", VerdictData(findings=(tmp_path / "prompts.csv",)), tmp_path, verdict_recipe())


def test_a_label_that_is_no_verdict_is_refused(tmp_path: Path) -> None:
    path = pubmedqa(tmp_path)
    path.write_bytes(path.read_bytes().replace(b"maybe", b"perhaps"))
    with pytest.raises(SourceError, match="'perhaps' is no verdict"):
        train_linear(VerdictData(pubmedqa=(path,)), tmp_path / "out", LinearSettings())


def test_the_linear_recipe_learns_and_what_it_saved_is_loaded(tmp_path: Path) -> None:
    data = VerdictData(bioasq=(bioasq(tmp_path),), pubmedqa=(pubmedqa(tmp_path, 60),))
    weights, record = train_linear(data, tmp_path / "out", LinearSettings(inverse=10.0))
    assert {name.split("/")[1] for name in record["data_sha256"]} == {"9B1_golden.json", "pubmedqa.json"}
    save_linear(weights, tmp_path / "out", record)
    known, loaded = LinearVerdict(weights, "known"), load_verdict(str(tmp_path / "out"))
    texts = ["We gave it.", "It helped 90 patients."]
    found = loaded.probabilities("Is drug 90 of use?", texts)
    assert found == pytest.approx(known.probabilities("Is drug 90 of use?", texts), abs=2e-3)
    assert found["yes"] > max(found["no"], found["maybe"])
    refused = loaded.probabilities("Is drug 90 of use?", ["We gave it.", "It did not help 90 patients."])
    assert refused["yes"] < min(refused["no"], refused["maybe"])


def test_weights_that_were_changed_or_are_not_there_are_refused(tmp_path: Path) -> None:
    folder = shutil.copytree(WEIGHTS, tmp_path / "weights")
    (folder / "verdict.safetensors").write_bytes(b"other")
    with pytest.raises(ModelError):
        load_linear(folder)
    shutil.copy(WEIGHTS / "verdict.safetensors", folder)
    described = msgspec.json.decode((folder / "verdict.json").read_bytes())
    (folder / "verdict.json").write_bytes(msgspec.json.encode(described | {"features": described["features"][1:]}))
    with pytest.raises(ModelError, match="made for other features"):
        load_linear(folder)
    with pytest.raises(ModelError, match="cannot be read"):
        load_linear(tmp_path)


def test_a_fold_is_decided_by_a_model_that_never_saw_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = pubmedqa(tmp_path, 60)
    questions = read_pubmedqa(path)
    fitted: list[set[str]] = []

    def watched(experts: Sequence[Expert], *others: object) -> LinearWeights:
        fitted.append({expert.question for expert in experts})
        return fit_linear(experts, *others)

    monkeypatch.setattr("reader.training.verdict_linear.fit_linear", watched)
    decided = cross_validate(VerdictData(bioasq=(bioasq(tmp_path),)), questions, LinearSettings())
    assert set(decided) == {question.question_id for question in questions}
    folds = sorted({pubmedqa_fold(question.question_id) for question in questions})
    assert len(fitted) == len(folds)
    for fold, seen in zip(folds, fitted, strict=True):
        for question in questions:
            assert (question.text in seen) == (pubmedqa_fold(question.question_id) != fold)
        assert "Is A linked to B?" in seen


@needs_data
def test_the_shipped_verdict_is_of_the_training_files_and_as_good_as_its_card_says() -> None:
    run = msgspec.json.decode((WEIGHTS / "verdict.json").read_bytes())["run"]
    assert {name.split("/")[1].split("B")[0] for name in run["data_sha256"] if "bioasq" in name} == {"7", "8", "9"}
    verdicts = load_verdict("compact")
    asked = [one for path in sorted(DATA.glob("bioasq/10B*.json")) for one in read_bioasq(path) if one.kind == "yesno"]
    decided = {
        one.question_id: decide(verdicts.probabilities(one.text, [c.text for c in one.contexts]), ("yes", "no"))
        for one in asked
    }
    assert yesno_scores(decided, {one.question_id: one.answers[0][0] for one in asked}).macro_f1 >= 0.75


def test_exporting_is_for_the_linear_model(tmp_path: Path) -> None:
    from click.testing import CliRunner

    result = CliRunner().invoke(
        answer_type_command, ["--base", "elsewhere", "--out", str(tmp_path), "--export", str(tmp_path)]
    )
    assert result.exit_code == 2
    assert "--base linear" in result.output
