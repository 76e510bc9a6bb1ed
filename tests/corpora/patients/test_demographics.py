import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpora.patients.demographics import age_and_sex

DAY = 1 / 365.25
TABLE = [
    ("A 45-year-old woman presented with fever.", 45, "female"),
    ("A 45 year old man with diabetes", 45, "male"),
    ("We report a 3-month-old boy with cough.", 0.25, "male"),
    ("A 10-day-old girl was admitted.", 10 * DAY, "female"),
    ("A 6-week-old male infant", 42 * DAY, "male"),
    ("36-hour-old female neonate with bilious vomiting", 1.5 * DAY, "female"),
    ("A term newborn girl developed seizures.", 0, "female"),
    ("A male neonate was intubated at birth.", 0, "male"),
    ("A 3-day-old newborn boy", 3 * DAY, "male"),
    ("A 2½-year-old girl", 2.5, "female"),
    ("A 1 year and 2 months old girl", 1 + 2 / 12, "female"),
    ("A 58-year-old African-American woman presents to the ER", 58, "female"),
    ("A 58-year-old nonsmoker white female with mild dyspnea", 58, "female"),
    ("45 yo F with chest pain", 45, "female"),
    ("45yo male, smoker", 45, "male"),
    ("72 y/o M c/o dyspnea", 72, "male"),
    ("45M with chest pain", 45, "male"),
    ("Pt is 45F, hx of asthma", 45, "female"),
    ("45/M admitted with fever", 45, "male"),
    ("F/62 with jaundice", 62, "female"),
    ("A man in his 60s was seen.", 65, "male"),
    ("A woman in her early 30s", 32, "female"),
    ("A man in his late seventies", 78, "male"),
    ("A woman in her mid-40s", 45, "female"),
    ("A man in the seventh decade of life", 65, "male"),
    ("A man, aged 45 years, was seen", 45, "male"),
    ("A woman aged 60 to 65 years", 62.5, "female"),
    ("A 40- to 45-year-old man", 42.5, "male"),
    ("Age: 71\nSex: F\nCough for two weeks.", 71, "female"),
    ("Age 34, gender male. Headache.", 34, "male"),
    ("The patient is 50 years of age. She has lupus.", 50, "female"),
    ("The patient, a woman, 45, was seen.", 45, "female"),
    ("Forty-five-year-old man with gout", 45, "male"),
    ("A twelve year old girl", 12, "female"),
    ("A 28-year-old G2P1 at 30 weeks of gestation", 28, "female"),
    ("A 31-year-old primigravida was admitted.", 31, "female"),
    ("A 26-year-old pregnant patient at 20 weeks", 26, "female"),
    ("A 64-year-old patient presented. His wife noticed pallor.", 64, "male"),
    ("Her husband, 45, is well. A 43-year-old woman with rash.", 43, "female"),
    ("She came with her husband, 45, because of a rash.", None, "female"),
    ("A 5-day-old boy born to a 32-year-old mother", 5 * DAY, "male"),
    ("A boy born to a 32-year-old mother had a cleft palate.", None, "male"),
    ("A 67-year-old woman whose 70-year-old husband had scabies", 67, "female"),
    ("A 3-day-old wound was noted. The patient is a 30-year-old man.", 30, "male"),
    ("He has a 5-year history of gout.", None, "male"),
    ("A 45-year-old man and a 30-year-old woman presented with botulism.", None, ""),
    ("A 45-year-old man and a 50-year-old man presented with botulism.", None, "male"),
    ("A 51-year-old man fell. Case 2: a 60-year-old woman fell.", 51, "male"),
    ("Women aged 40 to 60 were enrolled.", None, ""),
    ("We included 20 patients, 48 ± 7 years old.", None, ""),
    ("Mr. Smith is 80 years old.", 80, "male"),
    ("Mrs. Smith reports cough.", None, "female"),
    ("A 250-year-old man", None, None),
    ("A previously healthy man had asthma since the age of 5.", None, "male"),
    ("A 30-year-old man with asthma since the age of 5", 30, "male"),
    ("A 45-year-old right-handed Caucasian man", 45, "male"),
    ("A 92-year-old lady", 92, "female"),
    ("An 8-year-old male presents in March with fever up to 39 C", 8, "male"),
    ("52-year-old man with history of smoking", 52, "male"),
    ("51-year-old smoker in menopause", 51, "female"),
    ("Temperature 38.5, BP 120/80, HR 90.", None, ""),
    ("", None, ""),
]


@pytest.mark.parametrize(("text", "age", "sex"), TABLE)
def test_table(text, age, sex):
    found_age, found_sex = age_and_sex(text)
    assert found_age == (None if age is None else pytest.approx(age))
    assert sex is None or found_sex == sex


@given(st.text())
def test_any_text_has_an_age_that_can_be(text):
    age, sex = age_and_sex(text)
    assert age is None or 0 <= age <= 125
    assert sex in {"", "female", "male"}


def test_a_long_text_takes_no_longer_than_its_opening():
    assert age_and_sex("a " * 2_000_000 + "45-year-old man") == (None, "")
