"""Applying sources to the store: each file in one transaction, in order, with a report of what became of it."""

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from types import TracebackType
from typing import Self

import msgspec

from corpora.errors import SourceError
from corpora.records import Skipped
from corpora.sources import SourceFile
from indexer.parsing import parsed
from indexer.prepared import Prepared, PreparedDeletion, PreparedSkip
from indexer.progress import Stage
from indexer.splitting import Splitter
from indexer.store_writer import StoreWriter


class SourceReport(msgspec.Struct, frozen=True):
    """What one file held and what became of it. `refused` says why a file was not applied, empty if it was."""

    name: str
    counts: dict[str, int]
    skipped: tuple[Skipped, ...] = ()
    refused: str = ""


class Stopped(Exception):  # noqa: N818 - no error: somebody asked for it
    """Storing was told to stop; the file it was at is not applied."""


class Storing:
    """Applies files to a store, at once by `run`, or in a thread of its own as a context manager.

    Leaving the context early stops the thread at its next record.
    """

    def __init__(
        self, files: list[SourceFile], store: StoreWriter, splitter: Splitter, processes: int, stage: Stage
    ) -> None:
        self._files, self._store, self._splitter = files, store, splitter
        self._processes = processes
        self._stage = stage
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._error: BaseException | None = None
        self.reports: list[SourceReport] = []

    def run(self) -> None:
        """Apply every file."""
        with closing(parsed(self._wanted(), self._splitter, self._processes, self._stage.advance)) as files:
            for file, records in files:
                try:
                    report = self._apply(file, records)
                except SourceError as error:
                    report = SourceReport(file.name, {"files_refused": 1}, refused=str(error))
                self.reports.append(report)
        self.reports = _in_order(self._files, self.reports)
        self._stage.finish()

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=self._run_and_keep_error, name="biocite-storing", daemon=True)
        self._thread.start()
        return self

    def _run_and_keep_error(self) -> None:
        try:
            self.run()
        except BaseException as error:  # noqa: BLE001 - raised again by `join`
            self._error = error

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._stop.set()
        if self._thread is not None:
            self._thread.join()

    def wait(self, seconds: float) -> bool:
        """Wait so long for the end; whether it has come. Raises what the thread raised."""
        if self._thread is not None:
            self._thread.join(seconds)
            if self._thread.is_alive():
                return False
        if self._error is not None and not isinstance(self._error, Stopped):
            raise self._error
        return True

    def _wanted(self) -> Iterator[SourceFile]:
        """The files to read; of those that are not, the report is made here."""
        for file in self._files:
            if self._stop.is_set():
                raise Stopped
            if file.problem:  # a pipe or a broken link found in a folder: not even opened
                self.reports.append(SourceReport(file.name, {"skipped": 1}, (Skipped(file.name, 1, file.problem),)))
                continue
            try:
                known = self._store.has_source(file.sha256)
            except SourceError as error:
                self.reports.append(SourceReport(file.name, {"files_refused": 1}, refused=str(error)))
                continue
            if known:
                self._already(file)
            else:
                yield file

    def _already(self, file: SourceFile) -> None:
        self._stage.advance(file.size)
        self.reports.append(SourceReport(file.name, {"files_already_indexed": 1}))

    def _apply(self, file: SourceFile, records: Iterator[Prepared]) -> SourceReport:
        if self._store.has_source(file.sha256):  # a copy of a file that came just before
            return SourceReport(file.name, {"files_already_indexed": 1})
        counts: Counter[str] = Counter()
        skipped: list[PreparedSkip] = []
        with self._store.transaction():
            for record in records:
                if self._stop.is_set():
                    raise Stopped
                if isinstance(record, PreparedSkip):
                    counts["skipped"] += 1
                    skipped.append(record)
                else:
                    _count(record, self._store, counts)
            if counts:
                ordered = dict(sorted(counts.items()))
                self._store.record_source(file.name, file.sha256, file.size, ordered, skipped)
        return SourceReport(
            file.name, dict(counts), tuple(Skipped(item.source, item.record, item.reason) for item in skipped)
        )


def _count(record: Prepared, store: StoreWriter, counts: Counter[str]) -> None:
    if isinstance(record, PreparedDeletion):
        counts["deletions"] += 1
        counts["deleted"] += store.delete(record)
    elif not isinstance(record, PreparedSkip):
        counts["records"] += 1
        counts["with_text_besides_title"] += not record.only_title
        for what, number in record.left_out.items():
            counts[f"left_out_{what.replace(' ', '_')}"] += number
        counts[store.put(record)] += 1


def _in_order(files: list[SourceFile], reports: list[SourceReport]) -> list[SourceReport]:
    """The reports in the order of the files: those of files that were not read come early."""
    places: dict[str, list[int]] = {}
    for place, file in enumerate(files):
        places.setdefault(file.name, []).append(place)
    return sorted(reports, key=lambda report: places[report.name].pop(0))
