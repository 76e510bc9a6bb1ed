"""From a heading as an author wrote it ("2. Materials & Methods:") to one of `SECTION_KINDS`.

A heading is tried whole and then cut at "and", "/", "," and the like. A part is recognised only as a whole, so that
"Background characteristics" or "Objective response" are not taken for a background or an objective. The first part
that names a section plainly decides ("Methods and Results" is `methods`); failing that, the first part that is merely
typical of one ("Participants", "Limitations") does, and inside a recognised section such a part decides nothing:
"Participants" under "Results" is about results.
"""

import re
import unicodedata
from functools import lru_cache

_PLAIN = {
    "case": r"""
        (clinical |patient )?cases?( (reports?|presentations?|description|series|summary|history|vignettes?))?
        (patient |clinical )?case( report| presentation)? \d+( (report|presentation))?
        (case |patient |clinical )?presentation( of (the |a )?cases?)?
        reports? of (a |the )?cases?
        case study|patient concerns|caso clinico|kasuistik|fallbericht|cas clinique
        """,
    "background": r"""
        backgrounds?( (data|information))?|backgroud|summary (of )?background data
        introduct(ion|ory remarks)|intro|(study )?rationale|motivation
        ethnopharmacolog(ical|y) relevance|what is known already
        hintergrund|einleitung|introduccion|introduzione|introducao|antecedentes|contexte|premessa|背景
        """,
    "objective": r"""
        STUDY*(aims?|objectives?|goals?|purposes?|hypothes[ie]s|questions?)( of THE*(study|trial|review|paper|work))?
        purpose of review|objetivos?|objectifs?|obiettiv[oi]|ziele?|zielsetzung|fragestellung|but de l'etude|scopo|目的
        """,
    "methods": r"""
        (the )?methods?|methodolog(y|ies)|materials?|star methods|experimental( (section|procedures?|design|approach))?
        STUDY*(patients?|subjects?|participants?|data|design|experimental|search|statistical|laboratory) methods?
        STUDY+methods?|methodological approach|evidence acquisition
        metodos?|metod[io]|metodologi[ae]|methodik|methoden|methodes?|materiale?s?|方法|対象と方法|材料与方法
        """,
    "results": r"""
        STUDY*results?|results? of .*|(evidence|data) synthesis|recent findings
        resultados?( principales)?|ergebnisse|risultat[oi]|resultats?|结果|結果
        """,
    "discussion": r"""
        (general |clinical |overall )?discussions?|comments?|commentary|expert (opinion|commentary)
        discusion|diskussion|discussione|discussao
        """,
    "conclusions": r"""
        (authors' |final |STUDY)*conclusions?( (of|for) .*)?|in conclusion|concluding (remarks|comments)
        take[- ]home messages?|conclusion(es|i)( de los autores)?|conclus(ao|oes)|schlussfolgerung(en)?|fazit|结论|結論
        """,
    "abstract": r"""
        abstract|synopsis|zusammenfassung|resumen|resume|riassunto|resumo|摘要
        """,
}
"""Headings that name a section by themselves, wherever they stand. One line or `|` separates the alternatives."""

_TYPICAL = {
    "background": r"""
        importance|context|literature review|theoretical background|previous work|state of the art
        what is (already )?known( .*)?|why was this study done
        """,
    "methods": r"""
        STUDY*(designs?|settings?|populations?|participants?|subjects?|patients?|animals?|samples?|groups?|sites?|location)
        STUDY*(procedures?|protocols?|techniques?|interventions?|exposures?|treatments?|medications?|drugs?|instruments?)
        STUDY*(measures?|measurements?|selection|eligibility|recruitment)|approach|experiments?|areas covered
        STUDY+(outcomes?|end ?points?)|end ?points?
        STUDY*(outcomes?|end ?points?) (measures?|measurements?|assessments?|variables?|definitions?)
        types? of study|level of evidence|availability|implementation|diagnos[ie]s|search strategy
        (STUDY|patient |participant )*(inclusion |exclusion |eligibility |selection |entry )*criteria
        (statistic(s|al)|data|power|sample size|sensitivity|economic|subgroup|cost|laboratory)( and)?WORK*
        analys[ie]s|assays|randomi[sz]ation( procedures?)?|blinding|masking|allocation concealment
        (ethics|ethical)( (statement|approval|considerations?|aspects?|issues?|review))?|informed consent
        surgical (procedure|technique)
        """,
    "results": r"""
        STUDY*findings?|observations?|outcomes?|demographics
        (baseline|patient|participant|subject|sample|demographic)s? (data|characteristics|demographics)
        participant flow|patient disposition|adverse (events?|effects?)|side effects|complications
        safety|tolerability|efficacy|effectiveness|what did the researchers do
        """,
    "discussion": r"""
        STUDY*(strengths?|weakness(es)?|limitations?)( (of|to) .*)?|generali[sz]ability|comparison with .*
        implications
        future (research|directions|work|studies|perspectives)|reasons for caution|perspectives?|opinion statement
        """,
    "conclusions": r"""
        summary( answer)?|interpretation|lessons?( learned)?|key (messages?|points)|(wider )?implications (of|for) .*
        (clinical |practice |practical |policy |biological |translational )*(relevance|implications|impact|significance)
        (significance|relevance|impact) (of|to|for) .*|translational potential .*
        what (this|does this) study adds?( .*)?|what do these findings mean|how might this impact .*
        """,
}
"""Headings that tell the kind of a section only where nothing around them does."""

MAX_LABEL = 200
"""A heading longer than this, in characters, is a sentence."""

_ABBREVIATIONS = {
    "STUDY": "((study|research|trial|main|primary|secondary|principal|key|major|overall|clinical|specific|review) )",
    "WORK": "( (analys[ie]s|methods?|considerations?|calculations?|estimation|collection|extraction|sources?|used))",
    "THE": "((the|this|our|present|current) )",
}
_NUMBERING = re.compile(r"^(?:[(\[]?(?:\d+(?:\.\d+)*|[ivx]+|[a-h])[.):\]]\s*|\d+(?:\.\d+)*\s+)(?=\S)")
_CUT = re.compile(r"\s*(?:[/,;:|&+–—()]|\s-\s|\b(?:and|und|y|et|e)\b)\s*")
_EDGES = ' .:-–—*?!"“”_'
_UNTOLD = ("other", "abstract")

Rules = tuple[tuple[str, re.Pattern[str]], ...]


def label_rules(table: dict[str, str], abbreviations: dict[str, str]) -> Rules:
    """(kind, pattern) for each kind of a table of patterns, one on each line, with the abbreviations written out."""
    rules = []
    for kind, lines in table.items():
        pattern = "|".join(line.strip() for line in lines.strip().splitlines())
        for name, meaning in abbreviations.items():
            pattern = pattern.replace(name, meaning)
        rules.append((kind, re.compile(pattern)))
    return tuple(rules)


_PLAIN_RULES = label_rules(_PLAIN, _ABBREVIATIONS)
_TYPICAL_RULES = label_rules(_TYPICAL, _ABBREVIATIONS)


def kind_of_label(label: str) -> str:
    """The kind of the section under this heading taken by itself; ``other`` where the heading does not tell."""
    return plain_kind(label) or typical_kind(label) or "other"


def kind_within(label: str, inherited: str, hint: str = "") -> str:
    """The kind of a section inside one of kind `inherited` (``other`` where unknown); `hint` is a JATS ``sec-type``.

    "Participants" is `methods` inside ``other`` and ``abstract``, but `results` inside ``results``.
    """
    decided = plain_kind(label) or plain_kind(hint)
    if decided or inherited not in _UNTOLD:
        return decided or inherited
    return typical_kind(label) or typical_kind(hint) or inherited


def plain_kind(label: str) -> str:
    """The kind that the heading names plainly, such as ``methods`` for "Patients and Methods", or ``""``."""
    return _first_match(label, _PLAIN_RULES) if len(label) <= MAX_LABEL else ""


def typical_kind(label: str) -> str:
    """The kind that such a heading usually belongs to, such as ``methods`` for "Participants", or ``""``."""
    return _first_match(label, _TYPICAL_RULES) if len(label) <= MAX_LABEL else ""


@lru_cache(maxsize=16384)
def _first_match(label: str, rules: Rules) -> str:
    whole = normal_label(label)
    for part in (whole, *_CUT.split(whole)):
        for kind, pattern in rules:
            if pattern.fullmatch(part.strip(_EDGES)):
                return kind
    return ""


def normal_label(label: str) -> str:
    """The heading without numbering, accents, case and the punctuation at its ends: "2.1. Métodos:" is "metodos"."""
    plain = unicodedata.normalize("NFKD", label.replace("’", "'")).casefold()
    plain = " ".join("".join(c for c in plain if not unicodedata.combining(c)).split())
    return _NUMBERING.sub("", plain).strip(_EDGES)
