import pytest

from indexer.patients.lexicon import broader, concepts_among, entries
from indexer.patients.words import is_abbreviation, words_of


def terms(text):
    return [found.concept.term for found in concepts_among(words_of(text))]


def test_it_is_wide_and_says_nothing_twice():
    seen = {}
    for kind, term, names in entries():
        for name in names:
            words = words_of(name)
            exact = len(words) == 1 and is_abbreviation(words[0].raw)
            key = words[0].raw if exact else tuple(word.folded for word in words)
            assert seen.setdefault(key, (kind, term)) == (kind, term), name
    assert len(set(seen.values())) >= 600


@pytest.mark.parametrize("written", ["SOB", "dyspnoea", "dyspnea", "Shortness of breath", "breathlessness"])
def test_synonyms_are_one_term(written):
    assert terms(f"The patient has {written} today") == ["dyspnoea"]


@pytest.mark.parametrize(
    ("text", "term"),
    [
        ("swelling of both legs", "peripheral oedema"),
        ("pain in the left knee", "knee pain"),
        ("a tender right wrist", "wrist tenderness"),
        ("ruptured aneurysms of the coronary artery aneurysms", "coronary artery aneurysm"),
        ("hypermagnesemia", "hypermagnesaemia"),
        ("vemurafenib", "vemurafenib"),
        ("ustekinumab", "ustekinumab"),
        ("perindopril", "perindopril"),
        ("choledochitis", "choledochitis"),
    ],
)
def test_productive_names(text, term):
    assert terms(text) == [term]


@pytest.mark.parametrize("text", ["a diagnosis of", "the prognosis", "in April", "fit and well", "diploma", "ms", "it"])
def test_what_only_looks_like_a_term(text):
    assert terms(text) == []


def test_broader_terms():
    assert broader("iron deficiency anaemia") == ("anaemia",)
    assert broader("petechiae") == ("purpura", "rash")
    assert broader("pulmonary oedema") == ()
    assert broader("perindopril") == ("ACE inhibitor",)
    assert broader("no such term") == ()


def test_no_term_is_broader_than_itself():
    assert not [term for _, term, _ in entries() if term in broader(term)]
