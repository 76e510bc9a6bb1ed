import pytest

from corpora.patients.records import Timing
from corpora.records import Span
from retriever.patients.course import course_of, courses_agree


@pytest.mark.parametrize(
    ("kind", "low", "high", "age", "course"),
    [
        ("duration", 13, 13, None, "acute"),
        ("duration", 14, 14, None, "subacute"),
        ("duration", 21, 70, None, "subacute"),
        ("duration", 365.25 / 4, 365.25 / 4, None, "chronic"),
        ("onset", -2, -2, None, "acute"),
        ("onset", -400, -300, None, "chronic"),
        ("course", 0, 14, None, "acute"),
        ("course", 14, 91.3125, None, "subacute"),
        ("course", 91.3125, None, None, "chronic"),
        ("age", 12, 12, 40, "chronic"),
        ("age", 12, 12, None, ""),
        ("age", 50, 59, 40, ""),
        ("age", 0, 2 / 365.25, 3 / 365.25, "acute"),
        ("offset", -700, -700, 40, ""),
        ("after", 3, 3, 40, ""),
        ("year", 2015, 2015, 40, ""),
        ("gestation", 32, 32, 40, ""),
        ("date", None, None, 40, ""),
    ],
)
def test_courses(kind, low, high, age, course):
    assert course_of(Timing(kind, low, high, Span(0, 1), "x"), age) == course


def test_without_a_timing_there_is_none():
    assert course_of(None, 40) == ""


def test_how_long_an_episode_lasts_is_no_course():
    minutes, months = (Timing("duration", days, days, Span(0, 1), "lasting …") for days in (10 / 1440, 200))
    assert (course_of(minutes, None), course_of(months, None)) == ("", "chronic")


def test_neighbours_are_neither_alike_nor_opposed():
    courses = ("acute", "subacute", "chronic")
    agreement = [[courses_agree(one, other) for other in courses] for one in courses]
    assert agreement == [[1, 0, -1], [0, 1, 0], [-1, 0, 1]]
