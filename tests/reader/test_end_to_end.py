"""Answers measured end to end, over an index whose answers are known."""

import pytest

from corpora.errors import UsageError
from corpora.questions import Context, Question
from reader.ask import Asker
from reader.end_to_end import evaluate_answers
from reader.evaluation import evaluate_bioasq, evaluate_pubmedqa
from reader.intervals import estimate, mean_interval, statistic_interval
from reader.outcomes import MIX, AskedQuestion
from tests.fakes import FakeReader
from tests.indexes import tiny_index
from tests.searching import opened

DRUG = "Which drug to give first in anaphylaxis, injected into the thigh muscle?"
ANAPHYLAXIS = frozenset({"DOI:10.1000/anaphylaxis/2020"})


class SaysYes:
    """A model for verdicts that is always of one mind."""

    name = "says-yes"

    def probabilities(self, question, texts):
        return {"yes": 0.3, "no": 0.2, "maybe": 0.5}


def asked(name, part, text, kind, answers=(), documents=()):
    return AskedQuestion(name, part, text, kind, answers, frozenset(documents))


QUESTIONS = [
    asked("1", "answerable", DRUG, "factoid", (("Adrenaline",),), ANAPHYLAXIS),
    asked("2", "answerable", "Which gene is mutated in women with cystic fibrosis?", "factoid", (("wrong",),)),
    asked("3", "answerable", "Does ivacaftor open the cystic fibrosis channel?", "yesno", (("yes",),), ["PMID:2"]),
    asked("1", "without_relevant", DRUG, "factoid", (("Adrenaline",),), ANAPHYLAXIS),
    asked("4", "out_of_field", "Who painted the ceiling of the Sistine Chapel?", "factoid"),
]


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    with opened(tiny_index(tmp_path_factory.mktemp("report"))) as retriever:
        yield evaluate_answers(Asker(retriever, FakeReader(), verdicts=SaysYes()), QUESTIONS)


def test_bioasqs_measures_are_over_all_answerable_questions(report):
    scores = report.scores
    assert (scores.factoid.strict, scores.factoid.n) == (0.5, 2)
    assert (scores.yesno.accuracy, scores.yesno.macro_f1, scores.yesno.n) == (1.0, 0.5, 1)
    assert scores.lists is None
    assert set(scores.intervals) == {"factoid", "yesno"}
    low, high = scores.intervals["factoid"]["strict"]
    assert (low, high) == (0.0, 1.0)


def test_each_kind_says_what_was_answered_and_right(report):
    everything, factoid = report.kinds["all"], report.kinds["factoid"]
    assert (everything.right.n, factoid.right.n, report.kinds["yesno"].right.n) == (3, 2, 1)
    assert factoid.right.value == 0.5
    assert factoid.kind_told.value == 1.0
    # The verdict shown is maybe, so the yes/no question is not right although yes is likelier than no.
    assert report.kinds["yesno"].right.value == 0.0
    assert report.kinds["list"].right is None
    assert len(everything.risk_coverage) == 10
    assert everything.risk_coverage[-1].risk == pytest.approx(2 / 3)


def test_unanswerable_questions_are_apart(report):
    assert set(report.unanswerable) == {"without_relevant", "out_of_field"}
    assert report.unanswerable["out_of_field"].answered.n == 1
    assert report.unanswerable["out_of_field"].answered.value == 0.0
    assert set(report.calibration) == {"answerable", "without_relevant", "out_of_field", "mix"}
    assert report.calibration["mix"].n == 5
    assert report.mix == MIX


def test_groups_and_models_are_told(report):
    assert (report.groups["sex"].right.n, report.groups["any"].right.n, report.groups["none"].right.n) == (1, 1, 2)
    assert report.groups["age"].right is None
    assert (report.models["reader"], report.models["verdict"], report.models["calibrated"]) == (
        "fake-reader", "says-yes", False
    )  # fmt: skip
    assert 0 < report.median_ms <= report.p95_ms


def test_nothing_to_evaluate_is_refused(tmp_path):
    with opened(tiny_index(tmp_path)) as retriever, pytest.raises(UsageError, match="no question with expert answers"):
        evaluate_answers(Asker(retriever, FakeReader()), QUESTIONS[-1:])


def yesno(name, answer, *texts):
    contexts = tuple(Context("PMID:1", text) for text in texts)
    return Question(name, "Does it?", "yesno", ((answer,),) if answer else (), contexts, "set")


def test_bioasqs_yes_no_questions_need_a_verdict():
    questions = [yesno("1", "yes", "It does."), yesno("2", "no", "It does not.")]
    with pytest.raises(UsageError, match="none of the 2 questions is a factoid or list question"):
        evaluate_bioasq(FakeReader(), questions)
    scores = evaluate_bioasq(FakeReader(), questions, verdicts=SaysYes())
    assert (scores.yesno.accuracy, scores.yesno.macro_f1) == (0.5, pytest.approx(1 / 3))
    low, high = scores.intervals["yesno"]["macro_f1"]
    assert low < 1 / 3 < high


def test_a_question_without_texts_is_wrong():
    scores = evaluate_bioasq(FakeReader(), [yesno("1", "yes")], verdicts=SaysYes())
    assert scores.yesno.accuracy == 0.0


def test_pubmedqa_knows_maybe():
    scores = evaluate_pubmedqa(SaysYes(), [yesno("1", "maybe", "Text."), yesno("2", "yes", "Text."), yesno("3", "")])
    assert (scores.yesno.accuracy, scores.yesno.n) == (0.5, 2)
    assert scores.yesno.macro_f1 == pytest.approx((2 / 3) / 3)
    with pytest.raises(UsageError, match="none of the 1 questions has a final decision"):
        evaluate_pubmedqa(SaysYes(), [yesno("3", "")])


def test_intervals_hold_the_value_and_narrow_with_more_questions():
    few, many = estimate([1.0, 0.0] * 5), estimate([1.0, 0.0] * 100)
    assert few.low <= few.value == 0.5 <= few.high
    assert many.high - many.low < few.high - few.low
    assert estimate([]) is None
    assert mean_interval([1.0, 1.0]) == (1.0, 1.0)
    values = [1.0, 0.0] * 50
    low, high = statistic_interval(100, lambda drawn: sum(values[number] for number in drawn) / 100)
    assert (low, high) == pytest.approx(mean_interval(values), abs=0.03)
