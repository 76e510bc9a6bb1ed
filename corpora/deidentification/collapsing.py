"""A text in which every span already known is one character, with the way back to the offsets of the text itself.

Rules that look at such a text find the same whether a span was masked in this call or came in masked, so masking a
masked note changes nothing.
"""

import re
from bisect import bisect_right
from collections.abc import Iterable

from corpora.deidentification.records import KINDS, Finding

OBJECT = "\ufffc"  # U+FFFC OBJECT REPLACEMENT CHARACTER: no rule takes it for a letter or digit
MASK_OF = {kind: f"[{kind}]" for kind in KINDS} | {"AGE": "[AGE>89]"}
_MASKS = re.compile("|".join(re.escape(mask) for mask in sorted(MASK_OF.values(), key=len, reverse=True)))


class Collapsed:
    """`text` is the original with masks and the spans of `known` as one `OBJECT` each; `original` leads back."""

    def __init__(self, original: str, known: Iterable[Finding]) -> None:
        covered = [(finding.start, finding.end) for finding in known]
        covered += [match.span() for match in _MASKS.finditer(original)]
        parts: list[str] = []
        self._new_starts: list[int] = []  # where each kept stretch begins in `text` ...
        self._original_starts: list[int] = []  # ... and in the original
        position = length = 0
        for start, end in sorted(covered):
            self._keep(position, length)
            parts += (original[position:start], OBJECT)
            length += start - position + 1
            position = end
        self._keep(position, length)
        parts.append(original[position:])
        self.text = "".join(parts)

    def _keep(self, original: int, new: int) -> None:
        self._original_starts.append(original)
        self._new_starts.append(new)

    def position(self, original: int) -> int:
        """Where in `text` the span stands that begins at `original`."""
        stretch = max(0, bisect_right(self._original_starts, original) - 1)
        return min(len(self.text), self._new_starts[stretch] + original - self._original_starts[stretch])

    def original(self, start: int, end: int) -> list[tuple[int, int]]:
        """The stretches of the original that `text[start:end]` stands for, leaving out what is masked already."""
        stretches = []
        position = start
        for piece in self.text[start:end].split(OBJECT):
            if piece:
                stretch = bisect_right(self._new_starts, position) - 1
                begin = self._original_starts[stretch] + position - self._new_starts[stretch]
                stretches.append((begin, begin + len(piece)))
            position += len(piece) + 1
        return stretches
