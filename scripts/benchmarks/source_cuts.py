"""The real PubMed and PMC files at a share of their size, with every hundredth record held out in files of its own."""

import gzip
import re
import tarfile
from pathlib import Path

import msgspec

from scripts.benchmarks.common import Context

HOLD_OUT = 100
_ARTICLE = re.compile(rb"<PubmedArticle>.*?</PubmedArticle>\s*", re.DOTALL)
_FAST = 1
"""Level of compression: what is measured is reading, and these files are made anew for each share."""


class Cut(msgspec.Struct, frozen=True):
    """Files to build an index from, and files with the hundredth part to add to it."""

    main: list[Path]
    held_out: list[Path]


def cut_sources(context: Context, share: float) -> Cut:
    """The first `share` of the records of each source file; made once for each share."""
    folder = context.work / f"sources-{share:g}"
    sources = [*sorted(context.data.glob("pubmed/*.xml.gz")), *sorted(context.data.glob("pmc/*.tar.gz"))]
    cut = Cut([folder / "main" / path.name for path in sources], [folder / "held-out" / path.name for path in sources])
    if not (folder / "complete").exists():
        for name in ("main", "held-out"):
            (folder / name).mkdir(parents=True, exist_ok=True)
        for source, main, held_out in zip(sources, cut.main, cut.held_out, strict=True):
            cut_file = _cut_pubmed if source.name.endswith(".xml.gz") else _cut_bundle
            cut_file(source, main, held_out, share)
        (folder / "complete").touch()
    return Cut(*([path for path in paths if path.exists()] for paths in (cut.main, cut.held_out)))


def _cut_pubmed(source: Path, main: Path, held_out: Path, share: float) -> None:
    """What stands before the first citation and behind the last, its deletions, stays with the main file's."""
    whole = gzip.decompress(source.read_bytes())
    spans = [match.span() for match in _ARTICLE.finditer(whole)]
    kept = list(_kept(len(spans), share))
    head, tail = whole[: spans[0][0]], whole[spans[-1][1] :]
    for path, wanted, end in ((main, False, tail), (held_out, True, b"</PubmedArticleSet>\n")):
        articles = [whole[slice(*spans[number])] for number in kept if _held_out(number) is wanted]
        if articles:
            path.write_bytes(gzip.compress(b"".join([head, *articles, end]), _FAST))


def _cut_bundle(source: Path, main: Path, held_out: Path, share: float) -> None:
    with tarfile.open(source) as bundle:
        members = [member for member in bundle if member.isfile()]
        kept = list(_kept(len(members), share))
        for path, wanted in ((main, False), (held_out, True)):
            chosen = [members[number] for number in kept if _held_out(number) is wanted]
            if chosen:
                with tarfile.open(path, "w:gz", compresslevel=_FAST) as target:
                    for member in chosen:
                        target.addfile(member, bundle.extractfile(member))


def _kept(count: int, share: float) -> range:
    return range(max(1, round(count * share)))


def _held_out(number: int) -> bool:
    return number % HOLD_OUT == HOLD_OUT - 1
