"""Downloading the articles that a search finds, from NCBI's E-utilities (https://www.ncbi.nlm.nih.gov/books/NBK25501/).

`esearch` gives the identifiers, `efetch` the articles, batch by batch, into files ``pubmed-<hash of query>-00001.xml``
that are read like any other. A state file beside them, ``.pubmed-<hash>.state.json``, remembers what was found and what
is on disk. The same download run again goes on where it stopped; once complete, it searches again and fetches what is
new.

The identifiers are kept here and not on NCBI's history server (`usehistory`), whose results last some hours only and
whose order shifts as articles are added: a download resumed the next day would miss some and repeat others. They also
show which articles were asked for and did not come.
"""

import hashlib
import os
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import msgspec

from corpora.errors import DownloadError, NotFoundError, SourceError, UsageError
from corpora.framing import frames
from corpora.records import Skipped
from corpora.remote import NCBI, Client, Clock, Service, TransientError, quoted
from corpora.xml import MAX_PROLOGUE_BYTES, find_root, parse_element, parse_record

Progress = Callable[[int, int], None]
"""Called after each batch with how many articles were asked for so far, and how many are to be."""


class Download(msgspec.Struct, frozen=True):
    """What a download brought. `files` are all its files, of earlier runs too, in the order they were fetched.

    `found` is how many articles the search has, `wanted` how many of them were asked for, `missing` the identifiers of
    those that the service did not send (withdrawn, or not allowed to be downloaded), `notes` what the search remarked,
    such as words it did not know and left out.
    """

    database: str
    query: str
    files: tuple[Path, ...]
    found: int
    wanted: int
    missing: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def download_pubmed(
    query: str,
    folder: Path,
    *,
    maximum: int,
    service: Service = NCBI,
    progress: Progress | None = None,
    clock: Clock = time,
) -> Download:
    """The first `maximum` (at most 9,999) PubMed articles that a search in PubMed's syntax finds, as XML in `folder`.

    Raises UsageError for an empty query or an impossible maximum, NotFoundError for a search without results,
    DownloadError where the service cannot be reached or fails (what was fetched stays), SourceError for a damaged state
    file.
    """
    return _download(_PUBMED, query, folder, maximum, progress, _client(service, clock, folder))


def download_pmc(
    query: str,
    folder: Path,
    *,
    maximum: int,
    service: Service = NCBI,
    progress: Progress | None = None,
    clock: Clock = time,
) -> Download:
    """The same as `download_pubmed` for the full texts of PubMed Central, of which any number may be asked for.

    Many of its publishers let the abstract be downloaded only; ``open access[filter]`` in the query leaves those out.
    """
    return _download(_PMC, query, folder, maximum, progress, _client(service, clock, folder))


class _Database(msgspec.Struct, frozen=True):
    """How a database answers: the elements of a fetched set, and the paths from an article to its identifier."""

    name: str
    root: str
    records: tuple[str, ...]
    identifiers: tuple[str, ...]
    batch: int  # articles to a request; a full text is some 50 times as long as an abstract
    page: int  # identifiers to a search request: the most that NCBI gives
    most: int | None = None


_PUBMED_PATHS = ("MedlineCitation/PMID", "BookDocument/PMID")
_PUBMED = _Database(
    "pubmed", "PubmedArticleSet", ("PubmedArticle", "PubmedBookArticle"), _PUBMED_PATHS, 200, 9_999, most=9_999
)
# The kinds changed over the years; newer ones give the number with its prefix PMC.
_PMC_PATHS = tuple(f"front/article-meta/article-id[@pub-id-type='{kind}']" for kind in ("pmc", "pmcid", "pmcaid"))
_PMC = _Database("pmc", "pmc-articleset", ("article",), _PMC_PATHS, 50, 10_000)

_MAX_SEARCH_BYTES = 8 * 1024 * 1024
_MAX_BATCH_BYTES = 512 * 1024 * 1024


class _Batch(msgspec.Struct, frozen=True):
    number: int
    identifiers: list[str]
    missing: list[str]


class _State(msgspec.Struct):
    name: str
    query: str
    maximum: int = 0
    found: int = 0
    wanted: list[str] = msgspec.field(default_factory=list)
    notes: list[str] = msgspec.field(default_factory=list)
    batches: list[_Batch] = msgspec.field(default_factory=list)

    def file(self, number: int) -> str:
        return f"{self.name}-{number:05}.xml"

    def left(self) -> list[str]:
        """The identifiers still to be asked for."""
        asked = {identifier for batch in self.batches for identifier in batch.identifiers}
        return [identifier for identifier in self.wanted if identifier not in asked]


def _client(service: Service, clock: Clock, folder: Path) -> Client:
    kept = f"Check the network; what was fetched so far is kept in {folder}, run the same command to go on"
    return Client(service, clock, remedy=kept)


def _download(
    database: _Database, query: str, folder: Path, maximum: int, progress: Progress | None, client: Client
) -> Download:
    _require_possible(database, query, maximum)
    name = f"{database.name}-{hashlib.sha256(query.strip().encode()).hexdigest()[:12]}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"{folder}: cannot be made a folder for the articles ({error.strerror})") from error
    state_path = folder / f".{name}.state.json"
    state = _read_state(state_path, folder) or _State(name, query.strip())
    if state.maximum != maximum or not state.left():
        _search(client, database, state, maximum, folder / f".{name}.part")
        _write_state(state, state_path)
    left = state.left()
    for start in range(0, len(left), database.batch):
        number = max((batch.number for batch in state.batches), default=0) + 1
        identifiers = left[start : start + database.batch]
        missing = _fetch(client, database, identifiers, folder / state.file(number))
        state.batches.append(_Batch(number, identifiers, missing))
        _write_state(state, state_path)
        if progress is not None:
            progress(len(state.wanted) - len(left) + start + len(identifiers), len(state.wanted))
    return _report(database, state, folder)


def _require_possible(database: _Database, query: str, maximum: int) -> None:
    if not query.strip():
        raise UsageError(f"the search in {database.name} is empty", remedy="Give words to search for")
    if any("\ud800" <= character <= "\udfff" for character in query):
        raise UsageError(f"the search {query!r} is not valid text", remedy="Write it in UTF-8")
    if maximum < 1:
        raise UsageError(f"maximum {maximum} is impossible: at least 1 article has to be asked for")
    if database.most is not None and maximum > database.most:
        raise UsageError(
            f"maximum {maximum:,}: NCBI gives the first {database.most:,} results of a {database.name} search only",
            remedy="Search by years, such as 'asthma AND 2019:2020[dp]', or take the baseline files of PubMed",
        )


def _search(client: Client, database: _Database, state: _State, maximum: int, path: Path) -> None:
    """Brings `wanted`, `found` and `notes` of the state up to date."""
    wanted: list[str] = []
    while True:
        fields = {
            "db": database.name,
            "term": state.query,
            "retmode": "xml",
            "retstart": str(len(wanted)),
            "retmax": str(min(database.page, maximum - len(wanted))),
        }
        try:
            answer = client.fetch("esearch.fcgi", fields, path, _searched, limit=_MAX_SEARCH_BYTES)
        finally:
            path.unlink(missing_ok=True)
        before = len(wanted)
        wanted = list(dict.fromkeys([*wanted, *answer.identifiers]))[:maximum]
        if len(wanted) == before or len(wanted) >= min(maximum, answer.found):
            break
    if not wanted:
        notes = f" ({'; '.join(answer.notes)})" if answer.notes else ""
        raise NotFoundError(f"the search {state.query!r} finds nothing in {database.name}{notes}")
    state.maximum, state.found, state.wanted, state.notes = maximum, answer.found, wanted, answer.notes


class _Searched(msgspec.Struct, frozen=True):
    found: int
    identifiers: list[str]
    notes: list[str]


def _searched(path: Path) -> _Searched:
    """What an answer of esearch says; TransientError where it is no such answer."""
    _require_root(path, "eSearchResult")
    try:
        root = parse_element(path.read_bytes(), "the answer", 1)
    except SourceError as error:
        raise TransientError(str(error)) from None
    count, identifiers = root.findtext("Count", ""), [node.text or "" for node in root.iterfind("IdList/Id")]
    if (problem := root.findtext("ERROR")) or not count.isdecimal():
        raise TransientError(f"the search failed: {problem or quoted(path.read_bytes())}")
    if strange := [identifier for identifier in identifiers if not identifier.isdecimal()]:
        raise TransientError(f"the search gave an identifier that is no number: {strange[0][:40]!r}")
    notes = [f"{node.tag}: {node.text or ''}" for at in ("ErrorList/*", "WarningList/*") for node in root.iterfind(at)]
    return _Searched(int(count), identifiers, notes)


def _fetch(client: Client, database: _Database, identifiers: list[str], path: Path) -> list[str]:
    """Fetches articles into a file, which is there whole or not at all; gives those that did not come."""
    check = partial(_missing, database=database, identifiers=identifiers)
    part = path.with_name(path.name + ".part")
    fields = {"db": database.name, "id": ",".join(identifiers), "retmode": "xml"}
    try:
        missing = client.fetch("efetch.fcgi", fields, part, check, limit=_MAX_BATCH_BYTES)
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)
    return missing


def _missing(path: Path, database: _Database, identifiers: Sequence[str]) -> list[str]:
    """Which articles a fetched file does not have; TransientError where it is damaged or has none at all."""
    _require_root(path, database.root)
    found: list[str] = []
    readable = 0
    try:
        with path.open("rb") as file:
            for frame in frames(file, "the answer", database.root, database.records):
                record = parse_record(frame.data, "the answer", frame.record)
                if not isinstance(record, Skipped):
                    readable += 1
                    found += [node.text or "" for where in database.identifiers for node in record.iterfind(where)]
    except SourceError as error:
        raise TransientError(str(error)) from None
    if not readable:
        raise TransientError(f"the answer has none of the {len(identifiers)} articles asked for")
    there = {identifier.strip().removeprefix("PMC") for identifier in found}
    return [identifier for identifier in identifiers if identifier not in there]


def _require_root(path: Path, expected: str) -> None:
    """TransientError, with what was sent instead, unless the root element is as expected."""
    with path.open("rb") as file:
        head = file.read(MAX_PROLOGUE_BYTES)
    try:
        name = find_root(head, "the answer").name
    except SourceError:
        name = ""
    if name != expected:
        what = f"a document <{name}>" if name else "no XML"
        raise TransientError(f"<{expected}> was expected, {what} came: {quoted(head)!r}")


def _report(database: _Database, state: _State, folder: Path) -> Download:
    return Download(
        database=database.name,
        query=state.query,
        files=tuple(folder / state.file(batch.number) for batch in state.batches),
        found=state.found,
        wanted=len(state.wanted),
        missing=tuple(identifier for batch in state.batches for identifier in batch.missing),
        notes=tuple(state.notes),
    )


def _read_state(path: Path, folder: Path) -> _State | None:
    """The state of an earlier run, without the batches whose files are gone; None at the first run."""
    try:
        state = msgspec.json.decode(path.read_bytes(), type=_State)
    except FileNotFoundError:
        return None
    except (OSError, msgspec.DecodeError) as error:
        raise SourceError(f"{path}: not the state of a download ({error})", remedy="Delete it to start again") from None
    state.batches = [batch for batch in state.batches if (folder / state.file(batch.number)).is_file()]
    return state


def _write_state(state: _State, path: Path) -> None:
    part = path.with_name(path.name + ".part")
    try:
        part.write_bytes(msgspec.json.encode(state))
        os.replace(part, path)
    except OSError as error:
        raise DownloadError(f"{path}: cannot be written ({error.strerror})") from error
