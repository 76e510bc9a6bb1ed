"""Names of one thing: what two spellings have in common, where a name stands spelled otherwise, abbreviations.

Experts write "interleukin-36", the text "interleukin 36"; they write "TGF-beta", it writes "TGF-β". They write "long
form (ABBR)" as one answer, and the text has either.
"""

import re
from collections.abc import Iterable, Sequence

from corpora.records import Span


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


STOP_WORDS = _set(
    "a about after all also among an and are as at be been before between both but by can could did do does "
    "during each either et for from had has have how however if in into is it its may more most no nor not of on "
    "only or other our over same should since so some such than that the their them then there these they this "
    "those through thus to under up upon used using via was we were what when where whether which while who whose "
    "why will with within without would "
)
"""Words that name nothing."""

GREEK = {
    "alpha": "α",
    "beta": "β",
    "gamma": "γ",
    "delta": "δ",
    "epsilon": "ε",
    "zeta": "ζ",
    "eta": "η",
    "theta": "θ",
    "kappa": "κ",
    "lambda": "λ",
    "mu": "μ",
    "sigma": "σ",
    "tau": "τ",
    "omega": "ω",
}
LONGEST = 8
"""Words of a long form: what is longer before a bracket at its end is a sentence."""

_SPELLED = {letter: name for name, letter in GREEK.items()} | {"µ": "mu", "ß": "beta"}
_LETTERS = re.compile("|".join(_SPELLED))
_BETWEEN = r"[\s\-‐‑–/,'’]{0,2}"
_PIECE = re.compile(r"[^\W\d_]+|\d+(?:\.\d+)?|[%+]")
_ARTICLE = re.compile(r"^(?:the|an?)\s+", re.IGNORECASE)
_DEFINITION = re.compile(r"^(?P<long>.*\w.*?)\s*[(\[](?P<short>[^()\[\]]{1,20})[)\]]$")
_ABBREVIATION = re.compile(r"\s[(\[]([A-Za-zα-ω][\w\-+/α-ω]{0,11})[)\]]")
# Endings that look like a plural and are none: virus, basis, loss.
_SINGULAR = re.compile(r"(?:ss|us|is|[^a-z]s)$")


def spellings(name: str) -> list[str]:
    """The name itself, without an article, and both halves of "long form (ABBR)"; the longest first."""
    bare = _ARTICLE.sub("", name.strip().rstrip(".;,"))
    found = [name.strip(), bare]
    match = _DEFINITION.match(bare)
    if match and len(match["long"].split()) <= LONGEST:
        found += [match["long"], match["short"]]
    return sorted({text for text in found if len(text) > 1 or text.isdigit()}, key=lambda text: (-len(text), text))


def loosely(name: str) -> re.Pattern[str] | None:
    """Finds the name with other hyphens or spaces, Greek letters spelled or not, and in the singular or the plural."""
    pieces = _PIECE.findall(_LETTERS.sub(lambda match: f" {_SPELLED[match[0]]} ", name))
    if not pieces or sum(map(len, pieces)) < 3:
        return None
    body = _BETWEEN.join(_piece(piece, last=number == len(pieces) - 1) for number, piece in enumerate(pieces))
    return re.compile(rf"(?<!\w){body}(?!\w)", re.IGNORECASE)


def _piece(piece: str, *, last: bool) -> str:
    letter = GREEK.get(piece.lower())
    if letter:
        return f"(?:{piece}|{letter})"
    if not last or not piece.isalpha() or len(piece) < 4:
        return re.escape(piece)
    if piece.lower().endswith("ies"):
        return re.escape(piece[:-3]) + "(?:ies|y)"
    if piece.lower().endswith("y"):
        return re.escape(piece[:-1]) + "(?:ies|y)"
    stem = piece[:-1] if piece.endswith("s") and not _SINGULAR.search(piece) else piece
    return re.escape(stem) + "(?:s|es)?"


def key_words(text: str) -> str:
    """The name in a form that spellings share: Greek spelled out, hyphens as spaces, the last word in the singular."""
    words = _PIECE.findall(_LETTERS.sub(lambda match: f" {_SPELLED[match[0]]} ", _ARTICLE.sub("", text.casefold())))
    if words and len(words[-1]) > 3 and words[-1].endswith("s") and not _SINGULAR.search(words[-1]):
        words[-1] = words[-1][:-3] + "y" if words[-1].endswith("ies") else words[-1][:-1]
    return " ".join(words)


def abbreviations(texts: Iterable[str]) -> dict[str, str]:
    """Abbreviation -> long form, both as `key_words`, for each that a text defines as "long form (ABBR)".

    The long form is found by matching the abbreviation's letters from its end backwards, the first of them at the
    beginning of a word (Schwartz and Hearst 2003).
    """
    found: dict[str, str] = {}
    for text in texts:
        for match in _ABBREVIATION.finditer(text):
            span = long_form(text, match.start(), match[1])
            if span is not None:
                found.setdefault(key_words(match[1]), key_words(span.of(text)))
    return found


def long_form(text: str, end: int, short: str) -> Span | None:
    """Where the long form of `short` stands that ends at `end`; None where the words before do not spell it."""
    letters = [letter for letter in short.lower() if letter.isalnum()]
    if len(letters) < 2 or not any(letter.isalpha() for letter in letters):
        return None
    reach = max(0, end - 12 * (len(letters) + 5))
    words = list(re.finditer(r"\S+", text[reach:end]))
    earliest = reach + words[-min(len(words), len(letters) + 5)].start() if words else end
    place = end - 1
    for number in range(len(letters) - 1, -1, -1):
        while place >= earliest and not _fits(text, place, letters[number], first=number == 0):
            place -= 1
        if place < earliest:
            return None
        place -= 1
    span = Span(place + 1, end)
    return span if len(span) > len(short) and short.lower() not in span.of(text).lower().split() else None


def _fits(text: str, place: int, letter: str, *, first: bool) -> bool:
    if text[place].lower() != letter:
        return False
    return not first or place == 0 or not text[place - 1].isalnum()


def find_names(text: str, names: Sequence[str]) -> list[Span]:
    """Every place where the thing stands by any of its names as written; by looser spelling where there is none."""
    from_names = [spelled for name in names for spelled in spellings(name)]
    exact = [Span(*match.span()) for name in names for match in _exactly(name).finditer(text) if name.strip()]
    if exact:
        return exact
    patterns = [pattern for spelled in from_names if (pattern := loosely(spelled)) is not None]
    return [Span(*match.span()) for pattern in patterns for match in pattern.finditer(text)]


def _exactly(name: str) -> re.Pattern[str]:
    body = r"\s+".join(map(re.escape, name.split()))
    return re.compile(rf"(?<!\w){body}(?!\w)", re.IGNORECASE)
