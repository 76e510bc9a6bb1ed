"""Patients' notes in plain forms: a text, a JSON object a line, and CSV.

    {"id": "p1", "text": "…", "age": 45, "sex": "F"}      identifier: id, _id, patient_id or patient_uid
                                                          text: text, note or patient; sex: sex or gender

CSV has a line of headings with such names (in any case; separated by commas, semicolons or tabs). An age is a number of
years, or words such as "3 months", "90+" or PMC-Patients' ``[[1.0, "year"], [2.0, "month"]]``. Where a file does not
say the age or the sex, `corpora.patients.demographics` reads them from the note. Nothing that a record says is ever
part of a message: those name the file, the line and the field.
"""

import codecs
import csv
import re
from collections.abc import Iterator
from typing import Any

import msgspec

from corpora.errors import SourceError
from corpora.patients.demographics import OLDEST, YEARS_IN, age_and_sex, unit_of
from corpora.patients.json_items import Item, line_items
from corpora.patients.records import Patient, Sex
from corpora.records import Skipped
from corpora.streams import PeekStream
from corpora.xml import MAX_RECORD_BYTES

ID_FIELDS = ("id", "_id", "patient_id", "patient_uid")
TEXT_FIELDS = ("text", "note", "patient")
SEX_FIELDS = ("sex", "gender")

_LONGEST_FIELD = 10_000_000
_HEADINGS_BYTES = 4096
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_NOT_IN_ID = re.compile(r"[\x00-\x1f\x7f]")
_BROKEN = (msgspec.DecodeError, UnicodeError, RecursionError)
_UNKNOWN = frozenset(
    {"", "unknown", "unk", "u", "n/a", "na", "nan", "none", "null", "-", "?", "not known", "not stated"}
)
_SEXES: dict[str, Sex] = {
    "f": "female",
    "female": "female",
    "woman": "female",
    "girl": "female",
    "m": "male",
    "male": "male",
    "man": "male",
    "boy": "male",
}
_NO_SEX = _UNKNOWN | {"other", "o", "x", "unspecified", "undifferentiated", "intersex", "indeterminate", "diverse"}
_AGE_PART = re.compile(r"(\d+(?:\.\d+)?)\s*-?\s*([a-z]+)?\.?(?:\s*-?\s*old)?(?:\s*,?\s*(?:and\s+)?|$)")
_AGE_TOP = re.compile(r"(?:>|≥|>=|over)\s*(\d+)|(\d+)\s*\+")
_AGE_PAIRS = re.compile(r"""\[\s*(?:[\[(]\s*\d+(?:\.\d+)?\s*,\s*['"][a-z]+['"]\s*[\])]\s*,?\s*)*\]""")
_AGE_PAIR = re.compile(r"""(\d+(?:\.\d+)?)\s*,\s*['"]([a-z]+)['"]""")


class UnreadableError(ValueError):
    """An age or sex that is given but not understood; the message is about the form, never the value."""


class Note(msgspec.Struct, frozen=True):
    """The fields of a record that are read. A null is the same as a field that is absent."""

    id: str | int | None = None
    beir_id: str | int | None = msgspec.field(default=None, name="_id")
    patient_id: str | int | None = None
    patient_uid: str | int | None = None
    text: str | None = None
    note: str | None = None
    patient: str | None = None
    age: Any = None
    sex: str | None = None
    gender: str | None = None


_DECODER = msgspec.json.Decoder(Note)


def parse_note(stream: PeekStream, source: str, note_id: str) -> Iterator[Patient | Skipped]:
    """A file that is one patient's note, under the identifier `note_id`."""
    data = stream.read_all(MAX_RECORD_BYTES)
    if len(data) > MAX_RECORD_BYTES:
        yield Skipped(source, 1, f"is longer than the {MAX_RECORD_BYTES:,} bytes that one note may have")
        return
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        yield Skipped(source, 1, f"is not UTF-8 (byte {error.start:,})")
        return
    yield patient_of(Note(id=note_id, text=text), source, 1, source)


def parse_note_lines(stream: PeekStream, source: str) -> Iterator[Patient | Skipped]:
    """A patient for each line of JSON, or `Skipped` with the line's number as `record`."""
    for item in line_items(stream):
        found = decoded(item, source)
        yield (
            found
            if isinstance(found, Skipped)
            else patient_of(found, source, item.number, f"{source}, line {item.number}")
        )


def decoded(item: Item, source: str) -> Note | Skipped:
    """The fields of one JSON object, or why they cannot be read."""
    if item.problem:
        return Skipped(source, item.number, item.problem)
    try:
        return _DECODER.decode(item.data)
    except _BROKEN as error:
        return Skipped(source, item.number, decoding_problem(error))


def decoding_problem(error: BaseException) -> str:
    """What `msgspec` found wrong, as far as that is a field's name or a place; never what stands there."""
    said = str(error) if isinstance(error, msgspec.DecodeError) else ""
    if place := re.search(r"\(byte (\d+)\)", said):
        return f"is not JSON (from byte {place[1]} of it on)"
    if field := re.search(r" - at `\$\.(\w+)`$", said):
        return f"its field {field[1]} is of another type than expected"
    return "is not a JSON object with the fields expected"


def patient_of(note: Note, source: str, record: int, place: str) -> Patient | Skipped:
    """The patient that these fields describe; `place` is what `Patient.source` is to say."""
    patient_id = next((str(value) for value in _identifiers(note) if value is not None), "")
    if not patient_id.strip():
        return Skipped(source, record, f"has no identifier: one of {', '.join(ID_FIELDS)} was expected")
    if _NOT_IN_ID.search(patient_id):
        return Skipped(source, record, "its identifier holds control characters")
    text = clean(next((text for text in (note.text, note.note, note.patient) if text is not None), ""))
    if not text:
        return Skipped(source, record, f"has no text: one of {', '.join(TEXT_FIELDS)} was expected")
    try:
        age = age_in_years(note.age)
        sex = sex_of(note.sex if note.sex is not None else note.gender)
    except UnreadableError as error:
        return Skipped(source, record, str(error))
    said_age, said_sex = age_and_sex(text) if age is None or not sex else (None, "")
    return Patient(patient_id, text, said_age if age is None else age, sex or said_sex, (), place)


def _identifiers(note: Note) -> tuple[str | int | None, ...]:
    # PMC-Patients has both: `patient_id` counts, and `patient_uid` is what its judgements are about.
    return note.patient_uid, note.beir_id, note.id, note.patient_id


def clean(text: str) -> str:
    """The text without control characters, with line feeds as line ends and no white space at its ends."""
    return _CONTROL.sub(" ", text.replace("\r\n", "\n").replace("\r", "\n")).strip()


def age_in_years(value: Any) -> float | None:
    """An age as files have it, in years; None where it says that it is unknown. Raises `UnreadableError`."""
    age = _age(value)
    if age is not None and not 0 <= age <= OLDEST:
        raise UnreadableError(f"its age is none: 0 to {OLDEST:.0f} years were expected")
    return age


def _age(value: Any) -> float | None:
    if value is None:
        return None
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return None if value != value else float(value)  # NaN, as tables have for nothing
    if isinstance(value, list):
        return _age_of_pairs(msgspec.json.encode(value).decode())
    said = value.strip().casefold() if isinstance(value, str) else "?!"
    if said in _UNKNOWN:
        return None
    if said.startswith("["):
        return _age_of_pairs(said)
    if top := _AGE_TOP.fullmatch(said):
        return float(top[1]) + 1 if top[1] else float(top[2])
    return _age_in_words(said)


def _age_of_pairs(said: str) -> float | None:
    pairs = _AGE_PAIR.findall(said)
    units = [unit_of(unit) for _, unit in pairs]
    if not _AGE_PAIRS.fullmatch(said) or not all(units):
        raise UnreadableError('its age is not readable: years, or [[1.0, "year"], [2.0, "month"]], were expected')
    return (
        sum(float(number) * YEARS_IN[unit] for (number, _), unit in zip(pairs, units, strict=True)) if pairs else None
    )


def _age_in_words(said: str) -> float:
    at, age = 0, 0.0
    while at < len(said):
        part = _AGE_PART.match(said, at)
        unit = unit_of(part[2] or "year") if part else ""
        if part is None or not unit:
            raise UnreadableError("its age is not readable: years, or a number and a unit, were expected")
        at, age = part.end(), age + float(part[1]) * YEARS_IN[unit]
    return age


def sex_of(value: str | None) -> Sex:
    """The sex that a field names; empty where it says that it is unknown or another. Raises `UnreadableError`."""
    said = (value or "").strip().casefold()
    if said in _NO_SEX:
        return ""
    if said not in _SEXES:
        raise UnreadableError("its sex is not readable: F, M, female, male, other or unknown was expected")
    return _SEXES[said]


def parse_note_table(stream: PeekStream, source: str) -> Iterator[Patient | Skipped]:
    """A patient for each row of a CSV file, or `Skipped` with the number of the row's last line as `record`.

    Raises `SourceError` for a file without headings that name an identifier and a text, and where quotes do not match.
    """
    for line, fields in table_rows(stream, source, (ID_FIELDS, TEXT_FIELDS)):
        if isinstance(fields, Skipped):
            yield fields
        else:
            yield patient_of(note_of_row(fields), source, line, f"{source}, line {line}")


def note_of_row(fields: dict[str, str]) -> Note:
    """The fields of a row; one that is empty is the same as absent."""
    known = {name: fields[name] or None for name in fields if name in _NOTE_COLUMNS}
    return Note(beir_id=known.pop("_id", None), **known)


_NOTE_COLUMNS = frozenset((*ID_FIELDS, *TEXT_FIELDS, *SEX_FIELDS, "age"))


def table_rows(
    stream: PeekStream, source: str, needed: tuple[tuple[str, ...], ...]
) -> Iterator[tuple[int, dict[str, str] | Skipped]]:
    """The rows of a CSV file as ``heading (in lower case) -> field``, each with the number of its last line.

    `needed` names the columns of which one each must be there. Rows with too many or too few fields are `Skipped`.
    """
    csv.field_size_limit(_LONGEST_FIELD)
    delimiter = _delimiter(stream.peek(_HEADINGS_BYTES))
    reader = csv.reader(_text_lines(stream, source), delimiter=delimiter, strict=True)
    headings: list[str] = []
    while True:
        try:
            row = next(reader, None)
        except csv.Error:
            raise SourceError(
                f"{source}, line {reader.line_num}: is not readable as CSV from here on",
                remedy="Check that quotes match and that no field is longer than 10 million characters",
            ) from None
        if row is None:
            break
        if not headings:
            headings = _headings(row, source, needed) if row else []
        elif len(row) == len(headings):
            yield reader.line_num, dict(zip(headings, row, strict=True))
        elif row:
            reason = f"has {len(row)} fields, where {len(headings)} were expected"
            yield reader.line_num, Skipped(source, reader.line_num, reason)
    if not headings:
        raise SourceError(f"{source}: has no line of headings", remedy="Give a first line such as id,text,age,sex")


def _headings(row: list[str], source: str, needed: tuple[tuple[str, ...], ...]) -> list[str]:
    headings = [name.strip().casefold() for name in row]
    for names in needed:
        if not any(name in headings for name in names):
            raise SourceError(
                f"{source}: its first line does not name a column {' or '.join(names)}",
                remedy="Give a first line such as id,text,age,sex",
            )
    if len(set(headings)) != len(headings):
        raise SourceError(f"{source}: its first line names a column twice", remedy="Give each column a name of its own")
    return headings


def _delimiter(head: bytes) -> str:
    first = head.removeprefix(codecs.BOM_UTF8).lstrip().partition(b"\n")[0]
    return max(",;\t", key=lambda sign: first.count(sign.encode()))


def _text_lines(stream: PeekStream, source: str) -> Iterator[str]:
    """The lines of a UTF-8 file with their ends, as `csv` wants them."""
    decoder = codecs.getincrementaldecoder("utf-8-sig")()
    rest = ""
    number = 0
    for chunk in _and_the_end(stream):
        try:
            rest += decoder.decode(chunk, not chunk)
        except UnicodeDecodeError:
            raise SourceError(f"{source}, after line {number}: is not UTF-8", remedy="Convert it to UTF-8") from None
        *whole, rest = rest.split("\n")
        for line in whole:
            number += 1
            yield line + "\n"
        if len(rest) > MAX_RECORD_BYTES:
            raise SourceError(f"{source}, line {number + 1}: is too long for a line", remedy="Check its line ends")
    if rest:
        yield rest


def _and_the_end(stream: PeekStream) -> Iterator[bytes]:
    yield from stream.chunks()
    yield b""
