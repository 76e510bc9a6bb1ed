"""Question sets with expert answers: BioASQ task B, SQuAD format (COVID-QA among others) and PubMedQA.

Formats: BioASQ task B (http://participants-area.bioasq.org/general_information/Task11b/), SQuAD 1.1 and 2.0
(Rajpurkar et al. 2016, 2018), PubMedQA's PQA-L (Jin et al. 2019).
"""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Literal

import msgspec

from corpora.errors import SourceError

QuestionKind = Literal["factoid", "list", "yesno", "summary"]


class Context(msgspec.Struct, frozen=True):
    """A text given with a question. `answers` are (start, text) pairs where the set marks spans, else empty."""

    document_id: str
    text: str
    answers: tuple[tuple[int, str], ...] = ()


class Question(msgspec.Struct, frozen=True):
    """An expert's question.

    `answers` holds one tuple of synonyms per item: one item for a factoid, several for a list, ``(("yes",),)`` for
    yes/no/maybe, none for a summary or where the set says there is no answer.
    """

    question_id: str
    text: str
    kind: QuestionKind
    answers: tuple[tuple[str, ...], ...]
    contexts: tuple[Context, ...]
    source: str


def read_bioasq(path: Path) -> list[Question]:
    """The questions of one BioASQ task B file, with their snippets as contexts."""
    raw = _json(path)
    if not isinstance(raw, dict) or not isinstance(raw.get("questions"), list):
        raise SourceError(f"{path}: no 'questions' list found", remedy="Give a BioASQ task B golden file")
    found = (_bioasq_question(entry, path, number) for number, entry in enumerate(raw["questions"], start=1))
    return _checked(found, path)


def _bioasq_question(entry: dict[str, Any], path: Path, number: int) -> Question:
    try:
        kind: QuestionKind = entry["type"]
        if kind not in ("factoid", "list", "yesno", "summary"):
            raise ValueError(f"type {kind!r} is none of factoid, list, yesno, summary")
        contexts = tuple(
            Context("PMID:" + snippet["document"].rstrip("/").rsplit("/", 1)[-1], snippet["text"])
            for snippet in entry.get("snippets", [])
        )
        answers = _bioasq_answers(kind, entry.get("exact_answer"))
        return Question(entry["id"], entry["body"], kind, answers, contexts, str(path))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise SourceError(f"{path}, question {number}: not a BioASQ question ({error!r})") from error


def _bioasq_answers(kind: QuestionKind, exact: object) -> tuple[tuple[str, ...], ...]:
    """BioASQ writes a factoid as a list of synonyms (older files: one more level), a list as a list of those."""
    if exact is None or kind == "summary":
        return ()
    if kind == "yesno":
        return ((str(exact[0] if isinstance(exact, list) else exact).strip().lower(),),)
    items = exact if isinstance(exact, list) else [exact]
    groups = [tuple(map(str, item)) if isinstance(item, list) else (str(item),) for item in items]
    return (tuple(name for group in groups for name in group),) if kind == "factoid" else tuple(groups)


def read_squad(path: Path) -> list[Question]:
    """The questions of a SQuAD 1.1 or 2.0 file; each has its paragraph as the one context, with marked spans."""
    raw = _json(path)
    if not isinstance(raw, dict) or not isinstance(raw.get("data"), list):
        raise SourceError(f"{path}: no 'data' list found", remedy="Give a file in SQuAD 1.1 or 2.0 format")
    try:
        return _checked(_squad_questions(raw["data"], path), path)
    except (KeyError, TypeError, AttributeError) as error:
        raise SourceError(f"{path}: not in SQuAD format ({error!r})") from error


def _squad_questions(data: list[dict[str, Any]], path: Path) -> Iterator[Question]:
    for number, article in enumerate(data, start=1):
        for paragraph in article["paragraphs"]:
            document_id = str(paragraph.get("document_id", article.get("title", number)))
            for entry in paragraph["qas"]:
                where = f"{path}, question {entry['id']}"
                spans = tuple(
                    _aligned(answer["answer_start"], answer["text"], paragraph["context"], where)
                    for answer in entry.get("answers", [])
                )
                names = tuple(dict.fromkeys(text for _, text in spans))
                context = Context(document_id, paragraph["context"], spans)
                answers = (names,) if names else ()
                yield Question(str(entry["id"]), entry["question"], "factoid", answers, (context,), str(path))


def _aligned(start: int, text: str, context: str, where: str) -> tuple[int, str]:
    """The answer without white space at its ends, where the context really has it.

    Published sets count white space loosely (COVID-QA is off by one in places), so the nearest occurrence is taken.
    """
    answer = text.strip()
    starts = [match.start() for match in re.finditer(re.escape(answer), context)]
    if not answer or not starts:
        raise SourceError(f"{where}: the answer {text!r} at {start} is nowhere in its context")
    return min(starts, key=lambda found: (abs(found - start), found)), answer


def read_pubmedqa(path: Path) -> list[Question]:
    """The questions of a PubMedQA file (PMID -> entry); the abstract's sections, conclusion left out, are contexts."""
    raw = _json(path)
    if not isinstance(raw, dict):
        raise SourceError(f"{path}: no object of PubMedQA entries found", remedy="Give a PubMedQA ori_pqal-style file")
    try:
        found = (
            Question(
                pmid,
                entry["QUESTION"],
                "yesno",
                ((entry["final_decision"],),) if "final_decision" in entry else (),
                tuple(Context(f"PMID:{pmid}", text) for text in entry["CONTEXTS"]),
                str(path),
            )
            for pmid, entry in raw.items()
        )
        return _checked(found, path)
    except (KeyError, TypeError) as error:
        raise SourceError(f"{path}: not in PubMedQA format ({error!r})") from error


def _checked(found: Iterable[Question], path: Path) -> list[Question]:
    """The questions, whose fields were taken as they came; SourceError for one that is not of its type."""
    questions = list(found)
    for number, question in enumerate(questions, start=1):
        try:
            msgspec.convert(msgspec.to_builtins(question), Question)
        except msgspec.ValidationError as error:
            raise SourceError(f"{path}, question {number}: {error}") from error
    return questions


def _json(path: Path) -> Any:
    try:
        return msgspec.json.decode(path.read_bytes())
    except OSError as error:
        raise SourceError(f"{path}: cannot be read ({error.strerror})", remedy="Check the path") from error
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise SourceError(f"{path}: not valid JSON ({error})", remedy="Check that the file is complete") from error
