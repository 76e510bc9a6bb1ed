"""The documents say what the code says: fields, paths, commands and the file tree are compared, both ways."""

import functools
import importlib
import json
import re
import typing
from pathlib import Path

import click
import msgspec
import pytest

from api.cli import COMMANDS, cli
from corpora.records import Document, text_sha256
from indexer.records import Passage
from reader.records import Evidence

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
README = ROOT / "README.md"
PACKAGES = ("corpora", "indexer", "retriever", "reader", "api")

# (a) docs/data-model.md and the records

RECORDS = (
    *("Span", "Section", "Document", "Metadata", "MeshHeading", "Link", "Deletion", "Skipped", "Query", "Qrels"),
    *("Passage", "Filters", "Attributes", "IndexManifest", "ModelIdentity"),
    *("EngineScore", "ScoredPassage", "RankedList", "Run", "Evidence", "AnswerItem", "Answer"),
    *("Hit", "SearchResponse", "Verification", "ErrorResponse"),
)
"""What the page must define, whatever it defines besides."""

_HEADING = re.compile(r"^### (\w+)\n+`([a-z_.]+)\.(\w+)`(?: is `(.+)`:)?", re.MULTILINE)
_ROW = re.compile(r"^\| `(\w+)` \| [^|]+ \| [^|]*\|$", re.MULTILINE)
_EXAMPLE = re.compile(r"^```json\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@functools.cache
def data_model():
    """Record -> (module, the type it stands for if it is no struct, the text of its section)."""
    text = (DOCS / "data-model.md").read_text("utf-8")
    sections = {}
    for part in re.split(r"^(?=##)", text, flags=re.MULTILINE):
        if part.startswith("###"):
            found = _HEADING.match(part)
            assert found, f"does not begin with a heading and the record's place: {part[:80]!r}"
            assert found[1] == found[3], f"the heading {found[1]} stands above {found[3]}"
            assert found[1] not in sections, f"{found[1]} is defined twice"
            sections[found[1]] = (found[2], found[4], part)
    return sections


def defined(name):
    """The record of this name that the page points to."""
    return getattr(importlib.import_module(data_model()[name][0]), name)


def test_every_record_is_defined_on_the_page():
    assert [name for name in RECORDS if name not in data_model()] == []


def test_the_fields_of_every_record_are_those_of_the_code():
    for name, (module, alias, section) in data_model().items():
        if alias:
            assert alias == str(defined(name)), f"{name} is {defined(name)} in {module}"
        else:
            fields = [field.name for field in msgspec.structs.fields(defined(name))]
            assert _ROW.findall(section) == fields, f"the table of {name} against {module}"


def test_records_that_fields_refer_to_are_defined_too():
    for name in data_model():
        for kind in structs_in(defined(name)):
            assert defined(kind.__name__) is kind, f"a field of {name} is a {kind.__name__}, which the page lacks"


def structs_in(record):
    """The struct classes that a record's fields hold, in tuples and unions too."""
    if not isinstance(record, type) or not issubclass(record, msgspec.Struct):
        return
    pending = [field.type for field in msgspec.structs.fields(record)]
    while pending:
        kind = pending.pop()
        pending += typing.get_args(kind)
        if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
            yield kind


def example(kind):
    """The one example of a record, decoded; every name in it must be a field."""
    (encoded,) = _EXAMPLE.findall(data_model()[kind.__name__][2])
    record = msgspec.json.decode(encoded, type=kind)
    assert_known(json.loads(encoded), msgspec.json.decode(msgspec.json.encode(record)))
    return record


def assert_known(given, understood):
    """What was given came back from decoding and encoding, so nothing of it was ignored."""
    if isinstance(given, dict):
        for key, value in given.items():
            assert key in understood, f"{key!r} is no field"
            assert_known(value, understood[key])
    elif isinstance(given, list):
        assert len(given) == len(understood)
        for one, other in zip(given, understood, strict=True):
            assert_known(one, other)
    else:
        assert given == understood


def test_the_examples_hold_what_the_tables_say():
    document, passage, evidence = example(Document), example(Passage), example(Evidence)
    assert document.sections[-1].span.end == len(document.text)
    assert passage.span.of(document.text) == passage.text
    assert document.text[evidence.start : evidence.end] == evidence.text
    context = evidence.context
    assert document.text[context.start : context.end] == context.text
    assert context.start <= evidence.start <= evidence.end <= context.end
    assert evidence.sha256 == text_sha256(document.text)
    assert document.document_id == passage.document_id == evidence.document_id
    assert passage.passage_id == evidence.passage_id


# (b) paths and names in backticks

_FENCED = re.compile(r"^ *```.*?^ *```", re.MULTILINE | re.DOTALL)
_CODE = re.compile(r"`([^`\n]+)`")
_LINK = re.compile(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)")
_TOP = (*PACKAGES, "tests", "docs", "scripts", ".ci")
_ENDS = (".py", ".md", ".toml", ".sh", ".yaml")
_ENDS_AT_ROOT = (".md", ".toml", ".yaml")
_AT_ROOT = ("Makefile", "LICENSE", "constraints.txt")
_NAME = re.compile(rf"(?:{'|'.join(PACKAGES)})(?:\.\w+)+")


def pages():
    return [page for page in (README, ROOT / "CONTRIBUTING.md", *sorted(DOCS.rglob("*.md"))) if page.exists()]


def code_words(page):
    """The words that stand in backticks, and the targets of links."""
    text = _FENCED.sub("", page.read_text("utf-8"))
    return [word for code in _CODE.findall(text) for word in code.split()] + _LINK.findall(text)


def looks_like_a_path(word):
    """Below a folder of this repository, or of a kind that lies in one; not what an index directory holds."""
    if word.startswith(("/", "..", "~")) or "://" in word or not re.fullmatch(r"[\w./*-]+", word):
        return False
    first, slash, _ = word.partition("/")
    return word.endswith(_ENDS if slash else _ENDS_AT_ROOT) or bool(slash and first in _TOP) or word in _AT_ROOT


def as_path(word):
    """The word without ``::test``, line numbers and punctuation; placeholders such as ``<name>`` as wildcards."""
    return re.sub(r"::.*|:\d+$", "", re.sub(r"<[^>]*>|…", "*", word.strip(",;:()"))).rstrip(".")


def exists(path, page):
    return any(next(base.glob(path), None) is not None for base in (ROOT, page.parent, DOCS))


def test_every_path_in_the_pages_exists():
    missing = [
        f"{page.relative_to(ROOT)}: {path}"
        for page in pages()
        for path in map(as_path, code_words(page))
        if looks_like_a_path(path) and not exists(path.rstrip("/"), page)
    ]
    assert missing == []


def test_every_dotted_name_in_the_pages_exists():
    wrong = [
        f"{page.relative_to(ROOT)}: {word}"
        for page in pages()
        for word in code_words(page)
        if _NAME.fullmatch(word) and not word.endswith(_ENDS) and not is_importable(word)
    ]
    assert wrong == []


def is_importable(dotted):
    """Whether the name is a module or what can be reached from one by attributes."""
    found, *rest = dotted.split(".")
    value = importlib.import_module(found)
    for name in rest:
        found = f"{found}.{name}"
        if not hasattr(value, name):
            try:
                importlib.import_module(found)
            except ModuleNotFoundError:
                return False
        value = getattr(value, name)
    return True


@pytest.mark.parametrize(
    ("word", "path"),
    [
        ("corpora/formats.py", "corpora/formats.py"),
        ("tests/x/test_y.py::test_z", "tests/x/test_y.py"),
        ("reader/weights/<name>.json", "reader/weights/*.json"),
        ("indexer/", "indexer/"),
        ("script/bench.py", "script/bench.py"),
        ("pyproject.toml", "pyproject.toml"),
        ("dense/vectors.f16", None),
        ("../shared/tools/make_beir.py", None),
        ("/v1/search", None),
        ("https://example.org/a.md", None),
        ("manifest.json", None),
        ("client.py", None),
        ("api", None),
    ],
)
def test_what_looks_like_a_path(word, path):
    assert (as_path(word) if looks_like_a_path(as_path(word)) else None) == path


# (c) the command line


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_and_option_has_help(name):
    for path, command in commands_below(name, cli.get_command(click.Context(cli), name)):
        assert command.help, f"biocite {path} has no help"
        for option in command.params:
            if isinstance(option, click.Option) and not option.hidden:
                assert option.help, f"biocite {path} {option.opts[0]} has no help"


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_is_in_the_readme(name):
    if not README.exists():
        pytest.skip("README.md is not written yet")
    readme = README.read_text("utf-8")
    for path, command in commands_below(name, cli.get_command(click.Context(cli), name)):
        if not isinstance(command, click.Group):
            assert re.search(rf"\bbiocite {path}\b", readme), f"README.md does not mention biocite {path}"


def commands_below(path, command):
    """(path, command) of a command and, where it is a group, of all below it."""
    yield path, command
    if isinstance(command, click.Group):
        for name in command.list_commands(click.Context(command)):
            yield from commands_below(f"{path} {name}", command.get_command(click.Context(command), name))


# (d) docs/architecture.md: the file tree

_BRANCH = re.compile(r"( *)([\w.]+/?) {2,}(\S.*)")


@functools.cache
def file_tree():
    """The paths of the tree under "Files", in its order; folders end with a slash."""
    text = (DOCS / "architecture.md").read_text("utf-8")
    found = re.search(r"^## Files\n+```\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    assert found, "docs/architecture.md has no file tree under ## Files"
    folders, paths = [], []
    for line in found[1].splitlines():
        branch = _BRANCH.fullmatch(line)
        assert branch, f"expected a name and what it is for: {line!r}"
        del folders[len(branch[1]) // 4 :]
        paths.append("".join(folders) + branch[2])
        if branch[2].endswith("/"):
            folders.append(branch[2])
    return paths


def test_the_file_tree_names_every_module_once():
    assert sorted(path for path in file_tree() if file_tree().count(path) > 1) == []
    modules = [path.relative_to(ROOT) for package in PACKAGES for path in (ROOT / package).rglob("*.py")]
    expected = {f"{path.parent}/" if path.name == "__init__.py" else str(path) for path in modules}
    assert sorted(expected ^ set(file_tree())) == [], "in the tree or in the packages, but not in both"


# docs/decisions


def test_decisions_are_numbered_and_say_what_would_change_our_mind():
    pages = sorted((DOCS / "decisions").glob("*.md"))
    assert [page.name[:4] for page in pages] == [f"{number:04}" for number in range(1, len(pages) + 1)]
    wanted = ["Context", "Decision", "Consequences", "What would change our mind"]
    for page in pages:
        text = page.read_text("utf-8")
        assert text.startswith(f"# {page.name[:4]}: "), page.name
        assert re.findall(r"^## (.+)$", text, re.MULTILINE) == wanted, page.name
