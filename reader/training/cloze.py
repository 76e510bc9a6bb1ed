"""Questions made by rule from abstracts, to teach a base that never saw a question what pointing at an answer is.

Two kinds, both with a term of the abstract as the answer. *Recurring*: the term is taken out of one sentence, which
becomes the question, and stands in another sentence that shares words with it (recurring span selection, Ram et al.
2021). *Same*: the sentence itself stays in the text and the question is a piece of it, some words dropped (Lewis et al.
2019). The question word says of what type the term looks to be: "Which gene", "How many", "What".
"""

import random
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec

from corpora.records import Document
from corpora.sources import iter_sources, read_source
from indexer.sentences import sentence_spans
from reader.names import STOP_WORDS
from reader.training.examples import Example, occurrences, whole_words


class ClozeSettings(msgspec.Struct, frozen=True):
    """How many questions are made and how. Shares are of all questions; lengths are in words.

    A term of `rare` is in at most that share of the abstracts: what most abstracts speak of is no answer to anything.
    """

    examples: int = 14_000
    per_abstract: int = 2
    same: float = 0.5
    unanswerable: float = 0.12
    dropped: float = 0.12
    longest_question: int = 16
    longest_text: int = 110
    shared_words: int = 2
    rare: float = 0.004
    seed: int = 13


class _Abstract(msgspec.Struct, frozen=True):
    sentences: tuple[str, ...]
    terms: tuple[str, ...]


_WORD = re.compile(r"\w+(?:[-'/.]\w+)*\+?")
_SYMBOL = re.compile(r"(?=\w*[A-Z])(?=\w*(?:[A-Z]\w*[A-Z]|\d))[A-Za-z]\w*(?:-\w+)*")
_NUMBER = re.compile(
    r"(?<![\w.,])\d+(?:[.,]\d+)?(?: ?%| ?(?:mg|kg|g|ml|mM|µM|nM|kDa|kb|bp|mm|cm|nm|days|weeks|months|years|hours|h|min"
    r"|patients|cases|genes|children|women|men|subjects|participants|samples)\b)|(?<![\w.,/(–-])\d+(?![\w.,/)–-])"
)
_TYPES = (
    (re.compile(r"^\d.*%$"), ("What percentage", "What proportion", "What percent")),
    (
        re.compile(r"^\d.*(?:patients|cases|genes|children|women|men|subjects|participants|samples)$|^\d+$"),
        ("How many", "What number"),
    ),
    (re.compile(r"^\d"), ("How much", "How long", "What")),
    (
        re.compile(r"(?:mab|nib|vir|pril|statin|mycin|cillin|azole|olol|sartan|gliptin|platin)$"),
        ("Which drug", "What drug"),
    ),
    (re.compile(r"(?:ine|one|ide|ate|ol|acid)$"), ("Which drug", "Which compound", "What")),
    (re.compile(r"(?:ase|in|receptors?|proteins?|kinases?|factors?)$"), ("Which protein", "What protein", "What")),
    (
        re.compile(
            r"(?:itis|oma|osis|emia|aemia|pathy|trophy|syndrome|diseases?|cancers?|disorders?|tumou?rs?|infections?)$"
        ),
        ("Which disease", "What disease", "Which condition"),
    ),
    (re.compile(r"(?:virus|viruses|bacteria|coccus|ella)$"), ("Which virus", "Which organism", "Which pathogen")),
    (re.compile(r"cells?$"), ("Which cells", "What cell type")),
)
_ANY = ("What", "Which", "What is", "Name what")
_GENE = ("Which gene", "What gene", "Which protein", "Which", "What")


def read_abstracts(paths: Iterable[Path]) -> list[Document]:
    """The English documents of PubMed XML files that have an abstract, once each."""
    found: dict[str, Document] = {}
    for file in iter_sources(sorted(paths)):
        for record in read_source(file):
            if isinstance(record, Document) and len(record.sections) > 1 and "eng" in record.metadata.languages:
                found[record.document_id] = record
    return list(found.values())


def make_cloze(documents: Sequence[Document], settings: ClozeSettings) -> list[Example]:
    """At most `examples` questions, drawn by the seed alone, from documents in the order given."""
    draw = random.Random(settings.seed)  # noqa: S311 - repeatable, not secret
    usual = _usual_words(documents, settings.rare)
    lexicon = _lexicon(documents)
    order = list(documents)
    draw.shuffle(order)
    made: list[Example] = []
    other = "The protocol was approved by the committee."
    for document in order:
        abstract = _abstract(document, lexicon, usual)
        made += _from_abstract(abstract, other, settings, draw)
        if abstract.sentences:
            other = draw.choice(abstract.sentences)
        if len(made) >= settings.examples:
            break
    draw.shuffle(made)
    return made[: settings.examples]


def _usual_words(documents: Sequence[Document], rare: float) -> frozenset[str]:
    counts: Counter[str] = Counter()
    for document in documents:
        counts.update(set(_words(document.text)))
    least = max(2.0, rare * len(documents))
    return frozenset(word for word, count in counts.items() if count > least)


def _lexicon(documents: Iterable[Document]) -> frozenset[str]:
    """MeSH headings and authors' keywords, in lower case; an inverted heading ("Neoplasms, Lung") is left out."""
    names = (
        name.lower()
        for document in documents
        for name in (*(heading.name for heading in document.metadata.mesh), *document.metadata.keywords)
    )
    return frozenset(name for name in names if 3 <= len(name) <= 60 and "," not in name)


def _abstract(document: Document, lexicon: frozenset[str], usual: frozenset[str]) -> _Abstract:
    sentences = tuple(
        sentence
        for section in document.sections
        for span in sentence_spans(section.span.of(document.text))
        if "ABSTRACT TRUNCATED" not in span.of(section.span.of(document.text))
        and len((sentence := span.of(section.span.of(document.text)).strip()).split()) >= 5
    )
    terms: dict[str, None] = {}
    for sentence in sentences:
        for term in _terms(sentence, lexicon, usual):
            terms.setdefault(term)
    return _Abstract(sentences, tuple(terms))


def _terms(sentence: str, lexicon: frozenset[str], usual: frozenset[str]) -> list[str]:
    found = [match[0] for match in _NUMBER.finditer(sentence)]
    words = list(_WORD.finditer(sentence))
    start = 0
    while start < len(words):
        for length in (5, 4, 3, 2, 1):
            if start + length > len(words):
                continue
            name = sentence[words[start].start() : words[start + length - 1].end()]
            if _is_term(name, lexicon, usual):
                found.append(name)
                start += length - 1
                break
        start += 1
    return found


def _is_term(name: str, lexicon: frozenset[str], usual: frozenset[str]) -> bool:
    if " " not in name and _SYMBOL.fullmatch(name) and len(name) >= 3:
        return True
    lower = name.lower()
    known = lower in lexicon or lower.removesuffix("s") in lexicon or f"{lower}s" in lexicon
    return known and not set(_words(name)) <= usual


def _words(text: str) -> list[str]:
    return [match[0].lower() for match in _WORD.finditer(text)]


def _from_abstract(abstract: _Abstract, other: str, settings: ClozeSettings, draw: random.Random) -> list[Example]:
    terms = list(abstract.terms)
    draw.shuffle(terms)
    made: list[Example] = []
    for term in terms:
        if len(made) == settings.per_abstract:
            break
        holding = [number for number, text in enumerate(abstract.sentences) if whole_words(term).search(text)]
        if not holding:
            continue
        draw.shuffle(holding)
        example = (
            _same(abstract, term, holding[0], settings, draw)
            if draw.random() < settings.same
            else _recurring(abstract, term, holding, settings, draw)
        )
        if example is not None:
            made.append(_maybe_silent(example, abstract, term, other, settings, draw))
    return made


def _same(abstract: _Abstract, term: str, asked: int, settings: ClozeSettings, draw: random.Random) -> Example | None:
    question = make_question(abstract.sentences[asked], term, settings, draw)
    return _example(question, _around(abstract.sentences, asked, None, settings, draw), term) if question else None


def _recurring(
    abstract: _Abstract, term: str, holding: Sequence[int], settings: ClozeSettings, draw: random.Random
) -> Example | None:
    for asked in holding:
        for answering in holding:
            if asked == answering:
                continue
            question = make_question(abstract.sentences[asked], term, settings, draw)
            shared = _content(question) & _content(abstract.sentences[answering]) - set(_words(term))
            if question and len(shared) >= settings.shared_words:
                return _example(question, _around(abstract.sentences, answering, asked, settings, draw), term)
    return None


def _content(text: str) -> set[str]:
    return {word for word in _words(text) if word not in STOP_WORDS and len(word) > 2}


def _around(
    sentences: Sequence[str], number: int, without: int | None, settings: ClozeSettings, draw: random.Random
) -> str:
    """The sentence with up to two before and two after it, as long as they fit, and never across the one left out."""
    first = last = number
    for _ in range(draw.choice((0, 0, 1, 2, 3))):
        step = draw.choice((-1, 1))
        new = first - 1 if step < 0 else last + 1
        if not 0 <= new < len(sentences) or new == without:
            continue
        if sum(len(text.split()) for text in (*sentences[first : last + 1], sentences[new])) > settings.longest_text:
            break
        first, last = min(first, new), max(last, new)
    return " ".join(sentences[first : last + 1])


def _example(question: str, text: str, term: str) -> Example | None:
    spans = occurrences(text, term)
    if not spans or len(text.split()) > 150 or occurrences(question, term):
        return None
    return Example(question, text, (tuple(spans),))


def _maybe_silent(
    example: Example, abstract: _Abstract, term: str, other: str, settings: ClozeSettings, draw: random.Random
) -> Example:
    if draw.random() >= settings.unanswerable:
        return example
    silent = [text for text in abstract.sentences if not whole_words(term).search(text)]
    text = draw.choice(silent) if silent and draw.random() < 0.7 else other
    return example if whole_words(term).search(text) else Example(example.question, text)


def make_question(sentence: str, term: str, settings: ClozeSettings, draw: random.Random) -> str:
    """A question that the term answers, from the words around it in the sentence; empty where too little is left."""
    match = whole_words(term).search(sentence)
    if not match:
        return ""
    before, after = sentence[: match.start()].split(), sentence[match.end() :].split()
    before, after = _near(before, after, settings.longest_question, draw)
    before, after = (_thinned(words, settings.dropped, draw) for words in (before, after))
    if len(_content(" ".join([*before, *after]))) < 3:
        return ""
    asking = draw.choice(_question_words(term))
    if len(before) <= 3:
        words = [asking, *([] if draw.random() < 0.5 else before), *after]
    elif len(after) <= 2 and draw.random() < 0.3:
        words = [*before, asking.lower(), *after]
    elif draw.random() < 0.5:
        words = [asking, *after, *before]
    else:
        words = [asking, *before, *after]
    text = " ".join(words).strip(" .,;:()")
    return text[:1].upper() + text[1:] + ("?" if draw.random() < 0.97 else "")


def _thinned(words: list[str], dropped: float, draw: random.Random) -> list[str]:
    stripped = (word.strip(".,;:()[]") for word in words if draw.random() >= dropped)
    return [word for word in stripped if word]


def _near(before: list[str], after: list[str], limit: int, draw: random.Random) -> tuple[list[str], list[str]]:
    """Up to `limit` words around the gap, cut at a comma or the like where there is one."""
    limit = draw.randint(6, limit)
    left = draw.randint(0, limit)
    before, after = (
        before[max(0, len(before) - max(left, limit - len(after))) :],
        after[: max(limit - left, limit - len(before))],
    )
    for number, word in enumerate(after):
        if number >= 4 and word[-1] in ",;:":
            after = after[: number + 1]
            break
    for number in range(len(before) - 5, -1, -1):
        if before[number][-1] in ",;:":
            before = before[number + 1 :]
            break
    return before, after


def _question_words(term: str) -> Sequence[str]:
    for pattern, words in _TYPES:
        if pattern.search(term):
            return words
    return _GENE if _SYMBOL.fullmatch(term) else _ANY
