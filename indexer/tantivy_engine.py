"""BM25 on disk by Tantivy: the lexical part of an index directory.

The body is indexed with frequencies and without positions, since no phrase is ever searched for: 46,709 documents take
7.6 MB, with positions 13.3 MB. Its tokens come from `Analyzer`, joined by blanks.

Scores are BM25 with `BM25`'s constants, which Tantivy's Python binding gives no way to set. Lengths are exact up to 40
tokens; longer ones are stored in one byte, rounded down by up to an eighth. Deleted passages count in the statistics
until their segment is merged.
"""

import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

import msgspec
import numpy as np
import tantivy
from tantivy import FieldType, Occur, Query

from corpora.errors import IndexStateError
from indexer.analysis import Analyzer
from indexer.lexical import Bm25, Hit, check_k, query_terms
from indexer.records import Attributes, PassageKeys, Selection, fold

BM25 = Bm25(k1=1.2, b=0.75)
"""What Tantivy scores with, always."""

_META = "meta.json"
_HEAP_BYTES = 256_000_000
_REBUILD = "Rebuild it: delete this folder and run the same biocite index command again"


def _schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    builder.add_unsigned_field("key", fast=True, indexed=True)
    builder.add_text_field("body", tokenizer_name="whitespace", index_option="freq")
    builder.add_unsigned_field("year", fast=True, indexed=True)
    for name in ("journal", "publication_types", "mesh", "section", "languages", "audience"):
        builder.add_text_field(name, tokenizer_name="raw", index_option="basic")
    builder.add_boolean_field("retracted", indexed=True)
    return builder.build()


_SCHEMA = _schema()


class TantivyEngine:
    """A `LexicalEngine` over a Tantivy folder. It notices commits, also those of other processes.

    `analyzer` must be the one that the folder was written with. Raises `IndexStateError` where the folder is missing,
    damaged or of another make, here and in `search`.
    """

    def __init__(self, folder: Path, analyzer: Analyzer) -> None:
        self._folder = folder
        self._analyzer = analyzer
        self._stamp = self._committed()
        with _errors(folder):
            self._index = tantivy.Index(_SCHEMA, path=str(folder), reuse=True)
            self._index.config_reader(reload_policy="manual")
            self._index.reload()

    def search(self, query: str, k: int, selection: Selection | None = None) -> list[Hit]:
        """See `LexicalEngine.search`."""
        check_k(k)
        terms = query_terms(self._analyzer.tokens(query))
        if not terms or (selection is not None and not len(selection.keys)):
            return []
        with _errors(self._folder):
            searcher = self._searcher()
            return _top(searcher, _query(terms, selection), k)

    def count(self) -> int:
        """How many passages there are, without those removed."""
        with _errors(self._folder):
            return int(self._searcher().num_docs)

    def keys(self, first: int, end: int) -> PassageKeys:
        """The keys from `first` to before `end` that there are, ascending; a key that is there twice stands twice."""
        wanted = Query.range_query(_SCHEMA, "key", FieldType.Unsigned, first, end, include_upper=False)
        with _errors(self._folder):
            searcher = self._searcher()
            if not searcher.num_docs:
                return np.empty(0, dtype=np.int64)
            limit = min(searcher.num_docs, 2 * (end - first))
            found = searcher.search(Query.const_score_query(wanted, 0.0), limit, count=False).hits
            return np.sort(np.array(searcher.fast_field_values("key", [at for _, at in found]), dtype=np.int64))

    def holds(self, key: int, text: str, attributes: Attributes) -> bool:
        """Whether one passage has this key, and each token of this text and each of these attributes as well."""
        terms = [("body", token) for token in query_terms(self._analyzer.tokens(text))]
        terms += [(name, value) for name, values in _texts(attributes) for value in values]
        exact = [("key", key), ("year", attributes.year)]
        wanted = [
            *(Query.term_query(_SCHEMA, name, value, "basic") for name, value in terms),
            *(Query.range_query(_SCHEMA, name, FieldType.Unsigned, value, value) for name, value in exact),
            Query.term_query(_SCHEMA, "retracted", attributes.retracted),
        ]
        with _errors(self._folder):
            searcher = self._searcher()
            return bool(searcher.search(Query.boolean_query([(Occur.Must, each) for each in wanted]), 2).count == 1)

    def removed(self) -> int:
        """How many removed passages still take room and count in the statistics."""
        try:
            meta = msgspec.json.decode((self._folder / _META).read_bytes(), type=_Meta)
        except (OSError, msgspec.MsgspecError) as error:
            raise IndexStateError(f"{self._folder / _META}: cannot be read ({error})", remedy=_REBUILD) from error
        return sum(segment.deletes.num_deleted_docs for segment in meta.segments if segment.deletes is not None)

    def _searcher(self) -> tantivy.Searcher:
        stamp = self._committed()
        if stamp != self._stamp:
            self._index.reload()
            self._stamp = stamp
        return self._index.searcher()

    def _committed(self) -> tuple[int, int]:
        """Something that is new after every commit: Tantivy replaces its `meta.json`."""
        try:
            status = (self._folder / _META).stat()
        except OSError as error:
            raise IndexStateError(f"{self._folder}: no lexical index is there ({error})", remedy=_REBUILD) from error
        return status.st_mtime_ns, status.st_ino


class _Deletes(msgspec.Struct):
    num_deleted_docs: int


class _Segment(msgspec.Struct):
    deletes: _Deletes | None = None


class _Meta(msgspec.Struct):
    """What is needed of Tantivy's `meta.json`."""

    segments: list[_Segment]


class TantivyWriter:
    """A `LexicalWriter` over a Tantivy folder, which it creates where there is none; a context manager.

    There can be one at a time. Leaving the context gives up what is not committed, waits for merges and lets the next
    writer in. Raises `IndexStateError` where another is writing, or the folder is damaged or of another make.
    """

    def __init__(self, folder: Path, analyzer: Analyzer) -> None:
        self._folder = folder
        self._analyzer = analyzer
        self._closed = False
        with _errors(folder):
            folder.mkdir(parents=True, exist_ok=True)
            self._writer = tantivy.Index(_SCHEMA, path=str(folder), reuse=True).writer(_HEAP_BYTES, 1)

    def add(self, key: int, text: str, attributes: Attributes) -> None:
        """See `LexicalWriter.add`."""
        document = tantivy.Document()
        document.add_unsigned("key", key)
        document.add_text("body", " ".join(self._analyzer.tokens(text)))
        document.add_unsigned("year", attributes.year)
        document.add_boolean("retracted", attributes.retracted)
        for name, values in _texts(attributes):
            for value in values:
                document.add_text(name, value)
        with _errors(self._folder):
            self._writer.add_document(document)

    def delete(self, keys: Iterable[int]) -> None:
        """See `LexicalWriter.delete`."""
        wanted = list(keys)
        if wanted:
            with _errors(self._folder):
                # By query: delete_documents_by_term takes an int for signed and so deletes nothing from this field.
                self._writer.delete_documents_by_query(Query.term_set_query(_SCHEMA, "key", wanted))

    def delete_after(self, key: int) -> None:
        """Remove every passage with a larger key."""
        with _errors(self._folder):
            self._writer.delete_documents_by_query(
                Query.range_query(_SCHEMA, "key", FieldType.Unsigned, key, None, include_lower=False)
            )

    def commit(self) -> None:
        """See `LexicalWriter.commit`."""
        with _errors(self._folder):
            self._writer.commit()

    def close(self) -> None:
        """Give up what is not committed, wait for merges and release the folder. Closing again does nothing."""
        if not self._closed:
            self._closed = True
            with _errors(self._folder):
                self._writer.wait_merging_threads()
                # Tantivy makes these two readable by their owner alone, the others as the umask says.
                for name in (_META, ".managed.json"):
                    shutil.copymode(self._folder / ".tantivy-writer.lock", self._folder / name)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()


def _texts(attributes: Attributes) -> Iterator[tuple[str, tuple[str, ...]]]:
    yield "journal", (attributes.journal,) if attributes.journal else ()
    yield "publication_types", attributes.publication_types
    yield "mesh", attributes.mesh
    yield "section", (attributes.section,)
    yield "languages", attributes.languages
    yield "audience", (_audience_term(attributes.audience),)


def _audience_term(audience: str) -> str:
    """Every passage has one, so that "public or mine" is a condition that a passage without the field fails."""
    return f"={audience}" if audience else "public"


def _query(terms: list[str], selection: Selection | None) -> Query:
    """Any of the terms, and every filter at a score of 0. Built term by term: no user text is ever parsed."""
    wanted = Query.boolean_query([(Occur.Should, Query.term_query(_SCHEMA, "body", term, "freq")) for term in terms])
    required = [(Occur.Must, Query.const_score_query(condition, 0.0)) for condition in _conditions(selection)]
    return Query.boolean_query([(Occur.Must, wanted), *required]) if required else wanted


def _conditions(selection: Selection | None) -> Iterator[Query]:
    if selection is None:
        return
    filters = selection.filters
    if filters.documents:
        # Passages do not carry their document's identifier here. The keys that pass are few, and pass every filter.
        yield Query.term_set_query(_SCHEMA, "key", selection.keys.tolist())
        return
    if filters.years is not None:
        first, last = filters.years
        bounds = (max(1, first), last or None)
        yield Query.range_query(_SCHEMA, "year", FieldType.Unsigned, *bounds)
    if filters.retracted is not None:
        yield Query.term_query(_SCHEMA, "retracted", filters.retracted)
    fields = {
        "journal": filters.journals,
        "publication_types": filters.publication_types,
        "mesh": filters.mesh,
        "section": filters.sections,
        "languages": filters.languages,
    }
    for name, values in fields.items():
        if values:
            yield Query.term_set_query(_SCHEMA, name, [fold(value) for value in values])
    if filters.audiences is not None:
        allowed = [_audience_term(audience) for audience in ("", *filters.audiences)]
        yield Query.term_set_query(_SCHEMA, "audience", allowed)


def _top(searcher: tantivy.Searcher, query: Query, k: int) -> list[Hit]:
    """The best `k` hits. Tantivy breaks ties by where a passage is stored, so all ties with the last are fetched."""
    limit = min(k + 1, searcher.num_docs)
    while limit:
        found = searcher.search(query, limit, count=False).hits
        if len(found) <= k or found[-1][0] < found[k - 1][0] or limit >= searcher.num_docs:
            keys = searcher.fast_field_values("key", [address for _, address in found])
            hits = [Hit(key, score) for key, (score, _) in zip(keys, found, strict=True)]
            return sorted(hits, key=lambda hit: (-hit.score, hit.key))[:k]
        limit = min(2 * limit, searcher.num_docs)
    return []


@contextmanager
def _errors(folder: Path) -> Iterator[None]:
    """Tantivy's errors as ours. It reports all as `ValueError`, or panics where damage breaks its assumptions."""
    try:
        yield
    except (ValueError, OSError) as error:
        raise _explained(folder, error) from error
    except BaseException as error:
        if type(error).__name__ != "PanicException":  # pyo3's class has no importable name
            raise
        raise _explained(folder, error) from error


def _explained(folder: Path, error: BaseException) -> IndexStateError:
    reason = str(error)
    if "LockBusy" in reason:
        return IndexStateError(
            f"{folder}: another process is writing this lexical index", remedy="Wait until it has finished"
        )
    if "PermissionDenied" in reason or "ReadOnlyFilesystem" in reason:
        return IndexStateError(
            f"{folder}: this lexical index may not be read and written, and Tantivy locks a file in it even to read",
            remedy="Give this user the right to write the folder, or copy it",
        )
    if "StorageFull" in reason or "No space left" in reason:
        return IndexStateError(f"{folder}: cannot be written: no space is left", remedy="Make room and run it again")
    if "worker thread" in reason.lower():  # a thread of its own ran into it, and Tantivy does not say what it was
        return IndexStateError(
            f"{folder}: cannot be written: Tantivy's writer stopped, as it does where no space is left ({reason})",
            remedy="Make room and run the same command again; where there is room, delete this folder first",
        )
    return IndexStateError(f"{folder}: the lexical index is damaged: {reason}", remedy=_REBUILD)
