from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.patients.time_expressions import expressions_in

WORDS = """
for since over the past last about a an few several 3 two 3-4 days week months years ago later before admission surgery
old of age at when he was 12 POD # HD day first life daily follow up in 2015 acute [DATE] x 2/52 gestation chronic , . -
( ) history
"""
PIECES = st.sampled_from([*WORDS.split(), "\n"])


@pytest.mark.parametrize(
    ("text", "kind", "low", "high", "quoted"),
    [
        ("Fever for about three days.", "duration", 3, 3, "for about three days"),
        ("A 3-day history of fever.", "duration", 3, 3, "A 3-day history"),
        ("Fever x 2 wks.", "duration", 14, 14, "x 2 wks"),
        ("Worse over the past week.", "duration", 7, 7, "over the past week"),
        ("Seen 2 to 3 weeks ago.", "offset", -21, -14, "2 to 3 weeks ago"),
        ("It began around 2 days ago.", "onset", -2, -2, "began around 2 days ago"),
        ("Three weeks prior to admission", "offset", -21, -21, "Three weeks prior to admission"),
        ("2 days before surgery", "after", -2, -2, "2 days before"),
        ("on day 3 after surgery", "after", 3, 3, "on day 3 after surgery"),
        ("on the third postoperative day", "after", 3, 3, "on the third postoperative day"),
        ("HD#1: well", "offset", 0, 0, "HD#1"),
        ("on her second day of admission", "offset", 1, 1, "on her second day of admission"),
        ("the previous evening", "offset", -1, -1, "the previous evening"),
        ("the following week", "offset", 7, 7, "the following week"),
        ("on the fourth day of illness", "duration", 4, 4, "on the fourth day of illness"),
        ("when she was 7 years old", "age", 7, 7, "when she was 7 years old"),
        ("at 6 months of age", "age", 0.5, 0.5, "at 6 months of age"),
        ("since his early twenties", "age", 20, 29, "since his early twenties"),
        ("in her 30s", "age", 30, 39, "in her 30s"),
        ("in the second trimester", "gestation", 14, 27, "in the second trimester"),
        ("at 32/40", "gestation", 32, 32, "at 32/40"),
        ("since Monday", "onset", -7, 0, "since Monday"),
        ("since 06:00", "onset", -1, 0, "since 06:00"),
        ("started yesterday evening", "onset", -1, -1, "started yesterday evening"),
        ("sudden-onset headache", "course", 0, 14, "sudden-onset"),
        ("for as long as he can remember", "course", 91.3125, None, "for as long as he can remember"),
        ("since [DATE]", "date", None, None, "since [DATE]"),
    ],
)
def test_what_it_amounts_to(text, kind, low, high, quoted):
    (one,) = [expression.timing for expression in expressions_in(text)]
    assert (one.kind, one.low, one.high, one.text) == (kind, low, high, quoted)


@pytest.mark.parametrize(
    "text",
    [
        "A 54-year-old woman", "3 y/o boy", "a child of 18 months old", "a man aged 54", "every 6 hours", "twice a day",
        "10 mg a day", "24-hour urine protein", "five-year survival", "30-day mortality", "48-hour ECG",
        "six-minute walk", "Follow up in 2 weeks.", "Review in 3 months.", "Clinic in 6 weeks.",
        "in 2 weeks for review",
        "BP 80/40", "visual acuity was 6/12", "within the next 2 weeks", "observed for 24 hours",
        "well after three days",
        "in acute distress", "acute on chronic", "in 2015 patients", "a 14-hour flight to 3 towns", "", "by 3 days",
    ],
)  # fmt: skip
def test_no_time_of_a_finding(text):
    found = [one for one in expressions_in(text) if one.reach not in ("near", "beside")]
    assert [one for one in found if one.timing.text != "chronic"] == []


def test_a_course_of_a_drug_is_of_the_drug():
    (one,) = expressions_in("500 mg three times daily for 7 days")
    assert (one.reach, one.timing.kind, one.timing.low) == ("drug", "duration", 7)


@given(st.lists(PIECES, max_size=30).map(" ".join) | st.text(max_size=200))
def test_places_are_exact_in_order_and_apart(text):
    found = [one.timing for one in expressions_in(text)]
    assert [timing.span.of(text) for timing in found] == [timing.text for timing in found]
    assert all(one.span.end <= other.span.start for one, other in pairwise(found))
    assert all(timing.low <= timing.high for timing in found if timing.low is not None and timing.high is not None)
    assert all(timing.low <= 0 for timing in found if timing.kind == "onset")
