"""What optical character recognition makes of names and numbers, read as what was printed: "Wi11iam", "O7/3O/1952"."""

import re

_TOKEN = re.compile(r"[^\W_](?:[\w'’./-]*[^\W_])?")
_TO_DIGIT = str.maketrans("OoQlIiSBZ", "000111582")
_SURE_DIGITS = frozenset("OolI")
_TO_LETTER = str.maketrans("01", "ol")
_FEWEST_DIGITS = 2  # of a number that letters have got into
_SHORTEST_NUMBER = 4  # characters of it
_FEWEST_LETTERS = 3  # of a word that figures have got into
_FIGURE_INSIDE = re.compile(r"[^\W\d_]['’]?[01]{1,2}(?=[^\W\d_])|\A0(?=['’]?[^\W\d_]{2})")
_PIECE = re.compile(r"[\w'’]+")
_NUMBER = re.compile(r"\d+(?:[./-]\d+)*")


def as_printed(text: str) -> str:
    """The text with look-alikes put right inside numbers and words, character for character, so that offsets stay."""
    return _TOKEN.sub(lambda match: _token(match.group()), text)


def _token(token: str) -> str:
    letters = sum(character.isalpha() for character in token)
    digits = sum(character.isdigit() for character in token)
    if not letters or not digits:
        return token
    if (
        digits >= _FEWEST_DIGITS
        and len(token) >= _SHORTEST_NUMBER
        and all(character in _SURE_DIGITS for character in token if character.isalpha())
    ):
        number = token.translate(_TO_DIGIT)
        return number if _NUMBER.fullmatch(number) else token
    return _PIECE.sub(lambda piece: _as_word(piece.group()), token)


def _as_word(token: str) -> str:
    letters = sum(character.isalpha() for character in token)
    if letters < _FEWEST_LETTERS - (token[0] == "0") or letters <= 2 * (len(token) - letters) - 1:
        return token
    if any(character in "23456789" for character in token) or not _FIGURE_INSIDE.search(token):
        return token
    if token[0] == "0" and letters <= _FEWEST_LETTERS and not any(character.islower() for character in token):
        return token  # the end of a postcode
    word = token.translate(_TO_LETTER)
    if token[0] == "0":
        word = "O" + word[1:]
    return word
