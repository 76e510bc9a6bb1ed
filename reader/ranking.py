"""Spans found in several texts -> ranked answers, by a small learnt scorer over what is known of each answer.

    rank_spans(question, texts, spans, kind) -> RankedAnswer…, best first

The spans may overlap: where an answer begins and ends is decided here, by all texts together. Spans with one key
(`reader.names.key_words`) are one candidate; abbreviation and long form, where a text defines one by the other, stay
two that lend each other support, since only one of them may be what was asked for. Each candidate gets the features of
`FEATURES`, and its score, from 0 to 1, is the logistic of their weighted sum. The weights were fitted on a calibration
batch (`reader/training/ranking.py`); ``reader/weights/ranking.json`` holds them with their provenance.
"""

import math
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

import msgspec

from corpora.errors import ModelError
from reader.aggregate import FoundSpan, RankedAnswer
from reader.boundaries import tidy_span
from reader.enumeration import siblings
from reader.names import STOP_WORDS, abbreviations, key_words
from reader.span_model import SpanCandidate, SpanReader

WEIGHTS = Path(__file__).parent / "weights" / "ranking.json"

RankedKind = Literal["factoid", "list"]

SPANS_PER_TEXT = 12
"""Spans of one text that are ranked."""

SIBLING_LEAST, SIBLING_SHARE = 0.05, 0.9
"""Items enumerated with a span of at least this probability are candidates for a list, with this share of it."""

LEAST = 1e-4
"""Probabilities below this count as this, so that their logarithm says no more than "hardly"."""

FEATURES = (
    "log best probability",
    "log summed probability",
    "log summed probability with its abbreviation or long form",
    "log probability of longer spans over it",
    "log probability of shorter spans within it",
    "share of the texts that have it as a likely span",
    "share of the texts that mention it",
    "log best margin over no answer",
    "share of its words in the question",
    "wholly in the question",
    "one word",
    "log words",
    "number where one is asked for",
    "number where none is asked for",
    "no number where one is asked for",
    "has the word asked for",
    "symbol",
    "begins or ends with a stop word",
    "has brackets or a conjunction",
    "earliest text",
)

_ASKS_NUMBER = re.compile(
    r"\b(?:how (?:many|much|long|old|often|frequent|common|large|big)|what (?:percentage|proportion|percent|number|"
    r"is the (?:\w+ ){0,3}(?:number|percentage|prevalence|incidence|rate|frequency|dose|size|half-life|length|age|"
    r"cutoff))|which percentage|when)\b",
    re.IGNORECASE,
)
_NUMBER_WORDS = re.compile(r"one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|half|third|quarter")
_ASKED = re.compile(r"\b(?:which|what)\s+(?:is the|are the|is|are)?\s*((?:[\w-]+\s+){0,2}[\w-]+)", re.IGNORECASE)
_SYMBOL = re.compile(r"(?=\S*[A-Z])(?=\S*(?:[A-Z]\S*[A-Z]|\d))\S+")
_JOINED = re.compile(r"[()\[\];]|\b(?:and|or)\b|, ")


class Candidate(msgspec.Struct, frozen=True):
    """An answer before it is ranked: its spans, best first, and its features in the order of `FEATURES`."""

    key: str
    text: str
    spans: tuple[FoundSpan, ...]
    features: tuple[float, ...]


class Weights(msgspec.Struct, frozen=True):
    """One weight a feature, in the order of `FEATURES`, and a constant."""

    weights: tuple[float, ...]
    bias: float

    def score(self, features: Sequence[float]) -> float:
        """From 0 to 1: how likely a candidate with these features is right."""
        value = self.bias + sum(weight * feature for weight, feature in zip(self.weights, features, strict=True))
        return 1.0 / (1.0 + math.exp(-max(-30.0, min(30.0, value))))


class Ranking(msgspec.Struct, frozen=True):
    """What ``ranking.json`` holds; `provenance` says on what the weights were fitted and how well they do."""

    features: tuple[str, ...]
    factoid: Weights
    list: Weights
    provenance: dict[str, Any]


@lru_cache(maxsize=1)
def shipped_ranking(path: Path = WEIGHTS) -> Ranking:
    """The weights that ship; ModelError where they are for other features or cannot be read."""
    try:
        ranking = msgspec.json.decode(path.read_bytes(), type=Ranking)
    except (OSError, msgspec.MsgspecError) as error:
        raise ModelError(f"{path}: ranking weights cannot be read ({error})", remedy="Reinstall biocite") from error
    if ranking.features != FEATURES or not len(FEATURES) == len(ranking.factoid.weights) == len(ranking.list.weights):
        raise ModelError(f"{path}: ranking weights are for other features", remedy="Reinstall biocite")
    return ranking


def read_spans(reader: SpanReader, question: str, texts: Sequence[str], weights: Sequence[float]) -> list[FoundSpan]:
    """The spans to rank, overlapping ones and all; `weights` says how much each text is trusted."""
    found = reader.read(question, texts, limit=SPANS_PER_TEXT, apart=False)
    return [
        FoundSpan(number, candidate.span.of(text), candidate, weights[number])
        for number, (text, spans) in enumerate(zip(texts, found, strict=True))
        for candidate in spans
    ]


def rank_spans(
    question: str,
    texts: Sequence[str],
    spans: Sequence[FoundSpan],
    kind: RankedKind,
    limit: int,
    ranking: Ranking | None = None,
) -> list[RankedAnswer]:
    """The best answers; for a list, items enumerated with a likely span are candidates too."""
    known = ranking or shipped_ranking()
    weights = known.factoid if kind == "factoid" else known.list
    found = candidates(question, texts, with_siblings(texts, spans) if kind == "list" else spans)
    return in_order(found, weights, limit)


def in_order(found: Iterable[Candidate], weights: Weights, limit: int) -> list[RankedAnswer]:
    """The best candidates by these weights; ties go to the one found in the earlier text."""
    scored = [RankedAnswer(one.text, weights.score(one.features), one.spans) for one in found]
    return sorted(scored, key=lambda answer: (-answer.score, answer.spans[0].text_number, answer.text))[:limit]


def distinct(answers: Sequence[RankedAnswer]) -> list[RankedAnswer]:
    """The answers without those that are a better one with other boundaries: that overlap with it in a text.

    BioASQ's measures take five attempts at one answer, so ranking keeps them; a person wants to see it once.
    """
    kept: list[RankedAnswer] = []
    for answer in answers:
        if not any(_overlap(answer, other) for other in kept):
            kept.append(answer)
    return kept


def _overlap(one: RankedAnswer, other: RankedAnswer) -> bool:
    places = {span.text_number: span.candidate.span for span in one.spans}
    return any(
        (place := places.get(span.text_number)) is not None
        and place.start < span.candidate.span.end
        and span.candidate.span.start < place.end
        for span in other.spans
    )


def with_siblings(texts: Sequence[str], spans: Sequence[FoundSpan]) -> list[FoundSpan]:
    """The spans, and those enumerated with one of them, which are taken to be nearly as probable as that one."""
    known = {(span.text_number, span.candidate.span) for span in spans}
    best: dict[tuple[int, Any], FoundSpan] = {}
    for span in spans:
        if span.candidate.probability < SIBLING_LEAST:
            continue
        text = texts[span.text_number]
        for found in siblings(text, span.candidate.span):
            place = tidy_span(text, found)
            key = (span.text_number, place)
            probability = span.candidate.probability * SIBLING_SHARE
            if len(place) < 2 or key in known or (key in best and best[key].candidate.probability >= probability):
                continue
            best[key] = FoundSpan(span.text_number, place.of(text), SpanCandidate(place, probability, 0.0), span.weight)
    return [*spans, *best.values()]


class _Asked(msgspec.Struct, frozen=True):
    """What the features need to know of a question and its texts."""

    words: frozenset[str]
    text: str
    number: bool
    type_words: frozenset[str]
    texts: tuple[str, ...]
    abbreviations: Mapping[str, str]


def candidates(question: str, texts: Sequence[str], spans: Sequence[FoundSpan]) -> list[Candidate]:
    """The spans as candidates, in no order that means anything."""
    asked = _asked(question, texts)
    groups: dict[str, list[FoundSpan]] = defaultdict(list)
    for span in spans:
        groups[key_words(span.text) or span.text.casefold()].append(span)
    sums = {key: sum(_each_text_once(group).values()) for key, group in groups.items()}
    related = _related(sums, asked.abbreviations)
    places = _places(spans)
    return [
        _candidate(key, group, _features(key, group, sums, related, places, asked)) for key, group in groups.items()
    ]


def _asked(question: str, texts: Sequence[str]) -> _Asked:
    match = _ASKED.search(question)
    words = key_words(question)
    return _Asked(
        words=frozenset(words.split()),
        text=f" {words} ",
        number=_ASKS_NUMBER.search(question) is not None,
        type_words=frozenset(key_words(match[1]).split()) - STOP_WORDS if match else frozenset(),
        texts=tuple(f" {key_words(text)} " for text in texts),
        abbreviations=abbreviations(texts),
    )


def _each_text_once(group: Sequence[FoundSpan]) -> dict[int, float]:
    best: dict[int, float] = {}
    for span in group:
        best[span.text_number] = max(best.get(span.text_number, 0.0), span.score)
    return best


def _related(sums: Mapping[str, float], short_to_long: Mapping[str, str]) -> dict[str, float]:
    """For each key the summed probability of its abbreviation, its long form, and "long form (ABBR)"."""
    long_of = {key: short_to_long.get(key, key) for key in sums}
    for key in sums:
        for short, name in short_to_long.items():
            if key == f"{name} {short}":
                long_of[key] = name
    totals: dict[str, float] = defaultdict(float)
    for key, name in long_of.items():
        totals[name] += sums[key]
    return {key: totals[name] for key, name in long_of.items()}


def _places(spans: Sequence[FoundSpan]) -> dict[int, list[FoundSpan]]:
    places: dict[int, list[FoundSpan]] = defaultdict(list)
    for span in spans:
        places[span.text_number].append(span)
    return places


def _candidate(key: str, group: Sequence[FoundSpan], features: tuple[float, ...]) -> Candidate:
    """Spelled as the model finds it most in all; the best span of each text, those of that spelling first."""
    total: dict[str, float] = defaultdict(float)
    for span in group:
        total[_plain(span.text)] += span.score
    spelling = max(total, key=lambda text: (total[text], -len(text), text))
    best: dict[int, FoundSpan] = {}
    for span in sorted(
        group,
        key=lambda span: (_plain(span.text) != spelling, -span.score, span.text_number, span.candidate.span),
    ):
        best.setdefault(span.text_number, span)
    spans = tuple(best.values())
    return Candidate(key, spans[0].text, spans, features)


def _plain(text: str) -> str:
    return " ".join(text.casefold().split())


def _features(
    key: str,
    group: Sequence[FoundSpan],
    sums: Mapping[str, float],
    related: Mapping[str, float],
    places: Mapping[int, list[FoundSpan]],
    asked: _Asked,
) -> tuple[float, ...]:
    best = max(group, key=lambda span: span.score)
    words = key.split()
    longer, shorter = _around(group, places)
    content = [word for word in words if word not in STOP_WORDS] or words
    number = best.text[:1].isdigit() or _NUMBER_WORDS.fullmatch(best.text.casefold()) is not None
    ends = best.text.casefold().split()
    texts = len(asked.texts)
    likely = sum(probability > 0.1 for probability in _each_text_once(group).values())
    return (
        _log(best.score),
        _log(sums[key]),
        _log(related[key]),
        _log(longer),
        _log(shorter),
        likely / texts,
        sum(f" {key} " in text for text in asked.texts) / texts,
        max(-5.0, min(10.0, best.candidate.margin)) / 5,
        sum(word in asked.words for word in content) / len(content),
        float(f" {key} " in asked.text),
        float(len(words) == 1),
        math.log(len(words)),
        float(number and asked.number),
        float(number and not asked.number),
        float(asked.number and not any(character.isdigit() for character in key) and not number),
        float(not asked.type_words.isdisjoint(words)),
        float(_SYMBOL.fullmatch(best.text) is not None),
        float(ends[0] in STOP_WORDS or ends[-1] in STOP_WORDS),
        float(_JOINED.search(best.text) is not None),
        min(span.text_number for span in group) / texts,
    )


def _around(group: Sequence[FoundSpan], places: Mapping[int, list[FoundSpan]]) -> tuple[float, float]:
    """Summed over texts: the most that a span containing the candidate's has, and the most that one within it has."""
    longer: dict[int, float] = {}
    shorter: dict[int, float] = {}
    for span in group:
        own = span.candidate.span
        for other in places[span.text_number]:
            found = other.candidate.span
            if found == own or found.end <= own.start or own.end <= found.start:
                continue
            side = longer if len(found) > len(own) else shorter
            side[span.text_number] = max(side.get(span.text_number, 0.0), other.score)
    return sum(longer.values()), sum(shorter.values())


def _log(probability: float) -> float:
    return math.log(max(LEAST, probability))
