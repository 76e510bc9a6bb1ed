"""Turning a span of a passage into evidence: offsets in the document, the sentence around it, its citation."""

from corpora.records import Span
from indexer.sentences import sentence_spans
from indexer.store import StoredPassage
from reader.records import Context, Evidence


def make_evidence(stored: StoredPassage, span: Span, score: float) -> Evidence:
    """Evidence for a span of a passage's text (offsets in the passage)."""
    passage, metadata = stored.passage, stored.metadata
    shift = passage.span.start
    sentence = _sentence_around(passage.text, span)
    return Evidence(
        document_id=passage.document_id,
        passage_id=passage.passage_id,
        title=stored.title,
        section=passage.section,
        start=span.start + shift,
        end=span.end + shift,
        text=span.of(passage.text),
        sha256=stored.document_sha256,
        url=metadata.url,
        score=score,
        context=Context(sentence.start + shift, sentence.end + shift, sentence.of(passage.text)),
        year=metadata.year or None,
        journal=metadata.journal,
        publication_types=metadata.publication_types,
        retracted=metadata.retracted,
    )


def sentence_spans_of(text: str) -> list[Span]:
    """The sentences of a text without the white space around them; blank ones left out."""
    spans = (_trimmed(text, span) for span in sentence_spans(text))
    return [span for span in spans if len(span)]


def _sentence_around(text: str, span: Span) -> Span:
    """The sentence, or run of sentences, that holds the span."""
    touching = [
        sentence for sentence in sentence_spans(text) if sentence.start < span.end and span.start < sentence.end
    ]
    whole = Span(min(touching[0].start, span.start), max(touching[-1].end, span.end)) if touching else span
    trimmed = _trimmed(text, whole)
    return Span(min(trimmed.start, span.start), max(trimmed.end, span.end))


def _trimmed(text: str, span: Span) -> Span:
    body = span.of(text)
    start = span.start + len(body) - len(body.lstrip())
    return Span(start, max(start, span.start + len(body.rstrip())))
