"""Commands that measure and calibrate answers, and the least precision that people may ask for."""

import json

import click
import msgspec
import pytest

from api.commands.train_confidence import command as train_confidence
from api.render import render_answer
from corpora.errors import UsageError
from corpora.sample import out_of_field_path
from reader.records import Answer, AnswerItem, Context, Evidence, Verdict
from tests.commands import biocite, refusal, use_small_models
from tests.indexes import tiny_index

QUESTION = "Which drug to give first in anaphylaxis?"


@pytest.fixture(autouse=True)
def small_models(monkeypatch):
    use_small_models(monkeypatch)


@pytest.fixture(scope="module")
def index(tmp_path_factory):
    return tiny_index(tmp_path_factory.mktemp("confidence"))


@pytest.fixture
def golden(tmp_path):
    def question(name, kind, body, **more):
        return {"id": name, "type": kind, "body": body, "snippets": [], **more}

    asked = [
        question("1", "factoid", QUESTION, exact_answer=["adrenaline"]),
        question("2", "factoid", "Which drug treats severe malaria?", exact_answer=["quinine"]),
        question("3", "summary", "How does malaria spread?", documents=["https://example.org/notes//malaria/"]),
    ]
    path = tmp_path / "10B1_golden.json"
    path.write_text(json.dumps({"questions": asked}))
    return path


def test_a_least_precision_of_models_that_are_not_calibrated_is_refused(index):
    outcome = biocite("ask", QUESTION, "--index", index, "--min-precision", "0.8")
    refusal(outcome, "a precision cannot be promised", "reader compact", "biocite train confidence", code=2)
    refusal(biocite("ask", QUESTION, "--index", index, "--min-precision", "1.5"), "min precision is 1.5", code=2)
    refusal(biocite("ask", QUESTION, "--index", index, "--min-precision", "high"), "'high'", code=2)


def test_evaluate_answers(index, golden):
    arguments = ("evaluate", "answers", golden, "--index", index)
    plain = biocite(*arguments, "--json")
    assert (plain.code, plain.notes) == (0, [])
    report = plain.json
    assert report["scores"]["factoid"] == {"strict": 0.5, "lenient": 0.5, "mrr": 0.5, "n": 2}
    assert report["kinds"]["factoid"]["right"] == {"value": 0.5, "low": 0.0, "high": 1.0, "n": 2}
    assert set(report["calibration"]) == {"answerable"}
    assert report["unanswerable"] == {}
    more = biocite(*arguments, "--without-relevant", "--questions", out_of_field_path("measuring"), "--json").json
    assert more["unanswerable"]["out_of_field"]["answered"]["n"] == 40
    assert more["unanswerable"]["without_relevant"]["answered"]["n"] == 3
    assert set(more["calibration"]) == {"answerable", "without_relevant", "out_of_field", "mix"}
    told = biocite(*arguments, "--without-relevant", "--gold-kinds").stdout
    for words in (
        "strict",
        "0.5000  [0.000, 1.000]",
        "right kept",
        "without relevant",
        "calibration: mix",
        "median ms",
    ):
        assert words in told


def test_evaluate_answers_refuses_what_holds_no_questions(index, golden, tmp_path):
    refusal(biocite("evaluate", "answers", "--index", index), "BIOASQ_FILE", code=2)
    refusal(biocite("evaluate", "answers", golden), "--index", code=2)
    refusal(biocite("evaluate", "answers", tmp_path / "none.json", "--index", index), "none.json", code=1)
    refusal(biocite("evaluate", "answers", golden, "--questions", golden, "--index", index), golden, code=1)


def test_people_see_the_verdict_and_whether_confidence_is_calibrated(capsys):
    evidence = Evidence("D:1", "D:1#1", "T", "Text", 0, 3, "Aye", "0" * 64, "", 0.5, Context(0, 3, "Aye"))
    answer = Answer(
        question="Does it?",
        kind="yesno",
        status="answered",
        confidence=0.8,
        answers=(AnswerItem("Aye", 0.8, (evidence,)),),
        note="n",
        nearest=("D:1",),
        timings_ms={"total": 1.0},
        index_id="i",
        models={"calibrated": True},
        verdict=Verdict("yes", {"yes": 0.9, "no": 0.06, "maybe": 0.04}),
    )
    render_answer(answer)
    shown = capsys.readouterr().out
    assert "yes/no question · confidence 0.80\nyes (0.90)\n" in shown
    render_answer(msgspec.structs.replace(answer, models={"calibrated": False}, verdict=None))
    shown = capsys.readouterr().out
    assert "confidence, not calibrated, 0.80\nn\n" in shown


def trained(*arguments):
    """Run `biocite train confidence`, as the group does."""
    with click.Context(click.Group("train")) as context:
        return train_confidence.main(
            [str(argument) for argument in arguments], prog_name="confidence", standalone_mode=False, parent=context
        )


@pytest.mark.parametrize("name", ["11B1_golden.json", "9B1_golden.json", "mine.json"])
def test_only_the_calibration_batch_calibrates(index, golden, tmp_path, name):
    other = golden.rename(tmp_path / name)
    with pytest.raises(UsageError, match="not a calibration file"):
        trained("--bioasq", other, "--index", index, "--out", tmp_path / "out.json")
    assert not (tmp_path / "out.json").exists()


def test_other_batches_in_a_folder_are_left_alone_and_few_questions_are_refused(index, golden, tmp_path):
    (tmp_path / "11B1_golden.json").write_text("never read")
    with pytest.raises(UsageError, match="at least 25 right and 25 wrong"):
        trained("--bioasq", tmp_path, "--index", index, "--out", tmp_path / "out.json", "--outcomes", tmp_path / "kept")
    parts = [json.loads(line)["part"] for line in (tmp_path / "kept").read_text().splitlines()[1:]]
    assert {part: parts.count(part) for part in parts} == {"answerable": 3, "without_relevant": 3, "out_of_field": 40}
