"""Ranking: what is known of a candidate, by hand; fitted weights; answers are always the text's own words."""

import math
from pathlib import Path

import msgspec
import pytest

from corpora.errors import ModelError, UsageError
from corpora.questions import Question
from corpora.records import Span
from reader.aggregate import FoundSpan
from reader.ranking import (
    FEATURES,
    Candidate,
    Ranking,
    Weights,
    candidates,
    distinct,
    in_order,
    rank_spans,
    read_spans,
    shipped_ranking,
    with_siblings,
)
from reader.span_model import SpanCandidate
from reader.training.ranking import (
    Cases,
    RankingSettings,
    Read,
    cases_of,
    choose_ranking,
    cross_validated,
    fit_weights,
    write_ranking,
)
from tests.fakes import FakeReader
from tests.reader.test_examples import bioasq

QUESTION = "Which kinase is mutated?"
TEXTS = ["The dystrophia myotonica protein kinase (DMPK) is mutated.", "In patients DMPK is long.", "Nothing."]


def found(number: int, words: str, probability: float) -> FoundSpan:
    start = TEXTS[number].index(words)
    return FoundSpan(number, words, SpanCandidate(Span(start, start + len(words)), probability, 1.0), 1.0)


LONG = "dystrophia myotonica protein kinase"
SPANS = [found(0, LONG, 0.5), found(0, "protein kinase", 0.1), found(0, "DMPK", 0.2), found(1, "DMPK", 0.4)]


def features(text: str, spans: list[FoundSpan] = SPANS) -> dict[str, float]:
    (one,) = [each for each in candidates(QUESTION, TEXTS, spans) if each.text == text]
    return dict(zip(FEATURES, one.features, strict=True))


def test_what_is_known_of_a_candidate() -> None:
    short = features("DMPK")
    assert short["log best probability"] == pytest.approx(math.log(0.4))
    assert short["log summed probability"] == pytest.approx(math.log(0.6))
    assert short["log summed probability with its abbreviation or long form"] == pytest.approx(math.log(1.1))
    assert short["share of the texts that mention it"] == pytest.approx(2 / 3)
    assert short["share of the texts that have it as a likely span"] == pytest.approx(2 / 3)
    assert short["log best margin over no answer"] == pytest.approx(0.2)
    assert (short["symbol"], short["one word"], short["log words"]) == (1.0, 1.0, 0.0)
    long = features(LONG)
    assert long["log probability of shorter spans within it"] == pytest.approx(math.log(0.1))
    assert long["share of its words in the question"] == pytest.approx(1 / 4)
    assert long["has the word asked for"] == 1.0
    assert features("protein kinase")["log probability of longer spans over it"] == pytest.approx(math.log(0.5))


def test_numbers_count_where_they_are_asked_for() -> None:
    texts = ["There are 12 genes."]
    spans = [FoundSpan(0, text, SpanCandidate(span, 0.5, 1.0), 1.0) for text, span in (("12", Span(10, 12)),)]
    for question, name in (
        ("How many genes are there?", "number where one is asked for"),
        ("Which genes are there?", "number where none is asked for"),
    ):
        (one,) = candidates(question, texts, spans)
        known = dict(zip(FEATURES, one.features, strict=True))
        assert [key for key in FEATURES if "number" in key and known[key]] == [name]


def test_the_spelling_found_most_is_shown_with_its_own_span_first() -> None:
    texts = ["TGF-beta", "TGF-β", "TGF-β"]
    spans = [
        FoundSpan(number, text, SpanCandidate(Span(0, len(text)), probability, 1.0), 1.0)
        for number, (text, probability) in enumerate(zip(texts, (0.5, 0.3, 0.4), strict=True))
    ]
    (one,) = candidates("Which?", texts, spans)
    assert one.text == "TGF-β"
    assert [span.text_number for span in one.spans] == [2, 1, 0]


def weights(**named: float) -> Weights:
    return Weights(tuple(named.get(name.replace(" ", "_"), 0.0) for name in FEATURES), 0.0)


def test_answers_stand_by_the_logistic_of_the_weighted_sum() -> None:
    one = weights(log_summed_probability=1.0)
    ranked = in_order(candidates(QUESTION, TEXTS, SPANS), one, 2)
    assert [answer.text for answer in ranked] == ["DMPK", LONG]
    assert ranked[0].score == pytest.approx(0.6 / 1.6)


def test_what_is_enumerated_with_a_likely_item_is_a_candidate_for_a_list() -> None:
    texts = ["Use alpha, beta and gamma."]
    span = FoundSpan(0, "beta", SpanCandidate(Span(11, 15), 0.5, 1.0), 1.0)
    added = with_siblings(texts, [span])
    assert [(each.text, each.candidate.probability) for each in added] == [
        ("beta", 0.5),
        ("Use alpha", 0.45),
        ("gamma", 0.45),
    ]
    ranking = Ranking(FEATURES, weights(), weights(log_best_probability=1.0), {})
    assert len(rank_spans("Which?", texts, [span], "list", 9, ranking)) == 3
    assert len(rank_spans("Which?", texts, [span], "factoid", 9, ranking)) == 1


def test_every_answer_is_a_span_of_a_text() -> None:
    texts = ["Alpha and Beta were given in London.", "Gamma, Beta and 12 others."]
    spans = read_spans(FakeReader(), "Which were given?", texts, [1.0, 0.5])
    for kind in ("factoid", "list"):
        for answer in rank_spans("Which were given?", texts, spans, kind, 50):
            assert answer.text == answer.spans[0].text
            assert all(span.candidate.span.of(texts[span.text_number]) == span.text for span in answer.spans)
            assert 0.0 < answer.score < 1.0


def test_a_better_answer_with_other_boundaries_is_shown_once() -> None:
    one = weights(log_summed_probability=1.0)
    ranked = in_order(candidates(QUESTION, TEXTS, SPANS), one, 9)
    assert [answer.text for answer in ranked] == ["DMPK", LONG, "protein kinase"]
    assert [answer.text for answer in distinct(ranked)] == ["DMPK", LONG]


def test_no_spans_are_no_answers() -> None:
    assert rank_spans("Which?", ["text"], [], "list", 5) == []


def test_shipped_weights_are_for_these_features_and_say_where_they_come_from() -> None:
    provenance = shipped_ranking().provenance
    assert all(name.startswith("10B") for name in provenance["data_sha256"])
    assert set(provenance["cross_validated"]) == {"factoid", "list"}


def test_weights_for_other_features_are_refused(tmp_path: Path) -> None:
    other = msgspec.structs.replace(shipped_ranking(), features=("something",))
    with pytest.raises(ModelError, match="are for other features"):
        shipped_ranking(write_ranking(other, tmp_path))
    with pytest.raises(ModelError, match="cannot be read"):
        shipped_ranking(tmp_path / "missing.json")


def case(number: int, right: tuple[bool, ...], kind: str = "factoid") -> Cases:
    """Candidates named a, b, … that differ in their first feature alone: 1 for the right ones, else 0."""
    rows = tuple((float(value), *(0.0,) * (len(FEATURES) - 1)) for value in right)
    texts = [f"{chr(97 + place)}" for place in range(len(right))]
    span = FoundSpan(0, "a", SpanCandidate(Span(0, 1), 0.5, 1.0), 1.0)
    names = tuple((text,) for text, value in zip(texts, right, strict=True) if value)
    answers = names if kind == "list" else (tuple(name for group in names for name in group),)
    question = Question(f"{kind}{number}", "Which?", kind, answers, (), "x")
    listed = tuple(Candidate(text, text, (span,), row) for text, row in zip(texts, rows, strict=True))
    return Cases(question, listed, rows, right)


@pytest.mark.parametrize("together", [True, False])
def test_fitted_weights_tell_right_from_wrong(together: bool) -> None:
    fitted = fit_weights([case(number, (False, True, False)) for number in range(20)], 0.1, together=together)
    assert fitted.weights[0] > 1.0
    assert all(abs(weight) < 1e-6 for weight in fitted.weights[1:])
    assert fitted.score((1.0, *(0.0,) * (len(FEATURES) - 1))) > 0.9
    assert fitted.score((0.0,) * len(FEATURES)) < 0.1


def test_without_a_right_candidate_nothing_is_learnt() -> None:
    assert set(fit_weights([case(0, (False, False))], 1.0, together=False).weights) == {0.0}


def test_cross_validation_ranks_each_question_by_weights_fitted_without_it() -> None:
    cases = [case(number, (False, True, False), kind) for number in range(12) for kind in ("factoid", "list")]
    scores = cross_validated(cases, RankingSettings(factoid_penalty=0.1, list_penalty=0.01, folds=3, repeats=1))
    assert (scores["factoid"]["strict"], scores["list"]["f1"], scores["factoid"]["n"]) == (1.0, 1.0, 12)


def test_right_candidates_are_those_that_are_a_name_of_the_answer() -> None:
    question = Question("q", QUESTION, "factoid", (("dmpk", "the kinase"),), (), "x")
    (one,) = cases_of([Read(question, tuple(TEXTS), tuple(SPANS))])
    assert {each.text for each, right in zip(one.found, one.right, strict=True) if right} == {"DMPK"}


@pytest.mark.parametrize("name", ["9B1_golden.json", "11B1_golden.json"])
def test_only_the_batch_that_chooses_chooses(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError, match="not a calibration file"):
        choose_ranking(FakeReader(), "fake", [bioasq(tmp_path, name)])


def test_weights_are_chosen_from_what_the_reader_finds(tmp_path: Path) -> None:
    chosen = choose_ranking(
        FakeReader(), "fake", [bioasq(tmp_path, "10B1_golden.json")], RankingSettings(folds=2, repeats=1)
    )
    assert chosen.provenance["reader"] == "fake"
    assert len(chosen.factoid.weights) == len(FEATURES)
