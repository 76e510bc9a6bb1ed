"""The parts of an article that say nothing of its subject: interests, contributions, thanks, supplementary files."""

import re

from corpora.section_kinds import MAX_LABEL, label_rules, normal_label

_BY_HEADING = {
    "competing interests": r"""
        PREFIX*(competing|conflicts? of|conflicting|duality of)( financial)? interests?SUFFIX*
        PREFIX*(disclosures?|disclosure statements?|interests?)( of (potential )?conflicts? of interests?)?SUFFIX*
        """,
    "author contributions": r"""
        (statement of )?((individual|authors?|authors'|author's) )*(contributions?|contributors?|contributorship)SUFFIX*
        """,
    "author information": r"""
        (authors?|authors'|author's) (information|biograph(y|ies)|details|affiliations?|note)|about the authors?
        corresponding author|correspondence|present address(es)?
        """,
    "acknowledgements": r"""
        (acknowledge?ments?|thanks)( (and|&) .*)?
        """,
    "supplementary material": r"""
        WHERE*(supplement(ary|al)?|supporting|additional|web extra|web-only|extra)( WHAT)+( \d+)?|supplement
        (multimedia )?appendix [a-z\d]+[.:]? supplementary WHAT
        """,
    "publication note": r"""
        (pre-?publication|publication) history|publisher's note|open access( statement)?|provenance( and peer review)?
        peer[- ]review(ed)?( history| report)?|((please|suggested) )?(cite|citation)( .*)?|how to cite.*
        licen[cs]e|copyright( .*)?
        (article )?reprints?|(edited|reviewed) by|transparency( (declaration|statement))?
        """,
    "reference": r"""
        references?|bibliography|literature cited|further reading
        """,
}
_ABBREVIATIONS = {
    "PREFIX": "((statements?|declarations?)( of| on)? |(potential|authors?|authors'|author's|financial|other) )",
    "SUFFIX": "( (disclosures?|statements?|declarations?|forms?))",
    "WHERE": "((electronic|online|web|appendix [a-z0-9][.:]?) )",
    "WHAT": "(materials?|data|information|files?|contents?|figures?|tables?|digital content|appendix|documents?)",
}
_BY_HINT = {
    "coi-statement": "competing interests",
    "conflict": "competing interests",
    "conflict-interest": "competing interests",
    "conflict of interest": "competing interests",
    "disclosure": "competing interests",
    "con": "author contributions",
    "contributions": "author contributions",
    "author-contribution": "author contributions",
    "participating-researchers": "author contributions",
    "equal": "author information",
    "corresp": "author information",
    "present-address": "author information",
    "current-aff": "author information",
    "ack": "acknowledgements",
    "acknowledgements": "acknowledgements",
    "supplementary-material": "supplementary material",
    "supplementary material": "supplementary material",
    "citation": "publication note",
    "citation-text": "publication note",
    "edited-by": "publication note",
}
_RUN_IN = re.compile(r"[^\w(]*([^:.]{3,60}?)\s*[:.]")
_KEPT = re.compile(r"(?:fund|financ|grant|source|support|ethic|trial|regist|abbrev|data|informed|disclaimer|presented)")
_SAID = (
    ("author contributions", re.compile(r"\W*authors?['’]?s? contributions?\b")),
    ("publication note", re.compile(r"\W*(?:to cite|how to cite|twitter|ithenticate)\b")),
    (
        "supplementary material",
        re.compile(r"(?:contains|accompan\w+) supplement|supplement\w+ (?:data|material)\w* at http"),
    ),
    ("competing interests", re.compile(r"(?:conflicts?|conflicting|competing)\s+(?:of\s+)?(?:\w+\s+)?interests?")),
    ("author information", re.compile(r"contributed equally|correspond(?:ence|ing author)|author for correspondence")),
)
_LONGEST_HEADING = 60
_OPENING = 200
"""How much of a note is searched for what it is about: longer notes have more to say."""


_HEADINGS = label_rules(_BY_HEADING, _ABBREVIATIONS)


def administrative_kind(heading: str, hint: str = "") -> str:
    """What a section under this heading, or of this ``sec-type``, is, such as ``competing interests``; else ``""``."""
    label = normal_label(heading[:MAX_LABEL])
    by_heading = next((kind for kind, pattern in _HEADINGS if pattern.fullmatch(label)), "")
    return by_heading or _BY_HINT.get(hint.casefold(), "")


def administrative_note(paragraphs: list[str], hint: str = "") -> str:
    """What a footnote of this ``fn-type`` is, by the words that it begins with, as for `administrative_kind`."""
    first, *others = paragraphs or [""]
    run_in = _RUN_IN.match(first)
    label = normal_label(first if others and len(first) <= _LONGEST_HEADING else run_in[1] if run_in else "")
    if _KEPT.match(label):
        return ""
    opening = " ".join(paragraphs)[:_OPENING].casefold()
    said = next((kind for kind, pattern in _SAID if pattern.search(opening)), "")
    return administrative_kind(label, hint) or said
