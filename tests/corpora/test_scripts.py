import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpora.scripts import subscript, superscript


@pytest.mark.parametrize(
    ("before", "text", "after", "written"),
    [
        ("10", "6", " cells", "^6"),
        ("5 × 10", "-3", " M", "^-3"),
        ("10", "− 3", "", "^−3"),
        ("kg/m", "2", ")", "2"),
        ("R", "2", "", "2"),
        ("χ", "2", " test", "2"),
        ("Ca", "2+", "", "2+"),
        ("SO4", "2-", "", "^2-"),
        ("CD4", "+", " cells", "+"),
        ("Cl", "-", "", "-"),
        ("mg kg", "-1", "", "^-1"),
        ("group", "1", " and", "^1"),
        ("HPFS", "1", "", "^1"),
        ("12.3", "a", "", "^a"),
        ("0.5 (0.1)", "a,b", "", "^a,b"),
        ("Placebo", "a", "", "^a"),
        ("4", "th", " week", "th"),
        ("BRAF", "V600E", "-mutant", "^V600E"),
        ("x", "n+1", "", "^(n+1)"),
        ("37", "o", "C", "°"),
        ("37 ", "o", "C", "°"),
        ("Zocor", "®", "", "®"),
        ("Luminex", "TM", " kit", "™"),
        ("2", "3", "5", "^3 "),  # 2^35 would be another number
        ("(", "18", "F]FDG", "18"),
        ("with ", "99m", "Tc", "99m"),
        ("with ", "3", "H-thymidine", "3"),
        ("\n", "a", "Adjusted for age", "a "),
        ("\n", "1", "Department of", "1 "),
        ("", "13", "C", "13"),
        ("hazard ratio.", "b", "Adjusted", " b "),
        ("P < 0.05.", "*", "", "*"),
        ("x", "", "y", ""),
    ],
)
def test_superscript(before, text, after, written):
    assert superscript(before, text, after) == written


@pytest.mark.parametrize(
    ("before", "text", "after", "written"),
    [
        ("H", "2", "O", "2"),
        ("HbA", "1c", "", "1c"),
        ("C", "max", "", "max"),
        ("Dose", "max", "", "_max"),
        ("AUC", "0–24", "", "0–24"),
        ("AUC", "last", "", "last"),
        ("C", "trough", "", "_trough"),
        ("10", "2", "", "_2"),
        ("log", "2", "3", "2 "),
        ("x", "", "y", ""),
    ],
)
def test_subscript(before, text, after, written):
    assert subscript(before, text, after) == written


@given(st.integers(0, 999), st.integers(0, 999), st.integers(0, 999))
def test_no_two_numbers_ever_fuse(before, text, after):
    for script in (superscript, subscript):
        joined = f"{before}{script(str(before), str(text), str(after))}{after}"
        assert re.findall(r"\d+", joined) == [str(before), str(text), str(after)]
