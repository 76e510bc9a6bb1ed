"""What a model thinks of a note: what it masks by itself, and what of the rules' findings it strikes out."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence

from corpora.deidentification.collapsing import OBJECT, Collapsed
from corpora.deidentification.records import Finding, TaggedWord, Tagger

LEAST = 0.5
"""A word is masked where the probability that it identifies somebody is at least this."""
DOUBT = 0.005
"""A name or place of the rules is none where no word of it has more."""
_JOINT = frozenset(" .,'’/()&#-\n\t")
_WIDEST_JOINT = 3


class Opinion:
    """One reading of a text; places are those of the text itself, whatever is masked in it by now."""

    def __init__(self, tagger: Tagger, collapsed: Collapsed) -> None:
        self._words: list[TaggedWord] = []
        for word in tagger(collapsed.text):
            if collapsed.text[word.start : word.end] == OBJECT:
                continue
            for start, end in collapsed.original(word.start, word.end):
                self._words.append(TaggedWord(start, end, word.kind, word.probability))
        self._starts = [word.start for word in self._words]
        self._ends = [word.end for word in self._words]

    def doubts(self, finding: Finding) -> bool:
        """Whether the model is all but sure that a finding identifies nobody."""
        first, last = bisect_right(self._ends, finding.start), bisect_left(self._starts, finding.end)
        own = self._words[first:last]
        return bool(own) and max(word.probability for word in own) < DOUBT

    def findings(self, text: str, known: Sequence[Finding]) -> list[Finding]:
        """What the model masks of what is not masked yet; words that stand together are one finding."""
        taken = sorted((finding.start, finding.end) for finding in known)
        found: list[Finding] = []
        for word in self._words:
            place = bisect_left(taken, (word.end, 0))  # the first that begins after the word
            if word.probability < LEAST or (place and taken[place - 1][1] > word.start):
                continue
            if not any(map(str.isalnum, text[word.start : word.end])):
                continue
            last = found[-1] if found else None
            if last is not None and last.kind == word.kind and _are_joined(text[last.end : word.start]):
                found[-1] = Finding(word.kind, last.start, word.end)
            else:
                found.append(Finding(word.kind, word.start, word.end))
        return found


def _are_joined(between: str) -> bool:
    return len(between) <= _WIDEST_JOINT and _JOINT.issuperset(between)
