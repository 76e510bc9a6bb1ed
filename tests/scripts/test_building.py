import gzip
import io
import subprocess
import sys
import tarfile
import time

import pytest

from scripts.benchmarks.building import Sampler, summary, with_children
from scripts.benchmarks.common import Context, bytes_on_disk, memory, percentiles
from scripts.benchmarks.source_cuts import cut_sources


def one(build, embedding, adding, peak=100):
    ended = {"documents": 99, "passages": 200, "embedded": 150, "rss_mb peak": peak, "refused files": []}
    return {
        "build": {**ended, "seconds": build, "rss_mb peak with children": peak + 1},
        "embedding": {"seconds": embedding},
        "adding": {"seconds": adding, "documents": 100, "embedded": 2} if adding else {},
        "bytes": {"all": 7},
    }


def test_a_size_is_summed_up_by_medians_of_seconds_and_of_ratios():
    figures = summary(0.01, [one(11.0, 10.0, 0.1), one(30.0, 20.0, 0.6, peak=120), one(12.0, 8.0, 0.24)])
    assert figures["build s"] == 12.0
    assert figures["embedding alone s"] == 10.0
    assert figures["of each repeat"] == [1.1, 1.5, 1.5]
    assert figures["build to embedding alone"] == 1.5
    assert figures["peak rss_mb"] == 120
    assert figures["peak rss_mb with child processes"] == 121
    assert figures["adding 1 %"] == {"documents": 1, "embedded texts": 2, "s": 0.24, "share of the build": 0.02}


def test_a_size_too_small_to_hold_anything_out_says_nothing_of_adding():
    assert "adding 1 %" not in summary(0.01, [one(1.0, 1.0, None)])


def test_memory_of_children_is_counted():
    code = "import subprocess, sys; subprocess.run([sys.executable, '-c', 'import time; time.sleep(30)'])"
    with subprocess.Popen([sys.executable, "-c", code]) as process:
        try:
            with Sampler(process.pid) as sampler:
                until = time.monotonic() + 20
                while len(with_children(str(process.pid))) < 2 and time.monotonic() < until:
                    time.sleep(0.05)
                found = with_children(str(process.pid))
                time.sleep(0.4)
            assert found[0] == str(process.pid)
            assert len(found) == 2
            assert sampler.peak > memory(found[1])["rss"] > 3
        finally:
            for name in reversed(found):
                subprocess.run(["kill", name], check=False)


def test_memory_of_a_process_that_is_gone_is_zero():
    assert memory("0") == {"rss": 0, "anonymous": 0, "peak": 0}
    assert memory()["peak"] >= memory()["rss"] * 0.99 > 10


def test_percentiles_are_interpolated():
    assert percentiles([float(value) for value in range(101)]) == {"p50": 50.0, "p95": 95.0, "p99": 99.0}
    assert percentiles([1.0, 2.0])["p95"] == 1.95


def test_bytes_are_summed_by_part(tmp_path):
    (tmp_path / "dense").mkdir()
    (tmp_path / "dense" / "a").write_bytes(b"12345")
    (tmp_path / "dense" / "b").write_bytes(b"123")
    (tmp_path / "m.json").write_bytes(b"1")
    assert bytes_on_disk(tmp_path) == {"dense": 8, "m.json": 1, "all": 9}


@pytest.fixture
def sources(tmp_path):
    """A PubMed file of 400 citations and a deletion, and a bundle of 200 articles."""
    data = tmp_path / "data"
    (data / "pubmed").mkdir(parents=True)
    (data / "pmc").mkdir()
    articles = "".join(f"<PubmedArticle><PMID>{n}</PMID></PubmedArticle>\n" for n in range(400))
    tail = "<DeleteCitation><PMID>7</PMID></DeleteCitation></PubmedArticleSet>\n"
    (data / "pubmed" / "a.xml.gz").write_bytes(gzip.compress(f"<PubmedArticleSet>\n{articles}{tail}".encode()))
    with tarfile.open(data / "pmc" / "b.tar.gz", "w:gz") as bundle:
        for number in range(200):
            member = tarfile.TarInfo(f"PMC{number}.nxml")
            member.size = 2
            bundle.addfile(member, io.BytesIO(b"ok"))
    (tmp_path / "work").mkdir()
    return Context(data, tmp_path / "work")


def test_every_hundredth_record_is_held_out_and_the_first_share_kept(sources):
    cut = cut_sources(sources, 0.5)
    main, held_out = (gzip.decompress(files[0].read_bytes()).decode() for files in (cut.main, cut.held_out))
    assert main.count("<PubmedArticle>") == 198
    assert "<PMID>99<" not in main
    assert "<PMID>198<" in main
    assert "<PMID>200<" not in main
    assert main.endswith("<DeleteCitation><PMID>7</PMID></DeleteCitation></PubmedArticleSet>\n")
    assert [f"<PMID>{n}<" in held_out for n in (99, 199, 299)] == [True, True, False]
    assert held_out.count("<PubmedArticle>") == 2
    assert held_out.endswith("</PubmedArticleSet>\n")
    assert "Delete" not in held_out
    with tarfile.open(cut.main[1]) as bundle, tarfile.open(cut.held_out[1]) as other:
        assert len(bundle.getnames()) == 99
        assert other.getnames() == ["PMC99.nxml"]


def test_a_file_with_nothing_to_hold_out_has_no_held_out_file(sources):
    cut = cut_sources(sources, 0.3)
    assert [path.name for path in cut.main] == ["a.xml.gz", "b.tar.gz"]
    assert [path.name for path in cut.held_out] == ["a.xml.gz"]
    assert cut_sources(sources, 0.3) == cut
