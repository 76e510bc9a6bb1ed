"""Which case reports are judged to be similar, on made records, and what the measure does with them."""

import re
from contextlib import closing

import pytest

from corpora.errors import SourceError
from corpora.records import Document, MeshHeading, Metadata, Section, Span
from retriever.patients.similar import SimilarSettings
from scripts.benchmarks import patient_pools, similar_cases
from scripts.benchmarks.common import Context
from scripts.benchmarks.patient_pools import GRID, SYSTEMS
from scripts.benchmarks.patient_tables import patients as patients_table
from scripts.benchmarks.similar_cases import HALVES, half_of, judged, read_indexed
from tests.fakes import WordHashModel

OF_ONE = ("Humans", "Female", "Adult")


def record(pmid, topics=(), tags=OF_ONE, abstract="She had a cough.", kind="Case Reports"):
    """A made record; each topic is a heading with the mark of a major topic and the qualifier after its slash."""
    headings = tuple(
        MeshHeading(name, True, tuple(filter(None, [qualifier])))
        for name, _, qualifier in (topic.partition("/") for topic in topics)
    )
    title = "A title"
    text = f"{title}\n\n{abstract}"
    sections = (Section("Title", "title", Span(0, len(title))), Section("Abstract", "abstract", Span(9, len(text))))
    metadata = Metadata(publication_types=(kind,), mesh=headings + tuple(map(MeshHeading, tags)))
    return Document(f"PMID:{pmid}", title, text, sections, "made.xml", metadata)


def others(count, topics=()):
    """Records that are no case reports."""
    return [record(10_000 + number, topics, kind="Journal Article") for number in range(count)]


def similar(*records, more=()):
    return judged(read_indexed([*records, *others(6_000), *more]))


def test_a_rare_disease_makes_similar_and_a_common_one_does_not():
    pair = [record(1, ["Paraganglioma/diagnosis"]), record(2, ["Paraganglioma"])]
    assert similar(*pair) == {"PMID:1": {"PMID:2": 2}, "PMID:2": {"PMID:1": 2}}
    # 3 of 6,003 records are one of 2,001, 4 of 6,004 are more than one of 2,000.
    assert similar(*pair, more=[record(3, ["Paraganglioma"], kind="Letter")]) != {}
    assert similar(*pair, more=[record(number, ["Paraganglioma"], kind="Letter") for number in (3, 4)]) == {}


def test_a_common_disease_needs_a_further_topic_with_which_it_is_rare():
    common = others(50, ["Brain Neoplasms"])
    pair = [record(1, ["Brain Neoplasms/surgery", "Brain Neoplasms/therapy", "Skull"]), record(2, ["Brain Neoplasms"])]
    assert similar(*pair, more=common) == {}
    both = [record(1, ["Brain Neoplasms/therapy", "Skull"]), record(2, ["Brain Neoplasms", "Skull"])]
    assert set(similar(*both, more=common)) == {"PMID:1", "PMID:2"}
    # Each is as common as before, and now they go together.
    assert similar(*both, more=others(50, ["Brain Neoplasms", "Skull"])) == {}


def test_what_is_no_disease_or_no_major_topic_makes_nobody_similar():
    assert similar(record(1, ["Skull/anatomy & histology"]), record(2, ["Skull"])) == {}
    minor = (*OF_ONE, "Paraganglioma")
    assert similar(record(1, ["Paraganglioma/diagnosis"]), record(2, tags=minor)) == {}


def test_the_grade_tells_whether_sex_and_age_group_agree_too():
    topic = ["Paraganglioma/diagnosis"]
    for tags, grade in (
        (OF_ONE, 2),
        (("Humans", "Male", "Adult"), 1),
        (("Humans", "Female", "Aged"), 1),
        (("Humans", "Female", "Adult", "Aged"), 1),
    ):
        assert similar(record(1, topic), record(2, topic, tags))["PMID:1"] == {"PMID:2": grade}


def test_queries_are_of_one_patient_and_reports_of_humans_with_an_abstract():
    topic = ["Paraganglioma/diagnosis"]
    several = record(2, topic, ("Humans", "Female", "Male", "Adult"))
    assert list(similar(record(1, topic), several)) == ["PMID:1"]
    for left_out in (
        record(2, topic, ("Animals", "Female", "Adult")),
        record(2, topic, abstract=""),
        record(2, topic, kind="Journal Article"),
    ):
        assert similar(record(1, topic), left_out) == {}


def test_a_note_holds_no_title_and_no_heading():
    (report,) = read_indexed([record(1, ["Paraganglioma/diagnosis"])]).reports
    assert report.text == "She had a cough."


def test_the_halves_are_about_even_and_a_query_stays_in_its_half():
    halves = [half_of(f"PMID:{number}") for number in range(1_000)]
    assert {half: halves.count(half) for half in HALVES} == pytest.approx(dict.fromkeys(HALVES, 500), abs=50)
    assert halves == [half_of(f"PMID:{number}") for number in range(1_000)]


@pytest.fixture
def records():
    """Pairs of like reports, so many that both halves have some, among reports of other things."""
    words = ["goitre", "gout", "mumps", "scurvy", "croup", "tetanus", "rickets", "asthma", "eczema", "stroke"]
    pairs = [
        record(2 * number + copy, [f"{word}/diagnosis"], abstract=f"A woman with {word}. {word} was {how}.")
        for number, word in enumerate(words)
        for copy, how in enumerate(("treated at once", "seen late"))
    ]
    return pairs + others(6_000)


@pytest.fixture
def context(tmp_path, monkeypatch):
    def load(_):
        return WordHashModel()

    monkeypatch.setattr(patient_pools, "load_embedding_model", load)
    monkeypatch.setattr(similar_cases, "load_embedding_model", load)
    return Context(tmp_path, tmp_path)


def test_words_that_only_the_like_report_has_find_it_and_nobody_finds_themselves(context, records):
    figures = similar_cases.similar_cases(context, records)
    assert (figures["reports"], figures["queries"], figures["similar"]) == (20, 20, 20)
    for half in HALVES:
        assert figures[half]["systems"].keys() == SYSTEMS.keys()
        assert figures[half]["systems"]["BM25 alone"]["RR"] == 1.0  # a query that found itself would halve it
        assert figures[half]["systems"]["BM25 alone"]["difference"]["RR"] == [0.0, 0.0, 0.0]
    assert figures["choosing"]["queries"] + figures["measuring"]["queries"] == 20
    chosen = figures["chosen"]
    assert chosen["grid"][chosen["best"]] == max(chosen["grid"].values())
    assert chosen["measuring"]["R@100"] == 1.0


def test_the_systems_without_facets_rank_by_the_notes_alone(context, records):
    directory, seconds = patient_pools.make_index(
        context,
        "made",
        [similar_cases.Patient(report.report_id, report.text) for report in read_indexed(records).reports],
    )
    assert seconds > 0
    with closing(similar_cases.Collection(directory)) as collection:
        found = collection._store.facts(["PMID:0"])["PMID:0"]
        assert found.sex == "female"
        words = collection.run(["PMID:0"], SYSTEMS["BM25 alone"])["PMID:0"]
        facets = collection.run(["PMID:0"], SimilarSettings(text=0.0))["PMID:0"]
    assert words[0][0] == "PMID:1"
    assert len(facets) >= len(words)


def test_files_without_similar_reports_are_an_error(context):
    with pytest.raises(SourceError, match="no similar case reports"):
        similar_cases.similar_cases(context, [record(1, ["Paraganglioma/diagnosis"])])


def test_the_table_shows_both_halves_and_the_difference_to_bm25(context, records):
    known = {"MRR": 0.5, "interval": [0.4, 0.6], "in the first 100": 30}
    size = {"patients": 10, "build s": 2.0, "bytes": 3_000_000, "ms": {"p50": 1.0, "p95": 2.0, "p99": 3.0}}
    cluster = {
        "p_at_3": 0.5,
        "first_is_true": 0.5,
        "negated_above": [],
        "negatives_above": {"other-age": 1, "other-cause": 2},
    }
    text = patients_table(
        {
            "similar cases": similar_cases.similar_cases(context, records),
            "notes": 32,
            "case reports": 1,
            "synthetic": 1,
            "known items": {"BM25 alone": {"summary": known}},
            "clusters": {"all": cluster},
            "clusters by settings": dict.fromkeys(GRID, 0.75),
            "speed": {"mean characters": 300, "usual build": size, "sizes": [size, {**size, "patients": 167_000}]},
        }
    )
    assert "20 case reports, 20 queries" in text
    assert "| BM25 alone | 1.000 | 1.000 |" in text
    assert "| half that measures |" in text
    assert "| half to choose by |" in text
    assert "| BM25 alone | 0.500 (0.400-0.600) | 30 |" in text
    assert re.search(r"\| text 0\.65, BM25 \| [01]\.\d{3} \| 0\.750 \|", text)
    assert "| all | 0.5 | 0.5 | 0 | 1 | 2 |" in text
    assert "| 167,000 | 2.0 | 3.0 | 1.0 | 2.0 | 3.0 |" in text
    assert "167,000 such notes (300 characters in the mean) in 557 minutes by the usual build, at its 200.0 ms" in text
