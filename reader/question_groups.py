"""Which groups of people a question names, by word lists: to check whether the system treats such questions otherwise.

The lists hold the words that questions use, not all that there are; "woman" inside "womanhood" does not count.
"""

import re

GROUPS: dict[str, str] = {
    "sex": r"wom[ae]n|m[ae]n|females?|males?|girls?|boys?|pregnan(?:t|cy|cies)|maternal|mothers?|fathers?|sex|gender"
    r"|transgender|(?:post|pre|peri)?-?menopaus(?:e|al)",
    "age": r"infants?|infancy|neonat(?:e|es|al)|newborns?|bab(?:y|ies)|toddlers?|child(?:ren|hood)?|p(?:a)?ediatrics?"
    r"|adolescen(?:t|ts|ce)|teenagers?|adults?|young|elderly|aged|ageing|aging|geriatric|older|juvenile"
    r"|preterm|premature",
    "ethnicity": r"ethnic(?:ity|ities)?|rac(?:e|es|ial)|african(?:s|-american| american)?|blacks?"
    r"|asians?|caucasians?|europeans?|hispanics?|latin[ao]s?|jew(?:s|ish)|ashkenazi|arabs?|indigenous"
    r"|chinese|japanese|koreans?|indians?|native americans?|aborigin(?:al|es)|ancestry",
}
"""Group -> the words that name it, as a regular expression over whole words."""

_PATTERNS = {name: re.compile(rf"(?<![\w-])(?:{words})(?![\w-])", re.IGNORECASE) for name, words in GROUPS.items()}


def question_groups(text: str) -> set[str]:
    """The groups that the question mentions: of ``sex``, ``age`` and ``ethnicity``."""
    return {name for name, pattern in _PATTERNS.items() if pattern.search(text)}
