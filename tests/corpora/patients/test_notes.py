import contextlib
import csv
import io
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpora.errors import SourceError
from corpora.patients.notes import (
    UnreadableError,
    age_in_years,
    clean,
    parse_note,
    parse_note_lines,
    parse_note_table,
    sex_of,
)
from corpora.patients.records import Patient
from corpora.records import Skipped
from corpora.streams import PeekStream

SECRET = "Zacharias Quillfeather"


def stream(data):
    return PeekStream(io.BytesIO(data if isinstance(data, bytes) else data.encode()), "f")


def lines(data):
    return list(parse_note_lines(stream(data), "f.jsonl"))


def table(data):
    return list(parse_note_table(stream(data), "f.csv"))


def test_lines_with_every_name_of_the_fields():
    found = lines(
        '{"id": "a", "text": "T", "age": 45, "sex": "F"}\n\n'
        '{"_id": 7, "note": "T", "age": "3 months", "gender": "male"}\n'
        '{"patient_id": "c", "text": "T", "age": [[1.0, "year"], [6.0, "month"]], "sex": null, "colour": "red"}\n'
        '{"patient_uid": "9-1", "patient_id": "0", "patient": "T", "gender": "M"}'
    )
    assert found == [
        Patient("a", "T", 45.0, "female", (), "f.jsonl, line 1"),
        Patient("7", "T", 0.25, "male", (), "f.jsonl, line 3"),
        Patient("c", "T", 1.5, "", (), "f.jsonl, line 4"),
        Patient("9-1", "T", None, "male", (), "f.jsonl, line 5"),
    ]


def test_what_the_file_does_not_say_is_read_from_the_note():
    (unsaid,) = lines('{"id": "a", "text": "A 45-year-old woman."}')
    (said,) = lines('{"id": "a", "text": "A 45-year-old woman.", "age": 46, "sex": "M"}')
    assert (unsaid.age, unsaid.sex) == (45, "female")
    assert (said.age, said.sex) == (46, "male")


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (f'{{"text": "{SECRET}"}}', "has no identifier: one of id, _id, patient_id, patient_uid was expected"),
        (f'{{"id": "{SECRET}\\u0007", "text": "T"}}', "its identifier holds control characters"),
        (f'{{"id": "{SECRET}", "text": " \\n"}}', "has no text: one of text, note, patient was expected"),
        (f'{{"id": "a", "text": ["{SECRET}"]}}', "its field text is of another type than expected"),
        (
            f'{{"id": "a", "text": "T", "age": "{SECRET}"}}',
            "its age is not readable: years, or a number and a unit, were",
        ),
        ('{"id": "a", "text": "T", "age": 400}', "its age is none: 0 to 125 years were expected"),
        ('{"id": "a", "text": "T", "age": true}', "its age is not readable"),
        (f'{{"id": "a", "text": "T", "age": [["{SECRET}", 3]]}}', "its age is not readable"),
        (
            f'{{"id": "a", "text": "T", "sex": "{SECRET}"}}',
            "its sex is not readable: F, M, female, male, other or unknown",
        ),
        (f'{{"id": "a", "text": "{SECRET}"', "is not a JSON object"),
        ('{"id": }', "is not JSON (from byte 7 of it on)"),
        (f'["{SECRET}"]', "is not a JSON object with the fields expected"),
        ("[" * 3000, "is not"),
    ],
)
def test_a_bad_line_is_named_and_never_quoted(line, reason):
    good = '{"id": "z", "text": "T"}'
    first, second, third = lines(f"{good}\n{line}\n{good}")
    assert isinstance(first, Patient)
    assert isinstance(third, Patient)
    assert (second.source, second.record) == ("f.jsonl", 2)
    assert second.reason.startswith(reason)
    assert "Quill" not in str(second)


@pytest.mark.parametrize(
    ("said", "years"),
    [
        (45, 45.0),
        (0.5, 0.5),
        ("45", 45.0),
        ("45.5", 45.5),
        ("45 years", 45.0),
        ("45-year-old", 45.0),
        ("3 months", 0.25),
        ("3 mo", 0.25),
        ("10 days", 10 / 365.25),
        ("1 year and 6 months", 1.5),
        ("1 year, 6 months", 1.5),
        ("90+", 90.0),
        ("> 89", 90.0),
        ("[[45.0, 'year']]", 45.0),
        ([[45.0, "year"]], 45.0),
        ([[6, "week"]], 42 / 365.25),
        ([], None),
        ("", None),
        (" Unknown ", None),
        (float("nan"), None),
        (None, None),
    ],
)
def test_ages(said, years):
    assert age_in_years(said) == (None if years is None else pytest.approx(years))


@pytest.mark.parametrize(
    "said", [-1, 126, float("inf"), "old", "4 5 parsecs", "[[1, 'parsec']]", [["a"]], {}, "[1]", True]
)
def test_ages_that_are_none(said):
    with pytest.raises(UnreadableError):
        age_in_years(said)


def test_sexes():
    assert [sex_of(said) for said in ("F", "female", " Male ", "m", "other", "U", "", None)] == [
        "female",
        "female",
        "male",
        "male",
        "",
        "",
        "",
        "",
    ]


def test_tables():
    found = table(
        b'\xef\xbb\xbfID;Note;AGE;Gender;Ward\r\na;"first, ""line""\r\nsecond";45;f;7\r\nb;T;;;7\r\nc;T\r\n;T;1;m;7\r\n'
    )
    assert found == [
        Patient("a", 'first, "line"\nsecond', 45.0, "female", (), "f.csv, line 3"),
        Patient("b", "T", None, "", (), "f.csv, line 4"),
        Skipped("f.csv", 5, "has 2 fields, where 5 were expected"),
        Skipped("f.csv", 6, "has no identifier: one of id, _id, patient_id, patient_uid was expected"),
    ]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (f"{SECRET},b\n1,2\n", "first line does not name a column id or _id or patient_id or patient_uid"),
        ("id,b\n1,2\n", "does not name a column text or note or patient"),
        ("id,text,text\n", "names a column twice"),
        (b"id,text\n1,\xff\n", "is not UTF-8"),
        (f'id,text\n1,"{SECRET}\n2,b\n', "not readable as CSV"),
        ("", "no line of headings"),
    ],
)
def test_tables_that_cannot_be_read(data, reason):
    with pytest.raises(SourceError, match=reason) as raised:
        table(data)
    assert "Quill" not in str(raised.value)
    assert raised.value.__cause__ is None
    assert raised.value.__suppress_context__ or raised.value.__context__ is None


def test_one_note_a_file():
    assert list(parse_note(stream("\ufeffA 45-year-old man.\r\nFever.\x00\n"), "dir/n.txt", "n.txt")) == [
        Patient("n.txt", "A 45-year-old man.\nFever.", 45.0, "male", (), "dir/n.txt")
    ]
    (bad,) = parse_note(stream(SECRET.encode() + b"\xff"), "n.txt", "n.txt")
    assert bad == Skipped("n.txt", 1, f"is not UTF-8 (byte {len(SECRET)})")
    (empty,) = parse_note(stream(" \n"), "n.txt", "n.txt")
    assert empty.reason.startswith("has no text")


TEXTS = st.text(st.characters(exclude_categories=["Cs"])).filter(lambda t: clean(t))
IDS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1).filter(str.strip)
AGES = st.none() | st.floats(0, 125)
SEXES = st.sampled_from([None, "F", "M", "female", "male", "unknown"])
ROWS = st.lists(st.tuples(IDS, TEXTS, AGES, SEXES), max_size=5)


@settings(max_examples=60)
@given(ROWS)
def test_lines_and_tables_say_the_same(rows):
    as_lines = "\n".join(json.dumps({"id": i, "text": t, "age": a, "sex": s}) for i, t, a, s in rows)
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(("id", "text", "age", "sex"))
    writer.writerows((i, t, "" if a is None else f"{a:.6f}", s or "") for i, t, a, s in rows)
    of_lines, of_table = lines(as_lines), table(out.getvalue())
    assert [(p.patient_id, p.text) for p in of_lines] == [(i, clean(t)) for i, t, _, _ in rows]
    assert [(p.patient_id, p.text, p.sex) for p in of_table] == [(p.patient_id, p.text, p.sex) for p in of_lines]
    for one, other, row in zip(of_lines, of_table, rows, strict=True):
        if row[2] is not None:
            assert one.age == pytest.approx(row[2])
            assert other.age == pytest.approx(row[2], abs=1e-5)


@given(st.binary(max_size=60))
def test_any_bytes_give_patients_or_reasons(data):
    assert all(isinstance(found, (Patient, Skipped)) for found in lines(data))
    with contextlib.suppress(SourceError):
        assert all(isinstance(found, (Patient, Skipped)) for found in table(b"id,text\n" + data))
