"""Sealing and unsealing: with the key only, beside its own text only, unchanged only."""

import sys

import pytest

from corpora.deidentification import Settings, deidentify
from corpora.deidentification.vault import new_key, seal, unseal
from corpora.errors import UsageError

TEXT = "Mr. Thornquist, MRN 00448-7193, was seen on 03/14/2021. café au lait spots 🙂"


@pytest.mark.parametrize("mode", ["mask", "surrogate"])
def test_the_key_brings_the_note_back(mode):
    result, key = deidentify(TEXT, Settings(mode=mode)), new_key()
    assert len(result.masked) == 3
    assert unseal(key, seal(key, TEXT, result), result.text) == TEXT


def test_sealed_bytes_hold_nothing_readable_and_differ_each_time():
    result, key = deidentify(TEXT), new_key()
    first, second = seal(key, TEXT, result), seal(key, TEXT, result)
    assert first != second
    assert not any(part in first for part in (b"Thornquist", b"7193", b"2021"))


def test_another_key_another_text_or_changed_bytes_open_nothing():
    result, key = deidentify(TEXT), new_key()
    sealed = seal(key, TEXT, result)
    changed = sealed[:-1] + bytes([sealed[-1] ^ 1])
    for wrong in ((new_key(), sealed, result.text), (key, sealed, result.text + "."), (key, changed, result.text)):
        with pytest.raises(UsageError, match="cannot be opened") as caught:
            unseal(*wrong)
        assert "Thornquist" not in str(caught.value)
        assert caught.value.__cause__ is None


def test_what_is_no_seal_is_refused():
    with pytest.raises(UsageError, match="no sealed identifiers"):
        unseal(new_key(), b"something", "text")
    with pytest.raises(UsageError, match="32 bytes"):
        seal(b"short", TEXT, deidentify(TEXT))


def test_without_the_library_the_remedy_is_told(monkeypatch):
    monkeypatch.setitem(sys.modules, "cryptography.hazmat.primitives.ciphers.aead", None)
    with pytest.raises(UsageError, match="not installed") as caught:
        seal(new_key(), TEXT, deidentify(TEXT))
    assert "biocite[patients]" in caught.value.remedy
