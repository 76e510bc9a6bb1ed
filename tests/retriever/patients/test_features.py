from corpora.patients.records import Patient
from indexer.patients.facets import facets_of
from retriever.patients.features import features_of


def features(text, age=None, *, negation=True):
    return features_of(Patient("p", text, age, facets=facets_of(text)), negation=negation)


def test_a_term_is_one_feature_and_what_is_present_goes_first():
    found = features("No cough. Cough. Hb 8.1 g/dL. Mother had asthma.")
    assert {term: feature.assertion for term, feature in found.items()} == {
        "cough": "present",
        "anaemia": "present",
        "asthma": "family",
    }
    assert found["anaemia"].kind == "finding"
    assert found["anaemia"].facet.kind == "lab"


def test_without_negation_what_is_absent_is_present():
    assert features("No cough.", negation=False)["cough"].assertion == "present"


def test_the_course_may_stand_with_a_later_mention():
    found = features("Cough and fever. The cough began 3 days ago.")
    assert (found["cough"].course, found["cough"].timing.text) == ("acute", "began 3 days ago")
    assert found["cough"].facet.span.start == 0
    assert (found["fever"].course, found["fever"].timing) == ("", None)


def test_drugs_and_what_is_over_have_no_course():
    found = features("Ramipril for 10 years. History of asthma since childhood.", 40)
    assert [(feature.term, feature.course) for feature in found.values()] == [("ramipril", ""), ("asthma", "")]
    assert features("Asthma since childhood.", 40)["asthma"].course == "chronic"
