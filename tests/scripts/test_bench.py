import json

import pytest

from scripts import bench
from scripts.benchmarks import page
from scripts.benchmarks.common import Context
from scripts.benchmarks.tables import TABLES


def test_every_part_has_a_table():
    assert list(bench.PARTS) == list(TABLES)


def test_parts_are_named_one_after_the_other_or_each_with_its_own_option():
    assert bench.parse(["--only", "peers", "search", "--only", "lexical"]).only == ["peers", "search", "lexical"]
    assert bench.parse([]).only is None
    assert bench.parse([]).out == page.JSON
    with pytest.raises(SystemExit):
        bench.parse(["--only", "nothing"])


def test_a_result_says_by_what_and_where_it_was_measured(monkeypatch, tmp_path):
    monkeypatch.setitem(bench.PARTS, "lexical", lambda context: {"work": str(context.work)})
    result = bench.measured("lexical", Context(tmp_path, tmp_path, 0.5))
    assert result["command"] == ".venv/bin/python scripts/bench.py --only lexical --scale 0.5"
    assert result["figures"] == {"work": str(tmp_path)}
    assert result["machine"]["cores"] >= 1
    assert {"python", "torch", "faiss-cpu", "tantivy"} <= set(result["versions"])


def test_parts_that_are_not_measured_keep_their_results(monkeypatch, tmp_path, capsys):
    out = tmp_path / "figures.json"
    monkeypatch.setitem(bench.PARTS, "lexical", lambda _: {"one": 1})
    monkeypatch.setitem(bench.PARTS, "peers", lambda _: {"two": 2})
    for part in ("lexical", "peers"):
        monkeypatch.setattr("sys.argv", ["bench.py", "--only", part, "--out", str(out), "--work", str(tmp_path / "w")])
        bench.main()
    found = page.read_results(out)
    assert {part: result["figures"] for part, result in found.items()} == {"lexical": {"one": 1}, "peers": {"two": 2}}
    assert json.loads(capsys.readouterr().out.split("}\n{")[0] + "}")["lexical"]["figures"] == {"one": 1}
