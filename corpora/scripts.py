"""How raised and lowered characters are written on a line: 10^6, H2O, kg/m2, CD4+, 99mTc, "37°C", "Placebo^a".

They join what they belong to, unless that would make a number or a word that the author never wrote.
"""

import re

_ORDINAL = frozenset({"st", "nd", "rd", "th", "er", "re", "ème", "ª", "º"})
_DEGREE = frozenset({"o", "O", "0", "°", "º"})
_MARKS = re.compile(r"[^\w\s]+")
_BARE = re.compile(r"[+\-−–]?[\w.,*∗#†‡§¶/]+[+\-−–)]?|[a-z]–[a-z]")
_SIGN = re.compile(r"^([+\-−–])\s+(?=\d)")
_POWER_OR_CHARGE = re.compile(r"\d[+\-−–]?")
_SYMBOL_AT_END = re.compile(r"(?<![^\W\d_])[^\W\d_]{1,3}$")  # m, kg, Ca, R: not the end of a longer word
_LOWER_WORD_AT_END = re.compile(r"[a-z]{3}$")
_WORD = re.compile(r"[^\W\d_]{5}")  # longer than max, last, ss, tot: a word that would no longer be found
_TEMPERATURE = re.compile(r"\s?[CF]\b")
_ISOTOPE = re.compile(r"(?:\d\d+m?(?=\[?[A-Z][a-z]?(?![a-z]))|[123](?=H(?![a-z])))")


def superscript(before: str, text: str, after: str) -> str:
    """How the superscript `text` is written between what stands before and after it (a few characters suffice)."""
    last, text = before[-1:], _SIGN.sub(r"\1", text)
    if not text:
        return ""
    if text in _DEGREE and before.rstrip()[-1:].isdigit() and _TEMPERATURE.match(after):
        return "°"
    if not last or last.isspace() or last in "([{/":
        return text + _gap_after_mark(text, after)
    if _begins_note(last, text, after):
        return f" {text} "
    if _MARKS.fullmatch(text) or (last.isdigit() and text.casefold() in _ORDINAL):
        return text
    if text == "TM" and last.isalpha():
        return "™"
    if _POWER_OR_CHARGE.fullmatch(text) and _SYMBOL_AT_END.search(before):
        return text + _gap(text, after)
    return (f"^{text}" if _BARE.fullmatch(text) else f"^({text})") + _gap(text, after)


def subscript(before: str, text: str, after: str) -> str:
    """How the subscript `text` is written between what stands before and after it."""
    digits = before[-1:].isdigit() and text[:1].isdigit()
    words = text[:1].isalpha() and (_LOWER_WORD_AT_END.search(before) or _WORD.match(text))
    return (f"_{text}" if digits or words else text) + _gap(text, after)


def _gap(text: str, after: str) -> str:
    return " " if text[-1:].isdigit() and after[:1].isdigit() else ""


def _gap_after_mark(text: str, after: str) -> str:
    """A space after a footnote's letter or number ("a Adjusted"), none after an isotope's mass (99mTc)."""
    isotope = _ISOTOPE.match(text + after)
    joined = isotope is not None and isotope.end() == len(text)
    return " " if text[-1:].isalnum() and after[:1].isalnum() and not joined else ""


def _begins_note(last: str, text: str, after: str) -> bool:
    """Whether a footnote's mark follows another footnote right after its full stop: "ratio.<sup>a</sup>Adjusted"."""
    return last in ".;" and after[:1].isupper() and len(text) < 3 and not text[0].isdigit()
