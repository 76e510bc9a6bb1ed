"""Yes/no questions from claims: "X is not associated with Y" asks "Is X associated with Y?", and the answer is no.

PubMedQA's artificial questions (Jin et al. 2019, section 3.2) are made from titles alone; here sentences of abstracts
are turned too, because most negated claims stand there and not in titles.
"""

import random
import re

import msgspec

LONGEST = 28
"""Words of a claim; a longer one seldom turns into a question that anybody would ask."""


class Claim(msgspec.Struct, frozen=True):
    """The question that a claim answers, and whether with yes."""

    question: str
    holds: bool


_LEMMAS = [
    "increase",
    "decrease",
    "reduce",
    "inhibit",
    "induce",
    "improve",
    "promote",
    "prevent",
    "enhance",
    "suppress",
    "regulate",
    "attenuate",
    "affect",
    "predict",
    "cause",
    "modulate",
    "mediate",
    "impair",
    "alter",
    "influence",
    "stimulate",
    "ameliorate",
    "alleviate",
    "contribute",
    "block",
    "activate",
    "facilitate",
    "accelerate",
    "delay",
    "require",
    "protect",
    "correlate",
    "interact",
    "bind",
    "drive",
    "trigger",
    "exacerbate",
    "aggravate",
    "confer",
]
_IRREGULAR = {"bind": ("binds", "bound"), "drive": ("drives", "drove"), "confer": ("confers", "conferred")}


def _forms(lemma: str) -> tuple[str, str]:
    """Third person and past."""
    past = lemma + ("d" if lemma.endswith("e") else "ed")
    return _IRREGULAR.get(lemma, (lemma + "s", past))


_LEMMA_OF = {form: lemma for lemma in _LEMMAS for form in _forms(lemma)}
_PREAMBLE = re.compile(
    r"^(?:(?:in (?:conclusion|summary)|conclusions?|overall|thus|therefore|hence|moreover|furthermore|additionally|"
    r"in addition|however|notably|importantly|finally|taken together|collectively|also)\s*[,:]?\s+)*"
    r"(?:(?:our|these|the|this|present|current|study|data|results?|findings?|analys[ei]s|we|it|was|is|have|has|been|here|"
    r"also|clearly|therefore|further)\s+){0,5}(?:(?:suggest|indicate|show|demonstrate|reveal|confirm|conclude|found|find|"
    r"showed|shown|suggested|indicated|demonstrated|revealed|confirmed|concluded)(?:s|ed)?\s+that\s+)?",
    re.IGNORECASE,
)
_ACTIVE = "|".join(sorted(_LEMMA_OF, key=len, reverse=True))
_SUBJECT = (
    r"(?P<subject>(?:(?!\b(?:that|which|who|whom|whether|when|if|because|while|although|but|we|our)\b)[^;:?]){3,140}?)"
)
_TO_BE = re.compile(
    rf"^{_SUBJECT}\s+(?P<verb>is|are|was|were|can|could|may|might)\s+(?P<neg>not\s+|no longer\s+)?(?P<rest>\S.*)$",
    re.IGNORECASE,
)
_DO_NOT = re.compile(rf"^{_SUBJECT}\s+(?P<verb>does|do|did)\s+(?P<neg>not)\s+(?P<rest>\S.*)$", re.IGNORECASE)
_VERB = re.compile(
    rf"^{_SUBJECT}(?<!\bof)(?<!\bwith)(?<!\bby)(?<!\bthe)(?<!\band)(?<!\bor)(?<!\bin)(?<!\bto)(?<!\bfor)(?<!\ba)(?<!\ban)\s+"
    rf"(?:significantly\s+|markedly\s+|directly\s+)?(?P<verb>{_ACTIVE})\s+(?!of\b|in\b|by\b)(?P<rest>\S.*)$",
    re.IGNORECASE,
)
_NONE = re.compile(
    r"^(?:there\s+(?:is|are|was|were)\s+)?(?P<neg>no|a|an)\s+(?:statistically\s+)?(?:significant\s+|clear\s+)?"
    r"(?P<what>differences?|associations?|correlations?|relationships?|effects?|changes?|interactions?|increase|decrease|"
    r"evidence)\s+(?:(?:was|were|is|are)\s+(?:found|observed|seen|noted|detected|identified)\s+)?(?P<rest>(?:between|of|in|with|on|for)"
    r"\b.*)$",
    re.IGNORECASE,
)
_UNCLEAR = re.compile(
    r"^(?:it|this|these|they|there|he|she|we|all|both|each|one|such|those|here|what|how|why|n|p|since|although|though|"
    r"while|when|after|before|during|in|as|if|among|for|by|at|on|with|and|but|or|of|to|from|further|future|more)\b",
    re.IGNORECASE,
)
_PRESENT = {"was": "is", "were": "are"}
_OPPOSITES = (
    ("increase", "decrease"),
    ("increases", "decreases"),
    ("increased", "decreased"),
    ("higher", "lower"),
    ("increase", "reduce"),
    ("increased", "reduced"),
    ("more", "less"),
    ("greater", "smaller"),
    ("improve", "worsen"),
    ("improved", "impaired"),
    ("promote", "inhibit"),
    ("promote", "suppress"),
    ("activate", "inhibit"),
    ("enhance", "attenuate"),
    ("stimulate", "inhibit"),
    ("enhance", "impair"),
    ("induce", "prevent"),
    ("upregulated", "downregulated"),
    ("positively", "negatively"),
    ("positive", "negative"),
    ("better", "worse"),
    ("superior", "inferior"),
    ("longer", "shorter"),
    ("cause", "prevent"),
    ("aggravate", "alleviate"),
    ("exacerbate", "ameliorate"),
    ("elevated", "reduced"),
    ("facilitate", "block"),
    ("accelerate", "delay"),
    ("protective", "harmful"),
    ("early", "late"),
    ("high", "low"),
)
_OPPOSITE_OF: dict[str, list[str]] = {}
for _one, _other in _OPPOSITES:
    _OPPOSITE_OF.setdefault(_one, []).append(_other)
    _OPPOSITE_OF.setdefault(_other, []).append(_one)


def claim_of(sentence: str) -> Claim | None:
    """The claim that a sentence or title makes as a question; None where none is recognised."""
    text = _PREAMBLE.sub("", " ".join(sentence.split()).strip("[] ").rstrip(" .;:"), count=1)
    text = re.sub(r"\s*\([^()]*\)|\s*\[[^\[\]]*\]", "", text)
    text = re.split(r"\s*;|: | - ", text, maxsplit=1)[0].strip(" ,")
    if not 4 <= len(text.split()) <= LONGEST or "?" in text or (_UNCLEAR.match(text) and not _NONE.match(text)):
        return None
    return _none(text) or _to_be(text)


def _none(text: str) -> Claim | None:
    match = _NONE.match(text)
    if match is None:
        return None
    what = match["what"].lower()
    verb, article = ("Are", "") if what.endswith("s") else ("Is", "" if what == "evidence" else "a ")
    article = "an " if article and what[0] in "aei" else article
    return Claim(f"{verb} there {article}{what} {match['rest']}?", match["neg"].lower() != "no")


def _to_be(text: str) -> Claim | None:
    found = [match for pattern in (_TO_BE, _DO_NOT, _VERB) if (match := pattern.match(text))]
    if not found:
        return None
    match = min(found, key=lambda match: match.start("verb"))
    subject, verb, rest = match["subject"], match["verb"].lower(), match["rest"]
    negated = "neg" in match.groupdict() and bool(match["neg"])
    if "," in subject or re.match(r"(?:no|neither|none|few)\b", subject, re.IGNORECASE):
        return None
    if verb in _LEMMA_OF:
        return Claim(f"Does {_inside(subject)} {_LEMMA_OF[verb]} {rest}?", True)
    if re.search(r"\b(?:not|no|nor|neither|without)\b", rest, re.IGNORECASE):
        return None
    verb = {"did": "does"}.get(verb, _PRESENT.get(verb, verb))
    return Claim(f"{verb.capitalize()} {_inside(subject)} {rest}?", not negated)


def _inside(subject: str) -> str:
    """The subject as it is written inside a sentence: without its capital where that is only the sentence's."""
    first = subject.split()[0]
    return subject[0].lower() + subject[1:] if first[1:].islower() or len(first) == 1 else subject


def contradicted(question: str, draw: random.Random) -> str | None:
    """The question with one word of direction turned round; None where it has none."""
    places = [match for match in re.finditer(r"[A-Za-z]+", question) if match[0].lower() in _OPPOSITE_OF]
    if not places:
        return None
    place = places[0]
    return question[: place.start()] + draw.choice(_OPPOSITE_OF[place[0].lower()]) + question[place.end() :]


_AUXILIARY = re.compile(r"\b(is|are|was|were|can|could|does|do|did|has been|have been)\b(?! not\b)", re.IGNORECASE)
_NEGATED = re.compile(r"\b(is|are|was|were|can|could|does|do|did) not\b", re.IGNORECASE)


def negated(sentence: str) -> str | None:
    """The sentence with its first auxiliary negated, or with its one "not" taken out; None where it has neither."""
    if len(_NEGATED.findall(sentence)) == 1 and not re.search(r"\b(do|does|did) not\b", sentence, re.IGNORECASE):
        return _NEGATED.sub(r"\1", sentence)
    if re.search(r"\b(?:not|no|nor|neither|without|lack|fail)", sentence, re.IGNORECASE):
        return None
    return _AUXILIARY.sub(r"\1 not", sentence, count=1) if _AUXILIARY.search(sentence) else None
