"""Build the tables of name-likeness (`corpora.deidentification.likeness`) from literature.

    nice -n 10 env OMP_NUM_THREADS=1 .venv/bin/python scripts/train_names.py --data DIR [--into FILE]

DIR holds ``pubmed/*.xml.gz`` (baseline files), ``pmc`` (open-access bundles) and ``medquad/medquad.tar.gz``. Names are
those of PubMed's authors and of the places in their affiliations; words are those of abstracts, bodies and answers. No
name is written: only hashes of words that literature knows, and weights of hashed n-grams. Prints the quality on
held-out words and the digest; the same input gives the same file. Needs scikit-learn.
"""

# ruff: noqa: T201

import argparse
import gzip
import hashlib
import math
import re
import sys
import tarfile
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec
import numpy as np
from lxml import etree
from scipy.sparse import csr_matrix  # type: ignore[import-untyped]
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from corpora.deidentification.likeness import BUCKETS, WEIGHTS, Known, buckets, fold, word_hash  # noqa: E402
from corpora.deidentification.vocabulary import COUNTRIES, STATES, TERM_HEADS  # noqa: E402
from corpora.records import Document  # noqa: E402
from corpora.sources import iter_sources, read_source  # noqa: E402
from indexer.patients.condition_terms import CONDITIONS  # noqa: E402
from indexer.patients.drug_terms import DRUGS  # noqa: E402
from indexer.patients.finding_terms import FINDINGS  # noqa: E402
from indexer.patients.procedure_terms import PROCEDURES  # noqa: E402

_WORD = re.compile(r"(?<!\w)[^\W\d_]+(?:['’-][^\W\d_]+)*(?!\w)")
_CITED = re.compile(r" (?:et al|and [A-Z]\w+ \()|,? \(?\d{4}")
_HEAD = re.compile(r"(?:['’]s)?[ -](?:[A-Z][\w-]+[ -])?([a-z]+)")
_TRADE_MARK = re.compile(r" ?[®™]")
_HELD_OUT = 10  # one word in ten tells the quality
_MOST_ORDINARY = 20  # occurrences in lower case below which a word is rare
_LEAST_ORDINARY = 3
_LEAST_TERM = 3


class Forms(msgspec.Struct):
    """How often each folded word stands in each form; `eponym` before the head of a term, `cited` like an author."""

    lower: Counter[str] = msgspec.field(default_factory=Counter)
    capital: Counter[str] = msgspec.field(default_factory=Counter)
    upper: Counter[str] = msgspec.field(default_factory=Counter)
    eponym: Counter[str] = msgspec.field(default_factory=Counter)
    brand: Counter[str] = msgspec.field(default_factory=Counter)
    controlled: Counter[str] = msgspec.field(default_factory=Counter)  # MeSH headings and substances
    person: Counter[str] = msgspec.field(default_factory=Counter)
    place: Counter[str] = msgspec.field(default_factory=Counter)

    def add(self, text: str) -> None:
        """Count the words of a text."""
        for match in _WORD.finditer(text):
            written = match.group()
            possessive = written.endswith(("'s", "’s"))
            for part in {written[:-2] if possessive else written, *written.split("-")}:
                self._add_form(text, match, part)

    def _add_form(self, text: str, match: re.Match[str], part: str) -> None:
        word = fold(part)
        if part.islower():
            self.lower[word] += 1
        elif part.isupper() and len(part) > 1:
            self.upper[word] += 1
        elif part[:1].isupper() and _is_inside(text, match.start()):
            if _CITED.match(text, match.end()):
                return
            self.capital[word] += 1
            self.brand[word] += bool(_TRADE_MARK.match(text, match.end()))
            head = _HEAD.match(text, match.end() - 2 * match.group().endswith(("'s", "’s")))
            self.eponym[word] += bool(head and head.group(1) in TERM_HEADS)


def _is_inside(text: str, start: int) -> bool:
    """Whether a word stands inside a sentence, where a capital means something."""
    return start > 2 and text[start - 1] in " -(/" and (text[start - 2].islower() or text[start - 2] in ",)")


def main() -> None:
    """Read, build, measure, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--into", type=Path, default=WEIGHTS)
    given = parser.parse_args()
    forms = read(given.data)
    kinds = {word: kind for word in _words(forms) if (kind := kind_of(word, forms))}
    print(f"{len(kinds)} words known; {len(forms.person)} parts of names, {len(forms.place)} of places")
    weights, bias = fit(forms)
    write(given.into, kinds, weights, bias)
    print(f"{given.into}: {given.into.stat().st_size} bytes, {hashlib.sha256(given.into.read_bytes()).hexdigest()}")


def read(data: Path) -> Forms:
    """The counts of everything under `data`."""
    forms = Forms()
    for path in sorted((data / "pubmed").glob("*.xml.gz")):
        with gzip.open(path) as file:
            for _, citation in etree.iterparse(file, tag="PubmedArticle"):
                _add_citation(forms, citation)
                citation.clear()
                while citation.getprevious() is not None:
                    del citation.getparent()[0]
    for source in iter_sources([data / "pmc"]):
        for record in read_source(source):
            if isinstance(record, Document):
                forms.add(record.text)
    for text in _answers(data / "medquad" / "medquad.tar.gz"):
        forms.add(text)
    for text in (CONDITIONS, DRUGS, FINDINGS, PROCEDURES):
        forms.controlled.update(fold(word) for word in _WORD.findall(text) if len(word) > 2)
    return forms


def _add_citation(forms: Forms, citation: "etree._Element") -> None:
    for author in citation.iterfind(".//AuthorList/Author"):
        for tag in ("LastName", "ForeName"):
            forms.person.update(_name_parts(author.findtext(tag) or ""))
        for affiliation in author.iterfind("AffiliationInfo/Affiliation"):
            forms.place.update(_place_parts(affiliation.text or ""))
    for tag in ("MeshHeadingList/MeshHeading/DescriptorName", "ChemicalList/Chemical/NameOfSubstance"):
        for term in citation.iterfind(f".//{tag}"):
            forms.controlled.update(fold(word) for word in _WORD.findall(term.text or "") if len(word) > 2)
    if citation.findtext(".//Language") == "eng":
        for part in citation.iterfind(".//Abstract/AbstractText"):
            forms.add("".join(map(str, part.itertext())))


def _name_parts(name: str) -> Iterator[str]:
    """The parts of a name, without initials."""
    for part in re.split(r"[\s-]+", name):
        if len(part) > 2 or (len(part) == 2 and not part.isupper()):
            yield fold(part.strip("."))


def _place_parts(affiliation: str) -> Iterator[str]:
    """The capitals of an affiliation, its countries and states left out."""
    for word in _WORD.findall(affiliation):
        if word[0].isupper() and not word.isupper() and len(word) > 2:
            folded = fold(word)
            if folded not in COUNTRIES and folded not in STATES:
                yield folded


def _answers(path: Path) -> Iterator[str]:
    with tarfile.open(path) as bundle:
        for member in bundle:
            file = bundle.extractfile(member) if member.isfile() and member.name.endswith(".xml") else None
            if file is not None:
                answers = etree.fromstring(file.read()).iterfind(".//Answer")
                yield " ".join(answer.text or "" for answer in answers)


def _words(forms: Forms) -> list[str]:
    """All words that may be known, in order."""
    return sorted({*forms.lower, *forms.upper, *forms.eponym, *forms.brand, *forms.controlled})


def kind_of(word: str, forms: Forms) -> Known:
    """What is stored of a word; 0 where it is left out, being unknown or far oftener a name than a word."""
    lower, person = forms.lower[word], forms.person[word]
    proper = person + (forms.place[word] // 20 if lower < _LEAST_ORDINARY else 0)
    kind = Known(0)
    if lower >= _LEAST_ORDINARY and lower * 2 > person and lower * 10 > forms.capital[word] - forms.brand[word]:
        kind |= Known.ORDINARY
        kind |= Known.RARE if lower < _MOST_ORDINARY else Known(0)
    if (
        (forms.upper[word] >= _LEAST_TERM and forms.upper[word] > 2 * proper)
        or (forms.controlled[word] and proper < 3 and forms.place[word] < 20)
        or (forms.brand[word] >= 2)
        or (forms.eponym[word] >= _LEAST_TERM and forms.eponym[word] * (8 if person < 20 else 2) > forms.capital[word])
    ):
        kind |= Known.TERM
    if kind and person >= 2:
        kind |= Known.ALSO_NAME
    return kind


def fit(forms: Forms) -> tuple[np.ndarray, float]:
    """Weights of the buckets and the bias, by logistic regression; prints the quality on held-out words."""
    words, labels, importance = _examples(forms)
    held_out = np.array([word_hash(word) % _HELD_OUT == 0 for word in words])
    matrix = _features(words)
    model = LogisticRegression(C=8.0, max_iter=300)
    model.fit(matrix[~held_out], labels[~held_out], sample_weight=importance[~held_out])
    scores = model.decision_function(matrix[held_out])
    truth = labels[held_out]
    print(f"held out: {int(truth.sum())} names and places, {int((1 - truth).sum())} words")
    print(f"  area under the curve {roc_auc_score(truth, scores):.4f}")
    for threshold in (-2, -1, 0, 1, 2):
        above = scores > threshold
        print(
            f"  above {threshold:2}: {above[truth == 1].mean():.3f} of names, {above[truth == 0].mean():.3f} of words"
        )
    model.fit(matrix, labels, sample_weight=importance)
    return model.coef_[0], float(model.intercept_[0])


def _examples(forms: Forms) -> tuple[list[str], np.ndarray, np.ndarray]:
    """Each word once or, where it is both, twice: the word, 1 for a name or 0, and how much it counts."""
    rows: list[tuple[str, int, float]] = []
    for word in sorted({*forms.person, *forms.place}):
        count = forms.person[word] + (forms.place[word] / 5 if forms.lower[word] < _LEAST_ORDINARY else 0)
        if count >= 1 and not (forms.controlled[word] and forms.person[word] < 3):
            rows.append((word, 1, math.log1p(count)))
    for word in sorted({*forms.lower, *forms.upper, *forms.controlled, *forms.brand}):
        count = forms.lower[word] + (forms.upper[word] if forms.person[word] < 3 else 0)
        count += 3 * (forms.controlled[word] > 0 and forms.place[word] < 20) + forms.brand[word]
        if count >= 2 and len(word) > 1 and count > forms.person[word] / 5:
            rows.append((word, 0, math.log1p(count)))
    return [row[0] for row in rows], np.array([row[1] for row in rows]), np.array([row[2] for row in rows])


def _features(words: Iterable[str]) -> csr_matrix:
    """One row a word, of unit length: the n-grams of `buckets`."""
    columns, starts, values = [], [0], []
    for word in words:
        found = buckets(word)
        columns += found
        values += [len(found) ** -0.5] * len(found)
        starts.append(len(columns))
    return csr_matrix((values, columns, starts), shape=(len(starts) - 1, BUCKETS))


def write(path: Path, kinds: dict[str, Known], weights: np.ndarray, bias: float) -> None:
    """The file: differences of sorted hashes, their kinds, weights in 8 bits. No word stands in it."""
    by_hash: dict[int, int] = {}
    for word, kind in sorted(kinds.items()):
        by_hash[word_hash(word)] = by_hash.get(word_hash(word), 0) | int(kind)
    hashes = sorted(by_hash)
    scale = float(np.abs(weights).max()) / 127
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(
        path,
        steps=np.diff(np.array(hashes, np.int64), prepend=0).astype(np.uint32),
        kinds=np.array([by_hash[each] for each in hashes], np.uint8),
        weights=np.round(weights / scale).astype(np.int8),
        scale=np.float64(scale),
        bias=np.float64(bias),
    )


if __name__ == "__main__":
    main()
