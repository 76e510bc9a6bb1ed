"""Going through the store in the order of its keys: what the lexical and the dense index are made from.

Keys ascend and are never used again, so that "everything behind this key" is all a stage has to remember to go on
where it stopped, and new passages are found while another process is still adding them.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import msgspec
import numpy as np
from numpy.typing import NDArray

from indexer.columns import KIND_CODES, ROW, Columns
from indexer.records import Attributes, PassageKeys
from indexer.store import AUDIENCE, FILE, NEWEST, chunks, marks, open_read_only, searched_text, seen_in


class PassageText(msgspec.Struct, frozen=True):
    """A passage as the engines index it: its key, the text with its title, and what filters look at."""

    key: int
    text: str
    attributes: Attributes


class Statistics(msgspec.Struct, frozen=True):
    """What one generation holds. Years are None where no document has one; `searched` passages are searched for."""

    documents: int
    passages: int
    searched: int
    tombstones: int
    skipped: int
    retracted: int
    first_year: int | None
    last_year: int | None


class StoreScan:
    """Reads one generation of a store in bulk, by default with all that is committed to it; for one thread."""

    def __init__(self, directory: Path, generation: int = NEWEST) -> None:
        self.db = open_read_only(directory / FILE)
        self.db.execute("PRAGMA busy_timeout = 60000")
        self._seen = seen_in(generation)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.db.close()

    def searched_after(self, key: int, limit: int) -> list[int]:
        """Keys of the next passages that are searched for, ascending."""
        rows = self.db.execute(
            "SELECT p.passage_key FROM passages p JOIN documents d USING (document_key)"
            f" WHERE p.passage_key > ? AND p.embedded_sha256 IS NOT NULL AND {self._seen}"
            " ORDER BY p.passage_key LIMIT ?",
            [key, limit],
        )
        return [row[0] for row in rows]

    def attach(self, vectors: Path) -> None:
        """Let `unembedded_after` and `vector_rows` look into this ``vectors.db``."""
        self.db.execute("ATTACH DATABASE ? AS v", [f"{vectors.resolve().as_uri()}?mode=ro"])

    def unembedded_after(self, key: int, limit: int) -> list[tuple[int, bytes]]:
        """(passage key, hash of its searched text) of the next passages whose text has no vector, by key."""
        rows = self.db.execute(
            "SELECT p.passage_key, p.embedded_sha256 FROM passages p JOIN documents d USING (document_key)"
            f" WHERE p.passage_key > ? AND p.embedded_sha256 IS NOT NULL AND {self._seen}"
            " AND NOT EXISTS (SELECT 1 FROM v.vectors e WHERE e.embedded_sha256 = p.embedded_sha256)"
            " ORDER BY p.passage_key LIMIT ?",
            [key, limit],
        )
        return [(row[0], row[1]) for row in rows]

    def count_searched_after(self, key: int) -> int:
        """How many passages that are searched for come behind this key."""
        row = self.db.execute(
            "SELECT count(*) FROM passages p JOIN documents d USING (document_key)"
            f" WHERE p.passage_key > ? AND p.embedded_sha256 IS NOT NULL AND {self._seen}",
            [key],
        ).fetchone()
        return int(row[0])

    def passage_texts(self, keys: Sequence[int]) -> list[PassageText]:
        """The text and attributes of these passages, by key; keys of removed passages give nothing."""
        return [passage for chunk in chunks(sorted(keys)) for passage in self._passage_texts(chunk)]

    def _passage_texts(self, keys: list[int]) -> list[PassageText]:
        rows = self.db.execute(
            'SELECT p.passage_key, p.document_key, p.kind, d.title, substr(d.text, p.start + 1, p."end" - p.start),'
            " d.year, d.retracted FROM passages p JOIN documents d USING (document_key)"
            f" WHERE p.passage_key IN ({marks(keys)}) AND {self._seen} ORDER BY p.passage_key",
            keys,
        ).fetchall()
        facets = self._facets_of(sorted({row[1] for row in rows}))
        return [
            PassageText(
                row[0],
                searched_text(row[3], row[2], row[4]),
                _attributes(row[5], bool(row[6]), row[2], facets.get(row[1], {})),
            )
            for row in rows
        ]

    def _facets_of(self, document_keys: list[int]) -> dict[int, dict[str, list[str]]]:
        found: dict[int, dict[str, list[str]]] = {}
        rows = self.db.execute(
            f"SELECT document_key, facet, value FROM facets WHERE document_key IN ({marks(document_keys)})"
            " ORDER BY document_key, facet, value",
            document_keys,
        )
        for key, facet, value in rows:
            found.setdefault(key, {}).setdefault(facet, []).append(value)
        return found

    def removed_in(self, generation: int) -> Iterator[int]:
        """Keys of passages that are in the generation before and not in this one, or were removed while it was made."""
        rows = self.db.execute(
            "SELECT passage_key FROM removals UNION ALL"
            " SELECT passage_key FROM passages JOIN documents USING (document_key) WHERE died = ?"
            " ORDER BY passage_key",
            [generation],
        )
        yield from (row[0] for row in rows)

    def is_ahead_of(self, generation: int, sources: int) -> bool:
        """Whether the store has taken in more than this generation, which was made of so many sources."""
        row = self.db.execute(
            "SELECT EXISTS (SELECT 1 FROM documents WHERE died > ?) OR (SELECT count(*) FROM sources) != ?",
            [generation, sources],
        ).fetchone()
        return bool(row[0])

    def last_key(self) -> int:
        """The largest passage key that was ever given, 0 where there is none."""
        row = self.db.execute("SELECT seq FROM sqlite_sequence WHERE name = 'passages'").fetchone()
        return 0 if row is None else int(row[0])

    def count_unembedded_after(self, key: int) -> int:
        """How many texts of passages behind this key have no vector."""
        row = self.db.execute(
            "SELECT count(DISTINCT p.embedded_sha256) FROM passages p JOIN documents d USING (document_key)"
            f" WHERE p.passage_key > ? AND p.embedded_sha256 IS NOT NULL AND {self._seen}"
            " AND NOT EXISTS (SELECT 1 FROM v.vectors e WHERE e.embedded_sha256 = p.embedded_sha256)",
            [key],
        ).fetchone()
        return int(row[0])

    def vector_rows(self) -> tuple[PassageKeys, NDArray[np.int64]]:
        """(keys ascending, row of each one's vector, -1 for none) of every passage searched for."""
        rows = self.db.execute(
            "SELECT p.passage_key, coalesce(e.vector_row, -1) FROM passages p JOIN documents d USING (document_key)"
            f" LEFT JOIN v.vectors e USING (embedded_sha256) WHERE p.embedded_sha256 IS NOT NULL AND {self._seen}"
            " ORDER BY p.passage_key"
        )
        pairs = np.fromiter(rows, dtype=np.dtype((np.int64, 2)))
        return np.ascontiguousarray(pairs[:, 0]), np.ascontiguousarray(pairs[:, 1])

    def columns(self) -> Columns:
        """What filters look at in every passage that is searched for."""
        rows = self.db.execute(
            "SELECT p.passage_key, p.document_key, d.year, p.kind, d.retracted"
            " FROM passages p JOIN documents d USING (document_key)"
            f" WHERE p.embedded_sha256 IS NOT NULL AND {self._seen} ORDER BY p.passage_key"
        )
        return Columns(np.fromiter(((*row[:3], KIND_CODES[row[3]], row[4]) for row in rows), dtype=ROW))

    def statistics(self) -> Statistics:
        """What is in this generation; tombstones and skipped records as they are now."""
        documents = self.db.execute(
            "SELECT count(*), coalesce(sum(retracted), 0), min(nullif(year, 0)), max(nullif(year, 0))"
            f" FROM documents d WHERE {self._seen}"
        ).fetchone()
        passages = self.db.execute(
            "SELECT count(*), count(p.embedded_sha256)"
            f" FROM passages p JOIN documents d USING (document_key) WHERE {self._seen}"
        ).fetchone()
        return Statistics(
            documents=documents[0],
            passages=passages[0],
            searched=passages[1],
            tombstones=self.db.execute("SELECT count(*) FROM tombstones").fetchone()[0],
            skipped=self.db.execute("SELECT count(*) FROM skipped").fetchone()[0],
            retracted=documents[1],
            first_year=documents[2],
            last_year=documents[3],
        )


def _attributes(year: int, retracted: bool, kind: str, facets: dict[str, list[str]]) -> Attributes:
    """What filters look at in a passage of this kind, from its document's year, flag and facets."""
    return Attributes(
        year=year,
        journal=next(iter(facets.get("journal", [])), ""),
        publication_types=tuple(facets.get("publication_type", [])),
        mesh=tuple(facets.get("mesh", [])),
        section=kind,
        languages=tuple(facets.get("language", [])),
        retracted=retracted,
        audience=next(iter(facets.get(AUDIENCE, [])), ""),
    )
