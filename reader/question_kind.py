"""What kind of answer a question asks for, told from its wording.

Rules, in order, over BioASQ's four kinds; `tests/reader/test_question_kind.py` states how often they are right.
"""

import re

from corpora.questions import QuestionKind

_AUXILIARY = (
    "is|are|was|were|am|do|does|did|can|could|may|might|must|shall|should|will|would|has|have|had|"
    "isn't|aren't|don't|doesn't|didn't|can't|is there|are there"
)
_YES_NO = re.compile(rf"^(?:{_AUXILIARY})\b", re.IGNORECASE)
_OR_CHOICE = re.compile(r"^(?:is|are|was|were|does|do|did)\b[^,]*\b(\w[\w-]*) or (\w[\w-]*)\s*\?*$", re.IGNORECASE)
_PLURAL = r"(?:\w+\s+){0,6}?(?!(?:\w*(?:ss|us|is|itis|osis)\b))\w{3,}s\b"
_LIST = re.compile(
    r"^(?:please\s+)?(?:list|name|enumerate|give a list)\b"
    r"|^(?:what|which|who)\s+are\b(?!\s+the\s+(?:role|function|effect|mechanism|difference|principle|characteristic)s?\b)"
    rf"|^(?:which|what)\s+(?!is\b|was\b|does\b|are\b){_PLURAL}.*\b(?:are|were|have|do|can|cause|lead|belong|affect)\b"
    r"|^(?:which|what) [\w-]+s (?:are|were|have|do|can|exist|comprise)\b",
    re.IGNORECASE,
)
_PLURAL_HEADS = (
    "agents|antibodies|bacteria|biomarkers|cancers|classes|companies|complications|"
    "components|compounds|countries|criteria|databases|diseases|disorders|drugs|enzymes|"
    "factors|features|genes|groups|hormones|inhibitors|items|malignancies|markers|"
    "medications|medicines|methods|molecules|mutations|organs|pathogens|pathways|proteins|"
    "receptors|signs|symptoms|syndromes|therapies|tissues|tools|treatments|types|vaccines|"
    "viruses"
)
_PLURAL_QUESTION = re.compile(
    rf"^(?:which|what) (?:[\w-]+ ){{0,2}}?(?:{_PLURAL_HEADS})\b(?! (?:is|was|has|of)\b)", re.IGNORECASE
)
_SUMMARY = re.compile(
    r"^(?:why|how)\b(?!\s+(?:many|much|often|long|old|frequent|common|large|big|high|prevalent)\b)"
    r"|^(?:please\s+)?(?:describe|explain|summari[sz]e|discuss|compare|define|outline)\b"
    r"|^what (?:is|are) (?:known about|the (?:roles?|functions?|mechanisms?|effects?|evidence|"
    r"difference|differences|relationship|association|relation|link|connection|purpose|rationale|basis|principle|"
    r"characteristics|pathophysiology|definition|significance|importance|impact|influence))\b"
    r"|^what (?:is|are) (?:an? |the )?[\w\s,()'/+.-]{2,40}\?*$"
    r"|^what do(?:es)? .* (?:do|mean)\b",
    re.IGNORECASE,
)
_ALWAYS_SUMMARY = re.compile(
    r"^what (?:is|are) (?:known|particular|characteristic|special|the phenomenon|an? \w+ (?:virus|receptor|cell))\b"
    r"|^(?:which|what) (?:is|are) the (?:role|function|mechanism|effect)s? of\b"
    r"|^(?:briefly |can you |could you )(?:describe|explain|summari[sz]e)\b",
    re.IGNORECASE,
)
_FACTOID_WHAT_IS = re.compile(
    r"^what is (?:the )?(?:\w+[\s-]){0,4}(?:name|cause|gene|target|dose|prevalence|incidence|treatment|drug|"
    r"inheritance|enzyme|protein|receptor|agent|organism|vector|virus|number|percentage|rate|frequency|duration|threshold|range|"
    r"antidote|vaccine|test|biomarker|marker|hormone|first[- ]line|most|main|commonest|best|location|sensitivity)\b",
    re.IGNORECASE,
)


def alternatives(question: str) -> tuple[str, ...]:
    """The two words that a question such as "Is it dominant or recessive?" offers; none for another question."""
    match = _OR_CHOICE.match(" ".join(question.split()))
    return match.groups() if match else ()


def question_kind(question: str) -> QuestionKind:
    """The kind of the question: factoid, list, yesno or summary."""
    text = " ".join(question.split())
    if _ALWAYS_SUMMARY.match(text):
        return "summary"
    if _YES_NO.match(text):
        return "factoid" if _OR_CHOICE.match(text) else "yesno"
    if _FACTOID_WHAT_IS.match(text):
        return "factoid"
    if _SUMMARY.match(text):
        return "summary"
    return "list" if _LIST.match(text) or _PLURAL_QUESTION.match(text) else "factoid"
