"""The model that ships, really loaded: windows over long notes, whole words, the same in every thread."""

import time
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import pytest
import torch

from corpora.deidentification import deidentify
from corpora.deidentification.shapes import WIDTH, shapes_of
from corpora.errors import ModelError
from indexer.patients import tagging
from indexer.patients.tagger_model import untrained
from indexer.patients.tagging import CLASSES, STEP, WINDOW, NoteTagger, deidentified, load_tagger

NOTE = "Pt lives with her cousin in Wexcombe and is followed by Dr. Adaeze Okonjo at Tannery Row Clinic."


@pytest.fixture(scope="module")
def tagger():
    return load_tagger()


def test_it_finds_names_and_places_and_leaves_the_rest(tagger):
    sure = {NOTE[word.start : word.end] for word in tagger(NOTE) if word.probability >= 0.5}
    assert {"Wexcombe", "Okonjo"} <= sure
    assert sure.isdisjoint({"lives", "with", "her", "cousin", "and", "followed"})


def test_words_are_whole_and_in_order(tagger):
    text = "Hb 8.1 g/dL; Ms. Nwachukwu-Smythe, X7719, 12/03."
    words = tagger(text)
    assert [text[word.start : word.end] for word in words][:4] == ["Hb", "8", ".", "1"]
    assert "Nwachukwu" in [text[word.start : word.end] for word in words]
    assert all(before.end <= after.start for before, after in pairwise(words))
    assert all(0 <= word.probability <= 1 and word.kind in CLASSES[1:] for word in words)


def test_a_long_note_is_read_to_its_end(tagger):
    text = "No fever and no cough on this visit. " * 100 + NOTE
    words = {text[word.start : word.end]: word.probability for word in tagger(text)}
    assert words["Okonjo"] >= 0.5
    assert words["fever"] < 0.5


@pytest.mark.parametrize("text", ["", " \n\t", "\ufffc", "…", "a", "😷 日本語", "\ud800", "x" * 5_000])
def test_odd_texts(tagger, text):
    assert all(0 <= word.start < word.end <= len(text) for word in tagger(text))


def test_windows_overlap_and_are_one_where_they_agree(tagger, monkeypatch):
    """Every token gets a probability, and that of a short text does not depend on windows."""
    text = NOTE * 6
    whole = tagger(text)
    monkeypatch.setattr(tagging, "WINDOW", 64)
    monkeypatch.setattr(tagging, "STEP", 48)
    cut = tagger(text)
    assert [(word.start, word.end) for word in whole] == [(word.start, word.end) for word in cut]
    same = sum(abs(one.probability - other.probability) < 0.3 for one, other in zip(whole, cut, strict=True))
    assert same >= 0.9 * len(whole)
    assert STEP < WINDOW


def test_threads_agree(tagger):
    texts = [NOTE, NOTE[::-1], "No fever."] * 4
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(tagger, texts))
    for number, words in enumerate(found):
        expected = found[number % 3]
        assert [word.probability for word in words] == pytest.approx([word.probability for word in expected], abs=0.02)


def test_rules_and_model_find_more_than_rules():
    assert "Wexcombe" in deidentify(NOTE).text or "Wexcombe" not in deidentified(NOTE).text
    assert "Okonjo" not in deidentified(NOTE).text
    assert "Wexcombe" not in deidentified(NOTE).text


def test_an_untrained_head_is_a_valid_tagger():
    torch.manual_seed(3)
    model, tokenizer = untrained(len(CLASSES))
    words = NoteTagger(model, tokenizer, "fresh", precision="fp32")(NOTE)
    assert len({round(word.probability, 4) for word in words}) > 3


def test_damaged_weights_are_named(monkeypatch, tmp_path):
    monkeypatch.setattr(tagging, "WEIGHTS", tmp_path)
    load_tagger.cache_clear()
    with pytest.raises(ModelError, match=r"tagger\.json: shipped weights cannot be read"):
        load_tagger()
    monkeypatch.undo()
    load_tagger.cache_clear()


def test_shapes_tell_capitals_digits_and_where_a_line_opens():
    text = "Okafor saw\nMR J 7"
    pieces = [(0, 3), (3, 6), (7, 10), (11, 13), (14, 15), (16, 17)]
    rows = shapes_of(text, pieces)
    assert {len(row) for row in rows} == {WIDTH}
    title, upper, initial, digits = (row[2:5] + row[11:12] for row in (rows[0], rows[3], rows[4], rows[5]))
    assert (title[0], upper[1], initial[2], digits[3]) == (1.0, 1.0, 1.0, 1.0)
    assert rows[0][:13] == rows[1][:13]  # pieces of one word
    assert [row[13] for row in rows] == [1.0, 0.0, 1.0, 1.0, 1.0, 1.0]
    assert [row[14] for row in rows] == [1.0, 1.0, 0.0, 1.0, 0.0, 0.0]
    assert [row[15] for row in rows] == [0.0, 0.0, 0.0, 1.0, 1.0, 1.0]


def test_a_text_without_spaces_takes_no_longer_than_its_length():
    """20,000 pieces of one run of letters: seconds if each looked at the whole run, some hundredths as it is."""
    text = "日" * 20_000
    started = time.process_time()
    assert len(shapes_of(text, [(number, number + 1) for number in range(len(text))])) == len(text)
    assert time.process_time() - started < 5
