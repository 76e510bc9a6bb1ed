"""Formulas as one readable line: MathML and TeX to text such as ``(a + b)/c`` or ``x_i^2``."""

import html
import re

from lxml import etree

from corpora.xml import Element

_INFIX = frozenset("=+-−–±∓×÷·∙⋅*∗<>≤≥≦≧⩽⩾≠≈≅≃≡∼~∝→←↔⇒⇔∈∉⊂⊆∪∩∧∨|≪≫") | {"<=", ">=", ":=", "=="}
_PREFIXABLE = frozenset("+-−–±∓~∼")
_INVISIBLE = str.maketrans(dict.fromkeys("\u2061\u2062\u2063\u2064\u200b\ufeff"))
_ACCENTS = {"¯": "\u0304", "‾": "\u0304", "ˉ": "\u0304", "^": "\u0302", "ˆ": "\u0302", "~": "\u0303", "˜": "\u0303"}
_ACCENTS |= {"˙": "\u0307", "¨": "\u0308", "→": "\u20d7", "⃗": "\u20d7", "-": "\u0304", "_": "\u0304", "―": "\u0304"}
_ATOM = re.compile(r"[+\-−–±]?[^\W_]+(?:[.,]\d+)?%?[\u0300-\u036f\u20d7]*|\([^()]*\)|\[[^\[\]]*\]|[^\w\s]")
_SILENT = frozenset({"annotation", "annotation-xml", "mphantom", "malignmark", "maligngroup", "mprescripts", "none"})
_LEAVES = frozenset({"mi", "mn", "mtext", "ms", "mo"})


def local_name(node: Element) -> str:
    """The element's name without namespace or prefix; ``""`` for comments, processing instructions and entities."""
    tag = node.tag
    return tag.rpartition("}")[2].rpartition(":")[2] if isinstance(tag, str) else ""


def entity_text(node: Element) -> str:
    """The character that an unresolved entity reference such as ``&alpha;`` names; the reference where unknown."""
    return html.unescape(node.text or "") if node.tag is etree.Entity else ""


def mathml_text(math: Element) -> str:
    """A MathML expression on one line, such as ``(a + b)/c``; annotations and phantoms are left out.

    Works bottom up over the reversed document order, so that no depth of nesting exhausts the stack.
    """
    written: dict[Element, str] = {}
    for node in reversed(list(math.iter())):
        written[node] = _node_text(node, [written[child] for child in node])
    return " ".join(written[math].split())


def _node_text(node: Element, parts: list[str]) -> str:
    name = local_name(node)
    if not name:
        return entity_text(node)
    if name in _SILENT:
        return ""
    if name in _LEAVES:
        return _leaf_text(node, parts)
    layout = _LAYOUTS.get(name)
    return layout(node, parts) if layout else _row(node, parts)


def _leaf_text(node: Element, parts: list[str]) -> str:
    pieces = [node.text or ""]
    for child, part in zip(node, parts, strict=True):
        pieces += [part, child.tail or ""]
    return "".join(pieces).translate(_INVISIBLE)


def _row(node: Element, parts: list[str]) -> str:
    """The children side by side, with spaces around infix operators and between things that must not fuse."""
    before = (node.text or "").strip()  # there in markup that is not quite MathML
    pieces = [before]
    for child, part in zip(node, parts, strict=True):
        if not part.strip():
            pieces.append(" " if part or local_name(child) == "mspace" else "")
            continue
        pieces.append(_spaced(child, part, before))
        before = (child.tail or "").strip() or part.strip()
        pieces.append((child.tail or "").strip())
    return "".join(pieces)


def _spaced(child: Element, part: str, before: str) -> str:
    mark = part.strip()
    if local_name(child) == "mo":
        if mark in _INFIX and not (mark in _PREFIXABLE and (not before or before in _INFIX or before[-1] in "([{,;")):
            return f" {mark} "
        return f"{mark} " if mark in {",", ";"} else f" {mark} " if mark.isalpha() and len(mark) > 1 else mark
    return f" {part}" if _would_fuse(before, mark) else part


def _would_fuse(before: str, mark: str) -> bool:
    if not (before[-1:].isalnum() and mark[:1].isalnum()):
        return False
    numbers = before[-1].isdigit() and mark[0].isdigit()
    return numbers or len(before) > 1 < len(mark)


def _atom(part: str) -> str:
    part = part.strip()
    return part if not part or _ATOM.fullmatch(part) else f"({part})"


def _scripts(node: Element, parts: list[str]) -> str:
    """``a_b``, ``a^b``, ``a_b^c``; a bare accent above or below goes onto its base."""
    parts = [part for child, part in zip(node, parts, strict=True) if local_name(child)]
    base, marks = (_atom(parts[0]) if parts else ""), parts[1:]
    signs = {"msub": "_", "munder": "_", "msup": "^", "mover": "^"}.get(local_name(node), "_^")
    if len(marks) == 1 and local_name(node) in {"mover", "munder"} and marks[0].strip() in _ACCENTS:
        return base + _ACCENTS[marks[0].strip()] if len(base) == 1 else parts[0].strip()
    return base + "".join(sign + _atom(mark) for sign, mark in zip(signs, marks, strict=False) if mark.strip())


def _multiscripts(node: Element, parts: list[str]) -> str:
    """Scripts come in pairs (sub, sup) after the base, and after ``mprescripts`` the ones that stand before it."""
    children = [(local_name(child), part) for child, part in zip(node, parts, strict=True) if local_name(child)]
    names = [name for name, _ in children]
    split = names.index("mprescripts") if "mprescripts" in names else len(names)
    base, after = (children[0][1] if children else ""), [part for _, part in children[1:split]]
    before = "".join(part.strip() for _, part in children[split + 1 :])
    return before + _atom(base) + "".join("_^"[i % 2] + _atom(mark) for i, mark in enumerate(after) if mark.strip())


def _fraction(node: Element, parts: list[str]) -> str:
    parts = [part for part in parts if part.strip()]
    return "/".join(map(_atom, parts))


def _root(node: Element, parts: list[str]) -> str:
    if local_name(node) == "mroot" and len(parts) == 2:
        return f"{_atom(parts[1])}√({parts[0].strip()})"
    return f"√({_row(node, parts).strip()})"


def _fenced(node: Element, parts: list[str]) -> str:
    separators = (node.get("separators", ",")).strip()[:1]
    between = f"{separators} " if separators else " "
    return node.get("open", "(") + between.join(part.strip() for part in parts if part.strip()) + node.get("close", ")")


def _cells(node: Element, parts: list[str]) -> str:
    return "  ".join(part.strip() for part in parts if part.strip())


def _rows(node: Element, parts: list[str]) -> str:
    return "; ".join(part.strip() for part in parts if part.strip())


_LAYOUTS = dict.fromkeys(("msub", "msup", "msubsup", "munder", "mover", "munderover"), _scripts)
_LAYOUTS |= {"mmultiscripts": _multiscripts, "mfrac": _fraction, "msqrt": _root, "mroot": _root, "mfenced": _fenced}
_LAYOUTS |= {"mtr": _cells, "mlabeledtr": _cells, "mtable": _rows}

_TEX_DOCUMENT = re.compile(r"\\begin\s*\{document\}(.*?)(?:\\end\s*\{document\}|$)", re.S)
_TEX_PREAMBLE = re.compile(r"\\(?:documentclass|usepackage|setlength|newcommand|pagestyle)\b[^\n]*")
_TEX_STYLE = re.compile(
    r"\\(?:text|math|mbox|operatorname|boldsymbol|left|right|big|limits|displaystyle|begin|end|label|tag)[a-zA-Z]*\*?"
    r"(?:\{(?:array|aligned?|equation|cases|matrix|gathered|split)\*?\}(?:\{[lcr|]*\})?)?"
)
_TEX_FRACTION = re.compile(r"\\[dt]?frac\s*\{([^{}]*)\}\s*\{([^{}]*)\}")
_TEX_ROOT = re.compile(r"\\sqrt\s*\{([^{}]*)\}")
_TEX_SCRIPT = re.compile(r"([_^])\s*\{([^{}]*)\}")
_OPEN, _CLOSE = "\ue000", "\ue001"  # braces that are meant to be seen, while the others are worked off
_NO_PRIVATE = dict.fromkeys(map(ord, (_OPEN, _CLOSE)))
_MAX_BRACES = 50
"""How deep braces are understood; deeper ones, of no author's making, are dropped."""
_TEX_SYMBOLS = {
    "times": "×", "cdot": "·", "pm": "±", "mp": "∓", "div": "÷", "le": "≤", "leq": "≤", "leqslant": "≤", "ge": "≥",
    "geq": "≥", "geqslant": "≥", "ne": "≠", "neq": "≠", "approx": "≈", "sim": "∼", "equiv": "≡", "infty": "∞",
    "sum": "∑", "prod": "∏", "int": "∫", "rightarrow": "→", "to": "→", "leftarrow": "←", "circ": "°", "degree": "°",
    "ldots": "…", "dots": "…", "cdots": "…", "quad": " ", "qquad": " ", "in": "∈", "partial": "∂", "propto": "∝",
    "hat": "", "bar": "", "overline": "", "underline": "", "tilde": "", "vec": "", "prime": "′", "mid": "|", "lt": "<",
    "gt": ">", "log": "log", "ln": "ln", "exp": "exp", "max": "max", "min": "min", "varepsilon": "ε", "varphi": "φ",
}  # fmt: skip


def tex_text(source: str) -> str:
    """A TeX formula as one readable line: no preamble, commands replaced by their characters or their names."""
    document = _TEX_DOCUMENT.search(source)
    text = document.group(1) if document else _TEX_PREAMBLE.sub(" ", source)
    text = text.translate(_NO_PRIVATE).replace(r"\{", _OPEN).replace(r"\}", _CLOSE)
    text = re.sub(r"\\[,;:!> ]|~|\\\\|&", " ", _TEX_STYLE.sub("", text).replace("$", " "))
    before = ""
    for _ in range(_MAX_BRACES):  # innermost first
        if before == text:
            break
        before = text
        text = _TEX_SCRIPT.sub(lambda m: m[1] + _atom(m[2]), text)
        text = _TEX_FRACTION.sub(lambda m: f"{_atom(m[1])}/{_atom(m[2])}", text)
        text = _TEX_ROOT.sub(r"√(\1)", text)
        text = re.sub(r"(?<!\})\{([^{}]*)\}(?!\s*\{)", r"\1", text) if before == text else text
    text = re.sub(r"\\([a-zA-Z]+)\s*", lambda m: _tex_symbol(m[1]), text)
    text = re.sub(r"\\(.)|[{}]", r"\1", text)
    return " ".join(text.replace(_OPEN, "{").replace(_CLOSE, "}").split())


def _tex_symbol(name: str) -> str:
    known = _TEX_SYMBOLS.get(name)
    return known if known is not None else html.unescape(f"&{name};").replace(f"&{name};", f"{name} ")
