"""Names: what spellings share, where a name stands spelled otherwise, abbreviations."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpora.records import Span
from reader.names import abbreviations, find_names, key_words, long_form, loosely, spellings


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("TGF-beta", "TGF-β"),
        ("the IL-36 receptor", "IL36 receptors"),
        ("T-cells", "T cell"),
        ("antibodies", "Antibody"),
        ("95 %", "95%"),
    ],
)
def test_spellings_share_a_key(one: str, other: str) -> None:
    assert key_words(one) == key_words(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [("IL-6", "IL-8"), ("1.5 mg", "15 mg"), ("CD4+", "CD4"), ("virus", "vir"), ("95%", "95"), ("TGF-α", "TGF-β")],
)
def test_things_that_differ_have_keys_that_differ(one: str, other: str) -> None:
    assert key_words(one) != key_words(other)


def test_a_name_has_both_halves_of_its_definition() -> None:
    name = "the tumour necrosis factor (TNF)"
    assert spellings(name) == [name, name[4:], "tumour necrosis factor", "TNF"]


@pytest.mark.parametrize(
    ("name", "text", "found"),
    [
        ("interleukin-36", "the Interleukin 36 axis", ["Interleukin 36"]),
        ("TGFbeta", "of TGF-β here", []),
        ("TGF beta", "of TGF-β here", ["TGF-β"]),
        ("activin receptors", "an activin receptor", ["activin receptor"]),
        ("antibody", "two antibodies", ["antibodies"]),
        ("IL-6", "IL-61 and IL6", ["IL6"]),
        ("dystrophia kinase (DMPK)", "the DMPK gene", ["DMPK"]),
        ("CD4", "CD4 and CD-4", ["CD4"]),
        ("", "nothing", []),
    ],
)
def test_a_name_is_found_as_written_or_else_loosely(name: str, text: str, found: list[str]) -> None:
    assert [span.of(text) for span in find_names(text, [name])] == found


def test_two_letters_are_not_looked_for_loosely() -> None:
    assert loosely("T4") is None


def test_an_abbreviation_is_known_by_its_definition() -> None:
    text = "Mutations of dystrophia myotonica protein kinase (DMPK) and of tumour necrosis factor-α (TNF-α) matter."
    known = abbreviations([text])
    assert known == {"dmpk": "dystrophia myotonica protein kinase", "tnf alpha": "tumour necrosis factor alpha"}


@pytest.mark.parametrize("text", ["the drug (DMPK)", "see above (n)", "it (IT)", "(AB)", " (CFTR)"])
def test_words_that_do_not_spell_it_are_no_long_form(text: str) -> None:
    assert abbreviations([text]) == {}


@given(st.text(max_size=60), st.text(min_size=1, max_size=8))
def test_a_long_form_ends_where_it_was_said_to(text: str, short: str) -> None:
    span = long_form(text, len(text), short)
    assert span is None or (span.end == len(text) and span.of(text))


@given(st.text(max_size=40))
def test_what_is_found_is_a_place_in_the_text(text: str) -> None:
    assert all(isinstance(span, Span) and span.end <= len(text) for span in find_names(text, [text[:10], "a b"]))
    assert key_words(key_words(text)) == key_words(text) or not key_words(text).isascii()
