import pytest

from indexer.patients.quantities import MONTH, quantities_in


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("3 days", 3, 3),
        ("2-3 weeks", 14, 21),
        ("3 to 2 weeks", 14, 21),
        ("two or three months", 2 * MONTH, 3 * MONTH),
        ("a few days", 2, 5),
        ("several weeks", 21, 70),
        ("a couple of hours", 1 / 12, 1 / 12),
        ("half an hour", 1 / 48, 1 / 48),
        ("x3d", 3, 3),
        ("3/7", 3, 3),
        ("2/52", 14, 14),
        ("the past fortnight", 14, 14),
        ("days", 2, 10),
        ("twenty mins", 20 / 1440, 20 / 1440),
    ],
)
def test_days(text, low, high):
    (quantity,) = quantities_in(text)
    assert (quantity.low, quantity.high) == (pytest.approx(low), pytest.approx(high))


@pytest.mark.parametrize("text", ["BP 120/80", "3 tablets", "1.5 tablets", "2015", "Monday", "12/7/53", "daylight"])
def test_none(text):
    assert list(quantities_in(text)) == []
