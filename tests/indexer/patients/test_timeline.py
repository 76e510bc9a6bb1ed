"""Sentences judged by hand: what each says of when one term was. All are invented.

`ASIDE` was written before the rules and measured once when they were finished: 39 of 40 were right. `LATER` was written
after that, to be harder; of its first 55 sentences 48 were right, where three of the seven wrong ones named a term that
the lexicon calls otherwise or does not have. Then rules and those three were mended, one sentence went to `MISSED`, and
some were added from what was seen in notes. One author wrote sentences and rules, and knew what forms of expressions to
expect, so notes from elsewhere will do worse.
"""

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpora.patients.records import Facet
from indexer.patients.facets import facets_of
from indexer.patients.timeline import timed
from indexer.sentences import sentence_spans

ASIDE = """
fever | duration 3 d | He has had fever and cough for 3 days.
cough | duration 3 d | He has had fever and cough for 3 days.
chest pain | onset -2 h | The chest pain began 2 hours ago while he was gardening.
diarrhoea | duration 6 mo | Over the past six months she has had diarrhoea and bloating.
headache | onset -1 d | Severe headache since yesterday, worse on lying down.
sore throat | offset -3 wk | Three weeks prior to admission he had a sore throat.
haematuria | none | Three weeks prior to admission he had a sore throat, and he now has haematuria.
asthma | age 0-12 y | She has had asthma since childhood.
type 1 diabetes | age 12 y | Type 1 diabetes was diagnosed at age 12.
fever | after 2 d | On postoperative day 2 the patient developed a fever.
pneumonia | offset 3 d | On hospital day 4 a chest film showed pneumonia.
rash | offset 14 d | Two weeks later a rash appeared on both legs.
amoxicillin | duration 7 d | She took amoxicillin 500 mg three times daily for 7 days.
cough | none | She has a cough and took amoxicillin 500 mg three times daily for 7 days.
proteinuria | none | A 24-hour urine collection showed proteinuria.
breast cancer | none | Five-year survival for breast cancer was discussed with her.
hypertension | none | Hypertension, to be reviewed in clinic in 2 weeks.
jaundice | age 0.00274-0.00548 y | Jaundice appeared on day of life 2.
pre-eclampsia | gestation 32 wk | She developed pre-eclampsia at 32 weeks' gestation.
stroke | year 2015 | He had a stroke in 2015.
back pain | course chronic | A 60-year-old woman with chronic back pain.
back pain | course chronic | Her back pain is longstanding.
chest pain | course acute | He presents with sudden onset of tearing chest pain.
cough | none | A 54-year-old man with cough.
vomiting | duration 24 h | Vomiting x 24 hrs, unable to keep fluids down.
abdominal pain | duration 5 d | A five-day history of abdominal pain and vomiting.
vomiting | duration 5 d | A five-day history of abdominal pain and vomiting.
fever | none | A 3-day history of cough without fever.
cough | duration 3 wk | Cough for three weeks and haemoptysis since this morning.
haemoptysis | onset 0 d | Cough for three weeks and haemoptysis since this morning.
seizure | duration 5 min | He had a generalised seizure lasting 5 minutes.
dyspnoea | offset 1 d | The following day she became short of breath.
weight loss | duration 2-3 mo | Weight loss over 2 to 3 months.
appendicectomy | offset -10 y | Appendicectomy ten years ago.
joint pain | duration 3-10 wk | Joint pain for several weeks.
gout | none | His father had gout.
headache | none | Review in 2 weeks if the headache persists.
myocardial infarction | date | Myocardial infarction on [DATE].
fatigue | offset 6 mo | At 6-month follow-up she still had fatigue.
warfarin | offset -2 wk | Warfarin was stopped two weeks before admission.
"""
LATER = """
productive cough | duration 6 wk | A smoker with a 6-week history of productive cough, haemoptysis and weight loss.
haemoptysis | duration 6 wk | A 45-year-old smoker with a 6-week history of dry cough, haemoptysis and weight loss.
weight loss | duration 6 wk | A 45-year-old smoker with a 6-week history of dry cough, haemoptysis and weight loss.
fever | duration 5 d | 3 y/o boy, fever for 5 days, red eyes x 2 days.
red eye | duration 2 d | 3 y/o boy, fever for 5 days, red eyes x 2 days.
type 2 diabetes | none | A man with type 2 diabetes who presents with vomiting for two days.
vomiting | duration 2 d | A man with type 2 diabetes who presents with vomiting for two days.
hypertension | duration 20 y | Known hypertension for 20 years, on ramipril.
ramipril | none | Known hypertension for 20 years, on ramipril.
knee replacement | none | A 54-year-old woman, ten days after knee replacement, has sudden shortness of breath.
dyspnoea | after 10 d | A 54-year-old woman, ten days after knee replacement, has shortness of breath.
abdominal pain | duration 24 h | 19-year-old man with 24 hours of abdominal pain that began around the umbilicus.
headache | onset -2 h | A headache began suddenly about two hours ago.
chronic kidney disease | none | A 70-year-old man with chronic kidney disease.
dyspnoea | course acute | Acute dyspnoea on a background of COPD.
chronic obstructive pulmonary disease | none | Acute dyspnoea on a background of COPD.
palpitations | duration 5-30 y | Palpitations for many years.
palpitations | duration 2-10 y | Palpitations for years.
limb weakness | onset -3 d | Leg weakness started 3 days ago.
diarrhoea | after 3 d | Diarrhoea began 3 days after returning from Kenya.
fever | after 5 d | POD 5: fever and wound pain.
creatinine | offset 2 d | Creatinine 2.1 mg/dL on hospital day 3.
pulmonary embolism | after 14 d | Pulmonary embolism two weeks after surgery.
appendicectomy | age 12 y | Appendicectomy aged 12.
epilepsy | age 0-2 y | Epilepsy since infancy.
myocardial infarction | year 2009 | PMH: MI (2009), asthma.
asthma | none | PMH: MI (2009), asthma.
prednisolone | duration 5 d | Given a 5-day course of prednisolone for asthma.
asthma | none | Given a 5-day course of prednisolone for asthma.
pneumonia | none | Treated with amoxicillin for pneumonia for 7 days.
amoxicillin | duration 7 d | Treated with amoxicillin for pneumonia for 7 days.
headache | none | Headache, takes paracetamol 1 g every 6 hours.
fatigue | duration 1-2 y | Fatigue of 1-2 years' duration.
jaundice | duration 2 wk | Jaundice 2/52, itching.
pruritus | none | Jaundice 2/52, itching.
vomiting | duration 3 d | c/o vomiting 3/7 and diarrhoea.
fever | offset -1 d | The day before admission she had fever and rigors.
rigors | offset -1 d | The day before admission she had fever and rigors.
breast cancer | none | Mother had breast cancer; the patient has had a lump for 3 months.
limb weakness | course acute | Left arm weakness of sudden onset.
chest pain | none | She was observed for 24 hours because of chest pain.
dizziness | duration 1 h | Dizziness for an hour, then syncope.
syncope | none | Dizziness for an hour, then syncope.
seizure | age 2 y | He had his first seizure at the age of two.
cough | duration 4 d | No fever, but cough for the last four days.
rash | onset -3 d | Rash since 3 days, spreading.
joint pain | course subacute | Subacute joint pain.
insomnia | duration 1 mo | Insomnia over the last month.
fever | none | Temp 38.1 after 2 days of antibiotics, no fever since.
hepatitis | date | Hepatitis was diagnosed on [DATE], with later cirrhosis.
asthma | none | CT is planned in 6 weeks; asthma stable.
abdominal pain | duration 2 h | Crampy abdominal pain lasting 2 hours after meals.
fever | offset 2 d | Two days later he became febrile, with fever of 39 and rigors.
cough | none | He has a cough and smokes 20 cigarettes a day.
chest pain | onset -2 d | Burning chest pain that began two days earlier.
spasticity | offset 3 d | She was brought in three days later with spasticity and agitation.
agitation | offset 3 d | She was brought in three days later with spasticity and agitation.
irritability | duration 6 d | Six days of fever up to 39.8 °C and irritability.
heavy smoking | none | A heavy smoker, with wheeze and cough for four days.
chest pain | course acute | Acute onset dyspnoea and chest pain after a 14-hour flight.
penicillin | none | Penicillin V started, better in 24 hours.
chemotherapy | none | Six months after the end of chemotherapy she had jaundice.
jaundice | after 6 mo | Six months after the end of chemotherapy she had jaundice.
vertigo | duration 1 d | A man presented with a 1-day history of repeated episodic vertigo.
migraine | age 0-12 y | Migraine in childhood; headache today, BP 80/40.
headache | offset 0 d | Migraine in childhood; headache today, BP 80/40.
"""
MISSED = """
weight loss | duration 3 mo | She lost 10 kg in 3 months, weight loss unintentional.
amenorrhoea | duration 84 d | 12 weeks of amenorrhoea, and vaginal bleeding since yesterday.
abdominal pain | onset -3 d | Three days ago the patient, a known diabetic, began to have abdominal pain.
hydroxychloroquine | duration 2 y | She has lupus and hydroxychloroquine was taken, in her words, for two whole years.
"""
DAYS = {"s": 1 / 86400, "min": 1 / 1440, "h": 1 / 24, "d": 1, "wk": 7, "mo": 365.25 / 12, "y": 365.25}
COURSES = {"acute": (0, 14), "subacute": (14, 365.25 / 4), "chronic": (365.25 / 4, None)}
PIECES = st.sampled_from(
    [
        "fever", "cough", "and", "no", "for", "3 days", "3-day", "history of", "since", "yesterday", ",", ";", ".",
        "(", ")", "at age 12", "POD#3", "two weeks later", "amoxicillin", "daily", "in 2015", "[DATE]", "chronic",
        "acute", "he",
        "before admission", "ago", "x", "2/52", "ten", "past", "last week", "\n", "CT head",
        "Hb 8.1 g/dL", "of", "after",
    ]
)  # fmt: skip


def cases(table):
    return [tuple(part.strip() for part in line.split("|", 2)) for line in table.strip().splitlines()]


def expected_of(written):
    """("duration", 14.0, 21.0) of "duration 2-3 wk"; days, but for ages, years and weeks of pregnancy."""
    kind, *rest = written.split()
    if kind == "none":
        return None
    if kind == "date":
        return kind, None, None
    if kind == "course":
        return kind, *COURSES[rest[0]]
    low, high = re.fullmatch(r"(-?[\d.]+)(?:-(-?[\d.]+))?", rest[0]).groups()
    unit = DAYS[rest[1]] if kind in ("onset", "offset", "after", "duration") else 1
    return kind, pytest.approx(float(low) * unit, rel=1e-3), pytest.approx(float(high or low) * unit, rel=1e-3)


def said_of(term, sentence):
    (facet, *_) = [facet for facet in facets_of(sentence) if facet.term == term]
    timing = facet.timing
    return None if timing is None else (timing.kind, timing.low, timing.high)


def test_the_tables_are_as_long_as_they_should_be():
    assert len(set(cases(ASIDE))) == 40
    assert len(set(cases(ASIDE)) | set(cases(LATER))) >= 100


@pytest.mark.parametrize(("term", "expected", "sentence"), cases(ASIDE) + cases(LATER))
def test_judged(term, expected, sentence):
    assert said_of(term, sentence) == expected_of(expected)


@pytest.mark.parametrize(("term", "expected", "sentence"), cases(MISSED))
@pytest.mark.xfail(strict=True, reason="beyond the rules; whoever mends them moves the sentence to LATER")
def test_what_is_missed(term, expected, sentence):
    assert said_of(term, sentence) == expected_of(expected)


def test_a_note():
    note = (
        "A 54-year-old woman with hypertension for 10 years has had cough and fever for 3 days. Two days later, on "
        "hospital day 3, she developed a rash but no vomiting. PMH: stroke (2015)."
    )
    assert {facet.term: facet.timing and facet.timing.text for facet in facets_of(note)} == {
        "hypertension": "for 10 years",
        "cough": "for 3 days",
        "fever": "for 3 days",
        "rash": "on hospital day 3",
        "vomiting": None,
        "stroke": "(2015)",
    }


def test_what_is_absent_has_no_time():
    assert [facet.timing for facet in facets_of("No fever for 3 days.")] == [None]


@given(st.lists(PIECES, max_size=30).map(" ".join) | st.text(max_size=200))
def test_what_is_quoted_stands_in_the_sentence_of_the_facet(text):
    sentences = list(sentence_spans(text))
    for facet in facets_of(text):
        if facet.timing is not None:
            assert facet.timing.text == facet.timing.span.of(text)
            assert facet.timing.text.strip() == facet.timing.text != ""
            (place,) = [one for one in sentences if one.start <= facet.timing.span.start < one.end]
            assert place.start <= facet.span.start < place.end
            assert facet.timing.span.end <= facet.span.start or facet.span.end <= facet.timing.span.start


@given(st.lists(PIECES, max_size=30).map(" ".join))
def test_nothing_but_the_timing_changes(text):
    untimed = [Facet(f.kind, f.term, f.span, f.text, f.assertion, f.value, f.unit) for f in facets_of(text)]
    again = timed(text, sentence_spans(text), untimed)
    assert tuple(again) == facets_of(text)
    assert timed(text, [], untimed) == untimed


def test_a_line_of_commas_is_no_list_and_takes_no_time():
    """Without a bound, matching it as a list took time in the square of its length: 22 s for 40,000 characters."""
    started = time.process_time()
    cough, fever = facets_of("cough" + "," * 100_000 + ": fever for 3 days")
    assert time.process_time() - started < 20
    assert (cough.timing, fever.timing.text) == (None, "for 3 days")
    assert [one.timing is None for one in facets_of("cough" + "," * 300 + "fever for 3 days")] == [True, False]


def test_many_expressions_in_one_sentence_take_time_in_proportion_to_them():
    """Counting all words before each expression took 44 s for 16,000 of them."""
    started = time.process_time()
    (fever,) = facets_of("acute " * 16_000 + "onset fever")
    assert time.process_time() - started < 15
    assert fever.timing.text == "acute onset"
