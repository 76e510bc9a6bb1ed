"""Examples for the yes/no/maybe verdict: a question, a text to decide it by, and the right label.

Artificial ones are made by rule from PubMed abstracts (`claim_examples`) and from trials' findings
(`finding_examples`); expert ones are BioASQ's yes/no questions with their snippets and PubMedQA's with their abstracts.
"""

import random
from collections.abc import Iterable, Sequence

import msgspec

from corpora.errors import SourceError
from corpora.evidence_inference import Direction, Finding
from corpora.questions import Question
from corpora.records import Document
from indexer.sentences import sentence_spans
from reader.linear_verdict import LABELS
from reader.records import VerdictLabel
from reader.training.verdict_claims import Claim, claim_of, contradicted, negated


class Example(msgspec.Struct, frozen=True):
    """One question with one text."""

    question: str
    text: str
    label: VerdictLabel


class ClaimSettings(msgspec.Struct, frozen=True):
    """How many examples are made from abstracts, and how.

    A claim is *stated* where the text has its own sentence, else *reasoned* from the rest of the abstract. `undecided`
    is the share whose text says nothing of the claim: they are maybe. `words` is the longest text.
    """

    examples: int = 6000
    stated: float = 0.5
    undecided: float = 0.08
    words: int = 120
    seed: int = 13


class _Source(msgspec.Struct, frozen=True):
    """A claim with where it was found: its own sentence and what is around it, and the rest of the abstract."""

    claim: Claim
    own: str
    around: tuple[str, str]
    rest: str
    elsewhere: str


_CONCLUDING = ("conclusions", "discussion")
_TURNED = ("results", "conclusions", "abstract", "discussion")


def claim_examples(documents: Iterable[Document], settings: ClaimSettings) -> list[Example]:
    """Examples from claims in titles and abstracts, as many yes as no, in an order that depends on the seed alone."""
    draw = random.Random(settings.seed)  # noqa: S311 - repeatable, not secret
    sources = [source for document in documents for source in _sources(document)]
    draw.shuffle(sources)
    stated, reasoned = round(settings.examples * settings.stated), round(settings.examples * (1 - settings.stated))
    made = _balanced([_stated(source, draw) for source in sources], stated, draw)
    made += _balanced([_reasoned(source, draw, settings.words) for source in sources], reasoned, draw)
    for number in draw.sample(range(len(made)), round(len(made) * settings.undecided)):
        source = draw.choice(sources)
        made[number] = Example(source.claim.question, source.elsewhere or draw.choice(sources).rest, "maybe")
    draw.shuffle(made)
    return [Example(made_one.question, _cut(made_one.text, settings.words), made_one.label) for made_one in made]


def _balanced(found: Sequence[Example | None], wanted: int, draw: random.Random) -> list[Example]:
    """Half of what is wanted of each label, fewer where there are fewer."""
    chosen: list[Example] = []
    for label in ("yes", "no"):
        of_label = [example for example in found if example is not None and example.label == label]
        chosen += draw.sample(of_label, min(len(of_label), wanted // 2))
    return chosen


def _sources(document: Document) -> list[_Source]:
    """What of a document can be turned: its title, concluding sentences, and negated findings wherever they stand."""
    sections = [(section.kind, section.span.of(document.text)) for section in document.sections]
    sentences = [
        (kind, span.of(text).strip()) for kind, text in sections if kind != "title" for span in sentence_spans(text)
    ]
    if len(sentences) < 4:
        return []
    structured = any(kind == "results" for kind, _ in sections)
    body = (
        [sentence for kind, sentence in sentences if kind not in _CONCLUDING]
        if structured
        else [sentence for _, sentence in sentences[:-1]]
    )
    elsewhere = " ".join(sentence for kind, sentence in sentences if kind in ("background", "methods", "objective"))
    sources = []
    for title in (text for kind, text in sections if kind == "title"):
        if (claim := claim_of(title)) is not None:
            last = sentences[-1][1]
            sources.append(_Source(claim, last, (sentences[-2][1], ""), " ".join(body), elsewhere))
    for number, (kind, sentence) in enumerate(sentences):
        concluding = kind in _CONCLUDING or (not structured and number >= len(sentences) - 3)
        claim = claim_of(sentence) if kind in _TURNED else None
        if claim is None or _of_method(claim.question) or (claim.holds and not concluding):
            continue
        rest = " ".join(other for other in body if other != sentence)
        before = sentences[number - 1][1] if number else ""
        after = sentences[number + 1][1] if number + 1 < len(sentences) else ""
        sources.append(_Source(claim, sentence, (before, after), rest, elsewhere))
    return sources


_OF_METHOD = frozenset(
    [
        "performed",
        "described",
        "discussed",
        "determined",
        "examined",
        "investigated",
        "measured",
        "obtained",
        "studied",
        "evaluated",
        "used",
        "administered",
        "reported",
        "needed",
        "presented",
        "reviewed",
        "compared",
        "analyzed",
        "analysed",
        "assessed",
        "calculated",
        "collected",
        "included",
        "conducted",
        "tested",
        "given",
        "proposed",
        "developed",
        "required",
        "warranted",
        "suggested",
        "considered",
        "divided",
        "injected",
        "emphasized",
    ]
)


def _of_method(question: str) -> bool:
    """Whether a question asks what was done, which nobody asks."""
    return not _OF_METHOD.isdisjoint(question.lower().rstrip("?").split())


def _label(holds: bool) -> VerdictLabel:
    return "yes" if holds else "no"


def _stated(source: _Source, draw: random.Random) -> Example | None:
    """The claim's own sentence, with or without its neighbours, at times with the question or the text turned round."""
    question, holds, own = source.claim.question, source.claim.holds, source.own
    turn = draw.random()
    if turn < 0.4 and holds and (against := contradicted(question, draw)) is not None:
        question, holds = against, False
    elif turn < 0.7 and (opposite := negated(own)) is not None:
        own, holds = opposite, not holds
    before, after = source.around
    text = " ".join(filter(None, (before * (draw.random() < 0.5), own, after * (draw.random() < 0.3))))
    return Example(question, text, _label(holds))


def _reasoned(source: _Source, draw: random.Random, words: int) -> Example | None:
    """The abstract without the claim's sentence, where enough of it is left."""
    if len(source.rest.split()) < words // 4:
        return None
    question, holds = source.claim.question, source.claim.holds
    if draw.random() < 0.5 and holds and (against := contradicted(question, draw)) is not None:
        question, holds = against, False
    return Example(question, source.rest, _label(holds))


def _cut(text: str, words: int) -> str:
    """The last words of a text: results and conclusions stand there."""
    return " ".join(text.split()[-words:])


# What is asked of a trial's finding, and what answers it with yes.
_ASKED: tuple[tuple[str, tuple[Direction, ...]], ...] = (
    ("Does {i} increase {o} compared with {c}?", ("increased",)),
    ("Does {i} raise {o}?", ("increased",)),
    ("Is {o} higher with {i} than with {c}?", ("increased",)),
    ("Is {i} associated with increased {o}?", ("increased",)),
    ("Does {i} decrease {o} compared with {c}?", ("decreased",)),
    ("Does {i} reduce {o}?", ("decreased",)),
    ("Is {o} lower with {i} than with {c}?", ("decreased",)),
    ("Can {i} lower {o}?", ("decreased",)),
    ("Does {i} affect {o}?", ("increased", "decreased")),
    ("Does {i} have an effect on {o} compared with {c}?", ("increased", "decreased")),
    ("Is there a difference in {o} between {i} and {c}?", ("increased", "decreased")),
    ("Does {c} lead to higher {o} than {i}?", ("decreased",)),
    ("Does {c} lead to lower {o} than {i}?", ("increased",)),
    ("Is {o} similar with {i} and with {c}?", ("no difference",)),
    ("Are {i} and {c} equivalent as to {o}?", ("no difference",)),
)


class FindingSettings(msgspec.Struct, frozen=True):
    """How many questions are asked of each finding; `longest` is that of a part of a question in words."""

    each: int = 1
    longest: int = 14
    words: int = 170
    seed: int = 13


def finding_examples(findings: Sequence[Finding], settings: FindingSettings) -> list[Example]:
    """Questions on findings, as many yes as no by chance; prompts with differing findings are left out."""
    draw = random.Random(settings.seed)  # noqa: S311 - repeatable, not secret
    directions: dict[str, set[Direction]] = {}
    for finding in findings:
        directions.setdefault(finding.prompt_id, set()).add(finding.direction)
    made: dict[tuple[str, str], Example] = {}
    for finding in findings:
        parts = {"i": finding.intervention, "o": finding.outcome, "c": finding.comparator}
        if len(directions[finding.prompt_id]) > 1 or any(
            len(part.split()) > settings.longest for part in parts.values()
        ):
            continue
        for _ in range(settings.each):
            holds = draw.random() < 0.5
            pattern, _ = draw.choice([asked for asked in _ASKED if (finding.direction in asked[1]) is holds])
            question = pattern.format(**{name: part.strip(" ?.") for name, part in parts.items()})
            made[question, finding.text] = Example(question, _cut(finding.text, settings.words), _label(holds))
    return list(made.values())


class ExpertSettings(msgspec.Struct, frozen=True):
    """How experts' questions become examples.

    Of a BioASQ question, `draws` random sets of its snippets, the first of them all; of a PubMedQA question one, its
    abstract. `words` is the longest text.
    """

    draws: int = 2
    words: int = 170
    seed: int = 13


def expert_examples(questions: Sequence[Question], settings: ExpertSettings) -> list[Example]:
    """Examples of yes/no questions with an answer; the contexts of one document stay in order."""
    draw = random.Random(settings.seed)  # noqa: S311 - repeatable, not secret
    made = []
    for question in questions:
        texts = list(dict.fromkeys(context.text.strip() for context in question.contexts if context.text.strip()))
        if question.kind != "yesno" or not question.answers or not texts:
            continue
        label = check_label(question)
        documents = {context.document_id for context in question.contexts}
        if len(documents) == 1 and len(texts) > 1:
            made.append(Example(question.text, _cut(" ".join(texts), settings.words), label))
            continue
        for number in range(settings.draws):
            chosen = draw.sample(texts, len(texts) if not number else draw.randint(1, len(texts)))
            made.append(Example(question.text, _first(chosen, settings.words), label))
    return made


def check_label(question: Question) -> VerdictLabel:
    """The question's answer; SourceError where it is none of yes, no and maybe."""
    for label in LABELS:
        if question.answers[0][0] == label:
            return label
    raise SourceError(f"{question.source}, question {question.question_id}: {question.answers[0][0]!r} is no verdict")


def _first(texts: Sequence[str], words: int) -> str:
    return " ".join(" ".join(texts).split()[:words])
