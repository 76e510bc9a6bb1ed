"""Whether what a note names is present, absent, possible, of the family or past: NegEx and ConText by rule.

A cue before a term reaches forward, one after it backward, up to the end of the sentence, a semicolon or a word that
ends its reach ("but", "however", "presents with"). Lists keep their cue: "no fever, chills or night sweats". The
papers are named in `indexer.patients.cues`, the lists are ours.
"""

import re
from bisect import bisect_left
from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import cache
from itertools import chain, pairwise, product
from typing import Literal, NamedTuple

from corpora.patients.records import Assertion
from indexer.patients import cues
from indexer.patients.words import PhraseTable, Word

Sense = Literal["absent", "unseen", "possible", "past", "family", "allergy", "end", "none"]
_ORDER: tuple[Assertion, ...] = ("absent", "family", "possible", "past")
_LIST_REACH = 5
# In words. Beyond this a list is no list; it also bounds the time that a text of nothing but cues takes.
_REACH = 40
_BACK_REACH = 14
_DURATION = re.compile(
    r"\b(?:for|since|over|x|lasting|of)\s+(?:the\s+)?(?:past\s+|last\s+|about\s+|around\s+|approximately\s+)?(?:\d+|one|two|three|four|five|six"
    r"|seven|ten|several|a\s+few|a|an|yesterday|this|last|past)[\s-]*(?:hours?|days?|weeks?|months?|years?|morning|night|week|/7|/52|/12)?",
    re.IGNORECASE,
)
_JOINING = frozenset(["and", "or", "nor", "and/or"])
_PAIR_WORDS = frozenset(["or", "nor"])
_PREDICATES = frozenset(["was", "were", "is", "are", "had", "has", "showed", "show", "with"])
# Cues of absence that a comma ends, where no "or" says that it is a list.
_SHORT = frozenset(
    ["without", "w/o", "excluded", "exclude", "excluding", "ruled", "rule", "rather", "instead", "absence", "lack"]
)
_ADJACENT = frozenset(["non"])
# Words that end one kind of cue: "without fever with a productive cough", "history of asthma, on salbutamol".
_STOPPED_BY = {"absent": frozenset(["with", "after"]), "past": frozenset(["on", "taking", "now"])}
_NOTHING: frozenset[str] = frozenset()
_PAST_LISTS = frozenset(["pmh", "pmhx", "past", "history", "medical", "background", "h/o", "hx", "known"])


class Cue(NamedTuple):
    """A cue at the words `first` up to `last`: what it says, and whether of what follows or of what precedes."""

    first: int
    last: int
    sense: Sense
    before: bool
    after: bool


class Reading(NamedTuple):
    """What is said of a term: its assertion, whether an absence is the family's, and whether it is not tolerated."""

    assertion: Assertion
    of_family: bool = False
    allergy: bool = False


class _Meaning(NamedTuple):
    before: Sense | None = None
    after: Sense | None = None


def readings(
    text: str, words: Sequence[Word], terms: Sequence[tuple[int, int]], procedures: Collection[int] = ()
) -> list[Reading]:
    """What is said of each of `terms`, (first word, word after the last) among the `words` of one sentence of `text`.

    `procedures` are the places in `terms` of what can be negative without being absent.
    """
    if not terms:
        return []
    found = _cues(list(words), terms)
    ends = _ends(text, words, found)
    said: list[set[str]] = [set() for _ in terms]
    firsts = [first for first, _ in terms]
    for cue in found:
        ahead = _ahead(text, words, cue, firsts, ends) if cue.before else ()
        behind = _behind(words, cue, terms, firsts, ends) if cue.after else ()
        for index in chain(ahead, behind):
            said[index].add("absent" if cue.sense == "unseen" and index not in procedures else cue.sense)
    for index, (first, last) in enumerate(terms):
        if _questioned(text, words[first].start, words[last - 1].end):
            said[index].add("possible")
    return [_reading(senses) for senses in said]


def _reading(senses: set[str]) -> Reading:
    assertion: Assertion = next((sense for sense in _ORDER if sense in senses), "present")
    return Reading(assertion, of_family={"absent", "family"} <= senses, allergy="allergy" in senses)


@cache
def _table() -> PhraseTable[_Meaning]:
    meanings: dict[str, _Meaning] = {}
    before: tuple[tuple[Sense, Iterable[str]], ...] = (
        ("absent", _listed(cues.ABSENT_BEFORE)),
        ("possible", _listed(cues.POSSIBLE_BEFORE)),
        ("past", _listed(cues.PAST_BEFORE)),
        ("family", [*_listed(cues.FAMILY_BEFORE), *_kin_phrases()]),
        ("allergy", _listed(cues.ALLERGY_BEFORE)),
        ("end", _listed(cues.TERMINATORS)),
        ("none", _listed(cues.PSEUDO)),
    )
    after: tuple[tuple[Sense, Iterable[str]], ...] = (
        ("unseen", _listed(cues.ABSENT_AFTER)),
        ("absent", _listed(cues.UNDONE_AFTER)),
        ("possible", _listed(cues.POSSIBLE_AFTER)),
        ("past", _listed(cues.PAST_AFTER)),
        ("family", _listed(cues.FAMILY_AFTER)),
        ("allergy", _listed(cues.ALLERGY_AFTER)),
    )
    for sense, phrases in before:
        for phrase in phrases:
            meanings[phrase] = meanings.get(phrase, _Meaning())._replace(before=sense)
    for sense, phrases in after:
        for phrase in phrases:
            meanings[phrase] = meanings.get(phrase, _Meaning())._replace(after=sense)
    return PhraseTable(meanings.items())


def _listed(source: str) -> Iterator[str]:
    return (entry for entry in " ".join(source.split()).split("; ") if entry)


def _kin_phrases() -> Iterator[str]:
    for kin, verb in product(_listed(cues.KIN), _listed(cues.KIN_VERBS)):
        yield f"{kin} {verb}"


def _cues(words: list[Word], terms: Sequence[tuple[int, int]]) -> list[Cue]:
    """The cues among `words`. One inside a term is the term's own: "unable to pass urine", "absent reflexes"."""
    inside = {place for first, last in terms for place in range(first, last)}
    found = []
    for first, last, meaning in _table().among(words):
        if meaning.before != "allergy" and not inside.isdisjoint(range(first, last)):
            continue
        if meaning.before is not None:
            found.append(Cue(first, last, meaning.before, before=True, after=False))
        if meaning.after is not None:
            found.append(Cue(first, last, meaning.after, before=False, after=True))
    return found


def _ends(text: str, words: Sequence[Word], found: Sequence[Cue]) -> list[int]:
    """The words at which the reach of a cue ends: those that end it, and the first after a semicolon."""
    ends = {cue.first for cue in found if cue.sense == "end"}
    for place in range(1, len(words)):
        if words[place].broken and ";" in text[words[place - 1].end : words[place].start]:
            ends.add(place)
    return sorted(ends)


def _ahead(text: str, words: Sequence[Word], cue: Cue, firsts: Sequence[int], ends: Sequence[int]) -> Iterator[int]:
    """The terms, given by their first words, that a cue reaches forward to."""
    if cue.sense in ("end", "none"):
        return
    place = bisect_left(ends, cue.last)
    stop = min(cue.last + _REACH, ends[place] if place < len(ends) else len(words))
    for index in range(bisect_left(firsts, cue.last), bisect_left(firsts, stop)):
        if _reaches(text, words, cue, firsts[index]):
            yield index


def _reaches(text: str, words: Sequence[Word], cue: Cue, first: int) -> bool:
    if not _STOPPED_BY.get(cue.sense, _NOTHING).isdisjoint(word.folded for word in words[cue.last : first]):
        return False
    return not _comma_ends(words, cue, first) and not _new_statement(text, words, cue.last, first)


def _comma_ends(words: Sequence[Word], cue: Cue, first: int) -> bool:
    """Whether a comma cuts off a cue that rarely governs a list without "or": "possible pneumonia, fever"."""
    opening = words[cue.first].folded
    if cue.sense == "absent" and opening in _ADJACENT:
        return first != cue.last
    governs_lists = {
        "absent": opening not in _SHORT,
        "past": opening in _PAST_LISTS,
        "possible": False,
    }.get(cue.sense, True)
    if governs_lists:
        return False
    breaks = [place for place in range(cue.last + 1, first + 1) if words[place].broken]
    return bool(breaks) and not any(word.folded in _PAIR_WORDS for word in words[breaks[0] : first + _REACH])


def _new_statement(text: str, words: Sequence[Word], start: int, first: int) -> bool:
    """Whether the part of the sentence that the term stands in says something of its own, as a duration shows.

    "No fever, productive cough for three days": the list has no "or", and its last part has a duration.
    """
    breaks = [place for place in range(start + 1, first + 1) if words[place].broken]
    if not breaks:
        return False
    opened = breaks[-1]
    limit = min(len(words), first + _REACH)
    closed = next((place for place in range(first + 1, limit) if words[place].broken), limit)
    if any(words[place].folded in _PAIR_WORDS for place in range(start, closed)):
        return False
    return _DURATION.search(text, words[opened].start, words[closed - 1].end) is not None


def _behind(
    words: Sequence[Word],
    cue: Cue,
    terms: Sequence[tuple[int, int]],
    firsts: Sequence[int],
    ends: Sequence[int],
) -> Iterator[int]:
    """The terms that a cue reaches back to."""
    place = bisect_left(ends, cue.first)
    since = max(cue.first - _BACK_REACH, ends[place - 1] if place else 0)
    for index in range(bisect_left(firsts, since), bisect_left(firsts, cue.first)):
        last = terms[index][1]
        if since <= last <= cue.first and _reaches_back(words, cue, last):
            yield index


def _reaches_back(words: Sequence[Word], cue: Cue, last: int) -> bool:
    if cue.sense == "allergy":
        return last == cue.first
    if any(words[place].folded in _PREDICATES for place in range(last, cue.first)):
        return False
    breaks = [place for place in range(last, cue.first + 1) if words[place].broken]
    if not breaks:
        return True
    if breaks == [cue.first]:
        return cue.sense not in ("absent", "unseen") or cue.last - cue.first > 1
    listed = any(words[place].folded in _JOINING for place in range(breaks[-1], cue.first))
    return listed and all(later - earlier <= _LIST_REACH for earlier, later in pairwise(breaks))


def _questioned(text: str, start: int, end: int) -> bool:
    """Whether a question mark says that it is uncertain: "?PE", "? pneumonia", "PE?"."""
    before = text[max(0, start - 3) : start].rstrip(" ")
    if before.endswith("?") and (len(before) == 1 or not before[-2].isalnum()):
        return True
    return text[end : end + 1] == "?"
