import time
from itertools import pairwise

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpora.errors import UsageError
from corpora.records import Document, Section, Span
from corpora.text import TextBuilder
from indexer.splitting import LONG_WORD, Splitter, count_words
from tests.data import DATA, needs_data
from tests.indexer.samples import pubmed_abstracts


def document(*bodies, kind="results"):
    builder = TextBuilder()
    for number, body in enumerate(bodies, start=1):
        builder.add_verbatim(f"Section {number}", kind, body)
    text, sections = builder.build()
    return Document("PMID:1", "A title", text, sections, "a.xml")


def sentence(words, name="word"):
    """A sentence of so many words; `name` makes it recognisable."""
    return " ".join([name.capitalize(), *["word"] * (words - 2), "end."]) + " "


def split(body, max_words=200, overlap_words=40, kind="results"):
    splitter = Splitter(max_words, overlap_words, min_words=max_words // 4)
    return [passage.text for passage in splitter.split(document(body, kind=kind))]


def lengths(texts):
    return [len(text.split()) for text in texts]


def test_a_short_section_is_one_passage_with_all_its_fields():
    one, two = Splitter().split(document("Title of it", "It works. It is safe."))
    assert msgspec.to_builtins(one) == {
        "passage_id": "PMID:1#1",
        "document_id": "PMID:1",
        "span": {"start": 0, "end": 11},
        "section": "Section 1",
        "kind": "results",
        "text": "Title of it",
    }
    assert (two.passage_id, two.span, two.section, two.text) == (
        "PMID:1#2",
        Span(13, 34),
        "Section 2",
        "It works. It is safe.",
    )


def test_a_blank_section_and_a_document_without_sections_have_no_passage():
    blank = Document(
        "PMID:1", "", "ab  \n", (Section("a", "title", Span(0, 2)), Section("b", "other", Span(2, 5))), "x"
    )
    assert [passage.text for passage in Splitter().split(blank)] == ["ab"]
    assert Splitter().split(Document("PMID:1", "", "", (), "x")) == []


def test_neighbours_share_whole_sentences_up_to_the_overlap():
    body = "".join(sentence(4, name) for name in "abcdef")  # 24 words
    # Three passages of at most 12 that share 4 hold 24 + 2 * 4 words, so 10.7 each: nearest 12. Then two hold the 16
    # from C on and the 4 that they share, so 10 each: 8 is as near as 12.
    assert [[part.split()[0] for part in text.split(". ") if part] for text in split(body, 12, 4)] == [
        ["A", "B", "C"],
        ["C", "D"],
        ["D", "E", "F"],
    ]


def test_a_section_a_little_too_long_is_halved_not_left_with_a_tail():
    assert lengths(split("".join(sentence(10) for _ in range(21)))) == [120, 130]


def test_a_tail_that_cannot_be_balanced_goes_with_the_passage_before():
    assert lengths(split(sentence(190) + sentence(15))) == [205]
    assert lengths(split(sentence(190) + sentence(45) + sentence(60))) == [190, 105]


def test_a_long_sentence_is_cut_between_words_with_overlap():
    words = [f"w{number}" for number in range(50)]
    texts = split(" ".join(words), max_words=20, overlap_words=5)
    assert all(count <= 20 for count in lengths(texts))
    assert texts[0].split() == words[: len(texts[0].split())]
    shared = [set(a.split()) & set(b.split()) for a, b in pairwise(texts)]
    assert all(len(both) == 5 for both in shared)


def test_a_word_without_end_is_cut_by_characters():
    word = "x" * 1_000_000
    texts = split(f"Before it. {word} after it.")
    assert "".join(texts) == f"Before it. {word} after it."
    assert max(map(len, texts)) <= 200 * LONG_WORD + len("Before it.  after it.")


def test_a_table_is_cut_between_rows_not_sentences():
    rows = [f"Row {number}. Mean 1.5\t2.5\n" for number in range(20)]  # 5 words each
    texts = split("".join(rows), max_words=25, overlap_words=5, kind="table")
    assert len(texts) > 3
    assert all(text.startswith("Row") and text.endswith(("\n", "2.5")) for text in texts)
    assert all(part.count("Mean") == part.count("Row") for part in texts)


def test_count_words_counts_a_long_word_once_for_every_30_characters_begun():
    assert count_words("") == count_words(" \n") == 0
    assert count_words("one two\nthree") == 3
    assert count_words("x" * 30) == 1
    assert count_words("x" * 31 + " y") == 3
    assert count_words("x" * 90) == 3


@pytest.mark.parametrize("impossible", [(0, 0, 0), (10, 10, 2), (10, -1, 2), (10, 2, 11), (10, 2, -1)])
def test_impossible_lengths_are_refused(impossible):
    with pytest.raises(UsageError, match="0 <= overlap_words < max_words"):
        Splitter(*impossible)


SPLITTERS = st.builds(
    lambda maximum, overlap, minimum: Splitter(maximum, overlap * maximum // 100, minimum * maximum // 100),
    st.integers(1, 30),
    st.integers(0, 99),
    st.integers(0, 100),
)
BODY = st.text(alphabet=st.sampled_from("aB .\n\t(1é"), max_size=300) | st.lists(
    st.integers(1, 40).map(sentence), max_size=20
).map("".join)


@given(SPLITTERS, st.lists(BODY, max_size=3), st.sampled_from(["results", "table"]))
def test_passages_cover_each_section_in_order_and_within_bounds(splitter, bodies, kind):
    one = document(*bodies, kind=kind)
    passages = splitter.split(one)
    assert passages == splitter.split(one)
    assert [passage.passage_id for passage in passages] == [f"PMID:1#{n + 1}" for n in range(len(passages))]
    for section in one.sections:
        inside = [passage for passage in passages if passage.section == section.name]
        assert inside[0].span.start == section.span.start
        assert inside[-1].span.end == section.span.end
        for before, after in pairwise(inside):
            assert before.span.start < after.span.start <= before.span.end < after.span.end
    for passage in passages:
        assert passage.span.of(one.text) == passage.text
        assert passage.text.strip()
        assert count_words(passage.text) <= splitter.max_words + splitter.min_words


@given(st.lists(st.integers(2, 50).map(sentence), max_size=60).map("".join))
def test_with_sentences_of_usual_length_no_passage_is_short(body):
    texts = split(body)
    assert len(texts) <= 1 or min(lengths(texts)) >= 50


@given(SPLITTERS, st.data())
def test_windows_cover_all_units_and_move_on(splitter, data):
    units = data.draw(st.lists(st.integers(0, splitter.max_words), min_size=1, max_size=40))
    ranges = splitter.windows(units)
    assert ranges[0][0] == 0
    assert ranges[-1][1] == len(units)
    for (first, end), (next_first, next_end) in pairwise(ranges):
        assert first < next_first <= end < next_end
        assert sum(units[next_first:end]) <= splitter.overlap_words
    assert all(sum(units[first:end]) <= splitter.max_words + splitter.min_words for first, end in ranges)


@pytest.mark.bench
@needs_data
def test_speed_on_real_abstracts():
    documents = [document(abstract) for abstract in pubmed_abstracts(DATA, 3_000)]
    splitter = Splitter()
    started = time.perf_counter()
    count = sum(len(splitter.split(one)) for one in documents)
    rate = len(documents) / (time.perf_counter() - started)
    print(f"{rate:.0f} abstracts a second, {count} passages of {len(documents)}")  # noqa: T201
    assert rate > 3_000
