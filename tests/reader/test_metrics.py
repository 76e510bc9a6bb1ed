"""Measures of answers against values computed by hand."""

import re

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpora.errors import UsageError
from corpora.questions import read_bioasq, read_pubmedqa, read_squad
from reader.metrics import (
    FactoidScores,
    ListScores,
    ReaderScores,
    SpanScores,
    YesNoScores,
    exact_match_and_f1,
    factoid_scores,
    list_scores,
    normalise_name,
    normalise_span,
    precision_recall_f1,
    pubmedqa_scores,
    span_scores,
    yesno_scores,
)
from tests.data import DATA, needs_data


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        ("  Ehlers–Danlos\n syndrome. ", "ehlers–danlos syndrome"),
        ('"Imatinib"', "imatinib"),
        ("“Imatinib”,", "imatinib"),
        ("(+)-catechin", "(+)-catechin"),
        ("CD4+", "cd4+"),
        (".5", ".5"),
        ("5'", "5'"),
        ("E. coli.", "e. coli"),
        ("5%", "5%"),
        ("?!", ""),
        ("", ""),
    ],
)
def test_names_are_compared_without_case_white_space_and_sentence_punctuation(text, normal):
    assert normalise_name(text) == normal
    assert normalise_name(normal) == normal


def test_factoid_scores_follow_the_rank_of_the_first_right_answer():
    gold = {"q1": ["TP53", "p53"], "q2": ["BRCA1"], "q3": ["dystrophin"], "q4": ["insulin"], "q5": ["x"], "q6": ["y"]}
    predictions = {
        "q1": ["P53.", "TP53"],  # rank 1
        "q2": ["a", "b", "brca1"],  # rank 3
        "q3": ["a", "b", "c", "d", "Dystrophin"],  # rank 5
        "q4": ["a", "b", "c", "d", "e", "insulin"],  # rank 6: too late
        "q5": [],
    }  # q6 was not answered
    assert factoid_scores(predictions, gold) == FactoidScores(
        strict=1 / 6, lenient=3 / 6, mrr=pytest.approx((1 + 1 / 3 + 1 / 5) / 6), n=6
    )


def test_a_part_of_the_name_or_an_empty_answer_is_not_right():
    assert factoid_scores({"q": ["insulin receptor", "", "."]}, {"q": ["insulin", "."]}).lenient == 0.0


ITEMS = [["deletion", "gene deletion"], ["duplication"], ["point mutation", "substitution"]]


@pytest.mark.parametrize(
    ("answers", "precision", "recall"),
    [
        (["Gene deletion", "DUPLICATION", "substitution."], 3 / 3, 3 / 3),
        (["duplication", "inversion"], 1 / 2, 1 / 3),
        (["deletion", "gene deletion", "duplication", "duplication"], 2 / 4, 2 / 3),  # no item is found twice
        (["inversion"], 0, 0),
        ([], 0, 0),
    ],
)
def test_list_items_are_found_by_any_name_and_once(answers, precision, recall):
    f1 = 2 * precision * recall / (precision + recall) if precision else 0.0
    assert precision_recall_f1(answers, ITEMS) == pytest.approx((precision, recall, f1))


def test_an_answer_takes_one_item_even_where_it_names_two():
    assert precision_recall_f1(["a"], [["a", "b"], ["a"]]) == pytest.approx((1.0, 0.5, 2 / 3))


def test_only_the_first_100_items_count():
    items = [[f"gene {number}"] for number in range(4)]
    wrong = [f"wrong {number}" for number in range(97)]
    assert precision_recall_f1([*wrong, "gene 0", "gene 1", "gene 2", "gene 3"], items) == pytest.approx(
        (3 / 100, 3 / 4, 6 / 104)
    )


def test_list_scores_are_means_over_questions():
    gold = {"q1": ITEMS, "q2": [["aspirin"], ["heparin"]], "q3": [["x"]]}
    predictions = {"q1": ["duplication", "inversion"], "q2": ["Heparin", "aspirin"]}  # q3 was not answered
    assert list_scores(predictions, gold) == ListScores(
        precision=pytest.approx((1 / 2 + 1 + 0) / 3),
        recall=pytest.approx((1 / 3 + 1 + 0) / 3),
        f1=pytest.approx((2 / 5 + 1 + 0) / 3),  # not the F1 of the two means
        n=3,
    )


def test_yesno_macro_f1_is_the_mean_of_both_classes():
    gold = {"q1": "yes", "q2": "Yes", "q3": "yes", "q4": "no", "q5": "no"}
    predictions = {"q1": "yes", "q2": " YES", "q3": "no", "q4": "no", "q5": "yes"}
    f1_yes = 2 * 2 / (2 * 2 + 1 + 1)
    f1_no = 2 * 1 / (2 * 1 + 1 + 1)
    assert yesno_scores(predictions, gold) == YesNoScores(3 / 5, pytest.approx((f1_yes + f1_no) / 2), 5)


def test_yesno_always_yes_is_not_rewarded_by_macro_f1():
    gold = {"q1": "yes", "q2": "yes", "q3": "yes", "q4": "no"}
    assert yesno_scores(dict.fromkeys(gold, "yes"), gold) == YesNoScores(3 / 4, pytest.approx((6 / 7 + 0) / 2), 4)


def test_yesno_a_class_that_never_occurs_counts_0_as_in_bioasq():
    assert yesno_scores({"q": "yes"}, {"q": "yes"}) == YesNoScores(1.0, 0.5, 1)


def test_yesno_abstaining_misses_the_class_but_alarms_no_other():
    gold = {"q1": "yes", "q2": "yes", "q3": "no", "q4": "no"}
    predictions = {"q1": "yes", "q2": "", "q3": "no"}  # abstained at q2, no prediction for q4
    assert yesno_scores(predictions, gold) == YesNoScores(0.5, pytest.approx((2 / 3 + 2 / 3) / 2), 4)


def test_pubmedqa_has_three_classes():
    gold = {"1": "yes", "2": "no", "3": "maybe", "4": "maybe"}
    predictions = {"1": "yes", "2": "yes", "3": "maybe", "4": "no"}
    f1 = (2 / (2 + 1 + 0) + 0 / (0 + 1 + 1) + 2 / (2 + 0 + 1)) / 3
    assert pubmedqa_scores(predictions, gold) == YesNoScores(0.5, pytest.approx(f1), 4)


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        ("The  Main-cause of a theatre!", "maincause of theatre"),
        ("An\tanaemia, (the) A.", "anaemia"),
        ("a-b the", "ab"),
        ("the", ""),
        ("p < 0.05", "p 005"),
    ],
)
def test_spans_are_compared_in_squads_normal_form(text, normal):
    assert normalise_span(text) == normal


@pytest.mark.parametrize(
    ("prediction", "texts", "exact", "f1"),
    [
        ("the mother-to-child transmission.", ["Mother-to-child transmission"], 1, 1),
        ("vertical transmission of HIV", ["transmission of HIV-1"], 0, 2 * (2 / 4) * (2 / 3) / (2 / 4 + 2 / 3)),
        ("dose dose", ["dose"], 0, 2 * (1 / 2) * 1 / (1 / 2 + 1)),  # a token counts as often as both have it
        ("aspirin", ["heparin", "low dose aspirin"], 0, 2 * 1 * (1 / 3) / (1 + 1 / 3)),
        ("aspirin", ["heparin"], 0, 0),
        ("", ["heparin"], 0, 0),
        ("", [], 1, 1),
        ("the", [], 1, 1),
        ("heparin", [], 0, 0),
        ("", ["the", "heparin"], 0, 0),  # an accepted text that is nothing but an article does not count
        ("", ["."], 1, 1),
    ],
)
def test_exact_match_and_f1_are_the_best_over_the_accepted_texts(prediction, texts, exact, f1):
    assert exact_match_and_f1(prediction, texts) == pytest.approx((exact, f1))


def test_span_scores_count_unanswerable_and_unanswered_questions():
    gold = {"q1": ["low dose aspirin"], "q2": [], "q3": [], "q4": [], "q5": ["heparin"]}
    predictions = {"q1": "aspirin", "q2": "", "q3": "warfarin", "q5": "Heparin"}  # q4: nothing, not even "no answer"
    assert span_scores(predictions, gold) == SpanScores(2 / 5, pytest.approx((1 / 2 + 1 + 0 + 0 + 1) / 5), 5)
    assert span_scores({}, gold) == SpanScores(0.0, 0.0, 5)


@given(st.lists(st.text("ab .", max_size=4), max_size=6), st.lists(st.lists(st.text("ab", min_size=1, max_size=2))))
def test_list_scores_stay_between_0_and_1_and_f1_between_its_parts(answers, items):
    precision, recall, f1 = precision_recall_f1(answers, items)
    assert 0 <= min(precision, recall) <= f1 + 1e-12 <= max(precision, recall) + 2e-12 <= 1 + 2e-12


@given(st.text(max_size=30), st.lists(st.text(max_size=30), max_size=3))
def test_exact_match_implies_f1_1(prediction, texts):
    exact, f1 = exact_match_and_f1(prediction, texts)
    assert exact in (0.0, 1.0)
    assert exact <= f1 <= 1.0


def test_the_json_form_of_the_scores():
    scores = ReaderScores(
        factoid=FactoidScores(0.25, 0.5, 0.375, 4),
        lists=ListScores(0.5, 0.25, 0.3, 2),
        yesno=YesNoScores(0.75, 0.7, 8),
        span=SpanScores(0.1, 0.2, 10),
    )
    assert msgspec.to_builtins(scores) == {
        "factoid": {"strict": 0.25, "lenient": 0.5, "mrr": 0.375, "n": 4},
        "list": {"precision": 0.5, "recall": 0.25, "f1": 0.3, "n": 2},
        "yesno": {"accuracy": 0.75, "macro_f1": 0.7, "n": 8},
        "span": {"exact_match": 0.1, "f1": 0.2, "n": 10},
    }
    assert msgspec.json.decode(msgspec.json.encode(scores), type=ReaderScores) == scores
    assert (
        msgspec.json.encode(ReaderScores(span=SpanScores(0.1, 0.2, 3)))
        == b'{"span":{"exact_match":0.1,"f1":0.2,"n":3}}'
    )


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: factoid_scores({}, {}), "there is no question with a gold answer"),
        (lambda: list_scores({}, {}), "there is no question with a gold answer"),
        (lambda: yesno_scores({}, {}), "there is no question with a gold answer"),
        (lambda: span_scores({}, {}), "there is no question with a gold answer"),
        (lambda: factoid_scores({"z": ["a"]}, {"q": ["a"]}), "question 'z' was answered but is not among the 1 gold"),
        (lambda: list_scores({"z": ["a"]}, {"q": [["a"]]}), "question 'z' was answered"),
        (lambda: yesno_scores({"z": "yes"}, {"q": "yes"}), "question 'z' was answered"),
        (lambda: span_scores({"z": "a"}, {"q": ["a"]}), "question 'z' was answered"),
        (lambda: factoid_scores({}, {"q": []}), "question 'q' has no gold answer"),
        (lambda: list_scores({}, {"q": []}), "question 'q' has no gold answer"),
        (lambda: yesno_scores({}, {"q": "maybe"}), "gold answer 'maybe' of question 'q' is none of yes, no"),
        (
            lambda: pubmedqa_scores({}, {"q": "perhaps"}),
            "gold answer 'perhaps' of question 'q' is none of yes, no, maybe",
        ),
    ],
)
def test_what_cannot_be_scored_is_refused(call, message):
    with pytest.raises(UsageError, match=re.escape(message)):
        call()


@needs_data
@pytest.mark.data
def test_the_gold_answers_of_real_questions_score_1():
    questions = [question for path in sorted((DATA / "bioasq").glob("*.json")) for question in read_bioasq(path)]
    factoid = {question.question_id: question.answers[0] for question in questions if question.kind == "factoid"}
    lists = {question.question_id: question.answers for question in questions if question.kind == "list"}
    yesno = {question.question_id: question.answers[0][0] for question in questions if question.kind == "yesno"}
    assert (len(factoid), len(lists), len(yesno)) == (740, 409, 618)
    last = {question: [[name for name in names if name][-1]] for question, names in factoid.items()}
    assert factoid_scores(last, factoid) == FactoidScores(1.0, 1.0, 1.0, 740)
    first = {question: [names[0] for names in items] for question, items in lists.items()}
    assert list_scores(first, lists) == ListScores(1.0, 1.0, 1.0, 409)
    assert yesno_scores(yesno, yesno) == YesNoScores(1.0, 1.0, 618)


@needs_data
@pytest.mark.data
def test_the_marked_spans_of_real_questions_score_1():
    questions = read_squad(DATA / "covidqa" / "covidqa_train.json")
    gold = {question.question_id: [text for _, text in question.contexts[0].answers] for question in questions}
    spans = {
        question.question_id: question.contexts[0].text[start : start + len(text)]
        for question in questions
        for start, text in question.contexts[0].answers[:1]
    }
    assert span_scores(spans, gold) == SpanScores(1.0, 1.0, len(gold))


@needs_data
@pytest.mark.data
def test_always_yes_scores_the_share_of_yes_on_real_pubmedqa():
    questions = read_pubmedqa(DATA / "pubmedqa" / "ori_pqal_train_dev.json")
    gold = {question.question_id: question.answers[0][0] for question in questions}
    share = list(gold.values()).count("yes") / len(gold)
    assert pubmedqa_scores(dict.fromkeys(gold, "yes"), gold) == YesNoScores(
        pytest.approx(share), pytest.approx(2 * share / (1 + share) / 3), 500
    )
