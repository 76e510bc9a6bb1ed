"""The words by which questions are told from small talk, and follow-up questions from questions of their own."""

import re

WORD = re.compile(r"[^\W_]+(?:[-'’.][^\W_]+)*")


def word_set(words: str) -> frozenset[str]:
    """Words written with spaces between them, as a set."""
    return frozenset(words.split())


FUNCTION_WORDS = word_set(
    "a about above after again all also am among an and any are aren't as at be because been before being below "
    "between both but by can can't could did didn't do does doesn't doing don't down during each either else even "
    "ever every few for from further had has hasn't have he hello her hey hi here hers him his how how's i i'm if "
    "in into is isn't it its it's just less let's many may me might more most much must my near no nor not now of "
    "off often on once one ones only ok okay or other our out over own per please same shall she should so some "
    "still such than thank thanks that that's the their theirs them then there these they they're this those though "
    "through to together too under until up upon us use used using very via was wasn't we were what what's when "
    "where whether which while who whom whose why will with within without would yes yet you your"
)

GENERAL_WORDS = word_set(
    "able actually affect affected allowed alternative alternatives approach available avoid avoided bad begin best "
    "better benefit benefits call called case cases cause caused causes change changes choice clinical combine "
    "combined common commonly compare compared condition consider considered contagious continue continued cure "
    "cured current curable dangerous day days define definition describe detail details detect detected develop "
    "diagnose diagnosed difference different disease diseases disorder drug drugs early effective effectiveness "
    "efficacy elaborate evidence example examples exactly expect expected expensive explain explanation fatal find "
    "first first-line follow food frequent frequently get give given gives go good great happen happens harmful "
    "help helpful helps high higher hours important improve increase infectious inherited interact interaction "
    "interactions it'll kind kinds know known last late later lead leads level levels line list long long-term "
    "longer low lower main make manage managed mean measure measured mechanism mechanisms medication medications "
    "medicine medicines method methods month months name needed necessary new newer normal occur occurs old option "
    "options patient patients people possible prevent preventable prevented prevention provide quickly rare reason "
    "reasons recommend recommendation recommendations recommended reduce reference references related relevant "
    "require required result results risk risks role safe safely safer safety second second-line serious severe "
    "severity show sign signs similar sort source sources specific spread standard start started stop stopped "
    "studies study suggest take taken takes taking tell term test tested tests therapy thing things third time "
    "times transmitted treat treatable treated treating treatment treatments type types typical typically "
    "understand usual usually week weeks well work works worse worst year years"
)
"""Words that many questions share, whatever they are about."""

PEOPLE_WORDS = word_set(
    "adolescent adolescents adult adults animals athletes babies baby boys breast-feeding breastfeeding child "
    "childhood children diabetics elderly females fetus foetus geriatric girls humans infancy infant infants kids "
    "lactating lactation male males man men menopause mice mother mothers neonatal neonate neonates newborn "
    "newborns older paediatric pediatric persons postmenopausal pregnancies pregnancy pregnant premature "
    "premenopausal preterm rats seniors smokers teenager teenagers teens toddler toddlers trimester woman women "
    "young younger"
)
"""Words for groups of people (and animals) that a question may be narrowed to."""

PEOPLE_HEADS = PEOPLE_WORDS | {"patient", "patients", "people", "those", "individuals", "anyone", "someone"}
"""Words with which the name of a group may begin: patients with ..., those who ..."""

ASPECT_WORDS = word_set(
    "administration aetiology cause causes complications contraindication contraindications cost costs course "
    "diagnosis dosage dosages dose doses dosing duration effect effects epidemiology etiology frequency history "
    "incidence indication indications management mechanism monitoring mortality onset outcome outcomes overdose "
    "pathogenesis pathophysiology precautions presentation prevalence prevention prognosis recurrence resistance "
    "route schedule screening sequelae side side-effects survival symptom symptoms toxicity transmission triggers "
    "vaccination warnings withdrawal adverse events reactions"
)
"""Words for what may be asked about any subject."""

NO_TOPIC = FUNCTION_WORDS | GENERAL_WORDS | PEOPLE_WORDS | ASPECT_WORDS

QUESTION_WORDS = word_set(
    "what which who whom whose where when why how is are was were am do does did can could may might must shall "
    "should will would has have had isn't aren't doesn't don't can't what's name list describe explain define "
    "compare summarise summarize tell give"
)
"""Words with which a question or a request begins."""

PREPOSITIONS = word_set(
    "in for with without during among amongst after before at by under over on within outside against despite"
)


def words_of(text: str) -> list[str]:
    """The words of a text, case folded, typographic apostrophes as plain ones."""
    return [match[0].casefold().replace("’", "'") for match in WORD.finditer(text)]


def topic_words(text: str) -> list[str]:
    """The words that say what a text is about; none where it could be about anything."""
    return [word for word in words_of(text) if word not in NO_TOPIC and not word.isdigit()]
