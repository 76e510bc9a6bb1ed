"""A note -> its facets: what it says of the patient, each with its place, whether it is present, and since when."""

from collections.abc import Iterator

from corpora.patients.records import Facet
from corpora.records import Span
from indexer.patients.assertion import Reading, readings
from indexer.patients.labs import labs_of
from indexer.patients.lexicon import Concept, concepts_among
from indexer.patients.timeline import timed
from indexer.patients.words import Word, words_of
from indexer.sentences import sentence_spans


def facets_of(text: str) -> tuple[Facet, ...]:
    """The findings, conditions, drugs, procedures and labs that `text` names, in reading order.

    None overlaps another of its kind. A drug that is not tolerated is the condition "<drug> allergy"; a condition that
    the family does not have is the absent "family history of <condition>".
    """
    labs = labs_of(text)
    measured = [(lab.span.start, lab.span.end) for lab in labs]
    found = list(labs)
    sentences = list(sentence_spans(text))
    for sentence in sentences:
        found.extend(_of_sentence(text, sentence, measured))
    found.sort(key=lambda facet: (facet.span, facet.kind))
    return tuple(timed(text, sentences, found))


def _of_sentence(text: str, sentence: Span, measured: list[tuple[int, int]]) -> Iterator[Facet]:
    words = words_of(text, sentence.start, sentence.end)
    if not words:
        return
    named = [
        (found.first, found.last, found.concept)
        for found in concepts_among(words)
        if not _overlaps(measured, words[found.first].start, words[found.last - 1].end)
    ]
    procedures = {index for index, (_, _, concept) in enumerate(named) if concept.kind == "procedure"}
    said = readings(text, words, [(first, last) for first, last, _ in named], procedures)
    for index, ((first, last, concept), reading) in enumerate(zip(named, said, strict=True)):
        after = named[index + 1] if index + 1 < len(named) else None
        before = named[index - 1] if index else None
        if concept.term == "allergy" and (_is_drug_before(before, first) or _tells_of_drug(said[index + 1 :])):
            continue
        if concept.kind == "drug" and after is not None and after[0] == last and after[2].term == "allergy":
            last, reading = after[1], reading._replace(allergy=True)
        yield _facet(text, words, (first, last), concept, reading)


def _is_drug_before(before: tuple[int, int, Concept] | None, first: int) -> bool:
    return before is not None and before[2].kind == "drug" and before[1] == first


def _tells_of_drug(said: list[Reading]) -> bool:
    """Whether what follows "allergies:" in the sentence is what is not tolerated."""
    return any(reading.allergy for reading in said)


def _facet(text: str, words: list[Word], place: tuple[int, int], concept: Concept, reading: Reading) -> Facet:
    span = Span(words[place[0]].start, words[place[1] - 1].end)
    kind, term = concept.kind, concept.term
    if reading.allergy and kind == "drug":
        kind, term = "condition", f"{term} allergy"
    if reading.of_family:
        term = f"family history of {term}"
    return Facet(kind, term, span, span.of(text), reading.assertion)


def _overlaps(taken: list[tuple[int, int]], start: int, end: int) -> bool:
    return any(start < last and first < end for first, last in taken)
