"""Real texts for the tests of this folder, read directly so that they do not depend on the parsers under test."""

import gzip
import json
from itertools import islice

from lxml import etree


def pubmed_abstracts(data, count):
    """The first `count` abstracts of the PubMed update file, their paragraphs joined by blanks."""
    return list(islice(_abstracts(data / "pubmed" / "pubmed21n1298.xml.gz"), count))


def _abstracts(path):
    with gzip.open(path) as file:
        for _, article in etree.iterparse(file, tag="Article"):
            paragraphs = [
                " ".join("".join(part.itertext()).split()) for part in article.iterfind("Abstract/AbstractText")
            ]
            if any(paragraphs):
                yield " ".join(paragraphs)
            article.clear()


def bioasq_questions(data, count):
    """The first `count` questions of the BioASQ files, in the order of the files' names."""
    files = sorted((data / "bioasq").glob("*.json"))
    bodies = (question["body"] for path in files for question in json.loads(path.read_text())["questions"])
    return list(islice(bodies, count))


def bioasq_retrieval(data, name, count):
    """(questions, texts, sets of relevant rows) of a BioASQ file: a document's text is what experts quoted of it."""
    questions, quoted, wanted = [], {}, []
    for question in json.loads((data / "bioasq" / name).read_text())["questions"][:count]:
        questions.append(question["body"])
        wanted.append({snippet["document"] for snippet in question["snippets"]})
        for snippet in question["snippets"]:
            quoted.setdefault(snippet["document"], {})[snippet["text"]] = None
    rows = {name: row for row, name in enumerate(quoted)}
    return (
        questions,
        [" ".join(parts) for parts in quoted.values()],
        [{rows[name] for name in names} for names in wanted],
    )
