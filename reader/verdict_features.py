"""What a verdict is decided by: how the sentences that speak of a question's terms speak of them.

A sentence counts by the share of the question's terms in it. Counted are negations (and those near a term of the
question), reports of an effect or of none, words of direction that agree with the question's or contradict them,
and hedges.
"""

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_WORD = re.compile(r"\w+")
_SENTENCE = re.compile(r"(?<=[.;?!])\s+(?=[A-Z(\[])")
_STOP = frozenset(
    [
        "a",
        "about",
        "an",
        "and",
        "any",
        "are",
        "as",
        "at",
        "be",
        "been",
        "between",
        "by",
        "can",
        "could",
        "did",
        "do",
        "does",
        "ever",
        "for",
        "from",
        "had",
        "has",
        "have",
        "how",
        "if",
        "in",
        "into",
        "is",
        "it",
        "its",
        "may",
        "might",
        "of",
        "on",
        "or",
        "should",
        "than",
        "that",
        "the",
        "their",
        "there",
        "these",
        "they",
        "this",
        "those",
        "to",
        "was",
        "were",
        "which",
        "with",
        "would",
        "used",
        "use",
        "using",
        "related",
        "involved",
        "patients",
    ]
)
_NEGATION = frozenset(
    [
        "not",
        "no",
        "nor",
        "neither",
        "never",
        "without",
        "lack",
        "lacks",
        "lacked",
        "lacking",
        "fail",
        "fails",
        "failed",
        "failure",
        "absence",
        "absent",
        "unable",
        "cannot",
        "unlikely",
        "ineffective",
        "insufficient",
        "rarely",
        "instead",
        "rather",
        "unlike",
        "contrary",
        "contraindicated",
        "discontinued",
        "terminated",
        "nonsignificant",
        "none",
        "negative",
        "inconsistent",
        "isn't",
        "wasn't",
        "don't",
        "doesn't",
        "didn't",
    ]
)
_NEAR = 5
CUES: dict[str, "re.Pattern[str]"] = {
    name: re.compile(pattern, re.IGNORECASE)
    for name, pattern in {
        "no effect": r"\b(?:no|not|nor|without|neither)\b[^.]{0,40}\b(?:significan|differ|associat|correlat|effect|"
        r"chang|"
        r"relat|influenc|benefit|evidence|improv|increas|reduc)",
        "significant": r"(?<!not )(?<!no )(?<!statistically )\bsignificant(?:ly)?\b",
        "small p": r"\bp\s*(?:<|=|≤|less than)\s*0?\.0",
        "large p": r"\bp\s*(?:>|=)\s*0?\.[1-9]|\bn\.?s\b",
        "same": r"\b(?:similar|comparable|equivalent|same|unchanged|equal)\w*",
        "contrast": r"\b(?:however|although|but|while|whereas|only|despite|instead|rather than|unlike|in contrast)\b",
        "hedge": r"\b(?:may|might|could|possibl|potential|unclear|controvers|conflict|limited|further|uncertain|"
        r"unknown)\w*",
        "shown": r"\b(?:show|demonstrat|confirm|reveal|found|identif|known|approved|effective|indicat|report)\w*",
        "link": r"\b(?:associat|correlat|predict|linked|cause|contribut|involv|mediat|regulat|play)\w*",
        "number": r"\d(?:\.\d+)?\s?%",
    }.items()
}
_UP = re.compile(
    r"\b(?:increas|higher|greater|improv|more\b|better|elevat|longer|promot|activat|upregulat|up-regulat|enhanc|induc|"
    r"stimulat|rais)",
    re.IGNORECASE,
)
_DOWN = re.compile(
    r"\b(?:decreas|lower|reduc|less\b|fewer|worse|shorter|declin|inhibit|suppress|downregulat|down-regulat|prevent|"
    r"attenuat|impair|block|diminish|protect)",
    re.IGNORECASE,
)
_ASKED = ("is", "are", "does", "do", "can", "should", "has", "have", "was", "were", "did", "could", "will")
_TOP = 4


def grams(text: str) -> frozenset[str]:
    """The words of a text and their runs of two and three, numbers as 0."""
    words = ["0" if word[0].isdigit() else word for word in _WORD.findall(text.lower())]
    runs = {" ".join(words[place : place + size]) for size in (1, 2, 3) for place in range(len(words) - size + 1)}
    return frozenset(runs)


def _stem(word: str) -> str:
    """The beginning of a word: enough to tell "associated" and "associations" alike from others."""
    return word[:6] if len(word) > 6 else word.rstrip("s")


def terms(text: str) -> frozenset[str]:
    """Stems of the words that say what a text is about."""
    return frozenset(_stem(word) for word in _WORD.findall(text.lower()) if word not in _STOP)


def _sentence_row(sentence: str, asked: frozenset[str], directions: tuple[bool, bool]) -> list[float]:
    words = _WORD.findall(sentence.lower())
    places = [place for place, word in enumerate(words) if _stem(word) in asked]
    negations = [place for place, word in enumerate(words) if word in _NEGATION]
    near = any(abs(place - other) <= _NEAR for place in negations for other in places)
    up, down = bool(_UP.search(sentence)), bool(_DOWN.search(sentence))
    agree = (directions[0] and up) or (directions[1] and down)
    against = ((directions[0] and down and not up) or (directions[1] and up and not down)) and directions[
        0
    ] != directions[1]
    return [
        float(bool(negations)),
        float(near),
        float(agree and not against),
        float(against),
        *(float(bool(cue.search(sentence))) for cue in CUES.values()),
    ]


ROW = ("negation", "negation near", "direction agrees", "direction against", *CUES)
NAMES: tuple[str, ...] = (
    *(f"{how} {name}" for how in ("all", "weighted", "top", "last", "first") for name in ROW),
    "coverage",
    "best coverage",
    "terms",
    "sentences",
    "words a text",
    "texts",
    *(f"asked {word}" for word in _ASKED),
    *(
        f"asked with {name}"
        for name in ("negation", "up", "down", "same", "link", "or", "only", "hedge", "need", "safe", "all")
    ),
)


def verdict_features(question: str, texts: Sequence[str]) -> "NDArray[np.float64]":
    """The features of `NAMES` for a question and its texts."""
    asked = terms(question)
    directions = bool(_UP.search(question)), bool(_DOWN.search(question))
    unique = [text.strip() for text in dict.fromkeys(texts) if text.strip()]
    sentences = [sentence for text in unique for sentence in _SENTENCE.split(text)]
    rows = np.array([_sentence_row(sentence, asked, directions) for sentence in sentences])
    coverage = np.array([len(asked & terms(sentence)) / max(1, len(asked)) for sentence in sentences])
    weights = coverage**2 + 0.01
    top = np.argsort(-coverage, kind="stable")[:_TOP]
    words = question.lower().split()
    lowered = f" {question.lower()} "
    return np.concatenate(
        [
            rows.mean(axis=0),
            (rows * weights[:, None]).sum(axis=0) / weights.sum(),
            rows[top].mean(axis=0),
            rows[-1],
            rows[0],
            [
                coverage.mean(),
                coverage.max(),
                len(asked) / 10,
                np.log1p(len(sentences)),
                np.log1p(sum(len(text.split()) for text in unique) / len(unique)),
                np.log1p(len(unique)),
            ],
            [float(bool(words) and words[0] == word) for word in _ASKED],
            [
                float(not _NEGATION.isdisjoint(words)),
                *map(float, directions),
                float(bool(CUES["same"].search(question))),
                float(bool(CUES["link"].search(question))),
                float(" or " in lowered),
                float(" only " in lowered),
                float(bool(CUES["hedge"].search(question))),
                float("need" in lowered or "require" in lowered),
                float(" safe" in lowered),
                float(" all " in lowered),
            ],
        ]
    )
