"""What clinical questions over a patient's note mostly ask for, and by which words a sentence of a note answers it.

A note says "underwent resection" and never "treatment", so a question's own words find little in it.
"""

import re
from collections.abc import Sequence
from typing import Literal, get_args

from corpora.patients.records import Facet, FacetKind

Aspect = Literal["treatment", "outcome", "diagnosis", "presentation", "investigation"]
ASPECTS: tuple[Aspect, ...] = get_args(Aspect)

_MOST_CUES = 3


def _words(patterns: str) -> re.Pattern[str]:
    """Any of these patterns, which stand apart by white space, as whole words; _ in one of them is a space."""
    alternatives = "|".join(each.replace("_", " ") for each in patterns.split())
    return re.compile(rf"\b(?:{alternatives})\b", re.IGNORECASE)


_ASKED: dict[Aspect, re.Pattern[str]] = {
    "treatment": _words(r"""
        treat\w* therap\w+ manag\w+ medications? drugs?_(?:was|were|did) interventions?
        what_was_done (?:was|were)_(?:given|prescribed) what_(?:surgery|operation|procedure) how_.*_cured
        """),
    "outcome": _words(r"""
        outcomes? prognosis recover\w* follow-?_?up results?_of_(?:the_)?(?:treatment|therapy|surgery)
        respon[ds](?!ib)\w* surviv\w+ die[ds]? alive cured what_(?:happened|became)
        (?:clinical|hospital)_course cause_of_death how_(?:did|does|was)_.*_do(?:ing)?
        """),
    "diagnosis": _words(r"""
        diagnos[ei]s final_diagnos[ei]s what_(?:disease|condition|illness)
        """),
    "presentation": _words(r"""
        presented presenting presentation (?:how|with_what)_.*_present symptoms? complain\w* (?:chief|main)_complaint
        admitted_with
        """),
    "investigation": _words(r"""
        investigations? tests? work-?up imaging examinations? (?:was|were)_it_confirmed confirm\w*
        what_did_.*_show diagnosed_how how_.*_diagnosed
        """),
}  # fmt: skip

_SAID: dict[Aspect, re.Pattern[str]] = {
    "treatment": _words(r"""
        treat(?:ed|ment|ments) therap(?:y|ies|eutic) manage(?:d|ment) conservative(?:ly)? received
        administ(?:ered|ration) (?:was|were)_given given underwent resect(?:ed|ion) excis(?:ed|ion)
        operat(?:ed|ion|ive|ions) performed surg(?:ery|ical|ically) started commenced initiated prescribed
        infus(?:ed|ion|ions) transfus(?:ed|ion|ions) \w*chemotherapy radiotherapy irradiat(?:ed|ion)
        h?a?emodialysis transplant(?:ed|ation)? implant(?:ed|ation) drain(?:ed|age) ligat(?:ed|ion)
        repair(?:ed)? replace(?:d|ment) discontinu(?:ed|ation) withdraw(?:n|al) emboli[sz](?:ed|ation)
        antibiotics? \w*steroids? stent\w* remov(?:ed|al) \w+ectomy \w+plasty \w+ostomy ventilat(?:ed|ion)
        anticoagula\w+ resuscitat\w+ mg(?:/kg)?(?:/day|/d)? doses? insulin plasmapheresis corrected
        supplement\w*
        """),
    "outcome": _words(r"""
        improve(?:d|ment|ments|s)? recover(?:ed|y) resol(?:ved|ution) died deaths? expired succumbed
        surviv(?:ed|al|es) alive remissions? relapse[ds]? recurren(?:ce|t) recurred discharged
        follow(?:ed)?[-_]?up uneventful(?:ly)? (?:symptom|disease|relapse|seizure)s?-free free_of
        regress(?:ed|ion) disappear(?:ed|ance) returned_to heal(?:ed|ing) respon(?:ded|se) success(?:ful|fully)?
        asymptomatic (?:months?|years?|weeks?|days)_(?:later|after) last_seen no_evidence_of outcome fatal
        stable cured doing_well well persist(?:ed|ent) postoperative(?:ly)? remain(?:s|ed) stabili[sz]ed
        worsen(?:ed|ing) deteriorat(?:ed|ion) complete(?:ly)? normali[sz](?:ed|ation) salvaged thereafter
        subsequently since
        """),
    "diagnosis": _words(r"""
        diagnos(?:ed|is|es|tic) consistent_with compatible_with confirm(?:ed|ing|s)? reveal(?:ed|ing|s)? proved
        found_to_(?:have|be) cases?_of case_report identified suggest(?:ed|ive|ing) turned_out syndrome disease
        \w+oma \w+itis carcinoma patients?_with who_had due_to caused_by suffer(?:ed|ing)_from recogni[sz]ed
        established showed with_(?:a|an)
        """),
    "presentation": _words(r"""
        present(?:ed|ing|ation|s) complain(?:ed|t|ts|ing) admitted admission referred history_of symptoms?
        hospitali[sz]ed suffer(?:ed|ing) develop(?:ed|ing) noticed onset year-?_?old month-?_?old aged consulted
        experienc(?:ed|ing) because_of for_evaluation pain fever swelling mass weakness who_had episodes? sudden
        acute
        """),
    "investigation": _words(r"""
        computed_tomograph\w+ CT MRI magnetic_resonance biops(?:y|ies) histolog\w+ histopatholog\w+
        examinations? cultur(?:e|es|ed) x-?rays? radiograph\w* roentgenogra\w+ angiogra\w+ ultraso\w+
        \w*echocardiogra\w+ laboratory tests? assays? electron_microscop\w+ immuno\w+ electrophoresis
        analys[ei]s showed shown demonstrat(?:ed|ing) reveal(?:ed|ing) confirm(?:ed|ing) autopsy scan\w*
        scintigra\w+ endoscop\w+ aspirat(?:e|es|ion) electro\w+gra\w+ sequencing serolog\w+ PCR levels?
        karyotyp\w+ cytolog\w+ positive detected measure(?:d|ments) found
        """),
}  # fmt: skip

_KINDS: dict[Aspect, tuple[FacetKind, ...]] = {
    "treatment": ("drug", "procedure"),
    "outcome": (),
    "diagnosis": ("condition",),
    "presentation": ("finding",),
    "investigation": ("procedure", "lab"),
}


def aspects_of(question: str) -> tuple[Aspect, ...]:
    """What a question asks for, in the order of `ASPECTS`; empty where it asks for something else."""
    return tuple(aspect for aspect, asked in _ASKED.items() if asked.search(question))


def cues_in(aspect: Aspect, sentence: str) -> float:
    """From 0 to 1: how many different words of the sentence speak of this aspect, of three or more."""
    found = {match.group().casefold() for match in _SAID[aspect].finditer(sentence)}
    return min(len(found), _MOST_CUES) / _MOST_CUES


def facets_for(aspect: Aspect, facets: Sequence[Facet]) -> float:
    """From 0 to 1: how many of a sentence's facets are of the kinds that answer this, of three or more.

    What is said to be absent, or of the family, answers nothing.
    """
    kinds = _KINDS[aspect]
    found = {facet.term for facet in facets if facet.kind in kinds and facet.assertion not in ("absent", "family")}
    return min(len(found), _MOST_CUES) / _MOST_CUES
