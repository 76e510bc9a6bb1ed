import time
from concurrent.futures import ThreadPoolExecutor

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpora.errors import UsageError
from indexer.analysis import ENGLISH_STOP_WORDS, MAX_TOKEN, Analyzer
from tests.data import DATA, needs_data
from tests.indexer.samples import pubmed_abstracts


def tokens(text):
    return Analyzer().tokens(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ""),
        ("The effects of aspirin were studied.", "effect aspirin studi"),
        ("Is it what they were?", ""),
        ("IL-6", "il 6 il6"),
        ("IL6", "il 6 il6"),
        ("IL‐6 il–6", "il 6 il6 il 6 il6"),  # the hyphens of typesetters
        ("interleukin-6", "interleukin 6 interleukin6"),
        ("TNF-α", "tnf alpha tnfalpha"),
        ("TNFα", "tnf alpha tnfalpha"),
        ("TNF-alpha", "tnf alpha tnfalpha"),
        ("Β-catenin β", "beta catenin betacatenin beta"),  # a capital beta
        ("BRCA1 and p53", "brca 1 brca1 p 53 p53"),
        ("5-HT2A", "5 ht 2 a 5ht2a"),
        ("COVID-19", "covid 19 covid19"),
        ("SARS-CoV-2", "sar cov 2 sarscov2"),
        ("CD4+ T-cells", "cd 4 cd4 t cell tcell"),
        ("CD4⁺", "cd 4 cd4"),
        ("Crohn's Crohn’s", "crohn crohn"),
        ("Sjögren Sjogren naïve", "sjogren sjogren naiv"),
        ("Straße ﬁbrosis Ægir", "strass fibrosi aegir"),
        ("co\u00adoperate", "cooper"),  # a soft hyphen
        ("1.5 mg/kg, 10,000", "1 5 mg kg 10 000"),
        ("under_score", "under score"),
        ("vitamin D hepatitis B", "vitamin d hepat b"),
        ("日本語", "日本語"),
        ('body:x AND (y* OR "z"~2)^3', "bodi x y z 2 3"),
    ],
)
def test_tokens(text, expected):
    assert tokens(text) == expected.split()


def test_ways_to_write_a_name_find_each_other():
    for one, other in [("IL-6", "IL6"), ("TNF-α", "tnf alpha"), ("IL6", "interleukin 6"), ("BRCA", "BRCA2")]:
        assert set(tokens(one)) & set(tokens(other)), (one, other)


def test_tokens_repeat_as_often_as_they_occur():
    assert tokens("pain, pains; painful pain") == ["pain", "pain", "pain", "pain"]


def test_other_settings():
    plain = Analyzer(stemmer="porter", stop_words=("aspirin",))
    assert plain.tokens("the aspirin") == ["the"]
    with pytest.raises(UsageError, match=r"no stemmer 'klingon'.*english"):
        Analyzer(stemmer="klingon")


def test_settings_survive_the_manifest():
    assert msgspec.json.decode(msgspec.json.encode(Analyzer()), type=Analyzer) == Analyzer()
    assert len(set(ENGLISH_STOP_WORDS)) == len(ENGLISH_STOP_WORDS)


@given(st.text() | st.text(alphabet=st.sampled_from("aB1-'’α \u00ad\u0301.日")))
def test_tokens_are_short_and_of_letters_and_digits(text):
    for token in tokens(text):
        assert token.isalnum()
        assert len(token) <= 9 * MAX_TOKEN
        assert token == token.casefold() or not token.isascii()


@given(st.text(alphabet=st.sampled_from("abc 12-α.")), st.text(alphabet=st.sampled_from("abc 12-α.")))
def test_texts_are_analysed_apart(one, other):
    assert tokens(f"{one} {other}") == tokens(one) + tokens(other)


@pytest.mark.parametrize("unit", ["a", "a-", "1a", "'", "a'", "α", "ﷺ", "é"])
def test_hostile_text_takes_linear_time(unit):
    text = unit * (50_000 // len(unit))
    started = time.process_time()
    found = tokens(text)
    assert time.process_time() - started < 2
    assert max(map(len, found), default=0) <= 9 * MAX_TOKEN


def test_a_run_without_end_is_cut():
    assert tokens("x" * 150) == ["x" * 64, "x" * 64, "x" * 22]


def test_threads_get_the_same_tokens():
    text = " ".join(f"infections{number} treating{number} infections treating" for number in range(500))
    analyzer = Analyzer(stop_words=("of", "this", "test"))  # one that has remembered no word yet
    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(analyzer.tokens, [text] * 8))
    assert results == [results[0]] * 8
    assert results[0][:8] == ["infect", "0", "infections0", "treat", "0", "treating0", "infect", "treat"]


@pytest.mark.bench
@needs_data
def test_speed_on_real_abstracts():
    abstracts = pubmed_abstracts(DATA, 5_000)
    started = time.perf_counter()
    count = sum(len(tokens(abstract)) for abstract in abstracts)
    rate = sum(map(len, abstracts)) / (time.perf_counter() - started) / 1e6
    print(f"{rate:.1f} MB a second, {count} tokens")  # noqa: T201
    assert rate > 2
