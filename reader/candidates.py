"""Which spans found in passages are answers at all: none that only repeats the question, and each place once."""

import re
from collections.abc import Sequence

from reader.aggregate import FoundSpan
from reader.features import Reading
from reader.question_kind import alternatives


def not_from_question(spans: list[FoundSpan], question: str) -> list[FoundSpan]:
    """Without spans that only repeat words of the question: they answer nothing, unless it offers them to choose."""
    asked = question.casefold()
    offered = [_whole(word.casefold()) for word in alternatives(question)]

    def repeats(text: str) -> bool:
        chooses = sum(word.search(text) is not None for word in offered) == 1
        return not chooses and _whole(text).search(asked) is not None

    return [span for span in spans if not repeats(span.text.casefold())]


def _whole(words: str) -> re.Pattern[str]:
    """Finds these words where no letter or digit goes on before or after them."""
    return re.compile(rf"(?<!\w){re.escape(words)}(?!\w)")


def each_place_once(spans: list[FoundSpan], readings: Sequence[Reading]) -> list[FoundSpan]:
    """Neighbouring passages share sentences: what was found in both is one quotation and counts once."""
    best: dict[tuple[str, int, int], FoundSpan] = {}
    for span in spans:
        passage, found = readings[span.text_number].stored.passage, span.candidate.span
        place = (passage.document_id, passage.span.start + found.start, passage.span.start + found.end)
        if place not in best or best[place].score < span.score:
            best[place] = span
    return list(best.values())
