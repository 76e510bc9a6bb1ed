import pytest

from indexer.patients.persons import age_of, sex_of


@pytest.mark.parametrize(
    ("text", "age", "quoted"),
    [
        ("A 58-year-old woman", 58, "58-year-old"),
        ("This 61 y/o man", 61, "61 y/o"),
        ("Previously healthy 31M.", 31, "31M"),
        ("An 18-month-old boy", 1.5, "18-month-old"),
        ("A four-year-old girl", 4, "four-year-old"),
        ("A man aged 72 with", 72, "aged 72"),
    ],
)
def test_age(text, age, quoted):
    found, span = age_of(text)
    assert (found, span.of(text)) == (age, quoted)


@pytest.mark.parametrize(
    ("text", "sex", "quoted"),
    [
        ("A 58-year-old woman", "female", "woman"),
        ("31M. Pain", "male", "M"),
        ("He fell", "male", "He"),
        ("84F, AF", "female", "F"),
    ],
)
def test_sex(text, sex, quoted):
    found, span = sex_of(text)
    assert (found, span.of(text)) == (sex, quoted)


@pytest.mark.parametrize("text", ["", "Pain for 3 days", "Vitamin M deficiency"])
def test_nothing_said(text):
    assert age_of(text) == (None, None)
    assert sex_of(text) == ("", None)
