"""Where the resources of FHIR files lie and whose they are, so that each patient's can be read together.

A bundle has its resources in any order. A first pass keeps a few numbers for each resource (its file, place, length and
type, and the hash of the reference to its patient); the resources themselves are read again, a patient at a time. So
100 MB of bundle need a few MB of memory, and nothing of a patient is written anywhere.

References are resolved by `corpora.patients.fhir_references`; ``#id`` is contained. A reference that two resources
answer to leads nowhere: patients are never mixed.
"""

from array import array
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO, Literal

import msgspec

from corpora.bundles import printable
from corpora.errors import SourceError
from corpora.patients.fhir_references import Identifier, Reference, key_of, keys_of, logical
from corpora.patients.fhir_text import WRITERS
from corpora.patients.json_items import Item, line_items, list_items
from corpora.patients.notes import decoding_problem
from corpora.records import Skipped
from corpora.streams import PeekStream, inflate
from corpora.xml import MAX_RECORD_BYTES

Form = Literal["bundle", "lines", "resource"]

MAX_UNPACKED_BYTES = 256 * 1024 * 1024
"""How long a gzipped file may be unpacked: it is held in memory, as its resources are read twice."""

TYPES = ("Patient", "Medication", *WRITERS)
"""The types of resources that are read."""

_NOBODY = -1
_SEVERAL = -2


class FhirFile(msgspec.Struct, frozen=True):
    """A file of resources: one Bundle, a resource a line, or one resource. `name` is as the user named it."""

    path: Path
    name: str
    form: Form


class _Contained(msgspec.Struct, frozen=True):
    kind: str | None = msgspec.field(default=None, name="resourceType")
    id: str | None = None


class _Head(msgspec.Struct, frozen=True):
    kind: str | None = msgspec.field(default=None, name="resourceType")
    id: str | None = None
    subject: Reference | None = None
    contained: list[_Contained] | None = None


class _Identified(msgspec.Struct, frozen=True):
    identifier: list[Identifier] | None = None


class Request(msgspec.Struct, frozen=True):
    """What an entry of a transaction asks for, or what was asked in a history."""

    method: str | None = None
    url: str | None = None


class Entry(msgspec.Struct, frozen=True):
    """An entry of a bundle, its `resource` empty where it has none. A resource by itself has no `full_url`."""

    resource: msgspec.Raw = msgspec.Raw()
    full_url: str | None = msgspec.field(default=None, name="fullUrl")
    request: Request | None = None


class PatientPlace(msgspec.Struct, frozen=True):
    """Where a patient is described: in the resource `at`, or `contained` in it under that id."""

    at: int
    patient_id: str
    contained: str = ""


_HEADS = msgspec.json.Decoder(_Head)
_IDENTIFIED = msgspec.json.Decoder(_Identified)
_ENTRIES = msgspec.json.Decoder(Entry)
_BROKEN = (msgspec.DecodeError, UnicodeError, RecursionError)

Count = Callable[[str, int, int], None]
"""Told of what is left out: a reason with its path, the number of the file and of the record in it."""


class FhirIndex:
    """The resources of some files, by patient. `resource(at)` reads one; `at` counts from 0 over all files."""

    def __init__(self, files: list[FhirFile], count: Count) -> None:
        self.files = files
        self.patients: list[PatientPlace] = []
        self._count = count
        self._open: dict[int, BinaryIO] = {}
        self._unpacked: dict[int, bytes] = {}
        self._file, self._number, self._length, self._kind = array("I"), array("I"), array("I"), array("B")
        self._start = array("Q")
        self._owner = array("q")
        self._wanted = (array("Q"), array("Q"))  # hashes of what a reference to the patient may be, 0 for none
        self._at_key: dict[int, int] = {}
        self._patient_at: dict[int, int] = {}
        self._deleted: set[int] = set()

    def __len__(self) -> int:
        return len(self._file)

    def close(self) -> None:
        """Close the files."""
        for file in self._open.values():
            file.close()
        self._open.clear()

    def scan(self) -> Iterator[Skipped]:
        """The first pass over all files; gives what cannot be read at all."""
        for number, file in enumerate(self.files):
            items = 0
            for item in self._items(number, file):
                items += 1
                yield from self._add(number, file, item)
            if not items:
                yield Skipped(file.name, 1, "holds no resource")
        self._settle()

    def place(self, at: int) -> tuple[str, int]:
        """The name of a resource's file and the number of its entry or line."""
        return self.files[self._file[at]].name, self._number[at]

    def record(self, at: int) -> str:
        """The file and record of a resource, as `Patient.source` names them."""
        name, number = self.place(at)
        words = {"bundle": f", entry {number}", "lines": f", line {number}", "resource": ""}
        return name + words[self.files[self._file[at]].form]

    def location(self, at: int) -> tuple[int, int]:
        """The number of a resource's file, from 0, and that of its entry or line."""
        return self._file[at], self._number[at]

    def kind(self, at: int) -> str:
        """The resource's type."""
        return TYPES[self._kind[at]]

    def entry(self, at: int) -> Entry:
        """The resource, read again."""
        number = self._file[at]
        start, length = self._start[at], self._length[at]
        if number in self._unpacked:
            data = self._unpacked[number][start : start + length]
        else:
            file = self._handle(number)
            file.seek(start)
            data = file.read(length)
        try:
            return _ENTRIES.decode(data) if self._is_bundle(number) else Entry(msgspec.Raw(data))
        except _BROKEN:
            raise SourceError(f"{self.files[number].name}: has changed while it was read", remedy="Try again") from None

    def by_patient(self) -> Iterator[tuple[PatientPlace, list[int]]]:
        """Each patient in the files' order with the resources about it, in theirs."""
        order = sorted(range(len(self)), key=self._owner.__getitem__)  # stable: the files' order within a patient
        position = 0
        while position < len(order) and self._owner[order[position]] < 0:
            position += 1
        for number, patient in enumerate(self.patients):
            begin = position
            while position < len(order) and self._owner[order[position]] == number:
                position += 1
            yield patient, order[begin:position]

    def find(self, reference: Reference, at: int, full_url: str | None) -> int | None:
        """The resource that a reference in the resource `at` leads to; None where it leads nowhere, or to several."""
        for key in keys_of(reference, self._scope(self._file[at]), full_url):
            found = self._at_key.get(key, _NOBODY)
            if found != _NOBODY:
                return found if found >= 0 else None
        return None

    def _items(self, number: int, file: FhirFile) -> Iterator[Item]:
        stream = PeekStream(self._handle(number), file.name)
        unpacked = inflate(stream, file.name)
        if unpacked is not stream:
            data = unpacked.read_all(MAX_UNPACKED_BYTES)
            if len(data) > MAX_UNPACKED_BYTES:
                raise SourceError(
                    f"{file.name}: unpacks to more than {MAX_UNPACKED_BYTES:,} bytes", remedy="Unpack it first"
                )
            self._unpacked[number] = data
            unpacked = PeekStream(_Held(data), file.name)
        if file.form == "lines":
            return line_items(unpacked)
        return list_items(unpacked, file.name, "entry") if file.form == "bundle" else _whole(unpacked)

    def _handle(self, number: int) -> BinaryIO:
        if number not in self._open:
            if len(self._open) >= _MOST_OPEN:
                self._open.pop(next(iter(self._open))).close()
            try:
                self._open[number] = self.files[number].path.open("rb")
            except OSError as error:
                name = self.files[number].name
                raise SourceError(f"{name}: cannot be opened ({error.strerror})", remedy="Check the path") from None
        return self._open[number]

    def _is_bundle(self, number: int) -> bool:
        return self.files[number].form == "bundle"

    def _scope(self, number: int) -> int:
        """Within which ids are unique: a bundle, or all files of resources together."""
        return number + 1 if self._is_bundle(number) else 0

    def _add(self, number: int, file: FhirFile, item: Item) -> Iterator[Skipped]:
        if item.problem:
            yield Skipped(file.name, item.number, item.problem)
            return
        try:
            entry = _ENTRIES.decode(item.data) if self._is_bundle(number) else Entry(msgspec.Raw(item.data))
            head = _HEADS.decode(entry.resource) if len(bytes(entry.resource)) else None
        except _BROKEN as error:
            yield Skipped(file.name, item.number, decoding_problem(error))
            return
        if head is None and entry.request is not None and entry.request.method == "DELETE":
            # A history has the newest version first: those that follow are of what is no more.
            self._deleted |= {key_of(self._scope(number), name) for name in (entry.full_url, entry.request.url) if name}
        elif head is None:
            self._count("an entry has no resource", number, item.number)
        elif head.kind not in TYPES:
            self._count(f"{_known(head.kind)} are not read", number, item.number)
        else:
            self._keep(number, item, head, entry)

    def _keep(self, number: int, item: Item, head: _Head, entry: Entry) -> None:
        at, scope, kind = len(self), self._scope(number), head.kind or ""
        own = f"{kind}/{head.id}" if head.id else ""
        identity = entry.full_url or own
        if self._deleted and any(key_of(scope, name) in self._deleted for name in (identity, own) if name):
            self._count(f"{kind} resources were deleted, as a later version in the bundle says", number, item.number)
            return
        if identity and self._at_key.setdefault(key_of(scope, identity), at) != at:
            self._count(f"{kind} resources were given before under the same id", number, item.number)
            return
        if entry.full_url and head.id:
            key = key_of(scope, f"{kind}/{head.id}")
            self._at_key[key] = at if self._at_key.get(key, at) == at else _SEVERAL
        for array_, value in (
            (self._file, number),
            (self._number, item.number),
            (self._length, len(item.data)),
            (self._kind, TYPES.index(kind)),
            (self._start, item.start),
            (self._owner, _NOBODY),
        ):
            array_.append(value)
        keys: list[int] = []
        if kind == "Patient":
            self._add_patient(at, scope, head, entry)
        elif kind in WRITERS:
            keys = self._subject_keys(at, head, entry.full_url)
        for place, wanted in enumerate(self._wanted):
            wanted.append(keys[place] if place < len(keys) else 0)

    def _add_patient(self, at: int, scope: int, head: _Head, entry: Entry) -> None:
        number = len(self.patients)
        name = head.id or (entry.full_url or "").rpartition(":")[2].rpartition("/")[2] or f"{self.place(at)[1]}"
        self.patients.append(PatientPlace(at, printable(name)))  # an address may hold anything
        self._patient_at[at] = number
        try:
            identifiers = _IDENTIFIED.decode(entry.resource).identifier or []
        except _BROKEN:
            identifiers = []  # which validation will name
        for identifier in identifiers:
            if identifier.value:
                key = key_of(scope, logical("Patient", identifier.system, identifier.value))
                self._at_key[key] = at if self._at_key.get(key, at) == at else _SEVERAL

    def _subject_keys(self, at: int, head: _Head, full_url: str | None) -> list[int]:
        subject, kind, number = head.subject, head.kind, self._file[at]
        if subject is None or (subject.reference is None and subject.identifier is None):
            self._count(f"{kind}.subject is missing, or names no resource", number, self._number[at])
            return []
        local = (subject.reference or "").removeprefix("#") if (subject.reference or "").startswith("#") else ""
        if local:
            if any(part.kind == "Patient" and part.id == local for part in head.contained or ()):
                self._owner[at] = len(self.patients)
                self.patients.append(PatientPlace(at, f"{kind}/{head.id or self._number[at]}#{local}", local))
            else:
                self._count(f"{kind}.subject refers to nothing that is contained", number, self._number[at])
            return []
        keys = keys_of(subject, self._scope(number), full_url)
        if not keys:
            self._count(f"{kind}.subject is no Patient, or no reference", number, self._number[at])
        return keys

    def _settle(self) -> None:
        """Find the patient of every resource, now that all are known."""
        first, second = self._wanted
        for at in range(len(self)):
            if not first[at]:
                continue
            found = self._at_key.get(first[at], _NOBODY)
            if found == _NOBODY and second[at]:
                found = self._at_key.get(second[at], _NOBODY)
            kind, place = self.kind(at), self.location(at)
            if found in self._patient_at:
                self._owner[at] = self._patient_at[found]
            elif found == _SEVERAL:
                self._count(f"{kind}.subject refers to several resources", *place)
            elif found == _NOBODY:
                self._count(f"{kind}.subject refers to nothing in the files", *place)
            else:
                self._count(f"{kind}.subject refers to what is no Patient", *place)


_MOST_OPEN = 16


class _Held:
    """Bytes in memory as a stream, without a second copy of them."""

    def __init__(self, data: bytes) -> None:
        self._data = memoryview(data)
        self._at = 0

    def read(self, size: int = -1, /) -> bytes:
        end = len(self._data) if size < 0 else self._at + size
        found = bytes(self._data[self._at : end])
        self._at += len(found)
        return found


def _whole(stream: PeekStream) -> Iterator[Item]:
    data = stream.read_all(MAX_RECORD_BYTES)
    start = len(data) - len(data.removeprefix(b"\xef\xbb\xbf"))
    if len(data) > MAX_RECORD_BYTES:
        yield Item(1, 0, b"", f"is longer than the {MAX_RECORD_BYTES:,} bytes that one record may have")
    else:
        yield Item(1, start, data[start:])


def _known(kind: str | None) -> str:
    """The type for a message, where it is one of FHIR's own names: anything else might be a patient's words."""
    if not kind:
        return "resources without a resourceType"
    from fhir.resources.R4B import fhirtypes

    return f"{kind} resources" if kind.isalpha() and hasattr(fhirtypes, f"{kind}Type") else "resources of unknown types"
