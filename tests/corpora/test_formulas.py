import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from corpora.formulas import mathml_text, tex_text

NAMESPACE = 'xmlns="http://www.w3.org/1998/Math/MathML"'


def mathml(inner):
    return mathml_text(etree.fromstring(f"<math {NAMESPACE}>{inner}</math>"))


@pytest.mark.parametrize(
    ("inner", "text"),
    [
        ("<mfrac><mrow><mi>a</mi><mo>+</mo><mi>b</mi></mrow><mi>c</mi></mfrac>", "(a + b)/c"),
        ("<mfrac><mn>1</mn><mn>2</mn></mfrac>", "1/2"),
        ("<msup><mi>x</mi><mn>2</mn></msup>", "x^2"),
        ("<msup><mn>10</mn><mrow><mo>−</mo><mn>3</mn></mrow></msup>", "10^−3"),
        ("<msub><mi>x</mi><mi>i</mi></msub>", "x_i"),
        ("<msubsup><mi>σ</mi><mn>1</mn><mn>2</mn></msubsup>", "σ_1^2"),
        ("<msqrt><mi>n</mi><mo>-</mo><mn>1</mn></msqrt>", "√(n - 1)"),
        ("<mroot><mi>x</mi><mn>3</mn></mroot>", "3√(x)"),
        ("<mi>P</mi><mo>&lt;</mo><mn>0.05</mn>", "P < 0.05"),
        ("<mo>-</mo><mi>x</mi><mo>=</mo><mo>-</mo><mn>2</mn>", "-x = -2"),
        ("<mn>1</mn><mn>2</mn>", "1 2"),
        ("<mn>0</mn><mo>.</mo><mn>5</mn>", "0.5"),
        ("<mtext>mean age</mtext><mtext>years</mtext>", "mean age years"),
        ("<mi>log</mi><mi>OR</mi>", "log OR"),
        ("<mn>2</mn><mo>\u2062</mo><mi>x</mi>", "2x"),
        ("<mfenced><mi>a</mi><mi>b</mi></mfenced>", "(a, b)"),
        ('<mfenced open="[" close="]" separators=";"><mi>a</mi><mi>b</mi></mfenced>', "[a; b]"),
        (
            "<munderover><mo>∑</mo><mrow><mi>i</mi><mo>=</mo><mn>1</mn></mrow><mi>n</mi></munderover><mi>x</mi>",
            "∑_(i = 1)^nx",
        ),
        ("<mover><mi>x</mi><mo>¯</mo></mover>", "x\u0304"),
        ("<mover><mi>AB</mi><mo>¯</mo></mover>", "AB"),
        ("<mtable><mtr><mtd>1</mtd><mtd><mn>2</mn></mtd></mtr><mtr><mtd><mi>c</mi></mtd></mtr></mtable>", "1 2; c"),
        ("<mmultiscripts><mi>C</mi><mprescripts/><none/><mn>14</mn></mmultiscripts>", "14C"),
        ("<semantics><mi>a</mi><annotation>\\alpha</annotation></semantics>", "a"),
        ("<mi>a</mi><mphantom><mi>b</mi></mphantom>", "a"),
        ("<mi>a</mi><!-- no --><?no no?><mspace width='1em'/><mi>b</mi>", "a b"),
        ("<mfrac/><msup/><mfenced/>", "()"),
        ("", ""),
    ],
)  # fmt: skip
def test_mathml(inner, text):
    assert mathml(inner) == text


def test_a_namespace_prefix_changes_nothing():
    prefixed = etree.fromstring(
        '<m:math xmlns:m="http://www.w3.org/1998/Math/MathML"><m:msup><m:mi>x</m:mi><m:mn>2</m:mn></m:msup></m:math>'
    )
    bare = etree.fromstring("<math><msup><mi>x</mi><mn>2</mn></msup></math>")
    assert mathml_text(prefixed) == mathml_text(bare) == "x^2"


def test_depth_does_not_exhaust_the_stack():
    root = node = etree.Element("math")
    for _ in range(10_000):
        node = etree.SubElement(node, "mrow")
    etree.SubElement(node, "mi").text = "x"
    assert mathml_text(root) == "x"


@pytest.mark.parametrize(
    ("source", "text"),
    [
        (
            "\\documentclass[12pt]{minimal}\n\\usepackage{amsmath}\n\\setlength{\\oddsidemargin}{-69pt}\n"
            "\\begin{document}$$p \\le 0.05$$\\end{document}",
            "p ≤0.05",
        ),
        ("\\frac{a+b}{2}", "(a+b)/2"),
        ("\\frac{\\sqrt{n}}{\\sigma_{12}^{2}}", "(√(n))/(σ_12^2)"),
        ("$5 \\times 10^{-3}$", "5 ×10^-3"),
        ("\\mathrm{BMI} = \\text{weight}", "BMI = weight"),
        ("\\alpha\\beta", "αβ"),
        ("\\left( x \\right)", "( x )"),
        ("50\\%", "50%"),
        ("\\usepackage{amsmath}\nx", "x"),
        ("\\{1, 2\\}", "{1, 2}"),
        ("", ""),
    ],
)
def test_tex(source, text):
    assert tex_text(source) == text


@given(st.lists(st.sampled_from(["{", "}", "_", "^", "$", "a", "12", " ", "\n", "\\frac", "\\sqrt", "\\alpha ", "&"])))
def test_any_tex_gives_one_line_without_braces_or_commands(tokens):
    assert not set("{}\\$\n&") & set(tex_text("".join(tokens)))


def test_deep_braces_do_not_take_for_ever():
    assert tex_text("{" * 100_000 + "x" + "}" * 100_000) == "x"
