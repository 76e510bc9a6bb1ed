"""Which of the things that a sentence names its expressions of time are said of.

A duration is said of what stands before it in its clause ("fever and cough for 3 days"), a history of what follows it
("3-day history of fever and cough"); both reach along a list of one kind of things. What opens a sentence is said of
what comes next ("Two weeks later a rash appeared"). What is absent has no time: "cough for 3 days, no fever". How each
expression reaches is with it (`indexer.patients.fixed_times.Reach`).
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice, pairwise

import msgspec

from corpora.patients.records import Facet, FacetKind, Timing, TimingKind
from corpora.records import Span
from indexer.patients.fixed_times import Expression
from indexer.patients.time_expressions import expressions_in

_BREAK = re.compile(
    r";|\b(?:but|however|although|though|while|whereas|then|who|now|on\s+examination|o/e|he|she|they|takes|taking|PMHx?"
    r"|describe[sd]?|present(?:s|ed|ing)|complain(?:s|ed|ing)|report(?:s|ed|ing)|attend(?:s|ed)"
    r"|and\s+(?:now|then|was|were|is|has|had|have|developed|presented|found)|with\s+(?:a\s+)?(?:background|known)"
    r")\b",
    re.IGNORECASE,
)
_AND = re.compile(r"\band\s+\Z", re.IGNORECASE)
_JOINED = re.compile(r"(?!.*,\s+with\b)[^.;:()\[\]]*(?:,|/|&|\+|\b(?:and|or|with|nor)\b)[^.;:()\[\]]*", re.IGNORECASE)
_FOR = re.compile(r"\b(?:for|against)\s+(?:(?:an?|the|presumed|suspected|possible|severe)\s+)*\Z", re.IGNORECASE)
_WORD = re.compile(r"[^\W_]+")
_REACH = {"back": 12, "forward": 9, "near": 3, "beside": 0, "drug": 12}
"""In words, between an expression and what it is said of; and along a list from one to the next."""
_FAR = 1 + max(_REACH.values())
_LIST_REACH = 5
_LONGEST_JOINT = 200
"""Characters between two things of a list; what is longer, such as a line of commas, would take `_JOINED` minutes."""
_MOST = 24
"""Facets on either side of an expression that are looked at, which bounds the time that one endless sentence takes."""
_OPENING = 3
_EVENTS: frozenset[FacetKind] = frozenset(["lab", "procedure"])
_OF_EVENTS: frozenset[TimingKind] = frozenset(["offset", "after", "year", "gestation", "date", "age"])
"""What a measurement or an operation can have: neither goes on for days."""
_TELLING: frozenset[TimingKind] = frozenset(["offset", "after"])
"""What a story goes on with: all that its clause names was then ("On hospital day 4 a chest film showed pneumonia")."""
_ANCHORED = re.compile(r"(?:after|following|post|before|prior to)\Z", re.IGNORECASE)
_TO_ANCHOR = re.compile(
    r"\s+(?:(?:the|an?|his|her|end|completion|start|starting|stopping|onset|first|last|emergency|elective|of)\s+)*"
    r"(?:[\w-]+\s+)?",
    re.IGNORECASE,
)
_VAGUE: frozenset[TimingKind] = frozenset(["course", "date"])


def timed(text: str, sentences: Iterable[Span], facets: Sequence[Facet]) -> list[Facet]:
    """`facets`, in reading order, each with the timing that its sentence of `text` gives it."""
    kept = list(facets)
    expressions = expressions_in(text) if kept else []
    if not expressions:
        return kept
    starts = [facet.span.start for facet in kept]
    places = [one.timing.span.start for one in expressions]
    for sentence in sentences:
        said = expressions[bisect_left(places, sentence.start) : bisect_left(places, sentence.end)]
        first, last = bisect_left(starts, sentence.start), bisect_left(starts, sentence.end)
        if said and first < last:
            kept[first:last] = _Sentence(text, sentence, kept[first:last], said).timed()
    return kept


class _Sentence:
    """The facets and the expressions of one sentence."""

    def __init__(self, text: str, place: Span, facets: list[Facet], said: list[Expression]) -> None:
        self._text = text
        self._facets = facets
        self._starts = [facet.span.start for facet in facets]
        self._said = [one for one in said if not self._named(one.timing.span)]
        self._places = [one.timing.span.start for one in self._said]
        self._anchors = set(self._counted_from())
        self._ends = self._clauses(place)
        self._found: list[tuple[int, Timing] | None] = [None] * len(facets)

    def _named(self, span: Span) -> bool:
        """Whether the expression is part of a facet's name: "acute kidney injury"."""
        place = bisect_left(self._starts, span.end)
        return any(facet.span.end > span.start for facet in self._facets[max(0, place - 2) : place])

    def _counted_from(self) -> Iterator[int]:
        """The facets that an expression counts from: the operation in "ten days after knee replacement"."""
        for one in self._said:
            end = one.timing.span.end
            place = bisect_left(self._starts, end)
            if place == len(self._starts) or _ANCHORED.search(one.timing.text) is None:
                continue
            if _TO_ANCHOR.fullmatch(self._text, end, self._starts[place]) is not None:
                yield place

    def timed(self) -> list[Facet]:
        """The facets with their timing."""
        for one in self._said:
            for index in self._of(one):
                self._give(index, one.timing)
        return [
            facet if found is None else msgspec.structs.replace(facet, timing=found[1])
            for facet, found in zip(self._facets, self._found, strict=True)
        ]

    def _give(self, index: int, timing: Timing) -> None:
        """What counts says more than what does not ("sudden onset … 2 hours ago"); then what is nearer."""
        facet = self._facets[index]
        distance = max(timing.span.start - facet.span.end, facet.span.start - timing.span.end)
        cost = distance + (len(self._text) if timing.kind in _VAGUE else 0)
        known = self._found[index]
        if known is None or cost < known[0]:
            self._found[index] = (cost, timing)

    def _clauses(self, place: Span) -> list[int]:
        """Where the clauses of the sentence end; each has a facet, the one that only has an expression goes along.

        What opens a clause goes with the next one ("Two weeks later, she …"), anything else with the one before.
        """
        breaks = [match.start() for match in _BREAK.finditer(self._text, place.start, place.end)]
        for one in self._said:
            led = _AND.search(self._text, max(place.start, one.timing.span.start - len("and  ")), one.timing.span.start)
            if led is not None:
                breaks.append(led.start())
        breaks = sorted({at for at in breaks if not self._within(at)})
        ends: list[int] = []
        start = place.start
        for end in [*breaks, place.end]:
            inside = range(bisect_left(self._starts, start), bisect_left(self._starts, end))
            named = any(index not in self._anchors for index in inside)
            if named or (end == place.end and not ends):
                ends.append(end)
                start = end
            elif ends and (end == place.end or not self._opens(start, end)):
                ends[-1] = start = end
        return ends

    def _within(self, at: int) -> bool:
        """Whether `at` lies inside an expression: "when he was 12" is one."""
        place = bisect_left(self._places, at)
        return place > 0 and at < self._said[place - 1].timing.span.end

    def _opens(self, start: int, end: int) -> bool:
        """Whether an expression stands at the beginning of the clause."""
        place = bisect_left(self._places, start)
        if place == len(self._places) or self._places[place] >= end:
            return False
        return _words(self._text, start, self._places[place]) <= _OPENING

    def _of(self, one: Expression) -> Iterator[int]:
        """The facets that the expression is said of."""
        timing, span = one.timing, one.timing.span
        clause = bisect_right(self._ends, span.start)
        end = self._ends[min(clause, len(self._ends) - 1)]
        start = self._ends[clause - 1] if clause else 0
        place, first = bisect_left(self._starts, span.start), bisect_left(self._starts, start)
        last = min(bisect_left(self._starts, end), place + _MOST)
        before = [i for i in range(place - 1, max(first, place - _MOST) - 1, -1) if self._admits(one, i)]
        after = [i for i in range(place, last) if self._admits(one, i)]
        if one.reach in ("forward", "near"):
            found = after or (before if one.reach == "forward" else [])
        else:
            opens = timing.kind in _TELLING or _words(self._text, start, span.start) <= _OPENING
            found = self._treated(before) or (after if opens else [])
        if not found or self._gap(one, found[0]) > _REACH[one.reach]:
            return
        if timing.kind in _TELLING and found is after:
            yield from found
        else:
            yield from self._listed(found, along=one.reach != "near")

    def _admits(self, one: Expression, index: int) -> bool:
        """Whether the expression can be said of the facet at all."""
        facet = self._facets[index]
        if index in self._anchors or facet.assertion == "absent" or (one.reach == "drug" and facet.kind != "drug"):
            return False
        return _kind(facet) not in _EVENTS or one.timing.kind in _OF_EVENTS

    def _treated(self, before: list[int]) -> list[int]:
        """Of "amoxicillin for pneumonia for 7 days", the drug."""
        if len(before) > 1:
            nearest, other = (self._facets[index] for index in before[:2])
            led = _FOR.search(self._text, other.span.end, nearest.span.start)
            if led is not None and other.kind in ("drug", "procedure"):
                return before[1:]
        return before

    def _gap(self, one: Expression, index: int) -> int:
        """Words between the expression and a facet."""
        span, facet = one.timing.span, self._facets[index].span
        return _words(self._text, min(span.end, facet.end), max(span.start, facet.start))

    def _listed(self, found: list[int], *, along: bool) -> Iterator[int]:
        """The first of `found`, and those after it in a list with it."""
        yield found[0]
        for last, index in pairwise(found):
            one, other = sorted((self._facets[last], self._facets[index]), key=lambda facet: facet.span)
            alike = _kind(one) == _kind(other) and one.assertion == other.assertion
            if not along or not alike or not self._joined(one.span.end, other.span.start):
                return
            yield index

    def _joined(self, start: int, end: int) -> bool:
        """Whether what stands between two facets makes them a list."""
        if end - start > _LONGEST_JOINT or bisect_left(self._places, start) < bisect_left(self._places, end):
            return False
        return _words(self._text, start, end) <= _LIST_REACH and _JOINED.fullmatch(self._text, start, end) is not None


def _kind(facet: Facet) -> FacetKind:
    """A temperature that is told of is a fever: "fever up to 39.8 °C and irritability for 6 days"."""
    return "finding" if facet.term == "temperature" else facet.kind


def _words(text: str, start: int, end: int) -> int:
    """Words in `text[start:end]`, counted to `_FAR` and no further: every expression of a long sentence asks."""
    return sum(1 for _ in islice(_WORD.finditer(text, start, end), _FAR)) if start < end else 0
