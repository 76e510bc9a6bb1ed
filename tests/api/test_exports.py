"""What is exported says, read by small readers of these tests' own, what the documents say, whatever they hold."""

import csv
import io
import re
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api.exports import CSV_COLUMNS, Name, author_name, export
from corpora.records import MeshHeading, Metadata

TRIAL = (
    "PMID:31452104",
    "Gene therapy of 50% of cases: A_B & {C} #1",
    Metadata(
        authors=("van der Berg Jan P", "Smith John A, Jr", "O'Neil-Gray Zoë", "MALARIA Study Group", "Smith, Ann"),
        journal="Journal of Examples & Trials",
        year=2019,
        publication_types=("Journal Article", "Randomized Controlled Trial"),
        mesh=(MeshHeading("Cystic Fibrosis", True, ("genetics",)), MeshHeading("Humans")),
        keywords=("gene therapy",),
        doi="10.1000/a_b{c}",
        pmid="31452104",
        pmcid="PMC123",
        languages=("eng",),
        url="https://pubmed.ncbi.nlm.nih.gov/31452104/",
    ),
)
RETRACTED = ("DOI:10.1000/x", "Magnets cure all", Metadata(retracted=True, url="javascript:alert(1)"))
BARE = ("étude 6%", "", Metadata())


def read_tagged(text, tag):
    """Records of a tagged format, as lists of (tag, value); blank lines divide them, every other line is a field."""
    records = [block.split("\r\n") for block in re.split(r"(?:\r\n){2,}", text.strip("\r\n"))]
    return [[(line[: tag - 2].strip(), line[tag:]) for line in record] for record in records]


def read_bibtex(text):
    """Entries as (type, key, fields); values keep their TeX. Braces have to balance."""
    entries = []
    for block in text.split("\n}\n")[:-1]:
        head, *lines = block.strip().split("\n")
        kind, key = re.fullmatch(r"@(\w+)\{([^,{}]+),", head).groups()
        fields = {}
        for line in lines:
            name, value = re.fullmatch(r"  (\w+) = \{(.*)\},", line).groups()
            assert balanced(value), line
            fields[name] = value
        entries.append((kind, key, fields))
    return entries


def balanced(value):
    depth = 0
    for character in value:
        depth += (character == "{") - (character == "}")
        if depth < 0:
            return False
    return depth == 0


COMMANDS = {"textbackslash": "\\", "textbraceleft": "{", "textbraceright": "}", "textasciitilde": "~",
            "textasciicircum": "^", "textquotedbl": '"'}  # fmt: skip


def read_tex(value):
    """TeX as text: commands in braces and escaped signs."""
    return re.sub(r"\{\\(\w+)\}|\\([$&%#_])|([{}])", lambda m: COMMANDS[m[1]] if m[1] else m[2] or "", value)


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("Smith John A", Name("Smith", "John A")),
        ("Smith John A, Jr", Name("Smith", "John A", "Jr")),
        ("Smith J, 3rd", Name("Smith", "J", "3rd")),
        ("Smith, John", Name("Smith", "John")),
        ("van der Berg Jan", Name("van der Berg", "Jan")),
        ("de la Cruz María José", Name("de la Cruz", "María José")),
        ("van Gogh", Name("van Gogh")),
        ("Le Thi", Name("Le", "Thi")),
        ("RECOVERY Collaborative Group", Name("RECOVERY Collaborative Group", is_group=True)),
        ("Institute of Examples, Berlin", Name("Institute of Examples, Berlin", is_group=True)),
        ("Hippocrates", Name("Hippocrates", is_group=True)),
    ],
)
def test_names_of_people_and_groups(written, name):
    assert author_name(written) == name


def test_ris():
    file = export("ris", [TRIAL, RETRACTED, BARE])
    assert (file.media_type, file.name) == ("application/x-research-info-systems", "biocite.ris")
    trial, retracted, bare = read_tagged(file.content.decode(), 6)
    assert trial == [
        ("TY", "JOUR"),
        ("ID", "PMID:31452104"),
        ("TI", "Gene therapy of 50% of cases: A_B & {C} #1"),
        ("AU", "van der Berg, Jan P"),
        ("AU", "Smith, John A, Jr"),
        ("AU", "O'Neil-Gray, Zoë"),
        ("AU", "MALARIA Study Group,"),
        ("AU", "Smith, Ann"),
        ("T2", "Journal of Examples & Trials"),
        ("PY", "2019"),
        ("DO", "10.1000/a_b{c}"),
        ("AN", "31452104"),
        ("C2", "PMC123"),
        ("UR", "https://pubmed.ncbi.nlm.nih.gov/31452104/"),
        ("LA", "eng"),
        ("KW", "Cystic Fibrosis"),
        ("KW", "Humans"),
        ("KW", "gene therapy"),
        ("M3", "Journal Article"),
        ("M3", "Randomized Controlled Trial"),
        ("ER", ""),
    ]
    assert retracted == [
        ("TY", "JOUR"),
        ("ID", "DOI:10.1000/x"),
        ("TI", "RETRACTED: Magnets cure all"),
        ("N1", "RETRACTED"),
        ("ER", ""),
    ]
    assert bare == [("TY", "JOUR"), ("ID", "étude 6%"), ("TI", "étude 6%"), ("ER", "")]


def test_nbib():
    file = export("nbib", [TRIAL, RETRACTED])
    assert (file.media_type, file.name) == ("application/nbib", "biocite.nbib")
    trial, retracted = read_tagged(file.content.decode(), 6)
    assert trial == [
        ("PMID", "31452104"),
        ("TI", "Gene therapy of 50% of cases: A_B & {C} #1"),
        ("FAU", "van der Berg, Jan P"),
        ("AU", "van der Berg JP"),
        ("FAU", "Smith, John A, Jr"),
        ("AU", "Smith JA Jr"),
        ("FAU", "O'Neil-Gray, Zoë"),
        ("AU", "O'Neil-Gray Z"),
        ("CN", "MALARIA Study Group"),
        ("FAU", "Smith, Ann"),
        ("AU", "Smith A"),
        ("LA", "eng"),
        ("PT", "Journal Article"),
        ("PT", "Randomized Controlled Trial"),
        ("DP", "2019"),
        ("JT", "Journal of Examples & Trials"),
        ("MH", "*Cystic Fibrosis/genetics"),
        ("MH", "Humans"),
        ("OT", "gene therapy"),
        ("PMC", "PMC123"),
        ("AID", "10.1000/a_b{c} [doi]"),
        ("URL", "https://pubmed.ncbi.nlm.nih.gov/31452104/"),
    ]
    assert retracted == [
        ("PMID", ""),
        ("OID", "DOI:10.1000/x"),
        ("TI", "RETRACTED: Magnets cure all"),
        ("PT", "Journal Article"),
    ]
    assert b"PMID- 31452104\r\nTI  - Gene" in file.content


def test_bibtex():
    file = export("bibtex", [TRIAL, RETRACTED, BARE, TRIAL])
    assert (file.media_type, file.name) == ("application/x-bibtex", "biocite.bib")
    trial, retracted, bare, again = read_bibtex(file.content.decode())
    assert trial[:2] == ("article", "PMID-31452104")
    assert trial[2] == {
        "author": "van der Berg, Jan P and Smith, Jr, John A and O'Neil-Gray, Zoë and {MALARIA Study Group} and "
        "Smith, Ann",
        "title": r"{Gene therapy of 50\% of cases: A\_B \& {\textbraceleft}C{\textbraceright} \#1}",
        "journal": r"Journal of Examples \& Trials",
        "year": "2019",
        "doi": "10.1000/a_b%7Bc%7D",
        "pmid": "31452104",
        "pmcid": "PMC123",
        "url": "https://pubmed.ncbi.nlm.nih.gov/31452104/",
        "keywords": "gene therapy",
    }
    assert retracted == (
        "article",
        "DOI-10-1000-x",
        {"title": "{RETRACTED: Magnets cure all}", "note": "RETRACTED"},
    )
    assert bare == ("article", "etude-6", {"title": r"{étude 6\%}"})
    assert again[1] == "PMID-31452104--2"


def test_csv():
    file = export("csv", [TRIAL, BARE])
    assert (file.media_type, file.name) == ("text/csv", "biocite.csv")
    header, trial, bare = csv.reader(io.StringIO(file.content.decode(), newline=""))
    assert tuple(header) == CSV_COLUMNS
    assert dict(zip(header, trial, strict=True)) == {
        "document_id": "PMID:31452104",
        "title": "Gene therapy of 50% of cases: A_B & {C} #1",
        "authors": "van der Berg Jan P; Smith John A, Jr; O'Neil-Gray Zoë; MALARIA Study Group; Smith, Ann",
        "journal": "Journal of Examples & Trials",
        "year": "2019",
        "doi": "10.1000/a_b{c}",
        "pmid": "31452104",
        "pmcid": "PMC123",
        "url": "https://pubmed.ncbi.nlm.nih.gov/31452104/",
        "publication_types": "Journal Article; Randomized Controlled Trial",
        "retracted": "no",
    }
    assert bare == ["étude 6%", *[""] * 9, "no"]


@pytest.mark.parametrize("title", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", " =1", "\u200b=1", "＝1"])
def test_a_cell_that_a_spreadsheet_would_compute_gets_an_apostrophe(title):
    _, row = csv.reader(io.StringIO(export("csv", [("x", title, Metadata())]).content.decode(), newline=""))
    assert row[1].startswith("'")
    assert row[1][1:] == title.strip().strip("\u200b")


@pytest.mark.parametrize(
    ("types", "ris", "bibtex"),
    [
        (("Preprint",), "UNPB", "misc"),
        (("Journal Article", "Dataset"), "DATA", "misc"),
        (("Book Chapter",), "CHAP", "incollection"),
        (("Review",), "JOUR", "article"),
    ],
)
def test_publication_types(types, ris, bibtex):
    document = ("x", "A title", Metadata(publication_types=types))
    assert export("ris", [document]).content.startswith(f"TY  - {ris}\r\n".encode())
    assert export("bibtex", [document]).content.startswith(f"@{bibtex}{{x,".encode())


def test_nothing_to_cite_is_an_empty_file_and_a_header():
    assert [export(name, []).content for name in ("ris", "bibtex", "nbib")] == [b"", b"", b""]
    assert export("csv", []).content == (",".join(CSV_COLUMNS) + "\r\n").encode()


HOSTILE = st.text(
    alphabet=st.one_of(st.sampled_from("\r\n\t{}\\\"',;=@-%#&_~^$ ERTYab\x00\x85\u2028\u202e"), st.characters()),
    max_size=30,
)


@given(title=HOSTILE, author=HOSTILE, journal=HOSTILE)
@settings(max_examples=150, deadline=None)
def test_no_text_can_add_a_field_or_a_record(title, author, journal):
    document = ("PMID:1", title, Metadata(authors=(author,), journal=journal, pmid="1"))
    (ris,) = read_tagged(export("ris", [document]).content.decode(), 6)
    assert [tag for tag, _ in ris if tag not in ("AU", "T2")] == ["TY", "ID", "TI", "AN", "ER"]
    (nbib,) = read_tagged(export("nbib", [document]).content.decode(), 6)
    assert {tag for tag, _ in nbib} <= {"PMID", "TI", "FAU", "AU", "CN", "PT", "JT"}
    ((_, key, fields),) = read_bibtex(export("bibtex", [document]).content.decode())
    assert key == "PMID-1"
    assert read_tex(fields.get("journal", "")) == visible(journal)
    rows = list(csv.reader(io.StringIO(export("csv", [document]).content.decode(), newline="")))
    assert [len(row) for row in rows] == [len(CSV_COLUMNS)] * 2
    assert rows[1][1] in (visible(title), f"'{visible(title)}")


def visible(text):
    """A text on one line, without what cannot be seen."""
    kept = "".join(" " if sign.isspace() else sign for sign in text)
    return " ".join("".join(sign for sign in kept if unicodedata.category(sign) not in ("Cc", "Cf", "Cs")).split())
