import io
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpora.errors import SourceError
from corpora.patients import json_items
from corpora.patients.json_items import Item, line_items, list_items, outermost
from corpora.streams import PeekStream


class Dribble:
    """A stream that gives `step` bytes at a time."""

    def __init__(self, data, step):
        self._data = io.BytesIO(data)
        self._step = step

    def read(self, size=-1, /):
        return self._data.read(min(self._step, size) if size >= 0 else self._step)


def items(data, key="", step=10**6):
    return list(list_items(PeekStream(Dribble(data, step), "f.json"), "f.json", key))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.sampled_from(['"', "\\", '\\"', "{", "]", '"entry":[']),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
OBJECTS = st.lists(st.dictionaries(st.text(), JSON, max_size=3), max_size=4)


@settings(max_examples=150)
@given(
    OBJECTS, st.dictionaries(st.text(min_size=1).filter(lambda k: k != "entry"), JSON), st.booleans(), st.integers(1, 9)
)
def test_items_are_what_json_says_whatever_the_pieces(objects, others, indented, step):
    whole = {**others, "entry": objects, "last": [{"x": 1}]}
    data = json.dumps(whole, indent=2 if indented else None, ensure_ascii=False).encode("utf-8", "surrogatepass")
    found = items(data, "entry", step)
    assert [json.loads(item.data.decode("utf-8", "surrogatepass")) for item in found] == objects
    assert [data[item.start : item.start + len(item.data)] for item in found] == [item.data for item in found]
    as_list = json.dumps(objects).encode()
    assert [json.loads(item.data) for item in items(as_list, "", step)] == objects


def test_only_the_outermost_list_of_the_key_counts():
    assert items(b'{"x": {"entry": [{"a": 1}]}, "entry": [{"b": [{"entry": []}]}]}', "entry") == [
        Item(1, 39, b'{"b": [{"entry": []}]}')
    ]
    assert items(b'{"x": [], "n": 1}', "entry") == []
    assert items(b"[]") == []
    assert items(b"\xef\xbb\xbf [{}] \n") == [Item(1, 5, b"{}")]
    assert [item.data for item in items(b"[" + b" " * 900 + b"{}," + b"\n" * 900 + b"{}]", "", 100)] == [b"{}", b"{}"]


def test_what_is_no_object_is_a_problem():
    found = items(b'[{"a": 1}, 3, {"b": 2}, [4]]')
    assert [(item.number, bool(item.data), bool(item.problem)) for item in found] == [
        (1, True, False),
        (2, False, True),
        (2, True, False),
        (3, False, True),
    ]
    assert [item.problem for item in items(b'["secret"]')] == ["something that is no object stands in the list"]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b'[{"a": 1}', "ends before"),
        (b'[{"a": "1}]', "ends before"),
        (b"", "ends before"),
        (b"[{]}", "closes none"),
        (b"[{}]]", "goes on"),
        (b"[{}] x", "goes on"),
        (b"x [{}]", "before its first bracket"),
        (b"[" * 600, "nests deeper"),
    ],
)
def test_damage(data, reason):
    with pytest.raises(SourceError, match=reason):
        items(data)


def test_an_item_too_long_is_not_kept(monkeypatch):
    monkeypatch.setattr(json_items, "MAX_RECORD_BYTES", 20)
    found = items(b'[{"a": 1}, {"a": "' + b"x" * 50 + b'"}, {"b": 2}]', "", 7)
    assert [(item.number, item.data) for item in found] == [(1, b'{"a": 1}'), (2, b""), (3, b'{"b": 2}')]
    assert "longer than the 20 bytes" in found[1].problem
    lines = list(line_items(PeekStream(Dribble(b"{}\n" + b"x" * 50 + b"\n{1}", 7), "f")))
    assert [(item.number, item.data, bool(item.problem)) for item in lines] == [
        (1, b"{}", False),
        (2, b"", True),
        (3, b"{1}", False),
    ]


@given(st.lists(st.binary(max_size=6).map(lambda b: b.replace(b"\n", b"-").replace(b"\xef", b"x"))), st.integers(1, 9))
def test_lines(lines, step):
    data = b"\n".join(lines)
    found = list(line_items(PeekStream(Dribble(data, step), "f")))
    assert [(item.number, item.data) for item in found] == [
        (number, line) for number, line in enumerate(lines, 1) if line.strip()
    ]
    assert all(data[item.start : item.start + len(item.data)] == item.data for item in found)


def test_outermost():
    assert outermost(b'{"a": "}{", "entry": [{"b": 1}], "c": {"d": 2}, "e') == b'"a": "}{", "entry": , "c": , '
