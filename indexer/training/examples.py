"""Triples for contrastive training: (query, passage that answers it, hard negative).

From three places: expert questions with their quoted evidence (BioASQ, PubMedQA), articles' titles with a stretch of
their own abstract (PubMed XML), and consumers' questions with their answers (MedQuAD).
"""

import random
import tarfile
from collections.abc import Iterator
from pathlib import Path

import msgspec
from lxml import etree

from corpora.errors import SourceError
from corpora.questions import Question, read_bioasq, read_pubmedqa
from corpora.splits import DEVELOPMENT_FOLD, pubmedqa_fold, training_files
from indexer.index import Index
from indexer.training.mining import Mined, MiningSettings, cut_like, mine


class Triple(msgspec.Struct, frozen=True):
    """Three texts."""

    query: str
    positive: str
    negative: str


class ExampleSettings(msgspec.Struct, frozen=True):
    """How many triples of each kind: at most `titles` of PubMed's and `medquad` of MedQuAD's; in words, `passage`."""

    titles: int = 1000
    medquad: int = 500
    passage: int = 90
    shortest_title: int = 6
    mining: MiningSettings = MiningSettings()
    seed: int = 13


class TrainingData(msgspec.Struct, frozen=True):
    """The files to learn from; `index` is an index over literature that holds the questions' documents."""

    index: Path
    bioasq: tuple[Path, ...] = ()
    pubmedqa: tuple[Path, ...] = ()
    medquad: tuple[Path, ...] = ()


def files_of(data: TrainingData) -> list[Path]:
    """The files that are learnt from, for the record."""
    return [*training_files(data.bioasq), *data.pubmedqa, *data.medquad]


def training_questions(data: TrainingData) -> list[Question]:
    """Every expert question that may be trained on."""
    bioasq = [question for path in training_files(data.bioasq) for question in read_bioasq(path)]
    pubmedqa = [
        question
        for path in data.pubmedqa
        for question in read_pubmedqa(path)
        if pubmedqa_fold(question.question_id) != DEVELOPMENT_FOLD
    ]
    return bioasq + pubmedqa


def make_triples(index: Index, data: TrainingData, settings: ExampleSettings) -> list[Triple]:
    """All triples, in an order that depends on the seed alone."""
    draw = random.Random(settings.seed)  # noqa: S311 - repeatable, not secret
    triples = []
    for mined in mine(index, training_questions(data), settings.mining):
        triples += question_triples(mined, settings, draw)
    triples += title_triples(index, settings, draw)
    for path in data.medquad:
        triples += medquad_triples(path, settings, draw)
    draw.shuffle(triples)
    return triples


def question_triples(mined: Mined, settings: ExampleSettings, draw: random.Random) -> list[Triple]:
    """At most `positives` of the evidence, each with a negative of its own length, the hardest first."""
    if not mined.negatives:
        return []
    chosen = draw.sample(mined.positives, min(len(mined.positives), settings.mining.positives))
    return [
        Triple(
            mined.question.text,
            positive,
            cut_like(mined.negatives[number % len(mined.negatives)], len(positive.split()), draw),
        )
        for number, positive in enumerate(chosen)
    ]


def title_triples(index: Index, settings: ExampleSettings, draw: random.Random) -> Iterator[Triple]:
    """Titles with a stretch of their abstract; the negative is the same of the nearest other document by BM25."""
    keys = [key for key, _ in index.store.texts()]
    draw.shuffle(keys)
    made = 0
    for key in keys:
        if made >= settings.titles:
            return
        stored = index.store.passages([key])[key]
        if stored.passage.kind == "title" or len(stored.title.split()) < settings.shortest_title:
            continue
        found = index.store.passages([hit.key for hit in index.lexical.search(stored.title, 10)])
        others = [
            other
            for other in found.values()
            if other.passage.document_id != stored.passage.document_id and other.passage.kind != "title"
        ]
        if others:
            words = draw.randint(settings.passage // 4, settings.passage)
            positive = cut_like(stored.passage.text, words, draw)
            made += 1
            yield Triple(stored.title.strip(" .[]"), positive, cut_like(draw.choice(others).passage.text, words, draw))


def medquad_triples(path: Path, settings: ExampleSettings, draw: random.Random) -> list[Triple]:
    """Consumers' questions with their answers; the negative answers another question about the same subject."""
    by_focus: dict[str, list[tuple[str, str]]] = {}
    for focus, question, answer in read_medquad(path):
        by_focus.setdefault(focus, []).append((question, answer))
    triples = []
    for pairs in by_focus.values():
        for number, (question, answer) in enumerate(pairs):
            other = pairs[(number + 1) % len(pairs)][1]
            if other != answer:
                triples.append(Triple(question, *(_beginning(text, settings.passage) for text in (answer, other))))
    return draw.sample(triples, min(len(triples), settings.medquad))


def _beginning(text: str, words: int) -> str:
    """Such an answer begins with what was asked, and goes on for pages."""
    return " ".join(text.split()[:words])


def read_medquad(path: Path) -> Iterator[tuple[str, str, str]]:
    """(subject, question, answer) of the archive's XML files, by name; those without answer are skipped.

    Format: https://github.com/abachaa/MedQuAD (Ben Abacha and Demner-Fushman 2019).
    """
    try:
        with tarfile.open(path) as archive:
            members = [member for member in archive.getmembers() if member.isfile() and member.name.endswith(".xml")]
            for member in sorted(members, key=lambda member: member.name):
                stream = archive.extractfile(member)
                yield from _medquad_file(stream.read() if stream else b"", f"{path}, {member.name}")
    except (tarfile.TarError, OSError, EOFError) as error:
        raise SourceError(f"{path}: not a readable MedQuAD archive ({error})") from error


def _medquad_file(content: bytes, where: str) -> Iterator[tuple[str, str, str]]:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    try:
        root = etree.fromstring(content, parser)
    except etree.XMLSyntaxError as error:
        raise SourceError(f"{where}: not XML ({error})") from error
    focus = _text(root.find("Focus"))
    for pair in root.iter("QAPair"):
        question, answer = _text(pair.find("Question")), _text(pair.find("Answer"))
        if question and answer:
            yield focus, question, answer


def _text(element: "etree._Element | None") -> str:
    return " ".join("".join(map(str, element.itertext())).split()) if element is not None else ""
