"""Surrogates: the same form, the same intervals, the same replacement for the same identifier."""

import datetime
import re

import pytest

from corpora.deidentification import Settings, deidentify
from corpora.deidentification.surrogates import LONGEST_SHIFT, SHORTEST_SHIFT, Surrogates

SECRET = Settings(mode="surrogate", secret=b"a secret of this patient")


def dates_of(text):
    return [datetime.date.fromisoformat(date) for date in re.findall(r"\d{4}-\d\d-\d\d", text)]


def test_intervals_stay():
    text = "Admitted 2020-02-20, discharged 2020-03-02, seen 2021-01-01."
    before, after = dates_of(text), dates_of(deidentify(text, SECRET).text)
    assert [day - before[0] for day in before] == [day - after[0] for day in after]
    assert SHORTEST_SHIFT <= abs((after[0] - before[0]).days) <= LONGEST_SHIFT


@pytest.mark.parametrize(
    ("written", "form"),
    [
        ("03/14/2021", r"\d\d/\d\d/\d{4}"),
        ("3/14/21", r"\d{1,2}/\d{1,2}/\d\d"),
        ("14.03.2021", r"\d\d\.\d\d\.\d{4}"),
        ("March 14, 2021", r"[A-Z][a-z]+ \d{1,2}, \d{4}"),
        ("14-MAR-2021", r"\d{1,2}-[A-Z]{3}-\d{4}"),
        ("2021-03-14T10:00", r"\d{4}-\d\d-\d\dT10:00"),
        ("the 3rd of March 2021", r"the \d{1,2}(?:st|nd|rd|th) of [A-Z][a-z]+ \d{4}"),
        ("Sunday, March 14, 2021", r"[A-Z][a-z]+day, [A-Z][a-z]+ \d{1,2}, \d{4}"),
        ("03-2021", r"\d\d-\d{4}"),
    ],
)
def test_a_date_keeps_its_form_and_moves(written, form):
    moved = Surrogates(b"x", reference=2021).replacement("DATE", written)
    assert re.fullmatch(form, moved), moved
    assert moved != written


def test_different_forms_of_a_day_move_to_the_same_day():
    surrogates = Surrogates(b"x", reference=2021)
    day = datetime.date.fromisoformat(surrogates.replacement("DATE", "2021-03-14"))
    assert surrogates.replacement("DATE", "03/14/2021") == f"{day:%m/%d/%Y}"
    assert surrogates.replacement("DATE", "Sunday, March 14, 2021") == f"{day:%A, %B} {day.day}, {day.year}"
    assert surrogates.replacement("DATE", "14.03.2021") == f"{day:%d.%m.%Y}"


def test_the_weekday_is_that_of_the_new_day():
    moved = Surrogates(b"y", reference=2021).replacement("DATE", "Sunday, March 14, 2021")
    assert datetime.datetime.strptime(moved, "%A, %B %d, %Y").strftime("%A") == moved.split(",")[0]


def test_a_name_is_replaced_alike_throughout():
    result = deidentify("Mr. Thornquist fell. Later Thornquist rose. THORNQUIST sat.", SECRET)
    first, second, third = (item.replacement for item in result.masked)
    assert first == second == third.capitalize()
    assert third.isupper()
    assert "hornquist" not in result.text.lower()


def test_the_same_secret_gives_the_same_and_none_gives_another():
    text = "Mr. Thornquist, MRN 00448-7193, 03/14/2021."
    assert deidentify(text, SECRET) == deidentify(text, SECRET)
    assert len({deidentify(text, Settings(mode="surrogate")).text for _ in range(5)}) > 1


def test_numbers_keep_their_shape():
    text = "MRN: 0044-87A, phone 914-555-0133, SSN 078-05-1120, bob@example.org, 10.1.2.3, age 94"
    shape = (
        r"MRN: \d{4}-\d\d[A-Z], phone \d{3}-\d{3}-\d{4}, SSN \d{3}-\d\d-\d{4}, "
        r"person\d+@example\.org, 192\.0\.2\.\d+, age 90\+"
    )
    assert re.fullmatch(shape, deidentify(text, SECRET).text)


def test_an_impossible_date_is_replaced_too():
    moved = Surrogates(b"x", reference=2021).replacement("DATE", "30/02/2021")
    assert re.fullmatch(r"\d\d/\d\d/\d{4}", moved)
    assert moved != "30/02/2021"
