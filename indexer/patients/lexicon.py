"""The words of clinical medicine and their normalised terms: a lexicon, names that their suffix gives away, and which
term is broader than which.

The lexicon was written for this project; it is no extract of UMLS, SNOMED CT or another terminology.
"""

import re
from collections.abc import Iterator
from functools import cache
from itertools import product

import msgspec

from corpora.patients.records import FacetKind
from indexer.patients.condition_terms import CONDITIONS
from indexer.patients.drug_terms import DRUGS
from indexer.patients.finding_terms import FINDINGS, LOCAL_FINDINGS, SITES
from indexer.patients.procedure_terms import PROCEDURES
from indexer.patients.words import PhraseTable, Word, words_of

_SOURCES: tuple[tuple[FacetKind, str], ...] = (
    ("finding", FINDINGS),
    ("condition", CONDITIONS),
    ("drug", DRUGS),
    ("procedure", PROCEDURES),
)
_SIDES = ("", "left ", "right ")

# Read over, since they look like something of the lexicon: "fit and well" is no seizure.
_NOTHING = "fit and well; fit for; fit to; fit with; mass index; body mass; body mass index; fall in; shock wave"

# Written in lower case, folded: the stems and the words that only look like one.
_DISEASE = re.compile(
    r"[a-z]{3,}(?:itis|osis|emia|opathy|opathie|penia|megaly|algia|oma|uria|iasi[s]?|plegia|paresis|rrhagia|rrhea|ectasi[s]?"
    r"|malacia|sclerosis|dystrophy|stenosis|trophy|cytosis|thorax|phagia|pnea|phasia)"
)
_FINDING_SUFFIXES = ("algia", "megaly", "uria", "plegia", "paresis", "rrhagia", "rrhea", "phagia", "pnea", "phasia")
_LIKE_DISEASES = """
diagnosis prognosis osmosis mitosis meiosis hypnosis apoptosis symbiosis metamorphosis dosis anastomosis academia
    diploma aroma coma stoma genoma trauma soma idioma roma oklahoma carcinomatous chroma glycemia normoglycemia kalemia
    viremia isthmusitis phagocytosis endocytosis exocytosis pinocytosis transcytosis hemia bohemia euthyrosis epidemia
    biopsy bacteria pandemia entropy eupnea atrophy uremia halitosis"""
_NO_DISEASE = frozenset(_LIKE_DISEASES.split())
_DRUG_PREFIX = re.compile(r"(?:cef|sulfa)[a-z]{4,}")
_DRUG_ENDINGS = """
mab tinib rafenib metinib ciclib parib pril sartan olol statin cillin cycline conazole nidazole bendazole prazole
    fovir tegravir navir ciclovir cyclovir buvir gliptin gliflozin floxacin mycin micin penem oxetine triptan setron
    dronate xaban gatran grelor glitazone thiazide semide lukast barbital azepam zolam dipine zosin steride fibrate
    platin taxel rubicin tecan poside fungin solone phylline trozole"""
_SURE_DRUG = tuple(_DRUG_ENDINGS.split())
_LIKE_DRUGS = "pristine statin nystatin somatostatin cystatin prolactin april glycol"
_NO_DRUG = frozenset(_LIKE_DRUGS.split())

# Where the words do not show it: the narrower term first.
_BROADER = """
rigors: fever; Kernig's sign: neck stiffness; Brudzinski's sign: neck stiffness; confusion: altered consciousness;
drowsiness: altered consciousness; coma: altered consciousness; delirium: altered consciousness; agitation: altered
consciousness; amaurosis fugax: visual loss; jaw claudication: jaw pain; nausea: nausea or vomiting; vomiting: nausea
or vomiting; Kussmaul breathing: tachypnoea; conjunctivitis: red eye; swelling of hands and feet: oedema; orthopnoea:
dyspnoea; exertional dyspnoea: dyspnoea; paroxysmal nocturnal dyspnoea: dyspnoea; right lower quadrant pain: abdominal
pain; left lower quadrant pain: abdominal pain; right upper quadrant pain: abdominal pain; left upper quadrant pain:
abdominal pain; epigastric pain: abdominal pain; periumbilical pain: abdominal pain; pleuritic chest pain: chest pain;
chest tightness: chest pain; haematemesis: gastrointestinal bleeding; melaena: gastrointestinal bleeding; rectal
bleeding: gastrointestinal bleeding; bilious vomiting: vomiting; projectile vomiting: vomiting; bloody diarrhoea:
diarrhoea; thunderclap headache: headache; temporal headache: headache; morning headache: headache; migraine:
headache; resting tremor: tremor; hepatosplenomegaly: splenomegaly; hemiparesis: limb weakness; ascending weakness:
limb weakness; paraparesis: limb weakness; periorbital oedema: facial swelling; generalised oedema: oedema; peripheral
oedema: oedema; podagra: joint pain; joint swelling: arthritis; polyarthritis: arthritis; petechiae: purpura; cervical
lymphadenopathy: lymphadenopathy; hilar lymphadenopathy: lymphadenopathy; malar rash: rash; purpura: rash; urticaria:
rash; erythema migrans: rash; maculopapular rash: rash; vesicular rash: rash; petechiae: rash; type 1 diabetes:
diabetes mellitus; type 2 diabetes: diabetes mellitus; diabetic ketoacidosis: diabetes mellitus; gestational diabetes:
diabetes mellitus; deep vein thrombosis: venous thromboembolism; pulmonary embolism: venous thromboembolism; acute
lymphoblastic leukaemia: leukaemia; acute myeloid leukaemia: leukaemia; Hodgkin lymphoma: lymphoma; non-Hodgkin
lymphoma: lymphoma; Crohn's disease: inflammatory bowel disease; ulcerative colitis: inflammatory bowel disease;
Graves' disease: hyperthyroidism; Hashimoto's thyroiditis: hypothyroidism; acute coronary syndrome: coronary artery
disease; myocardial infarction: acute coronary syndrome; unstable angina: acute coronary syndrome; angina: coronary
artery disease; asthma exacerbation: asthma; COPD exacerbation: chronic obstructive pulmonary disease; subarachnoid
haemorrhage: intracerebral haemorrhage; pyelonephritis: urinary tract infection; cystitis: urinary tract infection;
tuberculous meningitis: meningitis; pulmonary tuberculosis: tuberculosis; sickle cell crisis: sickle cell disease;
immune thrombocytopenia: thrombocytopenia; lupus nephritis: glomerulonephritis; post-streptococcal glomerulonephritis:
glomerulonephritis; dry cough: cough; productive cough: cough; presyncope: dizziness; syncope: transient loss of
consciousness; consolidation: pulmonary infiltrates; proximal muscle weakness: limb weakness; anaphylaxis: allergy
"""

# A class of drugs and those that belong to it.
_CLASSES = """
antibiotic: penicillin, amoxicillin, co-amoxiclav, piperacillin-tazobactam, flucloxacillin, ceftriaxone, cefotaxime,
cefalexin, cefuroxime, cephalosporin, meropenem, gentamicin, amikacin, vancomycin, teicoplanin, clarithromycin,
azithromycin, erythromycin, doxycycline, ciprofloxacin, levofloxacin, moxifloxacin, metronidazole, trimethoprim,
co-trimoxazole, nitrofurantoin, linezolid, clindamycin; corticosteroid: prednisolone, hydrocortisone,
methylprednisolone, dexamethasone; antituberculous therapy: rifampicin, isoniazid, pyrazinamide, ethambutol;
anticoagulant: warfarin, heparin, low molecular weight heparin, apixaban, rivaroxaban, dabigatran, edoxaban;
antiplatelet: aspirin, clopidogrel, ticagrelor, prasugrel; diuretic: furosemide, spironolactone, eplerenone,
hydrochlorothiazide, bendroflumethiazide, indapamide; bronchodilator: salbutamol, salmeterol, formoterol, ipratropium,
tiotropium, theophylline; NSAID: ibuprofen, naproxen, diclofenac, indomethacin; opioid: morphine, codeine, tramadol,
oxycodone, fentanyl, methadone, buprenorphine, heroin; antiepileptic: phenytoin, sodium valproate, carbamazepine,
lamotrigine, levetiracetam, topiramate, phenobarbital; benzodiazepine: diazepam, lorazepam, midazolam, clonazepam;
antipsychotic: haloperidol, olanzapine, risperidone, quetiapine, clozapine, chlorpromazine; antidepressant:
sertraline, fluoxetine, citalopram, escitalopram, paroxetine, venlafaxine, duloxetine, mirtazapine, amitriptyline,
SSRI; antithyroid drug: carbimazole, methimazole, propylthiouracil; calcium channel blocker: amlodipine, nifedipine,
verapamil, diltiazem; immunosuppressant: azathioprine, methotrexate, mycophenolate, cyclophosphamide, ciclosporin,
tacrolimus; antimalarial: artesunate, artemether-lumefantrine, quinine, chloroquine, mefloquine, atovaquone-proguanil;
chemotherapy: cisplatin, carboplatin, paclitaxel, docetaxel, doxorubicin, vincristine, cytarabine, fluorouracil,
capecitabine, gemcitabine, etoposide, bleomycin
"""
_CLASS_SUFFIXES = (
    ("pril", "ACE inhibitor"),
    ("sartan", "angiotensin receptor blocker"),
    ("olol", "beta blocker"),
    ("statin", "statin"),
    ("prazole", "proton pump inhibitor"),
    ("cillin", "antibiotic"),
    ("floxacin", "antibiotic"),
    ("dipine", "calcium channel blocker"),
    ("dronate", "bisphosphonate"),
    ("xaban", "anticoagulant"),
)

_CLASS_ENDINGS = tuple(suffix for suffix, _ in _CLASS_SUFFIXES)

# A name that ends in another without being a case of it.
_NO_CASE = frozenset(
    [
        ("pulmonary oedema", "oedema"),
        ("recent surgery", "surgery"),
        ("pulmonary hypertension", "hypertension"),
        ("portal hypertension", "hypertension"),
        ("septic shock", "shock"),
        ("breast mass", "mass"),
        ("lung mass", "mass"),
    ]
)


class Concept(msgspec.Struct, frozen=True):
    """What a phrase means: its kind and its normalised term."""

    kind: FacetKind
    term: str


_MEANINGLESS = Concept("finding", "")


class Found(msgspec.Struct, frozen=True):
    """A concept in the words `first` up to `last`, which is the word after it."""

    first: int
    last: int
    concept: Concept


def entries() -> Iterator[tuple[FacetKind, str, tuple[str, ...]]]:
    """The lexicon as (kind, term, all that is written for it, the term first)."""
    for kind, source in _SOURCES:
        for term, synonyms in _pairs(source):
            yield kind, term, (term, *(name.strip() for name in synonyms.split(",") if name.strip()))


@cache
def concept_table() -> PhraseTable[Concept]:
    """The phrases of the lexicon, and those that only look like one: their concept has no term."""
    phrases = [(name.strip(), _MEANINGLESS) for name in _NOTHING.split(";")]
    for kind, term, names in entries():
        concept = Concept(kind, term)
        phrases.extend((name, concept) for name in names)
    phrases.extend(_local_phrases())
    return PhraseTable(phrases)


def concepts_among(words: list[Word]) -> Iterator[Found]:
    """The concepts among `words`, in order, none overlapping: of the lexicon first, else by suffix."""
    table = concept_table()
    position = 0
    while position < len(words):
        entry = table.at(words, position)
        if entry is None:
            concept = by_suffix(words[position])
            if concept is not None:
                yield Found(position, position + 1, concept)
            position += 1
            continue
        length, value = entry
        if value.term:
            yield Found(position, position + length, value)
        position += length


def by_suffix(word: Word) -> Concept | None:
    """What a single word is by its ending, None where that says nothing."""
    folded = word.folded
    if len(folded) < len("colitis") - 1 or not folded.isalpha():
        return None
    if (folded.endswith(_SURE_DRUG) or _DRUG_PREFIX.fullmatch(folded)) and folded not in _NO_DRUG:
        return Concept("drug", folded)
    if _DISEASE.fullmatch(folded) and folded not in _NO_DISEASE:
        kind: FacetKind = "finding" if folded.endswith(_FINDING_SUFFIXES) else "condition"
        return Concept(kind, _british(folded))
    return None


def broader(term: str) -> tuple[str, ...]:
    """The terms of the lexicon that `term` is a case of, nearest first: iron deficiency anaemia -> anaemia.

    By `_BROADER`, and by words: a term that ends in another one.
    """
    known = _broader_terms().get(term)
    if known is not None:
        return known
    if not term.endswith(_CLASS_ENDINGS):
        return ()
    return tuple(wider for suffix, wider in _CLASS_SUFFIXES if term.endswith(suffix) and wider != term)


@cache
def _broader_terms() -> dict[str, tuple[str, ...]]:
    table = concept_table()
    said: dict[str, list[str]] = {}
    for narrower, wider_term in _pairs(_BROADER):
        said.setdefault(narrower, []).append(wider_term)
    for wider_class, members in _pairs(_CLASSES):
        for member in members.split(","):
            said.setdefault(member.strip(), []).append(wider_class)
    terms = dict.fromkeys([term for _, term, _ in entries()] + [c.term for _, c in _local_phrases()])
    return {term: tuple(wider) for term in terms if (wider := _wider(term, said, table))}


def _wider(term: str, said: dict[str, list[str]], table: PhraseTable[Concept]) -> list[str]:
    found: dict[str, None] = {}
    waiting = [term]
    while waiting:
        current = waiting.pop(0)
        words = words_of(current)
        for wider in (*said.get(current, ()), *_endings(words, table)):
            if (current, wider) not in _NO_CASE and wider != term and wider not in found:
                found[wider] = None
                waiting.append(wider)
    return list(found)


def _endings(words: list[Word], table: PhraseTable[Concept]) -> Iterator[str]:
    for first in range(1, len(words)):
        entry = table.at(words, first)
        if entry is not None and entry[1].term and first + entry[0] == len(words):
            yield entry[1].term
            return


@cache
def _local_phrases() -> list[tuple[str, Concept]]:
    """A finding of a place: "knee pain", "pain in the left knee", "tender right knee"."""
    sites = list(_pairs(SITES))
    phrases = []
    for (site, nouns), finding in product(sites, (name.strip() for name in LOCAL_FINDINGS.split(";"))):
        concept = Concept("finding", f"{site} {finding}")
        names = [site, *(noun.strip() for noun in nouns.split(",") if noun.strip())]
        for name, side in product(names, _SIDES):
            phrases += [(f"{name} {finding}", concept)]
            phrases += [(f"{finding} {preposition} {side}{name}", concept) for preposition in ("in", "of")]
            adjective = {"swelling": "swollen", "tenderness": "tender", "pain": "painful"}.get(finding)
            if adjective:
                phrases.append((f"{adjective} {side}{name}", concept))
    return phrases


def _pairs(source: str) -> Iterator[tuple[str, str]]:
    for entry in " ".join(source.split()).split(";"):
        if entry.strip():
            term, _, rest = entry.partition(":")
            yield term.strip(), rest.strip()


def _british(folded: str) -> str:
    """A disease named by its ending as the lexicon spells its terms: hypermagnesemia -> hypermagnesaemia."""
    for ending, british in (("emia", "aemia"), ("rrhea", "rrhoea"), ("pnea", "pnoea")):
        if folded.endswith(ending):
            return folded.removesuffix(ending) + british
    return folded
