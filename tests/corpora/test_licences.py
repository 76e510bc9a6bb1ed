import pytest

from corpora.licences import MAX_STATEMENT, MAX_WORDS, licence_name


@pytest.mark.parametrize(
    ("statements", "name"),
    [
        (("http://creativecommons.org/licenses/by/2.0",), "CC BY 2.0"),
        (("https://creativecommons.org/licenses/by-nc-nd/4.0/", "An open access article."), "CC BY-NC-ND 4.0"),
        (("http://creativecommons.org/licenses/CC BY-NC/4.0",), "CC BY-NC 4.0"),
        (("http://creativecommons.org/licenses/by/3/",), "CC BY 3.0"),
        (("This is an open access article under the CC BY-NC-SA license.",), "CC BY-NC-SA"),
        (("Attribution Non Commercial (CC BY-NC 4.0) license",), "CC BY-NC 4.0"),
        (("under a Creative Commons Attribution 4.0 International License",), "CC BY 4.0"),
        (("the Creative Commons Attribution-NonCommercial-NoDerivatives License 4.0",), "CC BY-NC-ND 4.0"),
        (("the Creative Commons Attribution Non-Commercial Share Alike 3.0 Unported",), "CC BY-NC-SA 3.0"),
        (("the terms of the Creative Commons Attribution License, which permits all",), "CC BY"),
        (("under a Creative Commons Attribution",), "CC BY"),
        # where statements disagree, the one with more conditions is believed, then the one with a version
        (("creativecommons.org/licenses/by-nc-sa/3.0/", "Creative Commons Attribution License"), "CC BY-NC-SA 3.0"),
        (("http://creativecommons.org/licenses/by/4.0/", "the Creative Commons Attribution License"), "CC BY 4.0"),
        (("http://creativecommons.org/publicdomain/zero/1.0/", "free to use"), "CC0 1.0"),
        (("This work is in the public domain.",), "Public Domain"),
        (("Users may view and print.\n Nothing else.",), "Users may view and print. Nothing else."),
        (("x" * 1000,), "x" * MAX_WORDS),
        ((), ""),
    ],
)  # fmt: skip
def test_licence_name(statements, name):
    assert licence_name(*statements) == name


def test_a_hostile_statement_takes_no_time():
    assert licence_name("creative commons attribution" + "- " * 10 * MAX_STATEMENT) == "CC BY"
