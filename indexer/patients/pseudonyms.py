"""Pseudonyms for patients, in a file that its owner keeps apart from the index.

The file is CSV with the columns ``pseudonym,patient_id``: ``p-`` and twelve random letters and digits (60 bits from the
system's source of randomness, not derived from the identifier), and the identifier as the source gives it. Whoever has
the file can undo the pseudonyms, so it has mode 0600 and never lies in an index directory. It is replaced whole, and
before the first pseudonym in it is used: what is in an index can always be looked up.
"""

import csv
import fcntl
import io
import os
import re
import secrets
import stat
from collections.abc import Iterable
from pathlib import Path
from typing import Self

from corpora.errors import SourceError, UsageError
from indexer.manifest import sync_folder

_ALPHABET = "abcdefghijkmnpqrstuvwxyz23456789"  # 32, without what looks alike: 0 and o, 1 and l
_LENGTH = 12
_FORM = re.compile(rf"p-[{_ALPHABET}]{{{_LENGTH}}}")
_HEADINGS = ["pseudonym", "patient_id"]
_REMEDY = "Put back the last good copy of the file; without it nobody can tell who the patients of the index are"


def is_pseudonym(identifier: str) -> bool:
    """Whether an identifier has the form of the pseudonyms that are given here."""
    return bool(_FORM.fullmatch(identifier))


class Pseudonyms:
    """The pseudonyms of one file, which is locked as long as the context lasts; it is made where it does not exist.

    Raises UsageError for a file inside `directory`, one that others can read or that belongs to somebody else, and one
    that another process uses; SourceError, naming the line, for a file that is damaged, which is left as it is.
    """

    def __init__(self, path: Path, directory: Path) -> None:
        self._path = path
        self._of: dict[str, str] = {}
        self._taken: set[str] = set()
        self._saved = 0
        # Compared without links: neither side may lead into the other's place by one.
        if path.resolve().is_relative_to(directory.resolve()):
            raise UsageError(
                f"{path}: lies in the index directory, which must not tell who its patients are",
                remedy="Name a file elsewhere",
            )

    def __enter__(self) -> Self:
        self._descriptor, self._is_new = self._opened()
        try:
            self._read()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        if self._is_new and not self._saved:
            self._path.unlink(missing_ok=True)  # nobody was given a pseudonym
        os.close(self._descriptor)

    def of(self, patient_id: str) -> str:
        """The patient's pseudonym, a new one where there is none; to be saved before it is used."""
        if patient_id not in self._of:
            pseudonym = self._random()
            self._of[patient_id] = pseudonym
            self._taken.add(pseudonym)
        return self._of[patient_id]

    def missing(self, identifiers: Iterable[str]) -> int:
        """How many of these identifiers of an index are no pseudonyms of this file."""
        return sum(identifier not in self._taken for identifier in identifiers)

    def save(self) -> None:
        """Write the file anew, whole or not at all, where anything was added."""
        if len(self._of) == self._saved:
            return
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(_HEADINGS)
        writer.writerows((pseudonym, patient_id) for patient_id, pseudonym in self._of.items())
        # Links are followed, so that the file that one leads to is the one that is replaced.
        path = self._path.resolve()
        part = path.with_name(f".{path.name}.part")
        try:
            part.unlink(missing_ok=True)
            descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "wb") as stream:
                stream.write(text.getvalue().encode("utf-8", "surrogateescape"))
                stream.flush()
                os.fsync(stream.fileno())
            os.replace(part, path)
            sync_folder(path.parent)
        except OSError as error:
            raise SourceError(
                f"{self._path}: cannot be written ({error.strerror})", remedy="Check free space and permissions"
            ) from error
        self._saved = len(self._of)

    def _random(self) -> str:
        while True:
            pseudonym = "p-" + "".join(secrets.choice(_ALPHABET) for _ in range(_LENGTH))
            if pseudonym not in self._taken:
                return pseudonym

    def _opened(self) -> tuple[int, bool]:
        """The file, locked: a process that replaces it leaves those that wait with the old one, who then look again."""
        try:
            while True:
                is_new = not self._path.exists()
                descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
                if self._is_ours(descriptor):
                    return descriptor, is_new
                os.close(descriptor)
        except OSError as error:
            raise UsageError(
                f"{self._path}: cannot be used for pseudonyms ({error.strerror})", remedy="Name a file of your own"
            ) from error

    def _is_ours(self, descriptor: int) -> bool:
        try:
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode):
                raise UsageError(f"{self._path}: is no file", remedy="Name a file of your own")
            if status.st_uid != os.geteuid() or status.st_mode & 0o077:
                raise UsageError(
                    f"{self._path}: others than you can read who the patients are",
                    remedy=f"Make it yours alone: chmod 600 {self._path}",
                )
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return self._path.exists() and os.path.samestat(status, self._path.stat())
        except BlockingIOError:
            os.close(descriptor)
            raise UsageError(
                f"{self._path}: another process is using these pseudonyms", remedy="Wait until it is done"
            ) from None
        except UsageError:
            os.close(descriptor)
            raise

    def _read(self) -> None:
        with os.fdopen(os.dup(self._descriptor), "rb") as stream:
            content = stream.read()
        if not content:
            return
        if not content.endswith(b"\n"):
            raise self._damaged(content.count(b"\n") + 1, "ends in the middle of a line")
        try:
            text = content.decode("utf-8-sig", "surrogateescape")
            rows = csv.reader(io.StringIO(text, newline=""), strict=True)
            if next(rows) != _HEADINGS:
                raise self._damaged(1, f"the headings {','.join(_HEADINGS)} were expected")
            for row in rows:
                if problem := self._added(row):
                    raise self._damaged(rows.line_num, problem)
        except (csv.Error, StopIteration):
            raise self._damaged(rows.line_num, "is not CSV") from None
        self._saved = len(self._of)

    def _added(self, row: list[str]) -> str:
        """Take a row in; what is wrong with it, empty where nothing is."""
        if len(row) != len(_HEADINGS):
            return f"has {len(row)} columns, {len(_HEADINGS)} were expected"
        pseudonym, patient_id = row
        if not is_pseudonym(pseudonym):
            return "its pseudonym has not the form that pseudonyms have"
        if not patient_id:
            return "its identifier is empty"
        if pseudonym in self._taken or patient_id in self._of:
            return "its pseudonym or its identifier was given before"
        self._of[patient_id] = pseudonym
        self._taken.add(pseudonym)
        return ""

    def _damaged(self, line: int, problem: str) -> SourceError:
        return SourceError(f"{self._path}, line {line}: {problem}", remedy=_REMEDY)
