"""The text of a key, its hash, and when it ends."""

import hashlib
import hmac
from datetime import UTC, datetime, timedelta

import pytest

from api.access.key_records import (
    KeyLimits,
    checked_audience,
    checked_limits,
    checked_name,
    checked_scopes,
    expiry,
    hashed,
    id_in,
    is_key_id,
    new_key,
)
from corpora.errors import UsageError

NOW = datetime(2026, 3, 1, 12, 30, 15, 999_999, tzinfo=UTC)


def test_a_key_names_its_id_and_no_two_are_alike():
    made = [new_key() for _ in range(200)]
    for key_id, text in made:
        head, named, secret = text.split("_")
        assert (head, named, len(named), len(secret)) == ("bc", key_id, 12, 52)  # 52 * 5 bits hold 256
        assert set(named + secret) <= set("abcdefghijklmnopqrstuvwxyz234567")
        assert id_in(text) == key_id
        assert is_key_id(key_id)
    assert len({key_id for key_id, _ in made}) == len({text.split("_")[2] for _, text in made}) == 200


SECRET = "a" * 52


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            "bc",
            "bc__",
            "Bearer",
            f"bc_{'a' * 11}_{SECRET}",
            f"bc_{'a' * 12}_{SECRET}x",
            f"bc_{'a' * 12}_{SECRET[1:]}",
        ),
        *(
            f"BC_{'a' * 12}_{SECRET}",
            f"bc_{'A' * 12}_{SECRET}",
            f"bc_{'a' * 12}_{SECRET}\n",
            f" bc_{'a' * 12}_{SECRET}",
        ),
        *(f"bc_{'a' * 12}_{SECRET[1:]}\uff41", f"bc_{'a' * 12}_{SECRET[1:]}\x00", f"bc_{'a' * 12}-{SECRET}", "\ud800"),
        f"bc_{'a' * 11}'_{SECRET}",
    ],
)
def test_what_has_not_the_form_of_a_key_has_no_id(text):
    assert id_in(text) == ""


def test_the_hash_is_hmac_sha256_of_the_whole_key():
    assert hashed(b"salt", "bc_key") == hmac.new(b"salt", b"bc_key", hashlib.sha256).digest()


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-12-31", datetime(2026, 12, 31, tzinfo=UTC)),
        ("2026-12-31T12:00:00Z", datetime(2026, 12, 31, 12, tzinfo=UTC)),
        ("2026-12-31T12:00:00+02:00", datetime(2026, 12, 31, 10, tzinfo=UTC)),
        ("90d", datetime(2026, 5, 30, 12, 30, 15, tzinfo=UTC)),  # 31 - 1 days of March, 30 of April, 30 of May
        ("12h", datetime(2026, 3, 2, 0, 30, 15, tzinfo=UTC)),
    ],
)
def test_expiry(text, moment):
    found = expiry(text, NOW)
    assert found == moment
    assert found.utcoffset() == timedelta(0)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("2026-03-01", "is in the past, it is 2026-03-01T12:30:15Z"),
        ("2026-03-01T12:30:15Z", "is in the past"),
        ("2026-02-30", "no such time"),
        ("2026-12-31T25:00:00Z", "no such time"),
        ("9999-12-31T23:59:59-23:00", "no such time"),
        *((text, "is not understood") for text in ("", "0d", "-1d", "90", "90 d", "1.5h", "90D", "٩٠d", "tomorrow")),
        *((text, "is not understood") for text in ("2026-12-31T12:00:00", "31.12.2026", "20261231", "1000000d")),
    ],
)
def test_wrong_expiries(text, problem):
    with pytest.raises(UsageError, match=problem):
        expiry(text, NOW)


def test_scopes_are_ordered_and_none_brings_another():
    assert checked_scopes(("admin", "read", "admin")) == ("read", "admin")
    assert checked_scopes(("admin",)) == ("admin",)
    for scopes in ((), ("root",), ("read", "")):
        with pytest.raises(UsageError, match="scope"):
            checked_scopes(scopes)


def test_names_audiences_and_limits():
    assert checked_name("Bücherei, Station 3") == "Bücherei, Station 3"
    for name in ("a\nb", "a\x1b[2J", "a\u2028b", "a\u202eb", "\udcff", "x" * 101):
        with pytest.raises(UsageError, match="the name"):
            checked_name(name)
    assert checked_audience("ward-3_b") == "ward-3_b"
    for audience in ("", "-a", "A", "a b", "a\n", "x" * 65, "ward/3"):
        with pytest.raises(UsageError, match="audience"):
            checked_audience(audience)
    assert checked_limits(KeyLimits(1, None)) == KeyLimits(1, None)
    for limits in (KeyLimits(0), KeyLimits(None, -1), KeyLimits(1_000_001)):
        with pytest.raises(UsageError, match="expected 1 to 1,000,000"):
            checked_limits(limits)
