"""`as_printed`: look-alikes put right, one character for one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpora.deidentification.scanned import as_printed


@pytest.mark.parametrize(
    ("scanned", "printed"),
    [
        ("Wi11iam 0'Rourke", "William O'Rourke"),
        ("DOB O7/3O/1952", "DOB 07/30/1952"),
        ("86O-555-O17O", "860-555-0170"),
        ("0ct-14-2019", "Oct-14-2019"),
        ("T10 B12 CD10 H1N1 SK4 0ZZ", "T10 B12 CD10 H1N1 SK4 0ZZ"),
        ("Hb 10.2, 2+ oedema, IL-10", "Hb 10.2, 2+ oedema, IL-10"),
    ],
)
def test_reads_what_was_printed(scanned, printed):
    assert as_printed(scanned) == printed


@given(st.text(alphabet="Ool1I0SB59Aa-./' ", max_size=60))
def test_keeps_the_length(text):
    assert len(as_printed(text)) == len(text)
