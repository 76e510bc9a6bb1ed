"""Expressions of time in English notes, each with its place and what it amounts to; what only looks like one is none.

A quantity ("3 days") says nothing by itself: what stands before and after it decides whether it is a duration, so long
ago, so long after, an age, or no time of a finding at all (a test, an appointment). `_RULES` are tried in order. The
classes follow TIMEX3 (ISO 24617-1) and the 2012 i2b2 challenge (Sun, Rumshisky & Uzuner, J Am Med Inform Assoc
2013;20:806-813) as far as a comparison of patients needs them; the lists are ours.
"""

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from typing import Literal, NamedTuple

from corpora.patients.records import Timing, TimingKind
from corpora.records import Span
from indexer.patients.fixed_times import Expression, Reach, fixed_times, rounded
from indexer.patients.quantities import YEAR, Quantity, quantities_in


class _Rule(NamedTuple):
    """What a quantity is where `before` matches up to it and `after` from its end on; `kind` "" is no time.

    All that `before` matches belongs to the expression, and the group ``quoted`` of `after`. `sign` is that of the
    days.
    """

    kind: TimingKind | Literal[""]
    before: re.Pattern[str] | None
    after: re.Pattern[str] | None
    reach: Reach = "back"
    sign: int = 1


_CONTEXT = 40
_WEEK = 7.0
_NEARLY = (
    r"(?:(?:about|approximately|around|approx\.?|roughly|nearly|almost|at least|more than|greater than|less than|up to"
    r"|only|just|another|further|some|a|the|his|her|their|past|last|previous|preceding|first|~|>|<|≈|≥)\s*)*"
)
_ADMISSION = (
    r"(?:(?:his|her|their|the|this|current|hospital|index|emergency|being|initial)\s+)*(?:admission|admitted|presentation"
    r"|presenting|presented|referral|arrival|attendance|attending|visit|hospitali[sz]ation|hospital|consultation|evaluation"
    r"|ED|he|she)\b"
)
_TESTS = (
    r"urin\w+|collection|survival|risk|mortality|ECG|EKG|holter|blood pressure|ambulatory|ABPM|tape|monitor\w*|walk\w*"
    r"|glucose|post-?prandial|OGTT|apgar|protein|intervals?|film|recording|cortisol|supply|gap|period|window|creatinine"
    r"|faecal|fecal|stool|plasma|serum|value|level|post-?dose|sample|disease-free|progression-free"
)
_DOSING = (
    r"daily|nightly|weekly|bd|bid|b\.i\.d\.|tds|tid|qds|qid|od|o\.d\.|nocte|mg|mcg|µg|g|ml|units?|tablets?|puffs?|once|twice"
    r"|hourly|infusion|courses?|doses?|cycles?|iv|i\.v\.|po|orally|intravenously|a day|per day"
)
_ELSEWHERE = (
    r"admitted|hospitali[sz]ed|observed|monitored|ventilated|intubated|stayed|followed|followed up|in hospital"
    r"|travelled|traveled|lived|worked|married|abroad"
)
_BETTER = "better|well|improved|resolved|settled|recovered|afebrile|discharged|normal|died"
_BEGAN = (
    r"(?:began|begun|started|starting|commenced|beginning|onset|arose|appeared|first noticed|noticed)"
    r"(?:\s+(?:suddenly|abruptly|gradually|acutely|insidiously|was|on|to\s+\w+)){0,2},?\s+"
)
_FOR = r"for|x|×|over|during|throughout|duration of|duration:|duration|lasting|lasts|lasted|in|within"
_S = r"['’]?s?['’]?[\s-]*"
_AGO = (
    rf"\s+(?P<quoted>ago\b|back\b|earlier\b|previously\b|beforehand\b|(?:prior to|before)\s+{_ADMISSION}"
    r"|prior\b(?!\s+to)|before(?=\s*[.,;)]|\s*\Z))"
)
_OWN_UP = r"\s+(?:was|is|were|has been|will)?\s*(?:arranged|planned|be|booked|scheduled|advised)"


def _rule(
    kind: TimingKind | Literal[""], before: str | None, after: str | None, reach: Reach = "back", sign: int = 1
) -> _Rule:
    return _Rule(
        kind,
        None if before is None else re.compile(rf"(?<![^\W_])(?:{before}){_NEARLY}\Z", re.IGNORECASE),
        None if after is None else re.compile(after, re.IGNORECASE),
        reach,
        sign,
    )


_RULES = (
    _rule("age", r"(?:at|since|from)\s+", r"[\s-]+(?P<quoted>of age|old)\b"),
    _rule("", None, r"[\s-]*(?:old\b|of age\b|/?o\b)"),
    _rule("", r"(?:every|each|per|once|twice|times|q|q\.|next|coming)\s*", None),
    _rule("duration", r"(?:for|over|during|in)\s+", rf"{_S}(?P<quoted>period)\b"),
    _rule("", None, rf"{_S}(?:{_TESTS})\b"),
    _rule("", rf"(?:{_BETTER})\s+(?:in|within|after|over|by)\s+", None),
    _rule("gestation", r"(?:gestational age|gestation|pregnant at|pregnancy)(?:\s+of|\s+was|\s+at|:)?\s+", None),
    _rule("gestation", "", rf"{_S}(?P<quoted>(?:of\s+)?(?:gestation\w*|pregnan\w+|amenorrh\w+))"),
    _rule("", None, rf"{_S}(?:of\s+)?follow[\s-]?up{_OWN_UP}"),
    _rule("offset", r"(?:(?:at|by|on|after)\s+)?", rf"{_S}(?P<quoted>(?:of\s+)?follow[\s-]?up)\b"),
    _rule("offset", r"follow[\s-]?up\s+(?:at|after)\s+", None),
    _rule("", rf"(?:{_ELSEWHERE})\s+(?:there\s+)?(?:for|over)\s+", None),
    _rule("duration", rf"(?:{_DOSING}),?\s*(?:for|x|×|over|of)\s*", None, "drug"),
    _rule("duration", "", rf"{_S}(?P<quoted>course|cycle|regimen|treatment|therapy|infusion|trial)\b", "drug"),
    _rule("onset", _BEGAN, _AGO, sign=-1),
    _rule("offset", "", _AGO, sign=-1),
    _rule("duration", r"(?:for|over|lasting|lasts|lasted)\s+", r"\s+(?:after|following|before)\b"),
    _rule("after", "", r"\s+(?P<quoted>prior to|before)\s+\w", sign=-1),
    _rule("offset", "", rf"\s+(?P<quoted>later\b|afterwards?\b|thereafter\b|(?:after|following|into)\s+{_ADMISSION})"),
    _rule("after", "", r"[\s-]*(?P<quoted>(?:after|following|post)(?=\s+\w)|post-?\w+)"),
    _rule("onset", r"since\s+", None, sign=-1),
    _rule("duration", "", rf"{_S}(?P<quoted>history|hx|prodrome|illness)\b", "forward"),
    _rule("duration", r"(?:of\s+|with\s+)?", rf"{_S}(?P<quoted>(?:in\s+)?(?:duration|standing))\b"),
    _rule("duration", rf"(?:(?:{_FOR}|after|history of|hx of)\s*)?", r"['’]?\s+of\s", "forward"),
    _rule("duration", rf"(?:{_FOR}|history of|hx of|h/o)\s*", None),
    _rule("duration", r"the\s+(?:past|last)\s*", None),
    _rule("offset", r"after\s+", None),
    _rule("", r"(?:at|by|until|till|to)\s+", None),
)
_PLAN = (
    r"follow[\s-]?up|review(?:ed)?|return|recheck|repeat(?:ed)?|appointment|clinic|scheduled|planned|plan|see|seen|arranged"
    r"|reassess\w*|to be|will|booked|advised|surveillance"
)
_PLANNED = re.compile(rf"\b(?:{_PLAN})\b", re.IGNORECASE)
_IN = re.compile(rf"(?<!\w)(?:in|within)\s+{_NEARLY}\Z", re.IGNORECASE)
_ADJECTIVE = re.compile(r"[-–]\s?[a-z]+\Z", re.IGNORECASE)
_SENTENCE_ENDS = re.compile(r"[.;\n](?!\d)")


def expressions_in(text: str) -> list[Expression]:
    """The expressions of time in `text`, in order, none overlapping."""
    found = list(fixed_times(text))
    taken = [one.timing.span for one in found]
    starts = [span.start for span in taken]
    for quantity in quantities_in(text):
        place = bisect_left(starts, quantity.end)
        if place == 0 or taken[place - 1].end <= quantity.start:
            expression = _expression(text, quantity)
            if expression is not None:
                found.append(expression)
    return list(_apart(sorted(found, key=lambda one: one.timing.span)))


def _apart(found: Iterable[Expression]) -> Iterator[Expression]:
    last = 0
    for one in found:
        if one.timing.span.start >= last:
            last = one.timing.span.end
            yield one


def _expression(text: str, quantity: Quantity) -> Expression | None:
    """What the first rule that fits says; a quantity that none fits is a duration of what stands beside it."""
    before = text[max(0, quantity.start - _CONTEXT) : quantity.start]
    after = text[quantity.end : quantity.end + _CONTEXT]
    if _IN.search(before) and _is_planned(text, quantity):
        return None
    # "after a 14-hour flight" tells no time, "a 3-day history" does.
    adjective = _ADJECTIVE.search(text, quantity.start, quantity.end) is not None
    for rule in _RULES:
        followed = rule.after.match(after) if rule.after is not None else None
        if followed is None and (rule.after is not None or (rule.kind and adjective)):
            continue
        led = rule.before.search(before) if rule.before is not None else None
        if rule.before is not None and led is None:
            continue
        start = quantity.start if led is None else quantity.start - len(led[0])
        end = quantity.end if followed is None or rule.kind == "" else quantity.end + _quoted(followed)
        return _made(text, quantity, rule, start, end)
    if not quantity.counted:
        return None
    reach: Reach = "near" if adjective else "beside"
    return _made(text, quantity, _Rule("duration", None, None, reach), quantity.start, quantity.end)


def _quoted(followed: re.Match[str]) -> int:
    return followed.end("quoted") if "quoted" in followed.re.groupindex else 0


def _is_planned(text: str, quantity: Quantity) -> bool:
    """Whether the sentence speaks of an appointment: "follow up in 2 weeks", "in 3 months for review"."""
    before = _SENTENCE_ENDS.split(text[max(0, quantity.start - 2 * _CONTEXT) : quantity.start])[-1]
    after = _SENTENCE_ENDS.split(text[quantity.end : quantity.end + _CONTEXT])[0]
    return _PLANNED.search(before) is not None or _PLANNED.search(after) is not None


def _made(text: str, quantity: Quantity, rule: _Rule, start: int, end: int) -> Expression | None:
    if rule.kind == "":
        return None
    low, high = sorted((rule.sign * quantity.low, rule.sign * quantity.high))
    per = {"age": YEAR, "gestation": _WEEK}.get(rule.kind, 1.0)
    start += len(text[start:end]) - len(text[start:end].lstrip())
    timing = Timing(rule.kind, rounded(low / per), rounded(high / per), Span(start, end), text[start:end])
    return Expression(timing, rule.reach)
