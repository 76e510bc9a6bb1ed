import time
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from corpora.records import Span
from indexer.sentences import sentence_spans
from tests.data import DATA, needs_data
from tests.indexer.samples import pubmed_abstracts


def sentences(text):
    return [span.of(text) for span in sentence_spans(text)]


@pytest.mark.parametrize(
    "marked",
    [
        # plain ends
        "Aspirin inhibits cyclooxygenase. |It reduces fever.",
        "Does it work? |Yes! |It does.",
        "It was safe (P < 0.05). |We conclude that it helps.",
        'He said "no." |She left.',
        "They wept ... |Nobody saw.",
        "Mortality was 5.2%. |12 patients died.",
        "It was 8.4±3.3%. |%FMM differed. % of nothing.",
        # abbreviations
        "Drugs, e.g. Aspirin, i.e. ASA, were given by Dr. Smith.",
        "As Smith et al. (2010) and Jones et al. Lancet showed.",
        "This was shown by Smith et al. |The authors disagree.",
        "See Fig. 2 and Figs. 3-5 vs. Table 1.",
        "Approx. 5 ml of blood, cf. Methods, was drawn.",
        "Rats (Charles River, No. 5) were used. |There was no. |None.",
        "Published in vol. 12, pp. 3-9.",
        "Several Candida spp. |We found Candida spp. Albicans was rare.",
        "The U.S. Food and Drug Administration approved it. |It is sold in the U.S. |The price is high.",
        # organisms, initials, letters
        "We grew S. aureus and E. coli at 37 °C. |Cells were counted.",
        "J. Smith and A. B. Jones took part.",
        "Patients had hepatitis C. |Controls had none.",
        "They ate vitamin D. |Bones grew.",
        "The dose was 5 g. |Patients slept for 24 h. |Then they woke.",
        # numbers
        "A dose of 1.5 mg/kg, p = 0.05, was given.",
        "It was p = 0. 05 at the end.",
        "It ended in 2018. |115 patients were seen.",
        "1. Introduction |2. Methods".replace("|", "\n|"),
        # names in lower case, Greek letters
        "It binds DNA. |p53 is mutated. |mTOR is not. |α-Synuclein aggregates.",
        "They grew it in vitro. and then stopped.",
        # brackets
        "It failed (see below. This was expected.) and was dropped. |We stopped.",
        "Cells [Sigma Inc. Missouri] were used. |They grew.",
        "An open bracket (does no harm. |" + "Long sentence without a closing bracket " * 6 + "follows. |End.",
        # glued citations
        "It is common in adults.[1,2] |Children are spared.",
        "It is common in adults.12,13 |Children are spared.",
        # line breaks and other scripts
        "First line without a stop\n|Second line\n\n|Third",
        "これは薬です。|効きます。",
        "Ends in blanks.  \t|Next.   ",
    ],
)
def test_splits_where_marked(marked):
    assert sentences(marked.replace("|", "")) == marked.split("|")


def test_empty_and_blank_text():
    assert sentence_spans("") == []
    assert sentence_spans(" \n ") == [Span(0, 3)]


def test_blanks_at_the_beginning_go_with_the_first_sentence():
    assert sentences("\n  One. Two.") == ["\n  One. ", "Two."]


TEXT = st.text(alphabet=st.sampled_from("ab AB.?!…()[]\n 12,;'\"αé。\u00a0\u2028")) | st.text()


@given(TEXT)
@example("\n.")
@example(" . .\n. ")
def test_sentences_tile_the_text(text):
    spans = sentence_spans(text)
    assert "".join(span.of(text) for span in spans) == text
    assert all(span.start < span.end for span in spans)
    assert all(before.end == after.start for before, after in pairwise(spans))


@given(TEXT)
def test_line_breaks_end_sentences_and_blanks_trail(text):
    for number, sentence in enumerate(sentences(text)):
        assert "\n" not in sentence.strip()
        if number:
            assert sentence == sentence.lstrip()


@pytest.mark.parametrize(
    "unit", [".", ". ", "(", "(. ", "A. b ", ".)", " ", "\n", "et al. ", ".1,", "(a. B ", "a.[1;", "Fig. (A ", "。"]
)
def test_hostile_text_takes_linear_time(unit):
    text = unit * (200_000 // len(unit))
    started = time.process_time()
    assert sum(map(len, sentence_spans(text))) == len(text)
    assert time.process_time() - started < 2, "a text of 200,000 characters must take well under a second"


@needs_data
def test_sentences_of_real_abstracts_are_of_plausible_length():
    abstracts = pubmed_abstracts(DATA, 500)
    lengths = sorted(len(sentence.split()) for abstract in abstracts for sentence in sentences(abstract))
    assert 18 <= lengths[len(lengths) // 2] <= 26
    assert sum(length <= 3 for length in lengths) / len(lengths) < 0.01, "hardly any fragments"
    assert sum(length > 80 for length in lengths) / len(lengths) < 0.01, "hardly any runs of sentences"


@pytest.mark.bench
@needs_data
@pytest.mark.filterwarnings("ignore::SyntaxWarning", "ignore::DeprecationWarning")
def test_agrees_with_pysbd_and_is_much_faster():
    pysbd = pytest.importorskip("pysbd")
    abstracts = pubmed_abstracts(DATA, 300)
    segmenter = pysbd.Segmenter(language="en", clean=False, char_span=True)
    started = time.perf_counter()
    theirs = {(n, span.end) for n, text in enumerate(abstracts) for span in segmenter.segment(text)}
    between = time.perf_counter()
    ours = {(n, span.end) for n, text in enumerate(abstracts) for span in sentence_spans(text)}
    ended = time.perf_counter()
    size = sum(map(len, abstracts))
    print(f"{len(ours & theirs)} both, {len(ours - theirs)} ours, {len(theirs - ours)} theirs")  # noqa: T201
    print(f"MB/s: pysbd {size / (between - started) / 1e6:.2f}, ours {size / (ended - between) / 1e6:.1f}")  # noqa: T201
    assert len(ours & theirs) / len(ours | theirs) > 0.97
    assert ended - between < (between - started) / 20
