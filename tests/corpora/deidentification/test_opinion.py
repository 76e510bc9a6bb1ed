"""Rules with a model beside them: what it adds, what it strikes out, and that masking a masked note changes nothing."""

import datetime
import re

from hypothesis import given, settings
from hypothesis import strategies as st

from corpora.deidentification import Settings, deidentify
from corpora.deidentification.records import TaggedWord

TODAY = Settings(today=datetime.date(2026, 1, 1))
_WORD = re.compile(r"\w+|\ufffc")


class Believes:
    """A tagger that has a fixed opinion of each word, in small letters, and none of the others."""

    def __init__(self, opinions, others=0.1):
        self.opinions = opinions
        self.others = others
        self.read = []

    def __call__(self, text):
        self.read.append(text)
        found = []
        for match in _WORD.finditer(text):
            kind, probability = self.opinions.get(match.group().lower(), ("NAME", self.others))
            found.append(TaggedWord(match.start(), match.end(), kind, probability))
        return found


def masked(text, opinions, **settings):
    return deidentify(text, TODAY, Believes(opinions, **settings)).text


def test_what_the_model_is_sure_of_is_masked_and_neighbours_are_one():
    text = "He lives in cedar ferry with pat."
    surely = {"cedar": ("PLACE", 0.9), "ferry": ("PLACE", 0.5), "pat": ("NAME", 0.49)}
    assert masked(text, surely) == "He lives in [PLACE] with pat."
    assert masked(text, {**surely, "ferry": ("NAME", 0.8)}) == "He lives in [PLACE] [NAME] with pat."


def test_a_name_of_the_rules_stays_unless_the_model_is_all_but_sure():
    text = "Seen by Dr. Okafor. BP 120/80."
    assert masked(text, {}) == "Seen by Dr. [NAME]. BP 120/80."
    assert masked(text, {"okafor": ("NAME", 0.006)}) == "Seen by Dr. [NAME]. BP 120/80."
    assert masked(text, {"okafor": ("NAME", 0.004)}) == text


def test_numbers_and_dates_of_the_rules_stay_whatever_the_model_thinks():
    text = "MRN: 00123-45, seen 03/14/2021, call 555-0117."
    assert masked(text, {}, others=0.0) == deidentify(text, TODAY).text == "MRN: [MRN], seen [DATE], call [PHONE]."


def test_the_model_reads_again_what_is_left():
    tagger = Believes({"ferry": ("PLACE", 0.9)})
    deidentify("Dr. Okafor of ferry.", TODAY, tagger)
    assert tagger.read == ["Dr. Okafor of ferry.", "Dr. \ufffc of \ufffc."]


def test_spans_are_those_of_the_note():
    text = "Ferry: seen by Dr. Okafor at ferry."
    result = deidentify(text, TODAY, Believes({"ferry": ("PLACE", 0.9)}))
    said = [(one.kind, one.original_span.of(text)) for one in result.masked]
    assert said == [("PLACE", "Ferry"), ("NAME", "Okafor"), ("PLACE", "ferry")]


WORDS = st.sampled_from(
    ["Dr.", "Okafor", "ferry", "Patricia", "lives", "in", "BP", "120/80", "03/14/2021", "\n", "Mrs", "[NAME]"]
)
OPINIONS = st.dictionaries(
    st.sampled_from(["okafor", "ferry", "patricia", "lives", "bp", "name", "\ufffc"]),
    st.tuples(st.sampled_from(["NAME", "PLACE", "ID"]), st.floats(0, 1)),
)


@given(st.lists(WORDS, max_size=12).map(" ".join), OPINIONS)
@settings(max_examples=200, deadline=None)
def test_masking_a_masked_note_changes_nothing(text, opinions):
    once = masked(text, opinions)
    assert masked(once, opinions) == once
