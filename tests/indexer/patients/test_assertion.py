"""Sentences judged by hand: what each says of one term."""

import pytest

from indexer.patients.facets import facets_of

JUDGED = """
absent | chest pain | He denies chest pain.
absent | chest pain | She denied any chest pain or palpitations.
absent | palpitations | She denied any chest pain or palpitations.
absent | night sweats | No fever, chills or night sweats.
absent | chills | No fever, chills or night sweats.
absent | fever | No fever, chills or night sweats.
absent | fever | The patient was without fever.
absent | weight loss | There was no weight loss.
absent | pulmonary embolism | CT was negative for pulmonary embolism.
absent | pulmonary embolism | Pulmonary embolism was ruled out.
absent | pulmonary embolism | PE was excluded by CTPA.
absent | endocarditis | Echocardiography ruled out endocarditis.
absent | jaundice | He was free of jaundice.
absent | headache | No headache, neck stiffness or photophobia was reported.
absent | photophobia | No headache, neck stiffness or photophobia was reported.
absent | cough | Neither cough nor dyspnoea was present.
absent | dyspnoea | Neither cough nor dyspnoea was present.
absent | rash | Rash was absent.
absent | chills | Fever and chills were absent.
absent | fever | Fever, chills and weight loss were absent.
absent | weight loss | Fever, chills and weight loss were absent.
absent | meningitis | There is no evidence of meningitis.
absent | heart murmur | No murmur was heard.
absent | lymphadenopathy | Examination showed no lymphadenopathy.
absent | hepatomegaly | Abdomen soft with no hepatomegaly or splenomegaly.
absent | splenomegaly | Abdomen soft with no hepatomegaly or splenomegaly.
absent | diabetes mellitus | No history of diabetes or hypertension.
absent | hypertension | No history of diabetes or hypertension.
absent | pneumothorax | The film revealed no pneumothorax.
absent | haemoptysis | Cough w/o haemoptysis.
absent | HIV infection | HIV negative.
absent | vomiting | She has never had vomiting.
absent | fever | In the absence of fever, antibiotics were withheld.
absent | dysuria | He did not report dysuria.
absent | peripheral oedema | He has not noticed ankle swelling.
absent | stroke | MRI did not show a stroke.
absent | heavy smoking | She does not have diabetes and is a non-smoker.
absent | aspirin | He is not on aspirin.
absent | deep vein thrombosis | DVT is unlikely.
absent | lung mass | No lung mass was seen.
absent | coeliac disease | Duodenal biopsies normal, coeliac disease excluded.
absent | lumbar puncture | Lumbar puncture was not performed.
absent | surgery | She declined surgery.
absent | seizure | There were no seizures, and she recovered.
absent | pleural effusion | Chest X-ray: no consolidation, effusion or pneumothorax.
absent | melaena | She reports neither haematemesis nor melaena.
absent | appendicitis | Findings argued against appendicitis.
absent | fever | Afebrile, no fever at home.
absent | arthritis | Lack of arthritis made lupus less likely.
present | chest pain | He presented with chest pain.
present | dyspnoea | No chest pain but dyspnoea.
present | dyspnoea | She denies chest pain; however, dyspnoea is severe.
present | cough | No fever except cough.
present | headache | There was no neck stiffness although the headache persisted.
present | fever | He denied cough. Fever was 39.
present | haemoptysis | Without fever with haemoptysis.
present | productive cough | No fever, productive cough for three days.
present | rash | No fever; rash on the trunk.
present | peripheral oedema | No increase in leg oedema.
present | headache | Not only headache but also vomiting.
present | vomiting | Not only headache but also vomiting.
present | cough | A 3-day history of cough.
present | fever | She presents with a two-week history of fever.
present | back pain | He gave a long history of back pain.
present | abdominal pain | A history of presenting complaint of abdominal pain was taken.
present | asthma | Her asthma is not well controlled.
present | headache | There was no relief of the headache.
present | fever | The fever did not respond to paracetamol.
present | dyspnoea | There was no improvement in dyspnoea.
present | fever | Her mother brought her because of fever.
present | pneumonia | Chest X-ray confirmed pneumonia.
present | temporal artery biopsy | Temporal artery biopsy was negative.
present | CT pulmonary angiogram | CTPA was negative.
present | meningitis | Culture-negative meningitis was treated.
present | diarrhoea | No cause of the diarrhoea was found.
present | hypertension | A 60-year-old man with hypertension has no chest pain.
present | diabetes mellitus | A diabetic woman without retinopathy.
present | jaundice | Jaundice was noted, without pruritus.
present | weight loss | He has lost weight and has no appetite.
present | syncope | He collapsed without warning.
present | cough | He has a cough and denies fever.
present | conjunctivitis | Conjunctivitis without discharge, red lips, and a strawberry tongue.
present | strawberry tongue | Conjunctivitis without discharge, red lips, and a strawberry tongue.
present | cervical lymphadenopathy | Non-purulent conjunctivitis, cervical lymphadenopathy.
present | insulin | Insulin was started.
present | gout | The diagnosis of gout was confirmed.
present | areflexia | Tendon reflexes absent.
present | urinary retention | He was unable to pass urine.
present | seizure | A 20-year-old man, no drug use, developed seizures.
present | psoriasis | Psoriasis, no joint pain.
present | fatigue | Apart from fatigue she has no symptoms.
present | vomiting | She could not eat because of vomiting.
present | purpura | There was no thrombocytopenia to explain the purpura, which has spread.
possible | pulmonary embolism | Pulmonary embolism was suspected.
possible | pneumonia | Possible pneumonia.
possible | pneumonia | Pneumonia cannot be excluded.
possible | pulmonary embolism | ?PE
possible | pulmonary embolism | Impression: ? PE
possible | appendicitis | Suspected appendicitis, taken to theatre.
possible | meningitis | Lumbar puncture to rule out meningitis.
possible | tuberculosis | There was concern for tuberculosis.
possible | lymphoma | The mass is suspicious for lymphoma.
possible | sepsis | Probable sepsis.
possible | myocardial infarction | MI could not be ruled out.
possible | stroke | He may have had a stroke.
possible | vasculitis | The differential diagnosis includes vasculitis.
possible | endocarditis | Blood cultures were taken to exclude endocarditis.
possible | deep vein thrombosis | DVT is possible.
possible | stroke | He is at risk of stroke.
possible | osteoporosis | She was screened for osteoporosis.
possible | fever | Return if fever develops.
possible | gout | Likely gout.
possible | sarcoidosis | It is unclear whether this is sarcoidosis.
possible | encephalitis | Encephalitis remains a possibility.
family | breast cancer | Her mother had breast cancer.
family | breast cancer | Family history of breast cancer.
family | diabetes mellitus | His father has diabetes.
family | coeliac disease | Her sister has coeliac disease.
family | stroke | His father died of a stroke at 60.
family | asthma | Asthma in her brother.
family | psoriasis | Strong family history of psoriasis.
family | tuberculosis | Her husband was treated for tuberculosis last year.
family | Huntington's disease | FHx: Huntington's disease.
family | colorectal cancer | Colon cancer in his father.
family | migraine | The patient's aunt suffers from migraine.
past | myocardial infarction | He had a previous myocardial infarction.
past | asthma | Past medical history: asthma and hypertension.
past | hypertension | Past medical history: asthma and hypertension.
past | stroke | History of stroke.
past | appendicectomy | She is s/p appendectomy.
past | tuberculosis | He was previously treated for tuberculosis.
past | cholecystectomy | Status post cholecystectomy.
past | asthma | Asthma in childhood.
past | breast cancer | Breast cancer ten years ago.
past | warfarin | Warfarin was stopped.
past | type 2 diabetes | PMH: T2DM, HTN.
past | hypertension | PMH: T2DM, HTN.
past | deep vein thrombosis | h/o DVT.
past | depression | Background of depression.
past | pneumonia | A prior pneumonia had resolved.
past | splenectomy | Previous splenectomy.
past | epilepsy | Epilepsy, in remission.
"""

CASES = [tuple(part.strip() for part in line.split("|", 2)) for line in JUDGED.strip().splitlines()]


def test_the_table_is_as_long_as_it_should_be():
    assert len({sentence + term for _, term, sentence in CASES}) == len(CASES) >= 120


@pytest.mark.parametrize(("expected", "term", "sentence"), CASES)
def test_judged(expected, term, sentence):
    said = {facet.term: facet.assertion for facet in facets_of(sentence)}
    assert said.get(term) == expected, said


def test_a_cue_does_not_reach_the_next_sentence():
    said = [(facet.term, facet.assertion) for facet in facets_of("There is no fever. Cough. No rash.")]
    assert said == [("fever", "absent"), ("cough", "present"), ("rash", "absent")]


def test_what_the_family_does_not_have_is_no_absence_in_the_patient():
    (facet,) = facets_of("There is no family history of asthma.")
    assert (facet.term, facet.assertion, facet.text) == ("family history of asthma", "absent", "asthma")


@pytest.mark.parametrize(
    "sentence", ["She is allergic to penicillin.", "Penicillin allergy.", "Allergies: penicillin."]
)
def test_a_drug_that_is_not_tolerated_is_not_taken(sentence):
    assert [(f.kind, f.term, f.assertion) for f in facets_of(sentence)] == [
        ("condition", "penicillin allergy", "present")
    ]
