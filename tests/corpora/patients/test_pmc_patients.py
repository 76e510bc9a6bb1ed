import csv
import json

import pytest

from corpora.errors import SourceError, UsageError
from corpora.patients.pmc_patients import PmcPatient, corpus_of, read_pmc_patients, read_recds_qrels, read_recds_queries
from corpora.patients.records import Patient
from corpora.records import Query, Skipped

ENTRIES = [
    {
        "patient_id": "0",
        "patient_uid": "11-1",
        "PMID": "11",
        "file_path": "noncomm/PMC1.xml",
        "title": "An invented case",
        "patient": "This 60-year-old man had a cough.",
        "age": [[60.0, "year"]],
        "gender": "M",
        "relevant_articles": {"21": 1, "22": 2},
        "similar_patients": {"12-1": 2},
    },
    {
        "patient_id": "1",
        "patient_uid": "12-1",
        "PMID": "12",
        "file_path": "noncomm/PMC2.xml",
        "title": "Another, invented",
        "patient": "A toddler had a fever.",
        "age": [[1.0, "year"], [3.0, "month"]],
        "gender": "F",
        "relevant_articles": {},
        "similar_patients": {},
    },
]


def expected(place):
    return [
        PmcPatient(
            Patient("11-1", "This 60-year-old man had a cough.", 60.0, "male", (), place(1)),
            "11",
            "An invented case",
            {"21": 1, "22": 2},
            {"12-1": 2},
        ),
        PmcPatient(Patient("12-1", "A toddler had a fever.", 1.25, "female", (), place(2)), "12", "Another, invented"),
    ]


@pytest.mark.parametrize("indent", [None, 4])
def test_the_list(tmp_path, indent):
    path = tmp_path / "PMC-Patients.json"
    path.write_text(json.dumps(ENTRIES, indent=indent))
    assert list(read_pmc_patients(path)) == expected(lambda n: f"{path}, entry {n}")


def write_table(path, entries):
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(ENTRIES[0]))
        writer.writeheader()
        writer.writerows(entries)


def test_the_table(tmp_path):
    path = tmp_path / "PMC-Patients.csv"
    write_table(path, ENTRIES)
    assert "\"[[60.0, 'year']]\"" in path.read_text()
    assert list(read_pmc_patients(path)) == expected(lambda n: f"{path}, line {n + 1}")


def test_bad_entries_are_named(tmp_path):
    path = tmp_path / "PMC-Patients.json"
    path.write_text(
        json.dumps([{**ENTRIES[0], "similar_patients": ["Quillfeather"]}, ENTRIES[1], {"patient": "Quill"}])
    )
    first, second, third = read_pmc_patients(path)
    assert first == Skipped(str(path), 1, "its field similar_patients is of another type than expected")
    assert second.patient.patient_id == "12-1"
    assert third.reason.startswith("has no identifier")
    table = tmp_path / "t.csv"
    write_table(table, [{**ENTRIES[0], "relevant_articles": "__import__('os')"}])
    (bad,) = read_pmc_patients(table)
    assert bad == Skipped(str(table), 2, "its relevant_articles or similar_patients are no {identifier: grade}")
    with pytest.raises(SourceError, match="cannot be opened"):
        list(read_pmc_patients(tmp_path / "none"))


@pytest.fixture
def benchmark(tmp_path):
    for name in ("queries", "PPR", "PAR"):
        (tmp_path / name).mkdir()
    (tmp_path / "queries" / "test_queries.jsonl").write_text('{"_id": "11-1", "text": "A man."}\n')
    (tmp_path / "PPR" / "corpus.jsonl").write_text('{"_id": "12-1", "title": "", "text": "A toddler."}\n')
    (tmp_path / "PPR" / "qrels_test.tsv").write_text("query-id\tcorpus-id\tscore\n11-1\t12-1\t2\n11-1\t13-1\t1\n")
    (tmp_path / "PAR" / "qrels_test.tsv").write_text("query-id\tcorpus-id\tscore\n11-1\t21\t1\n")
    return tmp_path


def test_the_benchmark(benchmark):
    assert read_recds_queries(benchmark) == [Query("11-1", "A man.")]
    assert read_recds_qrels(benchmark) == {"11-1": {"12-1": 2, "13-1": 1}}
    assert read_recds_qrels(benchmark, "PAR") == {"11-1": {"21": 1}}
    assert corpus_of(benchmark) == benchmark / "PPR" / "corpus.jsonl"


def test_the_benchmark_in_beirs_layout(tmp_path):
    (tmp_path / "qrels").mkdir()
    (tmp_path / "queries.jsonl").write_text('{"_id": "11-1", "text": "A man."}\n')
    (tmp_path / "qrels" / "dev.tsv").write_text("query-id\tcorpus-id\tscore\n11-1\t12-1\t2\n")
    assert read_recds_queries(tmp_path, "dev") == [Query("11-1", "A man.")]
    assert read_recds_qrels(tmp_path, split="dev") == {"11-1": {"12-1": 2}}


def test_a_benchmark_that_is_not_whole(benchmark):
    with pytest.raises(SourceError, match=r"dev_queries\.jsonl: no such file"):
        read_recds_queries(benchmark, "dev")
    with pytest.raises(UsageError):
        read_recds_queries(benchmark, "../test")
    with pytest.raises(UsageError):
        read_recds_qrels(benchmark, "PXR")
    judgements = benchmark / "PPR" / "qrels_test.tsv"
    judgements.write_text("query-id\tcorpus-id\tscore\na\tb\t1\na\tb\t2\n")
    with pytest.raises(SourceError, match="line 3: contradicts"):
        read_recds_qrels(benchmark)
    judgements.write_text("query-id\tcorpus-id\tscore\na\tb\thigh\n")
    with pytest.raises(SourceError, match="line 2: expected"):
        read_recds_qrels(benchmark)
    judgements.write_text("query-id\tcorpus-id\tscore\n")
    with pytest.raises(SourceError, match="no judgement"):
        read_recds_qrels(benchmark)
    (benchmark / "queries" / "test_queries.jsonl").write_text('{"_id": "11-1", "title": "Quill"}\n')
    with pytest.raises(SourceError, match="line 1: has no text"):
        read_recds_queries(benchmark)
