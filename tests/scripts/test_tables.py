import re
import xml.etree.ElementTree as ET

import pytest

from corpora.errors import SourceError
from scripts.benchmarks import page
from scripts.benchmarks.charts import Axis, line_chart, short
from scripts.benchmarks.tables import TABLES, about, building, peers, search, table

RESULT = {
    "command": ".venv/bin/python scripts/bench.py --only lexical",
    "date": "2026-01-02",
    "scale": 0.5,
    "machine": {"processor": "P", "cores": 2, "flags": ["avx2"], "device": "cpu", "dtype": "torch.float32"},
    "versions": {"python": "3.11.0"},
    "figures": {"queries": 3, "queries a second": {"tantivy": 5278.1, "rank-bm25": 91.9}},
}


def test_the_page_and_the_pictures_agree_with_the_figures():
    results = page.read_results()
    text = page.PAGE.read_text("utf-8")
    assert page.rendered(text, results) == text, "run scripts/bench.py --tables"
    made = page.pictures(results)
    there = {path.name: path.read_text("utf-8") for path in page.FIGURES.glob("*.svg")}
    assert made == there, "run scripts/bench.py --tables"


def test_every_part_has_its_place_on_the_page_once():
    places = re.findall(r"^<!-- (\S+): begin -->$", page.PAGE.read_text("utf-8"), re.MULTILINE)
    assert sorted(places) == sorted(TABLES)


def test_what_stands_between_the_markers_is_made_anew_and_the_rest_kept():
    before = "above\n<!-- lexical: begin -->\nold\n<!-- lexical: end -->\nbelow\n"
    after = page.rendered(before, {"lexical": RESULT})
    assert after.startswith("above\n<!-- lexical: begin -->\n| BM25 engine | queries a second, one thread |\n")
    assert "| tantivy | 5,278.1 |" in after
    assert "old" not in after
    assert after.endswith("<!-- lexical: end -->\nbelow\n")
    assert page.rendered(after, {"lexical": RESULT}) == after
    assert "Not measured yet." in page.rendered(before, {})


def test_a_marker_of_no_part_and_a_result_without_its_command_are_errors(tmp_path):
    with pytest.raises(SourceError, match="'nothing' names no part"):
        page.rendered("<!-- nothing: begin -->\n<!-- nothing: end -->", {})
    path = tmp_path / "figures.json"
    path.write_text('{"lexical": {"figures": {}}}')
    with pytest.raises(SourceError, match="lacks its command"):
        page.read_results(path)


def test_results_are_read_as_they_were_written(tmp_path):
    path = tmp_path / "figures.json"
    assert page.read_results(path) == {}
    page.write_results({"lexical": RESULT}, path)
    assert page.read_results(path) == {"lexical": RESULT}


def test_about_says_what_measured_and_that_it_was_only_tried_out():
    assert about(RESULT) == (
        "Measured 2026-01-02 by `.venv/bin/python scripts/bench.py --only lexical` on P (avx2), 2 cores, cpu, "
        "torch.float32; python 3.11.0. **Tried out at 0.5 of its size.**"
    )
    assert about({**RESULT, "scale": 1.0}).endswith("python 3.11.0.")


def test_cells_cannot_break_a_table():
    assert table(["a", "b"], [["x|y", "two\nlines"]]) == "| a | b |\n| --- | --- |\n| x\\|y | two lines |"


def test_peers():
    system = {"queries a second": 100.0, "ms": {"p50": 1, "p95": 2, "p99": 3}, "nDCG@10": 0.5, "interval": [0.4, 0.6]}
    figures = {
        "passages": 40_000,
        "queries": 327,
        "threads": 1,
        "systems": {"biocite": {"versions": {"biocite": "1"}}, "txtai": {"versions": {"txtai": "9", "faiss-cpu": "2"}}},
        "depths": {"10": {"biocite": {**system, "queries a second": 250.0}, "txtai": system}},
        "biocite's queries a second, times those of": {"10": {"txtai": 2.5}},
    }
    text = peers(figures)
    assert text.startswith(
        "40,000 passages, 327 questions, 1 thread. biocite (biocite 1), txtai (txtai 9, faiss-cpu 2)."
    )
    assert "| 10 | biocite | 250.0 | 1 | 2 | 3 | 0.500 | 0.400-0.600 |  |" in text
    assert "| 10 | txtai | 100.0 | 1 | 2 | 3 | 0.500 | 0.400-0.600 | 2.5 |" in text


SIZE = {
    "searched passages": 10_000,
    "ms": {"total": {"p50": 10.0, "p95": 20.0, "p99": 30.0}, "dense": {"p50": 4.0, "p95": 5.0, "p99": 6.0}},
    "raw parts, ms": {"sum": {"p50": 8.0}},
    "p50 of the whole to p50 of the raw parts": 1.25,
    "recall@100": 1.0,
    "reopen": {"open_s": 0.1, "rss_mb": {"after searches": 150}, "anonymous_mb": {"after searches": 90}},
    "reopen, files not in memory": {"open_s": 0.3},
    "rss_mb with model": 700,
    "bytes": {"all": 42_400_000},
}


def test_search():
    text = search({"real passages": 5, "sizes": {"10000": SIZE}})
    assert "| 10,000 | 10.0 | 8.0 | 1.25 | 1.0 | 0.1 | 0.3 | 150 | 90 | 700 | 42 |" in text
    assert "| 10,000 | dense | 4.0 | 5.0 | 6.0 |\n| 10,000 | total | 10.0 | 20.0 | 30.0 |" in text


BUILT = {
    "documents": 1_000,
    "passages": 2_000,
    "embedded texts": 1_500,
    "build s": 11.0,
    "embedding alone s": 10.0,
    "build to embedding alone": 1.1,
    "peak rss_mb": 800,
    "peak rss_mb with child processes": 900,
    "bytes": {"all": 5_000_000},
    "adding 1 %": {"documents": 10, "embedded texts": 15, "s": 0.2, "share of the build": 0.0182},
}


def test_building():
    text = building({"sizes": [BUILT, {key: value for key, value in BUILT.items() if key != "adding 1 %"}]})
    row = "| 1,000 | 2,000 | 1,500 | 11.0 | 10.0 | 1.1 | 800 | 900 | 5.0 |"
    assert f"{row} 10 documents in 0.2 s, 1.82% of the build |" in text
    assert f"{row} not measured |" in text


def test_pictures_are_made_of_the_parts_that_were_measured():
    results = {"search": {"figures": {"sizes": {"1": SIZE, "2": {**SIZE, "searched passages": 20_000}}}}}
    assert sorted(page.pictures(results)) == ["search-latency.svg", "search-memory.svg", "search-stages.svg"]
    both = page.pictures({**results, "building": {"figures": {"sizes": [BUILT, {**BUILT, "documents": 9_000}]}}})
    assert sorted(both)[:2] == ["building-memory.svg", "building-time.svg"]
    for svg in both.values():
        ET.fromstring(svg)


def lines_of(svg):
    """The places of each line's points."""
    return re.findall(r'<polyline points="([^"]*)"', svg)


def test_points_stand_where_their_values_say():
    # From 80 to 540 across and 364 up to 44: 10 is the middle of 1 to 100 on a logarithmic axis, 50 of 0 to 100.
    svg = line_chart("t", Axis("x", log=True), Axis("y"), {"a": [(1, 0), (10, 50), (100, 100)], "b": [(100, 20)]})
    assert lines_of(svg) == ["80.0,364.0 310.0,204.0 540.0,44.0", "540.0,300.0"]


def test_a_single_point_and_names_with_markup_make_a_valid_picture():
    svg = line_chart('a < b & "c"', Axis("x", log=True), Axis("y", log=True), {"<n>": [(5, 5)]})
    assert ET.fromstring(svg) is not None
    assert "&lt;n&gt;" in svg


@pytest.mark.parametrize(("value", "text"), [(0.1, "0.1"), (1000, "1k"), (2.5e6, "2.5M"), (10, "10"), (1e9, "1G")])
def test_ticks_are_short(value, text):
    assert short(value) == text
